// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/worker_pool.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORKERS = 4, PAGES = 200, PAGE = 4096, LIMIT_S = 20 };

static void rate_is_all_work_over_the_whole_time(void **state)
{
	const struct worker_pool_share share[] = {{1000, 3000, 50, 0}, {2000, 5000, 150, 0}};

	(void)state;
	assert_int_equal(worker_pool_rate(share, 2), 50000000); /* 200 in 4 us */
	assert_int_equal(worker_pool_rate(share, 1), 25000000);
	assert_int_equal(worker_pool_rate(share, 0), 0);
	assert_int_equal(worker_pool_overlap_percent(share, 2), 25);
	assert_int_equal(worker_pool_overlap_percent(share, 1), 100);
	assert_int_equal(worker_pool_overlap_percent(share, 0), 0);
}

static void one_after_the_other_is_no_overlap(void **state)
{
	const struct worker_pool_share share[] = {{1000, 2000, 1, 0}, {3000, 4000, 1, 0}};
	const struct worker_pool_share none[] = {{1000, 1000, 1, 0}};

	(void)state;
	assert_int_equal(worker_pool_overlap_percent(share, 2), 0);
	assert_int_equal(worker_pool_rate(none, 1), 0);
}

/* Shared memory, so that processes can be looked at, too. */
struct ledger {
	unsigned int prepared[WORKERS], ran[WORKERS], proven[WORKERS];
	unsigned int order; /* in which they proved, as decimal digits */
	pid_t pid[WORKERS];
	char *pages[WORKERS];
	unsigned int complains; /* worker + 1 */
};

static void before(void *arg, unsigned int worker)
{
	struct ledger *ledger = arg;

	ledger->prepared[worker]++;
	if (ledger->pages[worker])
		madvise(ledger->pages[worker], PAGES * PAGE, MADV_DONTNEED);
}

/* Unwatched: the shadow of fresh pages is fresh, too. */
__attribute__((no_sanitize("address"))) static uint64_t run(void *arg, unsigned int worker)
{
	struct ledger *ledger = arg;
	volatile char *pages = ledger->pages[worker];

	ledger->pid[worker] = getpid();
	ledger->ran[worker]++;
	for (unsigned int i = 0; i < PAGES && pages; i++)
		pages[i * PAGE] = 1;
	return PAGES;
}

static void prove(void *arg, unsigned int worker, char why[WORKER_POOL_WHY_BYTES])
{
	struct ledger *ledger = arg;

	ledger->proven[worker]++;
	ledger->order = ledger->order * 10 + worker + 1;
	if (ledger->complains == worker + 1)
		snprintf(why, WORKER_POOL_WHY_BYTES, "worker %u saw it", worker);
}

static struct ledger *new_ledger(void)
{
	struct ledger *ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(ledger != MAP_FAILED);
	for (unsigned int i = 0; i < WORKERS; i++) {
		ledger->pages[i] = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_true(ledger->pages[i] != MAP_FAILED);
		madvise(ledger->pages[i], PAGES * PAGE, MADV_NOHUGEPAGE);
	}
	return ledger;
}

static void drop_ledger(struct ledger *ledger)
{
	for (unsigned int i = 0; i < WORKERS; i++)
		munmap(ledger->pages[i], PAGES * PAGE);
	munmap(ledger, sizeof(*ledger));
}

/* Each worker works once in each round, all take their own faults, and they prove in order. */
static void check_rounds(enum worker_pool_kind kind)
{
	struct ledger *ledger = new_ledger();
	const struct worker_pool_work work = {before, run, prove, ledger};
	struct worker_pool_share share[WORKER_POOL_MAX];
	char why[WORKER_POOL_WHY_BYTES];
	struct worker_pool *pool;

	assert_int_equal(worker_pool_make(&pool, kind, WORKERS, &work), 0);
	for (unsigned int round = 1; round <= 3; round++) {
		ledger->order = 0;
		assert_int_equal(worker_pool_round(pool, LIMIT_S, share, why), 0);
		assert_string_equal(why, "");
		assert_int_equal(ledger->order, 1234);
		for (unsigned int i = 0; i < WORKERS; i++) {
			assert_int_equal(ledger->ran[i], round);
			assert_int_equal(ledger->proven[i], round);
			assert_true(ledger->prepared[i] >= round);
			assert_int_equal(share[i].done, PAGES);
			assert_true(share[i].end_ns > share[i].begin_ns);
			/* In the first round a worker's own memory is fresh, too. */
			assert_true(share[i].faults >= PAGES);
			if (round > 1)
				assert_int_equal(share[i].faults, PAGES);
			assert_int_equal(ledger->pid[i] == getpid(), kind == WORKER_POOL_THREADS);
		}
		assert_true(worker_pool_rate(share, WORKERS) > 0);
	}
	ledger->complains = 3;
	assert_int_equal(worker_pool_round(pool, LIMIT_S, share, why), 0);
	assert_string_equal(why, "worker 2 saw it");
	ledger->complains = 0;
	assert_int_equal(worker_pool_round(pool, LIMIT_S, share, why), 0);
	assert_string_equal(why, "");
	worker_pool_end(pool);
	drop_ledger(ledger);
}

static void threads_work_in_rounds(void **state)
{
	(void)state;
	check_rounds(WORKER_POOL_THREADS);
}

static void on_child(int signal)
{
	(void)signal;
}

/* As where benchmarks run, each child that ends interrupts what waits. */
static void processes_work_in_rounds(void **state)
{
	struct sigaction action = {.sa_handler = on_child};

	(void)state;
	assert_int_equal(sigaction(SIGCHLD, &action, NULL), 0);
	for (int i = 0; i < 10; i++)
		check_rounds(WORKER_POOL_PROCESSES);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
	assert_int_equal(errno, ECHILD);
}

static void sizes_have_limits(void **state)
{
	const struct worker_pool_work work = {.run = run};
	struct worker_pool *pool;

	(void)state;
	assert_int_equal(worker_pool_make(&pool, WORKER_POOL_THREADS, 0, &work), -EINVAL);
	worker_pool_end(pool);
	assert_int_equal(worker_pool_make(&pool, WORKER_POOL_THREADS, WORKER_POOL_MAX + 1, &work),
			 -EINVAL);
	worker_pool_end(pool);
	assert_true(worker_pool_processors() >= 1);
}

static uint64_t die(void *arg, unsigned int worker)
{
	(void)arg;
	if (worker == 1)
		raise(SIGKILL);
	return 1;
}

static uint64_t hang(void *arg, unsigned int worker)
{
	(void)arg;
	while (worker == 1)
		pause();
	return 1;
}

static void a_dead_or_stuck_worker_is_noticed(void **state)
{
	const struct worker_pool_work dies = {.run = die}, hangs = {.run = hang};
	struct worker_pool_share share[WORKER_POOL_MAX];
	char why[WORKER_POOL_WHY_BYTES];
	struct worker_pool *pool;

	(void)state;
	assert_int_equal(worker_pool_make(&pool, WORKER_POOL_PROCESSES, 2, &dies), 0);
	assert_int_equal(worker_pool_round(pool, LIMIT_S, share, why), -ECHILD);
	worker_pool_end(pool);
	assert_int_equal(worker_pool_make(&pool, WORKER_POOL_PROCESSES, 2, &hangs), 0);
	assert_int_equal(worker_pool_round(pool, 1, share, why), -ETIMEDOUT);
	assert_int_equal(worker_pool_round(pool, 1, share, why), -ETIMEDOUT);
	worker_pool_end(pool);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate_is_all_work_over_the_whole_time),
		cmocka_unit_test(one_after_the_other_is_no_overlap),
		cmocka_unit_test(threads_work_in_rounds),
		cmocka_unit_test(processes_work_in_rounds),
		cmocka_unit_test(sizes_have_limits),
		cmocka_unit_test(a_dead_or_stuck_worker_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
