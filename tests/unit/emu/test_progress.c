// SPDX-License-Identifier: GPL-2.0-only
/* emu/progress.c: what is left stands on the line, however narrow the terminal. */
#include "emu/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* 98 of 100 in 500 s, so 10 s are left, even if this test is stopped for half a minute. */
static struct guest running(const char *name, const char *what)
{
	struct guest g = {.name = name, .state = GUEST_RUNNING, .done = 98, .total = 100};

	g.phase = GUEST_PHASE_MEASURE;
	g.job_start_ms = limit_clock_wall_ms() - 500000;
	snprintf(g.what, sizeof(g.what), "%s", what);
	return g;
}

static void the_time_left_is_never_cut(void **state)
{
	static const size_t columns[] = {79, 60, 40, 1023};
	const struct guest guests[] = {
		running("ext4", "fault.mkwrite.cold.fallback{stack=linear:16,align=4k,fs=ext4}"),
		running("xfs", "fault.mkwrite.cold.fallback{stack=linear:16,align=4k,fs=xfs}"),
	};
	char line[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		size_t len;
		char *end;

		progress_compose(guests, 2, columns[i], line, sizeof(line));
		len = strlen(line);
		end = strstr(line, "  |  10 s left");
		if (!end || end[strlen("  |  10 s left")] || len > columns[i])
			fail_msg("at %zu columns: \"%s\"", columns[i], line);
		if (strncmp(line, "ext4: 98/1", 10) || !strstr(line, "  |  xfs: "))
			fail_msg("at %zu columns a guest is missing: \"%s\"", columns[i], line);
	}
	assert_non_null(strstr(line, "align=4k,fs=xfs}"));
}

/* A guest that needs little leaves the rest to the others. */
static void what_one_does_not_need_the_next_has(void **state)
{
	struct guest guests[] = {{.name = "ext4", .state = GUEST_DONE},
				 running("xfs", "fault.read.warm.pte{stack=linear:16,fs=xfs}")};
	char line[1024];

	(void)state;
	progress_compose(guests, 2, 79, line, sizeof(line));
	assert_string_equal(line, "ext4: done  |  xfs: 98/100 measure "
				  "fault.read.warm.pte{stack=line  |  10 s left");
	guests[0] = guests[1];
	guests[1] = (struct guest){.name = "ext4", .state = GUEST_DONE};
	progress_compose(guests, 2, 79, line, sizeof(line));
	assert_string_equal(line,
			    "xfs: 98/100 measure fault.read.warm.pte{stack=line  |  ext4: done"
			    "  |  10 s left");
}

/* Two stacks are done, one is measured and one waits: 298 took 500 s, so the 102 that are left of
 * 400 take 171 s. */
static void guests_of_one_filesystem_are_one(void **state)
{
	struct guest guests[] = {running("ext4", "linear:1"),
				 running("ext4", "linear:2"),
				 running("ext4", "linear:4"),
				 {.name = "ext4", .state = GUEST_QUEUED}};
	char line[1024];

	(void)state;
	guests[0].state = guests[1].state = GUEST_DONE;
	guests[0].done = guests[1].done = 100;
	progress_compose(guests, 4, 79, line, sizeof(line));
	assert_string_equal(line, "ext4: 298/400 measure linear:4  |  171 s left");
	guests[2].state = GUEST_DONE;
	progress_compose(guests, 4, 79, line, sizeof(line));
	assert_non_null(strstr(line, "ext4: waiting"));
	guests[3].state = GUEST_DONE;
	progress_compose(guests, 4, 79, line, sizeof(line));
	assert_string_equal(line, "ext4: done");
}

/* Guests of 70 and of 10 steps.  Those of ext4 are done; of xfs one is done, one runs, and one is
 * taken for one of average size: 40 of xfs, 34 of all. */
static void guests_with_different_jobs_add_up(void **state)
{
	static const int steps[] = {70, 10, 10};
	struct guest guests[6];
	char line[1024];

	(void)state;
	for (int i = 0; i < 6; i++) {
		guests[i] = running(i < 3 ? "ext4" : "xfs", "linear:1");
		guests[i].state = GUEST_DONE;
		guests[i].done = guests[i].total = steps[i % 3];
	}
	guests[4].state = GUEST_RUNNING;
	guests[4].done = 5;
	guests[5] = (struct guest){.name = "xfs", .state = GUEST_QUEUED};
	progress_compose(guests, 6, 79, line, sizeof(line));
	/* 165 of 170 + 34 took 500 s. */
	assert_string_equal(line, "ext4: done  |  xfs: 75/120 measure linear:1  |  118 s left");
}

static void nothing_is_said_of_what_cannot_be_known(void **state)
{
	struct guest g = {.name = "ext4", .state = GUEST_QUEUED};
	char line[1024];

	(void)state;
	progress_compose(&g, 1, 79, line, sizeof(line));
	assert_string_equal(line, "ext4: waiting");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_time_left_is_never_cut),
		cmocka_unit_test(what_one_does_not_need_the_next_has),
		cmocka_unit_test(guests_of_one_filesystem_are_one),
		cmocka_unit_test(guests_with_different_jobs_add_up),
		cmocka_unit_test(nothing_is_said_of_what_cannot_be_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
