/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables for which the model computes, window by window, whether a PMD is possible. */
#ifndef DAXDM_GEOMETRY_H
#define DAXDM_GEOMETRY_H

#include "check/fixture/testbed.h"

struct geometry {
	const char *table, *fs;
	bool small_pages;
	/* What the table allows; if the filesystem lays the file out otherwise, nothing is
	 * found out. */
	enum { GEOMETRY_ALL, GEOMETRY_NONE, GEOMETRY_SOME } huge;
	unsigned int bio_kib; /* not 0: the largest bio that the device takes */
};

/* A run function; arg is a const struct geometry. */
void geometry(struct check_env *env, const void *arg);

#endif
