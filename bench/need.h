/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DAXDM_NEED_H
#define DAXDM_NEED_H

#include "bench/bench.h"

struct missing {
	const char *why;  /* a sentence */
	const char *cure; /* what to do about it */
};

/* The name of a need, for `daxdm list`. */
const char *need_name(enum need need);

/* The program that it requires, which is also the name of its Debian package; NULL for other
 * needs. */
const char *need_program(enum need need);

/*
 * Checks a list that ends with NEED_END (or has NEED_LIST_MAX entries) on a mounted filesystem,
 * once per filesystem. Returns true if all are met; else false with the first missing one.
 */
bool need_all_met(const enum need *needs, struct bench_env *env, struct missing *missing);

/*
 * Whether io_uring works.  Returns 0, or -errno of io_uring_setup(2): -ENOSYS if the kernel lacks
 * it, -EPERM if kernel.io_uring_disabled or a seccomp filter forbids it.
 */
int need_io_uring(void);

/* The sentence and the cure for a result of need_io_uring().  Pure. */
struct missing need_io_uring_missing(int rc);

#endif
