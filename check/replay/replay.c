// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replay: one check for each bug that was fixed on the path of DAX through device-mapper.
 *
 * All of them were found late: no DAX over two namespaces, a hang after the capability of a device
 * was read, a device that is DAX because one member is, stores that no flush reaches.  fixed_by and
 * first_bad name the commits; a kernel between them fails.
 */
#include "check/check.h"
#include "check/fixture/bio.h"
#include "check/fixture/dax_capability.h"
#include "lib/dev/dm.h"
#include "lib/dev/partition.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MIB_SECTORS = 2048,
	FILE_BYTES = 2 * WINDOW_BYTES,
	STEP_MS = 5000, /* of a call that hung where it was broken */
};

/* ---- a leaked reference to the table --------------------------------------------------------- */

struct empty_device {
	char name[64], table[128];
	int rc;
};

/* The operation that hung: a suspend waits for every reader of the table. */
static int use_device(void *arg)
{
	struct empty_device *d = arg;

	d->rc = dm_device_load(d->name, d->table, 0);
	if (!d->rc)
		d->rc = dm_device_resume(d->name, 0);
	if (!d->rc)
		d->rc = dm_device_suspend(d->name, 0);
	if (!d->rc)
		d->rc = dm_device_resume(d->name, 0);
	return 0;
}

/* A device without a table is asked whether it is DAX when it becomes a member of another. */
static void table_references(struct check_env *env, const void *arg)
{
	const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, 0);
	struct empty_device *d = check_shared(env, sizeof(*d));
	char upper[64], table[160];
	struct dm_device_info info;
	struct check_task task;
	int rc;

	(void)arg;
	if (!d)
		return;
	check_name(env, "empty", d->name);
	check_name(env, "upper", upper);
	rc = dm_device_create(d->name, NULL, 0);
	if (!check_setup(env, rc, "creating a device without a table"))
		return;
	rc = dm_device_info(d->name, &info);
	if (!check_setup(env, rc, "looking at %s", d->name))
		return;
	snprintf(table, sizeof(table), "0 %d linear %u:%u 0", 32 * MIB_SECTORS, info.major,
		 info.minor);
	rc = dm_device_create(upper, table, 0);
	/* Taken or refused, it was asked. */
	check_observe(env, "table_over_empty_device", json_boolean(!rc));
	check_evidence(env, "dmsetup create %s --notable; dmsetup create %s --table '%s'", d->name,
		       upper, table);
	snprintf(d->table, sizeof(d->table), "0 %d linear %u:%u 0", 32 * MIB_SECTORS, ns->major,
		 ns->minor);
	if (check_start(env, &task, use_device, d) < 0)
		return;
	if (check_that(env, check_wait(&task, STEP_MS),
		       "a device that was queried for DAX without a table can be given one, "
		       "suspended and resumed within %d s",
		       STEP_MS / 1000))
		check_setup(env, d->rc, "loading a table into %s", d->name);
	else
		check_kill(&task);
	dm_device_remove(upper, 0);
	dm_device_remove(d->name, 0);
}

/* ---- a store that no flush would reach ------------------------------------------------------- */

/* Faults that one store brings. */
static uint64_t faults_of_store(volatile char *p, char value)
{
	uint64_t before = mapping_page_faults();

	*p = value;
	return mapping_page_faults() - before;
}

/* One mapping has 2 MiB by a PMD, another one a page of it by a PTE.  After fsync both must be
 * write-protected, or the next store is not known to the next fsync. */
static void write_protect_page(struct check_env *env, const struct testbed *bed, uint64_t at)
{
	volatile char *page =
		mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, bed->fd, (off_t)at);

	if (!check_setup(env, page == MAP_FAILED ? -errno : 0, "mapping one page"))
		return;
	faults_of_store(bed->map.base + at, 1);
	faults_of_store(page, 2);
	check_equal(env, (int64_t)faults_of_store(page, 3), 0,
		    "faults of a second store to a page that is writable");
	if (check_setup(env, fsync(bed->fd) < 0 ? -errno : 0, "fsync")) {
		check_that(env, faults_of_store(page, 4) >= 1,
			   "after fsync a store to a page that a PTE maps faults, page %" PRIu64,
			   at / PAGE_BYTES);
		check_that(
			env, faults_of_store(bed->map.base + at, 5) >= 1,
			"after fsync a store to the window that a PMD maps faults, page %" PRIu64,
			at / PAGE_BYTES);
	}
	munmap((void *)page, PAGE_BYTES);
}

/* The second, the first and the last page of a window, and one of the next window. */
static void write_protect(struct check_env *env, const void *arg)
{
	static const uint64_t pages[] = {1, 0, WINDOW_PAGES - 1, WINDOW_PAGES + 7};
	const struct testbed_spec spec = {
		.table = TESTBED_LINEAR, .fs = "ext4", .file_bytes = FILE_BYTES};
	volatile char own = 0;
	struct testbed bed;

	(void)arg;
	if (!testbed_open(env, &bed, &spec))
		return;
	faults_of_store(&own, 1); /* its code is there from now on */
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]) && !check_complained(env); i++)
		if (testbed_page_size(env, &bed, pages[i] / WINDOW_PAGES * WINDOW_BYTES))
			write_protect_page(env, &bed, pages[i] * PAGE_BYTES);
	testbed_close(env, &bed);
}

/* ---- the attribute that vanished ------------------------------------------------------------- */

static void dax_group(struct check_env *env, const void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < env->n_devices; i++) {
		const struct namespace *ns = &env->devices[i];
		char path[160];

		if (ns->mode == NAMESPACE_SECTOR)
			continue;
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dax/write_cache", ns->major,
			 ns->minor);
		check_that(env, !access(path, R_OK), "%s is there", path);
	}
}

/* ---- pages that are none --------------------------------------------------------------------- */

static void compare_paths(struct check_env *env, const char *node, int fd)
{
	char *bytes = malloc(WINDOW_BYTES);
	struct extents extents = {0};
	int rc = bytes ? extents_read(fd, &extents) : -ENOMEM;

	if (!rc && !extents.n)
		rc = -ENODATA;
	if (!rc)
		rc = bio_read(node, extents.list[0].physical_bytes, bytes, WINDOW_BYTES);
	if (check_setup(env, rc, "reading %s by its bio path", node))
		check_bytes(env, "written by DAX, read by the bio path of the device", bytes,
			    WINDOW_BYTES, 1, extents.list[0].logical_bytes, 1);
	extents_free(&extents);
	free(bytes);
}

/* The device begins a sector past a page of the namespace. */
static void pages_beside(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = "$ linear A 1"};
	struct check_fs fs = {0};
	struct testbed bed;
	const char *node;
	int rc;

	(void)arg;
	if (!testbed_devices(env, &bed, &spec))
		return;
	node = testbed_node(&bed);
	rc = fs_make("ext4", node, 0);
	if (!check_setup(env, rc, "making ext4"))
		goto out;
	snprintf(fs.where, sizeof(fs.where), "%s/mnt", env->directory);
	rc = dax_capability_mount("ext4", node, fs.where, "dax=always");
	check_observe_suspicious(env, "granted", json_boolean(!rc));
	/* Without DAX, too, both paths must meet at the same bytes. */
	if (rc)
		rc = dax_capability_mount("ext4", node, fs.where, NULL);
	if (!check_setup(env, rc, "mounting ext4"))
		goto out;
	rc = check_file(env, &fs, "file", FILE_BYTES, 1, 1);
	if (rc >= 0) {
		compare_paths(env, node, rc);
		close(rc);
	}
	fs_unmount_path(fs.where);
out:
	testbed_close(env, &bed);
}

/* ---- a cache on a partition ------------------------------------------------------------------ */

enum {
	CACHE_SECTORS = 32 * MIB_SECTORS,
	CACHE_START_SECTORS = 64 * MIB_SECTORS,
	GUARD_BYTES = 4 << 20,
	DATA_BYTES = 1 << 20,
};

/* Writes stamps to a device and syncs.  Returns 0 or -errno. */
static int write_stamped(const char *node, size_t bytes, uint32_t file_id)
{
	char *buffer = malloc(bytes);
	int rc = -ENOMEM;

	if (buffer) {
		stamp_fill(buffer, bytes, file_id, 0, 1);
		rc = bio_write(node, 0, buffer, bytes);
	}
	free(buffer);
	return rc;
}

static void read_stamped(struct check_env *env, const char *node, size_t bytes, uint32_t file_id,
			 const char *path)
{
	char *buffer = malloc(bytes);
	int rc = buffer ? bio_read(node, 0, buffer, bytes) : -ENOMEM;

	if (check_setup(env, rc, "reading %s", node))
		check_bytes(env, path, buffer, bytes, file_id, 0, 1);
	free(buffer);
}

static void use_writecache(struct check_env *env, const struct namespace *disk,
			   const struct namespace *origin, const char *cache)
{
	char name[64], node[128], table[320], zeroes[PAGE_BYTES] = "";
	int rc = bio_write(cache, 0, zeroes, sizeof(zeroes));

	if (!check_setup(env, rc, "clearing the start of %s", cache))
		return;
	rc = write_stamped(disk->node, GUARD_BYTES, 1);
	if (!check_setup(env, rc, "stamping the start of %s", disk->node))
		return;
	snprintf(table, sizeof(table), "0 %d writecache p %s %s 4096 0", CACHE_SECTORS,
		 origin->node, cache);
	rc = dm_device_create(check_name(env, "cache", name), table, 0);
	check_evidence(env, "dmsetup create %s --table '%s'", name, table);
	if (!check_setup(env, rc, "creating the cache (%s)", dm_last_error()))
		return;
	rc = write_stamped(dm_device_node(name, node), DATA_BYTES, 2);
	if (check_setup(env, rc, "writing to the cache"))
		read_stamped(env, node, DATA_BYTES, 2, "read through the cache");
	check_setup(env, dm_device_remove(name, 0), "removing %s", name);
	read_stamped(env, disk->node, GUARD_BYTES, 1,
		     "read from the namespace, before the partition that the cache is on");
}

static void writecache_partition(struct check_env *env, const void *arg)
{
	const struct namespace *disk = check_device(env, NAMESPACE_FSDAX, 0);
	char cache[128];
	int rc = partition_add(disk->node, 1, CACHE_START_SECTORS, CACHE_SECTORS, cache);

	(void)arg;
	if (!check_setup(env, rc, "making a partition of %s", disk->node))
		return;
	use_writecache(env, disk, check_device(env, NAMESPACE_FSDAX, 1), cache);
	partition_remove(disk->node, 1);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const char *const fsdax[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const fsdax_2[] = {"device:fsdax:2", "fs:ext4", NULL};
static const char *const fsdax_huge[] = {"device:fsdax", "fs:ext4", "page:2M", NULL};
static const char *const fsdax_loop[] = {"device:fsdax", "module:loop", "fs:ext4", NULL};
static const char *const loop[] = {"module:loop", NULL};
static const char *const writecache[] = {"device:fsdax:2", "target:writecache", NULL};

static const struct dax_case over_two = {"65536 linear A 4096; 65536 linear B 4096", .fs = "ext4"};
static const struct dax_case depth_two = {
	"131072 linear A 4096 | 65536 linear a 0; 65536 linear a +0", .fs = "ext4"};
static const struct dax_case nothing_between = {"A", .fs = "ext4", .fs_sectors = 64 * MIB_SECTORS};
static const struct dax_case stripe_without = {"65536 striped 2 4096 A 4096 L 4096", .fs = "ext4"};
static const struct dax_case first_stripe_without = {"65536 striped 2 4096 L 4096 A 4096",
						     .fs = "ext4"};
static const struct dax_case segment_without = {"65536 linear A 4096; 65536 linear L 4096",
						.fs = "ext4"};
static const struct dax_case middle_segment_without = {
	"32768 linear A 4096; 32768 linear L 4096; 65536 linear A +0", .fs = "ext4"};
static const struct dax_case no_dax_device = {.table = "65536 linear L 4096"};

static const struct check_item items[] = {
	{
		.name = "two_namespaces",
		.promise = "a device whose first and last byte are on two namespaces is DAX",
		.by = "commit 7bf7eac8d648 (dax: Arrange for dax_supported check to span multiple "
		      "devices)",
		.needs = fsdax_2,
		.flags = CHECK_QUICK,
		.plants = PLANT_STACK | PLANT_FRAME | PLANT_VALUE | PLANT_DMESG,
		.fixed_by = "7bf7eac8d648",
		.first_bad = "ad428cdb525a",
		.run = dax_capability_check,
		.arg = &over_two,
	},
	{
		.name = "dm_on_dm",
		.promise = "a DM device over a DAX-capable DM device reports DAX",
		.by = "commit e2ec51282545 (dm: Call proper helper to determine dax support)",
		.needs = fsdax,
		.plants = PLANT_STACK | PLANT_FRAME | PLANT_VALUE,
		.fixed_by = "e2ec51282545",
		.first_bad = "7bf7eac8d648",
		.run = dax_capability_check,
		.arg = &depth_two,
	},
	{
		.name = "mount_namespace",
		.promise = "a DAX query of a raw namespace returns",
		.by = "commit d4c5da5049ac (dax: Fix stack overflow when mounting fsdax pmem "
		      "device)",
		.needs = fsdax,
		.plants = PLANT_FRAME | PLANT_VALUE,
		.fixed_by = "d4c5da5049ac",
		.run = dax_capability_check,
		.arg = &nothing_between,
	},
	{
		.name = "table_references",
		.promise = "a DAX query of a DM device without a table leaks no reference",
		.by = "commit 02186d8897d4 (dm/dax: Fix table reference counts)",
		.needs = fsdax,
		.plants = PLANT_VALUE,
		.fixed_by = "02186d8897d4",
		.first_bad = "7bf7eac8d648",
		.run = table_references,
	},
	{
		.name = "every_stripe",
		.promise = "a striped device is DAX only if every stripe is DAX",
		.by = "commit 5b0fab508992 (dm table: fix DAX iterate_devices based device "
		      "capability checks)",
		.needs = fsdax_loop,
		.plants = PLANT_VALUE,
		.fixed_by = "5b0fab508992",
		.first_bad = "545ed20e6df6",
		.run = dax_capability_check,
		.arg = &stripe_without,
	},
	{
		.name = "every_stripe.first",
		.promise = "a striped device whose first stripe lacks DAX is not DAX",
		.by = "commit 5b0fab508992 (dm table: fix DAX iterate_devices based device "
		      "capability checks)",
		.needs = fsdax_loop,
		.plants = PLANT_VALUE,
		.run = dax_capability_check,
		.arg = &first_stripe_without,
	},
	{
		.name = "every_segment",
		.promise = "a linear device is DAX only if every segment is DAX",
		.by = "thread 'dm: prevent DAX mounts if not supported', "
		      "https://lkml.org/lkml/2018/5/29/1054",
		.needs = fsdax_loop,
		.plants = PLANT_VALUE,
		.first_bad = "545ed20e6df6",
		.run = dax_capability_check,
		.arg = &segment_without,
	},
	{
		.name = "every_segment.middle",
		.promise = "a linear device whose middle segment lacks DAX is not DAX",
		.by = "thread 'dm: prevent DAX mounts if not supported', "
		      "https://lkml.org/lkml/2018/5/29/1054",
		.needs = fsdax_loop,
		.plants = PLANT_VALUE,
		.run = dax_capability_check,
		.arg = &middle_segment_without,
	},
	{
		.name = "no_dax_device",
		.promise = "a DM device over a device without a dax_device is created without an "
			   "oops and is not DAX",
		.by = "thread 'dm: fix dax_dev NULL dereference', "
		      "https://lore.kernel.org/all/20190730113708.14660-1-pagupta@redhat.com",
		.needs = loop,
		.plants = PLANT_VALUE,
		.run = dax_capability_check,
		.arg = &no_dax_device,
	},
	{
		.name = "writecache_partition",
		.promise = "a writecache on a partition of persistent memory writes only inside "
			   "its partition",
		.by = "commit f9e040efcc28 (dm writecache: handle DAX to partitions on persistent "
		      "memory correctly)",
		.needs = writecache,
		.plants = PLANT_BYTE,
		.fixed_by = "f9e040efcc28",
		.run = writecache_partition,
	},
	{
		.name = "dax_group",
		.promise = "a namespace with a dax_device has the attribute dax/write_cache",
		.by = "commit d55174cccac2 (nvdimm/pmem: fix creating the dax group)",
		.needs = fsdax,
		.plants = PLANT_VALUE,
		.fixed_by = "d55174cccac2",
		.first_bad = "52b85909f85d",
		.run = dax_group,
	},
	{
		.name = "write_protect",
		.promise = "fsync write-protects a PTE inside a window that is dirty as a PMD, so "
			   "that the next store faults",
		.by = "commit 06083a0921fd (dax: fix missing writeprotect the pte entry)",
		.needs = fsdax_huge,
		.plants = PLANT_SIZE | PLANT_VALUE,
		.fixed_by = "06083a0921fd",
		.first_bad = "4b4bb46d00b3",
		.run = write_protect,
	},
	{
		.name = "pages_beside",
		.promise = "bytes written to a file on a device that begins within a page of its "
			   "namespace are read back by bios",
		.by = "Documentation/admin-guide/device-mapper/linear.rst; commit f43e0065c264 "
		      "(dm-linear: add a linear_dax_pgoff helper) took the check of alignment "
		      "away: 'already been done by the submitting file system', which knows no "
		      "table",
		.needs = fsdax,
		.plants = PLANT_BYTE,
		.first_bad = "f43e0065c264",
		.run = pages_beside,
	},
	{0},
};

const struct check_family check_replay = {
	.name = "replay",
	.why = "past regressions on this path",
	.items = items,
};
