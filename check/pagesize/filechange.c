// SPDX-License-Identifier: GPL-2.0-only
#include "check/pagesize/filechange.h"

#include "check/pagesize/window.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static bool punch(struct check_env *env, const struct scene *scene, uint64_t from, uint64_t len)
{
	int rc = fallocate(scene->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
			   (off_t)len);

	return check_setup(env, rc < 0 ? -errno : 0, "punching a hole");
}

void filechange_punch_page(struct check_env *env, const void *arg)
{
	const uint64_t hole = AT + 5 * PAGE_BYTES;
	struct scene scene;

	if (!open_with_pmd(env, &window_linear, arg, &scene))
		return;
	if (punch(env, &scene, hole, PAGE_BYTES) &&
	    check_page_size(env, scene.fd, scene.base, AT, &scene.graph, scene.device) &&
	    all_zero(env, &scene, hole, PAGE_BYTES, "the punched page") &&
	    is_stamped(env, &scene, "before the hole", AT - PAGE_BYTES, hole) &&
	    is_stamped(env, &scene, "behind the hole", hole + PAGE_BYTES, AT + 2 * WINDOW_BYTES))
		check_frames(env, scene.fd, scene.base, AT, hole - AT, &scene.graph, scene.device);
	scene_close(env, &scene);
}

void filechange_punch_window(struct check_env *env, const void *arg)
{
	struct scene scene;
	char value;

	if (!open_with_pmd(env, &window_linear, arg, &scene))
		return;
	if (!punch(env, &scene, AT, WINDOW_BYTES))
		goto out;
	check_observe(env, "hole", json_string(size_name(window_is_pmd(scene.base, AT))));
	if (!all_zero(env, &scene, AT, WINDOW_BYTES, "the punched window"))
		goto out;
	/* A block of its own takes the place of the zero page. */
	if (!check_equal(env, check_store(scene.base + AT + 7, 'x').signal, 0,
			 "signal of a store into the hole") ||
	    !check_frames(env, scene.fd, scene.base, AT, PAGE_BYTES, &scene.graph, scene.device))
		goto out;
	check_that(env, pread(scene.fd, &value, 1, AT + 7) == 1 && value == 'x',
		   "read(2) finds what was stored into the hole");
	all_zero(env, &scene, AT + PAGE_BYTES, WINDOW_BYTES - PAGE_BYTES, "the rest of the window");
	is_stamped(env, &scene, "the window behind", AT + WINDOW_BYTES, AT + 2 * WINDOW_BYTES);
out:
	scene_close(env, &scene);
}

void filechange_truncate(struct check_env *env, const void *arg)
{
	const uint64_t end = AT + MIB;
	struct scene scene;
	struct check_touch touch;

	if (!open_with_pmd(env, &window_linear, arg, &scene))
		return;
	if (!check_setup(env, ftruncate(scene.fd, (off_t)end) < 0 ? -errno : 0, "truncating"))
		goto out;
	touch = check_load(scene.base + end, NULL);
	check_equal(env, touch.signal, SIGBUS, "signal of a load behind the end of the file");
	if (!is_stamped(env, &scene, "before the end of the file", AT, end) ||
	    !check_setup(env, ftruncate(scene.fd, SIZE_FILE_BYTES) < 0 ? -errno : 0, "extending"))
		goto out;
	if (check_page_size(env, scene.fd, scene.base, AT, &scene.graph, scene.device) &&
	    is_stamped(env, &scene, "what was not cut off", AT, end) &&
	    all_zero(env, &scene, end, SIZE_FILE_BYTES - end, "what was cut off"))
		check_frames(env, scene.fd, scene.base, AT, end - AT, &scene.graph, scene.device);
out:
	scene_close(env, &scene);
}

void filechange_end(struct check_env *env, const void *arg)
{
	const uint64_t last = SIZE_FILE_BYTES - WINDOW_BYTES, end = last + MIB;
	const uint64_t at[2] = {0, MIB - PAGE_BYTES};
	struct extents extents = {0};
	struct scene scene;
	char values[2] = {0};
	int rc;

	if (!open_with_pmd(env, &window_linear, arg, &scene))
		return;
	rc = ftruncate(scene.fd, (off_t)end) < 0 ? -errno : 0;
	if (!rc && fallocate(scene.fd, FALLOC_FL_KEEP_SIZE, 0, SIZE_FILE_BYTES) < 0)
		rc = -errno;
	if (!rc && fsync(scene.fd) < 0)
		rc = -errno;
	for (int i = 0; i < 2 && !rc; i++)
		if (pread(scene.fd, &values[i], 1, (off_t)(last + at[i])) != 1)
			rc = -EIO;
	if (!check_setup(env, rc, "ending the file inside its last window"))
		goto out;
	rc = extents_read(scene.fd, &extents);
	if (check_setup(env, rc, "reading the extents"))
		check_evidence(env, "blocks of the window behind the end: %s",
			       extents_find(&extents, SIZE_FILE_BYTES - PAGE_BYTES) ? "there"
										    : "none");
	extents_free(&extents);
	rc = store_is_pmd(scene.base + last, at, values);
	if (check_setup(env, rc, "storing before the end of the file"))
		check_equal(env, rc, 0, "PMD over the end of the file");
	is_stamped(env, &scene, "before the end of the file", last, end);
out:
	scene_close(env, &scene);
}

void filechange_unwritten(struct check_env *env, const void *arg)
{
	const struct scene_spec spec = {.fs = arg, .file_bytes = SIZE_FILE_BYTES};
	struct extents extents = {0};
	struct scene scene;
	int rc;

	if (!scene_open(env, &window_linear, &spec, &scene))
		return;
	rc = fallocate(scene.fd, FALLOC_FL_ZERO_RANGE, AT, WINDOW_BYTES) < 0 ? -errno : 0;
	if (!rc && fsync(scene.fd) < 0)
		rc = -errno;
	if (!rc)
		rc = extents_read(scene.fd, &extents);
	if (!check_setup(env, rc, "making a window unwritten") || !laid_out(env, &scene, &extents))
		goto out;
	rc = window_store_is_pmd(&scene, AT);
	if (check_setup(env, rc, "storing into the window"))
		check_equal(env, rc, graph_window_is_huge(&extents, &scene.graph, scene.device, AT),
			    "PMD after a store into an unwritten window");
	if (all_zero(env, &scene, AT, WINDOW_BYTES, "the unwritten window"))
		check_frames(env, scene.fd, scene.base, AT, WINDOW_BYTES, &scene.graph,
			     scene.device);
out:
	extents_free(&extents);
	scene_close(env, &scene);
}
