// SPDX-License-Identifier: GPL-2.0-only
#include "check/bio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* O_DIRECT wants it aligned.  One for all: a process has one transfer under way at a time, and a
 * task that may block needs no new memory for it. */
static char buffer[BIO_BUFFER_BYTES] __attribute__((aligned(4096)));

static size_t piece(size_t left)
{
	return left < sizeof(buffer) ? left : sizeof(buffer);
}

static int result(ssize_t done, size_t wanted)
{
	return done < 0 ? -errno : (size_t)done < wanted ? -EIO : 0;
}

int bio_read_fd(int fd, uint64_t offset_bytes, void *bytes, size_t len_bytes)
{
	int rc = 0;

	for (size_t at = 0, n; at < len_bytes && !rc; at += n) {
		n = piece(len_bytes - at);
		rc = result(pread(fd, buffer, n, (off_t)(offset_bytes + at)), n);
		if (!rc)
			memcpy((char *)bytes + at, buffer, n);
	}
	return rc;
}

int bio_write_fd(int fd, uint64_t offset_bytes, const void *bytes, size_t len_bytes)
{
	int rc = 0;

	for (size_t at = 0, n; at < len_bytes && !rc; at += n) {
		n = piece(len_bytes - at);
		memcpy(buffer, (const char *)bytes + at, n);
		rc = result(pwrite(fd, buffer, n, (off_t)(offset_bytes + at)), n);
	}
	return rc;
}

int bio_read(const char *node, uint64_t offset_bytes, void *bytes, size_t len_bytes)
{
	int fd = open(node, O_RDONLY | O_DIRECT | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = bio_read_fd(fd, offset_bytes, bytes, len_bytes);
	close(fd);
	return rc;
}

int bio_write(const char *node, uint64_t offset_bytes, const void *bytes, size_t len_bytes)
{
	int fd = open(node, O_WRONLY | O_DIRECT | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = bio_write_fd(fd, offset_bytes, bytes, len_bytes);
	close(fd);
	return rc;
}

int bio_copy(const char *from_node, uint64_t from_bytes, const char *to_node, uint64_t to_bytes,
	     uint64_t len_bytes)
{
	int from = open(from_node, O_RDONLY | O_DIRECT | O_CLOEXEC);
	int to = open(to_node, O_WRONLY | O_DIRECT | O_CLOEXEC);
	int rc = from < 0 || to < 0 ? -errno : 0;

	for (uint64_t at = 0, n; at < len_bytes && !rc; at += n) {
		n = len_bytes - at < sizeof(buffer) ? len_bytes - at : sizeof(buffer);
		rc = result(pread(from, buffer, n, (off_t)(from_bytes + at)), n);
		if (!rc)
			rc = result(pwrite(to, buffer, n, (off_t)(to_bytes + at)), n);
	}
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}
