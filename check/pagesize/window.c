// SPDX-License-Identifier: GPL-2.0-only
#include "check/pagesize/window.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

const char *window_size_name(int pmd)
{
	return pmd < 0 ? "unknown" : pmd ? "pmd" : "pte";
}

int window_store_to_pmd(volatile char *window, const uint64_t at[2], const char values[2])
{
	uint64_t faults;
	int present;

	for (int tries = 0; tries < 4; tries++) {
		if (madvise((void *)window, WINDOW_BYTES, MADV_DONTNEED) < 0)
			return -errno;
		faults = mapping_page_faults();
		for (int i = 0; i < 2; i++)
			if (check_store(window + at[i], values[i]).signal)
				return -EFAULT;
		faults = mapping_page_faults() - faults;
		present = window_pages_present(window);
		if (present < 0)
			return present;
		if (present == WINDOW_PAGES && faults == 1)
			return 1;
		if (present < WINDOW_PAGES && faults >= 2)
			return 0;
	}
	return -EAGAIN; /* other pages of ours came in each time */
}

int window_store_is_pmd(const struct testbed *bed, uint64_t window)
{
	const uint64_t at[2] = {0, WINDOW_BYTES - PAGE_BYTES};
	char values[2];

	for (int i = 0; i < 2; i++)
		if (pread(bed->fd, &values[i], 1, (off_t)(window + at[i])) != 1)
			return -EIO;
	return window_store_to_pmd(bed->map.base + window, at, values);
}

bool window_all_laid_out(struct check_env *env, const struct testbed *bed)
{
	for (uint64_t at = 0; at < bed->bytes; at += WINDOW_BYTES)
		if (!extents_window_is_huge_on_fs(&bed->extents, at)) {
			check_broken(env,
				     "%s did not place the window at file offset %" PRIu64
				     " in one extent that is 2 MiB aligned",
				     bed->fs.fs.type, at);
			return false;
		}
	return true;
}

bool window_open_pmd(struct check_env *env, const char *table, const char *fs, struct testbed *bed)
{
	const struct testbed_spec spec = {
		.table = table, .fs = fs, .file_bytes = WINDOW_FILE_BYTES};
	bool good;
	int rc;

	if (!testbed_open(env, bed, &spec))
		return false;
	good = window_all_laid_out(env, bed) && testbed_page_size(env, bed, WINDOW_AT);
	if (good) {
		rc = window_is_pmd(bed->map.base, WINDOW_AT);
		good = check_setup(env, rc, "a PMD at file offset %d before the test", WINDOW_AT) &&
		       check_equal(env, rc, 1, "PMD at file offset %d before the test", WINDOW_AT);
	}
	if (!good)
		testbed_close(env, bed);
	return good;
}

bool window_is_zero(struct check_env *env, const struct testbed *bed, uint64_t from, uint64_t len,
		    const char *what)
{
	char *copy = malloc(len);
	struct check_touch touch = {0};
	bool zero = copy;

	if (copy)
		touch = check_copy(copy, bed->map.base + from, len);
	for (uint64_t i = 0; i < len && zero && !touch.signal; i++)
		zero = !copy[i];
	free(copy);
	if (touch.signal)
		check_fail(env, "%s: reading it raised signal %d", what, touch.signal);
	else
		check_that(env, zero, "%s reads as zeroes", what);
	return zero && !touch.signal;
}

bool window_is_stamped(struct check_env *env, const struct testbed *bed, const char *path,
		       uint64_t from, uint64_t to)
{
	return check_mapped_bytes(env, path, bed->map.base + from, to - from, TESTBED_FILE, from,
				  TESTBED_GENERATION);
}
