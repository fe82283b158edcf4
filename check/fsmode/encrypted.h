/* SPDX-License-Identifier: GPL-2.0-only */
/* Encrypted directories of ext4. */
#ifndef DAXDM_ENCRYPTED_H
#define DAXDM_ENCRYPTED_H

#include "check/check.h"

/* A run function; arg is a mount option, "dax=always". */
void encrypted_file(struct check_env *env, const void *arg);

#endif
