// SPDX-License-Identifier: GPL-2.0-only
/* lib/run/role.c and bench/table.c: the roles that benchmarks declare, and how they are looked
 * up. */
#include "bench/bench.h"
#include "bench/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct bench *find(const char *name)
{
	for (const struct bench *const *b = bench_table; *b; b++)
		if (!strcmp((*b)->name, name))
			return *b;
	fail_msg("no benchmark %s", name);
	return NULL;
}

/* A role that no variant has is a mistake in its GLOB, or comes too late in the list. */
static void each_role_has_a_variant(void **state)
{
	const struct role *role;
	const char *name;

	(void)state;
	for (size_t i = 0; (role = role_at(i, &name)); i++) {
		bool any = false;

		for (const struct variant *v = find(name)->variants; v->name && !any; v++)
			any = role_of(name, v->name) == role;
		if (!any)
			fail_msg("%s: no variant has the role %s", name, role->variants);
		/* What is drawn is one variant. */
		if ((role->panel || role->line) && strpbrk(role->variants, "*?["))
			fail_msg("%s: %s is drawn, but no name", name, role->variants);
	}
	assert_true(role_at(0, &name) != NULL);
}

/* Records of published runs are found by name alone, and those of no benchmark of ours are rows. */
static void roles_are_found_by_name(void **state)
{
	(void)state;
	assert_int_equal(role_of("fault", "read.warm.pte")->kind, ROLE_FAULT);
	assert_true(role_of("fault", "read.warm.fallback")->headline);
	assert_false(role_of("fault", "read.cold.pte")->headline);
	assert_int_equal(role_of("translate", "page.random")->kind, ROLE_TRANSLATION);
	assert_int_equal(role_of("translate", "page.first")->kind, ROLE_OTHER);
	assert_true(role_of("table", "mounted.load")->mounted);
	assert_false(role_of("table", "load")->mounted);
	assert_int_equal(role_of("table", "fault.known.ordinary")->kind, ROLE_FIRST_FAULT);
	assert_int_equal(role_of("hop", "map")->kind, ROLE_OTHER);
	assert_string_equal(role_bench(ROLE_FILE_IO), "bio");
	assert_string_equal(role_bench(ROLE_COPY), "copy");
}

/* The names that findings look up by role (lib/run/role.h). */
static void names_that_findings_look_up_exist(void **state)
{
	static const struct {
		enum role_kind kind;
		const char *variant;
	} names[] = {
		{ROLE_FAULT, "read.cold.pte"},
		{ROLE_FAULT, "read.warm.pte"},
		{ROLE_FAULT, "write.warm.pte"},
		{ROLE_FILE_IO, "dax.read.4k"},
		{ROLE_FILE_IO, "dax.write.4k"},
		{ROLE_FILE_IO, "direct.read.4k"},
		{ROLE_FILE_IO, "direct.write.4k"},
		{ROLE_FILE_IO, "buffered.read.cold.4k"},
		{ROLE_FILE_IO, "buffered.read.warm.4k"},
		{ROLE_FILE_IO, "buffered.write.warm.4k"},
		{ROLE_FILE_IO, "mmap.read.cold"},
		{ROLE_FILE_IO, "mmap.read.warm"},
		{ROLE_FILE_IO, "mmap.write.warm"},
		{ROLE_COPY, "durable.mapsync.4k"},
		{ROLE_COPY, "durable.mapsync.64k"},
		{ROLE_COPY, "durable.mapsync.2m"},
		{ROLE_COPY, "durable.msync.4k"},
		{ROLE_COPY, "durable.msync.64k"},
		{ROLE_COPY, "durable.msync.2m"},
		{ROLE_COPY, "fsync.4k"},
		{ROLE_COPY, "msync.4k"},
		{ROLE_FIRST_FAULT, "fault.known.ordinary"},
		{ROLE_FIRST_FAULT, "fault.known.resumed"},
		{ROLE_FIRST_FAULT, "fault.known.thawed"},
		{ROLE_FIRST_FAULT, "fault.known.swapped"},
		{ROLE_FIRST_FAULT, "fault.fresh.ordinary"},
		{ROLE_FIRST_FAULT, "fault.fresh.resumed"},
		{ROLE_FIRST_FAULT, "fault.stored.ordinary"},
		{ROLE_FIRST_FAULT, "fault.stored.swapped"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *bench = role_bench(names[i].kind);
		const struct variant *v = find(bench)->variants;

		while (v->name && strcmp(v->name, names[i].variant))
			v++;
		if (!v->name)
			fail_msg("%s has no variant %s", bench, names[i].variant);
		assert_int_equal(role_of(bench, v->name)->kind, names[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_role_has_a_variant),
		cmocka_unit_test(roles_are_found_by_name),
		cmocka_unit_test(names_that_findings_look_up_exist),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
