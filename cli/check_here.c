// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm check-here: runs checks on this host, one after the other, each in a child of its
 * own with a time limit.
 */
#include "check/device_health.h"
#include "check/need.h"
#include "check/runner.h"
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/base/words.h"
#include "lib/run/context.h"
#include "lib/run/journal.h"
#include "lib/run/kernel_config.h"
#include "lib/run/supervise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct checker {
	struct words globs, cases, devices;
	bool quick, plant, coverage, emulated, wipe;
	int64_t seed, rounds, cuts, acked;
	const char *output;
	struct check_case *list;
	size_t n;
	struct runner runner;
	struct sink sink;
	struct coverage counts;
};

/* --- all of them ----------------------------------------------------------------------------- */

static int write_context(struct checker *k)
{
	json_t *context = context_of_host(), *list;

	if (!context)
		return -ENOMEM;
	json_object_set_new(context, "checks", json_true());
	json_object_set_new(context, "seed", json_integer((json_int_t)k->seed));
	json_object_set_new(context, "rounds", json_integer(k->rounds));
	json_object_set_new(context, "planted", json_boolean(k->plant));
	if (k->coverage) {
		json_object_set_new(context, "coverage", coverage_functions(&k->counts));
		json_object_set(context, "coverage_refused", k->counts.refused);
	}
	json_object_set_new(context, "devices", list = json_array());
	for (unsigned int i = 0; i < k->runner.env.n_devices; i++) {
		const struct namespace *ns = &k->runner.env.devices[i];
		const char *sick = k->runner.env.sick[i];

		json_array_append_new(list, json_pack("{ss ss sI ss*}", "node", ns->node, "mode",
						      namespace_mode_name(ns->mode), "bytes",
						      (json_int_t)ns->size_bytes, "sick",
						      *sick ? sick : NULL));
	}
	return record_write_line(&k->sink, context);
}

static int status_of(const struct checker *k)
{
	if (k->runner.verdicts[VERDICT_FAIL])
		return STATUS_FAILED;
	if (k->runner.verdicts[VERDICT_BROKEN])
		return STATUS_BROKEN;
	return k->runner.verdicts[VERDICT_SKIP] == k->n ? STATUS_SKIPPED : STATUS_GOOD;
}

static int count_coverage(struct checker *k)
{
	int rc = coverage_begin(&k->counts);

	if (rc < 0)
		msg_error("--coverage: this kernel's functions cannot be counted: %s; it needs "
			  "tracefs "
			  "and CONFIG_KPROBE_EVENTS",
			  strerror(-rc));
	else
		k->runner.coverage = &k->counts;
	return rc;
}

/* In the child of supervise(). */
static int work(void *arg, const char *directory)
{
	struct checker *k = arg;
	int rc;

	k->runner.env.owner = getpid();
	k->runner.sink = &k->sink;
	devices_try(&k->runner.env);
	if (record_open(&k->sink, k->output, false) < 0)
		return STATUS_BROKEN;
	rc = k->coverage ? count_coverage(k) : 0;
	if (!rc)
		rc = write_context(k);
	for (size_t i = 0; i < k->n && !rc; i++)
		rc = supervise_interrupted() ? -EINTR
					     : runner_case(&k->runner, &k->list[i], directory);
	coverage_end(&k->counts);
	if (!rc)
		rc = record_write_end(&k->sink, status_of(k));
	if (record_close(&k->sink) < 0 || (rc < 0 && rc != -ESTALE))
		return STATUS_BROKEN;
	return rc == -ESTALE ? STATUS_NEEDS_REBOOT : status_of(k);
}

static void wipe_devices(struct checker *k)
{
	for (unsigned int i = 0; i < k->runner.env.n_devices; i++)
		namespace_wipe_signatures(k->runner.env.devices[i].node);
}

static void aftermath(void *arg)
{
	wipe_devices(arg);
}

static int open_devices(struct checker *k)
{
	struct check_env *env = &k->runner.env;
	int rc = 0;

	if (k->devices.n > CHECK_DEVICES_MAX) {
		msg_error("check: at most %d devices", CHECK_DEVICES_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < k->devices.n && !rc; i++) {
		rc = namespace_open(k->devices.list[i], &env->devices[i]);
		env->n_devices += !rc;
	}
	if (!rc)
		rc = namespace_refuse_same(env->devices, env->n_devices);
	/* After a power cut they are used: by the check that goes on. */
	if (rc || k->cuts)
		return rc;
	rc = journal_refuse_used(env->devices, env->n_devices);
	return rc ? rc : namespace_refuse_used(env->devices, env->n_devices, k->wipe);
}

/* Cases said one by one, or globs. */
static int choose(struct checker *k)
{
	if (!k->cases.n)
		return check_select(k->globs.list, k->globs.n, k->quick, k->plant, &k->list, &k->n);
	k->list = calloc(k->cases.n, sizeof(*k->list));
	if (!k->list)
		return -ENOMEM;
	for (size_t i = 0; i < k->cases.n; i++)
		if (check_case_of(k->cases.list[i], &k->list[k->n++]) < 0)
			return -EINVAL;
	return 0;
}

static int prepare(struct checker *k)
{
	int rc;

	if (choose(k) < 0)
		return STATUS_USAGE;
	if (geteuid()) {
		msg_error("check: makes devices and mounts: run it as root");
		return STATUS_BROKEN;
	}
	if (!kernel_writes_mounted()) {
		msg_error("check: this kernel does not let checks write to a mounted block device "
			  "(CONFIG_BLK_DEV_WRITE_MOUNTED); boot it with "
			  "bdev_allow_write_mounted=1");
		return STATUS_BROKEN;
	}
	if (!k->devices.n) {
		msg_error("check: no device named; --device /dev/pmemN says what may be written "
			  "(everything on it is lost)");
		return STATUS_USAGE;
	}
	rc = open_devices(k);
	if (rc < 0)
		return namespace_is_usage_error(rc) ? STATUS_USAGE : STATUS_BROKEN;
	k->runner.env.seed = (uint64_t)k->seed;
	k->runner.env.rounds = (unsigned int)k->rounds;
	k->runner.env.cuts = (unsigned int)k->cuts;
	k->runner.env.acked = (uint64_t)k->acked;
	k->runner.env.quick = k->quick;
	k->runner.env.emulated = k->emulated;
	return STATUS_GOOD;
}

/* --- options --------------------------------------------------------------------------------- */

static const struct option_spec options[] = {
	OPTION("check", OPTION_WORDS, offsetof(struct checker, globs), "GLOB",
	       "run these checks, e.g. 'suspend.*'"),
	OPTION("case", OPTION_WORDS, offsetof(struct checker, cases), "ID",
	       "run exactly this check, ID or ID+FAULT"),
	OPTION("device", OPTION_WORDS, offsetof(struct checker, devices), "NODE",
	       "a namespace; everything on it is lost"),
	OPTION("quick", OPTION_FLAG, offsetof(struct checker, quick), NULL,
	       "run the quick checks only"),
	OPTION("plant", OPTION_FLAG, offsetof(struct checker, plant), NULL,
	       "run each check with a fault injected, which it must detect"),
	OPTION("coverage", OPTION_FLAG, offsetof(struct checker, coverage), NULL,
	       "count the kernel functions that each check reaches"),
	OPTION("seed", OPTION_NUMBER, offsetof(struct checker, seed), "N",
	       "seed of random checks (default 1)", .max = INT64_MAX),
	OPTION("rounds", OPTION_NUMBER, offsetof(struct checker, rounds), "N",
	       "rounds of random checks", .min = 1, .max = 1000000),
	OPTION("cuts", OPTION_NUMBER, offsetof(struct checker, cuts), "N",
	       "how often the power was cut in the check to go on with", .max = 1000000),
	OPTION("acked", OPTION_NUMBER, offsetof(struct checker, acked), "N",
	       "operations that were acknowledged before the last cut", .max = INT64_MAX),
	OPTION("emulated", OPTION_FLAG, offsetof(struct checker, emulated), NULL,
	       "this host is discarded afterwards and may be crashed"),
	OPTION("output", OPTION_TEXT, offsetof(struct checker, output), "FILE",
	       "where run.jsonl goes (default: - for stdout)"),
	OPTION("wipe", OPTION_FLAG, offsetof(struct checker, wipe), NULL,
	       "erase signatures on the named devices first"),
	{0},
};

static int run(int argc, char **argv)
{
	struct checker k = {.seed = 1, .rounds = 0, .output = "-"};
	struct supervised supervised = {.work = work, .aftermath = aftermath, .arg = &k};
	int status, operand = options_parse(&verb_check_here, &k, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	status = operand < 0 ? STATUS_USAGE : prepare(&k);
	supervised.expendable = k.emulated;
	supervised.devices = k.runner.env.devices;
	supervised.n_devices = k.runner.env.n_devices;
	if (status == STATUS_GOOD)
		status = supervise(&supervised);
	free(k.list);
	words_free(&k.globs);
	words_free(&k.cases);
	words_free(&k.devices);
	return status;
}

const struct verb verb_check_here = {
	.name = "check-here",
	.args = "",
	.why = "run checks on this host; write run.jsonl to a file",
	.options = options,
	.internal = true,
	.run = run,
};
