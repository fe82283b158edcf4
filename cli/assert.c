// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm assert: whether one metric of a run keeps within a limit, as git bisect wants to know it:
 * 0 it does, 1 it does not, 125 nothing was found out (git-bisect(1), "bisect run").
 */
#include "cli/cli.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"
#include "report/table/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What git-bisect(1) takes as "this commit cannot be tested". */
enum { CANNOT_TELL = 125 };

static const char tax_prefix[] = "tax:";

struct assert_options {
	const char *metric;
	bool has_max, has_min, value;
	int64_t max, min;
};

static int set_metric(void *opts, const char *value)
{
	((struct assert_options *)opts)->metric = value;
	return 0;
}

static int set_limit(const char *name, const char *value, int64_t *limit, bool *has)
{
	*has = true;
	if (!number_parse(value, INT64_MIN, INT64_MAX, limit))
		return 0;
	msg_error("assert: --%s %s: a whole number is wanted, in the metric's unit", name, value);
	return -EINVAL;
}

static int set_max(void *opts, const char *value)
{
	struct assert_options *o = opts;

	return set_limit("max", value, &o->max, &o->has_max);
}

static int set_min(void *opts, const char *value)
{
	struct assert_options *o = opts;

	return set_limit("min", value, &o->min, &o->has_min);
}

static int set_value(void *opts, const char *value)
{
	(void)value;
	((struct assert_options *)opts)->value = true;
	return 0;
}

static const struct option_spec options[] = {
	{"metric", "ID",
	 "e.g. 'fault.read.warm.pte{stack=linear:16,fs=ext4}'; tax:ID is what its "
	 "stack adds to raw",
	 set_metric},
	{"max", "N", "its median may be this, not more", set_max},
	{"min", "N", "its median may be this, not less", set_min},
	{"value", NULL, "only print it, which direction is better, and its unit", set_value},
	{NULL, NULL, NULL, NULL},
};

/* Why there is no such record; a run may know. */
static const char *why_not(const struct run *run, const char *id)
{
	for (size_t i = 0; i < run->n_voids; i++)
		if (!strcmp(run->voids[i].id, id))
			return run->voids[i].why;
	for (size_t i = 0; i < run->n_skips; i++)
		if (!strcmp(run->skips[i].id, id))
			return run->skips[i].why;
	return "the run has no such record";
}

static const struct run_record *raw_of(const struct run *run, const struct run_record *rec)
{
	char id[512];

	snprintf(id, sizeof(id), "%s.%s{stack=raw%s%s}", rec->bench, rec->variant,
		 *rec->fs ? ",fs=" : "", rec->fs);
	return run_find(run, id);
}

static int judge(const struct run *run, const struct assert_options *o)
{
	bool tax = !strncmp(o->metric, tax_prefix, strlen(tax_prefix));
	const char *id = o->metric + (tax ? strlen(tax_prefix) : 0);
	const struct run_record *rec = run_find(run, id), *raw = rec ? raw_of(run, rec) : NULL;
	int64_t value;
	bool good;

	if (!run_is_complete(run) || !rec || (tax && !raw)) {
		printf("%s: not measured: %s\n", o->metric,
		       !run_is_complete(run) ? "the run is incomplete"
		       : rec		     ? "raw was not measured"
					     : why_not(run, id));
		return CANNOT_TELL;
	}
	value = rec->median - (tax ? raw->median : 0);
	if (o->value) {
		printf("%lld %s %s\n", (long long)value, rec->better, rec->unit);
		return STATUS_GOOD;
	}
	good = !(o->has_max && value > o->max) && !(o->has_min && value < o->min);
	printf("%s on %s: %s %s, ", o->metric, run->context.release, number(value).s, rec->unit);
	if (o->has_max)
		printf("at most %s%s", number(o->max).s, o->has_min ? ", " : "");
	if (o->has_min)
		printf("at least %s", number(o->min).s);
	printf(" asked for: %s\n", good ? "good" : "bad");
	return good ? STATUS_GOOD : STATUS_FAILED;
}

static int assert_main(int argc, char **argv)
{
	struct assert_options o = {0};
	struct run run = {0};
	char why[512];
	int status, at = options_parse(&verb_assert, options, &o, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at != 1 || !o.metric || (!o.has_max && !o.has_min && !o.value)) {
		msg_error("assert: needs --metric ID, --max N or --min N or --value, and one run");
		return STATUS_USAGE;
	}
	if (run_read(argv[at], &run, why, sizeof(why)) < 0) {
		msg_error("assert: %s", why);
		status = CANNOT_TELL;
	} else {
		status = judge(&run, &o);
	}
	run_free(&run);
	return status;
}

const struct verb verb_assert = {
	.name = "assert",
	.args = "RUNDIR",
	.why = "whether a metric keeps within a limit: exit status for git bisect run",
	.run = assert_main,
	.no_memory = CANNOT_TELL,
};
