// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault-distribution: distribution of the samples of a fault on raw and on a few stacks.  Files:
 *   dist-P-R.tsv  stack R of panel P: centre of a bin, samples in it
 */
#include "lib/base/number.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <stdlib.h>

#define DIST_MAX 4

/* The stacks of the distribution: raw, then the fewest, 16 and the most segments. */
static size_t pick_dist(const struct cost *c, const struct run_record **picked)
{
	const struct run_record *want[DIST_MAX] = {c->raw, c->few, c->at, c->many};
	size_t n = 0;

	for (size_t i = 0; i < DIST_MAX; i++) {
		bool seen = false;

		for (size_t e = 0; e < n; e++)
			seen = seen || picked[e] == want[i];
		if (!seen)
			picked[n++] = want[i];
	}
	return n;
}

/* The part of the samples that the axis shows, in bins of `bin` units from lo on. */
struct dist_axis {
	int64_t lo, hi, bin;
};

/* Faults that allocate a page table, or hit a timer tick, cost several times as much as the
 * others.  If p99 is far above p90, the axis ends soon after p90 and a label describes the samples
 * beyond. */
static void find_dist_axis(const struct run_record *const *rec, size_t n, struct dist_axis *axis)
{
	int64_t lo = rec[0]->min, hi = rec[0]->p90;

	for (size_t i = 0; i < n; i++) {
		int64_t body = rec[i]->p90 - rec[i]->p10 + 16;
		bool near = rec[i]->p99 - rec[i]->p90 <= 4 * body;
		int64_t top = near ? rec[i]->p99 : rec[i]->p90 + body / 2;

		lo = rec[i]->min < lo ? rec[i]->min : lo;
		hi = top > hi ? top : hi;
	}
	hi = hi < lo ? lo : hi;
	axis->bin = (hi - lo) / 120 + 1;
	axis->lo = lo - 3 * axis->bin;
	axis->hi = hi + 4 * axis->bin;
}

/* The median of the samples beyond the axis; nearest rank. */
static int64_t median_beyond(const struct run_record *rec, int64_t hi, int64_t beyond)
{
	int64_t seen = 0;

	for (size_t i = 0; i < rec->n_values; i++) {
		if (rec->values[i].value <= hi)
			continue;
		seen += rec->values[i].count;
		if (2 * seen >= beyond)
			return rec->values[i].value;
	}
	return rec->max;
}

/* Of all initial states. */
static int64_t count_samples(const struct run_record *rec)
{
	int64_t n = 0;

	for (size_t i = 0; i < rec->n_values; i++)
		n += rec->values[i].count;
	return n;
}

/* Writes the bins that hold samples; returns how many samples are beyond the axis. */
static int64_t put_bins(FILE *out, const struct run_record *rec, const struct dist_axis *axis)
{
	int64_t beyond = 0, start = 0, count = 0;

	for (size_t i = 0; i <= rec->n_values; i++) {
		const struct run_value *v = i < rec->n_values ? &rec->values[i] : NULL;
		int64_t in = v ? axis->lo + (v->value - axis->lo) / axis->bin * axis->bin : 0;

		if (count && (!v || v->value > axis->hi || in != start)) {
			fprintf(out, "%g\t%lld\n", (double)start + (double)axis->bin / 2,
				(long long)count);
			count = 0;
		}
		if (!v)
			break;
		if (v->value > axis->hi) {
			beyond += v->count;
			continue;
		}
		start = in;
		count += v->count;
	}
	return beyond;
}

static int put_dist_stack(const struct plot *p, size_t panel, size_t place,
			  const struct run_record *rec, const struct run_record *raw,
			  const struct dist_axis *axis)
{
	FILE *out = plot_open(p, "dist-%zu-%zu.tsv", panel + 1, place + 1);
	const struct quantity median = over_states_median(rec),
			      extra = over_states_difference(rec, raw);
	size_t at = panel * DIST_MAX + place + 1;
	int64_t beyond;
	char name[64], text[256];
	int used;

	if (!out)
		return -errno;
	fputs("# centre of a bin, samples\n", out);
	beyond = put_bins(out, rec, axis);
	used = snprintf(text, sizeof(text), "median %s%s%s%s%s", number(rec->median).s,
			quantity_range(&median, false).s, rec == raw ? "" : " (",
			rec == raw ? "" : number_signed(extra.median).s, rec == raw ? "" : ")");
	if (beyond && median.least < median.most)
		snprintf(text + used, sizeof(text) - used, "; %.1f %% beyond, up to %s",
			 100.0 * (double)beyond / (double)count_samples(rec), number(rec->max).s);
	else if (beyond)
		snprintf(text + used, sizeof(text) - used, "; %.1f %% beyond: median %s, max %s",
			 100.0 * (double)beyond / (double)count_samples(rec),
			 number(median_beyond(rec, axis->hi, beyond)).s, number(rec->max).s);
	snprintf(name, sizeof(name), "dist_text[%zu]", at);
	plot_put_string(p, name, text);
	snprintf(name, sizeof(name), "dist_stack[%zu]", at);
	plot_put_string(p, name, rec->stack);
	fprintf(p->gp, "dist_median[%zu] = %lld\ndist_least[%zu] = %lld\ndist_most[%zu] = %lld\n",
		at, (long long)rec->median, at, (long long)median.least, at,
		(long long)median.most);
	return plot_close(out);
}

/* A statistic of the named stack minus that of raw. */
#define OVER_RAW(c, name) \
	number_signed(    \
		over_states_minus((c)->at, (c)->raw, offsetof(struct run_record, name)).median)

static void write_title(const struct plot *p, char *title, size_t size)
{
	const struct cost *c = plot_first_series(p);
	char words[256];

	if (c)
		snprintf(title, size, "%s, %s: p10 %s, median %s, p90 %s %s over raw (%s)",
			 c->at->stack, cost_words(c->row, words, sizeof(words)), OVER_RAW(c, p10).s,
			 OVER_RAW(c, median).s, OVER_RAW(c, p90).s, p->unit, table_fs(c->table));
}

int plot_put_dist(const struct plot *p)
{
	const struct cost *first = plot_first_series(p);
	size_t most = 0;
	int64_t top = 1;
	int rc = 0;

	fprintf(p->gp, "draw_dist = %d\n", first ? 1 : 0);
	if (!first)
		return 0;
	plot_put_title(p, "dist_title", write_title);
	fprintf(p->gp,
		"dist_places = %d\narray dist_stack[%d]\narray dist_text[%d]\n"
		"array dist_median[%d]\narray dist_least[%d]\narray dist_most[%d]\n"
		"array dist_n[%d]\narray dist_bin[%d]\n",
		DIST_MAX, DIST_MAX * PANELS_MAX, DIST_MAX * PANELS_MAX, DIST_MAX * PANELS_MAX,
		DIST_MAX * PANELS_MAX, DIST_MAX * PANELS_MAX, PANELS_MAX, PANELS_MAX);
	for (size_t i = 0; i < p->n_panels && !rc; i++) {
		const struct run_record *rec[DIST_MAX];
		size_t n = p->panel[i].n_series ? pick_dist(&p->panel[i].series[0], rec) : 0;
		struct dist_axis axis = {0, 1, 1};
		char name[32];

		if (n)
			find_dist_axis(rec, n, &axis);
		for (size_t d = 0; d < n && !rc; d++) {
			rc = put_dist_stack(p, i, d, rec[d], rec[0], &axis);
			top = count_samples(rec[d]) > top ? count_samples(rec[d]) : top;
		}
		snprintf(name, sizeof(name), "dist%zu", i + 1);
		plot_put_axis(p, name, (double)axis.lo, (double)axis.hi, 8, false);
		fprintf(p->gp, "dist_bin[%zu] = %lld\n", i + 1, (long long)axis.bin);
		fprintf(p->gp, "dist_n[%zu] = %zu\n", i + 1, n);
		most = n > most ? n : most;
	}
	fprintf(p->gp, "dist_rows = %zu\ndist_top = %lld\n", most, (long long)top);
	return rc;
}
