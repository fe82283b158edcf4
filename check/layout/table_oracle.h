/* SPDX-License-Identifier: GPL-2.0-only */
/* One table: whatever device-mapper and the filesystem grant must be right, byte by byte. */
#ifndef DAXDM_TABLE_ORACLE_H
#define DAXDM_TABLE_ORACLE_H

#include "check/check.h"

enum table_oracle_wrong {
	TABLE_ORACLE_RIGHT,
	TABLE_ORACLE_ACCESS, /* an access that was granted gets an error or a signal */
	TABLE_ORACLE_BYTES,  /* a byte is not what was written */
	TABLE_ORACLE_FRAME,  /* a page is mapped to the wrong frame */
	TABLE_ORACLE_OTHERS, /* bytes outside the device were changed */
	TABLE_ORACLE_BROKEN, /* the set-up failed: no result about the kernel */
};

struct table_oracle_result {
	int table_rc; /* 0, or -errno of the partition or table that was refused */
	bool dax;     /* statx(2) of the file reports DAX */
	enum table_oracle_wrong wrong;
};

/*
 * Makes the graph real, and on its last device a filesystem that is asked for DAX, with one file as
 * large as it has room for, and at most most_bytes.  Writes the file through each path and reads it
 * through each other one: mapping, read(2) and write(2), O_DIRECT, bios of the device, bios of the
 * namespaces; compares the mapping's frames with the model; verifies that bytes of the namespaces
 * outside the device are unchanged.  Without DAX the same, except for the frames.  Errors are
 * reported by check_fail() and check_broken(), with the tables as evidence.
 *
 * The graph's devices are removed, and the graph is destroyed in any case.  outside: a last
 * generation is written through the mapping, is not wiped, and is reported by check_outside().
 */
struct table_oracle_result table_oracle_run(struct check_env *env, struct graph *g,
					    const char *fs_type, uint64_t most_bytes, bool outside);

/* "the table is refused", "no DAX", "DAX": what the kernel made of the table. */
const char *table_oracle_answer(const struct table_oracle_result *result);

#endif
