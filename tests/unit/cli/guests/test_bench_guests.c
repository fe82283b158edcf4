// SPDX-License-Identifier: GPL-2.0-only
/* Which guests a run of benchmarks has, their jobs, and which starts next.  None is started. */
#include "bench/bench.h"
#include "cli/guests/bench_guests.h"
#include "emu/host_resources.h"
#include "lib/meter/initial_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(struct words *words, const char *word)
{
	assert_int_equal(words_add(words, word, strlen(word)), 0);
}

/* ext4 and xfs, raw and linear:1. */
static struct bench_guests *request(const char *meter)
{
	static const char *const fs[] = {"ext4", "xfs"};
	struct bench_guests *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->plan.machine = &vm_bench;
	b->plan.stall_s = 7;
	b->meter = meter;
	b->state = INITIAL_STATE_NONE;
	for (; b->n_kinds < 2; b->n_kinds++) {
		b->kinds[b->n_kinds].fs = strdup(fs[b->n_kinds]);
		add(&b->workload.filesystems, fs[b->n_kinds]);
	}
	add(&b->workload.stacks, "raw");
	add(&b->workload.stacks, "linear:1");
	return b;
}

static void release(struct bench_guests *b)
{
	bench_guests_free(b);
	free(b);
}

static void expect_job(const struct guest *g, const char *expected)
{
	char job[1000] = "";

	for (size_t i = 0; i < g->n_words; i++) {
		if (i)
			strcat(job, " ");
		strcat(job, g->words[i]);
	}
	assert_string_equal(job, expected);
}

static void each_stack_has_guests_of_its_own(void **state)
{
	struct bench_guests *b = request("insn");

	(void)state;
	add(&b->workload.benches, "fault");
	add(&b->workload.benches, "copy");
	add(&b->workload.benches, "table");
	add(&b->workload.benches, "translate");
	b->state = 3;
	b->counters = true;
	b->tracer = "function";
	assert_int_equal(bench_guests_make(b), 0);
	/* Of each filesystem: two for fault and copy, one for translate, two for table. */
	assert_int_equal(b->n, 10);
	for (size_t i = 0; i < b->n; i++) {
		assert_int_equal(b->list[i].number, i);
		assert_int_equal(b->list[i].stall_s, 7);
		assert_string_equal(b->list[i].name, i < b->n / 2 ? "ext4" : "xfs");
	}
	expect_job(&b->list[1], "--meter insn --fs ext4 --device /dev/pmem0 --device /dev/pmem1 "
				"--stack linear:1 --bench fault --bench copy --part shared "
				"--tracer function --state 3 --counters");
	expect_job(&b->list[2], "--meter insn --fs ext4 --device /dev/pmem0 --device /dev/pmem1 "
				"--stack raw --stack linear:1 --bench translate --part translate "
				"--tracer function --state 3 --counters");
	expect_job(&b->list[8], "--meter insn --fs xfs --device /dev/pmem0 --device /dev/pmem1 "
				"--stack raw --bench table --part table --tracer function "
				"--state 3 --counters");
	release(b);
}

/* A round of `compare` measures again only what is not decided. */
static void only_the_cells_are_measured(void **state)
{
	struct bench_guests *b = request("insn");

	(void)state;
	add(&b->workload.benches, "fault.read.warm.pte");
	add(&b->workload.benches, "copy");
	add(&b->workload.benches, "table");
	assert_int_equal(workload_add_cell(&b->workload, "raw", "xfs", "copy"), 0);
	assert_int_equal(workload_add_cell(&b->workload, "linear:1", "ext4", "table"), 0);
	assert_int_equal(workload_add_cell(&b->workload, "linear:1", "ext4", "copy"), 0);
	assert_int_equal(bench_guests_make(b), 0);
	assert_int_equal(b->n, 3);
	expect_job(&b->list[0], "--meter insn --fs ext4 --device /dev/pmem0 --device /dev/pmem1 "
				"--stack linear:1 --bench copy --part shared");
	expect_job(&b->list[1], "--meter insn --fs ext4 --device /dev/pmem0 --device /dev/pmem1 "
				"--stack linear:1 --bench table --part table");
	expect_job(&b->list[2], "--meter insn --fs xfs --device /dev/pmem0 --device /dev/pmem1 "
				"--stack raw --bench copy --part shared");
	release(b);
}

static void one_guest_measures_all_without_snapshots(void **state)
{
	struct bench_guests *b = request("time");

	(void)state;
	add(&b->workload.benches, "fault");
	add(&b->workload.benches, "scale");
	assert_int_equal(bench_guests_make(b), 0);
	assert_int_equal(b->n, 2);
	expect_job(&b->list[1], "--meter time --fs xfs --device /dev/pmem0 --device /dev/pmem1 "
				"--stack raw --stack linear:1 --bench fault --bench scale");
	release(b);
}

/* However many benchmarks there are; one without variants, as fio without a job, is in none. */
static void every_benchmark_is_in_a_job(void **state)
{
	struct bench_guests *b = request("insn");

	(void)state;
	for (const struct bench *const *t = bench_table; *t; t++)
		add(&b->workload.benches, (*t)->name);
	assert_int_equal(bench_guests_make(b), 0);
	for (const struct bench *const *t = bench_table; *t; t++) {
		size_t n = 0;

		for (size_t i = 0; i < b->n; i++)
			n += words_has(&b->jobs[i], (*t)->name);
		assert_int_equal(n, !(*t)->variants->name		    ? 0
				    : (*t)->guest == BENCH_GUEST_ALL_STACKS ? 2
									    : 4);
	}
	release(b);
}

static void a_guest_waits_for_the_snapshot_of_its_filesystem(void **state)
{
	struct bench_guests *b = request("insn");

	(void)state;
	add(&b->workload.benches, "fault");
	assert_int_equal(bench_guests_make(b), 0);
	assert_int_equal(b->n, 4);
	assert_ptr_equal(bench_guests_next(b), &b->list[0]);
	b->list[0].state = GUEST_BOOTING;
	if (host_resources_cores() > 1)
		assert_ptr_equal(bench_guests_next(b), &b->list[2]);
	else
		assert_null(bench_guests_next(b));
	b->list[0].state = GUEST_DONE;
	assert_ptr_equal(bench_guests_next(b), &b->list[1]);
	assert_int_equal(bench_guests_count(b, GUEST_BOOTING, GUEST_RUNNING), 0);
	release(b);
}

/* The snapshot of a guest depends on the type of its filesystem only. */
static void filesystems_of_a_type_share_its_snapshot(void **state)
{
	struct bench_guests *b = request("insn");

	(void)state;
	add(&b->workload.filesystems, "ext4:mkfs=[-b 1024]");
	add(&b->workload.benches, "fault");
	assert_int_equal(bench_guests_make(b), 0);
	assert_int_equal(b->n, 6);
	for (size_t i = 0; i < b->n; i++)
		assert_string_equal(b->list[i].name, i < 4 ? "ext4" : "xfs");
	expect_job(&b->list[2],
		   "--meter insn --fs ext4:mkfs=[-b 1024] --device /dev/pmem0 --device "
		   "/dev/pmem1 --stack raw --bench fault --part shared");
	b->list[0].state = GUEST_BOOTING;
	if (host_resources_cores() > 1)
		assert_ptr_equal(bench_guests_next(b), &b->list[4]);
	release(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stack_has_guests_of_its_own),
		cmocka_unit_test(only_the_cells_are_measured),
		cmocka_unit_test(one_guest_measures_all_without_snapshots),
		cmocka_unit_test(every_benchmark_is_in_a_job),
		cmocka_unit_test(a_guest_waits_for_the_snapshot_of_its_filesystem),
		cmocka_unit_test(filesystems_of_a_type_share_its_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
