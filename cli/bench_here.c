// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm bench-here: the sweep, on this host.  This file parses the options and refuses wrong ones
 * before anything is set up; bench/sweep.c measures, supervised by lib/run/supervise.c, which
 * removes devices and mounts however it ends.
 */
#include "bench/fiojob/fio_job.h"
#include "bench/sweep.h"
#include "bench/workload_read.h"
#include "cli/options/cli.h"
#include "emu/vm.h"
#include "lib/base/fw_cfg.h"
#include "lib/base/host.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/dev/dm.h"
#include "lib/meter/initial_state.h"
#include "lib/run/journal.h"
#include "lib/run/supervise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench_options {
	struct words devices;
	struct workload by_hand;
	const char *workload, *meter, *output, *part;
	int64_t state;
	bool progress, wipe, counters, symbols, reverse;
};

/* The node of a namespace of the emulated host, which has an s at its end in sector mode. */
static const char *node_of(const char *device, char node[64])
{
	if (!host_is_emulated() || !access(device, F_OK))
		return device;
	snprintf(node, 64, "%.60ss", device);
	return node;
}

static int open_devices(struct sweep *s, const struct bench_options *o)
{
	char node[64];
	uint64_t room;
	int rc;

	if (!o->devices.n) {
		msg_error("bench: no device named; --device /dev/pmemN says what may be written "
			  "(everything on it is lost)");
		return -EINVAL;
	}
	if (o->devices.n > SWEEP_DEVICES_MAX) {
		msg_error("bench: at most %d devices", SWEEP_DEVICES_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < o->devices.n; i++) {
		struct namespace *ns = &s->namespaces[i];

		rc = namespace_open(node_of(o->devices.list[i], node), ns);
		if (rc < 0)
			return rc;
		if (!ns->fsdax && ns->mode != NAMESPACE_VIRTIO &&
		    !(ns->mode == NAMESPACE_SECTOR && host_is_emulated())) {
			msg_error("%s is not in fsdax mode; `ndctl create-namespace -f -e NAME -m "
				  "fsdax -a 2M` makes it so (and destroys what is on it)",
				  ns->node);
			return -EINVAL;
		}
	}
	s->n_namespaces = (unsigned int)o->devices.n;
	rc = namespace_refuse_same(s->namespaces, s->n_namespaces);
	if (rc < 0)
		return rc;
	/* One window is kept for the stacks that begin past a 2 MiB boundary. */
	room = s->namespaces[0].size_bytes / WINDOW_BYTES * WINDOW_BYTES;
	room = room > WINDOW_BYTES ? room - WINDOW_BYTES : 0;
	s->span_bytes = room < STACK_SPAN_MAX_BYTES ? room : STACK_SPAN_MAX_BYTES;
	return 0;
}

/* Everything that can be known to be wrong is said before anything is done. */
static int check_stacks_fit(const struct sweep *s)
{
	for (size_t i = 0; i < s->workload.stacks.n; i++) {
		struct stack_spec spec;
		char why[512];
		int rc;

		stack_parse(s->workload.stacks.list[i], &spec, why, sizeof(why));
		rc = spec.depth ? dm_available() : 0;
		if (rc == -ENODEV)
			msg_error("this kernel has no device-mapper: %s cannot be made; `modprobe "
				  "dm-mod`",
				  spec.text);
		else if (rc < 0)
			msg_error("device-mapper does not answer (%s; %s): %s cannot be made",
				  strerror(-rc), dm_last_error(), spec.text);
		if (rc < 0)
			return rc;
		rc = stack_fits(&spec, s->namespaces, s->n_namespaces, s->span_bytes, why,
				sizeof(why));
		if (rc < 0) {
			msg_error("%s", why);
			return rc;
		}
		if (*why)
			msg_note("%s", why);
	}
	return 0;
}

static void reverse(struct words *words)
{
	for (size_t i = 0; i < words->n / 2; i++) {
		char *word = words->list[i];

		words->list[i] = words->list[words->n - 1 - i];
		words->list[words->n - 1 - i] = word;
	}
}

static int prepare(struct sweep *s, struct bench_options *o)
{
	bool complete = o->by_hand.stacks.n && o->by_hand.filesystems.n && o->by_hand.benches.n;
	int rc;

	/* A list said by hand needs no file behind it. */
	if (!o->workload && !complete)
		o->workload = place("workloads/default");
	if (o->workload && workload_read(o->workload, &s->workload) < 0)
		return STATUS_USAGE;
	if (workload_expand_stacks(&o->by_hand.stacks, "") < 0)
		return STATUS_USAGE;
	workload_override(&s->workload, &o->by_hand);
	if (o->reverse)
		reverse(&s->workload.stacks);
	if (workload_check(&s->workload) < 0)
		return STATUS_USAGE;
	if (meter_check(o->meter) < 0)
		return STATUS_USAGE;
	if (o->counters && !counters_libperf()) {
		msg_error("--counters: built without libperf; run `make libperf`, then `make`");
		return STATUS_USAGE;
	}
	if (geteuid()) {
		msg_error("bench: makes devices and mounts: run it as root");
		return STATUS_BROKEN;
	}
	rc = open_devices(s, o);
	if (!rc)
		rc = check_stacks_fit(s);
	if (!rc)
		rc = journal_refuse_used(s->namespaces, s->n_namespaces);
	if (!rc)
		rc = namespace_refuse_used(s->namespaces, s->n_namespaces, o->wipe);
	if (rc < 0)
		return namespace_is_usage_error(rc) ? STATUS_USAGE : STATUS_BROKEN;
	if (meter_start(o->meter, &s->meter) < 0)
		return STATUS_USAGE;
	s->output = o->output;
	s->progress = o->progress;
	s->symbols = o->symbols;
	s->part = o->part;
	s->initial_state = (uint64_t)o->state;
	s->terminal = !o->progress && isatty(STDERR_FILENO) && strcmp(o->output, "-");
	for (const struct bench *const *b = bench_table; *b; b++)
		s->total += sweep_count_wanted(s, *b);
	s->count = o->counters;
	s->total *= (unsigned int)(s->workload.stacks.n * s->workload.filesystems.n *
				   (s->count ? 2 : 1));
	return STATUS_GOOD;
}

/* Benchmarks find it in the environment: only those that look into the kernel ask. */
static int set_tracer(void *opts, const char *value)
{
	(void)opts;
	return setenv("DAXDM_TRACER", value, 1) < 0 ? -errno : 0;
}

static int set_fio(void *opts, const char *value)
{
	(void)opts;
	return fio_job_load(value);
}

/* An emulated host has it from fw_cfg. */
static int set_fio_given(void *opts, const char *value)
{
	char *word = NULL;
	FILE *out = host_is_emulated() ? memory_stream(&word) : NULL;
	int rc = out ? fw_cfg_copy(VM_TEXT_NAME, out) : -ENODEV;

	(void)opts;
	(void)value;
	if (out && fclose(out))
		rc = rc ? rc : -ENOMEM;
	if (rc < 0)
		msg_error("--fio-given: no fio job from the emulated host: %s", strerror(-rc));
	else
		rc = fio_job_load(word);
	free(word);
	return rc;
}

static const struct option_spec options[] = {
	OPTION("device", OPTION_WORDS, offsetof(struct bench_options, devices), "NODE",
	       "an fsdax namespace; everything on it is lost"),
	OPTION("workload", OPTION_TEXT, offsetof(struct bench_options, workload), "FILE",
	       "what to measure (default: workloads/default)"),
	OPTION("stack", OPTION_WORDS, offsetof(struct bench_options, by_hand.stacks), "SPEC",
	       "measure this stack instead of the workload's"),
	OPTION("fs", OPTION_WORDS, offsetof(struct bench_options, by_hand.filesystems), "NAME",
	       "measure this filesystem instead, e.g. xfs:default (daxdm list)"),
	OPTION("bench", OPTION_WORDS, offsetof(struct bench_options, by_hand.benches), "GLOB",
	       "measure these metrics instead, e.g. 'fault.read.*'"),
	OPTION("fio-text", OPTION_CALL, 0, "JOB",
	       "name and text of a fio job, in one line (bench --fio)", .set = set_fio),
	OPTION("fio-given", OPTION_CALL, 0, NULL,
	       "the same, as the emulated host has it (emu/vm.h)", .set = set_fio_given),
	OPTION("tracer", OPTION_CALL, 0, "WAY", "how translate stamps kernel functions",
	       .choices = "fentry|kprobe", .set = set_tracer),
	OPTION("meter", OPTION_TEXT, offsetof(struct bench_options, meter), "NAME",
	       "time (default), insn, or none: prove only"),
	OPTION("output", OPTION_TEXT, offsetof(struct bench_options, output), "FILE",
	       "where run.jsonl goes (default: - for stdout)"),
	OPTION("progress", OPTION_FLAG, offsetof(struct bench_options, progress), NULL,
	       "write progress lines to the output, too"),
	OPTION("counters", OPTION_FLAG, offsetof(struct bench_options, counters), NULL,
	       "count events in a second sweep (needs libperf)"),
	OPTION("part", OPTION_TEXT, offsetof(struct bench_options, part), "NAME",
	       "only this benchmark, or shared: all that need no guest of their own"),
	OPTION("state", OPTION_NUMBER, offsetof(struct bench_options, state), "N",
	       "bring the kernel into this initial state first (1: leave it as it is)", .min = 1,
	       .max = UINT32_MAX),
	OPTION("symbols", OPTION_FLAG, offsetof(struct bench_options, symbols), NULL,
	       "write the functions of the kernel to the output, too"),
	OPTION("reverse", OPTION_FLAG, offsetof(struct bench_options, reverse), NULL,
	       "measure the last stack first"),
	OPTION("wipe", OPTION_FLAG, offsetof(struct bench_options, wipe), NULL,
	       "erase signatures on the named devices first"),
	{0},
};

static int run(int argc, char **argv)
{
	struct bench_options o = {.meter = "time", .output = "-", .state = INITIAL_STATE_NONE};
	struct sweep s = {0};
	struct supervised supervised = {.work = sweep_work,
					.aftermath = sweep_aftermath,
					.arg = &s,
					.devices = s.namespaces};
	int status, operand = options_parse(&verb_bench_here, &o, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	status = operand < 0 ? STATUS_USAGE : prepare(&s, &o);
	supervised.n_devices = s.n_namespaces;
	if (status == STATUS_GOOD)
		status = supervise(&supervised);
	workload_free(&s.workload);
	workload_free(&o.by_hand);
	words_free(&o.devices);
	return status;
}

const struct verb verb_bench_here = {
	.name = "bench-here",
	.args = "",
	.why = "measure on this host; write run.jsonl to a file",
	.options = options,
	.internal = true,
	.run = run,
};
