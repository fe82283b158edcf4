// SPDX-License-Identifier: GPL-2.0-only
#include "bench/fault/fault.h"

enum {
	/* Storing into 2 MiB of hole zeroes them, and MAP_SYNC commits the journal: fewer. */
	WINDOWS_ZEROED = 16,
	PAGES_SYNC = 2,
};

#define PTE(...) (&(const struct fault_plan){__VA_ARGS__})
#define PMD(...) (&(const struct fault_plan){.huge = true, .pages = 1, __VA_ARGS__})

/* A variant with PTEs, and one with PMDs. */
#define V_PTE(name_, why_, ...)                                            \
	{                                                                  \
		.name = name_ ".pte", .why = why_, .arg = PTE(__VA_ARGS__) \
	}
#define V_PMD(name_, why_, ...)                                                                  \
	{                                                                                        \
		.name = name_ ".pmd", .why = why_, .needs = {NEED_HUGE}, .arg = PMD(__VA_ARGS__) \
	}

#define COLD_LOAD "load, first access since mount"
#define WARM_LOAD "load, the offset is in the DAX index"
#define REFAULT "load after MADV_DONTNEED, page tables kept"
#define COLD_STORE "store, first access since mount"
#define WARM_STORE "store, the offset is in the DAX index"
#define MKWRITE_COLD "store to a page mapped by a load, clean since mount"
#define MKWRITE_WARM "store to a page mapped by a load, dirty already"
#define HOLE_COLD "load from a hole: the zero page is mapped"
#define HOLE_WARM "load from a hole that is in the DAX index"
#define ALLOC "store into a hole: the filesystem allocates and zeroes"
#define CONVERT "store into an unwritten extent: the extent is converted"
#define SYNC "store into a hole of a MAP_SYNC mapping: the journal is committed"

const struct variant fault_variants[FAULT_VARIANTS + 1] = {
	V_PTE("read.cold", COLD_LOAD, .file = FAULT_DATA, .timed = FAULT_LOAD),
	V_PTE("read.warm", WARM_LOAD, .file = FAULT_DATA, .timed = FAULT_LOAD, .follows = true),
	V_PTE("refault.warm", REFAULT, .file = FAULT_DATA, .timed = FAULT_LOAD, .follows = true,
	      .dontneed = true),
	V_PMD("read.cold", COLD_LOAD, .file = FAULT_DATA, .timed = FAULT_LOAD),
	V_PMD("read.warm", WARM_LOAD, .file = FAULT_DATA, .timed = FAULT_LOAD, .follows = true),
	V_PMD("refault.warm", REFAULT, .file = FAULT_DATA, .timed = FAULT_LOAD, .follows = true,
	      .dontneed = true),
	V_PTE("write.cold", COLD_STORE, .file = FAULT_DATA, .timed = FAULT_STORE),
	V_PTE("write.warm", WARM_STORE, .file = FAULT_DATA, .timed = FAULT_STORE, .follows = true),
	V_PMD("write.cold", COLD_STORE, .file = FAULT_DATA, .timed = FAULT_STORE),
	V_PMD("write.warm", WARM_STORE, .file = FAULT_DATA, .timed = FAULT_STORE, .follows = true),
	V_PTE("mkwrite.cold", MKWRITE_COLD, .file = FAULT_DATA, .timed = FAULT_STORE,
	      .load_first = true),
	V_PTE("mkwrite.warm", MKWRITE_WARM, .file = FAULT_DATA, .timed = FAULT_STORE,
	      .load_first = true, .follows = true),
	V_PMD("mkwrite.cold", MKWRITE_COLD, .file = FAULT_DATA, .timed = FAULT_STORE,
	      .load_first = true),
	V_PMD("mkwrite.warm", MKWRITE_WARM, .file = FAULT_DATA, .timed = FAULT_STORE,
	      .load_first = true, .follows = true),
	V_PTE("cow.cold", "store to a private mapping: the page is copied", .file = FAULT_DATA,
	      .timed = FAULT_STORE, .is_private = true),
	V_PTE("cow.warm", "store to a private mapping, the offset is in the DAX index",
	      .file = FAULT_DATA, .timed = FAULT_STORE, .is_private = true, .warm = true),
	V_PTE("hole.cold", HOLE_COLD, .file = FAULT_HOLE, .timed = FAULT_LOAD),
	V_PTE("hole.warm", HOLE_WARM, .file = FAULT_HOLE, .timed = FAULT_LOAD, .follows = true),
	V_PMD("hole.cold", HOLE_COLD, .file = FAULT_HOLE, .timed = FAULT_LOAD),
	V_PMD("hole.warm", HOLE_WARM, .file = FAULT_HOLE, .timed = FAULT_LOAD, .follows = true),
	V_PTE("alloc.cold", ALLOC, .file = FAULT_HOLE, .timed = FAULT_STORE),
	V_PMD("alloc.cold", ALLOC, .file = FAULT_HOLE, .timed = FAULT_STORE,
	      .windows = WINDOWS_ZEROED),
	V_PTE("unwritten.cold", CONVERT, .file = FAULT_UNWRITTEN, .timed = FAULT_STORE),
	V_PMD("unwritten.cold", CONVERT, .file = FAULT_UNWRITTEN, .timed = FAULT_STORE,
	      .windows = WINDOWS_ZEROED),
	{.name = "sync.cold.pte",
	 .why = SYNC,
	 .needs = {NEED_MAP_SYNC},
	 .arg = PTE(.file = FAULT_HOLE, .timed = FAULT_STORE, .sync = true, .pages = PAGES_SYNC)},
	{.name = "sync.cold.pmd",
	 .why = SYNC,
	 .needs = {NEED_MAP_SYNC, NEED_HUGE},
	 .arg = PMD(.file = FAULT_HOLE, .timed = FAULT_STORE, .sync = true,
		    .windows = WINDOWS_ZEROED)},
	{0},
};
