/* SPDX-License-Identifier: GPL-2.0-only */
/* The image on a suspended device: what a snapshot of it would hold. */
#ifndef DAXDM_FROZEN_IMAGE_H
#define DAXDM_FROZEN_IMAGE_H

#include "check/check.h"

/* A run function; arg is the filesystem. */
void frozen_image(struct check_env *env, const void *arg);

#endif
