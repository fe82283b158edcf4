// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/graph.h"

#include "lib/base/bytes.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { SUPERBLOCK_BYTES = 64 << 10 };

/* ---- description ----------------------------------------------------------------------------- */

static int add_device(struct graph *g, const struct graph_device *device)
{
	if (g->n == GRAPH_DEVICES_MAX)
		return -ENOSPC;
	g->devices[g->n] = *device;
	return (int)g->n++;
}

static int set_node(struct graph_device *d, const char *node)
{
	if (strlen(node) >= sizeof(d->node))
		return -ENAMETOOLONG;
	strcpy(d->node, node);
	return 0;
}

static void set_numbers(struct graph_device *d, unsigned int major, unsigned int minor)
{
	snprintf(d->numbers, sizeof(d->numbers), "%u:%u", major, minor);
}

int graph_add_namespace(struct graph *g, const struct namespace *ns)
{
	struct graph_device d = {
		.kind = GRAPH_NAMESPACE, .size_sectors = ns->size_bytes / SECTOR_BYTES, .ns = ns};

	strcpy(d.node, ns->node);
	if (ns->major)
		set_numbers(&d, ns->major, ns->minor);
	return add_device(g, &d);
}

/* Finds size and numbers of a block device.  Returns 0 or -errno. */
static int look_up(struct graph_device *d, uint64_t *sectors)
{
	int fd = open(d->node, O_RDONLY | O_CLOEXEC), rc = 0;
	uint64_t bytes = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		rc = -errno;
	close(fd);
	if (rc < 0)
		return rc;
	*sectors = bytes / SECTOR_BYTES;
	set_numbers(d, major(st.st_rdev), minor(st.st_rdev));
	return 0;
}

int graph_add_other(struct graph *g, const char *node)
{
	struct graph_device d = {.kind = GRAPH_OTHER};
	int rc = set_node(&d, node);

	if (!rc)
		rc = look_up(&d, &d.size_sectors);
	return rc < 0 ? rc : add_device(g, &d);
}

int graph_add_partition(struct graph *g, const char *node, unsigned int on, uint64_t start_sectors,
			uint64_t len_sectors)
{
	struct graph_device d = {
		.kind = GRAPH_PARTITION,
		.size_sectors = len_sectors,
		.on = {on, start_sectors},
	};
	uint64_t real_sectors;
	int rc = set_node(&d, node);

	if (!rc)
		look_up(&d, &real_sectors); /* may not exist yet */
	return rc < 0 ? rc : add_device(g, &d);
}

int graph_add_dm(struct graph *g, const char *name)
{
	struct graph_device d = {.kind = GRAPH_DM};

	if (strlen(name) >= sizeof(d.name))
		return -ENAMETOOLONG;
	strcpy(d.name, name);
	return add_device(g, &d);
}

int graph_add_target(struct graph *g, unsigned int device, const struct graph_target *target)
{
	struct graph_device *d = &g->devices[device];
	struct graph_target *list = d->targets, *t;
	size_t members_bytes = target->n_members * sizeof(*target->members);

	/* There is room for the next power of two. */
	if (!(d->n_targets & (d->n_targets - 1))) {
		list = realloc(list, (d->n_targets ? 2 * d->n_targets : 1) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		d->targets = list;
	}
	t = &list[d->n_targets];
	*t = *target;
	t->start_sectors = d->size_sectors;
	t->members = NULL;
	t->other = NULL;
	if (members_bytes) {
		t->members = malloc(members_bytes);
		if (!t->members)
			return -ENOMEM;
		memcpy(t->members, target->members, members_bytes);
	}
	if (target->other) {
		t->other = malloc(sizeof(*t->other));
		if (!t->other) {
			free(t->members);
			return -ENOMEM;
		}
		*t->other = *target->other;
	}
	d->n_targets++;
	d->size_sectors += target->len_sectors;
	return 0;
}

int graph_add_linear(struct graph *g, unsigned int device, uint64_t len_sectors,
		     unsigned int member, uint64_t offset_sectors)
{
	const struct graph_target target = {
		.type = TARGET_LINEAR,
		.len_sectors = len_sectors,
		.n_members = 1,
		.members = &(struct graph_member){member, offset_sectors},
	};

	return graph_add_target(g, device, &target);
}

static void free_target(struct graph_target *t)
{
	free(t->members);
	free(t->other);
}

static void free_targets(struct graph_device *d)
{
	for (size_t i = 0; i < d->n_targets; i++)
		free_target(&d->targets[i]);
	free(d->targets);
	d->targets = NULL;
	d->n_targets = 0;
}

void graph_clear_targets(struct graph *g, unsigned int device)
{
	free_targets(&g->devices[device]);
	g->devices[device].size_sectors = 0;
}

void graph_remove_targets(struct graph_device *d, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		free_target(&d->targets[i]);
	memmove(&d->targets[first], &d->targets[first + n],
		(d->n_targets - first - n) * sizeof(*d->targets));
	d->n_targets -= n;
	d->size_sectors = 0;
	for (size_t i = 0; i < d->n_targets; i++) {
		d->targets[i].start_sectors = d->size_sectors;
		d->size_sectors += d->targets[i].len_sectors;
	}
}

int graph_copy(const struct graph *g, struct graph *out)
{
	int rc = 0;

	*out = *g;
	for (unsigned int i = 0; i < g->n; i++) {
		struct graph_device *d = &out->devices[i];

		d->targets = NULL;
		d->n_targets = 0;
		if (d->kind == GRAPH_DM) {
			d->numbers[0] = d->node[0] = '\0';
			d->size_sectors = 0;
		}
	}
	for (unsigned int i = 0; i < g->n; i++)
		for (size_t t = 0; t < g->devices[i].n_targets && !rc; t++)
			rc = graph_add_target(out, i, &g->devices[i].targets[t]);
	if (rc < 0)
		graph_destroy(out);
	return rc;
}

/* ---- the model ------------------------------------------------------------------------------- */

bool graph_target_is_linear(const struct graph_target *t)
{
	return t->type == TARGET_LINEAR ||
	       (t->other && t->n_members && !strcmp(t->other->type, "log-writes"));
}

unsigned int graph_target_data_members(const struct graph_target *t)
{
	return t->other && graph_target_is_linear(t) ? 1 : t->n_members;
}

const struct graph_target *graph_find_target(const struct graph_device *d, uint64_t sector)
{
	size_t low = 0, high = d->n_targets;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct graph_target *t = &d->targets[mid];

		if (sector < t->start_sectors)
			high = mid;
		else if (sector >= t->start_sectors + t->len_sectors)
			low = mid + 1;
		else
			return t;
	}
	return NULL;
}

static void shorten(uint64_t *bytes, uint64_t limit_bytes)
{
	if (limit_bytes < *bytes)
		*bytes = limit_bytes;
}

/*
 * One step of graph_resolve(): place, a byte of a DM device in its linear or striped target t,
 * moves to the member below, and contiguous_bytes shrinks to what the target keeps together.  A
 * chunk ends it even where the next chunk is adjacent: device-mapper splits there. Source:
 * linear_map_sector() of dm-linear.c, stripe_map_sector() of dm-stripe.c.
 */
static void descend_target(const struct graph_target *t, struct graph_place *place)
{
	const struct graph_member *m = &t->members[0];
	uint64_t byte = place->offset_bytes - t->start_sectors * SECTOR_BYTES;

	shorten(&place->contiguous_bytes, t->len_sectors * SECTOR_BYTES - byte);
	if (t->type == TARGET_STRIPED) {
		uint64_t chunk_bytes = t->chunk_sectors * SECTOR_BYTES;
		uint64_t chunk = byte / chunk_bytes, into = byte % chunk_bytes;

		m = &t->members[chunk % t->n_members];
		byte = chunk / t->n_members * chunk_bytes + into;
		shorten(&place->contiguous_bytes, chunk_bytes - into);
	}
	if (t->other) /* log-writes does not subtract the start of its target */
		byte += t->start_sectors * SECTOR_BYTES;
	place->device = m->device;
	place->offset_bytes = byte + m->offset_sectors * SECTOR_BYTES;
}

/* In place, from a DM device to its member.  Returns 0 or -errno as graph_resolve(). */
static int descend_dm(const struct graph_device *d, struct graph_place *place,
		      const struct graph_target **passed)
{
	const struct graph_target *t = graph_find_target(d, place->offset_bytes / SECTOR_BYTES);

	*passed = t;
	if (!t)
		return -ERANGE;
	if (t->type == TARGET_ZERO || t->type == TARGET_ERROR) {
		shorten(&place->contiguous_bytes,
			(t->start_sectors + t->len_sectors) * SECTOR_BYTES - place->offset_bytes);
		return t->type == TARGET_ERROR ? -EIO : -ENODATA;
	}
	if (t->type == TARGET_OTHER && !graph_target_is_linear(t)) {
		shorten(&place->contiguous_bytes,
			(t->start_sectors + t->len_sectors) * SECTOR_BYTES - place->offset_bytes);
		return -EOPNOTSUPP;
	}
	if (!t->n_members || (t->type == TARGET_STRIPED && !t->chunk_sectors))
		return -ERANGE; /* device-mapper accepts no such table */
	descend_target(t, place);
	return 0;
}

int graph_descend(const struct graph *g, struct graph_place *place,
		  const struct graph_target **passed)
{
	const struct graph_device *d = &g->devices[place->device];
	uint64_t size_bytes = d->size_sectors * SECTOR_BYTES;

	*passed = NULL;
	if (place->offset_bytes >= size_bytes)
		return -ERANGE;
	shorten(&place->contiguous_bytes, size_bytes - place->offset_bytes);
	switch (d->kind) {
	case GRAPH_NAMESPACE:
		place->ns = d->ns;
		return 1;
	case GRAPH_OTHER:
		return 1;
	case GRAPH_PARTITION:
		place->device = d->on.device;
		place->offset_bytes += d->on.offset_sectors * SECTOR_BYTES;
		return 0;
	case GRAPH_DM:
		break;
	}
	return descend_dm(d, place, passed);
}

int graph_resolve(const struct graph *g, unsigned int device, uint64_t byte,
		  struct graph_place *out)
{
	const struct graph_target *passed;
	int rc = 0;

	*out = (struct graph_place){
		.device = device, .offset_bytes = byte, .contiguous_bytes = UINT64_MAX};
	while (!rc)
		rc = graph_descend(g, out, &passed);
	return rc < 0 ? rc : 0;
}

int graph_backing_address(struct backing backing, uint64_t byte, uint64_t *address_bytes,
			  uint64_t *contiguous_bytes)
{
	struct graph_place place;
	int rc = graph_resolve(backing.graph, backing.device, byte, &place);

	if (rc < 0)
		return rc;
	if (!place.ns || !place.ns->resource_bytes)
		return -ENXIO;
	*address_bytes = place.ns->resource_bytes + place.offset_bytes;
	*contiguous_bytes = place.contiguous_bytes;
	return 0;
}

/* A device refers only to devices of lower index, whose entries are already set. */
static bool device_is_direct(const struct graph_device *d, const bool *direct)
{
	if (d->kind == GRAPH_NAMESPACE)
		return d->ns->mode == NAMESPACE_FSDAX || d->ns->mode == NAMESPACE_VIRTIO;
	if (d->kind == GRAPH_PARTITION)
		return direct[d->on.device];
	if (d->kind == GRAPH_OTHER || !d->n_targets)
		return false;
	for (size_t i = 0; i < d->n_targets; i++) {
		const struct graph_target *t = &d->targets[i];

		if (!t->n_members || (t->type == TARGET_OTHER && !graph_target_is_linear(t)))
			return false;
		for (unsigned int m = 0; m < graph_target_data_members(t); m++)
			if (!direct[t->members[m].device])
				return false;
	}
	return true;
}

bool graph_is_direct(const struct graph *g, unsigned int device)
{
	bool direct[GRAPH_DEVICES_MAX];

	for (unsigned int i = 0; i <= device; i++)
		direct[i] = device_is_direct(&g->devices[i], direct);
	return direct[device];
}

/* `whole`: as graph_is_paged(), else as graph_keeps_pages(). */
static bool target_is_aligned(const struct graph_target *t, bool last, const bool *aligned,
			      bool whole)
{
	const uint64_t page_sectors = PAGE_BYTES / SECTOR_BYTES;

	if (t->start_sectors % page_sectors || (t->len_sectors % page_sectors && (whole || !last)))
		return false;
	if (t->type == TARGET_STRIPED && (whole || t->n_members > 1) &&
	    t->chunk_sectors % page_sectors)
		return false;
	for (unsigned int m = 0; m < t->n_members; m++)
		if (t->members[m].offset_sectors % page_sectors || !aligned[t->members[m].device])
			return false;
	return true;
}

static bool device_is_aligned(const struct graph_device *d, const bool *aligned, bool whole)
{
	const uint64_t page_sectors = PAGE_BYTES / SECTOR_BYTES;

	if (d->kind == GRAPH_PARTITION)
		return !(d->on.offset_sectors % page_sectors) &&
		       !(whole && d->size_sectors % page_sectors) && aligned[d->on.device];
	for (size_t i = 0; i < d->n_targets; i++)
		if (!target_is_aligned(&d->targets[i], i + 1 == d->n_targets, aligned, whole))
			return false;
	return true;
}

static bool is_aligned(const struct graph *g, unsigned int device, bool whole)
{
	bool aligned[GRAPH_DEVICES_MAX];

	for (unsigned int i = 0; i <= device; i++)
		aligned[i] = device_is_aligned(&g->devices[i], aligned, whole);
	return aligned[device];
}

bool graph_keeps_pages(const struct graph *g, unsigned int device)
{
	return is_aligned(g, device, false);
}

bool graph_is_paged(const struct graph *g, unsigned int device)
{
	return is_aligned(g, device, true);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* How a table names a member. */
typedef const char *(*name_fn)(const struct graph_device *member, char buffer[128]);

static const char *name_by_node(const struct graph_device *member, char buffer[128])
{
	return member->kind == GRAPH_DM ? dm_device_node(member->name, buffer) : member->node;
}

static const char *name_by_numbers(const struct graph_device *member, char buffer[128])
{
	return member->numbers[0] ? member->numbers : name_by_node(member, buffer);
}

static void print_args(FILE *out, const struct graph *g, const struct graph_target *t, name_fn name)
{
	unsigned int m = 0;
	char buffer[128];

	for (const char *p = t->other->args; *p; p++) {
		if (*p == '@' && m < t->n_members)
			fputs(name(&g->devices[t->members[m++].device], buffer), out);
		else
			putc(*p, out);
	}
}

/* One line of a table, without its newline. */
static void print_target(FILE *out, const struct graph *g, const struct graph_target *t,
			 name_fn name)
{
	static const char *const types[] = {
		[TARGET_LINEAR] = "linear",
		[TARGET_STRIPED] = "striped",
		[TARGET_ZERO] = "zero",
		[TARGET_ERROR] = "error",
	};
	char buffer[128];

	fprintf(out, "%" PRIu64 " %" PRIu64 " %s", t->start_sectors, t->len_sectors,
		t->other ? t->other->type : types[t->type]);
	if (t->other) {
		fputs(*t->other->args ? " " : "", out);
		print_args(out, g, t, name);
		return;
	}
	if (t->type == TARGET_STRIPED)
		fprintf(out, " %u %" PRIu64, t->n_members, t->chunk_sectors);
	for (unsigned int m = 0; m < t->n_members; m++)
		fprintf(out, " %s %" PRIu64, name(&g->devices[t->members[m].device], buffer),
			t->members[m].offset_sectors);
}

/* Closes a memory stream.  Returns its text, or NULL without memory. */
static char *text_of(FILE *out, char **text)
{
	if (!fclose(out))
		return *text;
	free(*text);
	return NULL;
}

char *graph_table(const struct graph *g, unsigned int device)
{
	const struct graph_device *d = &g->devices[device];
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (size_t i = 0; i < d->n_targets; i++) {
		print_target(out, g, &d->targets[i], name_by_numbers);
		putc('\n', out);
	}
	return text_of(out, &text);
}

/* A comment: graph_create() makes no partitions, and neither can dmsetup. */
static void print_partition(FILE *out, const struct graph *g, const struct graph_device *d)
{
	char buffer[128];

	fprintf(out, "# %s: partition of %s from sector %" PRIu64 " on, %" PRIu64 " sectors\n",
		d->node, name_by_node(&g->devices[d->on.device], buffer), d->on.offset_sectors,
		d->size_sectors);
}

static void print_create(FILE *out, const struct graph *g, const struct graph_device *d)
{
	if (d->n_targets == 1) {
		fprintf(out, "dmsetup create %s --table '", d->name);
		print_target(out, g, &d->targets[0], name_by_node);
		fputs("'\n", out);
		return;
	}
	fputs("printf '", out);
	for (size_t i = 0; i < d->n_targets; i++) {
		print_target(out, g, &d->targets[i], name_by_node);
		fputs("\\n", out);
	}
	fprintf(out, "' | dmsetup create %s\n", d->name);
}

char *graph_dmsetup(const struct graph *g)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (unsigned int i = 0; i < g->n; i++) {
		if (g->devices[i].kind == GRAPH_PARTITION)
			print_partition(out, g, &g->devices[i]);
		else if (g->devices[i].kind == GRAPH_DM)
			print_create(out, g, &g->devices[i]);
	}
	return text_of(out, &text);
}

/* ---- devices --------------------------------------------------------------------------------- */

/* The superblock of a device that a target keeps its own data on: of zeros, it is made new. */
static void clear_superblock(const char *node)
{
	static const char zeros[SUPERBLOCK_BYTES];
	int fd = open(node, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* What cannot be written, a thin pool, has none. */
	if (pwrite(fd, zeros, sizeof(zeros), 0) == (ssize_t)sizeof(zeros))
		fsync(fd);
	close(fd);
}

static bool is_used_before(const struct graph *g, unsigned int before, unsigned int member)
{
	for (unsigned int i = 0; i < before; i++)
		for (size_t k = 0; k < g->devices[i].n_targets; k++)
			for (unsigned int m = 0; m < g->devices[i].targets[k].n_members; m++)
				if (g->devices[i].targets[k].members[m].device == member)
					return true;
	return false;
}

/* What the targets that the model does not have expect of their members.  Source:
 * Documentation/admin-guide/device-mapper/thin-provisioning.rst.  Returns 0 or -errno. */
static int prepare_members(const struct graph *g, unsigned int device)
{
	const struct graph_device *d = &g->devices[device];
	char message[64];
	int rc = 0;

	for (size_t k = 0; k < d->n_targets && !rc; k++) {
		const struct graph_target *t = &d->targets[k];
		const char *id = t->other ? strchr(t->other->args, ' ') : NULL;

		for (unsigned int m = 0; t->other && m < t->n_members; m++)
			if (!is_used_before(g, device, t->members[m].device))
				clear_superblock(g->devices[t->members[m].device].node);
		if (!id || strcmp(t->other->type, "thin") || t->other->args[0] != '@')
			continue;
		snprintf(message, sizeof(message), "create_thin %.40s", id + 1);
		rc = dm_device_message(g->devices[t->members[0].device].name, message);
		rc = rc == -EEXIST ? 0 : rc;
	}
	return rc;
}

static int create_device(struct graph *g, unsigned int device)
{
	struct graph_device *d = &g->devices[device];
	struct dm_device_info info;
	char *table = graph_table(g, device);
	int rc;

	if (!table)
		return -ENOMEM;
	rc = prepare_members(g, device);
	if (!rc)
		rc = dm_device_create(d->name, table, 0);
	free(table);
	if (rc < 0)
		return rc;
	rc = dm_device_info(d->name, &info);
	if (rc < 0) {
		dm_device_remove(d->name, 0);
		return rc;
	}
	set_numbers(d, info.major, info.minor);
	dm_device_node(d->name, d->node);
	return 0;
}

int graph_create(struct graph *g)
{
	uint64_t sectors;
	int rc = 0;

	for (unsigned int i = 0; i < g->n && !rc; i++) {
		struct graph_device *d = &g->devices[i];

		if (d->numbers[0])
			continue;
		if (d->kind == GRAPH_DM)
			rc = create_device(g, i);
		else if (d->kind == GRAPH_PARTITION)
			rc = look_up(d, &sectors);
	}
	return rc;
}

int graph_reload(const struct graph *g, unsigned int device, unsigned int suspend_flags)
{
	char *table = graph_table(g, device);
	int rc = table ? dm_device_reload(g->devices[device].name, table, suspend_flags) : -ENOMEM;

	free(table);
	return rc;
}

/* Whether a DM device that could not be removed has the device as a member. */
static bool is_held(const struct graph *g, unsigned int device, const bool *kept)
{
	for (unsigned int i = device + 1; i < g->n; i++) {
		const struct graph_device *d = &g->devices[i];

		for (size_t t = 0; kept[i] && t < d->n_targets; t++)
			for (unsigned int m = 0; m < d->targets[t].n_members; m++)
				if (d->targets[t].members[m].device == device)
					return true;
	}
	return false;
}

int graph_destroy(struct graph *g)
{
	bool kept[GRAPH_DEVICES_MAX] = {false};
	int result = 0;

	for (unsigned int i = g->n; i-- > 0;) {
		struct graph_device *d = &g->devices[i];

		if (d->kind != GRAPH_DM || !d->numbers[0])
			continue;
		kept[i] = is_held(g, i, kept);
		if (!kept[i]) {
			int rc = dm_device_remove(d->name, 0);

			kept[i] = rc < 0 && rc != -ENXIO;
			result = kept[i] ? rc : result;
		}
		if (!kept[i])
			d->numbers[0] = d->node[0] = '\0';
	}
	for (unsigned int i = 0; i < g->n; i++)
		free_targets(&g->devices[i]);
	return result;
}
