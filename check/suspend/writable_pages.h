/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that are dirty and mapped writable when the device is suspended: nothing made them
 * read-only before.  A suspend that freezes the filesystem must do that.  One that does not
 * (nolockfs, noflush) leaves them writable: a store then proceeds while the device is suspended,
 * which no contract forbids and the summary of the run says.
 */
#ifndef DAXDM_WRITABLE_PAGES_H
#define DAXDM_WRITABLE_PAGES_H

#include "check/check.h"

/* A run function; arg is a const struct suspend_ops_arg. */
void writable_pages(struct check_env *env, const void *arg);

#endif
