// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's processor that waits in a loop gives way to other threads of the host.
 *
 * Guests have more processors together than the host.  One that spins for a lock then takes time
 * from the one that holds it.  On `pause`, which each such loop has, QEMU leaves the guest's code
 * by siglongjmp(3), as on an exception: helper_pause() and cpu_loop_exit() in its source.  Under
 * -icount this changes no number: the guest's clock does not advance meanwhile.
 */
#include <dlfcn.h>
#include <sched.h>
#include <setjmp.h>
#include <stdlib.h>

/* siglongjmp(3), as the C library names it in programs that are built with _FORTIFY_SOURCE. */
__attribute__((visibility("default"), noreturn)) void __longjmp_chk(struct __jmp_buf_tag env[1],
								    int value);

void __longjmp_chk(struct __jmp_buf_tag env[1], int value)
{
	static void (*_Atomic real)(struct __jmp_buf_tag[1], int);

	if (!real)
		real = (void (*)(struct __jmp_buf_tag[1], int))dlsym(RTLD_NEXT, "__longjmp_chk");
	sched_yield();
	real(env, value);
	abort(); /* it does not return */
}
