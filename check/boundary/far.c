// SPDX-License-Identifier: GPL-2.0-only
#include "check/boundary/far.h"

#include "check/fixture/bio.h"
#include "check/fixture/testbed.h"
#include "lib/base/child.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- terabytes ------------------------------------------------------------------------------- */

enum {
	MIB_SECTORS = 2048,
	GROUPS = 4,
	OWN_MIB = 112,	  /* of each group, on the first namespace */
	SHARED_MIB = 512, /* the memory of all the rest, on the second */
	FILE_BYTES = 2 * WINDOW_BYTES,
	STEP_BYTES = 5 * PAGE_BYTES,
};

/* xfs allows a block less than 1 TiB: XFS_MAX_AG_BYTES.  2 MiB less keeps the groups aligned. */
#define GROUP_SECTORS ((UINT64_C(1) << 31) - 4096)

/* Returns the index of the device in the graph, or -errno. */
static int describe(struct check_env *env, struct graph *g)
{
	int a = graph_add_namespace(g, check_device(env, NAMESPACE_FSDAX, 0));
	int b = graph_add_namespace(g, check_device(env, NAMESPACE_FSDAX, 1));
	const uint64_t own = OWN_MIB * MIB_SECTORS, shared = SHARED_MIB * MIB_SECTORS;
	char name[64];
	int rest, device, rc = 0;

	rest = graph_add_dm(g, check_name(env, "rest", name));
	device = graph_add_dm(g, check_name(env, "far", name));
	if (device < 0 || rest < 0)
		return -ENOSPC;
	for (uint64_t at = 0; at < GROUP_SECTORS && !rc; at += shared)
		rc = graph_add_linear(g, (unsigned int)rest, shared, (unsigned int)b, 0);
	for (uint64_t i = 0; i < GROUPS && !rc; i++) {
		rc = graph_add_linear(g, (unsigned int)device, own, (unsigned int)a,
				      (2 + i * OWN_MIB) * MIB_SECTORS);
		if (!rc)
			rc = graph_add_linear(g, (unsigned int)device, GROUP_SECTORS - own,
					      (unsigned int)rest, own);
	}
	return rc ? rc : device;
}

static int make_fs(struct check_env *env, struct testbed *bed)
{
	const char *const argv[] = {"mkfs.xfs",
				    "-q",
				    "-f",
				    "-K",
				    "-m",
				    "reflink=0,rmapbt=0",
				    "-d",
				    "agsize=1099509530624,size=4398038122496",
				    "-l",
				    "size=64m",
				    testbed_node(bed),
				    NULL};
	struct check_fs *fs = &bed->fs;
	char said[300];
	int rc;

	snprintf(fs->node, sizeof(fs->node), "%s", testbed_node(bed));
	snprintf(fs->where, sizeof(fs->where), "%s/far", env->directory);
	fs->fs = (struct fs){.type = "xfs", .node = fs->node, .where = fs->where};
	rc = mkdir(fs->where, 0700) < 0 ? -errno : 0;
	if (!rc)
		rc = child_run((char *const *)argv, 60, said, sizeof(said));
	if (rc > 0) {
		check_evidence(env, "mkfs.xfs: %s", said);
		rc = -EIO;
	}
	if (!rc)
		rc = fs_mount(&fs->fs);
	return check_setup(env, rc, "making and mounting xfs of 4 TiB") ? 0 : -EIO;
}

/* Some pages are stored, some parts zeroed, and all paths agree. */
static void use_file(struct check_env *env, struct testbed *bed)
{
	char page[PAGE_BYTES], zeroes[PAGE_BYTES] = "";
	const uint64_t hole = 9 * PAGE_BYTES + 512;
	int rc;

	testbed_holds(env, bed, "as written", 0, FILE_BYTES, TESTBED_GENERATION);
	testbed_frames(env, bed, 0, FILE_BYTES);
	for (uint64_t at = 0; at < FILE_BYTES; at += 100 * STEP_BYTES) {
		stamp_fill(page, PAGE_BYTES, TESTBED_FILE, at, 2);
		check_equal(env, check_copy(bed->map.base + at, page, PAGE_BYTES).signal, 0,
			    "signal of a store at file offset %" PRIu64, at);
		check_setup(env, fsync(bed->fd) < 0 ? -errno : 0, "fsync");
		testbed_holds(env, bed, "after a store", at, PAGE_BYTES, 2);
	}
	rc = fallocate(bed->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)hole, 1024);
	if (check_errno(env, rc < 0 ? -errno : 0, 0, "zeroing a part of a page") &&
	    check_setup(env, testbed_raw_read(bed, &bed->graph, hole, page, 1024),
			"reading the namespace"))
		check_that(env, !memcmp(page, zeroes, 1024),
			   "the namespace holds zeroes where the file was punched");
	testbed_holds(env, bed, "behind a hole", hole + 1024, 3 * PAGE_BYTES - 1536,
		      TESTBED_GENERATION);
}

static void far_file(struct check_env *env, struct testbed *bed, unsigned int i)
{
	char name[16], path[sizeof(bed->fs.where) + 16];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/d%u", bed->fs.where, i);
	rc = mkdir(path, 0700) < 0 ? -errno : 0;
	snprintf(name, sizeof(name), "d%u/file", i);
	if (!check_setup(env, rc, "making %s", path))
		return;
	fd = check_file(env, &bed->fs, name, FILE_BYTES, TESTBED_FILE, TESTBED_GENERATION);
	if (fd >= 0 && testbed_map(env, bed, fd, FILE_BYTES))
		use_file(env, bed);
	testbed_unmap(bed);
	if (bed->direct_fd >= 0)
		close(bed->direct_fd);
	if (bed->fd >= 0)
		close(bed->fd);
	bed->fd = bed->direct_fd = -1;
}

void far_files(struct check_env *env, const void *arg)
{
	struct testbed bed = TESTBED_NONE;
	unsigned int groups = 0;
	int rc;

	(void)arg;
	bed.spec = (struct testbed_spec){.fs = "xfs", .direct = true, .name = "4 TiB"};
	rc = describe(env, &bed.graph);
	if (rc >= 0) {
		bed.device = (unsigned int)rc;
		rc = check_create(env, &bed.graph);
	}
	if (!check_setup(env, rc, "making a device of 4 TiB (%s)", dm_last_error()) ||
	    make_fs(env, &bed) < 0)
		goto out;
	bed.node_fd = open(testbed_node(&bed), O_RDWR | O_DIRECT | O_CLOEXEC);
	if (!check_setup(env, bed.node_fd < 0 ? -errno : 0, "opening the device"))
		goto out;
	/* Directories go to the groups in turn, and files to the group of theirs. */
	for (unsigned int i = 0; i < 2 * GROUPS && !check_complained(env); i++) {
		far_file(env, &bed, i);
		if (bed.extents.n)
			groups |= 1U << (bed.extents.list[0].physical_bytes / SECTOR_BYTES /
					 GROUP_SECTORS);
	}
	if (!check_complained(env))
		check_own(env, (groups & 0xc) == 0xc ? 0 : -ERANGE,
			  "files beyond 2 TiB and 3 TiB (groups 0x%x)", groups);
out:
	testbed_close(env, &bed);
}

/* ---- sectors --------------------------------------------------------------------------------- */

enum { PIECES = 4, ROOM_BYTES = PIECES * 2 * PAGE_BYTES };

/* Splits len bytes over pieces of memory: odd sectors at odd places of pages. */
static int vector(char *room, size_t len, struct iovec v[PIECES])
{
	static const size_t sizes[PIECES] = {512, 1536, 512, PAGE_BYTES};
	static const size_t offsets[PIECES] = {512, 2560, 3584, 1024};
	int n = 0;

	for (size_t at = 0; at < len && n < PIECES; n++) {
		v[n].iov_base = room + (size_t)n * 2 * PAGE_BYTES + offsets[n];
		v[n].iov_len = len - at < sizes[n] ? len - at : sizes[n];
		at += v[n].iov_len;
	}
	return n;
}

static void scatter(const struct iovec *v, int n, char *bytes, bool to_bytes)
{
	for (int i = 0; i < n; bytes += v[i++].iov_len)
		if (to_bytes)
			memcpy(bytes, v[i].iov_base, v[i].iov_len);
		else
			memcpy(v[i].iov_base, bytes, v[i].iov_len);
}

struct sectors {
	struct check_env *env;
	struct testbed bed;
	char *room;
	uint32_t generation;
};

/* Each sector of the range, by bios to the members. */
static bool members_hold(struct sectors *s, uint64_t at, size_t len)
{
	char bytes[SECTOR_BYTES];
	struct graph_place place;

	for (uint64_t end = at + len; at < end; at += SECTOR_BYTES) {
		int rc = graph_resolve(&s->bed.graph, s->bed.device, at, &place);

		if (!check_own(s->env, rc, "the place of byte %" PRIu64, at) ||
		    !check_setup(s->env,
				 bio_read(place.ns->node, place.offset_bytes, bytes, sizeof(bytes)),
				 "reading %s", place.ns->node) ||
		    !check_bytes(s->env, "on the member", bytes, sizeof(bytes), TESTBED_FILE, at,
				 s->generation))
			return false;
	}
	return true;
}

static bool request(struct sectors *s, uint64_t at, size_t len)
{
	char bytes[PIECES * PAGE_BYTES];
	struct iovec v[PIECES];
	int n = vector(s->room, len, v);
	ssize_t done;

	stamp_fill(bytes, len, TESTBED_FILE, at, ++s->generation);
	scatter(v, n, bytes, false);
	done = pwritev(s->bed.node_fd, v, n, (off_t)at);
	if (!check_equal(s->env, done < 0 ? -errno : done, (int64_t)len,
			 "return value of pwritev(2) of %zu bytes at %" PRIu64, len, at) ||
	    !members_hold(s, at, len))
		return false;
	memset(s->room, 0, ROOM_BYTES);
	done = preadv(s->bed.node_fd, v, n, (off_t)at);
	scatter(v, n, bytes, true);
	return check_equal(s->env, done < 0 ? -errno : done, (int64_t)len,
			   "return value of preadv(2) of %zu bytes at %" PRIu64, len, at) &&
	       check_bytes(s->env, "by preadv(2)", bytes, len, TESTBED_FILE, at, s->generation);
}

/* Requests that end, begin and go across there. */
static bool around(struct sectors *s, uint64_t border, uint64_t size)
{
	static const size_t sectors[] = {1, 2, 3, 9};

	for (int i = 0; i < 4; i++) {
		size_t len = sectors[i] * SECTOR_BYTES;

		for (uint64_t back = 0; back <= len; back += SECTOR_BYTES) {
			/* All offsets of the short ones, both ends and the middle of the long. */
			if (sectors[i] > 3 && back > SECTOR_BYTES && back + SECTOR_BYTES < len &&
			    back != 4 * SECTOR_BYTES)
				continue;
			if (border >= back && border - back + len <= size &&
			    !request(s, border - back, len))
				return false;
		}
	}
	return true;
}

void far_sectors(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = arg};
	struct sectors s = {.env = env, .bed = TESTBED_NONE};
	uint64_t size, at = 0;
	struct graph_place place;

	s.room = aligned_alloc(PAGE_BYTES, ROOM_BYTES);
	if (!check_own(env, s.room ? 0 : -ENOMEM, "memory") || !testbed_devices(env, &s.bed, &spec))
		goto out;
	size = s.bed.graph.devices[s.bed.device].size_sectors * SECTOR_BYTES;
	s.bed.node_fd = open(testbed_node(&s.bed), O_RDWR | O_DIRECT | O_CLOEXEC);
	if (!check_setup(env, s.bed.node_fd < 0 ? -errno : 0, "opening the device"))
		goto out;
	while (at < size && !check_complained(env) && around(&s, at, size) &&
	       check_own(env, graph_resolve(&s.bed.graph, s.bed.device, at, &place), "the model"))
		at += place.contiguous_bytes;
	if (!check_complained(env))
		around(&s, size, size);
out:
	testbed_close(env, &s.bed);
	free(s.room);
}
