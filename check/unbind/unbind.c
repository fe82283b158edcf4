// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unbind: the pmem driver goes away under a mapped file.
 *
 * Unbinding cannot be refused, and does not wait for users: the memory is returned to nobody, its
 * struct pages are freed, and whoever mapped it goes on.  Promised is that nothing is written any
 * more into what the device no longer owns, that no new fault is served, and that everything that
 * follows (an access, exit, umount, removal of the DM device, another bind) comes to an end,
 * without an oops.  What the process gets is observed.
 *
 * pmem_release_disk() -> del_gendisk(), which syncs a filesystem that is mounted on the namespace
 * itself and so write-protects its dirty pages; kill_dax(), after which dax_direct_access() fails
 * and, since 6.8, dax_holder_notify_failure(MF_MEM_PRE_REMOVE) has xfs with rmapbt unmap all files.
 * device-mapper between the two hears of none of this.
 *
 * The mapping belongs to a task, the holder, so that only the holder is lost with it.
 */
#include "check/fixture/bio.h"
#include "check/fixture/site.h"

#include "lib/base/limit_clock.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <ndctl/libndctl.h>
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
	WARM = 0,			      /* in the window that is touched before the unbind */
	COLD = WINDOW_BYTES + 5 * PAGE_BYTES, /* in one that is not */
	RAW_READ = 2 * WINDOW_BYTES,
	NEXT_GENERATION = SITE_GENERATION + 1,
	LIMIT_MS = 5000, /* for a step that may hang */
};

/* ---- the holder ------------------------------------------------------------------------------ */

enum order { ORDER_NONE, ORDER_LOAD, ORDER_STORE, ORDER_FILE, ORDER_PAGEMAP, ORDER_END };

/* What it brought, beside check_touch. */
struct file_answers {
	int read, write, msync, fsync; /* 0 or -errno */
};

struct board {
	volatile enum order order; /* ORDER_NONE: done */
	uint64_t offset_bytes;
	struct check_touch touch;
	struct file_answers answers;
	uint64_t pagemap;
	_Alignas(PAGE_BYTES) char page[PAGE_BYTES];
};

struct holder {
	struct site *site;
	struct check_task task;
	struct board *board;
};

static void pause_ms(long ms)
{
	const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

static int answer(ssize_t n)
{
	return n < 0 ? -errno : 0;
}

static void obey_file(const struct site *site, struct board *b)
{
	char *base = site->map.base;

	b->answers.read = answer(pread(site->fd, b->page, PAGE_BYTES, RAW_READ));
	b->answers.write = answer(pwrite(site->fd, b->page, PAGE_BYTES, RAW_READ));
	b->answers.msync = answer(msync(base, FILE_BYTES, MS_SYNC));
	b->answers.fsync = answer(fsync(site->fd));
}

static void obey_pagemap(const struct site *site, struct board *b)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uintptr_t page = (uintptr_t)site->map.base / PAGE_BYTES;

	if (fd < 0 || pread(fd, &b->pagemap, 8, (off_t)(page * 8)) != 8)
		b->pagemap = 0;
	if (fd >= 0)
		close(fd);
}

/* What follows its end is for some checks only: for others it stays when they are over, and goes
 * with the guest. */
static int holder_main(void *arg)
{
	struct holder *h = arg;
	struct board *b = h->board;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, 0);

	for (;;) {
		char *at = h->site->map.base + b->offset_bytes;

		switch (b->order) {
		case ORDER_NONE:
			pause_ms(1);
			continue;
		case ORDER_LOAD:
			b->touch = check_copy(b->page, at, PAGE_BYTES);
			break;
		case ORDER_STORE:
			b->touch = check_copy(at, b->page, PAGE_BYTES);
			break;
		case ORDER_FILE:
			obey_file(h->site, b);
			break;
		case ORDER_PAGEMAP:
			obey_pagemap(h->site, b);
			break;
		case ORDER_END:
			return 0;
		}
		b->order = ORDER_NONE;
	}
}

/* Returns 0 once the order is carried out; -ETIMEDOUT or -ECHILD (it died) after check_fail(). */
static int order(struct check_env *env, struct holder *h, enum order what, uint64_t offset_bytes)
{
	static const char *const names[] = {
		[ORDER_LOAD] = "a load",
		[ORDER_STORE] = "a store",
		[ORDER_FILE] = "read, write, msync or fsync",
		[ORDER_PAGEMAP] = "reading its pagemap",
	};
	int64_t until_ms;

	h->board->offset_bytes = offset_bytes;
	h->board->order = what;
	until_ms = limit_clock_ms() + LIMIT_MS;
	while (h->board->order != ORDER_NONE && limit_clock_ms() < until_ms && !site_oopsed()) {
		pause_ms(1);
		if (check_wait(&h->task, 0)) {
			check_fail(env, "the process that holds the mapping died in %s, status %d",
				   names[what], h->task.status);
			return -ECHILD;
		}
	}
	if (h->board->order == ORDER_NONE)
		return 0;
	check_fail(env, "%s did not end", names[what]);
	site_say_stack(env, &h->task);
	return -ETIMEDOUT;
}

/* The page is mapped and dirty afterwards, and holds what it held. */
static int dirty(struct check_env *env, struct holder *h, uint64_t offset_bytes)
{
	int rc;

	stamp_fill(h->board->page, PAGE_BYTES, SITE_FILE_ID, offset_bytes, SITE_GENERATION);
	rc = order(env, h, ORDER_STORE, offset_bytes);
	if (!rc && h->board->touch.signal)
		rc = -EFAULT;
	check_setup(env, rc, "storing into the mapped file before the unbind");
	return rc;
}

/* A site whose mapping a task alone has, its frames proven.  Returns 0 or -errno after a complaint.
 */
static int make_holder(struct check_env *env, struct holder *h, struct site *site,
		       const struct site_spec *spec)
{
	int rc;

	*h = (struct holder){.site = site};
	h->board = check_shared(env, sizeof(*h->board));
	rc = h->board ? site_make(env, site, spec) : -ENOMEM;
	if (rc < 0)
		return rc;
	if (!check_frames(env, site->fd, site->map.base, WARM, PAGE_BYTES, &site->graph,
			  site->device))
		return -EINVAL;
	rc = check_start(env, &h->task, holder_main, h);
	site_unmap(site);
	site_close(site);
	return rc < 0 ? rc : dirty(env, h, WARM);
}

/* Lets the holder go.  false after check_fail(). */
static bool end_holder(struct check_env *env, struct holder *h)
{
	h->board->order = ORDER_END;
	return site_await_errno(env, &h->task, "exit of the process with the mapping", 0);
}

/* ---- the driver ------------------------------------------------------------------------------ */

/* Binds a device to its driver, or takes it off.  In a task: it may hang. */
struct driver_order {
	const char *file; /* "bind" or "unbind" */
	char device[64];
};

static int driver_main(void *arg)
{
	const struct driver_order *o = arg;
	char path[128];
	int fd, status = 0;

	snprintf(path, sizeof(path), "/sys/bus/nd/drivers/nd_pmem/%s", o->file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, o->device, strlen(o->device)) < 0)
		status = errno;
	return status;
}

/* false after check_fail(). */
static bool drive(struct check_env *env, const struct driver_order *o)
{
	struct check_task task;
	char what[80];
	int status;

	snprintf(what, sizeof(what), "%s of %s", o->file, o->device);
	if (check_start(env, &task, driver_main, (void *)o) < 0)
		return false;
	status = site_await(env, &task, what);
	if (status > 0)
		check_fail(env, "%s: %s", what, strerror(status));
	return !status;
}

/* What the driver calls the namespace: "pfn0.0". */
static int name_device(struct check_env *env, const struct namespace *ns, struct driver_order *o)
{
	char link[96], path[PATH_MAX];
	int rc = 0;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/device", ns->major, ns->minor);
	if (!realpath(link, path))
		rc = -errno;
	else
		snprintf(o->device, sizeof(o->device), "%s", strrchr(path, '/') + 1);
	check_setup(env, rc, "finding the nd device of %s", ns->node);
	return rc;
}

static bool unbind(struct check_env *env, const struct namespace *ns, struct driver_order *o)
{
	*o = (struct driver_order){.file = "unbind"};
	return name_device(env, ns, o) >= 0 && drive(env, o);
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
			pause_ms(10);
	}
	return check_errno(env, rc, 0, "finding %s after another bind", ns->node);
}

static const char *touch_text(const struct check_touch *touch)
{
	static char text[64];

	if (!touch->signal)
		return "success";
	snprintf(text, sizeof(text), "SIG%s code %d", sigabbrev_np(touch->signal), touch->code);
	return text;
}

static void observe_touch(struct check_env *env, const char *name, const struct check_touch *touch)
{
	check_observe(env, name, json_string(touch_text(touch)));
}

static void observe_errno(struct check_env *env, const char *name, int rc)
{
	check_observe(env, name, json_string(rc ? strerrorname_np(-rc) : "success"));
}

/* ---- the checks ------------------------------------------------------------------------------ */

/*
 * After the unbind the holder stores, and looks whether its store is there: in a frame that was
 * proven to be the namespace's before.  From the outside the same is looked at when the guest is
 * off.
 */
static void store(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct graph_place place;
	struct holder h;
	struct site site;
	bool landed;

	if (make_holder(env, &h, &site, arg) < 0 || site_place(env, &site, WARM, &place) < 0)
		return;
	check_outside(env, place.ns, place.offset_bytes, PAGE_BYTES, SITE_FILE_ID, WARM,
		      SITE_GENERATION);
	if (!unbind(env, place.ns, &driver) || order(env, &h, ORDER_LOAD, WARM) < 0)
		return;
	observe_touch(env, "load_of_mapped_page", &h.board->touch);
	stamp_fill(h.board->page, PAGE_BYTES, SITE_FILE_ID, WARM, NEXT_GENERATION);
	if (order(env, &h, ORDER_STORE, WARM) < 0)
		return;
	observe_touch(env, "store_to_mapped_page", &h.board->touch);
	landed = !h.board->touch.signal;
	memset(h.board->page, 0, PAGE_BYTES);
	if (landed && order(env, &h, ORDER_LOAD, WARM) < 0)
		return;
	landed = landed && stamp_check(h.board->page, PAGE_BYTES, SITE_FILE_ID, WARM,
				       NEXT_GENERATION, NULL) == PAGE_BYTES;
	check_that(env, !landed,
		   "a store through the old mapping does not reach the frame that was the "
		   "namespace's: "
		   "it is there");
}

static void new_fault(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct site site;

	if (make_holder(env, &h, &site, arg) < 0 ||
	    !unbind(env, site.graph.devices[0].ns, &driver) || order(env, &h, ORDER_LOAD, COLD) < 0)
		return;
	check_that(env, h.board->touch.signal,
		   "a load from a page that was not mapped before the unbind brings a signal");
	observe_touch(env, "load", &h.board->touch);
	if (order(env, &h, ORDER_STORE, COLD + PAGE_BYTES) < 0)
		return;
	check_that(env, h.board->touch.signal,
		   "a store to a page that was not mapped before the unbind brings a signal");
	observe_touch(env, "store", &h.board->touch);
	if (order(env, &h, ORDER_FILE, 0) < 0)
		return;
	observe_errno(env, "read", h.board->answers.read);
	observe_errno(env, "write", h.board->answers.write);
	observe_errno(env, "msync", h.board->answers.msync);
	observe_errno(env, "fsync", h.board->answers.fsync);
	check_that(env, h.board->answers.read < 0, "read(2) of the file fails after the unbind");
}

/* xfs, told of the removal, unmaps the file of everybody. */
static void notified(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct site site;

	if (make_holder(env, &h, &site, arg) < 0 || !unbind(env, site.graph.devices[0].ns, &driver))
		return;
	/* The signal may have come already, and ended the holder. */
	if (check_wait(&h.task, 100)) {
		check_equal(env, h.task.status, 128 + SIGBUS,
			    "status of the process with the mapping");
		check_observe(env, "notified_by", json_string("signal"));
		return;
	}
	if (order(env, &h, ORDER_LOAD, WARM) < 0)
		return;
	check_that(env, h.board->touch.signal,
		   "the process with the mapping loses it: a load from a page that was mapped "
		   "brings a signal");
	check_observe(env, "notified_by", json_string("access"));
}

static void pagemap(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct site site;

	if (make_holder(env, &h, &site, arg) < 0 ||
	    !unbind(env, site.graph.devices[0].ns, &driver) || order(env, &h, ORDER_PAGEMAP, 0) < 0)
		return;
	check_that(env, !h.task.done, "the process lives on after reading its pagemap");
	check_observe(env, "page_present", json_boolean(h.board->pagemap >> 63));
}

static void exits(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct site site;

	if (make_holder(env, &h, &site, arg) < 0 || !unbind(env, site.graph.devices[0].ns, &driver))
		return;
	end_holder(env, &h);
}

static int unmount_main(void *arg)
{
	const struct site *site = arg;

	return umount2(site->fs.where, 0) < 0 ? errno : 0;
}

static int remove_main(void *arg)
{
	return -dm_device_remove(site_dm(arg), 0);
}

/* Unmounts and removes the device.  Each may hang, or die. */
static void take_down(struct check_env *env, struct site *site)
{
	struct check_task task;

	if (check_start(env, &task, unmount_main, site) < 0 ||
	    !site_await_errno(env, &task, "umount after the unbind", 0) || !site_dm(site) ||
	    check_start(env, &task, remove_main, site) < 0)
		return;
	site_await_errno(env, &task, "removal of the DM device after the unbind", 0);
}

/* The mapping is gone before the driver: what is left is what the filesystem remembers. */
static void unmounts(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct site site;

	if (make_holder(env, &h, &site, arg) < 0 || !end_holder(env, &h) ||
	    !unbind(env, site.graph.devices[0].ns, &driver))
		return;
	take_down(env, &site);
}

static void unmounts_mapped(struct check_env *env, const void *arg)
{
	struct driver_order driver;
	struct holder h;
	struct site site;

	if (make_holder(env, &h, &site, arg) < 0 ||
	    !unbind(env, site.graph.devices[0].ns, &driver) || !end_holder(env, &h))
		return;
	take_down(env, &site);
}

/* With nothing but a DM device on it. */
static void binds_again(struct check_env *env, const void *arg)
{
	const struct site_spec *spec = arg;
	struct driver_order driver;
	struct namespace again;
	struct graph graph;
	struct site site;
	int device = check_linear(env, &graph, 1, 1, 64 << 20, WINDOW_BYTES), rc;
	const struct namespace *ns;

	if (device < 0)
		return;
	ns = graph.devices[0].ns;
	if (!unbind(env, ns, &driver))
		return;
	rc = graph_destroy(&graph);
	if (!check_errno(env, rc, 0, "removing the DM device after the unbind") ||
	    !rebind(env, ns, &driver, &again))
		return;
	check_equal(env, (int64_t)again.resource_bytes, (int64_t)ns->resource_bytes,
		    "where the namespace begins, after another bind");
	env->devices[ns - env->devices] = again;
	if (site_make(env, &site, spec) < 0)
		return;
	check_mapped_bytes(env, "the mapping of a file on the device that was bound again",
			   site.map.base, FILE_BYTES, SITE_FILE_ID, 0, SITE_GENERATION);
	check_frames(env, site.fd, site.map.base, 0, FILE_BYTES, &site.graph, site.device);
	site_drop(env, &site);
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

	if (!check_setup(env, rc, "libndctl"))
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
	const struct site_spec *spec = arg;
	struct site site;

	if (site_make(env, &site, spec) < 0)
		return;
	check_errno(env, disable_safely(env, site.graph.devices[0].ns), -EBUSY,
		    "disabling a namespace that a mounted filesystem on '%s' stands on",
		    site_stack_name(spec->stack));
	check_mapped_bytes(env, "the mapping, after the namespace was not disabled", site.map.base,
			   FILE_BYTES, SITE_FILE_ID, 0, SITE_GENERATION);
	site_drop(env, &site);
}

/* ---- table ----------------------------------------------------------------------------------- */

#define SITE(fs_, stack_)                                   \
	(&(const struct site_spec){.fs = (fs_),             \
				   .stack = (stack_),       \
				   .mode = NAMESPACE_FSDAX, \
				   .file_bytes = FILE_BYTES})

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

#define STORE(name_, needs_, fs_, stack_, plants_)                                            \
	{                                                                                     \
		.name = (name_),                                                              \
		.promise = "once the pmem driver is unbound, a store through a mapping made " \
			   "before does not reach the namespace's memory",                    \
		.by = BY_MEMORY, .needs = (needs_), .flags = CHECK_EMULATED | CHECK_SPOILS,   \
		.plants = (plants_), .run = store, .arg = SITE(fs_, stack_),                  \
	}

#define UNMOUNT(name_, needs_, fs_, stack_)                                                  \
	{                                                                                    \
		.name = (name_),                                                             \
		.promise = "once the pmem driver is unbound, a filesystem with a file that " \
			   "was mapped can be unmounted and its DM device removed",          \
		.by = BY_ENDS, .needs = (needs_), .flags = CHECK_EMULATED | CHECK_SPOILS,    \
		.plants = PLANT_VALUE, .run = unmounts, .arg = SITE(fs_, stack_),            \
	}

#define OTHER(name_, needs_, run_, by_, fs_, stack_, plants_, promise_)                     \
	{                                                                                   \
		.name = (name_), .promise = (promise_), .by = (by_), .needs = (needs_),     \
		.flags = CHECK_EMULATED | CHECK_SPOILS, .plants = (plants_), .run = (run_), \
		.arg = SITE(fs_, stack_),                                                   \
	}

static const struct check_item items[] = {
	STORE("store.raw_ext4", needs_ext4, "ext4", SITE_RAW, PLANT_VALUE | PLANT_FRAME),
	STORE("store.raw_xfs", needs_xfs, "xfs", SITE_RAW, PLANT_VALUE),
	STORE("store.linear_ext4", needs_ext4, "ext4", SITE_LINEAR, PLANT_VALUE),
	STORE("store.linear_xfs", needs_xfs, "xfs", SITE_LINEAR, PLANT_VALUE),
	OTHER("new_fault.raw", needs_ext4, new_fault,
	      "kernel-doc of kill_dax() and dax_direct_access() in drivers/dax/super.c: no access "
	      "is granted once the device is dead",
	      "ext4", SITE_RAW, PLANT_VALUE,
	      "once the pmem driver is unbound, no new page of a file is mapped or read"),
	OTHER("new_fault.linear", needs_ext4, new_fault,
	      "kernel-doc of kill_dax() and dax_direct_access() in drivers/dax/super.c: no access "
	      "is granted once the device is dead",
	      "ext4", SITE_LINEAR, PLANT_VALUE | PLANT_STACK,
	      "once the pmem driver below device-mapper is unbound, no new page of a file is "
	      "mapped "
	      "or read"),
	OTHER("notified.raw_xfs", needs_notify, notified,
	      "commit fa422b353d21 (mm, pmem, xfs: Introduce MF_MEM_PRE_REMOVE for unbind)",
	      "xfs+rmapbt+whole", SITE_RAW, PLANT_VALUE,
	      "xfs with rmapbt, told of the removal of its namespace, takes the mapping of a file "
	      "away from its process"),
	OTHER("notified.smaller_xfs", needs_notify, notified,
	      "commit fa422b353d21 (mm, pmem, xfs: Introduce MF_MEM_PRE_REMOVE for unbind)",
	      "xfs+rmapbt", SITE_RAW, PLANT_VALUE,
	      "xfs with rmapbt that is smaller than its namespace, told of the removal, takes the "
	      "mapping of a file away from its process"),
	OTHER("pagemap", needs_ext4, pagemap, BY_ENDS, "ext4", SITE_LINEAR, PLANT_VALUE,
	      "once the pmem driver is unbound, a process with a mapping made before can read its "
	      "/proc/self/pagemap"),
	OTHER("exit.raw", needs_ext4, exits, BY_ENDS, "ext4", SITE_RAW, PLANT_VALUE,
	      "once the pmem driver is unbound, a process with a mapping made before can exit"),
	OTHER("exit.linear", needs_ext4, exits, BY_ENDS, "ext4", SITE_LINEAR, PLANT_VALUE,
	      "once the pmem driver below device-mapper is unbound, a process with a mapping made "
	      "before can exit"),
	UNMOUNT("umount.raw_ext4", needs_ext4, "ext4", SITE_RAW),
	OTHER("umount.raw_ext4_mapped", needs_ext4, unmounts_mapped, BY_ENDS, "ext4", SITE_RAW,
	      PLANT_VALUE,
	      "once the pmem driver is unbound under a mapping, and that is gone, its filesystem "
	      "can be "
	      "unmounted"),
	UNMOUNT("umount.linear_ext4", needs_ext4, "ext4", SITE_LINEAR),
	UNMOUNT("umount.linear_xfs", needs_xfs, "xfs", SITE_LINEAR),
	OTHER("binds_again", needs_ext4, binds_again,
	      "Documentation/driver-api/driver-model/driver.rst: an unbound device may be bound "
	      "again; dm_put_device() lets a device go whose driver went first",
	      "ext4", SITE_LINEAR, PLANT_FRAME | PLANT_BYTE | PLANT_DMESG,
	      "a namespace unbound below a DM device can be bound again when that is removed, and "
	      "is whole"),
	{
		.name = "disable_refused",
		.promise = "ndctl does not disable a namespace that a DM device with a mounted "
			   "filesystem stands on",
		.by = "ndctl-disable-namespace(1); ndctl_namespace_disable_safe() of libndctl "
		      "opens the "
		      "block device O_EXCL",
		.needs = needs_ext4,
		.flags = CHECK_QUICK | CHECK_EMULATED,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = disable_refused,
		.arg = SITE("ext4", SITE_LINEAR),
	},
	{0},
};

const struct check_family check_unbind = {
	.name = "unbind",
	.why = "the pmem driver is unbound under a mapped file",
	.items = items,
};
