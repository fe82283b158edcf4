// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sweep: for each filesystem, for each stack: devices, mkfs, mount, proof of DAX, then each
 * benchmark.
 */
#include "bench/sweep.h"

#include "bench/workload_read.h"
#include "lib/base/msg.h"
#include "lib/file/fs_external.h"
#include "lib/meter/idle_blocker.h"
#include "lib/meter/initial_state.h"
#include "lib/meter/pin.h"
#include "lib/run/context.h"
#include "lib/run/supervise.h"
#include "lib/run/symbols.h"
#include "lib/trace/kprobe.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HEAP_BYTES = 64 << 20 };

/* Returns 0, or -errno after an error line; quietly: without one. */
static int wipe_node(const char *node, bool quietly)
{
	int rc = namespace_wipe_signatures(node);

	if (rc < 0 && !quietly)
		msg_error("cannot wipe %s: %s", node, strerror(-rc));
	return rc;
}

/* Makes and mounts the filesystem.  Returns 0; 1 with a sentence in why and its cure if mkfs or the
 * kernel refuses the options of its spec; or -errno after one error line. */
static int make_and_mount(struct bench_env *env, char *why, size_t why_len, const char **cure)
{
	bool options = !fs_spec_is_plain(env->fs->spec);
	int rc;

	sweep_phase(env, "mkfs");
	*cure = "give mkfs= options that this mkfs accepts";
	rc = fs_make_spec(env->fs, env->stack->size_bytes, why, why_len);
	if (rc < 0) {
		options = options && rc == -EIO;
	} else {
		sweep_phase(env, "mount");
		*cure = "use options with which the kernel grants DAX: its log says why not";
		rc = fs_mount_why(env->fs, why, why_len);
		/* If it is mounted still, it holds the devices. */
		options = options && !env->fs->mounted;
	}
	if (rc < 0 && !options)
		msg_error("%s", why);
	return rc < 0 && options ? 1 : rc;
}

/* Writes a skip for each selected benchmark. */
static int skip_all(struct sweep *s, const struct bench_env *env, const char *why, const char *cure)
{
	int rc = 0;

	for (const struct bench *const *b = bench_table; *b && !rc; b++) {
		unsigned int wanted = sweep_count_wanted(s, *b);

		s->done += wanted;
		if (wanted && !env->counters) /* else said in the first sweep */
			rc = record_write_skip(env->sink, &env->cell, (*b)->name, "*", why, cure);
	}
	return rc;
}

/* Runs the benchmarks on the mounted filesystem; its files may be on the realtime device. */
static int run_benches(struct sweep *s, struct bench_env *env, const struct fs_externals *externals)
{
	struct stack *stack = env->stack, realtime = {.size_bytes = 0};
	int rc = 0;

	if (env->fs->on_realtime) {
		rc = fs_externals_stack(externals, FS_EXTERNAL_REALTIME, &realtime);
		env->stack = &realtime;
	}
	for (size_t b = 0; bench_table[b] && env->fs->mounted && !rc; b++) {
		unsigned int done = s->done;

		rc = sweep_bench(s, env, b);
		if (rc < 0 && rc != -EINTR && !env->fs->mounted) {
			s->done = done;
			rc = sweep_void_rest(s, env, b, rc);
		}
	}
	env->stack = stack;
	graph_destroy(&realtime.graph); /* its device has no number there, and stays */
	return rc;
}

/* Makes and mounts the filesystem, runs the benchmarks, and unmounts it.  fs->mounted is still set
 * if that failed. */
static int run_on_stack(struct sweep *s, struct bench_env *env,
			const struct fs_externals *externals)
{
	struct fs *fs = env->fs;
	const char *cure;
	char why[768];
	int rc, rc2;

	rc = make_and_mount(env, why, sizeof(why), &cure);
	if (rc > 0)
		rc = skip_all(s, env, why, cure);
	else if (!rc)
		rc = run_benches(s, env, externals);
	snprintf(s->what, sizeof(s->what), "%s %s", env->cell.spec->text, env->cell.fs);
	sweep_phase(env, "teardown");
	rc2 = fs_unmount(fs);
	rc = rc ? rc : rc2;
	/* Wiping is safe: the device was blank when the sweep started. */
	if (!fs->mounted) {
		rc2 = wipe_node(env->stack->node, rc < 0);
		rc = rc ? rc : rc2;
	}
	return rc;
}

/* Makes the external devices of the filesystem, runs the benchmarks, and removes them. */
static int run_with_externals(struct sweep *s, struct bench_env *env)
{
	unsigned int members = stack_members(env->cell.spec);
	unsigned int used = members < s->n_namespaces ? members : s->n_namespaces;
	const struct namespace *spare = s->namespaces + used;
	unsigned int n_spare = s->n_namespaces - used;
	struct fs_externals externals;
	char why[512];
	int rc, rc2;

	snprintf(s->what, sizeof(s->what), "%s %s", env->cell.spec->text, env->cell.fs);
	rc = fs_externals_place(env->fs->spec, spare, n_spare, &externals, why, sizeof(why));
	if (rc < 0)
		return skip_all(s, env, why,
				"give --device once more, or take a stack over fewer namespaces");
	rc = fs_externals_create(&externals, why, sizeof(why));
	for (unsigned int i = 0; i < FS_N_EXTERNALS && !rc; i++)
		if (externals.device[i].node[0])
			env->fs->external[i] = externals.device[i].node;
	if (rc < 0)
		msg_error("%s: %s", s->what, why);
	else
		rc = run_on_stack(s, env, &externals);
	if (env->fs->mounted)
		return rc;
	rc2 = fs_externals_remove(&externals, why, sizeof(why));
	if (rc2 < 0)
		msg_error("%s", why);
	return rc ? rc : rc2;
}

static int write_context(struct sweep *s)
{
	json_t *context = context_of_host(), *list, *own;

	if (!context)
		return -ENOMEM;
	json_object_set_new(context, "meter", json_string(meter_name(&s->meter)));
	if (s->meter.kind == METER_TIME)
		json_object_set_new(context, "pinned_cpu",
				    s->cpu < 0 ? json_null() : json_integer(s->cpu));
	if (s->meter.is_void)
		json_object_set_new(context, "void",
				    json_string("the processor is emulated by QEMU TCG"));
	if (s->count)
		json_object_set_new(context, "libperf", json_string(counters_libperf()));
	json_object_set_new(context, "span_bytes", json_integer((json_int_t)s->span_bytes));
	json_object_set_new(context, "fs", list = json_array());
	for (size_t i = 0; i < s->workload.filesystems.n; i++)
		json_array_append_new(list, json_string(s->workload.filesystems.list[i]));
	json_object_set_new(context, "mkfs", workload_mkfs(&s->workload));
	workload_set_stacks(&s->workload, context);
	json_object_set_new(context, "benches", list = json_array());
	for (const struct bench *const *b = bench_table; *b; b++)
		if (sweep_count_wanted(s, *b))
			json_array_append_new(list, json_string((*b)->name));
	json_object_set_new(context, "metrics", list = json_array());
	for (size_t i = 0; i < s->workload.benches.n; i++)
		json_array_append_new(list, json_string(s->workload.benches.list[i]));
	for (const struct bench *const *b = bench_table; *b; b++) {
		own = (*b)->context ? (*b)->context() : NULL;
		if (own)
			json_object_set_new(context, (*b)->name, own);
	}
	json_object_set_new(context, "devices", list = json_array());
	for (unsigned int i = 0; i < s->n_namespaces; i++)
		json_array_append_new(list,
				      json_pack("{ss sI}", "node", s->namespaces[i].node, "bytes",
						(json_int_t)s->namespaces[i].size_bytes));
	return record_write_line(&s->sink, context);
}

/* How the stack was made, for whoever wants to make it by hand. */
static int write_layout(struct sweep *s, const struct bench_env *env)
{
	const struct stack *stack = env->stack;
	char *commands = graph_dmsetup(&stack->graph);
	int rc = commands ? record_write_observation(
				    &s->sink, &env->cell, "layout",
				    json_pack("{ss ss}", "dmsetup", commands, "note", stack->note))
			  : -ENOMEM;

	free(commands);
	return rc;
}

static int run_on(struct sweep *s, const char *fs_text, const char *spec_text,
		  const char *directory)
{
	struct fs_spec fs_spec;
	struct stack_spec spec;
	struct stack stack = {0};
	struct fs fs = {.node = stack.node, .where = directory, .spec = &fs_spec};
	struct bench_env env = {
		.cell = {&stack.spec, fs_spec.text, &s->meter},
		.stack = &stack,
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
	char why[512];
	int rc, rc2;

	fs_spec_parse(fs_text, &fs_spec, why, sizeof(why));
	fs.type = fs_spec.type;
	stack_parse(spec_text, &spec, why, sizeof(why));
	rc = stack_create(&spec, s->namespaces, s->n_namespaces, s->span_bytes, &stack, why,
			  sizeof(why));
	/* A table as it was written, or a target that the kernel lacks. */
	if (rc < 0 && (spec.tables || stack_needs_targets(&spec)) && rc != -ENOMEM)
		return skip_all(s, &env, why, "none on this kernel; `dmesg | tail` may say more");
	if (rc < 0) {
		msg_error("%s", why);
		return rc;
	}
	fs.dax_never = !stack_is_direct(&stack);
	rc = (spec.tables || stack_needs_targets(&spec)) && !s->counters ? write_layout(s, &env)
									 : 0;
	if (!rc)
		rc = run_with_externals(s, &env);
	if (fs.mounted)
		return rc; /* which holds the devices: supervise() tries again, then removes them */
	rc2 = stack_destroy(&stack, why, sizeof(why));
	if (rc2 < 0)
		msg_error("%s", why);
	return rc ? rc : rc2;
}

static int wipe_namespaces(const struct sweep *s, bool quietly)
{
	int result = 0;

	for (unsigned int i = 0; i < s->n_namespaces; i++) {
		int rc = wipe_node(s->namespaces[i].node, quietly);

		result = rc < 0 ? rc : result;
	}
	return result;
}

static int run_cells(struct sweep *s, const char *directory)
{
	int rc = 0;

	for (size_t f = 0; f < s->workload.filesystems.n && !rc; f++)
		for (size_t i = 0; i < s->workload.stacks.n && !rc; i++)
			rc = supervise_interrupted()
				     ? -EINTR
				     : run_on(s, s->workload.filesystems.list[f],
					      s->workload.stacks.list[i], directory);
	return rc;
}

/* Runs after all timed passes, so that it changes no sample. */
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
	s->kept = calloc(n, sizeof(*s->kept));
	if (!s->kept)
		return -ENOMEM;
	s->waited = json_object();
	fdstore_open(&s->fdstore); /* without it, each opens its own */
	rc = run_cells(s, directory);
	if (!rc && s->count)
		rc = run_counting(s, directory);
	for (size_t b = 0; b < n; b++)
		fdstore_fds_close(&s->kept[b]);
	free(s->kept);
	json_decref(s->waited);
	fdstore_close(&s->fdstore);
	rc2 = wipe_namespaces(s, rc < 0);
	return rc ? rc : rc2;
}

/* Writeback that a timer starts would write-protect a dirty page between two operations. */
static int stop_periodic_writeback(void)
{
	FILE *file = fopen("/proc/sys/vm/dirty_writeback_centisecs", "we");
	int rc = !file || fputs("0", file) < 0 ? -errno : 0;

	return file && fclose(file) == EOF && !rc ? -errno : rc;
}

/* mkfs, fio and so on: see emu/init.  Without it they only start more slowly. */
static void place_programs_alike(void)
{
	FILE *file = fopen("/proc/sys/kernel/randomize_va_space", "we");

	if (!file)
		return;
	fputs("0\n", file);
	fclose(file);
}

static int prepare_emulated_host(const struct sweep *s)
{
	int rc = initial_state_start(s->initial_state);

	if (rc < 0)
		msg_error("initial state %" PRIu64 ": %s", s->initial_state, strerror(-rc));
	if (rc < 0 || s->meter.kind != METER_INSN)
		return rc;
	rc = stop_periodic_writeback();
	if (rc < 0)
		msg_error("cannot stop periodic writeback: %s", strerror(-rc));
	place_programs_alike();
	kprobe_keep_cost();
	return rc < 0 ? rc : idle_blocker_start();
}

int sweep_work(void *arg, const char *directory)
{
	struct sweep *s = arg;
	void *volatile heap;
	int rc;

	if (record_open(&s->sink, s->output, s->progress) < 0)
		return STATUS_BROKEN;
	/* malloc() creates and removes no VMAs, so that the VMA lookup of a fault costs the same on
	 * every stack. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	/* The heap is grown in advance: growing it after fork(2) would add a VMA too. */
	heap = malloc(HEAP_BYTES);
	free(heap);
	rc = prepare_emulated_host(s);
	s->cpu = s->meter.kind == METER_TIME ? pin_choose(namespace_node(&s->namespaces[0])) : -1;
	meter_wait_for_tick(0); /* finds out when they are, for all benchmarks */
	if (!rc)
		rc = write_context(s);
	if (!rc)
		rc = run_sweep(s, directory);
	idle_blocker_end();
	initial_state_end();
	if (s->terminal)
		fputs("\r\033[K", stderr);
	if (!rc && s->symbols)
		rc = symbols_write(&s->sink);
	if (!rc)
		rc = record_write_end(&s->sink, STATUS_GOOD);
	if (record_close(&s->sink) < 0 || rc < 0)
		return STATUS_BROKEN;
	return STATUS_GOOD;
}

void sweep_aftermath(void *arg)
{
	const struct sweep *s = arg;

	for (unsigned int i = 0; i < s->n_namespaces; i++)
		fs_externals_forget(&s->namespaces[i]);
	wipe_namespaces(s, false);
}
