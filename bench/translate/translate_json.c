// SPDX-License-Identifier: GPL-2.0-only
#include "bench/translate/translate.h"

#include "lib/base/stats.h"
#include "lib/dev/btree.h"

#include <stdlib.h>
#include <string.h>

/* The median of a few values. */
static int64_t median(const int64_t *values, size_t n)
{
	int64_t sorted[TRANSLATE_SAMPLES];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), stats_compare);
	return n ? sorted[(n - 1) / 2] : 0;
}

/* The work of the b-tree search at one DM level for one sample. */
static struct btree_walk walk_of(const struct stack *stack, unsigned int level, uint64_t at_bytes,
				 size_t *index)
{
	struct graph_place at = {.device = stack->device, .offset_bytes = at_bytes};
	const struct graph_device *d = NULL;

	for (unsigned int l = 0; l <= level; l++) {
		const struct graph_target *t;

		d = &stack->graph.devices[at.device];
		t = graph_find_target(d, at.offset_bytes / SECTOR_BYTES);
		if (!t)
			return (struct btree_walk){0};
		*index = (size_t)(t - d->targets);
		graph_target_descend(t, &at);
	}
	return btree_walk(d->n_targets, *index);
}

/* Counts one search by its work and cost. */
static void count_point(json_t *points, const struct btree_walk *w, int64_t cost)
{
	json_t *point = json_pack("[i,i,i,I]", (int)w->levels, (int)w->keys, (int)w->full,
				  (json_int_t)cost);
	json_t *row;
	size_t i;

	json_array_foreach(points, i, row) {
		json_int_t count = json_integer_value(json_array_get(row, 4));

		json_array_append_new(point, json_integer(count));
		if (json_equal(row, point)) {
			json_array_set_new(row, 4, json_integer(count + 1));
			json_decref(point);
			return;
		}
		json_array_remove(point, 4);
	}
	json_array_append_new(point, json_integer(1));
	json_array_append_new(points, point);
}

json_t *translate_searches(const struct bench_env *env, const struct translate_chain *chain,
			   const struct translate_result *r)
{
	json_t *points = json_array();
	unsigned int next = 0;

	for (size_t c = 0; c < chain->n; c++) {
		unsigned int level = next;

		if (chain->functions[c] != TRACER_dm_dax_direct_access)
			continue;
		next++;
		/* For a striped segment device-mapper does more than the search. */
		if (env->stack->spec.layers[level].stripes)
			continue;
		for (size_t i = 0; i < r->n; i++) {
			size_t index;
			struct btree_walk w = walk_of(env->stack, level, r->at_bytes[i], &index);

			count_point(points, &w, translate_value(env, r->self[c][i]));
		}
	}
	return points;
}

static json_t *functions_json(const struct bench_env *env, const struct translate_chain *chain,
			      const struct translate_result *r)
{
	json_t *list = json_array();

	for (size_t c = 0; c < chain->n; c++)
		json_array_append_new(
			list,
			json_pack("{ss sI}", "function", tracer_name(chain->functions[c]), "self",
				  (json_int_t)translate_value(env, median(r->self[c], r->n))));
	return list;
}

static json_t *segments_json(const struct bench_env *env, const struct translate_result *r)
{
	size_t low = SIZE_MAX, high = 0;

	for (size_t i = 0; env->stack->spec.depth && i < r->n; i++) {
		size_t index = 0;

		walk_of(env->stack, 0, r->at_bytes[i], &index);
		low = index < low ? index : low;
		high = index > high ? index : high;
	}
	return env->stack->spec.depth ? json_pack("[I,I]", (json_int_t)low, (json_int_t)high)
				      : json_null();
}

/* The DM overhead by the traced and by the untraced pass, access by access. */
static json_t *twin_json(const struct bench_env *env, const struct translate_result *r,
			 const struct translate_result *raw)
{
	int64_t inside[TRANSLATE_SAMPLES], outside[TRANSLATE_SAMPLES], delta[TRANSLATE_SAMPLES],
		most = 0;
	size_t equal = 0;

	if (!env->stack->spec.depth || !raw || !raw->traced || raw->n != r->n)
		return json_null();
	for (size_t i = 0; i < r->n; i++) {
		inside[i] = r->inside[i] - raw->inside[i];
		outside[i] = r->outside[i] - raw->outside[i];
		delta[i] = outside[i] - inside[i];
		equal += !delta[i];
		most = llabs(delta[i]) > most ? llabs(delta[i]) : most;
	}
	return json_pack("{sI sI sI sI sI}", "inside",
			 (json_int_t)translate_value(env, median(inside, r->n)), "outside",
			 (json_int_t)translate_value(env, median(outside, r->n)), "apart",
			 (json_int_t)translate_value(env, median(delta, r->n)), "apart_most",
			 (json_int_t)translate_value(env, most), "equal", (json_int_t)equal);
}

json_t *translate_proof(const struct bench_env *env, const struct translate_chain *chain,
			unsigned int pages, const char *way, const struct translate_result *r,
			const struct translate_result *raw)
{
	return json_pack("{si ss sI sb so so so s{sI sI sI}}", "pages", (int)pages, "traced_by",
			 way, "faults", (json_int_t)r->n, "pfn_in_segment", 1, "functions",
			 functions_json(env, chain, r), "segments", segments_json(env, r), "twin",
			 twin_json(env, r, raw), "tracing", "inside",
			 (json_int_t)translate_value(env, r->inside_ticks), "around",
			 (json_int_t)translate_value(env, r->around_ticks), "as_calibrated",
			 (json_int_t)r->exact);
}
