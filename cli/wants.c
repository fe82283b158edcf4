// SPDX-License-Identifier: GPL-2.0-only
/* daxdm wants: the programs that a workload's benchmarks run, for whoever has to install them or
 * put them into a guest. */
#include "bench/bench.h"
#include "bench/need.h"
#include "bench/workload_read.h"
#include "cli/cli.h"
#include "lib/base/msg.h"

#include <stdio.h>
#include <string.h>

static int add_programs(const enum need *needs, struct words *programs)
{
	int rc = 0;

	for (unsigned int i = 0; needs && i < NEED_LIST_MAX && needs[i] != NEED_END && !rc; i++) {
		const char *program = need_program(needs[i]);

		if (program)
			rc = words_add_new(programs, program, strlen(program));
	}
	return rc;
}

static int print_programs(const struct workload *workload)
{
	struct words programs = {0};
	int rc = 0;

	for (const struct bench *const *b = bench_table; *b; b++)
		for (const struct variant *v = (*b)->variants; v->name && !rc; v++) {
			if (!workload_wants(workload, (*b)->name, v->name))
				continue;
			rc = add_programs((*b)->needs, &programs);
			if (!rc)
				rc = add_programs(v->needs, &programs);
		}
	for (size_t i = 0; i < programs.n && !rc; i++)
		printf("%s\n", programs.list[i]);
	words_free(&programs);
	if (rc < 0)
		msg_error("out of memory");
	return rc < 0 ? STATUS_BROKEN : STATUS_GOOD;
}

static const struct option_spec options[] = {{0}};

static int run(int argc, char **argv)
{
	int status, first = options_parse(&verb_wants, options, NULL, argc, argv);
	struct workload workload;

	if (first < 0)
		return first == -1 ? STATUS_GOOD : STATUS_USAGE;
	if (workload_of_words(argc - first, argv + first, STACK_SPAN_MAX_BYTES, &workload) < 0)
		return STATUS_USAGE;
	status = print_programs(&workload);
	workload_free(&workload);
	return status;
}

const struct verb verb_wants = {
	.name = "wants",
	.args = "-- BENCH-ARGUMENT...",
	.why = "print the programs that the benchmarks of a `daxdm bench` run",
	.run = run,
	.no_memory = STATUS_BROKEN,
};
