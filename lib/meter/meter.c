// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/meter.h"

#include "lib/base/bytes.h"
#include "lib/base/msg.h"
#include "lib/base/stats.h"

#include <cpuid.h>
#include <errno.h>
#include <link.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* Meter insn only: ticks after which meter_wait_for_tick() waits for the next timer tick. */
static uint64_t settle_after_ticks;

/* Executes exactly 2 * rounds instructions between the two readings' fences, plus a constant. */
static uint64_t ticks_of_loop(uint64_t rounds)
{
	uint64_t begin = meter_ticks();

	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
	return meter_ticks() - begin;
}

/* A timer tick may occur in one try; an instruction counter is exact in most tries. */
static int prove_instructions(void)
{
	int exact = 0;

	for (int i = 0; i < 8; i++)
		exact += ticks_of_loop(3000) - ticks_of_loop(1000) == 4000;
	return exact >= 5 ? 0 : -ENOTSUP;
}

/* By the hypervisor's signature.  Source: CPUID leaf 0x40000000, QEMU target/i386/cpu.c. */
static bool processor_is_emulated(void)
{
	unsigned int eax, ebx, ecx, edx;
	char signature[13] = "";

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & (1u << 31)))
		return false;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(signature, &ebx, 4);
	memcpy(signature + 4, &ecx, 4);
	memcpy(signature + 8, &edx, 4);
	return !strcmp(signature, "TCGTCGTCGTCG");
}

static double calibrate_ns_per_tick(void)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	struct timespec begin, end;
	uint64_t ticks;

	clock_gettime(CLOCK_MONOTONIC_RAW, &begin);
	ticks = meter_ticks();
	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_MONOTONIC_RAW, &end);
	ticks = meter_ticks() - ticks;
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
	       (double)ticks;
}

static const struct {
	const char *name, *unit;
} kinds[] = {
	[METER_INSN] = {"insn", "insn"},
	[METER_TIME] = {"time", "ns"},
	[METER_NONE] = {"none", "none"},
};

int meter_check(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(name, kinds[i].name))
			return 0;
	msg_error("unknown meter '%s'; expected insn, time or none", name);
	return -EINVAL;
}

int meter_start(const char *name, struct meter *out)
{
	if (!strcmp(name, "insn")) {
		*out = (struct meter){.kind = METER_INSN};
		settle_after_ticks = 1000000; /* a tick is 4,000,000 at HZ=250 */
		if (!prove_instructions())
			return 0;
		msg_error("meter insn: the time-stamp counter of this host does not count "
			  "instructions; use the emulated host (./run.sh bench) or --meter time");
		return -ENOTSUP;
	}
	if (!strcmp(name, "time")) {
		if (processor_is_emulated() && getenv(METER_TIME_OF_TCG)) {
			msg_note("meter time: this processor is emulated by QEMU TCG, and its time "
				 "is meaningless");
		} else if (processor_is_emulated()) {
			msg_error(
				"meter time: this processor is emulated by QEMU TCG, and its time "
				"is meaningless; use --meter insn with -icount, or a real host");
			return -ENOTSUP;
		}
		*out = (struct meter){.kind = METER_TIME,
				      .ns_per_tick = calibrate_ns_per_tick(),
				      .is_void = processor_is_emulated()};
		return 0;
	}
	if (!strcmp(name, "none")) {
		*out = (struct meter){.kind = METER_NONE};
		return 0;
	}
	msg_error("unknown meter '%s'; expected insn, time or none", name);
	return -EINVAL;
}

const char *meter_name(const struct meter *meter)
{
	return kinds[meter->kind].name;
}

const char *meter_unit(const struct meter *meter)
{
	return kinds[meter->kind].unit;
}

int64_t meter_value(const struct meter *meter, uint64_t ticks)
{
	if (meter->kind != METER_TIME)
		return (int64_t)ticks;
	return llround((double)ticks * meter->ns_per_tick);
}

int64_t meter_sample(const struct meter *meter, uint64_t ticks, int64_t overhead)
{
	return meter_value(meter, ticks) - overhead;
}

static uint64_t ns_of(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * 1000000000u + (uint64_t)ts->tv_nsec;
}

static uint64_t monotonic_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return ns_of(&now);
}

/* Returns the time of a timer tick: the tick updates the coarse clock. */
static uint64_t find_tick_ns(void)
{
	uint64_t coarse_ns = monotonic_ns(CLOCK_MONOTONIC_COARSE);

	while (monotonic_ns(CLOCK_MONOTONIC_COARSE) == coarse_ns)
		;
	return monotonic_ns(CLOCK_MONOTONIC);
}

/*
 * Sleeps until just after the next timer tick, which is cheap for an idle emulated processor; tasks
 * that the tick woke may run first.  The kernel keeps the phase of its ticks over idle times
 * (tick_nohz_restart()).  Returns the counter.
 */
static uint64_t settle(void)
{
	const uint64_t after_ns = 20000;
	static uint64_t tick_ns, period_ns;
	struct timespec until;
	uint64_t wake_ns;

	if (!tick_ns) {
		clock_getres(CLOCK_MONOTONIC_COARSE, &until);
		period_ns = ns_of(&until);
		tick_ns = find_tick_ns();
	}
	wake_ns = tick_ns + after_ns +
		  ((monotonic_ns(CLOCK_MONOTONIC) - tick_ns) / period_ns + 1) * period_ns;
	until = (struct timespec){(time_t)(wake_ns / 1000000000u), (long)(wake_ns % 1000000000u)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	sched_yield();
	return meter_ticks();
}

void meter_ignore_ticks(void)
{
	settle_after_ticks = 0;
}

uint64_t meter_wait_for_tick(uint64_t settled)
{
	if (!settle_after_ticks)
		return 0;
	return !settled || meter_ticks() - settled > settle_after_ticks ? settle() : settled;
}

/* Defined by the linker (ld, "orphan sections"); weak: a program may have no marks. */
extern const struct meter_mark __start_daxdm_marks[] __attribute__((weak, visibility("hidden")));
extern const struct meter_mark __stop_daxdm_marks[] __attribute__((weak, visibility("hidden")));

const struct meter_mark *meter_marks(size_t *n)
{
	*n = (size_t)(__stop_daxdm_marks - __start_daxdm_marks);
	return __start_daxdm_marks;
}

void meter_touch_load(const volatile char *base, const uint64_t *offset, uint64_t *ticks, size_t n)
{
	uint64_t settled = 0, begin;

	for (size_t i = 0; i < n; i++) {
		const volatile char *byte = base + offset[i];

		settled = meter_wait_for_tick(settled);
		begin = meter_begin();

		(void)*byte;
		ticks[i] = meter_end() - begin;
	}
}

void meter_touch_store(volatile char *base, const uint64_t *offset, uint64_t *ticks, size_t n)
{
	uint64_t settled = 0, begin;

	for (size_t i = 0; i < n; i++) {
		volatile char *byte = base + offset[i];

		settled = meter_wait_for_tick(settled);
		begin = meter_begin();

		*byte = 1;
		ticks[i] = meter_end() - begin;
	}
}

static uint64_t offsets[METER_TOUCH_MAX] __attribute__((aligned(4096)));
static uint64_t readings[METER_TOUCH_MAX] __attribute__((aligned(4096)));

int meter_touch_arrays(size_t n, uint64_t **offset, uint64_t **ticks)
{
	if (n > METER_TOUCH_MAX)
		return -E2BIG;
	if (mlock(offsets, sizeof(offsets)) < 0 || mlock(readings, sizeof(readings)) < 0)
		return -errno;
	*offset = offsets;
	*ticks = readings;
	return 0;
}

enum { OVERHEAD_SAMPLES = 1024 };

uint64_t meter_touch_overhead_load(void)
{
	static const uint64_t offset[OVERHEAD_SAMPLES];
	static uint64_t ticks[OVERHEAD_SAMPLES];
	volatile char byte = 0;

	/* Twice: the first round maps the arrays. */
	for (int round = 0; round < 2; round++)
		meter_touch_load(&byte, offset, ticks, OVERHEAD_SAMPLES);
	return stats_median_ticks(ticks, OVERHEAD_SAMPLES);
}

uint64_t meter_touch_overhead_store(void)
{
	static const uint64_t offset[OVERHEAD_SAMPLES];
	static uint64_t ticks[OVERHEAD_SAMPLES];
	volatile char byte = 0;

	for (int round = 0; round < 2; round++)
		meter_touch_store(&byte, offset, ticks, OVERHEAD_SAMPLES);
	return stats_median_ticks(ticks, OVERHEAD_SAMPLES);
}

/* The part of an object that became read-only after it was relocated. */
static bool is_relro(const struct dl_phdr_info *object, uintptr_t at)
{
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t begin = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_GNU_RELRO && at + PAGE_BYTES > begin &&
		    at < begin + segment->p_memsz)
			return true;
	}
	return false;
}

static int prefault_object(struct dl_phdr_info *object, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
		uintptr_t end = begin + segment->p_memsz;

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_R))
			continue;
		for (uintptr_t at = begin / PAGE_BYTES * PAGE_BYTES; at < end; at += PAGE_BYTES) {
			volatile char *byte = (volatile char *)(at < begin ? begin : at);
			char value = *byte;

			if (segment->p_flags & PF_W && !is_relro(object, at))
				*byte = value;
		}
	}
	return 0;
}

static void prefault_stack(void)
{
	enum { STACK_BYTES = 64 << 10 };
	volatile char bytes[STACK_BYTES];

	for (size_t at = 0; at < sizeof(bytes); at += PAGE_BYTES)
		bytes[at] = 0;
}

void meter_prefault_program(void)
{
	dl_iterate_phdr(prefault_object, NULL);
	prefault_stack();
}
