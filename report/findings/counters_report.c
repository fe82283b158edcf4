// SPDX-License-Identifier: GPL-2.0-only
/*
 * A counter with the same value in all passes (one page fault per access, no migration), or
 * unavailable on this host, is one sentence; only counters that differ get a table.
 */
#include "report/findings/counters_report.h"

#include "lib/base/number.h"
#include "report/table/table.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 32 };

static bool is_counted(const struct run_counted *c)
{
	return !*c->why;
}

/* Per operation: "1.00", "4,195", "0", "below 0.01"; "~" where it was scaled.  Returns false and
 * the reason in *why if the counter is unavailable. */
static bool per_operation(const struct run_counted *c, const char *name, char *text, size_t size,
			  const char **why)
{
	const json_t *counter = json_object_get(c->counters, name);
	const json_t *value = json_object_get(counter, "value");
	const char *scaled = json_object_get(counter, "ran_percent") ? "~" : "";
	double each = (double)json_integer_value(value) / (double)c->operations;

	*why = json_string_value(json_object_get(counter, "unavailable"));
	if (!json_is_integer(value))
		return false;
	if (!json_integer_value(value))
		snprintf(text, size, "0");
	else if (each < 0.01)
		snprintf(text, size, "below 0.01");
	else if (each < 100)
		snprintf(text, size, "%s%.2f", scaled, each);
	else
		snprintf(text, size, "%s%s", scaled, number((int64_t)(each + 0.5)).s);
	return true;
}

/* text: the value, or the reason why it is unavailable; both false: it gets a table. */
struct summary {
	const char *name, *cure;
	bool same, unavailable;
	char text[256];
};

static struct summary summarise(const struct run *run, const char *name)
{
	struct summary s = {.name = name, .same = true, .unavailable = true};
	bool first = true;

	for (size_t i = 0; i < run->n_counted; i++) {
		const struct run_counted *c = &run->counted[i];
		const char *why, *said;
		char text[64];
		bool there;

		if (!is_counted(c))
			continue;
		there = per_operation(c, name, text, sizeof(text), &why);
		said = there ? text : why ? why : "not said";
		if (first)
			snprintf(s.text, sizeof(s.text), "%s", said);
		first = false;
		s.same = s.same && there && !strcmp(s.text, said);
		s.unavailable = s.unavailable && !there && !strcmp(s.text, said);
		if (!there)
			s.cure = json_string_value(
				json_object_get(json_object_get(c->counters, name), "cure"));
	}
	return s;
}

/* All counters of all passes, in order.  Returns how many. */
static size_t summarise_all(const struct run *run, struct summary *all)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_counted; i++) {
		const char *name;
		json_t *value;

		json_object_foreach((json_t *)run->counted[i].counters, name, value) {
			size_t known = 0;

			while (known < n && strcmp(all[known].name, name))
				known++;
			if (known == n && n < NAMES_MAX)
				all[n++] = summarise(run, name);
		}
	}
	return n;
}

/* The names of all counters with the same summary as the first: "a, b and c". */
static void join_names(const struct summary *all, size_t n, size_t first, bool *said, char *names,
		       size_t size)
{
	size_t used = 0, members[NAMES_MAX], count = 0;

	for (size_t i = first; i < n; i++)
		if (!said[i] && all[i].same == all[first].same &&
		    all[i].unavailable == all[first].unavailable &&
		    !strcmp(all[i].text, all[first].text))
			members[count++] = i;
	for (size_t k = 0; k < count; k++) {
		said[members[k]] = true;
		used += (size_t)snprintf(names + used, size - used, "%s%s",
					 !k		  ? ""
					 : k == count - 1 ? " and "
							  : ", ",
					 all[members[k]].name);
		if (used >= size)
			return;
	}
}

/* Passes without counters, by reason. */
static void say_voids(const struct run *run, findings_say *say, void *arg)
{
	for (size_t i = 0; i < run->n_counted; i++) {
		const struct run_counted *c = &run->counted[i];
		size_t same = 0;
		bool first = true;

		for (size_t k = 0; k < run->n_counted && !is_counted(c); k++) {
			if (strcmp(run->counted[k].why, c->why))
				continue;
			first = first && k >= i;
			same++;
		}
		if (same > 1 && first)
			findings_sayf(say, arg, "not counted: %s and %zu more: %s", c->id, same - 1,
				      c->why);
		else if (same && first)
			findings_sayf(say, arg, "not counted: %s: %s", c->id, c->why);
	}
}

void counters_report_say(const struct run *run, findings_say *say, void *arg)
{
	struct summary all[NAMES_MAX];
	bool said[NAMES_MAX] = {false};
	size_t n = summarise_all(run, all), passes = 0;
	int64_t operations = 0;
	char names[512];

	for (size_t i = 0; i < run->n_counted; i++) {
		passes += is_counted(&run->counted[i]);
		operations += is_counted(&run->counted[i]) ? run->counted[i].operations : 0;
	}
	if (passes)
		findings_sayf(say, arg,
			      "%s operations in %s passes, separate from the samples above",
			      number(operations).s, number((int64_t)passes).s);
	for (size_t i = 0; i < n; i++) {
		if (said[i] || (!all[i].same && !all[i].unavailable))
			continue;
		join_names(all, n, i, said, names, sizeof(names));
		if (all[i].unavailable)
			findings_sayf(say, arg, "unavailable: %s: %s%s%s", names, all[i].text,
				      all[i].cure ? "; " : "", all[i].cure ? all[i].cure : "");
		else
			findings_sayf(say, arg, "%s: %s per operation in all passes", names,
				      all[i].text);
	}
	say_voids(run, say, arg);
}

static const struct run_counted *find(const struct run *run, const struct run_counted *row,
				      const char *stack)
{
	for (size_t i = 0; i < run->n_counted; i++) {
		const struct run_counted *c = &run->counted[i];

		if (!strcmp(c->stack, stack) && !strcmp(c->fs, row->fs) &&
		    !strcmp(c->bench, row->bench) && !strcmp(c->variant, row->variant))
			return c;
	}
	return NULL;
}

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

static void print_cell(const struct run_counted *c, const char *name, int width, FILE *out)
{
	char text[64] = "-";
	const char *why;

	if (c && !is_counted(c))
		snprintf(text, sizeof(text), "void");
	else if (c && !per_operation(c, name, text, sizeof(text), &why))
		snprintf(text, sizeof(text), "none");
	fprintf(out, "  %*s", width, text);
}

/* Whether no earlier line is of the same row. */
static bool is_first(const struct run *run, size_t i)
{
	const struct run_counted *c = &run->counted[i];

	for (size_t k = 0; k < i; k++)
		if (find(run, c, run->counted[k].stack) == &run->counted[k])
			return false;
	return true;
}

static void print_table(const struct run *run, const char *fs, const char *name, FILE *out)
{
	const struct run_names *stacks = &run->stacks;
	int label = 0;

	for (size_t i = 0; i < run->n_counted; i++)
		label = max_int(label, (int)(strlen(run->counted[i].bench) + 1 +
					     strlen(run->counted[i].variant)));
	fprintf(out, "\n%s: %s per operation\n  %*s", *fs ? fs : "no filesystem", name, label, "");
	for (size_t s = 0; s < stacks->n; s++)
		fprintf(out, "  %*s", max_int(10, (int)strlen(stacks->name[s])), stacks->name[s]);
	fputc('\n', out);
	for (size_t i = 0; i < run->n_counted; i++) {
		const struct run_counted *c = &run->counted[i];

		if (strcmp(c->fs, fs) || !is_first(run, i))
			continue;
		fprintf(out, "  %s.%-*s", c->bench, label - (int)strlen(c->bench) - 1, c->variant);
		for (size_t s = 0; s < stacks->n; s++)
			print_cell(find(run, c, stacks->name[s]), name,
				   max_int(10, (int)strlen(stacks->name[s])), out);
		fputc('\n', out);
	}
}

void counters_report_tables(const struct run *run, FILE *out)
{
	struct summary all[NAMES_MAX];
	size_t n = summarise_all(run, all);

	for (size_t f = 0; f < run->fs.n; f++)
		for (size_t i = 0; i < n; i++)
			if (!all[i].same && !all[i].unavailable)
				print_table(run, run->fs.name[f], all[i].name, out);
}
