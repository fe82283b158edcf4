// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifetime: what keeps mapping, file, filesystem and devices alive.
 *
 * A mapping holds the file, the file the filesystem, the filesystem the DM device, and that its
 * members.  So umount and removal must be refused or deferred while there is a user, and the user
 * must not notice the attempt.  Pages that are pinned or referenced (direct I/O, pipes) must not be
 * given to another file: check/lifetime/pin.c.
 */
#include "check/fixture/testbed.h"
#include "check/lifetime/pin.h"
#include "check/lifetime/table_members.h"

#include "lib/base/limit_clock.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
	FILE_BYTES = 8 << 20,
	COLD = WINDOW_BYTES + 5 * PAGE_BYTES, /* in a window that nothing touched */
	NEXT_GENERATION = TESTBED_GENERATION + 1,
	LIMIT_MS = 8000, /* for a step that may hang */
};

static void store_stamps(char *base, uint64_t offset_bytes, size_t len, uint32_t generation)
{
	stamp_fill(base + offset_bytes, len, TESTBED_FILE, offset_bytes, generation);
}

/* What is stored through the mapping now reaches the namespace, where the table puts it. */
static bool check_alive(struct check_env *env, struct testbed *bed, uint64_t offset_bytes)
{
	store_stamps(bed->map.base, offset_bytes, PAGE_BYTES, NEXT_GENERATION);
	return testbed_raw_holds(env, bed, "afterwards", offset_bytes, PAGE_BYTES, NEXT_GENERATION);
}

/* In a task, for it may hang.  Returns 0, -errno, or -ETIMEDOUT after check_fail(). */
static int try_unmount(struct check_env *env, struct testbed *bed)
{
	struct check_task task;
	int rc = check_start(env, &task, testbed_unmount_main, bed);

	if (rc < 0)
		return rc;
	rc = check_await(env, &task, "umount");
	if (!rc)
		bed->fs.fs.mounted = false;
	return rc < 0 ? -ETIMEDOUT : -rc;
}

/* ---- processes ------------------------------------------------------------------------------- */

struct processes {
	struct testbed *bed;
	volatile bool stored, end;
	volatile pid_t grandchild;
};

static int grandchild_main(struct processes *f, pid_t parent)
{
	/* It is gone when somebody else has become the parent. */
	while (getppid() == parent)
		check_pause(1);
	store_stamps(f->bed->map.base, 0, WINDOW_BYTES, NEXT_GENERATION);
	f->stored = true;
	while (!f->end)
		check_pause(1);
	return 0;
}

static int parent_main(void *arg)
{
	struct processes *f = arg;
	pid_t parent = getpid(), pid = fork();

	if (!pid)
		_exit(grandchild_main(f, parent));
	f->grandchild = pid;
	return pid < 0 ? errno : 0;
}

static void fork_keeps(struct check_env *env, const void *arg)
{
	struct processes *f = check_shared(env, sizeof(*f));
	char *bytes = malloc(WINDOW_BYTES);
	struct check_task task, grandchild = {0};
	struct testbed bed;

	if (!f || !bytes || !testbed_open(env, &bed, arg))
		goto out;
	f->bed = &bed;
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that the end of the grandchild can be waited for */
	if (check_start(env, &task, parent_main, f) < 0)
		goto out;
	if (check_wait(&task, LIMIT_MS))
		check_equal(env, task.status, 0,
			    "exit status of the process that mapped and forked");
	check_that(env, check_flag(NULL, &f->stored, LIMIT_MS),
		   "the child stores through the mapping after its parent exited");
	if (check_setup(env, pread(bed.fd, bytes, WINDOW_BYTES, 0) < 0 ? -errno : 0, "read(2)"))
		check_bytes(env, "read(2) of what the child stored", bytes, WINDOW_BYTES,
			    TESTBED_FILE, 0, NEXT_GENERATION);
	testbed_frames(env, &bed, 0, WINDOW_BYTES);
	f->end = true;
	grandchild.pid = f->grandchild;
	check_setup(env, check_wait(&grandchild, LIMIT_MS) ? 0 : -ETIMEDOUT,
		    "waiting for the end of the child");
	testbed_close(env, &bed);
out:
	free(bytes);
}

/* Opens and maps the file by itself, sees the first window, stores into the second one. */
static int other_main(void *arg)
{
	struct processes *f = arg;
	char path[300], found[160];
	struct mapping m;
	int fd;

	snprintf(path, sizeof(path), "%s/file", f->bed->fs.where);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || mapping_make(&m, fd, FILE_BYTES, MAP_SHARED, true) < 0)
		return 1;
	if (stamp_check(m.base, WINDOW_BYTES, TESTBED_FILE, 0, NEXT_GENERATION, found) <
	    WINDOW_BYTES)
		return 2;
	store_stamps(m.base, WINDOW_BYTES, WINDOW_BYTES, NEXT_GENERATION);
	return 0;
}

static void two_processes(struct check_env *env, const void *arg)
{
	struct check_task task;
	struct processes f;
	struct testbed bed;

	if (!testbed_open(env, &bed, arg))
		return;
	f = (struct processes){.bed = &bed};
	store_stamps(bed.map.base, 0, WINDOW_BYTES, NEXT_GENERATION);
	if (check_start(env, &task, other_main, &f) < 0)
		return;
	check_that(env, check_wait(&task, LIMIT_MS), "the other process ends");
	check_equal(env, task.status, 0,
		    "exit status of the other process, which is 2 if it does not see this "
		    "process's store");
	check_mapped_bytes(env, "the mapping of this process after the other process's store",
			   bed.map.base + WINDOW_BYTES, WINDOW_BYTES, TESTBED_FILE, WINDOW_BYTES,
			   NEXT_GENERATION);
	testbed_frames(env, &bed, 0, 2 * WINDOW_BYTES);
	testbed_close(env, &bed);
}

/* Stores until it is killed. */
static int store_main(void *arg)
{
	struct testbed *bed = arg;

	while (bed->map.base)
		for (uint64_t at = 0; at < FILE_BYTES; at += PAGE_BYTES)
			store_stamps(bed->map.base, at, PAGE_BYTES, NEXT_GENERATION);
	return 0;
}

static void killed(struct check_env *env, const void *arg)
{
	struct check_task task;
	struct testbed bed;

	if (!testbed_open(env, &bed, arg) || check_start(env, &task, store_main, &bed) < 0)
		return;
	testbed_unmap(&bed);
	testbed_close_file(&bed);
	check_pause(100);
	check_errno(env, try_unmount(env, &bed), -EBUSY, "umount while a process stores");
	if (!check_that(env, check_kill(&task), "a process that stores can be killed"))
		return;
	check_errno(env, try_unmount(env, &bed), 0, "umount after the process died");
	check_errno(env, dm_device_remove(testbed_dm(&bed), 0), 0,
		    "removing the device after the umount");
	testbed_close(env, &bed);
}

/* ---- descriptors, mounts --------------------------------------------------------------------- */

static void mapping_outlives_close(struct check_env *env, const void *arg)
{
	char path[300];
	struct testbed bed;

	if (!testbed_open(env, &bed, arg))
		return;
	snprintf(path, sizeof(path), "%s/file", bed.fs.where);
	testbed_close_file(&bed);
	if (!check_setup(env, unlink(path) < 0 ? -errno : 0, "unlinking %s", path))
		return;
	store_stamps(bed.map.base, 0, FILE_BYTES, NEXT_GENERATION);
	check_mapped_bytes(env, "the mapping of a file that is closed and unlinked", bed.map.base,
			   FILE_BYTES, TESTBED_FILE, 0, NEXT_GENERATION);
	for (uint64_t at = 0; at < FILE_BYTES; at += WINDOW_BYTES)
		testbed_raw_holds(env, &bed, "afterwards", at, PAGE_BYTES, NEXT_GENERATION);
	testbed_close(env, &bed);
}

static void umount_busy(struct check_env *env, const void *arg)
{
	struct testbed bed;

	if (!testbed_open(env, &bed, arg))
		return;
	testbed_close_file(&bed);
	check_errno(env, try_unmount(env, &bed), -EBUSY,
		    "umount while a file is mapped and no descriptor is open");
	check_alive(env, &bed, 0);
	check_alive(env, &bed, COLD / PAGE_BYTES * PAGE_BYTES);
	testbed_unmap(&bed);
	check_errno(env, try_unmount(env, &bed), 0, "umount after the munmap");
	testbed_raw_holds(env, &bed, "afterwards", 0, PAGE_BYTES, NEXT_GENERATION);
	testbed_close(env, &bed);
}

static void umount_lazy(struct check_env *env, const void *arg)
{
	struct testbed bed;
	int rc = -EBUSY;

	if (!testbed_open(env, &bed, arg))
		return;
	testbed_close_file(&bed);
	rc = umount2(bed.fs.where, MNT_DETACH) < 0 ? -errno : 0;
	if (!check_errno(env, rc, 0, "umount MNT_DETACH while a file is mapped"))
		return;
	bed.fs.fs.mounted = false;
	check_alive(env, &bed, 0);
	check_alive(env, &bed, COLD);
	check_errno(env, dm_device_remove(testbed_dm(&bed), DM_NO_RETRY), -EBUSY,
		    "removing the device while a mapping exists");
	testbed_unmap(&bed);
	for (int i = 0; i < 5 && rc != 0; i++)
		rc = dm_device_remove(testbed_dm(&bed), 0);
	check_errno(env, rc, 0, "removing the device after the munmap");
	testbed_close(env, &bed);
}

/* ---- removal --------------------------------------------------------------------------------- */

static void remove_busy(struct check_env *env, const void *arg)
{
	char *before[GRAPH_DEVICES_MAX] = {NULL};
	struct testbed bed;

	if (!testbed_open(env, &bed, arg))
		return;
	for (unsigned int i = 0; i < bed.graph.n; i++) {
		const char *name = bed.graph.devices[i].name;
		char *after;

		if (bed.graph.devices[i].kind != GRAPH_DM)
			continue;
		before[i] = dm_device_table(name, false);
		check_errno(env, dm_device_remove(name, DM_NO_RETRY), -EBUSY, "removing %s, %s",
			    name,
			    i == bed.device ? "which is mounted"
					    : "which is a member of another device");
		after = dm_device_table(name, false);
		check_that(env, before[i] && after && !strcmp(before[i], after),
			   "the table of %s is unchanged", name);
		free(after);
		free(before[i]);
	}
	check_alive(env, &bed, 0);
	check_alive(env, &bed, COLD);
	testbed_frames(env, &bed, 0, FILE_BYTES);
	testbed_close(env, &bed);
}

static void remove_deferred(struct check_env *env, const void *arg)
{
	struct dm_device_info info = {0};
	struct testbed bed;
	int64_t until_ms;
	int rc;

	if (!testbed_open(env, &bed, arg))
		return;
	rc = dm_device_remove(testbed_dm(&bed), DM_DEFERRED);
	check_errno(env, rc, 0, "deferred removal of a mounted device");
	rc = dm_device_info(testbed_dm(&bed), &info);
	check_that(env, !rc && info.deferred_remove, "the device reports a deferred removal");
	check_alive(env, &bed, 0);
	check_alive(env, &bed, COLD);
	testbed_unmap(&bed);
	testbed_close_file(&bed);
	if (!check_errno(env, try_unmount(env, &bed), 0, "umount"))
		return;
	until_ms = limit_clock_ms() + LIMIT_MS;
	do {
		check_pause(10);
		rc = dm_device_info(testbed_dm(&bed), &info);
	} while (rc != -ENXIO && limit_clock_ms() < until_ms);
	check_errno(env, rc, -ENXIO, "querying the device after its last user is gone");
	testbed_close(env, &bed);
}

/* What a process sees of a device that is removed by force under it. */
struct forced {
	struct testbed *bed;
	volatile bool touched, removed;
	struct check_touch cold, load, store;
	int read, write, msync;
	_Alignas(PAGE_BYTES) char page[PAGE_BYTES];
};

static int forced_main(void *arg)
{
	struct forced *f = arg;
	char *base = f->bed->map.base;

	store_stamps(base, 0, PAGE_BYTES, TESTBED_GENERATION);
	f->touched = true;
	while (!f->removed)
		check_pause(1);
	f->load = check_load(base, NULL);
	f->store = check_copy(base, f->page, PAGE_BYTES);
	f->cold = check_load(base + COLD, NULL);
	f->read = pread(f->bed->fd, f->page, PAGE_BYTES, 2 * WINDOW_BYTES) < 0 ? -errno : 0;
	f->write = pwrite(f->bed->fd, f->page, PAGE_BYTES, 2 * WINDOW_BYTES) < 0 ? -errno : 0;
	f->msync = msync(base, FILE_BYTES, MS_SYNC) < 0 ? -errno : 0;
	return 0;
}

static int force_main(void *arg)
{
	return -dm_device_remove(testbed_dm(arg), DM_FORCE | DM_NO_RETRY);
}

/* Removes the device by force.  false after a complaint. */
static bool force(struct check_env *env, struct testbed *bed)
{
	struct check_task task;

	return check_start(env, &task, force_main, bed) >= 0 &&
	       check_await_errno(env, &task, "forced removal of a mounted device", EBUSY);
}

static void force_fails_access(struct check_env *env, const void *arg)
{
	struct forced *f = check_shared(env, sizeof(*f));
	struct check_task task;
	struct testbed bed;

	if (!f || !testbed_open(env, &bed, arg))
		return;
	f->bed = &bed;
	stamp_fill(f->page, PAGE_BYTES, TESTBED_FILE, 0, NEXT_GENERATION);
	if (check_start(env, &task, forced_main, f) < 0)
		return;
	if (!check_setup(env, check_flag(&task, &f->touched, LIMIT_MS) ? 0 : -ETIMEDOUT,
			 "waiting for a store to the file"))
		return;
	if (!force(env, &bed))
		return;
	f->removed = true;
	if (!check_await_errno(env, &task, "access to the file after the forced removal", 0))
		return;
	check_that(env, f->cold.signal, "a load from a page that was not mapped raises a signal");
	check_that(env, f->read < 0, "read(2) of the file fails");
	check_observe_suspicious(env, "load_of_new_page", check_touch_json(&f->cold));
	check_observe_suspicious(env, "load_of_mapped_page", check_touch_json(&f->load));
	check_observe_suspicious(env, "store_to_mapped_page", check_touch_json(&f->store));
	check_observe(env, "read", check_errno_json(f->read));
	check_observe(env, "write", check_errno_json(f->write));
	check_observe(env, "msync", check_errno_json(f->msync));
}

static void force_ends(struct check_env *env, const void *arg)
{
	struct testbed bed;

	if (!testbed_open(env, &bed, arg))
		return;
	store_stamps(bed.map.base, 0, PAGE_BYTES, TESTBED_GENERATION);
	if (!force(env, &bed))
		return;
	testbed_unmap(&bed);
	testbed_close_file(&bed);
	if (!check_errno(env, try_unmount(env, &bed), 0, "umount after the forced removal"))
		return;
	check_errno(env, dm_device_remove(testbed_dm(&bed), 0), 0,
		    "removing the device after umount");
	testbed_close(env, &bed);
}

/* ---- table ----------------------------------------------------------------------------------- */

#define BED(fs_, table_) \
	(&(const struct testbed_spec){.fs = (fs_), .table = (table_), .file_bytes = FILE_BYTES})

static const char *const needs_ext4[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "fs:xfs", NULL};
static const char *const needs_members[] = {"device:fsdax:2", "target:linear", "target:striped",
					    NULL};

#define ITEM(name_, run_, fs_, stack_, flags_, plants_, promise_, by_)                     \
	{                                                                                  \
		.name = (name_), .promise = (promise_), .by = (by_), .needs = needs_##fs_, \
		.flags = (flags_), .limit_s = 30, .plants = (plants_), .run = (run_),      \
		.arg = BED(#fs_, stack_),                                                  \
	}

#define BY_UMOUNT "umount(2): EBUSY, target could not be unmounted because it is busy"
#define BY_FORCE                                                                                \
	"dmsetup(8), remove --force: the table is replaced by one that fails all I/O, so that " \
	"the device may then be removed"
#define BY_LAYOUT                                                                              \
	"merge of libnvdimm for 4.18: \"without this wait a filesystem could allocate blocks " \
	"under active device-DMA to a new file\"; dax_layout_busy_page() in fs/dax.c"
#define BY_IDLE                                                                                \
	"merge of libnvdimm for 4.18, as above; \"fs/dax: ensure all pages are idle prior to " \
	"filesystem unmount\" (6.15)"

#define MEMBERS(name_, run_, promise_)                                                        \
	{                                                                                     \
		.name = name_, .promise = promise_, .by = BY_MEMBERS, .needs = needs_members, \
		.plants = PLANT_VALUE, .run = run_,                                           \
	}
#define BY_MEMBERS                                                                               \
	"drivers/md/dm-table.c, dm_get_device() and dm_put_device(): a table opens its members " \
	"exclusively; device_area_is_invalid(): a segment is within its member"

static const struct check_item items[] = {
	MEMBERS("members.released", table_members_released,
		"the members of a device of any target are held until it is removed, and then "
		"free"),
	MEMBERS("members.swapped", table_members_swapped,
		"a member is held by the tables that are there, live or inactive, and by no table "
		"that was replaced, cleared or refused"),
	MEMBERS("members.twice", table_members_twice,
		"a table that names a member twice is made or refused, and nothing holds the "
		"member once it is gone"),
	MEMBERS("members.end", table_members_end,
		"a segment may end with its member; one that ends a sector later is refused"),
	ITEM("two_processes", two_processes, ext4, TESTBED_LINEAR, 0, PLANT_BYTE | PLANT_FRAME,
	     "a store through one process's mapping is visible at once through another process's "
	     "mapping",
	     "mmap(2): MAP_SHARED, updates to the mapping are visible to other processes mapping "
	     "the same region"),
	ITEM("fork.child_keeps", fork_keeps, ext4, TESTBED_LINEAR, 0, PLANT_BYTE | PLANT_FRAME,
	     "an inherited mapping works in the child after its parent has exited",
	     "mmap(2): memory mapped with mmap() is preserved across fork(2), with the same "
	     "attributes"),
	ITEM("close.mapping_outlives", mapping_outlives_close, ext4, TESTBED_LINEAR, 0,
	     PLANT_BYTE | PLANT_STACK,
	     "a mapping works after its file is closed and unlinked, and its memory is not reused",
	     "mmap(2): closing the file descriptor does not unmap the region; unlink(2): a file "
	     "in use goes when its last user does"),
	ITEM("kill.releases", killed, ext4, TESTBED_LINEAR, 0, PLANT_VALUE,
	     "a process killed while it stores leaves no reference to filesystem or device",
	     "signal(7), munmap(2): the region is unmapped when the process is terminated"),
	ITEM("umount.busy_ext4", umount_busy, ext4, TESTBED_LINEAR, CHECK_QUICK,
	     PLANT_VALUE | PLANT_BYTE | PLANT_STACK | PLANT_DMESG,
	     "a mapping makes umount of ext4 fail with EBUSY and works afterwards", BY_UMOUNT),
	ITEM("umount.busy_xfs", umount_busy, xfs, TESTBED_LINEAR, 0, PLANT_VALUE | PLANT_BYTE,
	     "a mapping makes umount of xfs fail with EBUSY and works afterwards", BY_UMOUNT),
	ITEM("umount.lazy", umount_lazy, ext4, TESTBED_LINEAR, 0, PLANT_VALUE | PLANT_BYTE,
	     "after a lazy umount a mapping works and keeps the device busy until it is unmapped",
	     "umount(2): MNT_DETACH, the actual unmount is performed when the mount ceases to be "
	     "busy"),
	ITEM("remove.busy", remove_busy, ext4, TESTBED_DEPTH, 0,
	     PLANT_VALUE | PLANT_BYTE | PLANT_FRAME | PLANT_STACK,
	     "a DM device that is mounted or is a member of another one cannot be removed and "
	     "keeps its table",
	     "dmsetup(8), remove: open devices cannot be removed"),
	ITEM("remove.deferred", remove_deferred, ext4, TESTBED_LINEAR, 0,
	     PLANT_VALUE | PLANT_BYTE | PLANT_STACK,
	     "a mounted device with a deferred removal works until its last user is gone, and is "
	     "then removed",
	     "dmsetup(8), remove --deferred: the device is removed when the last user closes it"),
	ITEM("remove.force_fails_access_ext4", force_fails_access, ext4, TESTBED_LINEAR,
	     CHECK_EMULATED | CHECK_SPOILS, PLANT_VALUE,
	     "after a forced removal of the device under a mounted ext4, a new file access fails "
	     "and returns",
	     BY_FORCE),
	ITEM("remove.force_fails_access_xfs", force_fails_access, xfs, TESTBED_LINEAR,
	     CHECK_EMULATED | CHECK_SPOILS, PLANT_VALUE,
	     "after a forced removal of the device under a mounted xfs, a new file access fails "
	     "and returns",
	     BY_FORCE),
	ITEM("remove.force_ends_ext4", force_ends, ext4, TESTBED_LINEAR,
	     CHECK_EMULATED | CHECK_SPOILS, PLANT_VALUE,
	     "after a forced removal of the device under a mounted ext4, umount ends and the "
	     "device is removed",
	     BY_FORCE),
	ITEM("remove.force_ends_xfs", force_ends, xfs, TESTBED_LINEAR,
	     CHECK_EMULATED | CHECK_SPOILS, PLANT_VALUE,
	     "after a forced removal of the device under a mounted xfs, umount ends and the device "
	     "is removed",
	     BY_FORCE),
	ITEM("pin.read_into_mapping", pin_read_into, ext4, TESTBED_LINEAR, 0,
	     PLANT_BYTE | PLANT_STACK,
	     "a direct read from a device into a DAX mapping writes the file and its memory",
	     "open(2), O_DIRECT: I/O is done directly to and from user-space buffers; read(2)"),
	ITEM("pin.write_from_mapping", pin_write_from, ext4, TESTBED_LINEAR, 0, PLANT_BYTE,
	     "a direct write to a device from a DAX mapping writes the bytes of the file",
	     "open(2), O_DIRECT: I/O is done directly to and from user-space buffers; write(2)"),
	ITEM("pin.io_uring_refused", pin_io_uring, ext4, TESTBED_LINEAR, 0, PLANT_VALUE,
	     "a DAX mapping cannot be pinned long-term: io_uring refuses it as a registered buffer",
	     "commit 2bb6d2837083 (mm: introduce get_user_pages_longterm): not safe against "
	     "filesystem-dax; FOLL_LONGTERM in mm/gup.c"),
	ITEM("pin.truncate_waits_ext4", pin_truncate, ext4, TESTBED_LINEAR, 0, PLANT_VALUE,
	     "truncation of an ext4 file waits for direct I/O that pins its pages", BY_LAYOUT),
	ITEM("pin.truncate_waits_xfs", pin_truncate, xfs, TESTBED_LINEAR, 0, PLANT_VALUE,
	     "truncation of an xfs file waits for direct I/O that pins its pages", BY_LAYOUT),
	ITEM("pin.punch_waits_ext4", pin_punch, ext4, TESTBED_LINEAR, 0, PLANT_VALUE | PLANT_BYTE,
	     "punching a hole into an ext4 file waits until no pipe holds its pages", BY_LAYOUT),
	ITEM("pin.punch_waits_xfs", pin_punch, xfs, TESTBED_LINEAR, 0, PLANT_VALUE | PLANT_BYTE,
	     "punching a hole into an xfs file waits until no pipe holds its pages", BY_LAYOUT),
	ITEM("pin.unlink_ext4", pin_unlink, ext4, TESTBED_LINEAR, 0, PLANT_BYTE,
	     "memory of an unlinked ext4 file is not reused while a pipe holds it", BY_IDLE),
	ITEM("pin.unlink_xfs", pin_unlink, xfs, TESTBED_LINEAR, 0, PLANT_BYTE,
	     "memory of an unlinked xfs file is not reused while a pipe holds it", BY_IDLE),
	ITEM("pin.umount", pin_umount, ext4, TESTBED_LINEAR, 0, PLANT_VALUE,
	     "umount waits or is refused while a pipe holds memory of the filesystem", BY_IDLE),
	{0},
};

const struct check_family check_lifetime = {
	.name = "lifetime",
	.why = "lifetime of mapping, file, filesystem and device, and of page pins",
	.items = items,
};
