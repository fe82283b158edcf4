// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of unmapping: munmap(2), MADV_DONTNEED, exit of a process, and fallocate(2) and
 * truncate(2) of a file that is mapped.
 *
 * One sample is one call on one window of 2 MiB of which 1, 64 or 512 pages were loaded, or one
 * PMD.  punch and truncate free the blocks as well, and the entries of the DAX index; their file is
 * written anew before each sample.  exit is that of a child that touched the pages, from the
 * close(2) that wakes it to the end of waitpid(2); exit.0 is the same without a page: what the
 * memory of the benchmark itself costs.
 *
 *   munmap    -> unmap_region -> unmap_vmas -> zap_pte_range | zap_huge_pmd, free_pgtables
 *   dontneed  -> zap_page_range | zap_page_range_single | zap_vma_range_batched
 *   exit      -> exit_mmap -> unmap_vmas, free_pgtables
 *   punch     -> unmap_mapping_pages, dax_delete_mapping_entry, the filesystem's extents
 *
 * Left out: mapping and touching the pages.  Shape to expect: a constant for each PTE;
 * device-mapper is not asked, so that raw and dm cost the same.  The meter's overhead is measured
 * on an operation that does nothing, and subtracted.
 *
 * Alone: ./run.sh bench --bench unmap --stack raw --stack linear:16 --fs ext4
 */
#include "bench/mapped_ops.h"
#include "lib/file/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
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

/* The child of `exit`, and the pipe whose end it waits for. */
static pid_t child;
static int ends[2];

/* Touches the pages, tells the number of faults, waits for the end of the pipe. */
static _Noreturn void be_child(const struct mapped_range *range, int tell)
{
	uint64_t faults;
	char end;

	close(ends[1]);
	/* Some kernels copy the page tables of a DAX mapping at fork. */
	madvise(range->at, range->bytes, MADV_DONTNEED);
	faults = mapping_page_faults();
	for (unsigned int p = 0; p < range->pages; p++)
		(void)*(const volatile char *)(range->at + (uint64_t)p * PAGE_BYTES);
	faults = mapping_page_faults() - faults;
	if (write(tell, &faults, sizeof(faults)) != sizeof(faults))
		_exit(1);
	_exit(read(ends[0], &end, 1) != 0);
}

static int start_child(const struct mapped_range *range)
{
	uint64_t faults = 0;
	int told[2], rc = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(told, O_CLOEXEC) < 0) {
		rc = -errno;
		close(ends[0]);
		close(ends[1]);
		return rc;
	}
	child = fork();
	if (!child)
		be_child(range, told[1]);
	close(told[1]); /* else the read would not end if the child died */
	if (child < 0 || read(told[0], &faults, sizeof(faults)) != sizeof(faults))
		rc = -ECHILD;
	else if (faults < range->pages)
		rc = -EBADMSG;
	close(told[0]);
	close(ends[0]);
	if (rc < 0) {
		close(ends[1]);
		if (child > 0)
			waitpid(child, NULL, 0);
		return rc;
	}
	/* Until the child waits. */
	nanosleep(&(const struct timespec){.tv_nsec = 2000000}, NULL);
	return 0;
}

static int64_t end_child(const struct mapped_range *range)
{
	int status;

	(void)range;
	close(ends[1]);
	if (waitpid(child, &status, 0) != child)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}

#define V(name_, why_, need_, ...)                                                               \
	{                                                                                        \
		.name = name_, .why = why_, .needs = {need_},                                    \
		.arg = &(const struct mapped_ops_plan){.pages_are = MAPPED_LOADED, __VA_ARGS__}, \
	}
#define SIZES(name_, why_, ...)                                                                   \
	V(name_ ".1.pte", why_ ", 1 page mapped", NEED_END, .pages = 1, __VA_ARGS__),             \
		V(name_ ".64.pte", why_ ", 64 pages mapped", NEED_END, .pages = 64, __VA_ARGS__), \
		V(name_ ".512.pte", why_ ", all pages mapped", NEED_END, .pages = 512,            \
		  __VA_ARGS__),                                                                   \
		V(name_ ".pmd", why_ ", a PMD mapped", NEED_HUGE, .pages = 1, .huge = true,       \
		  __VA_ARGS__)

/* As many mappings of the range as the name says: one, and further ones. */
#define MAPPERS(name_, why_, ...)                                                                  \
	V(name_ ".64.mappers4.pte", why_ ", 64 pages mapped by 4 mappings", NEED_END, .pages = 64, \
	  .mappers = 3, __VA_ARGS__),                                                              \
		V(name_ ".64.mappers16.pte", why_ ", 64 pages mapped by 16 mappings", NEED_END,    \
		  .pages = 64, .mappers = 15, __VA_ARGS__),                                        \
		V(name_ ".mappers4.pmd", why_ ", a PMD mapped by 4 mappings", NEED_HUGE,           \
		  .pages = 1, .huge = true, .mappers = 3, __VA_ARGS__)

#define EXIT                                                                  \
	.prepare = start_child, .run = end_child, .after = MAPPED_AFTER_SAME, \
	.points = {"*sched:sched_process_exit"}

#define PUNCH                                                      \
	.run = punch, .after = MAPPED_AFTER_NONE, .scratch = true, \
	.points = {"unmap_mapping_pages", "unmap_mapping_range"}
#define CUT                                                      \
	.run = cut, .after = MAPPED_AFTER_NONE, .scratch = true, \
	.points = {"unmap_mapping_range", "unmap_mapping_pages"}

static const struct variant variants[] = {
	SIZES("munmap", "munmap of 2 MiB", .run = unmap, .after = MAPPED_AFTER_NONE,
	      .points = {"unmap_vmas"}),
	SIZES("dontneed", "MADV_DONTNEED of 2 MiB", .run = dontneed, .after = MAPPED_AFTER_NONE,
	      .points = {"tlb_finish_mmu"}),
	SIZES("punch", "2 MiB punched out of the file", PUNCH),
	MAPPERS("punch", "2 MiB punched out of the file", PUNCH),
	SIZES("truncate", "2 MiB truncated", CUT),
	MAPPERS("truncate", "2 MiB truncated", CUT),
	V("exit.0.pte", "exit of a process, no page mapped", NEED_END, EXIT),
	SIZES("exit", "exit of a process", EXIT),
	{0},
};

static const struct proof_waiver waivers[] = {
	{"exit.0.pte", PROOF_PAGE | PROOF_FRAME, "it maps no page"},
	{0},
};

static const char *const probes[] = {
	"unmap_vmas",
	"tlb_finish_mmu",
	"unmap_mapping_pages",
	"unmap_mapping_range",
	"dax_delete_mapping_entry",
	"*sched:sched_process_exit",
	"dm_dax_direct_access",
	NULL,
};

const struct bench bench_unmap = {
	.name = "unmap",
	.why = "cost of unmapping pages of a DAX file, and of freeing mapped blocks",
	.variants = variants,
	.probes = probes,
	.waivers = waivers,
	MAPPED_OPS_DESCRIPTOR,
};
