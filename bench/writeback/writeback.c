// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of making stores durable by fsync(2), msync(2), and by the suspension of the device: by
 * the number of dirty pages, their size, their spread, and the number of mappings of them.
 *
 * One sample is one call after stores to 1, 64 or 512 pages of a window of 2 MiB, or to 1 or 4
 * windows that PMDs map.  A page of 4 KiB and one of 2 MiB are written back as a whole, however
 * little of them was stored to.  spread: each eighth page.  mappers: as many mappings of the
 * window, all of which are made read-only again.  loaded: pages that were only loaded from; the
 * path in the record tells whether the kernel writes them back all the same.
 *
 * suspend: the ioctl that suspends the device-mapper device below the filesystem, which is frozen,
 * so that another thread writes all dirty pages back.  Meter insn counts the instructions of all
 * threads, without what waits (bench/thread_cost.h); `table.mounted.suspend.*` is the part of the
 * calling thread.
 *
 * Each fsync commits the journal, because the inode is dirty; msync does not: it does not write the
 * times of the inode.
 *
 *   dax_writeback_mapping_range -> dax_writeback_one -> dax_entry_mkclean | pfn_mkclean_range,
 *     arch_wb_cache_pmem; then a flush of the device: dm_submit_bio -> pmem_submit_bio ->
 *     nvdimm_flush
 *   dm_suspend -> lock_fs -> freeze_super -> sync_filesystem, in a thread of the flusher:
 *     wb_workfn -> dax_writeback_mapping_range
 *
 * Left out: the stores, and the resume.  Shape to expect: a constant for each dirty page, and one
 * for the flush, which device-mapper adds to; a suspension waits for that and for grace periods.
 * Under meter insn flushing a cache line is one instruction.  The meter's overhead is measured on
 * an operation that does nothing, and subtracted.
 *
 * Alone: ./run.sh bench --bench writeback --stack raw --stack linear:16 --fs ext4
 */
#include "bench/mapped_ops.h"
#include "lib/dev/dm_request.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Otherwise some samples would commit the journal and others would not: stores change the times of
 * the inode once per timer tick. */
static int set_times(const struct mapped_range *range)
{
	return futimens(range->fd, NULL) < 0 ? -errno : 0;
}

static int64_t sync_file(const struct mapped_range *range)
{
	return fsync(range->fd) < 0 ? -errno : 0;
}

static int64_t sync_range(const struct mapped_range *range)
{
	return msync(range->at, range->bytes, MS_SYNC) < 0 ? -errno : 0;
}

static struct {
	int control_fd;
	struct dm_request request;
} suspension = {.control_fd = -1};

static int prepare_suspend(const struct mapped_range *range)
{
	if (suspension.control_fd < 0)
		suspension.control_fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (suspension.control_fd < 0)
		return -errno;
	return dm_request_make(&suspension.request, DM_DEV_SUSPEND, range->dm_name, DM_SUSPEND_FLAG,
			       NULL);
}

static int64_t suspend(const struct mapped_range *range)
{
	const struct dm_request *request = &suspension.request;

	(void)range;
	return ioctl(suspension.control_fd, request->command, request->io) < 0 ? -errno : 0;
}

static int resume(const struct mapped_range *range)
{
	struct dm_device_info info = {0};
	int rc = dm_device_info(range->dm_name, &info), rc2;

	dm_request_free(&suspension.request);
	rc2 = dm_device_resume(range->dm_name, 0);
	rc = rc ? rc : rc2;
	return rc || info.suspended ? rc : -EBADMSG;
}

#define V(name_, why_, need_, also_, ...)                            \
	{                                                            \
		.name = name_, .why = why_, .needs = {need_, also_}, \
		.arg = &(const struct mapped_ops_plan){__VA_ARGS__}, \
	}
#define STORED(points_) .pages_are = MAPPED_STORED, .points = {points_}, .hit_by_page = true
#define LOADED .pages_are = MAPPED_LOADED, .points = {"*nvdimm_flush"}
#define SIZES(name_, why_, need_, ...)                                                             \
	V(name_ ".1.pte", why_ " after a store to 1 page", need_, NEED_END, .pages = 1,            \
	  __VA_ARGS__),                                                                            \
		V(name_ ".64.pte", why_ " after stores to 64 pages", need_, NEED_END, .pages = 64, \
		  __VA_ARGS__),                                                                    \
		V(name_ ".512.pte", why_ " after stores to 512 pages", need_, NEED_END,            \
		  .pages = 512, __VA_ARGS__),                                                      \
		V(name_ ".64.spread.pte", why_ " after stores to each eighth page", need_,         \
		  NEED_END, .pages = 64, .spread = 8, __VA_ARGS__),                                \
		V(name_ ".64.mappers4.pte", why_ " after stores to 64 pages by 4 mappings", need_, \
		  NEED_END, .pages = 64, .mappers = 3, __VA_ARGS__),                               \
		V(name_ ".64.mappers16.pte", why_ " after stores to 64 pages by 16 mappings",      \
		  need_, NEED_END, .pages = 64, .mappers = 15, __VA_ARGS__),                       \
		V(name_ ".1.pmd", why_ " after a store to 1 PMD", need_, NEED_HUGE, .pages = 1,    \
		  .huge = true, __VA_ARGS__),                                                      \
		V(name_ ".4.pmd", why_ " after stores to 4 PMDs", need_, NEED_HUGE, .pages = 1,    \
		  .huge = true, .windows = 4, __VA_ARGS__),                                        \
		V(name_ ".1.mappers4.pmd", why_ " after stores to 1 PMD by 4 mappings", need_,     \
		  NEED_HUGE, .pages = 1, .huge = true, .mappers = 3, __VA_ARGS__)
#define FSYNC .run = sync_file, .prepare = set_times
#define SUSPEND .run = suspend, .prepare = prepare_suspend, .verify = resume, .sleeps = true

static const struct variant variants[] = {
	SIZES("fsync", "fsync", NEED_DAX, FSYNC, STORED("arch_wb_cache_pmem")),
	V("fsync.64.loaded.pte", "fsync after loads from 64 pages", NEED_DAX, NEED_END, .pages = 64,
	  FSYNC, LOADED),
	SIZES("msync", "msync", NEED_DAX, .run = sync_range, STORED("arch_wb_cache_pmem")),
	SIZES("suspend", "suspend", NEED_DM, SUSPEND, STORED("*arch_wb_cache_pmem")),
	V("suspend.64.loaded.pte", "suspend after loads from 64 pages", NEED_DM, NEED_END,
	  .pages = 64, SUSPEND, LOADED),
	{0},
};

/* Those with an asterisk on all processors. */
static const char *const probes[] = {
	"arch_wb_cache_pmem",
	"*nvdimm_flush",
	"dax_writeback_mapping_range",
	"dm_submit_bio",
	"pmem_submit_bio",
	"*arch_wb_cache_pmem",
	NULL,
};

static const struct unexplained unexplained[] = {
	{"suspend.*", "the thread waits for others, whose instructions count, too"},
	{0},
};

const struct bench bench_writeback = {
	.name = "writeback",
	.why = "cost of making stores to a DAX mapping durable, by what is dirty",
	.variants = variants,
	.probes = probes,
	.unexplained = unexplained,
	MAPPED_OPS_DESCRIPTOR,
};
