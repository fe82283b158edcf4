// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-log-writes: the log has what was written, in the order in which it became durable.
 *
 *   bios       written data is in the log once it is flushed, with each sector in its place
 *   DAX        so is what write(2) writes to a file by DAX: log_writes_dax_copy_from_iter() up to
 *              5.16, nothing after that
 *   prefixes   the log up to a mark, replayed to other memory, is a filesystem with all that was
 *              synced before the mark and nothing that was written after it: by bios alone, with
 *              the metadata of a DAX filesystem, and with the blocks that MAP_SYNC promises
 *
 * Stores through a mapping are never in the log: no driver sees them.
 * Source: Documentation/admin-guide/device-mapper/log-writes.rst; xfstests generic/470.
 *
 * Alone: ./run.sh check --check 'logwrites.*'
 */
#include "check/fixture/bio.h"
#include "check/fixture/testbed.h"
#include "check/logwrites/write_log.h"
#include "check/mapsync/mapsync.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

enum {
	FILES = 4,
	FILE_BYTES = 256 << 10,
	REPLAY_MIB = 310, /* on the first namespace, behind TESTBED_LINEAR of xfs */
	SECOND_GENERATION = 2,
	DEVICE_ID = 7,
};

struct range {
	uint64_t at, len;
};

struct log_case {
	const char *fs;
	bool dax_never;
	const struct range *ranges;
	unsigned int n_ranges;
};

/* ---- device and log -------------------------------------------------------------------------- */

struct logged {
	struct check_env *env;
	struct testbed bed;
	struct write_log log;
	struct check_fs fs; /* .fs.mounted: on the device, or on its replay */
	char replay_name[64], replay_node[128];
};

static bool logged_open(struct logged *l, struct check_env *env, const char *fs)
{
	const struct testbed_spec spec = {
		.table = TESTBED_LINEAR, .top = "log-writes @ +", .fs = fs};
	const struct namespace *log = check_device(env, NAMESPACE_FSDAX, 1);

	*l = (struct logged){.env = env, .bed = TESTBED_NONE, .log = WRITE_LOG_NONE};
	return check_setup(env, write_log_wipe(log->node), "wiping %s", log->node) &&
	       testbed_devices(env, &l->bed, &spec);
}

static void logged_close(struct logged *l)
{
	if (l->fs.fs.mounted)
		check_unmount(l->env, &l->fs);
	write_log_close(&l->log);
	if (l->replay_name[0])
		check_setup(l->env, dm_device_remove(l->replay_name, 0), "removing %s",
			    l->replay_name);
	testbed_close(l->env, &l->bed);
}

static bool mark(struct logged *l, const char *word)
{
	return write_log_mark(l->env, &l->log, testbed_dm(&l->bed),
			      check_device(l->env, NAMESPACE_FSDAX, 1)->node, word);
}

static bool mount_at(struct logged *l, const char *word, const char *type, const char *node,
		     bool dax_never, bool make)
{
	struct check_fs *fs = &l->fs;
	int rc;

	*fs = (struct check_fs){0};
	snprintf(fs->where, sizeof(fs->where), "%s/%s", l->env->directory, word);
	snprintf(fs->node, sizeof(fs->node), "%s", node);
	fs->fs = (struct fs){
		.type = type, .node = fs->node, .where = fs->where, .dax_never = dax_never};
	rc = mkdir(fs->where, 0700) < 0 && errno != EEXIST ? -errno : 0;
	if (!rc && make)
		rc = fs_make(type, node, 0);
	if (!rc)
		rc = fs_mount(&fs->fs);
	return check_errno(l->env, rc, 0, "mounting %s on %s", type, node);
}

static bool mount_logged(struct logged *l, const struct log_case *c)
{
	return mount_at(l, "logged", c->fs, testbed_node(&l->bed), c->dax_never, true);
}

static bool unmount(struct logged *l)
{
	return check_unmount(l->env, &l->fs) == 0;
}

/* Replays the log up to a mark to memory that is on none of the devices. */
static bool replay(struct logged *l, const char *word)
{
	const struct namespace *ns = check_device(l->env, NAMESPACE_FSDAX, 0);
	uint64_t sectors = l->bed.graph.devices[l->bed.device].size_sectors;
	char table[128];
	int rc = 0;

	if (!l->replay_name[0]) {
		snprintf(table, sizeof(table), "0 %" PRIu64 " linear %u:%u %" PRIu64, sectors,
			 ns->major, ns->minor, REPLAY_MIB * MIB / SECTOR_BYTES);
		check_name(l->env, "replay", l->replay_name);
		rc = dm_device_create(l->replay_name, table, 0);
		if (rc < 0)
			l->replay_name[0] = '\0';
		else
			dm_device_node(l->replay_name, l->replay_node);
	}
	return check_setup(l->env, rc, "a device to replay to (%s)", dm_last_error()) &&
	       check_setup(l->env,
			   write_log_replay(&l->log, write_log_find(&l->log, word), l->replay_node),
			   "replaying the log up to \"%s\"", word);
}

static bool mount_replay(struct logged *l, const struct log_case *c, const char *word)
{
	return replay(l, word) &&
	       mount_at(l, "replayed", c->fs, l->replay_node, c->dax_never, false);
}

/* ---- bios ------------------------------------------------------------------------------------ */

static const struct range bios[] = {
	{0, SECTOR_BYTES}, /* the first sector */
	{7 * SECTOR_BYTES, 3 * SECTOR_BYTES},
	{MIB - SECTOR_BYTES, 2 * SECTOR_BYTES},
	{4 * MIB, MIB}, /* more than one bio */
	{64 * MIB - SECTOR_BYTES, SECTOR_BYTES},
};
enum { N_BIOS = sizeof(bios) / sizeof(bios[0]) };

/* Writes a range, by one call where durable. */
static bool write_range(struct logged *l, struct range r, uint32_t generation, bool durable)
{
	char *bytes = aligned_alloc(PAGE_BYTES, (r.len + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
	struct iovec v = {bytes, r.len};
	int fd = open(testbed_node(&l->bed), O_WRONLY | O_DIRECT | O_CLOEXEC);
	int rc = fd < 0 ? -errno : bytes ? 0 : -ENOMEM;

	if (!rc) {
		stamp_fill(bytes, r.len, DEVICE_ID, r.at, generation);
		if (pwritev2(fd, &v, 1, (off_t)r.at, durable ? RWF_DSYNC : 0) != (ssize_t)r.len)
			rc = -EIO;
	}
	if (fd >= 0)
		close(fd);
	free(bytes);
	return check_setup(l->env, rc, "writing %" PRIu64 " bytes at %" PRIu64, r.len, r.at);
}

/* Each sector of the range, as entries [from, to) of the log have it. */
static bool range_logged(struct logged *l, size_t from, size_t to, struct range r,
			 uint32_t generation)
{
	char bytes[SECTOR_BYTES];

	for (uint64_t at = r.at; at < r.at + r.len; at += SECTOR_BYTES) {
		int rc = write_log_sector(&l->log, from, to, at / SECTOR_BYTES, bytes);

		if (!check_errno(l->env, rc, 0, "looking for byte %" PRIu64 " in the log", at) ||
		    !check_bytes(l->env, "in the log", bytes, SECTOR_BYTES, DEVICE_ID, at,
				 generation))
			return false;
	}
	return true;
}

static bool flush_device(struct logged *l)
{
	return check_setup(l->env, bio_flush(testbed_node(&l->bed)), "fsync of the device");
}

static bool bios_flushed(struct logged *l)
{
	struct check_env *env = l->env;
	uint64_t sectors = 0;
	size_t end;

	for (int i = 0; i < N_BIOS; i++) {
		sectors += bios[i].len / SECTOR_BYTES;
		if (!write_range(l, bios[i], 1, false))
			return false;
	}
	if (!mark(l, "written") ||
	    !check_equal(env, (int64_t)write_log_sectors(&l->log, 0, l->log.n), 0,
			 "sectors in the log that were not flushed"))
		return false;
	if (!flush_device(l) || !mark(l, "flushed"))
		return false;
	end = write_log_find(&l->log, "flushed");
	if (!check_equal(env, (int64_t)write_log_sectors(&l->log, 0, end), (int64_t)sectors,
			 "sectors in the log after fsync") ||
	    !check_that(env, end && (l->log.list[end - 1].flags & WRITE_LOG_FLUSH),
			"the last entry before the mark is the flush"))
		return false;
	for (int i = 0; i < N_BIOS; i++)
		if (!range_logged(l, write_log_find(&l->log, "written"), end, bios[i], 1))
			return false;
	return true;
}

/* Overwritten in part, and durable by the last write alone. */
static void bios_overwritten(struct logged *l)
{
	static const struct range again[] = {
		{8 * SECTOR_BYTES, SECTOR_BYTES}, {4 * MIB, SECTOR_BYTES}, {9 * MIB, PAGE_BYTES}};
	const struct range rest = {4 * MIB + SECTOR_BYTES, MIB - SECTOR_BYTES};
	size_t from, end;

	for (int i = 0; i < 3; i++)
		if (!write_range(l, again[i], SECOND_GENERATION, i == 2))
			return;
	if (!mark(l, "overwritten"))
		return;
	from = write_log_find(&l->log, "flushed");
	end = write_log_find(&l->log, "overwritten");
	check_equal(l->env, (int64_t)write_log_sectors(&l->log, from, end), 10,
		    "sectors in the log after a durable write of 8 and 2 others");
	for (int i = 0; i < 3; i++)
		range_logged(l, from, end, again[i], SECOND_GENERATION);
	range_logged(l, 0, from, again[0], 1);
	range_logged(l, 0, end, rest, 1);
}

/* A discard is an entry without data. */
static void discarded(struct logged *l)
{
	uint64_t range[2] = {16 * MIB, MIB};
	int fd = open(testbed_node(&l->bed), O_RDWR | O_CLOEXEC);
	int rc = fd < 0 || ioctl(fd, BLKDISCARD, range) < 0 ? -errno : 0;
	uint64_t sectors = 0;
	size_t from;

	if (fd >= 0)
		close(fd);
	if (rc == -EOPNOTSUPP) {
		check_observe(l->env, "discard", json_string("refused"));
		return;
	}
	if (!check_setup(l->env, rc, "BLKDISCARD") || !flush_device(l) || !mark(l, "discarded"))
		return;
	from = write_log_find(&l->log, "overwritten");
	for (size_t i = from; i < l->log.n; i++) {
		const struct write_log_entry *e = &l->log.list[i];

		if (!(e->flags & WRITE_LOG_DISCARD))
			continue;
		sectors += e->n_sectors;
		check_that(l->env,
			   e->sector >= 16 * MIB / SECTOR_BYTES &&
				   e->sector + e->n_sectors <= 17 * MIB / SECTOR_BYTES,
			   "the discard of sector %" PRIu64 " in the log is one that was done",
			   e->sector);
	}
	check_equal(l->env, (int64_t)sectors, MIB / SECTOR_BYTES, "discarded sectors in the log");
}

static void bio(struct check_env *env, const void *arg)
{
	struct logged l;

	(void)arg;
	if (logged_open(&l, env, NULL) && bios_flushed(&l))
		bios_overwritten(&l);
	if (!check_complained(env))
		discarded(&l);
	logged_close(&l);
}

/* ---- write(2) to a DAX file ------------------------------------------------------------------ */

static const struct range pages[] = {
	{0, PAGE_BYTES},
	{10 * PAGE_BYTES, 3 * PAGE_BYTES},
	{FILE_BYTES - PAGE_BYTES, PAGE_BYTES},
};
static const struct range parts[] = {
	{PAGE_BYTES + SECTOR_BYTES, SECTOR_BYTES},
	{5 * PAGE_BYTES - SECTOR_BYTES, 2 * SECTOR_BYTES},
	{20 * PAGE_BYTES + 7, 1},
	{FILE_BYTES - 5, 5},
};

/* What the log says of a range of the file: what read(2) says. */
static bool file_range_logged(struct logged *l, int fd, const struct extents *extents,
			      struct range r)
{
	char bytes[SECTOR_BYTES], want[SECTOR_BYTES];
	size_t end = write_log_find(&l->log, "end");

	for (uint64_t at = r.at / SECTOR_BYTES * SECTOR_BYTES; at < r.at + r.len;
	     at += SECTOR_BYTES) {
		const struct extent *e = extents_find(extents, at);
		uint64_t byte = e ? e->physical_bytes + at - e->logical_bytes : 0;
		int rc = e && pread(fd, want, SECTOR_BYTES, (off_t)at) == SECTOR_BYTES ? 0 : -EIO;

		if (!check_setup(l->env, rc, "reading file offset %" PRIu64, at))
			return false;
		rc = write_log_sector(&l->log, write_log_find(&l->log, "begin"), end,
				      byte / SECTOR_BYTES, bytes);
		if (!check_errno(l->env, rc, 0,
				 "looking in the log for file offset %" PRIu64
				 ", written by write(2) and synced",
				 at) ||
		    !check_that(l->env, !memcmp(bytes, want, SECTOR_BYTES),
				"the log has the bytes of file offset %" PRIu64, at))
			return false;
	}
	return true;
}

static bool write_file(struct logged *l, const struct log_case *c, int fd)
{
	char *bytes = malloc(FILE_BYTES);
	int rc = bytes ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < c->n_ranges && !rc; i++) {
		struct range r = c->ranges[i];

		stamp_fill(bytes, r.len, 1, r.at, SECOND_GENERATION);
		if (pwrite(fd, bytes, r.len, (off_t)r.at) != (ssize_t)r.len)
			rc = -EIO;
	}
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	free(bytes);
	return check_setup(l->env, rc, "writing the file");
}

static void dax_write(struct check_env *env, const void *arg)
{
	const struct log_case *c = arg;
	struct extents extents = {0};
	struct logged l;
	int fd = -1;

	if (!logged_open(&l, env, c->fs) || !mount_logged(&l, c))
		goto out;
	fd = check_file(env, &l.fs, "file", FILE_BYTES, 1, 1);
	if (fd < 0 || !mark(&l, "begin") || !write_file(&l, c, fd) || !mark(&l, "end") ||
	    !check_setup(env, extents_read(fd, &extents), "reading the extents"))
		goto out;
	for (unsigned int i = 0; i < c->n_ranges; i++)
		if (!file_range_logged(&l, fd, &extents, c->ranges[i]))
			break;
out:
	extents_free(&extents);
	if (fd >= 0)
		close(fd);
	logged_close(&l);
}

/* ---- prefixes -------------------------------------------------------------------------------- */

/* Whether file i of the replay is what it was when it was synced: its bytes, or with DAX, whose
 * data is not in the log, its size. */
static bool file_holds(struct logged *l, const struct log_case *c, uint32_t i)
{
	char path[sizeof(l->fs.where) + 16], *bytes = malloc(FILE_BYTES);
	struct stat st = {0};
	int fd, rc = 0;
	bool good;

	snprintf(path, sizeof(path), "%s/file%u", l->fs.where, i);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		rc = -errno;
	good = check_own(l->env, bytes ? 0 : -ENOMEM, "memory") &&
	       check_errno(l->env, rc, 0, "opening file %u, which was synced before the mark", i) &&
	       check_equal(l->env, st.st_size, FILE_BYTES, "size of file %u", i);
	if (good && c->dax_never)
		good = check_equal(l->env, pread(fd, bytes, FILE_BYTES, 0), FILE_BYTES,
				   "bytes read from file %u", i) &&
		       check_bytes(l->env, "in the replay", bytes, FILE_BYTES, i, 0, 1);
	if (fd >= 0)
		close(fd);
	free(bytes);
	return good;
}

static bool prefix_holds(struct logged *l, const struct log_case *c, uint32_t last)
{
	char word[16], path[sizeof(l->fs.where) + 16];
	bool good;

	snprintf(word, sizeof(word), "file%u", last);
	good = mount_replay(l, c, word);
	for (uint32_t i = 1; i <= last && good; i++)
		good = file_holds(l, c, i);
	snprintf(path, sizeof(path), "%s/file%u", l->fs.where, last + 1);
	good = good && check_errno(l->env, access(path, F_OK) < 0 ? -errno : 0, -ENOENT,
				   "access to file %u, which was made after the mark", last + 1);
	return (!l->fs.fs.mounted || unmount(l)) && good;
}

static void prefixes(struct check_env *env, const void *arg)
{
	const struct log_case *c = arg;
	struct logged l;
	bool good = logged_open(&l, env, c->fs) && mount_logged(&l, c);

	for (uint32_t i = 1; i <= FILES && good; i++) {
		char word[16];
		int fd;

		snprintf(word, sizeof(word), "file%u", i);
		fd = check_file(env, &l.fs, word, FILE_BYTES, i, 1);
		good = fd >= 0 && mark(&l, word);
		if (fd >= 0)
			close(fd);
	}
	good = good && unmount(&l);
	/* The first, one between, the last. */
	good = good && prefix_holds(&l, c, 1) && prefix_holds(&l, c, 3) && prefix_holds(&l, c, 4);
	logged_close(&l);
}

/* ---- MAP_SYNC -------------------------------------------------------------------------------- */

/* Of the file: its first, one between and its last. */
static const uint64_t sync_pages[] = {0, 5, WINDOW_PAGES - 1};

static bool store_sync(struct logged *l, int fd)
{
	char *p = NULL;
	int rc = mapsync_map(fd, &p);

	if (!check_errno(l->env, rc, 0, "mmap(MAP_SYNC)"))
		return false;
	for (int i = 0; i < 3 && !rc; i++)
		if (check_store(p + sync_pages[i] * PAGE_BYTES, 1).signal)
			rc = -EFAULT;
	mapsync_drop(p);
	return check_setup(l->env, rc, "storing into the mapping");
}

static void blocks_replayed(struct logged *l)
{
	char path[sizeof(l->fs.where) + 16];
	struct extents extents = {0};
	int fd, rc;

	snprintf(path, sizeof(path), "%s/sync", l->fs.where);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rc = fd < 0 ? -errno : extents_read(fd, &extents);
	if (check_errno(l->env, rc, 0, "reading the extents of the file in the replay"))
		for (int i = 0; i < 3; i++) {
			const struct extent *e = extents_find(&extents, sync_pages[i] * PAGE_BYTES);

			check_that(l->env, e && !e->unwritten,
				   "the replay has the block of page %" PRIu64
				   " that was stored into",
				   sync_pages[i]);
		}
	extents_free(&extents);
	if (fd >= 0)
		close(fd);
}

static void map_sync(struct check_env *env, const void *arg)
{
	const struct log_case *c = arg;
	char path[sizeof(((struct check_fs *)0)->where) + 16];
	struct logged l;
	bool good = logged_open(&l, env, c->fs) && mount_logged(&l, c);
	int fd = -1, rc = 0;

	snprintf(path, sizeof(path), "%s/sync", l.fs.where);
	if (good) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 || ftruncate(fd, WINDOW_BYTES) < 0 || syncfs(fd) < 0)
			rc = -errno;
	}
	good = good && check_setup(env, rc, "creating a file without blocks") &&
	       store_sync(&l, fd) && mark(&l, "stored");
	if (fd >= 0)
		close(fd);
	if (good && unmount(&l) && mount_replay(&l, c, "stored"))
		blocks_replayed(&l);
	logged_close(&l);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY "Documentation/admin-guide/device-mapper/log-writes.rst"

static const char *const needs_bio[] = {"device:fsdax:2", "target:log-writes", NULL};
static const char *const needs_ext4[] = {"device:fsdax:2", "target:log-writes", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "target:log-writes", "fs:xfs", NULL};

#define CASE(...) (&(const struct log_case){__VA_ARGS__})
#define RANGES(list_) .ranges = list_, .n_ranges = sizeof(list_) / sizeof((list_)[0])

#define ITEM(name_, promise_, needs_, flags_, planted, fn, arg_)                              \
	{                                                                                     \
		.name = name_, .promise = promise_, .by = BY, .needs = needs_, .limit_s = 60, \
		.flags = flags_, .plants = planted, .run = fn, .arg = arg_,                   \
	}

#define WRITE "what write(2) wrote to a DAX file is in the log after fsync: "
#define PREFIX "the log up to a mark replays to "

static const struct check_item items[] = {
	ITEM("bio",
	     "the log has each sector that was written, once it is flushed, and each discard",
	     needs_bio, CHECK_QUICK, PLANT_BYTE | PLANT_VALUE, bio, NULL),
	ITEM("dax_write.pages.ext4", WRITE "whole pages", needs_ext4, 0, PLANT_VALUE, dax_write,
	     CASE(.fs = "ext4", RANGES(pages))),
	ITEM("dax_write.pages.xfs", WRITE "whole pages", needs_xfs, 0, PLANT_VALUE, dax_write,
	     CASE(.fs = "xfs", RANGES(pages))),
	ITEM("dax_write.parts.ext4", WRITE "parts of pages", needs_ext4, 0, PLANT_VALUE, dax_write,
	     CASE(.fs = "ext4", RANGES(parts))),
	ITEM("prefixes.ext4", PREFIX "a filesystem with all files synced before, and no later one",
	     needs_ext4, 0, PLANT_BYTE | PLANT_VALUE, prefixes,
	     CASE(.fs = "ext4", .dax_never = true)),
	ITEM("prefixes.xfs", PREFIX "a filesystem with all files synced before, and no later one",
	     needs_xfs, 0, PLANT_BYTE | PLANT_VALUE, prefixes,
	     CASE(.fs = "xfs", .dax_never = true)),
	ITEM("prefixes.dax.ext4", PREFIX "a DAX filesystem with the metadata synced before",
	     needs_ext4, 0, PLANT_VALUE, prefixes, CASE(.fs = "ext4")),
	ITEM("prefixes.dax.xfs", PREFIX "a DAX filesystem with the metadata synced before",
	     needs_xfs, 0, PLANT_VALUE, prefixes, CASE(.fs = "xfs")),
	ITEM("map_sync.ext4", PREFIX "the blocks that were stored into with MAP_SYNC, unsynced",
	     needs_ext4, 0, PLANT_VALUE, map_sync, CASE(.fs = "ext4")),
	ITEM("map_sync.xfs", PREFIX "the blocks that were stored into with MAP_SYNC, unsynced",
	     needs_xfs, 0, PLANT_VALUE, map_sync, CASE(.fs = "xfs")),
	{0},
};

const struct check_family check_logwrites = {
	.name = "logwrites",
	.why = "dm-log-writes logs what became durable, and each prefix of its log replays",
	.items = items,
};
