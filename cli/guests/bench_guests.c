// SPDX-License-Identifier: GPL-2.0-only
#include "cli/guests/bench_guests.h"

#include "bench/sweep.h"
#include "bench/workload_read.h"
#include "emu/host_resources.h"
#include "emu/profile.h"
#include "lib/base/msg.h"
#include "lib/meter/initial_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- jobs ----------------------------------------------------------------------------------- */

/* Adds an option and its value, if it has one, unless *rc is an error.  Sets *rc to 0 or
 * -ENOMEM. */
static void add_option(struct words *job, const char *option, const char *value, int *rc)
{
	if (!*rc)
		*rc = words_add(job, option, strlen(option));
	if (!*rc && value)
		*rc = words_add(job, value, strlen(value));
}

/* Whether the part needs the glob: others in its job would change its memory. */
static bool part_needs(const char *part, char *glob)
{
	const struct workload only = {.benches = {.list = &glob, .n = 1}};

	for (const struct bench *const *b = bench_table; *b; b++)
		if (sweep_is_in_part(part, *b) && workload_wants_bench(&only, *b))
			return true;
	return false;
}

/* The words of the job that measures a part of the benchmarks (NULL: all) on these stacks.  Returns
 * 0 or -ENOMEM. */
static int spell_job(const struct bench_guests *b, const struct guest *g, char *const stacks[],
		     size_t n_stacks, const char *part, struct words *job)
{
	const struct words *benches = &b->workload.benches;
	char state[24];
	int rc = 0;

	add_option(job, "--meter", b->meter, &rc);
	add_option(job, "--fs", g->name, &rc);
	add_option(job, "--device", "/dev/pmem0", &rc);
	add_option(job, "--device", "/dev/pmem1", &rc);
	for (size_t i = 0; i < n_stacks; i++)
		add_option(job, "--stack", stacks[i], &rc);
	for (size_t i = 0; i < benches->n; i++)
		if (part_needs(part, benches->list[i]))
			add_option(job, "--bench", benches->list[i], &rc);
	if (part)
		add_option(job, "--part", part, &rc);
	if (b->tracer)
		add_option(job, "--tracer", b->tracer, &rc);
	if (b->state != INITIAL_STATE_NONE) {
		snprintf(state, sizeof(state), "%" PRId64, b->state);
		add_option(job, "--state", state, &rc);
	}
	if (b->counters)
		add_option(job, "--counters", NULL, &rc);
	if (b->plan.plugin && !profile_knows_symbols(g))
		add_option(job, "--symbols", NULL, &rc);
	return rc;
}

/* ---- which guests --------------------------------------------------------------------------- */

/* Returns 0 or -ENOMEM. */
static int add_guest(struct bench_guests *b, const struct bench_guests_kind *kind, size_t stack,
		     size_t n_stacks, const char *part)
{
	struct guest *g = &b->list[b->n];
	struct words *job = &b->jobs[b->n];
	int rc;

	guest_init(g, &b->plan, kind->fs, b->n);
	strcpy(g->initrd, kind->initrd);
	rc = spell_job(b, g, b->workload.stacks.list + stack, n_stacks, part, job);
	g->words = job->list;
	g->n_words = job->n;
	b->n++;
	return rc;
}

/* Adds the guests of a filesystem that measure a part of the benchmarks (NULL: all): one for all
 * stacks, or one for each.  Returns 0 or -ENOMEM. */
static int add_part(struct bench_guests *b, const struct bench_guests_kind *kind, const char *part,
		    bool all_stacks)
{
	size_t n_stacks = b->workload.stacks.n, each = all_stacks ? n_stacks : 1;
	int rc = 0;

	for (size_t i = 0; i < n_stacks && !rc; i += each)
		rc = add_guest(b, kind, i, each, part);
	return rc;
}

/* Adds the guests of a filesystem.  Returns 0 or -ENOMEM. */
static int add_kind(struct bench_guests *b, const struct bench_guests_kind *kind)
{
	bool shared = false;
	int rc = 0;

	if (strcmp(b->meter, "insn"))
		return add_part(b, kind, NULL, true);
	for (const struct bench *const *t = bench_table; *t; t++)
		shared = shared || ((*t)->guest == BENCH_GUEST_SHARED &&
				    workload_wants_bench(&b->workload, *t));
	if (shared)
		rc = add_part(b, kind, SWEEP_SHARED, false);
	for (const struct bench *const *t = bench_table; *t && !rc; t++)
		if ((*t)->guest != BENCH_GUEST_SHARED && workload_wants_bench(&b->workload, *t))
			rc = add_part(b, kind, (*t)->name, (*t)->guest == BENCH_GUEST_ALL_STACKS);
	return rc;
}

int bench_guests_make(struct bench_guests *b)
{
	size_t n_benches = 0, room;
	int rc = 0;

	while (bench_table[n_benches])
		n_benches++;
	room = b->n_kinds * b->workload.stacks.n * n_benches;
	b->list = calloc(room, sizeof(*b->list));
	b->jobs = calloc(room, sizeof(*b->jobs));
	if (!b->list || !b->jobs)
		rc = -ENOMEM;
	for (size_t k = 0; k < b->n_kinds && !rc; k++)
		rc = add_kind(b, &b->kinds[k]);
	if (rc < 0)
		msg_error("out of memory");
	return rc;
}

void bench_guests_free(struct bench_guests *b)
{
	for (size_t i = 0; i < b->n_kinds; i++)
		free(b->kinds[i].fs);
	workload_free(&b->workload);
	for (size_t i = 0; i < b->n; i++)
		words_free(&b->jobs[i]);
	free(b->jobs);
	free(b->list);
}

/* ---- their order ---------------------------------------------------------------------------- */

size_t bench_guests_count(const struct bench_guests *b, enum guest_state from, enum guest_state to)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->list[i].state >= from && b->list[i].state <= to;
	return n;
}

bool bench_guests_fit_in_memory(const struct bench_guests *b)
{
	int64_t each = vm_memory_bytes(b->plan.machine) + 512LL * 1048576;
	size_t cores = host_resources_cores();

	return host_resources_memory_bytes() > (int64_t)(b->n < cores ? b->n : cores) * each;
}

void bench_guests_drop_snapshots(struct bench_guests *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (!i || b->list[i].name != b->list[i - 1].name)
			guest_drop_snapshot(&b->list[i]);
	b->plan.fresh = false;
}

/* Whether a guest of its filesystem is booting, and will leave the snapshot that it needs. */
static bool waits_for_snapshot(const struct bench_guests *b, const struct guest *g)
{
	for (size_t i = 0; i < b->n && !b->plan.kvm; i++)
		if (b->list[i].state == GUEST_BOOTING && b->list[i].name == g->name)
			return true;
	return false;
}

struct guest *bench_guests_next(const struct bench_guests *b)
{
	if (bench_guests_count(b, GUEST_BOOTING, GUEST_RUNNING) >= host_resources_cores())
		return NULL;
	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].state == GUEST_QUEUED && !waits_for_snapshot(b, &b->list[i]))
			return &b->list[i];
	return NULL;
}

/* ---- their results -------------------------------------------------------------------------- */

static json_t *words_json(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->n; i++)
		json_array_append_new(list, json_string(words->list[i]));
	return list;
}

void bench_guests_set_context(const struct bench_guests *b, json_t *context)
{
	json_t *fs = json_array(), *benches = json_array();

	for (const struct bench *const *t = bench_table; *t; t++)
		if (workload_wants_bench(&b->workload, *t))
			json_array_append_new(benches, json_string((*t)->name));
	for (size_t k = 0; k < b->n_kinds; k++)
		json_array_append_new(fs, json_string(b->kinds[k].fs));
	json_object_set_new(context, "fs", fs);
	json_object_set_new(context, "benches", benches);
	json_object_set_new(context, "stacks", words_json(&b->workload.stacks));
	json_object_set_new(context, "metrics", words_json(&b->workload.benches));
}
