// SPDX-License-Identifier: GPL-2.0-only
#include "check/worker.h"

#include "check/bio.h"
#include "lib/limit_clock.h"
#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	SAMPLE_MS = 20,
	ASLEEP_SAMPLES = 10, /* so many in a row, */
	ASLEEP_MS = 200,     /* and for so long: it waits, and not for a disk */
	DO_MS = 10000,
	/* No access here needs as many. */
	SPIN_FAULTS = 2000,
};

/* Counters that only grow: asked by the check; begun and done by the task. */
struct worker_shared {
	atomic_uint asked, begun, done;
	work_fn *fn; /* NULL: come home.  The task is a fork: addresses are the same. */
	struct work work;
};

static void pause_ms(unsigned int ms)
{
	const struct timespec pause = {.tv_nsec = (long)ms * 1000 * 1000};

	nanosleep(&pause, NULL);
}

/* ---- what they do ---------------------------------------------------------------------------- */

void work_load(struct live *live, struct work *work)
{
	work->touch = check_copy(work->bytes, live->map.base + work->offset_bytes, work->len);
}

void work_store(struct live *live, struct work *work)
{
	stamp_fill(work->bytes, work->len, LIVE_FILE, work->offset_bytes, work->generation);
	work->touch = check_copy(live->map.base + work->offset_bytes, work->bytes, work->len);
}

static int transferred(ssize_t n, size_t len)
{
	return n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
}

void work_read(struct live *live, struct work *work)
{
	ssize_t n = pread(live->fd, work->bytes, work->len, (off_t)work->offset_bytes);

	work->rc = transferred(n, work->len);
}

void work_write(struct live *live, struct work *work)
{
	ssize_t n;

	stamp_fill(work->bytes, work->len, LIVE_FILE, work->offset_bytes, work->generation);
	n = pwrite(live->fd, work->bytes, work->len, (off_t)work->offset_bytes);
	work->rc = transferred(n, work->len);
}

void work_read_direct(struct live *live, struct work *work)
{
	work->rc = bio_read_fd(live->direct_fd, work->offset_bytes, work->bytes, work->len);
}

void work_write_direct(struct live *live, struct work *work)
{
	stamp_fill(work->bytes, work->len, LIVE_FILE, work->offset_bytes, work->generation);
	work->rc = bio_write_fd(live->direct_fd, work->offset_bytes, work->bytes, work->len);
}

static uint64_t on_device(const struct live *live, uint64_t offset_bytes)
{
	const struct extent *e = extents_find(&live->extents, offset_bytes);

	return e ? e->physical_bytes + offset_bytes - e->logical_bytes : 0;
}

void work_bio_read(struct live *live, struct work *work)
{
	work->rc = bio_read_fd(live->node_fd, on_device(live, work->offset_bytes), work->bytes,
			       work->len);
}

void work_bio_write(struct live *live, struct work *work)
{
	stamp_fill(work->bytes, work->len, LIVE_FILE, work->offset_bytes, work->generation);
	work->rc = bio_write_fd(live->node_fd, on_device(live, work->offset_bytes), work->bytes,
				work->len);
}

static void open_new(struct live *live, struct work *work, int flags, off_t grow)
{
	char path[sizeof(live->fs.where) + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/%" PRIu64, live->fs.where, work->offset_bytes);
	fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	work->rc = fd < 0 ? -errno : 0;
	if (!work->rc && grow && ftruncate(fd, grow) < 0)
		work->rc = -errno;
	if (fd >= 0)
		close(fd);
}

void work_create(struct live *live, struct work *work)
{
	open_new(live, work, O_CREAT, 0);
}

void work_truncate(struct live *live, struct work *work)
{
	open_new(live, work, 0, 1024);
}

void work_fsync(struct live *live, struct work *work)
{
	work->rc = fsync(live->fd) < 0 ? -errno : 0;
}

void work_msync(struct live *live, struct work *work)
{
	int rc = msync(live->map.base + work->offset_bytes, work->len, MS_SYNC);

	work->rc = rc < 0 ? -errno : 0;
}

void work_dontneed(struct live *live, struct work *work)
{
	int rc = madvise(live->map.base + work->offset_bytes, work->len, MADV_DONTNEED);

	work->rc = rc < 0 ? -errno : 0;
}

void work_remap(struct live *live, struct work *work)
{
	mapping_drop(&live->map);
	work->rc = mapping_make(&live->map, live->fd, live->bytes,
				live->spec.map_flags ? live->spec.map_flags : MAP_SHARED,
				live->spec.huge);
}

/* ---- the task -------------------------------------------------------------------------------- */

struct start {
	struct worker_shared *shared;
	struct live live;
};

static int serve(void *arg)
{
	struct start *start = arg;
	struct worker_shared *shared = start->shared;
	unsigned int next = 1;

	for (;; next++) {
		while (atomic_load(&shared->asked) < next)
			pause_ms(1);
		if (!shared->fn)
			return 0;
		atomic_store(&shared->begun, next);
		shared->fn(&start->live, &shared->work);
		atomic_store(&shared->done, next);
	}
}

int workers_start(struct check_env *env, struct worker *workers, unsigned int n,
		  const struct live *live)
{
	struct start start = {.live = *live};
	int rc = 0;

	memset(workers, 0, n * sizeof(*workers));
	for (unsigned int i = 0; i < n && !rc; i++) {
		workers[i].shared = check_shared(env, sizeof(*workers[i].shared));
		if (!workers[i].shared)
			return -ENOMEM;
		start.shared = workers[i].shared;
		rc = check_start(env, &workers[i].task, serve, &start);
	}
	return rc;
}

uint64_t work_page(unsigned int i)
{
	return (uint64_t)i * 16 * PAGE_BYTES;
}

/* ---- the check's side ------------------------------------------------------------------------ */

/* Its state as the kernel has it, and its page faults so far.  Source: proc(5), the third and the
 * tenth field of /proc/PID/stat. */
static char state_of(const struct worker *worker, unsigned long *faults)
{
	char path[64], text[512] = "", *paren, state = '?';
	FILE *in;

	*faults = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)worker->task.pid);
	in = fopen(path, "re");
	if (in && !fgets(text, sizeof(text), in))
		text[0] = '\0';
	if (in)
		fclose(in);
	paren = strrchr(text, ')');
	if (paren)
		sscanf(paren + 1, " %c %*d %*d %*d %*d %*d %*u %lu", &state, faults);
	return state;
}

void worker_ask(struct worker *worker, work_fn *fn, uint64_t offset_bytes, size_t len,
		uint32_t generation)
{
	struct worker_shared *shared = worker->shared;

	shared->work.offset_bytes = offset_bytes;
	shared->work.len = len;
	shared->work.generation = generation;
	shared->work.rc = 0;
	shared->work.touch = (struct check_touch){0};
	shared->fn = fn;
	state_of(worker, &worker->faults_at);
	atomic_fetch_add(&shared->asked, 1);
}

static bool is_done(const struct worker *worker)
{
	return atomic_load(&worker->shared->done) == atomic_load(&worker->shared->asked);
}

static bool has_begun(const struct worker *worker)
{
	return atomic_load(&worker->shared->begun) == atomic_load(&worker->shared->asked);
}

/* Since when a worker was seen asleep each time. */
struct asleep {
	unsigned int samples;
	int64_t since_ms;
};

/* Looks once.  Returns true if nothing more is to be seen of it. */
static bool look(struct worker *worker, struct asleep *asleep, bool until_done)
{
	unsigned long faults;
	char state;

	if (is_done(worker)) {
		worker->state = WORK_DONE;
		return true;
	}
	if (check_wait(&worker->task, 0) && !is_done(worker)) {
		worker->state = WORK_DIED;
		return true;
	}
	if (!has_begun(worker)) {
		worker->state = WORK_RUNS;
		return false;
	}
	state = state_of(worker, &faults);
	asleep->samples = state == 'D' || state == 'S' ? asleep->samples + 1 : 0;
	if (asleep->samples <= 1)
		asleep->since_ms = limit_clock_ms();
	worker->state = asleep->samples				   ? WORK_WAITS
			: faults > worker->faults_at + SPIN_FAULTS ? WORK_SPINS
								   : WORK_RUNS;
	return worker->state == WORK_SPINS ||
	       (!until_done && asleep->samples >= ASLEEP_SAMPLES &&
		limit_clock_ms() - asleep->since_ms >= ASLEEP_MS - SAMPLE_MS);
}

static void watch(struct worker *workers, unsigned int n, unsigned int limit_ms, bool until_done)
{
	int64_t until_ms = limit_clock_ms() + limit_ms;
	struct asleep asleep[64] = {0};
	unsigned int over;

	for (unsigned int wait_ms = 1;; wait_ms = SAMPLE_MS) {
		over = 0;
		for (unsigned int i = 0; i < n; i++)
			over += look(&workers[i], &asleep[i], until_done);
		if (over == n || limit_clock_ms() >= until_ms)
			return;
		pause_ms(wait_ms);
	}
}

void workers_settle(struct worker *workers, unsigned int n, unsigned int limit_ms)
{
	watch(workers, n, limit_ms, false);
}

bool workers_finish(struct worker *workers, unsigned int n, unsigned int limit_ms)
{
	bool all = true;

	watch(workers, n, limit_ms, true);
	for (unsigned int i = 0; i < n; i++)
		all = all && workers[i].state == WORK_DONE;
	return all;
}

const struct work *worker_work(const struct worker *worker)
{
	return &worker->shared->work;
}

const char *worker_outcome(const struct worker *worker, char text[32])
{
	static const char *const names[] = {"done", "waits", "spins", "runs", "dies"};
	const struct work *work = worker_work(worker);

	if (worker->state == WORK_DONE && work->touch.signal)
		snprintf(text, 32, "SIG%s", sigabbrev_np(work->touch.signal));
	else if (worker->state == WORK_DONE && work->rc)
		snprintf(text, 32, "%s", strerrorname_np(-work->rc));
	else
		snprintf(text, 32, "%s", names[worker->state]);
	return text;
}

bool worker_do(struct check_env *env, struct worker *worker, const char *what, work_fn *fn,
	       uint64_t offset_bytes, size_t len, uint32_t generation)
{
	char text[32];

	worker_ask(worker, fn, offset_bytes, len, generation);
	workers_finish(worker, 1, DO_MS);
	if (!strcmp(worker_outcome(worker, text), "done"))
		return true;
	check_broken(env, "%s: %s", what, text);
	return false;
}

bool workers_end(struct worker *workers, unsigned int n)
{
	bool all = true;

	for (unsigned int i = 0; i < n; i++)
		if (workers[i].shared && workers[i].task.pid && is_done(&workers[i]))
			worker_ask(&workers[i], NULL, 0, 0, 0);
	for (unsigned int i = 0; i < n; i++) {
		struct worker *w = &workers[i];

		if (w->task.pid && !(w->state == WORK_DONE && check_wait(&w->task, 1000)))
			all = check_kill(&w->task) && all;
		if (w->shared)
			munmap(w->shared, sizeof(*w->shared));
		w->shared = NULL;
	}
	return all;
}
