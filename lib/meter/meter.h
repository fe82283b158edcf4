/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The meters.  The first two read the time-stamp counter around one memory access:
 *
 *   insn  the TSC advances by one per guest instruction (QEMU TCG, -icount shift=0).  Proven at
 *         start: a loop of known length must move the counter by exactly its instructions.
 *   time  the TSC is a clock; ticks become ns by a calibration against CLOCK_MONOTONIC_RAW.
 *   none  nothing is measured: all is done and proven, and no number is kept (record_write())
 */
#ifndef DAXDM_METER_H
#define DAXDM_METER_H

#include <stddef.h>
#include <stdint.h>
#include <x86intrin.h>

enum meter_kind { METER_INSN, METER_TIME, METER_NONE };

struct meter {
	enum meter_kind kind;
	double ns_per_tick; /* meter time only */
};

/* Whether there is a meter of that name.  Returns 0, or -EINVAL after one error line. */
int meter_check(const char *name);

/*
 * Starts a meter by name.  Returns 0, -EINVAL for an unknown name, or -ENOTSUP if this host's
 * counter is not what the name says; both after one error line.
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
 * The readings that begin and end a sample.  Each leaves its own address in a section of its own,
 * for those who watch from outside the emulated host (emu/plugin/profile.c); it executes nothing
 * more than meter_ticks().
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

/* All of this program, n of them. */
const struct meter_mark *meter_marks(size_t *n);

/*
 * Between two samples, outside the clock: under meter insn a timer tick must not fall into the
 * next, or its cost would be that of another sample with every other sequence of random numbers,
 * and the ranks would shift.  settled is what the last call returned, 0 at first; a sample may then
 * take 3 million instructions.  Returns when it last waited for a tick.
 */
uint64_t meter_wait_for_tick(uint64_t settled);

/* From now on it does not wait: for passes whose samples are not kept but whose events are counted,
 * the waits among them. */
void meter_ignore_ticks(void);

/*
 * The hot loops.  One sample = one access of one byte at base + offset[i]; ticks[i] is what it
 * took, the meter's own cost included.  Nothing else is touched but the two arrays.  Under meter
 * insn the samples are taken between timer ticks: every million instructions, outside the clock, it
 * waits for the next.
 */
void meter_touch_load(const volatile char *base, const uint64_t *offset, uint64_t *ticks, size_t n);
void meter_touch_store(volatile char *base, const uint64_t *offset, uint64_t *ticks, size_t n);

/*
 * The two arrays of the timed pass, for up to METER_TOUCH_MAX samples: resident, locked, and at the same
 * place in every pass.  Arrays from the heap would split it into memory areas in one way here and
 * another there, and the kernel's search for the faulting area costs by their number: 14
 * instructions were seen.  Returns 0, -E2BIG, or -errno of mlock(2).
 */
enum { METER_TOUCH_MAX = 8192 };
int meter_touch_arrays(size_t n, uint64_t **offset, uint64_t **ticks);

/*
 * What the loops cost by themselves, in ticks: the median over accesses to memory that is mapped
 * already.
 */
uint64_t meter_touch_overhead_load(void);
uint64_t meter_touch_overhead_store(void);

#endif
