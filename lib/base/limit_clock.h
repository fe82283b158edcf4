/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock that time limits count in.  On a real host, and in an emulated host whose time is its
 * instructions, it is CLOCK_MONOTONIC.  In an emulated host of several processors CLOCK_MONOTONIC
 * goes on while the processors wait for one of the outer host: there the driver publishes how long
 * they did not wait (emu/given.c), in a page that is the memory of a PCI device (ivshmem).  A slow
 * outer host then extends a limit in wall time; work that exceeds it did get that much time.
 *
 * Not for measuring, and not for showing that something does NOT happen within a time: that may
 * take the time that it takes.
 */
#ifndef DAXDM_LIMIT_CLOCK_H
#define DAXDM_LIMIT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* "daxdmclk" */
#define LIMIT_CLOCK_MAGIC UINT64_C(0x6b6c636d64786164)

enum { LIMIT_CLOCK_BYTES = 4096 };

/* What the driver publishes; given_ms only grows, by small steps. */
struct limit_clock_page {
	uint64_t magic;
	int64_t given_ms;
};

/*
 * How many times as long as a limit an outer host may take to give that much time.  What takes even
 * longer is ended and blamed on that host.
 */
enum { LIMIT_CLOCK_PATIENCE = 20 };

/* In ms since some moment.  The processes that are started after the first call share its page. */
int64_t limit_clock_ms(void);

/* Whether an outer host publishes it. */
bool limit_clock_is_published(void);

/* From now on, this is the page (of tests, which are their own outer host). */
void limit_clock_use(const volatile struct limit_clock_page *page);

/* CLOCK_MONOTONIC. */
int64_t limit_clock_wall_ns(void);
int64_t limit_clock_wall_ms(void);

/*
 * For loops that try again: `do rc = try(); while (rc == -EBUSY && limit_clock_retry(until_ms));`
 * Sleeps 20 ms and returns true, or returns false if the limit clock is past until_ms.
 */
bool limit_clock_retry(int64_t until_ms);

/* Sleeps for so long of the limit clock, and at most LIMIT_CLOCK_PATIENCE times as long. */
void limit_clock_sleep(unsigned int ms);

#endif
