// SPDX-License-Identifier: GPL-2.0-only
/* The cost of a fault on a layout: against the records of published runs. */
#include "bench/table.h"
#include "lib/dev/stack.h"
#include "report/inspect/layout_cost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINUX_7_3 "results/published/linux-7.3-rc7-insn"
#define DEPTHS "results/published/linux-7.3-rc7-depth-insn"
#define LINUX_6_1 "results/published/linux-6.1.0-56-insn"

static struct run run;
static struct tables tables;

static void open_run(const char *path)
{
	char why[512];

	assert_int_equal(run_read(path, &run, why, sizeof(why)), 0);
	assert_int_equal(tables_build(&run, &tables), 0);
}

static void close_run(void)
{
	tables_free(&tables);
	run_free(&run);
}

/* The layout of a stack on one or two namespaces of mode fsdax, or another one. */
static void costs_of(const char *text, bool fsdax, const char *fs, struct layout_costs *out)
{
	static struct stack stack;
	struct namespace ns[2] = {
		{.node = "A", .size_bytes = UINT64_C(8) << 30, .fsdax = fsdax, .mode = !fsdax},
		{.node = "B", .size_bytes = UINT64_C(8) << 30, .fsdax = fsdax, .mode = !fsdax}};
	struct stack_spec spec;
	struct layout layout;
	char why[512];

	assert_int_equal(stack_parse(text, &spec, why, sizeof(why)), 0);
	assert_int_equal(
		stack_describe(&spec, ns, 2, STACK_SPAN_MAX_BYTES, &stack, why, sizeof(why)), 0);
	layout_of(stack_backing(&stack), text, NULL, 0, &layout);
	layout_costs_of(&layout, &tables, fs, out);
	graph_destroy(&stack.graph);
}

static const struct layout_cost *cost_of(const struct layout_costs *costs, const char *metric)
{
	for (size_t i = 0; i < costs->n; i++)
		if (!strcmp(costs->list[i].metric, metric))
			return &costs->list[i];
	return NULL;
}

/* A model of a run of plain stacks is within 1 % of what another run measured on devices over each
 * other, and within 10 % of its DM overhead. */
static void stacked_devices_cost_the_sum(void **state)
{
	static const char *const stacks[] = {"linear:1",
					     "linear:16",
					     "linear:1/linear:1",
					     "linear:16/linear:16",
					     "linear:256",
					     "linear:256/linear:256",
					     "linear:1/linear:1/linear:1/linear:1"};
	int64_t measured[sizeof(stacks) / sizeof(stacks[0])], raw;
	struct layout_costs costs;

	(void)state;
	open_run(DEPTHS);
	raw = run_find(&run, "fault.read.warm.pte{stack=raw,fs=ext4}")->median;
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		char id[256];

		snprintf(id, sizeof(id), "fault.read.warm.pte{stack=%s,fs=ext4}", stacks[i]);
		assert_non_null(run_find(&run, id));
		measured[i] = run_find(&run, id)->median;
	}
	close_run();
	open_run(LINUX_7_3);
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		const struct layout_cost *c;
		int64_t model, off;

		costs_of(stacks[i], true, "ext4", &costs);
		c = cost_of(&costs, "fault.read.warm.pte");
		assert_non_null(c);
		assert_int_equal(c->least, c->most);
		model = c->raw + c->least;
		off = llabs(model - measured[i]);
		if (off * 100 > measured[i] || off * 10 > measured[i] - raw)
			fail_msg("%s: %lld by the model, %lld measured", stacks[i],
				 (long long)model, (long long)measured[i]);
	}
	close_run();
}

/* On 6.1 a commit flushes each segment: the line is within 10 % of each stack. */
static void a_cost_that_grows_by_the_segment_is_a_line(void **state)
{
	static const char *const stacks[] = {"linear:1", "linear:4", "linear:64", "linear:1024"};
	const char *metric = "fault.sync.cold.pte";
	struct layout_costs costs;

	(void)state;
	open_run(LINUX_6_1);
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		const struct layout_cost *c;
		int64_t measured;
		char id[256];

		snprintf(id, sizeof(id), "%s{stack=%s,fs=ext4}", metric, stacks[i]);
		measured = run_find(&run, id)->median;
		costs_of(stacks[i], true, "ext4", &costs);
		c = cost_of(&costs, metric);
		assert_non_null(c);
		assert_true(llabs(c->raw + c->least - measured) * 10 <= measured);
	}
	costs_of("linear:4/linear:4", true, "ext4", &costs);
	assert_null(cost_of(&costs, metric));
	assert_non_null(cost_of(&costs, "fault.read.warm.pte"));
	close_run();
}

static void no_cost(const char *stack, bool fsdax, const char *fs, const char *why)
{
	struct layout_costs costs;

	costs_of(stack, fsdax, fs, &costs);
	assert_int_equal(costs.n, 0);
	if (!strstr(costs.why, why))
		fail_msg("%s: %s", stack, costs.why);
}

static void what_no_record_is_like_has_no_cost(void **state)
{
	struct layout_costs costs;

	(void)state;
	open_run(DEPTHS);
	costs_of("striped:4", true, NULL, &costs);
	assert_int_equal(cost_of(&costs, "fault.read.warm.pte")->least,
			 run_find(&run, "fault.read.warm.pte{stack=striped:4,fs=ext4}")->median -
				 run_find(&run, "fault.read.warm.pte{stack=raw,fs=ext4}")->median);
	no_cost("striped:8", true, NULL, "8 stripes were not measured");
	no_cost("linear:512", true, NULL, "512 linear targets: 1 to 256 were measured");
	no_cost("linear:1/partition:start=2m", true, NULL, "a partition");
	no_cost("linear:1", false, NULL, "without DAX");
	no_cost("linear:1", true, "btrfs", "btrfs was not measured");
	costs_of("raw", true, "ext4", &costs);
	assert_int_equal(cost_of(&costs, "fault.read.warm.pte")->most, 0);
	close_run();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacked_devices_cost_the_sum),
		cmocka_unit_test(a_cost_that_grows_by_the_segment_is_a_line),
		cmocka_unit_test(what_no_record_is_like_has_no_cost),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
