/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DAXDM_CHECK_NEED_H
#define DAXDM_CHECK_NEED_H

#include "check/check.h"

struct missing_need {
	char why[160], cure[160];
};

/*
 * Whether all that a check needs is there (check.h lists the words); modules are loaded for it.
 * Returns true, or false with a sentence and its cure.
 */
bool check_needs_met(const struct check_env *env, const char *const *needs,
		     struct missing_need *missing);

/* "fsdax" for NAMESPACE_FSDAX and so on. */
const char *namespace_mode_name(enum namespace_mode mode);

#endif
