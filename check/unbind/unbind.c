// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unbind: the pmem driver is unbound while a file is mapped.
 *
 * Unbinding cannot be refused and does not wait for users: the struct pages are freed, and
 * existing mappings stay.  The contract: no more writes to memory that the device does not own, no
 * new fault is served, and everything that follows (an access, exit, umount, removal of the DM
 * device, another bind) ends without an oops.  What the process gets is an observation.
 *
 * pmem_release_disk() -> del_gendisk(), which syncs a filesystem that is mounted on the namespace
 * itself and so write-protects its dirty pages; kill_dax(), after which dax_direct_access() fails
 * and, since 6.8, dax_holder_notify_failure(MF_MEM_PRE_REMOVE) has xfs with rmapbt unmap all
 * files. A device-mapper layer in between is not notified.
 *
 * Only one process, the holder, has the mapping: the check survives its death.
 */
#include "check/fixture/bio.h"
#include "check/fixture/nd_driver.h"
#include "check/fixture/testbed.h"
#include "check/fixture/worker.h"

#include "lib/base/limit_clock.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <ndctl/libndctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	FILE_BYTES = 8 << 20,
	WARM = 0,			      /* in the window that is touched before the unbind */
	COLD = WINDOW_BYTES + 5 * PAGE_BYTES, /* in one that is not */
	RAW_READ = 2 * WINDOW_BYTES,
	NEXT_GENERATION = TESTBED_GENERATION + 1,
	LIMIT_MS = 5000, /* for a step that may hang */
	STEP_MS = 100,
};

/* ---- the holder ------------------------------------------------------------------------------ */

/* A process that alone has the mapping. */
struct holder {
	struct testbed *bed;
	struct worker worker;
};

/* What system calls on the file returned: 0 or -errno. */
struct file_answers {
	int read, write, msync, fsync;
};

static int answer(ssize_t n)
{
	return n < 0 ? -errno : 0;
}

/* Some checks end while the holder lives: it stays then, and goes with the guest. */
static void work_stay(struct testbed *bed, struct work *work)
{
	(void)bed;
	setpgid(0, 0);
	work->rc = prctl(PR_SET_PDEATHSIG, 0) < 0 ? -errno : 0;
}

static void work_file(struct testbed *bed, struct work *work)
{
	static char page[PAGE_BYTES];
	struct file_answers answers;

	answers.read = answer(pread(bed->fd, page, PAGE_BYTES, RAW_READ));
	answers.write = answer(pwrite(bed->fd, page, PAGE_BYTES, RAW_READ));
	answers.msync = answer(msync(bed->map.base, FILE_BYTES, MS_SYNC));
	answers.fsync = answer(fsync(bed->fd));
	memcpy(work->bytes, &answers, sizeof(answers));
}

/* The entry of the first page of the mapping, or 0. */
static void work_pagemap(struct testbed *bed, struct work *work)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uintptr_t page = (uintptr_t)bed->map.base / PAGE_BYTES;

	if (fd < 0 || pread(fd, work->bytes, 8, (off_t)(page * 8)) != 8)
		memset(work->bytes, 0, 8);
	if (fd >= 0)
		close(fd);
}

/* What a process may do to its mapping without an access to it. */
static void work_smaps(struct testbed *bed, struct work *work)
{
	char text[4096];
	int fd = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	(void)bed;
	while (fd >= 0 && n > 0)
		n = read(fd, text, sizeof(text));
	work->rc = fd < 0 || n < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
}

static void work_mprotect(struct testbed *bed, struct work *work)
{
	/* Of a page, so that a PMD has to be split, then of all. */
	if (mprotect(bed->map.base + PAGE_BYTES, PAGE_BYTES, PROT_READ) < 0 ||
	    mprotect(bed->map.base, FILE_BYTES, PROT_NONE) < 0)
		work->rc = -errno;
}

static void work_munmap(struct testbed *bed, struct work *work)
{
	work->rc = munmap(bed->map.reserved, bed->map.reserved_bytes) < 0 ? -errno : 0;
	bed->map = (struct mapping){0};
}

/* A new file whose blocks are not known yet.  It is done when it is durable. */
static void work_create_synced(struct testbed *bed, struct work *work)
{
	char path[sizeof(bed->fs.where) + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/new", bed->fs.where);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, work->bytes, PAGE_BYTES, 0) != PAGE_BYTES || fsync(fd) < 0)
		work->rc = -errno;
	if (fd >= 0)
		close(fd);
}

/* Has the holder do it.  Returns its answer, or NULL after check_fail(): it did not end. */
static const struct work *order(struct check_env *env, struct holder *h, const char *what,
				work_fn *fn, uint64_t offset_bytes, uint32_t generation)
{
	int64_t until_ms = limit_clock_ms() + LIMIT_MS;
	struct worker *w = &h->worker;
	bool oopsed = false;

	worker_ask(w, fn, offset_bytes, PAGE_BYTES, generation);
	/* Once more after an oops: it may have been somebody else's. */
	while (!oopsed && limit_clock_ms() < until_ms) {
		oopsed = check_oopsed();
		if (workers_finish(w, 1, STEP_MS))
			return worker_work(w);
	}
	if (w->state == WORK_DIED) {
		check_fail(env, "the process that holds the mapping died in %s, status %d", what,
			   w->task.status);
		return NULL;
	}
	check_fail(env, "%s did not end", what);
	check_evidence_stack(env, &w->task);
	return NULL;
}

static const struct work *load(struct check_env *env, struct holder *h, uint64_t offset_bytes)
{
	return order(env, h, "a load", work_load, offset_bytes, 0);
}

static const struct work *store_stamps(struct check_env *env, struct holder *h,
				       uint64_t offset_bytes, uint32_t generation)
{
	return order(env, h, "a store", work_store, offset_bytes, generation);
}

/* A testbed whose mapping only the holder has; its first page is proven, mapped and dirty, and
 * holds what it held.  false after a complaint. */
static bool make_holder(struct check_env *env, struct holder *h, struct testbed *bed,
			const struct testbed_spec *spec)
{
	const struct work *work;
	int rc;

	*h = (struct holder){.bed = bed};
	if (!testbed_open(env, bed, spec) || !testbed_frames(env, bed, WARM, PAGE_BYTES))
		return false;
	rc = workers_start(env, &h->worker, 1, bed);
	testbed_unmap(bed);
	testbed_close_file(bed);
	if (rc < 0 || !order(env, h, "leaving the process group", work_stay, 0, 0))
		return false;
	work = store_stamps(env, h, WARM, TESTBED_GENERATION);
	return work && check_setup(env, work->touch.signal ? -EFAULT : 0,
				   "storing into the mapped file before the unbind");
}

/* Lets the holder go.  false after check_fail(). */
static bool end_holder(struct check_env *env, struct holder *h)
{
	worker_release(&h->worker);
	return check_await_errno(env, &h->worker.task, "exit of the process with the mapping", 0);
}

/* ---- the driver ------------------------------------------------------------------------------ */

/* In a task: it may hang. */
struct driver_order {
	const char *file; /* "bind" or "unbind" */
	struct nd_driver driver;
};

static int driver_main(void *arg)
{
	const struct driver_order *o = arg;

	return -nd_driver_write(&o->driver, o->file);
}

/* false after check_fail(). */
static bool drive(struct check_env *env, const struct driver_order *o)
{
	struct check_task task;
	char what[80];
	int status;

	snprintf(what, sizeof(what), "%s of %s", o->file, o->driver.device);
	if (check_start(env, &task, driver_main, (void *)o) < 0)
		return false;
	status = check_await(env, &task, what);
	if (status > 0)
		check_fail(env, "%s: %s", what, strerror(status));
	return !status;
}

static bool unbind(struct check_env *env, const struct namespace *ns, struct driver_order *o)
{
	*o = (struct driver_order){.file = "unbind"};
	return check_own(env, nd_driver_find(ns, &o->driver), "finding the nd device of %s",
			 ns->node) &&
	       drive(env, o);
}

/* Binds it again and waits for the node.  false after check_fail(). */
static bool rebind(struct check_env *env, const struct namespace *ns, struct driver_order *o,
		   struct namespace *again)
{
	int64_t until_ms;
	int rc = -ENOENT;

	o->file = "bind";
	if (!drive(env, o))
		return false;
	until_ms = limit_clock_ms() + LIMIT_MS;
	while (rc < 0 && limit_clock_ms() < until_ms) {
		rc = access(ns->node, F_OK) < 0 ? -errno : namespace_open(ns->node, again);
		if (rc < 0)
			check_pause(10);
	}
	return check_errno(env, rc, 0, "finding %s after another bind", ns->node);
}

/* ---- the checks ------------------------------------------------------------------------------ */

/*
 * After the unbind the holder stores, and looks whether its store is there: in a frame that was
 * proven to be the namespace's before.  From the outside the same is looked at when the guest is
 * off.
 */
static void store_after(struct check_env *env, const struct testbed_spec *spec, bool clean)
{
	struct driver_order driver;
	struct graph_place place;
	const struct work *work;
	struct testbed bed;
	struct holder h;
	bool landed;

	if (!make_holder(env, &h, &bed, spec) ||
	    !check_own(env, testbed_place(&bed, &bed.graph, WARM, &place),
		       "finding a page of the file on the namespace") ||
	    (clean && (!(work = order(env, &h, "fsync", work_fsync, 0, 0)) ||
		       !check_setup(env, work->rc, "fsync before the unbind"))))
		return;
	check_outside(env, place.ns, place.offset_bytes, PAGE_BYTES, TESTBED_FILE, WARM,
		      TESTBED_GENERATION);
	if (!unbind(env, place.ns, &driver) || !(work = load(env, &h, WARM)))
		return;
	check_observe_suspicious(env, "load_of_mapped_page", check_touch_json(&work->touch));
	work = store_stamps(env, &h, WARM, NEXT_GENERATION);
	if (!work)
		return;
	check_observe_suspicious(env, "store_to_mapped_page", check_touch_json(&work->touch));
	landed = !work->touch.signal;
	if (landed && !(work = load(env, &h, WARM)))
		return;
	landed = landed && !work->touch.signal &&
		 stamp_check(work->bytes, PAGE_BYTES, TESTBED_FILE, WARM, NEXT_GENERATION, NULL) ==
			 PAGE_BYTES;
	check_that(
		env, !landed,
		"a store through the old mapping does not reach the namespace's former page frame");
}

static void store(struct check_env *env, const void *arg)
{
	store_after(env, arg, false);
}

/* The page is write-protected: the store faults. */
static void store_clean(struct check_env *env, const void *arg)
{
	store_after(env, arg, true);
}

/* smaps, mprotect(2) and munmap(2) of the old mapping. */
static void changes_mapping(struct check_env *env, const void *arg)
{
	static const struct {
		const char *what;
		work_fn *fn;
	} steps[] = {{"reading its smaps", work_smaps},
		     {"mprotect of the mapping", work_mprotect},
		     {"munmap of the mapping", work_munmap}};
	struct driver_order driver;
	const struct work *work;
	struct testbed bed;
	struct holder h;

	if (!make_holder(env, &h, &bed, arg) || !unbind(env, bed.graph.devices[0].ns, &driver))
		return;
	for (unsigned int i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		work = order(env, &h, steps[i].what, steps[i].fn, 0, 0);
		if (!work)
			return;
		check_errno(env, work->rc, 0, "%s after the unbind", steps[i].what);
	}
}

static void creates(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	const struct work *work;
	struct testbed bed;
	struct holder h;

	if (!make_holder(env, &h, &bed, arg) || !unbind(env, bed.graph.devices[0].ns, &driver) ||
	    !(work = order(env, &h, "creating a file", work_create_synced, 0, 0)))
		return;
	check_that(env, work->rc < 0,
		   "creating, writing and syncing a file fails after the unbind");
	check_observe_suspicious(env, "create", check_errno_json(work->rc));
}

static void new_fault(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct file_answers answers;
	const struct work *work;
	struct testbed bed;
	struct holder h;

	if (!make_holder(env, &h, &bed, arg) || !unbind(env, bed.graph.devices[0].ns, &driver) ||
	    !(work = load(env, &h, COLD)))
		return;
	check_that(env, work->touch.signal,
		   "a load from a page that was not mapped before the unbind raises a signal");
	check_observe_suspicious(env, "load", check_touch_json(&work->touch));
	work = store_stamps(env, &h, COLD + PAGE_BYTES, TESTBED_GENERATION);
	if (!work)
		return;
	check_that(env, work->touch.signal,
		   "a store to a page that was not mapped before the unbind raises a signal");
	check_observe_suspicious(env, "store", check_touch_json(&work->touch));
	work = order(env, &h, "read, write, msync or fsync", work_file, 0, 0);
	if (!work)
		return;
	memcpy(&answers, work->bytes, sizeof(answers));
	check_observe(env, "read", check_errno_json(answers.read));
	check_observe(env, "write", check_errno_json(answers.write));
	check_observe(env, "msync", check_errno_json(answers.msync));
	check_observe(env, "fsync", check_errno_json(answers.fsync));
	check_that(env, answers.read < 0, "read(2) of the file fails after the unbind");
}

/* On notification of the removal, xfs unmaps the file from every process. */
static void notified(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	const struct work *work;
	struct testbed bed;
	struct holder h;

	if (!make_holder(env, &h, &bed, arg) || !unbind(env, bed.graph.devices[0].ns, &driver))
		return;
	/* The signal may have come already, and ended the holder. */
	if (check_wait(&h.worker.task, 100)) {
		check_equal(env, h.worker.task.status, 128 + SIGBUS,
			    "status of the process with the mapping");
		check_observe_suspicious(env, "notified_by", json_string("signal"));
		return;
	}
	work = load(env, &h, WARM);
	if (!work)
		return;
	check_that(env, work->touch.signal,
		   "the mapping is revoked: a load from a page that was mapped raises a signal");
	check_observe_suspicious(env, "notified_by", json_string("access"));
}

/* One of several files, which the filesystem distributes over its allocation groups. */
struct file_holder {
	char path[sizeof(((struct check_fs *)0)->where) + 16];
	volatile bool ready;
	volatile bool over;
	int rc;
};

static const uint64_t held_pages[] = {0, 100, FILE_BYTES / PAGE_BYTES - 1};

/* Returns 0 if each page raises a signal after the unbind, else the number of the first that does
 * not. */
static int hold_file(void *arg)
{
	struct file_holder *f = arg;
	int fd = open(f->path, O_RDWR | O_CLOEXEC);
	char *map = MAP_FAILED;

	if (fd >= 0)
		map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		f->rc = -errno;
	for (int i = 0; i < 3 && !f->rc; i++)
		if (check_store(map + held_pages[i] * PAGE_BYTES, 1).signal)
			f->rc = -EFAULT;
	f->ready = true;
	while (!f->over)
		check_pause(1);
	for (int i = 0; i < 3 && !f->rc; i++)
		if (!check_load(map + held_pages[i] * PAGE_BYTES, NULL).signal)
			return i + 1;
	return 0;
}

static bool start_file_holder(struct check_env *env, const struct testbed *bed,
			      struct file_holder *f, struct check_task *task, unsigned int i)
{
	char directory[sizeof(bed->fs.where) + 8], name[16];
	int fd, rc;

	snprintf(directory, sizeof(directory), "%s/d%u", bed->fs.where, i);
	snprintf(name, sizeof(name), "d%u/file", i);
	snprintf(f->path, sizeof(f->path), "%s/%s", bed->fs.where, name);
	rc = mkdir(directory, 0700) < 0 ? -errno : 0;
	if (!check_setup(env, rc, "making %s", directory))
		return false;
	fd = check_file(env, &bed->fs, name, FILE_BYTES, TESTBED_FILE, TESTBED_GENERATION);
	if (fd < 0)
		return false;
	close(fd);
	if (check_start(env, task, hold_file, f) < 0)
		return false;
	rc = check_flag(task, &f->ready, LIMIT_MS) ? f->rc : -ESRCH;
	return check_setup(env, rc, "mapping a file before the unbind");
}

/* More files than allocation groups: each process gets a signal, and each page is revoked. */
static void notified_all(struct check_env *env, const void *arg)
{
	enum { FILES = 5 };
	struct file_holder *f = check_shared(env, FILES * sizeof(*f));
	struct check_task tasks[FILES] = {0};
	struct driver_order driver;
	struct testbed bed;

	if (!f || !testbed_open(env, &bed, arg))
		return;
	for (unsigned int i = 0; i < FILES; i++)
		if (!start_file_holder(env, &bed, &f[i], &tasks[i], i))
			return;
	if (!unbind(env, bed.graph.devices[0].ns, &driver))
		return;
	for (unsigned int i = 0; i < FILES; i++) {
		f[i].over = true;
		if (!check_that(env, check_wait(&tasks[i], LIMIT_MS),
				"the process with file %u ends after the unbind", i))
			return;
		if (tasks[i].status >= 128)
			check_equal(env, tasks[i].status, 128 + SIGBUS,
				    "status of the process with file %u", i);
		else
			check_equal(env, tasks[i].status, 0,
				    "the number of the first page of file %u that is still mapped",
				    i);
	}
}

static void pagemap(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	const struct work *work;
	struct testbed bed;
	uint64_t entry;
	struct holder h;

	if (!make_holder(env, &h, &bed, arg) || !unbind(env, bed.graph.devices[0].ns, &driver) ||
	    !(work = order(env, &h, "reading its pagemap", work_pagemap, 0, 0)))
		return;
	check_that(env, !h.worker.task.done, "the process survives reading its pagemap");
	memcpy(&entry, work->bytes, sizeof(entry));
	check_observe(env, "page_present", json_boolean(entry >> 63));
}

static void exits(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct testbed bed;

	if (!make_holder(env, &h, &bed, arg) || !unbind(env, bed.graph.devices[0].ns, &driver))
		return;
	end_holder(env, &h);
}

static int remove_main(void *arg)
{
	return -dm_device_remove(testbed_dm(arg), 0);
}

/* Unmounts and removes the device.  Each may hang, or die. */
static void take_down(struct check_env *env, struct testbed *bed)
{
	struct check_task task;

	if (check_start(env, &task, testbed_unmount_main, bed) < 0 ||
	    !check_await_errno(env, &task, "umount after the unbind", 0) || !testbed_dm(bed) ||
	    check_start(env, &task, remove_main, bed) < 0)
		return;
	check_await_errno(env, &task, "removal of the DM device after the unbind", 0);
}

/* The mapping is gone before the driver: what is left is what the filesystem remembers. */
static void unmounts(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct testbed bed;

	if (!make_holder(env, &h, &bed, arg) || !end_holder(env, &h) ||
	    !unbind(env, bed.graph.devices[0].ns, &driver))
		return;
	take_down(env, &bed);
}

static void unmounts_mapped(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct testbed bed;

	if (!make_holder(env, &h, &bed, arg) || !unbind(env, bed.graph.devices[0].ns, &driver) ||
	    !end_holder(env, &h))
		return;
	take_down(env, &bed);
}

/* With nothing but a DM device on it. */
static void binds_again(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	struct driver_order driver;
	struct namespace again;
	struct testbed bed;
	const struct namespace *ns;
	int rc;

	if (!testbed_devices(env, &bed, spec))
		return;
	ns = bed.graph.devices[0].ns;
	if (!unbind(env, ns, &driver))
		return;
	rc = graph_destroy(&bed.graph);
	if (!check_errno(env, rc, 0, "removing the DM device after the unbind") ||
	    !rebind(env, ns, &driver, &again))
		return;
	check_equal(env, (int64_t)again.resource_bytes, (int64_t)ns->resource_bytes,
		    "the start of the namespace after another bind");
	env->devices[ns - env->devices] = again;
	if (!testbed_open(env, &bed, spec))
		return;
	check_mapped_bytes(env, "the mapping of a file on the rebound device", bed.map.base,
			   FILE_BYTES, TESTBED_FILE, 0, TESTBED_GENERATION);
	testbed_frames(env, &bed, 0, FILE_BYTES);
	testbed_close(env, &bed);
}

/* Returns what libndctl answers when asked to disable the namespace unless it is in use. */
static int disable_safely(struct check_env *env, const struct namespace *ns)
{
	const char *disk = strrchr(ns->node, '/') + 1;
	struct ndctl_ctx *ctx;
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	struct ndctl_namespace *n;
	int rc = ndctl_new(&ctx);

	if (!check_own(env, rc, "libndctl"))
		return rc;
	rc = -ENODEV;
	ndctl_bus_foreach(ctx, bus) {
		ndctl_region_foreach(bus, region) {
			ndctl_namespace_foreach(region, n) {
				struct ndctl_pfn *pfn = ndctl_namespace_get_pfn(n);

				if (pfn && !strcmp(ndctl_pfn_get_block_device(pfn), disk))
					rc = ndctl_namespace_disable_safe(n);
			}
		}
	}
	ndctl_unref(ctx);
	check_that(env, rc != -ENODEV, "libndctl knows the namespace of %s", ns->node);
	return rc;
}

static void disable_refused(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	struct testbed bed;

	if (!testbed_open(env, &bed, spec))
		return;
	check_errno(env, disable_safely(env, bed.graph.devices[0].ns), -EBUSY,
		    "disabling a namespace below a mounted filesystem on '%s'", testbed_name(spec));
	check_mapped_bytes(env, "the mapping after the refused disabling", bed.map.base, FILE_BYTES,
			   TESTBED_FILE, 0, TESTBED_GENERATION);
	testbed_close(env, &bed);
}

/* ---- table ----------------------------------------------------------------------------------- */

#define BED(fs_, table_) \
	(&(const struct testbed_spec){.fs = (fs_), .table = (table_), .file_bytes = FILE_BYTES})

static const char *const needs_ext4[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "fs:xfs", NULL};
static const char *const needs_notify[] = {"device:fsdax", "fs:xfs", "kernel:6.8", NULL};

#define BY_MEMORY                                                                               \
	"commit fa422b353d21 (mm, pmem, xfs: Introduce MF_MEM_PRE_REMOVE for unbind): whoever " \
	"has the device mapped is notified and ends gracefully; thread \"[PATCH 0/6] Support "  \
	"DAX for device-mapper dm-linear devices\" (2016): access to memory of a disabled "     \
	"device is corruption"
#define BY_ENDS                                                                                  \
	"commit fa422b353d21 (mm, pmem, xfs: Introduce MF_MEM_PRE_REMOVE for unbind): programs " \
	"that hang, an umount that fails and a crash are the unacceptable states after an unbind"

#define STORE(name_, needs_, fs_, stack_, plants_)                                             \
	{                                                                                      \
		.name = (name_),                                                               \
		.promise = "after the pmem driver is unbound, a store through an old mapping " \
			   "does not reach the namespace",                                     \
		.by = BY_MEMORY, .needs = (needs_), .flags = CHECK_EMULATED | CHECK_SPOILS,    \
		.plants = (plants_), .run = store, .arg = BED(fs_, stack_),                    \
	}

#define UNMOUNT(name_, needs_, fs_, stack_)                                                     \
	{                                                                                       \
		.name = (name_),                                                                \
		.promise = "after the pmem driver is unbound, the filesystem can be unmounted " \
			   "and its DM device removed",                                         \
		.by = BY_ENDS, .needs = (needs_), .flags = CHECK_EMULATED | CHECK_SPOILS,       \
		.plants = PLANT_VALUE, .run = unmounts, .arg = BED(fs_, stack_),                \
	}

#define OTHER(name_, needs_, run_, by_, fs_, stack_, plants_, promise_)                     \
	{                                                                                   \
		.name = (name_), .promise = (promise_), .by = (by_), .needs = (needs_),     \
		.flags = CHECK_EMULATED | CHECK_SPOILS, .plants = (plants_), .run = (run_), \
		.arg = BED(fs_, stack_),                                                    \
	}

static const struct check_item items[] = {
	STORE("store.raw_ext4", needs_ext4, "ext4", TESTBED_RAW, PLANT_VALUE | PLANT_FRAME),
	STORE("store.raw_xfs", needs_xfs, "xfs", TESTBED_RAW, PLANT_VALUE),
	STORE("store.linear_ext4", needs_ext4, "ext4", TESTBED_LINEAR, PLANT_VALUE),
	STORE("store.linear_xfs", needs_xfs, "xfs", TESTBED_LINEAR, PLANT_VALUE),
	OTHER("new_fault.raw", needs_ext4, new_fault,
	      "kernel-doc of kill_dax() and dax_direct_access() in drivers/dax/super.c: no access "
	      "is granted once the device is dead",
	      "ext4", TESTBED_RAW, PLANT_VALUE,
	      "after the pmem driver is unbound, no new page of a file is mapped or read"),
	OTHER("new_fault.linear", needs_ext4, new_fault,
	      "kernel-doc of kill_dax() and dax_direct_access() in drivers/dax/super.c: no access "
	      "is granted once the device is dead",
	      "ext4", TESTBED_LINEAR, PLANT_VALUE | PLANT_STACK,
	      "after the pmem driver below device-mapper is unbound, no new page of a file is "
	      "mapped or read"),
	OTHER("notified.raw_xfs", needs_notify, notified,
	      "commit fa422b353d21 (mm, pmem, xfs: Introduce MF_MEM_PRE_REMOVE for unbind)",
	      "xfs+rmapbt+whole", TESTBED_RAW, PLANT_VALUE,
	      "xfs with rmapbt revokes file mappings when it is notified that its namespace is "
	      "removed"),
	OTHER("notified.all_files", needs_notify, notified_all,
	      "commit fa422b353d21 (mm, pmem, xfs: Introduce MF_MEM_PRE_REMOVE for unbind)",
	      "xfs+rmapbt+whole", TESTBED_RAW, PLANT_VALUE,
	      "xfs with rmapbt revokes the mappings of files in each allocation group when its "
	      "namespace is removed"),
	OTHER("notified.smaller_xfs", needs_notify, notified,
	      "commit fa422b353d21 (mm, pmem, xfs: Introduce MF_MEM_PRE_REMOVE for unbind)",
	      "xfs+rmapbt", TESTBED_RAW, PLANT_VALUE,
	      "xfs with rmapbt on a part of its namespace revokes file mappings when it is "
	      "notified of the removal"),
	OTHER("notified.linear_xfs", needs_notify, notified,
	      "commit fa422b353d21 (mm, pmem, xfs: Introduce MF_MEM_PRE_REMOVE for unbind)",
	      "xfs+rmapbt", TESTBED_LINEAR, PLANT_VALUE,
	      "xfs with rmapbt on dm-linear revokes file mappings when the namespace below is "
	      "removed"),
	OTHER("store_clean.linear_ext4", needs_ext4, store_clean, BY_MEMORY, "ext4", TESTBED_LINEAR,
	      PLANT_VALUE | PLANT_FRAME,
	      "after the pmem driver is unbound, a store to a page that fsync(2) write-protected "
	      "raises a signal"),
	OTHER("store_clean.linear_xfs", needs_xfs, store_clean, BY_MEMORY, "xfs", TESTBED_LINEAR,
	      PLANT_VALUE | PLANT_FRAME,
	      "after the pmem driver is unbound, a store to a page that fsync(2) write-protected "
	      "raises a signal"),
	OTHER("mapping.linear", needs_ext4, changes_mapping, BY_ENDS, "ext4", TESTBED_LINEAR,
	      PLANT_VALUE | PLANT_FRAME,
	      "after the pmem driver is unbound, a process can read the smaps of its old mapping, "
	      "protect and unmap it"),
	OTHER("create.linear", needs_ext4, creates, BY_ENDS, "ext4", TESTBED_LINEAR,
	      PLANT_VALUE | PLANT_FRAME,
	      "after the pmem driver is unbound, creating and syncing a file ends with an error"),
	OTHER("pagemap", needs_ext4, pagemap, BY_ENDS, "ext4", TESTBED_LINEAR, PLANT_VALUE,
	      "after the pmem driver is unbound, a process with an old mapping can read its "
	      "/proc/self/pagemap"),
	OTHER("exit.raw", needs_ext4, exits, BY_ENDS, "ext4", TESTBED_RAW, PLANT_VALUE,
	      "after the pmem driver is unbound, a process with an old mapping can exit"),
	OTHER("exit.linear", needs_ext4, exits, BY_ENDS, "ext4", TESTBED_LINEAR, PLANT_VALUE,
	      "after the pmem driver below device-mapper is unbound, a process with an old mapping "
	      "can exit"),
	UNMOUNT("umount.raw_ext4", needs_ext4, "ext4", TESTBED_RAW),
	OTHER("umount.raw_ext4_mapped", needs_ext4, unmounts_mapped, BY_ENDS, "ext4", TESTBED_RAW,
	      PLANT_VALUE,
	      "after the pmem driver is unbound under a mapping that is then removed, the "
	      "filesystem can be unmounted"),
	UNMOUNT("umount.linear_ext4", needs_ext4, "ext4", TESTBED_LINEAR),
	UNMOUNT("umount.linear_xfs", needs_xfs, "xfs", TESTBED_LINEAR),
	OTHER("binds_again", needs_ext4, binds_again,
	      "Documentation/driver-api/driver-model/driver.rst: an unbound device may be bound "
	      "again; dm_put_device() lets a device go whose driver went first",
	      "ext4", TESTBED_LINEAR, PLANT_FRAME | PLANT_BYTE | PLANT_DMESG,
	      "a namespace unbound below a DM device can be bound again after the device is "
	      "removed, with its bytes"),
	{
		.name = "disable_refused",
		.promise = "ndctl refuses to disable a namespace below a DM device with a mounted "
			   "filesystem",
		.by = "ndctl-disable-namespace(1); ndctl_namespace_disable_safe() of libndctl "
		      "opens the "
		      "block device O_EXCL",
		.needs = needs_ext4,
		.flags = CHECK_QUICK | CHECK_EMULATED,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = disable_refused,
		.arg = BED("ext4", TESTBED_LINEAR),
	},
	{0},
};

const struct check_family check_unbind = {
	.name = "unbind",
	.why = "the pmem driver is unbound under a mapped file",
	.items = items,
};
