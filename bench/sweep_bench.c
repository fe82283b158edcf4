// SPDX-License-Identifier: GPL-2.0-only
/* A benchmark on a mounted filesystem: all its variants, timed, probed, reported. */
#include "bench/sweep.h"

#include "bench/need.h"
#include "lib/base/msg.h"
#include "lib/meter/host_waits.h"
#include "lib/meter/pin.h"
#include "lib/run/supervise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A benchmark on a stack. */
struct part {
	struct sweep *s;
	struct bench_env *env;
	const struct bench *bench;
};

void sweep_phase(struct bench_env *env, const char *phase)
{
	struct sweep *s = env->progress;

	record_write_progress(&s->sink, s->done, s->total, phase, s->what);
	if (s->terminal)
		fprintf(stderr, "\r\033[K%u/%u %s: %s", s->done, s->total, s->what, phase);
}

int sweep_keep_fds(struct bench_env *env, const int *fds, unsigned int n)
{
	const struct sweep *s = env->progress;

	return fdstore_send(&s->fdstore, fds, n);
}

bool sweep_is_in_part(const char *part, const struct bench *bench)
{
	return !part || (strcmp(part, SWEEP_SHARED) ? !strcmp(part, bench->name)
						    : bench->guest == BENCH_GUEST_SHARED);
}

unsigned int sweep_count_wanted(const struct sweep *s, const struct bench *bench)
{
	unsigned int n = 0;

	if (!sweep_is_in_part(s->part, bench))
		return 0;
	for (const struct variant *v = bench->variants; v->name; v++)
		n += workload_wants(&s->workload, bench->name, v->name);
	return n;
}

bool sweep_wanted(struct bench_env *env, const struct variant *variant)
{
	const struct sweep *s = env->progress;
	struct missing missing;

	return workload_wants(&s->workload, s->bench->name, variant->name) &&
	       need_all_met(variant->needs, env, &missing);
}

/* Runs one step of a benchmark for each selected variant whose needs are met. */
static int each_variant(struct sweep *s, struct bench_env *env, const struct bench *bench,
			int (*step)(struct sweep *s, struct bench_env *env,
				    const struct bench *bench, const struct variant *variant))
{
	int rc = 0;

	for (const struct variant *v = bench->variants; v->name && !rc; v++) {
		if (!sweep_wanted(env, v))
			continue;
		snprintf(s->what, sizeof(s->what), "%s %s %s.%s", env->cell.spec->text,
			 env->cell.fs, bench->name, v->name);
		rc = supervise_interrupted() ? -EINTR : step(s, env, bench, v);
	}
	return rc;
}

/* Whether a flush waits for the host, and its time is counted as instructions. */
static bool host_may_wait(const struct sweep *s, const struct bench_env *env)
{
	bool has = false;

	for (unsigned int i = 0; i < s->n_namespaces; i++)
		has |= s->namespaces[i].mode == NAMESPACE_VIRTIO;
	return has && env->cell.meter->kind == METER_INSN;
}

static int step_once(struct sweep *s, struct bench_env *env, const struct bench *bench,
		     const struct variant *variant)
{
	int rc;

	host_waits_count(host_may_wait(s, env));
	counters_begin(env->counters);
	rc = bench->once(env, s->state, variant);
	if (host_waits())
		json_object_set_new(s->waited, variant->name,
				    json_integer((json_int_t)host_waits()));
	if (env->counters)
		json_object_set_new(s->counted, variant->name, counters_json(env->counters));
	s->done++;
	return rc;
}

static int step_probe(struct sweep *s, struct bench_env *env, const struct bench *bench,
		      const struct variant *variant)
{
	return bench->probe(env, s->state, variant, &s->probes);
}

/* The samples of a counted pass are dropped: they include the cost of counting. */
static int report_counted(struct sweep *s, struct bench_env *env, const struct bench *bench,
			  const struct variant *variant)
{
	json_t *counted = json_incref(json_object_get(s->counted, variant->name)), *lines;
	int rc;

	s->sink.captured = lines = json_array();
	rc = bench->report(env, s->state, variant);
	s->sink.captured = NULL;
	counted = counters_line(lines, counted);
	json_decref(lines);
	return rc || !counted ? rc : record_write_line(&s->sink, counted);
}

/* Whether there may be a wait in most samples. */
static bool is_spoiled(const json_t *lines, json_int_t waits)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		const char *type = json_string_value(json_object_get(line, "type"));
		json_int_t n = json_integer_value(json_object_get(line, "n"));

		if (type && !strcmp(type, "record") && n && 2 * waits >= n)
			return true;
	}
	return false;
}

/* No exact number: the record becomes a skip. */
static int report_waited(struct sweep *s, struct bench_env *env, const struct bench *bench,
			 const struct variant *variant, json_int_t waits)
{
	json_t *lines = json_array(), *line;
	size_t i;
	int rc;

	s->sink.captured = lines;
	rc = bench->report(env, s->state, variant);
	s->sink.captured = NULL;
	if (!rc && is_spoiled(lines, waits))
		rc = record_write_skip(env->sink, &env->cell, bench->name, variant->name,
				       "its samples wait until the host has flushed virtio-pmem, "
				       "which is no number of instructions",
				       "measure it on NVDIMMs: without --namespace virtio");
	else
		json_array_foreach(lines, i, line) {
			json_object_set_new(line, "host_waits", json_integer(waits));
			rc = rc ? rc : record_write_line(&s->sink, json_incref(line));
		}
	json_decref(lines);
	return rc;
}

static int step_report(struct sweep *s, struct bench_env *env, const struct bench *bench,
		       const struct variant *variant)
{
	if (env->counters)
		return report_counted(s, env, bench, variant);
	if (json_integer_value(json_object_get(s->waited, variant->name)))
		return report_waited(s, env, bench, variant,
				     json_integer_value(json_object_get(s->waited, variant->name)));
	return bench->report(env, s->state, variant);
}

/* All probes are armed once for all variants: arming and disarming costs more than the passes. */
static int run_probes(struct sweep *s, struct bench_env *env, const struct bench *bench)
{
	int rc;

	for (const char *const *point = bench->probes; point && *point; point++)
		probe_add(&s->probes, *point);
	rc = each_variant(s, env, bench, step_probe);
	probe_close(&s->probes);
	return rc;
}

static int write_skips(struct sweep *s, struct bench_env *env, const struct bench *bench)
{
	struct missing missing;
	int rc = 0;

	for (const struct variant *v = bench->variants; v->name && !rc; v++) {
		if (!workload_wants(&s->workload, bench->name, v->name) ||
		    need_all_met(v->needs, env, &missing))
			continue;
		s->done++;
		if (!env->counters)
			rc = record_write_skip(env->sink, &env->cell, bench->name, v->name,
					       missing.why, missing.cure);
	}
	return rc;
}

/* Runs all selected variants of a benchmark whose needs are met. */
static int run_variants(struct sweep *s, struct bench_env *env, const struct bench *bench)
{
	int rc;

	s->bench = bench;
	s->state = NULL;
	env->bench = bench;
	env->cell.waivers = bench->waivers;
	json_object_clear(s->counted);
	json_object_clear(s->waited);
	sweep_phase(env, "prepare");
	rc = bench->setup(env, &s->state);
	if (!rc)
		rc = each_variant(s, env, bench, step_once);
	if (!rc && bench->probe)
		rc = run_probes(s, env, bench);
	if (!rc)
		rc = each_variant(s, env, bench, step_report);
	if (!rc)
		rc = write_skips(s, env, bench);
	bench->teardown(env, s->state);
	return rc;
}

static int run_part(void *arg)
{
	const struct part *part = arg;
	const struct bench *bench = part->bench;
	struct bench_env *env = part->env;
	struct sweep *s = part->s;
	struct missing missing;
	unsigned int said = msg_errors();
	int rc = 0;

	snprintf(s->what, sizeof(s->what), "%s %s %s", env->cell.spec->text, env->cell.fs,
		 bench->name);
	if (need_all_met(bench->needs, env, &missing)) {
		rc = run_variants(s, env, bench);
	} else {
		s->done += sweep_count_wanted(s, bench);
		if (!env->counters) /* else said in the first sweep */
			rc = record_write_skip(env->sink, &env->cell, bench->name, "*", missing.why,
					       missing.cure);
	}
	if (rc < 0 && rc != -EINTR && msg_errors() == said)
		msg_error("%s: %s", s->what, strerror(-rc));
	s->carried->done = s->done;
	s->carried->mounted = env->fs->mounted;
	return rc;
}

/* Whether a benchmark runs on several processors, or leaves that to a fio job. */
static bool has_own_placement(const struct bench *bench)
{
	for (unsigned int i = 0; i < NEED_LIST_MAX && bench->needs && bench->needs[i] != NEED_END;
	     i++)
		if (bench->needs[i] == NEED_CPUS || need_program(bench->needs[i]))
			return true;
	return false;
}

/* Runs in a separate process, which inherits neither open files nor mappings of other
 * benchmarks. */
static int run_part_in_child(void *arg)
{
	const struct part *part = arg;

	for (size_t b = 0; bench_table[b]; b++)
		if (bench_table[b] != part->bench)
			fdstore_fds_close(&part->s->kept[b]);
	meter_prefault_program();
	if (!has_own_placement(part->bench) && pin_to(part->s->cpu) < 0)
		msg_note("cannot use processor %d alone: samples may come from several",
			 part->s->cpu);
	return run_part(arg);
}

/* Counters belong to the process that opened them. */
int sweep_bench(struct sweep *s, struct bench_env *env, size_t index)
{
	struct part part = {s, env, bench_table[index]};
	int rc;

	if (!sweep_count_wanted(s, part.bench))
		return 0;
	env->kept = s->carried->kept[index];
	env->fds_kept = &s->kept[index];
	s->carried->done = s->done;
	s->carried->mounted = env->fs->mounted;
	rc = env->counters ? run_part(&part) : supervise_run_child(run_part_in_child, &part);
	fdstore_receive(&s->fdstore, &s->kept[index]);
	s->done = s->carried->done;
	env->fs->mounted = s->carried->mounted;
	return rc;
}

int sweep_void_rest(struct sweep *s, const struct bench_env *env, size_t from, int error)
{
	char why[128];
	int rc = 0;

	snprintf(why, sizeof(why), "the filesystem could not be mounted again: %s",
		 strerror(-error));
	for (const struct bench *const *b = bench_table + from; *b && !rc; b++) {
		unsigned int wanted = sweep_count_wanted(s, *b);

		s->done += wanted;
		if (env->counters) /* of a second sweep: the first said it, or was not void */
			continue;
		for (const struct variant *v = (*b)->variants; wanted && v->name && !rc; v++)
			if (workload_wants(&s->workload, (*b)->name, v->name))
				rc = record_write_void(env->sink, &env->cell, (*b)->name, v->name,
						       why);
	}
	return rc;
}
