// SPDX-License-Identifier: GPL-2.0-only
#include "check/reload/swapped_members.h"

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
			rc = graph_add_linear(
				g, device, ends[i] - at, member,
				at + (member ? SWAPPED_NEW_SECTORS : SWAPPED_OLD_SECTORS));
		at = ends[i];
	}
	return rc;
}

/*
 * ext4 is small: all of it moves.  Of xfs the windows of the file move, as if they had been moved
 * by pvmove(8): to copy all of it would take longer than all the rest.
 */
static void choose_moved(struct swapped_members *swap)
{
	const struct extents *extents = &swap->bed.extents;
	uint64_t from = UINT64_MAX, to = 0;

	for (size_t i = 0; i < extents->n; i++) {
		const struct extent *e = &extents->list[i];

		if (e->physical_bytes < from)
			from = e->physical_bytes;
		if (e->physical_bytes + e->len_bytes > to)
			to = e->physical_bytes + e->len_bytes;
	}
	if (strcmp(swap->bed.spec.fs, "xfs")) {
		from = 0;
		to = testbed_fs_bytes(swap->bed.spec.fs);
	}
	swap->moved_bytes = from / WINDOW_BYTES * WINDOW_BYTES;
	swap->moved_len_bytes = to - swap->moved_bytes;
}

static int describe_new(struct swapped_members *swap, struct graph *g)
{
	return describe(g, swap->bed.device, testbed_fs_bytes(swap->bed.spec.fs) / SECTOR_BYTES,
			swap->moved_bytes / SECTOR_BYTES, swap->moved_len_bytes / SECTOR_BYTES);
}

bool swapped_members_open(struct check_env *env, struct swapped_members *swap,
			  const struct swapped_members_arg *arg)
{
	const struct testbed_spec spec = {.table = "AB: $ linear A 8192", /* SWAPPED_OLD_SECTORS */
					  .fs = arg->fs,
					  .file_bytes = arg->huge ? SWAPPED_WINDOWS * WINDOW_BYTES
								  : SWAPPED_FILE_BYTES,
					  .small_pages = !arg->huge,
					  .direct = true};
	struct testbed *bed = &swap->bed;
	int rc;

	*swap = (struct swapped_members){.bed = TESTBED_NONE};
	if (!testbed_open(env, bed, &spec))
		return false;
	choose_moved(swap);
	swap->old = swap->new = bed->graph;
	rc = describe(&swap->old, bed->device, testbed_fs_bytes(arg->fs) / SECTOR_BYTES, 0, 0);
	if (!rc)
		rc = describe_new(swap, &swap->new);
	return check_own(env, rc, "describing the tables") &&
	       testbed_raw_holds(env, bed, "before the swap", 0, WINDOW_BYTES, 1);
}

void swapped_members_close(struct check_env *env, struct swapped_members *swap)
{
	testbed_close(env, &swap->bed);
	graph_clear_targets(&swap->old, swap->bed.device);
	graph_clear_targets(&swap->new, swap->bed.device);
}

uint64_t swapped_members_page(const struct swapped_members *swap, unsigned int i)
{
	return swap->bed.spec.small_pages ? work_page(i)
					  : i * (uint64_t)WINDOW_BYTES + (3 + i) * PAGE_BYTES;
}

static void work_pages_present(struct testbed *bed, struct work *work)
{
	work->rc = window_pages_present(bed->map.base +
					work->offset_bytes / WINDOW_BYTES * WINDOW_BYTES);
}

bool swapped_members_touch(struct check_env *env, const struct swapped_members *swap,
			   struct worker *worker, work_fn *fn, uint64_t offset_bytes)
{
	if (!worker_do(env, worker, "an access before the swap", fn, offset_bytes, PAGE_BYTES,
		       SWAPPED_BEFORE))
		return false;
	if (swap->bed.spec.small_pages)
		return true;
	worker_ask(worker, work_pages_present, offset_bytes, 0, 0);
	return workers_finish(worker, 1, 1000) &&
	       check_equal(env, worker_work(worker)->rc, WINDOW_PAGES,
			   "pages mapped by one access before the swap");
}

/* What moves is copied; the file's part of it is stamped SWAPPED_NEW. */
static int copy_members(const struct swapped_members *swap)
{
	const struct testbed *bed = &swap->bed;
	uint64_t from = SWAPPED_OLD_SECTORS * (uint64_t)SECTOR_BYTES + swap->moved_bytes;
	uint64_t to = SWAPPED_NEW_SECTORS * (uint64_t)SECTOR_BYTES + swap->moved_bytes;
	int rc = bio_copy(bed->graph.devices[0].node, from, bed->graph.devices[1].node, to,
			  swap->moved_len_bytes);

	return rc < 0 ? rc : testbed_raw_stamp(bed, &swap->new, 0, bed->bytes, SWAPPED_NEW);
}

bool swapped_members_swap(struct check_env *env, struct swapped_members *swap, unsigned int flags)
{
	struct testbed *bed = &swap->bed;
	const char *name = testbed_dm(bed);
	char *table = graph_table(&swap->new, bed->device);
	int rc = dm_device_suspend(name, flags);

	if (check_setup(env, rc, "suspending %s", name)) {
		rc = copy_members(swap);
		check_setup(env, rc, "copying the first member to the second");
		if (!rc) {
			rc = dm_device_load(name, table, 0);
			check_setup(env, rc, "loading the second member");
		}
		if (!rc) {
			graph_clear_targets(&bed->graph, bed->device);
			rc = describe_new(swap, &bed->graph);
		}
		if (dm_device_resume(name, 0) < 0 && !rc)
			rc = -EIO;
		check_setup(env, rc, "swapping the tables of %s", name);
	}
	free(table);
	return !rc;
}

bool swapped_members_hold(struct check_env *env, const struct swapped_members *swap,
			  const struct graph *member, const char *what, uint64_t offset_bytes,
			  uint32_t generation)
{
	char bytes[PAGE_BYTES], said[160];
	int rc = testbed_raw_read(&swap->bed, member, offset_bytes, bytes, sizeof(bytes));

	snprintf(said, sizeof(said), "%s, on the %s member", what,
		 member == &swap->old ? "old" : "new");
	return check_setup(env, rc, "reading a member") &&
	       check_bytes(env, said, bytes, sizeof(bytes), TESTBED_FILE, offset_bytes, generation);
}
