// SPDX-License-Identifier: GPL-2.0-only
#include "check/fsmode/ranges.h"

#include "check/fixture/testbed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_BYTES = 4 * WINDOW_BYTES };

/* Whether a range reads as zeroes, by the mapping and by read(2). */
static void judge_zeroes(struct check_env *env, const struct testbed *bed, uint64_t from,
			 uint64_t len)
{
	char *copy = calloc(2, len);
	struct check_touch touch;
	bool zero = true;

	if (!check_own(env, copy ? 0 : -ENOMEM, "memory"))
		return;
	touch = check_copy(copy, bed->map.base + from, len);
	check_that(env, !touch.signal, "a load from the range raises no signal");
	check_setup(env, pread(bed->fd, copy + len, len, (off_t)from) == (ssize_t)len ? 0 : -EIO,
		    "read(2) of the range");
	for (uint64_t i = 0; i < 2 * len; i++)
		zero = zero && !copy[i];
	check_that(env, zero, "the range reads as zeroes");
	free(copy);
}

/* read(2) of [at, at + len) of the file returns what was at file offset `was`. */
static void judge_read(struct check_env *env, const struct testbed *bed, uint64_t at, uint64_t len,
		       uint64_t was)
{
	char *copy = malloc(len);

	if (check_own(env, copy ? 0 : -ENOMEM, "memory")) {
		check_setup(env, pread(bed->fd, copy, len, (off_t)at) == (ssize_t)len ? 0 : -EIO,
			    "read(2) of the file");
		check_bytes(env, "by read(2)", copy, len, TESTBED_FILE, was, TESTBED_GENERATION);
	}
	free(copy);
}

/* [at, at + len) of the file holds what was at file offset `was`, and is mapped. */
static void judge_moved(struct check_env *env, const struct testbed *bed, uint64_t at, uint64_t len,
			uint64_t was)
{
	if (!len)
		return;
	check_mapped_bytes(env, "through the mapping", bed->map.base + at, len, TESTBED_FILE, was,
			   TESTBED_GENERATION);
	judge_read(env, bed, at, len, was);
	testbed_frames(env, bed, at, len);
}

static void judge(struct check_env *env, const struct testbed *bed, const struct range_case *c)
{
	const uint64_t at = c->at_bytes, len = c->len_bytes, end = at + len;

	judge_moved(env, bed, 0, at, 0);
	if (c->mode & FALLOC_FL_COLLAPSE_RANGE) {
		judge_moved(env, bed, at, FILE_BYTES - end, end);
		check_equal(env, check_load(bed->map.base + FILE_BYTES - len, NULL).signal, SIGBUS,
			    "signal of a load past the new end of the file");
		return;
	}
	judge_zeroes(env, bed, at, len);
	if (!(c->mode & FALLOC_FL_INSERT_RANGE)) {
		judge_moved(env, bed, end, FILE_BYTES - end, end);
		return;
	}
	judge_moved(env, bed, end, FILE_BYTES - end, at);
	/* The file is longer than its mapping now. */
	judge_read(env, bed, FILE_BYTES, len, FILE_BYTES - len);
}

void range_under_mapping(struct check_env *env, const void *arg)
{
	const struct range_case *c = arg;
	const struct testbed_spec spec = {
		.table = "2x $/2 linear A +0", .fs = c->fs, .file_bytes = FILE_BYTES};
	volatile char *byte;
	struct testbed bed;
	int rc;

	if (!testbed_open(env, &bed, &spec))
		return;
	/* Known to the page tables, some of it dirty. */
	testbed_frames(env, &bed, 0, FILE_BYTES);
	for (uint64_t at = 0; at < FILE_BYTES; at += WINDOW_BYTES / 2) {
		byte = bed.map.base + at;
		*byte = *byte;
	}
	rc = fallocate(bed.fd, c->mode, (off_t)c->at_bytes, (off_t)c->len_bytes);
	if (check_errno(env, rc < 0 ? -errno : 0, 0, "fallocate(2) under the mapping") &&
	    testbed_read_extents(env, &bed))
		judge(env, &bed, c);
	testbed_close(env, &bed);
}
