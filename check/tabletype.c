// SPDX-License-Identifier: GPL-2.0-only
/*
 * Table type: what a live DM device may become.
 *
 * The first table that is loaded gives a device its type, "bio based" or "bio based with DAX"; a
 * table of another type is refused later, whatever the device is doing, so that what a filesystem
 * once found direct stays direct.  Two things soften that: a table without any member (error, zero)
 * counts as direct on a direct device, and a device that was not direct may become so.
 *
 * Not judged is with which errno a table is refused: it is observed, state by state.
 *
 * Kernel side: table_load(), is_valid_type() in drivers/md/dm-ioctl.c; dm_table_determine_type(),
 * dm_table_supports_dax(), dm_table_set_restrictions() in drivers/md/dm-table.c.
 *
 * Not here: pages that were mapped before a swap to other memory (reload.c).
 */
#include "check/bio.h"
#include "check/check.h"
#include "check/live.h"
#include "check/voices.h"
#include "check/worker.h"
#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	FILE_BYTES = 2 * WINDOW_BYTES,
	APART_BYTES = 16 * PAGE_BYTES,
	/* The part of a table that becomes something else; every other member is larger. */
	TAIL_SECTORS = 4 * WINDOW_BYTES / SECTOR_BYTES,
	LIMIT_MS = 10000,
	BEFORE = 2,
	AFTER = 3,
	OTHER = 9,
};

/* What takes the place of memory. */
enum instead { ZERO, ERROR, RAW, SECTOR, BRD, LOOP };

struct type_arg {
	const char *fs;
	enum instead instead;
	bool whole; /* all of the table, not its tail */
	bool lower; /* the swapped device lies below the one that is mounted */
};

/* ---- tables ------------------------------------------------------------------------------------
 */

struct substitute {
	char what[80]; /* of a table line, behind its length */
	int loop_fd;
};

static int find_numbers(const char *node, char numbers[32])
{
	struct graph g = {0};
	int device = graph_add_other(&g, node);

	if (device < 0)
		return device;
	snprintf(numbers, 32, "%s", g.devices[device].numbers);
	return 0;
}

static bool find_substitute(struct check_env *env, enum instead instead, struct substitute *out)
{
	const struct namespace *ns;
	char numbers[32] = "", node[128] = "/dev/ram0";
	int rc = 0;

	*out = (struct substitute){.loop_fd = -1};
	if (instead == ZERO || instead == ERROR) {
		strcpy(out->what, instead == ZERO ? "zero" : "error");
		return true;
	}
	if (instead == RAW || instead == SECTOR) {
		ns = check_device(env, instead == RAW ? NAMESPACE_RAW : NAMESPACE_SECTOR, 0);
		snprintf(node, sizeof(node), "%s", ns ? ns->node : "");
	} else if (instead == LOOP) {
		rc = loop_make(&out->loop_fd, node);
	}
	if (!rc)
		rc = find_numbers(node, numbers);
	snprintf(out->what, sizeof(out->what), "linear %s 0", numbers);
	return check_setup(env, rc, "finding a device that is not direct (%s)", node);
}

static void drop_substitute(struct substitute *s)
{
	if (s->loop_fd >= 0)
		close(s->loop_fd); /* it detaches itself */
}

/* The table of a device of one segment in which [from, from + len) is something else.  To be
 * freed. */
static char *other_table(const struct graph *g, unsigned int device, const char *what,
			 uint64_t from, uint64_t len)
{
	const struct graph_device *d = &g->devices[device];
	const struct graph_member *m = &d->targets[0].members[0];
	const char *numbers = g->devices[m->device].numbers;
	uint64_t end = from + len;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (from)
		fprintf(out, "0 %" PRIu64 " linear %s %" PRIu64 "\n", from, numbers,
			m->offset_sectors);
	fprintf(out, "%" PRIu64 " %" PRIu64 " %s\n", from, len, what);
	if (end < d->size_sectors)
		fprintf(out, "%" PRIu64 " %" PRIu64 " linear %s %" PRIu64 "\n", end,
			d->size_sectors - end, numbers, m->offset_sectors + end);
	return fclose(out) ? NULL : text;
}

static char *tail_table(const struct live *live, const char *what, bool whole)
{
	uint64_t sectors = live->graph.devices[live->device].size_sectors;
	uint64_t from = whole ? 0 : sectors - TAIL_SECTORS;

	return other_table(&live->graph, live->device, what, from, sectors - from);
}

static const char *errno_name(int rc)
{
	return rc ? strerrorname_np(-rc) : "accepted";
}

/* ---- refused -----------------------------------------------------------------------------------
 */

/* A load that must be refused, and then nothing may have changed. */
static void try_load(struct check_env *env, const char *name, const char *table, const char *state,
		     json_t *seen)
{
	struct dm_device_info info = {0};
	char *before = dm_device_table(name, false), *after;
	int rc = dm_device_load(name, table, 0);

	json_object_set_new(seen, state, json_string(errno_name(rc)));
	if (!check_that(env, rc < 0, "a table that is not direct is refused while the device is %s",
			state))
		dm_device_clear(name);
	dm_device_info(name, &info);
	after = dm_device_table(name, false);
	check_that(env, info.live_table && !info.inactive_table,
		   "after the refusal there is a live table and no inactive one");
	check_that(env, before && after && !strcmp(before, after),
		   "after the refusal the live table is what it was");
	free(before);
	free(after);
}

/* Idle, open, mounted, mapped, suspended. */
static void try_states(struct check_env *env, struct live *live, const char *table, json_t *seen)
{
	const struct live_spec spec = {.fs = "ext4", .file_bytes = FILE_BYTES};
	const char *name = live_name(live), *node = live->graph.devices[live->device].node;
	int fd;

	try_load(env, name, table, "idle", seen);
	fd = open(node, O_RDONLY | O_CLOEXEC);
	try_load(env, name, table, "open", seen);
	close(fd);
	if (live_open(env, live, &spec))
		return;
	try_load(env, name, table, "mounted", seen);
	check_load_pages(live->map.base, WINDOW_BYTES);
	try_load(env, name, table, "mapped", seen);
	live_holds(env, live, "after the refusals", 0, FILE_BYTES, 1);
	check_frames(env, live->fd, live->map.base, 0, WINDOW_BYTES, &live->graph, live->device);
	if (!check_setup(env, dm_device_suspend(name, 0), "suspending"))
		return;
	try_load(env, name, table, "suspended", seen);
	if (check_errno(env, dm_device_resume(name, 0), 0, "the resume after a refused load"))
		live_holds(env, live, "after the resume", 0, WINDOW_BYTES, 1);
}

static void refused(struct check_env *env, const void *data)
{
	const struct type_arg *arg = data;
	struct live live = {.fd = -1, .direct_fd = -1, .node_fd = -1};
	struct substitute instead;
	json_t *seen = json_object();
	char *table = NULL;
	int device = check_linear(env, &live.graph, 1, 1, LIVE_EXT4_BYTES, 0);

	if (device >= 0 && find_substitute(env, arg->instead, &instead)) {
		live.device = (unsigned int)device;
		table = tail_table(&live, instead.what, arg->whole);
		check_evidence(env, "%s", table ? table : "no memory");
		if (table)
			try_states(env, &live, table, seen);
		check_observe(env, "load", json_incref(seen));
		live_close(env, &live);
		drop_substitute(&instead);
	}
	json_decref(seen);
	free(table);
}

/* ---- accepted: other members of the same type ---------------------------------------------------
 */

/* Nothing changes before the resume, everything after it; then the old member is free. */
static void swap_members(struct check_env *env, struct live *live, const struct graph *next)
{
	const char *name = live_name(live), *old = live->graph.devices[0].node;
	char *table = graph_table(next, live->device);
	struct dm_device_info info = {0};
	int rc, fd;

	rc = live_raw_stamp(live, next, 0, WINDOW_BYTES, OTHER);
	if (!check_setup(env, rc, "stamping the other member"))
		goto out;
	rc = dm_device_load(name, table, 0);
	if (!check_errno(env, rc, 0, "loading a table of the same type (%s)", dm_complaint()))
		goto out;
	dm_device_info(name, &info);
	check_that(env, info.inactive_table, "a loaded table is there as the inactive one");
	live_bio_holds(env, live, "before the resume", 0, WINDOW_BYTES, 1);
	rc = dm_device_resume(name, 0);
	check_errno(env, rc, 0, "resuming with a table of the same type");
	live_bio_holds(env, live, "after the resume", 0, WINDOW_BYTES, OTHER);
	check_equal(env, says_dax(live->graph.devices[live->device].node), 1,
		    "queue/dax after the resume");
	fd = open(old, O_RDWR | O_EXCL | O_CLOEXEC);
	check_errno(env, fd < 0 ? -errno : 0, 0, "opening the old member for oneself");
	if (fd >= 0)
		close(fd);
out:
	free(table);
}

static void same_type(struct check_env *env, const void *arg)
{
	const struct live_spec spec = {.file_bytes = FILE_BYTES};
	struct live live = {.fd = -1, .direct_fd = -1, .node_fd = -1};
	struct graph next;
	char name[64];
	int rc;

	(void)arg;
	graph_add_namespace(&live.graph, check_device(env, NAMESPACE_FSDAX, 0));
	graph_add_namespace(&live.graph, check_device(env, NAMESPACE_FSDAX, 1));
	live.device = (unsigned int)graph_add_dm(&live.graph, check_name(env, "same", name));
	next = live.graph;
	rc = graph_add_linear(&live.graph, live.device, FILE_BYTES / SECTOR_BYTES, 0, 8192);
	if (!rc)
		rc = graph_add_linear(&next, live.device, FILE_BYTES / SECTOR_BYTES, 1, 16384);
	if (!rc)
		rc = check_create(env, &live.graph);
	if (check_setup(env, rc, "making the device (%s)", dm_complaint()) &&
	    !live_open(env, &live, &spec) &&
	    live_raw_holds(env, &live, "before the swap", 0, WINDOW_BYTES, 1))
		swap_members(env, &live, &next);
	graph_clear_targets(&next, live.device);
	live_close(env, &live);
}

/* ---- accepted: a table without members ----------------------------------------------------------
 */

struct access {
	const char *name;
	work_fn *before, *fn;
	bool stores, old; /* old: it needs nothing of the kernel, so nothing is promised */
	bool bio;
};

static const struct access accesses[] = {
	{.name = "load", .fn = work_load},
	{.name = "store", .fn = work_store, .stores = true},
	{.name = "read", .fn = work_read},
	{.name = "write", .fn = work_write, .stores = true},
	{.name = "bio_read", .fn = work_bio_read, .bio = true},
	{.name = "bio_write", .fn = work_bio_write, .stores = true, .bio = true},
	{.name = "old_load", .before = work_load, .fn = work_load, .old = true},
	{.name = "old_store", .before = work_store, .fn = work_store, .stores = true, .old = true},
};

enum { ACCESSES = sizeof(accesses) / sizeof(accesses[0]) };

static uint64_t page_of(unsigned int i)
{
	return (uint64_t)i * APART_BYTES;
}

/* Swaps without a freeze: a filesystem that is thawed over errors would write there. */
static int change_table(const char *name, const char *table)
{
	return live_change_table(name, table, DM_NOFLUSH | DM_NOLOCKFS);
}

static bool raw_is(const struct live *live, uint64_t offset, uint32_t generation)
{
	char bytes[PAGE_BYTES];

	return !live_raw_read(live, &live->graph, offset, bytes, sizeof(bytes)) &&
	       stamp_check(bytes, sizeof(bytes), LIVE_FILE, offset, generation, NULL) ==
		       sizeof(bytes);
}

/* Where the bytes of an old page come from, or went to. */
static const char *old_outcome(const struct live *live, const struct worker *worker,
			       const struct access *access, uint64_t offset, char text[32])
{
	const char *outcome = worker_outcome(worker, text);

	if (strcmp(outcome, "done"))
		return outcome;
	if (access->stores)
		return raw_is(live, offset, AFTER) ? "reaches the old member" : "is lost";
	return stamp_check(worker_work(worker)->bytes, PAGE_BYTES, LIVE_FILE, offset, 1, NULL) ==
			       PAGE_BYTES
		       ? "shows the old member"
		       : "shows something else";
}

/* serves: the bio path of the table gives and takes. */
static void judge_access(struct check_env *env, const struct live *live, struct worker *worker,
			 const struct access *access, uint64_t offset, bool serves, json_t *seen)
{
	char text[32];
	const char *outcome = worker_outcome(worker, text);

	if (access->old)
		outcome = old_outcome(live, worker, access, offset, text);
	json_object_set_new(seen, access->name, json_string(outcome));
	check_that(env, worker->state == WORK_DONE, "%s ends (it is: %s)", access->name, outcome);
	if (access->old)
		return;
	if (serves && access->bio)
		check_that(env, !strcmp(outcome, "done"), "%s is done (it is: %s)", access->name,
			   outcome);
	else
		check_that(env, strcmp(outcome, "done"),
			   "%s fails over a table without memory (it is: %s)", access->name,
			   outcome);
	if (access->stores)
		live_raw_holds(env, live, access->name, offset, PAGE_BYTES, 1);
}

static bool prepare_accesses(struct check_env *env, struct live *live, struct worker *workers)
{
	for (unsigned int i = 0; i < ACCESSES; i++)
		if (accesses[i].before &&
		    !worker_do(env, &workers[i], accesses[i].name, accesses[i].before, page_of(i),
			       PAGE_BYTES, BEFORE))
			return false;
	/* Not fsync(), which would make the stored page read-only. */
	return live_raw_holds(env, live, "before the swap", 0, PAGE_BYTES, 1);
}

static void try_accesses(struct check_env *env, struct live *live, struct worker *workers,
			 bool serves)
{
	json_t *seen = json_object();

	for (unsigned int i = 0; i < ACCESSES; i++)
		worker_ask(&workers[i], accesses[i].fn, page_of(i), PAGE_BYTES, AFTER);
	workers_finish(workers, ACCESSES, LIMIT_MS);
	for (unsigned int i = 0; i < ACCESSES; i++)
		judge_access(env, live, &workers[i], &accesses[i], page_of(i), serves, seen);
	if (accesses[ACCESSES - 1].old && workers[ACCESSES - 1].state == WORK_DONE &&
	    raw_is(live, page_of(ACCESSES - 1), AFTER))
		check_evidence(env, "leak: a store through a mapping made before the swap landed "
				    "on a member that the table does not have any more");
	check_observe(env, "accesses", seen);
}

/* The swapped device, and what it may claim and hold meanwhile. */
static void judge_device(struct check_env *env, const struct live *live, unsigned int swapped)
{
	int dax = says_dax(live->graph.devices[swapped].node);

	check_equal(env, dax, 0, "queue/dax of a device without memory");
	if (swapped != live->device)
		check_observe(env, "upper_says_dax",
			      json_integer(says_dax(live->graph.devices[live->device].node)));
}

static void judge_member(struct check_env *env, const struct live *live)
{
	int fd = open(live->graph.devices[0].node, O_RDWR | O_EXCL | O_CLOEXEC);

	check_errno(env, fd < 0 ? -errno : 0, 0, "opening the member that was released");
	if (fd >= 0)
		close(fd);
}

static void restored(struct check_env *env, struct live *live, struct worker *workers)
{
	const struct access *last = &accesses[ACCESSES - 1];

	workers_finish(workers, ACCESSES, LIMIT_MS);
	for (unsigned int i = 0; i < ACCESSES; i++)
		if (&accesses[i] != last)
			live_holds(env, live, "back on the old table", page_of(i), PAGE_BYTES, 1);
	live_holds(env, live, "back on the old table", page_of(ACCESSES - 1), PAGE_BYTES,
		   raw_is(live, page_of(ACCESSES - 1), AFTER) ? AFTER : BEFORE);
}

/* away: a table without memory where the file is.  serves: its bio path gives and takes. */
static void swap_away(struct check_env *env, struct live *live, unsigned int swapped,
		      struct worker *workers, const char *away, bool serves)
{
	const struct graph_device *d = &live->graph.devices[swapped];
	char *table = graph_table(&live->graph, swapped);
	int rc = change_table(d->name, away);

	check_evidence(env, "%s", away);
	check_observe(env, "load", json_string(errno_name(rc)));
	if (!rc) {
		judge_device(env, live, swapped);
		if (!serves)
			judge_member(env, live);
		try_accesses(env, live, workers, serves);
		rc = change_table(d->name, table);
		check_errno(env, rc, 0, "swapping the old table in again (%s)", dm_complaint());
	}
	if (!check_complained(env))
		restored(env, live, workers);
	free(table);
}

/* namespace, perhaps a lower device, the device.  Returns the index of the swapped one or -1. */
static int open_stack(struct check_env *env, struct live *live, const struct type_arg *arg)
{
	const struct live_spec spec = {.fs = arg->fs, .file_bytes = FILE_BYTES};
	uint64_t sectors = live_device_bytes(arg->fs) / SECTOR_BYTES;
	char name[64];
	int below = 0, rc;

	*live = (struct live){.fd = -1, .direct_fd = -1, .node_fd = -1};
	graph_add_namespace(&live->graph, check_device(env, NAMESPACE_FSDAX, 0));
	if (arg->lower) {
		below = graph_add_dm(&live->graph, check_name(env, "lower", name));
		graph_add_linear(&live->graph, (unsigned int)below, sectors + TAIL_SECTORS, 0,
				 8192);
	}
	live->device = (unsigned int)graph_add_dm(&live->graph, check_name(env, "upper", name));
	rc = graph_add_linear(&live->graph, live->device, sectors, (unsigned int)below,
			      arg->lower ? TAIL_SECTORS / 2 : 8192);
	if (!rc)
		rc = check_create(env, &live->graph);
	if (!check_setup(env, rc, "making the device (%s)", dm_complaint()) ||
	    live_open(env, live, &spec))
		return -1;
	return arg->lower ? below : (int)live->device;
}

static void without_members(struct check_env *env, const void *data)
{
	const struct type_arg *arg = data;
	struct worker workers[ACCESSES] = {0};
	struct live live;
	int swapped = open_stack(env, &live, arg);
	char away[64];

	if (swapped >= 0 && !workers_start(env, workers, ACCESSES, &live) &&
	    prepare_accesses(env, &live, workers)) {
		snprintf(away, sizeof(away), "0 %" PRIu64 " %s",
			 live.graph.devices[swapped].size_sectors,
			 arg->instead == ZERO ? "zero" : "error");
		swap_away(env, &live, (unsigned int)swapped, workers, away, arg->instead == ZERO);
	}
	if (!workers_end(workers, ACCESSES))
		check_fail(env, "a task cannot be killed");
	live_close(env, &live);
}

/* ---- a device that becomes direct
 * ---------------------------------------------------------------- */

/* A device that began as something else and then got the table of the graph.  Returns true, or
 * false after a complaint. */
static bool upgrade(struct check_env *env, struct live *live, const struct type_arg *arg,
		    struct substitute *begin)
{
	uint64_t sectors = live_device_bytes(arg->fs) / SECTOR_BYTES;
	char name[64], first[128], *table;
	int rc;

	*live = (struct live){.fd = -1, .direct_fd = -1, .node_fd = -1};
	if (!find_substitute(env, arg->instead, begin))
		return false;
	graph_add_namespace(&live->graph, check_device(env, NAMESPACE_FSDAX, 0));
	live->device = (unsigned int)graph_add_dm(&live->graph, check_name(env, "upgraded", name));
	rc = graph_add_linear(&live->graph, live->device, sectors, 0, 8192);
	if (!rc)
		rc = check_create(env, &live->graph);
	if (!rc)
		rc = dm_device_remove(name, 0);
	snprintf(first, sizeof(first), "0 %d %s", TAIL_SECTORS, begin->what);
	if (!rc)
		rc = dm_device_create(name, first, 0);
	if (!check_setup(env, rc, "making a device of %s (%s)", begin->what, dm_complaint()))
		return false;
	check_equal(env, says_dax(live->graph.devices[live->device].node), 0,
		    "queue/dax of a device of %s", begin->what);
	table = graph_table(&live->graph, live->device);
	rc = change_table(name, table);
	free(table);
	return check_errno(env, rc, 0, "making a device direct that was not (%s)", dm_complaint());
}

static void upgraded(struct check_env *env, const void *data)
{
	const struct type_arg *arg = data;
	const struct live_spec spec = {.fs = arg->fs, .file_bytes = FILE_BYTES, .huge = true};
	struct substitute begin = {.loop_fd = -1};
	struct live live;

	if (upgrade(env, &live, arg, &begin)) {
		check_equal(env, says_dax(live.graph.devices[live.device].node), 1,
			    "queue/dax of a device that became direct");
		if (!live_open(env, &live, &spec)) {
			live_holds(env, &live, "on a device that became direct", 0, FILE_BYTES, 1);
			check_frames(env, live.fd, live.map.base, 0, FILE_BYTES, &live.graph,
				     live.device);
		}
	}
	live_close(env, &live);
	drop_substitute(&begin);
}

/* Once it is direct, it stays so. */
static void stays_direct(struct check_env *env, const void *data)
{
	const struct type_arg *arg = data;
	struct substitute begin = {.loop_fd = -1};
	json_t *seen = json_object();
	struct live live;
	char *table = NULL;

	if (upgrade(env, &live, arg, &begin)) {
		table = tail_table(&live, begin.what, arg->whole);
		check_evidence(env, "%s", table ? table : "no memory");
		if (table)
			try_states(env, &live, table, seen);
		check_observe(env, "load", json_incref(seen));
	}
	json_decref(seen);
	free(table);
	live_close(env, &live);
	drop_substitute(&begin);
}

/* If it can become what is not direct, then nobody may be direct over it. */
static void away(struct check_env *env, const void *data)
{
	const struct type_arg *arg = data;
	const struct live_spec spec = {.fs = arg->fs, .file_bytes = FILE_BYTES};
	struct substitute begin = {.loop_fd = -1};
	struct worker workers[ACCESSES] = {0};
	struct live live;
	char *table;

	if (upgrade(env, &live, arg, &begin) && !live_open(env, &live, &spec) &&
	    !workers_start(env, workers, ACCESSES, &live) &&
	    prepare_accesses(env, &live, workers)) {
		table = other_table(&live.graph, live.device, begin.what,
				    live.extents.list[0].physical_bytes / SECTOR_BYTES,
				    live.extents.list[0].len_bytes / SECTOR_BYTES);
		swap_away(env, &live, live.device, workers, table ? table : "", true);
		free(table);
	}
	if (!workers_end(workers, ACCESSES))
		check_fail(env, "a task cannot be killed");
	live_close(env, &live);
	drop_substitute(&begin);
}

/* ---- zeroing where the table cannot
 * --------------------------------------------------------------- */

/*
 * dax_zero_page_range() is reached from user space by a file that gets longer over whole blocks
 * that it has already: xfs allocates that many at once where it is told so.
 */
enum { LONGER_BYTES = 16 * PAGE_BYTES };

/* The task keeps the file open: xfs gives blocks behind the end back when it is closed. */
static int longer_fd = -1;

/* Where on the device the last of its blocks is goes to work->bytes, in sectors. */
static int place_of_longer(struct work *work)
{
	struct extents extents = {0};
	int rc = extents_read(longer_fd, &extents);
	const struct extent *e = rc ? NULL : extents_find(&extents, LONGER_BYTES - PAGE_BYTES);
	uint64_t sector;

	if (e && !e->unwritten) {
		sector = (e->physical_bytes + LONGER_BYTES - PAGE_BYTES - e->logical_bytes) /
			 SECTOR_BYTES;
		memcpy(work->bytes, &sector, sizeof(sector));
	} else if (!rc) {
		rc = -ENODATA;
	}
	extents_free(&extents);
	return rc;
}

static void make_longer_file(struct live *live, struct work *work)
{
	struct fsxattr attr = {.fsx_xflags = FS_XFLAG_EXTSIZE, .fsx_extsize = LONGER_BYTES};
	char path[sizeof(live->fs.where) + 16];

	snprintf(path, sizeof(path), "%s/longer", live->fs.where);
	longer_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	work->rc = longer_fd < 0 || ioctl(longer_fd, FS_IOC_FSSETXATTR, &attr) < 0 ? -errno : 0;
	if (!work->rc && pwrite(longer_fd, work->bytes, PAGE_BYTES, 0) != PAGE_BYTES)
		work->rc = -EIO;
	if (!work->rc && fsync(longer_fd) < 0)
		work->rc = -errno;
	if (!work->rc)
		work->rc = place_of_longer(work);
}

static void make_longer(struct live *live, struct work *work)
{
	(void)live;
	work->rc = ftruncate(longer_fd, LONGER_BYTES) < 0 ? -errno : 0;
}

static void zero_away(struct check_env *env, struct live *live, struct worker *worker,
		      const char *what)
{
	uint64_t at, len = PAGE_BYTES / SECTOR_BYTES;
	uint64_t sectors = live->graph.devices[live->device].size_sectors;
	bool whole = !strcmp(what, "error") || !strcmp(what, "zero");
	char *table = graph_table(&live->graph, live->device), *away, text[32];
	int rc;

	memcpy(&at, worker_work(worker)->bytes, sizeof(at));
	away = other_table(&live->graph, live->device, what, whole ? 0 : at, whole ? sectors : len);
	rc = change_table(live_name(live), away);
	check_evidence(env, "%s", away);
	check_observe(env, "load", json_string(errno_name(rc)));
	if (!rc) {
		worker_ask(worker, make_longer, 0, 0, 0);
		workers_finish(worker, 1, LIMIT_MS);
		check_that(env, worker->state == WORK_DONE && worker_work(worker)->rc < 0,
			   "zeroing fails over a table that cannot (it is: %s)",
			   worker_outcome(worker, text));
		check_observe(env, "ftruncate", json_string(worker_outcome(worker, text)));
	}
	/* A task that died in the kernel has left its locks behind: whatever we did to the device
	 * or the filesystem would never end. */
	if (!rc && worker->state == WORK_DONE) {
		rc = change_table(live_name(live), table);
		if (check_errno(env, rc, 0, "swapping the old table in again"))
			live_holds(env, live, "back on the old table", 0, WINDOW_BYTES, 1);
	}
	free(table);
	free(away);
}

static void zero_range(struct check_env *env, const void *data)
{
	const struct type_arg *arg = data;
	const struct live_spec spec = {.fs = arg->fs, .file_bytes = FILE_BYTES};
	struct substitute instead = {.loop_fd = -1};
	struct worker worker = {0};
	struct live live;
	bool good;

	if (arg->instead == ZERO || arg->instead == ERROR)
		good = find_substitute(env, arg->instead, &instead) &&
		       !live_linear(env, &live, 1, 1, &spec);
	else
		good = upgrade(env, &live, arg, &instead) && !live_open(env, &live, &spec);
	if (good && !workers_start(env, &worker, 1, &live) &&
	    worker_do(env, &worker, "preparing a file", make_longer_file, 0, 0, 0))
		zero_away(env, &live, &worker, instead.what);
	if (!worker.shared || worker.state == WORK_DONE) {
		workers_end(&worker, 1);
		live_close(env, &live);
	}
	drop_substitute(&instead);
}

/* ---- table ------------------------------------------------------------------------------------
 */

static const char *const needs_ext4[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "fs:xfs", NULL};
static const char *const needs_two[] = {"device:fsdax:2", NULL};
static const char *const needs_raw[] = {"device:fsdax", "device:raw", "fs:ext4", NULL};
static const char *const needs_raw_xfs[] = {"device:fsdax", "device:raw", "fs:xfs", NULL};
static const char *const needs_sector[] = {"device:fsdax", "device:sector", "fs:ext4", NULL};
static const char *const needs_brd[] = {"device:fsdax", "module:brd", "fs:ext4", NULL};
static const char *const needs_loop[] = {"device:fsdax", "module:loop", "fs:ext4", NULL};

static const struct type_arg zero = {.fs = "ext4", .instead = ZERO};
static const struct type_arg error = {.fs = "ext4", .instead = ERROR};
static const struct type_arg raw = {.fs = "ext4", .instead = RAW};
static const struct type_arg sector = {.fs = "ext4", .instead = SECTOR};
static const struct type_arg brd = {.fs = "ext4", .instead = BRD};
static const struct type_arg loop = {.fs = "ext4", .instead = LOOP};
static const struct type_arg error_xfs = {.fs = "xfs", .instead = ERROR};
static const struct type_arg zero_xfs = {.fs = "xfs", .instead = ZERO};
static const struct type_arg raw_xfs = {.fs = "xfs", .instead = RAW};
static const struct type_arg error_lower = {.fs = "ext4", .instead = ERROR, .lower = true};

#define TYPE_RULE                                                                                  \
	"commit 545ed20e6df6 (dm: add infrastructure for DAX support): the type assures that all " \
	"devices of the table support DAX and remain that way; a table of another type fails"
#define INACTIVE                                                                                  \
	"linux/dm-ioctl.h, DM_TABLE_LOAD: a table is loaded into the inactive slot; DM_SUSPEND: " \
	"on resume it becomes the active one, the old one is destroyed"
#define WIPE                                                                                      \
	"dmsetup(8) wipe_table: a table that fails any new I/O, devices held by the old one are " \
	"released; Documentation/ABI/stable/sysfs-block, queue/dax"
#define UPGRADE                                                                               \
	"commit \"dm: allow bio-based table to be upgraded to bio-based with DAX support\"; " \
	"Documentation/ABI/stable/sysfs-block, queue/dax"
#define REFUSED                                                                        \
	"a direct device refuses a table that is not, idle, open, mounted, mapped or " \
	"suspended, and goes on with the old one"
#define WITHOUT                                                                                   \
	"over a table without memory every new access fails, the old member keeps its bytes and " \
	"is free, nothing claims DAX; back on the old table everything is as it was"
#define DIRECT                                                                                  \
	"a device that was not direct and gets a table that is, is direct in all that it says " \
	"and does"
#define STAYS "a device that became direct refuses a table that is not, as any direct one"
#define AWAY \
	"no access is direct over a table that is not: it fails, or the old table is still live"
#define ZEROING                                                                               \
	"zeroing through DAX over a table that has no memory there fails with an errno, and " \
	"the kernel stays well"

#define PLANTS (PLANT_VALUE | PLANT_BYTE | PLANT_STACK)

/* Their device is made twice, the second time with the table of the model. */
#define UPGRADED_ITEM(NAME, NEEDS, RUN, ARG, PROMISE, BY, PLANTED)                             \
	{                                                                                      \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = NEEDS, .plants = PLANTED, \
		.run = RUN, .arg = ARG                                                         \
	}

#define ITEM(NAME, NEEDS, RUN, ARG, PROMISE, BY)                                              \
	{                                                                                     \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = NEEDS, .plants = PLANTS, \
		.run = RUN, .arg = ARG                                                        \
	}

static const struct check_item items[] = {
	{
		.name = "refused.raw",
		.promise = REFUSED,
		.by = TYPE_RULE,
		.needs = needs_raw,
		.flags = CHECK_QUICK,
		.plants = PLANTS | PLANT_FRAME | PLANT_DMESG,
		.run = refused,
		.arg = &raw,
	},
	ITEM("refused.sector", needs_sector, refused, &sector, REFUSED, TYPE_RULE),
	ITEM("refused.brd", needs_brd, refused, &brd, REFUSED, TYPE_RULE),
	ITEM("refused.loop", needs_loop, refused, &loop, REFUSED, TYPE_RULE),
	ITEM("refused.zero_tail", needs_ext4, refused, &zero, REFUSED, TYPE_RULE),
	ITEM("refused.error_tail", needs_ext4, refused, &error, REFUSED, TYPE_RULE),
	ITEM("same_type", needs_two, same_type, NULL,
	     "a table of the same type on other members is live after the resume and not before, "
	     "and the old member is free",
	     INACTIVE),
	ITEM("error", needs_ext4, without_members, &error, WITHOUT, WIPE),
	ITEM("error.xfs", needs_xfs, without_members, &error_xfs, WITHOUT, WIPE),
	ITEM("error.lower", needs_ext4, without_members, &error_lower, WITHOUT, WIPE),
	ITEM("zero", needs_ext4, without_members, &zero, WITHOUT, TYPE_RULE),
	UPGRADED_ITEM("upgraded.from_error", needs_ext4, upgraded, &error, DIRECT, UPGRADE,
		      PLANT_VALUE | PLANT_BYTE | PLANT_FRAME),
	UPGRADED_ITEM("upgraded.from_zero", needs_ext4, upgraded, &zero, DIRECT, UPGRADE,
		      PLANT_VALUE | PLANT_BYTE | PLANT_FRAME),
	UPGRADED_ITEM("upgraded.from_raw", needs_raw, upgraded, &raw, DIRECT, UPGRADE,
		      PLANT_VALUE | PLANT_BYTE | PLANT_FRAME),
	UPGRADED_ITEM("upgraded.away", needs_raw, away, &raw, AWAY, TYPE_RULE,
		      PLANT_VALUE | PLANT_BYTE),
	UPGRADED_ITEM("upgraded.stays", needs_raw, stays_direct, &raw, STAYS, TYPE_RULE,
		      PLANT_VALUE),
	ITEM("zeroing.error", needs_xfs, zero_range, &error_xfs, ZEROING, WIPE),
	ITEM("zeroing.zero", needs_xfs, zero_range, &zero_xfs, ZEROING, TYPE_RULE),
	{
		.name = "zeroing.raw",
		.promise = ZEROING,
		.by = TYPE_RULE,
		.needs = needs_raw_xfs,
		.flags = CHECK_EMULATED | CHECK_SPOILS,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = zero_range,
		.arg = &raw_xfs,
	},
	{0},
};

const struct check_family check_tabletype = {
	.name = "tabletype",
	.why = "what a live device may become, and what it may claim then",
	.items = items,
};
