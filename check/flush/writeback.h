/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes pages of a file dirty, and verifies that the cache lines of each were written back at the
 * address that the model computes: by the calls of the kernel's functions.
 */
#ifndef DAXDM_WRITEBACK_H
#define DAXDM_WRITEBACK_H

#include "check/fixture/calls.h"
#include "check/fixture/testbed.h"

enum { WRITEBACK_FILE_BYTES = 4 * WINDOW_BYTES };

/* The functions whose calls are recorded, in the order of calls_open(). */
enum { WRITEBACK_CALL, WRITEBACK_FLUSH };
extern const char *const writeback_functions[];

/* The pages that are made dirty: at irregular distances, more than one on each member. */
enum { WRITEBACK_PAGES = 8 };
extern const uint64_t writeback_pages[WRITEBACK_PAGES];

/* A file that has blocks on each of two members. */
#define WRITEBACK_BED(fs_, ...)                                            \
	{                                                                  \
		.fs = fs_, .file_bytes = WRITEBACK_FILE_BYTES, __VA_ARGS__ \
	}
#define WRITEBACK_LINEAR .name = "linear over two", .table = TESTBED_LINEAR_2
#define WRITEBACK_STRIPED .name = "striped over two", .table = TESTBED_STRIPED_2
#define WRITEBACK_DEPTH .name = "linear of depth 3", .table = TESTBED_LINEAR_2 TESTBED_TWO_MORE

/* The same on a namespace, without device-mapper. */
struct testbed_spec writeback_raw(const struct testbed_spec *spec);

/* The kernel's address of the memory of a testbed. */
struct writeback_view {
	const struct testbed *bed;
	struct calls *calls;
	uint64_t base; /* kernel address of physical address 0 */
};

/* Computes it from one page, which is stored into, written back and looked up in pagemap.  Returns
 * true, or false after a complaint: fsync(2) must write one page back by one call. */
bool writeback_view_begin(struct check_env *env, struct writeback_view *v,
			  const struct testbed *bed, struct calls *calls);

/* Stores another value into a page of the mapping.  false after check_fail(). */
bool writeback_store_page(struct check_env *env, const struct testbed *bed, uint64_t page);
/* The same for the first page of each window. */
void writeback_store_windows(struct check_env *env, const struct testbed *bed);

/* Stores so, fsyncs.  Returns how many bytes were written back, or -EIO after a complaint. */
int64_t writeback_of_windows(struct check_env *env, const struct testbed *bed, struct calls *calls);

/* Whether one of the calls covers these physical bytes. */
bool writeback_covers(const struct writeback_view *v, uint64_t physical_bytes, uint64_t len_bytes);

/* The promise: the page of a file offset was written back, where the model has it.  name is the
 * testbed's.  false after check_fail() or check_broken(). */
bool writeback_judge_page(struct check_env *env, const struct writeback_view *v,
			  uint64_t offset_bytes, const char *name);

#endif
