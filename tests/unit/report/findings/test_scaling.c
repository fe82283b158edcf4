// SPDX-License-Identifier: GPL-2.0-only
#include "bench/table.h"
#include "report/findings/scaling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/run_fixture.h"

#define END "{\"type\":\"end\""
#define RATE(variant, stack, rate)                                                         \
	"{\"type\":\"record\",\"id\":\"scale." variant "{stack=" stack ",fs=ext4}\","      \
	"\"bench\":\"scale\",\"variant\":\"" variant "\",\"stack\":\"" stack "\","         \
	"\"fs\":\"ext4\",\"segments\":0,\"unit\":\"faults/s\",\"better\":\"higher\","      \
	"\"meter\":\"insn\",\"n\":1,\"min\":" #rate ",\"p10\":" #rate ",\"median\":" #rate \
	",\"mean\":" #rate ",\"p90\":" #rate ",\"p99\":" #rate ",\"max\":" #rate           \
	",\"digest\":\"fnv1a64:00000001\",\"samples\":[[" #rate ",1]],\"overhead\":0,"     \
	"\"proof\":{\"dax\":true}}\n"

/* What is said of a run with these records, too. */
static char *said_of(const char *records)
{
	char *text, *all, why[512];
	struct tables tables;
	struct fixture f;
	struct run run;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_true(asprintf(&all, "%s" END, records) > 0);
	fixture_make(&f, END, all);
	free(all);
	if (run_read(f.dir, &run, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(tables_build(&run, &tables), 0);
	for (size_t i = 0; i < tables.n; i++)
		scaling_say(&tables, &tables.table[i], fixture_sentence, out);
	tables_free(&tables);
	run_free(&run);
	fixture_remove(&f);
	fclose(out);
	return text;
}

static void the_most_workers_against_one(void **state)
{
	char *text = said_of(
		RATE("fault.threads.one.1", "raw", 1000) RATE("fault.threads.one.2", "raw", 1800)
			RATE("fault.threads.one.8", "raw", 5000) RATE("fault.threads.one.all",
								      "raw", 9000)
				RATE("fault.threads.one.1", "linear:16", 900)
					RATE("fault.threads.one.8", "linear:16", 3150)
						RATE("fault.processes.one.1", "raw", 1000)
							RATE("fault.processes.one.2", "raw", 2000));

	(void)state;
	assert_string_equal(text, "ext4: scale fault.threads.one: 8 workers reach 5.00x the "
				  "faults/s of one on raw, 3.50x on linear:16\n"
				  "ext4: scale fault.processes.one: 2 workers reach 2.00x the "
				  "faults/s of one on raw\n");
	free(text);
}

/* Two stacks with other numbers of workers are not held against each other. */
static void only_like_is_compared(void **state)
{
	char *text = said_of(RATE("fault.threads.own.1", "raw", 1000) RATE(
		"fault.threads.own.4", "raw", 4000) RATE("fault.threads.own.1", "linear:16", 900)
				     RATE("fault.threads.own.2", "linear:16", 1000));

	(void)state;
	assert_string_equal(text, "ext4: scale fault.threads.own: 4 workers reach 4.00x the "
				  "faults/s of one on raw\n");
	free(text);
}

static void one_alone_says_nothing(void **state)
{
	char *text = said_of(RATE("fault.threads.own.1", "raw", 1000) RATE(
		"fault.threads.one.2", "raw", 4000) RATE("fault.threads.one.all", "raw", 4000));

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_workers_against_one),
		cmocka_unit_test(only_like_is_compared),
		cmocka_unit_test(one_alone_says_nothing),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
