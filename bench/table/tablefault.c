// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on a mapping after its device was suspended and resumed, or its table swapped.
 *
 * Every sample uses a different page and a separate suspension.  A window of 512 pages is divided
 * into groups of 64, the size of a leaf of the DAX index.  Fresh pages of each kind have separate
 * leaves, which an access to another page allocated before, so that all faults of a kind find the
 * index in the same state.
 */
#include "bench/table/tableops.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WINDOWS = 8,
	LEAF_PAGES = 64,
	KIND_PAGES = 16, /* of a leaf, for each of three kinds; the last page allocates the leaf */
	BYTE_IN_PAGE = 2048,
	LEAF_KNOWN = 1,
	LEAF_STORED = 2,
	LEAF_FRESH = 3, /* and the next three */
	LEAVES = 7,
};

static uint64_t page_offset(const struct tableops *t, const struct table_fault *f, size_t i)
{
	unsigned int leaf = f->page == TABLE_PAGE_KNOWN	   ? LEAF_KNOWN
			    : f->page == TABLE_PAGE_STORED ? LEAF_STORED
							   : LEAF_FRESH + f->after;
	size_t page = leaf * LEAF_PAGES + f->after * KIND_PAGES + i / t->data.n_windows;

	return t->data.windows[i % t->data.n_windows] + page * PAGE_BYTES;
}

int tablefault_open(struct bench_env *env, struct tableops *t)
{
	int rc;

	env->phase(env, "mkfs");
	rc = timed_ops_data_make(env, &t->data, WINDOWS);
	env->phase(env, "prepare");
	if (rc < 0)
		return rc;
	datafile_close(&t->data);
	rc = fs_remount(env->fs);
	if (!rc)
		rc = datafile_open(&t->data, env->fs);
	if (!rc && fs_file_is_dax(t->data.fd) != 1)
		rc = -ENOTSUP;
	if (!rc)
		rc = mapping_make(&t->mapping, t->data.fd, t->data.bytes, MAP_SHARED, false);
	if (rc < 0) {
		t->mapping.reserved = NULL;
		return rc;
	}
	mapping_precharge();
	for (unsigned int w = 0; w < t->data.n_windows; w++)
		for (unsigned int leaf = 0; leaf < LEAVES; leaf++)
			(void)*(volatile char *)(t->mapping.base + t->data.windows[w] +
						 ((leaf + 1) * LEAF_PAGES - 1) * PAGE_BYTES);
	tablefault_dirty(t);
	return fsync(t->data.fd) < 0 ? -errno : 0;
}

void tablefault_close(const struct bench_env *env, struct tableops *t)
{
	if (t->mapping.reserved)
		mapping_drop(&t->mapping);
	t->mapping.reserved = NULL;
	timed_ops_data_remove(env, &t->data);
}

void tablefault_dirty(const struct tableops *t)
{
	for (unsigned int p = 0; p < TABLE_DIRTY_PAGES; p++)
		*(volatile char *)(t->mapping.base + t->data.windows[0] + p * PAGE_BYTES +
				   BYTE_IN_PAGE) = 1;
}

/* Prepares the page for the fault, before the suspension. */
static int make_ready(const struct tableops *t, const struct table_fault *f, uint64_t at)
{
	volatile char *byte = t->mapping.base + at + BYTE_IN_PAGE;

	switch (f->page) {
	case TABLE_PAGE_FRESH:
		return 0;
	case TABLE_PAGE_KNOWN:
		(void)*byte;
		return madvise(t->mapping.base + at, PAGE_BYTES, MADV_DONTNEED) < 0 ? -errno : 0;
	case TABLE_PAGE_STORED:
		*byte = 1;
		/* fsync(2) makes the page read-only, as does the freeze of the filesystem. */
		return f->after == TABLE_AFTER_NOTHING && fsync(t->data.fd) < 0 ? -errno : 0;
	}
	return -EINVAL;
}

static bool run_ioctl(struct bench_env *env, struct tableops *t, enum table_ioctl_kind what,
		      struct table_state after, struct timed_ops_result *result)
{
	return table_ioctl(t, env->cell.meter, &t->top, what, after, NULL, NULL, NULL, result);
}

/* Suspends and resumes the device, with or without a freeze of the filesystem, with or without a
 * swap to another copy of the same table. */
static bool interrupt_device(struct bench_env *env, struct tableops *t,
			     enum table_fault_after after, struct timed_ops_result *result)
{
	bool swaps = after == TABLE_AFTER_SWAP;

	if (after == TABLE_AFTER_NOTHING)
		return run_ioctl(env, t, TABLE_IOCTL_STATUS, (struct table_state){.live = true},
				 result);
	if (swaps && !run_ioctl(env, t, TABLE_IOCTL_LOAD,
				(struct table_state){.live = true, .inactive = true}, result))
		return false;
	return run_ioctl(env, t,
			 after == TABLE_AFTER_RESUME ? TABLE_IOCTL_NOLOCKFS : TABLE_IOCTL_SUSPEND,
			 (struct table_state){.live = true, .inactive = swaps, .suspended = true},
			 result) &&
	       run_ioctl(env, t, TABLE_IOCTL_RESUME, (struct table_state){.live = true}, result);
}

/* One fault; returns its ticks. */
static uint64_t fault_once(struct bench_env *env, struct tableops *t, const struct table_fault *f,
			   uint64_t at, struct probe_set *probes, struct timed_ops_result *result)
{
	const struct frame_proof proof = {.pagemap_fd = t->pagemap_fd,
					  .backing = stack_backing(env->stack),
					  .extents = t->data.extents};
	int rc = make_ready(t, f, at);
	uint64_t before;

	if (rc < 0)
		timed_ops_void(result, "cannot prepare the page: %s", strerror(-rc));
	if (rc < 0 || !interrupt_device(env, t, f->after, result))
		return 0;
	t->offset[0] = at + BYTE_IN_PAGE;
	if (probes)
		probe_start(probes);
	before = mapping_page_faults();
	if (f->page == TABLE_PAGE_STORED)
		meter_touch_store(t->mapping.base, t->offset, t->ticks, 1);
	else
		meter_touch_load(t->mapping.base, t->offset, t->ticks, 1);
	before = mapping_page_faults() - before;
	if (probes)
		probe_stop(probes);
	if (before != 1)
		timed_ops_void(result, "the access caused %" PRIu64 " page faults", before);
	proof_dax(&result->proof, t->data.fd, true, result->why, sizeof(result->why));
	proof_pages(&result->proof, PAGE_BYTES, 1, before, result->why, sizeof(result->why));
	if (!result->why[0])
		proof_frames(&result->proof, &proof, &t->mapping, at, 1, result->why,
			     sizeof(result->why));
	return t->ticks[0];
}

int tablefault_pass(struct bench_env *env, struct tableops *t, const struct table_fault *fault,
		    struct probe_set *probes, struct timed_ops_result *result)
{
	uint64_t overhead = fault->page == TABLE_PAGE_STORED ? meter_touch_overhead_store()
							     : meter_touch_overhead_load();

	if (probes) {
		fault_once(env, t, fault, page_offset(t, fault, t->n_samples), probes, result);
		table_add_hits(result, probes);
		proof_dax_path(&result->proof, 1, &env->stack->spec, result->why,
			       sizeof(result->why));
		return 0;
	}
	result->overhead = meter_value(env->cell.meter, overhead);
	result->samples = calloc(t->n_samples, sizeof(*result->samples));
	if (!result->samples)
		return -ENOMEM;
	result->n = t->n_samples;
	env->phase(env, "measure");
	for (size_t i = 0; i < t->n_samples && !result->why[0]; i++)
		result->samples[i] = meter_sample(
			env->cell.meter,
			fault_once(env, t, fault, page_offset(t, fault, i), NULL, result),
			result->overhead);
	return 0;
}
