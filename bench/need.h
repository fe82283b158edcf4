/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DAXDM_NEED_H
#define DAXDM_NEED_H

#include "bench/bench.h"

struct missing {
	const char *why;  /* a sentence */
	const char *cure; /* what to do */
};

/* The name of a need, for `daxdm list`. */
const char *need_name(enum need need);

/* The program that it asks for, named as its Debian package; NULL for the others. */
const char *need_program(enum need need);

/*
 * Checks a list that ends with NEED_END (or has NEED_LIST_MAX entries) on a mounted filesystem, once
 * per filesystem. Returns true if all is there; else false with the first that is missing.
 */
bool need_all_met(const enum need *needs, struct bench_env *env, struct missing *missing);

/*
 * Whether io_uring can be had.  Returns 0, or -errno as io_uring_setup(2): -ENOSYS if the kernel
 * was built without it, -EPERM if kernel.io_uring_disabled or a filter forbids it.
 */
int need_io_uring(void);

/* The sentence and the cure for what need_io_uring() gave.  Pure. */
struct missing need_io_uring_missing(int rc);

#endif
