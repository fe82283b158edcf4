// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's processor that waits in a loop gives way to other threads of the host.
 *
 * Guests have more processors together than the host.  One that spins for a lock then takes time
 * from the one that holds it.  On `pause`, which each such loop has, QEMU leaves the guest's code
 * by siglongjmp(3), as on an exception: helper_pause() and cpu_loop_exit() in its source.  Many of
 * these in quick succession are a loop.  Exceptions are not: on a loaded host each sched_yield(2)
 * may cost the thread a whole time slice.
 */
#include <dlfcn.h>
#include <sched.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* Longer than a turn of a loop, which took QEMU about 0.2 us. */
enum { TURN_NS = 1000, TURNS = 50 };

static bool is_loop(void)
{
	static __thread int64_t last_ns;
	static __thread unsigned int turns;
	struct timespec now;
	int64_t now_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	turns = now_ns - last_ns < TURN_NS ? turns + 1 : 0;
	last_ns = now_ns;
	if (turns < TURNS)
		return false;
	turns = 0;
	return true;
}

/* siglongjmp(3), as the C library names it in programs that are built with _FORTIFY_SOURCE. */
__attribute__((visibility("default"), noreturn)) void __longjmp_chk(struct __jmp_buf_tag env[1],
								    int value);

void __longjmp_chk(struct __jmp_buf_tag env[1], int value)
{
	static void (*_Atomic real)(struct __jmp_buf_tag[1], int);

	if (!real)
		real = (void (*)(struct __jmp_buf_tag[1], int))dlsym(RTLD_NEXT, "__longjmp_chk");
	if (is_loop())
		sched_yield();
	real(env, value);
	abort(); /* it does not return */
}
