// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of making stores durable by fsync(2) and msync(2): by the number of dirty pages, their
 * size, their spread, and the number of mappings of them.
 *
 * One sample is one call after stores to 1, 64 or 512 pages of a window of 2 MiB, or to 1 or 4
 * windows that PMDs map.  A page of 4 KiB and one of 2 MiB are written back as a whole, however
 * little of them was stored to.  spread: each eighth page.  mappers: as many mappings of the
 * window, all of which are made read-only again.  loaded: pages that were only loaded from; the
 * path in the record tells whether the kernel writes them back all the same.
 *
 * Each fsync commits the journal, because the inode is dirty; msync does not: it does not write the
 * times of the inode.
 *
 *   dax_writeback_mapping_range -> dax_writeback_one -> dax_entry_mkclean | pfn_mkclean_range,
 *     arch_wb_cache_pmem; then a flush of the device: dm_submit_bio -> pmem_submit_bio ->
 *     nvdimm_flush
 *
 * Left out: the stores.  Shape to expect: a constant for each dirty page, and one for the flush,
 * which device-mapper adds to.  Under meter insn flushing a cache line is one instruction.  The
 * meter's overhead is measured on an operation that does nothing, and subtracted.
 *
 * Alone: ./run.sh bench --bench writeback --stack raw --stack linear:16 --fs ext4
 */
#include "bench/mapped_ops.h"

#include <errno.h>
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

#define V(name_, why_, need_, ...)                                   \
	{                                                            \
		.name = name_, .why = why_, .needs = {need_},        \
		.arg = &(const struct mapped_ops_plan){__VA_ARGS__}, \
	}
#define STORED .pages_are = MAPPED_STORED, .points = {"arch_wb_cache_pmem"}, .hit_by_page = true
#define LOADED .pages_are = MAPPED_LOADED, .points = {"*nvdimm_flush"}
#define SIZES(name_, why_, ...)                                                                    \
	V(name_ ".1.pte", why_ " after a store to 1 page", NEED_END, .pages = 1, __VA_ARGS__),     \
		V(name_ ".64.pte", why_ " after stores to 64 pages", NEED_END, .pages = 64,        \
		  __VA_ARGS__),                                                                    \
		V(name_ ".512.pte", why_ " after stores to 512 pages", NEED_END, .pages = 512,     \
		  __VA_ARGS__),                                                                    \
		V(name_ ".64.spread.pte", why_ " after stores to each eighth page", NEED_END,      \
		  .pages = 64, .spread = 8, __VA_ARGS__),                                          \
		V(name_ ".64.mappers4.pte", why_ " after stores to 64 pages by 4 mappings",        \
		  NEED_END, .pages = 64, .mappers = 3, __VA_ARGS__),                               \
		V(name_ ".64.mappers16.pte", why_ " after stores to 64 pages by 16 mappings",      \
		  NEED_END, .pages = 64, .mappers = 15, __VA_ARGS__),                              \
		V(name_ ".1.pmd", why_ " after a store to 1 PMD", NEED_HUGE, .pages = 1,           \
		  .huge = true, __VA_ARGS__),                                                      \
		V(name_ ".4.pmd", why_ " after stores to 4 PMDs", NEED_HUGE, .pages = 1,           \
		  .huge = true, .windows = 4, __VA_ARGS__),                                        \
		V(name_ ".1.mappers4.pmd", why_ " after stores to 1 PMD by 4 mappings", NEED_HUGE, \
		  .pages = 1, .huge = true, .mappers = 3, __VA_ARGS__)

static const struct variant variants[] = {
	SIZES("fsync", "fsync", .run = sync_file, .prepare = set_times, STORED),
	V("fsync.64.loaded.pte", "fsync after loads from 64 pages", NEED_END, .pages = 64,
	  .run = sync_file, .prepare = set_times, LOADED),
	SIZES("msync", "msync", .run = sync_range, STORED),
	{0},
};

/* The second on all processors. */
static const char *const probes[] = {
	"arch_wb_cache_pmem", "*nvdimm_flush",	 "dax_writeback_mapping_range",
	"dm_submit_bio",      "pmem_submit_bio", NULL,
};

const struct bench bench_writeback = {
	.name = "writeback",
	.why = "cost of making stores to a DAX mapping durable, by what is dirty",
	.variants = variants,
	.probes = probes,
	MAPPED_OPS_DESCRIPTOR,
};
