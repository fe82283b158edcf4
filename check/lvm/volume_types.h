/* SPDX-License-Identifier: GPL-2.0-only */
/* Volumes of targets without DAX over persistent memory. */
#ifndef DAXDM_VOLUME_TYPES_H
#define DAXDM_VOLUME_TYPES_H

#include "check/check.h"

enum volume_type {
	VOLUME_RAID1,
	VOLUME_RAID0,
	VOLUME_THIN,
	VOLUME_CACHE,
	VOLUME_WRITECACHE,
	VOLUME_CRYPT, /* on a linear volume */
};

/* A run function; arg is a const enum volume_type. */
void volume_type(struct check_env *env, const void *arg);

#endif
