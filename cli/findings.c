// SPDX-License-Identifier: GPL-2.0-only
/*
 * From numbers to sentences.  Each sentence carries its unit and what it was computed from, so that
 * it can be quoted alone; none says more than the records do.
 */
#include "cli/findings.h"

#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The number of segments that sentences name when it was measured. */
#define SEGMENTS_NAMED 16
/* Ids listed per reason before "and N more". */
#define IDS_NAMED 4
/* An extra is far above the middle one if it is more than so many times as large. */
#define FAR 3
#define FAR_NAMED 5

__attribute__((format(printf, 3, 4))) static void sayf(findings_say *say, void *arg,
						       const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0) {
		say(arg, text);
		free(text);
	}
	va_end(ap);
}

bool findings_plain(const char *stack, char *target)
{
	const char *colon = strchr(stack, ':');
	size_t len = colon ? (size_t)(colon - stack) : 0;

	if (!len || len > 31 || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	memcpy(target, stack, len);
	target[len] = '\0';
	return true;
}

const char *findings_words(const struct table_row *row, char *buf, size_t size)
{
	static const char *const pages[] = {
		[RUN_PAGE_PTE] = "4 KiB ",
		[RUN_PAGE_PMD] = "2 MiB ",
		[RUN_PAGE_FALLBACK] = "4 KiB (instead of 2 MiB) ",
	};
	char stem[256], rest[256] = "", *save = NULL;
	const char *warmth = "";

	if (row->page == RUN_PAGE_NONE) {
		snprintf(buf, size, "%s %s", row->bench, row->variant);
		return buf;
	}
	table_label(row, stem, sizeof(stem));
	for (char *word = strtok_r(stem, ".", &save); word; word = strtok_r(NULL, ".", &save)) {
		if (!strcmp(word, "cold"))
			warmth = "cold ";
		else if (!strcmp(word, "warm"))
			warmth = "warm ";
		else
			snprintf(rest + strlen(rest), sizeof(rest) - strlen(rest), "%s ", word);
	}
	snprintf(buf, size, "%s%s%s%s", warmth, pages[row->page], rest, row->bench);
	return buf;
}

const struct table_row *findings_headline(const struct table *table, const char *bench,
					  enum run_page page)
{
	const struct table_row *first = NULL;

	for (size_t r = 0; r < table->n_rows; r++) {
		const struct table_row *row = &table->rows[r];

		if (row->page != page || (*bench && strcmp(row->bench, bench)))
			continue;
		if (!first)
			first = row;
		if (!strncmp(row->variant, "read.warm.", strlen("read.warm.")) &&
		    !strcmp(row->bench, first->bench))
			return row;
	}
	return first;
}

/* Sums for a least-squares line through (x, extra). */
struct line {
	double n, x, y, xx, xy, yy;
};

static void line_add(struct line *l, double x, double y)
{
	l->n += 1;
	l->x += x;
	l->y += y;
	l->xx += x * x;
	l->xy += x * y;
	l->yy += y * y;
}

static double line_slope(const struct line *l)
{
	double spread = l->n * l->xx - l->x * l->x;

	return spread > 1e-9 ? (l->n * l->xy - l->x * l->y) / spread : 0;
}

/* The part of the extra's variance that the line explains, 0 to 1. */
static double line_r2(const struct line *l)
{
	double spread = l->n * l->yy - l->y * l->y;
	double r2 = spread > 1e-9 ? line_slope(l) * (l->n * l->xy - l->x * l->y) / spread : 1;

	return fmin(1, fmax(0, r2));
}

static void fit(const struct line *by_segment, const struct line *by_doubling, struct cost *cost)
{
	cost->per_segment = line_slope(by_segment);
	cost->per_doubling = line_slope(by_doubling);
	cost->r2_segment = line_r2(by_segment);
	cost->r2_doubling = line_r2(by_doubling);
	cost->linear = cost->n_stacks > 2 && cost->r2_segment > cost->r2_doubling;
}

bool findings_cost(const struct tables *tables, const struct table *table,
		   const struct table_row *row, const char *target, struct cost *cost)
{
	struct line by_segment = {0}, by_doubling = {0};
	char own[32];
	double extra;

	*cost = (struct cost){.table = table, .row = row, .raw = table_raw(tables, row)};
	if (!cost->raw)
		return false;
	for (size_t c = 0; c < table->n_columns; c++) {
		const struct run_record *rec = row->cell[table->columns[c]];

		if (!rec || rec->segments < 1 || !findings_plain(rec->stack, own))
			continue;
		if (!cost->n_stacks)
			snprintf(cost->target, sizeof(cost->target), "%s", target ? target : own);
		if (strcmp(own, cost->target))
			continue;
		cost->n_stacks++;
		extra = (double)(rec->median - cost->raw->median);
		line_add(&by_segment, (double)rec->segments, extra);
		line_add(&by_doubling, log2((double)rec->segments), extra);
		if (!cost->few || rec->segments < cost->few->segments)
			cost->few = rec;
		if (!cost->many || rec->segments > cost->many->segments)
			cost->many = rec;
		if (rec->segments == SEGMENTS_NAMED)
			cost->at = rec;
	}
	if (!cost->at)
		cost->at = cost->many;
	fit(&by_segment, &by_doubling, cost);
	return cost->n_stacks > 0;
}

bool findings_grows(const struct cost *cost)
{
	return cost->many->median - cost->few->median > cost->raw->median / 2;
}

static int by_times_raw(const void *a, const void *b)
{
	const struct cost *ca = a, *cb = b;
	double ta = (double)ca->many->median / (double)ca->raw->median;
	double tb = (double)cb->many->median / (double)cb->raw->median;

	return (tb > ta) - (tb < ta);
}

size_t findings_growing(const struct tables *tables, const struct table *table, const char *bench,
			const char *target, struct cost *costs, size_t max)
{
	size_t n = 0;

	for (size_t r = 0; r < table->n_rows; r++) {
		const struct table_row *row = &table->rows[r];
		struct cost c;

		if ((*bench && strcmp(row->bench, bench)) ||
		    !findings_cost(tables, table, row, target, &c) || c.raw->median < 1 ||
		    !findings_grows(&c))
			continue;
		if (n == max && by_times_raw(&costs[n - 1], &c) <= 0)
			continue;
		n -= n == max;
		costs[n++] = c;
		qsort(costs, n, sizeof(*costs), by_times_raw);
	}
	return n;
}

const char *findings_times(const struct cost *cost, char *buf, size_t size)
{
	double times = (double)cost->many->median / (double)cost->raw->median;

	snprintf(buf, size, "%.*f times raw", times < 9.95, times);
	return buf;
}

const char *findings_slope(const struct cost *cost, char *buf, size_t size)
{
	double slope = fabs(cost->linear ? cost->per_segment : cost->per_doubling);
	double digits = pow(10, fmax(0, floor(log10(fmax(slope, 1))) - 2));
	char value[32];

	/* Three digits: more would say more than a fitted line knows. */
	if (slope < 9.5)
		snprintf(value, sizeof(value), "%.1f", slope);
	else
		snprintf(value, sizeof(value), "%s",
			 number(llround(slope / digits) * (int64_t)digits).s);
	snprintf(buf, size, "%s %s for each %s", value, cost->table->unit,
		 cost->linear ? "segment" : "doubling");
	return buf;
}

static int64_t field(const json_t *value, const char *key)
{
	const json_t *number = json_object_get(value, key);

	return json_is_integer(number) ? json_integer_value(number) : -1;
}

static const struct run_observation *huge_observation(const struct run *run, const char *fs,
						      const char *stack)
{
	for (size_t i = 0; i < run->n_observations; i++) {
		const struct run_observation *o = &run->observations[i];

		if (!strncmp(o->id, "huge_pages{", strlen("huge_pages{")) && !strcmp(o->fs, fs) &&
		    !strcmp(o->stack, stack))
			return o;
	}
	return NULL;
}

static int64_t median_of(const struct table_row *row, size_t stack_rank)
{
	return row && row->cell[stack_rank] ? row->cell[stack_rank]->median : -1;
}

static int64_t n_of(const struct table_row *row, size_t stack_rank)
{
	return row && row->cell[stack_rank] ? row->cell[stack_rank]->n : 0;
}

/* A lost window's first fault is the one that failed to be huge; the other pages of the window
 * then find a page table in place and are ordinary 4 KiB faults. */
static int64_t lost_window(int64_t fallback, int64_t pte)
{
	if (fallback < 0 && pte < 0)
		return -1;
	if (fallback < 0)
		fallback = pte;
	if (pte < 0)
		pte = fallback;
	return fallback + (PAGES_PER_WINDOW - 1) * pte;
}

bool findings_huge(const struct tables *tables, const struct table *table, size_t stack_rank,
		   struct huge *huge)
{
	const char *stack = tables->run->stacks.name[stack_rank];
	const struct run_observation *o = huge_observation(tables->run, table->fs, stack);
	const struct table_row *row = findings_headline(table, "", RUN_PAGE_PMD), *pmd, *fb;
	int64_t pte_median, pmd_median, lost_cost;

	if (!row)
		row = findings_headline(table, "", RUN_PAGE_FALLBACK);
	if (!row)
		return false;
	pmd = table_sibling(table, row, RUN_PAGE_PMD);
	fb = table_sibling(table, row, RUN_PAGE_FALLBACK);
	*huge = (struct huge){.fs = table->fs, .stack = stack, .unit = table->unit, .row = row};
	huge->windows =
		o ? field(o->value, "windows") : n_of(pmd, stack_rank) + n_of(fb, stack_rank);
	huge->lost = o ? field(o->value, "lost") : n_of(fb, stack_rank);
	if (huge->windows < 1 || huge->lost < 0 || huge->lost > huge->windows)
		return false;
	pte_median = median_of(table_sibling(table, row, RUN_PAGE_PTE), stack_rank);
	pmd_median = median_of(pmd, stack_rank);
	lost_cost = lost_window(median_of(fb, stack_rank), pte_median);
	huge->raw = tables->raw < 0 ? -1 : median_of(pmd, (size_t)tables->raw);
	huge->page = !huge->lost ? -1 : pte_median >= 0 ? pte_median : median_of(fb, stack_rank);
	huge->cost = -1;
	if ((!huge->lost || lost_cost >= 0) && (huge->lost == huge->windows || pmd_median >= 0))
		huge->cost = ((huge->windows - huge->lost) * pmd_median + huge->lost * lost_cost) /
			     huge->windows;
	return true;
}

/* A list of names in one growing sentence. */
struct list {
	char text[1024];
	size_t n, more;
};

static void list_add(struct list *l, size_t limit, const char *name)
{
	size_t used = strlen(l->text);

	if (l->n >= limit || used + strlen(name) + 3 > sizeof(l->text)) {
		l->more++;
		return;
	}
	snprintf(l->text + used, sizeof(l->text) - used, "%s%s", l->n ? ", " : "", name);
	l->n++;
}

static void list_close(struct list *l)
{
	size_t used = strlen(l->text);

	if (l->more)
		snprintf(l->text + used, sizeof(l->text) - used, " and %zu more", l->more);
}

/* How sure the better line is.  Two stacks fit any line, so nothing is claimed of them. */
static void say_fit(const struct cost *c, char *buf, size_t size)
{
	if (c->n_stacks < 3)
		snprintf(buf, size, "only two stacks, which do not tell the shape");
	else
		snprintf(buf, size, "R2 %.3f, by %s %.3f",
			 c->linear ? c->r2_segment : c->r2_doubling,
			 c->linear ? "doublings" : "segments",
			 c->linear ? c->r2_doubling : c->r2_segment);
}

/* The rows that grow with the segments: the worst in full, then the names of the others. */
static void say_growing(const struct tables *tables, const struct table *t, const char *target,
			findings_say *say, void *arg)
{
	struct cost c[IDS_NAMED];
	size_t n = findings_growing(tables, t, "", target, c, IDS_NAMED);
	char others[512] = "", times[64], slope[96], shape[96];

	if (!n)
		return;
	for (size_t i = 1; i < n; i++) {
		size_t used = strlen(others);

		snprintf(others + used, sizeof(others) - used, "%s%s (%s, %s)",
			 i == 1 ? "; so does " : ", ", c[i].row->variant,
			 findings_times(&c[i], times, sizeof(times)),
			 findings_slope(&c[i], slope, sizeof(slope)));
	}
	say_fit(c, shape, sizeof(shape));
	sayf(say, arg,
	     "%s: %s grows with the segments of dm-%s: %s %s on raw, %s with %s, %s with %s (%s); "
	     "%sabout %s (%s)%s",
	     table_fs(t), c->row->variant, target, number(c->raw->median).s, t->unit,
	     number(c->few->median).s, number(c->few->segments).s, number(c->many->median).s,
	     number(c->many->segments).s, findings_times(c, times, sizeof(times)),
	     c->linear ? "linear, " : "", findings_slope(c, slope, sizeof(slope)), shape, others);
}

static void say_cost(const struct cost *c, findings_say *say, void *arg)
{
	const char *unit = c->table->unit;
	int64_t extra = c->at->median - c->raw->median;
	char words[256], range[384] = "";

	if (c->n_stacks > 1) {
		int64_t few = c->few->median - c->raw->median;
		int64_t many = c->many->median - c->raw->median;
		double step = c->linear ? c->per_segment : c->per_doubling;
		char trend[128], slope[96];

		if (fabs(c->per_doubling) < 0.5)
			snprintf(trend, sizeof(trend), "it hardly depends on their number");
		else
			snprintf(trend, sizeof(trend), "on average %s%s", step > 0 ? "" : "minus ",
				 findings_slope(c, slope, sizeof(slope)));
		snprintf(range, sizeof(range), "; %s %s with %s segment%s, %s with %s: %s",
			 number_signed(few).s, unit, number(c->few->segments).s,
			 c->few->segments == 1 ? "" : "s", number_signed(many).s,
			 number(c->many->segments).s, trend);
	}
	sayf(say, arg, "%s: dm-%s with %s segment%s %s %s %s (%s) %s a %s: %s instead of %s%s",
	     table_fs(c->table), c->target, number(c->at->segments).s,
	     c->at->segments == 1 ? "" : "s", extra < 0 ? "takes" : "adds",
	     number(extra < 0 ? -extra : extra).s, unit, number_percent(extra, c->raw->median).s,
	     extra < 0 ? "off" : "to", findings_words(c->row, words, sizeof(words)),
	     number(c->at->median).s, number(c->raw->median).s, range);
}

/* Whether column c is the first of a plain stack of its target, which is copied into target[32]. */
static bool starts_target(const struct tables *tables, const struct table *t, size_t c,
			  char *target)
{
	char earlier[32];

	if (!findings_plain(tables->run->stacks.name[t->columns[c]], target))
		return false;
	for (size_t e = 0; e < c; e++)
		if (findings_plain(tables->run->stacks.name[t->columns[e]], earlier) &&
		    !strcmp(earlier, target))
			return false;
	return true;
}

static void say_all_growing(const struct tables *tables, const struct table *t, findings_say *say,
			    void *arg)
{
	char target[32];

	for (size_t c = 0; c < t->n_columns; c++)
		if (starts_target(tables, t, c, target))
			say_growing(tables, t, target, say, arg);
}

/* One sentence per target that has plain stacks in the row. */
static void say_costs(const struct tables *tables, const struct table *t,
		      const struct table_row *row, findings_say *say, void *arg)
{
	char target[32];
	struct cost cost;

	for (size_t c = 0; c < t->n_columns; c++)
		if (starts_target(tables, t, c, target) &&
		    findings_cost(tables, t, row, target, &cost))
			say_cost(&cost, say, arg);
}

/* The plain stack of the same target and as many segments, in the same row; NULL if there is none.
 */
static const struct run_record *plain_twin(const struct table *t, const struct table_row *row,
					   const struct run_record *rec)
{
	size_t len = strcspn(rec->stack, ":");
	char target[32];

	for (size_t c = 0; c < t->n_columns; c++) {
		const struct run_record *o = row->cell[t->columns[c]];

		if (o && o->segments == rec->segments && findings_plain(o->stack, target) &&
		    strlen(target) == len && !strncmp(target, rec->stack, len))
			return o;
	}
	return NULL;
}

/* Stacks that are more than a target and a number: what each adds to the row, unless the plain
 * stack of as many segments costs the same, within a hundredth of raw. */
static void say_odd(const struct tables *tables, const struct table *t, const struct table_row *row,
		    findings_say *say, void *arg)
{
	const struct run_record *raw = table_raw(tables, row);
	char words[256], target[32];

	for (size_t c = 0; raw && c < t->n_columns; c++) {
		const struct run_record *rec = row->cell[t->columns[c]], *twin;

		if (!rec || rec == raw || findings_plain(rec->stack, target))
			continue;
		twin = plain_twin(t, row, rec);
		if (twin && llabs(rec->median - twin->median) * 100 <= llabs(raw->median))
			continue;
		sayf(say, arg, "%s: %s: %s %s (%s) on a %s: %s instead of %s", table_fs(t),
		     rec->stack, number_signed(rec->median - raw->median).s, t->unit,
		     number_percent(rec->median - raw->median, raw->median).s,
		     findings_words(row, words, sizeof(words)), number(rec->median).s,
		     number(raw->median).s);
	}
}

/* What the stack adds to raw in one row. */
struct extra {
	const struct run_record *rec;
	int64_t extra;
};

/* The plain stack with the most segments that the table has: a position in its columns, or -1. */
static long most_segments(const struct table *t)
{
	int64_t most = 0;
	long at = -1;
	char target[32];

	for (size_t c = 0; c < t->n_columns; c++) {
		for (size_t r = 0; r < t->n_rows; r++) {
			const struct run_record *rec = t->rows[r].cell[t->columns[c]];

			if (!rec || rec->segments <= most || !findings_plain(rec->stack, target))
				continue;
			most = rec->segments;
			at = (long)c;
		}
	}
	return at;
}

static int by_extra(const void *a, const void *b)
{
	const struct extra *ea = a, *eb = b;

	return (ea->extra > eb->extra) - (ea->extra < eb->extra);
}

/* The smallest, the middle and the largest extra over all variants, and those far above the middle,
 * on the stack with the most segments. */
static void say_range(const struct tables *tables, const struct table *t, findings_say *say,
		      void *arg)
{
	struct extra *e = calloc(t->n_rows, sizeof(*e));
	long most = most_segments(t);
	struct list far = {.text = ""};
	char name[256];
	size_t n = 0;

	for (size_t r = 0; e && most >= 0 && r < t->n_rows; r++) {
		const struct run_record *rec = t->rows[r].cell[t->columns[most]];
		const struct run_record *raw = table_raw(tables, &t->rows[r]);

		if (rec && raw)
			e[n++] = (struct extra){rec, rec->median - raw->median};
	}
	if (n < 3) {
		free(e);
		return;
	}
	qsort(e, n, sizeof(*e), by_extra);
	for (size_t i = n - 1; i-- > 0 && e[i].extra > FAR * e[(n - 1) / 2].extra;) {
		snprintf(name, sizeof(name), "%s %s", e[i].rec->variant,
			 number_signed(e[i].extra).s);
		list_add(&far, FAR_NAMED, name);
	}
	list_close(&far);
	sayf(say, arg,
	     "%s: over all %zu variants on %s the extra over raw goes from %s (%s) to %s %s (%s); "
	     "the middle one is %s%s%s",
	     table_fs(t), n, e[0].rec->stack, number_signed(e[0].extra).s, e[0].rec->variant,
	     number_signed(e[n - 1].extra).s, t->unit, e[n - 1].rec->variant,
	     number_signed(e[(n - 1) / 2].extra).s, far.n ? ", more than 3 times it are also " : "",
	     far.text);
	free(e);
}

static void say_cold(const struct tables *tables, const struct table *t,
		     const struct table_row *warm, findings_say *say, void *arg)
{
	static const char mark[] = ".warm.";
	const char *at = strstr(warm->variant, mark);
	const struct run_record *raw = table_raw(tables, warm), *cold = NULL;
	char name[256], words[256];

	if (!at || !raw)
		return;
	snprintf(name, sizeof(name), "%.*s.cold.%s", (int)(at - warm->variant), warm->variant,
		 at + strlen(mark));
	for (size_t r = 0; r < t->n_rows; r++)
		if (!strcmp(t->rows[r].bench, warm->bench) && !strcmp(t->rows[r].variant, name))
			cold = table_raw(tables, &t->rows[r]);
	if (!cold)
		return;
	sayf(say, arg, "%s: a %s costs %s %s (%s) when it is cold instead of warm, on raw: %s",
	     table_fs(t), strchr(findings_words(warm, words, sizeof(words)), ' ') + 1,
	     number_signed(cold->median - raw->median).s, t->unit,
	     number_percent(cold->median - raw->median, raw->median).s, number(cold->median).s);
}

static void say_lost(const struct huge *h, const char *fs, findings_say *say, void *arg)
{
	char cost[256] = "";

	if (h->page >= 0 && h->raw > 0) {
		int64_t window = h->lost == h->windows ? h->cost : -1;
		int used = snprintf(
			cost, sizeof(cost),
			": touching all of one costs %d faults of %s %s each instead of one of %s",
			PAGES_PER_WINDOW, number(h->page).s, h->unit, number(h->raw).s);

		if (window > 0)
			snprintf(cost + used, sizeof(cost) - used, " (%s %s, %s times as many)",
				 number(window).s, h->unit,
				 number((window + h->raw / 2) / h->raw).s);
	}
	sayf(say, arg, "huge pages lost: %s of %s windows on %s (%s)%s", number(h->lost).s,
	     number(h->windows).s, h->stack, fs, cost);
}

static void say_lost_all(const struct tables *tables, const struct table *t, findings_say *say,
			 void *arg)
{
	struct huge h;

	for (size_t c = 0; c < tables->run->stacks.n; c++)
		if (findings_huge(tables, t, c, &h) && h.lost)
			say_lost(&h, table_fs(t), say, arg);
}

static void say_kept(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg)
{
	size_t known = 0, kept = 0;
	int64_t windows = 0;
	struct huge h;

	for (size_t c = 0; c < tables->run->stacks.n; c++) {
		if (!findings_huge(tables, t, c, &h))
			continue;
		known++;
		kept += !h.lost;
		windows += h.lost ? 0 : h.windows;
	}
	if (kept)
		sayf(say, arg,
		     "%s: no huge page lost on %s%zu stack%s: 2 MiB pages map all %s windows",
		     table_fs(t), kept == known ? "" : "the other ", kept, kept == 1 ? "" : "s",
		     number(windows).s);
}

/* The row that speaks for the section that row r starts; NULL if it starts none that speaks. */
static const struct table_row *section_row(const struct table *t, size_t r)
{
	if (!table_section_starts(t, r) || t->rows[r].page == RUN_PAGE_FALLBACK)
		return NULL;
	return findings_headline(t, t->rows[r].bench, t->rows[r].page);
}

static bool starts_bench(const struct table *t, size_t r)
{
	return !r || strcmp(t->rows[r - 1].bench, t->rows[r].bench);
}

/* The first page size of each benchmark. */
static void say_main_costs(const struct tables *tables, const struct table *t, findings_say *say,
			   void *arg)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (starts_bench(t, r) && section_row(t, r))
			say_costs(tables, t, section_row(t, r), say, arg);
}

static void say_more_costs(const struct tables *tables, const struct table *t, findings_say *say,
			   void *arg)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (!starts_bench(t, r) && section_row(t, r))
			say_costs(tables, t, section_row(t, r), say, arg);
}

static void say_main_rest(const struct tables *tables, const struct table *t, findings_say *say,
			  void *arg)
{
	for (size_t r = 0; r < t->n_rows; r++) {
		if (!starts_bench(t, r) || !section_row(t, r))
			continue;
		say_odd(tables, t, section_row(t, r), say, arg);
		say_cold(tables, t, section_row(t, r), say, arg);
	}
}

/* The most important first, each for all filesystems: a reader may stop after five lines. */
/*
 * A 2 MiB fault that is refused without any device-mapper is the filesystem's doing: it gave the
 * window a place that no PMD can map.
 */
static void say_refused_on_raw(const struct tables *tables, const struct table *t,
			       findings_say *say, void *arg)
{
	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row = &t->rows[r];
		const struct run_record *raw = table_raw(tables, row);
		const json_t *placed;
		char where[128] = "";

		if (!raw || raw->page != RUN_PAGE_FALLBACK)
			continue;
		placed = json_object_get(raw->proof, "windows_placed_huge");
		if (json_is_integer(placed))
			snprintf(where, sizeof(where),
				 "; the filesystem placed %s of these windows 2 MiB aligned",
				 number(json_integer_value(placed)).s);
		sayf(say, arg,
		     "%s: %s: %s faults asked for 2 MiB and got 4 KiB on raw already, %s %s each%s",
		     table_fs(t), raw->variant, number(raw->n).s, number(raw->median).s, t->unit,
		     where);
	}
}

void findings_numbers(const struct tables *tables, findings_say *say, void *arg)
{
	static void (*const kinds[])(const struct tables *, const struct table *, findings_say *,
				     void *) = {
		say_all_growing, say_main_costs, say_lost_all,	say_refused_on_raw,
		say_range,	 say_more_costs, say_main_rest, say_kept,
	};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (size_t i = 0; i < tables->n; i++)
			kinds[k](tables, &tables->table[i], say, arg);
}

/* One sentence per reason, with the ids it holds for. */
static void say_gaps(const char *kind, const struct run_gap *gaps, size_t n, findings_say *say,
		     void *arg)
{
	for (size_t i = 0; i < n; i++) {
		struct list ids = {.text = ""};
		bool seen = false;

		for (size_t e = 0; e < i && !seen; e++)
			seen = !strcmp(gaps[e].why, gaps[i].why);
		if (seen)
			continue;
		for (size_t e = i; e < n; e++)
			if (!strcmp(gaps[e].why, gaps[i].why))
				list_add(&ids, IDS_NAMED, gaps[e].id);
		list_close(&ids);
		sayf(say, arg, "%s: %s%s%s [%zu: %s]", kind, gaps[i].why,
		     *gaps[i].cure ? "; cure: " : "", gaps[i].cure, ids.n + ids.more, ids.text);
	}
}

/* The cells of one stack that have neither record, nor void, nor skip. */
static void say_missing(const struct tables *tables, const struct table *t, size_t stack,
			findings_say *say, void *arg)
{
	struct list names = {.text = ""};
	size_t asked = 0;

	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row = &t->rows[r];

		if (row->page == RUN_PAGE_FALLBACK)
			continue;
		asked++;
		if (!row->cell[stack] && !strcmp(table_gap(tables, t, row, stack), "-"))
			list_add(&names, IDS_NAMED, row->variant);
	}
	list_close(&names);
	if (names.n + names.more == asked && asked)
		sayf(say, arg, "not measured: %s on %s, all %zu variants",
		     tables->run->stacks.name[stack], table_fs(t), asked);
	else if (names.n)
		sayf(say, arg, "not measured: %s on %s, %zu of %zu variants: %s",
		     tables->run->stacks.name[stack], table_fs(t), names.n + names.more, asked,
		     names.text);
}

void findings_gaps(const struct tables *tables, findings_say *say, void *arg)
{
	const struct run *run = tables->run;

	say_gaps("void (proof failed)", run->voids, run->n_voids, say, arg);
	say_gaps("skipped", run->skips, run->n_skips, say, arg);
	for (size_t f = 0; f < run->fs.n; f++) {
		bool found = false;

		for (size_t i = 0; i < tables->n && !found; i++)
			found = !strcmp(tables->table[i].fs, run->fs.name[f]);
		if (!found)
			sayf(say, arg, "not measured: %s: no record at all", run->fs.name[f]);
	}
	for (size_t b = 0; b < run->benches.n; b++) {
		bool found = false;

		/* The context names benchmarks as they were asked for: by name, or as GLOBs. */
		for (size_t v = 0; v < run->variants.n && !found; v++)
			found = !fnmatch(run->benches.name[b], run->variants.name[v], 0);
		for (size_t i = 0; i < run->n_records && !found; i++)
			found = !strcmp(run->records[i].bench, run->benches.name[b]);
		if (!found)
			sayf(say, arg, "not measured: benchmark %s: no record at all",
			     run->benches.name[b]);
	}
	for (size_t i = 0; i < tables->n; i++)
		for (size_t s = 0; s < run->stacks.n; s++)
			say_missing(tables, &tables->table[i], s, say, arg);
	if (tables->n && tables->raw < 0)
		sayf(say, arg, "not measured: raw, so no extra over raw can be told");
}

static void say_state(const struct run *run, findings_say *say, void *arg)
{
	int64_t samples = 0;

	for (size_t i = 0; i < run->n_records; i++)
		samples += run->records[i].n;
	if (run_is_complete(run))
		sayf(say, arg, "run: complete, %s records, %s samples, %zu void, %zu skipped",
		     number((int64_t)run->n_records).s, number(samples).s, run->n_voids,
		     run->n_skips);
	else if (run->ended)
		sayf(say, arg,
		     "run: BROKEN, it ended with status %lld after %s records; never a baseline",
		     (long long)run->status, number((int64_t)run->n_records).s);
	else
		sayf(say, arg,
		     "run: INCOMPLETE, it stopped %safter %s records without its end line; never a "
		     "baseline",
		     run->cut ? "in the middle of a line " : "", number((int64_t)run->n_records).s);
	if (run->n_unread)
		sayf(say, arg, "note: %zu lines are of types this daxdm does not report",
		     run->n_unread);
}

void findings_head(const struct tables *tables, findings_say *say, void *arg)
{
	const struct run_context *c = &tables->run->context;
	struct list names = {.text = ""};
	bool insn = !strcmp(c->meter, "insn");

	sayf(say, arg, "kernel: %s%s%s%s", c->release, *c->package ? " (" : "", c->package,
	     *c->package ? ")" : "");
	sayf(say, arg, "meter: %s%s", c->meter,
	     insn			 ? " (exact guest instructions; says nothing about time)"
	     : !strcmp(c->meter, "time") ? " (ns of the host's clock)"
					 : "");
	if (*c->qemu)
		sayf(say, arg, "host: emulated by QEMU %.*s, %s, %.*s, %s MiB, boot %s",
		     (int)strcspn(c->qemu, " "), c->qemu, c->accel, (int)strcspn(c->machine, ","),
		     c->machine, number(c->emulated_mem_mib).s, *c->boot ? c->boot : "unknown");
	else
		sayf(say, arg, "host: this one, %s", c->cpu);
	sayf(say, arg, "suite: daxdm %s", c->suite);
	for (size_t i = 0; i < tables->run->stacks.n; i++)
		list_add(&names, 64, tables->run->stacks.name[i]);
	list_close(&names);
	sayf(say, arg, "stacks: %s", names.text);
	say_state(tables->run, say, arg);
}
