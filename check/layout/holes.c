// SPDX-License-Identifier: GPL-2.0-only
#include "check/layout/holes.h"

#include "check/fixture/testbed.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum { PAGES = 96, AGAIN = 2 };

static char bytes[PAGES * PAGE_BYTES];

/* Single pages, pairs and longer runs, of both kinds; the blocks of a hole keep their bytes. */
static bool is_hole(unsigned int page)
{
	static const char pattern[] = "#.##..#...##.###....#.#.";

	return pattern[page % (sizeof(pattern) - 1)] == '.';
}

/* The first page of the next run. */
static unsigned int end_of_run(unsigned int page)
{
	unsigned int end = page;

	while (end < PAGES && is_hole(end) == is_hole(page))
		end++;
	return end;
}

static int punch_all(int fd)
{
	int rc = 0;

	for (unsigned int p = 0, end; p < PAGES && !rc; p = end) {
		end = end_of_run(p);
		if (is_hole(p) && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					    (off_t)p * PAGE_BYTES, (off_t)(end - p) * PAGE_BYTES))
			rc = -errno;
	}
	return rc;
}

/* bytes has pages [from, to), read through one path. */
static bool judge(struct check_env *env, const char *path, unsigned int from, unsigned int to)
{
	for (unsigned int p = from; p < to; p++) {
		char *page = bytes + (size_t)(p - from) * PAGE_BYTES;
		uint64_t at = 0;

		if (!is_hole(p)) {
			if (!check_bytes(env, path, page, PAGE_BYTES, TESTBED_FILE,
					 (uint64_t)p * PAGE_BYTES, TESTBED_GENERATION))
				return false;
			continue;
		}
		while (at < PAGE_BYTES && !page[at])
			at++;
		if (!check_that(env, at == PAGE_BYTES,
				"page %u, a hole, reads as zeroes %s (byte %" PRIu64 " does not)",
				p, path, at))
			return false;
	}
	return true;
}

/* By one call for all, and by one that ends or begins at each page. */
static bool read_all(struct check_env *env, int fd, const char *path)
{
	bool good = true;

	for (unsigned int p = 0; p < PAGES && good; p++) {
		unsigned int to = p ? p : PAGES;
		unsigned int from = p % 2 && p > 5 ? p - 5 : 0;
		ssize_t len = (ssize_t)(to - from) * PAGE_BYTES;
		ssize_t n = pread(fd, bytes, (size_t)len, (off_t)from * PAGE_BYTES);

		good = check_equal(env, n, len, "bytes of read(2) of a file with holes") &&
		       judge(env, path, from, to);
	}
	return good;
}

void holes(struct check_env *env, const void *arg)
{
	struct testbed bed = TESTBED_NONE;

	/* All pages are mapped when they are punched. */
	if (!testbed_open(env, &bed, arg) ||
	    !testbed_map_holds(env, &bed, "before", 0, sizeof(bytes), TESTBED_GENERATION) ||
	    !check_setup(env, punch_all(bed.fd), "punching holes") ||
	    !read_all(env, bed.fd, "by read(2)") ||
	    !read_all(env, bed.direct_fd, "by read(2) with O_DIRECT"))
		goto out;
	if (check_copy(bytes, bed.map.base, sizeof(bytes)).signal)
		check_fail(env, "a load from a file with holes raises a signal");
	else if (judge(env, "through the mapping", 0, PAGES)) {
		/* One write fills the holes; their new blocks are read where they are. */
		stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, 0, AGAIN);
		if (check_equal(env, pwrite(bed.fd, bytes, sizeof(bytes), 0), sizeof(bytes),
				"bytes of write(2) over a file with holes") &&
		    check_setup(env, fsync(bed.fd) < 0 ? -errno : 0, "fsync") &&
		    testbed_read_extents(env, &bed)) {
			testbed_holds(env, &bed, "after the holes were filled", 0, sizeof(bytes),
				      AGAIN);
			testbed_holds(env, &bed, "behind them", sizeof(bytes),
				      bed.bytes - sizeof(bytes), TESTBED_GENERATION);
		}
	}
out:
	testbed_close(env, &bed);
}
