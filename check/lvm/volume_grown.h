/* SPDX-License-Identifier: GPL-2.0-only */
/* A volume that is extended with its filesystem while a file on it is mapped. */
#ifndef DAXDM_VOLUME_GROWN_H
#define DAXDM_VOLUME_GROWN_H

#include "check/check.h"

struct volume_grown {
	const char *fs;
	unsigned int mib; /* of the volume at first */
};

/* A run function; arg is a const struct volume_grown. */
void volume_grown(struct check_env *env, const void *arg);

#endif
