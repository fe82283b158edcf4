// SPDX-License-Identifier: GPL-2.0-only
/* What a check stands on: devices, filesystems, files. */
#include "check/check.h"

#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW_SECTORS = WINDOW_BYTES / SECTOR_BYTES, PAGE_SECTORS = PAGE_BYTES / SECTOR_BYTES };

const struct namespace *check_device(const struct check_env *env, enum namespace_mode mode,
				     unsigned int i)
{
	for (unsigned int d = 0; d < env->n_devices; d++)
		if (env->devices[d].mode == mode && !env->sick[d][0] && !i--)
			return &env->devices[d];
	return NULL;
}

const char *check_name(const struct check_env *env, const char *word, char name[64])
{
	snprintf(name, 64, "daxdm-%d-%s", (int)env->owner, word);
	return name;
}

/* ---- the planted stack ----------------------------------------------------------------------- */

static bool same_place(const struct graph_member *a, const struct graph_member *b)
{
	return a->device == b->device && a->offset_sectors == b->offset_sectors;
}

/* The next linear target after i, round and round, that is as long as target i; i if none is. */
static size_t next_equal(const struct graph_device *d, size_t i)
{
	size_t n = i;

	do
		n = (n + 1) % d->n_targets;
	while (d->targets[n].type != TARGET_LINEAR ||
	       d->targets[n].len_sectors != d->targets[i].len_sectors);
	return n;
}

/*
 * Every target another place among those that the table has already: linear ones change with the
 * next of their length, striped ones turn their members.  So nothing of anybody else's is touched.
 * Returns how many targets are as they were.
 */
static size_t lie_by_turning(const struct graph_device *told, struct graph_target *lie)
{
	size_t same = 0;

	for (size_t i = 0; i < told->n_targets; i++) {
		const struct graph_target *t = &told->targets[i];
		bool moved = false;

		if (t->type == TARGET_LINEAR) {
			lie[i].members[0] = told->targets[next_equal(told, i)].members[0];
			moved = !same_place(&lie[i].members[0], &t->members[0]);
		}
		for (unsigned int m = 0; t->type == TARGET_STRIPED && m < t->n_members; m++) {
			lie[i].members[m] = t->members[(m + 1) % t->n_members];
			moved = moved || !same_place(&lie[i].members[m], &t->members[m]);
		}
		same += !moved;
	}
	return same;
}

static uint64_t member_sectors(const struct graph_target *t)
{
	return t->type == TARGET_STRIPED ? t->len_sectors / t->n_members : t->len_sectors;
}

/* Every member that much further on.  Returns false if one has no room. */
static bool lie_by_shifting(const struct graph *g, const struct graph_device *told,
			    struct graph_target *lie, int64_t by_sectors)
{
	bool any = false;

	for (size_t i = 0; i < told->n_targets; i++) {
		const struct graph_target *t = &told->targets[i];

		for (unsigned int m = 0; m < t->n_members; m++) {
			const struct graph_device *on = &g->devices[t->members[m].device];
			int64_t offset = (int64_t)t->members[m].offset_sectors + by_sectors;

			if (offset < 0 || (uint64_t)offset + member_sectors(t) > on->size_sectors)
				return false;
			lie[i].members[m] = t->members[m];
			lie[i].members[m].offset_sectors = (uint64_t)offset;
			any = true;
		}
	}
	return any;
}

/* Zeroes become errors and errors zeroes: for tables of nothing else. */
static bool lie_by_type(const struct graph_device *told, struct graph_target *lie)
{
	bool any = false;

	for (size_t i = 0; i < told->n_targets; i++) {
		if (told->targets[i].n_members)
			continue;
		lie[i].type = told->targets[i].type == TARGET_ZERO ? TARGET_ERROR : TARGET_ZERO;
		any = true;
	}
	return any;
}

/*
 * Another table for a device than the model has: one in which as much as can be lives elsewhere,
 * and that device-mapper takes wherever it takes the true one.  A list to be freed; NULL if there
 * is none.
 */
static struct graph_target *make_lie(const struct graph *g, const struct graph_device *told)
{
	static const int64_t shifts[] = {WINDOW_SECTORS, -WINDOW_SECTORS, PAGE_SECTORS,
					 -PAGE_SECTORS};
	size_t bytes = told->n_targets * sizeof(*told->targets);
	struct graph_target *lie = bytes ? malloc(bytes) : NULL;
	size_t same;

	if (!lie)
		return NULL;
	memcpy(lie, told->targets, bytes);
	if (!lie_by_turning(told, lie))
		return lie;
	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		memcpy(lie, told->targets, bytes);
		if (lie_by_shifting(g, told, lie, shifts[i]))
			return lie;
	}
	memcpy(lie, told->targets, bytes);
	same = lie_by_turning(told, lie);
	if (same < told->n_targets || lie_by_type(told, lie))
		return lie;
	free(lie);
	return NULL;
}

/* The highest DM device that is not real yet, or NULL. */
static struct graph_device *top_to_make(struct graph *graph)
{
	for (unsigned int i = graph->n; i-- > 0;)
		if (graph->devices[i].kind == GRAPH_DM && !graph->devices[i].numbers[0])
			return &graph->devices[i];
	return NULL;
}

int check_create(struct check_env *env, struct graph *graph)
{
	struct graph_device *top = env->plant == PLANT_STACK ? top_to_make(graph) : NULL;
	struct graph_target *told, *lie = top ? make_lie(graph, top) : NULL;
	int rc;

	if (!lie)
		return graph_create(graph);
	told = top->targets;
	top->targets = lie;
	rc = graph_create(graph);
	top->targets = told;
	free(lie);
	if (!rc)
		env->planted = true;
	return rc;
}

/* ---- a regular one --------------------------------------------------------------------------- */

/* Adds the segments, turn by turn over the members 0..over.  Returns 0 or -errno. */
static int add_segments(struct graph *graph, unsigned int device, unsigned int segments,
			unsigned int over, uint64_t len_sectors, uint64_t shift_sectors)
{
	uint64_t cursor[CHECK_DEVICES_MAX] = {0};
	int rc = 0;

	for (unsigned int i = 0; i < segments && !rc; i++) {
		uint64_t *at = &cursor[i % over];
		uint64_t windows =
			(shift_sectors + len_sectors + WINDOW_SECTORS - 1) / WINDOW_SECTORS;

		if (*at + shift_sectors + len_sectors > graph->devices[i % over].size_sectors)
			return -ENOSPC;
		rc = graph_add_linear(graph, device, len_sectors, i % over, *at + shift_sectors);
		*at += windows * WINDOW_SECTORS;
	}
	return rc;
}

int check_linear(struct check_env *env, struct graph *graph, unsigned int segments,
		 unsigned int over, uint64_t size_bytes, uint64_t shift_bytes)
{
	static unsigned int made;
	char word[32], name[64];
	int device, rc;

	*graph = (struct graph){0};
	for (unsigned int i = 0; i < over; i++) {
		const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, i);

		if (!ns) {
			check_broken(env, "%u fsdax namespaces are needed, %u are named", over, i);
			return -ENODEV;
		}
		graph_add_namespace(graph, ns);
	}
	if (!segments || !over || size_bytes % (segments * (uint64_t)SECTOR_BYTES)) {
		check_broken(env, "%" PRIu64 " bytes are not %u equal segments", size_bytes,
			     segments);
		return -EINVAL;
	}
	snprintf(word, sizeof(word), "linear%u", made++);
	device = graph_add_dm(graph, check_name(env, word, name));
	if (device < 0)
		return device;
	rc = add_segments(graph, (unsigned int)device, segments, over,
			  size_bytes / segments / SECTOR_BYTES, shift_bytes / SECTOR_BYTES);
	if (rc == -ENOSPC)
		check_broken(env, "the namespaces have no room for %u segments of %" PRIu64 " KiB",
			     segments, size_bytes / segments >> 10);
	else if (!rc)
		rc = check_create(env, graph);
	if (rc < 0 && rc != -ENOSPC)
		check_broken(env, "cannot make %s: %s (%s)", name, strerror(-rc), dm_complaint());
	if (!rc)
		return device;
	graph_destroy(graph);
	return rc;
}

/* ---- filesystems ----------------------------------------------------------------------------- */

/* Mounting with dax=always is not yet having it: xfs may drop it without a word. */
static int prove_dax(const char *where)
{
	int fd = open(where, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return -errno;
	rc = file_is_dax(fd);
	close(fd);
	return rc < 0 ? rc : rc ? 0 : -ENOTSUP;
}

int check_mount(struct check_env *env, const char *type, const char *node, uint64_t size_bytes,
		struct check_fs *out)
{
	static unsigned int made;
	int rc;

	*out = (struct check_fs){.fs = {.type = type, .node = out->node, .where = out->where}};
	snprintf(out->node, sizeof(out->node), "%s", node);
	snprintf(out->where, sizeof(out->where), "%s/mount%u", env->directory, made++);
	rc = mkdir(out->where, 0700) < 0 ? -errno : 0;
	if (!check_setup(env, rc, "making the directory %s", out->where))
		return rc;
	rc = fs_make(type, node, size_bytes);
	if (!check_setup(env, rc, "making %s on %s", type, node))
		return rc;
	rc = fs_mount(&out->fs);
	if (!check_setup(env, rc, "mounting %s on %s with dax=always", type, node))
		return rc;
	rc = prove_dax(out->where);
	if (check_setup(env, rc, "statx of a file of %s on %s, mounted with dax=always", type,
			node))
		return 0;
	fs_unmount(&out->fs);
	return rc;
}

int check_unmount(struct check_env *env, struct check_fs *fs)
{
	int rc = fs_unmount(&fs->fs);

	if (check_setup(env, rc, "unmounting %s", fs->where))
		rmdir(fs->where);
	return rc;
}

static int write_stamps(int fd, uint64_t bytes, uint32_t file_id, uint32_t generation)
{
	char *buffer = malloc(WINDOW_BYTES);
	int rc = buffer ? 0 : -ENOMEM;

	for (uint64_t at = 0; at < bytes && !rc;) {
		size_t len = bytes - at < WINDOW_BYTES ? bytes - at : WINDOW_BYTES;
		ssize_t n;

		stamp_fill(buffer, len, file_id, at, generation);
		n = pwrite(fd, buffer, len, (off_t)at);
		if (n <= 0)
			rc = n < 0 ? -errno : -EIO;
		else
			at += (uint64_t)n;
	}
	free(buffer);
	return rc;
}

int check_file(struct check_env *env, const struct check_fs *fs, const char *name, uint64_t bytes,
	       uint32_t file_id, uint32_t generation)
{
	char path[sizeof(fs->where) + 128];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", fs->where, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	rc = fd < 0 ? -errno : 0;
	if (!check_setup(env, rc, "making %s", path))
		return rc;
	/* At once, so that the filesystem sees how large it will be and can align it. */
	if (fallocate(fd, 0, 0, (off_t)bytes) < 0)
		rc = -errno;
	if (!rc)
		rc = write_stamps(fd, bytes, file_id, generation);
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	if (check_setup(env, rc, "writing %" PRIu64 " KiB to %s", bytes >> 10, path))
		return fd;
	close(fd);
	return rc;
}
