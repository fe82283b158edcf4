// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm newest: of some runs the newest that stands for a kernel and a workload: complete, of that
 * package with none of its modules replaced, measured by this very build, and of just what the
 * workload asks for.  So that a kernel
 * that was measured already is not measured again.
 */
#include "bench/workload_read.h"
#include "cli/cli.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"
#include "lib/run/context.h"
#include "lib/run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct newest_options {
	const char *package, *meter, *workload;
	int64_t seed;
	struct workload by_hand;
};

static int add_word(struct words *words, const char *value)
{
	return words_add_new(words, value, strlen(value)) < 0 ? -EINVAL : 0;
}

static int set_package(void *opts, const char *value)
{
	((struct newest_options *)opts)->package = value;
	return 0;
}

static int set_meter(void *opts, const char *value)
{
	((struct newest_options *)opts)->meter = value;
	return 0;
}

static int set_seed(void *opts, const char *value)
{
	if (!number_parse(value, 0, UINT32_MAX, &((struct newest_options *)opts)->seed))
		return 0;
	msg_error("newest: --seed %s: want a number from 0 to %u", value, UINT32_MAX);
	return -EINVAL;
}

static int set_workload(void *opts, const char *value)
{
	((struct newest_options *)opts)->workload = value;
	return 0;
}

static int set_stack(void *opts, const char *value)
{
	return add_word(&((struct newest_options *)opts)->by_hand.stacks, value);
}

static int set_fs(void *opts, const char *value)
{
	return add_word(&((struct newest_options *)opts)->by_hand.filesystems, value);
}

static int set_bench(void *opts, const char *value)
{
	return add_word(&((struct newest_options *)opts)->by_hand.benches, value);
}

static const struct option_spec options[] = {
	{"package", "TEXT", "the kernel, as its directory's file `package` says", set_package},
	{"meter", "NAME", "insn (default) or time", set_meter},
	{"seed", "N", "of the emulated host (default 1)", set_seed},
	{"workload", "FILE", "what was to be measured (default: workloads/default)", set_workload},
	{"stack", "SPEC", "as of bench (repeatable)", set_stack},
	{"fs", "NAME", "as of bench (repeatable)", set_fs},
	{"bench", "GLOB", "as of bench (repeatable)", set_bench},
	{NULL, NULL, NULL, NULL},
};

static bool has_word(const struct words *words, const char *word)
{
	for (size_t i = 0; word && i < words->n; i++)
		if (!strcmp(words->list[i], word))
			return true;
	return false;
}

/* Whether both name the same, in whatever order. */
static bool same_words(const json_t *list, const struct words *words)
{
	const json_t *word;
	size_t i;

	if (json_array_size(list) != words->n)
		return false;
	json_array_foreach(list, i, word)
		if (!has_word(words, json_string_value(word)))
			return false;
	return true;
}

static bool stands_for(const struct run *run, const struct newest_options *o,
		       const struct workload *w, const char *build)
{
	const json_t *context = run->context.json;
	const json_t *seed = json_object_get(json_object_get(context, "emulator"), "seed");

	return run_is_complete(run) && !run->context.checks && run->n_records &&
	       !strcmp(run->context.package, o->package) && !strcmp(run->context.meter, o->meter) &&
	       !strcmp(run->context.build, build) && json_integer_value(seed) == o->seed &&
	       !json_array_size(json_object_get(context, "replaced")) &&
	       same_words(json_object_get(context, "stacks"), &w->stacks) &&
	       same_words(json_object_get(context, "fs"), &w->filesystems) &&
	       same_words(json_object_get(context, "metrics"), &w->benches);
}

/* Prints the newest that will do, or nothing. */
static int newest(const struct newest_options *o, const struct workload *w, char *const dirs[],
		  size_t n)
{
	json_t *build = context_build_digest();
	char newest_date[64] = "", why[512];
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		struct run run;

		/* What cannot be read stands for nothing. */
		if (!run_read(dirs[i], &run, why, sizeof(why)) &&
		    stands_for(&run, o, w, json_string_value(build)) &&
		    strcmp(run.context.date, newest_date) >= 0) {
			snprintf(newest_date, sizeof(newest_date), "%s", run.context.date);
			found = dirs[i];
		}
		run_free(&run);
	}
	json_decref(build);
	if (found)
		puts(found);
	return found ? STATUS_GOOD : STATUS_FAILED;
}

static int newest_main(int argc, char **argv)
{
	struct newest_options o = {.meter = "insn", .workload = "workloads/default", .seed = 1};
	struct workload w = {0};
	int status = STATUS_USAGE, at = options_parse(&verb_newest, options, &o, argc, argv);

	if (at == -1)
		status = STATUS_GOOD;
	else if (at >= 0 && !o.package)
		msg_error("newest: --package TEXT is needed");
	else if (at >= 0 && !workload_read(o.workload, &w)) {
		workload_override(&w, &o.by_hand);
		if (!workload_check(&w))
			status = newest(&o, &w, argv + at, (size_t)(argc - at));
	}
	workload_free(&w);
	workload_free(&o.by_hand);
	return status;
}

const struct verb verb_newest = {
	.name = "newest",
	.args = "RUNDIR...",
	.why = "which of these runs is the newest of a kernel and workload",
	.run = newest_main,
	.no_memory = STATUS_BROKEN,
};
