// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench.h"

/* The benchmarks, in the order in which they run: one line each. */
/* clang-format off */
#define BENCHES(bench) \
	bench(fault) \
	bench(translate) \
	bench(bio) \
	bench(copy) \
	bench(tableops) \
	bench(fiojob) \
	bench(scale)
/* clang-format on */

#define DECLARE(name) extern const struct bench bench_##name;
#define ENTRY(name) &bench_##name,

BENCHES(DECLARE)

const struct bench *const bench_table[] = {BENCHES(ENTRY) NULL};
