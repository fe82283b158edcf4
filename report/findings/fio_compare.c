// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/fio_compare.h"

#include "lib/base/number.h"
#include "report/findings/cost.h"

#include <string.h>

enum { NAMED_MAX = 5 };

static const struct run_record *named(const struct table *t, size_t stack, const char *metric)
{
	for (size_t r = 0; metric && r < t->n_rows; r++) {
		size_t len = strlen(t->rows[r].bench);

		if (!strncmp(metric, t->rows[r].bench, len) && metric[len] == '.' &&
		    !strcmp(metric + len + 1, t->rows[r].variant))
			return t->rows[r].cell[stack];
	}
	return NULL;
}

bool fio_compare_pair(const struct table *t, size_t row, size_t stack, struct fio_pair *out)
{
	const json_t *itself;

	out->theirs = t->rows[row].cell[stack];
	if (!out->theirs)
		return false;
	out->ours =
		named(t, stack, json_string_value(json_object_get(out->theirs->proof, "same_as")));
	itself = json_object_get(out->theirs->proof, "fio_own");
	out->itself = json_is_integer(itself) ? json_integer_value(itself) : -1;
	return out->ours;
}

/* The difference without the overhead of fio. */
static int64_t rest(const struct fio_pair *pair)
{
	return over_states_difference(pair->theirs, pair->ours).median -
	       (pair->itself > 0 ? pair->itself : 0);
}

static size_t count_pairs(const struct table *t, size_t stack)
{
	struct fio_pair pair;
	size_t n = 0;

	for (size_t r = 0; r < t->n_rows; r++)
		n += fio_compare_pair(t, r, stack, &pair);
	return n;
}

static bool any_pair(const struct tables *tables, const struct table *t)
{
	for (size_t s = 0; s < tables->run->stacks.n; s++)
		if (count_pairs(t, s))
			return true;
	return false;
}

/* The DM stack shown besides raw, or -1. */
static long dm_stack(const struct tables *tables, const struct table *t)
{
	struct fio_pair pair;

	for (size_t s = 0; s < tables->run->stacks.n; s++)
		for (size_t r = 0; r < t->n_rows; r++)
			if (fio_compare_pair(t, r, s, &pair))
				return cost_dm_stack(tables, t, pair.theirs->bench);
	return -1;
}

static void full_name(const struct run_record *rec, char *buf, size_t size)
{
	snprintf(buf, size, "%s.%s", rec->bench, rec->variant);
}

static void print_stack(const struct tables *tables, const struct table *t, size_t stack, FILE *out)
{
	struct fio_pair pair;
	char theirs[96], ours[96];

	if (!count_pairs(t, stack))
		return;
	fprintf(out, "  %-27s %-27s %11s %11s %10s %11s %9s\n", tables->run->stacks.name[stack],
		"variant", "daxdm", "fio", "difference", "null engine", "rest");
	for (size_t r = 0; r < t->n_rows; r++) {
		if (!fio_compare_pair(t, r, stack, &pair))
			continue;
		full_name(pair.theirs, theirs, sizeof(theirs));
		full_name(pair.ours, ours, sizeof(ours));
		fprintf(out, "  %-27s %-27s %11s %11s %10s %11s %9s\n", theirs, ours,
			number(pair.ours->median).s, number(pair.theirs->median).s,
			number_signed(over_states_difference(pair.theirs, pair.ours).median).s,
			pair.itself < 0 ? "?" : number(pair.itself).s,
			number_signed(rest(&pair)).s);
	}
}

void fio_compare_print(const struct tables *tables, FILE *out)
{
	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		long dm = dm_stack(tables, t);

		if (!any_pair(tables, t))
			continue;
		fprintf(out, "%s: fio and this suite for the same work, median in %s\n",
			table_fs(t), t->unit);
		if (tables->raw >= 0)
			print_stack(tables, t, (size_t)tables->raw, out);
		for (size_t s = 0; s < tables->run->stacks.n; s++)
			if ((long)s == dm || (dm < 0 && (long)s != tables->raw))
				print_stack(tables, t, s, out);
		fputc('\n', out);
	}
}

/* DM overhead by fio and by this suite, of the pairs of 4 KiB. */
static void say_extra(const struct tables *tables, const struct table *t, size_t stack,
		      findings_say *say, void *arg)
{
	char text[768] = "";
	unsigned int n = 0;

	for (size_t r = 0; r < t->n_rows && n < NAMED_MAX; r++) {
		struct fio_pair raw, dm;
		size_t used = strlen(text);
		const char *dot;

		if (!fio_compare_pair(t, r, (size_t)tables->raw, &raw) ||
		    !fio_compare_pair(t, r, stack, &dm))
			continue;
		dot = strrchr(dm.theirs->variant, '.');
		if (!dot || strcmp(dot, ".4k") || dm.ours->median == raw.ours->median)
			continue;
		snprintf(text + used, sizeof(text) - used, "%s%s %s and %s", n++ ? ", " : "",
			 dm.theirs->variant,
			 number_signed(over_states_difference(dm.theirs, raw.theirs).median).s,
			 number_signed(over_states_difference(dm.ours, raw.ours).median).s);
	}
	if (n)
		findings_sayf(say, arg, "%s: DM overhead on %s in %s, fio and this suite: %s",
			      table_fs(t), tables->run->stacks.name[stack], t->unit, text);
}

/* Whether the rest of a is a smaller part of its median than that of b. */
static bool is_less(const struct fio_pair *a, const struct fio_pair *b)
{
	return (__int128)rest(a) * b->ours->median < (__int128)rest(b) * a->ours->median;
}

/* The difference of the two without the overhead of fio (its null engine). */
static void say_delta(const struct tables *tables, const struct table *t, size_t stack,
		      findings_say *say, void *arg)
{
	struct fio_pair least = {0}, most = {0};
	size_t n = 0;

	for (size_t r = 0; r < t->n_rows; r++) {
		struct fio_pair pair;

		if (!fio_compare_pair(t, r, stack, &pair) || pair.itself < 0 ||
		    pair.ours->median <= 0)
			continue;
		if (!n || is_less(&pair, &least))
			least = pair;
		if (!n++ || is_less(&most, &pair))
			most = pair;
	}
	if (n)
		findings_sayf(
			say, arg,
			"%s: fio on %s minus its null engine differs from this suite by %s "
			"(%s) to %s (%s) (%zu pairs)",
			table_fs(t), tables->run->stacks.name[stack],
			number_percent(rest(&least), least.ours->median).s, least.theirs->variant,
			number_percent(rest(&most), most.ours->median).s, most.theirs->variant, n);
}

void fio_compare_say(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg)
{
	long dm = dm_stack(tables, t);

	if (tables->raw < 0)
		return;
	say_delta(tables, t, (size_t)tables->raw, say, arg);
	if (dm >= 0)
		say_extra(tables, t, (size_t)dm, say, arg);
}
