// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel memory of a table: allocated by a load into the inactive slot, and freed by a clear.
 * Memory of the device itself is not included.
 */
#include "bench/table/tableops.h"
#include "lib/trace/kmem.h"

#include <errno.h>
#include <string.h>

static json_t *sizes_json(const struct kmem_held *held)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < held->n_sizes; i++)
		json_array_append_new(list, json_pack("[I,I]", (json_int_t)held->sizes[i].bytes,
						      (json_int_t)held->sizes[i].objects));
	return list;
}

static bool run_ioctl(struct bench_env *env, struct tableops *t, enum table_ioctl_kind what,
		      struct table_state after, struct timed_ops_result *result)
{
	return table_ioctl(t, env->cell.meter, &t->own, what, after, NULL, NULL, NULL, result);
}

/* Measures the memory that a load allocates.  Returns 0 or -errno; a failed ioctl is noted in
 * result. */
static int watch(struct bench_env *env, struct tableops *t, struct kmem *kmem,
		 struct timed_ops_result *result, json_t **out)
{
	struct kmem_held held;
	int64_t vmalloc_returned = 0;
	uint64_t slab_returned = 0;
	int rc = kmem_start(kmem);

	if (!rc && !run_ioctl(env, t, TABLE_IOCTL_LOAD,
			      (struct table_state){.live = true, .inactive = true}, result))
		return 0;
	if (!rc)
		rc = kmem_held(kmem, &held);
	if (!rc &&
	    !run_ioctl(env, t, TABLE_IOCTL_CLEAR, (struct table_state){.live = true}, result))
		return 0;
	if (!rc)
		rc = kmem_returned(kmem, &slab_returned, &vmalloc_returned);
	if (rc < 0)
		return rc;
	*out = json_pack("{sI ss sI sI sI sI sI so}", "segments", (json_int_t)t->targets, "unit",
			 "bytes", "held", (json_int_t)held.slab_bytes + held.vmalloc_bytes, "slab",
			 (json_int_t)held.slab_bytes, "slab_objects", (json_int_t)held.slab_objects,
			 "vmalloc", (json_int_t)held.vmalloc_bytes, "returned",
			 (json_int_t)slab_returned + vmalloc_returned, "sizes", sizes_json(&held));
	return 0;
}

int tablemem_measure(struct bench_env *env, struct tableops *t, struct timed_ops_result *result,
		     json_t **out)
{
	const struct table_state empty = {.live = false}, loaded = {.inactive = true},
				 live = {.live = true}, gone = {.gone = true};
	struct kmem *kmem;
	int rc = kmem_open(&kmem, "dm_");

	*out = NULL;
	if (rc < 0)
		return rc;
	/* The second load is measured: the first one also allocates memory of the device. */
	if (run_ioctl(env, t, TABLE_IOCTL_CREATE, empty, result) &&
	    run_ioctl(env, t, TABLE_IOCTL_LOAD, loaded, result) &&
	    run_ioctl(env, t, TABLE_IOCTL_RESUME, live, result) &&
	    run_ioctl(env, t, TABLE_IOCTL_LOAD,
		      (struct table_state){.live = true, .inactive = true}, result) &&
	    run_ioctl(env, t, TABLE_IOCTL_CLEAR, live, result)) {
		rc = watch(env, t, kmem, result, out);
		if (!result->why[0])
			run_ioctl(env, t, TABLE_IOCTL_REMOVE, gone, result);
	}
	kmem_close(kmem);
	return rc;
}
