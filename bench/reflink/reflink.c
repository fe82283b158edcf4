// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of copy-on-write of blocks that two DAX files share: reflinks of xfs.
 *
 * One sample is the first write to shared blocks of a file of 32 MiB that FICLONE made, in each of
 * its windows of 2 MiB.
 *
 *   write      pwrite(2) of 4 or 64 KiB
 *   store      a store into a mapping, one page fault: of a page (pte) or of 2 MiB (pmd)
 *   clone      the ioctl FICLONE itself
 *
 *   write   -> xfs_file_write_iter -> dax_iomap_rw -> xfs_reflink_allocate_cow -> copy of what the
 *              write does not cover -> xfs_reflink_end_cow
 *   store   -> dax_iomap_pte_fault | dax_iomap_pmd_fault -> the same; the page is copied and then
 *              mapped
 *
 * It needs xfs with reflink=1, which kernels before 6.0 do not mount with DAX:
 * workloads/reflink.  xfs allocates new blocks in units of 128 KiB (cowextsize), whatever is
 * written.
 *
 * Left out: freeing the blocks.  Shape to expect: a transaction, and the copy; device-mapper is
 * asked for the old and for the new blocks.  The meter's overhead is measured on an operation that
 * does nothing, and subtracted.
 *
 * Alone: ./run.sh bench --workload workloads/reflink --stack raw
 */
#include "bench/file_ops.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FILE_BYTES = FILE_OPS_SAMPLES * WINDOW_BYTES };

static int clone_all(const struct file_ops_file *file)
{
	if (ioctl(file->fd, FICLONE, file->source_fd) < 0)
		return errno == ENOTTY ? -EOPNOTSUPP : -errno;
	return 0;
}

/* Tries it on empty files first: filling one takes long. */
static int fill_source(struct file_ops_file *file)
{
	int rc = clone_all(file);

	return rc < 0 ? rc : file_ops_fill(file->source_fd, file->buffer, FILE_BYTES);
}

static int share(struct file_ops_file *file)
{
	int rc = fill_source(file);

	if (!rc)
		rc = clone_all(file);
	return rc || !fsync(file->fd) ? rc : -errno;
}

static int64_t write_len(struct file_ops_file *file, uint64_t offset, size_t len)
{
	ssize_t n = pwrite(file->fd, file->buffer, len, (off_t)offset);

	return n < 0 ? -errno : n;
}

static int64_t write_4k(struct file_ops_file *file, uint64_t offset)
{
	return write_len(file, offset, 4 << 10);
}

static int64_t write_64k(struct file_ops_file *file, uint64_t offset)
{
	return write_len(file, offset, 64 << 10);
}

/* The stamp of the buffer, to the begin of the page. */
static void store(struct file_ops_file *file, uint64_t offset)
{
	*(volatile uint64_t *)(file->map.base + offset) = *(const uint64_t *)file->buffer;
}

static int64_t store_page(struct file_ops_file *file, uint64_t offset)
{
	store(file, offset);
	return PAGE_BYTES;
}

static int64_t store_window(struct file_ops_file *file, uint64_t offset)
{
	store(file, offset);
	return WINDOW_BYTES;
}

static int64_t clone_once(struct file_ops_file *file, uint64_t offset)
{
	int rc = clone_all(file);

	(void)offset;
	return rc < 0 ? rc : FILE_BYTES;
}

static int read_stamp(int fd, uint64_t offset, uint64_t *stamp)
{
	return pread(fd, stamp, sizeof(*stamp), (off_t)offset) == sizeof(*stamp) ? 0 : -EIO;
}

/* The file has the new stamp, or that of the source; the source has its own still. */
static int verify(const struct file_ops_file *file, uint64_t offset, bool is_new)
{
	uint64_t mine, source, fresh;
	int rc = read_stamp(file->fd, offset, &mine);

	if (!rc)
		rc = read_stamp(file->source_fd, offset, &source);
	memcpy(&fresh, file->buffer, sizeof(fresh));
	if (!rc && (source != datafile_stamp(offset) || mine != (is_new ? fresh : source)))
		rc = -EBADMSG;
	return rc;
}

static int verify_copied(struct file_ops_file *file, uint64_t offset)
{
	return verify(file, offset, true);
}

static int verify_shared(struct file_ops_file *file, uint64_t offset)
{
	return verify(file, offset, false);
}

#define NEEDS_REFLINK                                              \
	.missing = {"this filesystem does not have the operation", \
		    "--fs 'xfs:mkfs=[-d su=2m,sw=1 -m reflink=1]', on a kernel from 6.0 on"}

#define V(name_, why_, ...)                                                      \
	{                                                                        \
		.name = name_, .why = why_,                                      \
		.arg = &(const struct file_ops_plan){                            \
			.step_bytes = WINDOW_BYTES, NEEDS_REFLINK, __VA_ARGS__}, \
	}

static const struct variant variants[] = {
	V("write.4k", "write to shared blocks", .start = share, .run = write_4k, .bytes = 4 << 10,
	  .verify = verify_copied, .points = {"dax_iomap_rw"}, .hits = 1),
	V("write.64k", "write to shared blocks", .start = share, .run = write_64k,
	  .bytes = 64 << 10, .verify = verify_copied, .points = {"dax_iomap_rw"}, .hits = 1),
	V("store.pte", "store to a page of shared blocks", .start = share, .run = store_page,
	  .bytes = PAGE_BYTES, .mapped = true, .verify = verify_copied,
	  .points = {"fs_dax:dax_pte_fault_done"}, .hits = 1),
	{
		.name = "store.pmd",
		.why = "store to 2 MiB of shared blocks",
		.needs = {NEED_HUGE},
		.arg = &(const struct file_ops_plan){.start = share,
						     .run = store_window,
						     .bytes = WINDOW_BYTES,
						     .step_bytes = WINDOW_BYTES,
						     .mapped = true,
						     .verify = verify_copied,
						     .points = {"fs_dax:dax_pmd_fault_done"},
						     .hits = 1,
						     NEEDS_REFLINK},
	},
	{
		.name = "clone.32m",
		.why = "FICLONE of a file of 32 MiB",
		.arg = &(const struct file_ops_plan){.start = fill_source,
						     .run = clone_once,
						     .bytes = FILE_BYTES,
						     .verify = verify_shared,
						     .points = {"vfs_clone_file_range"},
						     .hits = 1,
						     NEEDS_REFLINK},
	},
	{0},
};

static const char *const probes[] = {
	"dax_iomap_rw",
	"fs_dax:dax_pte_fault_done",
	"fs_dax:dax_pmd_fault_done",
	"pmem_dax_direct_access",
	"dm_dax_direct_access",
	"vfs_clone_file_range",
	"*block:block_bio_queue",
	NULL,
};

static const struct proof_waiver waivers[] = {
	{"write.*", PROOF_PAGE | PROOF_FRAME, "write(2) maps no page; what it wrote is verified"},
	{"clone.*", PROOF_PAGE | PROOF_FRAME, "FICLONE maps no page; the bytes are verified"},
	{0},
};

const struct bench bench_reflink = {
	.name = "reflink",
	.why = "cost of copy-on-write of blocks that two DAX files share",
	.variants = variants,
	.probes = probes,
	.waivers = waivers,
	.by_name_only = "it needs xfs with reflink=1; workloads/reflink measures it",
	FILE_OPS_DESCRIPTOR,
};
