// SPDX-License-Identifier: GPL-2.0-only
#include "bench/translate/translate.h"

#include "lib/base/stats.h"

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

static size_t count_way(const struct translate_result *r, size_t way)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->way[i] == way;
	return n;
}

static json_t *functions_json(const struct bench_env *env, const struct translate_result *r,
			      size_t way)
{
	const struct translate_chain *chain = &r->ways[way];
	int64_t self[TRANSLATE_SAMPLES];
	json_t *list = json_array();

	for (size_t c = 0; c < chain->n; c++) {
		size_t n = 0;

		for (size_t i = 0; i < r->n; i++)
			if (r->way[i] == way)
				self[n++] = r->self[c][i];
		json_array_append_new(
			list, json_pack("{ss sI}", "function", tracer_name(chain->functions[c]),
					"self", (json_int_t)translate_value(env, median(self, n))));
	}
	return list;
}

/* NULL if all samples have the same way. */
static json_t *ways_json(const struct bench_env *env, const struct translate_result *r)
{
	json_t *list = r->n_ways > 1 ? json_array() : NULL;

	for (size_t w = 0; w < r->n_ways && list; w++)
		json_array_append_new(list, json_pack("{sI so}", "n", (json_int_t)count_way(r, w),
						      "functions", functions_json(env, r, w)));
	return list;
}

static size_t most_frequent_way(const struct translate_result *r)
{
	size_t most = 0;

	for (size_t w = 1; w < r->n_ways; w++)
		if (count_way(r, w) > count_way(r, most))
			most = w;
	return most;
}

static json_t *segments_json(const struct bench_env *env, const struct translate_result *r)
{
	size_t low = SIZE_MAX, high = 0;

	for (size_t i = 0; env->stack->spec.depth && i < r->n; i++) {
		const struct graph_device *d = &env->stack->graph.devices[env->stack->device];
		const struct graph_target *t = graph_find_target(d, r->at_bytes[i] / SECTOR_BYTES);
		size_t index = t ? (size_t)(t - d->targets) : 0;

		low = index < low ? index : low;
		high = index > high ? index : high;
	}
	return env->stack->spec.depth ? json_pack("[I,I]", (json_int_t)low, (json_int_t)high)
				      : json_null();
}

/* The DM overhead by the traced and by the untraced pass, access by access. */
static json_t *overhead_json(const struct bench_env *env, const struct translate_result *r,
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

json_t *translate_proof(const struct bench_env *env, unsigned int pages, const char *way,
			const struct translate_result *r, const struct translate_result *raw)
{
	return json_pack("{si ss sI sb so so* so so s{sI sI sI}}", "pages", (int)pages, "traced_by",
			 way, "faults", (json_int_t)r->n, "pfn_in_segment", 1, "functions",
			 functions_json(env, r, most_frequent_way(r)), "ways", ways_json(env, r),
			 "segments", segments_json(env, r), "twin", overhead_json(env, r, raw),
			 "tracing", "inside", (json_int_t)translate_value(env, r->inside_ticks),
			 "around", (json_int_t)translate_value(env, r->around_ticks),
			 "as_calibrated", (json_int_t)r->exact);
}
