// SPDX-License-Identifier: GPL-2.0-only
#include "emu/guest.h"

#include "emu/confine.h"
#include "emu/qemu.h"
#include "emu/scratch.h"
#include "emu/stop.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/text.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONSOLE_TAIL 20 /* lines shown of a guest that broke */

#define SHOWN_LINE_BYTES 1000

const char *const guest_phase_names[GUEST_N_PHASES] = {
	"other", "mkfs", "mount", "prepare", "measure", "proof", "teardown",
};

void guest_init(struct guest *g, const struct plan *plan, const char *name, size_t number)
{
	*g = (struct guest){.plan = plan,
			    .name = name,
			    .number = number,
			    .stall_s = plan->stall_s,
			    .ram = -1,
			    .vm = {.qmp = -1}};
	for (int i = 0; i < VM_PMEMS_MAX; i++)
		g->pmem[i] = -1;
}

/* --- start ----------------------------------------------------------------------------------- */

/* Writes the words of the job, one a line, padded with empty lines.  Returns 0 or -errno, -E2BIG if
 * they do not fit. */
static int write_job(const struct guest *g, size_t n_words)
{
	char path[PATH_MAX + 8], job[VM_JOB_BYTES];
	size_t at = 0;
	FILE *out;
	int rc = 0;

	for (size_t i = 0; i < n_words; i++) {
		size_t len = strlen(g->words[i]);

		if (at + len + 1 > sizeof(job))
			return -E2BIG;
		memcpy(job + at, g->words[i], len);
		at += len;
		job[at++] = '\n';
	}
	memset(job + at, '\n', sizeof(job) - at);
	snprintf(path, sizeof(path), "%s/job", g->dir);
	out = fopen(path, "we");
	if (!out)
		return -errno;
	if (fwrite(job, 1, sizeof(job), out) != sizeof(job))
		rc = -errno;
	if (fclose(out) == EOF && !rc)
		rc = -errno;
	return rc;
}

/* Whether the machine pauses to be saved, and continues in another QEMU. */
static bool is_saved(const struct plan *plan)
{
	return !plan->kvm && (plan->machine->icount || plan->machine->job_after_pause);
}

/* Whether QEMU gets the archive of modules and the text.  A machine to be saved does not: its
 * snapshot serves all. */
static bool has_files(const struct plan *plan, bool restore)
{
	return restore || !is_saved(plan);
}

/* Returns 0 or -errno. */
static int write_text(const struct guest *g, bool restore)
{
	const char *text = g->plan->text && has_files(g->plan, restore) ? g->plan->text : "";
	char path[PATH_MAX + 8];
	FILE *out;
	int rc;

	snprintf(path, sizeof(path), "%s/text", g->dir);
	out = fopen(path, "we");
	if (!out)
		return -errno;
	rc = fputs(text, out) == EOF ? -errno : 0;
	if (fclose(out) == EOF && !rc)
		rc = -errno;
	return rc;
}

static int make_files(struct guest *g, bool restore)
{
	bool blank = g->plan->machine->job_after_pause && !restore;
	int rc = scratch_make(g->name, g->dir);

	if (rc < 0) {
		g->dir[0] = '\0';
		return rc;
	}
	rc = write_job(g, blank ? 0 : g->n_words);
	if (!rc)
		rc = write_text(g, restore);
	for (unsigned int i = 0; i < g->plan->machine->n_pmems && !rc && !g->cuts; i++) {
		g->pmem[i] = scratch_unnamed_file(g->dir, g->plan->in_memory,
						  g->plan->machine->pmems[i].bytes);
		if (g->pmem[i] < 0)
			rc = g->pmem[i];
	}
	if (!rc && g->plan->machine->ram_in_file) {
		g->ram = scratch_unnamed_file(g->dir, true,
					      g->plan->machine->mem_mib * INT64_C(1048576));
		rc = g->ram < 0 ? g->ram : 0;
	}
	if (!rc && restore)
		rc = snapshot_lay_out(&g->snapshot, g->dir, g->cuts ? NULL : g->pmem, g->ram);
	if (rc < 0)
		msg_error("cannot write the files of the emulated host in %s: %s", g->dir,
			  scratch_write_error(rc));
	return rc;
}

static int start_qemu(struct guest *g, bool incoming)
{
	struct vm_config config = {
		.machine = g->plan->machine,
		.vmlinux = g->plan->vmlinux,
		.initrd = g->initrd,
		.modules = has_files(g->plan, incoming) ? g->plan->modules : NULL,
		.dir = g->dir,
		.pmem = g->pmem,
		.ram = g->ram,
		.kvm = g->plan->kvm,
		.incoming = incoming,
		/* Only the job is profiled, and it runs in a restored machine. */
		.plugin = incoming ? g->plan->plugin : NULL,
		.plugin_args = g->plan->plugin_args,
		.seed = g->plan->seed,
		.terminal = g->plan->terminal,
		.sandbox = qemu_has_sandbox(),
	};

	return vm_start(&g->vm, &config);
}

void guest_heard(struct guest *g)
{
	g->heard_ms = limit_clock_wall_ms();
	g->heard_given_ms = given_ms(&g->vm.given);
}

/* Returns 0 or -errno as vm_command(). */
static int continue_guest(struct guest *g, char *why)
{
	int rc = vm_command(&g->vm, "cont", NULL, NULL, why);

	guest_heard(g);
	g->job_start_ms = g->heard_ms;
	g->state = GUEST_RUNNING;
	return rc;
}

/* Removes a snapshot that does not start; the caller then boots. */
static int restore(struct guest *g)
{
	char why[200];
	int rc = vm_load_state(&g->vm, why);

	if (!rc)
		rc = continue_guest(g, why);
	if (rc < 0 && rc != -EINTR) {
		msg_note("%s guest: its snapshot cannot be restored (%s); booting", g->name, why);
		snapshot_drop(&g->snapshot);
	}
	g->ready = true;
	return rc;
}

static FILE *open_log(const struct guest *g, const char *name)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	return fopen(path, "re");
}

/* Its persistent memory stays. */
static void forget_machine(struct guest *g)
{
	vm_end(&g->vm);
	if (g->channel)
		fclose(g->channel);
	if (g->console)
		fclose(g->console);
	if (g->dir[0])
		fs_remove_tree(g->dir);
	if (g->ram >= 0)
		close(g->ram);
	g->ram = -1;
	g->channel = g->console = NULL;
	g->dir[0] = '\0';
	g->line_len = 0;
	g->ready = false;
}

static void forget_start(struct guest *g)
{
	forget_machine(g);
	for (int i = 0; i < VM_PMEMS_MAX; i++) {
		if (g->pmem[i] >= 0)
			close(g->pmem[i]);
		g->pmem[i] = -1;
	}
}

static int start_once(struct guest *g, bool restored)
{
	int rc;

	guest_heard(g);
	g->started_ms = g->phase_since_ms = g->heard_ms;
	g->started_given_ms = g->heard_given_ms;
	g->state = GUEST_BOOTING;
	g->restored = restored;
	rc = make_files(g, restored);
	if (rc < 0)
		return rc;
	rc = start_qemu(g, restored);
	if (rc < 0) {
		if (!restored && rc != -EINTR)
			guest_break(g, GUEST_CAUSE_EMULATOR, "QEMU did not start");
		return rc;
	}
	g->channel = open_log(g, "channel");
	g->console = open_log(g, "console");
	return restored ? restore(g) : 0;
}

static int find_snapshot(struct guest *g)
{
	const struct plan *plan = g->plan;
	struct vm_config config = {.machine = plan->machine,
				   .vmlinux = plan->vmlinux,
				   .initrd = g->initrd,
				   .kvm = plan->kvm,
				   .seed = plan->seed};

	return snapshot_of(&config, plan->qemu, &g->snapshot);
}

void guest_drop_snapshot(struct guest *g)
{
	if (!find_snapshot(g))
		snapshot_drop(&g->snapshot);
}

int guest_start(struct guest *g)
{
	const struct plan *plan = g->plan;
	bool may_restore = !plan->kvm && !plan->fresh && !g->attempt;
	char why[200];
	int rc = find_snapshot(g);

	if (rc < 0) {
		msg_error("%s guest: cannot read %s: %s", g->name,
			  access(plan->vmlinux, F_OK) ? plan->vmlinux : g->initrd, strerror(-rc));
		g->state = GUEST_BROKEN;
		return rc;
	}
	rc = may_restore ? snapshot_look(&g->snapshot, why) : -ENOENT;
	if (rc == -EILSEQ) {
		msg_note("%s guest: its snapshot is damaged (%s); booting", g->name, why);
		snapshot_drop(&g->snapshot);
	}
	if (!rc) {
		rc = start_once(g, true);
		if (!rc || rc == -EINTR)
			return rc;
		forget_start(g);
	}
	rc = start_once(g, false);
	if (rc < 0)
		g->state = GUEST_BROKEN;
	return rc;
}

/* Of a guest whose power was cut.  The persistent memory is not written to before its job begins:
 * it may be started twice. */
static int start_after_cut(struct guest *g)
{
	int rc;

	forget_machine(g);
	g->has_context = g->has_end = false;
	rc = start_once(g, true);
	if (rc < 0 && rc != -EINTR && g->state != GUEST_BROKEN)
		guest_break(g, GUEST_CAUSE_EMULATOR, "it was not restored after a power cut");
	return rc == -EINTR ? rc : 0;
}

int guest_cut(struct guest *g, int (*next_job)(struct guest *g))
{
	char why[200];
	int rc;

	if (g->plan->fresh || snapshot_look(&g->snapshot, why) < 0)
		return -ENOENT;
	vm_end(&g->vm);
	rc = guest_read_lines(g);
	if (!rc && g->state == GUEST_RUNNING)
		rc = next_job(g);
	if (rc < 0 || g->state != GUEST_RUNNING)
		return rc;
	g->cuts++;
	g->attempt = 0;
	return start_after_cut(g);
}

/* --- end -------------------------------------------------------------------- */

/* Returns the last n lines of a file in its directory, as a new array of strings. */
static json_t *tail_of(const struct guest *g, const char *name, size_t n)
{
	char path[PATH_MAX + 16], *text = NULL;
	json_t *lines = json_array();
	size_t size = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	in = fopen(path, "re");
	while (in && getline(&text, &size, in) > 0) {
		text[strcspn(text, "\r\n")] = '\0';
		if (strlen(text) > SHOWN_LINE_BYTES)
			text[SHOWN_LINE_BYTES] = '\0';
		for (char *c = text; *c; c++)
			if (*c < ' ' || *c > '~')
				*c = *c == '\t' ? ' ' : '?';
		json_array_append_new(lines, json_string(text));
		if (json_array_size(lines) > n)
			json_array_remove(lines, 0);
	}
	free(text);
	if (in)
		fclose(in);
	return lines;
}

json_t *guest_console_tail(const struct guest *g, size_t n)
{
	return tail_of(g, "console", n);
}

/* Returns the number of lines printed. */
static size_t print_tail(const struct guest *g, const char *name)
{
	json_t *lines = tail_of(g, name, CONSOLE_TAIL);
	const json_t *line;
	size_t i, n = json_array_size(lines);

	json_array_foreach(lines, i, line) {
		fprintf(stderr, "  %s: %s\n", name, json_string_value(line));
	}
	json_decref(lines);
	return n;
}

void guest_complain(const struct guest *g)
{
	msg_error("%s guest: %s; the last lines of QEMU's messages and its console:", g->name,
		  g->why);
	if (print_tail(g, "qemu.log") + print_tail(g, "console") == 0)
		fprintf(stderr, "  (both are empty)\n");
}

void guest_break(struct guest *g, enum guest_cause cause, const char *why)
{
	g->cause = cause;
	snprintf(g->why, sizeof(g->why), "%s", why);
	if (!g->plan->quiet)
		guest_complain(g);
	g->state = GUEST_BROKEN;
	g->ended_ms = limit_clock_wall_ms();
}

/* A guest that fails before user space is up, or a restored one before its first line, shows
 * nothing about the kernel: it is booted once more. */
static int break_or_start_again(struct guest *g, enum guest_cause cause, const char *why)
{
	bool early = !g->ready || (g->restored && !g->has_context);

	if (!early || g->attempt) {
		guest_break(g, cause, why);
		return 0;
	}
	msg_note("%s guest: %s; starting it once more", g->name, why);
	if (g->cuts) {
		g->attempt++;
		return start_after_cut(g);
	}
	if (g->restored)
		snapshot_drop(&g->snapshot);
	forget_start(g);
	g->attempt++;
	guest_start(g);
	return 0;
}

void guest_stop(struct guest *g)
{
	vm_end(&g->vm);
}

void guest_end(struct guest *g, const struct results *results, const char *console,
	       const char *about)
{
	char path[PATH_MAX + 16], header[64];
	FILE *dmesg;

	if (!g->dir[0])
		return;
	vm_end(&g->vm);
	if (g->dmesg)
		fclose(g->dmesg);
	g->dmesg = NULL;
	if (results && results->dir[0]) {
		snprintf(path, sizeof(path), "%s/console", g->dir);
		results_keep_log(results, path, console, about);
		snprintf(path, sizeof(path), "%s/dmesg", g->dir);
		snprintf(header, sizeof(header), "guest %s", g->name);
		dmesg = g->dmesg_len ? fopen(path, "we") : NULL;
		if (dmesg) {
			fwrite(g->dmesg_text, 1, g->dmesg_len, dmesg);
			fclose(dmesg);
			results_keep_log(results, path, "dmesg.txt", about ? about : header);
		}
	}
	free(g->dmesg_text);
	free(g->line);
	g->dmesg_text = g->line = NULL;
	g->line_size = 0;
	forget_start(g);
}

/* --- events --------------------------------------------------------------------------------- */

static void show_console(struct guest *g)
{
	char buf[4096];
	size_t n;

	if (!g->console)
		return;
	clearerr(g->console);
	while ((n = fread(buf, 1, sizeof(buf), g->console)))
		text_put_console(buf, n, stderr);
}

/*
 * Continues the guest that paused at the end of its boot in a new QEMU, which loads the state of
 * the old one.  What is not part of the state (the position of QEMU's random number generator) is
 * then the same after a boot as after a restore, and so is every sample.
 */
static int continue_from_state(struct guest *g)
{
	char why[200];
	int rc = vm_save_state(&g->vm, why);

	if (rc == -EIO) {
		msg_error("%s guest: cannot save the state of the machine in %s: %s", g->name,
			  g->dir, why);
		g->state = GUEST_BROKEN;
		return rc;
	}
	if (!rc && !g->plan->fresh && snapshot_look(&g->snapshot, why) < 0 &&
	    snapshot_keep(&g->snapshot, g->dir, g->pmem, g->ram, why) < 0)
		msg_note("%s guest: cannot keep a snapshot: %s; the next run boots it again",
			 g->name, why);
	if (!rc) {
		vm_end(&g->vm);
		if (g->plan->machine->job_after_pause)
			rc = write_job(g, g->n_words);
		if (!rc)
			rc = write_text(g, true);
		snprintf(why, sizeof(why), "cannot write its job: %s", scratch_write_error(rc));
		if (!rc) {
			rc = start_qemu(g, true);
			snprintf(why, sizeof(why), "QEMU did not start again to load the state");
		}
	}
	if (!rc)
		rc = vm_load_state(&g->vm, why);
	if (!rc)
		rc = continue_guest(g, why);
	if (rc < 0 && rc != -EINTR)
		guest_break(g, GUEST_CAUSE_EMULATOR, why);
	return rc == -EINTR ? rc : 0;
}

static int answer_pause(struct guest *g)
{
	int64_t since = limit_clock_wall_ms();
	char why[200];
	int rc;

	g->vm.paused_itself = false;
	if (g->state != GUEST_BOOTING || !is_saved(g->plan)) {
		rc = continue_guest(g, why);
		if (rc < 0 && rc != -EINTR)
			guest_break(g, GUEST_CAUSE_EMULATOR, why);
		return rc == -EINTR ? rc : 0;
	}
	rc = continue_from_state(g);
	g->save_ms = limit_clock_wall_ms() - since;
	return rc;
}

static int ended(struct guest *g)
{
	char why[80] = "QEMU ended: the guest reset or panicked";

	int rc = vm_ended(&g->vm, why);

	return break_or_start_again(g, rc ? GUEST_CAUSE_EMULATOR : GUEST_CAUSE_KERNEL, why);
}

/* Output is lost if its file is full (emu/confine.h). */
static bool is_full(FILE *file)
{
	struct stat st;

	return file && !fstat(fileno(file), &st) && st.st_size >= CONFINE_FILE_BYTES;
}

/* Checks the limits of its boot and of its silence. */
static int look_at_limits(struct guest *g)
{
	bool boots = g->state == GUEST_BOOTING;
	int64_t limit_ms = 1000 * (int64_t)(boots ? g->plan->boot_s : g->stall_s);
	enum limit limit =
		given_limit(&g->vm.given, boots ? g->started_given_ms : g->heard_given_ms,
			    boots ? g->started_ms : g->heard_ms, limit_ms);
	char why[200];

	if (limit == LIMIT_AHEAD)
		return 0;
	vm_why_late(&g->vm, boots ? "no user space" : "it sent nothing", limit_ms, limit, why,
		    sizeof(why));
	return break_or_start_again(g,
				    limit == LIMIT_STARVED ? GUEST_CAUSE_STARVED
				    : boots		   ? GUEST_CAUSE_KERNEL
							   : GUEST_CAUSE_HUNG,
				    why);
}

int guest_look(struct guest *g)
{
	int rc;

	if (g->state != GUEST_BOOTING && g->state != GUEST_RUNNING)
		return 0;
	vm_listen(&g->vm);
	if (g->plan->console)
		show_console(g);
	rc = guest_read_lines(g);
	if (rc < 0 || g->state >= GUEST_DONE)
		return rc;
	if (is_full(g->channel)) {
		guest_break(g, GUEST_CAUSE_PROTOCOL, "it wrote more than 64 MiB to its channel");
		return 0;
	}
	if (is_full(g->console)) {
		guest_break(g, GUEST_CAUSE_CONSOLE_FULL,
			    "the kernel wrote more than 64 MiB to its console");
		return 0;
	}
	if (g->vm.closed)
		return ended(g);
	if (g->vm.paused_itself && g->ready) {
		rc = answer_pause(g);
		return rc == -EINTR ? 0 : rc;
	}
	return look_at_limits(g);
}

bool guest_boots(struct guest *g)
{
	bool up = false;

	g->attempt = 1; /* no second try */
	if (start_once(g, false) < 0)
		return false;
	while (!up && !g->vm.closed && !stop_signal() &&
	       given_limit(&g->vm.given, g->started_given_ms, g->started_ms,
			   g->plan->boot_s * 1000LL) == LIMIT_AHEAD) {
		struct pollfd p = {.fd = g->vm.qmp, .events = POLLIN};

		poll(&p, 1, 20);
		vm_listen(&g->vm);
		guest_read_lines(g);
		up = g->ready;
	}
	return up;
}
