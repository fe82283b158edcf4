// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm emulate: runs `daxdm bench-here` in emulated hosts and makes one run of their lines.  At
 * most as many guests run at a time as this machine has cores: under the instruction meter the load
 * of this machine changes only how long it takes.
 *
 * cli/guests/bench_guests.h says which guests there are.
 */
#include "bench/fiojob/fio_job.h"
#include "bench/workload_read.h"
#include "cli/guests/bench_guests.h"
#include "cli/options/cli.h"
#include "emu/accel.h"
#include "emu/guest.h"
#include "emu/package.h"
#include "emu/profile.h"
#include "emu/progress.h"
#include "emu/qemu.h"
#include "emu/scratch.h"
#include "emu/stop.h"
#include "emu/vm_adapt.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/text.h"
#include "lib/dev/stack.h"
#include "lib/meter/initial_state.h"
#include "lib/meter/meter.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct emulate {
	struct bench_guests guests;
	struct package kernel;
	char qemu[128], modules[PATH_MAX];
	const char *results_dir;
	const char *namespace, *append;
	struct vm_adapted adapted;
	struct results results;
	int64_t since_ms;
	char *plugin; /* its arguments, see emu/profile.h */
	int64_t seed, stall_s;
};

/* --- options --------------------------------------------------------------------------------- */

static int set_kernel(void *opts, const char *value)
{
	struct emulate *e = opts;
	int rc = package_open(value, &e->kernel);

	e->guests.plan.kernel = e->kernel.dir;
	e->guests.plan.vmlinux = e->kernel.vmlinux;
	return rc;
}

static int set_guest(void *opts, const char *value)
{
	struct emulate *e = opts;
	const char *equals = strchr(value, '=');
	struct bench_guests_kind *kind = &e->guests.kinds[e->guests.n_kinds];

	if (!equals || equals == value || e->guests.n_kinds == BENCH_GUESTS_KINDS_MAX) {
		msg_error("--guest: expected FS=FILE.cpio, at most %d times, got '%s'",
			  BENCH_GUESTS_KINDS_MAX, value);
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
	e->guests.n_kinds++;
	return 0;
}

static int set_modules(void *opts, const char *value)
{
	struct emulate *e = opts;

	e->guests.plan.modules = realpath(value, e->modules);
	if (e->guests.plan.modules)
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
	e->guests.plan.machine = strcmp(value, "none") ? &vm_bench : &vm_prove;
	e->guests.meter = value;
	return 0;
}

static int set_profile(void *opts, const char *value)
{
	struct emulate *e = opts;

	free(e->plugin);
	e->plugin = profile_plugin(value);
	e->guests.plan.plugin = value;
	e->guests.plan.plugin_args = e->plugin;
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
	OPTION("state", OPTION_NUMBER, offsetof(struct emulate, guests.state), "N",
	       "initial state of the guest's kernel (default 1: as it boots)", .min = 1,
	       .max = UINT32_MAX),
	OPTION("counters", OPTION_FLAG, offsetof(struct emulate, guests.counters), NULL,
	       "count events in a second sweep"),
	OPTION("namespace", OPTION_TEXT, offsetof(struct emulate, namespace), "SPEC",
	       "how to make the namespaces (lib/dev/namespace_spec.h)"),
	OPTION("append", OPTION_TEXT, offsetof(struct emulate, append), "ARGUMENTS",
	       "more arguments of the kernel"),
	OPTION("fresh", OPTION_FLAG, offsetof(struct emulate, guests.plan.fresh), NULL,
	       "boot instead of restoring, and save a new snapshot (--meter insn)"),
	OPTION("console", OPTION_FLAG, offsetof(struct emulate, guests.plan.console), NULL,
	       "show the guests' consoles"),
	OPTION("stall", OPTION_NUMBER, offsetof(struct emulate, stall_s), "SECONDS",
	       "end a guest that is silent for so long (default 240)", .max = 86400),
	{0},
};

static int check_options(struct emulate *e)
{
	char why[256];

	if (!e->guests.plan.kernel || !e->guests.n_kinds || !e->results_dir) {
		msg_error("emulate: --kernel, --guest and --results are needed; daxdm emulate "
			  "--help explains them");
		return -EINVAL;
	}
	if (e->plugin && strcmp(e->guests.meter, "insn")) {
		msg_error("emulate: --profile counts instructions; it goes with --meter insn only");
		return -EINVAL;
	}
	if (!e->namespace && !e->append)
		return 0;
	if (vm_adapt(e->guests.plan.machine, e->namespace, e->append, &e->adapted, why,
		     sizeof(why)) < 0) {
		msg_error("emulate: %s", why);
		return -EINVAL;
	}
	e->guests.plan.machine = &e->adapted.machine;
	return 0;
}

/* Reads the workload, so that errors in it are reported before a guest is booted; the guests get it
 * as options, for they have none of this machine's files. */
static int expand_workload(struct emulate *e, int n, char *const words[])
{
	size_t kept = 0;
	int rc = 0;

	for (int i = 0; i + 1 < n && !rc; i++)
		if (!strcmp(words[i], "--tracer"))
			e->guests.tracer = words[i + 1];
		else if (!strcmp(words[i], "--fio-text"))
			rc = fio_job_load(words[i + 1]);
	if (!rc)
		rc = workload_of_words(n, words, STACK_SPAN_MAX_BYTES, &e->guests.workload);
	if (rc < 0)
		return rc;
	e->guests.plan.text = fio_job_word();
	for (size_t i = 0; i < e->guests.n_kinds; i++) {
		bool wanted = false;

		for (size_t f = 0; f < e->guests.workload.filesystems.n && !wanted; f++)
			wanted = bench_guests_is_of(&e->guests.kinds[i],
						    e->guests.workload.filesystems.list[f]);
		if (wanted)
			e->guests.kinds[kept++] = e->guests.kinds[i];
		else
			free(e->guests.kinds[i].fs);
	}
	e->guests.n_kinds = kept;
	if (!kept)
		msg_error("emulate: there is no --guest for a filesystem of the workload");
	return kept ? 0 : -EINVAL;
}

/* --- before the guests ----------------------------------------------------------------------- */

static void choose_accelerator(struct emulate *e)
{
	struct guest guest;
	char why[512];

	/* Of several processors, each boot is another anyway. */
	if (!strcmp(e->guests.meter, "none"))
		e->guests.plan.fresh = true;
	if (strcmp(e->guests.meter, "time"))
		return;
	guest_init(&guest, &e->guests.plan, e->guests.kinds[0].fs, 0);
	strcpy(guest.initrd, e->guests.kinds[0].initrd);
	e->guests.plan.kvm = accel_kvm_boots(&guest, why, sizeof(why));
	if (!e->guests.plan.kvm && !stop_signal()) {
		msg_note("no time meter: %s; counting instructions instead (--meter insn)", why);
		e->guests.meter = "insn";
	}
}

static int open_results(struct emulate *e)
{
	json_t *emulator =
		json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:I, s:I, s:s*, s:s*}", "qemu", e->qemu,
			  "accel", vm_accel(e->guests.plan.machine, e->guests.plan.kvm), "cpu",
			  vm_cpu(e->guests.plan.machine, e->guests.plan.kvm), "machine", VM_MACHINE,
			  "mem_mib", e->guests.plan.machine->mem_mib, "boot", "snapshot", "seed",
			  (json_int_t)e->guests.plan.seed, "state", (json_int_t)e->guests.state,
			  "namespace", e->namespace, "append", e->append);

	return results_create(&e->results, e->results_dir, e->guests.n, e->kernel.name, emulator);
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
		bench_guests_set_context(&e->guests, line);
		return results_context(results, line);
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
	bool several = e->guests.n > e->guests.n_kinds;

	if (e->guests.n_kinds > 1)
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

	for (size_t i = 0; i < e->guests.n && n < FDS_MAX; i++)
		if (e->guests.list[i].state == GUEST_BOOTING ||
		    e->guests.list[i].state == GUEST_RUNNING)
			fds[n++] =
				(struct pollfd){.fd = e->guests.list[i].vm.qmp, .events = POLLIN};
	/* The channels are files, which cannot be waited for. */
	poll(fds, n, 20);
}

static int look_at_all(struct emulate *e)
{
	int rc = 0;

	for (size_t i = 0; i < e->guests.n && !rc; i++) {
		struct guest *g = &e->guests.list[i];
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
		struct guest *next = bench_guests_next(&e->guests);
		int rc;

		if (bench_guests_count(&e->guests, GUEST_BROKEN, GUEST_BROKEN))
			return -EIO;
		if (bench_guests_count(&e->guests, GUEST_DONE, GUEST_DONE) == e->guests.n)
			return 0;
		if (!next)
			wait_a_little(e);
		rc = next ? start(e, next) : look_at_all(e);
		if (rc < 0)
			return rc;
		progress_show(e->guests.list, e->guests.n);
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
		for (size_t i = 0; i < e->guests.n; i++)
			if (e->guests.list[i].status == order[o])
				return order[o];
	for (size_t i = 0; i < e->guests.n; i++) {
		if (e->guests.list[i].status == STATUS_SKIPPED)
			skipped++;
		else if (e->guests.list[i].status)
			return STATUS_BROKEN; /* killed by a signal, say */
	}
	return skipped == e->guests.n ? STATUS_SKIPPED : STATUS_GOOD;
}

/* Returns the exit status.  A run is complete when every guest said that its job was. */
static int conclude(struct emulate *e, int rc)
{
	bool complete = !rc;
	int status;

	progress_clear();
	for (size_t i = 0; i < e->guests.n; i++) {
		if (e->guests.list[i].dir[0])
			end_guest(e, &e->guests.list[i]);
		complete = complete && e->guests.list[i].has_end && e->guests.list[i].has_context;
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
	progress_sum_up(e->guests.list, e->guests.n, e->since_ms);
	return status;
}

static int run_plan(struct emulate *e)
{
	int status, rc;

	scratch_sweep();
	rc = qemu_version(e->qemu, sizeof(e->qemu));
	if (rc < 0)
		return STATUS_BROKEN;
	e->guests.plan.qemu = e->qemu;
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
	if (bench_guests_make(&e->guests) < 0)
		return STATUS_BROKEN;
	rc = open_results(e);
	if (rc < 0) {
		results_close(&e->results, 1);
		return rc == -EEXIST ? STATUS_USAGE : STATUS_BROKEN;
	}
	e->guests.plan.in_memory = bench_guests_fit_in_memory(&e->guests);
	if (e->guests.plan.fresh && !strcmp(e->guests.meter, "insn"))
		bench_guests_drop_snapshots(&e->guests);
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
	e->guests.meter = "insn";
	e->seed = 1;
	e->guests.state = INITIAL_STATE_NONE;
	e->stall_s = 240;
	e->guests.plan = (struct plan){.machine = &vm_bench, .boot_s = 180, .take = take, .arg = e};
	first = options_parse(&verb_emulate, e, argc, argv);
	if (first == -1) {
		status = STATUS_GOOD;
	} else if (first >= 0) {
		e->guests.plan.seed = (unsigned int)e->seed;
		e->guests.plan.stall_s = (int)e->stall_s;
		if (!check_options(e) && !expand_workload(e, argc - first, argv + first))
			status = run_plan(e);
	}
	bench_guests_free(&e->guests);
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
