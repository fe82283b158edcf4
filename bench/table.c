// SPDX-License-Identifier: GPL-2.0-only
/* The benchmarks: one line each. */
#include "bench/bench.h"

extern const struct bench bench_fault;

const struct bench *const bench_table[] = {
	&bench_fault,
	NULL,
};
