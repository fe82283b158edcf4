// SPDX-License-Identifier: GPL-2.0-only
#include "check/pagesize/window.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

const struct shape window_linear = {.name = "linear", .depth = 1, .segments = 2};

const char *size_name(int pmd)
{
	return pmd < 0 ? "unknown" : pmd ? "pmd" : "pte";
}

int pages_present(const volatile char *window)
{
	static uint64_t pages[WINDOW_PAGES];
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), n = 0;
	ssize_t len = pread(fd, pages, sizeof(pages), (off_t)((uintptr_t)window / PAGE_BYTES * 8));

	close(fd);
	if (len != (ssize_t)sizeof(pages))
		return -EIO;
	for (unsigned int i = 0; i < WINDOW_PAGES; i++)
		n += pages[i] >> 63;
	return n;
}

int store_is_pmd(volatile char *window, const uint64_t at[2], const char values[2])
{
	uint64_t faults;
	int present;

	for (int tries = 0; tries < 4; tries++) {
		if (madvise((void *)window, WINDOW_BYTES, MADV_DONTNEED) < 0)
			return -errno;
		faults = page_faults();
		for (int i = 0; i < 2; i++)
			if (check_store(window + at[i], values[i]).signal)
				return -EFAULT;
		faults = page_faults() - faults;
		present = pages_present(window);
		if (present < 0)
			return present;
		if (present == WINDOW_PAGES && faults == 1)
			return 1;
		if (present < WINDOW_PAGES && faults >= 2)
			return 0;
	}
	return -EAGAIN; /* other pages of ours came in each time */
}

int window_store_is_pmd(const struct scene *scene, uint64_t window)
{
	const uint64_t at[2] = {0, WINDOW_BYTES - PAGE_BYTES};
	char values[2];

	for (int i = 0; i < 2; i++)
		if (pread(scene->fd, &values[i], 1, (off_t)(window + at[i])) != 1)
			return -EIO;
	return store_is_pmd(scene->base + window, at, values);
}

bool laid_out(struct check_env *env, const struct scene *scene, const struct extents *extents)
{
	for (uint64_t at = 0; at < scene->bytes; at += WINDOW_BYTES)
		if (!window_is_huge_on_fs(extents, at)) {
			check_broken(env,
				     "%s did not place the window at file offset %" PRIu64
				     " in one extent that is 2 MiB aligned",
				     scene->fs.fs.type, at);
			return false;
		}
	return true;
}

bool open_with_pmd(struct check_env *env, const struct shape *shape, const char *fs,
		   struct scene *scene)
{
	const struct scene_spec spec = {.fs = fs, .file_bytes = SIZE_FILE_BYTES};
	struct extents extents = {0};
	bool good;
	int rc;

	if (!scene_open(env, shape, &spec, scene))
		return false;
	good = check_setup(env, extents_read(scene->fd, &extents), "reading the extents") &&
	       laid_out(env, scene, &extents);
	extents_free(&extents);
	if (good && !check_page_size(env, scene->fd, scene->base, AT, &scene->graph, scene->device))
		good = false;
	if (good) {
		rc = window_is_pmd(scene->base, AT);
		good = check_setup(env,
				   rc == 1  ? 0
				   : rc < 0 ? rc
					    : -EINVAL,
				   "a PMD at file offset %d to begin with", AT);
	}
	if (!good)
		scene_close(env, scene);
	return good;
}

bool all_zero(struct check_env *env, const struct scene *scene, uint64_t from, uint64_t len,
	      const char *what)
{
	char *copy = malloc(len);
	struct check_touch touch = {0};
	bool zero = copy;

	if (copy)
		touch = check_copy(copy, scene->base + from, len);
	for (uint64_t i = 0; i < len && zero && !touch.signal; i++)
		zero = !copy[i];
	free(copy);
	if (touch.signal)
		check_fail(env, "%s: reading it brought signal %d", what, touch.signal);
	else
		check_that(env, zero, "%s reads as zeroes", what);
	return zero && !touch.signal;
}

bool is_stamped(struct check_env *env, const struct scene *scene, const char *path, uint64_t from,
		uint64_t to)
{
	return check_mapped_bytes(env, path, scene->base + from, to - from, SCENE_FILE_ID, from,
				  SCENE_GENERATION);
}
