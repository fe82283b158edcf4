/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory of build/kernels/ (emu/kernel.sh). */
#ifndef DAXDM_PACKAGE_H
#define DAXDM_PACKAGE_H

#include <limits.h>

struct package {
	char dir[PATH_MAX];	/* absolute; "" until it is opened */
	char vmlinux[PATH_MAX]; /* in it */
	char name[256];		/* "linux-image-... VERSION" or "file PATH" */
	char release[128];	/* uname -r */
};

/* Returns 0, or -EINVAL after one error line. */
int package_open(const char *dir, struct package *out);

#endif
