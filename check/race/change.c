// SPDX-License-Identifier: GPL-2.0-only
/* The process that changes the device or the file. */
#include "check/race/race.h"

#include "check/fixture/block_reuse.h"
#include "lib/dev/dm.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	OTHER_PAGES = 128,
	RESERVE_BLOCKS = 64, /* fewer than the other file needs */
	UNBIND_AFTER = 500,  /* accesses of each worker */
	UNBIND_AFTER_SLOW = 20,
	PUNCHED_PAGES = 3,
	OFTEN = 10,
};

static const unsigned int suspend_modes[] = {0, DM_NOLOCKFS, DM_NOFLUSH, DM_NOFLUSH | DM_NOLOCKFS};

static int answer(int rc)
{
	return rc < 0 ? -errno : 0;
}

/* Another page of the common ones each time; 7 has no factor in common with their number. */
static uint64_t common_offset(const struct race *r)
{
	return (RACE_COMMON + 3 + r->changes * 7 % (RACE_PAGES - RACE_COMMON - 8)) * PAGE_BYTES;
}

static int suspend(struct race *r)
{
	const char *dm = testbed_dm(r->bed);
	int rc = dm_device_suspend(dm, suspend_modes[r->changes % 4]);

	return rc ? rc : dm_device_resume(dm, 0);
}

static int reload(struct race *r)
{
	return graph_reload(r->changes % 2 ? &r->bed->graph : &r->other, r->bed->device,
			    suspend_modes[r->changes / 2 % 4]);
}

static int truncate_file(struct race *r)
{
	off_t to = (off_t)(common_offset(r) + r->changes % 2 * 100);
	int rc = answer(ftruncate(r->bed->fd, to));

	return rc ? rc : answer(ftruncate(r->bed->fd, RACE_BYTES));
}

static int truncate_often(struct race *r)
{
	int rc = 0;

	for (int i = 0; i < OFTEN && !rc; i++) {
		rc = answer(ftruncate(r->bed->fd, RACE_BYTES - PAGE_BYTES));
		rc = rc ? rc : answer(ftruncate(r->bed->fd, RACE_BYTES));
	}
	return rc;
}

static int punch(struct race *r)
{
	return answer(fallocate(r->bed->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				(off_t)(common_offset(r) + r->changes % 3 * SECTOR_BYTES),
				PUNCHED_PAGES * PAGE_BYTES));
}

static bool have_looked(const struct race *r)
{
	for (unsigned int i = 0; i < RACE_WORKERS; i++)
		if (r->workers[i].looked != r->gone)
			return false;
	return true;
}

/* Another range each time gets blocks, which the workers map, and loses them by a punched hole or
 * by truncation.  From when the call has returned until both workers have looked, its bytes are
 * zero.  In two changes of three only every second page has a block: to free many extents takes
 * longer. */
static int free_blocks(struct race *r)
{
	static char bytes[RACE_GONE_PAGES * PAGE_BYTES];
	const uint64_t ranges = (RACE_PAGES - RACE_COMMON) / RACE_GONE_PAGES;
	const uint64_t page = RACE_COMMON + r->changes * 5 % ranges * RACE_GONE_PAGES;
	const off_t at = (off_t)(page * PAGE_BYTES);
	const bool apart = r->changes % 3;
	const size_t len = apart ? PAGE_BYTES : sizeof(bytes);
	int rc;

	stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, (uint64_t)at, TESTBED_GENERATION);
	for (size_t done = 0; done < sizeof(bytes); done += apart ? 2 * len : len)
		if (pwrite(r->bed->fd, bytes + done, len, at + (off_t)done) != (ssize_t)len)
			return -errno;
	r->gone_page = page;
	r->truncated = r->changes % 4 == 3;
	check_pause(1);
	if (r->truncated) {
		rc = answer(ftruncate(r->bed->fd, at));
		rc = rc ? rc : answer(ftruncate(r->bed->fd, RACE_BYTES));
	} else {
		rc = answer(fallocate(r->bed->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at,
				      sizeof(bytes)));
	}
	if (rc)
		return rc;
	r->gone++;
	while (!have_looked(r) && !r->stop)
		check_pause(1);
	return 0;
}

static int sync_file(struct race *r)
{
	return answer(r->changes % 2 ? fsync(r->bed->fd)
				     : msync(r->bed->map.base, RACE_BYTES, MS_SYNC));
}

/* ---- blocks for another file ----------------------------------------------------------------- */

/* Whether a block of the other file was one of the common pages at first. */
static bool has_common_block(const struct race *r)
{
	struct extents extents;
	bool found = false;

	if (extents_read(r->other_fd, &extents) < 0)
		return false;
	for (uint64_t p = RACE_COMMON; p < RACE_PAGES && !found; p++) {
		uint64_t byte;

		if (testbed_device_byte(r->bed, p * PAGE_BYTES, &byte) < 0)
			continue;
		for (size_t i = 0; i < extents.n && !found; i++)
			found = byte >= extents.list[i].physical_bytes &&
				byte < extents.list[i].physical_bytes + extents.list[i].len_bytes;
	}
	extents_free(&extents);
	return found;
}

/* The other file has its own bytes only: no store of a worker reached it. */
static int other_file(struct race *r)
{
	static char bytes[OTHER_PAGES * PAGE_BYTES];
	char found[160];
	ssize_t n;

	stamp_fill(bytes, sizeof(bytes), RACE_OTHER_FILE, 0, TESTBED_GENERATION);
	n = pwrite(r->other_fd, bytes, sizeof(bytes), 0);
	if (n <= 0)
		return n < 0 && errno != ENOSPC ? -errno : 0;
	r->reused += has_common_block(r);
	check_pause(1);
	memset(bytes, 0, sizeof(bytes));
	if (pread(r->other_fd, bytes, (size_t)n, 0) != n)
		return -EIO;
	if (stamp_check(bytes, (size_t)n, RACE_OTHER_FILE, 0, TESTBED_GENERATION, found) !=
	    (size_t)n)
		race_wrong(r->why, "the other file, which got blocks of the first one, holds %.90s",
			   found);
	return 0;
}

static int reuse(struct race *r)
{
	int rc = answer(ftruncate(r->bed->fd, RACE_COMMON * PAGE_BYTES));

	/* Blocks are free once the journal has committed. */
	rc = rc ? rc : answer(fsync(r->bed->fd));
	rc = rc ? rc : other_file(r);
	rc = rc ? rc : answer(ftruncate(r->other_fd, 0));
	rc = rc ? rc : answer(fsync(r->other_fd));
	return rc ? rc : answer(ftruncate(r->bed->fd, RACE_BYTES));
}

/* The other file comes first: there is no space for it afterwards. */
static int prepare_reuse(struct race *r)
{
	char path[sizeof(r->bed->fs.where) + 16];
	int filler, rc = block_reuse_limit_reserve(r->bed, RESERVE_BLOCKS);

	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/second", r->bed->fs.where);
	r->other_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (r->other_fd < 0)
		return -errno;
	filler = block_reuse_fill_up(r->bed);
	if (filler < 0)
		return filler;
	close(filler);
	return 0;
}

/* ---- the process ----------------------------------------------------------------------------- */

static int unbind(struct race *r)
{
	const uint64_t after =
		r->how->change == RACE_UNBIND_SLOW ? UNBIND_AFTER_SLOW : UNBIND_AFTER;
	int rc;

	while (!r->stop && (r->workers[0].accesses < after || r->workers[1].accesses < after))
		check_pause(1);
	r->unbinding = true;
	rc = nd_driver_write(&r->driver, "unbind");
	r->unbound = true;
	return rc;
}

static const struct {
	const char *name;
	int (*change)(struct race *r);
} changes[] = {
	[RACE_SUSPEND] = {"suspend and resume", suspend},
	[RACE_RELOAD] = {"reload", reload},
	[RACE_TRUNCATE] = {"ftruncate(2)", truncate_file},
	[RACE_DROP] = {"ftruncate(2)", truncate_often},
	[RACE_PUNCH] = {"punching holes", punch},
	[RACE_GONE] = {"writing pages and freeing their blocks", free_blocks},
	[RACE_REUSE] = {"giving the blocks to another file", reuse},
	[RACE_FSYNC] = {"fsync(2) or msync(2)", sync_file},
	[RACE_UNBIND] = {"unbinding the driver", unbind},
	[RACE_UNBIND_SLOW] = {"unbinding the driver", unbind},
};

int race_prepare_change(struct race *r)
{
	r->other_fd = -1;
	switch (r->how->change) {
	case RACE_RELOAD:
		return testbed_dm(r->bed)
			       ? testbed_cut(r->bed, WINDOW_BYTES + PAGE_BYTES, &r->other)
			       : 0;
	case RACE_REUSE:
		return prepare_reuse(r);
	case RACE_UNBIND:
	case RACE_UNBIND_SLOW:
		testbed_unmap(r->bed);
		return nd_driver_find(r->bed->graph.devices[0].ns, &r->driver);
	default:
		return 0;
	}
}

int race_change_main(void *arg)
{
	struct race *r = arg;
	int rc = 0;

	do {
		rc = changes[r->how->change].change(r);
		if (rc < 0)
			race_wrong(r->why, "%s, change %" PRIu64 ": %s",
				   changes[r->how->change].name, r->changes, strerrorname_np(-rc));
		r->changes++;
		check_pause(1);
	} while (!r->stop && !r->why[0] && r->changes < r->changes_wanted && !race_unbinds(r->how));
	return 0;
}
