// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm behaviour: what differs between runs of the same checks on several kernels: verdicts, and
 * observations, which no contract speaks of.  That a kernel behaves differently is no failure; it
 * is what one wants to have been told before a user tells.
 */
#include "cli/cli.h"
#include "cli/verdicts.h"
#include "lib/msg.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 32 };

struct behaviour {
	const char *known;
	bool force;
	struct run runs[RUNS_MAX];
	const char *label[RUNS_MAX]; /* the kernel; or the run, if two are of one kernel */
	json_t *checks[RUNS_MAX], *observations[RUNS_MAX]; /* id -> line */
	size_t n, changes;
};

static const char *text_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "";
}

/* ---- like with like ------------------------------------------------------------------------ */

static bool differs(const char *name, const char *a, const char *b)
{
	if (!strcmp(a, b))
		return false;
	printf("not comparable: %s: %s | %s\n", name, *a ? a : "(none)", *b ? b : "(none)");
	return true;
}

static bool differs_number(const char *name, int64_t a, int64_t b)
{
	if (a == b)
		return false;
	printf("not comparable: %s: %lld | %lld\n", name, (long long)a, (long long)b);
	return true;
}

/* Prints every fact but the kernel that makes two runs unlike; returns whether there is one. */
static bool unlike(const struct run_context *a, const struct run_context *b)
{
	bool unlike = differs_number("planted", a->planted, b->planted);

	unlike |= differs("suite", a->suite, b->suite);
	unlike |= differs("build", a->build, b->build);
	unlike |= differs_number("seed", a->seed, b->seed);
	unlike |= differs_number("rounds", a->rounds, b->rounds);
	unlike |= differs("cpu", a->cpu, b->cpu);
	unlike |= differs("emulator.qemu", a->qemu, b->qemu);
	unlike |= differs("emulator.accel", a->accel, b->accel);
	unlike |= differs("emulator.cpu", a->emulated_cpu, b->emulated_cpu);
	unlike |= differs("emulator.machine", a->machine, b->machine);
	return unlike;
}

/* Returns an enum exit_status. */
static int refuse_unlike(const struct behaviour *b)
{
	bool any = false;

	for (size_t r = 0; r < b->n; r++) {
		if (!b->runs[r].ended) {
			msg_error("behaviour: %s is incomplete (it has no end); run it again",
				  b->runs[r].path);
			return STATUS_BROKEN;
		}
		any |= r && unlike(&b->runs[0].context, &b->runs[r].context);
	}
	if (!any || b->force)
		return STATUS_GOOD;
	msg_error("behaviour: not only the kernels differ, see above; --force compares all the "
		  "same");
	return STATUS_NOT_COMPARABLE;
}

/* ---- the counts ---------------------------------------------------------------------------- */

static void print_counts(const struct behaviour *b)
{
	static const char *const heads[OUTCOME_KINDS] = {"passed", "failed",  "known",
							 "xpass",  "skipped", "broken"};
	int width = (int)strlen("kernel");

	for (size_t r = 0; r < b->n; r++)
		if ((int)strlen(b->label[r]) > width)
			width = (int)strlen(b->label[r]);
	printf("%-*s", width, "kernel");
	for (int o = 0; o < OUTCOME_KINDS; o++)
		printf("  %7s", heads[o]);
	putchar('\n');
	for (size_t r = 0; r < b->n; r++) {
		size_t count[OUTCOME_KINDS] = {0};

		for (size_t i = 0; i < b->runs[r].n_checks; i++)
			count[outcome_of(b->runs[r].checks[i].line)]++;
		printf("%-*s", width, b->label[r]);
		for (int o = 0; o < OUTCOME_KINDS; o++)
			printf("  %7zu", count[o]);
		putchar('\n');
	}
}

/* ---- what changed -------------------------------------------------------------------------- */

/* One thing as each run has it: texts, or NULL where the run says nothing. */
struct thing {
	char *text[RUNS_MAX];
};

static void thing_free(struct thing *t)
{
	for (size_t r = 0; r < RUNS_MAX; r++)
		free(t->text[r]);
}

static bool all_equal(const struct behaviour *b, const struct thing *t)
{
	const char *first = NULL;

	for (size_t r = 0; r < b->n; r++) {
		if (!t->text[r])
			continue;
		if (first && strcmp(first, t->text[r]))
			return false;
		first = t->text[r];
	}
	return true;
}

/* "ID: VALUE on A, B; OTHER on C", values in the order of the first run that has each. */
static void print_thing(struct behaviour *b, const char *what, const char *id, struct thing *t)
{
	const char *between = ": ";

	if (all_equal(b, t))
		return;
	b->changes++;
	printf("%s %s", what, id);
	for (size_t r = 0; r < b->n; r++) {
		if (!t->text[r])
			continue;
		printf("%s%s on %s", between, t->text[r], b->label[r]);
		for (size_t other = r + 1; other < b->n; other++) {
			if (!t->text[other] || strcmp(t->text[r], t->text[other]))
				continue;
			printf(", %s", b->label[other]);
			free(t->text[other]);
			t->text[other] = NULL;
		}
		between = "; ";
	}
	putchar('\n');
}

static void compare_verdict(struct behaviour *b, const char *id)
{
	struct thing t = {0};

	for (size_t r = 0; r < b->n; r++) {
		const json_t *line = json_object_get(b->checks[r], id);
		const char *verdict = text_of(line, "verdict");

		t.text[r] = strdup(line ? verdict : "not run");
	}
	print_thing(b, "verdict changed:", id, &t);
	thing_free(&t);
}

/* What a run observed, or NULL. */
static json_t *observed(const struct behaviour *b, size_t r, const char *id)
{
	return json_object_get(json_object_get(b->observations[r], id), "value");
}

/* A check that was skipped has observed nothing, and its verdict says so already. */
static bool should_have_observed(const struct behaviour *b, size_t r, const char *id)
{
	const json_t *line = NULL, *check;

	for (size_t other = 0; other < b->n && !line; other++)
		line = json_object_get(b->observations[other], id);
	check = json_object_get(b->checks[r], text_of(line, "check"));
	return !strcmp(text_of(check, "verdict"), "pass");
}

/* An observation, or one member of it where it is an object (key is not NULL). */
static void compare_value(struct behaviour *b, const char *id, const char *key)
{
	struct thing t = {0};
	char name[256];

	for (size_t r = 0; r < b->n; r++) {
		const json_t *value = observed(b, r, id);
		const json_t *part = key ? json_object_get(value, key) : value;

		if (part)
			t.text[r] = json_dumps(part, JSON_ENCODE_ANY | JSON_SORT_KEYS);
		else if (value || should_have_observed(b, r, id))
			t.text[r] = strdup("nothing");
	}
	snprintf(name, sizeof(name), "%s%s%s", id, key ? " " : "", key ? key : "");
	print_thing(b, "behaviour changed:", name, &t);
	thing_free(&t);
}

/* Of objects, only the members that differ are told. */
static void compare_observation(struct behaviour *b, const char *id)
{
	json_t *keys = json_object();
	const char *key;
	json_t *unused;
	bool objects = true;

	for (size_t r = 0; r < b->n; r++) {
		json_t *value = observed(b, r, id);

		objects = objects && (!value || json_is_object(value));
		if (objects && value)
			json_object_update_missing(keys, value);
	}
	if (!objects || !json_object_size(keys))
		compare_value(b, id, NULL);
	else
		json_object_foreach(keys, key, unused) compare_value(b, id, key);
	json_decref(keys);
}

/* Each id of any run once, in the order of the first run that has it. */
static void each_id(struct behaviour *b, json_t *const maps[],
		    void (*compare)(struct behaviour *b, const char *id))
{
	for (size_t r = 0; r < b->n; r++) {
		const char *id;
		json_t *line;

		json_object_foreach(maps[r], id, line)
		{
			size_t before = 0;

			while (before < r && !json_object_get(maps[before], id))
				before++;
			if (before == r)
				compare(b, id);
		}
	}
}

/* ---- the verb ------------------------------------------------------------------------------ */

/* The name of the run: the last part of its directory. */
static const char *run_name(const char *dir)
{
	const char *slash = strrchr(dir, '/');

	return slash && slash[1] ? slash + 1 : dir;
}

static void label(struct behaviour *b, char *const dirs[])
{
	for (size_t r = 0; r < b->n; r++)
		b->label[r] = b->runs[r].context.release;
	for (size_t r = 0; r < b->n; r++)
		for (size_t other = 0; other < b->n; other++)
			if (other != r &&
			    !strcmp(b->runs[r].context.release, b->runs[other].context.release))
				b->label[r] = run_name(dirs[r]);
}

/* Returns 0, or -errno after one error line. */
static int take_run(struct behaviour *b, const char *dir)
{
	struct run *run = &b->runs[b->n];
	json_t *checks = json_object(), *observations = json_object();
	struct verdicts *v;
	int rc = check_run_read("behaviour", dir, run);

	b->checks[b->n] = checks;
	b->observations[b->n] = observations;
	b->n++;
	if (rc < 0)
		return rc;
	v = check_run_judge(run, NULL, b->known); /* known failures are marked */
	if (!v)
		return -1;
	verdicts_finish(v, NULL);
	for (size_t i = 0; i < run->n_checks; i++)
		json_object_set(checks, run->checks[i].id, run->checks[i].line);
	for (size_t i = 0; i < run->n_observations; i++)
		json_object_set(observations, run->observations[i].id,
				(json_t *)run->observations[i].line);
	return 0;
}

static int behaviour(struct behaviour *b, char *const dirs[], size_t n)
{
	int status;

	for (size_t r = 0; r < n; r++)
		if (take_run(b, dirs[r]) < 0)
			return STATUS_BROKEN;
	status = refuse_unlike(b);
	if (status != STATUS_GOOD)
		return status;
	label(b, dirs);
	print_counts(b);
	each_id(b, b->checks, compare_verdict);
	each_id(b, b->observations, compare_observation);
	if (!b->changes)
		printf("the same behaviour on all %zu\n", b->n);
	return b->changes ? STATUS_FAILED : STATUS_GOOD;
}

static int set_known(void *opts, const char *value)
{
	((struct behaviour *)opts)->known = value;
	return 0;
}

static int set_force(void *opts, const char *value)
{
	(void)value;
	((struct behaviour *)opts)->force = true;
	return 0;
}

static const struct option_spec options[] = {
	{"known", "DIR", "the known kernel bugs (default: what the runs themselves say)",
	 set_known},
	{"force", NULL, "compare even what differs in more than the kernel", set_force},
	{NULL, NULL, NULL, NULL},
};

static int run(int argc, char **argv)
{
	struct behaviour b = {0};
	int status, at = options_parse(&verb_behaviour, options, &b, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at < 2 || argc - at > RUNS_MAX) {
		msg_error("behaviour: needs runs of checks, directories under results/: two to %d; "
			  "got %d",
			  RUNS_MAX, argc - at);
		return STATUS_USAGE;
	}
	status = behaviour(&b, argv + at, (size_t)(argc - at));
	for (size_t r = 0; r < b.n; r++) {
		run_free(&b.runs[r]);
		json_decref(b.checks[r]);
		json_decref(b.observations[r]);
	}
	return status;
}

const struct verb verb_behaviour = {
	.name = "behaviour",
	.args = "RUNDIR RUNDIR...",
	.why = "what differs between the checks of several kernels",
	.run = run,
};
