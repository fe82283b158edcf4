// SPDX-License-Identifier: GPL-2.0-only
#include "check/fsmode/end_of_file.h"

#include "check/fixture/testbed.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 2 * WINDOW_BYTES, AROUND_BYTES = 8 * PAGE_BYTES };

/* First and last bytes of sectors, pages and a window, and some between. */
static const uint64_t cuts[] = {
	FILE_BYTES - 1,
	WINDOW_BYTES + PAGE_BYTES + 1,
	WINDOW_BYTES + 1,
	WINDOW_BYTES,
	WINDOW_BYTES - 1,
	5 * PAGE_BYTES + 2048,
	PAGE_BYTES + 513,
	PAGE_BYTES,
	PAGE_BYTES - 1,
	513,
	512,
	511,
	1,
};
enum { N_CUTS = sizeof(cuts) / sizeof(cuts[0]) };

enum how { BY_TRUNCATE, BY_WRITE, BY_FALLOCATE, N_HOW };
static const char *const how_names[] = {"ftruncate(2)", "write(2)", "fallocate(2)"};

struct cut_file {
	struct check_env *env;
	struct testbed bed;
	char *want, *got;
	uint32_t generation;
};

/* All bytes of a new generation, by write(2) or through the mapping. */
static int fill(struct cut_file *c, bool by_mapping)
{
	stamp_fill(c->want, FILE_BYTES, TESTBED_FILE, 0, ++c->generation);
	if (ftruncate(c->bed.fd, FILE_BYTES) < 0)
		return -errno;
	if (by_mapping)
		return check_copy(c->bed.map.base, c->want, FILE_BYTES).signal ? -EFAULT : 0;
	return pwrite(c->bed.fd, c->want, FILE_BYTES, 0) == FILE_BYTES ? 0 : -EIO;
}

/* Longer again, by at least AROUND_BYTES where that is possible. */
static int lengthen(struct cut_file *c, uint64_t cut, enum how how)
{
	const uint64_t byte = cut + 5001 < FILE_BYTES ? cut + 5000 : FILE_BYTES - 1;

	memset(c->want + cut, 0, FILE_BYTES - cut);
	if (how == BY_WRITE) {
		c->want[byte] = 'w';
		if (pwrite(c->bed.fd, "w", 1, (off_t)byte) != 1)
			return -EIO;
	}
	if (how == BY_FALLOCATE)
		return fallocate(c->bed.fd, 0, 0, FILE_BYTES) < 0 ? -errno : 0;
	return ftruncate(c->bed.fd, FILE_BYTES) < 0 ? -errno : 0;
}

/* The bytes around the cut, by read(2) and by the mapping. */
static bool around_holds(struct cut_file *c, uint64_t cut, uint64_t end, const char *when)
{
	uint64_t from = cut > AROUND_BYTES ? cut - AROUND_BYTES : 0;
	uint64_t to = cut + AROUND_BYTES < end ? cut + AROUND_BYTES : end;

	for (int by_mapping = 0; by_mapping < 2; by_mapping++) {
		uint64_t at = 0, len = to - from;
		int rc = 0;

		if (by_mapping)
			rc = check_copy(c->got, c->bed.map.base + from, len).signal ? -EFAULT : 0;
		else if (pread(c->bed.fd, c->got, len, (off_t)from) != (ssize_t)len)
			rc = -EIO;
		while (at < len && c->got[at] == c->want[from + at])
			at++;
		if (!check_errno(c->env, rc, 0, "reading around %" PRIu64 " %s", cut, when) ||
		    !check_equal(c->env, (int64_t)(from + at), (int64_t)to,
				 "first byte around %" PRIu64 " that is not right by %s %s", cut,
				 by_mapping ? "the mapping" : "read(2)", when))
			return false;
	}
	return true;
}

static bool cut_once(struct cut_file *c, uint64_t cut, enum how how, bool by_mapping)
{
	const uint64_t page_end = (cut + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	char when[64];

	if (!check_setup(c->env, fill(c, by_mapping), "filling the file") ||
	    !check_errno(c->env, ftruncate(c->bed.fd, (off_t)cut) < 0 ? -errno : 0, 0,
			 "ftruncate(2) to %" PRIu64, cut))
		return false;
	if (page_end < FILE_BYTES &&
	    !check_equal(c->env, check_load(c->bed.map.base + page_end, NULL).signal, SIGBUS,
			 "signal of a load from the page behind a file of %" PRIu64 " bytes", cut))
		return false;
	memset(c->want + cut, 0, FILE_BYTES - cut);
	if (!around_holds(c, cut, cut, "after it was cut"))
		return false;
	snprintf(when, sizeof(when), "after it was made longer by %s", how_names[how]);
	return check_setup(c->env, lengthen(c, cut, how), "%s", when) &&
	       around_holds(c, cut, FILE_BYTES, when);
}

/* What the last cut left is on the device, too. */
static void mounted_again(struct cut_file *c)
{
	if (check_setup(c->env, fsync(c->bed.fd) < 0 ? -errno : 0, "fsync") &&
	    testbed_detach(c->env, &c->bed) && testbed_attach(c->env, &c->bed))
		around_holds(c, cuts[N_CUTS - 1], FILE_BYTES, "after a remount");
}

void end_of_file(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {
		.table = "2x $/2 linear A +0", .fs = arg, .file_bytes = FILE_BYTES};
	struct cut_file c = {
		.env = env, .want = malloc(FILE_BYTES), .got = malloc(2 * AROUND_BYTES)};
	bool good = check_own(env, c.want && c.got ? 0 : -ENOMEM, "memory") &&
		    testbed_open(env, &c.bed, &spec);

	if (!good)
		c.bed = (struct testbed)TESTBED_NONE;
	for (int i = 0; i < N_CUTS * N_HOW && good; i++)
		good = cut_once(&c, cuts[i / N_HOW], (enum how)(i % N_HOW), i % 2);
	if (good)
		mounted_again(&c);
	testbed_close(env, &c.bed);
	free(c.want);
	free(c.got);
}
