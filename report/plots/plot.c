// SPDX-License-Identifier: GPL-2.0-only
/* Helpers of all plots: files, words, axes and labels. */
#include "report/plots/plot.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/findings/steady.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

FILE *plot_open(const struct plot *p, const char *fmt, ...)
{
	char name[64], path[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (snprintf(path, sizeof(path), "%s/%s", p->dir, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(path, "we");
}

int plot_close(FILE *out)
{
	int bad = ferror(out);

	return fclose(out) || bad ? -EIO : 0;
}

int plot_begin(struct plot *p, struct plot_words *words)
{
	int rc;

	*words = (struct plot_words){0};
	p->words = words;
	p->gp = plot_open(p, "plot.gp");
	if (!p->gp)
		return -errno;
	words->out = plot_open(p, "words.tsv");
	if (words->out)
		return 0;
	rc = -errno;
	fclose(p->gp);
	return rc;
}

int plot_end(struct plot *p)
{
	int rc, closed = plot_close(p->words->out);

	fprintf(p->gp, "n_words = %zu\n", p->words->n);
	rc = plot_close(p->gp);
	return rc ? rc : closed;
}

/* gnuplot interprets quotes and backslashes in a column; control characters become spaces.  The
 * text of `set xtics add` is a format. */
static void put_text(FILE *tsv, const char *text, bool is_format)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(tsv, "\\%03o", c);
		else if (c == '%' && is_format)
			fputs("%%", tsv);
		else
			fputc(c < ' ' || c == 0x7f ? ' ' : c, tsv);
	}
}

void plot_put_text(FILE *tsv, const char *text)
{
	put_text(tsv, text, false);
}

void plot_put_string(const struct plot *p, const char *name, const char *text)
{
	fprintf(p->words->out, "%zu\t0\t", ++p->words->n);
	plot_put_text(p->words->out, text);
	fputc('\n', p->words->out);
	fprintf(p->gp, "%s = %zu\n", name, p->words->n);
}

/* Whether the title of that state has the same words and signs. */
static bool same_title(const struct plot *state, plot_title *title, const char *shape)
{
	char text[1024] = "", *other;
	bool same;

	title(state, text, sizeof(text));
	other = findings_shape(text);
	same = other && !strcmp(other, shape);
	free(other);
	return same;
}

void plot_put_title(const struct plot *p, const char *name, plot_title *title)
{
	unsigned int *except = memory_check(calloc(p->n_states + 1, sizeof(*except)));
	char text[1024] = "", exception[256], *shape;
	size_t n = 0;

	title(p, text, sizeof(text));
	shape = findings_shape(text);
	for (size_t i = 0; except && shape && i < p->n_states; i++)
		if (!same_title(&p->of_state[i], title, shape))
			except[n++] = p->state[i];
	if (except)
		text_append(text, sizeof(text), "%s",
			    findings_except(except, n, exception, sizeof(exception)));
	plot_put_string(p, name, text);
	free(except);
	free(shape);
}

void plot_tics_begin(const struct plot *p, const char *name)
{
	fprintf(p->gp, "%s_tic_first = %zu\n", name, p->words->n + 1);
}

void plot_put_tic(const struct plot *p, double at, const char *text)
{
	fprintf(p->words->out, "%zu\t%.17g\t", ++p->words->n, at);
	put_text(p->words->out, text, true);
	fputc('\n', p->words->out);
}

void plot_tics_end(const struct plot *p, const char *name)
{
	fprintf(p->gp, "%s_tic_last = %zu\n", name, p->words->n);
}

/* A step of 1, 2 or 5 times a power of ten that makes about COUNT tics. */
static double nice_step(double range, int count)
{
	double rough = range / count, power = pow(10, floor(log10(rough)));

	if (rough / power > 5)
		return 10 * power;
	return rough / power > 2 ? 5 * power : rough / power > 1 ? 2 * power : power;
}

/* gnuplot cannot group digits in the C locale. */
void plot_put_axis(const struct plot *p, const char *name, double lo, double hi, int count,
		   bool sign)
{
	double step = fmax(1, nice_step(hi - lo, count));

	fprintf(p->gp, "%s_lo = %.6g\n%s_hi = %.6g\n", name, lo, name, hi);
	plot_tics_begin(p, name);
	for (double at = ceil(lo / step) * step; at <= hi; at += step) {
		int64_t value = number_round(at);

		plot_put_tic(p, (double)value,
			     sign && value ? number_signed(value).s : number(value).s);
	}
	plot_tics_end(p, name);
}

void plot_put_log_axis(const struct plot *p, const char *name, double lo, double hi, int count)
{
	static const int steps[] = {1, 2, 5};
	size_t n = 3 * log10(hi / lo) > count ? 1 : 3;

	fprintf(p->gp, "%s_lo = %.6g\n%s_hi = %.6g\n", name, lo, name, hi);
	plot_tics_begin(p, name);
	for (double power = 1; power <= hi; power *= 10) {
		for (size_t i = 0; i < n; i++) {
			double at = power * steps[i];

			if (at >= lo && at <= hi)
				plot_put_tic(p, at, number((int64_t)at).s);
		}
	}
	plot_tics_end(p, name);
}

static int by_y(const void *a, const void *b)
{
	const struct plot_label *la = *(struct plot_label *const *)a;
	const struct plot_label *lb = *(struct plot_label *const *)b;

	return (la->y > lb->y) - (la->y < lb->y);
}

/* Labels beyond lo or hi move to it and push the others. */
static void keep_within(struct plot_label **order, size_t n, double distance, double lo, double hi)
{
	if (order[0]->y < lo) {
		order[0]->y = lo;
		for (size_t i = 1; i < n; i++)
			order[i]->y = fmax(order[i]->y, order[i - 1]->y + distance);
	}
	if (order[n - 1]->y > hi) {
		order[n - 1]->y = hi;
		for (size_t i = n - 1; i > 0; i--)
			order[i - 1]->y = fmin(order[i - 1]->y, order[i]->y - distance);
	}
}

void plot_spread(struct plot_label *label, size_t n, double distance, double lo, double hi)
{
	struct plot_label **order = memory_check(calloc(n + 1, sizeof(*order)));

	if (!order)
		return;
	for (size_t i = 0; i < n; i++)
		order[i] = &label[i];
	qsort(order, n, sizeof(order[0]), by_y);
	for (int round = 0; round < 200; round++) {
		for (size_t i = 1; i < n; i++) {
			double miss = distance - (order[i]->y - order[i - 1]->y);

			if (miss <= 1e-9)
				continue;
			order[i]->y += miss / 2;
			order[i - 1]->y -= miss / 2;
		}
	}
	if (n)
		keep_within(order, n, distance, lo, hi);
	free(order);
}

int plot_put_labels(const struct plot *p, const char *name, size_t panel,
		    const struct plot_label *label, size_t n)
{
	FILE *out = plot_open(p, "%s-%zu-labels.tsv", name, panel + 1);

	if (!out)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%.6g\t%.6g\t", label[i].x, label[i].y);
		plot_put_text(out, label[i].text);
		fprintf(out, "\t%d\n", label[i].colour);
	}
	return plot_close(out);
}

const struct cost *plot_first_series(const struct plot *p)
{
	for (size_t i = 0; i < p->n_panels; i++)
		if (p->panel[i].n_series)
			return &p->panel[i].series[0];
	return NULL;
}
