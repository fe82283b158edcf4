// SPDX-License-Identifier: GPL-2.0-only
#include "check/layout/table_oracle.h"

#include "check/layout/guards.h"
#include "lib/dev/graph_map.h"
#include "lib/dev/partition.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_ID = 1,
	IO_BYTES = 1 << 20,
	OUTSIDE_MAX = 16, /* pieces that are reported to the driver */
};

struct table_oracle {
	struct check_env *env;
	struct graph *g;
	unsigned int top;
	const char *fs_type;
	struct table_oracle_result result;
	struct check_fs fs;
	struct graph_map guards;	  /* outside what the device uses */
	int below_fds[GRAPH_DEVICES_MAX]; /* of namespaces, O_DIRECT; else -1 */
	int fd, direct_fd, node_fd;	  /* the file, it with O_DIRECT, the device with O_DIRECT */
	char *bytes, *bounce;		  /* the whole file; IO_BYTES */
	uint64_t len_bytes, most_bytes;
	struct extents extents;
	struct graph_map below; /* of the file, in the order of the namespaces */
	uint32_t generation;
};

/* ---- messages -------------------------------------------------------------------------------- */

/* Whether the table splits no page: known bugs depend on it. */
static bool is_paged(const struct graph *g)
{
	return graph_is_paged(g, g->n - 1);
}

static void report_table(struct table_oracle *t)
{
	char *text = graph_dmsetup(t->g);
	struct graph_map map;
	uint64_t at;

	check_evidence(t->env, "%s", text ? text : "(no memory for the table)");
	free(text);
	if (!graph_map_device(t->g, t->top, &map) && graph_map_misaligned(&map, PAGE_BYTES, &at))
		check_evidence(
			t->env,
			"the first page that is not contiguous in memory begins at sector %" PRIu64
			" of the device",
			at / SECTOR_BYTES);
	graph_map_free(&map);
}

/* Part of every message: known bugs match it. */
static const char *kind_text(const struct table_oracle *t)
{
	return is_paged(t->g) ? "table of whole pages" : "table that splits pages";
}

static void set_wrong(struct table_oracle *t, enum table_oracle_wrong wrong)
{
	if (t->result.wrong == TABLE_ORACLE_RIGHT)
		t->result.wrong = wrong;
}

/* Where a byte of the file is placed, for messages. */
static void place_text(const struct table_oracle *t, uint64_t offset, char *text, size_t len)
{
	const struct extent *e = extents_find(&t->extents, offset);
	struct graph_place place;
	uint64_t at;

	snprintf(text, len, "nowhere");
	if (!e)
		return;
	at = e->physical_bytes + offset - e->logical_bytes;
	if (!graph_resolve(t->g, t->top, at, &place))
		snprintf(text, len,
			 "device sector %" PRIu64 ", which is sector %" PRIu64 " of %s and %" PRIu64
			 " bytes to the end of its segment",
			 at / SECTOR_BYTES, place.offset_bytes / SECTOR_BYTES,
			 t->g->devices[place.device].node, place.contiguous_bytes);
}

static int access_failed(struct table_oracle *t, const char *what, uint64_t offset,
			 const char *error)
{
	char place[200];

	place_text(t, offset, place, sizeof(place));
	check_fail(t->env, "%s, %s: %s at file offset %" PRIu64 " ended with %s; that is %s",
		   kind_text(t), t->result.dax ? "DAX granted" : "without DAX", what, offset, error,
		   place);
	set_wrong(t, TABLE_ORACLE_ACCESS);
	return -EIO;
}

/* ---- paths: each moves the whole file from or to t->bytes -- */

/* Reads or writes all; *where: the bytes moved before an error.  Returns 0 or -errno. */
static int move(int fd, char *bytes, uint64_t len, uint64_t at, bool store, uint64_t *where)
{
	for (*where = 0; *where < len;) {
		ssize_t n = store ? pwrite(fd, bytes + *where, len - *where, (off_t)(at + *where))
				  : pread(fd, bytes + *where, len - *where, (off_t)(at + *where));

		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		*where += (uint64_t)n;
	}
	return 0;
}

static int move_file(struct table_oracle *t, int fd, bool store, const char *what)
{
	uint64_t where;
	int rc = move(fd, t->bytes, t->len_bytes, 0, store, &where);

	return rc < 0 ? access_failed(t, what, where, strerrorname_np(-rc)) : 0;
}

static int by_call(struct table_oracle *t, bool store)
{
	return move_file(t, t->fd, store, store ? "write(2)" : "read(2)");
}

static int by_direct_call(struct table_oracle *t, bool store)
{
	return move_file(t, t->direct_fd, store,
			 store ? "write(2) with O_DIRECT" : "read(2) with O_DIRECT");
}

static int by_mapping(struct table_oracle *t, bool store)
{
	struct check_touch touch;
	struct mapping m = {0};
	char error[80];
	int rc = 0;

	/* Anew each time: without DAX, a page that is mapped stays in the page cache. */
	rc = mapping_make(&m, t->fd, t->len_bytes, MAP_SHARED, true);
	if (rc < 0)
		return access_failed(t, "mmap(2)", 0, strerrorname_np(-rc));
	touch = store ? check_copy(m.base, t->bytes, t->len_bytes)
		      : check_copy(t->bytes, m.base, t->len_bytes);
	if (touch.signal) {
		uint64_t at = (uint64_t)((char *)touch.address - m.base);

		snprintf(error, sizeof(error), "SIG%s (code %d)", sigabbrev_np(touch.signal),
			 touch.code);
		rc = access_failed(
			t, store ? "a store through the mapping" : "a load through the mapping",
			at < t->len_bytes ? at : 0, error);
	} else if (store && msync(m.base, t->len_bytes, MS_SYNC) < 0) {
		rc = access_failed(t, "msync(2) of the mapping", 0, strerrorname_np(errno));
	}
	mapping_drop(&m);
	return rc;
}

static int by_device(struct table_oracle *t, bool store)
{
	for (size_t i = 0; i < t->extents.n; i++) {
		const struct extent *e = &t->extents.list[i];
		uint64_t where;
		int rc = move(t->node_fd, t->bytes + e->logical_bytes, e->len_bytes,
			      e->physical_bytes, store, &where);

		if (rc < 0)
			return access_failed(t, store ? "a bio write" : "a bio read",
					     e->logical_bytes + where, strerrorname_np(-rc));
	}
	return 0;
}

/* Pieces that are adjacent on a namespace go in one request, wherever they are in the file.
 * Returns their number and length. */
static size_t find_run(const struct graph_map *below, size_t first, uint64_t *len)
{
	const struct graph_piece *p = &below->list[first];
	size_t n = 1;

	*len = p->len_bytes;
	while (first + n < below->n && below->list[first + n].device == p->device &&
	       below->list[first + n].offset_bytes == p->offset_bytes + *len &&
	       *len + below->list[first + n].len_bytes <= IO_BYTES)
		*len += below->list[first + n++].len_bytes;
	return n;
}

/* Between the bounce buffer and the file's bytes. */
static void scatter(struct table_oracle *t, const struct graph_piece *pieces, size_t n, bool store)
{
	char *bounce = t->bounce;

	for (size_t i = 0; i < n; i++) {
		char *bytes = t->bytes + pieces[i].at_bytes;

		memcpy(store ? bounce : bytes, store ? bytes : bounce, pieces[i].len_bytes);
		bounce += pieces[i].len_bytes;
	}
}

static int by_namespaces(struct table_oracle *t, bool store)
{
	size_t n;

	for (size_t i = 0; i < t->below.n; i += n) {
		const struct graph_piece *p = &t->below.list[i];
		uint64_t len, where;
		bool bounced;
		int rc;

		n = find_run(&t->below, i, &len);
		bounced = n > 1; /* a single one may be longer than the buffer */
		if (bounced && store)
			scatter(t, p, n, true);
		rc = move(t->below_fds[p->device], bounced ? t->bounce : t->bytes + p->at_bytes,
			  len, p->offset_bytes, store, &where);
		if (rc < 0)
			return access_failed(t,
					     store ? "a bio write of the namespace"
						   : "a bio read of the namespace",
					     p->at_bytes, strerrorname_np(-rc));
		if (bounced && !store)
			scatter(t, p, n, false);
	}
	return 0;
}

static const struct path {
	const char *name;
	int (*move)(struct table_oracle *t, bool store);
} paths[] = {
	{"the mapping", by_mapping},
	{"read(2) and write(2)", by_call},
	{"O_DIRECT", by_direct_call},
	{"bios of the device", by_device},
	{"bios of the namespaces", by_namespaces},
};

enum { N_PATHS = sizeof(paths) / sizeof(paths[0]) };

/* Drops the file from the page cache, so that a cached copy is not read in place of the device.
 * DAX has no such copies. */
static int drop_cache(struct table_oracle *t)
{
	if (fsync(t->fd) < 0)
		return access_failed(t, "fsync(2)", 0, strerrorname_np(errno));
	posix_fadvise(t->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

static bool bytes_are_right(struct table_oracle *t, const struct path *from, const struct path *to)
{
	char path[200];
	int rc = drop_cache(t);

	if (!rc)
		rc = from->move(t, false);
	if (rc < 0)
		return false;
	snprintf(path, sizeof(path), "%s, %s: written through %s, read through %s", kind_text(t),
		 t->result.dax ? "DAX granted" : "without DAX", to->name, from->name);
	if (check_bytes(t->env, path, t->bytes, t->len_bytes, FILE_ID, 0, t->generation))
		return true;
	set_wrong(t, TABLE_ORACLE_BYTES);
	return false;
}

/* Each path writes a generation of its own, all others read it. */
static bool each_path(struct table_oracle *t)
{
	for (size_t w = 0; w < N_PATHS; w++) {
		t->generation++;
		stamp_fill(t->bytes, t->len_bytes, FILE_ID, 0, t->generation);
		if (drop_cache(t) < 0 || paths[w].move(t, true) < 0)
			return false;
		for (size_t r = 0; r < N_PATHS; r++)
			if (r != w && !bytes_are_right(t, &paths[r], &paths[w]))
				return false;
	}
	return true;
}

static void frames(struct table_oracle *t)
{
	struct mapping m;
	int rc = mapping_make(&m, t->fd, t->len_bytes, MAP_SHARED, true);

	if (!check_setup(t->env, rc, "mapping the file")) {
		set_wrong(t, TABLE_ORACLE_BROKEN);
		return;
	}
	if (!check_frames(t->env, t->fd, m.base, 0, t->len_bytes, t->g, t->top))
		set_wrong(t, TABLE_ORACLE_FRAME);
	mapping_drop(&m);
}

/* ---- bytes outside the device -- */

static void check_guards(struct table_oracle *t)
{
	struct guard_change change;
	int rc = guards_find_change(&t->guards, t->below_fds, &change);

	if (!check_setup(t->env, rc < 0 ? rc : 0, "reading %s outside the device",
			 t->g->devices[change.device].node)) {
		set_wrong(t, TABLE_ORACLE_BROKEN);
	} else if (rc) {
		check_fail(t->env,
			   "%s, %s: sector %" PRIu64
			   " of %s is outside the device, but was changed: it holds %s",
			   kind_text(t), t->result.dax ? "DAX granted" : "without DAX",
			   change.offset_bytes / SECTOR_BYTES, t->g->devices[change.device].node,
			   change.found);
		set_wrong(t, TABLE_ORACLE_OTHERS);
	}
}

/* Stores a last generation through the mapping, and reports its pieces to the driver of the
 * emulated host, which reads the DIMM's backing file. */
static void report_outside(struct table_oracle *t)
{
	t->generation++;
	stamp_fill(t->bytes, t->len_bytes, FILE_ID, 0, t->generation);
	if (by_mapping(t, true) < 0)
		return;
	for (size_t i = 0; i < t->below.n && i < OUTSIDE_MAX; i++) {
		const struct graph_piece *p = &t->below.list[i];

		check_outside(t->env, t->g->devices[p->device].ns, p->offset_bytes, p->len_bytes,
			      FILE_ID, p->at_bytes, t->generation);
	}
}

/* ---- set-up -- */

/* The number to give a partition: the first of a disk is 1.  graph_parse() named its node so. */
static unsigned int partition_number(const struct graph *g, unsigned int device)
{
	unsigned int number = 1;

	for (unsigned int i = 0; i < device; i++)
		number += g->devices[i].kind == GRAPH_PARTITION &&
			  g->devices[i].on.device == g->devices[device].on.device;
	return number;
}

static int make_devices(struct table_oracle *t)
{
	int rc = 0;

	for (unsigned int i = 0; i < t->g->n && !rc; i++) {
		struct graph_device *d = &t->g->devices[i];

		if (d->kind == GRAPH_PARTITION)
			rc = partition_add(t->g->devices[d->on.device].node,
					   partition_number(t->g, i), d->on.offset_sectors,
					   d->size_sectors, d->node);
	}
	return rc ? rc : check_create(t->env, t->g);
}

static void drop_devices(struct table_oracle *t)
{
	int rc = graph_destroy(t->g);

	if (!check_setup(t->env, rc, "removing the devices"))
		set_wrong(t, TABLE_ORACLE_BROKEN);
	for (unsigned int i = 0; i < t->g->n; i++) {
		const struct graph_device *d = &t->g->devices[i];

		if (d->kind != GRAPH_PARTITION)
			continue;
		rc = partition_remove(t->g->devices[d->on.device].node, partition_number(t->g, i));
		if (check_setup(t->env, rc, "removing the partition %s", d->node))
			continue;
		set_wrong(t, TABLE_ORACLE_BROKEN);
	}
}

static int open_below(struct table_oracle *t)
{
	for (unsigned int i = 0; i < t->g->n; i++) {
		if (t->g->devices[i].kind != GRAPH_NAMESPACE)
			continue;
		t->below_fds[i] = open(t->g->devices[i].node, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (t->below_fds[i] < 0)
			return -errno;
	}
	return 0;
}

/* With DAX, or without if that is refused.  Returns 0 or -errno. */
static int mount_as_granted(struct table_oracle *t)
{
	struct check_fs *fs = &t->fs;
	const char *plain = strcmp(t->fs_type, "xfs") ? "" : "nouuid";
	char dax[64];

	fs->fs = (struct fs){.type = t->fs_type, .node = fs->node, .where = fs->where};
	snprintf(fs->node, sizeof(fs->node), "%s", t->g->devices[t->top].node);
	snprintf(fs->where, sizeof(fs->where), "%s/mnt", t->env->directory);
	snprintf(dax, sizeof(dax), "dax=always%s%s", plain[0] ? "," : "", plain);
	if (mkdir(fs->where, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (mount(fs->node, fs->where, t->fs_type, 0, dax) < 0 &&
	    mount(fs->node, fs->where, t->fs_type, 0, plain) < 0)
		return -errno;
	fs->fs.mounted = true;
	return 0;
}

/* A file as large as the filesystem has room for.  Returns 0 or -errno. */
static int make_file(struct table_oracle *t)
{
	char path[sizeof(t->fs.where) + 16];
	int rc;

	snprintf(path, sizeof(path), "%s/file", t->fs.where);
	t->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return -errno;
	rc = fs_file_is_dax(t->fd);
	if (rc < 0)
		return rc;
	t->result.dax = rc;
	rc = extents_fallocate_all(t->fd, t->most_bytes, &t->len_bytes);
	if (!rc && fsync(t->fd) < 0)
		rc = -errno;
	t->direct_fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (!rc && t->direct_fd < 0)
		rc = -errno;
	return rc;
}

/* Everything that the paths need.  Returns 0 or -errno. */
static int prepare(struct table_oracle *t)
{
	int rc = fs_make(t->fs_type, t->g->devices[t->top].node, 0);

	if (!rc)
		rc = mount_as_granted(t);
	if (!rc)
		rc = make_file(t);
	if (!rc)
		rc = extents_read(t->fd, &t->extents);
	if (!rc)
		rc = extents_map(&t->extents, (struct backing){t->g, t->top}, &t->below);
	graph_map_sort_below(&t->below);
	if (!rc) {
		t->node_fd = open(t->fs.node, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (t->node_fd < 0)
			rc = -errno;
	}
	if (!rc && posix_memalign((void **)&t->bytes, PAGE_BYTES, t->len_bytes))
		rc = -ENOMEM;
	return rc;
}

static void tear_down(struct table_oracle *t, bool leave)
{
	int fds[] = {t->fd, t->direct_fd, t->node_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	for (unsigned int i = 0; i < GRAPH_DEVICES_MAX; i++)
		if (t->below_fds[i] >= 0)
			close(t->below_fds[i]);
	if (t->fs.fs.mounted && check_unmount(t->env, &t->fs) < 0)
		set_wrong(t, TABLE_ORACLE_BROKEN);
	if (!leave && t->g->devices[t->top].node[0] && !t->result.table_rc)
		namespace_wipe_signatures(t->g->devices[t->top].node);
	drop_devices(t);
	free(t->bytes);
	free(t->bounce);
	extents_free(&t->extents);
	graph_map_free(&t->below);
	graph_map_free(&t->guards);
}

struct table_oracle_result table_oracle_run(struct check_env *env, struct graph *g,
					    const char *fs_type, uint64_t most_bytes, bool outside)
{
	struct table_oracle t = {.env = env,
				 .g = g,
				 .top = g->n - 1,
				 .fs_type = fs_type,
				 .most_bytes = most_bytes,
				 .fd = -1,
				 .direct_fd = -1,
				 .node_fd = -1};
	int rc;

	for (unsigned int i = 0; i < GRAPH_DEVICES_MAX; i++)
		t.below_fds[i] = -1;
	rc = posix_memalign((void **)&t.bounce, PAGE_BYTES, IO_BYTES) ? -ENOMEM : open_below(&t);
	if (!rc)
		rc = guards_make(g, t.top, t.below_fds, &t.guards);
	if (!check_setup(env, rc, "writing around the device")) {
		set_wrong(&t, TABLE_ORACLE_BROKEN);
		tear_down(&t, false);
		return t.result;
	}
	t.result.table_rc = make_devices(&t);
	if (!t.result.table_rc) {
		rc = prepare(&t);
		if (!check_setup(env, rc, "creating %s and a file on the device", fs_type))
			set_wrong(&t, TABLE_ORACLE_BROKEN);
		else if (each_path(&t) && t.result.dax)
			frames(&t);
		check_guards(&t);
	}
	if (t.result.wrong != TABLE_ORACLE_RIGHT)
		report_table(&t);
	else if (outside && !t.result.table_rc)
		report_outside(&t);
	tear_down(&t, outside);
	return t.result;
}

const char *table_oracle_answer(const struct table_oracle_result *result)
{
	if (result->table_rc)
		return "the table is refused";
	return result->dax ? "DAX" : "no DAX";
}
