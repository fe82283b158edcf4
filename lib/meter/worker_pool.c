// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/worker_pool.h"

#include "lib/base/child.h"
#include "lib/base/limit_clock.h"
#include "lib/file/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Memory that all workers share, also across address spaces. */
struct board {
	atomic_uint ready;    /* workers that wait for a round, summed up over the rounds */
	atomic_uint round;    /* the current round */
	atomic_uint ran;      /* workers whose run() came back, summed up over the rounds */
	atomic_uint turn;     /* the worker whose prove() is next in this round */
	atomic_uint finished; /* workers that are done with this round */
	atomic_bool over;
	struct worker_pool_share share[WORKER_POOL_MAX];
	char why[WORKER_POOL_WHY_BYTES];
};

struct worker {
	struct worker_pool *pool;
	unsigned int number;
	pthread_t thread;
	pid_t pid;
};

struct worker_pool {
	enum worker_pool_kind kind;
	unsigned int n, made;
	int cpu[WORKER_POOL_MAX];
	struct worker_pool_work work;
	struct board *board;
	unsigned int rounds;
	bool stuck; /* a round did not end */
	struct worker worker[WORKER_POOL_MAX];
};

/* Waits without using the processor while other workers run. */
static void nap(void)
{
	const struct timespec ts = {.tv_nsec = 50000};

	nanosleep(&ts, NULL);
}

static unsigned int processors(int *cpu, unsigned int max)
{
	unsigned int n = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		if (n < max)
			cpu[n] = i;
		n++;
	}
	return n;
}

unsigned int worker_pool_processors(void)
{
	return processors(NULL, 0);
}

/* More workers than processors share them, in turn. */
static void go_to_processor(const struct worker_pool *pool, unsigned int number)
{
	unsigned int n = worker_pool_processors();
	cpu_set_t set;

	if (n < 2)
		return;
	CPU_ZERO(&set);
	CPU_SET(pool->cpu[number], &set);
	sched_setaffinity(0, sizeof(set), &set); /* on failure the scheduler places it */
}

/* Returns false if there will be no further round. */
static bool wait_for_round(struct board *board, unsigned int round)
{
	atomic_fetch_add(&board->ready, 1);
	while (atomic_load(&board->round) < round) {
		if (atomic_load(&board->over))
			return false;
		sched_yield();
	}
	return true;
}

static void work_round(const struct worker_pool *pool, unsigned int number, unsigned int round)
{
	struct board *board = pool->board;
	struct worker_pool_share *share = &board->share[number];
	uint64_t faults = mapping_page_faults();

	share->begin_ns = limit_clock_wall_ns();
	share->done = pool->work.run(pool->work.arg, number);
	share->end_ns = limit_clock_wall_ns();
	share->faults = mapping_page_faults() - faults;
	/* The next steps would disturb workers that still run. */
	atomic_fetch_add(&board->ran, 1);
	while (atomic_load(&board->ran) < pool->n * round)
		nap();
	if (pool->work.prove) {
		char why[WORKER_POOL_WHY_BYTES] = "";

		while (atomic_load(&board->turn) != number)
			nap();
		pool->work.prove(pool->work.arg, number, why);
		if (why[0] && !board->why[0])
			memcpy(board->why, why, sizeof(why));
		atomic_fetch_add(&board->turn, 1);
	}
	atomic_fetch_add(&board->finished, 1);
}

static void *work_rounds(void *arg)
{
	struct worker *worker = arg;
	struct worker_pool *pool = worker->pool;

	go_to_processor(pool, worker->number);
	for (unsigned int round = 1;; round++) {
		if (pool->work.before)
			pool->work.before(pool->work.arg, worker->number);
		if (!wait_for_round(pool->board, round))
			return NULL;
		work_round(pool, worker->number, round);
	}
}

static int make_worker(struct worker_pool *pool, unsigned int number)
{
	struct worker *worker = &pool->worker[number];

	worker->pool = pool;
	worker->number = number;
	if (pool->kind == WORKER_POOL_THREADS)
		return -pthread_create(&worker->thread, NULL, work_rounds, worker);
	fflush(NULL);
	worker->pid = child_fork();
	if (worker->pid)
		return worker->pid < 0 ? worker->pid : 0;
	work_rounds(worker);
	_exit(0);
}

int worker_pool_make(struct worker_pool **out, enum worker_pool_kind kind, unsigned int n,
		     const struct worker_pool_work *work)
{
	struct worker_pool *pool = NULL;
	unsigned int cpus;
	int rc = 0;

	*out = NULL;
	if (!n || n > WORKER_POOL_MAX)
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	*pool = (struct worker_pool){.kind = kind, .n = n, .work = *work};
	pool->board = mmap(NULL, sizeof(*pool->board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pool->board == MAP_FAILED) {
		free(pool);
		return -ENOMEM;
	}
	*out = pool;
	cpus = processors(pool->cpu, WORKER_POOL_MAX);
	for (unsigned int i = cpus; i < n; i++)
		pool->cpu[i] = pool->cpu[i % cpus];
	for (; pool->made < n && !rc; pool->made += !rc)
		rc = make_worker(pool, pool->made);
	return rc;
}

static bool has_died(struct worker_pool *pool)
{
	for (unsigned int i = 0; i < pool->made && pool->kind == WORKER_POOL_PROCESSES; i++) {
		struct worker *worker = &pool->worker[i];

		if (worker->pid > 0 && waitpid(worker->pid, NULL, WNOHANG) == worker->pid) {
			worker->pid = 0;
			return true;
		}
	}
	return false;
}

/* Waits until the counter reaches value.  Returns 0, -ECHILD or -ETIMEDOUT. */
static int wait_until(struct worker_pool *pool, atomic_uint *counter, unsigned int value,
		      int64_t until_ms)
{
	while (atomic_load(counter) < value) {
		if (has_died(pool))
			return -ECHILD;
		if (limit_clock_ms() > until_ms)
			return -ETIMEDOUT;
		nap();
	}
	return 0;
}

int worker_pool_round(struct worker_pool *pool, unsigned int limit_s,
		      struct worker_pool_share *share, char why[WORKER_POOL_WHY_BYTES])
{
	int64_t until_ms = limit_clock_ms() + (int64_t)limit_s * 1000;
	struct board *board = pool->board;
	int rc = pool->stuck
			 ? -ETIMEDOUT
			 : wait_until(pool, &board->ready, pool->n * (pool->rounds + 1), until_ms);

	if (!rc) {
		atomic_store(&board->turn, 0);
		atomic_store(&board->finished, 0);
		board->why[0] = '\0';
		atomic_store(&board->round, ++pool->rounds);
		rc = wait_until(pool, &board->finished, pool->n, until_ms);
	}
	pool->stuck = pool->stuck || rc < 0;
	memcpy(share, board->share, pool->n * sizeof(*share));
	memcpy(why, board->why, WORKER_POOL_WHY_BYTES);
	return rc;
}

void worker_pool_end(struct worker_pool *pool)
{
	if (!pool)
		return;
	atomic_store(&pool->board->over, true);
	for (unsigned int i = 0; i < pool->made; i++) {
		struct worker *worker = &pool->worker[i];

		if (pool->kind == WORKER_POOL_THREADS && !pool->stuck)
			pthread_join(worker->thread, NULL);
		if (pool->kind == WORKER_POOL_THREADS || worker->pid <= 0)
			continue;
		if (pool->stuck)
			kill(worker->pid, SIGKILL);
		/* SIGCHLD of another worker also interrupts the wait. */
		while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (pool->kind == WORKER_POOL_THREADS && pool->stuck)
		return; /* stuck threads may still access it */
	munmap(pool->board, sizeof(*pool->board));
	free(pool);
}

static void span(const struct worker_pool_share *share, unsigned int n, int64_t *first_begin,
		 int64_t *last_begin, int64_t *first_end, int64_t *last_end)
{
	*first_begin = *last_begin = n ? share[0].begin_ns : 0;
	*first_end = *last_end = n ? share[0].end_ns : 0;
	for (unsigned int i = 1; i < n; i++) {
		if (share[i].begin_ns < *first_begin)
			*first_begin = share[i].begin_ns;
		if (share[i].begin_ns > *last_begin)
			*last_begin = share[i].begin_ns;
		if (share[i].end_ns < *first_end)
			*first_end = share[i].end_ns;
		if (share[i].end_ns > *last_end)
			*last_end = share[i].end_ns;
	}
}

int64_t worker_pool_rate(const struct worker_pool_share *share, unsigned int n)
{
	int64_t first_begin, last_begin, first_end, last_end;
	uint64_t done = 0;

	span(share, n, &first_begin, &last_begin, &first_end, &last_end);
	for (unsigned int i = 0; i < n; i++)
		done += share[i].done;
	if (last_end <= first_begin)
		return 0;
	return (int64_t)((double)done * 1e9 / (double)(last_end - first_begin) + 0.5);
}

int worker_pool_overlap_percent(const struct worker_pool_share *share, unsigned int n)
{
	int64_t first_begin, last_begin, first_end, last_end;

	span(share, n, &first_begin, &last_begin, &first_end, &last_end);
	if (last_end <= first_begin || first_end <= last_begin)
		return 0;
	return (int)(100 * (first_end - last_begin) / (last_end - first_begin));
}
