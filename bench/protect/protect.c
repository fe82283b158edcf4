// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of changing a mapping of a DAX file: mprotect(2), mremap(2), splitting a PMD,
 * mincore(2), fork(2).
 *
 * One sample is one call on one window of 2 MiB of which 1, 64 or 512 pages were stored to, or one
 * PMD.  split is mprotect(2) of one page of a window that a PMD maps: the PMD is removed.  fork is
 * fork(2), _exit(2) of the child at once, and waitpid(2); fork.0 is the same without a page: what
 * the memory of the benchmark itself costs.  private: the stores were to a private mapping, so that
 * the pages are copies in anonymous memory.
 *
 *   ro, rw   -> mprotect_fixup -> change_protection
 *   move     -> move_vma -> copy_vma, move_page_tables
 *   split    -> __split_huge_pmd
 *   mincore  -> walk_page_range
 *   fork     -> dup_mmap -> copy_page_range, unless the kernel leaves the page tables of a shared
 *               mapping to the faults of the child
 *
 * Left out: mapping and touching the pages.  Shape to expect: a constant for each PTE;
 * device-mapper is not asked, so that raw and dm cost the same.  The meter's overhead is measured
 * on an operation that does nothing, and subtracted.
 *
 * Alone: ./run.sh bench --bench protect --stack raw --stack linear:16 --fs ext4
 */
#include "bench/mapped_ops.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int make_ro(const struct mapped_range *range)
{
	return mprotect(range->at, range->bytes, PROT_READ) < 0 ? -errno : 0;
}

static int64_t to_ro(const struct mapped_range *range)
{
	return make_ro(range);
}

static int64_t to_rw(const struct mapped_range *range)
{
	return mprotect(range->at, range->bytes, PROT_READ | PROT_WRITE) < 0 ? -errno : 0;
}

static int64_t move(const struct mapped_range *range)
{
	return mremap(range->at, range->bytes, range->bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		      range->spare) == MAP_FAILED
		       ? -errno
		       : 0;
}

static int64_t split(const struct mapped_range *range)
{
	return mprotect(range->at + PAGE_BYTES, PAGE_BYTES, PROT_READ) < 0 ? -errno : 0;
}

static int64_t incore(const struct mapped_range *range)
{
	static unsigned char pages[WINDOW_PAGES];

	return mincore(range->at, range->bytes, pages) < 0 ? -errno : 0;
}

static int64_t fork_and_exit(const struct mapped_range *range)
{
	int status;
	pid_t pid = fork();

	(void)range;
	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}

#define V(name_, why_, need_, ...)                                                               \
	{                                                                                        \
		.name = name_, .why = why_, .needs = {need_},                                    \
		.arg = &(const struct mapped_ops_plan){.pages_are = MAPPED_STORED, __VA_ARGS__}, \
	}
#define SIZES(name_, why_, ...)                                                                   \
	V(name_ ".1.pte", why_ ", 1 page mapped", NEED_END, .pages = 1, __VA_ARGS__),             \
		V(name_ ".64.pte", why_ ", 64 pages mapped", NEED_END, .pages = 64, __VA_ARGS__), \
		V(name_ ".512.pte", why_ ", all pages mapped", NEED_END, .pages = 512,            \
		  __VA_ARGS__),                                                                   \
		V(name_ ".pmd", why_ ", a PMD mapped", NEED_HUGE, .pages = 1, .huge = true,       \
		  __VA_ARGS__)

#define FORK \
	.run = fork_and_exit, .after = MAPPED_AFTER_SAME, .points = {"sched:sched_process_fork"}

static const struct variant variants[] = {
	SIZES("ro", "mprotect of 2 MiB to read-only", .run = to_ro, .after = MAPPED_AFTER_SAME,
	      .points = {"change_protection"}),
	SIZES("rw", "mprotect of 2 MiB to writable again", .run = to_rw, .prepare = make_ro,
	      .after = MAPPED_AFTER_SAME, .points = {"change_protection"}),
	SIZES("move", "mremap of 2 MiB to another address", .run = move, .after = MAPPED_AFTER_NONE,
	      .points = {"copy_vma"}),
	V("split.pmd", "mprotect of one page of a PMD", NEED_HUGE, .run = split, .pages = 1,
	  .huge = true, .after = MAPPED_AFTER_NONE, .points = {"__split_huge_pmd"}),
	V("mincore.512.pte", "mincore of 2 MiB, all pages mapped", NEED_END, .run = incore,
	  .pages = 512, .after = MAPPED_AFTER_SAME,
	  .points = {"walk_page_range", "walk_page_range_vma"}),
	V("mincore.pmd", "mincore of 2 MiB, a PMD mapped", NEED_HUGE, .run = incore, .pages = 1,
	  .huge = true, .after = MAPPED_AFTER_SAME,
	  .points = {"walk_page_range", "walk_page_range_vma"}),
	V("fork.0.pte", "fork, exit and wait, no page mapped", NEED_END, FORK),
	V("fork.512.pte", "fork, exit and wait, all pages mapped", NEED_END, .pages = 512, FORK),
	V("fork.pmd", "fork, exit and wait, a PMD mapped", NEED_HUGE, .pages = 1, .huge = true,
	  FORK),
	V("fork.private.64.pte",
	  "fork, exit and wait, 64 pages copied by stores to a private mapping", NEED_END,
	  .private = true, .pages = 64, FORK),
	V("fork.private.512.pte",
	  "fork, exit and wait, 512 pages copied by stores to a private mapping", NEED_END,
	  .private = true, .pages = 512, FORK),
	{0},
};

static const struct proof_waiver waivers[] = {
	{"fork.0.pte", PROOF_PAGE | PROOF_FRAME, "it maps no page"},
	{0},
};

static const char *const probes[] = {
	"change_protection",
	"copy_vma",
	"__split_huge_pmd",
	"walk_page_range",
	"walk_page_range_vma",
	"copy_page_range",
	"sched:sched_process_fork",
	"dm_dax_direct_access",
	NULL,
};

static const struct unexplained unexplained[] = {
	{"fork.*", "the thread waits for its child, and other threads run in between"},
	{0},
};

const struct bench bench_protect = {
	.name = "protect",
	.why = "cost of changing a mapping of a DAX file",
	.variants = variants,
	.probes = probes,
	.waivers = waivers,
	MAPPED_OPS_DESCRIPTOR,
	.unexplained = unexplained,
};
