// SPDX-License-Identifier: GPL-2.0-only
#include "check/fsmode/file.h"

#include "check/fixture/testbed.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int file_set_flag(int fd, uint32_t xflag, bool on)
{
	struct fsxattr attr;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &attr) < 0)
		return -errno;
	attr.fsx_xflags = on ? attr.fsx_xflags | xflag : attr.fsx_xflags & ~xflag;
	return ioctl(fd, FS_IOC_FSSETXATTR, &attr) < 0 ? -errno : 0;
}

void file_is_not_dax(struct check_env *env, int fd, uint64_t bytes)
{
	char *page = MAP_FAILED, *want = malloc(bytes), *got = malloc(bytes);
	int rc = want && got ? 0 : -ENOMEM;

	if (!check_own(env, rc, "memory"))
		goto out;
	stamp_fill(want, bytes, TESTBED_FILE, 0, TESTBED_GENERATION);
	rc = pwrite(fd, want, bytes, 0) == (ssize_t)bytes ? 0 : -errno;
	if (!check_setup(env, rc, "write(2) of the file"))
		goto out;
	check_equal(env, fs_file_is_dax(fd), 0, "STATX_ATTR_DAX of the file");
	page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!check_setup(env, page == MAP_FAILED ? -errno : 0, "mapping the file"))
		goto out;
	check_that(env, !memcmp(page, want, bytes), "the mapping shows what was written");
	page[0] = want[0] = 'x';
	rc = fsync(fd) < 0 ? -errno : 0;
	check_setup(env, rc, "fsync");
	rc = pread(fd, got, bytes, 0) == (ssize_t)bytes ? 0 : -EIO;
	if (check_setup(env, rc, "read(2) of the file"))
		check_that(env, !memcmp(got, want, bytes), "read(2) returns what was stored");
out:
	if (page != MAP_FAILED)
		munmap(page, bytes);
	free(want);
	free(got);
}
