// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of write(2) to a DAX file beyond the copy: blocks are allocated, unwritten extents are
 * converted, the file is made durable, or its extents are small.
 *
 * One sample is one call on the number of bytes in the variant's last word.
 *
 *   overwrite  pwrite(2) over blocks that are written: what the others are compared with
 *   append     write(2) with O_APPEND to a file that grows
 *   extend     pwrite(2) 64 KiB and more past the end of the file
 *   odsync     overwrite with O_DSYNC; append: append with it
 *   rwfdsync   overwrite by pwritev2(2) with RWF_DSYNC
 *   fallocate  fallocate(2) past the end of the file: unwritten extents
 *   unwritten  the first pwrite(2) into each 2 MiB of a file that fallocate(2) made
 *   whole, fragmented
 *              pread(2) and pwrite(2) of a file of one extent, and of one in which each page is an
 *              extent of its own: of a file twice as long every second page was collapsed
 *              (FALLOC_FL_COLLAPSE_RANGE)
 *
 *   ext4_file_write_iter | xfs_file_write_iter -> dax_iomap_rw -> iomap_begin: a transaction if
 *     blocks are allocated or converted -> dax_direct_access -> copy
 *   odsync -> generic_write_sync -> ext4_sync_file | xfs_file_fsync -> a flush of the device
 *
 * Left out: writeback of the journal later on; CPU caches.  Shape to expect: device-mapper adds one
 * dm_dax_direct_access for each extent, and what it adds to a flush.  The meter's overhead is
 * measured on an operation that does nothing, and subtracted.
 *
 * Alone: ./run.sh bench --bench filewrite --stack raw --stack linear:16 --fs ext4
 */
#include "bench/file_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILE_BYTES = FILE_OPS_SAMPLES * WINDOW_BYTES, FRAGMENTED_BYTES = 1 << 20 };

static int fill(struct file_ops_file *file)
{
	return file_ops_fill(file->fd, file->buffer, FILE_OPS_SAMPLES * (64 << 10));
}

static int allocate(struct file_ops_file *file)
{
	if (fallocate(file->fd, 0, 0, FILE_BYTES) < 0)
		return -errno;
	return fsync(file->fd) < 0 ? -errno : 0;
}

static int whole(struct file_ops_file *file)
{
	return file_ops_fill(file->fd, file->buffer, FRAGMENTED_BYTES);
}

/* From the end on, so that few extents are moved each time.  A range at the end of a file cannot be
 * collapsed. */
static int fragment(struct file_ops_file *file)
{
	struct extents extents;
	int rc = file_ops_fill(file->fd, file->buffer, 2 * FRAGMENTED_BYTES);

	if (!rc && ftruncate(file->fd, 2 * FRAGMENTED_BYTES - PAGE_BYTES) < 0)
		rc = -errno;
	for (off_t at = 2 * FRAGMENTED_BYTES - 3 * PAGE_BYTES; at > 0 && !rc; at -= 2 * PAGE_BYTES)
		if (fallocate(file->fd, FALLOC_FL_COLLAPSE_RANGE, at, PAGE_BYTES) < 0)
			rc = -errno;
	if (!rc && fsync(file->fd) < 0)
		rc = -errno;
	if (!rc)
		rc = extents_read(file->fd, &extents);
	if (rc)
		return rc;
	if (extents.n != FRAGMENTED_BYTES / PAGE_BYTES)
		rc = -EBADMSG;
	extents_free(&extents);
	return rc;
}

static int64_t bytes_or_errno(ssize_t n)
{
	return n < 0 ? -errno : n;
}

#define WRITE(bytes_)                                                                         \
	static int64_t write_##bytes_(struct file_ops_file *file, uint64_t offset)            \
	{                                                                                     \
		return bytes_or_errno(pwrite(file->fd, file->buffer, bytes_, (off_t)offset)); \
	}
#define APPEND(bytes_)                                                              \
	static int64_t append_##bytes_(struct file_ops_file *file, uint64_t offset) \
	{                                                                           \
		(void)offset;                                                       \
		return bytes_or_errno(write(file->fd, file->buffer, bytes_));       \
	}

WRITE(4096)
WRITE(65536)
WRITE(1048576)
WRITE(2097152)
APPEND(4096)
APPEND(65536)

static int64_t dsync(struct file_ops_file *file, uint64_t offset, size_t len)
{
	const struct iovec memory = {file->buffer, len};

	return bytes_or_errno(pwritev2(file->fd, &memory, 1, (off_t)offset, RWF_DSYNC));
}

static int64_t dsync_4k(struct file_ops_file *file, uint64_t offset)
{
	return dsync(file, offset, 4 << 10);
}

static int64_t dsync_64k(struct file_ops_file *file, uint64_t offset)
{
	return dsync(file, offset, 64 << 10);
}

static int64_t allocate_2m(struct file_ops_file *file, uint64_t offset)
{
	return fallocate(file->fd, 0, (off_t)offset, WINDOW_BYTES) < 0 ? -errno : WINDOW_BYTES;
}

static int64_t read_1m(struct file_ops_file *file, uint64_t offset)
{
	return bytes_or_errno(pread(file->fd, file->buffer, FRAGMENTED_BYTES, (off_t)offset));
}

/* All of the 2 MiB have blocks, and read as zeroes. */
static int verify_allocated(struct file_ops_file *file, uint64_t offset)
{
	static const char zeroes[PAGE_BYTES];
	struct extents extents;
	int rc = fsync(file->fd) < 0 ? -errno : extents_read(file->fd, &extents);

	if (rc < 0)
		return rc;
	for (uint64_t at = offset; at < offset + WINDOW_BYTES && !rc; at += PAGE_BYTES) {
		const struct extent *e = extents_find(&extents, at);

		if (!e || !e->unwritten)
			rc = -EBADMSG;
	}
	extents_free(&extents);
	if (!rc && pread(file->fd, file->buffer, PAGE_BYTES, (off_t)offset) != PAGE_BYTES)
		rc = -EIO;
	return rc ? rc : memcmp(file->buffer, zeroes, PAGE_BYTES) ? -EBADMSG : 0;
}

/* The stamps of the pages, of which each `of`th of the file as it was filled is left. */
static int verify_stamps(const struct file_ops_file *file, unsigned int of)
{
	for (uint64_t at = 0; at < FRAGMENTED_BYTES; at += PAGE_BYTES) {
		uint64_t stamp = datafile_stamp(at * of);

		if (memcmp(file->buffer + at, &stamp, sizeof(stamp)))
			return -EBADMSG;
	}
	return 0;
}

static int verify_whole(struct file_ops_file *file, uint64_t offset)
{
	(void)offset;
	return verify_stamps(file, 1);
}

static int verify_fragmented(struct file_ops_file *file, uint64_t offset)
{
	(void)offset;
	return verify_stamps(file, 2);
}

#define V(name_, why_, ...)                                                                    \
	{                                                                                      \
		.name = name_, .why = why_, .arg = &(const struct file_ops_plan){__VA_ARGS__}, \
	}
#define RW .points = {"dax_iomap_rw"}, .hits = 1
/* One for each extent. */
#define PER_EXTENT(n) .points = {"pmem_dax_direct_access", "__pmem_direct_access"}, .hits = n
#define SYNCED .points = {"*nvdimm_flush"}, .hits = 1
#define SLOT .step_bytes = 64 << 10
#define K4(fn) .run = fn##_4096, .bytes = 4 << 10
#define K64(fn) .run = fn##_65536, .bytes = 64 << 10

static const struct variant variants[] = {
	V("overwrite.4k", "write over written blocks", K4(write), .start = fill, SLOT, RW),
	V("overwrite.64k", "write over written blocks", K64(write), .start = fill, SLOT, RW),
	V("append.4k", "write at the end of a file", K4(append), .flags = O_APPEND,
	  .step_bytes = 4 << 10, RW),
	V("append.64k", "write at the end of a file", K64(append), .flags = O_APPEND, SLOT, RW),
	V("extend.4k", "write past the end of a file", K4(write), .step_bytes = 128 << 10, RW),
	V("odsync.4k", "write over written blocks, O_DSYNC", K4(write), .start = fill,
	  .flags = O_DSYNC, SLOT, SYNCED),
	V("odsync.64k", "write over written blocks, O_DSYNC", K64(write), .start = fill,
	  .flags = O_DSYNC, SLOT, SYNCED),
	V("odsync.append.4k", "write at the end of a file, O_DSYNC", K4(append),
	  .flags = O_APPEND | O_DSYNC, .step_bytes = 4 << 10, SYNCED),
	V("rwfdsync.4k", "write over written blocks, RWF_DSYNC", .run = dsync_4k, .bytes = 4 << 10,
	  .start = fill, SLOT, SYNCED),
	V("rwfdsync.64k", "write over written blocks, RWF_DSYNC", .run = dsync_64k,
	  .bytes = 64 << 10, .start = fill, SLOT, SYNCED),
	V("fallocate.2m", "fallocate at the end of a file", .run = allocate_2m,
	  .bytes = WINDOW_BYTES, .step_bytes = WINDOW_BYTES, .verify = verify_allocated,
	  .points = {"vfs_fallocate"}, .hits = 1),
	V("unwritten.4k", "first write into an unwritten extent", K4(write), .start = allocate,
	  .step_bytes = WINDOW_BYTES, RW),
	V("unwritten.64k", "first write into an unwritten extent", K64(write), .start = allocate,
	  .step_bytes = WINDOW_BYTES, RW),
	V("unwritten.2m", "first write into an unwritten extent", .run = write_2097152,
	  .bytes = WINDOW_BYTES, .start = allocate, .step_bytes = WINDOW_BYTES, RW),
	V("whole.read.1m", "read of a file of one extent", .run = read_1m,
	  .bytes = FRAGMENTED_BYTES, .start = whole, .verify = verify_whole, PER_EXTENT(1)),
	V("whole.write.1m", "write over a file of one extent", .run = write_1048576,
	  .bytes = FRAGMENTED_BYTES, .start = whole, PER_EXTENT(1)),
	V("fragmented.read.1m", "read of a file of 256 extents", .run = read_1m,
	  .bytes = FRAGMENTED_BYTES, .start = fragment, .verify = verify_fragmented,
	  PER_EXTENT(256)),
	V("fragmented.write.1m", "write over a file of 256 extents", .run = write_1048576,
	  .bytes = FRAGMENTED_BYTES, .start = fragment, PER_EXTENT(256)),
	{0},
};

static const char *const probes[] = {
	"dax_iomap_rw",	 "pmem_dax_direct_access", "__pmem_direct_access", "dm_dax_direct_access",
	"*nvdimm_flush", "*block:block_bio_queue", "vfs_fallocate",	   NULL,
};

static const struct proof_waiver waivers[] = {
	{"*", PROOF_PAGE | PROOF_FRAME,
	 "write(2), read(2) and fallocate(2) map no page; what they wrote or read is verified"},
	{0},
};

const struct bench bench_filewrite = {
	.name = "filewrite",
	.why = "cost of write(2) to a DAX file that allocates, converts or syncs, or is fragmented",
	.variants = variants,
	.probes = probes,
	.waivers = waivers,
	.by_name_only = "it would lengthen the default sweep; workloads/write measures it",
	FILE_OPS_DESCRIPTOR,
};
