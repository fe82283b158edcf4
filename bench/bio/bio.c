// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of losing DAX: the same reads and writes of the same blocks, by direct access and by
 * struct bio.
 *
 * One sample is one operation: a system call that transfers the number of bytes in the variant's
 * last word, or one page fault (mmap.*).  For a queue depth of 32 (uring.q32.*) a sample is the
 * mean over one batch.
 *
 *   dax       read and write of a file, mounted dax=always
 *   direct    O_DIRECT of the same file, mounted dax=never
 *   buffered  through the page cache, dax=never; cold: the pages are not in it, warm: they are
 *   node      O_DIRECT of the block node (raw or dm) over the blocks of the file.  It is only read
 *             while it is mounted; node.write unmounts, and writes nothing but blocks of the file
 *   uring     io_uring, O_DIRECT, dax=never: one or 32 at a time; fixed: file and buffer
 *             registered.  pmem does not support REQ_NOWAIT, so io_uring punts requests to io-wq
 *             (io_wq_submit_work in the proof counts them): all of them on kernels that ask the
 *             queue first (6.1).  Newer ones submit first, and the bio is rejected: 7.3 does so
 *             with 4 KiB reads, not with those of 64 KiB, and a 4 KiB read by io_uring costs five
 *             times what it does by pread(2)
 *   mmap      page faults in the page cache, dax=never; compare fault.read and fault.write
 *
 * Left out: writeback of dirty pages after buffered.write and mmap.write (it is forced after the
 * pass), CPU caches and TLBs (not modelled by meter insn).  Each sample includes copying the bytes,
 * which dominates at 1 MiB.  Meter insn counts each iteration of `rep movs` as one instruction, so
 * the ratio of bio to DAX reads is smaller than on real processors; the differences are valid.
 *
 *   dax     ext4_file_read_iter | xfs_file_read_iter -> dax_iomap_rw -> dax_direct_access -> copy
 *   direct  iomap_dio_rw -> submit_bio -> dm_submit_bio -> clone -> pmem_submit_bio -> copy
 *
 * Shape to expect: dax grows by the copy alone.  A bio is allocated, split at the queue limits and
 * at segment boundaries, cloned for each device-mapper level, and completed.
 *
 * Proof: bios (block:block_bio_queue) are counted around each operation of the probe pass: at least
 * one for each operation of the bio path, none on the DAX path, none for a hit in the page cache.
 * Reads return the bytes written before; writes are read back through another path.
 *
 * Alone: ./run.sh bench --bench bio --stack raw --stack linear:16
 */
#include "bench/bio/bio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOWS = 8, PROBED = 2 };

extern const struct bench bench_bio;

#define V_NEEDS(name_, need_, why_, ...)                                \
	{                                                               \
		.name = name_, .needs = {need_, NEED_END}, .why = why_, \
		.arg = &(const struct bio_plan){__VA_ARGS__},           \
	}
#define V(name_, why_, ...) V_NEEDS(name_, NEED_END, why_, __VA_ARGS__)
#define SIZES_NEED(name_, need_, why_, ...)                       \
	V_NEEDS(name_ ".4k", need_, why_, __VA_ARGS__),           \
		V_NEEDS(name_ ".16k", need_, why_, __VA_ARGS__),  \
		V_NEEDS(name_ ".64k", need_, why_, __VA_ARGS__),  \
		V_NEEDS(name_ ".256k", need_, why_, __VA_ARGS__), \
		V_NEEDS(name_ ".1m", need_, why_, __VA_ARGS__)
#define SIZES(name_, why_, ...) SIZES_NEED(name_, NEED_END, why_, __VA_ARGS__)

/* Variants of one mount are adjacent. */
static const struct variant variants[] = {
	SIZES_NEED("dax.read", NEED_DIRECT, "read of a file, dax=always", .path = BIO_DAX),
	SIZES_NEED("dax.write", NEED_DIRECT, "write to a file, dax=always", .path = BIO_DAX,
		   .write = true),
	SIZES("node.read", "O_DIRECT read of the block node", .path = BIO_NODE),
	SIZES("direct.read", "O_DIRECT read of a file, dax=never", .path = BIO_DIRECT),
	SIZES("direct.write", "O_DIRECT write to a file, dax=never", .path = BIO_DIRECT,
	      .write = true),
	SIZES("buffered.read.cold", "read of a file, dax=never, not in the page cache",
	      .path = BIO_BUFFERED),
	SIZES("buffered.read.warm", "read of a file, dax=never, in the page cache",
	      .path = BIO_BUFFERED, .warm = true),
	SIZES("buffered.write.warm", "write to a file, dax=never, in the page cache",
	      .path = BIO_BUFFERED, .write = true, .warm = true),
	V("uring.q1.read.4k", "io_uring, one O_DIRECT read at a time", .path = BIO_URING,
	  .depth = 1),
	V("uring.q32.read.4k", "io_uring, batches of 32 O_DIRECT reads", .path = BIO_URING,
	  .depth = 32),
	V("uring.q32fixed.read.4k", "io_uring, batches of 32, registered buffer and file",
	  .path = BIO_URING, .depth = 32, .registered = true),
	V("uring.q1.read.64k", "io_uring, one O_DIRECT read at a time", .path = BIO_URING,
	  .depth = 1),
	V("uring.q32.read.64k", "io_uring, batches of 32 O_DIRECT reads", .path = BIO_URING,
	  .depth = 32),
	V("uring.q1.write.4k", "io_uring, one O_DIRECT write at a time", .path = BIO_URING,
	  .depth = 1, .write = true),
	V("uring.q32.write.4k", "io_uring, batches of 32 O_DIRECT writes", .path = BIO_URING,
	  .depth = 32, .write = true),
	V("uring.q32fixed.write.4k", "io_uring, batches of 32, registered buffer and file",
	  .path = BIO_URING, .depth = 32, .write = true, .registered = true),
	V("uring.poll.read.4k", "io_uring, one O_DIRECT read, completion polled for",
	  .path = BIO_URING, .depth = 1, .polled = true),
	V("mmap.read.cold", "load of a page that is not in the page cache", .path = BIO_MMAP),
	V("mmap.read.warm", "load of a page that is in the page cache", .path = BIO_MMAP,
	  .warm = true),
	V("mmap.write.warm", "store to a page that is in the page cache", .path = BIO_MMAP,
	  .write = true, .warm = true),
	SIZES("node.write", "O_DIRECT write to the block node, not mounted", .path = BIO_NODE,
	      .write = true),
	{0},
};

enum { N_VARIANTS = sizeof(variants) / sizeof(variants[0]) - 1 };
_Static_assert((int)N_VARIANTS <= (int)BIO_VARIANTS_MAX, "their results find room");

static const char *const points[] = {
	"block:block_bio_queue",
	"dm_submit_bio",
	"pmem_submit_bio",
	"dax_direct_access",
	"dax_iomap_rw",
	"io_wq_submit_work",
	NULL,
};

/* ---- the passes ------------------------------------------------------------------------------ */

/* Buffered writes reach the device at fsync(2), which the probe pass therefore includes. */
static int64_t run_and_sync(void *arg, size_t i)
{
	struct bio_state *s = arg;
	int64_t done = bio_run(s, i);

	return done < 0 || !fsync(s->fd) ? done : -errno;
}

static bool stays_in_cache(const struct bio_plan *plan)
{
	return plan->write && (plan->path == BIO_BUFFERED || plan->path == BIO_MMAP);
}

struct job {
	struct bench_env *env;
	struct bio_state *s;
	const struct timed_ops *ops;
	struct probe_set *probes;
	struct timed_ops_result *result;
	int rc;
};

static void *work(void *arg)
{
	struct job *job = arg;

	if (job->probes)
		timed_ops_probe(job->ops, job->ops->n, job->probes, job->result);
	else
		job->rc = timed_ops_time(job->env, job->ops, job->s->base.ticks, job->result);
	return NULL;
}

/*
 * The io_uring worker threads of the kernel belong to the thread that submitted first and live as
 * long as it does.  Probes count only workers created while they are armed.  Each pass therefore
 * runs io_uring in a new thread, whose stack adds no VMA to the process.
 */
static int run_in_thread(struct job *job)
{
	static char stack[256 << 10] __attribute__((aligned(4096)));
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	if (job->s->plan->path != BIO_URING) {
		work(job);
		return job->rc;
	}
	mallopt(M_ARENA_MAX, 1);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, sizeof(stack));
	rc = pthread_create(&thread, &attr, work, job);
	pthread_attr_destroy(&attr);
	if (rc)
		return -rc;
	pthread_join(thread, NULL);
	return job->rc;
}

static int pass(struct bench_env *env, struct bio_state *s, const struct variant *variant,
		struct probe_set *probes, struct timed_ops_result *result)
{
	const struct bio_plan *plan = variant->arg;
	struct timed_ops ops = {.before = bio_before, .run = bio_run, .holds = bio_holds, .arg = s};
	int rc, rc2;

	env->phase(env, "prepare");
	s->plan = plan;
	s->most = &s->most_faults[variant - variants];
	s->bytes = plan->path == BIO_MMAP ? PAGE_BYTES : (uint32_t)timed_ops_size_of(variant->name);
	ops.n = probes ? PROBED : bio_count_samples(env, s);
	ops.per_sample = bio_in_flight(s);
	ops.wanted = (int64_t)s->bytes * bio_in_flight(s);
	bio_fill_offsets(s, ops.n * ops.per_sample);
	rc = bio_start(env, s, ops.n, result);
	if (probes && stays_in_cache(plan))
		ops.run = run_and_sync;
	if (!rc && s->plan->path == BIO_MMAP)
		mapping_precharge();
	env->phase(env, probes ? "proof" : "measure");
	if (!rc)
		rc = run_in_thread(&(struct job){env, s, &ops, probes, result, 0});
	env->phase(env, "proof");
	rc2 = bio_stop(env, s, rc ? 0 : ops.n, result);
	return rc ? rc : rc2;
}

/* If io_uring or polling is not available, the variant is skipped with the reason. */
static bool is_missing(struct bench_env *env, struct bio_state *s, const struct bio_plan *plan,
		       struct timed_ops_result *result)
{
	int rc = s->uring_rc, fd;

	if (plan->path != BIO_URING || result->missing.why)
		return result->missing.why;
	if (!rc && plan->polled && !bio_mount(env, s, true)) {
		fd = bio_open(env, plan);
		rc = fd < 0 ? -errno : uring_poll_works(fd, s->base.data.windows[0], PAGE_BYTES);
		if (fd >= 0)
			close(fd);
	}
	if (rc < 0)
		result->missing = need_io_uring_missing(rc);
	return rc < 0;
}

static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct bio_state *s = state;
	struct timed_ops_result *result = &s->results[variant - variants];

	return is_missing(env, s, variant->arg, result) ? 0 : pass(env, s, variant, NULL, result);
}

/* The path that the operations must have taken. */
static const char *way_of(const struct bio_plan *plan)
{
	bool cached = plan->warm && !plan->write;

	return plan->path == BIO_DAX ? "dax" : cached ? "page cache" : "bio";
}

static void judge(const struct bench_env *env, const struct bio_plan *plan,
		  struct timed_ops_result *result)
{
	int64_t bios = timed_ops_hits(result, points[0]),
		direct = timed_ops_hits(result, "dax_direct_access");
	int64_t n = timed_ops_hits(result,
				   "operations"); /* each a bio for each device that it passes */
	const char *way = way_of(plan);

	if (bios < 0 || direct < 0)
		timed_ops_void(result, "this kernel cannot count %s with a probe",
			       bios < 0 ? points[0] : "dax_direct_access");
	else if (!strcmp(way, "bio") && (bios < n * (1 + env->stack->spec.depth_min) || direct))
		timed_ops_void(result,
			       "%" PRId64 " operations made %" PRId64 " bios and %" PRId64
			       " direct accesses",
			       n, bios, direct);
	else if (strcmp(way, "bio") && bios)
		timed_ops_void(result, "%" PRId64 " operations without any bio made %" PRId64, n,
			       bios);
	else if (!strcmp(way, "dax") ? direct < n : direct > 0)
		timed_ops_void(result, "%" PRId64 " operations made %" PRId64 " direct accesses", n,
			       direct);
}

static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	struct bio_state *s = state;
	struct timed_ops_result *result = &s->results[variant - variants];
	int rc;

	if (result->missing.why || result->why[0])
		return 0;
	rc = pass(env, s, variant, probes, result);
	judge(env, variant->arg, result);
	return rc;
}

static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct bio_plan *plan = variant->arg;
	struct bio_state *s = state;
	struct timed_ops_result *r = &s->results[variant - variants];

	return timed_ops_report(env, &bench_bio, variant, r,
				json_pack("{ss ss sb sI sI}", "way", way_of(plan), "read_back",
					  plan->path == BIO_MMAP ? "page frames" : "stamps",
					  "buffer_in_one_piece", s->base.one_piece, "operations",
					  (json_int_t)(r->n * (plan->depth ? plan->depth : 1)),
					  "faults_at_most",
					  (json_int_t)s->most_faults[variant - variants]));
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static int setup(struct bench_env *env, void **state)
{
	struct bio_state *s = calloc(1, sizeof(*s));

	*state = s;
	if (!s)
		return -ENOMEM;
	s->fd = -1;
	s->uring_rc = need_io_uring();
	return timed_ops_base_make(env, &bench_bio, &s->base, WINDOWS);
}

static void teardown(struct bench_env *env, void *state)
{
	struct bio_state *s = state;

	if (!s)
		return;
	/* The next benchmark expects the default mount. */
	if (env->fs->mounted)
		bio_mount(env, s, false);
	timed_ops_base_drop(env, &s->base);
	timed_ops_results_free(s->results, N_VARIANTS);
	free(s);
}

static const enum need needs[] = {NEED_ROOT, NEED_PAGEMAP, NEED_END};

static const struct proof_waiver waivers[] = {
	{"mmap.*", PROOF_PAGE, "the page cache is mapped, not the namespace"},
	{"[!m]*", PROOF_PAGE | PROOF_FRAME, "the operation maps no page; its bytes are verified"},
	{"*.read.warm*", PROOF_PATH, "a hit in the page cache calls none of the functions"},
	{0},
};

static const struct role roles[] = {
	{.variants = "dax.read.4k", .kind = ROLE_FILE_IO, .panel = "read 4 KiB of a file, DAX"},
	{.variants = "direct.read.4k",
	 .kind = ROLE_FILE_IO,
	 .panel = "read 4 KiB of a file, O_DIRECT, bios"},
	{.variants = "*", .kind = ROLE_FILE_IO},
	{0},
};

static const struct unexplained unexplained[] = {
	{"uring.q32*", "a sample is the mean of 32 operations"},
	{0},
};

const struct bench bench_bio = {
	.name = "bio",
	.why = "cost of losing DAX: the same blocks by direct access and by struct bio",
	.better = "lower",
	.needs = needs,
	.variants = variants,
	.roles = roles,
	.setup = setup,
	.probes = points,
	.waivers = waivers,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
	.unexplained = unexplained,
};
