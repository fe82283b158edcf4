// SPDX-License-Identifier: GPL-2.0-only
#include "check/pagesize/geometry.h"

#include "check/pagesize/window.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Page size by loads, then by stores, against the model. */
static bool judge_window(struct check_env *env, const struct scene *scene, uint64_t window,
			 const struct extents *extents)
{
	bool want = graph_window_is_huge(extents, &scene->graph, scene->device, window) &&
		    (uintptr_t)scene->base % WINDOW_BYTES == 0;
	int rc;

	if (!check_page_size(env, scene->fd, scene->base, window, &scene->graph, scene->device))
		return false;
	rc = window_store_is_pmd(scene, window);
	return check_setup(env, rc, "storing into the window at file offset %" PRIu64, window) &&
	       check_equal(env, rc, want, "PMD after a store at file offset %" PRIu64, window);
}

/* How many windows of the file the model has as huge. */
static unsigned int huge_windows(const struct scene *scene, const struct extents *extents)
{
	unsigned int n = 0;

	for (uint64_t at = 0; at < scene->bytes; at += WINDOW_BYTES)
		n += graph_window_is_huge(extents, &scene->graph, scene->device, at);
	return n;
}

/* Sets, or only tells, how large a bio the device takes. */
static bool limit_bios(struct check_env *env, const struct scene *scene, unsigned int kib)
{
	const char *numbers = scene->graph.devices[scene->device].numbers;
	char path[128], line[32] = "?";
	FILE *file;
	int rc;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/queue/max_sectors_kb", numbers);
	file = fopen(path, kib ? "r+e" : "re");
	rc = file ? 0 : -errno;
	if (file && kib && (fprintf(file, "%u", kib) < 0 || fflush(file) == EOF))
		rc = -errno;
	if (file)
		rewind(file);
	if (!rc && fgets(line, sizeof(line), file))
		line[strcspn(line, "\n")] = 0;
	if (file)
		fclose(file);
	check_evidence(env, "the device takes bios of up to %s KiB (queue/max_sectors_kb)", line);
	return check_setup(env, rc, "%s", path);
}

void geometry(struct check_env *env, const void *arg)
{
	const struct geometry *g = arg;
	const struct scene_spec spec = {g->fs, SIZE_FILE_BYTES, g->small_pages};
	struct extents extents = {0};
	struct scene scene;
	unsigned int huge;
	bool good;

	if (!scene_open(env, &g->shape, &spec, &scene))
		return;
	good = check_setup(env, extents_read(scene.fd, &extents), "reading the extents") &&
	       laid_out(env, &scene, &extents);
	if (good && g->shape.chunk_bytes)
		good = limit_bios(env, &scene, g->bio_kib);
	huge = huge_windows(&scene, &extents);
	if (good && (g->huge == ALL    ? huge != WINDOWS
		     : g->huge == NONE ? huge != 0
				       : huge == 0 || huge == WINDOWS)) {
		check_broken(env, "of %d windows, the model has %u as huge", WINDOWS, huge);
		good = false;
	}
	for (uint64_t at = 0; at < scene.bytes && good; at += WINDOW_BYTES)
		good = judge_window(env, &scene, at, &extents);
	if (good)
		good = check_frames(env, scene.fd, scene.base, 0, scene.bytes, &scene.graph,
				    scene.device);
	if (good)
		check_mapped_bytes(env, "read through the mapping", scene.base, scene.bytes,
				   SCENE_FILE_ID, 0, SCENE_GENERATION);
	extents_free(&extents);
	scene_close(env, &scene);
}
