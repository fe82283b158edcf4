// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of device-mapper's operations by the number of segments of the table.
 *
 * One sample is one ioctl(2) with a prepared request: the cost of the system call in the calling
 * thread.  Meter insn excludes the work of other threads (grace periods, the journal, work queues)
 * and waiting for them; meter time includes it (bench/thread_cost.h).
 *
 * On a separate, unused device with the table of the measured stack:
 *   create           a device without a table
 *   load.first       its first table: the load sets up its queue and disk
 *   resume.first     makes the first table live
 *   load             a table into the inactive slot
 *   clear            removes the inactive table
 *   suspend, resume  without I/O in flight
 *   resume.swap      a resume that makes the inactive table live and frees the old one
 *   reload           load, suspend and resume.swap together: what changes a table in use
 *   remove           of a suspended device and its table
 * On the measured device, its filesystem mounted, a DAX mapping of a file live:
 *   mounted.suspend.{freeze,dirty,nolockfs,noflush}
 *                    filesystem frozen; frozen with 16 dirty pages; not frozen, I/O awaited;
 *                    neither
 *   mounted.resume.{thaw,nolockfs,noflush}   the matching resume (dirty: same as thaw)
 *   mounted.{load,resume.swap,reload}        the same table once more, the filesystem frozen
 * and one fault afterwards:
 *   fault.known      a load from a page that was mapped and then dropped (MADV_DONTNEED)
 *   fault.fresh      a load from a page that was never touched
 *   fault.stored     a store to a page that was dirty: the freeze made it read-only, or fsync
 *   ....ordinary     after an ioctl that only reads the state of the device
 *   ....resumed      after a suspension without a freeze (a dirty page then stays writable)
 *   ....thawed       after a suspension with a freeze
 *   ....swapped      after a suspension with a freeze and a swap of tables
 *
 *   table_load -> populate_table -> dm_table_add_target -> linear_ctr -> dm_get_device
 *              -> dm_table_complete (the b-tree)
 *   dev_suspend -> do_suspend -> dm_suspend -> lock_fs -> freeze_bdev
 *               -> do_resume  -> dm_swap_table -> dm_table_set_restrictions; dm_table_destroy
 *
 * Shape to expect: linear in the segments for operations that build, check or free each segment
 * (load, clear, resume.swap, remove) or flush each segment (freeze, before 6.12);
 * report/findings/fit_segments.c fits the slope.  The journal thread of a mounted filesystem may do
 * a part of the work, which is then left out: suspend.dirty on ext4 has one flush less in this
 * case.
 *
 * Memory: `load` also writes the observation table_memory, the bytes of kernel memory that a loaded
 * table holds, object by object (lib/trace/kmem.h); clear frees all of it.
 *
 * Left out: libdevmapper, which parses and formats tables in user space.  Samples of more than 3
 * million instructions may include timer ticks.
 *
 * Proof: after each ioctl the state of the device is read (tables, suspended, targets).  The probe
 * pass reads each table back and compares it, and counts calls of the targets' constructors and
 * destructors, swaps and freezes.  Faults: one fault, the file's frame, the DAX path.
 *
 * raw has no table.  Alone: ./run.sh bench --bench 'table.*' --stack linear:16
 */
#include "bench/table/tableops.h"
#include "bench/thread_cost.h"
#include "lib/base/msg.h"
#include "lib/meter/host_waits.h"
#include "lib/meter/random_phase.h"
#include "lib/trace/bpf_complaint.h"
#include "lib/trace/kmem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEGMENTS_IN_ALL = 2048 }; /* of the tables of all samples, if that makes enough of them */

extern const struct bench bench_tableops;

/* A variant is an operation of a cycle, or a fault. */
struct plan {
	enum { OWN, MOUNTED, FAULT } group;
	struct table_fault fault;
};

enum op {
	CREATE,
	LOAD_FIRST,
	RESUME_FIRST,
	LOAD,
	CLEAR,
	SUSPEND,
	RESUME,
	SWAP,
	RELOAD,
	REMOVE,
	M_FREEZE,
	M_DIRTY,
	M_NOLOCKFS,
	M_NOFLUSH,
	M_THAW,
	M_RESUME_NOLOCKFS,
	M_RESUME_NOFLUSH,
	M_LOAD,
	M_SWAP,
	M_RELOAD,
	FAULTS, /* from here on */
	OP_NONE = -1,
};

#define OPERATION(name_, why_, group_)                                  \
	{                                                               \
		.name = name_, .why = why_, .arg = &(const struct plan) \
		{                                                       \
			.group = group_                                 \
		}                                                       \
	}
#define FAULT_V(name_, why_, page_, after_)                                            \
	{                                                                              \
		.name = "fault." name_, .why = why_,                                   \
		.arg = &(const struct plan){.group = FAULT, .fault = {page_, after_}}, \
	}
#define FAULTS_V(name_, why_, page_)                                                        \
	FAULT_V(name_ ".ordinary", why_, page_, TABLE_AFTER_NOTHING),                       \
		FAULT_V(name_ ".thawed", why_ ", after a freeze", page_, TABLE_AFTER_THAW), \
		FAULT_V(name_ ".swapped", why_ ", after a swap of tables", page_,           \
			TABLE_AFTER_SWAP)
#define RESUMED_V(name_, why_, page_) \
	FAULT_V(name_ ".resumed", why_ ", after a suspension", page_, TABLE_AFTER_RESUME)

static const struct variant variants[] = {
	[CREATE] = OPERATION("create", "a device without a table", OWN),
	[LOAD_FIRST] = OPERATION("load.first", "first table of a device: its queue is set up", OWN),
	[RESUME_FIRST] = OPERATION("resume.first", "the first table becomes live", OWN),
	[LOAD] = OPERATION("load", "a table into the inactive slot", OWN),
	[CLEAR] = OPERATION("clear", "the inactive table is removed", OWN),
	[SUSPEND] = OPERATION("suspend", "of an unused device", OWN),
	[RESUME] = OPERATION("resume", "of the same table", OWN),
	[SWAP] = OPERATION("resume.swap", "a resume that makes the loaded table live", OWN),
	[RELOAD] = OPERATION("reload", "load, suspend and resume.swap", OWN),
	[REMOVE] = OPERATION("remove", "the device and its table", OWN),
	[M_FREEZE] = OPERATION("mounted.suspend.freeze", "the filesystem is frozen", MOUNTED),
	[M_DIRTY] = OPERATION("mounted.suspend.dirty", "frozen with 16 dirty pages", MOUNTED),
	[M_NOLOCKFS] = OPERATION("mounted.suspend.nolockfs", "not frozen", MOUNTED),
	[M_NOFLUSH] = OPERATION("mounted.suspend.noflush", "not frozen, I/O not awaited", MOUNTED),
	[M_THAW] = OPERATION("mounted.resume.thaw", "the filesystem is thawed", MOUNTED),
	[M_RESUME_NOLOCKFS] = OPERATION("mounted.resume.nolockfs", "nothing to thaw", MOUNTED),
	[M_RESUME_NOFLUSH] = OPERATION("mounted.resume.noflush", "nothing to thaw", MOUNTED),
	[M_LOAD] = OPERATION("mounted.load", "the same table again", MOUNTED),
	[M_SWAP] = OPERATION("mounted.resume.swap",
			     "tables are swapped, and the filesystem is thawed", MOUNTED),
	[M_RELOAD] = OPERATION("mounted.reload", "load, suspend.freeze and resume.swap", MOUNTED),
	FAULTS_V("known", "load from a page that was mapped before", TABLE_PAGE_KNOWN),
	RESUMED_V("known", "load from a page that was mapped before", TABLE_PAGE_KNOWN),
	FAULTS_V("fresh", "load from a page never accessed", TABLE_PAGE_FRESH),
	RESUMED_V("fresh", "load from a page never accessed", TABLE_PAGE_FRESH),
	FAULTS_V("stored", "store to a page that was dirty before", TABLE_PAGE_STORED),
	{0},
};

enum { N_VARIANTS = sizeof(variants) / sizeof(variants[0]) - 1 };

/* ---- the cycles ------------------------------------------------------------------------------ */

struct step {
	enum table_ioctl_kind request;
	int op, also; /* variants that get the sample; `also` adds several to one */
	bool dirty;   /* with dirty pages */
	struct table_state after;
};

static const struct step own_steps[] = {
	{TABLE_IOCTL_CREATE, CREATE, OP_NONE, false, {.live = false}},
	{TABLE_IOCTL_LOAD, LOAD_FIRST, OP_NONE, false, {.inactive = true}},
	{TABLE_IOCTL_RESUME, RESUME_FIRST, OP_NONE, false, {.live = true}},
	{TABLE_IOCTL_LOAD, OP_NONE, OP_NONE, false, {.live = true, .inactive = true}},
	{TABLE_IOCTL_CLEAR, CLEAR, OP_NONE, false, {.live = true}},
	{TABLE_IOCTL_LOAD, LOAD, RELOAD, false, {.live = true, .inactive = true}},
	{TABLE_IOCTL_SUSPEND,
	 OP_NONE,
	 RELOAD,
	 false,
	 {.live = true, .inactive = true, .suspended = true}},
	{TABLE_IOCTL_RESUME, SWAP, RELOAD, false, {.live = true}},
	{TABLE_IOCTL_SUSPEND, SUSPEND, OP_NONE, false, {.live = true, .suspended = true}},
	{TABLE_IOCTL_RESUME, RESUME, OP_NONE, false, {.live = true}},
	{TABLE_IOCTL_SUSPEND, OP_NONE, OP_NONE, false, {.live = true, .suspended = true}},
	{TABLE_IOCTL_REMOVE, REMOVE, OP_NONE, false, {.gone = true}},
};

static const struct step mounted_steps[] = {
	{TABLE_IOCTL_SUSPEND, M_FREEZE, OP_NONE, false, {.live = true, .suspended = true}},
	{TABLE_IOCTL_RESUME, M_THAW, OP_NONE, false, {.live = true}},
	{TABLE_IOCTL_SUSPEND, M_DIRTY, OP_NONE, true, {.live = true, .suspended = true}},
	{TABLE_IOCTL_RESUME, OP_NONE, OP_NONE, false, {.live = true}},
	{TABLE_IOCTL_NOLOCKFS, M_NOLOCKFS, OP_NONE, false, {.live = true, .suspended = true}},
	{TABLE_IOCTL_RESUME, M_RESUME_NOLOCKFS, OP_NONE, false, {.live = true}},
	{TABLE_IOCTL_NOFLUSH, M_NOFLUSH, OP_NONE, false, {.live = true, .suspended = true}},
	{TABLE_IOCTL_RESUME, M_RESUME_NOFLUSH, OP_NONE, false, {.live = true}},
	{TABLE_IOCTL_LOAD, M_LOAD, M_RELOAD, false, {.live = true, .inactive = true}},
	{TABLE_IOCTL_SUSPEND,
	 OP_NONE,
	 M_RELOAD,
	 false,
	 {.live = true, .inactive = true, .suspended = true}},
	{TABLE_IOCTL_RESUME, M_SWAP, M_RELOAD, false, {.live = true}},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the probe pass -------------------------------------------------------------------------- */

static void expect_hits(struct timed_ops_result *result, const struct probe_set *probes,
			const char *point, int64_t want)
{
	int64_t count = probe_count(probes, point);

	if (count < 0)
		timed_ops_void(result, "this kernel cannot count %s with a probe", point);
	else if (count != want)
		timed_ops_void(result, "expected %" PRId64 " calls of %s, got %" PRId64, want,
			       point, count);
}

/* Verifies the counted calls against the ioctl and the state of the device. */
static void judge_step(const struct tableops *t, const struct table_device *device,
		       const struct step *step, struct table_state before,
		       const struct probe_set *probes, struct timed_ops_result *result)
{
	bool swaps = step->request == TABLE_IOCTL_RESUME && before.inactive;
	bool frees = step->request == TABLE_IOCTL_CLEAR || step->request == TABLE_IOCTL_REMOVE ||
		     (swaps && before.live);
	bool suspends = step->after.suspended && !before.suspended;

	expect_hits(result, probes, "linear_ctr",
		    step->request == TABLE_IOCTL_LOAD ? t->targets : 0);
	expect_hits(result, probes, "linear_dtr", frees ? t->targets : 0);
	expect_hits(result, probes, "dm_swap_table", swaps);
	if (suspends)
		expect_hits(result, probes, "dm_suspend", 1);
	expect_hits(result, probes, t->freezes,
		    suspends && device->mounted && step->request == TABLE_IOCTL_SUSPEND);
}

static void read_back(const struct tableops *t, const struct table_device *device, bool inactive,
		      struct timed_ops_result *result)
{
	char *text = dm_device_table(device->name, inactive);

	if (!text)
		timed_ops_void(result, "cannot read the table back: %s", strerror(errno));
	else if (strcmp(text, t->text))
		timed_ops_void(result, "the table read back differs from the loaded one");
	free(text);
}

/* ---- one cycle ------------------------------------------------------------------------------- */

static void keep(const struct bench_env *env, struct tableops *t, int op, size_t i, int64_t ticks,
		 bool switched)
{
	int64_t value = meter_value(env->cell.meter, (uint64_t)llabs(ticks));

	if (op == OP_NONE)
		return;
	t->results[op].samples[i] += ticks < 0 ? -value : value;
	t->switched[op] += switched;
}

/* A failed step makes the whole cycle void, because later steps depend on it. */
static bool run_cycle(struct bench_env *env, struct tableops *t, struct table_device *device,
		      const struct step *steps, size_t n, long sample, struct probe_set *probes,
		      struct timed_ops_result *result)
{
	struct table_state before = {.gone = !device->mounted, .live = device->mounted};

	for (size_t s = 0; s < n; s++) {
		const struct step *step = &steps[s];
		bool swaps = step->request == TABLE_IOCTL_RESUME && before.inactive, switched;
		int64_t ticks;

		if (step->dirty)
			tablefault_dirty(t);
		if (!table_ioctl(t, env->cell.meter, device, step->request, step->after, &ticks,
				 &switched, probes, result))
			return false;
		if (sample >= 0) {
			keep(env, t, step->op, (size_t)sample, ticks, switched);
			keep(env, t, step->also, (size_t)sample, ticks, switched);
		}
		if (probes) {
			judge_step(t, device, step, before, probes, result);
			if (step->op != OP_NONE)
				table_add_hits(&t->results[step->op], probes);
			if (step->also != OP_NONE)
				table_add_hits(&t->results[step->also], probes);
			if (step->request == TABLE_IOCTL_LOAD || swaps)
				read_back(t, device, step->request == TABLE_IOCTL_LOAD, result);
		}
		before = step->after;
	}
	return !result->why[0];
}

/* Restores the state of the device before the cycle, which may have ended at any step.  Returns 0
 * or -errno. */
static int put_back(const struct table_device *device)
{
	int rc;

	if (!device->mounted) {
		rc = dm_device_remove(device->name, 0);
		return rc == -ENXIO ? 0 : rc;
	}
	rc = dm_device_resume(device->name, 0);
	return rc ? rc : dm_device_clear(device->name);
}

/* Runs all cycles of a device, or one if probes are given.  A failure makes all its operations
 * void. */
static int run_cycles(struct bench_env *env, struct tableops *t, bool mounted,
		      struct probe_set *probes)
{
	struct table_device *device = mounted ? &t->top : &t->own;
	const struct step *steps = mounted ? mounted_steps : own_steps;
	size_t n = mounted ? COUNT(mounted_steps) : COUNT(own_steps);
	int first = mounted ? M_FREEZE : CREATE, last = mounted ? M_RELOAD : REMOVE, rc;
	struct timed_ops_result result = {0};
	bool good = true;

	env->phase(env, probes ? "proof" : "prepare");
	if (probes) {
		good = run_cycle(env, t, device, steps, n, -1, probes, &result);
	} else {
		/* What only the first one needs is not measured. */
		good = run_cycle(env, t, device, steps, n, -1, NULL, &result);
		env->phase(env, "measure");
		timed_ops_begin(env);
		for (size_t i = 0; i < t->n_samples && good; i++)
			good = run_cycle(env, t, device, steps, n, (long)i, NULL, &result);
	}
	rc = good ? 0 : put_back(device);
	for (int op = first; op <= last && !good; op++)
		timed_ops_void(&t->results[op], "%s", result.why);
	if (rc < 0)
		msg_error("table on %s, %s: cannot restore device %s: %s", env->cell.spec->text,
			  env->cell.fs, device->name, strerror(-rc));
	return rc;
}

/* ---- the passes ------------------------------------------------------------------------------ */

static int pass(struct bench_env *env, struct tableops *t, const struct variant *variant,
		struct probe_set *probes)
{
	const struct plan *plan = variant->arg;
	struct timed_ops_result *result = &t->results[variant - variants];
	int rc;

	if (plan->group != FAULT) {
		bool mounted = plan->group == MOUNTED;

		/* One cycle gives samples of all its operations. */
		if (t->ran[mounted])
			return 0;
		t->ran[mounted] = true;
		return run_cycles(env, t, mounted, probes);
	}
	if (result->why[0])
		return 0;
	env->phase(env, probes ? "proof" : "prepare");
	rc = tablefault_pass(env, t, &plan->fault, probes, result);
	/* A device that was left suspended would stop everything that follows. */
	if (!rc && result->why[0])
		rc = put_back(&t->top);
	return rc;
}

static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	return pass(env, state, variant, NULL);
}

static int measure_memory(struct bench_env *env, struct tableops *t)
{
	struct timed_ops_result result = {0};
	int rc = tablemem_measure(env, t, &result, &t->memory);

	if (result.why[0]) {
		json_decref(t->memory);
		t->memory = NULL;
		return put_back(&t->own);
	}
	if (rc == -ENOMEM || !rc)
		return rc;
	snprintf(t->memory_missing, sizeof(t->memory_missing),
		 "cannot trace kernel allocations: %s%s%s", strerror(-rc),
		 *bpf_complaint() ? ": " : "", bpf_complaint());
	return 0;
}

static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	struct tableops *t = state;
	int rc;

	/* The first probe pass: the timed ones are over. */
	if (!t->probing)
		t->ran[0] = t->ran[1] = false;
	t->probing = true;
	rc = pass(env, t, variant, probes);
	if (!rc && variant - variants == LOAD)
		rc = measure_memory(env, t);
	return rc;
}

static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct plan *plan = variant->arg;
	struct tableops *t = state;
	size_t op = (size_t)(variant - variants);
	struct timed_ops_result *r = &t->results[op];
	json_t *more;
	int rc = 0;

	if (op == LOAD && t->memory)
		rc = record_write_observation(env->sink, &env->cell, "table_memory",
					      json_incref(t->memory));
	else if (op == LOAD && *t->memory_missing)
		rc = record_write_skip(
			env->sink, &env->cell, "table", "memory", t->memory_missing,
			"use a kernel with CONFIG_BPF_EVENTS and SLUB, without lockdown");
	if (rc < 0)
		return rc;
	if (plan->group == FAULT)
		more = json_pack("{sI sb}", "faults", (json_int_t)r->n, "pfn_in_segment", 1);
	else
		more = json_pack("{ss sI sb sb si}", "device",
				 plan->group == MOUNTED ? "mounted" : "own", "targets",
				 (json_int_t)t->targets, "state_read_back", 1, "table_read_back", 1,
				 "switched_away", (int)t->switched[op]);
	return timed_ops_report(env, &bench_tableops, variant, r, more);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static const struct {
	unsigned long command;
	uint32_t flags;
	bool table;
} ioctl_inputs[TABLE_IOCTLS] = {
	[TABLE_IOCTL_CREATE] = {DM_DEV_CREATE, 0, false},
	[TABLE_IOCTL_LOAD] = {DM_TABLE_LOAD, 0, true},
	[TABLE_IOCTL_CLEAR] = {DM_TABLE_CLEAR, 0, false},
	[TABLE_IOCTL_SUSPEND] = {DM_DEV_SUSPEND, DM_SUSPEND_FLAG, false},
	[TABLE_IOCTL_NOLOCKFS] = {DM_DEV_SUSPEND, DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG, false},
	[TABLE_IOCTL_NOFLUSH] = {DM_DEV_SUSPEND, DM_SUSPEND_FLAG | DM_NOFLUSH_FLAG, false},
	[TABLE_IOCTL_RESUME] = {DM_DEV_SUSPEND, 0, false},
	[TABLE_IOCTL_STATUS] = {DM_DEV_STATUS, 0, false},
	[TABLE_IOCTL_REMOVE] = {DM_DEV_REMOVE, 0, false},
};

static int make_requests(struct table_device *device, const char *text)
{
	int rc = 0;

	for (int a = 0; a < TABLE_IOCTLS && !rc; a++)
		rc = dm_request_make(&device->requests[a], ioctl_inputs[a].command, device->name,
				     ioctl_inputs[a].flags, ioctl_inputs[a].table ? text : NULL);
	return rc;
}

/* Long tables take longer and need no more samples. */
static size_t count_samples(const struct bench_env *env, int64_t targets)
{
	int64_t n = SEGMENTS_IN_ALL / (targets > 0 ? targets : 1);

	n = n < TABLE_SAMPLES_MIN ? TABLE_SAMPLES_MIN : n > TABLE_SAMPLES ? TABLE_SAMPLES : n;
	return (size_t)(env->cell.meter->kind == METER_INSN ? n : 2 * n);
}

static int make_results(const struct bench_env *env, struct tableops *t)
{
	t->n_samples = count_samples(env, t->targets);
	t->results = calloc(N_VARIANTS, sizeof(*t->results));
	t->switched = calloc(N_VARIANTS, sizeof(*t->switched));
	if (!t->results || !t->switched)
		return -ENOMEM;
	for (int op = 0; op < FAULTS; op++) {
		struct timed_ops_result *r = &t->results[op];

		r->samples = calloc(t->n_samples, sizeof(*r->samples));
		r->n = t->n_samples;
		r->overhead = thread_cost_overhead(env->cell.meter);
		if (!r->samples)
			return -ENOMEM;
	}
	return 0;
}

static int make_devices(const struct bench_env *env, struct tableops *t)
{
	const struct graph_device *top = &env->stack->graph.devices[env->stack->device];
	int rc;

	/* Of the process that made the stack, which removes what a dead one leaves. */
	snprintf(t->own.name, sizeof(t->own.name), "%.50s-table", top->name);
	snprintf(t->top.name, sizeof(t->top.name), "%s", top->name);
	t->top.mounted = true;
	t->freezes = !strcmp(env->fs->type, "xfs") ? "xfs_fs_freeze" : "ext4_freeze";
	t->targets = (int64_t)top->n_targets;
	t->text = dm_device_table(t->top.name, false);
	if (!t->text)
		return -errno;
	rc = make_requests(&t->own, t->text);
	return rc ? rc : make_requests(&t->top, t->text);
}

static int setup(struct bench_env *env, void **state)
{
	struct tableops *t = calloc(1, sizeof(*t));
	int rc;

	*state = t;
	if (!t)
		return -ENOMEM;
	t->data.fd = -1;
	t->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	t->control_fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	rc = t->pagemap_fd < 0 || t->control_fd < 0 ? -errno : 0;
	if (!rc)
		rc = meter_touch_arrays(1, &t->offset, &t->ticks);
	thread_cost_calibrate(env->kept);
	if (!rc)
		rc = make_devices(env, t);
	if (!rc)
		rc = make_results(env, t);
	if (!rc)
		rc = tablefault_open(env, t);
	if (rc < 0)
		msg_error("cannot prepare benchmark table on %s, %s: %s", env->cell.spec->text,
			  env->cell.fs, strerror(-rc));
	return rc;
}

static void teardown(struct bench_env *env, void *state)
{
	struct tableops *t = state;

	if (!t)
		return;
	tablefault_close(env, t);
	for (int a = 0; a < TABLE_IOCTLS; a++) {
		dm_request_free(&t->own.requests[a]);
		dm_request_free(&t->top.requests[a]);
	}
	if (t->control_fd >= 0)
		close(t->control_fd);
	if (t->pagemap_fd >= 0)
		close(t->pagemap_fd);
	for (size_t i = 0; t->results && i < N_VARIANTS; i++)
		timed_ops_result_free(&t->results[i]);
	free(t->results);
	free(t->switched);
	json_decref(t->memory);
	free(t->text);
	free(t);
}

static const enum need needs[] = {NEED_DM, NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_END};

static const struct proof_waiver waivers[] = {
	{"[!f]*", PROOF_DAX | PROOF_PAGE | PROOF_FRAME,
	 "an ioctl(2) of device-mapper touches no file; tables and state are read back"},
	{"create", PROOF_PATH, "no segment is created; the state is read back"},
	{"resume", PROOF_PATH, "no table is swapped; the state is read back"},
	{"mounted.resume.[!s]*", PROOF_PATH, "no table is swapped; the state is read back"},
	{0},
};

static const struct role roles[] = {
	{.variants = "load",
	 .kind = ROLE_TABLE_OP,
	 .headline = true,
	 .line = "load",
	 .panel = "load a table of 16 segments"},
	{.variants = "mounted.suspend.freeze",
	 .kind = ROLE_TABLE_OP,
	 .mounted = true,
	 .line = "suspend, frozen",
	 .panel = "suspend below a mounted filesystem"},
	{.variants = "resume.swap", .kind = ROLE_TABLE_OP, .line = "resume, new table"},
	{.variants = "create", .kind = ROLE_TABLE_OP, .line = "create"},
	{.variants = "remove", .kind = ROLE_TABLE_OP, .line = "remove"},
	{.variants = "resume", .kind = ROLE_TABLE_OP, .line = "resume"},
	{.variants = "suspend", .kind = ROLE_TABLE_OP, .line = "suspend"},
	{.variants = "fault.*", .kind = ROLE_FIRST_FAULT},
	{.variants = "mounted.*", .kind = ROLE_TABLE_OP, .mounted = true},
	{.variants = "*", .kind = ROLE_TABLE_OP},
	{0},
};

static const struct unexplained unexplained[] = {
	{"reload", "a sample is the sum of several operations"},
	{"mounted.reload", "a sample is the sum of several operations"},
	{0},
};

const struct bench bench_tableops = {
	.name = "table",
	.why = "device-mapper's operations on tables, and the first fault after them",
	.better = "lower",
	.needs = needs,
	.variants = variants,
	.roles = roles,
	/* A device takes per-CPU memory, whose allocator searches what others left free:
	 * pcpu_next_md_free_region() makes half of table.create on 6.1. */
	.guest = BENCH_GUEST_OWN,
	.setup = setup,
	.probes = table_points,
	.waivers = waivers,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
	.unexplained = unexplained,
};
