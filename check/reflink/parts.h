/* SPDX-License-Identifier: GPL-2.0-only */
/* Two files that share their blocks, and parts of either that are changed in every way. */
#ifndef DAXDM_PARTS_H
#define DAXDM_PARTS_H

#include "check/check.h"

/* Run functions; arg is a const struct testbed_spec with a file. */
void parts_changed(struct check_env *env, const void *arg);
void parts_unshared(struct check_env *env, const void *arg);
void parts_page_sizes(struct check_env *env, const void *arg);

#endif
