/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of a file with a chosen page size, and proof of the page frames behind them. */
#ifndef DAXDM_MAPPING_H
#define DAXDM_MAPPING_H

#include "lib/file/extents.h"

#include <sys/mman.h>

#ifndef MAP_SYNC
#define MAP_SYNC 0x080000 /* linux/mman.h since 4.15 */
#endif
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 0x03
#endif

struct mapping {
	char *base; /* of the file's offset 0 */
	void *reserved;
	size_t reserved_bytes;
};

/*
 * Maps bytes of a file, readable and writable, with the flags of mmap(2).  huge: at an address
 * congruent to the offset mod 2 MiB, so that PMDs are possible; else one page after that, so that
 * the kernel can only use PTEs.  Whole GiB of addresses are reserved from the base on.
 * Returns 0, or -errno and m->reserved is NULL.
 */
int mapping_make(struct mapping *m, int fd, uint64_t bytes, int flags, bool huge);
void mapping_drop(struct mapping *m);

/* What page frames are compared with. */
struct frame_proof {
	int pagemap_fd;
	struct backing backing; /* of the filesystem */
	struct extents extents; /* of the mapped file, now */
	/* If not NULL, the frames must not be of its namespaces: zero page, private copies. */
	const struct graph *outside;
};

/*
 * Whether the n pages of the mapping from a file offset on are backed by exactly the frames that
 * extents and tables give (or, if outside, by none of its namespaces).  Returns true, or false with
 * a sentence in why.
 */
bool mapping_prove_frames(const struct frame_proof *proof, const struct mapping *m,
			  uint64_t offset_bytes, unsigned int n, char *why, size_t why_len);

/*
 * Fills the allocator with free page-table pages, by allocating and freeing some: otherwise a pass
 * may or may not need new ones, depending on earlier passes.
 */
void mapping_precharge(void);

/* The number of VMAs of this process.  Each fault looks its VMA up: a part of the cost that must
 * not differ between stacks. */
unsigned int mapping_areas(void);

/*
 * The page frames mapped at n pages from a virtual address on; 0 if none is mapped.
 * Needs CAP_SYS_ADMIN.  Returns 0 or -errno.
 * Source: Documentation/admin-guide/mm/pagemap.rst.
 */
int mapping_pfns(int pagemap_fd, const volatile void *address, uint64_t *pfns, size_t n);

/* Page faults of this thread so far; a 2 MiB fault counts once.  Minor and major ones: a DAX fault
 * that allocates a block is called major by some kernels (fs/dax.c, VM_FAULT_MAJOR). */
uint64_t mapping_page_faults(void);

#endif
