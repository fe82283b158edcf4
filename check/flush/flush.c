// SPDX-License-Identifier: GPL-2.0-only
/*
 * Durability: cache writeback and flushes are recorded inside the kernel, without device-mapper
 * and through it.  Fewer than without device-mapper is a failure, even if it is faster.
 *
 *   written back  the cache lines of every dirty page, by fsync(2) and every other call that
 *                 promises durability:
 *                 dax_writeback_mapping_range -> dax_flush(dm's dax_device) -> arch_wb_cache_pmem
 *   flushed       every member: REQ_PREFLUSH -> dm clones it to all members
 *                 -> pmem_submit_bio -> nvdimm_flush(region) [-> virtio_pmem_flush]
 *   not cached    nontemporal copies: write(2) -> dax_copy_from_iter, bios -> pmem_do_write
 *   clean         after that the next store faults, so that the page is dirty again
 *   loads         a page that was only loaded from is not written back
 *
 * Each call is recorded with its arguments (check/fixture/calls.h): each dirty page must be among
 * them, at the address that the model computes. Left out: whether the processor's instructions do
 * what they promise; power failure.
 *
 * Here: written back, clean, and loads.  member_flush.c: flushed; nontemporal.c: not cached;
 * write_cache_attr.c: the attributes; writeback.c: how a page is found among the calls.
 *
 * Alone: ./run.sh check --check 'flush.*'
 */
#include "check/fixture/calls.h"
#include "check/fixture/testbed.h"
#include "check/flush/error_kept.h"
#include "check/flush/every_way.h"
#include "check/flush/flush_fault.h"
#include "check/flush/member_flush.h"
#include "check/flush/moved_blocks.h"
#include "check/flush/nontemporal.h"
#include "check/flush/write_cache_attr.h"
#include "check/flush/writeback.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- written back ---------------------------------------------------------------------------- */

enum how { FSYNC, FDATASYNC, MSYNC, SYNCFS, UNMOUNT, FREEZE };

/* What promises durability.  Returns 0 or -errno. */
static int make_durable(struct check_env *env, struct testbed *bed, enum how how)
{
	const struct graph_device *d = &bed->graph.devices[bed->device];
	int rc = 0, fd;

	switch (how) {
	case FSYNC:
		rc = fsync(bed->fd) < 0 ? -errno : 0;
		break;
	case FDATASYNC:
		rc = fdatasync(bed->fd) < 0 ? -errno : 0;
		break;
	case MSYNC:
		rc = msync(bed->map.base, WRITEBACK_FILE_BYTES, MS_SYNC) < 0 ? -errno : 0;
		break;
	case SYNCFS:
		rc = syncfs(bed->fd) < 0 ? -errno : 0;
		break;
	case UNMOUNT:
		testbed_unmap(bed);
		testbed_close_file(bed);
		return check_unmount(env, &bed->fs);
	case FREEZE:
		if (d->kind == GRAPH_DM) {
			rc = dm_device_suspend(d->name, 0);
			return rc ? rc : dm_device_resume(d->name, 0);
		}
		fd = open(bed->fs.where, O_RDONLY | O_CLOEXEC);
		rc = fd < 0 || ioctl(fd, FIFREEZE, 0) < 0 || ioctl(fd, FITHAW, 0) < 0 ? -errno : 0;
		if (fd >= 0)
			close(fd);
		break;
	}
	return rc;
}

struct written {
	struct testbed_spec bed;
	enum how how;
};

/* Makes pages dirty and durable, and judges each.  Returns how many bytes were written back, or
 * -EIO after a complaint. */
static int64_t write_back(struct check_env *env, const struct testbed_spec *spec, enum how how,
			  struct calls *calls)
{
	struct testbed bed;
	struct writeback_view view;
	int64_t bytes = -EIO;
	bool good = true;

	if (!testbed_open(env, &bed, spec))
		return -EIO;
	if (!writeback_view_begin(env, &view, &bed, calls))
		goto out;
	for (int i = 0; i < WRITEBACK_PAGES && good; i++)
		good = writeback_store_page(env, &bed, writeback_pages[i]);
	calls_start(calls);
	good = good && check_setup(env, make_durable(env, &bed, how), "flushing the file");
	good = calls_stop(env, calls) && good;
	for (int i = 0; i < WRITEBACK_PAGES && good; i++)
		good = writeback_judge_page(env, &view, writeback_pages[i] * PAGE_BYTES,
					    testbed_name(spec));
	if (good)
		bytes = (int64_t)calls_sum(calls, WRITEBACK_CALL, 1);
out:
	testbed_close(env, &bed);
	return bytes;
}

static void written_back(struct check_env *env, const void *arg)
{
	const struct written *w = arg;
	const struct testbed_spec raw = writeback_raw(&w->bed);
	struct calls calls;
	int64_t without, through;

	if (calls_open(env, &calls, writeback_functions)) {
		without = write_back(env, &raw, w->how, &calls);
		through = without < 0 ? -EIO : write_back(env, &w->bed, w->how, &calls);
		if (through >= 0)
			check_equal(
				env, through, without,
				"bytes written back on %s, without device-mapper it is %" PRId64,
				testbed_name(&w->bed), without);
	}
	calls_close(&calls);
}

/* ---- clean afterwards ------------------------------------------------------------------------ */

/* Faults of a store. */
static uint64_t store_faults(struct check_env *env, const struct testbed *bed, uint64_t page)
{
	uint64_t before = mapping_page_faults();

	writeback_store_page(env, bed, page);
	return mapping_page_faults() - before;
}

static void dirty_again(struct check_env *env, const struct testbed_spec *spec, struct calls *calls)
{
	const uint64_t page = writeback_pages[5];
	struct testbed bed;
	struct writeback_view view;
	int rc = 0;

	if (!testbed_open(env, &bed, spec))
		return;
	if (!writeback_view_begin(env, &view, &bed, calls))
		goto out;
	writeback_store_page(env, &bed, page);
	check_equal(env, (int64_t)store_faults(env, &bed, page), 0,
		    "faults of a second store on %s", testbed_name(spec));
	if (fsync(bed.fd) < 0)
		rc = -errno;
	check_that(env, store_faults(env, &bed, page) > 0,
		   "the first store after fsync faults on %s", testbed_name(spec));
	calls_start(calls);
	if (fsync(bed.fd) < 0)
		rc = -errno;
	if (calls_stop(env, calls) && check_setup(env, rc, "fsync"))
		writeback_judge_page(env, &view, page * PAGE_BYTES, testbed_name(spec));
out:
	testbed_close(env, &bed);
}

static void clean_afterwards(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg, raw = writeback_raw(spec);
	struct calls calls;

	if (calls_open(env, &calls, writeback_functions)) {
		dirty_again(env, &raw, &calls);
		if (!check_complained(env))
			dirty_again(env, spec, &calls);
	}
	calls_close(&calls);
}

/* The same page once more through a mapping by PTEs besides one by PMDs. */
static void alias(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = WRITEBACK_BED(arg, WRITEBACK_LINEAR);
	const uint64_t at = writeback_pages[5] * PAGE_BYTES;
	struct mapping small = {0};
	struct testbed bed = TESTBED_NONE;
	struct writeback_view view = {0};
	struct calls calls;
	uint64_t faults;
	int rc;

	if (!calls_open(env, &calls, writeback_functions) || !testbed_open(env, &bed, &spec))
		goto out;
	if (!writeback_view_begin(env, &view, &bed, &calls))
		goto out;
	rc = mapping_make(&small, bed.fd, WRITEBACK_FILE_BYTES, MAP_SHARED, false);
	if (!check_setup(env, rc, "a mapping by PTEs"))
		goto out;
	writeback_store_page(env, &bed, writeback_pages[5]);
	check_store(small.base + at, 'a');
	if (!check_setup(env, fsync(bed.fd) < 0 ? -errno : 0, "fsync"))
		goto out;
	faults = mapping_page_faults();
	check_store(small.base + at, 'b');
	check_that(env, mapping_page_faults() > faults,
		   "the first store after fsync through the PTE faults");
	calls_start(&calls);
	rc = fsync(bed.fd) < 0 ? -errno : 0;
	if (calls_stop(env, &calls) && check_setup(env, rc, "fsync"))
		writeback_judge_page(env, &view, at, "a mapping by PTEs besides one by PMDs");
out:
	if (small.reserved)
		mapping_drop(&small);
	testbed_close(env, &bed);
	calls_close(&calls);
}

/* ---- loads ----------------------------------------------------------------------------------- */

/* Loads from pages that nothing stored into, and makes durable: the kernel has nothing to do. */
static void load_only(struct check_env *env, const struct testbed_spec *spec, struct calls *calls)
{
	struct testbed bed;
	struct writeback_view view;
	int rc = 0;

	if (!testbed_open(env, &bed, spec))
		return;
	if (!writeback_view_begin(env, &view, &bed, calls))
		goto out;
	for (int i = 0; i < WRITEBACK_PAGES; i++) {
		const char *byte = bed.map.base + writeback_pages[i] * PAGE_BYTES;

		check_equal(env, check_load(byte, NULL).signal, 0,
			    "signal of a load from the mapping");
	}
	calls_start(calls);
	if (fsync(bed.fd) < 0)
		rc = -errno;
	if (calls_stop(env, calls) && check_setup(env, rc, "fsync"))
		check_equal(env, (int64_t)calls_sum(calls, WRITEBACK_CALL, 1), 0,
			    "bytes written back after loads from %d pages on %s", WRITEBACK_PAGES,
			    testbed_name(spec));
out:
	testbed_close(env, &bed);
}

static void nothing_after_loads(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg, raw = writeback_raw(spec);
	struct calls calls;

	if (calls_open(env, &calls, writeback_functions)) {
		load_only(env, &raw, &calls);
		load_only(env, spec, &calls);
	}
	calls_close(&calls);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY_DAX_FLUSH                                                                         \
	"fsync(2); commit \"dax: remove the pmem_dax_ops->flush abstraction\": a device of " \
	"several members has all of them flushed"
#define BY_PREFLUSH                                                                           \
	"Documentation/block/writeback_cache_control.rst: bio based drivers that remap send " \
	"flushes to all underlying devices"
#define BY_ATTRIBUTE                                                                              \
	"commit \"libnvdimm, pmem, dax: export a cache control attribute\": whether dax_flush() " \
	"writes back is the attribute's to say"
#define BY_MKCLEAN                                                             \
	"commit \"dax: Clear dirty entry tags on cache flush\": pages become " \
	"write-protected, so that stores fault again"

#define BY_DIRTY_TAG                                                                         \
	"commit \"dax: add support for fsync/sync\": dirty entries are flushed, those that " \
	"write faults made"

#define BED(fs_, ...) (&(const struct testbed_spec)WRITEBACK_BED(fs_, __VA_ARGS__))
#define PTE .small_pages = true
#define PMD .small_pages = false
#define WRITTEN(how_, fs_, ...) \
	(&(const struct written){.bed = WRITEBACK_BED(fs_, __VA_ARGS__), .how = how_})
#define MEMBERS(how_, ...) \
	(&(const struct member_flush){.bed = WRITEBACK_BED("ext4", __VA_ARGS__), .how = how_})

#define KPROBES "file:/sys/bus/event_source/devices/kprobe/type"

static const char *const needs_two[] = {"device:fsdax:2", "target:linear", "fs:ext4", KPROBES,
					NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "target:linear", "fs:xfs", KPROBES, NULL};
static const char *const needs_clone[] = {"device:fsdax:2", "target:linear", "fs:xfs",
					  KPROBES,	    "kernel:6.0",    NULL};
static const char *const needs_striped[] = {"device:fsdax:2", "target:striped", "fs:ext4", KPROBES,
					    NULL};
static const char *const needs_huge[] = {"device:fsdax:2", "target:linear", "fs:ext4",
					 "page:2M",	   KPROBES,	    NULL};
static const char *const needs_huge_xfs[] = {"device:fsdax:2", "target:linear", "fs:xfs",
					     "page:2M",	       KPROBES,		NULL};
static const char *const needs_virtio[] = {"device:virtio",
					   "device:fsdax",
					   "target:linear",
					   "target:striped",
					   "fs:ext4",
					   KPROBES,
					   NULL};

static const char *const needs_kept[] = {"device:raw", "target:linear", "target:error", "fs:ext4",
					 NULL};
static const char *const needs_recovery[] = {"device:virtio", "target:linear", "fs:ext4",
					     "kernel:5.19",   KPROBES,	       NULL};

static const char *const needs_virtio_xfs[] = {"device:virtio", "device:fsdax:2", "target:linear",
					       "fs:xfs",	KPROBES,	  NULL};

#define EVERY_WAY "each call that promises durability flushes each of three members after its data"
#define RANGE "msync of a range writes back its pages, and fsync those around it"
#define FORCED "the last block of a commit, written with REQ_FUA, is followed by a flush"
#define BY_FUA                                                                                \
	"Documentation/block/writeback_cache_control.rst, Forced Unit Access: completion is " \
	"signaled after the data has been committed to non-volatile storage"
#define REPORTED                                                                               \
	"each call that promises durability returns EIO if the hypervisor reports one of its " \
	"flush requests as failed"
#define AWAITED "each call that promises durability returns after the hypervisor has answered"
#define BY_ERROR                                                                               \
	"fsync(2): EIO; virtio specification, PMEM device, VIRTIO_PMEM_RESP_TYPE_EIO; commit " \
	"\"virtio-pmem: Add virtio pmem driver\": the guest waits until the host's fsync is done"
#define REQUESTS \
	"each call that promises durability returns after the hypervisor answered a request"
/* Segments of the three in turn, of the length of a window. */
#define THREE(a_, b_, c_)            \
	.name = "linear over three", \
	.table = "11x $/32 linear " a_ " +0; $/32 linear " b_ " +0; $/32 linear " c_ " +0"

#define ITEM(word, does, source, needs_, flags_, planted, fn, data)                            \
	{                                                                                      \
		.name = word, .promise = does, .by = source, .needs = needs_, .flags = flags_, \
		.plants = planted, .run = fn, .arg = data,                                     \
	}

/* Blocks of the file are moved by fallocate(2), before and after stores. */
#define MOVED(word, needs_, fs_, mode_)                                                     \
	ITEM(word,                                                                          \
	     "fsync writes all dirty pages back, after fallocate(2) moved blocks or freed " \
	     "others, before or after the store",                                           \
	     "fallocate(2), fsync(2)", needs_, 0, PLANT_VALUE, moved_blocks_written_back,   \
	     (&(const struct moved_case){.spec = WRITEBACK_BED(fs_, PTE, WRITEBACK_LINEAR), \
					 .mode = mode_}))
#define REFILLED(word, needs_, fs_)                                                         \
	ITEM(word,                                                                          \
	     "fsync writes back what is stored to pages that lost their blocks to another " \
	     "file and got new ones",                                                       \
	     "fallocate(2), fsync(2)", needs_, 0, PLANT_VALUE, refilled_written_back,       \
	     BED(fs_, PTE, WRITEBACK_LINEAR))
#define WRITES_BACK(name_, by_what_, needs_, arg_)                                                \
	.name = "write_back." name_,                                                              \
	.promise = by_what_ " writes back as many bytes of cache lines as without device-mapper", \
	.by = BY_DAX_FLUSH, .needs = needs_, .plants = PLANT_STACK | PLANT_VALUE,                 \
	.run = written_back, .arg = arg_

static const struct check_item items[] = {
	{WRITES_BACK("fsync.pte.ext4", "fsync", needs_two,
		     WRITTEN(FSYNC, "ext4", PTE, WRITEBACK_LINEAR)),
	 .flags = CHECK_QUICK},
	{WRITES_BACK("fsync.pmd.ext4", "fsync", needs_huge,
		     WRITTEN(FSYNC, "ext4", PMD, WRITEBACK_LINEAR))},
	{WRITES_BACK("fsync.pte.xfs", "fsync", needs_xfs,
		     WRITTEN(FSYNC, "xfs", PTE, WRITEBACK_LINEAR))},
	{WRITES_BACK("fsync.striped", "fsync", needs_striped,
		     WRITTEN(FSYNC, "ext4", PTE, WRITEBACK_STRIPED))},
	{WRITES_BACK("fsync.depth", "fsync", needs_huge,
		     WRITTEN(FSYNC, "ext4", PMD, WRITEBACK_DEPTH))},
	{WRITES_BACK("fdatasync", "fdatasync", needs_two,
		     WRITTEN(FDATASYNC, "ext4", PTE, WRITEBACK_LINEAR))},
	{WRITES_BACK("msync", "msync(MS_SYNC)", needs_two,
		     WRITTEN(MSYNC, "ext4", PTE, WRITEBACK_LINEAR))},
	{WRITES_BACK("syncfs", "syncfs", needs_two,
		     WRITTEN(SYNCFS, "ext4", PTE, WRITEBACK_LINEAR))},
	{WRITES_BACK("unmount", "umount", needs_two,
		     WRITTEN(UNMOUNT, "ext4", PTE, WRITEBACK_LINEAR))},
	{WRITES_BACK("suspend", "a suspend that freezes the filesystem", needs_two,
		     WRITTEN(FREEZE, "ext4", PTE, WRITEBACK_LINEAR))},
	ITEM("clean.pte.ext4",
	     "after fsync the next store faults, and its cache lines are written back again",
	     BY_MKCLEAN, needs_two, 0, PLANT_STACK | PLANT_VALUE, clean_afterwards,
	     BED("ext4", PTE, WRITEBACK_LINEAR)),
	ITEM("clean.pmd.ext4",
	     "after fsync the next store faults, and its cache lines are written back again",
	     BY_MKCLEAN, needs_huge, CHECK_QUICK, PLANT_STACK | PLANT_VALUE, clean_afterwards,
	     BED("ext4", PMD, WRITEBACK_LINEAR)),
	ITEM("clean.pmd.xfs",
	     "after fsync the next store faults, and its cache lines are written back again",
	     BY_MKCLEAN, needs_huge_xfs, 0, PLANT_STACK | PLANT_VALUE, clean_afterwards,
	     BED("xfs", PMD, WRITEBACK_LINEAR)),
	{
		.name = "clean.alias",
		.promise = "after fsync a store through a PTE to memory that a PMD also maps "
			   "faults and is written back",
		.by = "commit \"dax: fix missing writeprotect the pte entry\"",
		.needs = needs_huge,
		.plants = PLANT_STACK | PLANT_VALUE,
		.fixed_by = "5.19, \"dax: fix missing writeprotect the pte entry\"",
		.run = alias,
		.arg = "ext4",
	},
	ITEM("loads.pte.ext4", "after loads alone fsync writes no cache lines back", BY_DIRTY_TAG,
	     needs_two, 0, PLANT_VALUE, nothing_after_loads, BED("ext4", PTE, WRITEBACK_LINEAR)),
	ITEM("loads.pmd.ext4", "after loads alone fsync writes no cache lines back", BY_DIRTY_TAG,
	     needs_huge, 0, PLANT_VALUE, nothing_after_loads, BED("ext4", PMD, WRITEBACK_LINEAR)),
	ITEM("loads.pte.xfs", "after loads alone fsync writes no cache lines back", BY_DIRTY_TAG,
	     needs_xfs, 0, PLANT_VALUE, nothing_after_loads, BED("xfs", PTE, WRITEBACK_LINEAR)),
	ITEM("members.fsync.linear", "fsync flushes each of two members after their cache lines",
	     BY_PREFLUSH, needs_two, CHECK_QUICK, PLANT_VALUE, member_flush_all,
	     MEMBERS(MEMBER_FLUSH_BY_FSYNC, WRITEBACK_LINEAR)),
	ITEM("members.fsync.striped",
	     "fsync flushes the members of both stripes after their cache lines", BY_PREFLUSH,
	     needs_striped, 0, PLANT_VALUE, member_flush_all,
	     MEMBERS(MEMBER_FLUSH_BY_FSYNC, WRITEBACK_STRIPED)),
	ITEM("members.fsync.depth",
	     "fsync flushes each of two members through three stacked DM devices", BY_PREFLUSH,
	     needs_two, 0, PLANT_VALUE, member_flush_all,
	     MEMBERS(MEMBER_FLUSH_BY_FSYNC, WRITEBACK_DEPTH)),
	ITEM("members.dsync_write", "a write(2) with O_DSYNC flushes each of two members",
	     BY_PREFLUSH, needs_two, 0, PLANT_VALUE, member_flush_all,
	     MEMBERS(MEMBER_FLUSH_BY_DSYNC_WRITE, WRITEBACK_LINEAR)),
	ITEM("members.block_device", "fsync of the block device node flushes each of two members",
	     BY_PREFLUSH, needs_two, 0, PLANT_VALUE, member_flush_all,
	     MEMBERS(MEMBER_FLUSH_BY_BLOCK_DEVICE, WRITEBACK_LINEAR)),
	ITEM("members.mixed",
	     "fsync flushes both members of a device over an NVDIMM and virtio-pmem", BY_PREFLUSH,
	     needs_virtio, 0, PLANT_VALUE, member_flush_all,
	     MEMBERS(MEMBER_FLUSH_BY_FSYNC, .name = "linear over an NVDIMM and virtio-pmem",
		     .table = "16x $/32 linear A +0; $/32 linear V +0")),
	ITEM("every_way.ext4", EVERY_WAY, BY_PREFLUSH, needs_virtio, 0, PLANT_VALUE,
	     every_way_members, BED("ext4", THREE("A", "B", "V"))),
	ITEM("every_way.xfs", EVERY_WAY, BY_PREFLUSH, needs_virtio_xfs, 0, PLANT_VALUE,
	     every_way_members, BED("xfs", THREE("V", "A", "B"))),
	/* One member has the first segment alone, and one the last. */
	ITEM("every_way.ends", EVERY_WAY, BY_PREFLUSH, needs_virtio, 0, PLANT_VALUE,
	     every_way_members,
	     BED("ext4", .name = "three segments over three",
		 .table = "$/4 linear V 0; $/2 linear A 4096; $/4 linear B 0")),
	ITEM("every_way.striped", EVERY_WAY, BY_PREFLUSH, needs_virtio, 0, PLANT_VALUE,
	     every_way_members,
	     BED("ext4", .name = "striped over three",
		 .table = "147456 striped 3 4096 B 0 V 0 A 0")),
	ITEM("range.pte.ext4", RANGE, "msync(2)", needs_two, 0, PLANT_VALUE, every_way_ranges,
	     BED("ext4", PTE, WRITEBACK_LINEAR)),
	ITEM("range.pmd.ext4", RANGE, "msync(2)", needs_huge, 0, PLANT_VALUE, every_way_ranges,
	     BED("ext4", PMD, WRITEBACK_LINEAR)),
	ITEM("range.pte.xfs", RANGE, "msync(2)", needs_xfs, 0, PLANT_VALUE, every_way_ranges,
	     BED("xfs", PTE, WRITEBACK_LINEAR)),
	MOVED("punched.ext4", needs_two, "ext4", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE),
	MOVED("punched.xfs", needs_xfs, "xfs", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE),
	MOVED("collapsed.ext4", needs_two, "ext4", FALLOC_FL_COLLAPSE_RANGE),
	MOVED("collapsed.xfs", needs_xfs, "xfs", FALLOC_FL_COLLAPSE_RANGE),
	MOVED("inserted.ext4", needs_two, "ext4", FALLOC_FL_INSERT_RANGE),
	MOVED("inserted.xfs", needs_xfs, "xfs", FALLOC_FL_INSERT_RANGE),
	REFILLED("refilled.ext4", needs_two, "ext4"),
	REFILLED("refilled.xfs", needs_clone, "xfs+reflink"),
	ITEM("hypervisor.requests.ext4", REQUESTS, BY_PREFLUSH, needs_virtio, 0, PLANT_VALUE,
	     every_way_requests, BED("ext4", .name = "a virtio-pmem device", .table = "V")),
	ITEM("hypervisor.requests.xfs", REQUESTS, BY_PREFLUSH, needs_virtio_xfs, 0, PLANT_VALUE,
	     every_way_requests,
	     BED("xfs", .name = "linear over virtio-pmem", .table = "$ linear V 0")),
	ITEM("forced.raw.ext4", FORCED, BY_FUA, needs_two, 0, PLANT_VALUE, every_way_forced,
	     BED("ext4", .name = "a namespace", .table = TESTBED_RAW)),
	ITEM("forced.linear.ext4", FORCED, BY_FUA, needs_two, 0, PLANT_VALUE, every_way_forced,
	     BED("ext4", .name = "linear", .table = TESTBED_LINEAR)),
	ITEM("forced.depth.xfs", FORCED, BY_FUA, needs_xfs, 0, PLANT_VALUE, every_way_forced,
	     BED("xfs", .name = "linear of depth 3", .table = TESTBED_DEPTH)),
	ITEM("error.device", REPORTED, BY_ERROR, needs_virtio, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_reported,
	     (&(const struct testbed_spec){.name = "virtio-pmem", .table = "V"})),
	ITEM("error.segments", REPORTED, BY_ERROR, needs_virtio, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_reported,
	     (&(const struct testbed_spec){
		     .name = "linear over an NVDIMM and virtio-pmem, of depth 2",
		     .table = "2x $/4 linear V +0; $/4 linear A +0; $/4 linear V +0 | "
			      "$ linear a 0"})),
	ITEM("error.striped", REPORTED, BY_ERROR, needs_virtio, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_reported,
	     (&(const struct testbed_spec){.name = "striped over virtio-pmem and an NVDIMM",
					   .table = "$ striped 2 4096 V 0 A 0"})),
	ITEM("error.raw.ext4", REPORTED, BY_ERROR, needs_virtio, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_reported, BED("ext4", .name = "virtio-pmem", .table = "V")),
	ITEM("error.raw.xfs", REPORTED, BY_ERROR, needs_virtio_xfs, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_reported, BED("xfs", .name = "virtio-pmem", .table = "V")),
	ITEM("error.linear.ext4", REPORTED, BY_ERROR, needs_virtio, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_reported,
	     BED("ext4", .name = "linear over virtio-pmem and an NVDIMM",
		 .table = "$/2 linear V 0; $/2 linear A 4096")),
	ITEM("error.linear.xfs", REPORTED, BY_ERROR, needs_virtio_xfs, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_reported,
	     BED("xfs", .name = "linear over virtio-pmem and an NVDIMM",
		 .table = "$/2 linear V 0; $/2 linear A 4096")),
	ITEM("error.kept.ext4",
	     "an error of write-back is reported by the next fsync of each file that was open, "
	     "also when the filesystem is read-only by then",
	     "fsync(2): EIO, for data written to some other file descriptor on the same file",
	     needs_kept, 0, PLANT_VALUE, error_kept, "ext4"),
	ITEM("awaited.device", AWAITED, BY_ERROR, needs_virtio, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_awaited,
	     (&(const struct testbed_spec){.name = "striped over an NVDIMM and virtio-pmem",
					   .table = "$ striped 2 4096 A 0 V 0"})),
	ITEM("awaited.ext4", AWAITED, BY_ERROR, needs_virtio, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_awaited, BED("ext4", .name = "virtio-pmem", .table = "V")),
	ITEM("awaited.xfs", AWAITED, BY_ERROR, needs_virtio_xfs, CHECK_EMULATED, PLANT_VALUE,
	     flush_fault_awaited,
	     BED("xfs", .name = "linear over virtio-pmem", .table = "$ linear V 0")),
	ITEM("hypervisor.linear",
	     "fsync on a linear device sends virtio-pmem as many flush requests as without "
	     "device-mapper",
	     BY_PREFLUSH "; Documentation/driver-api/nvdimm, virtio-pmem: fsync makes it "
			 "durable",
	     needs_virtio, 0, PLANT_VALUE, member_flush_hypervisor,
	     BED("ext4", .name = "linear over virtio-pmem", .table = "4x $/4 linear V +0")),
	ITEM("hypervisor.depth",
	     "fsync on three stacked DM devices sends virtio-pmem as many flush requests as "
	     "without device-mapper",
	     BY_PREFLUSH, needs_virtio, 0, PLANT_VALUE, member_flush_hypervisor,
	     BED("ext4", .name = "linear of depth 3 over virtio-pmem",
		 .table = "4x $/4 linear V +0" TESTBED_TWO_MORE)),
	{
		.name = "past_the_cache.write",
		.promise = "write(2) to a DAX file copies as many bytes past the CPU cache as "
			   "without device-mapper",
		.by = "commit \"x86, uaccess: introduce copy_from_iter_flushcache for pmem / "
		      "cache-bypass operations\"; dm-linear.c, dm-stripe.c, copy_from_iter of "
		      "their dax operations",
		.needs = needs_two,
		.flags = CHECK_QUICK,
		.plants = PLANT_VALUE,
		.run = nontemporal_copied,
		.arg =
			&(const struct nontemporal){
				.bed = WRITEBACK_BED("ext4", WRITEBACK_LINEAR),
				.function = "__copy_user_flushcache|copy_user_flushcache",
				.copied = nontemporal_by_write},
	},
	{
		.name = "past_the_cache.recovery",
		.promise = "write(2) to bad pages of a DAX file copies as many bytes past the CPU "
			   "cache as one to good pages",
		.by = "commit \"pmem: implement pmem_recovery_write()\" (5.19)",
		.needs = needs_recovery,
		.plants = PLANT_VALUE,
		.run = nontemporal_recovered,
		.arg =
			&(const struct nontemporal){
				.bed = WRITEBACK_BED("ext4", .name = "linear over virtio-pmem",
						     .table = "$ linear V 0"),
				.function = "__copy_user_flushcache|copy_user_flushcache"},
	},
	{
		.name = "past_the_cache.bio",
		.promise = "a write by bios copies as many bytes past the CPU cache as without "
			   "device-mapper",
		.by = "drivers/nvdimm/pmem.c, write_pmem(): memcpy_flushcache()",
		.needs = needs_two,
		.plants = PLANT_VALUE,
		.run = nontemporal_copied,
		.arg = &(const struct nontemporal){.bed = WRITEBACK_BED("ext4", WRITEBACK_LINEAR),
						   .function = "__memcpy_flushcache",
						   .copied = nontemporal_by_bio},
	},
	ITEM("zeroes", "zeroes written to a part of a page are written back by fsync",
	     "fs/dax.c, dax_iomap_zero(): memset() and dax_flush()", needs_two, CHECK_QUICK,
	     PLANT_STACK | PLANT_VALUE, nontemporal_zeroes, BED("ext4", WRITEBACK_LINEAR)),
	ITEM("queue_attribute.linear",
	     "queue/write_cache of a linear device equals that of its members",
	     "Documentation/block/queue-sysfs.rst, write_cache; drivers/md/dm-table.c, "
	     "dm_table_supports_flush()",
	     needs_two, 0, PLANT_VALUE, write_cache_attr_queue, BED("ext4", WRITEBACK_LINEAR)),
	ITEM("queue_attribute.depth",
	     "queue/write_cache of three stacked DM devices equals that of the lowest members",
	     "Documentation/block/queue-sysfs.rst, write_cache; drivers/md/dm-table.c, "
	     "dm_table_supports_flush()",
	     needs_two, 0, PLANT_VALUE, write_cache_attr_queue, BED("ext4", WRITEBACK_DEPTH)),
	{
		.name = "switched.raw",
		.promise = "stores to a namespace are written back after its " WRITE_CACHE_ATTR
			   " is set to 1",
		.by = BY_ATTRIBUTE,
		.needs = needs_two,
		.flags = CHECK_EMULATED, /* a setting of the device */
		.plants = PLANT_VALUE,
		.run = write_cache_attr_turned_on_raw,
	},
	ITEM("switched.first_off",
	     "cache lines of the last member are written back while dax/write_cache of the first "
	     "is off",
	     BY_ATTRIBUTE "; drivers/md/dm-table.c: if any member does", needs_two, CHECK_EMULATED,
	     PLANT_VALUE, write_cache_attr_one_of_two, (&(const unsigned int){0})),
	ITEM("switched.last_off",
	     "cache lines of the first member are written back while dax/write_cache of the last "
	     "is off",
	     BY_ATTRIBUTE "; drivers/md/dm-table.c: if any member does", needs_two, CHECK_EMULATED,
	     PLANT_VALUE, write_cache_attr_one_of_two, (&(const unsigned int){1})),
	{
		.name = "switched.reload",
		.promise = "members are written back after their " WRITE_CACHE_ATTR
			   " is set to 1 and the table is reloaded",
		.by = BY_ATTRIBUTE,
		.needs = needs_two,
		.flags = CHECK_EMULATED,
		.plants = PLANT_VALUE,
		.run = write_cache_attr_turned_on,
		.arg = &(const enum write_cache_attr_turn){WRITE_CACHE_ATTR_RELOAD},
	},
	{
		.name = "switched.on",
		.promise = "members are written back after their " WRITE_CACHE_ATTR
			   " is set to 1, without a reload",
		.by = BY_ATTRIBUTE,
		.needs = needs_two,
		.flags = CHECK_EMULATED,
		.plants = PLANT_VALUE,
		.run = write_cache_attr_turned_on,
		.arg = &(const enum write_cache_attr_turn){WRITE_CACHE_ATTR_NOTHING},
	},
	{0},
};

const struct check_family check_flush = {
	.name = "flush",
	.why = "cache write-back and flush reach every member through device-mapper",
	.items = items,
};
