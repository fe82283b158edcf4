/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock for time limits.  On a real host, and under -icount, it is CLOCK_MONOTONIC.  In an
 * emulated host with several processors CLOCK_MONOTONIC advances while the vCPUs wait for a
 * processor of the outer host.  There the driver publishes the time that the vCPUs really had
 * (emu/given.c), in a page of a PCI device (ivshmem).  A slow outer host then extends a limit in
 * wall time.
 *
 * Not for measurements, and not for showing that something does NOT happen within a time.
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
 * The limit in wall time, as a multiple of a time limit.  Work that exceeds it is ended, and the
 * outer host is blamed.
 */
enum { LIMIT_CLOCK_PATIENCE = 20 };

/* Milliseconds since an arbitrary point.  Processes that are started after the first call share its
 * page. */
int64_t limit_clock_ms(void);

/* Whether an outer host publishes its clock. */
bool limit_clock_is_published(void);

/* Replaces the page.  For tests. */
void limit_clock_use(const volatile struct limit_clock_page *page);

/* CLOCK_MONOTONIC. */
int64_t limit_clock_wall_ns(void);
int64_t limit_clock_wall_ms(void);

/*
 * For loops that try again: `do rc = try(); while (rc == -EBUSY && limit_clock_retry(until_ms));`
 * Sleeps 20 ms and returns true, or returns false if the limit clock is past until_ms.
 */
bool limit_clock_retry(int64_t until_ms);

/* Sleeps for ms milliseconds of the limit clock, at most LIMIT_CLOCK_PATIENCE times as long in wall
 * time. */
void limit_clock_sleep(unsigned int ms);

#endif
