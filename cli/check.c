// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm check: runs checks on the host it stands on, one after the other, each in a child of its
 * own with a time limit.
 */
#include "check/device_health.h"
#include "check/need.h"
#include "check/runner.h"
#include "cli/cli.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"
#include "lib/base/words.h"
#include "lib/run/context.h"
#include "lib/run/supervise.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct checker {
	struct words globs, cases, devices;
	bool quick, plant, coverage, emulated, wipe;
	uint64_t seed;
	unsigned int rounds;
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
	int rc = 0;

	if (k->devices.n > CHECK_DEVICES_MAX) {
		msg_error("check: at most %d devices", CHECK_DEVICES_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < k->devices.n; i++) {
		struct namespace *ns = &k->runner.env.devices[i];

		rc = namespace_open(k->devices.list[i], ns);
		if (!rc)
			rc = namespace_refuse_claimed(ns);
		if (rc < 0)
			return rc;
		for (size_t j = 0; j < i; j++) {
			if (k->runner.env.devices[j].major != ns->major ||
			    k->runner.env.devices[j].minor != ns->minor)
				continue;
			msg_error("%s and %s are one device", k->runner.env.devices[j].node,
				  ns->node);
			return -EINVAL;
		}
		k->runner.env.n_devices++;
	}
	if (k->wipe)
		wipe_devices(k);
	for (unsigned int i = 0; i < k->runner.env.n_devices && !rc; i++)
		rc = namespace_refuse_used(&k->runner.env.devices[i]);
	return rc;
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
	if (!k->devices.n) {
		msg_error("check: no device named; --device /dev/pmemN says what may be written "
			  "(everything on it is lost)");
		return STATUS_USAGE;
	}
	rc = open_devices(k);
	if (rc < 0)
		return namespace_is_usage_error(rc) ? STATUS_USAGE : STATUS_BROKEN;
	k->runner.env.seed = k->seed;
	k->runner.env.rounds = k->rounds;
	k->runner.env.quick = k->quick;
	k->runner.env.emulated = k->emulated;
	return STATUS_GOOD;
}

/* --- options --------------------------------------------------------------------------------- */

static int add_word(struct words *words, const char *value)
{
	if (words_add_new(words, value, strlen(value)) < 0) {
		msg_error("out of memory");
		return -EINVAL;
	}
	return 0;
}

static int set_check(void *opts, const char *value)
{
	return add_word(&((struct checker *)opts)->globs, value);
}

static int set_case(void *opts, const char *value)
{
	return add_word(&((struct checker *)opts)->cases, value);
}

static int set_device(void *opts, const char *value)
{
	return add_word(&((struct checker *)opts)->devices, value);
}

static int set_output(void *opts, const char *value)
{
	((struct checker *)opts)->output = value;
	return 0;
}

static int set_quick(void *opts, const char *value)
{
	(void)value;
	((struct checker *)opts)->quick = true;
	return 0;
}

static int set_plant(void *opts, const char *value)
{
	(void)value;
	((struct checker *)opts)->plant = true;
	return 0;
}

static int set_coverage(void *opts, const char *value)
{
	(void)value;
	((struct checker *)opts)->coverage = true;
	return 0;
}

static int set_emulated(void *opts, const char *value)
{
	(void)value;
	((struct checker *)opts)->emulated = true;
	return 0;
}

static int set_wipe(void *opts, const char *value)
{
	(void)value;
	((struct checker *)opts)->wipe = true;
	return 0;
}

static int set_seed(void *opts, const char *value)
{
	int64_t seed;

	if (number_parse(value, 0, INT64_MAX, &seed) < 0) {
		msg_error("--seed %s: want a number from 0 to %" PRId64, value, INT64_MAX);
		return -EINVAL;
	}
	((struct checker *)opts)->seed = (uint64_t)seed;
	return 0;
}

static int set_rounds(void *opts, const char *value)
{
	int64_t rounds;

	if (number_parse(value, 1, 1000000, &rounds) < 0) {
		msg_error("--rounds %s: want a number from 1 to 1000000", value);
		return -EINVAL;
	}
	((struct checker *)opts)->rounds = (unsigned int)rounds;
	return 0;
}

static const struct option_spec options[] = {
	{"check", "GLOB", "these checks, e.g. 'suspend.*' (repeatable)", set_check},
	{"case", "ID", "this check, ID or ID+FAULT, exactly (repeatable)", set_case},
	{"device", "NODE", "a namespace that may be overwritten (repeatable)", set_device},
	{"quick", NULL, "the quick ones only", set_quick},
	{"plant", NULL, "each with a planted fault, which it must notice", set_plant},
	{"coverage", NULL, "count the kernel functions that each reaches", set_coverage},
	{"seed", "N", "for what is random (default 1)", set_seed},
	{"rounds", "N", "of what is random", set_rounds},
	{"emulated", NULL, "this host may be taken down, it is thrown away", set_emulated},
	{"output", "FILE", "where the lines go (default: - for stdout)", set_output},
	{"wipe", NULL, "erase signatures on the named devices first", set_wipe},
	{0},
};

static int run(int argc, char **argv)
{
	struct checker k = {.seed = 1, .rounds = 0, .output = "-"};
	struct supervised supervised = {.work = work, .aftermath = aftermath, .arg = &k};
	int status, operand = options_parse(&verb_check, options, &k, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand >= 0 && operand < argc) {
		msg_error("check: '%s' is one word too many", argv[operand]);
		operand = -EINVAL;
	}
	status = operand < 0 ? STATUS_USAGE : prepare(&k);
	supervised.expendable = k.emulated;
	if (status == STATUS_GOOD)
		status = supervise(&supervised);
	free(k.list);
	words_free(&k.globs);
	words_free(&k.cases);
	words_free(&k.devices);
	return status;
}

const struct verb verb_check = {
	.name = "check",
	.args = "",
	.why = "checks the contracts of DAX on the host it stands on",
	.run = run,
};
