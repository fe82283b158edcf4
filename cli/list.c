// SPDX-License-Identifier: GPL-2.0-only
/* daxdm list: what there is to measure and to check, and what each needs. */
#include "bench/bench.h"
#include "bench/need.h"
#include "check/select.h"
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/base/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_needs(const enum need *needs)
{
	for (unsigned int i = 0; needs && i < NEED_LIST_MAX && needs[i] != NEED_END; i++)
		printf("%s%s", i ? ", " : "  needs ", need_name(needs[i]));
}

static void print_benches(void)
{
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
	       "    ,start=SIZE              the first segment begins there on each member\n"
	       "    ,extent=SIZE             segments are multiples of SIZE long\n"
	       "    ,lvm                     as LVM does it: start=1m,extent=4m\n"
	       "  striped:W                  one dm-stripe segment of W stripes  needs "
	       "device-mapper\n"
	       "    ,chunk=SIZE              (default 2m: the least that 2 MiB pages can map; with "
	       "lvm 64k)\n"
	       "    ,over=M ,start= ,extent= ,lvm    same as for linear\n"
	       "  partition:start=SIZE       a partition of the namespace; on a DM device "
	       "dm-linear, "
	       "as kpartx does\n"
	       "  cache, crypt, log-writes, mirror, pcache, raid, snapshot, thin, writecache\n"
	       "                             that target; its other devices are at the end of the "
	       "second namespace\n"
	       "    ,size=SIZE               of the top layer: the size of the stack\n"
	       "  SPEC/SPEC                  one DM device on another, up to 8 deep; "
	       "the leftmost is the top\n"
	       "  table:FILE[#DEVICE]        what `dmsetup table` prints, any targets (append "
	       "`dmsetup ls` if nested)\n"
	       "  lvm:FILE[#DEVICE]          what vgcfgbackup writes, or `lvs --segments -o "
	       "+devices` prints\n"
	       "filesystems, mounted with dax=always:\n"
	       "  ext4, xfs                  made so that 2 MiB pages are possible\n"
	       "  TYPE:default               mkfs without options: the defaults of the "
	       "distribution's tools\n"
	       "  TYPE:mkfs=OPTIONS          mkfs with these options instead of daxdm's\n"
	       "  TYPE:mount=OPTIONS         mounted with these options, too\n"
	       "  xfs:logdev=DEVICE          external log: namespace, partition or linear, on a "
	       "namespace\n"
	       "                             that the stack does not use  needs one more device\n"
	       "  xfs:rtdev=DEVICE           the same for a realtime device\n"
	       "  ext4:journal=DEVICE        the same for a journal\n"
	       "    several with commas; a value with a comma is in brackets:\n"
	       "    'xfs:mkfs=[-d su=2m,sw=1],mount=noatime'\n");
}

/* What is promised, by whom; what it needs, and what is special about it. */
static void print_check(const struct check_case *c)
{
	const struct check_item *item = c->item;
	const char *before = "        needs ";

	printf("    %s%s%s%s\n        %s (%s)\n", c->id,
	       item->flags & CHECK_QUICK ? "  [quick]" : "",
	       item->flags & CHECK_EMULATED ? "  [emulated host only]" : "",
	       item->flags & CHECK_SPOILS ? "  [a boot of its own]" : "", item->promise, item->by);
	for (const char *const *need = item->needs; need && *need; need++) {
		printf("%s%s", before, *need);
		before = ", ";
	}
	if (item->needs && *item->needs)
		printf("\n");
	if (item->first_bad)
		printf("        first bad: %s\n", item->first_bad);
	if (item->fixed_by)
		printf("        fixed by: %s\n", item->fixed_by);
}

struct list_options {
	struct words globs;
	bool quick, plant, ids;
};

/* Returns an enum exit_status. */
static int print_checks(const struct list_options *o)
{
	const struct check_family *family = NULL;
	struct check_case *cases = NULL;
	size_t n = 0;

	if (check_select(o->globs.list, o->globs.n, o->quick, o->plant, &cases, &n) < 0)
		return STATUS_USAGE;
	if (!n) {
		msg_error("list: none of these checks is a quick one");
		return STATUS_USAGE;
	}
	if (!o->ids)
		printf("checks:\n");
	for (size_t i = 0; i < n; i++) {
		if (o->ids) {
			printf("%s\n", cases[i].id);
			continue;
		}
		if (cases[i].family != family)
			printf("  %s: %s\n", cases[i].family->name, cases[i].family->why);
		family = cases[i].family;
		print_check(&cases[i]);
	}
	free(cases);
	return STATUS_GOOD;
}

static const struct option_spec options[] = {
	OPTION("check", OPTION_WORDS, offsetof(struct list_options, globs), "GLOB",
	       "list these checks, and no benchmarks"),
	OPTION("quick", OPTION_FLAG, offsetof(struct list_options, quick), NULL,
	       "list the checks of check --quick"),
	OPTION("plant", OPTION_FLAG, offsetof(struct list_options, plant), NULL,
	       "list the checks with each fault that can be injected"),
	OPTION("ids", OPTION_FLAG, offsetof(struct list_options, ids), NULL,
	       "print the ids of the checks alone, one per line"),
	{0},
};

static int run(int argc, char **argv)
{
	struct list_options o = {0};
	int status, operand = options_parse(&verb_list, &o, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand >= 0 && !o.globs.n && !o.quick && !o.plant && !o.ids)
		print_benches();
	status = operand < 0 ? STATUS_USAGE : print_checks(&o);
	words_free(&o.globs);
	return status;
}

const struct verb verb_list = {
	.name = "list",
	.args = "",
	.why = "list benchmarks, stacks and checks, and what each needs",
	.examples = {"list", "list --check 'suspend.*'"},
	.options = options,
	.run = run,
	.no_memory = STATUS_BROKEN,
};
