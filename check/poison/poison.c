// SPDX-License-Identifier: GPL-2.0-only
/*
 * Poison: bad memory under device-mapper.
 *
 * Bad blocks: the badblocks list of the namespace (in sysfs, writable) has the sectors that must
 * not be read.  dax_direct_access() returns an error for their pages, and bios fail: exactly the
 * page of the file that the tables map to them gets SIGBUS in a mapping and EIO from read(2).  A
 * write clears a bad block if the hardware can.  The emulated NVDIMM cannot: its list keeps the
 * block, and the host cannot be used again.  For virtio-pmem the kernel treats every write as a
 * repair.
 *
 * hwpoison.c: memory failures.
 */
#include "check/poison/hwpoison.h"

#include "check/fixture/bio.h"
#include "check/fixture/block_reuse.h"
#include "check/fixture/testbed.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SMALL_BYTES = 8 << 20,
	LARGE_BYTES = 24 << 20, /* reaches the second of two segments */
	BAD_SECTOR = 3,		/* of the page: one is enough to make it bad */
	NEXT_GENERATION = TESTBED_GENERATION + 1,
};

/* ---- bad blocks ------------------------------------------------------------------------------ */

static const char *list_path(const struct namespace *ns, char path[96])
{
	snprintf(path, 96, "/sys/dev/block/%u:%u/badblocks", ns->major, ns->minor);
	return path;
}

/* Adds one sector to the list of bad ones.  Returns 0 or -errno after check_broken(). */
static int add_bad(struct check_env *env, const struct graph_place *place)
{
	char path[96], text[64];
	int fd = open(list_path(place->ns, path), O_WRONLY | O_CLOEXEC), rc = fd < 0 ? -errno : 0;
	int len = snprintf(text, sizeof(text), "%" PRIu64 " 1\n",
			   place->offset_bytes / SECTOR_BYTES + BAD_SECTOR);

	if (!rc && write(fd, text, (size_t)len) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	check_setup(env, rc, "adding a bad block to %s", path);
	return rc;
}

/* Whether the list has anything.  Returns 1, 0 or -errno. */
static int any_bad(const struct namespace *ns)
{
	char path[96], text[64];
	int fd = open(list_path(ns, path), O_RDONLY | O_CLOEXEC), rc;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text));
	rc = n < 0 ? -errno : n > 0;
	close(fd);
	return rc;
}

/* A testbed with a bad page, and where that page is. */
struct bad {
	struct testbed bed;
	struct graph_place place;
	uint64_t offset_bytes; /* in the file */
	uint64_t device_byte;  /* on the mounted device */
	const char *node;      /* of that */
	bool write_clears;     /* a write removes it from the list */
};

/* Returns 0 or -errno after check_broken(). */
static int make_bad(struct check_env *env, struct bad *b, const struct testbed_spec *spec)
{
	const struct graph_device *d;
	int rc;

	if (!testbed_open(env, &b->bed, spec))
		return -EIO;
	b->write_clears = strchr(spec->table, 'V');
	b->offset_bytes = spec->file_bytes - 7 * PAGE_BYTES;
	d = &b->bed.graph.devices[b->bed.device];
	b->node = d->node;
	rc = testbed_place(&b->bed, &b->bed.graph, b->offset_bytes, &b->place);
	if (!rc)
		rc = testbed_device_byte(&b->bed, b->offset_bytes, &b->device_byte);
	if (!rc && d->n_targets &&
	    b->device_byte < d->targets[d->n_targets - 1].start_sectors * SECTOR_BYTES)
		rc = -EDOM;
	if (check_own(env, rc, "finding a page of the file in the last segment"))
		rc = add_bad(env, &b->place);
	if (rc < 0)
		testbed_close(env, &b->bed);
	return rc;
}

/* Clears the bad block where a write does so; elsewhere the host is discarded. */
static void drop_bad(struct check_env *env, struct bad *b)
{
	static char zeroes[PAGE_BYTES];

	testbed_unmap(&b->bed);
	if (b->write_clears && any_bad(b->place.ns) > 0) {
		bio_write(b->place.ns->node, b->place.offset_bytes, zeroes, sizeof(zeroes));
		if (any_bad(b->place.ns))
			check_broken(env, "%s still has a bad block", b->place.ns->node);
	}
	testbed_close(env, &b->bed);
}

/* The page so many pages from the bad one is unchanged. */
static void check_neighbour(struct check_env *env, struct bad *b, int pages)
{
	uint64_t at = b->offset_bytes + (uint64_t)(int64_t)(pages * PAGE_BYTES);

	check_mapped_bytes(env, "the mapping, a page next to the bad one", b->bed.map.base + at,
			   PAGE_BYTES, TESTBED_FILE, at, TESTBED_GENERATION);
}

static void mapping(struct check_env *env, const void *arg)
{
	struct check_touch touch;
	struct bad b;

	if (make_bad(env, &b, arg) < 0)
		return;
	touch = check_load(b.bed.map.base + b.offset_bytes, NULL);
	if (check_that(env, touch.signal == SIGBUS,
		       "a load from the bad page through the mapping raises SIGBUS"))
		check_that(env, touch.address == b.bed.map.base + b.offset_bytes,
			   "the signal reports the address of the load");
	check_observe_suspicious(env, "load", hwpoison_touch_json(&touch));
	touch = check_store(b.bed.map.base + b.offset_bytes, 1);
	check_that(env, touch.signal == SIGBUS,
		   "a store to the bad page through the mapping raises SIGBUS");
	check_observe_suspicious(env, "store", hwpoison_touch_json(&touch));
	check_neighbour(env, &b, -1);
	check_neighbour(env, &b, 1);
	drop_bad(env, &b);
}

/* The code of the signal by which a load from a bad page fails on the namespace itself. */
static int code_of(struct check_env *env, const struct testbed_spec *spec, int *code)
{
	struct check_touch touch;
	struct bad b;
	int rc = make_bad(env, &b, spec);

	if (rc < 0)
		return rc;
	touch = check_load(b.bed.map.base + b.offset_bytes, NULL);
	if (!check_that(env, touch.signal == SIGBUS, "a load from the bad page raises SIGBUS on %s",
			testbed_name(spec)))
		rc = -EIO;
	*code = touch.code;
	drop_bad(env, &b);
	return rc;
}

/* The application learns by the code whether its data is gone: it must not depend on the stack. */
static void signal_code(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	struct testbed_spec raw = *spec;
	int without, through;

	raw.table = "V";
	if (!code_of(env, &raw, &without) && !code_of(env, spec, &through))
		check_equal(env, through, without,
			    "si_code of a load from a bad page on '%s', as on the namespace itself",
			    testbed_name(spec));
}

/* A page becomes bad while a PMD maps it: a fault by another mapping must map the pages next to it
 * by PTEs, and not the page itself. */
static void mapped_before(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	const uint64_t at = WINDOW_BYTES + 7 * PAGE_BYTES;
	struct mapping again = {0};
	struct check_touch touch;
	struct bad b = {.write_clears = true, .offset_bytes = at};
	int rc;

	if (!testbed_open(env, &b.bed, spec))
		return;
	rc = testbed_place(&b.bed, &b.bed.graph, at, &b.place);
	if (!check_own(env, rc, "finding a page of the file") ||
	    !testbed_page_size(env, &b.bed, WINDOW_BYTES) || add_bad(env, &b.place) < 0)
		goto out;
	touch = check_load(b.bed.map.base + at, NULL);
	check_observe_suspicious(env, "load_through_old_pmd", hwpoison_touch_json(&touch));
	rc = mapping_make(&again, b.bed.fd, spec->file_bytes, MAP_SHARED, true);
	if (!check_setup(env, rc, "mapping the file again"))
		goto out;
	touch = check_load(again.base + at, NULL);
	check_that(env, touch.signal == SIGBUS,
		   "a load from the bad page through another mapping raises SIGBUS");
	check_mapped_bytes(env, "another mapping, before the bad page", again.base + WINDOW_BYTES,
			   7 * PAGE_BYTES, TESTBED_FILE, WINDOW_BYTES, TESTBED_GENERATION);
	check_mapped_bytes(env, "another mapping, behind the bad page",
			   again.base + at + PAGE_BYTES, 2 * WINDOW_BYTES - at - PAGE_BYTES,
			   TESTBED_FILE, at + PAGE_BYTES, TESTBED_GENERATION);
out:
	if (again.reserved)
		mapping_drop(&again);
	drop_bad(env, &b);
}

/* pread() of the file.  Returns the bytes that came, or -errno. */
static ssize_t read_file(const struct bad *b, int64_t from_bad_bytes, char *bytes, size_t len)
{
	off_t at = (off_t)b->offset_bytes + from_bad_bytes;
	ssize_t n = pread(b->bed.fd, bytes, len, at);

	return n < 0 ? -errno : n;
}

static void reading(struct check_env *env, const void *arg)
{
	static char bytes[4 * PAGE_BYTES];
	struct bad b;
	ssize_t n;

	if (make_bad(env, &b, arg) < 0)
		return;
	n = read_file(&b, 0, bytes, PAGE_BYTES);
	check_errno(env, (int)n, -EIO, "read(2) of the bad page");
	for (int side = -1; side <= 1; side += 2) {
		n = read_file(&b, side * PAGE_BYTES, bytes, PAGE_BYTES);
		if (check_equal(env, n, PAGE_BYTES, "bytes of read(2) next to the bad page"))
			check_bytes(env, "read(2) next to the bad page", bytes, PAGE_BYTES,
				    TESTBED_FILE,
				    b.offset_bytes + (uint64_t)(int64_t)(side * PAGE_BYTES),
				    TESTBED_GENERATION);
	}
	n = read_file(&b, -2 * PAGE_BYTES, bytes, sizeof(bytes));
	check_that(env, n <= 2 * PAGE_BYTES, "read(2) across the bad page returns no byte of it");
	check_observe(env, "pages_of_read_across",
		      n < 0 ? check_errno_json((int)n) : json_integer(n / PAGE_BYTES));
	drop_bad(env, &b);
}

static void bios(struct check_env *env, const void *arg)
{
	static char bytes[PAGE_BYTES];
	struct bad b;
	uint64_t at;
	int rc;

	if (make_bad(env, &b, arg) < 0)
		return;
	at = b.device_byte + BAD_SECTOR * SECTOR_BYTES;
	rc = bio_read(b.node, at, bytes, SECTOR_BYTES);
	check_errno(env, rc, -EIO, "a direct read of the bad sector of the mounted device");
	rc = bio_read(b.node, b.device_byte, bytes, PAGE_BYTES);
	check_errno(env, rc, -EIO, "a direct read of the page with the bad sector");
	for (int side = -1; side <= 1; side += 2) {
		uint64_t into_page = (uint64_t)(int64_t)((BAD_SECTOR + side) * SECTOR_BYTES);

		rc = bio_read(b.node, b.device_byte + into_page, bytes, SECTOR_BYTES);
		if (check_errno(env, rc, 0, "a direct read next to the bad sector"))
			check_bytes(env, "the device, next to the bad sector", bytes, SECTOR_BYTES,
				    TESTBED_FILE, b.offset_bytes + into_page, TESTBED_GENERATION);
	}
	drop_bad(env, &b);
}

/* ---- repair ---------------------------------------------------------------------------------- */

/* After a repair the page holds what was written, on every path, and the list is empty. */
static void check_cleared(struct check_env *env, struct bad *b)
{
	static char bytes[PAGE_BYTES];
	ssize_t n;

	check_equal(env, any_bad(b->place.ns), 0, "whether %s has bad blocks after the repair",
		    b->place.ns->node);
	check_mapped_bytes(env, "the mapping, after the repair", b->bed.map.base + b->offset_bytes,
			   PAGE_BYTES, TESTBED_FILE, b->offset_bytes, NEXT_GENERATION);
	n = read_file(b, 0, bytes, PAGE_BYTES);
	if (check_equal(env, n, PAGE_BYTES, "bytes of read(2) after the repair"))
		check_bytes(env, "read(2) after the repair", bytes, PAGE_BYTES, TESTBED_FILE,
			    b->offset_bytes, NEXT_GENERATION);
	testbed_raw_holds(env, &b->bed, "afterwards", b->offset_bytes, PAGE_BYTES, NEXT_GENERATION);
	check_neighbour(env, b, -1);
	check_neighbour(env, b, 1);
}

static void cleared_by_bio(struct check_env *env, const void *arg)
{
	static char bytes[PAGE_BYTES];
	struct bad b;
	int rc;

	if (make_bad(env, &b, arg) < 0)
		return;
	stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, b.offset_bytes, NEXT_GENERATION);
	rc = bio_write(b.node, b.device_byte, bytes, sizeof(bytes));
	if (check_errno(env, rc, 0, "a direct write to the bad page of the mounted device"))
		check_cleared(env, &b);
	drop_bad(env, &b);
}

static void cleared_by_write(struct check_env *env, const void *arg)
{
	static char bytes[PAGE_BYTES];
	struct bad b;
	ssize_t n;

	if (make_bad(env, &b, arg) < 0)
		return;
	stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, b.offset_bytes, NEXT_GENERATION);
	n = pwrite(b.bed.fd, bytes, sizeof(bytes), (off_t)b.offset_bytes);
	if (check_errno(env, n < 0 ? -errno : 0, 0, "write(2) of the whole bad page") &&
	    check_equal(env, n, PAGE_BYTES, "bytes that write(2) accepted"))
		check_cleared(env, &b);
	drop_bad(env, &b);
}

/* Where the hardware cannot clear it, a write(2) must say so, and the page stays bad. */
static void write_refused(struct check_env *env, const void *arg)
{
	static char bytes[PAGE_BYTES];
	struct bad b;
	ssize_t n;

	if (make_bad(env, &b, arg) < 0)
		return;
	stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, b.offset_bytes, NEXT_GENERATION);
	n = pwrite(b.bed.fd, bytes, sizeof(bytes), (off_t)b.offset_bytes);
	check_observe(env, "write", check_errno_json(n < 0 ? -errno : 0));
	if (n == PAGE_BYTES && !any_bad(b.place.ns)) {
		check_cleared(env, &b);
		return;
	}
	check_that(env, n < 0,
		   "write(2) of a bad page that the hardware cannot clear fails (got: %zd bytes)",
		   n);
	n = read_file(&b, 0, bytes, PAGE_BYTES);
	check_errno(env, (int)n, -EIO, "read(2) of the bad page after the write");
	check_neighbour(env, &b, -1);
	check_neighbour(env, &b, 1);
}

/* The block is freed, and the filesystem allocates it to another file. */
static void cleared_by_reuse(struct check_env *env, const void *arg)
{
	struct check_touch touch;
	struct bad b;
	uint64_t at = 0;
	char *page;
	int fd, rc;

	if (make_bad(env, &b, arg) < 0)
		return;
	rc = fallocate(b.bed.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)b.offset_bytes,
		       PAGE_BYTES);
	if (!check_errno(env, rc < 0 ? -errno : 0, 0, "punching a hole where the bad page is"))
		goto drop;
	fd = block_reuse(&b.bed, b.offset_bytes, &at);
	if (!check_setup(env, fd, "allocating the bad block to another file"))
		goto drop;
	page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)at);
	if (check_setup(env, page == MAP_FAILED ? -errno : 0, "mapping the other file")) {
		touch = check_store(page, 1);
		check_that(env, !touch.signal,
			   "a store to a newly allocated page raises no signal, though its block "
			   "was bad");
		check_observe_suspicious(env, "store", hwpoison_touch_json(&touch));
		check_equal(env, any_bad(b.place.ns), 0,
			    "whether %s has bad blocks after the block was reallocated",
			    b.place.ns->node);
		munmap(page, PAGE_BYTES);
	}
	close(fd);
	check_neighbour(env, &b, -1);
	check_neighbour(env, &b, 1);
drop:
	drop_bad(env, &b);
}

/* ---- table ----------------------------------------------------------------------------------- */

#define BED(fs_, bytes_, ...) \
	(&(const struct testbed_spec){.fs = fs_, .file_bytes = bytes_, .table = __VA_ARGS__})

/* On virtio-pmem, whose bad blocks a write repairs. */
#define RAW_V "V"
#define LINEAR_V "$ linear V 4096"
#define TWO_SEGMENTS_V "32768 linear V -32768; $ linear V 4096"
#define DEPTH_V "$ linear V 4096; 4096 linear V +0 | $ linear a 4096"
#define STRIPED_V "$ striped 2 4096 V 4096 V +4096"

static const char *const needs_virtio[] = {"device:virtio", "fs:ext4", NULL};
static const char *const needs_virtio_huge[] = {"device:virtio", "fs:ext4", "page:2M", NULL};
/* On the second namespace, because of a kernel bug that no check verifies yet: up to 6.18 memory
 * whose blocks were moved under a mapping cannot be shared afterwards (dax_insert_entry() warns),
 * and fsmode.range.* leave such memory on the first. */
static const char *const needs_shared[] = {"device:fsdax:2", "fs:xfs", "kernel:6.2", NULL};
static const char *const needs_log[] = {"device:virtio", "device:fsdax:2", "target:log-writes",
					"fs:ext4",	 "kernel:5.19",	   NULL};
static const char *const needs_recovery[] = {"device:virtio", "fs:ext4", "kernel:5.19", NULL};
static const char *const needs_two[] = {"device:fsdax:2", "fs:ext4", NULL};
static const char *const needs_ext4[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const needs_ext4_huge[] = {"device:fsdax", "fs:ext4", "page:2M", NULL};
static const char *const needs_xfs_huge[] = {"device:fsdax", "fs:xfs", "page:2M", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "fs:xfs", NULL};
static const char *const needs_rmap[] = {"device:fsdax", "fs:xfs", "kernel:6.1", NULL};

#define BY_RST "Documentation/filesystems/dax.rst, Handling Media Errors: "
#define BY_MAPPING BY_RST "a fault at a known media error location brings the application SIGBUS"
#define BY_READ                                                                                 \
	BY_RST "the locations of media errors are recorded; dax_direct_access() refuses them, " \
	       "read(2): EIO"
#define BY_BIO                                                                             \
	"drivers/nvdimm/pmem.c, pmem_do_read(): a bio that meets a known bad block fails " \
	"(BLK_STS_IOERR)"
#define BY_CLEAR                                                                            \
	BY_RST "libnvdimm allows clearing of these errors by writing the affected sectors " \
	       "through the pmem driver"
#define BY_RECOVERY                                                                           \
	"merge of libnvdimm for 5.19: \"add support for clearing memory error via pwrite(2) " \
	"on DAX\"; dax_recovery_write()"
#define BY_PUNCH                                                                          \
	BY_RST "truncate or hole-punch the part of the file that has a bad block; newly " \
	       "allocated blocks are zeroed through the driver, which clears them"
#define BY_MEMORY_FAILURE                                                                    \
	"commit 6100e34b2526 (mm, memory_failure: Teach memory_failure() about dev_pagemap " \
	"pages): all userspace consumption of ZONE_DEVICE memory necessitates SIGBUS"

#define BY_SHARED                                                                                  \
	"commit 6f643c57d57c (xfs: implement ->notify_failure() for XFS): the owners of a failed " \
	"page are found by rmap, all processes that use one of the files are killed"

#define BY_LOG                                                                         \
	"mm/memory-failure.c, action_result(): the line \"Memory failure: 0xPFN: \"; " \
	"Documentation/admin-guide/mm/pagemap.rst"
#define LOG_PROMISE                                                                              \
	"when the memory of a DAX page fails, the kernel's log names the frame that the tables " \
	"give, and a process with the page mapped can load from every page around it"

#define ITEM(name_, run_, needs_, flags_, plants_, site_, by_, promise_)                \
	{                                                                               \
		.name = (name_), .promise = (promise_), .by = (by_), .needs = (needs_), \
		.flags = (flags_), .plants = (plants_), .run = (run_), .arg = (site_),  \
	}

#define SPOILS (CHECK_EMULATED | CHECK_SPOILS)

#define SEEN_BY_MAPPING(name_, needs_, flags_, plants_, site_)                                    \
	ITEM("mapping." name_, mapping, needs_, flags_, plants_, site_, BY_MAPPING,               \
	     "a bad block raises SIGBUS in a mapping at exactly the page that the tables map to " \
	     "it")
#define SEEN_BY_READ(name_, needs_, flags_, plants_, site_)                   \
	ITEM("read." name_, reading, needs_, flags_, plants_, site_, BY_READ, \
	     "a bad block returns EIO to read(2) at exactly the page that the tables map to it")
#define SEEN_BY_BIO(name_, needs_, flags_, plants_, site_)                                         \
	ITEM("bio." name_, bios, needs_, flags_, plants_, site_, BY_BIO,                           \
	     "a bad block returns EIO to direct I/O at exactly the sector that the tables map to " \
	     "it")

static const struct check_item items[] = {
	SEEN_BY_MAPPING("linear", needs_virtio, CHECK_QUICK,
			PLANT_VALUE | PLANT_BYTE | PLANT_STACK | PLANT_DMESG,
			BED("ext4", SMALL_BYTES, LINEAR_V)),
	SEEN_BY_MAPPING("two_segments", needs_virtio, 0, PLANT_BYTE | PLANT_STACK,
			BED("ext4", LARGE_BYTES, TWO_SEGMENTS_V)),
	SEEN_BY_MAPPING("depth", needs_virtio, 0, PLANT_BYTE | PLANT_STACK,
			BED("ext4", SMALL_BYTES, DEPTH_V)),
	SEEN_BY_MAPPING("raw", needs_ext4, SPOILS, PLANT_VALUE,
			BED("ext4", SMALL_BYTES, TESTBED_RAW)),
	SEEN_BY_MAPPING("two_namespaces", needs_two, SPOILS, PLANT_STACK,
			BED("ext4", LARGE_BYTES, TESTBED_TWO_NAMESPACES)),
	SEEN_BY_MAPPING("linear_xfs", needs_xfs, SPOILS, PLANT_VALUE,
			BED("xfs", SMALL_BYTES, TESTBED_LINEAR)),
	SEEN_BY_READ("linear", needs_virtio, 0, PLANT_VALUE | PLANT_BYTE | PLANT_STACK,
		     BED("ext4", SMALL_BYTES, LINEAR_V)),
	SEEN_BY_READ("two_segments", needs_virtio, 0, PLANT_BYTE | PLANT_STACK,
		     BED("ext4", LARGE_BYTES, TWO_SEGMENTS_V)),
	SEEN_BY_READ("linear_xfs", needs_xfs, SPOILS, PLANT_VALUE,
		     BED("xfs", SMALL_BYTES, TESTBED_LINEAR)),
	SEEN_BY_BIO("linear", needs_virtio, 0, PLANT_VALUE | PLANT_BYTE | PLANT_STACK,
		    BED("ext4", SMALL_BYTES, LINEAR_V)),
	SEEN_BY_BIO("two_segments", needs_virtio, 0, PLANT_BYTE | PLANT_STACK,
		    BED("ext4", LARGE_BYTES, TWO_SEGMENTS_V)),
	SEEN_BY_BIO("depth", needs_virtio, 0, PLANT_BYTE | PLANT_STACK,
		    BED("ext4", SMALL_BYTES, DEPTH_V)),
	ITEM("cleared.by_bio", cleared_by_bio, needs_virtio, 0, PLANT_VALUE | PLANT_BYTE,
	     BED("ext4", SMALL_BYTES, DEPTH_V), BY_CLEAR,
	     "direct I/O that overwrites a bad block through DM devices clears it"),
	ITEM("cleared.by_write_raw", cleared_by_write, needs_recovery, 0, PLANT_VALUE | PLANT_BYTE,
	     BED("ext4", SMALL_BYTES, RAW_V), BY_RECOVERY,
	     "write(2) of a whole bad page of a DAX file clears it"),
	ITEM("cleared.by_write_linear", cleared_by_write, needs_recovery, CHECK_QUICK,
	     PLANT_VALUE | PLANT_BYTE, BED("ext4", SMALL_BYTES, LINEAR_V), BY_RECOVERY,
	     "write(2) of a whole bad page of a DAX file on dm-linear clears it"),
	ITEM("cleared.by_write_depth", cleared_by_write, needs_recovery, 0,
	     PLANT_VALUE | PLANT_BYTE, BED("ext4", SMALL_BYTES, DEPTH_V), BY_RECOVERY,
	     "write(2) of a whole bad page of a DAX file on dm-linear on dm-linear clears it"),
	ITEM("cleared.by_write_striped", cleared_by_write, needs_recovery, 0,
	     PLANT_VALUE | PLANT_BYTE, BED("ext4", SMALL_BYTES, STRIPED_V), BY_RECOVERY,
	     "write(2) of a whole bad page of a DAX file on a striped device clears it"),
	ITEM("cleared.by_write_log", cleared_by_write, needs_log, 0, PLANT_VALUE | PLANT_BYTE,
	     BED("ext4", SMALL_BYTES, LINEAR_V, .top = "log-writes @ +"), BY_RECOVERY,
	     "write(2) of a whole bad page of a DAX file on dm-log-writes clears it"),
	ITEM("cleared.by_reuse", cleared_by_reuse, needs_virtio, 0, PLANT_VALUE | PLANT_BYTE,
	     BED("ext4", SMALL_BYTES, LINEAR_V), BY_PUNCH,
	     "a bad block that is punched out of a file is cleared when another file allocates it"),
	ITEM("code.linear", signal_code, needs_virtio, 0, PLANT_VALUE,
	     BED("ext4", SMALL_BYTES, LINEAR_V), BY_MAPPING,
	     "the SIGBUS of a load from a bad page has the same si_code on dm-linear as on the "
	     "namespace itself"),
	ITEM("mapped_before.linear", mapped_before, needs_virtio_huge, 0,
	     PLANT_VALUE | PLANT_BYTE | PLANT_STACK, BED("ext4", SMALL_BYTES, LINEAR_V), BY_MAPPING,
	     "of a window that a PMD mapped when one of its pages became bad, another mapping maps "
	     "every page but that one"),
	ITEM("write_refused.linear", write_refused, needs_ext4, SPOILS, PLANT_BYTE,
	     BED("ext4", SMALL_BYTES, TESTBED_LINEAR), BY_RECOVERY,
	     "write(2) of a bad page on dm-linear clears it or fails, and changes no other page"),
	ITEM("hwpoison.shared_raw", hwpoison_shared, needs_shared, SPOILS, PLANT_VALUE,
	     BED("xfs+reflink+rmapbt", SMALL_BYTES, "B"), BY_SHARED,
	     "when the memory of a block that two files share fails, processes that mapped either "
	     "file get SIGBUS"),
	ITEM("hwpoison.exact_raw", hwpoison_exact, needs_shared, SPOILS, PLANT_VALUE,
	     BED("xfs+reflink+rmapbt", SMALL_BYTES, "B", .small_pages = true), BY_SHARED,
	     "the first, other and the last page of two files that share blocks fail: SIGBUS "
	     "reports that page of each file, and a process that maps the pages around it gets "
	     "none"),
	ITEM("hwpoison.exact_one_file", hwpoison_exact, needs_rmap, SPOILS, PLANT_VALUE,
	     BED("xfs+rmapbt", SMALL_BYTES, TESTBED_RAW, .small_pages = true), BY_SHARED,
	     "the first, other and the last page of a file that two processes map fail: SIGBUS "
	     "reports that page, and a process that maps the pages around it gets none"),
	ITEM("hwpoison.exact_partition", hwpoison_exact, needs_rmap, SPOILS, PLANT_VALUE,
	     BED("xfs+rmapbt", SMALL_BYTES, "U", .small_pages = true), BY_SHARED,
	     "the first, other and the last page of a file on a partition fail: SIGBUS reports "
	     "that page, and a process that maps the pages around it gets none"),
	ITEM("hwpoison.group", hwpoison_group, needs_rmap, SPOILS, PLANT_VALUE,
	     BED("xfs+rmapbt", 0, TESTBED_RAW), BY_SHARED,
	     "the last block of an allocation group fails, and the first one that a file has in "
	     "the next group: SIGBUS reports that page of the file, and no other one"),
	ITEM("hwpoison.shared_linear", hwpoison_shared, needs_shared, SPOILS, PLANT_VALUE,
	     BED("xfs+reflink+rmapbt", SMALL_BYTES, "$ linear B 4096"), BY_SHARED,
	     "when the memory of a block on dm-linear that two files share fails, processes that "
	     "mapped either file get SIGBUS"),
	ITEM("hwpoison.log.linear_ext4", hwpoison_log, needs_ext4_huge, SPOILS, PLANT_VALUE,
	     BED("ext4", SMALL_BYTES, TESTBED_LINEAR), BY_LOG, LOG_PROMISE),
	ITEM("hwpoison.log.linear_xfs", hwpoison_log, needs_xfs, SPOILS, PLANT_VALUE,
	     BED("xfs+rmapbt", SMALL_BYTES, TESTBED_LINEAR, .small_pages = true), BY_LOG,
	     LOG_PROMISE),
	ITEM("hwpoison.log.raw_xfs", hwpoison_log, needs_xfs_huge, SPOILS, PLANT_VALUE,
	     BED("xfs+rmapbt", SMALL_BYTES, TESTBED_RAW), BY_LOG, LOG_PROMISE),
	ITEM("hwpoison.raw_ext4", hwpoison_run, needs_ext4, SPOILS, PLANT_VALUE,
	     BED("ext4", SMALL_BYTES, TESTBED_RAW), BY_MEMORY_FAILURE,
	     "when the memory of a DAX page fails, every process that mapped it with early kill "
	     "gets SIGBUS"),
	ITEM("hwpoison.linear_ext4", hwpoison_run, needs_ext4, SPOILS | CHECK_QUICK, PLANT_VALUE,
	     BED("ext4", SMALL_BYTES, TESTBED_LINEAR), BY_MEMORY_FAILURE,
	     "when the memory of a DAX page on dm-linear fails, every process that mapped it gets "
	     "SIGBUS"),
	ITEM("hwpoison.raw_xfs", hwpoison_run, needs_xfs, SPOILS, PLANT_VALUE,
	     BED("xfs+rmapbt", SMALL_BYTES, TESTBED_RAW), BY_MEMORY_FAILURE,
	     "when the memory of a DAX page on xfs with rmapbt fails, every process with early "
	     "kill gets SIGBUS"),
	ITEM("hwpoison.raw_xfs_no_rmap", hwpoison_run, needs_xfs, SPOILS, PLANT_VALUE,
	     BED("xfs", SMALL_BYTES, TESTBED_RAW), BY_MEMORY_FAILURE,
	     "when the memory of a DAX page on xfs without rmapbt fails, every process with early "
	     "kill gets SIGBUS"),
	ITEM("hwpoison.linear_xfs", hwpoison_run, needs_xfs, SPOILS, PLANT_VALUE,
	     BED("xfs+rmapbt", SMALL_BYTES, TESTBED_LINEAR), BY_MEMORY_FAILURE,
	     "when the memory of a DAX page of xfs with rmapbt on dm-linear fails, every process "
	     "that mapped it gets SIGBUS"),
	{0},
};

const struct check_family check_poison = {
	.name = "poison",
	.why = "media errors (bad blocks) and memory failures seen through device-mapper",
	.items = items,
};
