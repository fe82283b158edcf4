// SPDX-License-Identifier: GPL-2.0-only
/*
 * How page faults and translations scale with the number of processors.
 *
 * A pool of workers (lib/meter/worker_pool.h), each bound to a processor, does 512 operations per
 * worker.  One sample is one such round: operations per second of all workers, from the first begin
 * to the last end.  Higher is better; twice the workers should give twice the rate.
 *
 *   fault  a load from a page of 4 KiB that is not mapped and that the DAX index knows: the pages
 *          are dropped by MADV_DONTNEED before each round
 *   read   pread(2) of 64 bytes: one translation (dax_direct_access), and no page table
 *
 *   threads    share one address space, and so its mmap_lock (or locks of its areas, since 6.4)
 *   processes  do not: contention that remains is on the file, device-mapper or pmem
 *
 *   one  file for all, a separate 2 MiB range per worker: i_mmap, the locks of
 *        DAX index and inode
 *   own  file per worker
 *
 * The last word is the number of workers; `all` is one for each processor of the host.
 *
 * Shape to expect: device-mapper adds one SRCU read section per level.  SRCU uses per-CPU counters
 * and should not limit scaling.  Locks of a shared file or address space do.
 *
 * Needs meter time: meter insn has one processor.  With --meter none it runs on emulated processors
 * and verifies faults and page frames; no rate is recorded.  A round in which all workers ran
 * concurrently for less than half of the time gives no sample; if most rounds are such, the record
 * is void.  The cost of the two clock readings around 512 operations is not subtracted.
 *
 * Alone: ./run.sh bench --host --device /dev/pmemN --bench 'scale.*'
 */
#include "bench/bench.h"
#include "bench/file_ops.h"
#include "bench/need.h"
#include "lib/base/msg.h"
#include "lib/file/datafile.h"
#include "lib/file/mapping.h"
#include "lib/meter/worker_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	PAGES = WINDOW_BYTES / PAGE_BYTES, /* operations of a worker in a round */
	ROUNDS = 32,
	ROUNDS_UNTIMED = 4, /* where no number is kept */
	LIMIT_S = 60,
	OVERLAP_MIN_PERCENT = 50,
	READ_BYTES = 64,
	N_SIZES = 8,
	N_KINDS = 8, /* fault or read, threads or processes, one file or own ones */
	N_VARIANTS = N_SIZES * N_KINDS,
};

extern const struct bench bench_scale;

struct plan {
	enum { FAULT, READ } what;
	enum worker_pool_kind kind;
	bool own;
	unsigned int workers; /* 0: one for each processor */
};

#define FAULT_WHY "loads from pages not mapped"
#define READ_WHY "pread of 64 bytes, one translation each"

#define ONE(what_, kind_, own_, n_, name_)                                       \
	{                                                                        \
		.name = name_, .why = what_##_WHY, .arg = &(const struct plan)   \
		{                                                                \
			.what = what_, .kind = kind_, .own = own_, .workers = n_ \
		}                                                                \
	}
#define SIZES(what, kind, own, name)                                                        \
	ONE(what, kind, own, 1, name ".1"), ONE(what, kind, own, 2, name ".2"),             \
		ONE(what, kind, own, 4, name ".4"), ONE(what, kind, own, 8, name ".8"),     \
		ONE(what, kind, own, 16, name ".16"), ONE(what, kind, own, 32, name ".32"), \
		ONE(what, kind, own, 64, name ".64"), ONE(what, kind, own, 0, name ".all")

static const struct variant variants[] = {
	SIZES(FAULT, WORKER_POOL_THREADS, false, "fault.threads.one"),
	SIZES(FAULT, WORKER_POOL_THREADS, true, "fault.threads.own"),
	SIZES(FAULT, WORKER_POOL_PROCESSES, false, "fault.processes.one"),
	SIZES(FAULT, WORKER_POOL_PROCESSES, true, "fault.processes.own"),
	SIZES(READ, WORKER_POOL_THREADS, false, "read.threads.one"),
	SIZES(READ, WORKER_POOL_THREADS, true, "read.threads.own"),
	SIZES(READ, WORKER_POOL_PROCESSES, false, "read.processes.one"),
	SIZES(READ, WORKER_POOL_PROCESSES, true, "read.processes.own"),
	{0},
};

static const char *const points[] = {
	"dm_dax_direct_access",
	"pmem_dax_direct_access",
	"dax_direct_access",
	NULL,
};

/* A file without holes. */
struct written {
	int fd; /* -1: not open */
	struct extents extents;
	struct mapping mapping; /* while the workers run */
};

/* The data of one worker. */
struct post {
	const struct written *file;
	int fd;		 /* opened for this worker alone */
	uint64_t offset; /* in the file, of its 2 MiB */
};

struct result {
	int64_t *samples; /* operations per second */
	size_t n;
	unsigned int workers;
	unsigned int serial; /* rounds in which the workers did not run concurrently: no samples */
	struct proof proof;  /* its path: hits of the probe pass */
	char why[WORKER_POOL_WHY_BYTES];
	struct missing missing;
};

struct scale {
	const struct bench_env *env;
	const struct plan *plan; /* of the pass that runs */
	unsigned int processors, n_files;
	struct written one, own[WORKER_POOL_MAX];
	struct post post[WORKER_POOL_MAX];
	struct missing missing; /* set: the files could not be created */
	struct result results[N_VARIANTS];
};

/* --- files ----------------------------------------------------------------------------------- */

static int write_windows(int fd, unsigned int n)
{
	char *window = calloc(1, WINDOW_BYTES);
	int rc = window ? file_ops_fill(fd, window, (uint64_t)n * WINDOW_BYTES) : -ENOMEM;

	free(window);
	return rc;
}

static void file_path(const struct bench_env *env, int number, char path[256])
{
	if (number < 0)
		snprintf(path, 256, "%s/scale", env->directory);
	else
		snprintf(path, 256, "%s/scale-%d", env->directory, number);
}

static int make_file(const struct bench_env *env, struct written *file, int number, unsigned int n)
{
	char path[256];
	int rc;

	file_path(env, number, path);
	file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return -errno;
	if (fs_file_is_dax(file->fd) != 1)
		return -ENOTSUP;
	rc = write_windows(file->fd, n);
	return rc < 0 ? rc : extents_read(file->fd, &file->extents);
}

static void remove_file(const struct bench_env *env, struct written *file, int number)
{
	char path[256];

	if (file->fd < 0)
		return;
	close(file->fd);
	extents_free(&file->extents);
	file_path(env, number, path);
	unlink(path);
}

static int make_files(struct bench_env *env, struct scale *s)
{
	static const char *const left[] = {"data", "holes"};
	unsigned int n = s->processors < WORKER_POOL_MAX ? s->processors : WORKER_POOL_MAX;
	char path[256];
	int rc;

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", env->directory, left[i]);
		unlink(path);
	}
	rc = make_file(env, &s->one, -1, n);
	for (; s->n_files < n && !rc; s->n_files++)
		rc = make_file(env, &s->own[s->n_files], (int)s->n_files, 1);
	return rc;
}

static int setup(struct bench_env *env, void **state)
{
	struct scale *s = calloc(1, sizeof(*s));
	int rc;

	*state = s;
	if (!s)
		return -ENOMEM;
	s->env = env;
	s->processors = worker_pool_processors();
	s->one.fd = -1;
	for (unsigned int i = 0; i < WORKER_POOL_MAX; i++)
		s->own[i].fd = s->post[i].fd = -1;
	rc = make_files(env, s);
	if (rc == -ENOSPC) {
		s->missing = (struct missing){"the filesystem is too small for 4 MiB per processor",
					      "use a larger device"};
		return 0;
	}
	if (rc < 0)
		msg_error("cannot make the files of scale on %s: %s", env->stack->node,
			  strerror(-rc));
	return rc;
}

static void teardown(struct bench_env *env, void *state)
{
	struct scale *s = state;

	if (!s)
		return;
	remove_file(env, &s->one, -1);
	for (unsigned int i = 0; i < WORKER_POOL_MAX; i++)
		remove_file(env, &s->own[i], (int)i);
	for (size_t i = 0; i < N_VARIANTS; i++) {
		proof_free(&s->results[i].proof);
		free(s->results[i].samples);
	}
	free(s);
}

/* --- the work -------------------------------------------------------------------------------- */

static volatile char *post_base(const struct post *post)
{
	return post->file->mapping.base + post->offset;
}

static void drop_pages(void *arg, unsigned int worker)
{
	const struct scale *s = arg;

	if (s->plan->what == FAULT)
		madvise((void *)post_base(&s->post[worker]), WINDOW_BYTES, MADV_DONTNEED);
}

static uint64_t fault_pages(const struct post *post)
{
	volatile char *base = post_base(post);

	for (unsigned int p = 0; p < PAGES; p++)
		(void)base[p * PAGE_BYTES];
	return PAGES;
}

/* Returns the number of reads that returned the written data. */
static uint64_t read_pages(const struct post *post)
{
	uint64_t good = 0;

	for (unsigned int p = 0; p < PAGES; p++) {
		uint64_t at = post->offset + p * PAGE_BYTES, words[READ_BYTES / sizeof(uint64_t)];

		good += pread(post->fd, words, READ_BYTES, (off_t)at) == READ_BYTES &&
			words[0] == datafile_stamp(at);
	}
	return good;
}

static uint64_t work(void *arg, unsigned int worker)
{
	const struct scale *s = arg;
	const struct post *post = &s->post[worker];

	return s->plan->what == FAULT ? fault_pages(post) : read_pages(post);
}

/* Verifies that each page of this worker is the frame that extents and tables give, and holds the
 * written data. */
static void prove_pages(void *arg, unsigned int worker, char why[WORKER_POOL_WHY_BYTES])
{
	const struct scale *s = arg;
	const struct post *post = &s->post[worker];
	struct frame_proof proof = {
		.pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC),
		.backing = stack_backing(s->env->stack),
		.extents = post->file->extents,
	};

	mapping_prove_frames(&proof, &post->file->mapping, post->offset, PAGES, why,
			     WORKER_POOL_WHY_BYTES);
	close(proof.pagemap_fd);
	for (unsigned int p = 0; p < PAGES && !why[0]; p++) {
		uint64_t at = post->offset + p * PAGE_BYTES, value;

		memcpy(&value, (const char *)post->file->mapping.base + at, sizeof(value));
		if (value != datafile_stamp(at))
			snprintf(why, WORKER_POOL_WHY_BYTES,
				 "file offset %" PRIu64 " reads %#" PRIx64, at, value);
	}
}

/* --- a pass ---------------------------------------------------------------------------------- */

static int map_file(struct written *file, unsigned int windows)
{
	return mapping_make(&file->mapping, file->fd, (uint64_t)windows * WINDOW_BYTES, MAP_SHARED,
			    false);
}

/* All work that takes mmap_lock for writing is done before the pool is created. */
static int make_posts(struct scale *s, unsigned int n)
{
	bool own = s->plan->own;
	int rc = own ? 0 : map_file(&s->one, n);

	for (unsigned int i = 0; i < n && !rc; i++) {
		struct post *post = &s->post[i];
		char path[256];

		post->file = own ? &s->own[i] : &s->one;
		post->offset = own ? 0 : (uint64_t)i * WINDOW_BYTES;
		file_path(s->env, own ? (int)i : -1, path);
		post->fd = open(path, O_RDONLY | O_CLOEXEC);
		rc = post->fd < 0 ? -errno : own ? map_file(&s->own[i], 1) : 0;
	}
	return rc;
}

static void drop_posts(struct scale *s)
{
	for (unsigned int i = 0; i < WORKER_POOL_MAX; i++) {
		struct written *file = i ? &s->own[i - 1] : &s->one;

		if (s->post[i].fd >= 0)
			close(s->post[i].fd);
		s->post[i].fd = -1;
		if (file->mapping.reserved)
			mapping_drop(&file->mapping);
		file->mapping.reserved = NULL;
	}
	if (s->own[WORKER_POOL_MAX - 1].mapping.reserved)
		mapping_drop(&s->own[WORKER_POOL_MAX - 1].mapping);
	s->own[WORKER_POOL_MAX - 1].mapping.reserved = NULL;
}

/* Verifies a round by the result of each worker. */
static void judge_round(const struct scale *s, const struct worker_pool_share *share,
			struct result *r)
{
	for (unsigned int i = 0; i < r->workers && !r->why[0]; i++) {
		if (share[i].done != PAGES)
			snprintf(r->why, sizeof(r->why),
				 "worker %u: %" PRIu64 " of %d operations succeeded", i,
				 share[i].done, PAGES);
		else if (s->plan->what == FAULT && share[i].faults != PAGES)
			snprintf(r->why, sizeof(r->why),
				 "worker %u: %d accesses caused %" PRIu64 " page faults", i, PAGES,
				 share[i].faults);
		else if (s->plan->what == FAULT)
			proof_pages(&r->proof, PAGE_BYTES, PAGES, share[i].faults, r->why,
				    sizeof(r->why));
	}
}

/* The first round gives no sample: it fills the DAX index and maps the workers' memory. */
static int run_rounds(struct scale *s, struct worker_pool *pool, size_t n, struct probe_set *probes,
		      struct result *r)
{
	struct worker_pool_share share[WORKER_POOL_MAX];
	char why[WORKER_POOL_WHY_BYTES];
	int rc = 0;

	for (size_t i = 0; i <= n && !rc && !r->why[0]; i++) {
		if (probes && i)
			probe_start(probes);
		rc = worker_pool_round(pool, LIMIT_S, share, why);
		if (probes && i)
			probe_stop(probes);
		if (rc < 0 || !i)
			continue;
		judge_round(s, share, r);
		if (why[0] && !r->why[0])
			memcpy(r->why, why, sizeof(r->why));
		if (probes)
			continue;
		if (s->env->cell.meter->kind == METER_TIME &&
		    worker_pool_overlap_percent(share, r->workers) < OVERLAP_MIN_PERCENT)
			r->serial++;
		else
			r->samples[r->n++] = worker_pool_rate(share, r->workers);
	}
	if (s->plan->what == FAULT && !r->why[0])
		proof_seen(&r->proof, PROOF_FRAME); /* by each worker: prove_pages() */
	if (rc == -ETIMEDOUT)
		msg_error("scale: a worker did not finish its round within %d s", LIMIT_S);
	return rc;
}

static int run_pass(struct bench_env *env, struct scale *s, const struct variant *variant,
		    size_t rounds, struct probe_set *probes)
{
	struct result *r = &s->results[variant - variants];
	struct worker_pool_work job = {.before = drop_pages, .run = work, .arg = s};
	struct worker_pool *pool = NULL;
	int rc;

	env->phase(env, "prepare");
	s->plan = variant->arg;
	if (s->plan->what == FAULT)
		job.prove = prove_pages;
	rc = make_posts(s, r->workers);
	for (unsigned int i = 0; i < r->workers && !rc; i++)
		proof_dax(&r->proof, s->post[i].fd, true, r->why, sizeof(r->why));
	if (!rc)
		rc = worker_pool_make(&pool, s->plan->kind, r->workers, &job);
	env->phase(env, probes ? "proof" : "measure");
	if (!rc)
		rc = run_rounds(s, pool, rounds, probes, r);
	worker_pool_end(pool);
	drop_posts(s);
	return rc;
}

static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	size_t rounds = env->cell.meter->kind == METER_NONE ? ROUNDS_UNTIMED : ROUNDS;
	const struct plan *plan = variant->arg;
	struct scale *s = state;
	struct result *r = &s->results[variant - variants];

	r->workers = plan->workers ? plan->workers : s->processors;
	r->missing = s->missing;
	if (!r->missing.why && r->workers > WORKER_POOL_MAX)
		r->missing = (struct missing){"this host has more than 64 processors",
					      "restrict it to 64 processors with taskset"};
	else if (!r->missing.why && r->workers > s->processors)
		r->missing = (struct missing){
			"this host has fewer processors than the variant needs",
			"use a host with more processors, or select only the variants .all"};
	if (r->missing.why)
		return 0;
	r->samples = calloc(rounds, sizeof(*r->samples));
	return r->samples ? run_pass(env, s, variant, rounds, NULL) : -ENOMEM;
}

static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	struct scale *s = state;
	struct result *r = &s->results[variant - variants];
	int64_t operations = (int64_t)r->workers * PAGES;
	int rc;

	if (r->missing.why || r->why[0])
		return 0;
	rc = run_pass(env, s, variant, 1, probes);
	if (rc < 0)
		return rc;
	proof_count(&r->proof, "operations", operations, probes);
	proof_dax_path(&r->proof, operations, &env->stack->spec, r->why, sizeof(r->why));
	return 0;
}

static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct plan *plan = variant->arg;
	struct scale *s = state;
	struct result *r = &s->results[variant - variants];
	json_t *more;

	if (r->missing.why)
		return record_write_skip(env->sink, &env->cell, "scale", variant->name,
					 r->missing.why, r->missing.cure);
	if (!r->why[0] && r->serial > r->n)
		snprintf(r->why, sizeof(r->why),
			 "in %u of %zu rounds the workers ran concurrently for less than half of "
			 "the time: the host is loaded or has fewer free processors",
			 r->serial, r->serial + r->n);
	if (r->why[0])
		return record_write_void(env->sink, &env->cell, "scale", variant->name, r->why);
	more = json_pack("{si si si}", "workers", (int)r->workers, "operations_per_worker", PAGES,
			 "rounds", (int)r->n);
	if (plan->what == FAULT) {
		json_object_set_new(more, "faults_per_round",
				    json_integer((json_int_t)r->workers * PAGES));
		json_object_set_new(more, "pfn_in_segment", json_true());
	}
	if (env->cell.meter->kind == METER_TIME)
		json_object_set_new(more, "rounds_apart", json_integer(r->serial));
	return record_write_unit(env->sink, &env->cell, "scale", bench_scale.better,
				 plan->what == FAULT ? "faults/s" : "reads/s", variant->name,
				 r->samples, r->n, 0, &r->proof, more);
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX,	NEED_PAGEMAP,
				  NEED_TIME, NEED_CPUS, NEED_END};

static const struct proof_waiver waivers[] = {
	{"read.*", PROOF_PAGE | PROOF_FRAME,
	 "read(2) maps no page; what was written there is verified"},
	{0},
};

static const struct unexplained unexplained[] = {
	{"*", "it is a rate of several processors"},
	{0},
};

const struct bench bench_scale = {
	.name = "scale",
	.why = "faults and translations per second by processors",
	.better = "higher",
	.by_name_only = "rates of several processors need --meter time and an idle host",
	.needs = needs,
	.variants = variants,
	.unexplained = unexplained,
	.setup = setup,
	.probes = points,
	.waivers = waivers,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
};
