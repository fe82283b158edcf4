/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel that a run was measured on, to measure it again. */
#ifndef DAXDM_RUN_KERNEL_H
#define DAXDM_RUN_KERNEL_H

#include "lib/base/words.h"
#include "lib/run/run.h"

/*
 * The kernel of the run in DIR as --kernel takes it, to be freed, and the modules that were put in
 * place of its own.  Returns NULL if it cannot be measured again; then why is the reason.
 */
char *run_kernel_find(const struct run *run, const char *dir, struct words *modules,
		      const char **why);

/* The modules alone.  Returns NULL, or why they cannot be used again.  What was rebuilt since has
 * another build ID. */
const char *run_kernel_modules(const struct run *run, const char *dir, struct words *modules);

#endif
