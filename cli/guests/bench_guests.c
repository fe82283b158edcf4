// SPDX-License-Identifier: GPL-2.0-only
#include "cli/guests/bench_guests.h"

#include "bench/fiojob/fio_job.h"
#include "bench/sweep.h"
#include "bench/workload_read.h"
#include "emu/host_resources.h"
#include "emu/profile.h"
#include "lib/base/msg.h"
#include "lib/file/fs_spec.h"
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

/* What a guest measures on. */
struct place {
	const struct bench_guests_kind *kind;
	const char *fs;
	char *const *stacks;
	size_t n_stacks;
};

/* Whether a stack of the guest needs the glob. */
static bool place_needs(const struct bench_guests *b, const struct place *at, const char *glob)
{
	for (size_t i = 0; i < at->n_stacks; i++)
		if (workload_wants_cell(&b->workload, at->stacks[i], at->fs, glob))
			return true;
	return false;
}

/* The words of the job that measures a part of the benchmarks (NULL: all) on these stacks.  Returns
 * 0 or -ENOMEM. */
static int spell_job(const struct bench_guests *b, const struct place *at, const char *part,
		     const struct guest *g, struct words *job)
{
	const struct words *benches = &b->workload.benches;
	char state[24];
	int rc = 0;

	add_option(job, "--meter", b->meter, &rc);
	add_option(job, "--fs", at->fs, &rc);
	add_option(job, "--device", "/dev/pmem0", &rc);
	add_option(job, "--device", "/dev/pmem1", &rc);
	for (size_t i = 0; i < at->n_stacks; i++)
		add_option(job, "--stack", at->stacks[i], &rc);
	for (size_t i = 0; i < benches->n; i++)
		if (part_needs(part, benches->list[i]) && place_needs(b, at, benches->list[i]))
			add_option(job, "--bench", benches->list[i], &rc);
	if (fio_job_word())
		add_option(job, "--fio-given", NULL, &rc);
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

/* Adds a guest, if there is something for it.  Returns 0 or -ENOMEM. */
static int add_guest(struct bench_guests *b, const struct place *at, const char *part)
{
	struct guest *g = &b->list[b->n];
	struct words *job = &b->jobs[b->n];
	bool any = false;
	int rc;

	for (size_t i = 0; i < b->workload.benches.n; i++)
		any = any || (part_needs(part, b->workload.benches.list[i]) &&
			      place_needs(b, at, b->workload.benches.list[i]));
	if (!any)
		return 0;

	guest_init(g, &b->plan, at->kind->fs, b->n);
	strcpy(g->initrd, at->kind->initrd);
	rc = spell_job(b, at, part, g, job);
	g->words = job->list;
	g->n_words = job->n;
	b->n++;
	return rc;
}

/* Adds the guests of a filesystem that measure a part of the benchmarks (NULL: all): one for all
 * stacks, or one for each.  Returns 0 or -ENOMEM. */
static int add_part(struct bench_guests *b, const struct place *all, const char *part,
		    bool all_stacks)
{
	struct place at = *all;
	int rc = 0;

	if (all_stacks)
		return add_guest(b, all, part);
	at.n_stacks = 1;
	for (; at.stacks < all->stacks + all->n_stacks && !rc; at.stacks++)
		rc = add_guest(b, &at, part);
	return rc;
}

/* Adds the guests of a filesystem.  Returns 0 or -ENOMEM. */
static int add_filesystem(struct bench_guests *b, const struct place *all)
{
	bool shared = false;
	int rc = 0;

	if (strcmp(b->meter, "insn"))
		return add_part(b, all, NULL, true);
	for (const struct bench *const *t = bench_table; *t; t++)
		shared = shared || ((*t)->guest == BENCH_GUEST_SHARED &&
				    workload_wants_bench(&b->workload, *t));
	if (shared)
		rc = add_part(b, all, SWEEP_SHARED, false);
	for (const struct bench *const *t = bench_table; *t && !rc; t++)
		if ((*t)->guest != BENCH_GUEST_SHARED && workload_wants_bench(&b->workload, *t))
			rc = add_part(b, all, (*t)->name, (*t)->guest == BENCH_GUEST_ALL_STACKS);
	return rc;
}

/* Adds the guests of all filesystems of a type.  Returns 0 or -ENOMEM. */
static int add_kind(struct bench_guests *b, const struct bench_guests_kind *kind)
{
	const struct words *filesystems = &b->workload.filesystems;
	int rc = 0;

	for (size_t f = 0; f < filesystems->n && !rc; f++) {
		const struct place all = {kind, filesystems->list[f], b->workload.stacks.list,
					  b->workload.stacks.n};

		if (bench_guests_is_of(kind, all.fs))
			rc = add_filesystem(b, &all);
	}
	return rc;
}

bool bench_guests_is_of(const struct bench_guests_kind *kind, const char *fs)
{
	return strlen(kind->fs) == fs_spec_type_len(fs) && !strncmp(kind->fs, fs, strlen(kind->fs));
}

int bench_guests_make(struct bench_guests *b)
{
	size_t n_benches = 0, room;
	int rc = 0;

	while (bench_table[n_benches])
		n_benches++;
	room = b->workload.filesystems.n * b->workload.stacks.n * n_benches;
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
		for (size_t f = 0; f < b->workload.filesystems.n; f++)
			if (bench_guests_is_of(&b->kinds[k], b->workload.filesystems.list[f]))
				json_array_append_new(fs,
						      json_string(b->workload.filesystems.list[f]));
	json_object_set_new(context, "fs", fs);
	json_object_set_new(context, "mkfs", workload_mkfs(&b->workload));
	json_object_set_new(context, "benches", benches);
	workload_set_stacks(&b->workload, context);
	json_object_set_new(context, "metrics", words_json(&b->workload.benches));
}
