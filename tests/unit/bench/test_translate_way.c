// SPDX-License-Identifier: GPL-2.0-only
/* The functions that a call of dax_direct_access() passes on stacks whose segments differ. */
#include "bench/translate/translate.h"
#include "lib/dev/stack_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)

static struct stack stack;

static struct backing made_of(const char *tables)
{
	static const struct namespace ns[] = {
		{.node = "A", .size_bytes = 64 * MIB, .mode = NAMESPACE_FSDAX},
		{.node = "B", .size_bytes = 64 * MIB, .mode = NAMESPACE_FSDAX},
	};
	char word[512], digest[9], why[256] = "";
	struct stack_spec spec;

	stack_text_digest(tables, digest);
	snprintf(word, sizeof(word), "table:t-%s=%s", digest, tables);
	assert_int_equal(stack_parse(word, &spec, why, sizeof(why)), 0);
	assert_int_equal(stack_describe(&spec, ns, 2, 64 * MIB, &stack, why, sizeof(why)), 0);
	return stack_backing(&stack);
}

/* "dax dm linear dax pmem" */
static const char *spell(const struct translate_chain *chain)
{
	static char text[400];

	text[0] = '\0';
	for (size_t i = 0; i < chain->n; i++) {
		const char *name = tracer_name(chain->functions[i]);
		const char *end = strstr(name, "_dax_direct_access");
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%.*s", i ? " " : "",
			 end ? (int)(end - name) : 3, name);
	}
	return text;
}

static const char *way_at(struct backing backing, bool targets, uint64_t at_bytes)
{
	static struct translate_chain way;

	assert_int_equal(translate_way_of(backing, targets, at_bytes, &way), 0);
	return spell(&way);
}

static void each_byte_has_its_way(void **state)
{
	struct backing backing = made_of("8192 linear A 0|16384 striped 2 8 A 8192 B 0|8192 linear "
					 "a 0;16384 linear b 0;8192 linear B 16384");
	struct translate_chain all;

	(void)state;
	assert_string_equal(way_at(backing, true, 0), "dax dm linear dax dm linear dax pmem");
	assert_string_equal(way_at(backing, true, 5 * MIB), "dax dm linear dax dm stripe dax pmem");
	assert_string_equal(way_at(backing, true, 13 * MIB), "dax dm linear dax pmem");
	/* kretprobes do not follow the functions of targets. */
	assert_string_equal(way_at(backing, false, 5 * MIB), "dax dm dax dm dax pmem");
	translate_functions(backing, true, &all);
	assert_string_equal(spell(&all), "dax dm linear stripe pmem");
	translate_functions(backing, false, &all);
	assert_string_equal(spell(&all), "dax dm pmem");
	graph_destroy(&stack.graph);
}

static void log_writes_is_passed_unseen(void **state)
{
	struct backing backing = made_of("8192 linear A 0|8192 other log-writes @a @B");

	(void)state;
	assert_string_equal(way_at(backing, true, 0), "dax dm dax dm linear dax pmem");
	graph_destroy(&stack.graph);
}

static void samples_are_sorted_into_ways(void **state)
{
	struct translate_result *r = calloc(1, sizeof(*r));
	struct backing backing = made_of("8192 linear A 0|8192 linear a 0;8192 linear A 8192");

	(void)state;
	assert_non_null(r);
	r->n = 4;
	r->at_bytes[1] = 5 * MIB;
	r->at_bytes[2] = 6 * MIB;
	r->at_bytes[3] = 1 * MIB;
	assert_int_equal(translate_find_ways(backing, true, r), 0);
	assert_int_equal(r->n_ways, 2);
	assert_memory_equal(r->way, "\0\1\1\0", 4);
	assert_string_equal(spell(&r->ways[1]), "dax dm linear dax pmem");
	graph_destroy(&stack.graph);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_has_its_way),
		cmocka_unit_test(log_writes_is_passed_unseen),
		cmocka_unit_test(samples_are_sorted_into_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
