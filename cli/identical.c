// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm identical: whether two runs hold the same samples, in the same order, to the last one.
 * That is what the instruction meter promises of two boots of one kernel.  --medians asks less:
 * what has to hold between seeds, and between a fresh boot and a snapshot.
 */
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/compare/comparability.h"
#include "report/table/table.h"

#include <stdlib.h>
#include <string.h>

struct identical_options {
	bool medians;
};

static const struct option_spec options[] = {
	OPTION("medians", OPTION_FLAG, offsetof(struct identical_options, medians), NULL,
	       "compare medians only, not every sample"),
	{0},
};

/* True, and a line that says so, if the two records are not the same. */
static bool record_differs(const struct run_record *a, const struct run_record *b, bool medians)
{
	if (strcmp(a->unit, b->unit)) {
		printf("differs   %s: unit %s | %s\n", a->id, a->unit, b->unit);
		return true;
	}
	if (a->median == b->median && (medians || (!strcmp(a->digest, b->digest) && a->n == b->n)))
		return false;
	printf("differs   %s: median %s | %s %s", a->id, number(a->median).s, number(b->median).s,
	       a->unit);
	if (a->median != b->median)
		printf(" (%s)", number_signed(b->median - a->median).s);
	if (a->n != b->n)
		printf(", n %s | %s", number(a->n).s, number(b->n).s);
	else if (!medians)
		printf(", digest %s | %s", a->digest, b->digest);
	putchar('\n');
	return true;
}

static int compare(const struct run *a, const struct run *b, bool medians)
{
	size_t different = 0, vanished = 0, new = 0;
	int64_t samples = 0;

	for (size_t i = 0; i < a->n_records; i++) {
		const struct run_record *ra = &a->records[i], *rb = run_find(b, ra->id);

		samples += ra->n;
		if (!rb) {
			printf("vanished  %s: median %s %s\n", ra->id, number(ra->median).s,
			       ra->unit);
			vanished++;
		} else {
			different += record_differs(ra, rb, medians);
		}
	}
	for (size_t i = 0; i < b->n_records; i++) {
		const struct run_record *rb = &b->records[i];

		if (run_find(a, rb->id))
			continue;
		printf("new       %s: median %s %s\n", rb->id, number(rb->median).s, rb->unit);
		new ++;
	}
	if (different || vanished || new) {
		printf("%zu of %zu records differ, %zu vanished, %zu new\n", different,
		       a->n_records - vanished, vanished, new);
		return STATUS_FAILED;
	}
	if (medians)
		printf("%s record%s: identical medians\n", number((int64_t)a->n_records).s,
		       text_plural(a->n_records));
	else
		printf("%s record%s, %s sample%s: identical to the last sample\n",
		       number((int64_t)a->n_records).s, text_plural(a->n_records),
		       number(samples).s, text_plural((size_t)samples));
	return STATUS_GOOD;
}

/* Whether the run can vouch for anything; says why not. */
static bool usable(const struct run *run)
{
	if (run->context.checks)
		msg_error("identical: %s is a run of checks; daxdm behaviour compares those",
			  run->path);
	else if (!run->ended)
		msg_error("identical: %s is incomplete (no end line); measure it again", run->path);
	else if (run->status)
		msg_error("identical: %s is broken (it ended with status %lld); measure it again",
			  run->path, (long long)run->status);
	else if (!run->n_records)
		msg_error("identical: %s holds no record, so there is nothing to compare",
			  run->path);
	return run_is_complete(run) && run->n_records;
}

static int identical(const char *first, const char *second, bool medians)
{
	struct run a = {0}, b = {0};
	int status = STATUS_BROKEN;
	char why[512];

	if (run_read(first, &a, why, sizeof(why)) < 0 ||
	    run_read(second, &b, why, sizeof(why)) < 0) {
		msg_error("identical: %s", why);
		goto out;
	}
	if (!usable(&a) || !usable(&b))
		goto out;
	if (comparability_check(&a.context, &b.context, COMPARABILITY_SAMPLES, comparability_print,
				NULL)) {
		msg_error("identical: %s and %s were not measured on the same terms; see above",
			  a.path, b.path);
		status = STATUS_NOT_COMPARABLE;
		goto out;
	}
	status = compare(&a, &b, medians);
out:
	run_free(&a);
	run_free(&b);
	return status;
}

static int identical_main(int argc, char **argv)
{
	struct identical_options opts = {0};
	int at = options_parse(&verb_identical, &opts, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at != 2) {
		msg_error("identical: needs two runs, directories under results/; got %d",
			  argc - at);
		return STATUS_USAGE;
	}
	return identical(argv[at], argv[at + 1], opts.medians);
}

const struct verb verb_identical = {
	.name = "identical",
	.args = "RUNDIR RUNDIR",
	.why = "whether two runs hold the same samples, to the last one",
	.options = options,
	.operands = 2,
	.internal = true,
	.run = identical_main,
	.no_memory = STATUS_BROKEN,
};
