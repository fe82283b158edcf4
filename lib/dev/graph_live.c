// SPDX-License-Identifier: GPL-2.0-only
/* Source: Documentation/admin-guide/device-mapper/, Documentation/ABI/testing/sysfs-block. */
#include "lib/dev/graph_live.h"

#include "lib/base/bytes.h"
#include "lib/base/text_file.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
	struct graph_live *live;
	char *why;
	size_t why_len;
	unsigned int depth;
};

static int complain(struct reader *r, int rc, const char *what, const char *numbers)
{
	if (!*r->why)
		snprintf(r->why, r->why_len, "%s of %s: %s", what, numbers, strerror(-rc));
	return rc;
}

/* A line of a file of the device in sysfs, without its newline.  Returns whether there is one. */
static bool attribute(const char *numbers, const char *name, char *out, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/dev/block/%s/%s", numbers, name);
	return *text_file_line(path, out, size);
}

static uint64_t sectors_of(const char *numbers, const char *name)
{
	char text[32];

	return attribute(numbers, name, text, sizeof(text)) ? strtoull(text, NULL, 10) : 0;
}

/* The name of its directory in sysfs: "pmem0", "sda1".  Returns 0 or -errno. */
static int kernel_name(const char *numbers, char *out, size_t size)
{
	char path[64], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/block/%s", numbers);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	if (!slash || strlen(slash + 1) >= size)
		return -ENAMETOOLONG;
	strcpy(out, slash + 1);
	return 0;
}

static int add_device(struct reader *r, const char *numbers);

/* Adds what an argument names if it is a device.  Returns its index, -ENOENT if it is none, or
 * another -errno. */
static int member_of(struct reader *r, const char *word)
{
	unsigned int major, minor;
	char end, numbers[32];

	if (sscanf(word, "%u:%u%c", &major, &minor, &end) != 2)
		return -ENOENT;
	snprintf(numbers, sizeof(numbers), "%u:%u", major, minor);
	return add_device(r, numbers);
}

/* The targets whose arguments are devices and offsets: linear and striped. */
static int modelled(struct graph_target *t, char **words, size_t n)
{
	size_t at = 0;

	if (t->type == TARGET_STRIPED) {
		if (n < 2)
			return -EINVAL;
		t->chunk_sectors = strtoull(words[1], NULL, 10);
		at = 2;
	}
	if (!t->chunk_sectors && t->type == TARGET_STRIPED)
		return -EINVAL;
	for (; at + 1 < n && t->n_members < GRAPH_STRIPES_MAX; at += 2)
		t->members[t->n_members++].offset_sectors = strtoull(words[at + 1], NULL, 10);
	return t->n_members ? 0 : -EINVAL;
}

/* Reads a line "START LENGTH TYPE ARGUMENT...", and adds the devices that it names. */
static int read_target(struct reader *r, char *line, struct graph_target *t)
{
	enum { WORDS_MAX = 600 };
	char *words[WORDS_MAX], *rest = line, *word, *type;
	size_t n = 0;
	int rc = 0;

	strsep(&rest, " ");
	word = strsep(&rest, " ");
	type = strsep(&rest, " ");
	if (!word || !type)
		return -EINVAL;
	t->len_sectors = strtoull(word, NULL, 10);
	while (rest && n < WORDS_MAX)
		if (*(words[n] = strsep(&rest, " ")))
			n++;
	t->type = !strcmp(type, "linear")    ? TARGET_LINEAR
		  : !strcmp(type, "striped") ? TARGET_STRIPED
		  : !strcmp(type, "zero")    ? TARGET_ZERO
		  : !strcmp(type, "error")   ? TARGET_ERROR
					     : TARGET_OTHER;
	if (t->type == TARGET_LINEAR || t->type == TARGET_STRIPED)
		rc = modelled(t, words, n);
	if (t->type == TARGET_OTHER)
		snprintf(t->other->type, sizeof(t->other->type), "%s", type);
	else
		t->other = NULL;
	for (size_t i = 0, m = 0; i < n && !rc; i++) {
		int below = member_of(r, words[i]);

		if (below == -ENOENT)
			continue;
		if (below < 0)
			return below;
		if (m < GRAPH_STRIPES_MAX)
			t->members[m++].device = (unsigned int)below;
		if (t->type == TARGET_OTHER)
			t->n_members = (unsigned int)m;
	}
	return rc;
}

/* The devices below are added before the device: their indices are lower. */
static int add_dm(struct reader *r, const char *numbers, const char *name)
{
	char *table = dm_device_table(name, false), *rest = table, *line;
	struct graph_member members[GRAPH_STRIPES_MAX];
	struct graph_target *targets = NULL;
	size_t n = 0;
	int device = -1, rc = 0;

	if (!table)
		return complain(r, errno ? -errno : -EIO, "cannot read the table", name);
	while (!rc && (line = strsep(&rest, "\n"))) {
		struct graph_other_target other = {.type = ""};
		struct graph_target t = {.members = members, .other = &other}, *more;

		if (!*line)
			continue;
		memset(members, 0, sizeof(members));
		rc = read_target(r, line, &t);
		more = realloc(targets, (n + 1) * sizeof(*targets));
		if (!more) {
			rc = -ENOMEM;
			break;
		}
		targets = more;
		targets[n] = t;
		targets[n].members = malloc(sizeof(members));
		targets[n].other = t.other ? malloc(sizeof(other)) : NULL;
		if (!targets[n].members || (t.other && !targets[n].other))
			rc = -ENOMEM;
		else
			memcpy(targets[n].members, members, sizeof(members));
		if (t.other && targets[n].other)
			memcpy(targets[n].other, &other, sizeof(other));
		n++;
	}
	if (!rc)
		device = graph_add_dm(&r->live->graph, name);
	for (size_t i = 0; i < n; i++) {
		if (!rc && device >= 0)
			rc = graph_add_target(&r->live->graph, (unsigned int)device, &targets[i]);
		free(targets[i].members);
		free(targets[i].other);
	}
	free(targets);
	free(table);
	if (rc < 0 || device < 0)
		return complain(r, rc < 0 ? rc : device, "cannot read the table", name);
	snprintf(r->live->graph.devices[device].numbers,
		 sizeof(r->live->graph.devices[device].numbers), "%s", numbers);
	return device;
}

static int add_partition(struct reader *r, const char *numbers, const char *node)
{
	char disk[32];
	int on;

	if (!attribute(numbers, "../dev", disk, sizeof(disk)))
		return complain(r, -ENODEV, "cannot read the disk", node);
	on = add_device(r, disk);
	return on < 0 ? on
		      : graph_add_partition(&r->live->graph, node, (unsigned int)on,
					    sectors_of(numbers, "start"),
					    sectors_of(numbers, "size"));
}

/* Persistent memory, or another disk. */
static int add_lowest(struct reader *r, const char *node)
{
	struct namespace *ns = &r->live->namespaces[r->live->n_namespaces];
	int rc;

	if (strncmp(node, "/dev/pmem", strlen("/dev/pmem")) != 0)
		return graph_add_other(&r->live->graph, node);
	rc = namespace_find(node, ns); /* without addresses nothing is known of huge pages */
	if (rc < 0)
		return complain(r, rc, "cannot read the namespace", node);
	r->live->n_namespaces++;
	return graph_add_namespace(&r->live->graph, ns);
}

/* Returns its index in the graph, or -errno after complain(). */
static int add_device(struct reader *r, const char *numbers)
{
	struct graph *g = &r->live->graph;
	char name[128], node[140];
	int rc;

	for (unsigned int i = 0; i < g->n; i++)
		if (!strcmp(g->devices[i].numbers, numbers))
			return (int)i;
	if (r->depth > GRAPH_DEVICES_MAX || g->n == GRAPH_DEVICES_MAX)
		return complain(r, -ENOSPC, "too many devices below", numbers);
	rc = kernel_name(numbers, name, sizeof(name));
	if (rc < 0)
		return complain(r, rc, "cannot find the device", numbers);
	snprintf(node, sizeof(node), "/dev/%s", name);
	r->depth++;
	if (attribute(numbers, "dm/name", name, sizeof(name)))
		rc = add_dm(r, numbers, name);
	else if (sectors_of(numbers, "partition"))
		rc = add_partition(r, numbers, node);
	else
		rc = add_lowest(r, node);
	r->depth--;
	if (rc < 0)
		return complain(r, rc, "cannot read the device", node);
	if (!g->devices[rc].numbers[0])
		snprintf(g->devices[rc].numbers, sizeof(g->devices[rc].numbers), "%s", numbers);
	return rc;
}

int graph_live_read(unsigned int major, unsigned int minor, struct graph_live *out, char *why,
		    size_t why_len)
{
	struct reader r = {.live = out, .why = why, .why_len = why_len};
	char numbers[32];
	int rc;

	*why = '\0';
	memset(out, 0, sizeof(*out));
	snprintf(numbers, sizeof(numbers), "%u:%u", major, minor);
	rc = add_device(&r, numbers);
	if (rc < 0) {
		graph_live_free(out);
		return rc;
	}
	out->device = (unsigned int)rc;
	return 0;
}

void graph_live_free(struct graph_live *live)
{
	/* graph_destroy() would remove the devices. */
	for (unsigned int i = 0; i < live->graph.n; i++)
		graph_clear_targets(&live->graph, i);
	live->graph.n = 0;
}

const char *graph_live_name(const struct graph_live *live)
{
	const struct graph_device *d = &live->graph.devices[live->device];

	return d->kind == GRAPH_DM ? d->name : d->node;
}
