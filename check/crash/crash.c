// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power cuts: what a program made durable is there when the machine starts again, and nothing else
 * is.
 *
 *   cut    A writer acknowledges each operation on the serial port when it is durable.  At a random
 *          moment the driver kills QEMU, and starts the machine again with the same persistent
 *          memory.  The device is made again from the text of its table, the filesystem is mounted
 *          and verified, the files hold the operations that were acknowledged (check/crash/
 *          operations.h), and the writer goes on, until the next cut.
 *
 *   lines  What was stored is kept by a killed QEMU, whether it was flushed or not.  So what the
 *          kernel and the writer write back and fence is recorded (lib/trace/durable.h), and the
 *          worst legal image of a random moment is made on other memory: every cache line that was
 *          not flushed and fenced has its old content (check/crash/worst_image.h).  It is verified
 *          in the same way.  The counter-cases, whose stores nothing makes durable, must lose them.
 *   log    The same with the log of dm-log-writes: every prefix of it holds the operations whose
 *          marks it has.  Of bios only: stores are never in the log.
 *
 * Left out: virtio-pmem; orders of the bios of one flush; a part of the cache lines reverts.
 * Source: mmap(2), MAP_SYNC; msync(2), fsync(2), fdatasync(2), open(2), O_DSYNC.
 *
 * Alone: ./run.sh check --check 'crash.*'
 */
#include "check/crash/cut.h"
#include "check/crash/lines.h"
#include "check/crash/log.h"
#include "check/crash/operations.h"

static const char *const needs_ext4[] = {"device:fsdax:2", "target:striped", "fs:ext4",
					 "program:e2fsck", NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "target:striped", "fs:xfs",
					"program:xfs_repair", NULL};

static const char *const lines_ext4[] = {"device:fsdax:2", "target:snapshot", "fs:ext4",
					 "program:e2fsck", NULL};
static const char *const lines_xfs[] = {"device:fsdax:2", "target:snapshot", "fs:xfs",
					"program:xfs_repair", NULL};

static const char *const log_ext4[] = {"device:fsdax:2", "target:snapshot", "target:log-writes",
				       "fs:ext4",	 "program:e2fsck",  NULL};
static const char *const log_xfs[] = {"device:fsdax:2", "target:snapshot",    "target:log-writes",
				      "fs:xfs",		"program:xfs_repair", NULL};

#define CUT(name_, fs_, flags_, ...)                                                               \
	{                                                                                          \
		.name = "cut." name_ "." #fs_,                                                     \
		.promise = "after a power cut each file holds what was made durable, and nothing " \
			   "that was not written; the filesystem is whole",                        \
		.by = "mmap(2), msync(2), fsync(2), fdatasync(2), open(2)", .needs = needs_##fs_,  \
		.flags = CHECK_EMULATED | CHECK_SPOILS | (flags_), .limit_s = 60,                  \
		.plants = PLANT_BYTE, .run = crash_cut,                                            \
		.arg = &(const struct crash_cut){                                                  \
			.bed = {.fs = #fs_, __VA_ARGS__},                                          \
			.ways = OPERATIONS_DURABLE,                                                \
		},                                                                                 \
	}

#define LINES(name_, fs_, flags_, ways_, promise_, plants_, ...)                                  \
	{                                                                                         \
		.name = "lines." name_ "." #fs_, .promise = promise_,                             \
		.by = "mmap(2), msync(2), fsync(2), fdatasync(2), open(2)", .needs = lines_##fs_, \
		.flags = flags_, .limit_s = 60, .plants = plants_, .run = crash_lines,            \
		.arg = &(const struct crash_lines){.bed.fs = #fs_, .ways = ways_, __VA_ARGS__},   \
	}
#define LOG(fs_)                                                                                   \
	{                                                                                          \
		.name = "log." #fs_,                                                               \
		.promise = "any prefix of the log of dm-log-writes is a filesystem with all that " \
			   "was made durable by bios before its end, and nothing written later",   \
		.by = "Documentation/admin-guide/device-mapper/log-writes.rst",                    \
		.needs = log_##fs_, .limit_s = 60, .plants = PLANT_BYTE, .run = crash_log,         \
		.arg = #fs_,                                                                       \
	}
#define HOLDS                                                                           \
	"a power cut that takes all cache lines that were not written back and fenced " \
	"takes nothing that was made durable"

#define LOST "the counter-case: stores that nothing made durable are not in most of the images"

static const struct check_item items[] = {
	CUT("raw", ext4, 0, .table = TESTBED_RAW),
	CUT("raw", xfs, 0, .table = TESTBED_RAW),
	CUT("linear", ext4, CHECK_QUICK, .table = TESTBED_LINEAR),
	CUT("linear", xfs, 0, .table = TESTBED_LINEAR),
	CUT("two", ext4, 0, .table = TESTBED_LINEAR_2),
	CUT("two", xfs, 0, .table = TESTBED_LINEAR_2),
	CUT("striped", ext4, 0, .table = TESTBED_STRIPED_2),
	CUT("striped", xfs, 0, .table = TESTBED_STRIPED_2),
	CUT("stacked", ext4, 0, .table = TESTBED_LINEAR_2 TESTBED_TWO_MORE),
	CUT("stacked", xfs, 0, .table = TESTBED_LINEAR_2 TESTBED_TWO_MORE),
	LINES("raw", ext4, 0, OPERATIONS_DURABLE, HOLDS, PLANT_BYTE, .bed.table = TESTBED_RAW),
	LINES("raw", xfs, 0, OPERATIONS_DURABLE, HOLDS, PLANT_BYTE, .bed.table = TESTBED_RAW),
	LINES("linear", ext4, CHECK_QUICK, OPERATIONS_DURABLE, HOLDS, PLANT_BYTE,
	      .bed.table = TESTBED_LINEAR),
	LINES("linear", xfs, 0, OPERATIONS_DURABLE, HOLDS, PLANT_BYTE, .bed.table = TESTBED_LINEAR),
	LINES("two", ext4, 0, OPERATIONS_DURABLE, HOLDS, PLANT_BYTE, .bed.table = TESTBED_LINEAR_2),
	LINES("striped", ext4, 0, OPERATIONS_DURABLE, HOLDS, PLANT_BYTE,
	      .bed.table = TESTBED_STRIPED_2),
	LINES("striped", xfs, 0, OPERATIONS_DURABLE, HOLDS, PLANT_BYTE,
	      .bed.table = TESTBED_STRIPED_2),
	LINES("stacked", xfs, 0, OPERATIONS_DURABLE, HOLDS, PLANT_BYTE,
	      .bed.table = TESTBED_LINEAR_2 TESTBED_TWO_MORE),
	LINES("bio", ext4, 0, OPERATIONS_DURABLE_BIO, HOLDS, PLANT_BYTE,
	      .bed.table = TESTBED_LINEAR_2, .bio = true),
	LINES("bio", xfs, 0, OPERATIONS_DURABLE_BIO, HOLDS, PLANT_BYTE,
	      .bed.table = TESTBED_STRIPED_2, .bio = true),
	LINES("lost.store", ext4, CHECK_QUICK, 1U << OPERATIONS_STORE, LOST, PLANT_VALUE,
	      .bed.table = TESTBED_LINEAR, .lost = true),
	LINES("lost.store", xfs, 0, 1U << OPERATIONS_STORE, LOST, PLANT_VALUE,
	      .bed.table = TESTBED_LINEAR, .lost = true),
	LINES("lost.map_sync", ext4, 0, 1U << OPERATIONS_STORE_SYNC, LOST, PLANT_VALUE,
	      .bed.table = TESTBED_LINEAR, .lost = true),
	LINES("lost.map_sync", xfs, 0, 1U << OPERATIONS_STORE_SYNC, LOST, PLANT_VALUE,
	      .bed.table = TESTBED_LINEAR, .lost = true),
	LOG(ext4),
	LOG(xfs),
	{0},
};

const struct check_family check_crash = {
	.name = "crash",
	.why = "what was made durable is there after a power cut, and nothing else is",
	.items = items,
};
