// SPDX-License-Identifier: GPL-2.0-only
/*
 * MADV_HWPOISON reports a page to memory_failure().  Processes that have it mapped get SIGBUS.
 * The namespace is not informed, so the result of a later access is an observation.
 */
#include "check/poison/hwpoison.h"

#include "check/fixture/testbed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char *code_text(int code)
{
	switch (code) {
	case BUS_ADRALN:
		return "BUS_ADRALN";
	case BUS_ADRERR:
		return "BUS_ADRERR";
	case BUS_OBJERR:
		return "BUS_OBJERR";
	case BUS_MCEERR_AR:
		return "BUS_MCEERR_AR";
	case BUS_MCEERR_AO:
		return "BUS_MCEERR_AO";
	default:
		return "another code";
	}
}

json_t *hwpoison_touch_json(const struct check_touch *touch)
{
	if (!touch->signal)
		return json_string("success");
	if (touch->signal != SIGBUS)
		return json_sprintf("SIG%s", sigabbrev_np(touch->signal));
	return json_string(code_text(touch->code));
}

/* The processes that have the file mapped. */
enum role {
	ROLE_INJECTOR,
	ROLE_EARLY, /* shares the page and is signalled at once (PR_MCE_KILL_EARLY) */
	ROLE_LATE,  /* shares the page, as processes are by default */
	ROLES,
};

enum { VICTIM_MS = 5000, LATE_MS = 100 };

static const char *const role_names[] = {"injector", "early_sharer", "late_sharer"};

struct victim {
	const struct testbed *bed;
	uint64_t offset_bytes;
	enum role role;
	volatile bool ready, signalled, over;
	int madvise; /* 0 or -errno */
	struct check_touch first, again, next_page;
	struct check_touch sent; /* a signal without an access */
};

static struct victim *self;

static void note_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	self->sent = (struct check_touch){signal, info->si_code, info->si_addr};
	self->signalled = true;
}

static int victim_main(void *arg)
{
	const struct sigaction noting = {.sa_sigaction = note_signal, .sa_flags = SA_SIGINFO};
	struct victim *v = arg;
	char *page = v->bed->map.base + v->offset_bytes;

	self = v;
	v->first = check_load(page, NULL);
	if (v->first.signal) {
		v->ready = true;
		return 0;
	}
	sigaction(SIGBUS, &noting, NULL);
	if (v->role == ROLE_EARLY)
		prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	if (v->role == ROLE_INJECTOR)
		v->madvise = madvise(page, PAGE_BYTES, MADV_HWPOISON) < 0 ? -errno : 0;
	v->ready = true;
	while (!v->over)
		check_pause(1);
	v->next_page = check_load(page + PAGE_BYTES, NULL);
	v->again = check_load(page, NULL);
	return 0;
}

/* Starts a victim and waits until it has the page, or has injected. */
static int start_victim(struct check_env *env, struct check_task *task, struct victim *v)
{
	int rc = check_start(env, task, victim_main, v);

	if (!rc && !check_flag(task, &v->ready, VICTIM_MS))
		rc = -ESRCH;
	if (!check_setup(env, rc, "starting a process with the page mapped"))
		return rc;
	return check_equal(env, v->first.signal, 0,
			   "signal of the %s's load before the memory failure", role_names[v->role])
		       ? 0
		       : -EFAULT;
}

/* The signal that a process got without an access, and the results of its accesses after it. */
static void judge_victim(struct check_env *env, const struct victim *v)
{
	const char *page = v->bed->map.base + v->offset_bytes, *who = role_names[v->role];
	char name[64];

	if (v->role != ROLE_LATE &&
	    check_that(env, v->sent.signal == SIGBUS, "the %s gets SIGBUS", who))
		check_that(env,
			   (v->sent.code == BUS_MCEERR_AR || v->sent.code == BUS_MCEERR_AO) &&
				   (uintptr_t)v->sent.address / WINDOW_BYTES ==
					   (uintptr_t)page / WINDOW_BYTES,
			   "the SIGBUS of the %s reports a memory failure and its address", who);
	check_that(env, !v->next_page.signal, "the %s can load from the next page", who);
	snprintf(name, sizeof(name), "%s.signal", who);
	check_observe_suspicious(
		env, name, v->sent.signal ? hwpoison_touch_json(&v->sent) : json_string("none"));
	snprintf(name, sizeof(name), "%s.exact_address", who);
	if (v->sent.signal)
		check_observe(env, name, json_boolean(v->sent.address == page));
	snprintf(name, sizeof(name), "%s.load_again", who);
	check_observe_suspicious(env, name, hwpoison_touch_json(&v->again));
}

/* Reads the page with read(2): it may kill. */
static int read_main(void *arg)
{
	const struct victim *v = arg;
	static char page[PAGE_BYTES];

	return pread(v->bed->fd, page, sizeof(page), (off_t)v->offset_bytes) < 0 ? errno : 0;
}

void hwpoison_run(struct check_env *env, const void *arg)
{
	struct victim *v = check_shared(env, ROLES * sizeof(*v));
	struct check_task tasks[ROLES], reader;
	struct testbed bed;
	int status;

	if (!v || !testbed_open(env, &bed, arg))
		return;
	/* The injector last. */
	for (int i = ROLES - 1; i >= 0; i--) {
		v[i] = (struct victim){
			.bed = &bed, .offset_bytes = 3 * PAGE_BYTES, .role = (enum role)i};
		if (start_victim(env, &tasks[i], &v[i]) < 0)
			return;
	}
	/* A late sharer need not get a signal: it is given LATE_MS for one. */
	for (int i = 0; i < ROLES && !v[ROLE_INJECTOR].madvise; i++)
		check_flag(&tasks[i], &v[i].signalled, i == ROLE_LATE ? LATE_MS : VICTIM_MS);
	for (int i = 0; i < ROLES; i++)
		v[i].over = true;
	for (int i = 0; i < ROLES; i++)
		if (check_await(env, &tasks[i], role_names[i]) != 0)
			return;
	if (v[ROLE_INJECTOR].madvise == -EINVAL) {
		check_skip(env, "a kernel with CONFIG_MEMORY_FAILURE",
			   "madvise(MADV_HWPOISON) is not known");
		return;
	}
	check_errno(env, v[ROLE_INJECTOR].madvise, 0,
		    "madvise(MADV_HWPOISON) of a mapped DAX page");
	for (int i = 0; i < ROLES; i++)
		judge_victim(env, &v[i]);
	if (check_start(env, &reader, read_main, v) < 0)
		return;
	status = check_await(env, &reader, "read(2) of the poisoned page");
	if (status >= 0)
		check_observe_suspicious(env, "read", check_errno_json(-status));
}

/* ---- a page of two files --------------------------------------------------------------------- */

/* Maps a copy of the file that shares its blocks.  Returns 0 or -errno. */
static int share(const struct testbed *bed, struct mapping *map)
{
	char path[sizeof(bed->fs.where) + 8];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/copy", bed->fs.where);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = ioctl(fd, FICLONE, bed->fd) < 0 || fsync(fd) < 0 ? -errno : 0;
	rc = rc ? rc : mapping_make(map, fd, bed->bytes, MAP_SHARED, true);
	close(fd);
	return rc;
}

void hwpoison_shared(struct check_env *env, const void *arg)
{
	struct victim *v = check_shared(env, ROLES * sizeof(*v));
	struct check_task tasks[ROLES];
	struct testbed bed, copy;

	if (!v || !testbed_open(env, &bed, arg))
		return;
	copy = bed;
	if (!check_setup(env, share(&bed, &copy.map), "sharing the blocks of the file"))
		return;
	for (int i = ROLE_EARLY; i >= ROLE_INJECTOR; i--) {
		v[i] = (struct victim){.bed = i == ROLE_EARLY ? &copy : &bed,
				       .offset_bytes = 3 * PAGE_BYTES,
				       .role = (enum role)i};
		if (start_victim(env, &tasks[i], &v[i]) < 0)
			return;
	}
	for (int i = 0; i < ROLE_LATE; i++) {
		check_flag(&tasks[i], &v[i].signalled, VICTIM_MS);
		v[i].over = true;
		if (check_await(env, &tasks[i], role_names[i]) != 0)
			return;
	}
	check_errno(env, v[ROLE_INJECTOR].madvise, 0,
		    "madvise(MADV_HWPOISON) of a page that two files share");
	judge_victim(env, &v[ROLE_INJECTOR]);
	judge_victim(env, &v[ROLE_EARLY]);
}
