// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that a call of dax_direct_access() passes from a byte of the mounted device down to
 * the namespace.  Segments of one table may lead through other levels and other targets: each byte
 * has a way of its own.
 *
 * With kretprobes a tail call (the targets' functions tail-call dax_direct_access) returns together
 * with its caller, which costs less than the calibrated overhead.  Therefore kretprobes do not
 * trace the targets' functions; their cost is part of dm_dax_direct_access.
 */
#include "bench/translate/translate.h"

#include <errno.h>
#include <string.h>

static int add(struct translate_chain *chain, enum tracer_function function)
{
	if (chain->n == TRANSLATE_CHAIN_MAX)
		return -E2BIG;
	chain->functions[chain->n++] = function;
	return 0;
}

/* The functions of one level; log-writes has one that is not traced. */
static int add_level(struct translate_chain *chain, const struct graph_target *t, bool targets)
{
	int rc = add(chain, TRACER_dax_direct_access);

	if (!rc)
		rc = add(chain, TRACER_dm_dax_direct_access);
	if (rc < 0 || !targets || t->other)
		return rc;
	return add(chain, t->type == TARGET_STRIPED ? TRACER_stripe_dax_direct_access
						    : TRACER_linear_dax_direct_access);
}

static int add_namespace(struct translate_chain *chain)
{
	int rc = add(chain, TRACER_dax_direct_access);

	return rc < 0 ? rc : add(chain, TRACER_pmem_dax_direct_access);
}

int translate_way_of(struct backing backing, bool targets, uint64_t at_bytes,
		     struct translate_chain *out)
{
	struct graph_place place = {
		.device = backing.device, .offset_bytes = at_bytes, .contiguous_bytes = UINT64_MAX};
	const struct graph_target *passed;
	int rc;

	memset(out, 0, sizeof(*out));
	while (!(rc = graph_descend(backing.graph, &place, &passed)))
		if (passed && (rc = add_level(out, passed, targets)) < 0)
			break;
	return rc < 0 ? rc : add_namespace(out);
}

static void add_new(struct translate_chain *chain, const struct translate_chain *functions)
{
	for (size_t i = 0; i < functions->n; i++) {
		bool seen = false;

		for (size_t e = 0; e < chain->n && !seen; e++)
			seen = chain->functions[e] == functions->functions[i];
		if (!seen)
			add(chain, functions->functions[i]);
	}
}

void translate_functions(struct backing backing, bool targets, struct translate_chain *out)
{
	struct translate_chain last = {.n = 0};

	memset(out, 0, sizeof(*out));
	for (unsigned int i = backing.device + 1; i-- > 0;)
		for (size_t k = 0; k < backing.graph->devices[i].n_targets; k++) {
			struct translate_chain level = {.n = 0};

			add_level(&level, &backing.graph->devices[i].targets[k], targets);
			add_new(out, &level);
		}
	add_namespace(&last);
	add_new(out, &last);
}

int translate_find_ways(struct backing backing, bool targets, struct translate_result *r)
{
	int rc = 0;

	r->n_ways = 0;
	for (size_t i = 0; i < r->n && !rc; i++) {
		struct translate_chain way;
		size_t w = 0;

		rc = translate_way_of(backing, targets, r->at_bytes[i], &way);
		while (!rc && w < r->n_ways && memcmp(&r->ways[w], &way, sizeof(way)))
			w++;
		if (!rc && w == TRANSLATE_WAYS_MAX)
			rc = -E2BIG;
		if (!rc && w == r->n_ways)
			r->ways[r->n_ways++] = way;
		r->way[i] = (unsigned char)w;
	}
	return rc;
}
