// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm checks: runs `daxdm check-here` in emulated hosts, several at a time, and
 * makes one run of what they say.  A case is a check as it is, or with one
 * fault planted; cases go in batches to slots (cli/guests/queue.c, cli/guests/vm_slot.c), each
 * batch to a host restored from the same snapshot.
 */
#include "cli/guests/vm_slot.h"
#include "cli/options/cli.h"
#include "emu/host_resources.h"
#include "emu/package.h"
#include "emu/progress.h"
#include "emu/qemu.h"
#include "emu/scratch.h"
#include "emu/stop.h"
#include "emu/vm_adapt.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "report/checks/known.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct checks {
	struct package kernel;
	char qemu[128], modules[PATH_MAX];
	const char *results_dir, *known_dir;
	const char *namespace, *append;
	struct vm_adapted adapted;
	int64_t slots_asked; /* 0: one more than cores */
	size_t n_slots;
	struct words globs;
	bool quick, plant, coverage, until_failure;
	int64_t seed, rounds; /* -1: the default of check-here */
	struct suite suite;
	FILE *ktap;
	struct vm_slot slots[VM_SLOTS_MAX];
	int64_t since_ms;
};

/* ---- options --------------------------------------------------------------------------------- */

static int set_kernel(void *opts, const char *value)
{
	struct checks *c = opts;

	return package_open(value, &c->kernel);
}

static int set_guest(void *opts, const char *value)
{
	struct checks *c = opts;

	if (realpath(value, c->suite.initrd))
		return 0;
	msg_error("--guest %s: %s; the file is what emu/initramfs.sh prints", value,
		  strerror(errno));
	return -EINVAL;
}

static int set_modules(void *opts, const char *value)
{
	struct checks *c = opts;

	c->suite.plan.modules = realpath(value, c->modules);
	if (c->suite.plan.modules)
		return 0;
	msg_error("--modules %s: %s; the file is what emu/initramfs.sh prints", value,
		  strerror(errno));
	return -EINVAL;
}

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_CALL, 0, "KDIR",
	       "the kernel: a directory that emu/kernel.sh resolve prints", .set = set_kernel),
	OPTION("guest", OPTION_CALL, 0, "CPIO",
	       "the initramfs of the kind check (emu/initramfs.sh)", .set = set_guest),
	OPTION("modules", OPTION_CALL, 0, "FILE.cpio",
	       "modules that the guests load in place of the kernel's own (emu/initramfs.sh)",
	       .set = set_modules),
	OPTION("results", OPTION_TEXT, offsetof(struct checks, results_dir), "DIR",
	       "directory of the run; must not exist"),
	OPTION("known", OPTION_TEXT, offsetof(struct checks, known_dir), "DIR",
	       "directory of known kernel bugs"),
	OPTION("lanes", OPTION_NUMBER, offsetof(struct checks, slots_asked), "N",
	       "guests at a time (default: one more than cores, at most 4)", .min = 1,
	       .max = VM_SLOTS_MAX),
	OPTION("namespace", OPTION_TEXT, offsetof(struct checks, namespace), "SPEC",
	       "how to make the namespaces (lib/dev/namespace_spec.h)"),
	OPTION("append", OPTION_TEXT, offsetof(struct checks, append), "ARGUMENTS",
	       "more arguments of the kernel"),
	OPTION("fresh", OPTION_FLAG, offsetof(struct checks, suite.plan.fresh), NULL,
	       "boot every guest; neither use nor save a snapshot"),
	OPTION("console", OPTION_FLAG, offsetof(struct checks, suite.plan.console), NULL,
	       "show the guests' consoles"),
	OPTION("check", OPTION_WORDS, offsetof(struct checks, globs), "GLOB",
	       "run these checks, e.g. 'suspend.*'"),
	OPTION("quick", OPTION_FLAG, offsetof(struct checks, quick), NULL,
	       "run the quick checks only"),
	OPTION("plant", OPTION_FLAG, offsetof(struct checks, plant), NULL,
	       "run each check with each of its faults injected"),
	OPTION("coverage", OPTION_FLAG, offsetof(struct checks, coverage), NULL,
	       "count the kernel functions that each check reaches"),
	OPTION("until-failure", OPTION_FLAG, offsetof(struct checks, until_failure), NULL,
	       "end after the first failure that is not known"),
	OPTION("seed", OPTION_NUMBER, offsetof(struct checks, seed), "N",
	       "seed of random checks (default 1)", .max = INT64_MAX),
	OPTION("rounds", OPTION_NUMBER, offsetof(struct checks, rounds), "N",
	       "rounds of random checks", .min = 1, .max = 1000000),
	{0},
};

static int parse(struct checks *c, int argc, char **argv)
{
	int first = options_parse(&verb_checks, c, argc, argv);
	char why[256];

	if (first < 0)
		return first;
	if (!c->kernel.dir[0] || !c->suite.initrd[0] || !c->results_dir) {
		msg_error("checks: --kernel, --guest and --results are needed; daxdm checks --help "
			  "lists them");
		return -EINVAL;
	}
	if (!c->namespace && !c->append)
		return 0;
	if (vm_adapt(c->suite.plan.machine, c->namespace, c->append, &c->adapted, why,
		     sizeof(why)) < 0) {
		msg_error("checks: %s", why);
		return -EINVAL;
	}
	c->suite.plan.machine = &c->adapted.machine;
	return 0;
}

/* ---- before the guests ----------------------------------------------------------------------- */

static int add_option(struct words *words, const char *option)
{
	return words_add(words, option, strlen(option));
}

static int add_number(struct words *words, const char *option, int64_t number)
{
	char text[24];
	int rc = add_option(words, option);

	snprintf(text, sizeof(text), "%" PRId64, number);
	return rc ? rc : add_option(words, text);
}

static int spell_options(struct checks *c)
{
	struct words *words = &c->suite.options;
	int rc = 0;

	if (c->seed >= 0)
		rc = add_number(words, "--seed", c->seed);
	if (c->rounds >= 0 && !rc)
		rc = add_number(words, "--rounds", c->rounds);
	if (c->quick && !rc)
		rc = add_option(words, "--quick");
	if (c->plant && !rc)
		rc = add_option(words, "--plant");
	if (c->coverage && !rc)
		rc = add_option(words, "--coverage");
	return rc;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many guests at a time, and whether their persistent memory is kept in
 * memory. */
static void choose_slots(struct checks *c)
{
	const struct vm_machine *machine = c->suite.plan.machine;
	int64_t each = vm_memory_bytes(machine) + 256LL * 1048576,
		room = host_resources_memory_bytes() / each;

	c->n_slots = (size_t)c->slots_asked;
	/* One more than cores: checks wait and sleep, too. */
	if (!c->n_slots) {
		c->n_slots = smaller(host_resources_cores() + 1, VM_SLOTS_MAX);
		if (room > 0)
			c->n_slots = smaller(c->n_slots, (size_t)room);
	}
	c->suite.plan.in_memory = room >= (int64_t)c->n_slots;
	for (size_t i = 0; i < c->n_slots; i++)
		vm_slot_init(&c->slots[i], &c->suite, (unsigned int)i);
}

static int open_results(struct checks *c)
{
	struct suite *suite = &c->suite;
	const struct vm_machine *machine = suite->plan.machine;
	json_t *emulator =
		json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s*, s:s*}", "qemu", c->qemu, "accel",
			  vm_accel(machine, false), "cpu", vm_cpu(machine, false), "machine",
			  VM_MACHINE, "mem_mib", (int)machine->mem_mib, "cpus", (int)machine->cpus,
			  "namespace", c->namespace, "append", c->append);
	char path[PATH_MAX + 16], release[256];
	int rc = results_create(&suite->results, c->results_dir, suite->n_cases, c->kernel.name,
				emulator);

	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/ktap.txt", c->results_dir);
	kernel_version_text(c->kernel.release, c->kernel.name, NULL, release, sizeof(release));
	c->ktap = fopen(path, "we");
	if (!c->ktap) {
		msg_error("cannot write %s: %s", path, strerror(errno));
		return -EIO;
	}
	suite->verdicts = verdicts_new(stdout, c->ktap, c->known_dir, release, suite->n_cases);
	return suite->verdicts ? 0 : -EIO;
}

static int prepare(struct checks *c)
{
	struct suite *suite = &c->suite;
	int rc = check_select(c->globs.list, c->globs.n, c->quick, c->plant, &suite->cases,
			      &suite->n_cases);

	if (rc < 0)
		return STATUS_USAGE;
	if (!suite->n_cases) {
		msg_error("checks: none of the checks that were asked for is part of --quick");
		return STATUS_USAGE;
	}
	choose_slots(c);
	suite->done = calloc(suite->n_cases, sizeof(*suite->done));
	suite->again = calloc(suite->n_cases, sizeof(*suite->again));
	rc = suite->done && suite->again ? spell_options(c) : -ENOMEM;
	if (!rc)
		rc = queue_fill(&suite->queue, suite->cases, suite->n_cases, c->n_slots);
	if (rc < 0) {
		msg_error("out of memory");
		return STATUS_BROKEN;
	}
	if (qemu_version(c->qemu, sizeof(c->qemu)) < 0)
		return STATUS_BROKEN;
	suite->seed = c->seed >= 0 ? (uint64_t)c->seed : 1;
	suite->plan.kernel = c->kernel.dir;
	suite->plan.vmlinux = c->kernel.vmlinux;
	suite->plan.qemu = c->qemu;
	suite->plan.arg = c->slots;
	return STATUS_GOOD;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void show_progress(const struct checks *c)
{
	char text[128];

	snprintf(text, sizeof(text), "%zu of %zu checks, %zu failed, %.0f s", c->suite.n_done,
		 c->suite.n_cases, c->suite.n_failed,
		 (double)(limit_clock_wall_ms() - c->since_ms) / 1000);
	progress_text(text);
}

static void wait_a_little(const struct checks *c)
{
	struct pollfd fds[VM_SLOTS_MAX];

	for (size_t i = 0; i < c->n_slots; i++)
		fds[i] = (struct pollfd){.fd = c->slots[i].guest.vm.qmp, .events = POLLIN};
	/* The channels are files, which cannot be waited for. */
	poll(fds, c->n_slots, 20);
}

/* Gives work to the slots that are free.  Returns 0 or -errno after an error
 * line. */
static int start_slots(struct checks *c)
{
	const struct queue *queue = &c->suite.queue;
	bool wait = false;
	int rc = 0;

	for (size_t i = 0; i < c->n_slots; i++)
		wait = wait || vm_slot_makes_snapshot(&c->slots[i]);
	for (size_t i = 0; i < c->n_slots && queue->next < queue->n && !rc && !wait; i++) {
		if (c->slots[i].busy)
			continue;
		rc = vm_slot_start(&c->slots[i]);
		wait = vm_slot_makes_snapshot(&c->slots[i]);
	}
	return rc == -EINTR ? 0 : rc;
}

/* Until all cases are done, one failed and that is enough, the run cannot go on, or we are asked to
 * end.  Returns 0 or -errno after an error line. */
static int run_slots(struct checks *c)
{
	while (c->suite.n_done < c->suite.n_cases && !stop_signal() &&
	       !(c->until_failure && c->suite.n_failed)) {
		int rc = start_slots(c);

		if (rc < 0)
			return rc;
		wait_a_little(c);
		for (size_t i = 0; i < c->n_slots && !rc; i++)
			rc = vm_slot_look(&c->slots[i]);
		if (rc < 0)
			return rc;
		show_progress(c);
	}
	return stop_signal() ? -EINTR : 0;
}

static double s(int64_t ms)
{
	return (double)ms / 1000;
}

static void sum_up(const struct checks *c)
{
	printf("# %.1f s for %zu check%s in %u guest%s", s(limit_clock_wall_ms() - c->since_ms),
	       c->suite.n_done, c->suite.n_done == 1 ? "" : "s", c->suite.n_guests,
	       c->suite.n_guests == 1 ? "" : "s");
	for (size_t i = 0; i < c->n_slots; i++) {
		const struct vm_slot *slot = &c->slots[i];

		if (!slot->boots && !slot->restores)
			continue;
		printf("; vm %zu:", i + 1);
		if (slot->boots)
			printf(" %u boot%s %.1f s,", slot->boots, slot->boots > 1 ? "s" : "",
			       s(slot->boot_ms));
		if (slot->restores)
			printf(" %u restore%s %.1f s,", slot->restores,
			       slot->restores > 1 ? "s" : "", s(slot->restore_ms));
		printf(" checks %.1f s", s(slot->checks_ms));
	}
	putchar('\n');
	if (c->suite.n_cuts)
		printf("# %u power cut%s (seed %" PRIu64 "), %" PRIu64
		       " operations acknowledged before them\n",
		       c->suite.n_cuts, c->suite.n_cuts == 1 ? "" : "s", c->suite.seed,
		       c->suite.n_acked);
}

/* Returns the exit status. */
static int conclude(struct checks *c, int rc)
{
	struct suite *suite = &c->suite;
	char junit[PATH_MAX];
	int status;

	progress_clear();
	for (size_t i = 0; i < c->n_slots; i++)
		vm_slot_end(&c->slots[i]);
	if (stop_signal()) {
		if (suite->results.context)
			msg_error("interrupted; %s is incomplete", c->results_dir);
		else
			msg_error("interrupted before anything was checked");
		return 128 + stop_signal();
	}
	if (rc < 0) {
		msg_error("%s is incomplete", c->results_dir);
		return STATUS_BROKEN;
	}
	snprintf(junit, sizeof(junit), "%.*s/junit.xml", PATH_MAX - 16, c->results_dir);
	status = verdicts_finish(suite->verdicts, junit);
	suite->verdicts = NULL;
	sum_up(c);
	if (results_finish(&suite->results, status) < 0)
		return STATUS_BROKEN;
	return status;
}

static int run_checks(struct checks *c)
{
	int status = prepare(c), rc;

	if (status != STATUS_GOOD)
		return status;
	scratch_sweep();
	stop_install();
	c->since_ms = limit_clock_wall_ms();
	rc = open_results(c);
	if (rc < 0) {
		results_close(&c->suite.results, 0);
		if (c->ktap)
			fclose(c->ktap);
		return rc == -EEXIST ? STATUS_USAGE : STATUS_BROKEN;
	}
	rc = run_slots(c);
	status = conclude(c, rc);
	results_close(&c->suite.results, !stop_signal());
	if (c->ktap)
		fclose(c->ktap);
	return status;
}

static int run(int argc, char **argv)
{
	struct checks *c = calloc(1, sizeof(*c));
	int status = STATUS_USAGE, rc;

	if (!c)
		return STATUS_BROKEN;
	c->seed = c->rounds = -1;
	c->suite.plan = (struct plan){.machine = &vm_checks,
				      .quiet = true,
				      .boot_s = 180,
				      .stall_s = 60,
				      .take = vm_slot_take};
	rc = parse(c, argc, argv);
	if (rc == -1)
		status = STATUS_GOOD;
	else if (!rc)
		status = run_checks(c);
	queue_free(&c->suite.queue);
	free(c->suite.cases);
	free(c->suite.done);
	free(c->suite.again);
	words_free(&c->suite.options);
	words_free(&c->globs);
	free(c);
	return status;
}

const struct verb verb_checks = {
	.name = "checks",
	.args = "",
	.why = "run the checks in emulated hosts and collect one run",
	.options = options,
	.internal = true,
	.run = run,
};
