// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page sizes: a PMD exactly where it is possible, PTEs everywhere else.
 *
 * The model allows a PMD where the window of the file is one extent, 2 MiB aligned on the device,
 * contiguous through every table below and 2 MiB aligned in memory; the mapping must be congruent
 * to the file modulo 2 MiB, cover the window and be shared (or only read), and the file must
 * include the last page of the window.  If the mapping or the file changes, the page size must
 * follow, and bytes and frames must stay correct.
 *
 *   handle_mm_fault -> create_huge_pmd -> {ext4,xfs}'s huge_fault -> dax_iomap_pmd_fault
 *     -> dax_fault_check_fallback, grab_mapping_entry, iomap, dax_iomap_direct_access
 *       -> dm_dax_direct_access: how many pages are contiguous
 *
 * Method: the number of faults and the entries in pagemap after an access to two pages of a
 * window.  How many faults a window takes is an observation.
 *
 * Here: the number of faults, and what the host may disable.  geometry.c: tables; filechange.c and
 * mapchange.c: changes of file and mapping; pmd_pte_alias.c: one window by a PMD and by PTEs;
 * window.c: one window.
 *
 * Alone: ./run.sh check --check 'faultsize.*'
 */
#include "check/fixture/testbed.h"
#include "check/pagesize/filechange.h"
#include "check/pagesize/geometry.h"
#include "check/pagesize/mapchange.h"
#include "check/pagesize/pmd_pte_alias.h"
#include "check/pagesize/window.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

enum { KIB = 1 << 10 };

/* ---- how many faults ------------------------------------------------------------------------- */

/* Faults of an access to every page of a window. */
static json_int_t faults_of(volatile char *window, bool store)
{
	uint64_t before = mapping_page_faults();

	for (unsigned int i = 0; i < WINDOW_PAGES; i++) {
		volatile char *p = window + i * PAGE_BYTES;

		if (store)
			*p = 'f';
		else
			(void)*p;
	}
	return (json_int_t)(mapping_page_faults() - before);
}

static void fault_counts(struct check_env *env, const void *arg)
{
	struct mapping small;
	struct testbed bed;
	json_int_t n[4];
	int rc;

	if (!window_open_pmd(env, arg, "ext4", &bed))
		return;
	rc = mapping_make(&small, bed.fd, WINDOW_FILE_BYTES, MAP_SHARED, false);
	if (!check_setup(env, rc, "a mapping by PTEs"))
		goto out;
	faults_of(small.base, false); /* code that comes in for the first time is not counted */
	faults_of(small.base, true);
	n[0] = faults_of(bed.map.base + WINDOW_AT + WINDOW_BYTES, false);
	n[1] = faults_of(bed.map.base + WINDOW_AT + WINDOW_BYTES, true);
	n[2] = faults_of(small.base + WINDOW_AT + 2 * WINDOW_BYTES, false);
	n[3] = faults_of(small.base + WINDOW_AT + 2 * WINDOW_BYTES, true);
	check_observe_suspicious(env, "faults",
				 json_pack("{sI sI sI sI}", "pmd_loads", n[0], "pmd_stores_after",
					   n[1], "pte_loads", n[2], "pte_stores_after", n[3]));
	check_equal(env, n[0], 1, "faults of reading every page of a window that a PMD can map");
	check_that(env, n[2] == WINDOW_PAGES,
		   "reading every page of a window that no PMD can map takes one fault per page");
	mapping_drop(&small);
out:
	testbed_close(env, &bed);
}

/* ---- what may be switched off ---------------------------------------------------------------- */

static void advised(struct check_env *env, const void *arg)
{
	struct testbed bed;
	json_t *seen;
	int rc;

	(void)arg;
	if (!window_open_pmd(env, WINDOW_LINEAR, "ext4", &bed))
		return;
	rc = madvise(bed.map.base, WINDOW_FILE_BYTES, MADV_NOHUGEPAGE) < 0 ? -errno : 0;
	seen = json_pack("{ss ss}", "madvise", rc ? strerrorname_np(-rc) : "granted", "then",
			 window_size_name(window_is_pmd(bed.map.base, WINDOW_AT)));
	check_observe(env, "MADV_NOHUGEPAGE", seen);
	madvise(bed.map.base, WINDOW_FILE_BYTES, MADV_HUGEPAGE);
	rc = prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0 ? -errno : 0;
	seen = json_pack("{ss ss}", "prctl", rc ? strerrorname_np(-rc) : "granted", "then",
			 window_size_name(window_is_pmd(bed.map.base, WINDOW_AT)));
	check_observe(env, "PR_SET_THP_DISABLE", seen);
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	window_is_stamped(env, &bed, "read with any page size", 0, WINDOW_FILE_BYTES);
	testbed_frames(env, &bed, WINDOW_AT, WINDOW_BYTES);
	testbed_close(env, &bed);
}

#define THP "/sys/kernel/mm/transparent_hugepage/enabled"

static bool set_thp(const char *word)
{
	FILE *out = fopen(THP, "we");
	bool good = out && fputs(word, out) >= 0;

	if (out && fclose(out) == EOF)
		good = false;
	return good;
}

/* The word in brackets. */
static bool get_thp(char word[32])
{
	FILE *in = fopen(THP, "re");
	char line[128] = "";
	const char *open;

	if (in && !fgets(line, sizeof(line), in))
		line[0] = '\0';
	if (in)
		fclose(in);
	open = strchr(line, '[');
	return open && sscanf(open + 1, "%31[^]]", word) == 1;
}

static void thp_never(struct check_env *env, const void *arg)
{
	char before[32];
	struct testbed bed;

	(void)arg;
	if (!check_setup(env, get_thp(before) ? 0 : -EIO, "reading " THP) ||
	    !window_open_pmd(env, WINDOW_LINEAR, "ext4", &bed))
		return;
	check_observe(env, "at_boot", json_string(before));
	if (check_setup(env, set_thp("never") ? 0 : -EIO, "writing " THP)) {
		check_observe(
			env, "never",
			json_string(window_size_name(window_is_pmd(bed.map.base, WINDOW_AT))));
		window_is_stamped(env, &bed, "read with any page size", 0, WINDOW_FILE_BYTES);
		testbed_frames(env, &bed, WINDOW_AT, WINDOW_BYTES);
	}
	check_setup(env, set_thp(before) ? 0 : -EIO, "writing " THP);
	testbed_close(env, &bed);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY_MODEL                                                                      \
	"fs/dax.c, dax_iomap_pmd_fault(): a PMD where iomap and dax_direct_access() " \
	"give 2 MiB that are contiguous and aligned; drivers/md/dm.c, "               \
	"dm_dax_direct_access(): as many pages as the target keeps together"
#define BY_FALLBACK "fs/dax.c, the comments of dax_fault_check_fallback()"

#define GEOMETRY(word, does, source, needs_, quick, planted, fs_, huge_, ...)                 \
	{                                                                                     \
		.name = word, .promise = does, .by = source, .needs = needs_, .flags = quick, \
		.plants = planted, .run = geometry,                                           \
		.arg = &(const struct geometry){                                              \
			.fs = fs_, .huge = GEOMETRY_##huge_, .table = __VA_ARGS__},           \
	}

#define CHANGE(word, does, source, needs_, quick, planted, fn, data)                          \
	{                                                                                     \
		.name = word, .promise = does, .by = source, .needs = needs_, .flags = quick, \
		.plants = planted, .run = fn, .arg = data,                                    \
	}

/* Segments of 5 MiB + 12 KiB that take turns on two namespaces; each begins as far past a 2 MiB
 * boundary there as in the device. */
#define BOUNDARIES_TWO "10264 linear A +2072; 10264 linear B +2072"
#define BOUNDARIES                                                                   \
	"10264 linear A 0; 10264 linear B 2072; " BOUNDARIES_TWO "; " BOUNDARIES_TWO \
	"; " BOUNDARIES_TWO "; " BOUNDARIES_TWO "; " BOUNDARIES_TWO

static const char *const needs_one[] = {"device:fsdax", "target:linear", "fs:ext4", "page:2M",
					NULL};
static const char *const needs_two[] = {"device:fsdax:2", "target:linear", "fs:ext4", "page:2M",
					NULL};
static const char *const needs_striped[] = {"device:fsdax:2", "target:striped", "fs:ext4",
					    "page:2M", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "target:linear", "fs:xfs", "page:2M", NULL};
static const char *const needs_thp[] = {"device:fsdax", "target:linear", "fs:ext4", "file:" THP,
					NULL};

#define PLANTS_GEOMETRY (PLANT_STACK | PLANT_SIZE)
#define PLANTS_CHANGE (PLANT_SIZE | PLANT_BYTE)

static const struct check_item items[] = {
	GEOMETRY("aligned.raw",
		 "a contiguous, aligned 2 MiB window is mapped by one PMD without device-mapper",
		 BY_MODEL, needs_one, 0, PLANT_SIZE | PLANT_FRAME, "ext4", ALL, TESTBED_RAW),
	GEOMETRY("aligned.ext4",
		 "a contiguous, aligned 2 MiB window is mapped by one PMD on a linear device",
		 BY_MODEL, needs_one, CHECK_QUICK,
		 PLANTS_GEOMETRY | PLANT_FRAME | PLANT_BYTE | PLANT_VALUE | PLANT_DMESG, "ext4",
		 ALL, "4x $/4 linear A +0"),
	GEOMETRY("aligned.xfs",
		 "a contiguous, aligned 2 MiB window is mapped by one PMD on a linear device",
		 BY_MODEL, needs_xfs, 0, PLANTS_GEOMETRY, "xfs", ALL, "4x $/4 linear A +0"),
	GEOMETRY("depth",
		 "a contiguous, aligned 2 MiB window is mapped by one PMD on three stacked DM "
		 "devices",
		 BY_MODEL, needs_two, 0, PLANTS_GEOMETRY, "ext4", ALL,
		 "2x $/4 linear A +0; $/4 linear B +0" TESTBED_TWO_MORE),
	GEOMETRY("two_namespaces",
		 "segments that alternate between two namespaces are mapped by PMDs where they are "
		 "2 MiB aligned",
		 BY_MODEL, needs_two, 0, PLANTS_GEOMETRY, "ext4", ALL,
		 "8x $/16 linear A +0; $/16 linear B +0"),
	GEOMETRY(
		"shifted",
		"segments that begin 4 KiB past a 2 MiB boundary of memory are mapped by PTEs only",
		BY_MODEL, needs_one, CHECK_QUICK, PLANTS_GEOMETRY, "ext4", NONE,
		"$/2 linear A 8; $/2 linear A +4096"),
	GEOMETRY("shifts_cancel",
		 "two stacked devices with offsets of 1 MiB each are aligned again and are mapped "
		 "by PMDs",
		 BY_MODEL, needs_one, 0, PLANTS_GEOMETRY, "ext4", ALL,
		 "135168 linear A 2048 | 65536 linear a 2048; 65536 linear a +0"),
	GEOMETRY("border",
		 "windows with a segment boundary inside are mapped by PTEs, all others by PMDs",
		 BY_MODEL, needs_two, CHECK_QUICK, PLANTS_GEOMETRY, "ext4", SOME, BOUNDARIES),
	GEOMETRY("border.one_namespace",
		 "a window with a boundary between segments that are adjacent in memory is mapped "
		 "by PTEs",
		 "drivers/md/dm.c, dm_dax_direct_access(): no further than the target's end",
		 needs_one, 0, PLANTS_GEOMETRY, "ext4", SOME, "13x 10240 linear A +0"),
	GEOMETRY("striped.chunk_1m",
		 "a striped device with chunks of less than 2 MiB is mapped by PTEs only", BY_MODEL,
		 needs_striped, 0, PLANTS_GEOMETRY, "ext4", NONE, "$ striped 2 2048 A 0 B 0"),
	GEOMETRY("striped.chunk_2m", "a striped device with chunks of 2 MiB is mapped by PMDs",
		 BY_MODEL, needs_striped, 0, PLANTS_GEOMETRY, "ext4", ALL, TESTBED_STRIPED_2),
	GEOMETRY("striped.chunk_3m",
		 "with chunks of 3 MiB, windows that are contiguous and aligned are mapped by "
		 "PMDs, others by PTEs",
		 BY_MODEL, needs_striped, 0, PLANTS_GEOMETRY, "ext4", SOME,
		 "122880 striped 2 6144 A 0 B 0"),
	GEOMETRY("striped.small_bios",
		 "the bio size limit of a striped device does not prevent PMD mappings",
		 "Documentation/ABI/stable/sysfs-block, max_sectors_kb: a limit of "
		 "requests; " BY_MODEL,
		 needs_striped, 0, PLANTS_GEOMETRY, "ext4", ALL, TESTBED_STRIPED_2, .bio_kib = 512),
	GEOMETRY("incongruent",
		 "a mapping whose address is not congruent to the file offset modulo 2 MiB uses "
		 "PTEs only",
		 BY_FALLBACK, needs_one, 0, PLANTS_GEOMETRY, "ext4", ALL, WINDOW_LINEAR,
		 .small_pages = true),
	CHANGE("punch.page.ext4",
	       "a page punched out of a PMD-mapped window reads as zeroes; the rest keeps its "
	       "bytes, mapped by PTEs",
	       "fallocate(2), FALLOC_FL_PUNCH_HOLE; fs/dax.c, dax_iomap_pmd_fault()", needs_one, 0,
	       PLANTS_CHANGE | PLANT_STACK, filechange_punch_page, "ext4"),
	CHANGE("punch.page.xfs",
	       "a page punched out of a PMD-mapped window reads as zeroes; the rest keeps its "
	       "bytes, mapped by PTEs",
	       "fallocate(2), FALLOC_FL_PUNCH_HOLE; fs/dax.c, dax_iomap_pmd_fault()", needs_xfs, 0,
	       PLANTS_CHANGE | PLANT_STACK, filechange_punch_page, "xfs"),
	CHANGE("punch.window",
	       "a 2 MiB window that is punched out reads as zeroes, and a store into it allocates "
	       "a block",
	       "fallocate(2), FALLOC_FL_PUNCH_HOLE; fs/dax.c, dax_pmd_load_hole()", needs_one, 0,
	       PLANTS_CHANGE | PLANT_STACK | PLANT_VALUE, filechange_punch_window, "ext4"),
	CHANGE("truncate",
	       "the truncated part of a PMD-mapped window raises SIGBUS and reads as zeroes after "
	       "extension",
	       "mmap(2), SIGBUS; truncate(2)", needs_one, CHECK_QUICK,
	       PLANTS_CHANGE | PLANT_STACK | PLANT_VALUE, filechange_truncate, "ext4"),
	CHANGE("end_of_file",
	       "a window that contains the end of file is mapped by PTEs, even with all blocks "
	       "allocated",
	       BY_FALLBACK, needs_one, 0, PLANT_VALUE | PLANT_BYTE, filechange_end, "ext4"),
	CHANGE("unwritten",
	       "a store into an unwritten window of one aligned extent maps one PMD of zeroes",
	       "Documentation/filesystems/dax.rst: blocks are zeroed and converted to "
	       "written extents before they are mapped; " BY_MODEL,
	       needs_one, 0, PLANT_VALUE | PLANT_FRAME | PLANT_STACK, filechange_unwritten, "ext4"),
	CHANGE("mremap.same",
	       "mremap of a PMD to a congruent address keeps bytes, page frames and page size",
	       "mremap(2); mm/mremap.c, move_page_tables()", needs_one, 0,
	       PLANTS_CHANGE | PLANT_STACK, mapchange_moved, &(const bool){true}),
	CHANGE("mremap.other",
	       "mremap of a PMD to an address that is not congruent keeps bytes and page frames, "
	       "mapped by PTEs",
	       "mremap(2); " BY_FALLBACK, needs_one, 0, PLANTS_CHANGE | PLANT_STACK,
	       mapchange_moved, &(const bool){false}),
	CHANGE("mapping_edges",
	       "windows that the mapping covers in part are mapped by PTEs, full windows by PMDs",
	       BY_FALLBACK, needs_one, 0, PLANT_VALUE | PLANT_SIZE | PLANT_BYTE, mapchange_edges,
	       NULL),
	CHANGE("mprotect.page",
	       "mprotect of one page of a PMD makes that page alone read-only; the window is "
	       "mapped by PTEs",
	       "mprotect(2); " BY_FALLBACK, needs_one, 0,
	       PLANT_VALUE | PLANT_FRAME | PLANT_BYTE | PLANT_STACK, mapchange_protect_page, NULL),
	CHANGE("mprotect.all",
	       "a PMD that is made read-only and writable again by mprotect remains one PMD",
	       "mprotect(2); fs/dax.c, dax_iomap_pmd_fault()", needs_one, 0,
	       PLANTS_CHANGE | PLANT_VALUE | PLANT_STACK, mapchange_protect_all, NULL),
	CHANGE("fork",
	       "a child maps a shared window by its own PMD; parent and child see each other's "
	       "stores",
	       "fork(2), mmap(2): MAP_SHARED", needs_one, 0,
	       PLANT_SIZE | PLANT_FRAME | PLANT_VALUE | PLANT_STACK, mapchange_forked, NULL),
	CHANGE("private_store",
	       "a store to a private mapping copies one 4 KiB page and does not change the file",
	       "mmap(2): MAP_PRIVATE; " BY_FALLBACK, needs_one, 0, PLANT_VALUE | PLANT_BYTE,
	       mapchange_private, NULL),
	CHANGE("mixed.order.ext4",
	       "a window mapped by a PMD and by PTEs is the same memory through both, in either "
	       "order of the faults",
	       "mmap(2): MAP_SHARED; fs/dax.c, the comment of grab_mapping_entry()", needs_one, 0,
	       PLANT_BYTE | PLANT_FRAME | PLANT_STACK | PLANT_SIZE, pmd_pte_alias_order, "ext4"),
	CHANGE("mixed.race.ext4",
	       "two processes that fault the same windows concurrently, by PMDs and by PTEs, lose "
	       "no store",
	       "mmap(2): MAP_SHARED; fs/dax.c, the comment of grab_mapping_entry()", needs_one,
	       CHECK_QUICK, PLANT_BYTE | PLANT_FRAME | PLANT_STACK | PLANT_VALUE,
	       pmd_pte_alias_race, "ext4"),
	CHANGE("mixed.race.xfs",
	       "two processes that fault the same windows concurrently, by PMDs and by PTEs, lose "
	       "no store",
	       "mmap(2): MAP_SHARED; fs/dax.c, the comment of grab_mapping_entry()", needs_xfs, 0,
	       PLANT_BYTE | PLANT_FRAME | PLANT_STACK | PLANT_VALUE, pmd_pte_alias_race, "xfs"),
	{
		.name = "counts.raw",
		.promise = "reading every page of a 2 MiB window takes one fault with a PMD, 512 "
			   "faults with PTEs",
		.by = BY_MODEL,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_SIZE,
		.run = fault_counts,
		.arg = TESTBED_RAW,
	},
	{
		.name = "counts.linear",
		.promise = "reading every page of a 2 MiB window takes one fault with a PMD, 512 "
			   "faults with PTEs",
		.by = BY_MODEL,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_SIZE,
		.run = fault_counts,
		.arg = WINDOW_LINEAR,
	},
	{
		.name = "advised",
		.promise = "bytes and page frames are correct with MADV_NOHUGEPAGE and with "
			   "PR_SET_THP_DISABLE",
		.by = "madvise(2), prctl(2): performance only",
		.needs = needs_one,
		.plants = PLANTS_CHANGE | PLANT_STACK,
		.run = advised,
	},
	{
		.name = "thp_never",
		.promise = "bytes and page frames are correct with transparent_hugepage/enabled "
			   "set to never",
		.by = "Documentation/admin-guide/mm/transhuge.rst: performance only",
		.needs = needs_thp,
		.flags = CHECK_EMULATED, /* a setting of the whole host */
		.plants = PLANTS_CHANGE | PLANT_STACK,
		.run = thp_never,
	},
	{0},
};

const struct check_family check_faultsize = {
	.name = "faultsize",
	.why = "a PMD maps a 2 MiB window exactly where alignment and contiguity allow it",
	.items = items,
};
