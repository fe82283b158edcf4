// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to lose DAX: the same reads and writes of the same blocks, by direct access and by
 * struct bio.
 *
 * One sample is one operation: a system call that moves the bytes that the variant's last word
 * says, or one page fault (mmap.*).  Of a queue of 32 (uring.q32.*) a sample is the mean over one
 * batch.
 *
 *   dax       read and write of a file, mounted dax=always
 *   direct    O_DIRECT of the same file, mounted dax=never
 *   buffered  through the page cache, dax=never; cold: the pages are not in it, warm: they are
 *   node      O_DIRECT of the block node (raw or dm) over the blocks of the file.  It is only read
 *             while it is mounted; node.write unmounts, and writes nothing but blocks of the file
 *   uring     io_uring, O_DIRECT, dax=never: one or 32 at a time; fixed: buffer and file registered
 *   mmap      page faults in the page cache, dax=never; compare fault.read and fault.write
 *
 * Left out: writeback of what stays in the page cache after buffered.write and mmap.write (it is
 * forced after the pass), caches and TLBs (meter insn knows none).  Copying the bytes is a part of
 * each cost: it is most of it at 1 MiB.  Under meter insn a copy by `rep movs` counts each of its
 * steps, so that reads seem to lose less than on a processor that runs them fast; the differences
 * hold.
 *
 *   dax     ext4_file_read_iter | xfs_file_read_iter -> dax_iomap_rw -> dax_direct_access -> copy
 *   direct  iomap_dio_rw -> submit_bio -> dm_submit_bio -> clone -> pmem_submit_bio -> copy
 *
 * Shape to expect: dax grows by the copy alone; a bio is allocated, split at what the device takes
 * at once and at segments, cloned for each level of device-mapper, and ended again.
 *
 * Proof: bios (block:block_bio_queue) are counted around each operation of the probe pass: at least
 * one for each operation of the bio path, none on the DAX path, none for a hit in the page cache.
 * What was read is what was written; what was written is read back by another way.
 *
 * Alone: ./run.sh bench --bench bio --stack raw --stack linear:16
 */
#include "bench/ops.h"
#include "bench/uring.h"
#include "lib/datafile.h"
#include "lib/mapping.h"
#include "lib/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WINDOWS = 8,
	SLOT_BYTES = 64 << 10, /* operations begin at multiples of it: what fault-around maps */
	SAMPLES_MAX = 32,      /* meter insn, exact: more would say no more */
	SAMPLES_MIN = 4,
	PASS_BYTES = 2 << 20,
	FAULTS = 64,
	DEPTH_MAX = 32,
	PROBED = 2,
	GENERATION_AT = 8, /* in each page, behind its stamp */
};

extern const struct bench bench_bio;

/* What one variant does. */
struct plan {
	enum { DAX, DIRECT, BUFFERED, NODE, URING, MMAP } path;
	bool write;
	bool warm;		 /* the pages are in the page cache */
	bool registered, polled; /* io_uring */
	unsigned int depth;	 /* io_uring: operations in flight */
};

#define V(name_, why_, ...)                                                           \
	{                                                                             \
		.name = name_, .why = why_, .arg = &(const struct plan){__VA_ARGS__}, \
	}
#define SIZES(name_, why_, ...)                                                          \
	V(name_ ".4k", why_, __VA_ARGS__), V(name_ ".16k", why_, __VA_ARGS__),           \
		V(name_ ".64k", why_, __VA_ARGS__), V(name_ ".256k", why_, __VA_ARGS__), \
		V(name_ ".1m", why_, __VA_ARGS__)

/* Those of one mount stand together. */
static const struct variant variants[] = {
	SIZES("dax.read", "read of a file, dax=always", .path = DAX),
	SIZES("dax.write", "write to a file, dax=always", .path = DAX, .write = true),
	SIZES("node.read", "O_DIRECT read of the block node", .path = NODE),
	SIZES("direct.read", "O_DIRECT read of a file, dax=never", .path = DIRECT),
	SIZES("direct.write", "O_DIRECT write to a file, dax=never", .path = DIRECT, .write = true),
	SIZES("buffered.read.cold", "read of a file, dax=never, not in the page cache",
	      .path = BUFFERED),
	SIZES("buffered.read.warm", "read of a file, dax=never, in the page cache",
	      .path = BUFFERED, .warm = true),
	SIZES("buffered.write.warm", "write to a file, dax=never, in the page cache",
	      .path = BUFFERED, .write = true, .warm = true),
	V("uring.q1.read.4k", "io_uring, one O_DIRECT read at a time", .path = URING, .depth = 1),
	V("uring.q32.read.4k", "io_uring, batches of 32 O_DIRECT reads", .path = URING,
	  .depth = 32),
	V("uring.q32fixed.read.4k", "io_uring, batches of 32, registered buffer and file",
	  .path = URING, .depth = 32, .registered = true),
	V("uring.q1.read.64k", "io_uring, one O_DIRECT read at a time", .path = URING, .depth = 1),
	V("uring.q32.read.64k", "io_uring, batches of 32 O_DIRECT reads", .path = URING,
	  .depth = 32),
	V("uring.q1.write.4k", "io_uring, one O_DIRECT write at a time", .path = URING, .depth = 1,
	  .write = true),
	V("uring.q32.write.4k", "io_uring, batches of 32 O_DIRECT writes", .path = URING,
	  .depth = 32, .write = true),
	V("uring.q32fixed.write.4k", "io_uring, batches of 32, registered buffer and file",
	  .path = URING, .depth = 32, .write = true, .registered = true),
	V("uring.poll.read.4k", "io_uring, one O_DIRECT read, completion polled for", .path = URING,
	  .depth = 1, .polled = true),
	V("mmap.read.cold", "load of a page that is not in the page cache", .path = MMAP),
	V("mmap.read.warm", "load of a page that is in the page cache", .path = MMAP, .warm = true),
	V("mmap.write.warm", "store to a page that is in the page cache", .path = MMAP,
	  .write = true, .warm = true),
	SIZES("node.write", "O_DIRECT write to the block node, not mounted", .path = NODE,
	      .write = true),
	{0},
};

enum { N_VARIANTS = sizeof(variants) / sizeof(variants[0]) - 1 };

static const char *const points[] = {
	"block:block_bio_queue", "dm_submit_bio", "pmem_submit_bio",
	"dax_direct_access",	 "dax_iomap_rw",  NULL,
};

struct bio_state {
	struct datafile data;
	int pagemap_fd, uring_rc;
	char *buffer;
	bool one_piece; /* the buffer is */
	uint64_t *offsets, *ticks;
	uint64_t generation; /* of what is written next */
	/* The pass under way. */
	const struct plan *plan;
	uint32_t bytes; /* of one operation */
	int fd;
	struct uring ring;
	struct mapping mapping;
	uint64_t faults; /* of one access */
	int64_t *most, most_faults[N_VARIANTS];
	struct ops_result results[N_VARIANTS];
};

/* --- where the bytes are -----------------------------------------------------------------------
 */

/* Where on the device an offset of the file is; the windows lie in one extent each. */
static uint64_t on_device(const struct bio_state *s, uint64_t offset)
{
	const struct extent *e = extents_find(&s->data.extents, offset);

	return e ? e->physical_bytes + (offset - e->logical_bytes) : UINT64_MAX;
}

/* The offsets of a pass: from window to window, so that they are spread over all segments. */
static void fill_offsets(struct bio_state *s, size_t n)
{
	uint32_t stride = s->bytes > SLOT_BYTES ? s->bytes : SLOT_BYTES;

	for (size_t i = 0; i < n; i++)
		s->offsets[i] = s->data.windows[i % s->data.n_windows] +
				i / s->data.n_windows % (WINDOW_BYTES / stride) * stride;
}

static size_t count_samples(const struct bench_env *env, const struct bio_state *s)
{
	uint32_t stride = s->bytes > SLOT_BYTES ? s->bytes : SLOT_BYTES;
	size_t room = (size_t)s->data.n_windows * (WINDOW_BYTES / stride);
	size_t n = PASS_BYTES / s->bytes;

	n = n > SAMPLES_MAX ? SAMPLES_MAX : n < SAMPLES_MIN ? SAMPLES_MIN : n;
	if (s->plan->path == MMAP)
		n = FAULTS;
	if (s->plan->depth > 1)
		n = SAMPLES_MIN;
	if (env->cell.meter->kind == METER_TIME)
		n *= 16;
	room /= s->plan->depth ? s->plan->depth : 1;
	return n < room ? n : room;
}

/* --- one operation -----------------------------------------------------------------------------
 */

static unsigned int in_flight(const struct bio_state *s)
{
	return s->plan->depth ? s->plan->depth : 1;
}

/* Reads: nothing of what must come may be there already.  Writes: stamps of a new generation. */
static int before(void *arg, size_t i)
{
	struct bio_state *s = arg;
	const uint64_t *offset = &s->offsets[i * in_flight(s)];

	if (s->plan->path == MMAP) {
		s->faults = page_faults();
		return 0;
	}
	for (uint64_t at = 0; at < (uint64_t)s->bytes * in_flight(s); at += PAGE_BYTES) {
		uint64_t page[2] = {0};

		if (s->plan->write) {
			page[0] = datafile_stamp(offset[at / s->bytes] + at % s->bytes);
			page[1] = s->generation;
		}
		memcpy(s->buffer + at, page, sizeof(page));
	}
	return 0;
}

static int64_t run(void *arg, size_t i)
{
	struct bio_state *s = arg;
	uint64_t offset = s->offsets[i * in_flight(s)];
	volatile char *byte;
	ssize_t done;

	switch (s->plan->path) {
	case URING:
		return uring_batch(&s->ring, s->plan->write, &s->offsets[i * in_flight(s)],
				   in_flight(s), s->bytes);
	case MMAP:
		byte = s->mapping.base + offset + PAGE_BYTES / 2;
		if (s->plan->write)
			*byte = 1;
		else
			(void)*byte;
		return PAGE_BYTES;
	case NODE:
		offset = on_device(s, offset);
		break;
	default:
		break;
	}
	done = s->plan->write ? pwrite(s->fd, s->buffer, s->bytes, (off_t)offset)
			      : pread(s->fd, s->buffer, s->bytes, (off_t)offset);
	return done < 0 ? -errno : done;
}

static bool holds(void *arg, size_t i, char *why, size_t why_len)
{
	struct bio_state *s = arg;
	const uint64_t *offset = &s->offsets[i * in_flight(s)];

	if (s->plan->path == MMAP) {
		s->faults = page_faults() - s->faults;
		if ((int64_t)s->faults > *s->most)
			*s->most = (int64_t)s->faults;
		if (!s->faults)
			snprintf(why, why_len, "access %zu took no fault", i);
		return s->faults;
	}
	for (uint64_t at = 0; !s->plan->write && at < (uint64_t)s->bytes * in_flight(s);
	     at += PAGE_BYTES) {
		uint64_t where = offset[at / s->bytes] + at % s->bytes, value;

		memcpy(&value, s->buffer + at, sizeof(value));
		if (value == datafile_stamp(where))
			continue;
		snprintf(why, why_len,
			 "file offset %" PRIu64 " reads %#" PRIx64 ", written was %#" PRIx64, where,
			 value, datafile_stamp(where));
		return false;
	}
	return true;
}

/* --- the state a pass starts from --------------------------------------------------------------
 */

/* Mounts as asked for, unless it is.  Returns 0 or -errno after an error line. */
static int mount_as(struct bench_env *env, struct bio_state *s, bool never)
{
	int rc;

	if (env->fs->mounted && env->fs->dax_never == never)
		return 0;
	datafile_close(&s->data);
	rc = fs_unmount(env->fs);
	env->fs->dax_never = never;
	if (!rc)
		rc = fs_mount(env->fs);
	if (!rc)
		rc = datafile_open(&s->data, env->directory);
	if (rc < 0)
		return rc;
	/* The first operation would read where the blocks are, by a bio of its own. */
	extents_free(&s->data.extents);
	return extents_read(s->data.fd, &s->data.extents);
}

/* Brings what the pass will touch into the page cache, or all of the file out of it.  Without
 * reading ahead: every operation is on its own. */
static int set_cache(struct bio_state *s, size_t n)
{
	uint64_t bytes = s->bytes > SLOT_BYTES ? s->bytes : SLOT_BYTES;
	int rc = fsync(s->fd) < 0 ? -errno : 0;

	if (!rc && !s->plan->warm)
		rc = -posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!rc)
		rc = -posix_fadvise(s->fd, 0, 0, POSIX_FADV_RANDOM);
	for (size_t i = 0; i < n && !rc && s->plan->warm; i++)
		for (uint64_t at = 0; at < bytes && !rc; at += SLOT_BYTES)
			if (readahead(s->fd, (off64_t)(s->offsets[i] + at), SLOT_BYTES) < 0)
				rc = -errno;
	return rc;
}

static int open_path(const struct bench_env *env, const struct plan *plan)
{
	char path[256];
	int flags = O_CLOEXEC;

	snprintf(path, sizeof(path), "%s/data", env->directory);
	if (plan->path == DIRECT || plan->path == URING || plan->path == NODE)
		flags |= O_DIRECT;
	/* A mounted device is never opened for writing. */
	if (plan->path == NODE)
		return open(env->stack->node, flags | (plan->write ? O_RDWR : O_RDONLY));
	return open(path, flags | O_RDWR);
}

static int start_uring(struct bio_state *s)
{
	return uring_start(&s->ring, DEPTH_MAX, s->fd, s->buffer, OPS_BUFFER_BYTES,
			   s->plan->registered, s->plan->polled);
}

/* Returns 0 or -errno; stop_pass() in either case. */
static int start_pass(struct bench_env *env, struct bio_state *s, size_t n,
		      struct ops_result *result)
{
	const struct plan *plan = s->plan;
	int rc = mount_as(env, s, plan->path != DAX && plan->path != NODE);

	s->generation++;
	if (!rc && plan->path == NODE && plan->write) {
		datafile_close(&s->data);
		rc = fs_unmount(env->fs);
	}
	if (rc < 0)
		return rc;
	s->fd = open_path(env, plan);
	if (s->fd < 0)
		return -errno;
	if (plan->path != NODE && file_is_dax(s->fd) != (plan->path == DAX))
		ops_void(result, "the file is %saccessed directly (statx)",
			 plan->path == DAX ? "not " : "");
	/* By io_uring what has pages there waits for a worker. */
	if (plan->path != DAX && plan->path != NODE)
		rc = set_cache(s, n);
	if (!rc && plan->path == URING)
		rc = start_uring(s);
	if (!rc && plan->path == MMAP)
		rc = mapping_make(&s->mapping, s->fd, s->data.bytes, MAP_SHARED, false);
	if (!rc && plan->path == MMAP)
		madvise(s->mapping.base, s->data.bytes, MADV_RANDOM);
	return rc;
}

/* Where a written page is looked at: not the way it was written. */
static bool read_back(const struct bio_state *s, int fd, uint64_t offset, char *why, size_t why_len)
{
	static uint64_t page[PAGE_BYTES / sizeof(uint64_t)] __attribute__((aligned(4096)));
	uint64_t where = s->plan->path == NODE ? offset : on_device(s, offset);
	ssize_t done = pread(fd, page, PAGE_BYTES, (off_t)where);

	if (done == PAGE_BYTES && page[0] == datafile_stamp(offset) && page[1] == s->generation)
		return true;
	snprintf(why, why_len,
		 "file offset %" PRIu64 ": %#" PRIx64 ", write %" PRIu64
		 " was to be found there, it is %#" PRIx64 ", write %" PRIu64,
		 offset, datafile_stamp(offset), s->generation, page[0], page[1]);
	return false;
}

static void check_written(struct bench_env *env, struct bio_state *s, size_t n,
			  struct ops_result *result)
{
	bool by_file = s->plan->path == NODE;
	int fd = by_file ? s->data.fd : open(env->stack->node, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		ops_void(result, "what was written cannot be read back: %s", strerror(errno));
	for (size_t i = 0; i < n * in_flight(s) && !result->why[0]; i++)
		if (read_back(s, fd, s->offsets[i], result->why, sizeof(result->why)))
			read_back(s, fd, s->offsets[i] + s->bytes - PAGE_BYTES, result->why,
				  sizeof(result->why));
	if (fd >= 0 && !by_file)
		close(fd);
}

static void check_frames(struct bench_env *env, struct bio_state *s, size_t n,
			 struct ops_result *result)
{
	const struct frame_proof proof = {
		.pagemap_fd = s->pagemap_fd,
		.ground = stack_ground(env->stack),
		.outside = env->stack,
	};

	for (size_t i = 0; i < n && !result->why[0]; i++)
		frames_prove(&proof, &s->mapping, s->offsets[i], 1, result->why,
			     sizeof(result->why));
}

/* Ends what start_pass() began and proves what it left; the filesystem is mounted again. */
static int stop_pass(struct bench_env *env, struct bio_state *s, size_t n,
		     struct ops_result *result)
{
	int rc = 0;

	if (s->plan->path == MMAP && s->mapping.reserved) {
		check_frames(env, s, n, result);
		mapping_drop(&s->mapping);
		s->mapping.reserved = NULL;
	}
	uring_stop(&s->ring);
	if (s->fd >= 0) {
		if (s->plan->write && fsync(s->fd) < 0)
			ops_void(result, "fsync failed: %s", strerror(errno));
		close(s->fd);
		s->fd = -1;
	}
	if (!env->fs->mounted)
		rc = mount_as(env, s, false);
	if (!rc && s->plan->write && s->plan->path != MMAP)
		check_written(env, s, n, result);
	return rc;
}

/* --- the passes --------------------------------------------------------------------------------
 */

/* Buffered writes reach the device later: by fsync(2), which then is a part of what is probed. */
static int64_t run_and_sync(void *arg, size_t i)
{
	struct bio_state *s = arg;
	int64_t done = run(s, i);

	return done < 0 || !fsync(s->fd) ? done : -errno;
}

static bool stays_in_cache(const struct plan *plan)
{
	return plan->write && (plan->path == BUFFERED || plan->path == MMAP);
}

struct job {
	struct bench_env *env;
	struct bio_state *s;
	const struct ops *ops;
	struct probe_set *probes;
	struct ops_result *result;
	int rc;
};

static void *work(void *arg)
{
	struct job *job = arg;

	if (job->probes)
		ops_probe(job->ops, job->ops->n, job->probes, points, job->result);
	else
		job->rc = ops_time(job->env, job->ops, job->s->ticks, job->result);
	return NULL;
}

/*
 * The kernel's workers of io_uring belong to the thread that used it first and stay until it ends;
 * only those that begin while probes are armed are counted.  So io_uring has a thread of its own
 * for each pass, on a stack that adds no memory area to the process.
 */
static int run_in_thread(struct job *job)
{
	static char stack[256 << 10] __attribute__((aligned(4096)));
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	if (job->s->plan->path != URING) {
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
		struct probe_set *probes, struct ops_result *result)
{
	const struct plan *plan = variant->arg;
	struct ops ops = {.before = before, .run = run, .holds = holds, .arg = s};
	int rc, rc2;

	env->phase(env, "prepare");
	s->plan = plan;
	s->most = &s->most_faults[variant - variants];
	s->bytes = plan->path == MMAP ? PAGE_BYTES : (uint32_t)ops_size_of(variant->name);
	ops.n = probes ? PROBED : count_samples(env, s);
	ops.per_sample = in_flight(s);
	ops.wanted = (int64_t)s->bytes * in_flight(s);
	fill_offsets(s, ops.n * ops.per_sample);
	rc = start_pass(env, s, ops.n, result);
	if (probes && stays_in_cache(plan))
		ops.run = run_and_sync;
	if (!rc && s->plan->path == MMAP)
		mapping_precharge();
	env->phase(env, probes ? "proof" : "measure");
	if (!rc)
		rc = run_in_thread(&(struct job){env, s, &ops, probes, result, 0});
	env->phase(env, "proof");
	rc2 = stop_pass(env, s, rc ? 0 : ops.n, result);
	rc = rc ? rc : rc2;
	if (rc < 0)
		msg_error("bio.%s on %s, %s: %s", variant->name, env->cell.spec->text, env->cell.fs,
			  strerror(-rc));
	return rc;
}

/* io_uring may be missing, and polling is: said instead of measured. */
static bool is_missing(struct bench_env *env, struct bio_state *s, const struct plan *plan,
		       struct ops_result *result)
{
	int rc = s->uring_rc, fd;

	if (plan->path != URING || result->missing.why)
		return result->missing.why;
	if (!rc && plan->polled && !mount_as(env, s, true)) {
		fd = open_path(env, plan);
		rc = fd < 0 ? -errno : uring_poll_works(fd, s->data.windows[0], PAGE_BYTES);
		if (fd >= 0)
			close(fd);
	}
	if (rc < 0)
		result->missing = uring_missing(rc);
	return rc < 0;
}

static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct bio_state *s = state;
	struct ops_result *result = &s->results[variant - variants];

	return is_missing(env, s, variant->arg, result) ? 0 : pass(env, s, variant, NULL, result);
}

/* Which way the operations must have gone. */
static const char *way_of(const struct plan *plan)
{
	bool cached = plan->warm && !plan->write;

	return plan->path == DAX ? "dax" : cached ? "page cache" : "bio";
}

static void judge(const struct bench_env *env, const struct plan *plan, struct ops_result *result)
{
	int64_t bios = ops_hits(result, points[0]), direct = ops_hits(result, "dax_direct_access");
	int64_t n = ops_hits(result, "operations"); /* each a bio for each device that it passes */
	const char *way = way_of(plan);

	if (bios < 0 || direct < 0)
		ops_void(result, "this kernel does not let %s be counted",
			 bios < 0 ? points[0] : "dax_direct_access");
	else if (!strcmp(way, "bio") && (bios < n * (1 + env->stack->spec.depth) || direct))
		ops_void(result,
			 "%" PRId64 " operations made %" PRId64 " bios and %" PRId64
			 " direct accesses",
			 n, bios, direct);
	else if (strcmp(way, "bio") && bios)
		ops_void(result, "%" PRId64 " operations without any bio made %" PRId64, n, bios);
	else if (!strcmp(way, "dax") ? direct < n : direct > 0)
		ops_void(result, "%" PRId64 " operations made %" PRId64 " direct accesses", n,
			 direct);
}

static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	struct bio_state *s = state;
	struct ops_result *result = &s->results[variant - variants];
	int rc;

	if (result->missing.why || result->why[0])
		return 0;
	rc = pass(env, s, variant, probes, result);
	judge(env, variant->arg, result);
	return rc;
}

static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct plan *plan = variant->arg;
	struct bio_state *s = state;
	struct ops_result *r = &s->results[variant - variants];

	return ops_report(
		env, &bench_bio, variant, r,
		json_pack("{sb ss ss sb sI sI sO*}", "dax", plan->path == DAX, "way", way_of(plan),
			  "read_back", plan->path == MMAP ? "page frames" : "stamps",
			  "buffer_in_one_piece", s->one_piece, "operations",
			  (json_int_t)(r->n * (plan->depth ? plan->depth : 1)), "faults_at_most",
			  (json_int_t)s->most_faults[variant - variants], "path", r->path));
}

/* --- set-up ------------------------------------------------------------------------------------
 */

static int setup(struct bench_env *env, void **state)
{
	struct bio_state *s = calloc(1, sizeof(*s));
	int rc = 0;

	*state = s;
	if (!s)
		return -ENOMEM;
	s->data.fd = s->fd = -1;
	s->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	s->uring_rc = uring_available();
	s->buffer = ops_buffer(&s->one_piece);
	if (s->pagemap_fd < 0 || !s->buffer)
		rc = -errno;
	if (!rc)
		rc = touch_arrays(TOUCH_MAX, &s->offsets, &s->ticks);
	if (!rc)
		rc = ops_data_make(env, &s->data, WINDOWS);
	if (rc < 0)
		msg_error("cannot prepare the bio benchmark on %s, %s: %s", env->cell.spec->text,
			  env->cell.fs, strerror(-rc));
	return rc;
}

static void teardown(struct bench_env *env, void *state)
{
	struct bio_state *s = state;

	if (!s)
		return;
	/* What comes next finds the mount as every benchmark does. */
	if (env->fs->mounted)
		mount_as(env, s, false);
	ops_data_remove(env, &s->data);
	if (s->pagemap_fd >= 0)
		close(s->pagemap_fd);
	ops_buffer_free(s->buffer);
	for (size_t i = 0; i < N_VARIANTS; i++)
		ops_result_free(&s->results[i]);
	free(s);
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_END};

const struct bench bench_bio = {
	.name = "bio",
	.why = "what losing DAX costs: the same blocks by direct access and by struct bio",
	.better = "lower",
	.needs = needs,
	.variants = variants,
	.setup = setup,
	.probes = points,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
};
