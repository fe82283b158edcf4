// SPDX-License-Identifier: GPL-2.0-only
#include "emu/scratch.h"

#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/file/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int scratch_make_dirs(const char *path)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(copy, 0777) < 0 && errno != EEXIST ? -errno : 0;
}

void scratch_sweep(void)
{
	const char *build = place("build");
	DIR *dir = opendir(build);
	const struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		char path[PATH_MAX];
		int pid;

		if (sscanf(e->d_name, "vm-%d-", &pid) != 1 || (!kill(pid, 0) || errno != ESRCH))
			continue;
		snprintf(path, sizeof(path), "%s/%s", build, e->d_name);
		fs_remove_tree(path);
	}
	closedir(dir);
}

int scratch_make(const char *name, char *path)
{
	static int count;
	char build[PATH_MAX];
	int rc = scratch_make_dirs(place("build"));

	if (!rc)
		rc = place_absolute("build", build, sizeof(build));
	if (!rc && snprintf(path, PATH_MAX, "%s/vm-%d-%s-%d", build, (int)getpid(), name,
			    count++) >= PATH_MAX)
		rc = -ENAMETOOLONG;
	if (!rc && mkdir(path, 0777) < 0)
		rc = -errno;
	if (rc < 0)
		msg_error("cannot create a directory for the emulated host under %s/: %s",
			  place("build"), scratch_write_error(rc));
	return rc;
}

static bool all_zero(const char *bytes, size_t n)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, n - 1);
}

static int copy_range(int in, int out, off_t from, off_t to)
{
	while (from < to) {
		char buf[65536];
		size_t want = to - from < (off_t)sizeof(buf) ? (size_t)(to - from) : sizeof(buf);
		ssize_t n = pread(in, buf, want, from);

		if (n > 0)
			n = all_zero(buf, (size_t)n) ? n : pwrite(out, buf, (size_t)n, from);
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		from += n;
	}
	return 0;
}

int scratch_copy_sparse(int in, int out)
{
	off_t size = lseek(in, 0, SEEK_END), at = 0;
	int rc = size < 0 || ftruncate(out, size) < 0 ? -errno : 0;

	while (!rc) {
		off_t data = lseek(in, at, SEEK_DATA), hole;

		if (data < 0)
			return errno == ENXIO ? 0 : -errno; /* ENXIO: no data behind */
		hole = lseek(in, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		rc = copy_range(in, out, data, hole);
		at = hole;
	}
	return rc;
}

/* Not O_TMPFILE: not every filesystem has it. */
static int unlinked_file(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/XXXXXX", dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int scratch_unnamed_file(const char *dir, bool in_memory, int64_t bytes)
{
	int fd = in_memory ? memfd_create("nvdimm", MFD_CLOEXEC) : unlinked_file(dir);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, bytes) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

const char *scratch_write_error(int rc)
{
	return rc == -ENOSPC || rc == -EDQUOT ? "disk full; free some space there and try again"
					      : strerror(-rc);
}
