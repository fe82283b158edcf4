// SPDX-License-Identifier: GPL-2.0-only
#include "check/fsmode/edges.h"

#include "check/fixture/testbed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 2 * WINDOW_BYTES, AROUND = 8 * PAGE_BYTES };

/* Ranges, each in pages of its own. */
static const struct {
	uint64_t at, len;
	const char *what;
} ranges[] = {
	{0, 1, "the first byte"},
	{AROUND + 100, 200, "a part of one block"},
	{2 * AROUND + 100, PAGE_BYTES, "parts of two blocks"},
	{3 * AROUND + 1, 3 * PAGE_BYTES, "two blocks and parts of two"},
	{4 * AROUND, 2 * PAGE_BYTES + 1, "two blocks and the first byte of the next"},
	{5 * AROUND + PAGE_BYTES - 1, 2 * PAGE_BYTES + 1, "the last byte of a block and two more"},
	{WINDOW_BYTES - 3, 6, "three bytes on each side of a 2 MiB boundary"},
	{FILE_BYTES - PAGE_BYTES + 5, PAGE_BYTES - 5, "all of the last block but five bytes"},
};

/* The first byte of the file, of the pages around a range, that is not the one wanted; -1: none. */
static int64_t first_wrong(const char *bytes, const char *want, uint64_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != want[i])
			return (int64_t)(from + i);
	return -1;
}

static void one_range(struct check_env *env, const struct testbed *bed, int mode, size_t r,
		      char *want, char *got)
{
	uint64_t at = ranges[r].at, len = ranges[r].len;
	uint64_t from = at / AROUND * AROUND;
	size_t n = FILE_BYTES - from < 2 * AROUND ? FILE_BYTES - from : 2 * AROUND;
	struct check_touch touch = check_copy(want, bed->map.base + from, n);

	check_equal(env, touch.signal, 0, "signal of a load before");
	if (!check_errno(env, fallocate(bed->fd, mode, (off_t)at, (off_t)len) < 0 ? -errno : 0, 0,
			 "fallocate of %s", ranges[r].what))
		return;
	memset(want + (at - from), 0, len);
	touch = check_copy(got, bed->map.base + from, n);
	check_equal(env, touch.signal, 0, "signal of a load after");
	check_equal(env, first_wrong(got, want, from, n), -1,
		    "offset of the first wrong byte of the mapping after fallocate of %s",
		    ranges[r].what);
	if (!check_setup(env, pread(bed->fd, got, n, (off_t)from) == (ssize_t)n ? 0 : -EIO,
			 "read(2)"))
		return;
	check_equal(env, first_wrong(got, want, from, n), -1,
		    "offset of the first wrong byte by read(2) after fallocate of %s",
		    ranges[r].what);
}

void edges_of_range(struct check_env *env, const void *arg)
{
	const struct edges_case *c = arg;
	const struct testbed_spec spec = {
		.table = TESTBED_LINEAR, .fs = c->fs, .file_bytes = FILE_BYTES};
	char *bytes = malloc(4 * AROUND);
	struct testbed bed;

	if (check_own(env, bytes ? 0 : -ENOMEM, "memory") && testbed_open(env, &bed, &spec)) {
		for (size_t r = 0; r < sizeof(ranges) / sizeof(ranges[0]); r++)
			one_range(env, &bed, c->mode, r, bytes, bytes + 2 * AROUND);
		testbed_close(env, &bed);
	}
	free(bytes);
}
