// SPDX-License-Identifier: GPL-2.0-only
#include "check/boundary/extent_boundaries.h"

#include "check/fixture/block_reuse.h"

#include "check/fixture/bio.h"
#include "lib/dev/graph_map.h"
#include "lib/dev/graph_parse.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- boundaries -------------------------------------------------------------------------- */

/* Whether the filesystem keeps [from, to) of the file together, so that a boundary within is of the
 * table's making. */
static bool is_together(const struct extents *extents, uint64_t from, uint64_t to)
{
	const struct extent *e = extents_find(extents, from);

	return e && to <= e->logical_bytes + e->len_bytes;
}

/* Boundaries with room on both sides and between each other, spread evenly from the first to the
 * last. */
static void find_spread(struct extent_boundaries *e, const struct extents *extents,
			struct graph_map *map)
{
	enum { PICKS = EXTENT_BOUNDARIES_MAX - 1 }; /* one may be the end of the device */
	size_t n = 0;

	/* Those that will do come to the front of the list. */
	for (size_t i = 1; i < map->n; i++) {
		uint64_t at = map->list[i].at_bytes;

		if (at < EXTENT_BOUNDARY_SIDE || at + EXTENT_BOUNDARY_SIDE > e->bed.bytes ||
		    !is_together(extents, at - EXTENT_BOUNDARY_SIDE, at + EXTENT_BOUNDARY_SIDE))
			continue;
		map->list[n++] = map->list[i];
	}
	for (size_t i = 0; i < PICKS && n; i++) {
		uint64_t at = map->list[i * (n - 1) / (PICKS - 1)].at_bytes;

		if (e->n && at < e->list[e->n - 1].end_bytes + EXTENT_BOUNDARY_SIDE)
			continue;
		e->list[e->n++] = (struct extent_boundary){at - EXTENT_BOUNDARY_SIDE, at,
							   at + EXTENT_BOUNDARY_SIDE};
	}
}

/* The end of the device, if the file owns it. */
static bool find_device_end(struct extent_boundaries *e, const struct extents *extents)
{
	uint64_t size = e->bed.graph.devices[e->bed.device].size_sectors * SECTOR_BYTES;

	for (size_t i = 0; i < extents->n; i++) {
		const struct extent *x = &extents->list[i];
		uint64_t end = x->logical_bytes + x->len_bytes;

		if (x->physical_bytes + x->len_bytes != size || x->len_bytes < EXTENT_BOUNDARY_SIDE)
			continue;
		e->list[e->n++] = (struct extent_boundary){end - EXTENT_BOUNDARY_SIDE, end, end};
		return true;
	}
	return false;
}

static int find_boundaries(struct extent_boundaries *e, unsigned int wanted, bool device_end)
{
	struct graph_map map = {0};
	struct extents extents;
	int rc = extents_read(e->bed.fd, &extents);

	if (!rc)
		rc = extents_map(&extents, (struct backing){&e->bed.graph, e->bed.device}, &map);
	if (check_own(e->env, rc, "resolving the file's extents")) {
		find_spread(e, &extents, &map);
		if (e->n < wanted) {
			check_broken(e->env, "the file has %u usable boundaries, expected %u", e->n,
				     wanted);
			rc = -ENOENT;
		} else if (device_end && !find_device_end(e, &extents)) {
			check_broken(e->env, "the file does not occupy the end of the device");
			rc = -ENOENT;
		}
	}
	graph_map_free(&map);
	extents_free(&extents);
	return rc;
}

bool extent_boundary_is_there(const struct extent_boundaries *e,
			      const struct extent_boundary *boundary)
{
	struct graph_map map = {0};
	struct extents extents;
	bool there = !extents_read(e->bed.fd, &extents);

	if (!there)
		return false;
	there = boundary->end_bytes == boundary->at_bytes ||
		(is_together(&extents, boundary->begin_bytes, boundary->end_bytes) &&
		 !extents_map(&extents, (struct backing){&e->bed.graph, e->bed.device}, &map));
	if (map.n) {
		there = false;
		for (size_t i = 0; i < map.n; i++)
			there = there || map.list[i].at_bytes == boundary->at_bytes;
	}
	graph_map_free(&map);
	extents_free(&extents);
	return there;
}

/* ---- set-up ------------------------------------------------------------------------------ */

/* Returns 0 or -errno after check_broken(). */
static int open_below(struct extent_boundaries *e)
{
	const struct graph *g = &e->bed.graph;

	for (unsigned int i = 0; i < g->n; i++) {
		if (g->devices[i].kind != GRAPH_NAMESPACE)
			continue;
		e->below_fds[i] = open(g->devices[i].node, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (!check_setup(e->env, e->below_fds[i] < 0 ? -errno : 0, "opening %s",
				 g->devices[i].node))
			return -ENODEV;
	}
	return 0;
}

/* Allocates the last blocks too; in exchange the trees get room that no check examines. */
static int take_the_end(int fd, uint64_t *len_bytes)
{
	const uint64_t room_bytes = 16 * PAGE_BYTES;
	int rc = 0;

	while (!rc) {
		rc = fallocate(fd, 0, (off_t)*len_bytes, PAGE_BYTES) < 0 ? -errno : 0;
		if (!rc)
			*len_bytes += PAGE_BYTES;
	}
	if (rc != -ENOSPC)
		return rc;
	rc = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		       (off_t)(*len_bytes / 3 / PAGE_BYTES * PAGE_BYTES), (off_t)room_bytes);
	return rc < 0 ? -errno : 0;
}

/* A file that takes all the room there is, and holds nothing.  false after check_broken(). */
static bool make_file(struct extent_boundaries *e, bool device_end)
{
	char path[sizeof(e->bed.fs.where) + 16];
	uint64_t len_bytes = 0;
	int rc;

	snprintf(path, sizeof(path), "%s/file", e->bed.fs.where);
	e->bed.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	rc = e->bed.fd < 0 ? -errno : 0;
	if (!rc && device_end)
		block_reuse_release_reserve(&e->bed);
	if (!rc)
		rc = extents_fallocate_all(e->bed.fd, UINT64_MAX, &len_bytes);
	if (!rc && device_end)
		rc = take_the_end(e->bed.fd, &len_bytes);
	if (!rc && fsync(e->bed.fd) < 0)
		rc = -errno;
	return check_setup(e->env, rc, "filling the filesystem with %s", path) &&
	       testbed_map(e->env, &e->bed, e->bed.fd, len_bytes);
}

bool extent_boundaries_open(struct check_env *env, struct extent_boundaries *e, const char *table,
			    const char *fs, unsigned int boundaries, bool device_end)
{
	const struct testbed_spec spec = {.table = table, .fs = fs, .direct = true};

	*e = (struct extent_boundaries){.env = env, .bed = TESTBED_NONE};
	for (unsigned int i = 0; i < GRAPH_DEVICES_MAX; i++)
		e->below_fds[i] = -1;
	return testbed_open(env, &e->bed, &spec) && !open_below(e) && make_file(e, device_end) &&
	       !find_boundaries(e, boundaries, device_end);
}

void extent_boundaries_close(struct extent_boundaries *e)
{
	for (unsigned int i = 0; i < GRAPH_DEVICES_MAX; i++)
		if (e->below_fds[i] >= 0)
			close(e->below_fds[i]);
	testbed_close(e->env, &e->bed);
}

/* ---- what must be there ------------------------------------------------------------------ */

void extent_boundary_expect(struct extent_boundaries *e, const struct extent_boundary *boundary,
			    uint64_t offset_bytes, size_t len, char *bytes)
{
	if (bytes) {
		e->last = e->last == UINT8_MAX ? 1 : e->last + 1;
		stamp_fill(bytes, len, TESTBED_FILE, offset_bytes, e->last);
	}
	memset(&e->generation[offset_bytes - boundary->begin_bytes], bytes ? e->last : 0, len);
}

int extent_boundary_fill(struct extent_boundaries *e, const struct extent_boundary *boundary)
{
	size_t len = boundary->end_bytes - boundary->begin_bytes;
	char bytes[EXTENT_BOUNDARY_BYTES];
	ssize_t n;

	extent_boundary_expect(e, boundary, boundary->begin_bytes, len, bytes);
	n = pwrite(e->bed.fd, bytes, len, (off_t)boundary->begin_bytes);
	if (n == (ssize_t)len && !fsync(e->bed.fd))
		return 0;
	check_fail(e->env, "write(2) of %zu bytes at file offset %" PRIu64 " returned %s", len,
		   boundary->begin_bytes, n < 0 ? strerrorname_np(errno) : "less");
	return -EIO;
}

/* ---- looking ----------------------------------------------------------------------------- */

/* Whether bytes, which are of offset_bytes on, are what is expected: run by run of the same
 * generation. */
static bool are_right(struct extent_boundaries *e, const struct extent_boundary *boundary,
		      const char *path, char *bytes, uint64_t offset_bytes, size_t len)
{
	const uint8_t *want = &e->generation[offset_bytes - boundary->begin_bytes];

	for (size_t at = 0, n; at < len; at += n) {
		for (n = 1; at + n < len && want[at + n] == want[at];)
			n++;
		if (want[at]) {
			if (!check_bytes(e->env, path, bytes + at, n, TESTBED_FILE,
					 offset_bytes + at, want[at]))
				return false;
			continue;
		}
		for (size_t i = at; i < at + n; i++)
			if (bytes[i]) {
				check_fail(e->env,
					   "%s: the byte at file offset %" PRIu64
					   " is %#x, expected zero (the boundary is at %" PRIu64
					   ")",
					   path, offset_bytes + i, (unsigned char)bytes[i],
					   boundary->at_bytes);
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

bool extent_boundary_look_mapped(struct extent_boundaries *e,
				 const struct extent_boundary *boundary, uint64_t offset_bytes,
				 size_t len, const char *after)
{
	char bytes[EXTENT_BOUNDARY_BYTES], path[160];
	struct check_touch touch = check_copy(bytes, e->bed.map.base + offset_bytes, len);

	name_path(path, after, "the mapping");
	if (!touch.signal)
		return are_right(e, boundary, path, bytes, offset_bytes, len);
	check_fail(e->env, "%s: a load at file offset %" PRIu64 " raised SIG%s, code %d", path,
		   offset_bytes, sigabbrev_np(touch.signal), touch.code);
	return false;
}

bool extent_boundary_look_read(struct extent_boundaries *e, const struct extent_boundary *boundary,
			       uint64_t offset_bytes, size_t len, const char *after)
{
	char bytes[EXTENT_BOUNDARY_BYTES], path[160];
	ssize_t n = pread(e->bed.fd, bytes, len, (off_t)offset_bytes);

	name_path(path, after, "read(2)");
	if (n == (ssize_t)len)
		return are_right(e, boundary, path, bytes, offset_bytes, len);
	check_fail(e->env, "%s: %zu bytes at file offset %" PRIu64 " returned %s", path, len,
		   offset_bytes, n < 0 ? strerrorname_np(errno) : "less");
	return false;
}

/* One page by bios of the device, and by those of its members. */
static bool look_at_page(struct extent_boundaries *e, const struct extent_boundary *boundary,
			 uint64_t offset_bytes, uint64_t physical_bytes, const char *after)
{
	char bytes[PAGE_BYTES], path[160];
	struct graph_map map = {0};
	int rc = bio_read_fd(e->bed.node_fd, physical_bytes, bytes, PAGE_BYTES);
	bool good = check_errno(e->env, rc, 0, "a bio read of the device") &&
		    are_right(e, boundary, name_path(path, after, "bios of the device"), bytes,
			      offset_bytes, PAGE_BYTES);

	rc = graph_map_append(&map, &e->bed.graph, e->bed.device, physical_bytes, PAGE_BYTES,
			      physical_bytes);
	for (size_t i = 0; i < map.n && !rc; i++) {
		const struct graph_piece *p = &map.list[i];

		rc = bio_read_fd(e->below_fds[p->device], p->offset_bytes,
				 bytes + (p->at_bytes - physical_bytes), p->len_bytes);
	}
	graph_map_free(&map);
	return good && check_setup(e->env, rc, "reading the namespaces") &&
	       are_right(e, boundary, name_path(path, after, "bios of the namespaces"), bytes,
			 offset_bytes, PAGE_BYTES);
}

bool extent_boundary_look(struct extent_boundaries *e, const struct extent_boundary *boundary,
			  const char *after)
{
	size_t len = boundary->end_bytes - boundary->begin_bytes;
	struct extents extents;
	bool good;

	if (!extent_boundary_look_mapped(e, boundary, boundary->begin_bytes, len, after) ||
	    !extent_boundary_look_read(e, boundary, boundary->begin_bytes, len, after))
		return false;
	good = check_setup(e->env, extents_read(e->bed.fd, &extents), "reading the extents");
	for (uint64_t at = boundary->begin_bytes; at < boundary->end_bytes && good;
	     at += PAGE_BYTES) {
		const struct extent *x = extents_find(&extents, at);

		if (x && !x->unwritten)
			good = look_at_page(e, boundary, at,
					    x->physical_bytes + at - x->logical_bytes, after);
	}
	extents_free(&extents);
	return good;
}

int extent_boundary_write_stale(struct extent_boundaries *e, const struct extent_boundary *boundary,
				uint32_t generation)
{
	struct extents extents;
	char bytes[PAGE_BYTES];
	int rc = extents_read(e->bed.fd, &extents);

	for (uint64_t at = boundary->begin_bytes; at < boundary->end_bytes && !rc;
	     at += PAGE_BYTES) {
		const struct extent *x = extents_find(&extents, at);

		stamp_fill(bytes, PAGE_BYTES, TESTBED_FILE, at, generation);
		rc = x ? bio_write_fd(e->bed.node_fd, x->physical_bytes + at - x->logical_bytes,
				      bytes, PAGE_BYTES)
		       : -ENOENT;
	}
	extents_free(&extents);
	check_setup(e->env, rc, "writing the unwritten blocks of the file");
	return rc;
}
