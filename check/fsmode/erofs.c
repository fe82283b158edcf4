// SPDX-License-Identifier: GPL-2.0-only
#include "check/fsmode/erofs.h"

#include "check/fixture/testbed.h"
#include "lib/base/child.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 3 * WINDOW_BYTES };

/* A directory with a file of stamps.  Returns 0 or -errno. */
static int make_source(const char *directory)
{
	char path[300], *bytes = malloc(FILE_BYTES);
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s/file", directory);
	if (!bytes || mkdir(directory, 0700) < 0)
		rc = -errno;
	fd = rc ? -1 : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (!rc) {
		stamp_fill(bytes, FILE_BYTES, TESTBED_FILE, 0, TESTBED_GENERATION);
		if (fd < 0 || write(fd, bytes, FILE_BYTES) != FILE_BYTES)
			rc = errno ? -errno : -EIO;
	}
	if (fd >= 0)
		close(fd);
	free(bytes);
	return rc;
}

/* The filesystem with that file.  false after a complaint. */
static bool make(struct check_env *env, struct testbed *bed)
{
	char source[256], said[300];
	const char *const argv[] = {"mkfs.erofs", testbed_node(bed), source, NULL};
	int rc;

	snprintf(source, sizeof(source), "%s/source", env->directory);
	if (!check_own(env, make_source(source), "making the files of the image"))
		return false;
	rc = child_run((char *const *)argv, 60, said, sizeof(said));
	if (rc > 0)
		check_evidence(env, "mkfs.erofs: %s", said);
	if (!check_setup(env, rc > 0 ? -EIO : rc, "mkfs.erofs"))
		return false;
	snprintf(bed->fs.where, sizeof(bed->fs.where), "%s/image", env->directory);
	bed->fs.fs =
		(struct fs){.type = "erofs", .node = testbed_node(bed), .where = bed->fs.where};
	return check_setup(env, mkdir(bed->fs.where, 0700) < 0 ? -errno : 0, "mkdir(2)") &&
	       check_errno(env, fs_mount(&bed->fs.fs), 0, "mounting erofs with dax=always");
}

/* The mapping is private: a store changes a copy, and neither the file nor another mapping. */
static void judge(struct check_env *env, struct testbed *bed)
{
	const uint64_t stored[] = {0, FILE_BYTES / 2, FILE_BYTES - PAGE_BYTES};

	check_equal(env, fs_file_is_dax(bed->fd), 1, "STATX_ATTR_DAX of the file");
	testbed_holds(env, bed, "as made", 0, FILE_BYTES, TESTBED_GENERATION);
	testbed_frames(env, bed, 0, FILE_BYTES);
	for (uint64_t at = 0; at < FILE_BYTES; at += WINDOW_BYTES)
		testbed_page_size(env, bed, at);
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++)
		check_equal(env, check_store(bed->map.base + stored[i], 'x').signal, 0,
			    "signal of a store to the private mapping");
	testbed_unmap(bed);
	if (!check_setup(env,
			 mapping_make(&bed->map, bed->fd, FILE_BYTES, bed->spec.map_flags, true),
			 "mapping the file again"))
		return;
	testbed_holds(env, bed, "after stores to a private mapping", 0, FILE_BYTES,
		      TESTBED_GENERATION);
}

void erofs_image(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = arg, .fs = "ext4", .map_flags = MAP_PRIVATE};
	char path[sizeof(((struct testbed *)0)->fs.where) + 16];
	struct testbed bed;
	int fd;

	if (!testbed_devices(env, &bed, &spec))
		return;
	if (make(env, &bed)) {
		bed.node_fd = open(testbed_node(&bed), O_RDONLY | O_DIRECT | O_CLOEXEC);
		snprintf(path, sizeof(path), "%s/file", bed.fs.where);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (check_setup(env, fd < 0 || bed.node_fd < 0 ? -errno : 0, "opening the file") &&
		    testbed_map(env, &bed, fd, FILE_BYTES))
			judge(env, &bed);
	}
	testbed_close(env, &bed);
}
