// SPDX-License-Identifier: GPL-2.0-only
/* The runs of each kernel: reads and labels them, and refuses runs that differ in more than the
 * kernel. */
#include "report/compare/compare.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/run/run_states.h"
#include "report/compare/comparability.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whether the run is complete and has records; one error line if not. */
static bool usable(const struct run *run)
{
	if (!run->ended)
		msg_error("compare: %s is incomplete (no end line); run it again", run->path);
	else if (!run_is_complete(run))
		msg_error("compare: %s is broken (ended with status %lld); run it again", run->path,
			  (long long)run->status);
	else if (!run->context.checks && !run->n_records)
		msg_error("compare: %s has no records", run->path);
	else
		return true;
	return false;
}

/* Makes room for one more run. */
static struct run *next_run(struct side *side)
{
	struct run *runs =
		memory_check(reallocarray(side->runs, side->n_runs + 1, sizeof(*side->runs)));

	if (!runs)
		return NULL;
	side->runs = runs;
	runs[side->n_runs] = (struct run){0};
	return &runs[side->n_runs++];
}

int compare_add_run(struct side *side, const char *dir)
{
	struct run *run = next_run(side);
	char why[512];
	int rc = run ? run_read(dir, run, why, sizeof(why)) : -ENOMEM;

	if (run && rc < 0)
		msg_error("compare: %s", why);
	if (!rc && !usable(run))
		rc = -EINVAL;
	return rc;
}

/* What was interrupted or cannot be read is left out. */
static int add_state(struct side *side, const char *dir)
{
	struct run *run = next_run(side);
	char why[512];
	int rc;

	if (!run)
		return -ENOMEM;
	rc = run_read(dir, run, why, sizeof(why));
	if (!rc && run_is_complete(run) && run->n_records)
		return 0;
	if (rc == -ENOMEM) {
		msg_error("compare: %s", why);
		return rc;
	}
	msg_note("compare: %s is left out: %s", dir, rc < 0 ? why : "it is incomplete");
	run_free(run);
	side->n_runs--;
	return 0;
}

int compare_add_states(struct side *side, const char *dir)
{
	struct words dirs = {0};
	int rc = compare_add_run(side, dir);

	if (!rc && !side->runs[side->n_runs - 1].context.checks) {
		rc = run_states_find(dir, &dirs);
		memory_check(rc < 0 ? NULL : &dirs);
	}
	for (size_t i = 0; i < dirs.n && !rc; i++)
		rc = add_state(side, dirs.list[i]);
	words_free(&dirs);
	return rc;
}

/* "A" or "A,B,C": the runs of one kernel. */
int compare_read_side(struct side *side, const char *names)
{
	char *copy = memory_check(strdup(names)), *save, *name;
	int rc = copy ? 0 : -ENOMEM;
	size_t named = 0;

	side->name = names;
	for (name = rc ? NULL : strtok_r(copy, ",", &save); name && !rc;
	     name = strtok_r(NULL, ",", &save)) {
		if (named++ == CHANGE_RUNS_MAX) {
			msg_error("compare: %s: at most %d runs of one kernel", names,
				  CHANGE_RUNS_MAX);
			rc = -EINVAL;
			break;
		}
		rc = compare_add_states(side, name);
	}
	if (!rc && !named) {
		msg_error("compare: '%s' names no run", names);
		rc = -EINVAL;
	}
	free(copy);
	return rc;
}

void compare_label(const struct side *side, bool alone, char *label, size_t size)
{
	const struct run_context *context = &side->runs[0].context;
	size_t len;

	if (alone && *context->release)
		snprintf(label, size, "%s", context->release);
	else
		run_name(side->name, label, size);
	/* All emulated hosts are amd64. */
	if (alone && strlen(label) > 6 && !strcmp(label + strlen(label) - 6, "-amd64"))
		label[strlen(label) - 6] = '\0';
	len = strlen(label);
	snprintf(label + len, size - len, "%s", context->suffix);
}

void compare_label_sides(struct comparison *c)
{
	for (size_t s = 0; s < c->n_sides; s++) {
		struct side *side = &c->sides[s];
		const char *release = side->runs[0].context.release;
		const char *suffix = side->runs[0].context.suffix;
		bool alone = true;

		for (size_t o = 0; o < c->n_sides; o++)
			alone = alone &&
				(o == s ||
				 strcmp(release, c->sides[o].runs[0].context.release) != 0 ||
				 strcmp(suffix, c->sides[o].runs[0].context.suffix) != 0);
		compare_label(side, alone, side->label, sizeof(side->label));
		if (c->stack_base) {
			size_t used = strlen(side->label);

			snprintf(side->label + used, sizeof(side->label) - used, " %s",
				 s + 1 == c->n_sides ? c->stack_new : c->stack_base);
		}
	}
}

/* Prints a property of the kernel if it differs.  Returns whether it does. */
static bool kernel_differs(const char *name, const char *a, const char *b)
{
	if (!strcmp(a, b))
		return false;
	comparability_print(NULL, name, *a ? a : "(none)", *b ? b : "(none)");
	return true;
}

/* Prints the facts that must be equal and are not.  Returns how many. */
static size_t differences(const struct run *a, const struct run *b, bool same_kernel)
{
	const struct run_context *ca = &a->context, *cb = &b->context;
	enum comparability_rule rule = ca->checks ? COMPARABILITY_CHECKS : COMPARABILITY_KERNELS;
	size_t n = comparability_check(ca, cb, rule, comparability_print, NULL);

	if (same_kernel) {
		n += kernel_differs("kernel.release", ca->release, cb->release);
		n += kernel_differs("kernel.build_id", ca->build_id, cb->build_id);
		n += kernel_differs("kernel", ca->kernel, cb->kernel);
	}
	return n;
}

/* Returns an enum exit_status. */
int compare_refuse(struct comparison *c, bool force)
{
	const struct run *first = &c->sides[0].runs[0];
	size_t n = 0;

	for (size_t s = 0; s < c->n_sides; s++)
		for (size_t r = 0; r < c->sides[s].n_runs; r++) {
			const struct run *run = &c->sides[s].runs[r];

			/* --force does not compare different meters, or checks with benchmarks. */
			if (run->context.checks != first->context.checks ||
			    strcmp(run->context.meter, first->context.meter)) {
				differences(first, run, false);
				msg_error("compare: %s and %s differ in meter or kind (checks, "
					  "benchmarks)",
					  first->path, run->path);
				return STATUS_NOT_COMPARABLE;
			}
			n += run == first ? 0
			     : r	  ? differences(&c->sides[s].runs[0], run, true)
					  : differences(first, run, false);
		}
	c->forced = n && force;
	if (!n || force)
		return STATUS_GOOD;
	msg_error("compare: the runs differ in more than the kernel, see above; measure both with "
		  "the same daxdm on the same host, or use --force");
	return STATUS_NOT_COMPARABLE;
}
