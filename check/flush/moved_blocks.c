// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/moved_blocks.h"

#include "check/fixture/block_reuse.h"
#include "check/fixture/calls.h"
#include "check/flush/writeback.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* In pages: the range that is removed, inserted or freed. */
enum { AT = 16, LEN = 16, FILE_PAGES = WRITEBACK_FILE_BYTES / PAGE_BYTES };

static bool in_file(const struct moved_case *c, uint64_t page)
{
	const uint64_t removed = c->mode & FALLOC_FL_COLLAPSE_RANGE ? 2 * LEN : 0;

	return page < FILE_PAGES - removed;
}

static void store_pages(struct check_env *env, const struct testbed *bed,
			const struct moved_case *c)
{
	for (int i = 0; i < WRITEBACK_PAGES; i++)
		if (in_file(c, writeback_pages[i]))
			writeback_store_page(env, bed, writeback_pages[i]);
}

static int move(const struct testbed *bed, const struct moved_case *c)
{
	return fallocate(bed->fd, c->mode, AT * PAGE_BYTES, LEN * PAGE_BYTES) < 0 ? -errno : 0;
}

/* Where a page is after a move. */
static uint64_t moved(const struct moved_case *c, uint64_t page)
{
	if (page < AT || c->mode & FALLOC_FL_PUNCH_HOLE)
		return page;
	return c->mode & FALLOC_FL_COLLAPSE_RANGE ? page - LEN : page + LEN;
}

/* The frames do not change: what was dirty there has been written back. */
static void judge(struct check_env *env, const struct writeback_view *view,
		  const struct moved_case *c, bool were_moved, const char *name)
{
	for (int i = 0; i < WRITEBACK_PAGES; i++) {
		uint64_t page = writeback_pages[i];

		if (in_file(c, page) && (page < AT || page >= AT + LEN))
			writeback_judge_page(
				env, view, (were_moved ? moved(c, page) : page) * PAGE_BYTES, name);
	}
}

/* Pages that were dirty before are known to the filesystem by their old place. */
static bool stored_after(struct check_env *env, struct testbed *bed,
			 const struct writeback_view *view, struct calls *calls,
			 const struct moved_case *c)
{
	int rc;

	store_pages(env, bed, c);
	rc = fsync(bed->fd) < 0 ? -errno : 0;
	if (!check_setup(env, rc, "fsync") || !check_errno(env, move(bed, c), 0, "fallocate") ||
	    !testbed_read_extents(env, bed))
		return false;
	store_pages(env, bed, c);
	calls_start(calls);
	rc = fsync(bed->fd) < 0 ? -errno : 0;
	if (!calls_stop(env, calls) || !check_errno(env, rc, 0, "fsync after fallocate"))
		return false;
	judge(env, view, c, false, "a file that fallocate changed before the store");
	return true;
}

static void stored_before(struct check_env *env, struct testbed *bed,
			  const struct writeback_view *view, struct calls *calls,
			  const struct moved_case *c)
{
	int rc;

	store_pages(env, bed, c);
	calls_start(calls);
	rc = move(bed, c);
	if (!rc && fsync(bed->fd) < 0)
		rc = -errno;
	if (calls_stop(env, calls) && check_errno(env, rc, 0, "fallocate and fsync") &&
	    testbed_read_extents(env, bed))
		judge(env, view, c, true, "a file that fallocate changed after the store");
}

void moved_blocks_written_back(struct check_env *env, const void *arg)
{
	const struct moved_case *c = arg;
	struct writeback_view view;
	struct testbed bed = TESTBED_NONE;
	struct calls calls;

	if (calls_open(env, &calls, writeback_functions) && testbed_open(env, &bed, &c->spec) &&
	    writeback_view_begin(env, &view, &bed, &calls) &&
	    stored_after(env, &bed, &view, &calls, c))
		stored_before(env, &bed, &view, &calls, c);
	testbed_close(env, &bed);
	calls_close(&calls);
}

static int punch(int fd, uint64_t page, uint64_t pages)
{
	int rc = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			   (off_t)(page * PAGE_BYTES), (off_t)(pages * PAGE_BYTES));

	return rc < 0 ? -errno : 0;
}

/* Another file has shared the blocks when this one loses them. */
static bool leave_to_clone(struct check_env *env, struct testbed *bed)
{
	struct file_clone_range range = {
		.src_fd = bed->fd, .src_offset = AT * PAGE_BYTES, .src_length = LEN * PAGE_BYTES};
	char path[sizeof(bed->fs.where) + 8];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/clone", bed->fs.where);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	rc = fd < 0 || ioctl(fd, FICLONERANGE, &range) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return check_setup(env, rc, "FICLONERANGE") &&
	       check_errno(env, punch(bed->fd, AT, LEN), 0, "punching a hole");
}

/* Another file gets them with all the free space, and gives up others. */
static bool leave_to_other(struct check_env *env, struct testbed *bed)
{
	enum { FREED = 4 * LEN };
	uint64_t at = 0;
	int fd, rc;

	if (!check_errno(env, punch(bed->fd, AT, LEN), 0, "punching a hole"))
		return false;
	fd = block_reuse(bed, (AT + LEN - 1) * PAGE_BYTES, &at);
	if (!check_setup(env, fd < 0 ? fd : 0, "giving the blocks to another file"))
		return false;
	rc = punch(fd, at < FREED * PAGE_BYTES ? 2 * FREED : 0, FREED);
	if (!rc && syncfs(fd) < 0)
		rc = -errno;
	close(fd);
	return check_setup(env, rc, "freeing other blocks");
}

/* The frame of the last page of the range; false after a complaint. */
static bool find_last(struct check_env *env, const struct testbed *bed, uint64_t *pfn)
{
	int rc = extents_pfn(&bed->extents, (struct backing){&bed->graph, bed->device},
			     (AT + LEN - 1) * PAGE_BYTES, pfn);

	return check_own(env, rc, "the frame of the last page");
}

static void store_range(struct check_env *env, const struct testbed *bed)
{
	for (uint64_t page = AT; page < AT + LEN; page++)
		writeback_store_page(env, bed, page);
}

static void refill(struct check_env *env, struct testbed *bed, const struct writeback_view *view,
		   struct calls *calls)
{
	uint64_t before = 0, after = 0;
	int rc;

	if (!find_last(env, bed, &before))
		return;
	store_range(env, bed);
	rc = fsync(bed->fd) < 0 ? -errno : 0;
	if (!check_setup(env, rc, "fsync") ||
	    !(strcmp(bed->spec.fs, "xfs+reflink") ? leave_to_other : leave_to_clone)(env, bed))
		return;
	store_range(env, bed);
	calls_start(calls);
	rc = fsync(bed->fd) < 0 ? -errno : 0;
	if (!calls_stop(env, calls) || !check_errno(env, rc, 0, "fsync of pages with new blocks") ||
	    !testbed_read_extents(env, bed) || !find_last(env, bed, &after) ||
	    !check_own(env, after != before ? 0 : -EEXIST, "a new block of the last page"))
		return;
	for (uint64_t page = AT; page < AT + LEN; page++)
		writeback_judge_page(env, view, page * PAGE_BYTES, "a file with new blocks");
}

void refilled_written_back(struct check_env *env, const void *arg)
{
	struct writeback_view view;
	struct testbed bed = TESTBED_NONE;
	struct calls calls;

	if (calls_open(env, &calls, writeback_functions) && testbed_open(env, &bed, arg) &&
	    writeback_view_begin(env, &view, &bed, &calls))
		refill(env, &bed, &view, &calls);
	testbed_close(env, &bed);
	calls_close(&calls);
}
