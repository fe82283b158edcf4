// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm reproducers: runs reproducers of kernel bugs in emulated hosts, one host at a time, and
 * prints what they say.  A host that a reproducer spoils or kills is followed by another one,
 * restored from the same snapshot, for the rest.
 */
#include "cli/guests/vm_slot.h"
#include "cli/options/cli.h"
#include "emu/guest.h"
#include "emu/host_resources.h"
#include "emu/package.h"
#include "emu/progress.h"
#include "emu/qemu.h"
#include "emu/scratch.h"
#include "emu/stop.h"
#include "lib/base/json_field.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/words.h"
#include "report/checks/known.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TRIES = 2, /* hosts that one reproducer may break without a result */
	CONSOLE_LINES = 1000,
	STALL_S = 400, /* more than the limit of one in cli/reproduce_here.c */
};

/* A reproducer that may kill the kernel prints it before it does so. */
static const char announcement[] = "the kernel dies here if it has the bug";

struct one {
	const char *name;
	int status; /* -1: none yet */
	unsigned int tries;
	bool announced;
	json_t *output, *dmesg;
};

struct reproducers {
	struct plan plan;
	struct package kernel;
	char version[64], qemu[128], initrd[PATH_MAX], archive[PATH_MAX];
	const char *results;
	FILE *out;
	struct one *list;
	size_t n;
	struct one *under_way;
	struct words job;
	int64_t begun_ms;
};

/* ---- options --------------------------------------------------------------------------------- */

static int set_kernel(void *opts, const char *value)
{
	struct reproducers *r = opts;
	int rc = package_open(value, &r->kernel);

	r->plan.kernel = r->kernel.dir;
	r->plan.vmlinux = r->kernel.vmlinux;
	return rc;
}

static int set_file(const char *option, const char *value, char *out)
{
	if (realpath(value, out))
		return 0;
	msg_error("--%s %s: %s", option, value, strerror(errno));
	return -EINVAL;
}

static int set_guest(void *opts, const char *value)
{
	return set_file("guest", value, ((struct reproducers *)opts)->initrd);
}

static int set_archive(void *opts, const char *value)
{
	return set_file("archive", value, ((struct reproducers *)opts)->archive);
}

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_CALL, 0, "KDIR",
	       "the kernel: a directory that emu/kernel.sh resolve prints", .set = set_kernel),
	OPTION("guest", OPTION_CALL, 0, "CPIO",
	       "the initramfs of the kind check (emu/initramfs.sh)", .set = set_guest),
	OPTION("archive", OPTION_CALL, 0, "CPIO", "the reproducers (emu/reproducers.sh)",
	       .set = set_archive),
	OPTION("results", OPTION_TEXT, offsetof(struct reproducers, results), "FILE",
	       "add a line of JSON for each reproducer to this file"),
	OPTION("fresh", OPTION_FLAG, offsetof(struct reproducers, plan.fresh), NULL,
	       "boot every host; neither use nor save a snapshot"),
	OPTION("console", OPTION_FLAG, offsetof(struct reproducers, plan.console), NULL,
	       "show the hosts' consoles"),
	{0},
};

/* ---- results --------------------------------------------------------------------------------- */

static const char *spell(int status)
{
	switch (status) {
	case STATUS_GOOD:
		return "absent";
	case STATUS_FAILED:
		return "present";
	case STATUS_SKIPPED:
		return "skipped";
	default:
		return "broken";
	}
}

/* Prints and stores the result of one.  Returns 0 or -errno after one error line. */
static int conclude(struct reproducers *r, struct one *one, int status)
{
	json_t *line;
	char *text;
	int rc = 0;

	one->status = status == STATUS_GOOD || status == STATUS_FAILED || status == STATUS_SKIPPED
			      ? status
			      : STATUS_BROKEN;
	r->under_way = NULL;
	progress_clear();
	printf("# %s on %s: %s (%.1f s)\n", one->name, r->version, spell(one->status),
	       (double)(limit_clock_wall_ms() - r->begun_ms) / 1000);
	line = json_pack("{ss ss ss sO sO}", "name", one->name, "kernel", r->version, "result",
			 spell(one->status), "output", one->output, "dmesg", one->dmesg);
	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (r->out && (!text || fprintf(r->out, "%s\n", text) < 0 || fflush(r->out))) {
		rc = text ? -errno : -ENOMEM;
		msg_error("cannot write %s: %s", r->results, strerror(-rc));
	}
	free(text);
	json_decref(line);
	return rc;
}

static struct one *find(struct reproducers *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].status < 0 && !strcmp(r->list[i].name, name))
			return &r->list[i];
	return NULL;
}

static int take(struct guest *g, const char *type, json_t *line, const char *text)
{
	struct reproducers *r = g->plan->arg;
	struct one *one = find(r, json_field_text(line, "name"));
	const char *said = json_field_text(line, "text");

	g->has_context = true;
	if (!strcmp(type, "end"))
		g->has_end = true;
	if (!strcmp(type, "end") || !strcmp(type, "context"))
		return 0;
	if (!one || (strcmp(type, "begin") && one != r->under_way)) {
		msg_error("the guest sent an unexpected line: %.200s", text);
		return -EPROTO;
	}
	if (!strcmp(type, "begin")) {
		r->under_way = one;
		r->begun_ms = limit_clock_wall_ms();
		json_array_clear(one->output);
		json_array_clear(one->dmesg);
		one->announced = false;
		one->tries++;
	} else if (!strcmp(type, "said")) {
		progress_clear();
		printf("%s\n", said);
		one->announced = one->announced || strstr(said, announcement);
		json_array_append(one->output, json_object_get(line, "text"));
	} else if (!strcmp(type, "result")) {
		int status = (int)json_field_number(line, "status");

		json_array_extend(one->dmesg, json_object_get(line, "dmesg"));
		if (json_is_true(json_object_get(line, "late")))
			printf("it did not end\n");
		else if (!strcmp(spell(status), "broken"))
			printf("it ended with status %d\n", status);
		return conclude(r, one, status);
	}
	return 0;
}

/* A reproducer under way when its host died.  Returns 0 or -errno after one error line. */
static int after_death(struct reproducers *r, const struct guest *g)
{
	struct one *one = r->under_way;
	bool kernel = g->cause == GUEST_CAUSE_KERNEL || g->cause == GUEST_CAUSE_HUNG;
	json_t *console, *lines;

	if (!one)
		return 0;
	console = guest_console_tail(g, CONSOLE_LINES);
	vm_slot_log_of_death(console, &lines);
	json_array_extend(one->dmesg, lines);
	json_decref(lines);
	json_decref(console);
	printf("the host died: %s\n", g->why);
	if (kernel && one->announced)
		return conclude(r, one, STATUS_FAILED);
	r->under_way = NULL;
	return one->tries < TRIES ? 0 : conclude(r, one, STATUS_BROKEN);
}

/* ---- guests ---------------------------------------------------------------------------------- */

/* Returns how many have no result yet, or -ENOMEM; the words of the job are those. */
static int spell_job(struct reproducers *r)
{
	int n = 0, rc;

	words_free(&r->job);
	r->job = (struct words){0};
	rc = words_add(&r->job, "reproduce", strlen("reproduce"));
	for (size_t i = 0; i < r->n && !rc; i++) {
		if (r->list[i].status >= 0)
			continue;
		rc = words_add(&r->job, r->list[i].name, strlen(r->list[i].name));
		n++;
	}
	return rc ? rc : n;
}

/* Runs those without a result in one host.  Returns 0 or -errno. */
static int run_guest(struct reproducers *r)
{
	struct guest g;
	int rc;

	guest_init(&g, &r->plan, "reproducers", 0);
	memcpy(g.initrd, r->initrd, sizeof(g.initrd));
	g.words = r->job.list;
	g.n_words = r->job.n;
	r->under_way = NULL;
	rc = guest_start(&g);
	while (!rc && !stop_signal() && (g.state == GUEST_BOOTING || g.state == GUEST_RUNNING)) {
		struct pollfd p = {.fd = g.vm.qmp, .events = POLLIN};

		poll(&p, 1, 20);
		rc = guest_look(&g);
	}
	if (!rc && !stop_signal() && g.state == GUEST_BROKEN) {
		if (!r->under_way) {
			guest_complain(&g);
			rc = -EIO;
		} else {
			rc = after_death(r, &g);
		}
	} else if (!rc && g.state == GUEST_DONE && g.status != STATUS_GOOD &&
		   g.status != STATUS_NEEDS_REBOOT) {
		msg_error("the job of the guest ended with status %d", g.status);
		rc = -EIO;
	}
	guest_end(&g, NULL, NULL, NULL);
	if (!rc && g.state == GUEST_DONE && g.status == STATUS_NEEDS_REBOOT && spell_job(r) > 0)
		printf("# the host has changed: the next reproducer gets a new one\n");
	return rc;
}

static int run_all(struct reproducers *r)
{
	int left, rc = 0;

	while (!rc && !stop_signal() && (left = spell_job(r)) != 0) {
		rc = left < 0 ? left : run_guest(r);
		if (!rc && !stop_signal() && spell_job(r) == left) {
			bool again = false;

			for (size_t i = 0; i < r->n; i++)
				again = again || (r->list[i].status < 0 && r->list[i].tries);
			rc = again ? 0 : -EIO;
		}
	}
	return stop_signal() ? -EINTR : rc;
}

/* The status of one is its result; of several it is good if each has one. */
static int status_of(const struct reproducers *r, int rc)
{
	int status = STATUS_GOOD;

	if (stop_signal()) {
		msg_error("interrupted");
		return 128 + stop_signal();
	}
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].status < 0 || r->list[i].status == STATUS_BROKEN)
			status = STATUS_BROKEN;
	if (rc < 0)
		return STATUS_BROKEN;
	return r->n == 1 ? r->list[0].status : status;
}

static int prepare(struct reproducers *r, char **names)
{
	int64_t need = vm_memory_bytes(&vm_checks) + 256LL * 1048576;

	r->list = calloc(r->n, sizeof(*r->list));
	if (!r->list)
		return -ENOMEM;
	for (size_t i = 0; i < r->n; i++)
		r->list[i] = (struct one){names[i], -1, 0, false, json_array(), json_array()};
	if (r->results) {
		r->out = fopen(r->results, "ae");
		if (!r->out) {
			msg_error("cannot write %s: %s", r->results, strerror(errno));
			return -EIO;
		}
	}
	r->plan.in_memory = host_resources_memory_bytes() > need;
	r->plan.modules = r->archive;
	r->plan.qemu = r->qemu;
	r->plan.arg = r;
	kernel_version_text(r->kernel.release, r->kernel.name, NULL, r->version,
			    sizeof(r->version));
	return qemu_version(r->qemu, sizeof(r->qemu));
}

static int run(int argc, char **argv)
{
	struct reproducers r = {.plan = {.machine = &vm_checks,
					 .quiet = true,
					 .boot_s = 180,
					 .stall_s = STALL_S,
					 .take = take}};
	int status, rc, at = options_parse(&verb_reproducers, &r, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (!r.kernel.dir[0] || !r.initrd[0] || !r.archive[0] || at == argc) {
		msg_error("reproducers: --kernel, --guest, --archive and names are needed");
		return STATUS_USAGE;
	}
	r.n = (size_t)(argc - at);
	rc = prepare(&r, argv + at);
	scratch_sweep();
	stop_install();
	rc = rc ? rc : run_all(&r);
	status = status_of(&r, rc);
	for (size_t i = 0; r.list && i < r.n; i++) {
		json_decref(r.list[i].output);
		json_decref(r.list[i].dmesg);
	}
	if (r.out)
		fclose(r.out);
	free(r.list);
	words_free(&r.job);
	return status;
}

const struct verb verb_reproducers = {
	.name = "reproducers",
	.args = "NAME...",
	.why = "run reproducers of kernel bugs in emulated hosts",
	.options = options,
	.operands = INT_MAX,
	.internal = true,
	.run = run,
};
