// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of I/O whose buffer is a DAX mapping: its pages are pinned for the transfer.
 *
 * One sample is one call on 4 KiB, 64 KiB or 2 MiB at the start of a window whose pages were stored
 * to, so that no page fault occurs in it.
 *
 *   direct   O_DIRECT pread(2) and pwrite(2) of the block node (raw or dm), over the blocks of
 *            another window of the same file
 *   uring    the same by io_uring, one at a time
 *   splice   vmsplice(2) into an empty pipe, which keeps the pages
 *   vm       process_vm_readv(2) and process_vm_writev(2) of this process
 *
 *   direct   -> bio_iov_iter_get_pages -> get_user_pages_fast | pin_user_pages_fast
 *            -> dm_submit_bio -> pmem_submit_bio -> copy
 *   splice   -> iov_iter_get_pages -> get_user_pages_fast
 *   vm       -> pin_user_pages_remote, for each page or PMD -> copy
 *
 * Left out: a registered buffer of io_uring, and RDMA: the kernel refuses long-term pins of pages
 * of a DAX file (EOPNOTSUPP).  O_DIRECT of a DAX file pins nothing: it is a copy by dax_iomap_rw.
 *
 * Shape to expect: direct costs as much as bio.node with a buffer in anonymous memory, and more for
 * each page; device-mapper adds what it adds to a bio, and nothing to splice and vm.  Each sample
 * of direct, uring and vm includes the copy of the bytes.  The meter's overhead is measured on an
 * operation that does nothing, and subtracted.
 *
 * Proof: the bytes arrive, with a stamp that is new in each sample; pages were pinned by the
 * functions above, counted on all processors, because io_uring uses other threads.
 *
 * Alone: ./run.sh bench --bench pin --stack raw --stack linear:16 --fs ext4
 */
#include "bench/bio/uring.h"
#include "bench/mapped_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* What one sample has open. */
static int node_fd = -1, pipe_fds[2] = {-1, -1};
static struct uring ring;

/* Makes each page of len bytes different from what it was. */
static void stamp(char *bytes, uint64_t len)
{
	static uint64_t number;

	for (uint64_t at = 0; at < len; at += PAGE_BYTES) {
		number++;
		memcpy(bytes + at, &number, sizeof(number));
	}
}

/* Returns 0 or -errno; -EOPNOTSUPP: see WRITES_MOUNTED. */
static int open_node(const struct mapped_range *range, int flags)
{
	node_fd = open(range->node, flags | O_DIRECT | O_CLOEXEC);
	if (node_fd < 0)
		return errno == EBUSY || errno == EPERM ? -EOPNOTSUPP : -errno;
	return 0;
}

/* New bytes in the other window of the file. */
static int prepare_read(const struct mapped_range *range)
{
	stamp(range->buffer, range->io_bytes);
	if (pwrite(range->fd, range->buffer, range->io_bytes, (off_t)range->other_offset_bytes) !=
	    (ssize_t)range->io_bytes)
		return -EIO;
	return open_node(range, O_RDONLY);
}

static int prepare_write(const struct mapped_range *range)
{
	stamp(range->at, range->io_bytes);
	return open_node(range, O_RDWR);
}

static int start_ring(const struct mapped_range *range)
{
	int rc = uring_start(&ring, 1, node_fd, range->at, range->io_bytes, false, false);

	if (rc < 0)
		close(node_fd);
	return rc;
}

static int prepare_uring_read(const struct mapped_range *range)
{
	int rc = prepare_read(range);

	return rc < 0 ? rc : start_ring(range);
}

static int prepare_uring_write(const struct mapped_range *range)
{
	int rc = prepare_write(range);

	return rc < 0 ? rc : start_ring(range);
}

static int prepare_splice(const struct mapped_range *range)
{
	stamp(range->at, range->io_bytes);
	return pipe2(pipe_fds, O_CLOEXEC) < 0 ? -errno : 0;
}

static int prepare_vm_read(const struct mapped_range *range)
{
	stamp(range->at, range->io_bytes);
	return 0;
}

static int prepare_vm_write(const struct mapped_range *range)
{
	stamp(range->buffer, range->io_bytes);
	return 0;
}

/* The result of an operation: all bytes, or an error. */
static int64_t all_of(const struct mapped_range *range, int64_t done)
{
	if (done < 0)
		return -errno;
	return (uint64_t)done == range->io_bytes ? 0 : -EIO;
}

static int64_t direct_read(const struct mapped_range *range)
{
	return all_of(range,
		      pread(node_fd, range->at, range->io_bytes, (off_t)range->other_node_bytes));
}

static int64_t direct_write(const struct mapped_range *range)
{
	return all_of(range,
		      pwrite(node_fd, range->at, range->io_bytes, (off_t)range->other_node_bytes));
}

static int64_t uring_once(const struct mapped_range *range, bool write)
{
	int64_t done =
		uring_batch(&ring, write, &range->other_node_bytes, 1, (uint32_t)range->io_bytes);

	return done < 0 ? done : all_of(range, done);
}

static int64_t uring_read(const struct mapped_range *range)
{
	return uring_once(range, false);
}

static int64_t uring_write(const struct mapped_range *range)
{
	return uring_once(range, true);
}

static int64_t splice_in(const struct mapped_range *range)
{
	const struct iovec memory = {range->at, range->io_bytes};

	return all_of(range, vmsplice(pipe_fds[1], &memory, 1, SPLICE_F_NONBLOCK));
}

static int64_t vm_read(const struct mapped_range *range)
{
	const struct iovec mine = {range->buffer, range->io_bytes},
			   other = {range->at, range->io_bytes};

	return all_of(range, process_vm_readv(getpid(), &mine, 1, &other, 1, 0));
}

static int64_t vm_write(const struct mapped_range *range)
{
	const struct iovec mine = {range->buffer, range->io_bytes},
			   other = {range->at, range->io_bytes};

	return all_of(range, process_vm_writev(getpid(), &mine, 1, &other, 1, 0));
}

static int same(const struct mapped_range *range)
{
	return memcmp(range->at, range->buffer, range->io_bytes) ? -EBADMSG : 0;
}

/* Compares the mapping with the other window of the file. */
static int verify_node(const struct mapped_range *range)
{
	ssize_t n =
		pread(range->fd, range->buffer, range->io_bytes, (off_t)range->other_offset_bytes);

	uring_stop(&ring);
	close(node_fd);
	node_fd = -1;
	return n == (ssize_t)range->io_bytes ? same(range) : -EIO;
}

static int verify_pipe(const struct mapped_range *range)
{
	ssize_t n = read(pipe_fds[0], range->buffer, range->io_bytes);

	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return n == (ssize_t)range->io_bytes ? same(range) : -EIO;
}

#define V(name_, why_, need_, ...)                                                            \
	{                                                                                     \
		.name = name_, .why = why_, .needs = {need_},                                 \
		.arg = &(const struct mapped_ops_plan){                                       \
			.pages_are = MAPPED_STORED, .after = MAPPED_AFTER_SAME, __VA_ARGS__}, \
	}
#define SIZES(name_, why_, ...)                                                                    \
	V(name_ ".4k.pte", why_ ", 4 KiB in a page", NEED_END, .pages = 1, .io_bytes = 4 << 10,    \
	  __VA_ARGS__),                                                                            \
		V(name_ ".64k.pte", why_ ", 64 KiB in 16 pages", NEED_END, .pages = 16,            \
		  .io_bytes = 64 << 10, __VA_ARGS__),                                              \
		V(name_ ".64k.pmd", why_ ", 64 KiB in a PMD", NEED_HUGE, .huge = true, .pages = 1, \
		  .io_bytes = 64 << 10, __VA_ARGS__)
#define SIZES_2M(name_, why_, ...)                                                               \
	SIZES(name_, why_, __VA_ARGS__),                                                         \
		V(name_ ".2m.pte", why_ ", 2 MiB in 512 pages", NEED_END, .pages = 512,          \
		  .io_bytes = 2 << 20, __VA_ARGS__),                                             \
		V(name_ ".2m.pmd", why_ ", 2 MiB in a PMD", NEED_HUGE, .huge = true, .pages = 1, \
		  .io_bytes = 2 << 20, __VA_ARGS__)
/* CONFIG_BLK_DEV_WRITE_MOUNTED=n, since 6.8. */
#define WRITES_MOUNTED                                                            \
	.missing = {"this kernel does not let a mounted block device be written", \
		    "boot it with bdev_allow_write_mounted=1"}
#define FAST .points = {"*get_user_pages_fast", "*pin_user_pages_fast"}
#define REMOTE .points = {"*pin_user_pages_remote"}

static const struct variant variants[] = {
	SIZES_2M("direct.read", "O_DIRECT read of the block node into a mapping",
		 .prepare = prepare_read, .run = direct_read, .verify = verify_node, FAST),
	SIZES_2M("direct.write", "O_DIRECT write of a mapping to the block node",
		 .prepare = prepare_write, .run = direct_write, .verify = verify_node, FAST,
		 WRITES_MOUNTED),
	SIZES("uring.read", "io_uring read of the block node into a mapping",
	      .prepare = prepare_uring_read, .run = uring_read, .verify = verify_node, FAST),
	SIZES("uring.write", "io_uring write of a mapping to the block node",
	      .prepare = prepare_uring_write, .run = uring_write, .verify = verify_node, FAST,
	      WRITES_MOUNTED),
	SIZES("splice", "vmsplice of a mapping", .prepare = prepare_splice, .run = splice_in,
	      .verify = verify_pipe, FAST),
	SIZES_2M("vm.read", "process_vm_readv of a mapping", .prepare = prepare_vm_read,
		 .run = vm_read, .verify = same, REMOTE),
	SIZES_2M("vm.write", "process_vm_writev of a mapping", .prepare = prepare_vm_write,
		 .run = vm_write, .verify = same, REMOTE),
	{0},
};

static const char *const probes[] = {
	"*get_user_pages_fast",	  "*pin_user_pages_fast",
	"*pin_user_pages_remote", "*block:block_bio_queue",
	"*dm_submit_bio",	  "*pmem_submit_bio",
	"*io_wq_submit_work",	  NULL,
};

const struct bench bench_pin = {
	.name = "pin",
	.why = "cost of I/O from and to a mapping of a DAX file, which pins its pages",
	.variants = variants,
	.probes = probes,
	MAPPED_OPS_DESCRIPTOR,
};
