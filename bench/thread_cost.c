// SPDX-License-Identifier: GPL-2.0-only
#include "bench/thread_cost.h"
#include "lib/base/stats.h"
#include "lib/meter/idle_blocker.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { CALIBRATIONS = 64, LOOP_ROUNDS = 6000 };

static struct thread_cost_calibration calibration;

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

static void start(struct thread_cost *cost)
{
	cost->switches = switches();
	if (cost->of == THREAD_COST_ALL)
		cost->idle_ns = idle_blocker_cpu_ns();
	cost->cpu_ns = cpu_ns();
	cost->ticks = meter_begin();
}

/* Reads both clocks around a loop of that many rounds without a context switch. */
static void both_over(uint64_t rounds, int64_t *ticks, int64_t *ns)
{
	uint64_t left;
	struct thread_cost cost = {.of = THREAD_COST_CALLER};

	do {
		meter_wait_for_tick(0);
		left = rounds;
		start(&cost);
		/* Nearly all nops: TCG emits no code for them, but counts them. */
		while (left)
			__asm__ volatile(".rept 250\n\tnop\n\t.endr\n\tdec %0"
					 : "+r"(left)
					 :
					 : "cc");
		*ticks = (int64_t)(meter_end() - cost.ticks);
		*ns = (int64_t)(cpu_ns() - cost.cpu_ns);
	} while (switches() != cost.switches);
}

static void medians_over(uint64_t rounds, int64_t *ticks, int64_t *ns)
{
	int64_t t[CALIBRATIONS], c[CALIBRATIONS];

	for (int i = 0; i < CALIBRATIONS; i++)
		both_over(rounds, &t[i], &c[i]);
	qsort(t, CALIBRATIONS, sizeof(*t), stats_compare);
	qsort(c, CALIBRATIONS, sizeof(*c), stats_compare);
	*ticks = t[CALIBRATIONS / 2];
	*ns = c[CALIBRATIONS / 2];
}

static void calibrate(void)
{
	int64_t empty_ns, loop_ticks, loop_ns;

	if (calibration.done)
		return;
	medians_over(0, &calibration.empty_ticks, &empty_ns);
	medians_over(LOOP_ROUNDS, &loop_ticks, &loop_ns);
	calibration.ticks_per_cpu_ns =
		(double)(loop_ticks - calibration.empty_ticks) / (double)(loop_ns - empty_ns);
	calibration.cpu_around_ticks = (double)empty_ns * calibration.ticks_per_cpu_ns;
	calibration.done = true;
}

/*
 * Meter insn: no task that is woken during the operation may preempt this thread.  The kernel skips
 * the clock update on wakeup (rq_clock_skip_update()) because it expects an immediate switch.
 * Without kernel preemption the switch may come millions of instructions later, and these are then
 * charged to the woken task.
 */
static void hold_processor(bool hold)
{
	const struct sched_param param = {.sched_priority = hold};

	sched_setscheduler(0, hold ? SCHED_FIFO : SCHED_OTHER, &param);
}

void thread_cost_calibrate(struct thread_cost_calibration *kept)
{
	calibration = *kept;
	calibrate();
	*kept = calibration;
}

void thread_cost_start(struct thread_cost *cost, const struct meter *meter, enum thread_cost_of of)
{
	calibrate();
	cost->meter = meter;
	cost->of = of;
	if (meter->kind == METER_INSN)
		hold_processor(true);
	start(cost);
}

int64_t thread_cost_ticks(const struct thread_cost *cost, bool *switched)
{
	uint64_t ticks = meter_end() - cost->ticks, ns = cpu_ns() - cost->cpu_ns, idle_ns;

	*switched = switches() != cost->switches;
	if (cost->meter->kind == METER_INSN)
		hold_processor(false);
	if (!*switched || cost->meter->kind == METER_TIME)
		return (int64_t)ticks - calibration.empty_ticks;
	if (cost->of == THREAD_COST_ALL) {
		idle_ns = idle_blocker_cpu_ns() - cost->idle_ns;
		return (int64_t)ticks - calibration.empty_ticks -
		       (int64_t)((double)idle_ns * calibration.ticks_per_cpu_ns + 0.5);
	}
	return (int64_t)((double)ns * calibration.ticks_per_cpu_ns - calibration.cpu_around_ticks +
			 0.5);
}

int64_t thread_cost_overhead(const struct meter *meter)
{
	calibrate();
	return meter_value(meter, (uint64_t)calibration.empty_ticks);
}
