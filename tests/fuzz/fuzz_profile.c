// SPDX-License-Identifier: GPL-2.0-only
/* A profile and, behind a NUL, the symbols: read, and attributed to functions. */
#include "report/explain/attribute.h"
#include "tests/fuzz/fuzz.h"

static void attribute(const struct profile *p, struct symtab *tab)
{
	const int64_t overhead[N_SIDES] = {4, 4};
	struct attribution a = {0}, aligned = {0};
	const struct profile_samples all = {.every = 1, .n = p->n_samples};
	size_t same, cost;
	const struct profile_path *path =
		profile_typical(p, &all, p->paths[p->samples[0]].insns, &same, &cost);

	FUZZ_ASSERT(path && same && same <= cost && cost <= p->n_samples);
	for (int side = 0; side < N_SIDES; side++) {
		FUZZ_ASSERT(!attribution_add(&a, side, p, path, tab));
		FUZZ_ASSERT(!attribution_add_all(&a, side, p, path, 3, tab));
	}
	FUZZ_ASSERT(!attribution_add_program(&a, overhead, overhead));
	attribution_sum(&a);
	FUZZ_ASSERT(!attribution_align(&a, &aligned));
	for (size_t i = 0; i < a.n_functions; i++)
		FUZZ_ASSERT(!function_change(&a.functions[i]));
	attribution_free(&aligned);
	attribution_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t first = nul ? (size_t)(nul - data) : size, rest = nul ? size - first - 1 : 0;
	char why[512] = "";
	struct profile p;
	struct profile_samples found;
	struct symtab tab;
	int bad = profile_read(fuzz_file(0, data, first), &p, why, sizeof(why));

	bad |= symtab_read(fuzz_file(1, data + size - rest, rest), &tab, why, sizeof(why));
	FUZZ_ASSERT(!bad || *why);
	for (size_t i = 0; !bad && i < tab.n; i++)
		FUZZ_ASSERT(symtab_at(&tab, tab.list[i].address) == &tab.list[i]);
	profile_find(&p, p.n_samples, 4, "fnv1a64:0", &found);
	if (!bad && p.n_samples)
		attribute(&p, &tab);
	symtab_free(&tab);
	profile_free(&p);
	return 0;
}
