// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm emulate: runs `daxdm bench-here` in emulated hosts and makes one run of their lines.  At
 * most as many guests run at a time as this machine has cores: under the instruction meter the load
 * of this machine changes only how long it takes.
 *
 * Each stack on each filesystem is measured in guests of its own, which are restored from the same
 * snapshot (enum bench_guest): what was measured before leaves nothing behind (slabs, per-CPU
 * memory, worker threads), so that a metric has the same value whatever else is measured.
 * Where there is no snapshot to restore, one guest measures all stacks of its filesystem.
 */
#include "bench/sweep.h"
#include "bench/workload_read.h"
#include "cli/options/cli.h"
#include "emu/accel.h"
#include "emu/guest.h"
#include "emu/host_resources.h"
#include "emu/package.h"
#include "emu/profile.h"
#include "emu/progress.h"
#include "emu/qemu.h"
#include "emu/scratch.h"
#include "emu/stop.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/text.h"
#include "lib/dev/stack.h"
#include "lib/meter/initial_state.h"
#include "lib/meter/meter.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KINDS_MAX = 16, PARTS_MAX = 8 };

/* A guest as --guest names it. */
struct kind {
	char *fs;
	char initrd[PATH_MAX];
};

struct emulate {
	struct plan plan;
	struct package kernel;
	char qemu[128], modules[PATH_MAX];
	const char *results_dir;
	struct kind kinds[KINDS_MAX];
	size_t n_kinds;
	struct guest *guests; /* of each kind one after the other, in the order of the stacks */
	struct words *jobs;   /* of each guest */
	size_t n;
	struct results results;
	int64_t since_ms;
	struct workload workload;
	const char *tracer;
	char *plugin; /* its arguments, see emu/profile.h */
	const char *meter;
	int64_t seed, state, stall_s;
	bool counters; /* the guests count events, too */
};

/* --- options --------------------------------------------------------------------------------- */

static int set_kernel(void *opts, const char *value)
{
	struct emulate *e = opts;
	int rc = package_open(value, &e->kernel);

	e->plan.kernel = e->kernel.dir;
	e->plan.vmlinux = e->kernel.vmlinux;
	return rc;
}

static int set_guest(void *opts, const char *value)
{
	struct emulate *e = opts;
	const char *equals = strchr(value, '=');
	struct kind *kind = &e->kinds[e->n_kinds];

	if (!equals || equals == value || e->n_kinds == KINDS_MAX) {
		msg_error("--guest: expected FS=FILE.cpio, at most %d times, got '%s'", KINDS_MAX,
			  value);
		return -EINVAL;
	}
	if (!realpath(equals + 1, kind->initrd)) {
		msg_error("--guest %s: %s; the file is what emu/initramfs.sh prints", value,
			  strerror(errno));
		return -EINVAL;
	}
	kind->fs = strndup(value, (size_t)(equals - value));
	if (!kind->fs)
		return -ENOMEM;
	e->n_kinds++;
	return 0;
}

static int set_modules(void *opts, const char *value)
{
	struct emulate *e = opts;

	e->plan.modules = realpath(value, e->modules);
	if (e->plan.modules)
		return 0;
	msg_error("--modules %s: %s; the file is what emu/initramfs.sh prints", value,
		  strerror(errno));
	return -EINVAL;
}

static int set_meter(void *opts, const char *value)
{
	struct emulate *e = opts;

	if (meter_check(value) < 0)
		return -EINVAL;
	e->plan.machine = strcmp(value, "none") ? &vm_bench : &vm_prove;
	e->meter = value;
	return 0;
}

static int set_profile(void *opts, const char *value)
{
	struct emulate *e = opts;

	free(e->plugin);
	e->plugin = profile_plugin(value);
	e->plan.plugin = value;
	e->plan.plugin_args = e->plugin;
	return e->plugin ? 0 : -EINVAL;
}

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_CALL, 0, "KDIR",
	       "the kernel: a directory that emu/kernel.sh resolve prints", .set = set_kernel),
	OPTION("guest", OPTION_CALL, 0, "FS=CPIO", "a guest and its initramfs (emu/initramfs.sh)",
	       .set = set_guest, .repeatable = true),
	OPTION("modules", OPTION_CALL, 0, "FILE.cpio",
	       "modules that the guests load in place of the kernel's own (emu/initramfs.sh)",
	       .set = set_modules),
	OPTION("meter", OPTION_CALL, 0, "METER",
	       "insn (default), time (needs KVM, else insn), or none: prove only",
	       .set = set_meter),
	OPTION("results", OPTION_TEXT, offsetof(struct emulate, results_dir), "DIR",
	       "directory of the run; must not exist"),
	OPTION("profile", OPTION_CALL, 0, "PLUGIN",
	       "count the instructions of the samples by function with this plugin (emu/plugin.sh)",
	       .set = set_profile),
	OPTION("seed", OPTION_NUMBER, offsetof(struct emulate, seed), "N",
	       "seed of the guest's random numbers (default 1)", .max = UINT32_MAX),
	OPTION("state", OPTION_NUMBER, offsetof(struct emulate, state), "N",
	       "initial state of the guest's kernel (default 1: as it boots)", .min = 1,
	       .max = UINT32_MAX),
	OPTION("counters", OPTION_FLAG, offsetof(struct emulate, counters), NULL,
	       "count events in a second sweep"),
	OPTION("fresh", OPTION_FLAG, offsetof(struct emulate, plan.fresh), NULL,
	       "boot; neither use nor save a snapshot"),
	OPTION("console", OPTION_FLAG, offsetof(struct emulate, plan.console), NULL,
	       "show the guests' consoles"),
	OPTION("stall", OPTION_NUMBER, offsetof(struct emulate, stall_s), "SECONDS",
	       "end a guest that is silent for so long (default 240)", .max = 86400),
	{0},
};

static int check_options(const struct emulate *e)
{
	if (!e->plan.kernel || !e->n_kinds || !e->results_dir) {
		msg_error("emulate: --kernel, --guest and --results are needed; daxdm emulate "
			  "--help explains them");
		return -EINVAL;
	}
	if (e->plugin && strcmp(e->meter, "insn")) {
		msg_error("emulate: --profile counts instructions; it goes with --meter insn only");
		return -EINVAL;
	}
	return 0;
}

/* Reads the workload, so that errors in it are reported before a guest is booted; the guests get it
 * as options, for they have none of this machine's files. */
static int expand_workload(struct emulate *e, int n, char *const words[])
{
	size_t kept = 0;
	int rc = workload_of_words(n, words, STACK_SPAN_MAX_BYTES, &e->workload);

	for (int i = 0; i + 1 < n; i++)
		if (!strcmp(words[i], "--tracer"))
			e->tracer = words[i + 1];
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < e->n_kinds; i++) {
		if (words_has(&e->workload.filesystems, e->kinds[i].fs))
			e->kinds[kept++] = e->kinds[i];
		else
			free(e->kinds[i].fs);
	}
	e->n_kinds = kept;
	if (!kept)
		msg_error("emulate: there is no --guest for a filesystem of the workload");
	return kept ? 0 : -EINVAL;
}

/* --- before the guests ----------------------------------------------------------------------- */

static void choose_accelerator(struct emulate *e)
{
	struct guest guest;
	char why[512];

	if (!strcmp(e->meter, "none"))
		e->plan.fresh = true; /* of several processors, each boot is another anyway */
	if (strcmp(e->meter, "time"))
		return;
	guest_init(&guest, &e->plan, e->kinds[0].fs, 0);
	strcpy(guest.initrd, e->kinds[0].initrd);
	e->plan.kvm = accel_kvm_boots(&guest, why, sizeof(why));
	if (!e->plan.kvm && !stop_signal()) {
		msg_note("no time meter: %s; counting instructions instead (--meter insn)", why);
		e->meter = "insn";
	}
}

/* Returns 0 or -ENOMEM. */
static int add_words(struct words *job, const char *option, const char *value)
{
	int rc = words_add(job, option, strlen(option));

	return rc < 0 || !value ? rc : words_add(job, value, strlen(value));
}

/* Whether the part needs the glob: others in its job would change its memory. */
static bool part_needs(const char *part, char *glob)
{
	const struct workload only = {.benches = {.list = &glob, .n = 1}};

	for (const struct bench *const *b = bench_table; *b; b++)
		if (sweep_is_in_part(part, *b) && workload_wants_bench(&only, *b))
			return true;
	return false;
}

/* The words of the job that measures a part of the benchmarks (NULL: all) on these stacks.  Returns
 * 0 or -ENOMEM. */
static int spell_job(const struct emulate *e, const struct guest *g, char *const stacks[],
		     size_t n_stacks, const char *part, struct words *job)
{
	const struct words *benches = &e->workload.benches;
	char state[24];
	int rc = add_words(job, "--meter", e->meter);

	rc = rc ? rc : add_words(job, "--fs", g->name);
	rc = rc ? rc : add_words(job, "--device", "/dev/pmem0");
	rc = rc ? rc : add_words(job, "--device", "/dev/pmem1");
	for (size_t i = 0; i < n_stacks && !rc; i++)
		rc = add_words(job, "--stack", stacks[i]);
	for (size_t i = 0; i < benches->n && !rc; i++)
		if (part_needs(part, benches->list[i]))
			rc = add_words(job, "--bench", benches->list[i]);
	if (part && !rc)
		rc = add_words(job, "--part", part);
	if (e->tracer && !rc)
		rc = add_words(job, "--tracer", e->tracer);
	if (e->state != INITIAL_STATE_NONE && !rc) {
		snprintf(state, sizeof(state), "%" PRId64, e->state);
		rc = add_words(job, "--state", state);
	}
	if (e->counters && !rc)
		rc = add_words(job, "--counters", NULL);
	if (e->plugin && !profile_knows_symbols(g) && !rc)
		rc = add_words(job, "--symbols", NULL);
	return rc;
}

/* Whether each stack has a guest of its own. */
static bool one_stack_per_guest(const struct emulate *e)
{
	return !strcmp(e->meter, "insn");
}

/* A part of the benchmarks that has guests of its own. */
struct part {
	const char *name; /* NULL: all benchmarks */
	bool all_stacks;  /* in one guest */
};

/* Returns how many parts there are. */
static size_t find_parts(const struct emulate *e, struct part parts[PARTS_MAX])
{
	bool shared = false;
	size_t n = 0;

	for (const struct bench *const *b = bench_table; *b; b++)
		shared = shared || ((*b)->guest == BENCH_GUEST_SHARED &&
				    workload_wants_bench(&e->workload, *b));
	if (shared)
		parts[n++] = (struct part){.name = SWEEP_SHARED};
	for (const struct bench *const *b = bench_table; *b && n < PARTS_MAX; b++)
		if ((*b)->guest != BENCH_GUEST_SHARED && workload_wants_bench(&e->workload, *b))
			parts[n++] =
				(struct part){.name = (*b)->name,
					      .all_stacks = (*b)->guest == BENCH_GUEST_ALL_STACKS};
	return n;
}

/* Returns 0 or -ENOMEM. */
static int add_guest(struct emulate *e, const struct kind *kind, size_t stack, size_t n_stacks,
		     const char *part)
{
	struct guest *g = &e->guests[e->n];
	int rc;

	guest_init(g, &e->plan, kind->fs, e->n);
	strcpy(g->initrd, kind->initrd);
	g->stall_s = e->plan.stall_s;
	rc = spell_job(e, g, e->workload.stacks.list + stack, n_stacks, part, &e->jobs[e->n]);
	g->words = e->jobs[e->n].list;
	g->n_words = e->jobs[e->n].n;
	e->n++;
	return rc;
}

/* Returns 0, or -ENOMEM after an error line. */
static int make_guests(struct emulate *e)
{
	const size_t n_stacks = e->workload.stacks.n;
	struct part parts[PARTS_MAX] = {{.all_stacks = true}};
	size_t n_parts = one_stack_per_guest(e) ? find_parts(e, parts) : 1;
	size_t room = e->n_kinds * n_stacks * n_parts;
	int rc = 0;

	e->guests = calloc(room, sizeof(*e->guests));
	e->jobs = calloc(room, sizeof(*e->jobs));
	if (!e->guests || !e->jobs)
		rc = -ENOMEM;
	for (size_t k = 0; k < e->n_kinds; k++)
		for (size_t p = 0; p < n_parts; p++) {
			size_t each = parts[p].all_stacks ? n_stacks : 1;

			for (size_t i = 0; i < n_stacks && !rc; i += each)
				rc = add_guest(e, &e->kinds[k], i, each, parts[p].name);
		}
	if (rc < 0)
		msg_error("out of memory");
	return rc;
}

static int open_results(struct emulate *e)
{
	json_t *emulator = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:I, s:I}", "qemu", e->qemu,
				     "accel", vm_accel(e->plan.machine, e->plan.kvm), "cpu",
				     vm_cpu(e->plan.kvm), "machine", VM_MACHINE, "mem_mib",
				     e->plan.machine->mem_mib, "boot", "snapshot", "seed",
				     (json_int_t)e->plan.seed, "state", (json_int_t)e->state);

	return results_create(&e->results, e->results_dir, e->n, e->kernel.name, emulator);
}

static size_t count(const struct emulate *e, enum guest_state from, enum guest_state to)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n; i++)
		n += e->guests[i].state >= from && e->guests[i].state <= to;
	return n;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* NVDIMMs in memory are written three times as fast as on the disk; only if they fit whole. */
static bool nvdimms_fit_in_memory(const struct emulate *e)
{
	int64_t each = vm_memory_bytes(e->plan.machine) + 512LL * 1048576;

	return host_resources_memory_bytes() >
	       (int64_t)smaller(e->n, host_resources_cores()) * each;
}

/* Whether a guest of its filesystem is booting, and will leave the snapshot that it needs. */
static bool waits_for_snapshot(const struct emulate *e, const struct guest *g)
{
	for (size_t i = 0; i < e->n && !e->plan.kvm; i++)
		if (e->guests[i].state == GUEST_BOOTING && e->guests[i].name == g->name)
			return true;
	return false;
}

/* The first guest of each filesystem boots, then, and leaves a new one for the others. */
static void drop_snapshots(struct emulate *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (!i || e->guests[i].name != e->guests[i - 1].name)
			guest_drop_snapshot(&e->guests[i]);
	e->plan.fresh = false;
}

static struct guest *next_to_start(const struct emulate *e)
{
	if (count(e, GUEST_BOOTING, GUEST_RUNNING) >= host_resources_cores())
		return NULL;
	for (size_t i = 0; i < e->n; i++)
		if (e->guests[i].state == GUEST_QUEUED && !waits_for_snapshot(e, &e->guests[i]))
			return &e->guests[i];
	return NULL;
}

static int start(struct emulate *e, struct guest *g)
{
	int rc = guest_start(g);

	if (!rc && !g->restored)
		json_object_set_new(e->results.emulator, "boot", json_string("fresh"));
	return rc;
}

/* --- lines of the guests --------------------------------------------------------------------- */

/* Of a progress line: a guest may say anything. */
static int count_of(const json_t *line, const char *key)
{
	enum { COUNT_MAX = 1000000 };
	json_int_t n = json_integer_value(json_object_get(line, key));

	return n < 0 || n > COUNT_MAX ? 0 : (int)n;
}

static void note_progress(struct guest *g, const json_t *line)
{
	const char *phase = json_string_value(json_object_get(line, "phase"));
	const char *what = json_string_value(json_object_get(line, "what"));
	int64_t now = limit_clock_wall_ms();

	g->phase_ms[g->phase] += now - g->phase_since_ms;
	if (g->phase == GUEST_PHASE_MEASURE && !g->first_samples_ms)
		g->first_samples_ms = now;
	g->phase_since_ms = now;
	g->phase = GUEST_PHASE_OTHER;
	for (int i = 0; phase && i < GUEST_N_PHASES; i++)
		if (!strcmp(phase, guest_phase_names[i]))
			g->phase = (enum guest_phase)i;
	g->done = count_of(line, "done");
	g->total = count_of(line, "total");
	text_escape(what ? what : "", g->what, sizeof(g->what));
}

static json_t *words_json(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->n; i++)
		json_array_append_new(list, json_string(words->list[i]));
	return list;
}

/* Makes the context of a part that of the whole run. */
static json_t *whole_context(const struct emulate *e, json_t *context)
{
	json_t *fs = json_array(), *benches = json_array();

	for (const struct bench *const *b = bench_table; *b; b++)
		if (workload_wants_bench(&e->workload, *b))
			json_array_append_new(benches, json_string((*b)->name));
	for (size_t k = 0; k < e->n_kinds; k++)
		json_array_append_new(fs, json_string(e->kinds[k].fs));
	json_object_set_new(context, "fs", fs);
	json_object_set_new(context, "benches", benches);
	json_object_set_new(context, "stacks", words_json(&e->workload.stacks));
	json_object_set_new(context, "metrics", words_json(&e->workload.benches));
	return context;
}

/* Returns 0, or -errno after an error line: results cannot be written, or the guests contradict
 * each other. */
static int take(struct guest *g, const char *type, json_t *line, const char *text)
{
	struct emulate *e = g->plan->arg;
	struct results *results = &e->results;

	if (!strcmp(type, "progress")) {
		note_progress(g, line);
	} else if (!strcmp(type, "context")) {
		g->has_context = true;
		/* What was before, the start of the program, is part of the start of the guest. */
		g->phase_since_ms = limit_clock_wall_ms();
		return results_context(results, whole_context(e, line));
	} else if (!strcmp(type, "symbols")) {
		return profile_take_symbols(g, text);
	} else if (!strcmp(type, "end")) {
		g->has_end = true;
	} else {
		return results_line(results, g->number, text);
	}
	return 0;
}

static void end_guest(struct emulate *e, struct guest *g)
{
	char console[64] = "console.log", about[256];
	bool several = e->n > e->n_kinds;

	if (e->n_kinds > 1)
		snprintf(console, sizeof(console), "console-%s.log", g->name);
	snprintf(about, sizeof(about), "%s", g->what);
	if (e->plugin)
		profile_keep(g, &e->results);
	guest_end(g, &e->results, console, several ? about : NULL);
}

/* --- the loop -------------------------------------------------------------------------------- */

static void wait_a_little(const struct emulate *e)
{
	enum { FDS_MAX = 64 };
	struct pollfd fds[FDS_MAX];
	nfds_t n = 0;

	for (size_t i = 0; i < e->n && n < FDS_MAX; i++)
		if (e->guests[i].state == GUEST_BOOTING || e->guests[i].state == GUEST_RUNNING)
			fds[n++] = (struct pollfd){.fd = e->guests[i].vm.qmp, .events = POLLIN};
	/* The channels are files, which cannot be waited for. */
	poll(fds, n, 20);
}

static int look_at_all(struct emulate *e)
{
	int rc = 0;

	for (size_t i = 0; i < e->n && !rc; i++) {
		struct guest *g = &e->guests[i];
		enum guest_state before = g->state;

		if (before != GUEST_BOOTING && before != GUEST_RUNNING)
			continue;
		rc = guest_look(g);
		if (!rc && g->state == GUEST_DONE)
			end_guest(e, g);
	}
	return rc;
}

/* Until all guests are done, one is broken, or a signal arrived.  Returns 0, or -errno after an
 * error line. */
static int run_guests(struct emulate *e)
{
	while (!stop_signal()) {
		struct guest *next = next_to_start(e);
		int rc;

		if (count(e, GUEST_BROKEN, GUEST_BROKEN))
			return -EIO;
		if (count(e, GUEST_DONE, GUEST_DONE) == e->n)
			return 0;
		if (!next)
			wait_a_little(e);
		rc = next ? start(e, next) : look_at_all(e);
		if (rc < 0)
			return rc;
		progress_show(e->guests, e->n);
	}
	return -EINTR;
}

/* The guests' statuses as one: what broke before what failed, all skipped only if all were. */
static int joint_status(const struct emulate *e)
{
	static const int order[] = {STATUS_BROKEN, STATUS_USAGE, STATUS_NOT_COMPARABLE,
				    STATUS_FAILED};
	size_t skipped = 0;

	for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++)
		for (size_t i = 0; i < e->n; i++)
			if (e->guests[i].status == order[o])
				return order[o];
	for (size_t i = 0; i < e->n; i++) {
		if (e->guests[i].status == STATUS_SKIPPED)
			skipped++;
		else if (e->guests[i].status)
			return STATUS_BROKEN; /* killed by a signal, say */
	}
	return skipped == e->n ? STATUS_SKIPPED : STATUS_GOOD;
}

/* Returns the exit status.  A run is complete when every guest said that its job was. */
static int conclude(struct emulate *e, int rc)
{
	bool complete = !rc;
	int status;

	progress_clear();
	for (size_t i = 0; i < e->n; i++) {
		if (e->guests[i].dir[0])
			end_guest(e, &e->guests[i]);
		complete = complete && e->guests[i].has_end && e->guests[i].has_context;
	}
	if (stop_signal()) {
		if (e->results.context)
			msg_error("interrupted; %s is incomplete", e->results_dir);
		else
			msg_error("interrupted before anything was measured");
		return 128 + stop_signal();
	}
	status = rc < 0 ? STATUS_BROKEN : joint_status(e);
	if (complete && results_finish(&e->results, status) < 0)
		return STATUS_BROKEN;
	if (!complete)
		msg_error("%s is incomplete and no baseline", e->results_dir);
	progress_sum_up(e->guests, e->n, e->since_ms);
	return status;
}

static int run_plan(struct emulate *e)
{
	int status, rc;

	scratch_sweep();
	rc = qemu_version(e->qemu, sizeof(e->qemu));
	if (rc < 0)
		return STATUS_BROKEN;
	e->plan.qemu = e->qemu;
	stop_install();
	e->since_ms = limit_clock_wall_ms();
	if (!access(e->results_dir, F_OK)) { /* said before a probe costs 15 s */
		msg_error("%s is there already and a run is never overwritten; choose another name",
			  e->results_dir);
		return STATUS_USAGE;
	}
	choose_accelerator(e);
	if (stop_signal())
		return 128 + stop_signal();
	if (make_guests(e) < 0)
		return STATUS_BROKEN;
	rc = open_results(e);
	if (rc < 0) {
		results_close(&e->results, 1);
		return rc == -EEXIST ? STATUS_USAGE : STATUS_BROKEN;
	}
	e->plan.in_memory = nvdimms_fit_in_memory(e);
	if (e->plan.fresh && !strcmp(e->meter, "insn"))
		drop_snapshots(e);
	rc = run_guests(e);
	status = conclude(e, rc);
	results_close(&e->results, !stop_signal());
	return status;
}

static int run_emulate(int argc, char **argv)
{
	struct emulate *e = calloc(1, sizeof(*e));
	int first, status = STATUS_USAGE;

	if (!e)
		return STATUS_BROKEN;
	e->meter = "insn";
	e->seed = 1;
	e->state = INITIAL_STATE_NONE;
	e->stall_s = 240;
	e->plan = (struct plan){.machine = &vm_bench, .boot_s = 180, .take = take, .arg = e};
	first = options_parse(&verb_emulate, e, argc, argv);
	if (first == -1) {
		status = STATUS_GOOD;
	} else if (first >= 0) {
		e->plan.seed = (unsigned int)e->seed;
		e->plan.stall_s = (int)e->stall_s;
		if (!check_options(e) && !expand_workload(e, argc - first, argv + first))
			status = run_plan(e);
	}
	for (size_t i = 0; i < e->n_kinds; i++)
		free(e->kinds[i].fs);
	workload_free(&e->workload);
	for (size_t i = 0; i < e->n; i++)
		words_free(&e->jobs[i]);
	free(e->jobs);
	free(e->guests);
	free(e->plugin);
	free(e);
	return status;
}

const struct verb verb_emulate = {
	.name = "emulate",
	.args = "-- BENCH-ARGUMENT...",
	.why = "run `daxdm bench-here` in emulated hosts and collect one run",
	.options = options,
	.operands = INT_MAX,
	.internal = true,
	.run = run_emulate,
};
