// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-writecache: what was written through it is read back, whatever happened to the cache.
 *
 *   reload   through a table swap and through remove and create, with the data in the cache only;
 *            after the message "flush" it is on the origin
 *   commit   data that was flushed is there when the cache is used again as it was at that time:
 *            a copy of its memory is put back
 *   fsync    so is a file that was synced: its filesystem commits by a write with REQ_FUA
 *   full     more is written than the cache holds, so that it is written back meanwhile
 *   guards   nothing is written outside: before start_sector, around the cache's and the origin's
 *            segments
 *   refused  mode "p" on a device without DAX, or whose memory the host has to flush
 *
 * The cache is memory ("p": writecache_map() copies, writecache_commit_flushed() is a fence) or a
 * block device ("s") on virtio-pmem, where a commit is a flush of the host.  A cache of several
 * pieces of memory is mapped by vmap(): persistent_memory_claim().
 * Source: Documentation/admin-guide/device-mapper/writecache.rst.  Left out: power failure.
 *
 * Alone: ./run.sh check --check 'writecache.*'
 */
#include "check/fixture/bio.h"
#include "check/fixture/dax_capability.h"
#include "check/fixture/testbed.h"

#include "lib/base/limit_clock.h"
#include "lib/dev/dm.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

enum {
	MIB_SECTORS = 2048,
	DATA_MIB = 64,
	CACHE_MIB = 16,
	DATA_ID = 5,
	GUARD_ID = 6,
	GUARD_BYTES = 1 << 20,
	IMAGE_MIB = 256, /* on the first namespace: a copy of the cache's memory */
	ORIGIN_MIB = 2,	 /* of the origin on the second namespace */
	START_SECTORS = 2 * MIB_SECTORS,
	CLEAN_MS = 10000,
	ORIGIN_GENERATION = 9,
};

struct cache_case {
	const char *table; /* of the cache, of CACHE_MIB */
	char mode;	   /* 'p' or 's' */
	const char *options;
};

struct cache {
	struct check_env *env;
	const struct cache_case *how;
	struct testbed bed; /* the cache */
	char origin_name[64], origin[128], name[64], node[128], table[320];
	char *bytes; /* of WINDOW_BYTES, aligned */
};

/* ---- devices --------------------------------------------------------------------------------- */

static bool cache_create(struct cache *c, const char *options)
{
	int rc;

	snprintf(c->table, sizeof(c->table), "0 %d writecache %c %s %s 4096 %s",
		 DATA_MIB * MIB_SECTORS, c->how->mode, c->origin, testbed_node(&c->bed), options);
	check_name(c->env, "cached", c->name);
	rc = dm_device_create(c->name, c->table, 0);
	check_evidence(c->env, "dmsetup create %s --table '%s'", c->name, c->table);
	if (!check_setup(c->env, rc, "creating the cache (%s)", dm_last_error())) {
		c->name[0] = '\0';
		return false;
	}
	dm_device_node(c->name, c->node);
	return true;
}

static bool cache_remove(struct cache *c)
{
	struct dm_device_info info;
	int rc = c->name[0] ? dm_device_remove(c->name, 0) : 0;

	c->name[0] = '\0';
	if (!check_setup(c->env, rc, "removing the cache"))
		return false;
	rc = dm_device_info(c->origin_name, &info);
	return check_setup(c->env, rc, "looking at the origin") &&
	       check_equal(c->env, info.open_count, 0, "open count of the origin afterwards");
}

static bool cache_open(struct cache *c, struct check_env *env, const struct cache_case *how)
{
	const struct testbed_spec spec = {.table = how->table, .own_target = true};
	const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, 1);
	static const char zeroes[PAGE_BYTES];
	char table[128];
	int rc;

	*c = (struct cache){.env = env, .how = how, .bed = TESTBED_NONE};
	c->bytes = aligned_alloc(PAGE_BYTES, WINDOW_BYTES);
	if (!check_own(env, c->bytes ? 0 : -ENOMEM, "memory") ||
	    !testbed_devices(env, &c->bed, &spec))
		return false;
	snprintf(table, sizeof(table), "0 %d linear %u:%u %d", DATA_MIB * MIB_SECTORS, ns->major,
		 ns->minor, ORIGIN_MIB * MIB_SECTORS);
	check_name(env, "origin", c->origin_name);
	rc = dm_device_create(c->origin_name, table, 0);
	if (!check_setup(env, rc, "creating the origin (%s)", dm_last_error())) {
		c->origin_name[0] = '\0';
		return false;
	}
	dm_device_node(c->origin_name, c->origin);
	rc = bio_write(testbed_node(&c->bed),
		       strstr(how->options, "start_sector") ? START_SECTORS * SECTOR_BYTES : 0,
		       zeroes, sizeof(zeroes));
	return check_setup(env, rc, "clearing the cache") && cache_create(c, how->options);
}

static void cache_close(struct cache *c)
{
	if (c->origin_name[0]) {
		cache_remove(c);
		check_setup(c->env, dm_device_remove(c->origin_name, 0), "removing the origin");
	}
	testbed_close(c->env, &c->bed);
	free(c->bytes);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

struct range {
	uint64_t at, len;
};

/* The first block, one in the middle, several, more than one bio, the last. */
static const struct range ranges[] = {
	{0, PAGE_BYTES},
	{5 * MIB + PAGE_BYTES, 2 * PAGE_BYTES},
	{8 * MIB, 2 * MIB},
	{31 * MIB + 3 * PAGE_BYTES, 64 << 10},
	{DATA_MIB * MIB - PAGE_BYTES, PAGE_BYTES},
};
enum { N_RANGES = sizeof(ranges) / sizeof(ranges[0]) };

static bool put(struct cache *c, struct range r, uint32_t generation)
{
	stamp_fill(c->bytes, r.len, DATA_ID, r.at, generation);
	return check_setup(c->env, bio_write(c->node, r.at, c->bytes, r.len),
			   "writing %" PRIu64 " bytes at %" PRIu64, r.len, r.at);
}

static bool put_all(struct cache *c, uint32_t generation)
{
	bool good = true;

	for (int i = 0; i < N_RANGES && good; i++)
		good = put(c, ranges[i], generation);
	return good;
}

/* Everything on the origin that is not in the cache. */
static bool fill_origin(struct cache *c)
{
	bool good = true;

	for (uint64_t at = 0; at < DATA_MIB * MIB && good; at += WINDOW_BYTES) {
		stamp_fill(c->bytes, WINDOW_BYTES, DATA_ID, at, ORIGIN_GENERATION);
		good = check_setup(c->env, bio_write(c->origin, at, c->bytes, WINDOW_BYTES),
				   "filling the origin");
	}
	return good;
}

/* Whether a block is in one of the ranges. */
static bool in_ranges(uint64_t at)
{
	for (int i = 0; i < N_RANGES; i++)
		if (at >= ranges[i].at && at < ranges[i].at + ranges[i].len)
			return true;
	return false;
}

/* Reads across the ends of each range: blocks of the cache and of the origin by one bio. */
static bool mixed_holds(struct cache *c, uint32_t generation)
{
	static const char when[] = "through the cache, by a read of cached and other blocks";

	for (int i = 0; i < N_RANGES; i++) {
		uint64_t from = ranges[i].at < 3 * PAGE_BYTES ? 0 : ranges[i].at - 3 * PAGE_BYTES;
		uint64_t end = ranges[i].at + ranges[i].len + 3 * PAGE_BYTES, len;

		if (end > DATA_MIB * MIB)
			end = DATA_MIB * MIB;
		if (end - from > WINDOW_BYTES)
			from = end - WINDOW_BYTES;
		len = end - from;
		if (!check_setup(c->env, bio_read(c->node, from, c->bytes, len), "reading %s",
				 c->node))
			return false;
		for (uint64_t at = 0; at < len; at += PAGE_BYTES)
			if (!check_bytes(c->env, when, c->bytes + at, PAGE_BYTES, DATA_ID,
					 from + at,
					 in_ranges(from + at) ? generation : ORIGIN_GENERATION))
				return false;
	}
	return true;
}

/* Whether a device holds the range; when: "through the cache, after a reload". */
static bool holds(struct cache *c, const char *node, struct range r, uint32_t generation,
		  const char *when)
{
	return check_setup(c->env, bio_read(node, r.at, c->bytes, r.len), "reading %s", node) &&
	       check_bytes(c->env, when, c->bytes, r.len, DATA_ID, r.at, generation);
}

static bool all_hold(struct cache *c, const char *node, uint32_t generation, const char *when)
{
	bool good = true;

	for (int i = 0; i < N_RANGES && good; i++)
		good = holds(c, node, ranges[i], generation, when);
	return good;
}

static bool flush_cache(struct cache *c)
{
	return check_setup(c->env, bio_flush(c->node), "fsync of the cache");
}

static bool message(struct cache *c, const char *text)
{
	return check_setup(c->env, dm_device_message(c->name, text), "dmsetup message %s 0 %s",
			   c->name, text);
}

/* ---- reload ---------------------------------------------------------------------------------- */

static bool created_again(struct cache *c)
{
	return cache_remove(c) && cache_create(c, c->how->options);
}

static void reload(struct check_env *env, const void *arg)
{
	struct cache c;

	if (!cache_open(&c, env, arg) || !fill_origin(&c) || !put_all(&c, 1) ||
	    !all_hold(&c, c.node, 1, "through the cache") || !mixed_holds(&c, 1) ||
	    !check_equal(env, dax_capability_queue(c.node), 0, "queue/dax of a writecache") ||
	    !check_setup(env, dm_device_reload(c.name, c.table, 0), "reloading the table (%s)",
			 dm_last_error()) ||
	    !all_hold(&c, c.node, 1, "through the cache after a reload"))
		goto out;
	/* Old and new blocks of the cache. */
	if (!put(&c, ranges[0], 2) || !put(&c, ranges[2], 2) || !put(&c, ranges[4], 2) ||
	    !put(&c, ranges[2], 3) || !created_again(&c))
		goto out;
	if (!holds(&c, c.node, ranges[0], 2, "through the cache, created again") ||
	    !holds(&c, c.node, ranges[1], 1, "through the cache, created again") ||
	    !holds(&c, c.node, ranges[2], 3, "through the cache, created again") ||
	    !holds(&c, c.node, ranges[3], 1, "through the cache, created again") ||
	    !holds(&c, c.node, ranges[4], 2, "through the cache, created again") ||
	    !put_all(&c, 4) || !message(&c, "flush"))
		goto out;
	all_hold(&c, c.origin, 4, "on the origin, after the message flush");
	mixed_holds(&c, 4);
	/* Suspended: what is in the cache is committed. */
	if (put_all(&c, 5) && check_setup(env, dm_device_suspend(c.name, 0), "suspending") &&
	    check_setup(env, dm_device_resume(c.name, 0), "resuming"))
		all_hold(&c, c.node, 5, "through the cache, after a suspend");
out:
	cache_close(&c);
}

/* ---- commit ---------------------------------------------------------------------------------- */

/* Copies the cache's memory to the image, or back. */
static bool image(struct cache *c, bool back)
{
	const char *node = check_device(c->env, NAMESPACE_FSDAX, 0)->node;
	const char *cache = testbed_node(&c->bed);
	int rc = back ? bio_copy(node, IMAGE_MIB * MIB, cache, 0, CACHE_MIB * MIB)
		      : bio_copy(cache, 0, node, IMAGE_MIB * MIB, CACHE_MIB * MIB);

	return check_setup(c->env, rc, "copying the memory of the cache");
}

/* Goes on with the memory as it was when the image was made. */
static bool set_back(struct cache *c)
{
	return cache_remove(c) && image(c, true) && cache_create(c, c->how->options);
}

static bool put_durably(struct cache *c, struct range r, uint32_t generation)
{
	struct iovec v = {c->bytes, r.len};
	int fd = open(c->node, O_WRONLY | O_DIRECT | O_CLOEXEC), rc = fd < 0 ? -errno : 0;

	stamp_fill(c->bytes, r.len, DATA_ID, r.at, generation);
	if (!rc && pwritev2(fd, &v, 1, (off_t)r.at, RWF_DSYNC) != (ssize_t)r.len)
		rc = -EIO;
	if (fd >= 0)
		close(fd);
	return check_setup(c->env, rc, "pwritev2(RWF_DSYNC)");
}

static void commit(struct check_env *env, const void *arg)
{
	struct cache c;

	/* The first commit; what was written after the image is not in it. */
	if (!cache_open(&c, env, arg) || !put_all(&c, 1) || !flush_cache(&c) || !image(&c, false) ||
	    !put_all(&c, 2) || !set_back(&c) ||
	    !all_hold(&c, c.node, 1, "flushed, and read with the memory of that time"))
		goto out;
	/* A second one, over committed blocks; one block stays. */
	for (int i = 0; i < N_RANGES - 1; i++)
		if (!put(&c, ranges[i], 3))
			goto out;
	if (!flush_cache(&c) || !image(&c, false) || !put_all(&c, 4) || !set_back(&c))
		goto out;
	for (int i = 0; i < N_RANGES; i++)
		if (!holds(&c, c.node, ranges[i], i < N_RANGES - 1 ? 3 : 1,
			   "flushed over older data, and read with the memory of that time"))
			goto out;
	/* By a write that is durable itself; by a suspend. */
	if (!put_durably(&c, ranges[1], 5) || !image(&c, false) || !put_all(&c, 6) ||
	    !set_back(&c) ||
	    !holds(&c, c.node, ranges[1], 5,
		   "written with RWF_DSYNC, and read with the memory of that time") ||
	    !put_all(&c, 7) || !check_setup(env, dm_device_suspend(c.name, 0), "suspending") ||
	    !image(&c, false) || !check_setup(env, dm_device_resume(c.name, 0), "resuming") ||
	    !put_all(&c, 8) || !set_back(&c))
		goto out;
	all_hold(&c, c.node, 7, "written before a suspend, and read with the memory of that time");
out:
	cache_close(&c);
}

/* ---- a filesystem ---------------------------------------------------------------------------- */

enum { FILE_BYTES = 64 << 10 };

/* Mounts it and makes a file durable, or reads the file.  Returns whether nothing was wrong. */
static bool with_file(struct cache *c, unsigned int i, bool make)
{
	char where[256], path[280];
	int fd, rc;
	ssize_t n;

	snprintf(where, sizeof(where), "%s/mnt", c->env->directory);
	rc = dax_capability_mount("ext4", c->node, where, NULL);
	if (!check_errno(c->env, rc, 0, "mounting ext4 on the cache"))
		return false;
	snprintf(path, sizeof(path), "%s/file%u", where, i);
	fd = open(path, (make ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0600);
	if (!check_errno(c->env, fd < 0 ? -errno : 0, 0, "open of a file that is synced"))
		goto out;
	if (make) {
		stamp_fill(c->bytes, FILE_BYTES, DATA_ID, 0, i);
		n = write(fd, c->bytes, FILE_BYTES);
		rc = n != FILE_BYTES || fsync(fd) < 0 ? -errno : 0;
		/* What is in the cache now is what a crash would leave. */
		if (check_setup(c->env, rc, "writing and syncing a file"))
			image(c, false);
	} else {
		n = read(fd, c->bytes, FILE_BYTES);
		if (check_equal(c->env, n, FILE_BYTES, "bytes of a file that was synced"))
			check_bytes(c->env, "a file that was synced", c->bytes, FILE_BYTES, DATA_ID,
				    0, i);
	}
	close(fd);
out:
	check_setup(c->env, fs_unmount_path(where), "unmounting");
	return !check_complained(c->env);
}

static void synced_file(struct check_env *env, const void *arg)
{
	struct cache c;

	if (cache_open(&c, env, arg) && check_setup(env, fs_make("ext4", c.node, 0), "mkfs.ext4"))
		for (unsigned int i = 1; i <= 3; i++)
			if (!with_file(&c, i, true) || !set_back(&c) || !with_file(&c, i, false))
				break;
	cache_close(&c);
}

/* ---- more than the cache holds --------------------------------------------------------------- */

/* The generation of each MiB: some are written again. */
static uint32_t generation_of(unsigned int mib)
{
	return mib % 3 == 1 ? 2 : 1;
}

static bool every_mib(struct cache *c, const char *node, const char *when)
{
	bool good = true;

	for (unsigned int m = 0; m < DATA_MIB && good; m++)
		good = holds(c, node, (struct range){m * MIB, MIB}, generation_of(m), when);
	return good;
}

static void full(struct check_env *env, const void *arg)
{
	struct cache c;
	bool good = cache_open(&c, env, arg);

	for (unsigned int m = 0; m < DATA_MIB && good; m++)
		good = put(&c, (struct range){m * MIB, MIB}, 1) &&
		       (m < 4 || generation_of(m - 4) == 1 ||
			put(&c, (struct range){(m - 4) * MIB, MIB}, 2));
	for (unsigned int m = DATA_MIB - 4; m < DATA_MIB && good; m++)
		if (generation_of(m) == 2)
			good = put(&c, (struct range){m * MIB, MIB}, 2);
	good = good && every_mib(&c, c.node, "through the cache, which is full") &&
	       created_again(&c) && every_mib(&c, c.node, "through the cache, created again") &&
	       message(&c, "flush") && every_mib(&c, c.origin, "on the origin, after flush");
	cache_close(&c);
}

/* The option "cleaner" empties the cache without a message. */
static void cleaner(struct check_env *env, const void *arg)
{
	struct cache c;
	int64_t until_ms;
	int i = 0;

	if (!cache_open(&c, env, arg) || !put_all(&c, 1) || !cache_remove(&c) ||
	    !cache_create(&c, "1 cleaner"))
		goto out;
	until_ms = limit_clock_ms() + CLEAN_MS;
	do {
		if (!check_setup(env, bio_read(c.origin, ranges[i].at, c.bytes, ranges[i].len),
				 "reading the origin"))
			goto out;
		if (stamp_check(c.bytes, ranges[i].len, DATA_ID, ranges[i].at, 1, NULL) ==
		    ranges[i].len)
			i++;
	} while (i < N_RANGES && limit_clock_retry(until_ms));
	all_hold(&c, c.origin, 1, "on the origin, below a cleaner");
	all_hold(&c, c.node, 1, "through a cleaner");
out:
	cache_close(&c);
}

/* ---- nothing outside ------------------------------------------------------------------------- */

struct guard {
	const char *node;
	uint64_t at;
};

static bool guards(struct cache *c, const struct guard *list, int n, bool write)
{
	bool good = true;

	for (int i = 0; i < n && good; i++) {
		const struct guard *g = &list[i];
		int rc;

		if (write) {
			stamp_fill(c->bytes, GUARD_BYTES, GUARD_ID, g->at, 1);
			rc = bio_write(g->node, g->at, c->bytes, GUARD_BYTES);
		} else {
			rc = bio_read(g->node, g->at, c->bytes, GUARD_BYTES);
		}
		good = check_setup(c->env, rc, "guards of %s", g->node) &&
		       (write || check_bytes(c->env, "outside cache and origin", c->bytes,
					     GUARD_BYTES, GUARD_ID, g->at, 1));
	}
	return good;
}

/* The cache is 16 MiB at 2 MiB of its namespace, of which it leaves START_SECTORS. */
static void inside(struct check_env *env, const void *arg)
{
	const char *a = check_device(env, NAMESPACE_FSDAX, 0)->node;
	const char *b = check_device(env, NAMESPACE_FSDAX, 1)->node;
	const struct guard list[] = {
		{a, 1 * MIB},
		{a, 2 * MIB},		    /* before start_sector */
		{a, 3 * MIB},		    /* to it */
		{a, (2 + CACHE_MIB) * MIB}, /* behind the cache */
		{b, (ORIGIN_MIB - 1) * MIB},
		{b, (ORIGIN_MIB + DATA_MIB) * MIB},
	};
	enum { N = sizeof(list) / sizeof(list[0]) };
	struct cache c;

	if (cache_open(&c, env, arg) && guards(&c, list, N, true) && put_all(&c, 1) &&
	    created_again(&c) && all_hold(&c, c.node, 1, "through the cache, created again") &&
	    message(&c, "flush") && all_hold(&c, c.origin, 1, "on the origin, after flush"))
		guards(&c, list, N, false);
	cache_close(&c);
}

/* ---- refused --------------------------------------------------------------------------------- */

struct refusal {
	char name[64], table[320];
};

static int create_main(void *arg)
{
	const struct refusal *r = arg;

	return -dm_device_create(r->name, r->table, 0);
}

/* In a task: it dies on a kernel that does not look whether there is a DAX device.  Not on a DM
 * device over virtio-pmem, which may inherit the flag of a synchronous one (sync.inherited). */
static void refused(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = arg, .own_target = true};
	const struct namespace *origin = check_device(env, NAMESPACE_FSDAX, 1);
	struct check_task task;
	struct refusal r;
	struct testbed bed;

	if (!testbed_devices(env, &bed, &spec))
		return;
	check_name(env, "cached", r.name);
	snprintf(r.table, sizeof(r.table), "0 %d writecache p %s %s 4096 0", DATA_MIB * MIB_SECTORS,
		 origin->node, testbed_node(&bed));
	check_evidence(env, "dmsetup create %s --table '%s'", r.name, r.table);
	if (!check_start(env, &task, create_main, &r) &&
	    !check_await_errno(env, &task, "creating a writecache of mode p", EOPNOTSUPP))
		return; /* the kernel may hold it for ever */
	testbed_close(env, &bed);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY "Documentation/admin-guide/device-mapper/writecache.rst"
#define BY_SYNC "commit a4662458ddd5 (dm writecache: reject asynchronous pmem devices)"

#define LINEAR "32768 linear A 4096"
/* In pieces, the second one first. */
#define PIECES "16384 linear A 32768; 8192 linear A 8192; 8192 linear A 65536"
#define STRIPES "32768 striped 2 128 A 4096 A 65536"
#define VIRTIO "32768 linear V 4096"

static const char *const needs[] = {"device:fsdax:2", "target:writecache", "target:linear", NULL};
static const char *const needs_ext4[] = {"device:fsdax:2", "target:writecache", "target:linear",
					 "fs:ext4", NULL};
static const char *const needs_virtio[] = {"device:fsdax:2", "device:virtio", "target:writecache",
					   "target:linear",  "fs:ext4",	      NULL};
static const char *const needs_raw[] = {"device:fsdax:2", "device:raw", "target:writecache",
					"target:linear", NULL};
static const char *const needs_sector[] = {"device:fsdax:2", "device:sector", "target:writecache",
					   NULL};

#define CASE(table_, mode_, options_) \
	(&(const struct cache_case){.table = table_, .mode = mode_, .options = options_})

#define ITEM(name_, promise_, by_, needs_, flags_, planted, fn, arg_)                            \
	{                                                                                        \
		.name = name_, .promise = promise_, .by = by_, .needs = needs_, .flags = flags_, \
		.plants = planted, .run = fn, .arg = arg_,                                       \
	}

#define SYNCED \
	"a synced file of ext4 is there when the memory of the cache is set back to that time"
#define BY_FUA "Documentation/block/writeback_cache_control.rst, Forced Unit Access; fsync(2)"
#define RELOAD "data in the cache is there after a reload, remove and create, flush, and suspend"
#define COMMIT \
	"flushed data is there when the memory of the cache is set back to the time of the flush"

static const struct check_item items[] = {
	ITEM("reload.linear", RELOAD, BY, needs, 0, PLANT_BYTE | PLANT_VALUE, reload,
	     CASE(LINEAR, 'p', "0")),
	ITEM("reload.pieces", RELOAD ", in pieces of memory", BY, needs, 0,
	     PLANT_BYTE | PLANT_VALUE, reload, CASE(PIECES, 'p', "0")),
	ITEM("reload.stripes", RELOAD ", on a striped device", BY, needs, 0,
	     PLANT_BYTE | PLANT_VALUE, reload, CASE(STRIPES, 'p', "0")),
	ITEM("reload.virtio", RELOAD ", as a block device on virtio-pmem", BY, needs_virtio, 0,
	     PLANT_BYTE | PLANT_VALUE, reload, CASE(VIRTIO, 's', "0")),
	ITEM("commit.linear", COMMIT, BY, needs, CHECK_QUICK, PLANT_BYTE | PLANT_VALUE, commit,
	     CASE(LINEAR, 'p', "0")),
	ITEM("commit.pieces", COMMIT ", in pieces of memory", BY, needs, 0,
	     PLANT_BYTE | PLANT_VALUE, commit, CASE(PIECES, 'p', "0")),
	ITEM("commit.virtio", COMMIT ", as a block device on virtio-pmem", BY, needs_virtio, 0,
	     PLANT_BYTE | PLANT_VALUE, commit, CASE(VIRTIO, 's', "0")),
	ITEM("fsync.linear", SYNCED, BY_FUA, needs_ext4, 0, PLANT_BYTE | PLANT_VALUE, synced_file,
	     CASE(LINEAR, 'p', "0")),
	ITEM("fsync.virtio", SYNCED ", as a block device on virtio-pmem", BY_FUA, needs_virtio, 0,
	     PLANT_BYTE | PLANT_VALUE, synced_file, CASE(VIRTIO, 's', "0")),
	ITEM("full", "data that does not fit into the cache is right in it and on the origin", BY,
	     needs, 0, PLANT_BYTE | PLANT_VALUE, full,
	     CASE(LINEAR, 'p', "4 high_watermark 40 low_watermark 10")),
	ITEM("cleaner", "the option cleaner writes the cache back without a message", BY, needs, 0,
	     PLANT_BYTE | PLANT_VALUE, cleaner, CASE(LINEAR, 'p', "0")),
	ITEM("inside", "nothing is written outside origin and cache, or before start_sector", BY,
	     needs, 0, PLANT_BYTE | PLANT_VALUE, inside, CASE(LINEAR, 'p', "2 start_sector 4096")),
	ITEM("refused.virtio", "a cache of mode p on virtio-pmem is refused", BY_SYNC, needs_virtio,
	     0, PLANT_VALUE, refused, "V"),
	ITEM("refused.raw", "a cache of mode p on a raw namespace is refused", BY, needs_raw,
	     CHECK_EMULATED | CHECK_SPOILS, PLANT_VALUE, refused, "R"),
	ITEM("refused.linear_raw",
	     "a cache of mode p on a linear device over a raw namespace is refused", BY, needs_raw,
	     CHECK_EMULATED | CHECK_SPOILS, PLANT_VALUE, refused, "32768 linear R 0"),
	ITEM("refused.sector", "a cache of mode p on a sector namespace is refused", BY,
	     needs_sector, CHECK_EMULATED | CHECK_SPOILS, PLANT_VALUE, refused, "S"),
	{0},
};

const struct check_family check_writecache = {
	.name = "writecache",
	.why = "what is written through dm-writecache is there after reload, commit and writeback",
	.items = items,
};
