// SPDX-License-Identifier: GPL-2.0-only
#include "check/pagesize/filechange.h"

#include "check/pagesize/window.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static bool punch(struct check_env *env, const struct testbed *bed, uint64_t from, uint64_t len)
{
	int rc = fallocate(bed->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
			   (off_t)len);

	return check_setup(env, rc < 0 ? -errno : 0, "punching a hole");
}

/* A page inside the window, its last one, then its first one. */
void filechange_punch_page(struct check_env *env, const void *arg)
{
	static const uint64_t pages[] = {5, WINDOW_PAGES - 1, 0};
	uint64_t from = WINDOW_AT, to = WINDOW_AT + WINDOW_BYTES; /* what has no hole yet */
	struct testbed bed;

	if (!window_open_pmd(env, WINDOW_LINEAR, arg, &bed))
		return;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]) && !check_complained(env); i++) {
		uint64_t hole = WINDOW_AT + pages[i] * PAGE_BYTES;

		if (!punch(env, &bed, hole, PAGE_BYTES) ||
		    !testbed_page_size(env, &bed, WINDOW_AT) ||
		    !window_is_zero(env, &bed, hole, PAGE_BYTES, "the punched page"))
			break;
		if (!pages[i])
			from += PAGE_BYTES;
		if (pages[i] == WINDOW_PAGES - 1)
			to -= PAGE_BYTES;
		window_is_stamped(env, &bed, "before the holes", WINDOW_AT - PAGE_BYTES, WINDOW_AT);
		window_is_stamped(env, &bed, "before the hole", from, WINDOW_AT + 5 * PAGE_BYTES);
		window_is_stamped(env, &bed, "after the hole", WINDOW_AT + 6 * PAGE_BYTES, to);
		window_is_stamped(env, &bed, "after the holes", WINDOW_AT + WINDOW_BYTES,
				  WINDOW_AT + 2 * WINDOW_BYTES);
		testbed_frames(env, &bed, WINDOW_AT + 6 * PAGE_BYTES,
			       to - WINDOW_AT - 6 * PAGE_BYTES);
	}
	testbed_close(env, &bed);
}

void filechange_punch_window(struct check_env *env, const void *arg)
{
	struct testbed bed;
	char value;

	if (!window_open_pmd(env, WINDOW_LINEAR, arg, &bed))
		return;
	if (!punch(env, &bed, WINDOW_AT, WINDOW_BYTES))
		goto out;
	check_observe_suspicious(
		env, "hole", json_string(window_size_name(window_is_pmd(bed.map.base, WINDOW_AT))));
	if (!window_is_zero(env, &bed, WINDOW_AT, WINDOW_BYTES, "the punched window"))
		goto out;
	/* An allocated block replaces the zero page. */
	if (!check_equal(env, check_store(bed.map.base + WINDOW_AT + 7, 'x').signal, 0,
			 "signal of a store into the hole") ||
	    !testbed_frames(env, &bed, WINDOW_AT, PAGE_BYTES))
		goto out;
	check_that(env, pread(bed.fd, &value, 1, WINDOW_AT + 7) == 1 && value == 'x',
		   "read(2) finds what was stored into the hole");
	window_is_zero(env, &bed, WINDOW_AT + PAGE_BYTES, WINDOW_BYTES - PAGE_BYTES,
		       "the rest of the window");
	window_is_stamped(env, &bed, "the next window", WINDOW_AT + WINDOW_BYTES,
			  WINDOW_AT + 2 * WINDOW_BYTES);
out:
	testbed_close(env, &bed);
}

void filechange_truncate(struct check_env *env, const void *arg)
{
	const uint64_t end = WINDOW_AT + WINDOW_MIB;
	struct testbed bed;
	struct check_touch touch;

	if (!window_open_pmd(env, WINDOW_LINEAR, arg, &bed))
		return;
	if (!check_setup(env, ftruncate(bed.fd, (off_t)end) < 0 ? -errno : 0, "truncating"))
		goto out;
	touch = check_load(bed.map.base + end, NULL);
	check_equal(env, touch.signal, SIGBUS, "signal of a load past the end of the file");
	if (!window_is_stamped(env, &bed, "before the end of the file", WINDOW_AT, end) ||
	    !check_setup(env, ftruncate(bed.fd, WINDOW_FILE_BYTES) < 0 ? -errno : 0, "extending"))
		goto out;
	if (testbed_page_size(env, &bed, WINDOW_AT) &&
	    window_is_stamped(env, &bed, "the rest of the file", WINDOW_AT, end) &&
	    window_is_zero(env, &bed, end, WINDOW_FILE_BYTES - end, "the truncated part"))
		testbed_frames(env, &bed, WINDOW_AT, end - WINDOW_AT);
out:
	testbed_close(env, &bed);
}

void filechange_end(struct check_env *env, const void *arg)
{
	const uint64_t last = WINDOW_FILE_BYTES - WINDOW_BYTES, end = last + WINDOW_MIB;
	const uint64_t at[2] = {0, WINDOW_MIB - PAGE_BYTES};
	struct testbed bed;
	char values[2] = {0};
	int rc;

	if (!window_open_pmd(env, WINDOW_LINEAR, arg, &bed))
		return;
	rc = ftruncate(bed.fd, (off_t)end) < 0 ? -errno : 0;
	if (!rc && fallocate(bed.fd, FALLOC_FL_KEEP_SIZE, 0, WINDOW_FILE_BYTES) < 0)
		rc = -errno;
	if (!rc && fsync(bed.fd) < 0)
		rc = -errno;
	for (int i = 0; i < 2 && !rc; i++)
		if (pread(bed.fd, &values[i], 1, (off_t)(last + at[i])) != 1)
			rc = -EIO;
	if (!check_setup(env, rc, "ending the file inside its last window"))
		goto out;
	if (testbed_read_extents(env, &bed))
		check_evidence(env, "blocks of the window behind the end: %s",
			       extents_find(&bed.extents, WINDOW_FILE_BYTES - PAGE_BYTES) ? "there"
											  : "none");
	rc = window_store_to_pmd(bed.map.base + last, at, values);
	if (check_setup(env, rc, "storing before the end of the file"))
		check_equal(env, rc, 0, "PMD across the end of the file");
	window_is_stamped(env, &bed, "before the end of the file", last, end);
out:
	testbed_close(env, &bed);
}

void filechange_unwritten(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {
		.table = WINDOW_LINEAR, .fs = arg, .file_bytes = WINDOW_FILE_BYTES};
	struct testbed bed;
	int rc;

	if (!testbed_open(env, &bed, &spec))
		return;
	rc = fallocate(bed.fd, FALLOC_FL_ZERO_RANGE, WINDOW_AT, WINDOW_BYTES) < 0 ? -errno : 0;
	if (!rc && fsync(bed.fd) < 0)
		rc = -errno;
	if (!check_setup(env, rc, "making a window unwritten") ||
	    !testbed_read_extents(env, &bed) || !window_all_laid_out(env, &bed))
		goto out;
	rc = window_store_is_pmd(&bed, WINDOW_AT);
	if (check_setup(env, rc, "storing into the window"))
		check_equal(env, rc,
			    extents_window_is_huge(&bed.extents,
						   (struct backing){&bed.graph, bed.device},
						   WINDOW_AT),
			    "PMD after a store into an unwritten window");
	if (window_is_zero(env, &bed, WINDOW_AT, WINDOW_BYTES, "the unwritten window"))
		testbed_frames(env, &bed, WINDOW_AT, WINDOW_BYTES);
out:
	testbed_close(env, &bed);
}
