// SPDX-License-Identifier: GPL-2.0-only
#include "check/reflink/parts.h"

#include "check/fixture/testbed.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* The file of the testbed, and a clone of it; and what each must hold. */
struct pair {
	struct check_env *env;
	struct testbed bed;
	uint64_t bytes;
	int fds[2];
	struct mapping map[2];
	char *want[2], *got;
	uint32_t generation;
};

static bool pair_clone(struct pair *p)
{
	int rc = 0;

	if (ftruncate(p->fds[1], 0) < 0 || ioctl(p->fds[1], FICLONE, p->fds[0]) < 0 ||
	    fsync(p->fds[1]) < 0)
		rc = -errno;
	memcpy(p->want[1], p->want[0], p->bytes);
	return check_setup(p->env, rc, "FICLONE of the file");
}

static bool pair_open(struct pair *p, struct check_env *env, const struct testbed_spec *spec)
{
	char path[sizeof(p->bed.fs.where) + 8];
	int rc;

	*p = (struct pair){.env = env, .bed = TESTBED_NONE, .fds = {-1, -1}, .generation = 1};
	if (!testbed_open(env, &p->bed, spec))
		return false;
	p->bytes = p->bed.bytes;
	p->got = malloc(p->bytes);
	for (int i = 0; i < 2; i++)
		p->want[i] = malloc(p->bytes);
	if (!check_own(env, p->got && p->want[0] && p->want[1] ? 0 : -ENOMEM, "memory"))
		return false;
	stamp_fill(p->want[0], p->bytes, TESTBED_FILE, 0, TESTBED_GENERATION);
	snprintf(path, sizeof(path), "%s/clone", p->bed.fs.where);
	p->fds[0] = p->bed.fd;
	p->fds[1] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	p->map[0] = p->bed.map;
	/* Writable pages of the file, before they are shared. */
	rc = p->fds[1] < 0					 ? -errno
	     : check_store(p->map[0].base, p->want[0][0]).signal ? -EFAULT
								 : 0;
	if (!check_setup(env, rc, "making a clone") || !pair_clone(p))
		return false;
	rc = mapping_make(&p->map[1], p->fds[1], p->bytes, MAP_SHARED, false);
	return check_setup(env, rc, "mapping the clone");
}

static void pair_close(struct pair *p)
{
	if (p->map[1].reserved)
		mapping_drop(&p->map[1]);
	if (p->fds[1] >= 0)
		close(p->fds[1]);
	for (int i = 0; i < 2; i++)
		free(p->want[i]);
	free(p->got);
	testbed_close(p->env, &p->bed);
}

/* Both files, by read(2) and by their mappings. */
static bool pair_holds(struct pair *p, const char *what, uint64_t at, uint64_t len)
{
	for (int i = 0; i < 4; i++) {
		int f = i / 2, rc = 0;
		uint64_t byte = 0;

		if (i % 2) {
			if (check_copy(p->got, p->map[f].base, p->bytes).signal)
				rc = -EFAULT;
		} else if (pread(p->fds[f], p->got, p->bytes, 0) != (ssize_t)p->bytes) {
			rc = -EIO;
		}
		while (byte < p->bytes && p->got[byte] == p->want[f][byte])
			byte++;
		if (!check_errno(p->env, rc, 0, "reading file %d after %s at %" PRIu64, f, what,
				 at) ||
		    !check_equal(p->env, (int64_t)byte, (int64_t)p->bytes,
				 "bytes of file %d that are right by %s after %s of %" PRIu64
				 " bytes at %" PRIu64,
				 f, i % 2 ? "its mapping" : "read(2)", what, len, at))
			return false;
	}
	return true;
}

/* Begin, middle and end; within a page, of pages, over a window's end. */
static const struct {
	uint64_t at, len;
} parts[] = {
	{0, 1},
	{PAGE_BYTES - 1, 2},
	{3 * PAGE_BYTES, PAGE_BYTES},
	{9 * PAGE_BYTES + 100, 9000},
	{WINDOW_BYTES - 10, 20},
	{WINDOW_BYTES + 7 * PAGE_BYTES, 2 * PAGE_BYTES},
	{2 * WINDOW_BYTES - 7, 7},
};
enum { N_PARTS = sizeof(parts) / sizeof(parts[0]) };

enum way { WRITE, STORE, ZERO, PUNCH, N_CHANGES };
static const char *const way_names[] = {"write(2)", "a store", "FALLOC_FL_ZERO_RANGE",
					"FALLOC_FL_PUNCH_HOLE"};

static bool change(struct pair *p, int f, enum way way, uint64_t at, uint64_t len)
{
	char *want = p->want[f] + at;
	int rc = 0;

	if (way == WRITE || way == STORE)
		stamp_fill(want, len, TESTBED_FILE, at, ++p->generation);
	else
		memset(want, 0, len);
	if (way == STORE)
		rc = check_copy(p->map[f].base + at, want, len).signal ? -EFAULT : 0;
	else if (way == WRITE)
		rc = pwrite(p->fds[f], want, len, (off_t)at) == (ssize_t)len ? 0 : -EIO;
	else if (fallocate(p->fds[f],
			   way == ZERO ? FALLOC_FL_ZERO_RANGE
				       : FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			   (off_t)at, (off_t)len) < 0)
		rc = -errno;
	return check_errno(p->env, rc, 0, "%s of %" PRIu64 " bytes at %" PRIu64, way_names[way],
			   len, at);
}

void parts_changed(struct check_env *env, const void *arg)
{
	struct pair p;
	bool good = pair_open(&p, env, arg);

	/* Either file in turn; shared anew before each way. */
	for (int w = 0; w < N_CHANGES && good; w++) {
		good = !w || pair_clone(&p);
		for (int i = 0; i < N_PARTS && good; i++) {
			good = change(&p, (w + i) % 2, (enum way)w, parts[i].at, parts[i].len) &&
			       pair_holds(&p, way_names[w], parts[i].at, parts[i].len);
		}
	}
	pair_close(&p);
}

/* ---- unsharing ------------------------------------------------------------------------------- */

/* The byte of the filesystem where a byte of a file is; 0 for none.  Returns false after a
 * complaint. */
static bool block_of(const struct pair *p, int f, uint64_t at, uint64_t *byte)
{
	struct extents extents = {0};
	const struct extent *e;
	int rc = fsync(p->fds[f]) < 0 ? -errno : extents_read(p->fds[f], &extents);

	e = rc < 0 ? NULL : extents_find(&extents, at);
	*byte = e ? e->physical_bytes + at - e->logical_bytes : 0;
	extents_free(&extents);
	return check_setup(p->env, rc, "reading the extents of file %d", f);
}

/* Both files have a block there, and not the same. */
static bool own_blocks(const struct pair *p, uint64_t at)
{
	uint64_t bytes[2];

	return block_of(p, 0, at, &bytes[0]) && block_of(p, 1, at, &bytes[1]) &&
	       check_that(p->env, bytes[0] && bytes[1] && bytes[0] != bytes[1],
			  "each file has a block of its own at %" PRIu64
			  " after FALLOC_FL_UNSHARE_RANGE",
			  at);
}

void parts_unshared(struct check_env *env, const void *arg)
{
	struct pair p;
	bool good = pair_open(&p, env, arg);

	for (int i = 0; i < N_PARTS && good; i++) {
		uint64_t at = parts[i].at, len = parts[i].len, last = at + len - 1;
		int f = i % 2;
		int rc = fallocate(p.fds[f], FALLOC_FL_UNSHARE_RANGE, (off_t)at, (off_t)len);

		good = check_errno(env, rc < 0 ? -errno : 0, 0,
				   "FALLOC_FL_UNSHARE_RANGE of %" PRIu64 " bytes at %" PRIu64, len,
				   at) &&
		       pair_holds(&p, "FALLOC_FL_UNSHARE_RANGE", at, len) && own_blocks(&p, at) &&
		       own_blocks(&p, last);
	}
	/* They no longer share blocks. */
	for (int i = 0; i < N_PARTS && good; i++)
		good = change(&p, i % 2, STORE, parts[i].at, parts[i].len) &&
		       pair_holds(&p, "a store after that", parts[i].at, parts[i].len);
	pair_close(&p);
}

/* ---- pages of both sizes --------------------------------------------------------------------- */

static int truncate_main(void *arg)
{
	const struct pair *p = arg;

	return ftruncate(p->fds[1], 0) < 0 ? errno : 0;
}

/* One file is mapped by PMDs, the other by PTEs; then the blocks of the second are freed. */
void parts_page_sizes(struct check_env *env, const void *arg)
{
	struct check_task task;
	struct pair p;

	if (pair_open(&p, env, arg) && pair_holds(&p, "nothing", 0, 0)) {
		mapping_drop(&p.map[1]);
		p.map[1] = (struct mapping){0};
		if (check_start(env, &task, truncate_main, &p) ||
		    !check_await_errno(env, &task, "ftruncate(2) of the clone", 0))
			return; /* it waits for ever, and so does an unmount */
		check_mapped_bytes(env, "after its clone was cut", p.map[0].base, p.bytes,
				   TESTBED_FILE, 0, TESTBED_GENERATION);
	}
	pair_close(&p);
}
