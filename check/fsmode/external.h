/* SPDX-License-Identifier: GPL-2.0-only */
/* Filesystems over two devices: an external log, or the realtime device of xfs. */
#ifndef DAXDM_EXTERNAL_H
#define DAXDM_EXTERNAL_H

#include "check/check.h"

struct external_case {
	const char *fs;
	enum fs_external external;
	const char *data, *table; /* of the two devices: check/fixture/testbed.h */
	bool data_dax, realtime_dax;
	bool flagged;	   /* the empty file gets the realtime flag; else it inherits it */
	bool flag_refused; /* that is not possible */
};

/* A run function; arg is a const struct external_case. */
void external_device(struct check_env *env, const void *arg);

#endif
