// SPDX-License-Identifier: GPL-2.0-only
/* daxdm list: what there is to measure, and what each needs. */
#include "bench/bench.h"
#include "bench/need.h"
#include "cli/cli.h"
#include "lib/msg.h"

#include <stdio.h>

static void print_needs(const enum need *needs)
{
	for (unsigned int i = 0; needs && i < NEEDS_MAX && needs[i] != NEED_END; i++)
		printf("%s%s", i ? ", " : "  needs ", need_name(needs[i]));
}

static const struct option_spec options[] = {{0}};

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_list, options, NULL, argc, argv);

	if (operand < 0)
		return operand == -1 ? STATUS_GOOD : STATUS_USAGE;
	if (operand < argc) {
		msg_error("list: '%s' is one word too many", argv[operand]);
		return STATUS_USAGE;
	}
	printf("benchmarks and their variants:\n");
	for (const struct bench *const *b = bench_table; *b; b++) {
		printf("  %s: %s", (*b)->name, (*b)->why);
		print_needs((*b)->needs);
		printf("\n");
		for (const struct variant *v = (*b)->variants; v->name; v++) {
			char metric[64];

			snprintf(metric, sizeof(metric), "%s.%s", (*b)->name, v->name);
			printf("    %-26s %s", metric, v->why);
			print_needs(v->needs);
			printf("\n");
		}
	}
	printf("stacks:\n"
	       "  raw                        the namespace itself\n"
	       "  linear:N                   one DM device of N dm-linear segments  needs "
	       "device-mapper\n"
	       "    ,shuffle                 the segments in another order on the member\n"
	       "    ,align=SIZE              begin SIZE past a 2 MiB boundary (4k to 1m), or at "
	       "multiples of SIZE\n"
	       "    ,over=M                  segments alternate over M namespaces  needs M "
	       "devices\n"
	       "  SPEC/SPEC                  one DM device on another, up to 8 deep; the leftmost "
	       "is "
	       "the top\n"
	       "filesystems: ext4 (mkfs.ext4), xfs (mkfs.xfs), mounted with dax=always\n");
	return STATUS_GOOD;
}

const struct verb verb_list = {
	.name = "list",
	.args = "",
	.why = "lists benchmarks, variants and stacks, and what each needs",
	.run = run,
};
