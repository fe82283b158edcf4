// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/memcg_phase.h"

#include "lib/file/mapping.h"
#include "lib/meter/meter.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>

enum {
	/* Every MEMCG_CHARGE_BATCH-th fault flushes, or the one after it. */
	PERIOD_MIN = 64,
	PERIOD_MAX = 65,
	WATCHED = 3 * PERIOD_MAX, /* so that each period is seen at least three times */
	FAULTS = WATCHED + PERIOD_MAX,
};

static uint64_t offsets[FAULTS], ticks[FAULTS];
static char child_stack[64 * 1024] __attribute__((aligned(64)));

/* The most frequent cost of the watched faults: that without a flush. */
static uint64_t usual_ticks(void)
{
	uint64_t usual = 0;
	unsigned int most = 0;

	for (unsigned int i = 0; i < WATCHED; i++) {
		unsigned int same = 0;

		for (unsigned int j = 0; j < WATCHED; j++)
			same += ticks[j] == ticks[i];
		if (same > most) {
			most = same;
			usual = ticks[i];
		}
	}
	return usual;
}

/* Finds a period p and a fault first < p such that first, first + p, ... all cost more than usual.
 * Returns the number of faults up to and including the next flush, 0 if there is no period. */
static unsigned int faults_to_go(void)
{
	uint64_t usual = usual_ticks();

	for (unsigned int p = PERIOD_MIN; p <= PERIOD_MAX; p++)
		for (unsigned int first = 0; first < p; first++) {
			unsigned int i = first;

			while (i < WATCHED && ticks[i] > usual)
				i += p;
			if (i >= WATCHED)
				return i - WATCHED + 1;
		}
	return 0;
}

/* Loads from pages that were never accessed: they map the zero page and allocate only one page
 * table. */
static int fault_until_flushed(void *base)
{
	for (unsigned int i = 0; i < FAULTS; i++)
		offsets[i] = (uint64_t)i * PAGE_BYTES;
	meter_touch_load(base, offsets, ticks, WATCHED);
	meter_touch_load(base, offsets + WATCHED, ticks + WATCHED, faults_to_go());
	return 0;
}

void memcg_phase_align(void)
{
	/* The kernel frees the child's task after an RCU grace period. */
	const struct timespec grace = {.tv_nsec = 50 * 1000 * 1000};
	char *p = mmap(NULL, 2 * WINDOW_BYTES, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *base;
	pid_t pid;

	if (p == MAP_FAILED)
		return; /* medians may then differ by a few instructions */
	base = (char *)(((uintptr_t)p + WINDOW_BYTES - 1) & ~(uintptr_t)(WINDOW_BYTES - 1));
	madvise(p, 2 * WINDOW_BYTES, MADV_NOHUGEPAGE);
	/* Runs in a separate task: the kernel also batches per-task fault counts
	 * (check_sync_rss_stat()), and the phase of this task must not change. */
	pid = clone(fault_until_flushed, child_stack + sizeof(child_stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, base);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	munmap(p, 2 * WINDOW_BYTES);
	nanosleep(&grace, NULL);
}
