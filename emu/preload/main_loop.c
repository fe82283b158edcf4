// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's main loop, under -icount with sleep=off, goes on only while the guest's processor waits.
 *
 * The main loop advances the guest's clock to the next timer when the processor is halted.  It can
 * see that before the processor's thread has added the instructions that it executed to the clock
 * (icount_process_data() in QEMU's accel/tcg).  Then the clock goes too far, by these instructions,
 * and where later timer interrupts hit depends on the load of the host.  Here, what has woken the
 * main loop is kept from it until the processor's thread is in pthread_cond_wait(3), from where
 * only the main loop wakes it.
 *
 * The processor's thread is known by the name that it has with -name debug-threads=on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The processor may itself wait for the main loop without being idle: with 1 s, a run of 6 s took
 * 9.  Going on after this time is safe unless it ends within the microsecond of the race. */
enum { HOLD_MS = 20 };

static atomic_int processor_runs; /* 0 while it waits, and in a QEMU without such a thread */

static bool is_processor(void)
{
	static __thread int is = -1;
	char name[16];

	if (is < 0)
		is = !pthread_getname_np(pthread_self(), name, sizeof(name)) &&
		     !strcmp(name, "ALL CPUs/TCG");
	return is;
}

/* pthread_cond_wait(3) of the C library, which has an older one, too; dlsym(3) may return that. */
static int wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	static int (*_Atomic real)(pthread_cond_t *, pthread_mutex_t *);
	void *found;

	if (!real) {
		found = dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
		if (!found)
			found = dlsym(RTLD_NEXT, "pthread_cond_wait");
		real = (int (*)(pthread_cond_t *, pthread_mutex_t *))found;
	}
	return real(cond, mutex);
}

__attribute__((visibility("default"))) int pthread_cond_wait(pthread_cond_t *cond,
							     pthread_mutex_t *mutex)
{
	int rc;

	if (!is_processor())
		return wait(cond, mutex);
	processor_runs = 0;
	syscall(SYS_futex, &processor_runs, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	rc = wait(cond, mutex);
	processor_runs = 1;
	return rc;
}

/* QEMU calls it in its main loop, without its lock. */
__attribute__((visibility("default"))) int
ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *signals)
{
	const struct timespec hold = {.tv_nsec = HOLD_MS * 1000000L};
	struct timespec copy = timeout ? *timeout : hold;
	int rc = (int)syscall(SYS_ppoll, fds, n, timeout ? &copy : NULL, signals, _NSIG / 8);
	int error = errno;

	while (processor_runs && getpid() == gettid())
		if (syscall(SYS_futex, &processor_runs, FUTEX_WAIT_PRIVATE, 1, &hold, NULL, 0) &&
		    errno == ETIMEDOUT)
			break;
	errno = error;
	return rc;
}
