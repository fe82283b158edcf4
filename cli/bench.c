// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm bench: the sweep, on the host it stands on.
 *
 *   for each filesystem, for each stack: devices, mkfs, mount, proof of DAX, then each benchmark.
 *
 * It runs under lib/supervise.c, so that whatever happens nothing of it stays behind.
 */
#include "bench/bench.h"
#include "bench/need.h"
#include "cli/cli.h"
#include "cli/workload.h"
#include "lib/busy.h"
#include "lib/context.h"
#include "lib/dm.h"
#include "lib/fs.h"
#include "lib/keeper.h"
#include "lib/msg.h"
#include "lib/supervise.h"
#include "lib/symbols.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEVICES_MAX = STACK_OVER_MAX, HEAP_BYTES = 64 << 20 };

struct bench_options {
	struct words devices;
	struct workload by_hand;
	const char *workload, *meter, *output;
	bool progress, wipe, counters, symbols;
};

/* One sweep under way. */
struct sweep {
	struct workload workload;
	struct namespace namespaces[DEVICES_MAX];
	unsigned int n_namespaces;
	uint64_t span_bytes; /* every stack offers this much */
	struct meter meter;
	const char *output;
	struct sink sink;
	bool symbols; /* are written at the end */
	bool progress;
	bool terminal;
	unsigned int done, total;
	char what[160];
	const struct bench *bench; /* that runs */
	void *state;		   /* its own */
	struct probe_set probes;
	bool count;		   /* a second sweep, whose passes are counted */
	struct counters *counters; /* while it runs */
	json_t *counted;	   /* what the passes of one benchmark counted, by variant */
	struct carried *carried;
	struct keeper keeper;
	struct kept_fds *kept_fds; /* of each in bench_table */
};

/* What comes back from the process of a benchmark, in memory that both share. */
struct carried {
	unsigned int done;
	bool mounted;
	signed char lasting_needs[NEED_COUNT];
	char kept[][BENCH_KEPT_BYTES] __attribute__((aligned(4096))); /* of each in bench_table */
};

/* A benchmark on a stack. */
struct part {
	struct sweep *s;
	struct bench_env *env;
	const struct bench *bench;
};

static void sweep_phase(struct bench_env *env, const char *phase)
{
	struct sweep *s = env->progress;

	progress_write(&s->sink, s->done, s->total, phase, s->what);
	if (s->terminal)
		fprintf(stderr, "\r\033[K%u/%u %s: %s", s->done, s->total, s->what, phase);
}

static int sweep_keep_fds(struct bench_env *env, const int *fds, unsigned int n)
{
	const struct sweep *s = env->progress;

	return keeper_send(&s->keeper, fds, n);
}

int bench_remount(struct bench_env *env)
{
	int rc = fs_unmount(env->fs);

	return rc < 0 ? rc : fs_mount(env->fs);
}

static unsigned int count_wanted(const struct sweep *s, const struct bench *bench)
{
	unsigned int n = 0;

	for (const struct variant *v = bench->variants; v->name; v++)
		n += workload_wants(&s->workload, bench->name, v->name);
	return n;
}

static bool sweep_wanted(struct bench_env *env, const struct variant *variant)
{
	const struct sweep *s = env->progress;
	struct missing missing;

	return workload_wants(&s->workload, s->bench->name, variant->name) &&
	       needs_met(variant->needs, env, &missing);
}

/* A step of a benchmark for each variant that is wanted and can be had here. */
static int each_variant(struct sweep *s, struct bench_env *env, const struct bench *bench,
			int (*step)(struct sweep *s, struct bench_env *env,
				    const struct bench *bench, const struct variant *variant))
{
	int rc = 0;

	for (const struct variant *v = bench->variants; v->name && !rc; v++) {
		if (!sweep_wanted(env, v))
			continue;
		snprintf(s->what, sizeof(s->what), "%s %s %s.%s", env->cell.spec->text,
			 env->cell.fs, bench->name, v->name);
		rc = interrupted() ? -EINTR : step(s, env, bench, v);
	}
	return rc;
}

static int step_once(struct sweep *s, struct bench_env *env, const struct bench *bench,
		     const struct variant *variant)
{
	int rc;

	counters_begin(env->counters);
	rc = bench->once(env, s->state, variant);
	if (env->counters)
		json_object_set_new(s->counted, variant->name, counters_json(env->counters));
	s->done++;
	return rc;
}

static int step_probe(struct sweep *s, struct bench_env *env, const struct bench *bench,
		      const struct variant *variant)
{
	return bench->probe(env, s->state, variant, &s->probes);
}

/* The samples of a counted pass are not kept: what counting costs is in them. */
static int report_counted(struct sweep *s, struct bench_env *env, const struct bench *bench,
			  const struct variant *variant)
{
	json_t *counted = json_incref(json_object_get(s->counted, variant->name)), *lines;
	int rc;

	s->sink.captured = lines = json_array();
	rc = bench->report(env, s->state, variant);
	s->sink.captured = NULL;
	counted = counters_line(lines, counted);
	json_decref(lines);
	return rc || !counted ? rc : sink_line(&s->sink, counted);
}

static int step_report(struct sweep *s, struct bench_env *env, const struct bench *bench,
		       const struct variant *variant)
{
	if (env->counters)
		return report_counted(s, env, bench, variant);
	return bench->report(env, s->state, variant);
}

/* All probes at once for all variants: arming and disarming costs more than the passes. */
static int run_probes(struct sweep *s, struct bench_env *env, const struct bench *bench)
{
	int rc;

	for (const char *const *point = bench->probes; point && *point; point++)
		probe_add(&s->probes, *point);
	rc = each_variant(s, env, bench, step_probe);
	probe_close(&s->probes);
	return rc;
}

static int write_skips(struct sweep *s, struct bench_env *env, const struct bench *bench)
{
	struct missing missing;
	int rc = 0;

	for (const struct variant *v = bench->variants; v->name && !rc; v++) {
		if (!workload_wants(&s->workload, bench->name, v->name) ||
		    needs_met(v->needs, env, &missing))
			continue;
		s->done++;
		if (!env->counters)
			rc = skip_write(env->sink, &env->cell, bench->name, v->name, missing.why,
					missing.cure);
	}
	return rc;
}

/* All wanted variants of a benchmark whose needs are met. */
static int run_variants(struct sweep *s, struct bench_env *env, const struct bench *bench)
{
	int rc;

	s->bench = bench;
	s->state = NULL;
	json_object_clear(s->counted);
	sweep_phase(env, "prepare");
	rc = bench->setup(env, &s->state);
	if (!rc)
		rc = each_variant(s, env, bench, step_once);
	if (!rc && bench->probe)
		rc = run_probes(s, env, bench);
	if (!rc)
		rc = each_variant(s, env, bench, step_report);
	if (!rc)
		rc = write_skips(s, env, bench);
	bench->teardown(env, s->state);
	return rc;
}

static int run_part(void *arg)
{
	const struct part *part = arg;
	const struct bench *bench = part->bench;
	struct bench_env *env = part->env;
	struct sweep *s = part->s;
	struct missing missing;
	int rc = 0;

	snprintf(s->what, sizeof(s->what), "%s %s %s", env->cell.spec->text, env->cell.fs,
		 bench->name);
	if (needs_met(bench->needs, env, &missing)) {
		rc = run_variants(s, env, bench);
	} else {
		s->done += count_wanted(s, bench);
		if (!env->counters) /* else said in the first sweep */
			rc = skip_write(env->sink, &env->cell, bench->name, "*", missing.why,
					missing.cure);
	}
	s->carried->done = s->done;
	s->carried->mounted = env->fs->mounted;
	return rc;
}

/* In a process of its own, which has what others keep open no more than what they mapped. */
static int run_part_apart(void *arg)
{
	const struct part *part = arg;

	for (size_t b = 0; bench_table[b]; b++)
		if (bench_table[b] != part->bench)
			kept_fds_close(&part->s->kept_fds[b]);
	return run_part(arg);
}

/*
 * A benchmark on a mounted filesystem, in a process of its own: what was mapped and unmapped before
 * moves a fault, for the tree that its area is searched in keeps the shape (46 insn on 6.12).  So
 * the process of all maps nothing between two stacks.  Counters are those of the process that
 * opened them.
 */
static int run_bench(struct sweep *s, struct bench_env *env, size_t index)
{
	struct part part = {s, env, bench_table[index]};
	int rc;

	if (!count_wanted(s, part.bench))
		return 0;
	env->kept = s->carried->kept[index];
	env->kept_fds = &s->kept_fds[index];
	s->carried->done = s->done;
	s->carried->mounted = env->fs->mounted;
	rc = env->counters ? run_part(&part) : run_apart(run_part_apart, &part);
	keeper_receive(&s->keeper, &s->kept_fds[index]);
	s->done = s->carried->done;
	env->fs->mounted = s->carried->mounted;
	return rc;
}

/* Makes and mounts the filesystem, runs the benchmarks, and takes everything down again. */
static int run_on_stack(struct sweep *s, struct stack *stack, const char *fs_type,
			const char *directory)
{
	struct fs fs = {.type = fs_type, .node = stack->node, .where = directory};
	struct bench_env env = {
		.cell = {&stack->spec, fs_type, &s->meter},
		.stack = stack,
		.fs = &fs,
		.directory = directory,
		.sink = &s->sink,
		.phase = sweep_phase,
		.progress = s,
		.wanted = sweep_wanted,
		.counters = s->counters,
		.lasting_needs = s->carried->lasting_needs,
		.keep_fds = sweep_keep_fds,
	};
	int rc, rc2;

	snprintf(s->what, sizeof(s->what), "%s %s", stack->spec.text, fs_type);
	sweep_phase(&env, "mkfs");
	rc = fs_make(fs_type, stack->node, stack->size_bytes);
	if (rc < 0)
		goto wipe;
	sweep_phase(&env, "mount");
	rc = fs_mount(&fs);
	if (rc < 0)
		goto wipe;
	for (size_t b = 0; bench_table[b] && !rc; b++)
		rc = run_bench(s, &env, b);
	snprintf(s->what, sizeof(s->what), "%s %s", stack->spec.text, fs_type);
	sweep_phase(&env, "teardown");
	rc2 = fs_unmount(&fs);
	rc = rc ? rc : rc2;
wipe:
	/* Ours to wipe: the device was blank when it was named. */
	if (!fs.mounted) {
		rc2 = signature_wipe(stack->node);
		if (rc2 < 0)
			msg_error("cannot wipe %s: %s", stack->node, strerror(-rc2));
		rc = rc ? rc : rc2;
	}
	return rc;
}

static int write_context(struct sweep *s)
{
	json_t *context = context_of_host(), *list;

	if (!context)
		return -ENOMEM;
	json_object_set_new(context, "meter", json_string(meter_name(&s->meter)));
	if (s->count)
		json_object_set_new(context, "libperf", json_string(counters_libperf()));
	json_object_set_new(context, "span_bytes", json_integer((json_int_t)s->span_bytes));
	json_object_set_new(context, "fs", list = json_array());
	for (size_t i = 0; i < s->workload.filesystems.n; i++)
		json_array_append_new(list, json_string(s->workload.filesystems.list[i]));
	json_object_set_new(context, "stacks", list = json_array());
	for (size_t i = 0; i < s->workload.stacks.n; i++)
		json_array_append_new(list, json_string(s->workload.stacks.list[i]));
	json_object_set_new(context, "benches", list = json_array());
	for (const struct bench *const *b = bench_table; *b; b++)
		if (count_wanted(s, *b))
			json_array_append_new(list, json_string((*b)->name));
	json_object_set_new(context, "metrics", list = json_array());
	for (size_t i = 0; i < s->workload.benches.n; i++)
		json_array_append_new(list, json_string(s->workload.benches.list[i]));
	json_object_set_new(context, "devices", list = json_array());
	for (unsigned int i = 0; i < s->n_namespaces; i++)
		json_array_append_new(list,
				      json_pack("{ss sI}", "node", s->namespaces[i].node, "bytes",
						(json_int_t)s->namespaces[i].size_bytes));
	return sink_line(&s->sink, context);
}

static int run_on(struct sweep *s, const char *fs_type, const char *spec_text,
		  const char *directory)
{
	struct stack_spec spec;
	struct stack stack;
	char why[192];
	int rc, rc2;

	stack_parse(spec_text, &spec, why, sizeof(why));
	rc = stack_create(&spec, s->namespaces, s->n_namespaces, s->span_bytes, &stack);
	if (rc < 0)
		return rc;
	rc = run_on_stack(s, &stack, fs_type, directory);
	rc2 = stack_destroy(&stack);
	return rc ? rc : rc2;
}

/*
 * The namespaces were blank when they were named.  A stack over several, or one in another order,
 * may have put a second superblock where a namespace begins.
 */
static int wipe_namespaces(const struct sweep *s)
{
	int result = 0;

	for (unsigned int i = 0; i < s->n_namespaces; i++) {
		int rc = signature_wipe(s->namespaces[i].node);

		if (rc < 0) {
			msg_error("cannot wipe %s: %s", s->namespaces[i].node, strerror(-rc));
			result = rc;
		}
	}
	return result;
}

static int run_cells(struct sweep *s, const char *directory)
{
	int rc = 0;

	for (size_t f = 0; f < s->workload.filesystems.n && !rc; f++)
		for (size_t i = 0; i < s->workload.stacks.n && !rc; i++)
			rc = interrupted() ? -EINTR
					   : run_on(s, s->workload.filesystems.list[f],
						    s->workload.stacks.list[i], directory);
	return rc;
}

/* After everything was timed, so that no sample is another for it. */
static int run_counting(struct sweep *s, const char *directory)
{
	int rc;

	s->counters = counters_open();
	s->counted = json_object();
	meter_ignore_ticks();
	rc = s->counters && s->counted ? run_cells(s, directory) : -ENOMEM;
	counters_close(s->counters);
	json_decref(s->counted);
	return rc;
}

static int run_sweep(struct sweep *s, const char *directory)
{
	size_t n = 0;
	int rc, rc2;

	while (bench_table[n])
		n++;
	s->carried = mmap(NULL, sizeof(*s->carried) + n * BENCH_KEPT_BYTES, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->carried == MAP_FAILED)
		return -errno;
	s->kept_fds = calloc(n, sizeof(*s->kept_fds));
	if (!s->kept_fds)
		return -ENOMEM;
	keeper_open(&s->keeper); /* without it, each opens its own */
	rc = run_cells(s, directory);
	if (!rc && s->count)
		rc = run_counting(s, directory);
	for (size_t b = 0; b < n; b++)
		kept_fds_close(&s->kept_fds[b]);
	free(s->kept_fds);
	keeper_close(&s->keeper);
	rc2 = wipe_namespaces(s);
	return rc ? rc : rc2;
}

/* In the child of supervise(). */
static int work(void *arg, const char *directory)
{
	struct sweep *s = arg;
	void *volatile heap;
	int rc;

	if (sink_open(&s->sink, s->output, s->progress) < 0)
		return STATUS_BROKEN;
	/* No allocation becomes a memory area of its own, none is given back: the search for the
	 * area of a fault then costs the same on every stack. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	/* Nor does the heap grow, which after a fork would be by an area of its own, too. */
	heap = malloc(HEAP_BYTES);
	free(heap);
	rc = s->meter.kind == METER_INSN ? busy_start() : 0;
	meter_clear_of_ticks(0); /* finds out when they are, for all benchmarks */
	if (!rc)
		rc = write_context(s);
	if (!rc)
		rc = run_sweep(s, directory);
	busy_end();
	if (s->terminal)
		fputs("\r\033[K", stderr);
	if (!rc && s->symbols)
		rc = symbols_write(&s->sink);
	if (!rc)
		rc = end_write(&s->sink, STATUS_GOOD);
	if (sink_close(&s->sink) < 0 || rc < 0)
		return STATUS_BROKEN;
	return STATUS_GOOD;
}

/* The child died: its filesystem may still be on the devices that were named. */
static void aftermath(void *arg)
{
	wipe_namespaces(arg);
}

static int open_devices(struct sweep *s, const struct bench_options *o)
{
	uint64_t room;

	if (!o->devices.n) {
		msg_error("bench: no device named; --device /dev/pmemN says what may be written "
			  "(everything on it is lost)");
		return -EINVAL;
	}
	if (o->devices.n > DEVICES_MAX) {
		msg_error("bench: at most %d devices", DEVICES_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < o->devices.n; i++) {
		struct namespace *ns = &s->namespaces[i];

		if (namespace_open(o->devices.list[i], ns) < 0)
			return -EINVAL;
		if (!ns->fsdax) {
			msg_error("%s is not in fsdax mode; `ndctl create-namespace -f -e NAME -m "
				  "fsdax -a 2M` makes it so (and destroys what is on it)",
				  ns->node);
			return -EINVAL;
		}
		if (namespace_refuse_claimed(ns) < 0)
			return -EINVAL;
		for (size_t j = 0; j < i; j++) {
			if (s->namespaces[j].major != ns->major ||
			    s->namespaces[j].minor != ns->minor)
				continue;
			msg_error("%s and %s are one device", s->namespaces[j].node, ns->node);
			return -EINVAL;
		}
	}
	s->n_namespaces = (unsigned int)o->devices.n;
	if (o->wipe && wipe_namespaces(s) < 0)
		return -EINVAL;
	for (unsigned int i = 0; i < s->n_namespaces; i++)
		if (namespace_refuse_used(&s->namespaces[i]) < 0)
			return -EINVAL;
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
		char why[192];
		int rc;

		stack_parse(s->workload.stacks.list[i], &spec, why, sizeof(why));
		if (spec.depth && dm_available() < 0) {
			msg_error("this kernel has no device-mapper: %s cannot be made; `modprobe "
				  "dm-mod`",
				  spec.text);
			return -ENODEV;
		}
		rc = stack_fits(&spec, s->namespaces, s->n_namespaces, s->span_bytes);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int prepare(struct sweep *s, struct bench_options *o)
{
	bool complete = o->by_hand.stacks.n && o->by_hand.filesystems.n && o->by_hand.benches.n;

	/* A list said by hand needs no file behind it. */
	if (!o->workload && !complete)
		o->workload = "workloads/default";
	if (o->workload && workload_read(o->workload, &s->workload) < 0)
		return STATUS_USAGE;
	workload_override(&s->workload, &o->by_hand);
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
	if (open_devices(s, o) < 0 || check_stacks_fit(s) < 0)
		return STATUS_USAGE;
	if (meter_start(o->meter, &s->meter) < 0)
		return STATUS_USAGE;
	s->output = o->output;
	s->progress = o->progress;
	s->symbols = o->symbols;
	s->terminal = !o->progress && isatty(STDERR_FILENO) && strcmp(o->output, "-");
	for (const struct bench *const *b = bench_table; *b; b++)
		s->total += count_wanted(s, *b);
	s->count = o->counters;
	s->total *= (unsigned int)(s->workload.stacks.n * s->workload.filesystems.n *
				   (s->count ? 2 : 1));
	return STATUS_GOOD;
}

static int add_word(struct words *words, const char *value)
{
	if (words_add_new(words, value, strlen(value)) < 0) {
		msg_error("out of memory");
		return -EINVAL;
	}
	return 0;
}

static int set_device(void *opts, const char *value)
{
	return add_word(&((struct bench_options *)opts)->devices, value);
}

static int set_stack(void *opts, const char *value)
{
	return add_word(&((struct bench_options *)opts)->by_hand.stacks, value);
}

static int set_fs(void *opts, const char *value)
{
	return add_word(&((struct bench_options *)opts)->by_hand.filesystems, value);
}

static int set_bench(void *opts, const char *value)
{
	return add_word(&((struct bench_options *)opts)->by_hand.benches, value);
}

static int set_workload(void *opts, const char *value)
{
	((struct bench_options *)opts)->workload = value;
	return 0;
}

static int set_meter(void *opts, const char *value)
{
	((struct bench_options *)opts)->meter = value;
	return 0;
}

static int set_output(void *opts, const char *value)
{
	((struct bench_options *)opts)->output = value;
	return 0;
}

/* Benchmarks find it in the environment: only those that look into the kernel ask. */
static int set_tracer(void *opts, const char *value)
{
	(void)opts;
	if (strcmp(value, "fentry") && strcmp(value, "kprobe") && strcmp(value, "tracefs")) {
		msg_error("--tracer %s: there are fentry, kprobe and tracefs", value);
		return -EINVAL;
	}
	return setenv("DAXDM_TRACER", value, 1) < 0 ? -errno : 0;
}

static int set_progress(void *opts, const char *value)
{
	(void)value;
	((struct bench_options *)opts)->progress = true;
	return 0;
}

static int set_symbols(void *opts, const char *value)
{
	(void)value;
	((struct bench_options *)opts)->symbols = true;
	return 0;
}

static int set_wipe(void *opts, const char *value)
{
	(void)value;
	((struct bench_options *)opts)->wipe = true;
	return 0;
}

static int set_counters(void *opts, const char *value)
{
	(void)value;
	((struct bench_options *)opts)->counters = true;
	return 0;
}

static const struct option_spec options[] = {
	{"device", "NODE", "an fsdax namespace that may be overwritten (repeatable)", set_device},
	{"workload", "FILE", "what to measure (default: workloads/default)", set_workload},
	{"stack", "SPEC", "these stacks instead of the workload's (repeatable)", set_stack},
	{"fs", "NAME", "these filesystems instead: ext4, xfs (repeatable)", set_fs},
	{"bench", "GLOB", "these metrics instead, e.g. 'fault.read.*' (repeatable)", set_bench},
	{"tracer", "WAY", "how translate looks into the kernel: fentry, kprobe or tracefs",
	 set_tracer},
	{"meter", "NAME", "time (default), insn, or none: prove only", set_meter},
	{"output", "FILE", "where the lines go (default: - for stdout)", set_output},
	{"progress", NULL, "progress lines among them", set_progress},
	{"counters", NULL, "then once more, counting events (needs libperf)", set_counters},
	{"symbols", NULL, "the functions of the kernel behind them", set_symbols},
	{"wipe", NULL, "erase signatures on the named devices first", set_wipe},
	{0},
};

static int run(int argc, char **argv)
{
	struct bench_options o = {.meter = "time", .output = "-"};
	struct sweep s = {0};
	const struct supervised supervised = {work, aftermath, &s};
	int status, operand = options_parse(&verb_bench, options, &o, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand >= 0 && operand < argc) {
		msg_error("bench: '%s' is one word too many", argv[operand]);
		operand = -EINVAL;
	}
	status = operand < 0 ? STATUS_USAGE : prepare(&s, &o);
	if (status == STATUS_GOOD)
		status = supervise(&supervised);
	workload_free(&s.workload);
	workload_free(&o.by_hand);
	words_free(&o.devices);
	return status;
}

const struct verb verb_bench = {
	.name = "bench",
	.args = "",
	.why = "measures on the host it stands on",
	.run = run,
};
