// SPDX-License-Identifier: GPL-2.0-only
/* The waterfall: from the median of base to that of new, a bar per function that changed. */
#include "lib/base/number.h"
#include "report/explain/explanation.h"
#include "report/plots/plot.h"
#include "report/plots/plotdata.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BARS = 14, COLOUR_UP = 3, COLOUR_DOWN = 2, COLOUR_WHOLE = 9 };

struct waterfall {
	FILE *tsv;
	int64_t at, low, high;
	size_t rows, name_len;
};

/* A bar that starts at the end of the previous one. */
static void put_bar(struct waterfall *w, const char *name, const char *module, int64_t change)
{
	char label[96];
	int len = snprintf(label, sizeof(label), *module ? "%s [%s]" : "%s", name, module);

	w->rows++;
	fprintf(w->tsv, "%zu\t%lld\t%lld\t%d\t", w->rows, (long long)w->at,
		(long long)(w->at + change), change > 0 ? COLOUR_UP : COLOUR_DOWN);
	plot_put_text(w->tsv, label);
	fprintf(w->tsv, "\t%s\n", number_signed(change).s);
	w->at += change;
	w->low = w->at < w->low ? w->at : w->low;
	w->high = w->at > w->high ? w->at : w->high;
	if ((size_t)len > w->name_len)
		w->name_len = (size_t)len;
}

/* A median: it starts at the left edge, which is not zero. */
static void put_whole(struct waterfall *w, const char *name, int64_t value)
{
	w->rows++;
	fprintf(w->tsv, "%zu\t-1\t%lld\t%d\t%s\t%s\n", w->rows, (long long)value, COLOUR_WHOLE,
		name, number(value).s);
}

static void put_bars(const struct explanation *e, struct waterfall *w)
{
	int64_t rest = 0;
	size_t n = 0;
	char name[64];

	put_whole(w, "base", e->side[BASE].record->median);
	for (size_t i = 0; i < e->by.n_functions; i++) {
		const struct function *f = &e->by.functions[i];
		int64_t change = function_change(f);

		if (i < BARS && change) {
			put_bar(w, f->name, function_module(f), change);
		} else if (change) {
			rest += change;
			n++;
		}
	}
	snprintf(name, sizeof(name), "%zu others", n);
	if (n)
		put_bar(w, name, "", rest);
	if (explanation_remainder(e))
		put_bar(w, "in no function", "", explanation_remainder(e));
	put_whole(w, "new", e->side[NEW].record->median);
}

static void put_words(const struct explanation *e, const struct plot *p)
{
	const struct explained_side *base = &e->side[BASE], *new = &e->side[NEW];
	const struct number difference = number_signed(explanation_difference(e));
	char text[768];

	if (e->one_metric)
		snprintf(text, sizeof(text), "%s: %s insn, by function", new->metric, difference.s);
	else if (!strcmp(base->record->bench, new->record->bench) &&
		 !strcmp(base->record->variant, new->record->variant) &&
		 !strcmp(base->record->fs, new->record->fs))
		snprintf(text, sizeof(text), "%s.%s on %s, from %s to %s: %s insn, by function",
			 base->record->bench, base->record->variant, base->record->fs,
			 base->record->stack, new->record->stack, difference.s);
	else
		snprintf(text, sizeof(text), "From base to new: %s insn, by function",
			 difference.s);
	plot_put_string(p, "waterfall_title", text);
	snprintf(text, sizeof(text), "base: %s%s%s; new: %s%s%s", explanation_side(e, BASE),
		 e->one_kernel || e->one_metric ? "" : " ",
		 e->one_kernel || e->one_metric ? "" : base->metric, explanation_side(e, NEW),
		 e->one_kernel || e->one_metric ? "" : " ",
		 e->one_kernel || e->one_metric ? "" : new->metric);
	plot_put_string(p, "waterfall_sides", text);
	snprintf(text, sizeof(text),
		 "Linux %s%s%s%s%s, meter insn (exact guest instructions), QEMU %.*s",
		 base->run.context.release, base->run.context.suffix, e->one_kernel ? "" : " and ",
		 e->one_kernel ? "" : new->run.context.release,
		 e->one_kernel ? "" : new->run.context.suffix,
		 (int)strcspn(base->run.context.qemu, " "), base->run.context.qemu);
	plot_put_string(p, "subtitle", text);
}

int plotdata_write_waterfall(const struct explanation *e, const char *dir)
{
	struct plot p = {.dir = dir};
	struct plot_words words;
	struct waterfall w = {.at = e->side[BASE].record->median, .name_len = 4};
	int rc = plot_begin(&p, &words), closed;
	double margin;

	if (rc)
		return rc;
	w.tsv = plot_open(&p, "waterfall.tsv");
	if (!w.tsv) {
		rc = -errno;
		plot_end(&p);
		return rc;
	}
	w.low = w.high = w.at;
	fputs("# row, from, to, colour, name, label\n", w.tsv);
	put_bars(e, &w);
	rc = plot_close(w.tsv);
	fputs("panels = 1\n", p.gp);
	put_words(e, &p);
	margin = fmax(1, 0.12 * (double)(w.high - w.low));
	plot_put_axis(&p, "waterfall", fmax(0, (double)w.low - margin), (double)w.high + margin, 6,
		      false);
	fprintf(p.gp, "waterfall_rows = %zu\nwaterfall_name_len = %zu\n", w.rows, w.name_len);
	closed = plot_end(&p);
	return rc ? rc : closed;
}
