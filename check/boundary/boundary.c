// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boundary: the first and last pages of segments, stripes, members and devices, and accesses that
 * cross from one to the next.
 *
 * What the file has next to each other, the table has apart: a direct access may go on only as far
 * as dm_dax_direct_access() says that memory stays together.  Each check plays around some borders
 * of a file (check/boundary/edge.h) in one way: by mapping, by read and write of all sizes, by
 * zeroing, by turning unwritten blocks into written ones, by faults in a window of 2 MiB that holds
 * a border.
 *
 * Left out: the first page of the device that the filesystem is on, which holds its superblock; the
 * first page of a device is looked at where that is a member of another one (shape "device").
 */
#include "check/boundary/edge.h"
#include "check/fixture/longer.h"
#include "check/fixture/site.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What lies below the file. */
struct shape {
	const char *sketch; /* lib/dev/sketch.h; A and B are namespaces */
	const char *fs;
	unsigned int borders; /* that the file has at least, in the list of edges */
	bool device_end;      /* the file owns the last page of the device, look there too */
};

/* Lengths of accesses. */
static const size_t sizes[] = {1, 2, 8, 511, 512, 513, 4095, 4096, 4097, 8191, 8192, 8193, 12289};

/* Where an access of that length begins, at most so many places: up to the border, all but a byte
 * before it, half, all but a byte behind it, behind it.  Places that do not fit are left out.
 * Returns how many. */
static unsigned int places(const struct edge *edge, size_t len, uint64_t out[5])
{
	const uint64_t begins[] = {edge->at_bytes - len, edge->at_bytes - len + 1,
				   edge->at_bytes - len / 2, edge->at_bytes - 1, edge->at_bytes};
	unsigned int n = 0;

	for (unsigned int i = 0; i < 5; i++)
		if (begins[i] >= edge->begin_bytes && begins[i] + len <= edge->end_bytes &&
		    (!n || begins[i] > out[n - 1]))
			out[n++] = begins[i];
	return n;
}

/* ---- reads and writes -------------------------------------------------------------------- */

/* One access: writes, and looks at it through the other path at once. */
typedef bool (*access_fn)(struct edges *e, const struct edge *edge, uint64_t at, size_t len);

static bool by_call(struct edges *e, const struct edge *edge, uint64_t at, size_t len)
{
	char bytes[EDGE_BYTES];
	ssize_t n;

	edge_expect(e, edge, at, len, bytes);
	n = pwrite(e->fd, bytes, len, (off_t)at);
	if (!check_equal(e->env, n < 0 ? -errno : n, (int64_t)len,
			 "what write(2) of %zu bytes at file offset %" PRIu64 " returns", len, at))
		return false;
	return edge_look_read(e, edge, at, len, "write(2)") &&
	       edge_look_mapped(e, edge, at, len, "write(2)");
}

static bool by_mapping(struct edges *e, const struct edge *edge, uint64_t at, size_t len)
{
	struct check_touch touch;
	char bytes[EDGE_BYTES];

	edge_expect(e, edge, at, len, bytes);
	touch = check_copy(e->map.base + at, bytes, len);
	if (touch.signal) {
		check_fail(e->env,
			   "storing %zu bytes through the mapping at file offset %" PRIu64
			   " brought SIG%s, code %d",
			   len, at, sigabbrev_np(touch.signal), touch.code);
		return false;
	}
	return edge_look_mapped(e, edge, at, len, "a store") &&
	       edge_look_read(e, edge, at, len, "a store");
}

static bool all_sizes(struct edges *e, const struct edge *edge, access_fn access)
{
	if (edge_fill(e, edge) < 0)
		return false;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t at[5];
		unsigned int n = places(edge, sizes[s], at);
		char after[64];

		for (unsigned int i = 0; i < n; i++)
			if (!access(e, edge, at[i], sizes[s]))
				return false;
		snprintf(after, sizeof(after), "writing %zu bytes here and there", sizes[s]);
		if (!edge_look(e, edge, after))
			return false;
	}
	return true;
}

/* Some of the edges will do, if there are many. */
static unsigned int stride(const struct edges *e)
{
	return e->n > 4 ? 3 : 1;
}

static void read_write(struct check_env *env, const void *arg)
{
	const struct shape *shape = arg;
	struct edges e;

	if (!edges_open(env, &e, shape->sketch, shape->fs, 0, shape->borders, shape->device_end))
		for (unsigned int i = 0; i < e.n && all_sizes(&e, &e.list[i], by_call);
		     i += stride(&e))
			;
	edges_close(&e);
}

static void map(struct check_env *env, const void *arg)
{
	const struct shape *shape = arg;
	struct edges e;

	if (!edges_open(env, &e, shape->sketch, shape->fs, 0, shape->borders, shape->device_end))
		for (unsigned int i = 0; i < e.n && all_sizes(&e, &e.list[i], by_mapping);
		     i += stride(&e))
			check_frames(env, e.fd, e.map.base, e.list[i].begin_bytes,
				     e.list[i].end_bytes - e.list[i].begin_bytes, &e.graph,
				     e.device);
	edges_close(&e);
}

/* ---- zeroes ------------------------------------------------------------------------------ */

/* Ranges, from the border on. */
struct range {
	int begin;
	unsigned int len;
};

/* These leave every block where it is; of those that hold whole blocks an edge sees but one, the
 * last, for the blocks may come back from elsewhere. */
static const struct range partial[] = {{-1, 2},	     {-1, 1},	   {0, 1},
				       {-512, 1024}, {-100, 3000}, {-4095, 8190}};
static const struct range whole[] = {
	{-5000, 10000}, {-4096, 4096}, {0, 4096}, {-8193, 16386}, {-8192, 8193}};

enum {
	N_PARTIAL = sizeof(partial) / sizeof(partial[0]),
	N_WHOLE = sizeof(whole) / sizeof(whole[0])
};

static bool zero_range(struct edges *e, const struct edge *edge, int mode, struct range range)
{
	uint64_t at = edge->at_bytes + (uint64_t)(int64_t)range.begin;
	size_t len = range.len;
	char after[80];

	if (at + len > edge->end_bytes) /* of the device: nothing is behind */
		return true;
	/* The page tables shall know the pages that go. */
	if (edge_fill(e, edge) < 0 || !edge_look(e, edge, "filling"))
		return false;
	edge_expect(e, edge, at, len, NULL);
	if (!check_errno(e->env, fallocate(e->fd, mode, (off_t)at, (off_t)len) < 0 ? -errno : 0, 0,
			 "zeroing %zu bytes at file offset %" PRIu64, len, at))
		return false;
	snprintf(after, sizeof(after), "zeroing %zu bytes from %" PRIu64 " on", len, at);
	return edge_look(e, edge, after);
}

/* All that leave the blocks in their place, then one that does not. */
static bool zero_ranges(struct edges *e, unsigned int n, int mode)
{
	const struct edge *edge = &e->list[n];

	for (size_t i = 0; i < N_PARTIAL; i++)
		if (!zero_range(e, edge, mode, partial[i]))
			return false;
	if (!edge_is_there(e, edge)) {
		check_broken(e->env, "the filesystem moved blocks of which a part was zeroed");
		return false;
	}
	return zero_range(e, edge, mode, whole[n % N_WHOLE]);
}

static void zero(struct check_env *env, const struct shape *shape, int mode)
{
	struct edges e;

	if (!edges_open(env, &e, shape->sketch, shape->fs, 0, shape->borders, shape->device_end))
		for (unsigned int i = 0; i < e.n && zero_ranges(&e, i, mode); i++)
			;
	edges_close(&e);
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
static bool convert_once(struct edges *e, const struct edge *edge, const struct first_write *first)
{
	enum { LITTER = 1000 };
	uint64_t at[5];
	unsigned int n = places(edge, first->len, at), p = n ? first->place % n : 0;
	char after[80];

	if (!n)
		return true;
	edge_expect(e, edge, edge->begin_bytes, edge->end_bytes - edge->begin_bytes, NULL);
	if (edge_litter(e, edge, LITTER) < 0 || !edge_look(e, edge, "littering unwritten blocks"))
		return false;
	snprintf(after, sizeof(after), "writing %zu bytes from %" PRIu64 " on, first of all",
		 first->len, at[p]);
	return first->access(e, edge, at[p], first->len) && edge_look(e, edge, after);
}

/* Makes the blocks unwritten again.  Returns false if the filesystem gave others, which have no
 * border, or could not. */
static bool unwrite(struct edges *e, const struct edge *edge)
{
	if (!fallocate(e->fd, FALLOC_FL_ZERO_RANGE, (off_t)edge->begin_bytes,
		       (off_t)(edge->end_bytes - edge->begin_bytes)) &&
	    !fsync(e->fd))
		return edge_is_there(e, edge);
	check_broken(e->env, "cannot make blocks unwritten: %s", strerror(errno));
	return false;
}

/* Each edge begins with another way, for it may be its only one. */
static void convert_each(struct edges *e, unsigned int n)
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
	const struct shape *shape = arg;
	struct edges e;

	if (!edges_open(env, &e, shape->sketch, shape->fs, 0, shape->borders, shape->device_end))
		for (unsigned int i = 0; i < e.n && !check_complained(env); i++)
			convert_each(&e, i);
	edges_close(&e);
}

/* ---- windows of 2 MiB -------------------------------------------------------------------- */

struct window_case {
	const char *sketch;
	bool huge; /* borders are between windows only: they are to be mapped by PMDs */
};

enum { WINDOW_FILE_BYTES = 12 << 20 };

/* Loads and stores on both sides of each border; then everything about the window. */
static bool window_is_right(struct edges *e, uint64_t window, uint32_t generation)
{
	volatile char *base = e->map.base;
	char bytes[PAGE_BYTES];

	/* A store first, and in the middle: what follows finds a part of the window mapped. */
	stamp_fill(bytes, sizeof(bytes), EDGE_FILE, window + WINDOW_BYTES / 2, generation);
	if (check_copy((char *)base + window + WINDOW_BYTES / 2, bytes, sizeof(bytes)).signal) {
		check_fail(e->env, "a store at file offset %" PRIu64 " brought a signal",
			   window + WINDOW_BYTES / 2);
		return false;
	}
	return check_mapped_bytes(e->env, "read through the mapping", base + window, WINDOW_BYTES,
				  EDGE_FILE, window, generation) &&
	       check_frames(e->env, e->fd, base, window, WINDOW_BYTES, &e->graph, e->device) &&
	       check_page_size(e->env, e->fd, base, window, &e->graph, e->device);
}

/* How many windows the filesystem laid out for PMDs, and for how many of them the table lets it. */
static int count_windows(struct edges *e, unsigned int *on_fs, unsigned int *on_table)
{
	struct extents extents;
	int rc = extents_read(e->fd, &extents);

	*on_fs = *on_table = 0;
	for (uint64_t w = 0; w < e->len_bytes && !rc; w += WINDOW_BYTES) {
		*on_fs += window_is_huge_on_fs(&extents, w);
		*on_table += graph_window_is_huge(&extents, &e->graph, e->device, w);
	}
	extents_free(&extents);
	return rc;
}

static void window(struct check_env *env, const void *arg)
{
	const struct window_case *c = arg;
	unsigned int on_fs, on_table;
	struct edges e;

	if (!edges_open(env, &e, c->sketch, "ext4", WINDOW_FILE_BYTES, 0, false) &&
	    check_setup(env, count_windows(&e, &on_fs, &on_table), "reading the extents")) {
		if (!on_fs || (c->huge ? on_table != on_fs : on_table))
			check_broken(env,
				     "the filesystem laid out %u windows, the table keeps %u "
				     "together: this is not what the check is for",
				     on_fs, on_table);
		for (uint64_t w = 0; w < e.len_bytes && !check_complained(env); w += WINDOW_BYTES)
			window_is_right(&e, w, 1);
	}
	edges_close(&e);
}

/* ---- the checks -------------------------------------------------------------------------- */

static const char *const needs_ext4[] = {"device:fsdax:2", "target:linear", "target:striped",
					 "fs:ext4", NULL};
static const char *const needs_huge[] = {"device:fsdax:2", "target:linear", "fs:ext4", "page:2M",
					 NULL};
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

#define MAP_DOES "a load or store through a mapping that crosses a border reaches both sides"
#define MAP_BY BY_TARGETS "mmap(2)"
#define READ_WRITE_DOES \
	"a read(2) or write(2) of any length that crosses a border reaches both sides"
#define READ_WRITE_BY BY_TARGETS "read(2), write(2)"
#define PUNCH_DOES "punching a hole across a border zeroes the inside and leaves the bytes around"
#define PUNCH_BY BY_TARGETS "fallocate(2): FALLOC_FL_PUNCH_HOLE"
#define ZERO_DOES "zeroing a range across a border zeroes the inside and leaves the bytes around"
#define ZERO_BY BY_TARGETS "fallocate(2): FALLOC_FL_ZERO_RANGE"
#define CONVERT_DOES \
	"a first write to unwritten blocks at a border leaves zeroes around it, nothing older"
#define CONVERT_BY BY_TARGETS "fallocate(2): what did not hold data reads as zeroes"
#define WINDOW_DOES \
	"a window of 2 MiB that holds a border is mapped by pages of 4 KiB, each on its own frame"

/* clang-format off */
#define CHECK(word, does, source, fs, fn, data, is_quick, faults)                         \
	{.name = word, .promise = does, .by = source, .needs = needs_##fs, .run = fn,     \
	 .arg = data, .flags = is_quick, .plants = faults}
#define LONGER(word, kind, list)                                                                    \
	{.name = "longer." word,                                                              \
	 .promise = "a file that gets longer over blocks that it has already reads as zeroes " \
		    "there, whatever the blocks held, and nothing else becomes zero",          \
	 .by = "ftruncate(2): the extended part reads as null bytes; \"dm,dax: Add dax "    \
	       "zero_page_range operation\" (5.7)",                                 \
	 .needs = list, .run = longer, .plants = PLANT_VALUE | PLANT_BYTE | PLANT_STACK, \
	 .arg = &(const struct site_spec){.fs = "xfs", .stack = kind, .mode = NAMESPACE_FSDAX, \
					  .file_bytes = 2 * WINDOW_BYTES}}
#define WINDOW(word, list, does, table, whole, faults)                                          \
	CHECK("window." word, does, BY_WINDOW, list, window,                              \
	      (&(const struct window_case){table, whole}), 0, faults)

static const struct check_item items[] = {
	CHECK("map.segment", MAP_DOES, MAP_BY, ext4, map, &segment, 0, PLANT_STACK | PLANT_BYTE),
	CHECK("map.namespace", MAP_DOES, MAP_BY, ext4, map, &namespace, CHECK_QUICK,
	      PLANT_STACK | PLANT_BYTE | PLANT_FRAME | PLANT_DMESG),
	CHECK("map.device", MAP_DOES, MAP_BY, ext4, map, &device, 0, PLANT_STACK | PLANT_FRAME),
	CHECK("map.stripe", MAP_DOES, MAP_BY, ext4, map, &stripe, 0, PLANT_STACK | PLANT_FRAME),
	CHECK("map.xfs", MAP_DOES, MAP_BY, xfs, map, &xfs, 0, PLANT_STACK | PLANT_FRAME),
	CHECK("read_write.segment", READ_WRITE_DOES, READ_WRITE_BY, ext4, read_write, &segment, 0,
	      PLANT_STACK | PLANT_BYTE),
	CHECK("read_write.namespace", READ_WRITE_DOES, READ_WRITE_BY, ext4, read_write, &namespace, 0,
	      PLANT_STACK | PLANT_BYTE),
	CHECK("read_write.device", READ_WRITE_DOES, READ_WRITE_BY, ext4, read_write, &device, 0,
	      PLANT_STACK),
	CHECK("read_write.stripe", READ_WRITE_DOES, READ_WRITE_BY, ext4, read_write, &stripe, 0,
	      PLANT_STACK),
	CHECK("read_write.xfs", READ_WRITE_DOES, READ_WRITE_BY, xfs, read_write, &xfs, 0,
	      PLANT_STACK | PLANT_BYTE),
	CHECK("punch.segment", PUNCH_DOES, PUNCH_BY, ext4, punch, &segment, 0, PLANT_BYTE),
	CHECK("punch.namespace", PUNCH_DOES, PUNCH_BY, ext4, punch, &namespace, 0, PLANT_BYTE),
	CHECK("punch.device", PUNCH_DOES, PUNCH_BY, ext4, punch, &device, 0, PLANT_STACK),
	CHECK("punch.stripe", PUNCH_DOES, PUNCH_BY, ext4, punch, &stripe, 0, PLANT_STACK),
	CHECK("punch.xfs", PUNCH_DOES, PUNCH_BY, xfs, punch, &xfs, 0, PLANT_BYTE),
	CHECK("zero.segment", ZERO_DOES, ZERO_BY, ext4, zero_in_place, &segment, 0, PLANT_BYTE),
	CHECK("zero.namespace", ZERO_DOES, ZERO_BY, ext4, zero_in_place, &namespace, 0, PLANT_BYTE),
	CHECK("zero.device", ZERO_DOES, ZERO_BY, ext4, zero_in_place, &device, 0, PLANT_STACK),
	CHECK("zero.stripe", ZERO_DOES, ZERO_BY, ext4, zero_in_place, &stripe, 0, PLANT_STACK),
	CHECK("zero.xfs", ZERO_DOES, ZERO_BY, xfs, zero_in_place, &xfs, 0, PLANT_BYTE),
	CHECK("convert.segment", CONVERT_DOES, CONVERT_BY, ext4, convert, &segment, 0, PLANT_BYTE),
	CHECK("convert.namespace", CONVERT_DOES, CONVERT_BY, ext4, convert, &namespace, 0, PLANT_BYTE),
	CHECK("convert.device", CONVERT_DOES, CONVERT_BY, ext4, convert, &device, 0, PLANT_STACK),
	CHECK("convert.stripe", CONVERT_DOES, CONVERT_BY, ext4, convert, &stripe, 0, PLANT_STACK),
	CHECK("convert.xfs", CONVERT_DOES, CONVERT_BY, xfs, convert, &xfs, 0, PLANT_BYTE),
	CHECK("window.segment", WINDOW_DOES, BY_WINDOW, ext4, window,
	      (&(const struct window_case){"24x 2568 linear A +8", false}), CHECK_QUICK,
	      PLANT_STACK | PLANT_BYTE | PLANT_FRAME | PLANT_SIZE),
	WINDOW("namespace", ext4, WINDOW_DOES, "12x 2568 linear A +8; 2568 linear B +16", false,
	       PLANT_FRAME | PLANT_SIZE),
	WINDOW("first_page", ext4, WINDOW_DOES, "16x 8 linear B +8; 4088 linear A +8", false,
	       PLANT_FRAME | PLANT_SIZE),
	WINDOW("last_page", ext4, WINDOW_DOES, "16x 4088 linear A +8; 8 linear B +8", false,
	       PLANT_FRAME | PLANT_SIZE),
	WINDOW("stripe", ext4, WINDOW_DOES, "65536 striped 2 2048 A 0 B 0", false,
	       PLANT_FRAME | PLANT_SIZE),
	WINDOW("edge", huge, "a border between windows of 2 MiB costs neither its huge page",
	       "8x 4096 linear A +4096; 4096 linear B +4096", true, PLANT_STACK | PLANT_SIZE),
	LONGER("linear", SITE_LINEAR, needs_xfs),
	LONGER("striped", SITE_STRIPED, needs_xfs),
	LONGER("depth", SITE_DEPTH, needs_xfs),
	LONGER("log", SITE_LOG, needs_log),
	{0},
};
/* clang-format on */

const struct check_family check_boundary = {
	.name = "boundary",
	.why = "what the file has next to each other and the table apart is right on both sides",
	.items = items,
};
