// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/crew.h"

#include "lib/base/limit_clock.h"
#include "lib/file/file.h"

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
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What all see, whatever address spaces they have. */
struct board {
	atomic_uint ready;    /* workers that wait for a round, summed up over the rounds */
	atomic_uint round;    /* the one that may run */
	atomic_uint ran;      /* workers whose run() came back, summed up over the rounds */
	atomic_uint turn;     /* whose prove() is next in this round */
	atomic_uint finished; /* workers that are done with this round */
	atomic_bool over;
	struct crew_share share[CREW_MAX];
	char why[CREW_WHY_BYTES];
};

struct worker {
	struct crew *crew;
	unsigned int number;
	pthread_t thread;
	pid_t pid;
};

struct crew {
	enum crew_kind kind;
	unsigned int n, made;
	int cpu[CREW_MAX];
	struct crew_work work;
	struct board *board;
	unsigned int rounds;
	bool stuck; /* a round did not end */
	struct worker worker[CREW_MAX];
};

/* Of one who waits while others are at it: gives up the processor. */
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

unsigned int crew_processors(void)
{
	return processors(NULL, 0);
}

/* More workers than processors share them, in turn. */
static void go_to_processor(const struct crew *crew, unsigned int number)
{
	unsigned int n = crew_processors();
	cpu_set_t set;

	if (crew->cpu[number] < 0 || n < 2)
		return;
	CPU_ZERO(&set);
	CPU_SET(crew->cpu[number], &set);
	sched_setaffinity(0, sizeof(set), &set); /* else it goes where the scheduler sends it */
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

static void work_round(const struct crew *crew, unsigned int number, unsigned int round)
{
	struct board *board = crew->board;
	struct crew_share *share = &board->share[number];
	uint64_t faults = page_faults();

	share->begin_ns = limit_clock_wall_ns();
	share->done = crew->work.run(crew->work.arg, number);
	share->end_ns = limit_clock_wall_ns();
	share->faults = page_faults() - faults;
	/* What comes next would disturb those who are still at it. */
	atomic_fetch_add(&board->ran, 1);
	while (atomic_load(&board->ran) < crew->n * round)
		nap();
	if (crew->work.prove) {
		char why[CREW_WHY_BYTES] = "";

		while (atomic_load(&board->turn) != number)
			nap();
		crew->work.prove(crew->work.arg, number, why);
		if (why[0] && !board->why[0])
			memcpy(board->why, why, sizeof(why));
		atomic_fetch_add(&board->turn, 1);
	}
	atomic_fetch_add(&board->finished, 1);
}

static void *work_rounds(void *arg)
{
	struct worker *worker = arg;
	struct crew *crew = worker->crew;

	go_to_processor(crew, worker->number);
	for (unsigned int round = 1;; round++) {
		if (crew->work.before)
			crew->work.before(crew->work.arg, worker->number);
		if (!wait_for_round(crew->board, round))
			return NULL;
		work_round(crew, worker->number, round);
	}
}

static int make_worker(struct crew *crew, unsigned int number)
{
	struct worker *worker = &crew->worker[number];
	pid_t parent = getpid();

	worker->crew = crew;
	worker->number = number;
	if (crew->kind == CREW_THREADS)
		return -pthread_create(&worker->thread, NULL, work_rounds, worker);
	fflush(NULL);
	worker->pid = fork();
	if (worker->pid < 0)
		return -errno;
	if (worker->pid)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		work_rounds(worker);
	_exit(0);
}

int crew_make(struct crew **out, enum crew_kind kind, unsigned int n, const struct crew_work *work)
{
	struct crew *crew = NULL;
	unsigned int cpus;
	int rc = 0;

	*out = NULL;
	if (!n || n > CREW_MAX)
		return -EINVAL;
	crew = calloc(1, sizeof(*crew));
	if (!crew)
		return -ENOMEM;
	*crew = (struct crew){.kind = kind, .n = n, .work = *work};
	crew->board = mmap(NULL, sizeof(*crew->board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (crew->board == MAP_FAILED) {
		free(crew);
		return -ENOMEM;
	}
	*out = crew;
	cpus = processors(crew->cpu, CREW_MAX);
	for (unsigned int i = cpus; i < n; i++)
		crew->cpu[i] = crew->cpu[i % cpus];
	for (; crew->made < n && !rc; crew->made += !rc)
		rc = make_worker(crew, crew->made);
	return rc;
}

static bool has_died(struct crew *crew)
{
	for (unsigned int i = 0; i < crew->made && crew->kind == CREW_PROCESSES; i++) {
		struct worker *worker = &crew->worker[i];

		if (worker->pid > 0 && waitpid(worker->pid, NULL, WNOHANG) == worker->pid) {
			worker->pid = 0;
			return true;
		}
	}
	return false;
}

/* Until the counter is at least as far.  Returns 0, -ECHILD or -ETIMEDOUT. */
static int wait_until(struct crew *crew, atomic_uint *counter, unsigned int value, int64_t until_ms)
{
	while (atomic_load(counter) < value) {
		if (has_died(crew))
			return -ECHILD;
		if (limit_clock_ms() > until_ms)
			return -ETIMEDOUT;
		nap();
	}
	return 0;
}

int crew_round(struct crew *crew, unsigned int limit_s, struct crew_share *share,
	       char why[CREW_WHY_BYTES])
{
	int64_t until_ms = limit_clock_ms() + (int64_t)limit_s * 1000;
	struct board *board = crew->board;
	int rc = crew->stuck
			 ? -ETIMEDOUT
			 : wait_until(crew, &board->ready, crew->n * (crew->rounds + 1), until_ms);

	if (!rc) {
		atomic_store(&board->turn, 0);
		atomic_store(&board->finished, 0);
		board->why[0] = '\0';
		atomic_store(&board->round, ++crew->rounds);
		rc = wait_until(crew, &board->finished, crew->n, until_ms);
	}
	crew->stuck = crew->stuck || rc < 0;
	memcpy(share, board->share, crew->n * sizeof(*share));
	memcpy(why, board->why, CREW_WHY_BYTES);
	return rc;
}

void crew_end(struct crew *crew)
{
	if (!crew)
		return;
	atomic_store(&crew->board->over, true);
	for (unsigned int i = 0; i < crew->made; i++) {
		struct worker *worker = &crew->worker[i];

		if (crew->kind == CREW_THREADS && !crew->stuck)
			pthread_join(worker->thread, NULL);
		if (crew->kind == CREW_THREADS || worker->pid <= 0)
			continue;
		if (crew->stuck)
			kill(worker->pid, SIGKILL);
		/* The signal of another one that ended wakes us, too. */
		while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (crew->kind == CREW_THREADS && crew->stuck)
		return; /* they may still look at it */
	munmap(crew->board, sizeof(*crew->board));
	free(crew);
}

static void span(const struct crew_share *share, unsigned int n, int64_t *first_begin,
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

int64_t crew_rate(const struct crew_share *share, unsigned int n)
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

int crew_overlap_percent(const struct crew_share *share, unsigned int n)
{
	int64_t first_begin, last_begin, first_end, last_end;

	span(share, n, &first_begin, &last_begin, &first_end, &last_end);
	if (last_end <= first_begin || first_end <= last_begin)
		return 0;
	return (int)(100 * (first_end - last_begin) / (last_end - first_begin));
}
