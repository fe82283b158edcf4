// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of unmapping: munmap(2), MADV_DONTNEED, and fallocate(2) and truncate(2) of a file that
 * is mapped.
 *
 * One sample is one call on one window of 2 MiB of which 1, 64 or 512 pages were loaded, or one
 * PMD.  punch and truncate free the blocks as well, and the entries of the DAX index; their file is
 * written anew before each sample.
 *
 *   munmap    -> unmap_region -> unmap_vmas -> zap_pte_range | zap_huge_pmd, free_pgtables
 *   dontneed  -> zap_page_range
 *   punch     -> unmap_mapping_pages, dax_delete_mapping_entry, the filesystem's extents
 *
 * Left out: mapping and touching the pages.  Shape to expect: a constant for each PTE;
 * device-mapper is not asked, so that raw and dm cost the same.  The meter's overhead is measured
 * on an operation that does nothing, and subtracted.
 *
 * Alone: ./run.sh bench --bench unmap --stack raw --stack linear:16 --fs ext4
 */
#include "bench/mapped_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int64_t unmap(const struct mapped_range *range)
{
	return munmap(range->at, range->bytes) < 0 ? -errno : 0;
}

static int64_t dontneed(const struct mapped_range *range)
{
	return madvise(range->at, range->bytes, MADV_DONTNEED) < 0 ? -errno : 0;
}

static int64_t punch(const struct mapped_range *range)
{
	return fallocate(range->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			 (off_t)range->offset_bytes, (off_t)range->bytes) < 0
		       ? -errno
		       : 0;
}

static int64_t cut(const struct mapped_range *range)
{
	return ftruncate(range->fd, (off_t)range->offset_bytes) < 0 ? -errno : 0;
}

#define V(name_, why_, need_, ...)                                                            \
	{                                                                                     \
		.name = name_, .why = why_, .needs = {need_},                                 \
		.arg = &(const struct mapped_ops_plan){                                       \
			.pages_are = MAPPED_LOADED, .after = MAPPED_AFTER_NONE, __VA_ARGS__}, \
	}
#define SIZES(name_, why_, ...)                                                                   \
	V(name_ ".1.pte", why_ ", 1 page mapped", NEED_END, .pages = 1, __VA_ARGS__),             \
		V(name_ ".64.pte", why_ ", 64 pages mapped", NEED_END, .pages = 64, __VA_ARGS__), \
		V(name_ ".512.pte", why_ ", all pages mapped", NEED_END, .pages = 512,            \
		  __VA_ARGS__),                                                                   \
		V(name_ ".pmd", why_ ", a PMD mapped", NEED_HUGE, .pages = 1, .huge = true,       \
		  __VA_ARGS__)

static const struct variant variants[] = {
	SIZES("munmap", "munmap of 2 MiB", .run = unmap, .points = {"unmap_vmas"}),
	SIZES("dontneed", "MADV_DONTNEED of 2 MiB", .run = dontneed,
	      .points = {"zap_page_range_single", "zap_page_range"}),
	SIZES("punch", "2 MiB punched out of the file", .run = punch, .scratch = true,
	      .points = {"unmap_mapping_pages", "unmap_mapping_range"}),
	SIZES("truncate", "2 MiB truncated", .run = cut, .scratch = true,
	      .points = {"unmap_mapping_range", "unmap_mapping_pages"}),
	{0},
};

static const char *const probes[] = {
	"unmap_vmas",		"zap_page_range_single",
	"zap_page_range",	"unmap_mapping_pages",
	"unmap_mapping_range",	"dax_delete_mapping_entry",
	"dm_dax_direct_access", NULL,
};

const struct bench bench_unmap = {
	.name = "unmap",
	.why = "cost of unmapping pages of a DAX file, and of freeing mapped blocks",
	.variants = variants,
	.probes = probes,
	MAPPED_OPS_DESCRIPTOR,
};
