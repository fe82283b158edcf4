// SPDX-License-Identifier: GPL-2.0-only
#include "check/reload/pair.h"

#include "check/fixture/bio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Describes the device: on the first member but for what is moved to the second.  Returns 0 or
 * -ENOMEM. */
static int describe(struct graph *g, unsigned int device, uint64_t sectors, uint64_t moved,
		    uint64_t moved_len)
{
	const uint64_t ends[] = {moved, moved + moved_len, sectors};
	uint64_t at = 0;
	int rc = 0;

	g->devices[device].targets = NULL;
	g->devices[device].n_targets = 0;
	g->devices[device].size_sectors = 0;
	for (unsigned int i = 0; i < 3 && !rc; i++) {
		unsigned int member = i == 1;

		if (ends[i] > at)
			rc = graph_add_linear(g, device, ends[i] - at, member,
					      at + (member ? PAIR_NEW_SECTORS : PAIR_OLD_SECTORS));
		at = ends[i];
	}
	return rc;
}

/*
 * ext4 is small: all of it moves.  Of xfs the windows of the file move, as if they had been moved
 * by pvmove(8): to copy all of it would take longer than all the rest.
 */
static void choose_moved(struct pair *pair)
{
	const struct extents *extents = &pair->live.extents;
	uint64_t from = UINT64_MAX, to = 0;

	for (size_t i = 0; i < extents->n; i++) {
		const struct extent *e = &extents->list[i];

		if (e->physical_bytes < from)
			from = e->physical_bytes;
		if (e->physical_bytes + e->len_bytes > to)
			to = e->physical_bytes + e->len_bytes;
	}
	if (strcmp(pair->live.spec.fs, "xfs")) {
		from = 0;
		to = live_device_bytes(pair->live.spec.fs);
	}
	pair->moved_bytes = from / WINDOW_BYTES * WINDOW_BYTES;
	pair->moved_len_bytes = to - pair->moved_bytes;
}

static int describe_new(struct pair *pair, struct graph *g)
{
	return describe(g, pair->live.device, live_device_bytes(pair->live.spec.fs) / SECTOR_BYTES,
			pair->moved_bytes / SECTOR_BYTES, pair->moved_len_bytes / SECTOR_BYTES);
}

bool pair_open(struct check_env *env, struct pair *pair, const struct pair_arg *arg)
{
	const struct live_spec spec = {
		.fs = arg->fs, .file_bytes = PAIR_FILE_BYTES, .huge = arg->huge};
	uint64_t sectors = live_device_bytes(arg->fs) / SECTOR_BYTES;
	struct live *live = &pair->live;
	char name[64];
	int rc;

	*pair = (struct pair){.live = LIVE_NONE};
	graph_add_namespace(&live->graph, check_device(env, NAMESPACE_FSDAX, 0));
	graph_add_namespace(&live->graph, check_device(env, NAMESPACE_FSDAX, 1));
	live->device = (unsigned int)graph_add_dm(&live->graph, check_name(env, "swapped", name));
	rc = describe(&live->graph, live->device, sectors, 0, 0);
	if (!rc)
		rc = check_create(env, &live->graph);
	if (!check_setup(env, rc, "making the device (%s)", dm_complaint()) ||
	    live_open(env, live, &spec))
		return false;
	choose_moved(pair);
	pair->old = pair->new = live->graph;
	rc = describe(&pair->old, live->device, sectors, 0, 0);
	if (!rc)
		rc = describe_new(pair, &pair->new);
	return check_setup(env, rc, "describing the tables") &&
	       live_raw_holds(env, live, "before the swap", 0, WINDOW_BYTES, 1);
}

void pair_close(struct check_env *env, struct pair *pair)
{
	live_close(env, &pair->live);
	graph_clear_targets(&pair->old, pair->live.device);
	graph_clear_targets(&pair->new, pair->live.device);
}

/* What moves is copied; the file's part of it is stamped NEW. */
static int copy_members(const struct pair *pair)
{
	const struct live *live = &pair->live;
	uint64_t from = PAIR_OLD_SECTORS * (uint64_t)SECTOR_BYTES + pair->moved_bytes;
	uint64_t to = PAIR_NEW_SECTORS * (uint64_t)SECTOR_BYTES + pair->moved_bytes;
	int rc = bio_copy(live->graph.devices[0].node, from, live->graph.devices[1].node, to,
			  pair->moved_len_bytes);

	return rc < 0 ? rc : live_raw_stamp(live, &pair->new, 0, live->bytes, NEW);
}

bool pair_swap(struct check_env *env, struct pair *pair, unsigned int flags)
{
	struct live *live = &pair->live;
	const char *name = live_name(live);
	char *table = graph_table(&pair->new, live->device);
	int rc = dm_device_suspend(name, flags);

	if (check_setup(env, rc, "suspending %s", name)) {
		rc = copy_members(pair);
		check_setup(env, rc, "copying the first member to the second");
		if (!rc) {
			rc = dm_device_load(name, table, 0);
			check_setup(env, rc, "loading the second member");
		}
		if (!rc) {
			graph_clear_targets(&live->graph, live->device);
			rc = describe_new(pair, &live->graph);
		}
		if (dm_device_resume(name, 0) < 0 && !rc)
			rc = -EIO;
		check_setup(env, rc, "swapping the tables of %s", name);
	}
	free(table);
	return !rc;
}

bool pair_holds(struct check_env *env, const struct pair *pair, const struct graph *member,
		const char *what, uint64_t offset_bytes, uint32_t generation)
{
	char bytes[PAGE_BYTES], said[160];
	int rc = live_raw_read(&pair->live, member, offset_bytes, bytes, sizeof(bytes));

	snprintf(said, sizeof(said), "%s, on the %s member", what,
		 member == &pair->old ? "old" : "new");
	return check_setup(env, rc, "reading a member") &&
	       check_bytes(env, said, bytes, sizeof(bytes), LIVE_FILE, offset_bytes, generation);
}
