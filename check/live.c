// SPDX-License-Identifier: GPL-2.0-only
#include "check/live.h"

#include "check/bio.h"
#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t live_device_bytes(const char *fs)
{
	return fs && !strcmp(fs, "xfs") ? LIVE_XFS_BYTES : LIVE_EXT4_BYTES;
}

const char *live_name(const struct live *live)
{
	return live->graph.devices[live->device].name;
}

static const char *live_node(const struct live *live)
{
	return live->graph.devices[live->device].node;
}

/* ---- up and down ----------------------------------------------------------------------------- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Opens the file, maps it, learns its extents.  Steals fd.  Returns 0 or -errno. */
static int map_file(struct live *live, int fd)
{
	char path[64];
	int rc;

	live->fd = fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	live->direct_fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (live->direct_fd < 0)
		return -errno;
	extents_free(&live->extents);
	rc = extents_read(fd, &live->extents);
	if (rc < 0)
		return rc;
	rc = mapping_make(&live->map, fd, live->bytes,
			  live->spec.map_flags ? live->spec.map_flags : MAP_SHARED,
			  live->spec.huge);
	live->mapped = !rc;
	return rc;
}

/* The bare device as a file of one extent. */
static int whole_device(struct live *live)
{
	live->extents.list = calloc(1, sizeof(*live->extents.list));
	if (!live->extents.list)
		return -ENOMEM;
	live->extents.n = 1;
	live->extents.list[0].len_bytes = live->bytes;
	return 0;
}

static int write_device(struct live *live)
{
	char *bytes = malloc(WINDOW_BYTES);
	int rc = bytes ? whole_device(live) : -ENOMEM;

	for (uint64_t at = 0; at < live->bytes && !rc; at += WINDOW_BYTES) {
		stamp_fill(bytes, WINDOW_BYTES, LIVE_FILE, at, 1);
		rc = bio_write_fd(live->node_fd, at, bytes, WINDOW_BYTES);
	}
	free(bytes);
	return rc;
}

int live_open(struct check_env *env, struct live *live, const struct live_spec *spec)
{
	int fd, rc;

	live->spec = *spec;
	live->bytes = spec->file_bytes;
	live->fd = live->direct_fd = -1;
	live->node_fd = open(live_node(live), O_RDWR | O_DIRECT | O_CLOEXEC);
	rc = live->node_fd < 0 ? -errno : 0;
	if (!check_setup(env, rc, "opening %s", live_node(live)))
		return rc;
	if (!spec->fs) {
		rc = write_device(live);
		check_setup(env, rc, "writing the device");
		return rc;
	}
	rc = check_mount(env, spec->fs, live_node(live), 0, &live->fs);
	if (rc < 0)
		return rc;
	fd = check_file(env, &live->fs, "file", live->bytes, LIVE_FILE, 1);
	if (fd < 0)
		return fd;
	rc = map_file(live, fd);
	check_setup(env, rc, "mapping the file");
	return rc;
}

int live_linear(struct check_env *env, struct live *live, unsigned int segments, unsigned int over,
		const struct live_spec *spec)
{
	int device;

	*live = (struct live)LIVE_NONE;
	device = check_linear(env, &live->graph, segments, over, live_device_bytes(spec->fs), 0);
	if (device < 0)
		return device;
	live->device = (unsigned int)device;
	return live_open(env, live, spec);
}

static void unmap_file(struct live *live)
{
	if (live->mapped)
		mapping_drop(&live->map);
	live->mapped = false;
	close_fd(&live->direct_fd);
	close_fd(&live->fd);
}

int live_detach(struct check_env *env, struct live *live)
{
	int rc;

	unmap_file(live);
	rc = fs_unmount(&live->fs.fs);
	check_setup(env, rc, "unmounting %s", live->fs.where);
	return rc;
}

int live_attach(struct check_env *env, struct live *live)
{
	char path[sizeof(live->fs.where) + 16];
	int rc = fs_mount(&live->fs.fs), fd;

	if (!check_setup(env, rc, "mounting %s again", live_node(live)))
		return rc;
	snprintf(path, sizeof(path), "%s/file", live->fs.where);
	fd = open(path, O_RDWR | O_CLOEXEC);
	rc = fd < 0 ? -errno : map_file(live, fd);
	check_setup(env, rc, "mapping the file again");
	return rc;
}

/* Nothing goes away while it is suspended. */
static void resume_all(struct live *live)
{
	struct dm_device_info info;

	for (unsigned int i = 0; i < live->graph.n; i++) {
		const struct graph_device *d = &live->graph.devices[i];

		if (d->kind == GRAPH_DM && d->numbers[0] && !dm_device_info(d->name, &info) &&
		    info.suspended)
			dm_device_resume(d->name, 0);
	}
}

void live_close(struct check_env *env, struct live *live)
{
	int rc;

	resume_all(live);
	unmap_file(live);
	close_fd(&live->node_fd);
	if (live->fs.fs.mounted)
		check_unmount(env, &live->fs);
	extents_free(&live->extents);
	rc = graph_destroy(&live->graph);
	check_setup(env, rc, "removing the devices (%s)", dm_complaint());
}

/* ---- other tables ------------------------------------------------------------------------------
 */

int live_cut(const struct live *live, uint64_t cut_bytes, struct graph *out)
{
	const struct graph_device *device = &live->graph.devices[live->device];
	const struct graph_member member = device->targets[0].members[0];
	uint64_t cut = cut_bytes / SECTOR_BYTES;
	int rc;

	*out = live->graph;
	out->devices[live->device].targets = NULL;
	out->devices[live->device].n_targets = 0;
	out->devices[live->device].size_sectors = 0;
	rc = graph_add_linear(out, live->device, cut, member.device, member.offset_sectors);
	if (rc < 0)
		return rc;
	return graph_add_linear(out, live->device, device->size_sectors - cut, member.device,
				member.offset_sectors + cut);
}

int live_change_table(const char *name, const char *table, unsigned int suspend_flags)
{
	int rc = dm_device_suspend(name, suspend_flags), resumed;

	if (rc < 0)
		return rc;
	rc = dm_device_load(name, table, 0);
	resumed = dm_device_resume(name, 0);
	return rc < 0 ? rc : resumed;
}

bool live_suspend(struct check_env *env, const struct live *live, unsigned int flags)
{
	int rc = dm_device_suspend(live_name(live), flags);

	return check_setup(env, rc, "suspending %s", live_name(live));
}

bool live_resume(struct check_env *env, const struct live *live)
{
	int rc = dm_device_resume(live_name(live), 0);

	if (!rc)
		return true;
	check_fail(env, "resuming %s: %s", live_name(live), strerror(-rc));
	return false;
}

/* ---- the namespaces -------------------------------------------------------------------------- */

static const struct extent *extent_of(const struct live *live, uint64_t offset_bytes)
{
	return extents_find(&live->extents, offset_bytes);
}

int live_place(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
	       struct graph_place *out)
{
	const struct extent *e = extent_of(live, offset_bytes);
	uint64_t left;
	int rc;

	if (!e)
		return -ENOENT;
	left = e->logical_bytes + e->len_bytes - offset_bytes;
	rc = graph_resolve(graph, live->device,
			   e->physical_bytes + (offset_bytes - e->logical_bytes), out);
	if (!rc && left < out->contiguous_bytes)
		out->contiguous_bytes = left;
	return rc < 0 ? rc : out->ns ? 0 : -ENXIO;
}

static int raw_transfer(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
			void *to, const void *from, size_t len)
{
	struct graph_place place;
	int rc = 0;

	for (size_t at = 0, n; at < len && !rc; at += n) {
		n = 0;
		rc = live_place(live, graph, offset_bytes + at, &place);
		if (rc < 0)
			break;
		n = len - at < place.contiguous_bytes ? len - at : place.contiguous_bytes;
		if (to)
			rc = bio_read(place.ns->node, place.offset_bytes, (char *)to + at, n);
		else
			rc = bio_write(place.ns->node, place.offset_bytes, (const char *)from + at,
				       n);
	}
	return rc;
}

int live_raw_read(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
		  void *bytes, size_t len)
{
	return raw_transfer(live, graph, offset_bytes, bytes, NULL, len);
}

int live_raw_write(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
		   const void *bytes, size_t len)
{
	return raw_transfer(live, graph, offset_bytes, NULL, bytes, len);
}

int live_raw_stamp(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
		   size_t len, uint32_t generation)
{
	char *bytes = malloc(len);
	int rc = -ENOMEM;

	if (bytes) {
		stamp_fill(bytes, len, LIVE_FILE, offset_bytes, generation);
		rc = live_raw_write(live, graph, offset_bytes, bytes, len);
	}
	free(bytes);
	return rc;
}

/* ---- the four paths -------------------------------------------------------------------------- */

static int from_namespaces(const struct live *live, uint64_t offset, void *bytes, size_t len)
{
	return live_raw_read(live, &live->graph, offset, bytes, len);
}

static int from_device(const struct live *live, uint64_t offset, void *bytes, size_t len)
{
	int rc = 0;

	for (size_t at = 0, n; at < len && !rc; at += n) {
		const struct extent *e = extent_of(live, offset + at);
		uint64_t inside;

		if (!e)
			return -ENOENT;
		inside = offset + at - e->logical_bytes;
		n = len - at < e->len_bytes - inside ? len - at : e->len_bytes - inside;
		rc = bio_read_fd(live->node_fd, e->physical_bytes + inside, (char *)bytes + at, n);
	}
	return rc;
}

static int from_file(const struct live *live, uint64_t offset, void *bytes, size_t len)
{
	ssize_t n = pread(live->fd, bytes, len, (off_t)offset);

	return n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
}

static bool path_holds(struct check_env *env, const struct live *live, const char *when,
		       const char *path, int (*get)(const struct live *, uint64_t, void *, size_t),
		       uint64_t offset, size_t len, uint32_t generation)
{
	char *bytes = malloc(len), said[160];
	bool good = false;
	int rc;

	if (!bytes) {
		check_broken(env, "no memory");
		return false;
	}
	snprintf(said, sizeof(said), "%s, read %s", when, path);
	rc = get(live, offset, bytes, len);
	if (rc < 0)
		check_fail(env, "%s: %s", said, strerror(-rc));
	else
		good = check_bytes(env, said, bytes, len, LIVE_FILE, offset, generation);
	free(bytes);
	return good;
}

bool live_raw_holds(struct check_env *env, const struct live *live, const char *when,
		    uint64_t offset_bytes, size_t len, uint32_t generation)
{
	return path_holds(env, live, when, "from the namespaces by the bio path", from_namespaces,
			  offset_bytes, len, generation);
}

bool live_bio_holds(struct check_env *env, const struct live *live, const char *when,
		    uint64_t offset_bytes, size_t len, uint32_t generation)
{
	return path_holds(env, live, when, "from the DM device by the bio path", from_device,
			  offset_bytes, len, generation);
}

bool live_read_holds(struct check_env *env, const struct live *live, const char *when,
		     uint64_t offset_bytes, size_t len, uint32_t generation)
{
	return path_holds(env, live, when, "from the file by read(2)", from_file, offset_bytes, len,
			  generation);
}

bool live_map_holds(struct check_env *env, const struct live *live, const char *when,
		    uint64_t offset_bytes, size_t len, uint32_t generation)
{
	char said[160];

	snprintf(said, sizeof(said), "%s, read through the mapping", when);
	return check_mapped_bytes(env, said, live->map.base + offset_bytes, len, LIVE_FILE,
				  offset_bytes, generation);
}

bool live_holds(struct check_env *env, const struct live *live, const char *when,
		uint64_t offset_bytes, size_t len, uint32_t generation)
{
	bool good = live_raw_holds(env, live, when, offset_bytes, len, generation) &&
		    live_bio_holds(env, live, when, offset_bytes, len, generation);

	if (!good || !live->mapped)
		return good;
	return live_read_holds(env, live, when, offset_bytes, len, generation) &&
	       live_map_holds(env, live, when, offset_bytes, len, generation);
}
