// SPDX-License-Identifier: GPL-2.0-only
#include "bench/timed_ops_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOWS = 32, SAMPLES = 32, PROBED = 2 };

/* One per mounted filesystem. */
struct state {
	struct timed_ops_base base;
	const struct timed_ops_plan *plan; /* of the pass that runs */
	size_t n_results;
	struct timed_ops_result results[]; /* by variant */
};

static int before(void *arg, size_t i)
{
	struct state *s = arg;

	(void)i;
	memset(s->base.buffer, 0, (size_t)s->plan->bytes);
	return 0;
}

static int64_t run(void *arg, size_t i)
{
	struct state *s = arg;

	return s->plan->run(&s->base, s->base.offsets[i]);
}

static bool holds(void *arg, size_t i, char *why, size_t why_len)
{
	struct state *s = arg;

	return !s->plan->holds || s->plan->holds(&s->base, s->base.offsets[i], why, why_len);
}

static struct timed_ops ops_of(struct state *s, const struct variant *variant, size_t n)
{
	s->plan = variant->arg;
	return (struct timed_ops){
		.before = before,
		.run = run,
		.holds = holds,
		.arg = s,
		.n = n,
		.wanted = s->plan->bytes,
		.per_sample = 1,
	};
}

static struct timed_ops_result *result_of(const struct bench_env *env, struct state *s,
					  const struct variant *variant)
{
	return &s->results[variant - env->bench->variants];
}

int timed_ops_bench_setup(struct bench_env *env, void **state)
{
	size_t n = 0;
	struct state *s;
	int rc;

	while (env->bench->variants[n].name)
		n++;
	*state = s = calloc(1, sizeof(*s) + n * sizeof(s->results[0]));
	if (!s)
		return -ENOMEM;
	s->n_results = n;
	rc = timed_ops_base_make(env, env->bench, &s->base, WINDOWS);
	for (size_t i = 0; i < SAMPLES && !rc; i++)
		s->base.offsets[i] = s->base.data.windows[i % s->base.data.n_windows];
	return rc;
}

int timed_ops_bench_once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct state *s = state;
	struct timed_ops_result *r = result_of(env, s, variant);
	struct timed_ops ops = ops_of(s, variant, SAMPLES);

	env->phase(env, "prepare");
	proof_dax(&r->proof, s->base.data.fd, true, r->why, sizeof(r->why));
	env->phase(env, "measure");
	return r->why[0] ? 0 : timed_ops_time(env, &ops, s->base.ticks, r);
}

int timed_ops_bench_probe(struct bench_env *env, void *state, const struct variant *variant,
			  struct probe_set *probes)
{
	struct state *s = state;
	struct timed_ops ops = ops_of(s, variant, PROBED);

	env->phase(env, "proof");
	timed_ops_probe(&ops, PROBED, probes, result_of(env, s, variant));
	return 0;
}

int timed_ops_bench_report(struct bench_env *env, void *state, const struct variant *variant)
{
	struct timed_ops_result *r = result_of(env, state, variant);

	return timed_ops_report(env, env->bench, variant, r,
				json_pack("{sI}", "operations", (json_int_t)r->n));
}

void timed_ops_bench_teardown(struct bench_env *env, void *state)
{
	struct state *s = state;

	if (!s)
		return;
	timed_ops_base_drop(env, &s->base);
	timed_ops_results_free(s->results, s->n_results);
	free(s);
}
