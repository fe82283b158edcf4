// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boundary: the first and last pages of segments, stripes, members and devices, and accesses that
 * cross from one to the next.
 *
 * Bytes that are contiguous in the file are not so in memory: a direct access may only be as long
 * as dm_dax_direct_access() says.  Each check accesses the bytes around some boundaries of a file
 * (check/boundary/extent_boundaries.h) in one way: by mapping, by read(2) and write(2) of all
 * sizes, by zeroing, by converting unwritten blocks, by faults in a 2 MiB window that has a
 * boundary.
 *
 * Left out: the first page of the device that the filesystem is on, which holds its superblock;
 * the first page of a device is covered where it is a member of another one (shape "device").
 */
#include "check/boundary/extent_boundaries.h"
#include "check/boundary/far.h"
#include "check/fixture/extend_file.h"
#include "check/fixture/testbed.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The devices below the file. */
struct shape {
	const char *table; /* check/fixture/testbed.h */
	const char *fs;
	unsigned int boundaries; /* that the file has at least */
	bool device_end;	 /* the file has the last page of the device: a boundary too */
};

static bool open_shape(struct check_env *env, struct extent_boundaries *e,
		       const struct shape *shape)
{
	return extent_boundaries_open(env, e, shape->table, shape->fs, shape->boundaries,
				      shape->device_end);
}

/* Lengths of accesses. */
static const size_t sizes[] = {1, 2, 8, 511, 512, 513, 4095, 4096, 4097, 8191, 8192, 8193, 12289};

/* The offsets at which an access of that length begins: all of it before the boundary, all but a
 * byte, half, one byte, none.  Offsets that do not fit are left out.  Returns their number. */
static unsigned int places(const struct extent_boundary *boundary, size_t len, uint64_t out[5])
{
	const uint64_t begins[] = {boundary->at_bytes - len, boundary->at_bytes - len + 1,
				   boundary->at_bytes - len / 2, boundary->at_bytes - 1,
				   boundary->at_bytes};
	unsigned int n = 0;

	for (unsigned int i = 0; i < 5; i++)
		if (begins[i] >= boundary->begin_bytes && begins[i] + len <= boundary->end_bytes &&
		    (!n || begins[i] > out[n - 1]))
			out[n++] = begins[i];
	return n;
}

/* ---- reads and writes -------------------------------------------------------------------- */

/* One access: writes, and verifies through the other paths at once. */
typedef bool (*access_fn)(struct extent_boundaries *e, const struct extent_boundary *boundary,
			  uint64_t at, size_t len);

static bool by_call(struct extent_boundaries *e, const struct extent_boundary *boundary,
		    uint64_t at, size_t len)
{
	char bytes[EXTENT_BOUNDARY_BYTES];
	ssize_t n;

	extent_boundary_expect(e, boundary, at, len, bytes);
	n = pwrite(e->bed.fd, bytes, len, (off_t)at);
	if (!check_equal(e->env, n < 0 ? -errno : n, (int64_t)len,
			 "return value of write(2) of %zu bytes at file offset %" PRIu64, len, at))
		return false;
	return extent_boundary_look_read(e, boundary, at, len, "write(2)") &&
	       extent_boundary_look_mapped(e, boundary, at, len, "write(2)");
}

static bool by_mapping(struct extent_boundaries *e, const struct extent_boundary *boundary,
		       uint64_t at, size_t len)
{
	struct check_touch touch;
	char bytes[EXTENT_BOUNDARY_BYTES];

	extent_boundary_expect(e, boundary, at, len, bytes);
	touch = check_copy(e->bed.map.base + at, bytes, len);
	if (touch.signal) {
		check_fail(e->env,
			   "storing %zu bytes through the mapping at file offset %" PRIu64
			   " raised SIG%s, code %d",
			   len, at, sigabbrev_np(touch.signal), touch.code);
		return false;
	}
	return extent_boundary_look_mapped(e, boundary, at, len, "a store") &&
	       extent_boundary_look_read(e, boundary, at, len, "a store");
}

static bool all_sizes(struct extent_boundaries *e, const struct extent_boundary *boundary,
		      access_fn access)
{
	if (extent_boundary_fill(e, boundary) < 0)
		return false;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t at[5];
		unsigned int n = places(boundary, sizes[s], at);
		char after[64];

		for (unsigned int i = 0; i < n; i++)
			if (!access(e, boundary, at[i], sizes[s]))
				return false;
		snprintf(after, sizeof(after), "writing %zu bytes alternately", sizes[s]);
		if (!extent_boundary_look(e, boundary, after))
			return false;
	}
	return true;
}

/* Some of the edges will do, if there are many. */
static unsigned int stride(const struct extent_boundaries *e)
{
	return e->n > 4 ? 3 : 1;
}

static void read_write(struct check_env *env, const void *arg)
{
	struct extent_boundaries e;

	if (open_shape(env, &e, arg))
		for (unsigned int i = 0; i < e.n && all_sizes(&e, &e.list[i], by_call);
		     i += stride(&e))
			;
	extent_boundaries_close(&e);
}

static void map(struct check_env *env, const void *arg)
{
	struct extent_boundaries e;

	if (open_shape(env, &e, arg))
		for (unsigned int i = 0; i < e.n && all_sizes(&e, &e.list[i], by_mapping);
		     i += stride(&e))
			testbed_frames(env, &e.bed, e.list[i].begin_bytes,
				       e.list[i].end_bytes - e.list[i].begin_bytes);
	extent_boundaries_close(&e);
}

/* ---- zeroes ------------------------------------------------------------------------------ */

/* Ranges, from the boundary on. */
struct range {
	int begin;
	unsigned int len;
};

/* partial: they free no block.  whole: they free blocks, which the filesystem may replace by
 * others, so that each boundary gets only one of them, last. */
static const struct range partial[] = {{-1, 2},	     {-1, 1},	   {0, 1},
				       {-512, 1024}, {-100, 3000}, {-4095, 8190}};
static const struct range whole[] = {
	{-5000, 10000}, {-4096, 4096}, {0, 4096}, {-8193, 16386}, {-8192, 8193}};

enum {
	N_PARTIAL = sizeof(partial) / sizeof(partial[0]),
	N_WHOLE = sizeof(whole) / sizeof(whole[0])
};

static bool zero_range(struct extent_boundaries *e, const struct extent_boundary *boundary,
		       int mode, struct range range)
{
	uint64_t at = boundary->at_bytes + (uint64_t)(int64_t)range.begin;
	size_t len = range.len;
	char after[80];

	if (at + len > boundary->end_bytes) /* the end of the device */
		return true;
	/* Maps the pages that are removed next. */
	if (extent_boundary_fill(e, boundary) < 0 || !extent_boundary_look(e, boundary, "filling"))
		return false;
	extent_boundary_expect(e, boundary, at, len, NULL);
	if (!check_errno(e->env, fallocate(e->bed.fd, mode, (off_t)at, (off_t)len) < 0 ? -errno : 0,
			 0, "zeroing %zu bytes at file offset %" PRIu64, len, at))
		return false;
	snprintf(after, sizeof(after), "zeroing %zu bytes at offset %" PRIu64, len, at);
	return extent_boundary_look(e, boundary, after);
}

/* All that leave the blocks in their place, then one that does not. */
static bool zero_ranges(struct extent_boundaries *e, unsigned int n, int mode)
{
	const struct extent_boundary *boundary = &e->list[n];

	for (size_t i = 0; i < N_PARTIAL; i++)
		if (!zero_range(e, boundary, mode, partial[i]))
			return false;
	if (!extent_boundary_is_there(e, boundary)) {
		check_broken(e->env, "the filesystem moved blocks that were partly zeroed");
		return false;
	}
	return zero_range(e, boundary, mode, whole[n % N_WHOLE]);
}

static void zero(struct check_env *env, const void *arg, int mode)
{
	struct extent_boundaries e;

	if (open_shape(env, &e, arg))
		for (unsigned int i = 0; i < e.n && zero_ranges(&e, i, mode); i++)
			;
	extent_boundaries_close(&e);
}

static void punch(struct check_env *env, const void *arg)
{
	zero(env, arg, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
}

static void zero_in_place(struct check_env *env, const void *arg)
{
	zero(env, arg, FALLOC_FL_ZERO_RANGE);
}

/* ---- unwritten blocks -------------------------------------------------------------------- */

/* One way to write first. */
struct first_write {
	access_fn access;
	size_t len;
	unsigned int place; /* of places(), round and round */
};

/* All blocks are unwritten, and full of what must never be seen; then one access. */
static bool convert_once(struct extent_boundaries *e, const struct extent_boundary *boundary,
			 const struct first_write *first)
{
	enum { STALE = 1000 };
	uint64_t at[5];
	unsigned int n = places(boundary, first->len, at), p = n ? first->place % n : 0;
	char after[80];

	if (!n)
		return true;
	extent_boundary_expect(e, boundary, boundary->begin_bytes,
			       boundary->end_bytes - boundary->begin_bytes, NULL);
	if (extent_boundary_write_stale(e, boundary, STALE) < 0 ||
	    !extent_boundary_look(e, boundary, "writing stale bytes to unwritten blocks"))
		return false;
	snprintf(after, sizeof(after), "the first write of %zu bytes at offset %" PRIu64,
		 first->len, at[p]);
	return first->access(e, boundary, at[p], first->len) &&
	       extent_boundary_look(e, boundary, after);
}

/* Makes the blocks unwritten again.  Returns false if the filesystem gave others, which have no
 * boundary, or could not. */
static bool unwrite(struct extent_boundaries *e, const struct extent_boundary *boundary)
{
	if (!fallocate(e->bed.fd, FALLOC_FL_ZERO_RANGE, (off_t)boundary->begin_bytes,
		       (off_t)(boundary->end_bytes - boundary->begin_bytes)) &&
	    !fsync(e->bed.fd))
		return extent_boundary_is_there(e, boundary);
	return check_setup(e->env, -errno, "making blocks unwritten");
}

/* Each edge begins with another way, for it may be its only one. */
static void convert_each(struct extent_boundaries *e, unsigned int n)
{
	static const size_t lens[] = {1, 5000, 512, 4096, 8192};
	enum { N_LENS = sizeof(lens) / sizeof(lens[0]), N_WAYS = 2 * 5 };
	bool good = true;

	for (unsigned int i = 0; i < N_WAYS && good; i++) {
		unsigned int way = 3 * n + i;
		const struct first_write first = {way % 2 ? by_mapping : by_call,
						  lens[way % N_LENS], way / 2};

		good = (!i || unwrite(e, &e->list[n])) && convert_once(e, &e->list[n], &first);
	}
}

static void convert(struct check_env *env, const void *arg)
{
	struct extent_boundaries e;

	if (open_shape(env, &e, arg))
		for (unsigned int i = 0; i < e.n && !check_complained(env); i++)
			convert_each(&e, i);
	extent_boundaries_close(&e);
}

/* ---- windows of 2 MiB -------------------------------------------------------------------- */

struct window_case {
	struct testbed_spec bed;
	bool huge; /* boundaries are between windows only: they are to be mapped by PMDs */
};

/* Loads and stores on both sides of each boundary; then everything about the window. */
static bool window_is_right(struct check_env *env, const struct testbed *bed, uint64_t window)
{
	const uint64_t at = window + WINDOW_BYTES / 2;
	char bytes[PAGE_BYTES];

	/* A store first, and in the middle: what follows finds a part of the window mapped. */
	stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, at, TESTBED_GENERATION);
	if (check_copy(bed->map.base + at, bytes, sizeof(bytes)).signal) {
		check_fail(env, "a store at file offset %" PRIu64 " raised a signal", at);
		return false;
	}
	return check_mapped_bytes(env, "read through the mapping", bed->map.base + window,
				  WINDOW_BYTES, TESTBED_FILE, window, TESTBED_GENERATION) &&
	       testbed_frames(env, bed, window, WINDOW_BYTES) &&
	       testbed_page_size(env, bed, window);
}

static void window(struct check_env *env, const void *arg)
{
	const struct window_case *c = arg;
	unsigned int on_fs = 0, on_table = 0;
	struct testbed bed;

	if (!testbed_open(env, &bed, &c->bed))
		return;
	for (uint64_t w = 0; w < bed.bytes; w += WINDOW_BYTES) {
		on_fs += extents_window_is_huge_on_fs(&bed.extents, w);
		on_table += extents_window_is_huge(&bed.extents,
						   (struct backing){&bed.graph, bed.device}, w);
	}
	if (!on_fs || (c->huge ? on_table != on_fs : on_table))
		check_broken(env,
			     "the filesystem made %u windows contiguous, the table %u: the layout "
			     "does not suit the check",
			     on_fs, on_table);
	for (uint64_t w = 0; w < bed.bytes && !check_complained(env); w += WINDOW_BYTES)
		window_is_right(env, &bed, w);
	testbed_close(env, &bed);
}

/* ---- the checks -------------------------------------------------------------------------- */

static const char *const needs_ext4[] = {"device:fsdax:2", "target:linear", "target:striped",
					 "fs:ext4", NULL};
static const char *const needs_huge[] = {"device:fsdax:2", "target:linear", "fs:ext4", "page:2M",
					 NULL};
static const char *const needs_sectors[] = {"device:fsdax:2", "target:linear", "target:striped",
					    NULL};
static const char *const needs_far[] = {"device:fsdax:2", "target:linear", "fs:xfs", NULL};
static const char *const needs_log[] = {"device:fsdax:2", "target:log-writes", "fs:xfs", NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "target:linear", "target:striped",
					"fs:xfs", NULL};

/* 32 MiB, but for xfs. */
static const struct shape segment = {"16x 4104 linear A +8", "ext4", 7, false};
/* The last pages of both namespaces, the first of the second. */
static const struct shape namespace = {
	"16384 linear A 0; 16384 linear A -16384; 16384 linear B 0; 16384 linear B -16384", "ext4",
	3, true};
/* The first and the last page of a member that is a DM device. */
static const struct shape device = {
	"16384 linear A 8 | 24576 linear B 0; 16384 linear a 0; 24576 linear B 24576", "ext4", 2,
	false};
static const struct shape stripe = {"65664 striped 2 24 A 0 B 8", "ext4", 7, false};
static const struct shape xfs = {"16x 20480 linear A +8; 20480 linear B +16", "xfs", 7, false};

#define BY_TARGETS                                                                               \
	"Documentation/admin-guide/device-mapper/linear.rst and striped.rst (where each sector " \
	"lives), dax.rst (direct_access: the bytes that can be accessed contiguously there); "
#define BY_WINDOW                                                                      \
	"dax.rst (direct_access: the bytes that can be accessed contiguously there); " \
	"dax_iomap_pmd_fault(): less than 2 MiB in one piece falls back to 4 KiB"

#define MAP_DOES "a load or store through a mapping that crosses a boundary reaches both sides"
#define MAP_BY BY_TARGETS "mmap(2)"
#define READ_WRITE_DOES \
	"a read(2) or write(2) of any length that crosses a boundary reaches both sides"
#define READ_WRITE_BY BY_TARGETS "read(2), write(2)"
#define PUNCH_DOES "punching a hole across a boundary zeroes the range and no byte outside it"
#define PUNCH_BY BY_TARGETS "fallocate(2): FALLOC_FL_PUNCH_HOLE"
#define ZERO_DOES "FALLOC_FL_ZERO_RANGE across a boundary zeroes the range and no byte outside it"
#define ZERO_BY BY_TARGETS "fallocate(2): FALLOC_FL_ZERO_RANGE"
#define CONVERT_DOES \
	"a first write to unwritten blocks at a boundary leaves zeroes around it, no stale data"
#define CONVERT_BY BY_TARGETS "fallocate(2): what did not hold data reads as zeroes"
#define EXTEND_DOES \
	"extending a file over already written blocks zeroes them and no byte outside them"
#define EXTEND_BY                                                                 \
	"ftruncate(2): the extended part reads as null bytes; \"dm,dax: Add dax " \
	"zero_page_range operation\" (5.7)"
#define WINDOW_DOES                                                                              \
	"a 2 MiB window with a boundary inside is mapped by 4 KiB pages, each with the correct " \
	"page frame"

#define CHECK(word, does, source, list, fn, data, is_quick, faults)                    \
	{                                                                              \
		.name = word, .promise = does, .by = source, .needs = list, .run = fn, \
		.arg = data, .flags = is_quick, .plants = faults,                      \
	}
/* One kind of access on each of the shapes. */
#define SHAPES(word, kind, fn, segment_, namespace_quick, namespace_, device_, stripe_, xfs_)  \
	CHECK(word ".segment", kind##_DOES, kind##_BY, needs_ext4, fn, &segment, 0, segment_), \
		CHECK(word ".namespace", kind##_DOES, kind##_BY, needs_ext4, fn, &namespace,   \
		      namespace_quick, namespace_),                                            \
		CHECK(word ".device", kind##_DOES, kind##_BY, needs_ext4, fn, &device, 0,      \
		      device_),                                                                \
		CHECK(word ".stripe", kind##_DOES, kind##_BY, needs_ext4, fn, &stripe, 0,      \
		      stripe_),                                                                \
		CHECK(word ".xfs", kind##_DOES, kind##_BY, needs_xfs, fn, &xfs, 0, xfs_)
#define WINDOW(word, list, does, table_, whole, is_quick, faults)                     \
	CHECK("window." word, does, BY_WINDOW, list, window,                          \
	      (&(const struct window_case){                                           \
		      .bed = {.table = table_, .fs = "ext4", .file_bytes = 12 << 20}, \
		      .huge = whole}),                                                \
	      is_quick, faults)
#define EXTEND(word, list, is_quick, ...)                                                  \
	CHECK("longer." word, EXTEND_DOES, EXTEND_BY, list, extend_file,                   \
	      (&(const struct testbed_spec){                                               \
		      .fs = "xfs", .file_bytes = 2 * WINDOW_BYTES, .table = __VA_ARGS__}), \
	      is_quick, PLANT_VALUE | PLANT_BYTE | PLANT_STACK)

#define BY_FAR                                                                   \
	"Documentation/admin-guide/device-mapper/linear.rst: sectors are of 64 " \
	"bits; Documentation/filesystems/dax.rst"
#define SECTORS(word, table_)                                                                  \
	CHECK("sectors." word,                                                                 \
	      "O_DIRECT requests of single sectors, in several pieces of memory, end, begin "  \
	      "and go across at each end of a segment",                                        \
	      "Documentation/admin-guide/device-mapper/linear.rst and striped.rst; preadv(2)", \
	      needs_sectors, far_sectors, table_, 0, PLANT_STACK | PLANT_BYTE)

#define SB (PLANT_STACK | PLANT_BYTE)
#define SF (PLANT_STACK | PLANT_FRAME)
#define FS (PLANT_FRAME | PLANT_SIZE)

static const struct check_item items[] = {
	SHAPES("map", MAP, map, SB, CHECK_QUICK, SB | PLANT_FRAME | PLANT_DMESG, SF, SF, SF),
	SHAPES("read_write", READ_WRITE, read_write, SB, 0, SB, PLANT_STACK, PLANT_STACK, SB),
	SHAPES("punch", PUNCH, punch, PLANT_BYTE, 0, PLANT_BYTE, PLANT_STACK, PLANT_STACK,
	       PLANT_BYTE),
	SHAPES("zero", ZERO, zero_in_place, PLANT_BYTE, 0, PLANT_BYTE, PLANT_STACK, PLANT_STACK,
	       PLANT_BYTE),
	SHAPES("convert", CONVERT, convert, PLANT_BYTE, 0, PLANT_BYTE, PLANT_STACK, PLANT_STACK,
	       PLANT_BYTE),
	WINDOW("segment", needs_ext4, WINDOW_DOES, "24x 2568 linear A +8", false, CHECK_QUICK,
	       SB | FS),
	WINDOW("namespace", needs_ext4, WINDOW_DOES, "12x 2568 linear A +8; 2568 linear B +16",
	       false, 0, FS),
	WINDOW("first_page", needs_ext4, WINDOW_DOES, "16x 8 linear B +8; 4088 linear A +8", false,
	       0, FS),
	WINDOW("last_page", needs_ext4, WINDOW_DOES, "16x 4088 linear A +8; 8 linear B +8", false,
	       0, FS),
	WINDOW("stripe", needs_ext4, WINDOW_DOES, "65536 striped 2 2048 A 0 B 0", false, 0, FS),
	WINDOW("edge", needs_huge,
	       "2 MiB windows on both sides of a boundary are each mapped by a PMD",
	       "8x 4096 linear A +4096; 4096 linear B +4096", true, 0, PLANT_STACK | PLANT_SIZE),
	EXTEND("linear", needs_xfs, CHECK_QUICK, TESTBED_LINEAR),
	EXTEND("striped", needs_xfs, 0, TESTBED_STRIPED),
	EXTEND("depth", needs_xfs, 0, TESTBED_DEPTH),
	/* Each range that is zeroed goes across a border or ends at one. */
	EXTEND("segments", needs_xfs, 0, "2432x 128 linear A +0; 128 linear B +0",
	       .name = "linear, in segments of 64 KiB"),
	{
		.name = "far",
		.promise = "files beyond 2 TiB of a device hold their bytes on every access path, "
			   "from the frames that the table gives",
		.by = BY_FAR,
		.needs = needs_far,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_VALUE,
		.run = far_files,
	},
	SECTORS("linear", "4099 linear A 4097; 7 linear B 1; 1 linear A 20001; 4093 linear B 4099; "
			  "8200 linear A 40960"),
	SECTORS("striped", "1024 striped 2 8 A 9 B 16"),
	EXTEND("log", needs_log, 0, TESTBED_LINEAR, .top = "log-writes @ +"),
	{0},
};

const struct check_family check_boundary = {
	.name = "boundary",
	.why = "accesses that cross a segment, stripe or namespace boundary are correct on both "
	       "sides",
	.items = items,
};
