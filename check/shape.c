// SPDX-License-Identifier: GPL-2.0-only
#include "check/shape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the stack ------------------------------------------------------------------------------- */

static unsigned int n_members(const struct shape *shape)
{
	return shape->members ? shape->members : 1;
}

/* The namespaces become the first devices of the graph.  Returns 0 or -ENODEV. */
static int add_members(struct check_env *env, const struct shape *shape, struct graph *graph)
{
	unsigned int taken[NAMESPACE_VIRTIO + 1] = {0};

	for (unsigned int i = 0; i < n_members(shape); i++) {
		enum namespace_mode mode = shape->modes[i];
		const struct namespace *ns = check_device(env, mode, taken[mode]++);

		if (!ns)
			return -ENODEV;
		graph_add_namespace(graph, ns);
	}
	return 0;
}

static int add_striped(const struct shape *shape, uint64_t size_bytes, struct graph *graph,
		       unsigned int device)
{
	unsigned int n = n_members(shape);
	uint64_t round_bytes = shape->chunk_bytes * n;
	struct graph_target target = {
		.type = TARGET_STRIPED,
		.len_sectors = size_bytes / round_bytes * round_bytes / SECTOR_BYTES,
		.chunk_sectors = shape->chunk_bytes / SECTOR_BYTES,
		.n_members = n,
	};

	for (unsigned int i = 0; i < n; i++)
		target.members[i] = (struct graph_member){i, shape->shift_bytes / SECTOR_BYTES};
	return graph_add_target(graph, device, &target);
}

static int add_segments(const struct shape *shape, uint64_t size_bytes, struct graph *graph,
			unsigned int device)
{
	uint64_t cursor[SHAPE_MEMBERS_MAX] = {0}, at = 0;
	unsigned int n = n_members(shape);
	int rc = 0;

	for (unsigned int i = 0; at < size_bytes && !rc; i++) {
		uint64_t equal =
			shape->segments ? size_bytes / shape->segments / WINDOW_BYTES * WINDOW_BYTES
					: 0;
		uint64_t len = shape->segment_bytes ? shape->segment_bytes : equal;
		uint64_t from = cursor[i % n] + shape->shift_bytes;

		/* What does not divide is the last one's. */
		if (len > size_bytes - at || (!shape->segment_bytes && i == shape->segments - 1))
			len = size_bytes - at;
		if (shape->segment_bytes)
			from += at % WINDOW_BYTES;
		if (from + len > graph->devices[i % n].size_sectors * SECTOR_BYTES)
			return -ENOSPC;
		rc = graph_add_linear(graph, device, len / SECTOR_BYTES, i % n,
				      from / SECTOR_BYTES);
		cursor[i % n] = (from + len + WINDOW_BYTES - 1) / WINDOW_BYTES * WINDOW_BYTES;
		at += len;
	}
	return rc;
}

/* One more device over the top one, its two halves in order. */
static int add_layer(const struct shape *shape, struct graph *graph, unsigned int device,
		     unsigned int below)
{
	const uint64_t window = WINDOW_BYTES / SECTOR_BYTES;
	uint64_t from = shape->skip_bytes / SECTOR_BYTES;
	uint64_t sectors = graph->devices[below].size_sectors - from;
	uint64_t half = sectors / 2 / window * window;
	int rc = graph_add_linear(graph, device, half, below, from);

	return rc ? rc : graph_add_linear(graph, device, sectors - half, below, from + half);
}

/* Describes the DM devices.  Returns the top one's index or -errno. */
static int describe(struct check_env *env, const struct shape *shape, uint64_t size_bytes,
		    struct graph *graph)
{
	static unsigned int made;
	int top = 0;

	for (unsigned int level = 0; level < shape->depth; level++) {
		char word[32], name[64];
		int below = top, rc;

		snprintf(word, sizeof(word), "shape%u", made++);
		top = graph_add_dm(graph, check_name(env, word, name));
		if (top < 0)
			return top;
		if (level)
			rc = add_layer(shape, graph, (unsigned int)top, (unsigned int)below);
		else if (shape->chunk_bytes)
			rc = add_striped(shape, size_bytes, graph, (unsigned int)top);
		else
			rc = add_segments(shape, size_bytes, graph, (unsigned int)top);
		if (rc < 0)
			return rc;
	}
	return top;
}

int shape_make(struct check_env *env, const struct shape *shape, uint64_t size_bytes,
	       struct graph *graph)
{
	int rc, top;
	char *text;

	*graph = (struct graph){0};
	rc = add_members(env, shape, graph);
	if (!check_setup(env, rc, "the namespaces of %s", shape->name))
		return rc;
	rc = top = describe(env, shape, size_bytes, graph);
	if (rc >= 0)
		rc = check_create(env, graph);
	if (check_setup(env, rc, "making %s (%s)", shape->name, dm_complaint()))
		return top;
	text = graph_dmsetup(graph);
	check_evidence(env, "%s", text ? text : "");
	free(text);
	graph_destroy(graph);
	return rc;
}

int shape_reload(const struct graph *graph, unsigned int device)
{
	const char *name = graph->devices[device].name;
	char *table = graph_table(graph, device);
	int rc = table ? dm_device_load(name, table, 0) : -ENOMEM;

	if (!rc)
		rc = dm_device_suspend(name, 0);
	if (!rc)
		rc = dm_device_resume(name, 0);
	free(table);
	return rc;
}

/* ---- the scene ------------------------------------------------------------------------------- */

uint64_t scene_device_bytes(const char *fs)
{
	return strcmp(fs, "xfs") ? UINT64_C(64) << 20 : UINT64_C(304) << 20;
}

static bool open_file(struct check_env *env, const struct scene_spec *spec, struct scene *scene)
{
	int rc;

	if (!spec->file_bytes)
		return true;
	scene->fd = check_file(env, &scene->fs, "file", spec->file_bytes, SCENE_FILE_ID,
			       SCENE_GENERATION);
	if (scene->fd < 0)
		return false;
	scene->bytes = spec->file_bytes;
	rc = mapping_make(&scene->mapping, scene->fd, scene->bytes, MAP_SHARED, !spec->small_pages);
	if (rc < 0)
		scene->mapping.reserved = NULL;
	scene->base = scene->mapping.base;
	return check_setup(env, rc, "mapping the file");
}

bool scene_open(struct check_env *env, const struct shape *shape, const struct scene_spec *spec,
		struct scene *scene)
{
	uint64_t bytes = scene_device_bytes(spec->fs);
	int device;

	*scene = (struct scene){.fd = -1};
	device = shape_make(env, shape, bytes, &scene->graph);
	if (device < 0)
		return false;
	scene->device = (unsigned int)device;
	bytes = shape->depth ? scene->graph.devices[device].size_sectors * SECTOR_BYTES : bytes;
	if (!check_mount(env, spec->fs, scene->graph.devices[device].node, bytes, &scene->fs) &&
	    open_file(env, spec, scene))
		return true;
	scene_close(env, scene);
	return false;
}

void scene_close(struct check_env *env, struct scene *scene)
{
	int rc;

	if (scene->mapping.reserved)
		mapping_drop(&scene->mapping);
	scene->mapping.reserved = NULL;
	scene->base = NULL;
	if (scene->fd >= 0)
		close(scene->fd);
	scene->fd = -1;
	if (scene->fs.fs.mounted && check_unmount(env, &scene->fs) < 0)
		return;
	rc = graph_destroy(&scene->graph);
	check_setup(env, rc, "removing the devices (%s)", dm_complaint());
}
