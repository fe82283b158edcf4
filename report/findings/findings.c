// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings: sentences computed from the records and from the numbers of cost.c.  Each sentence
 * names its unit and the numbers that it was computed from, so that it can be quoted alone.
 */
#include "report/findings/findings.h"
#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/findings/cost.h"
#include "report/findings/fallback_cost.h"
#include "report/findings/fio_compare.h"
#include "report/findings/fit_segments.h"
#include "report/findings/huge_causes_say.h"
#include "report/findings/mkfs_layout.h"
#include "report/findings/scaling.h"

#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Ids listed per reason before "and N more". */
#define IDS_NAMED 4
/* An overhead is far above the median from this multiple of it on. */
#define FAR 3
#define FAR_NAMED 5

/* A list of names, at most a limit of them. */
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

/* How well the better line fits.  Two stacks fit any line, so nothing is claimed of them. */
static void say_fit(const struct cost *c, char *buf, size_t size)
{
	if (c->n_stacks < 3)
		snprintf(buf, size, "two stacks only, shape unknown");
	else
		snprintf(buf, size, "R2 %.3f, %s fit %.3f",
			 c->linear ? c->r2_segment : c->r2_doubling,
			 c->linear ? "logarithmic" : "linear",
			 c->linear ? c->r2_doubling : c->r2_segment);
}

/* A fault is named by its variant; other rows need the name of their benchmark. */
static const char *row_name(const struct table_row *row, char *buf, size_t size)
{
	if (row->page != RUN_PAGE_NONE)
		return row->variant;
	snprintf(buf, size, "%s %s", row->bench, row->variant);
	return buf;
}

/* The rows that grow with the number of segments: the worst in full, then the names of the
 * others. */
static void say_growing(const struct tables *tables, const struct table *t, const char *bench,
			const char *target, findings_say *say, void *arg)
{
	struct cost c[IDS_NAMED];
	size_t n = cost_growing(tables, t, bench, target, c, IDS_NAMED);
	char others[512] = "", times[64], slope[96], shape[96], name[128];
	bool fits = n && cost_fits(c);

	if (!n)
		return;
	for (size_t i = 1; i < n; i++) {
		size_t used = strlen(others);

		snprintf(others + used, sizeof(others) - used, "%s%s (%s%s%s)",
			 i == 1 ? "; also " : ", ", row_name(c[i].row, name, sizeof(name)),
			 cost_times(&c[i], times, sizeof(times)), cost_fits(&c[i]) ? ", " : "",
			 cost_fits(&c[i]) ? cost_slope(&c[i], slope, sizeof(slope)) : "");
	}
	say_fit(c, shape, sizeof(shape));
	findings_sayf(say, arg,
		      "%s: %s grows with the number of dm-%s segments: %s %s on raw, %s with %s, "
		      "%s with %s (%s); %s%s (%s)%s",
		      table_fs(t), row_name(c->row, name, sizeof(name)), target,
		      number(c->raw->median).s, t->unit, number(c->few->median).s,
		      number(c->few->segments).s, number(c->many->median).s,
		      number(c->many->segments).s, cost_times(c, times, sizeof(times)),
		      fits && c->linear ? "linear, " : "",
		      fits ? cost_slope(c, slope, sizeof(slope)) : "no linear or logarithmic fit",
		      shape, others);
}

/* A percentage needs a raw median above 0. */
static bool has_share(const struct run_record *raw)
{
	return raw->median > 0;
}

/* "adds 227 insn (+4.5 %) to a warm 4 KiB read fault: median 5,277, raw 5,050"; with ranges over
 * the initial states: "adds 227 insn (+225..+231) (+4.5 %) ...". */
static const char *overhead_words(const struct table *t, const struct table_row *row,
				  const struct run_record *rec, const struct run_record *raw,
				  char buf[512])
{
	const struct quantity extra = over_states_difference(rec, raw);
	const struct quantity median = over_states_median(rec), of_raw = over_states_median(raw);
	int64_t overhead = extra.median;
	char words[256];

	snprintf(buf, 512, "%s %s %s%s (%s) %s %s%s: median %s%s, raw %s%s",
		 overhead < 0 ? "removes" : "adds", number(llabs(overhead)).s, t->unit,
		 quantity_range(&extra, true).s, number_percent(overhead, raw->median).s,
		 overhead < 0 ? "from" : "to", row->page == RUN_PAGE_NONE ? "" : "a ",
		 cost_words(row, words, sizeof(words)), number(rec->median).s,
		 quantity_range(&median, false).s, number(raw->median).s,
		 quantity_range(&of_raw, false).s);
	return buf;
}

static void say_cost(const struct cost *c, findings_say *say, void *arg)
{
	char overhead[512], range[384] = "";

	if (!has_share(c->raw))
		return;
	if (c->n_stacks > 1) {
		int64_t few = cost_extra(c, c->few).median;
		int64_t many = cost_extra(c, c->many).median;
		char trend[128];

		snprintf(range, sizeof(range), "; %s %s with %s segment%s, %s with %s: %s",
			 number_signed(few).s, c->table->unit, number(c->few->segments).s,
			 c->few->segments == 1 ? "" : "s", number_signed(many).s,
			 number(c->many->segments).s, cost_trend(c, trend, sizeof(trend)));
	}
	findings_sayf(say, arg, "%s: dm-%s with %s segment%s %s%s", table_fs(c->table), c->target,
		      number(c->at->segments).s, c->at->segments == 1 ? "" : "s",
		      overhead_words(c->table, c->row, c->at, c->raw, overhead), range);
}

static bool starts_bench(const struct table *t, size_t r)
{
	return !r || strcmp(t->rows[r - 1].bench, t->rows[r].bench);
}

static void say_all_growing(const struct tables *tables, const struct table *t, findings_say *say,
			    void *arg)
{
	char target[32];

	for (size_t r = 0; r < t->n_rows; r++)
		for (size_t c = 0; starts_bench(t, r) && c < t->n_columns; c++)
			if (cost_starts_target(tables, t, c, target))
				say_growing(tables, t, t->rows[r].bench, target, say, arg);
}

/* One sentence per target that has plain stacks in the row. */
static void say_costs(const struct tables *tables, const struct table *t,
		      const struct table_row *row, findings_say *say, void *arg)
{
	char target[32];
	struct cost cost;

	for (size_t c = 0; c < t->n_columns; c++)
		if (cost_starts_target(tables, t, c, target) &&
		    cost_find(tables, t, row, target, &cost))
			say_cost(&cost, say, arg);
}

/* DM overhead of each stack that is not plain TARGET:N, unless the plain stack with the same number
 * of segments has the same overhead within 1 % of raw. */
static void say_odd(const struct tables *tables, const struct table *t, const struct table_row *row,
		    findings_say *say, void *arg)
{
	const struct run_record *raw = table_raw(tables, row);
	char words[512], target[32];

	for (size_t c = 0; raw && c < t->n_columns; c++) {
		const struct run_record *rec = row->cell[t->columns[c]], *plain;

		if (!rec || rec == raw || !has_share(raw) || cost_plain(rec->stack, target))
			continue;
		plain = cost_reference_stack(t, row, rec);
		if (plain &&
		    llabs(over_states_difference(rec, plain).median) * 100 <= llabs(raw->median))
			continue;
		findings_sayf(say, arg, "%s: %s %s", table_fs(t), rec->stack,
			      overhead_words(t, row, rec, raw, words));
	}
}

/* DM overhead of one row. */
struct extra {
	const struct run_record *rec;
	int64_t extra;
};

static int by_extra(const void *a, const void *b)
{
	const struct extra *ea = a, *eb = b;

	if (ea->extra != eb->extra)
		return ea->extra > eb->extra ? 1 : -1;
	/* In the order of rows: the same in all initial states. */
	return (ea->rec > eb->rec) - (ea->rec < eb->rec);
}

/* DM overhead over all variants of a benchmark on the stack with the most segments: minimum,
 * median, maximum, and the variants far above the median. */
static void say_range_of(const struct tables *tables, const struct table *t, const char *bench,
			 findings_say *say, void *arg)
{
	struct extra *e = memory_check(calloc(t->n_rows, sizeof(*e)));
	long most = cost_most_segments(t);
	struct list far = {.text = ""};
	char name[256];
	size_t n = 0, rows = 0;

	for (size_t r = 0; r < t->n_rows; r++)
		rows += !strcmp(t->rows[r].bench, bench);
	for (size_t r = 0; e && most >= 0 && r < t->n_rows; r++) {
		const struct run_record *rec = t->rows[r].cell[t->columns[most]];
		const struct run_record *raw = table_raw(tables, &t->rows[r]);

		if (rec && raw && !strcmp(rec->bench, bench))
			e[n++] = (struct extra){rec, over_states_difference(rec, raw).median};
	}
	if (n < 3) {
		free(e);
		return;
	}
	qsort(e, n, sizeof(*e), by_extra);
	for (size_t i = n - 1;
	     e[(n - 1) / 2].extra > 0 && i-- > 0 && e[i].extra > FAR * e[(n - 1) / 2].extra;) {
		snprintf(name, sizeof(name), "%s %s", e[i].rec->variant,
			 number_signed(e[i].extra).s);
		list_add(&far, FAR_NAMED, name);
	}
	list_close(&far);
	findings_sayf(say, arg,
		      "%s: DM overhead of %s%zu %s variants on %s: min %s (%s), median %s, max %s "
		      "%s (%s)%s%s",
		      table_fs(t), n == rows ? "all " : "", n, bench, e[0].rec->stack,
		      number_signed(e[0].extra).s, e[0].rec->variant,
		      number_signed(e[(n - 1) / 2].extra).s, number_signed(e[n - 1].extra).s,
		      t->unit, e[n - 1].rec->variant, far.n ? "; more than 3x the median: " : "",
		      far.text);
	free(e);
}

static void say_range(const struct tables *tables, const struct table *t, findings_say *say,
		      void *arg)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (starts_bench(t, r))
			say_range_of(tables, t, t->rows[r].bench, say, arg);
}

static void say_cold(const struct tables *tables, const struct table *t,
		     const struct table_row *warm, findings_say *say, void *arg)
{
	static const char mark[] = ".warm.";
	const char *at = strstr(warm->variant, mark);
	const struct run_record *raw = table_raw(tables, warm), *cold = NULL;
	struct quantity more;
	char name[256], words[256];

	if (!at || !raw || !has_share(raw))
		return;
	snprintf(name, sizeof(name), "%.*s.cold.%s", (int)(at - warm->variant), warm->variant,
		 at + strlen(mark));
	for (size_t r = 0; r < t->n_rows; r++)
		if (!strcmp(t->rows[r].bench, warm->bench) && !strcmp(t->rows[r].variant, name))
			cold = table_raw(tables, &t->rows[r]);
	if (!cold)
		return;
	more = over_states_difference(cold, raw);
	findings_sayf(say, arg, "%s: a cold %s on raw costs %s %s, %s%s (%s) over a warm one",
		      table_fs(t), strchr(cost_words(warm, words, sizeof(words)), ' ') + 1,
		      number(cold->median).s, t->unit, number_signed(more.median).s,
		      quantity_range(&more, true).s, number_percent(more.median, raw->median).s);
}

static void say_lost(const struct huge *h, const char *fs, findings_say *say, void *arg)
{
	char cost[256] = "";

	if (h->page >= 0 && h->raw > 0) {
		int64_t window = h->lost == h->windows ? h->cost : -1;
		char first[64] = "";

		if (h->first >= 0 && h->first != h->page)
			snprintf(first, sizeof(first), "one fault of %s and ", number(h->first).s);
		text_append(cost, sizeof(cost),
			    "; a whole window takes %s%d faults of %s %s instead of one of %s",
			    first, PAGES_PER_WINDOW - !!*first, number(h->page).s, h->unit,
			    number(h->raw).s);
		if (window > 0)
			text_append(cost, sizeof(cost), " (%s %s, %sx raw)", number(window).s,
				    h->unit, number((window + h->raw / 2) / h->raw).s);
	}
	findings_sayf(say, arg, "huge pages lost: %s of %s windows on %s (%s)%s", number(h->lost).s,
		      number(h->windows).s, h->stack, fs, cost);
}

static void say_lost_all(const struct tables *tables, const struct table *t, findings_say *say,
			 void *arg)
{
	struct huge h;

	for (size_t c = 0; c < tables->run->stacks.n; c++)
		if (!huge_causes_known(tables, t, c) && cost_huge(tables, t, c, &h) && h.lost)
			say_lost(&h, table_fs(t), say, arg);
}

static void say_kept(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg)
{
	size_t known = 0, kept = 0;
	int64_t windows = 0;
	struct huge h;

	for (size_t c = 0; c < tables->run->stacks.n; c++) {
		if (!cost_huge(tables, t, c, &h))
			continue;
		known++;
		kept += !h.lost;
		windows += h.lost ? 0 : h.windows;
	}
	if (kept)
		findings_sayf(
			say, arg,
			"%s: no huge page lost on %s%zu stack%s: 2 MiB pages map all %s windows",
			table_fs(t), kept == known ? "" : "the other ", kept, kept == 1 ? "" : "s",
			number(windows).s);
}

/* The headline row of the section that row r starts, or NULL. */
static const struct table_row *section_row(const struct table *t, size_t r)
{
	if (!table_section_starts(t, r) || t->rows[r].page == RUN_PAGE_FALLBACK)
		return NULL;
	return cost_headline(t, t->rows[r].bench, t->rows[r].page);
}

/* Whether the row is of another program (fio), and this table has the row that it repeats. */
static bool is_repeated(const struct table *t, size_t r)
{
	struct fio_pair pair;

	for (size_t c = 0; c < t->n_columns; c++)
		if (fio_compare_pair(t, r, t->columns[c], &pair))
			return true;
	return false;
}

/* The first page size of each benchmark. */
static void say_main_costs(const struct tables *tables, const struct table *t, findings_say *say,
			   void *arg)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (starts_bench(t, r) && section_row(t, r) && !is_repeated(t, r))
			say_costs(tables, t, section_row(t, r), say, arg);
}

static void say_more_costs(const struct tables *tables, const struct table *t, findings_say *say,
			   void *arg)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if ((!starts_bench(t, r) || is_repeated(t, r)) && section_row(t, r))
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

/* A 2 MiB fault that falls back on raw has its cause in the filesystem: the extent is not
 * aligned. */
static void say_refused_on_raw(const struct tables *tables, const struct table *t,
			       findings_say *say, void *arg)
{
	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row = &t->rows[r];
		const struct run_record *raw = table_raw(tables, row);
		const struct table_row *huge = table_sibling(t, row, RUN_PAGE_PMD);
		const json_t *placed;
		char where[128] = "";
		int64_t n;

		if (!raw || raw->page != RUN_PAGE_FALLBACK)
			continue;
		n = raw->n;
		if (huge && huge->cell[raw->stack_rank])
			n += huge->cell[raw->stack_rank]->n;
		placed = json_object_get(raw->proof, "windows_placed_huge");
		if (json_is_integer(placed))
			snprintf(where, sizeof(where),
				 "; the filesystem aligned %s of %s windows to 2 MiB",
				 number(json_integer_value(placed)).s, number(n).s);
		findings_sayf(say, arg,
			      "%s: %s: %s faults on raw fell back from 2 MiB to 4 KiB, median %s "
			      "%s%s",
			      table_fs(t), raw->variant, number(raw->n).s, number(raw->median).s,
			      t->unit, where);
	}
}

enum topic { OVERHEAD, GROWTH, HUGE_PAGES, WITHOUT_DAX, DURABLE, TABLES, WORKERS, FIO, N_TOPICS };

/* The most important first, each for all filesystems.  main: part of the short report. */
static const struct {
	bool main;
	enum topic topic;
	void (*say)(const struct tables *, const struct table *, findings_say *, void *);
} kinds[] = {
	{true, OVERHEAD, say_main_costs},
	{true, GROWTH, say_all_growing},
	{true, HUGE_PAGES, huge_causes_say},
	{true, HUGE_PAGES, say_lost_all},
	{true, HUGE_PAGES, mkfs_layout_say},
	{true, HUGE_PAGES, say_refused_on_raw},
	{true, HUGE_PAGES, say_kept},
	{true, WITHOUT_DAX, fallback_cost_say},
	{true, DURABLE, fallback_cost_say_sync},
	{false, WITHOUT_DAX, fallback_cost_say_raw},
	{false, TABLES, fit_segments_say},
	{false, WORKERS, scaling_say},
	{false, FIO, fio_compare_say},
	{false, OVERHEAD, say_range},
	{false, OVERHEAD, say_more_costs},
	{false, OVERHEAD, say_main_rest},
};

static void say_kind(const struct tables *tables, size_t k, findings_say *say, void *arg)
{
	for (size_t i = 0; i < tables->n; i++)
		kinds[k].say(tables, &tables->table[i], say, arg);
}

static void say_kinds(const struct tables *tables, bool main_only, findings_say *say, void *arg)
{
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (kinds[k].main || !main_only)
			say_kind(tables, k, say, arg);
}

void findings_numbers(const struct tables *tables, findings_say *say, void *arg)
{
	say_kinds(tables, false, say, arg);
}

void findings_main(const struct tables *tables, findings_say *say, void *arg)
{
	say_kinds(tables, true, say, arg);
}

static void say_topic(const struct tables *tables, enum topic topic, findings_say *say, void *arg)
{
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (kinds[k].topic == topic)
			say_kind(tables, k, say, arg);
}

#define TOPIC(name, topic)                                                          \
	static void name(const struct tables *tables, findings_say *say, void *arg) \
	{                                                                           \
		say_topic(tables, topic, say, arg);                                 \
	}

TOPIC(say_overhead, OVERHEAD)
TOPIC(say_growth, GROWTH)
TOPIC(say_huge_pages, HUGE_PAGES)
TOPIC(say_without_dax, WITHOUT_DAX)
TOPIC(say_durable, DURABLE)
TOPIC(say_tables, TABLES)
TOPIC(say_workers, WORKERS)
TOPIC(say_fio, FIO)

const struct findings_topic findings_topics[] = {
	[OVERHEAD] = {"overhead", "What device-mapper adds", say_overhead},
	[GROWTH] = {"growth", "What grows with the number of segments", say_growth},
	[HUGE_PAGES] = {"huge-pages-lost", "Huge pages", say_huge_pages},
	[WITHOUT_DAX] = {"without-dax", "The cost of losing DAX", say_without_dax},
	[DURABLE] = {"durability", "What makes stores durable", say_durable},
	[TABLES] = {"table-operations", "Operations on tables", say_tables},
	[WORKERS] = {"workers", "Several workers", say_workers},
	[FIO] = {"fio", "Against fio", say_fio},
	[N_TOPICS] = {0},
};

static bool has_gap(const struct run_gap *gaps, size_t n, const struct run_gap *gap)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(gaps[i].id, gap->id) && !strcmp(gaps[i].why, gap->why))
			return true;
	return false;
}

/* One sentence per reason, with the ids. */
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
		findings_sayf(say, arg, "%s: %s%s%s [%zu: %s]", kind, gaps[i].why,
			      *gaps[i].cure ? "; cure: " : "", gaps[i].cure, ids.n + ids.more,
			      ids.text);
	}
}

/* Those of GAPS that state 1 has not. */
static void say_more_gaps(const char *kind, unsigned int state, const struct run_gap *gaps,
			  size_t n, const struct run_gap *first, size_t n_first, findings_say *say,
			  void *arg)
{
	struct run_gap *more = memory_check(calloc(n + 1, sizeof(*more)));
	char text[64];
	size_t n_more = 0;

	snprintf(text, sizeof(text), "%s in initial state %u", kind, state);
	for (size_t i = 0; more && i < n; i++)
		if (!has_gap(first, n_first, &gaps[i]))
			more[n_more++] = gaps[i];
	say_gaps(text, more, n_more, say, arg);
	free(more);
}

/* Gaps of the further initial states. */
static void say_gaps_of_states(const struct over_states *states, findings_say *say, void *arg)
{
	const struct run *first = states->runs[0];

	for (size_t r = 1; r < states->n_runs; r++) {
		const struct run *run = states->runs[r];

		say_more_gaps("void (proof failed)", states->state[r], run->voids, run->n_voids,
			      first->voids, first->n_voids, say, arg);
		say_more_gaps("skipped", states->state[r], run->skips, run->n_skips, first->skips,
			      first->n_skips, say, arg);
	}
}

/* The cells of one stack without record, void or skip. */
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
		findings_sayf(say, arg, "not measured: %s on %s, all %zu variants",
			      tables->run->stacks.name[stack], table_fs(t), asked);
	else if (names.n)
		findings_sayf(say, arg, "not measured: %s on %s, %zu of %zu variants: %s",
			      tables->run->stacks.name[stack], table_fs(t), names.n + names.more,
			      asked, names.text);
}

/* Whether an id is of all variants of a benchmark, BENCH.*{stack=STACK,fs=FS}. */
static bool is_whole_on_fs(const char *id, const char *fs)
{
	const char *at = strstr(id, ",fs=");

	return at && strstr(id, ".*{") && !strncmp(at + 4, fs, strlen(fs)) &&
	       !strcmp(at + 4 + strlen(fs), "}");
}

void findings_gaps(const struct tables *tables, findings_say *say, void *arg)
{
	const struct run *run = tables->run;

	say_gaps("void (proof failed)", run->voids, run->n_voids, say, arg);
	say_gaps("skipped", run->skips, run->n_skips, say, arg);
	if (tables->states)
		say_gaps_of_states(tables->states, say, arg);
	for (size_t f = 0; f < run->fs.n; f++) {
		bool found = false;

		for (size_t i = 0; i < tables->n && !found; i++)
			found = !strcmp(tables->table[i].fs, run->fs.name[f]);
		for (size_t i = 0; i < run->n_skips && !found; i++)
			found = is_whole_on_fs(run->skips[i].id, run->fs.name[f]);
		if (!found && !run->n_proven)
			findings_sayf(say, arg, "not measured: %s: no record at all",
				      run->fs.name[f]);
	}
	for (size_t b = 0; b < run->benches.n; b++) {
		bool found = false;

		/* The context names benchmarks as the user did: by name or glob. */
		for (size_t v = 0; v < run->variants.n && !found; v++)
			found = !fnmatch(run->benches.name[b], run->variants.name[v], 0);
		for (size_t i = 0; i < run->n_records && !found; i++)
			found = !strcmp(run->records[i].bench, run->benches.name[b]);
		if (!found && !run->n_proven)
			findings_sayf(say, arg, "not measured: benchmark %s: no record at all",
				      run->benches.name[b]);
	}
	for (size_t i = 0; i < tables->n; i++)
		for (size_t s = 0; s < run->stacks.n; s++)
			say_missing(tables, &tables->table[i], s, say, arg);
	if (tables->n && tables->raw < 0)
		findings_sayf(say, arg, "not measured: raw; DM overhead is unknown");
}

/* Of all initial states. */
static int64_t count_samples(const struct tables *tables)
{
	int64_t samples = 0;

	for (size_t i = 0; i < tables->run->n_records; i++) {
		const struct run_record *rec = &tables->run->records[i];

		if (!rec->over)
			samples += rec->n;
		for (size_t v = 0; rec->over && v < rec->n_values; v++)
			samples += rec->values[v].count;
	}
	return samples;
}

static void say_state(const struct tables *tables, findings_say *say, void *arg)
{
	const struct run *run = tables->run;
	char states[64];

	over_states_words(tables->states, states, sizeof(states));
	if (run_is_complete(run))
		findings_sayf(say, arg,
			      "run: complete, %s records, %s samples%s%s, %zu void, %zu skipped",
			      number((int64_t)run->n_records).s, number(count_samples(tables)).s,
			      *states ? " in " : "", states, run->n_voids, run->n_skips);
	else if (run->ended)
		findings_sayf(say, arg,
			      "run: BROKEN, ended with status %lld after %s records; not a valid "
			      "baseline",
			      (long long)run->status, number((int64_t)run->n_records).s);
	else
		findings_sayf(say, arg,
			      "run: INCOMPLETE, %s after %s records; not a valid baseline",
			      run->cut ? "last line cut off" : "no end line",
			      number((int64_t)run->n_records).s);
	if (run->n_proven)
		findings_sayf(say, arg, "proven: %s passes; no numbers kept",
			      number((int64_t)run->n_proven).s);
	if (run->n_unread)
		findings_sayf(say, arg, "note: %zu lines of unknown type ignored", run->n_unread);
}

void findings_head(const struct tables *tables, findings_say *say, void *arg)
{
	const struct run_context *c = &tables->run->context;
	struct list names = {.text = ""};
	bool insn = !strcmp(c->meter, "insn");

	findings_sayf(say, arg, "kernel: %s", c->kernel);
	findings_sayf(say, arg, "meter: %s%s", c->meter,
		      insn ? " (guest instructions, exact; no measure of time)"
		      : !strcmp(c->meter, "time") ? " (host clock, ns)"
		      : !strcmp(c->meter, "none") ? " (proofs only, nothing measured)"
						  : "");
	if (*c->qemu)
		findings_sayf(say, arg, "host: emulated by QEMU %.*s, %s, %.*s, %s MiB, boot %s",
			      (int)strcspn(c->qemu, " "), c->qemu, c->accel,
			      (int)strcspn(c->machine, ","), c->machine,
			      number(c->emulated_mem_mib).s, *c->boot ? c->boot : "unknown");
	else
		findings_sayf(say, arg, "host: local, %s", c->cpu);
	findings_sayf(say, arg, "suite: daxdm %s", c->suite);
	for (size_t i = 0; i < tables->run->stacks.n; i++)
		list_add(&names, 64, tables->run->stacks.name[i]);
	list_close(&names);
	findings_sayf(say, arg, "stacks: %s", names.text);
	say_state(tables, say, arg);
}
