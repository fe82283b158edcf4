/* SPDX-License-Identifier: GPL-2.0-only */
/* A run of the quick checks of a kernel, for compare.  As in cli/driver/target.h errors end the
 * process. */
#ifndef DAXDM_CHECKS_RUN_H
#define DAXDM_CHECKS_RUN_H

#include "cli/driver/target.h"

/* The directory of a run of all quick checks of the kernel: the newest of this very build, or, if
 * anew, if a module is replaced or there is none, one made now.  To be freed. */
char *checks_run_of(const struct target *t, const char *kernel, bool anew);

#endif
