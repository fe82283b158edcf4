// SPDX-License-Identifier: GPL-2.0-only
#include "check/mapsync/durable.h"

#include "check/fixture/bio.h"
#include "check/mapsync/mapsync.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SECOND_GENERATION = TESTBED_GENERATION + 1,
	OTHER_FILE_ID = TESTBED_FILE + 1,
};

/* The place of the copy: past every table of this check. */
enum { COPY_AT_SECTORS = 312 << (20 - 9) };

/* A device for the copy, on the last member.  Returns its index in graph, or -errno. */
static int add_copy_device(struct check_env *env, struct graph *graph, uint64_t bytes)
{
	const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, 1);
	char name[64];
	int member, device;

	member = graph_add_namespace(graph, ns);
	device = graph_add_dm(graph, check_name(env, "copy", name));
	if (device < 0)
		return device;
	if (graph_add_linear(graph, (unsigned int)device, bytes / SECTOR_BYTES,
			     (unsigned int)member, COPY_AT_SECTORS) < 0 ||
	    graph_create(graph) < 0)
		return -EIO;
	return device;
}

/* What is in the memory of the testbed's device now, past the caches of the device itself: read
 * from the namespaces.  Returns 0 or -errno. */
static int copy_device(const struct testbed *bed, const char *to, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes;) {
		struct graph_place place;
		uint64_t len;
		int rc = graph_resolve(&bed->graph, bed->device, at, &place);

		if (rc < 0)
			return rc;
		len = place.contiguous_bytes < bytes - at ? place.contiguous_bytes : bytes - at;
		rc = bio_copy(place.ns->node, place.offset_bytes, to, at, len);
		if (rc < 0)
			return rc;
		at += len;
	}
	return 0;
}

/* A file of no written block, known to the filesystem for good.  Returns a descriptor or -errno. */
static int blank_file(const struct check_fs *fs, const char *name, bool unwritten)
{
	char path[sizeof(fs->where) + 32];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", fs->where, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = unwritten ? fallocate(fd, 0, 0, MAPSYNC_FILE_BYTES)
		       : ftruncate(fd, MAPSYNC_FILE_BYTES);
	if (!rc)
		rc = syncfs(fd);
	if (!rc)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* Reads a page of a file of the copy. */
static int page_of_copy(const struct check_fs *fs, const char *name, uint64_t at,
			char page[PAGE_BYTES])
{
	char path[sizeof(fs->where) + 32];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", fs->where, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = pread(fd, page, PAGE_BYTES, (off_t)at) == PAGE_BYTES ? 0 : -EIO;
	close(fd);
	return rc;
}

enum { STORED_AT = 5 * PAGE_BYTES };

/* The copy is mounted as after a power cut: the journal is replayed. */
static void look_at_copy(struct check_env *env, const struct durable *d, const char *node)
{
	struct check_fs copy = {.fs = {.type = d->bed.fs}};
	char page[PAGE_BYTES];

	snprintf(copy.node, sizeof(copy.node), "%s", node);
	snprintf(copy.where, sizeof(copy.where), "%s/copy", env->directory);
	copy.fs.node = copy.node;
	copy.fs.where = copy.where;
	if (!check_setup(env, mkdir(copy.where, 0700) < 0 ? -errno : 0, "making %s", copy.where))
		return;
	/* Filesystem and file outlive a power cut, or nothing in them does. */
	if (!check_errno(env, fs_mount(&copy.fs), 0, "mounting the state after a power cut"))
		return;
	if (check_errno(env, page_of_copy(&copy, "synchronous", STORED_AT, page), 0,
			"reading the file in the state after a power cut"))
		check_bytes(env, "bytes stored with MAP_SYNC, in a copy of the device", page,
			    PAGE_BYTES, TESTBED_FILE, STORED_AT, SECOND_GENERATION);
	if (check_setup(env, page_of_copy(&copy, "plain", STORED_AT, page),
			"reading the copy of the other file"))
		check_observe(env, "plain_store_is_durable",
			      json_boolean(stamp_check(page, PAGE_BYTES, OTHER_FILE_ID, STORED_AT,
						       SECOND_GENERATION, NULL) == PAGE_BYTES));
	check_unmount(env, &copy);
}

/* Stores a page with MAP_SYNC and its lines flushed, one without.  Returns 0 or -errno. */
static int store_both(struct check_env *env, int sync_fd, int plain_fd)
{
	char *sync = NULL, *plain;
	int rc = mapsync_map(sync_fd, &sync);

	if (!check_errno(env, rc, 0, "mmap(MAP_SYNC)"))
		return rc;
	plain = mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, plain_fd, 0);
	if (plain == MAP_FAILED) {
		rc = -errno;
		mapsync_drop(sync);
		return rc;
	}
	stamp_fill(sync + STORED_AT, PAGE_BYTES, TESTBED_FILE, STORED_AT, SECOND_GENERATION);
	mapsync_flush_cpu(sync + STORED_AT, PAGE_BYTES);
	stamp_fill(plain + STORED_AT, PAGE_BYTES, OTHER_FILE_ID, STORED_AT, SECOND_GENERATION);
	mapsync_flush_cpu(plain + STORED_AT, PAGE_BYTES);
	mapsync_drop(sync);
	mapsync_drop(plain);
	return 0;
}

void durable(struct check_env *env, const void *arg)
{
	const struct durable *d = arg;
	uint64_t bytes = testbed_fs_bytes(d->bed.fs);
	int copy, fds[2] = {-1, -1}, rc;
	struct graph other = {0};
	struct testbed bed;

	if (!testbed_open(env, &bed, &d->bed))
		return;
	rc = copy = add_copy_device(env, &other, bytes);
	if (!check_setup(env, rc, "a device for the copy (%s)", dm_last_error()))
		goto out;
	fds[0] = blank_file(&bed.fs, "synchronous", d->file == DURABLE_UNWRITTEN);
	fds[1] = blank_file(&bed.fs, "plain", d->file == DURABLE_UNWRITTEN);
	rc = fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;
	if (!check_setup(env, rc, "creating files without blocks"))
		goto out;
	rc = store_both(env, fds[0], fds[1]);
	if (check_complained(env) || !check_setup(env, rc, "mapping the other file"))
		goto out;
	rc = copy_device(&bed, other.devices[copy].node, bytes);
	if (check_setup(env, rc, "copying the device"))
		look_at_copy(env, d, other.devices[copy].node);
out:
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	check_setup(env, graph_destroy(&other), "removing the device of the copy");
	testbed_close(env, &bed);
}
