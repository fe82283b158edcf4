// SPDX-License-Identifier: GPL-2.0-only
/* One pass of bench/bio/bio.c: preparation, operations, and verification.  */
#include "bench/bio/bio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SLOT_BYTES = 64 << 10, /* operations begin at multiples of it: what fault-around maps */
	SAMPLES_MAX = 32,      /* meter insn, exact: more would say no more */
	SAMPLES_MIN = 4,
	PASS_BYTES = 2 << 20,
	FAULTS = 64,
	DEPTH_MAX = 32,
};

/* ---- where the bytes are --------------------------------------------------------------------- */

/* The device offset of a file offset; each window is in one extent. */
static uint64_t on_device(const struct bio_state *s, uint64_t offset)
{
	const struct extent *e = extents_find(&s->base.data.extents, offset);

	return e ? e->physical_bytes + (offset - e->logical_bytes) : UINT64_MAX;
}

/* Fills the offsets of a pass.  Consecutive offsets are in different windows, so that they cover
 * all segments. */
void bio_fill_offsets(struct bio_state *s, size_t n)
{
	uint32_t stride = s->bytes > SLOT_BYTES ? s->bytes : SLOT_BYTES;

	for (size_t i = 0; i < n; i++)
		s->base.offsets[i] = s->base.data.windows[i % s->base.data.n_windows] +
				     i / s->base.data.n_windows % (WINDOW_BYTES / stride) * stride;
}

size_t bio_count_samples(const struct bench_env *env, const struct bio_state *s)
{
	uint32_t stride = s->bytes > SLOT_BYTES ? s->bytes : SLOT_BYTES;
	size_t room = (size_t)s->base.data.n_windows * (WINDOW_BYTES / stride);
	size_t n = PASS_BYTES / s->bytes;

	n = n > SAMPLES_MAX ? SAMPLES_MAX : n < SAMPLES_MIN ? SAMPLES_MIN : n;
	if (s->plan->path == BIO_MMAP)
		n = FAULTS;
	if (s->plan->depth > 1)
		n = SAMPLES_MIN;
	if (env->cell.meter->kind == METER_TIME)
		n *= 16;
	room /= s->plan->depth ? s->plan->depth : 1;
	return n < room ? n : room;
}

/* ---- one operation --------------------------------------------------------------------------- */

unsigned int bio_in_flight(const struct bio_state *s)
{
	return s->plan->depth ? s->plan->depth : 1;
}

/* Reads: clears the buffer.  Writes: fills it with stamps of a new generation. */
int bio_before(void *arg, size_t i)
{
	struct bio_state *s = arg;
	const uint64_t *offset = &s->base.offsets[i * bio_in_flight(s)];

	if (s->plan->path == BIO_MMAP) {
		s->faults = mapping_page_faults();
		return 0;
	}
	for (uint64_t at = 0; at < (uint64_t)s->bytes * bio_in_flight(s); at += PAGE_BYTES) {
		uint64_t page[2] = {0};

		if (s->plan->write) {
			page[0] = datafile_stamp(offset[at / s->bytes] + at % s->bytes);
			page[1] = s->generation;
		}
		memcpy(s->base.buffer + at, page, sizeof(page));
	}
	return 0;
}

int64_t bio_run(void *arg, size_t i)
{
	struct bio_state *s = arg;
	uint64_t offset = s->base.offsets[i * bio_in_flight(s)];
	volatile char *byte;
	ssize_t done;

	switch (s->plan->path) {
	case BIO_URING:
		return uring_batch(&s->ring, s->plan->write, &s->base.offsets[i * bio_in_flight(s)],
				   bio_in_flight(s), s->bytes);
	case BIO_MMAP:
		byte = s->mapping.base + offset + PAGE_BYTES / 2;
		if (s->plan->write)
			*byte = 1;
		else
			(void)*byte;
		return PAGE_BYTES;
	case BIO_NODE:
		offset = on_device(s, offset);
		break;
	default:
		break;
	}
	done = s->plan->write ? pwrite(s->fd, s->base.buffer, s->bytes, (off_t)offset)
			      : pread(s->fd, s->base.buffer, s->bytes, (off_t)offset);
	return done < 0 ? -errno : done;
}

bool bio_holds(void *arg, size_t i, char *why, size_t why_len)
{
	struct bio_state *s = arg;
	const uint64_t *offset = &s->base.offsets[i * bio_in_flight(s)];

	if (s->plan->path == BIO_MMAP) {
		s->faults = mapping_page_faults() - s->faults;
		if ((int64_t)s->faults > *s->most)
			*s->most = (int64_t)s->faults;
		if (!s->faults)
			snprintf(why, why_len, "access %zu caused no page fault", i);
		return s->faults;
	}
	for (uint64_t at = 0; !s->plan->write && at < (uint64_t)s->bytes * bio_in_flight(s);
	     at += PAGE_BYTES) {
		uint64_t where = offset[at / s->bytes] + at % s->bytes, value;

		memcpy(&value, s->base.buffer + at, sizeof(value));
		if (value == datafile_stamp(where))
			continue;
		snprintf(why, why_len,
			 "file offset %" PRIu64 " reads %#" PRIx64 ", written was %#" PRIx64, where,
			 value, datafile_stamp(where));
		return false;
	}
	return true;
}

/* ---- the state a pass starts from ------------------------------------------------------------ */

/* Mounts with the requested options, unless it is mounted so.  Returns 0, or -errno after an error
 * line. */
int bio_mount(struct bench_env *env, struct bio_state *s, bool never)
{
	int rc;

	never = never || !stack_is_direct(env->stack);
	if (env->fs->mounted && env->fs->dax_never == never)
		return 0;
	datafile_close(&s->base.data);
	rc = fs_unmount(env->fs);
	env->fs->dax_never = never;
	if (!rc)
		rc = fs_mount(env->fs);
	if (!rc)
		rc = datafile_open(&s->base.data, env->fs);
	if (rc < 0)
		return rc;
	/* Otherwise the first operation would read the block mapping with an additional bio. */
	extents_free(&s->base.data.extents);
	return extents_read(s->base.data.fd, &s->base.data.extents);
}

/* Reads one slot into the page cache, and so often that its pages are active and referenced, which
 * further reads do not change (mm/swap.c, folio_mark_accessed()). */
static int warm_slot(const struct bio_state *s, off64_t at)
{
	enum { TIMES = 3 };
	char page[PAGE_BYTES];

	if (readahead(s->fd, at, SLOT_BYTES) < 0)
		return -errno;
	for (int i = 0; i < TIMES; i++)
		for (off64_t end = at + SLOT_BYTES, p = at; p < end; p += PAGE_BYTES)
			if (pread64(s->fd, page, sizeof(page), p) < 0)
				return -errno;
	return 0;
}

/* Drops the whole file from the page cache, and reads the pages of a warm pass into it again: what
 * earlier passes left there changes no sample.  Disables readahead, so that operations are
 * independent. */
static int set_cache(struct bio_state *s, size_t n)
{
	uint64_t bytes = s->bytes > SLOT_BYTES ? s->bytes : SLOT_BYTES;
	int rc = fsync(s->fd) < 0 ? -errno : 0;

	if (!rc)
		rc = -posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!rc)
		rc = -posix_fadvise(s->fd, 0, 0, POSIX_FADV_RANDOM);
	for (size_t i = 0; i < n && !rc && s->plan->warm; i++)
		for (uint64_t at = 0; at < bytes && !rc; at += SLOT_BYTES)
			rc = warm_slot(s, (off64_t)(s->base.offsets[i] + at));
	/* Behind its end: drains the per-CPU lists of pages to be activated (lru_add_drain()). */
	if (!rc && s->plan->warm)
		rc = -posix_fadvise(s->fd, (off64_t)1 << 40, PAGE_BYTES, POSIX_FADV_DONTNEED);
	return rc;
}

int bio_open(const struct bench_env *env, const struct bio_plan *plan)
{
	char path[256];
	int flags = O_CLOEXEC;

	snprintf(path, sizeof(path), "%s/data", env->directory);
	if (plan->path == BIO_DIRECT || plan->path == BIO_URING || plan->path == BIO_NODE)
		flags |= O_DIRECT;
	/* A mounted device is never opened for writing. */
	if (plan->path == BIO_NODE)
		return open(env->stack->node, flags | (plan->write ? O_RDWR : O_RDONLY));
	return open(path, flags | O_RDWR);
}

static int start_uring(struct bio_state *s)
{
	return uring_start(&s->ring, DEPTH_MAX, s->fd, s->base.buffer, TIMED_OPS_BUFFER_BYTES,
			   s->plan->registered, s->plan->polled);
}

/* Returns 0 or -errno; bio_stop() in either case. */
int bio_start(struct bench_env *env, struct bio_state *s, size_t n, struct timed_ops_result *result)
{
	const struct bio_plan *plan = s->plan;
	int rc = bio_mount(env, s, plan->path != BIO_DAX && plan->path != BIO_NODE);

	s->generation++;
	if (!rc && plan->path == BIO_NODE && plan->write) {
		datafile_close(&s->base.data);
		rc = fs_unmount(env->fs);
	}
	if (rc < 0)
		return rc;
	s->fd = bio_open(env, plan);
	if (s->fd < 0)
		return -errno;
	proof_dax(&result->proof, s->fd, plan->path == BIO_DAX, result->why, sizeof(result->why));
	/* io_uring punts requests for cached pages to a worker. */
	if (plan->path != BIO_DAX && plan->path != BIO_NODE)
		rc = set_cache(s, n);
	if (!rc && plan->path == BIO_URING)
		rc = start_uring(s);
	if (!rc && plan->path == BIO_MMAP)
		rc = mapping_make(&s->mapping, s->fd, s->base.data.bytes, MAP_SHARED, false);
	if (!rc && plan->path == BIO_MMAP)
		madvise(s->mapping.base, s->base.data.bytes, MADV_RANDOM);
	return rc;
}

/* Opens the file or node for reading back through another path than the write. */
static bool read_back(const struct bio_state *s, int fd, uint64_t offset, char *why, size_t why_len)
{
	static uint64_t page[PAGE_BYTES / sizeof(uint64_t)] __attribute__((aligned(4096)));
	uint64_t where = s->plan->path == BIO_NODE ? offset : on_device(s, offset);
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
			  struct timed_ops_result *result)
{
	bool by_file = s->plan->path == BIO_NODE;
	int fd =
		by_file ? s->base.data.fd : open(env->stack->node, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		timed_ops_void(result, "cannot read the written data back: %s", strerror(errno));
	for (size_t i = 0; i < n * bio_in_flight(s) && !result->why[0]; i++)
		if (read_back(s, fd, s->base.offsets[i], result->why, sizeof(result->why)))
			read_back(s, fd, s->base.offsets[i] + s->bytes - PAGE_BYTES, result->why,
				  sizeof(result->why));
	if (fd >= 0 && !by_file)
		close(fd);
}

static void check_frames(struct bench_env *env, struct bio_state *s, size_t n,
			 struct timed_ops_result *result)
{
	const struct frame_proof proof = {
		.pagemap_fd = s->base.pagemap_fd,
		.backing = stack_backing(env->stack),
		.outside = &env->stack->graph,
	};

	for (size_t i = 0; i < n && !result->why[0]; i++)
		proof_frames(&result->proof, &proof, &s->mapping, s->base.offsets[i], 1,
			     result->why, sizeof(result->why));
}

/* Ends a pass that bio_start() began, and verifies the written data; the filesystem is mounted
 * again. */
int bio_stop(struct bench_env *env, struct bio_state *s, size_t n, struct timed_ops_result *result)
{
	int rc = 0;

	if (s->plan->path == BIO_MMAP && s->mapping.reserved) {
		check_frames(env, s, n, result);
		mapping_drop(&s->mapping);
		s->mapping.reserved = NULL;
	}
	uring_stop(&s->ring);
	if (s->fd >= 0) {
		if (s->plan->write && fsync(s->fd) < 0)
			timed_ops_void(result, "fsync failed: %s", strerror(errno));
		close(s->fd);
		s->fd = -1;
	}
	if (!env->fs->mounted)
		rc = bio_mount(env, s, false);
	if (!rc && s->plan->write && s->plan->path != BIO_MMAP)
		check_written(env, s, n, result);
	return rc;
}
