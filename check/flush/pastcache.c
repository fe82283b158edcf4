// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/pastcache.h"

#include "check/fixture/bio.h"
#include "check/flush/writeback.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 64 << 10 };

int64_t copied_by_write(struct check_env *env, const struct shape *shape, struct calls *calls)
{
	const struct scene_spec spec = {.fs = "ext4", .file_bytes = FLUSH_FILE_BYTES};
	char *buffer = aligned_alloc(PAGE_BYTES, COPY_BYTES);
	struct scene scene;
	int64_t n = -EIO;
	int rc = -ENOMEM;

	if (!scene_open(env, shape, &spec, &scene)) {
		free(buffer);
		return -EIO;
	}
	calls_start(calls);
	if (buffer) {
		memset(buffer, 'w', COPY_BYTES);
		rc = pwrite(scene.fd, buffer, COPY_BYTES, 0) == COPY_BYTES ? 0 : -EIO;
	}
	if (calls_stop(env, calls) && check_setup(env, rc, "writing"))
		n = (int64_t)calls_sum(calls, 0, 2);
	scene_close(env, &scene);
	free(buffer);
	return n;
}

int64_t copied_by_bio(struct check_env *env, const struct shape *shape, struct calls *calls)
{
	char *buffer = calloc(1, COPY_BYTES);
	struct graph graph;
	int device = shape_make(env, shape, scene_device_bytes("ext4"), &graph);
	int rc = buffer ? 0 : -ENOMEM;
	int64_t n = -EIO;

	if (device >= 0) {
		calls_start(calls);
		if (!rc)
			rc = bio_write(graph.devices[device].node, 0, buffer, COPY_BYTES);
		if (calls_stop(env, calls) && check_setup(env, rc, "writing"))
			n = (int64_t)calls_sum(calls, 0, 2);
		check_setup(env, graph_destroy(&graph), "removing the device");
	}
	free(buffer);
	return n;
}

void past_the_cache(struct check_env *env, const void *arg)
{
	const struct past *p = arg;
	const char *const names[] = {p->function, NULL};
	int64_t without, through;
	struct calls calls;

	if (!calls_open(env, &calls, names))
		goto out;
	without = p->copied(env, &writeback_raw, &calls);
	if (without >= 0 && without < COPY_BYTES) {
		check_skip(env, "a kernel whose copy past the cache is known by name",
			   "%s sees %" PRId64 " of %d bytes without device-mapper", p->function,
			   without, COPY_BYTES);
		goto out;
	}
	through = without < 0 ? -EIO : p->copied(env, &p->shape, &calls);
	if (through >= 0)
		check_equal(env, through, without, "bytes copied past the cache on %s",
			    p->shape.name);
out:
	calls_close(&calls);
}

/* Zeroes that are written into a part of a page, on the way to a hole beside it. */
static bool zeroed_part(struct check_env *env, const struct shape *shape, struct calls *calls)
{
	const struct scene_spec spec = {.fs = "ext4", .file_bytes = FLUSH_FILE_BYTES};
	const uint64_t at = dirty_pages[5] * PAGE_BYTES, from = 1024, len = 512;
	struct scene scene;
	struct view view;
	uint64_t pfn = 0;
	bool good = false;
	int rc;

	if (!scene_open(env, shape, &spec, &scene))
		return false;
	if (!view_begin(env, &view, &scene, calls))
		goto out;
	calls_start(calls);
	rc = fallocate(scene.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(at + from),
		       (off_t)len);
	rc = rc < 0 ? -errno : 0;
	if (!rc && fsync(scene.fd) < 0)
		rc = -errno;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "zeroing"))
		goto out;
	rc = graph_expected_pfn(&view.extents, &scene.graph, scene.device, at, &pfn);
	good = check_setup(env, rc, "the frame") &&
	       check_that(env, is_written_back(&view, pfn * PAGE_BYTES + from, len),
			  "zeroes written into a part of a page are written back by fsync on %s",
			  shape->name);
out:
	view_end(&view);
	scene_close(env, &scene);
	return good;
}

void zeroes(struct check_env *env, const void *arg)
{
	const struct shape *shape = arg;
	struct calls calls;

	if (calls_open(env, &calls, writeback_functions) &&
	    zeroed_part(env, &writeback_raw, &calls))
		zeroed_part(env, shape, &calls);
	calls_close(&calls);
}
