/* SPDX-License-Identifier: GPL-2.0-only */
/* Stacks of which the model says, window by window, where a PMD is possible. */
#ifndef DAXDM_GEOMETRY_H
#define DAXDM_GEOMETRY_H

#include "check/fixture/shape.h"

struct geometry {
	struct shape shape;
	const char *fs;
	bool small_pages;
	/* What the shape is to bring; if the filesystem lays the file out otherwise, nothing is
	 * found out. */
	enum { ALL, NONE, SOME } huge;
	unsigned int bio_kib; /* not 0: the largest bio that the device takes */
};

/* A run function; arg is a const struct geometry. */
void geometry(struct check_env *env, const void *arg);

#endif
