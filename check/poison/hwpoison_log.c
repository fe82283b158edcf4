// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page frame that the kernel's log names when memory fails, and the pages next to the failing
 * one, where a PMD mapped them all before.
 */
#include "check/fixture/testbed.h"
#include "check/poison/hwpoison.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LOG_MS = 5000, LOG_STEP_MS = 10 };

/* A process that has a window mapped when one of its pages fails. */
struct victim {
	const struct testbed *bed;
	uint64_t window_bytes, page_bytes; /* in the file */
	int rc, is_pmd;
	uint64_t pfn;	   /* of the page, by pagemap */
	uint64_t bad_page; /* the first page that is not right afterwards, or WINDOW_PAGES */
	struct check_touch failed, again;
};

static void ignore_signal(int signal)
{
	(void)signal;
}

/* The number of the first page of the window, but for the failed one, that does not hold its stamps
 * or raises a signal. */
static uint64_t first_bad(struct victim *v, const char *base)
{
	static char bytes[PAGE_BYTES];

	for (uint64_t p = 0; p < WINDOW_PAGES; p++) {
		uint64_t at = v->window_bytes + p * PAGE_BYTES;

		if (at == v->page_bytes)
			continue;
		v->failed = check_copy(bytes, base + at, PAGE_BYTES);
		if (v->failed.signal || stamp_check(bytes, PAGE_BYTES, TESTBED_FILE, at,
						    TESTBED_GENERATION, NULL) != PAGE_BYTES)
			return p;
	}
	return WINDOW_PAGES;
}

static int victim_main(void *arg)
{
	struct victim *v = arg;
	char *base = v->bed->map.base;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	v->is_pmd = window_is_pmd(base, v->window_bytes);
	v->rc = check_load(base + v->page_bytes, NULL).signal ? -EFAULT : 0;
	if (!v->rc)
		v->rc = pagemap < 0 ? -errno
				    : mapping_pfns(pagemap, base + v->page_bytes, &v->pfn, 1);
	signal(SIGBUS, ignore_signal);
	if (!v->rc && madvise(base + v->page_bytes, PAGE_BYTES, MADV_HWPOISON) < 0)
		v->rc = -errno;
	if (!v->rc)
		v->bad_page = first_bad(v, base);
	v->again = check_load(base + v->page_bytes, NULL);
	return 0;
}

/* Counts the lines "Memory failure: 0xPFN: ..." that the log gained: those of this frame, and
 * others; of these *other is the last. */
static void read_log(int kmsg, uint64_t pfn, unsigned int *ours, unsigned int *others,
		     uint64_t *other)
{
	char record[8192];
	ssize_t n;

	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		const char *at;
		uint64_t named;

		if (n < 0)
			continue;
		record[n] = '\0';
		at = strstr(record, "Memory failure: 0x");
		if (!at || sscanf(at, "Memory failure: 0x%" SCNx64, &named) != 1)
			continue;
		*ours += named == pfn;
		if (named != pfn) {
			++*others;
			*other = named;
		}
	}
}

static void judge_log(struct check_env *env, int kmsg, uint64_t pfn)
{
	unsigned int ours = 0, others = 0;
	uint64_t other = 0;

	for (int waited = 0; !ours && !others && waited < LOG_MS; waited += LOG_STEP_MS) {
		check_pause(LOG_STEP_MS);
		read_log(kmsg, pfn, &ours, &others, &other);
	}
	check_that(env, ours, "the kernel's log names frame 0x%" PRIx64, pfn);
	check_that(env, !others,
		   "the kernel's log names frame 0x%" PRIx64 " only (got: 0x%" PRIx64 ")", pfn,
		   other);
}

/* One page of a window fails. */
static bool fail_page(struct check_env *env, struct victim *v, const struct testbed *bed, int kmsg)
{
	const struct backing backing = {&bed->graph, bed->device};
	struct check_task task;
	uint64_t pfn;

	if (!check_own(env, extents_pfn(&bed->extents, backing, v->page_bytes, &pfn),
		       "the frame of a page of the file"))
		return false;
	lseek(kmsg, 0, SEEK_END);
	if (check_start(env, &task, victim_main, v) < 0 ||
	    check_await(env, &task, "the process with the page that fails") != 0)
		return false;
	if (v->rc == -EINVAL) {
		check_skip(env, "a kernel with CONFIG_MEMORY_FAILURE",
			   "madvise(MADV_HWPOISON) is not known");
		return false;
	}
	check_errno(env, v->rc, 0, "madvise(MADV_HWPOISON) of page %" PRIu64,
		    v->page_bytes / PAGE_BYTES);
	check_equal(env, v->is_pmd, !bed->spec.small_pages, "whether a PMD mapped the window");
	check_equal(env, (int64_t)v->pfn, (int64_t)pfn, "frame that pagemap names");
	judge_log(env, kmsg, pfn);
	check_equal(env, (int64_t)v->bad_page, WINDOW_PAGES,
		    "first page of the window that is not right after page %" PRIu64 " failed",
		    v->page_bytes / PAGE_BYTES);
	check_observe_suspicious(env, "load_again", hwpoison_touch_json(&v->again));
	return !check_complained(env);
}

void hwpoison_log(struct check_env *env, const void *arg)
{
	struct victim *v = check_shared(env, sizeof(*v));
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct testbed bed;

	if (!v || !check_own(env, kmsg < 0 ? -errno : 0, "opening /dev/kmsg") ||
	    !testbed_open(env, &bed, arg))
		return;
	/* Each in a window of its own. */
	for (uint64_t w = 0; w < bed.bytes / WINDOW_BYTES; w++) {
		const uint64_t pages[] = {0, 5, WINDOW_PAGES / 2 + 1, WINDOW_PAGES - 1};
		uint64_t page = pages[w % (sizeof(pages) / sizeof(pages[0]))];

		*v = (struct victim){.bed = &bed,
				     .window_bytes = w * WINDOW_BYTES,
				     .page_bytes = w * WINDOW_BYTES + page * PAGE_BYTES};
		if (!fail_page(env, v, &bed, kmsg))
			return;
	}
}
