// SPDX-License-Identifier: GPL-2.0-only
#include "check/boundary/edge.h"

#include "check/fixture/bio.h"
#include "lib/dev/sketch.h"
#include "lib/dev/survey.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- borders ----------------------------------------------------------------------------- */

/* Whether the filesystem keeps [from, to) of the file together, so that a border within is of the
 * table's making. */
static bool is_together(const struct extents *extents, uint64_t from, uint64_t to)
{
	const struct extent *e = extents_find(extents, from);

	return e && to <= e->logical_bytes + e->len_bytes;
}

/* Borders with room on both sides, and apart from each other: from the first to the last, spread
 * evenly. */
static void find_borders(struct edges *e, const struct extents *extents, struct survey *survey)
{
	enum { PICKS = EDGES_MAX - 1 }; /* one may be the end of the device */
	size_t n = 0;

	/* Those that will do come to the front of the list. */
	for (size_t i = 1; i < survey->n; i++) {
		uint64_t at = survey->list[i].at_bytes;

		if (at < EDGE_SIDE || at + EDGE_SIDE > e->len_bytes ||
		    !is_together(extents, at - EDGE_SIDE, at + EDGE_SIDE))
			continue;
		survey->list[n++] = survey->list[i];
	}
	for (size_t i = 0; i < PICKS && n; i++) {
		uint64_t at = survey->list[i * (n - 1) / (PICKS - 1)].at_bytes;

		if (e->n && at < e->list[e->n - 1].end_bytes + EDGE_SIDE)
			continue;
		e->list[e->n++] = (struct edge){at - EDGE_SIDE, at, at + EDGE_SIDE};
	}
}

/* The end of the device, if the file owns it. */
static bool find_device_end(struct edges *e, const struct extents *extents)
{
	uint64_t size = e->graph.devices[e->device].size_sectors * SECTOR_BYTES;

	for (size_t i = 0; i < extents->n; i++) {
		const struct extent *x = &extents->list[i];
		uint64_t end = x->logical_bytes + x->len_bytes;

		if (x->physical_bytes + x->len_bytes != size || x->len_bytes < EDGE_SIDE)
			continue;
		e->list[e->n++] = (struct edge){end - EDGE_SIDE, end, end};
		return true;
	}
	return false;
}

static int find_edges(struct edges *e, unsigned int borders, bool device_end)
{
	struct survey survey = {0};
	struct extents extents;
	int rc = extents_read(e->fd, &extents);

	if (!rc)
		rc = survey_file(&e->graph, e->device, &extents, &survey);
	if (check_setup(e->env, rc, "finding what the file stands on")) {
		find_borders(e, &extents, &survey);
		if (e->n < borders) {
			check_broken(e->env,
				     "the file has %u borders with room around them, not %u", e->n,
				     borders);
			rc = -ENOENT;
		} else if (device_end && !find_device_end(e, &extents)) {
			check_broken(e->env, "the file does not own the end of the device");
			rc = -ENOENT;
		}
	}
	survey_free(&survey);
	extents_free(&extents);
	return rc;
}

bool edge_is_there(const struct edges *e, const struct edge *edge)
{
	struct survey survey = {0};
	struct extents extents;
	bool there = !extents_read(e->fd, &extents);

	if (!there)
		return false;
	there = edge->end_bytes == edge->at_bytes ||
		(is_together(&extents, edge->begin_bytes, edge->end_bytes) &&
		 !survey_file(&e->graph, e->device, &extents, &survey));
	if (survey.n) {
		there = false;
		for (size_t i = 0; i < survey.n; i++)
			there = there || survey.list[i].at_bytes == edge->at_bytes;
	}
	survey_free(&survey);
	extents_free(&extents);
	return there;
}

/* ---- set-up ------------------------------------------------------------------------------ */

static int make_device(struct edges *e, const char *sketch)
{
	struct check_env *env = e->env;
	char name[64];
	int rc = 0;

	for (unsigned int i = 0; i < 2 && rc >= 0; i++) {
		const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, i);

		rc = ns ? graph_add_namespace(&e->graph, ns) : -ENODEV;
	}
	if (rc >= 0)
		rc = graph_sketch(&e->graph, check_name(env, "", name), sketch);
	if (!check_setup(env, rc, "the table %s", sketch))
		return rc;
	e->device = (unsigned int)rc;
	for (unsigned int i = 0; i < e->device; i++) {
		if (e->graph.devices[i].kind != GRAPH_NAMESPACE)
			continue;
		e->below_fds[i] = open(e->graph.devices[i].node, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (!check_setup(env, e->below_fds[i] < 0 ? -errno : 0, "opening %s",
				 e->graph.devices[i].node))
			return -ENODEV;
	}
	rc = check_create(env, &e->graph);
	check_setup(env, rc, "making the device %s", sketch);
	return rc;
}

/* ext4 keeps some blocks for its trees, and those at the end of the device: it shall not. */
static int give_reserve_up(const struct edges *e)
{
	char link[64], target[256], path[320];
	int fd, rc;
	ssize_t n;

	snprintf(link, sizeof(link), "/sys/dev/block/%s", e->graph.devices[e->device].numbers);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	snprintf(path, sizeof(path), "/sys/fs/ext4/%s/reserved_clusters",
		 strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = write(fd, "0", 1) == 1 ? 0 : -errno;
	close(fd);
	return rc;
}

/* The last blocks too; in exchange the trees get room where nobody looks. */
static int take_the_end(struct edges *e)
{
	const uint64_t room_bytes = 16 * PAGE_BYTES;
	int rc = 0;

	while (!rc) {
		rc = fallocate(e->fd, 0, (off_t)e->len_bytes, PAGE_BYTES) < 0 ? -errno : 0;
		if (!rc)
			e->len_bytes += PAGE_BYTES;
	}
	if (rc != -ENOSPC)
		return rc;
	rc = fallocate(e->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		       (off_t)(e->len_bytes / 3 / PAGE_BYTES * PAGE_BYTES), (off_t)room_bytes);
	return rc < 0 ? -errno : 0;
}

/* A file that takes all the room there is, and holds nothing. */
static int make_file(struct edges *e, bool device_end)
{
	char path[sizeof(e->fs.where) + 16];
	int rc = device_end ? give_reserve_up(e) : 0;

	snprintf(path, sizeof(path), "%s/file", e->fs.where);
	e->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (!rc)
		rc = e->fd < 0 ? -errno : fallocate_all(e->fd, UINT64_MAX, &e->len_bytes);
	if (!rc && device_end)
		rc = take_the_end(e);
	if (!rc && fsync(e->fd) < 0)
		rc = -errno;
	check_setup(e->env, rc, "filling the filesystem with %s", path);
	return rc;
}

int edges_open(struct check_env *env, struct edges *e, const char *sketch, const char *fs,
	       uint64_t file_bytes, unsigned int borders, bool device_end)
{
	int rc;

	*e = (struct edges){.env = env, .fd = -1, .node_fd = -1};
	for (unsigned int i = 0; i < GRAPH_DEVICES_MAX; i++)
		e->below_fds[i] = -1;
	rc = make_device(e, sketch);
	if (!rc)
		rc = check_mount(env, fs, e->graph.devices[e->device].node, 0, &e->fs);
	if (rc < 0)
		return rc;
	if (file_bytes) {
		e->len_bytes = file_bytes;
		e->fd = check_file(env, &e->fs, "file", file_bytes, EDGE_FILE, 1);
		rc = e->fd < 0 ? e->fd : 0;
	} else {
		rc = make_file(e, device_end);
		if (!rc)
			rc = find_edges(e, borders, device_end);
	}
	if (rc < 0)
		return rc;
	e->node_fd = open(e->fs.node, O_RDWR | O_DIRECT | O_CLOEXEC);
	rc = e->node_fd < 0 ? -errno : 0;
	if (!rc)
		rc = mapping_make(&e->map, e->fd, e->len_bytes, MAP_SHARED, true);
	check_setup(env, rc, "mapping the file");
	return rc;
}

void edges_close(struct edges *e)
{
	if (e->map.base)
		mapping_drop(&e->map);
	if (e->fd >= 0)
		close(e->fd);
	if (e->node_fd >= 0)
		close(e->node_fd);
	for (unsigned int i = 0; i < GRAPH_DEVICES_MAX; i++)
		if (e->below_fds[i] >= 0)
			close(e->below_fds[i]);
	if (e->fs.fs.mounted)
		check_unmount(e->env, &e->fs);
	check_setup(e->env, graph_destroy(&e->graph), "removing the devices");
}

/* ---- what must be there ------------------------------------------------------------------ */

void edge_expect(struct edges *e, const struct edge *edge, uint64_t offset_bytes, size_t len,
		 char *bytes)
{
	if (bytes) {
		e->last = e->last == UINT8_MAX ? 1 : e->last + 1;
		stamp_fill(bytes, len, EDGE_FILE, offset_bytes, e->last);
	}
	memset(&e->generation[offset_bytes - edge->begin_bytes], bytes ? e->last : 0, len);
}

int edge_fill(struct edges *e, const struct edge *edge)
{
	size_t len = edge->end_bytes - edge->begin_bytes;
	char bytes[EDGE_BYTES];
	ssize_t n;

	edge_expect(e, edge, edge->begin_bytes, len, bytes);
	n = pwrite(e->fd, bytes, len, (off_t)edge->begin_bytes);
	if (n == (ssize_t)len && !fsync(e->fd))
		return 0;
	check_fail(e->env, "write(2) of %zu bytes at file offset %" PRIu64 " brought %s", len,
		   edge->begin_bytes, n < 0 ? strerrorname_np(errno) : "less");
	return -EIO;
}

/* ---- looking ----------------------------------------------------------------------------- */

/* Whether bytes, which are of offset_bytes on, are what is expected: run by run of the same
 * generation. */
static bool are_right(struct edges *e, const struct edge *edge, const char *path, char *bytes,
		      uint64_t offset_bytes, size_t len)
{
	const uint8_t *want = &e->generation[offset_bytes - edge->begin_bytes];

	for (size_t at = 0, n; at < len; at += n) {
		for (n = 1; at + n < len && want[at + n] == want[at];)
			n++;
		if (want[at]) {
			if (!check_bytes(e->env, path, bytes + at, n, EDGE_FILE, offset_bytes + at,
					 want[at]))
				return false;
			continue;
		}
		for (size_t i = at; i < at + n; i++)
			if (bytes[i]) {
				check_fail(e->env,
					   "%s: the byte at file offset %" PRIu64
					   " is %#x, it must be zero (the border is at %" PRIu64
					   ")",
					   path, offset_bytes + i, (unsigned char)bytes[i],
					   edge->at_bytes);
				return false;
			}
	}
	return true;
}

static const char *name_path(char text[160], const char *after, const char *path)
{
	snprintf(text, 160, "after %s, read through %s", after, path);
	return text;
}

bool edge_look_mapped(struct edges *e, const struct edge *edge, uint64_t offset_bytes, size_t len,
		      const char *after)
{
	char bytes[EDGE_BYTES], path[160];
	struct check_touch touch = check_copy(bytes, e->map.base + offset_bytes, len);

	name_path(path, after, "the mapping");
	if (!touch.signal)
		return are_right(e, edge, path, bytes, offset_bytes, len);
	check_fail(e->env, "%s: a load at file offset %" PRIu64 " on brought SIG%s, code %d", path,
		   offset_bytes, sigabbrev_np(touch.signal), touch.code);
	return false;
}

bool edge_look_read(struct edges *e, const struct edge *edge, uint64_t offset_bytes, size_t len,
		    const char *after)
{
	char bytes[EDGE_BYTES], path[160];
	ssize_t n = pread(e->fd, bytes, len, (off_t)offset_bytes);

	name_path(path, after, "read(2)");
	if (n == (ssize_t)len)
		return are_right(e, edge, path, bytes, offset_bytes, len);
	check_fail(e->env, "%s: %zu bytes at file offset %" PRIu64 " brought %s", path, len,
		   offset_bytes, n < 0 ? strerrorname_np(errno) : "less");
	return false;
}

/* One page by bios of the device, and by those of what it stands on. */
static bool look_at_page(struct edges *e, const struct edge *edge, uint64_t offset_bytes,
			 uint64_t physical_bytes, const char *after)
{
	char bytes[PAGE_BYTES], path[160];
	struct survey survey;
	int rc = bio_read_fd(e->node_fd, physical_bytes, bytes, PAGE_BYTES);
	bool good = check_errno(e->env, rc, 0, "a bio read of the device") &&
		    are_right(e, edge, name_path(path, after, "bios of the device"), bytes,
			      offset_bytes, PAGE_BYTES);

	rc = survey_range(&e->graph, e->device, physical_bytes, PAGE_BYTES, &survey);
	for (size_t i = 0; i < survey.n && !rc; i++) {
		const struct piece *p = &survey.list[i];

		rc = bio_read_fd(e->below_fds[p->device], p->offset_bytes,
				 bytes + (p->at_bytes - physical_bytes), p->len_bytes);
	}
	survey_free(&survey);
	return good && check_setup(e->env, rc, "reading the namespaces") &&
	       are_right(e, edge, name_path(path, after, "bios of the namespaces"), bytes,
			 offset_bytes, PAGE_BYTES);
}

bool edge_look(struct edges *e, const struct edge *edge, const char *after)
{
	size_t len = edge->end_bytes - edge->begin_bytes;
	struct extents extents;
	bool good;

	if (!edge_look_mapped(e, edge, edge->begin_bytes, len, after) ||
	    !edge_look_read(e, edge, edge->begin_bytes, len, after))
		return false;
	good = check_setup(e->env, extents_read(e->fd, &extents), "reading the extents");
	for (uint64_t at = edge->begin_bytes; at < edge->end_bytes && good; at += PAGE_BYTES) {
		const struct extent *x = extents_find(&extents, at);

		if (x && !x->unwritten)
			good = look_at_page(e, edge, at, x->physical_bytes + at - x->logical_bytes,
					    after);
	}
	extents_free(&extents);
	return good;
}

int edge_litter(struct edges *e, const struct edge *edge, uint32_t generation)
{
	struct extents extents;
	char bytes[PAGE_BYTES];
	int rc = extents_read(e->fd, &extents);

	for (uint64_t at = edge->begin_bytes; at < edge->end_bytes && !rc; at += PAGE_BYTES) {
		const struct extent *x = extents_find(&extents, at);

		stamp_fill(bytes, PAGE_BYTES, EDGE_FILE, at, generation);
		rc = x ? bio_write_fd(e->node_fd, x->physical_bytes + at - x->logical_bytes, bytes,
				      PAGE_BYTES)
		       : -ENOENT;
	}
	extents_free(&extents);
	check_setup(e->env, rc, "writing the unwritten blocks of the file");
	return rc;
}
