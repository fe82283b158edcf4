// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench.h"

#include <fnmatch.h>
#include <string.h>

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

const struct role *role_at(size_t i, const char **bench)
{
	for (const struct bench *const *b = bench_table; *b; b++)
		for (const struct role *role = (*b)->roles; role && role->variants; role++)
			if (!i--) {
				*bench = (*b)->name;
				return role;
			}
	return NULL;
}

const struct role *role_of(const char *bench, const char *variant)
{
	static const struct role other = {.kind = ROLE_OTHER};
	const struct role *role;
	const char *of;

	for (size_t i = 0; (role = role_at(i, &of)); i++)
		if (!strcmp(of, bench) && !fnmatch(role->variants, variant, 0))
			return role;
	return &other;
}

const char *role_bench(enum role_kind kind)
{
	const struct role *role;
	const char *of;

	for (size_t i = 0; (role = role_at(i, &of)); i++)
		if (role->kind == kind)
			return of;
	return "";
}
