// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm emulate: runs `daxdm bench-here` in emulated hosts, and writes their lines into one run.
 * One guest per filesystem; at most as many at a time as this machine has cores.  Under the
 * instruction meter the load of this machine changes only how long it takes.
 */
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
#include "lib/meter/meter.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GUESTS_MAX 16

struct emulate {
	struct plan plan;
	struct package kernel;
	char qemu[128];
	const char *results_dir;
	struct guest guests[GUESTS_MAX];
	size_t n;
	struct results results;
	int64_t since_ms;
	struct workload workload;
	struct words job;	       /* the workload spelled out */
	struct words jobs[GUESTS_MAX]; /* each guest's, with it */
	char *plugin;		       /* its arguments, see emu/profile.h */
	const char *meter;
	int64_t seed, stall_s;
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
	struct guest *g = &e->guests[e->n];

	if (!equals || equals == value || e->n == GUESTS_MAX) {
		msg_error("--guest: expected FS=FILE.cpio, at most %d times, got '%s'", GUESTS_MAX,
			  value);
		return -EINVAL;
	}
	guest_init(g, &e->plan, strndup(value, (size_t)(equals - value)), e->n++);
	if (!realpath(equals + 1, g->initrd)) {
		msg_error("--guest %s: %s; the file is what emu/initramfs.sh prints", value,
			  strerror(errno));
		return -EINVAL;
	}
	return g->name ? 0 : -EINVAL;
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

static int add_word(struct words *job, const char *word)
{
	return words_add(job, word, strlen(word));
}

static int add_job_word(struct emulate *e, const char *option, const char *value)
{
	int rc = add_word(&e->job, option);

	return rc < 0 ? rc : add_word(&e->job, value);
}

static int check_options(const struct emulate *e)
{
	if (!e->plan.kernel || !e->n || !e->results_dir) {
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

/* Reads the workload, so that errors in it are reported before a guest is booted, and passes it to
 * the guests as options: they have none of this machine's files. */
static int expand_workload(struct emulate *e, int n, char *const words[])
{
	size_t kept = 0;
	int rc = workload_of_words(n, words, STACK_SPAN_MAX_BYTES, &e->workload);

	for (size_t i = 0; i < e->workload.stacks.n && !rc; i++)
		rc = add_job_word(e, "--stack", e->workload.stacks.list[i]);
	for (size_t i = 0; i < e->workload.benches.n && !rc; i++)
		rc = add_job_word(e, "--bench", e->workload.benches.list[i]);
	for (int i = 0; i + 1 < n && !rc; i++)
		if (!strcmp(words[i], "--tracer"))
			rc = add_job_word(e, words[i], words[i + 1]);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < e->n; i++) {
		bool measured = false;

		for (size_t j = 0; j < e->workload.filesystems.n; j++)
			measured = measured ||
				   !strcmp(e->guests[i].name, e->workload.filesystems.list[j]);
		if (measured)
			e->guests[kept++] = e->guests[i];
		else
			free((char *)e->guests[i].name);
	}
	e->n = kept;
	if (!kept)
		msg_error("emulate: there is no --guest for a filesystem of the workload");
	return kept ? 0 : -EINVAL;
}

/* --- before the guests ----------------------------------------------------------------------- */

static void choose_accelerator(struct emulate *e)
{
	char why[512];

	if (!strcmp(e->meter, "none"))
		e->plan.fresh = true; /* of several processors, each boot is another anyway */
	if (strcmp(e->meter, "time"))
		return;
	e->plan.kvm = accel_kvm_boots(&e->guests[0], why, sizeof(why));
	if (!e->plan.kvm && !stop_signal()) {
		msg_note("no time meter: %s; counting instructions instead (--meter insn)", why);
		e->meter = "insn";
	}
}

/* The words of each guest's job.  Returns 0 or -ENOMEM. */
static int spell_jobs(struct emulate *e)
{
	int rc = 0;

	for (size_t i = 0; i < e->n && !rc; i++) {
		const char *const head[] = {"--meter",	e->meter,     "--fs",	  e->guests[i].name,
					    "--device", "/dev/pmem0", "--device", "/dev/pmem1"};

		for (size_t j = 0; j < sizeof(head) / sizeof(head[0]) && !rc; j++)
			rc = add_word(&e->jobs[i], head[j]);
		for (size_t j = 0; j < e->job.n && !rc; j++)
			rc = add_word(&e->jobs[i], e->job.list[j]);
		if (e->counters && !rc)
			rc = add_word(&e->jobs[i], "--counters");
		if (e->plugin && !profile_knows_symbols(&e->guests[i]) && !rc)
			rc = add_word(&e->jobs[i], "--symbols");
		e->guests[i].words = e->jobs[i].list;
		e->guests[i].n_words = e->jobs[i].n;
	}
	if (rc < 0)
		msg_error("out of memory");
	return rc;
}

static int open_results(struct emulate *e)
{
	json_t *emulator =
		json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:I}", "qemu", e->qemu, "accel",
			  vm_accel(e->plan.machine, e->plan.kvm), "cpu", vm_cpu(e->plan.kvm),
			  "machine", VM_MACHINE, "mem_mib", e->plan.machine->mem_mib, "boot",
			  "fresh", "seed", (json_int_t)e->plan.seed);

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

static int start_next(struct emulate *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct guest *g = &e->guests[i];
		int rc;

		if (g->state != GUEST_QUEUED)
			continue;
		rc = guest_start(g);
		if (rc < 0)
			return rc;
		if (g->restored)
			json_object_set_new(e->results.emulator, "boot", json_string("snapshot"));
		return 0;
	}
	return 0;
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
	struct results *results = g->plan->arg;

	if (!strcmp(type, "progress")) {
		note_progress(g, line);
	} else if (!strcmp(type, "context")) {
		g->has_context = true;
		/* What was before, the start of the program, is part of the start of the guest. */
		g->phase_since_ms = limit_clock_wall_ms();
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
	char console[64] = "console.log";

	if (e->n > 1)
		snprintf(console, sizeof(console), "console-%s.log", g->name);
	if (e->plugin)
		profile_keep(g, &e->results);
	guest_end(g, &e->results, console, NULL);
}

/* --- the loop -------------------------------------------------------------------------------- */

static void wait_a_little(const struct emulate *e)
{
	struct pollfd fds[GUESTS_MAX];

	for (size_t i = 0; i < e->n; i++)
		fds[i] = (struct pollfd){.fd = e->guests[i].vm.qmp, .events = POLLIN};
	/* The channels are files, which cannot be waited for. */
	poll(fds, e->n, 20);
}

/* Until all guests are done, one is broken, or we are asked to end.  Returns 0 or -errno after an
 * error line. */
static int run_guests(struct emulate *e)
{
	while (!stop_signal()) {
		if (count(e, GUEST_BROKEN, GUEST_BROKEN))
			return -EIO;
		if (count(e, GUEST_DONE, GUEST_DONE) == e->n)
			return 0;
		if (count(e, GUEST_QUEUED, GUEST_QUEUED) &&
		    count(e, GUEST_BOOTING, GUEST_RUNNING) < host_resources_cores()) {
			int rc = start_next(e);

			if (rc < 0)
				return rc;
			continue;
		}
		wait_a_little(e);
		for (size_t i = 0; i < e->n; i++) {
			struct guest *g = &e->guests[i];
			int rc = guest_look(g);

			if (rc < 0)
				return rc;
			if (g->state == GUEST_DONE)
				end_guest(e, g);
		}
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
	rc = spell_jobs(e);
	if (rc < 0)
		return STATUS_BROKEN;
	rc = open_results(e);
	if (rc < 0) {
		results_close(&e->results, 1);
		return rc == -EEXIST ? STATUS_USAGE : STATUS_BROKEN;
	}
	e->plan.in_memory = nvdimms_fit_in_memory(e);
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
	e->stall_s = 240;
	e->plan = (struct plan){
		.machine = &vm_bench, .boot_s = 180, .take = take, .arg = &e->results};
	first = options_parse(&verb_emulate, e, argc, argv);
	if (first == -1) {
		status = STATUS_GOOD;
	} else if (first >= 0) {
		e->plan.seed = (unsigned int)e->seed;
		e->plan.stall_s = (int)e->stall_s;
		for (size_t i = 0; i < e->n; i++)
			e->guests[i].stall_s = e->plan.stall_s;
		if (!check_options(e) && !expand_workload(e, argc - first, argv + first))
			status = run_plan(e);
	}
	for (size_t i = 0; i < e->n; i++)
		free((char *)e->guests[i].name);
	workload_free(&e->workload);
	for (size_t i = 0; i < GUESTS_MAX; i++)
		words_free(&e->jobs[i]);
	words_free(&e->job);
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
