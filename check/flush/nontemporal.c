// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/nontemporal.h"

#include "check/fixture/bio.h"
#include "check/flush/writeback.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 64 << 10 };

int64_t nontemporal_by_write(struct check_env *env, const struct testbed_spec *spec,
			     struct calls *calls)
{
	char *buffer = aligned_alloc(PAGE_BYTES, COPY_BYTES);
	struct testbed bed;
	int64_t n = -EIO;
	int rc = -ENOMEM;

	if (!testbed_open(env, &bed, spec)) {
		free(buffer);
		return -EIO;
	}
	calls_start(calls);
	if (buffer) {
		memset(buffer, 'w', COPY_BYTES);
		rc = pwrite(bed.fd, buffer, COPY_BYTES, 0) == COPY_BYTES ? 0 : -EIO;
	}
	if (calls_stop(env, calls) && check_setup(env, rc, "writing"))
		n = (int64_t)calls_sum(calls, 0, 2);
	testbed_close(env, &bed);
	free(buffer);
	return n;
}

int64_t nontemporal_by_bio(struct check_env *env, const struct testbed_spec *spec,
			   struct calls *calls)
{
	char *buffer = calloc(1, COPY_BYTES);
	struct testbed bed;
	int rc = buffer ? 0 : -ENOMEM;
	int64_t n = -EIO;

	if (testbed_devices(env, &bed, spec)) {
		calls_start(calls);
		if (!rc)
			rc = bio_write(testbed_node(&bed), 0, buffer, COPY_BYTES);
		if (calls_stop(env, calls) && check_setup(env, rc, "writing"))
			n = (int64_t)calls_sum(calls, 0, 2);
		testbed_close(env, &bed);
	}
	free(buffer);
	return n;
}

void nontemporal_copied(struct check_env *env, const void *arg)
{
	const struct nontemporal *p = arg;
	const struct testbed_spec raw = writeback_raw(&p->bed);
	const char *const names[] = {p->function, NULL};
	int64_t without, through;
	struct calls calls;

	if (!calls_open(env, &calls, names))
		goto out;
	without = p->copied(env, &raw, &calls);
	if (without >= 0 && without < COPY_BYTES) {
		check_skip(env, "a kernel whose cache-bypassing copy function has a known name",
			   "%s sees %" PRId64 " of %d bytes without device-mapper", p->function,
			   without, COPY_BYTES);
		goto out;
	}
	through = without < 0 ? -EIO : p->copied(env, &p->bed, &calls);
	if (through >= 0)
		check_equal(env, through, without, "bytes copied past the CPU cache on %s",
			    testbed_name(&p->bed));
out:
	calls_close(&calls);
}

/* ---- a page whose memory is bad -------------------------------------------------------------- */

/* The first COPY_BYTES of the file are bad blocks.  Returns 0 or -errno. */
static int make_bad(const struct testbed *bed)
{
	struct graph_place place;
	char path[96];
	int rc = testbed_place(bed, &bed->graph, 0, &place);
	FILE *out;

	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/badblocks", place.ns->major,
		 place.ns->minor);
	out = fopen(path, "we");
	if (!out)
		return -errno;
	fprintf(out, "%" PRIu64 " %d\n", place.offset_bytes / SECTOR_BYTES,
		COPY_BYTES / SECTOR_BYTES);
	return fclose(out) ? -errno : 0;
}

void nontemporal_recovered(struct check_env *env, const void *arg)
{
	const struct nontemporal *p = arg;
	const char *const names[] = {p->function, NULL};
	char *buffer = aligned_alloc(PAGE_BYTES, COPY_BYTES);
	struct testbed bed = TESTBED_NONE;
	int64_t copied[2] = {0};
	struct calls calls;

	if (!calls_open(env, &calls, names) || !check_own(env, buffer ? 0 : -ENOMEM, "memory") ||
	    !testbed_open(env, &bed, &p->bed))
		goto out;
	memset(buffer, 'w', COPY_BYTES);
	for (int bad = 0; bad < 2; bad++) {
		ssize_t n;

		if (bad && !check_setup(env, make_bad(&bed), "making blocks bad"))
			goto out;
		calls_start(&calls);
		n = pwrite(bed.fd, buffer, COPY_BYTES, 0);
		if (!calls_stop(env, &calls) ||
		    !check_equal(env, n, COPY_BYTES, "bytes written to %s pages",
				 bad ? "bad" : "good"))
			goto out;
		copied[bad] = (int64_t)calls_sum(&calls, 0, 2);
	}
	if (copied[0] < COPY_BYTES)
		check_skip(env, "a kernel whose cache-bypassing copy function has a known name",
			   "%s sees %" PRId64 " of %d bytes", p->function, copied[0], COPY_BYTES);
	else
		check_equal(env, copied[1], copied[0],
			    "bytes of a write to bad pages that are copied past the CPU cache");
out:
	testbed_close(env, &bed);
	calls_close(&calls);
	free(buffer);
}

/* Zeroes that hole punching writes into a part of a page. */
static bool zeroed_part(struct check_env *env, const struct testbed_spec *spec, struct calls *calls)
{
	const uint64_t at = writeback_pages[5] * PAGE_BYTES, from = 1024, len = 512;
	struct testbed bed;
	struct writeback_view view;
	uint64_t pfn = 0;
	bool good = false;
	int rc;

	if (!testbed_open(env, &bed, spec))
		return false;
	if (!writeback_view_begin(env, &view, &bed, calls))
		goto out;
	calls_start(calls);
	rc = fallocate(bed.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(at + from),
		       (off_t)len);
	rc = rc < 0 ? -errno : 0;
	if (!rc && fsync(bed.fd) < 0)
		rc = -errno;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "zeroing"))
		goto out;
	rc = extents_pfn(&bed.extents, (struct backing){&bed.graph, bed.device}, at, &pfn);
	good = check_own(env, rc, "the frame") &&
	       check_that(env, writeback_covers(&view, pfn * PAGE_BYTES + from, len),
			  "zeroes written into a part of a page are written back by fsync on %s",
			  testbed_name(spec));
out:
	testbed_close(env, &bed);
	return good;
}

void nontemporal_zeroes(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg, raw = writeback_raw(spec);
	struct calls calls;

	if (calls_open(env, &calls, writeback_functions) && zeroed_part(env, &raw, &calls))
		zeroed_part(env, spec, &calls);
	calls_close(&calls);
}
