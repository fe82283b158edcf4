// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/extents.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FIEMAP_BATCH = 256 };

static int append_extent(struct extents *out, size_t *room, const struct fiemap_extent *fe)
{
	struct extent e = {
		.logical_bytes = fe->fe_logical,
		.physical_bytes = fe->fe_physical,
		.len_bytes = fe->fe_length,
		.unwritten = fe->fe_flags & FIEMAP_EXTENT_UNWRITTEN,
	};
	struct extent *last = out->n ? &out->list[out->n - 1] : NULL;

	if (last && last->logical_bytes + last->len_bytes == e.logical_bytes &&
	    last->physical_bytes + last->len_bytes == e.physical_bytes &&
	    last->unwritten == e.unwritten) {
		last->len_bytes += e.len_bytes;
		return 0;
	}
	if (out->n == *room) {
		struct extent *list;

		*room = *room ? *room * 2 : 64;
		list = realloc(out->list, *room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		out->list = list;
	}
	out->list[out->n++] = e;
	return 0;
}

static int read_all(int fd, unsigned int flags, struct extents *out)
{
	struct fiemap *map = calloc(1, sizeof(*map) + FIEMAP_BATCH * sizeof(map->fm_extents[0]));
	uint64_t start = 0;
	size_t room = 0;
	int rc = map ? 0 : -ENOMEM;

	*out = (struct extents){0};
	while (!rc) {
		map->fm_start = start;
		map->fm_length = FIEMAP_MAX_OFFSET - start;
		map->fm_flags = flags;
		map->fm_extent_count = FIEMAP_BATCH;
		if (ioctl(fd, FS_IOC_FIEMAP, map) < 0) {
			rc = -errno;
			break;
		}
		if (!map->fm_mapped_extents)
			break;
		for (unsigned int i = 0; i < map->fm_mapped_extents && !rc; i++) {
			const struct fiemap_extent *fe = &map->fm_extents[i];

			if (fe->fe_flags & (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_ENCODED))
				rc = -EUCLEAN;
			else
				rc = append_extent(out, &room, fe);
			if (fe->fe_flags & FIEMAP_EXTENT_SHARED)
				out->shared_bytes += fe->fe_length;
			start = fe->fe_logical + fe->fe_length;
		}
		if (map->fm_extents[map->fm_mapped_extents - 1].fe_flags & FIEMAP_EXTENT_LAST)
			break;
	}
	free(map);
	if (rc < 0)
		extents_free(out);
	return rc;
}

int extents_read(int fd, struct extents *out)
{
	return read_all(fd, FIEMAP_FLAG_SYNC, out);
}

int extents_read_allocated(int fd, struct extents *out)
{
	return read_all(fd, 0, out);
}

void extents_free(struct extents *extents)
{
	free(extents->list);
	*extents = (struct extents){0};
}

int extents_fallocate_all(int fd, uint64_t most_bytes, uint64_t *len_bytes)
{
	const uint64_t slack_blocks = 16;
	struct statvfs room;
	int rc = -ENOSPC;

	if (fstatvfs(fd, &room) < 0)
		return -errno;
	/* f_bavail does not show all reserves of a filesystem: retry with less. */
	for (uint64_t n = room.f_bavail; n > slack_blocks && rc == -ENOSPC;
	     n -= slack_blocks + n / 64) {
		*len_bytes = (n - slack_blocks) * room.f_frsize;
		if (*len_bytes > most_bytes)
			*len_bytes = most_bytes / room.f_frsize * room.f_frsize;
		if (ftruncate(fd, 0) < 0)
			return -errno;
		rc = fallocate(fd, 0, 0, (off_t)*len_bytes) < 0 ? -errno : 0;
		if (n <= slack_blocks + n / 64)
			break;
	}
	return rc;
}

const struct extent *extents_find(const struct extents *extents, uint64_t logical_bytes)
{
	size_t low = 0, high = extents->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct extent *e = &extents->list[mid];

		if (logical_bytes < e->logical_bytes)
			high = mid;
		else if (logical_bytes >= e->logical_bytes + e->len_bytes)
			low = mid + 1;
		else
			return e;
	}
	return NULL;
}

/* The device address of a window, or UINT64_MAX if it is not in one extent. */
static uint64_t window_physical(const struct extents *extents, uint64_t offset)
{
	const struct extent *e = extents_find(extents, offset);

	if (!e || e->logical_bytes + e->len_bytes - offset < WINDOW_BYTES)
		return UINT64_MAX;
	return e->physical_bytes + (offset - e->logical_bytes);
}

bool extents_window_is_huge_on_fs(const struct extents *extents, uint64_t window_offset_bytes)
{
	uint64_t physical = window_physical(extents, window_offset_bytes);

	return physical != UINT64_MAX && physical % WINDOW_BYTES == 0;
}

bool extents_window_is_huge(const struct extents *extents, struct backing backing,
			    uint64_t window_offset_bytes)
{
	uint64_t physical = window_physical(extents, window_offset_bytes);
	uint64_t address_bytes, contiguous_bytes;

	return physical != UINT64_MAX &&
	       !graph_backing_address(backing, physical, &address_bytes, &contiguous_bytes) &&
	       contiguous_bytes >= WINDOW_BYTES && address_bytes % WINDOW_BYTES == 0;
}

int extents_pfn(const struct extents *extents, struct backing backing, uint64_t offset_bytes,
		uint64_t *pfn)
{
	const struct extent *e = extents_find(extents, offset_bytes);
	uint64_t address_bytes, contiguous_bytes;
	int rc;

	if (!e)
		return -ENOENT;
	rc = graph_backing_address(backing, e->physical_bytes + (offset_bytes - e->logical_bytes),
				   &address_bytes, &contiguous_bytes);
	if (!rc)
		*pfn = address_bytes / PAGE_BYTES;
	return rc;
}

int extents_map(const struct extents *extents, struct backing backing, struct graph_map *out)
{
	int rc = 0;

	*out = (struct graph_map){0};
	for (size_t i = 0; i < extents->n && !rc; i++) {
		const struct extent *e = &extents->list[i];

		rc = graph_map_append(out, backing.graph, backing.device, e->physical_bytes,
				      e->len_bytes, e->logical_bytes);
	}
	return rc;
}
