// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

int datafile_open(struct datafile *file, const struct fs *fs)
{
	char path[256];

	file->any_layout = fs->spec && !fs_spec_is_aligned(fs->spec);
	/* statvfs(3) of a file on the realtime device may give the space of the other one. */
	file->room_bytes = fs->on_realtime ? fs_external_bytes(FS_EXTERNAL_REALTIME) : UINT64_MAX;
	snprintf(path, sizeof(path), "%s/data", fs->where);
	file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return file->fd < 0 ? -errno : 0;
}

void datafile_close(struct datafile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

uint64_t datafile_stamp(uint64_t offset_bytes)
{
	return UINT64_C(0xda8d3c0000000000) | offset_bytes / PAGE_BYTES;
}

static int write_window(int fd, char *buffer, uint64_t offset)
{
	ssize_t n;

	for (unsigned int page = 0; page < WINDOW_PAGES; page++) {
		uint64_t value = datafile_stamp(offset + page * PAGE_BYTES);

		memcpy(buffer + page * PAGE_BYTES, &value, sizeof(value));
	}
	n = pwrite(fd, buffer, WINDOW_BYTES, (off_t)offset);
	return n == WINDOW_BYTES ? 0 : n < 0 ? -errno : -EIO;
}

/*
 * Chooses windows that the filesystem allocated 2 MiB aligned (any_layout: of all), one from each
 * of n equal parts of the candidates; the position in the part varies, so that no position in a
 * b-tree node is favoured.  Returns 0 or -ENOMEM.
 */
static int choose_windows(struct datafile *file, unsigned int n)
{
	uint64_t all = file->bytes / WINDOW_BYTES;
	uint64_t *candidates = calloc(all + 1, sizeof(*candidates));
	uint64_t n_candidates = 0, part;

	if (!candidates)
		return -ENOMEM;
	for (uint64_t i = 0; i < all; i++)
		if (file->any_layout ||
		    extents_window_is_huge_on_fs(&file->extents, i * WINDOW_BYTES))
			candidates[n_candidates++] = i * WINDOW_BYTES;
	file->n_windows = n_candidates < n ? (unsigned int)n_candidates : n;
	part = file->n_windows ? n_candidates / file->n_windows : 1;
	for (unsigned int i = 0; i < file->n_windows; i++)
		file->windows[i] = candidates[i * n_candidates / file->n_windows + i * 11 % part];
	free(candidates);
	return 0;
}

/* Punches the ranges between the chosen windows: variants that allocate use the space. */
static int punch_rest(const struct datafile *file)
{
	uint64_t from = 0;

	for (unsigned int i = 0; i <= file->n_windows; i++) {
		uint64_t to = i < file->n_windows ? file->windows[i] : file->bytes;

		if (to > from && fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					   (off_t)from, (off_t)(to - from)) < 0)
			return -errno;
		from = to + WINDOW_BYTES;
	}
	return 0;
}

/* Preallocates nearly everything and finds the windows in it.  Returns 0 or -errno. */
static int place_windows(struct datafile *file, unsigned int n)
{
	struct statvfs space;
	int rc;

	if (fstatvfs(file->fd, &space) < 0)
		return -errno;
	file->bytes = space.f_bavail * space.f_bsize;
	if (file->bytes > file->room_bytes)
		file->bytes = file->room_bytes;
	file->bytes = file->bytes / 16 * 15;
	file->bytes -= file->bytes % WINDOW_BYTES;
	if (!file->bytes)
		return -ENOSPC;
	if (fallocate(file->fd, 0, 0, (off_t)file->bytes) < 0 || fsync(file->fd) < 0)
		return -errno;
	rc = extents_read(file->fd, &file->extents);
	if (rc < 0)
		return rc;
	rc = choose_windows(file, n);
	extents_free(&file->extents);
	if (rc < 0)
		return rc;
	return file->n_windows < DATAFILE_WINDOWS_MIN ? -ENOSPC : punch_rest(file);
}

int datafile_make(struct datafile *file, unsigned int n)
{
	char *buffer;
	int rc;

	if (n > DATAFILE_WINDOWS_MAX)
		return -EINVAL;
	rc = place_windows(file, n);
	if (rc < 0)
		return rc;
	buffer = calloc(1, WINDOW_BYTES);
	if (!buffer)
		return -ENOMEM;
	for (unsigned int i = 0; i < file->n_windows && !rc; i++)
		rc = write_window(file->fd, buffer, file->windows[i]);
	free(buffer);
	if (!rc && fsync(file->fd) < 0)
		rc = -errno;
	return rc < 0 ? rc : extents_read(file->fd, &file->extents);
}

int datafile_close_gaps(struct datafile *data)
{
	int rc = 0;

	for (unsigned int i = data->n_windows; i-- && !rc;) {
		uint64_t from = data->windows[i] + WINDOW_BYTES;
		uint64_t to = i + 1 < data->n_windows ? data->windows[i + 1] : data->bytes;

		if (to == data->bytes && to > from)
			rc = ftruncate(data->fd, (off_t)from);
		else if (to > from)
			rc = fallocate(data->fd, FALLOC_FL_COLLAPSE_RANGE, (off_t)from,
				       (off_t)(to - from));
	}
	if (!rc && data->windows[0])
		rc = fallocate(data->fd, FALLOC_FL_COLLAPSE_RANGE, 0, (off_t)data->windows[0]);
	if (rc < 0 || fsync(data->fd) < 0)
		return -errno;
	for (unsigned int i = 0; i < data->n_windows; i++)
		data->windows[i] = (uint64_t)i * WINDOW_BYTES;
	data->bytes = (uint64_t)data->n_windows * WINDOW_BYTES;
	extents_free(&data->extents);
	return extents_read(data->fd, &data->extents);
}
