// SPDX-License-Identifier: GPL-2.0-only
/* Huge pages lost: one finding for each cause. */
#include "bench/table.h"
#include "report/findings/huge_causes_say.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/report/findings/tables_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A stack, how many of its 32 windows were lost, and why. */
struct lost {
	const char *stack;
	int lost;
	const char *causes;
};

/* The stacks of a volume group whose stripes have 4 KiB and whose data begin at 1 MiB, and those
 * that its administrator tries next. */
#define CHUNK "striped:2,over=2,lvm,chunk=4k"
#define FIRST "striped:2,over=2,lvm,chunk=2m"
#define LIMIT "striped:2,over=2"
#define SHIFT "linear:1,start=192k,extent=4m"
#define ALL_THREE                                                                                \
	"\"chunk\":32,\"chunk_kib\":4,\"first_extent\":32,\"past_kib\":1024,\"max_sectors\":32," \
	"\"max_sectors_kb\":1280"
#define TWO "\"first_extent\":32,\"past_kib\":1024,\"max_sectors\":32,\"max_sectors_kb\":1280"
#define ONE "\"max_sectors\":32,\"max_sectors_kb\":1280"

static char *said_of(const struct lost *stacks, size_t n)
{
	char lines[16384] = "", *text, why[512];
	struct tables tables;
	struct fixture f;
	struct run run;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < n; i++) {
		const struct lost *s = &stacks[i];
		const struct median medians[] = {
			{"fault", "read.warm.pte", s->stack, 4400, NULL, 0},
			{"fault", s->lost ? "read.warm.fallback" : "read.warm.pmd", s->stack, 15000,
			 NULL, 0},
		};
		size_t used;

		add_record(lines, sizeof(lines), &medians[0]);
		add_record(lines, sizeof(lines), &medians[1]);
		used = strlen(lines);
		snprintf(lines + used, sizeof(lines) - used,
			 "{\"type\":\"observation\",\"id\":\"huge_pages{stack=%s,fs=ext4}\","
			 "\"stack\":\"%s\",\"fs\":\"ext4\",\"value\":{\"windows\":32,\"pmd\":%d,"
			 "\"lost\":%d,\"allowed_by_table\":0,\"causes\":{%s}}}\n",
			 s->stack, s->stack, 32 - s->lost, s->lost, s->causes);
	}
	strcat(lines, "{\"type\":\"end\"");
	fixture_make(&f, "{\"type\":\"end\"", lines);
	if (run_read(f.dir, &run, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(tables_build(&run, &tables), 0);
	for (size_t i = 0; i < tables.n; i++)
		huge_causes_say(&tables, &tables.table[i], fixture_sentence, out);
	tables_free(&tables);
	run_free(&run);
	fixture_remove(&f);
	fclose(out);
	return text;
}

/* Where the kernel maps at most max_sectors_kb, that is a third cause. */
static void three_causes(void **state)
{
	static const struct lost stacks[] = {
		{CHUNK, 32, ALL_THREE},
		{FIRST, 32, TWO},
		{SHIFT, 32, "\"first_extent\":32,\"past_kib\":192"},
		{LIMIT, 32, ONE},
		{"linear:2,over=2", 0, ""},
	};
	char *text = said_of(stacks, COUNT(stacks));

	(void)state;
	assert_string_equal(
		text,
		"huge pages lost to chunks of dm-stripe that are no multiple of 2 MiB (4 KiB): 32 "
		"of 32 windows on " CHUNK " (ext4); a whole window takes 2,263,400 insn, 384x raw; "
		"`lvcreate -I 2m` (4096 sectors in a table); still lost after that: " CHUNK
		" to the first extent and max_sectors_kb\n"
		"huge pages lost to segments that begin past a multiple of 2 MiB on the namespace: "
		"64 of 64 windows on " FIRST " (ext4), " SHIFT
		" (ext4); a whole window takes 2,263,400 insn, 384x raw; `pvcreate --dataalignment "
		"2m`; still lost after that: " FIRST " to max_sectors_kb\n"
		"huge pages lost to dm-stripe, which maps at most max_sectors_kb at once (1,280 "
		"KiB): 32 of 32 windows on " LIMIT
		" (ext4); a whole window takes 2,263,400 insn, 384x raw; `echo 2048 "
		">/sys/block/dm-N/queue/max_sectors_kb`\n");
	free(text);
}

/* A newer kernel does not: the limit is no cause, and remains none after another. */
static void two_causes(void **state)
{
	static const struct lost stacks[] = {
		{CHUNK, 32, ALL_THREE},
		{FIRST, 32, TWO},
		{LIMIT, 0, ONE},
	};
	char *text = said_of(stacks, COUNT(stacks));

	(void)state;
	assert_non_null(strstr(text, "still lost after that: " CHUNK " to the first extent\n"));
	assert_non_null(strstr(text, "`pvcreate --dataalignment 2m`\n"));
	assert_null(strstr(text, "max_sectors_kb"));
	free(text);
}

/* What a run of an older build says, or no cause: another finding has it. */
static void no_cause(void **state)
{
	static const struct lost stacks[] = {{LIMIT, 32, ""}};
	char *text = said_of(stacks, COUNT(stacks));

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_causes),
		cmocka_unit_test(two_causes),
		cmocka_unit_test(no_cause),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
