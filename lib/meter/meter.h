/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The meters.  The first two read the time-stamp counter around one memory access:
 *
 *   insn  the TSC advances by one per guest instruction (QEMU TCG, -icount shift=0).  Proven at
 *         start: a loop of known length must move the counter by exactly its instructions.
 *   time  the TSC is a clock; ticks become ns by a calibration against CLOCK_MONOTONIC_RAW.
 *   none  operations run and are proven, but no number is recorded (record_write())
 */
#ifndef DAXDM_METER_H
#define DAXDM_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <x86intrin.h>

enum meter_kind { METER_INSN, METER_TIME, METER_NONE };

struct meter {
	enum meter_kind kind;
	double ns_per_tick; /* meter time only */
	bool is_void;	    /* meter time only: METER_TIME_OF_TCG */
};

/* For tests of meter time in QEMU TCG, where a time means nothing: set in the environment. */
#define METER_TIME_OF_TCG "DAXDM_TIME_OF_TCG"

/* Checks the name of a meter.  Returns 0, or -EINVAL after one error line. */
int meter_check(const char *name);

/*
 * Starts a meter by name.  Returns 0, -EINVAL for an unknown name, or -ENOTSUP if this host's
 * counter does not suit the meter; both after one error line.
 */
int meter_start(const char *name, struct meter *out);

/* "insn", "time" or "none". */
const char *meter_name(const struct meter *meter);

/* "insn", "ns" or "none". */
const char *meter_unit(const struct meter *meter);

/* Ticks of the counter in the meter's unit. */
int64_t meter_value(const struct meter *meter, uint64_t ticks);

/* A sample: ticks in the meter's unit, minus the meter's own cost (overhead, in that unit).
 * Negative where the meter cost less than its measured overhead. */
int64_t meter_sample(const struct meter *meter, uint64_t ticks, int64_t overhead);

/* The fences keep the access between the two readings (Intel SDM vol. 2, RDTSC). */
static inline uint64_t meter_ticks(void)
{
	uint64_t ticks;

	_mm_lfence();
	ticks = __rdtsc();
	_mm_lfence();
	return ticks;
}

/*
 * The readings that begin and end a sample.  Each adds its address to the section daxdm_marks, for
 * the QEMU plugin (emu/plugin/profile.c); it executes the same instructions as meter_ticks().
 */
enum meter_mark_kind { METER_MARK_BEGIN, METER_MARK_END };

struct meter_mark {
	int32_t place; /* of the RDTSC, from here */
	int32_t kind;
};

#define METER_MARKED_RDTSC(low, high, kind_)                  \
	__asm__ volatile(".pushsection daxdm_marks,\"a\"\n\t" \
			 ".balign 4\n\t"                      \
			 ".long 1f - .\n\t"                   \
			 ".long %c2\n\t"                      \
			 ".popsection\n"                      \
			 "1:\trdtsc"                          \
			 : "=a"(low), "=d"(high)              \
			 : "i"(kind_))

static inline uint64_t meter_begin(void)
{
	uint64_t low, high;

	_mm_lfence();
	METER_MARKED_RDTSC(low, high, METER_MARK_BEGIN);
	_mm_lfence();
	return high << 32 | low;
}

static inline uint64_t meter_end(void)
{
	uint64_t low, high;

	_mm_lfence();
	METER_MARKED_RDTSC(low, high, METER_MARK_END);
	_mm_lfence();
	return high << 32 | low;
}

/* All marks of this program, n of them. */
const struct meter_mark *meter_marks(size_t *n);

/*
 * Called between samples, not timed.  Under meter insn no timer tick may occur in the next sample:
 * which sample it hits depends on the seed.  Waits for the next tick if the last wait is too long
 * ago; a sample may then take 3 million instructions.  settled is the result of the last call, 0 at
 * first.  Returns the counter at the last wait.
 */
uint64_t meter_wait_for_tick(uint64_t settled);

/* Disables meter_wait_for_tick(): for counted passes, whose samples are dropped and whose events
 * would include the waits. */
void meter_ignore_ticks(void);

/*
 * The hot loops.  One sample = one access of one byte at base + offset[i]; ticks[i] is its cost,
 * the meter's overhead included.  The loops access no other memory except the two arrays.  Under
 * meter insn samples are taken between timer ticks (meter_wait_for_tick()).
 */
void meter_touch_load(const volatile char *base, const uint64_t *offset, uint64_t *ticks, size_t n);
void meter_touch_store(volatile char *base, const uint64_t *offset, uint64_t *ticks, size_t n);

/*
 * The two arrays of the timed pass, for up to METER_TOUCH_MAX samples: resident, locked, and at the
 * same address in every pass.  Locked arrays on the heap would split its VMA, and the cost of the
 * VMA lookup depends on the number of VMAs (by 14 instructions).  Returns 0, -E2BIG, or -errno of
 * mlock(2).
 */
enum { METER_TOUCH_MAX = 8192 };
int meter_touch_arrays(size_t n, uint64_t **offset, uint64_t **ticks);

/*
 * The overhead of the loops in ticks: the median over accesses to mapped memory.
 */
uint64_t meter_touch_overhead_load(void);
uint64_t meter_touch_overhead_store(void);

/*
 * Loads one byte of each page of the program and its libraries, stores one to each page of their
 * data and of 64 KiB of stack.  fork(2) does not copy the page tables of mapped files and shares
 * the pages that were written, so that a child would fault in a timed operation.
 */
void meter_prefault_program(void);

#endif
