// SPDX-License-Identifier: GPL-2.0-only
#include "check/suspend/in_flight.h"

#include "check/fixture/bio.h"
#include "check/fixture/testbed.h"
#include "lib/base/limit_clock.h"
#include "lib/dev/dm.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	SECTORS = 16 << 11,
	DELAY_MS = 600,
	LONG_DELAY_MS = 2500,
	SIGNAL_MS = 50,
	BEGUN_MS = 100, /* so long a write is on its way, when the device is suspended */
	TASKS = 13,	/* reads, writes and one flush */
	END_MS = 10000,
	WAITS_MS = 200,
};

struct access {
	const char *node;
	enum { READ, WRITE, FLUSH } what;
	uint64_t at;
	uint32_t generation;
	volatile bool begun, done;
	int rc;
	char bytes[PAGE_BYTES];
};

static int access_main(void *arg)
{
	struct access *a = arg;

	stamp_fill(a->bytes, PAGE_BYTES, TESTBED_FILE, a->at, a->generation);
	a->begun = true;
	if (a->what == WRITE)
		a->rc = bio_write(a->node, a->at, a->bytes, PAGE_BYTES);
	else if (a->what == READ)
		a->rc = bio_read(a->node, a->at, a->bytes, PAGE_BYTES);
	else
		a->rc = bio_flush(a->node);
	a->done = true;
	return 0;
}

/* ---- on their way ---------------------------------------------------------------------------- */

/* Devices: linear over delay over the first namespace.  Returns 0 or -errno. */
static int make_delayed(const struct check_env *env, unsigned int delay_ms, char lower[64],
			char upper[64])
{
	const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, 0);
	char table[128];
	struct dm_device_info info;
	int rc;

	check_name(env, "delayed", lower);
	check_name(env, "over", upper);
	snprintf(table, sizeof(table), "0 %d delay %u:%u 4096 0 %u:%u 4096 %u", SECTORS, ns->major,
		 ns->minor, ns->major, ns->minor, delay_ms);
	rc = dm_device_create(lower, table, 0);
	if (!rc)
		rc = dm_device_info(lower, &info);
	if (rc)
		return rc;
	snprintf(table, sizeof(table), "0 %d linear %u:%u 0", SECTORS, info.major, info.minor);
	return dm_device_create(upper, table, 0);
}

/* Starts the access.  Returns whether it is on its way, or false after a complaint. */
static bool start_access(struct check_env *env, struct check_task *task, struct access *a)
{
	int rc;

	if (check_start(env, task, access_main, a) < 0)
		return false;
	rc = check_flag(task, &a->begun, END_MS) ? 0 : -ETIMEDOUT;
	if (!check_setup(env, rc, "starting a process that writes"))
		return false;
	check_pause(BEGUN_MS);
	if (a->done)
		check_skip(env, "a faster host", "a write that is delayed ended too early");
	return !a->done;
}

static void suspend_over(struct check_env *env, const char *upper, struct access *a,
			 unsigned int flags)
{
	const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, 0);
	char page[PAGE_BYTES];
	struct check_task task;
	int rc;

	if (!start_access(env, &task, a))
		return;
	rc = dm_device_suspend(upper, flags);
	if (check_errno(env, rc, 0, "a suspend with a write on its way") &&
	    check_setup(env, bio_read(ns->node, 4096 * SECTOR_BYTES + a->at, page, PAGE_BYTES),
			"reading %s", ns->node))
		check_bytes(env, "on the namespace, when the suspend has returned", page,
			    PAGE_BYTES, TESTBED_FILE, a->at, a->generation);
	check_setup(env, dm_device_resume(upper, 0), "resuming");
	if (check_that(env, check_wait(&task, END_MS), "the write ends"))
		check_errno(env, a->rc, 0, "the write");
}

void in_flight(struct check_env *env, const void *arg)
{
	static const unsigned int flags[] = {0, DM_NOLOCKFS, DM_NOFLUSH, DM_NOFLUSH | DM_NOLOCKFS};
	struct access *a = check_shared(env, sizeof(*a));
	char lower[64], upper[64], node[128];
	int rc;

	(void)arg;
	if (!a)
		return;
	rc = make_delayed(env, DELAY_MS, lower, upper);
	if (!check_setup(env, rc, "devices over a delay (%s)", dm_last_error()))
		return;
	for (unsigned int i = 0; i < 4 && !check_complained(env); i++) {
		*a = (struct access){.node = dm_device_node(upper, node),
				     .what = WRITE,
				     .at = i * (1 << 20),
				     .generation = i + 2};
		suspend_over(env, upper, a, flags[i]);
	}
	check_setup(env, dm_device_remove(upper, 0), "removing %s", upper);
	check_setup(env, dm_device_remove(lower, 0), "removing %s", lower);
}

/* ---- a signal to the process that suspends -------------------------------------------------- */

static void ignore_signal(int signal)
{
	(void)signal;
}

/* Gets signals while it waits.  Returns the errno. */
static int suspend_main(void *arg)
{
	const struct sigaction action = {.sa_handler = ignore_signal};
	const struct timeval every = {.tv_usec = SIGNAL_MS * 1000};
	const struct itimerval timer = {every, every};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	return -dm_device_suspend(arg, 0);
}

static void interrupt_over(struct check_env *env, char *upper, struct access *a)
{
	struct check_task writer, suspender;
	struct dm_device_info info;
	char page[PAGE_BYTES];
	int status;

	if (!start_access(env, &writer, a) || check_start(env, &suspender, suspend_main, upper) < 0)
		return;
	status = check_await(env, &suspender, "a suspend that gets a signal");
	if (a->done) {
		check_skip(env, "a faster host", "a write that is delayed ended too early");
		return;
	}
	check_errno(env, -status, -EINTR,
		    "a suspend that gets a signal while a write is waited for");
	if (check_setup(env, dm_device_info(upper, &info), "looking at %s", upper))
		check_that(env, !info.suspended,
			   "the device is not suspended by a suspend that was interrupted");
	check_errno(env, bio_read(a->node, a->at + WINDOW_BYTES, page, PAGE_BYTES), 0,
		    "a read after the interrupted suspend");
	if (check_that(env, check_wait(&writer, END_MS), "the write ends"))
		check_errno(env, a->rc, 0, "the write");
	if (check_errno(env, dm_device_suspend(upper, 0), 0, "another suspend"))
		check_errno(env, dm_device_resume(upper, 0), 0, "the resume after it");
	if (check_setup(env, bio_read(a->node, a->at, page, PAGE_BYTES), "reading %s", a->node))
		check_bytes(env, "after the resume", page, PAGE_BYTES, TESTBED_FILE, a->at,
			    a->generation);
}

void in_flight_interrupted(struct check_env *env, const void *arg)
{
	struct access *a = check_shared(env, sizeof(*a));
	char lower[64], upper[64], node[128];
	int rc;

	(void)arg;
	if (!a)
		return;
	rc = make_delayed(env, LONG_DELAY_MS, lower, upper);
	if (!check_setup(env, rc, "devices over a delay (%s)", dm_last_error()))
		return;
	*a = (struct access){.node = dm_device_node(upper, node), .what = WRITE, .generation = 2};
	interrupt_over(env, upper, a);
	check_setup(env, dm_device_remove(upper, 0), "removing %s", upper);
	check_setup(env, dm_device_remove(lower, 0), "removing %s", lower);
}

/* ---- many that are deferred ------------------------------------------------------------------ */

static bool all_wait(struct check_env *env, struct check_task *tasks, const struct access *a)
{
	for (int i = 0; i < TASKS; i++)
		check_flag(&tasks[i], &a[i].begun, END_MS);
	check_pause(WAITS_MS);
	for (int i = 0; i < TASKS; i++)
		if (!check_that(env, a[i].begun && !a[i].done,
				"access %d of %d to a suspended device waits", i, TASKS))
			return false;
	return true;
}

static void all_end(struct check_env *env, struct testbed *bed, struct check_task *tasks,
		    const struct access *a)
{
	for (int i = 0; i < TASKS; i++) {
		if (!check_that(env, check_wait(&tasks[i], END_MS),
				"access %d of %d ends after the resume", i, TASKS))
			return;
		check_errno(env, a[i].rc, 0, "access %d of %d", i, TASKS);
		if (a[i].what == WRITE)
			testbed_raw_holds(env, bed, "after the resume", a[i].at, PAGE_BYTES, 2);
		else if (a[i].what == READ)
			check_bytes(env, "read from a device that was suspended",
				    (char *)a[i].bytes, PAGE_BYTES, TESTBED_FILE, a[i].at,
				    TESTBED_GENERATION);
	}
}

void in_flight_deferred(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = "2x $/2 linear A +0",
					  .file_bytes = 4 * WINDOW_BYTES};
	struct access *a = check_shared(env, TASKS * sizeof(*a));
	struct check_task tasks[TASKS] = {0};
	struct testbed bed;

	(void)arg;
	if (!a || !testbed_open(env, &bed, &spec) || !testbed_suspend(env, &bed, 0))
		return;
	for (int i = 0; i < TASKS; i++) {
		a[i] = (struct access){.node = testbed_node(&bed),
				       .what = i == TASKS - 1 ? FLUSH
					       : i % 3	      ? WRITE
							      : READ,
				       .at = (uint64_t)i * 640 * 1024,
				       .generation = 2};
		if (check_start(env, &tasks[i], access_main, &a[i]) < 0)
			break;
	}
	if (!check_complained(env))
		all_wait(env, tasks, a);
	if (testbed_resume(env, &bed))
		all_end(env, &bed, tasks, a);
	for (int i = 0; i < TASKS; i++)
		check_kill(&tasks[i]);
	testbed_close(env, &bed);
}
