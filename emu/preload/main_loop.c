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
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * How long the main loop is held at most.  Going on after that is safe unless it ends within the
 * microsecond of the race: with 20 ms in all cases, a run of five guests went on 850 times while
 * the processor ran, and 1 of 14 such runs differed.
 *
 * A timer of real time that has expired lets the processor execute nothing until the main loop has
 * run it (icount_get_limit()), so the time that ppoll(2) may wait is the limit where there is one.
 * If it is 0, a callback is due, or such a timer.  Without one, nobody waits for the main loop but
 * a guest that resets or panics, and the monitor.
 */
enum { HOLD_NO_TIMER_MS = 2000, HOLD_AT_ONCE_MS = 20, FAR_AWAY_S = 1000000 };

#define SECOND_NS INT64_C(1000000000)

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

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* Waits until the processor does; timer_ns: when the next timer of real time expires. */
static void hold(int64_t timer_ns)
{
	int64_t now = now_ns(), end = now + HOLD_NO_TIMER_MS * INT64_C(1000000);
	struct timespec until;

	if (end > timer_ns)
		end = timer_ns;
	if (end < now + HOLD_AT_ONCE_MS * INT64_C(1000000))
		end = now + HOLD_AT_ONCE_MS * INT64_C(1000000);
	until = (struct timespec){end / SECOND_NS, end % SECOND_NS};
	while (processor_runs)
		if (syscall(SYS_futex, &processor_runs, FUTEX_WAIT_BITSET_PRIVATE, 1, &until, NULL,
			    FUTEX_BITSET_MATCH_ANY) &&
		    errno == ETIMEDOUT)
			break;
}

/* QEMU calls it in its main loop, without its lock. */
__attribute__((visibility("default"))) int
ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *signals)
{
	int64_t timer_ns = INT64_MAX;
	struct timespec copy;
	int rc, error;

	if (timeout) {
		copy = *timeout;
		if (copy.tv_sec < FAR_AWAY_S)
			timer_ns = now_ns() + copy.tv_sec * SECOND_NS + copy.tv_nsec;
	}
	rc = (int)syscall(SYS_ppoll, fds, n, timeout ? &copy : NULL, signals, _NSIG / 8);
	error = errno;
	if (processor_runs && getpid() == gettid())
		hold(timer_ns);
	errno = error;
	return rc;
}
