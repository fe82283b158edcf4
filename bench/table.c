// SPDX-License-Identifier: GPL-2.0-only
#include "bench/table.h"
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
	bench(fio) \
	bench(unmap) \
	bench(protect) \
	bench(populate) \
	bench(writeback) \
	bench(pin) \
	bench(filewrite) \
	bench(reflink) \
	bench(mount) \
	bench(memory) \
	bench(scale)
/* clang-format on */

#define DECLARE(name) extern const struct bench bench_##name;
#define ENTRY(name) &bench_##name,

BENCHES(DECLARE)

const struct bench *const bench_table[] = {BENCHES(ENTRY) NULL};

static const struct role *role_at_index(size_t i, const char **bench)
{
	for (const struct bench *const *b = bench_table; *b; b++)
		for (const struct role *role = (*b)->roles; role && role->variants; role++)
			if (!i--) {
				*bench = (*b)->name;
				return role;
			}
	return NULL;
}

void bench_register_roles(void)
{
	role_register(role_at_index);
}
