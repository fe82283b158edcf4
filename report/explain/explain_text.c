// SPDX-License-Identifier: GPL-2.0-only
/* An explanation as text. */
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/explain/explanation.h"
#include "report/table/table.h"

#include <stdlib.h>
#include <string.h>

enum { NAMED = 4, NAME_MIN = 24, NAME_MAX = 44, TREE_LINES = 40 };

const char *explanation_side(const struct explanation *e, enum side side)
{
	const struct run_context *c = &e->side[side].run.context;

	if (!e->one_kernel) /* the package distinguishes two builds of one release */
		return *c->suffix ? c->kernel : c->release;
	return e->one_metric ? (side == BASE ? "base" : "new") : e->side[side].metric;
}

const char *explanation_fate(const struct function *f)
{
	if (!f->module[BASE])
		return "added";
	return f->module[NEW] ? "" : "vanished";
}

/* --- the headline ---------------------------------------------------------------------------- */

struct rest {
	int64_t up, down;
	size_t n_up, n_down;
};

/* "+923 insn (+21.0 %): +311 in a, +133 in b; +700 in 51 others, -221 in 23" */
void explanation_headline(const struct explanation *e, char *text, size_t size)
{
	int64_t difference = explanation_difference(e);
	const char *comma = ":";
	struct rest rest = {0};
	size_t named = 0;

	*text = '\0';
	if (!difference)
		text_append(text, size, "no difference in total");
	else
		text_append(text, size, "%s insn (%s)", number_signed(difference).s,
			    number_percent(difference, e->side[BASE].record->median).s);
	for (size_t i = 0; i < e->by.n_functions; i++) {
		const struct function *f = &e->by.functions[i];
		int64_t change = function_change(f);

		if (named < NAMED && change) {
			text_append(text, size, "%s %s in %s", comma, number_signed(change).s,
				    f->name);
			comma = ",";
			named++;
			continue;
		}
		rest.up += change > 0 ? change : 0;
		rest.down += change < 0 ? change : 0;
		rest.n_up += change > 0;
		rest.n_down += change < 0;
	}
	if (rest.n_up)
		text_append(text, size, "; %s in %zu other%s", number_signed(rest.up).s, rest.n_up,
			    rest.n_up == 1 ? "" : "s");
	if (rest.n_down)
		text_append(text, size, "%s %s in %zu other%s", rest.n_up ? "," : ";",
			    number_signed(rest.down).s, rest.n_down, rest.n_down == 1 ? "" : "s");
}

/* --- the table ------------------------------------------------------------------------------- */

static void print_side(const struct explanation *e, enum side side, FILE *out)
{
	const struct explained_side *s = &e->side[side];
	const struct run_context *c = &s->run.context;

	fprintf(out, "  %-5s %s insn  %s  on %s\n", side == BASE ? "base" : "new",
		number(s->record->median).s, s->metric, c->kernel);
	fprintf(out, "        median of %s samples; %s samples equal it, %s of them on this path\n",
		number(s->record->n).s, number((int64_t)s->n_cost).s, number((int64_t)s->n_same).s);
}

static int name_width(const struct explanation *e)
{
	size_t width = NAME_MIN;

	for (size_t i = 0; i < e->by.n_functions; i++)
		if (function_change(&e->by.functions[i]) && strlen(e->by.functions[i].name) > width)
			width = strlen(e->by.functions[i].name);
	return width > NAME_MAX ? NAME_MAX : (int)width;
}

static void print_row(int width, const char *name, const char *module, const int64_t *insns,
		      double average, const char *remark, FILE *out)
{
	fprintf(out, "  %-*s  %-10s %9s %9s %11s %+11.1f%s%s\n", width, name, module,
		number(insns[BASE]).s, number(insns[NEW]).s,
		insns[NEW] == insns[BASE] ? "=" : number_signed(insns[NEW] - insns[BASE]).s,
		average, *remark ? "  " : "", remark);
}

/* The number of calls, if it changed. */
static const char *remark(const struct function *f, char *text, size_t size)
{
	const char *fate = explanation_fate(f);

	if (*fate || f->calls[BASE] == f->calls[NEW])
		snprintf(text, size, "%s", fate);
	else if (f->calls[NEW] == 1)
		snprintf(text, size, "called once, was %s", number(f->calls[BASE]).s);
	else
		snprintf(text, size, "called %s times, was %s", number(f->calls[NEW]).s,
			 number(f->calls[BASE]).s);
	return text;
}

struct group {
	const char *what;
	size_t n;
	double average;
	int64_t insns[N_SIDES];
};

static void print_group(const struct group *g, int width, FILE *out)
{
	char name[64];

	snprintf(name, sizeof(name), "(%zu %s)", g->n, g->what);
	if (g->n)
		print_row(width, name, "", g->insns, g->average, "", out);
}

static void print_functions(const struct explanation *e, size_t max, FILE *out)
{
	struct group others = {.what = "others that changed"}, equal = {.what = "unchanged"};
	int64_t sum[N_SIDES] = {e->side[BASE].sum, e->side[NEW].sum};
	int width = name_width(e);
	double average = 0;
	char text[96];

	fprintf(out, "  %-*s  %-10s %9s %9s %11s %11s\n", width, "function", "module", "base",
		"new", "difference", "on average");
	for (size_t i = 0; i < e->by.n_functions; i++) {
		const struct function *f = &e->by.functions[i];
		struct group *g = function_change(f) ? &others : &equal;

		average += explanation_average(e, f);
		if (!max || (g == &others && i < max)) {
			print_row(width, f->name, function_module(f), f->insns,
				  explanation_average(e, f), remark(f, text, sizeof(text)), out);
			continue;
		}
		g->n += f->insns[BASE] || f->insns[NEW];
		g->average += explanation_average(e, f);
		g->insns[BASE] += f->insns[BASE];
		g->insns[NEW] += f->insns[NEW];
	}
	print_group(&others, width, out);
	print_group(&equal, width, out);
	print_row(width, "sum", "", sum, average, "", out);
}

static void print_remainder(const struct explanation *e, FILE *out)
{
	int64_t rest = explanation_remainder(e);

	if (!rest)
		fprintf(out,
			"  the sum is exactly the difference of the medians; on average: over all "
			"samples\n");
	else
		fprintf(out,
			"  remainder: %s insn of the difference of the medians belong to no "
			"function\n",
			number_signed(rest).s);
}

/* --- modules --------------------------------------------------------------------------------- */

static void print_modules(const struct explanation *e, FILE *out)
{
	const struct attribution *a = &e->by;
	const char *comma = "  by module:";

	for (size_t i = 0; i < a->n_functions; i++) {
		const char *module = function_module(&a->functions[i]);
		int64_t change = 0;
		bool first = true;

		for (size_t j = 0; j < a->n_functions; j++) {
			if (strcmp(function_module(&a->functions[j]), module))
				continue;
			first = first && j >= i;
			change += function_change(&a->functions[j]);
		}
		if (!first || !change)
			continue;
		fprintf(out, "%s %s %s", comma, number_signed(change).s, module);
		comma = ",";
	}
	if (*comma == ',')
		fputc('\n', out);
}

/* --- functions of one side ------------------------------------------------------------------- */

static bool is_of_one_side(const struct attribution *a, size_t frame, enum side side)
{
	return frame && !a->functions[a->frames[frame].function].module[!side];
}

/* A frame with its callees of the same side, without callees of both sides. */
static int64_t total_of_one_side(const struct attribution *a, size_t frame, enum side side)
{
	int64_t total = a->frames[frame].insns[side];

	for (size_t i = a->frames[frame].first; i; i = a->frames[i].next)
		if (is_of_one_side(a, i, side))
			total += total_of_one_side(a, i, side);
	return total;
}

/* The functions that the other side did not run, largest first. */
static void print_calls(const struct explanation *e, enum side side, FILE *out)
{
	const struct attribution *a = &e->by;
	int64_t *total = calloc(a->n_functions + 1, sizeof(*total));

	for (size_t i = 1; total && i < a->n_frames; i++)
		if (is_of_one_side(a, i, side) && !is_of_one_side(a, a->frames[i].parent, side))
			total[a->frames[i].function] += total_of_one_side(a, i, side);
	for (int n = 0; total && n <= NAMED; n++) {
		size_t most = a->n_functions;

		for (size_t i = 0; i < a->n_functions; i++)
			if (total[i] > total[most])
				most = i;
		if (!total[most]) {
			fputs(n ? "\n" : "", out);
			break;
		}
		if (n == NAMED) {
			fputs(", ...\n", out);
			break;
		}
		fprintf(out, "%s %s %s",
			n	      ? ","
			: side == NEW ? "  only in new, with callees only in new:"
				      : "  only in base, likewise:",
			number_signed(side == NEW ? total[most] : -total[most]).s,
			a->functions[most].name);
		total[most] = 0;
	}
	free(total);
}

/* --- the tree -------------------------------------------------------------------------------- */

struct tree {
	const struct explanation *e;
	int64_t least; /* what a frame must differ by to be printed */
	size_t lines, lines_max;
	FILE *out;
};

static int64_t frame_change(const struct frame *f)
{
	return f->total[NEW] - f->total[BASE];
}

/* Sum of the absolute changes in a frame and below. */
static int64_t frame_absolute_change(const struct attribution *a, size_t frame)
{
	const struct frame *f = &a->frames[frame];
	int64_t sum = llabs(f->insns[NEW] - f->insns[BASE]);

	for (size_t i = f->first; i; i = a->frames[i].next)
		sum += frame_absolute_change(a, i);
	return sum;
}

static void print_frame(struct tree *t, size_t frame)
{
	const struct attribution *a = &t->e->aligned;
	const struct frame *f = &a->frames[frame];
	int indent = 2 * ((int)f->depth - 1);

	if (frame) {
		if (frame_absolute_change(a, frame) < t->least)
			return;
		if (t->lines++ < t->lines_max)
			fprintf(t->out, "  %9s %9s %9s %9s  %*s%s\n", number(f->total[BASE]).s,
				number(f->total[NEW]).s,
				frame_change(f) ? number_signed(frame_change(f)).s : "=",
				f->insns[NEW] != f->insns[BASE]
					? number_signed(f->insns[NEW] - f->insns[BASE]).s
					: "=",
				indent, "", a->functions[f->function].name);
	}
	for (size_t i = f->first; i; i = a->frames[i].next)
		print_frame(t, i);
}

static void print_tree(const struct explanation *e, bool all, FILE *out)
{
	struct tree t = {.e = e, .out = out, .least = all ? 0 : 1, .lines_max = TREE_LINES};
	int64_t difference = llabs(explanation_difference(e));

	if (all)
		t.lines_max = SIZE_MAX;
	/* Omit frames below 2 % of the difference. */
	if (!all && difference / 50 > 1)
		t.least = difference / 50;
	if (!all && !frame_absolute_change(&e->aligned, 0))
		return;
	fprintf(out,
		"\n  %9s %9s %9s %9s  call tree; base, new and total with callees, self without\n",
		"base", "new", "total", "self");
	print_frame(&t, 0);
	if (t.lines > t.lines_max)
		fprintf(out, "  (%zu more lines in explain.txt)\n", t.lines - t.lines_max);
}

void explanation_print(const struct explanation *e, size_t max, FILE *out)
{
	char headline[1024];

	explanation_headline(e, headline, sizeof(headline));
	fprintf(out, "%s\n", headline);
	print_side(e, BASE, out);
	print_side(e, NEW, out);
	fputc('\n', out);
	print_functions(e, max, out);
	print_remainder(e, out);
	print_modules(e, out);
	print_calls(e, NEW, out);
	print_calls(e, BASE, out);
	print_tree(e, !max, out);
}
