// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of mapping a window in advance: MAP_POPULATE, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
 * mlock(2).
 *
 * One sample is one call that maps the 512 pages of a window of 2 MiB, or one PMD.  map includes
 * the mmap(2) itself.
 *
 *   populate_vma_page_range | faultin_page_range -> handle_mm_fault, for each page
 *     -> dax_iomap_pte_fault | dax_iomap_pmd_fault -> dax_direct_access -> dm_dax_direct_access
 *
 * The path in the record tells whether anything is batched: pmem_dax_direct_access per operation is
 * 512 if each page is asked for alone.
 *
 * Shape to expect: 512 faults of fault.read.warm.pte without exception entry, or one of
 * fault.read.warm.pmd.  The meter's overhead is measured on an operation that does nothing, and
 * subtracted.
 *
 * Alone: ./run.sh bench --bench populate --stack raw --stack linear:16 --fs ext4
 */
#include "bench/mapped_ops.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* linux/mman.h since 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

static int64_t map(const struct mapped_range *range)
{
	return mmap(range->at, range->bytes, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED | MAP_POPULATE, range->fd,
		    (off_t)range->offset_bytes) == MAP_FAILED
		       ? -errno
		       : 0;
}

static int64_t advise(const struct mapped_range *range, int advice)
{
	if (!madvise(range->at, range->bytes, advice))
		return 0;
	return errno == EINVAL ? -EOPNOTSUPP : -errno;
}

static int64_t advise_read(const struct mapped_range *range)
{
	return advise(range, MADV_POPULATE_READ);
}

static int64_t advise_write(const struct mapped_range *range)
{
	return advise(range, MADV_POPULATE_WRITE);
}

static int64_t lock(const struct mapped_range *range)
{
	return mlock(range->at, range->bytes) < 0 ? -errno : 0;
}

#define V(name_, why_, need_, ...)                                                              \
	{                                                                                       \
		.name = name_, .why = why_, .needs = {need_},                                   \
		.arg = &(const struct mapped_ops_plan){.after = MAPPED_AFTER_ALL, __VA_ARGS__}, \
	}
#define SIZES(name_, why_, ...)                                                                    \
	V(name_ ".512.pte", why_ ", 512 pages", NEED_END, .points = {"fs_dax:dax_pte_fault_done"}, \
	  __VA_ARGS__),                                                                            \
		V(name_ ".pmd", why_ ", one PMD", NEED_HUGE, .huge = true,                         \
		  .points = {"fs_dax:dax_pmd_fault_done"}, .never = "fs_dax:dax_pte_fault_done",   \
		  __VA_ARGS__)

static const struct variant variants[] = {
	SIZES("map", "mmap with MAP_POPULATE of 2 MiB", .run = map, .unmapped = true),
	SIZES("read", "MADV_POPULATE_READ of 2 MiB", .run = advise_read),
	SIZES("write", "MADV_POPULATE_WRITE of 2 MiB", .run = advise_write),
	SIZES("lock", "mlock of 2 MiB", .run = lock),
	{0},
};

static const char *const probes[] = {
	"fs_dax:dax_pte_fault_done", "fs_dax:dax_pmd_fault_done", "dax_direct_access",
	"dm_dax_direct_access",	     "pmem_dax_direct_access",	  NULL,
};

static const struct proof_waiver waivers[] = {
	{"*", PROOF_PAGE | PROOF_FRAME,
	 "no page is touched before the call; after it pagemap shows all pages mapped, and the "
	 "path has faults of that page size alone"},
	{0},
};

const struct bench bench_populate = {
	.name = "populate",
	.why = "cost of mapping a window of a DAX file in advance",
	.variants = variants,
	.probes = probes,
	.waivers = waivers,
	MAPPED_OPS_DESCRIPTOR,
};
