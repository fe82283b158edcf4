// SPDX-License-Identifier: GPL-2.0-only
#include "check/longer.h"

#include "check/bio.h"
#include "check/site.h"

#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	OTHER_FILE_ID = SITE_FILE_ID + 1,
	LEFTOVER_FILE_ID = SITE_FILE_ID + 2, /* what the blocks held before the file grew */
};

int longer_make(const char *path, const void *page, struct extents *out)
{
	struct fsxattr attr = {.fsx_xflags = FS_XFLAG_EXTSIZE, .fsx_extsize = LONGER_BYTES};
	const struct extent *last;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return -errno;
	rc = ioctl(fd, FS_IOC_FSSETXATTR, &attr) < 0 ? -errno : 0;
	if (!rc && pwrite(fd, page, PAGE_BYTES, 0) != PAGE_BYTES)
		rc = -EIO;
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	if (!rc)
		rc = extents_read(fd, out);
	last = rc ? NULL : extents_find(out, LONGER_BYTES - PAGE_BYTES);
	if (!rc && (!last || last->unwritten)) {
		extents_free(out);
		rc = -ENODATA;
	}
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/* Stamps on the page of the namespace where a byte of the file stands, past the stack.  Returns 0
 * or -errno. */
static int leave(const struct site *site, const struct extents *extents, uint64_t offset_bytes)
{
	const struct extent *e = extents_find(extents, offset_bytes);
	static char page[PAGE_BYTES];
	struct graph_place place;
	int rc = e ? graph_resolve(&site->graph, site->device,
				   e->physical_bytes + offset_bytes - e->logical_bytes, &place)
		   : -ENODATA;

	if (rc < 0)
		return rc;
	stamp_fill(page, sizeof(page), LEFTOVER_FILE_ID, offset_bytes, SITE_GENERATION);
	return bio_write(place.ns->node, place.offset_bytes, page, sizeof(page));
}

static void grow(struct check_env *env, const struct site *site, int fd,
		 const struct extents *extents)
{
	static char bytes[LONGER_BYTES];
	uint64_t offset, at = PAGE_BYTES;
	ssize_t n;
	int rc = 0;

	for (offset = PAGE_BYTES; offset < LONGER_BYTES && !rc; offset += PAGE_BYTES)
		rc = leave(site, extents, offset);
	if (!check_setup(env, rc, "leaving bytes in the blocks behind the end of the file") ||
	    !check_errno(env, ftruncate(fd, LONGER_BYTES) < 0 ? -errno : 0, 0,
			 "ftruncate(2) to %d bytes", LONGER_BYTES))
		return;
	n = pread(fd, bytes, sizeof(bytes), 0);
	if (!check_setup(env, n < 0 ? -errno : n == sizeof(bytes) ? 0 : -EIO, "read(2)"))
		return;
	check_bytes(env, "the file before its old end", bytes, PAGE_BYTES, OTHER_FILE_ID, 0,
		    SITE_GENERATION);
	while (at < LONGER_BYTES && !bytes[at])
		at++;
	check_that(env, at == LONGER_BYTES,
		   "the file reads as zeroes behind its old end (byte %" PRIu64 " is 0x%02x)", at,
		   at < LONGER_BYTES ? (unsigned char)bytes[at] : 0);
	/* Nobody else was zeroed. */
	for (offset = 0; offset < site->spec->file_bytes; offset += WINDOW_BYTES)
		site_check_namespace(env, site, offset, SITE_GENERATION);
}

void longer(struct check_env *env, const void *arg)
{
	static char page[PAGE_BYTES];
	char path[sizeof(((struct site *)0)->fs.where) + 16];
	struct extents extents;
	struct site site;
	int fd;

	if (site_make(env, &site, arg) < 0)
		return;
	stamp_fill(page, sizeof(page), OTHER_FILE_ID, 0, SITE_GENERATION);
	snprintf(path, sizeof(path), "%s/longer", site.fs.where);
	fd = longer_make(path, page, &extents);
	if (check_setup(env, fd < 0 ? fd : 0, "making a file with blocks behind its end")) {
		grow(env, &site, fd, &extents);
		extents_free(&extents);
		close(fd);
	}
	site_drop(env, &site);
}
