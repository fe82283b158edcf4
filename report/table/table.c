// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables for a terminal.  A cell is the median followed by the DM overhead.  If that is too wide,
 * the overhead goes below the median; if that is still too wide, the stacks are split into groups,
 * each with row labels and raw.
 */
#include "report/table/table.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* columns between two cells */

static struct table *find_table(const struct tables *tables, const struct run_record *rec)
{
	for (size_t i = 0; i < tables->n; i++)
		if (!strcmp(tables->table[i].fs, rec->fs) &&
		    !strcmp(tables->table[i].unit, rec->unit))
			return &tables->table[i];
	return NULL;
}

/* The last row, if the record belongs to it: records are ordered by row. */
static struct table_row *find_row(const struct table *t, const struct run_record *rec)
{
	struct table_row *row = t->n_rows ? &t->rows[t->n_rows - 1] : NULL;

	return row && !strcmp(row->bench, rec->bench) && !strcmp(row->variant, rec->variant) ? row
											     : NULL;
}

static struct table_row *add_row(struct table *t, const struct run_record *rec, size_t n_stacks)
{
	struct table_row *rows = reallocarray(t->rows, t->n_rows + 1, sizeof(*rows));

	if (!rows)
		return NULL;
	t->rows = rows;
	rows += t->n_rows;
	*rows = (struct table_row){rec->bench, rec->variant, rec->page,
				   role_of(rec->bench, rec->variant), NULL};
	rows->cell = calloc(n_stacks, sizeof(const struct run_record *));
	if (!rows->cell)
		return NULL;
	t->n_rows++;
	return rows;
}

static struct table *add_table(struct tables *tables, const struct run_record *rec)
{
	struct table *more = reallocarray(tables->table, tables->n + 1, sizeof(*more));

	if (!more)
		return NULL;
	tables->table = more;
	more += tables->n;
	*more = (struct table){.fs = rec->fs, .unit = rec->unit};
	more->columns = calloc(tables->run->stacks.n, sizeof(*more->columns));
	if (!more->columns)
		return NULL;
	tables->n++;
	return more;
}

static void find_columns(struct table *t, size_t n_stacks)
{
	for (size_t s = 0; s < n_stacks; s++) {
		bool used = false;

		for (size_t r = 0; r < t->n_rows && !used; r++)
			used = t->rows[r].cell[s];
		if (used)
			t->columns[t->n_columns++] = s;
	}
}

int tables_build(const struct run *run, struct tables *tables)
{
	*tables = (struct tables){.run = run, .raw = -1};
	for (size_t i = 0; i < run->stacks.n; i++)
		if (!strcmp(run->stacks.name[i], "raw"))
			tables->raw = (long)i;
	for (size_t i = 0; i < run->n_records; i++) {
		const struct run_record *rec = &run->records[i];
		struct table *t = find_table(tables, rec);
		struct table_row *row;

		if (!t)
			t = add_table(tables, rec);
		if (!t)
			return -ENOMEM;
		row = find_row(t, rec);
		if (!row)
			row = add_row(t, rec, run->stacks.n);
		if (!row)
			return -ENOMEM;
		row->cell[rec->stack_rank] = rec;
	}
	for (size_t i = 0; i < tables->n; i++)
		find_columns(&tables->table[i], run->stacks.n);
	return 0;
}

int tables_build_over(const struct over_states *states, struct tables *tables)
{
	int rc = tables_build(&states->run, tables);

	tables->states = states->n_states > 1 ? states : NULL;
	return rc;
}

void tables_free(struct tables *tables)
{
	for (size_t i = 0; i < tables->n; i++) {
		struct table *t = &tables->table[i];

		for (size_t r = 0; r < t->n_rows; r++)
			free(t->rows[r].cell);
		free(t->rows);
		free(t->columns);
	}
	free(tables->table);
	memset(tables, 0, sizeof(*tables));
}

const struct run_record *table_raw(const struct tables *tables, const struct table_row *row)
{
	return tables->raw < 0 ? NULL : row->cell[tables->raw];
}

const struct table_row *table_sibling(const struct table *table, const struct table_row *row,
				      enum run_page page)
{
	size_t stem, other;

	run_page_of(row->variant, &stem);
	for (size_t r = 0; r < table->n_rows; r++) {
		const struct table_row *o = &table->rows[r];

		run_page_of(o->variant, &other);
		if (o->page == page && other == stem && !strcmp(o->bench, row->bench) &&
		    !strncmp(o->variant, row->variant, stem))
			return o;
	}
	return NULL;
}

static bool has_gap(const struct run_gap *gaps, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(gaps[i].id, id))
			return true;
	return false;
}

const char *table_gap(const struct tables *tables, const struct table *table,
		      const struct table_row *row, size_t stack_rank)
{
	const struct run *run = tables->run;
	const struct table_row *fallback;
	char id[512];

	snprintf(id, sizeof(id), "%s.%s{stack=%s%s%s}", row->bench, row->variant,
		 run->stacks.name[stack_rank], *table->fs ? ",fs=" : "", table->fs);
	if (has_gap(run->voids, run->n_voids, id))
		return "void";
	if (has_gap(run->skips, run->n_skips, id))
		return "skip";
	/* A benchmark may be skipped as a whole. */
	snprintf(id, sizeof(id), "%s.*{stack=%s%s%s}", row->bench, run->stacks.name[stack_rank],
		 *table->fs ? ",fs=" : "", table->fs);
	if (has_gap(run->skips, run->n_skips, id))
		return "skip";
	fallback = row->page == RUN_PAGE_PMD ? table_sibling(table, row, RUN_PAGE_FALLBACK) : NULL;
	return fallback && fallback->cell[stack_rank] ? "lost" : "-";
}

const char *table_section(const struct table_row *row, char *buf, size_t size)
{
	static const char *const pages[] = {
		[RUN_PAGE_PTE] = ", 4 KiB pages (pte)",
		[RUN_PAGE_PMD] = ", 2 MiB pages (pmd)",
		[RUN_PAGE_FALLBACK] = ", 2 MiB fault mapped by 4 KiB (fallback)",
		[RUN_PAGE_NONE] = "",
	};

	snprintf(buf, size, "%s%s", row->bench, pages[row->page]);
	return buf;
}

bool table_section_starts(const struct table *table, size_t row)
{
	const struct table_row *r = &table->rows[row];

	return !row || r[-1].page != r->page || strcmp(r[-1].bench, r->bench);
}

const char *table_label(const struct table_row *row, char *buf, size_t size)
{
	size_t stem;

	run_page_of(row->variant, &stem);
	snprintf(buf, size, "%.*s", (int)stem, row->variant);
	return buf;
}

const char *table_fs(const struct table *table)
{
	return *table->fs ? table->fs : "no filesystem";
}

const char *table_value_words(const struct tables *tables, char *buf, size_t size)
{
	char states[64];

	over_states_words(tables->states, states, sizeof(states));
	snprintf(buf, size, "median%s%s%s", *states ? " over " : "", states,
		 *states ? " (range where it varies)" : "");
	return buf;
}

/* What a cell shows, in this order, on one line or two: the median, its range over the initial
 * states, the DM overhead, its range. */
enum part { MEDIAN, RANGE, EXTRA, EXTRA_RANGE, PARTS };

struct cell_text {
	char s[PARTS][80];
};

/* Widths in terminal columns. */
struct layout {
	bool inline_overhead; /* the overhead is on the line of the median, not below it */
	int label;	      /* width of the row labels */
	int (*part)[PARTS];   /* by position in table->columns */
	int *cell;
};

/* The parts of a cell; all are "" without a record.  The space before a range is not a part. */
static struct cell_text cell_text(const struct run_record *rec, const struct run_record *raw)
{
	struct cell_text text = {{""}};
	struct quantity q;

	if (!rec)
		return text;
	q = over_states_median(rec);
	snprintf(text.s[MEDIAN], sizeof(text.s[MEDIAN]), "%s", number(rec->median).s);
	if (q.least < q.most)
		snprintf(text.s[RANGE], sizeof(text.s[RANGE]), "%s",
			 quantity_range(&q, false).s + 1);
	if (!raw || rec == raw)
		return text;
	q = over_states_difference(rec, raw);
	snprintf(text.s[EXTRA], sizeof(text.s[EXTRA]), "%s", number_signed(q.median).s);
	if (q.least < q.most)
		snprintf(text.s[EXTRA_RANGE], sizeof(text.s[EXTRA_RANGE]), "%s",
			 quantity_range(&q, true).s + 1);
	return text;
}

/* Of parts FROM to TO, with a space between them. */
static int width_of_parts(const int *part, enum part from, enum part to)
{
	int width = 0;

	for (enum part i = from; i <= to; i++)
		width += part[i] ? part[i] + !!width : 0;
	return width;
}

/* A stack name breaks after commas and slashes: "linear:16," over "align=4k".  Returns the length
 * of part PART, *text its start; 0 past the last. */
static int head_part(const char *name, int part, const char **text)
{
	const char *comma = strpbrk(name, ",/");

	for (; part && comma; part--) {
		name = comma + 1;
		comma = strpbrk(name, ",/");
	}
	*text = name;
	if (part)
		return 0;
	return comma ? (int)(comma + 1 - name) : (int)strlen(name);
}

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

static void measure_cells(const struct tables *tables, const struct table *t, struct layout *l)
{
	char label[256];

	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row = &t->rows[r];
		const struct run_record *raw = table_raw(tables, row);

		l->label = max_int(l->label, (int)strlen(table_label(row, label, sizeof(label))));
		for (size_t c = 0; c < t->n_columns; c++) {
			const struct run_record *rec = row->cell[t->columns[c]];
			struct cell_text text = cell_text(rec, raw);

			if (!rec)
				snprintf(text.s[MEDIAN], sizeof(text.s[MEDIAN]), "%s",
					 table_gap(tables, t, row, t->columns[c]));
			for (enum part i = 0; i < PARTS; i++)
				l->part[c][i] = max_int(l->part[c][i], (int)strlen(text.s[i]));
		}
	}
}

static int width_of(const struct tables *tables, const struct table *t, struct layout *l)
{
	int sum = 2 + l->label;

	for (size_t c = 0; c < t->n_columns; c++) {
		const char *text, *name = tables->run->stacks.name[t->columns[c]];
		int part_len, w;

		if (l->inline_overhead)
			w = width_of_parts(l->part[c], MEDIAN, EXTRA_RANGE);
		else
			w = max_int(width_of_parts(l->part[c], MEDIAN, RANGE),
				    width_of_parts(l->part[c], EXTRA, EXTRA_RANGE));
		for (int part = 0; (part_len = head_part(name, part, &text)) > 0; part++)
			w = max_int(w, part_len);
		l->cell[c] = w;
		sum += GAP + w;
	}
	return sum;
}

/* Of two lines the numbers are aligned, and their ranges. */
static void align_lines(const struct table *t, struct layout *l)
{
	for (size_t c = 0; c < t->n_columns; c++)
		for (enum part i = MEDIAN; i <= RANGE; i++)
			l->part[c][i] = l->part[c][i + EXTRA] =
				max_int(l->part[c][i], l->part[c][i + EXTRA]);
}

/* The end of the group of columns from FIRST on that fits the width; each group starts with raw. */
static size_t group_end(const struct tables *tables, const struct table *t, const struct layout *l,
			size_t first, int width)
{
	int sum = 2 + l->label;
	size_t c;

	if (first && (long)t->columns[0] == tables->raw)
		sum += GAP + l->cell[0];
	for (c = first; c < t->n_columns; c++) {
		sum += GAP + l->cell[c];
		if (sum > width && c > first)
			break;
	}
	return c;
}

/* Column raw, if it is not in the group, and the columns of the group. */
#define for_group(c, first, end, tables, t)                                              \
	for (size_t c = (first) && (long)(t)->columns[0] == (tables)->raw ? 0 : (first); \
	     c < (end); c = c || !(first) ? c + 1 : (first))

/* A cell that ends `width` columns after the previous one.  Spaces are deferred until text follows,
 * so that no line ends in one. */
static void put_text(FILE *out, int *owed, int width, int len, const char *text)
{
	*owed += width;
	if (!len)
		return;
	fprintf(out, "%*.*s", *owed, len, text);
	*owed = 0;
}

static void print_head(const struct tables *tables, const struct table *t, const struct layout *l,
		       size_t first, size_t end, FILE *out)
{
	bool more = true;

	for (int part = 0; more; part++) {
		int owed = 2 + l->label;

		more = false;
		for_group(c, first, end, tables, t)
		{
			const char *text, *name = tables->run->stacks.name[t->columns[c]];
			int len = head_part(name, part, &text);
			const char *next;

			put_text(out, &owed, GAP + l->cell[c], len, text);
			more = more || head_part(name, part + 1, &next);
		}
		fputc('\n', out);
	}
}

/* Parts FROM to TO of a cell, aligned with those of the other cells of the column. */
static void put_parts(FILE *out, int *owed, const struct layout *l, size_t c,
		      const struct cell_text *text, enum part from, enum part to)
{
	int before = l->cell[c] - width_of_parts(l->part[c], from, to);
	bool any = false;

	*owed += GAP + before;
	for (enum part i = from; i <= to; i++) {
		int len = (int)strlen(text->s[i]), width = l->part[c][i];
		bool is_range = i == RANGE || i == EXTRA_RANGE;

		if (!width)
			continue;
		*owed += any;
		/* A range follows its number. */
		put_text(out, owed, is_range ? len : width, len, text->s[i]);
		*owed += is_range ? width - len : 0;
		any = true;
	}
}

/* Parts FROM to TO of each cell. */
static void print_line(const struct tables *tables, const struct table *t, const struct layout *l,
		       const struct table_row *row, size_t first, size_t end, enum part from,
		       enum part to, FILE *out)
{
	const struct run_record *raw = table_raw(tables, row);
	char label[256] = "";
	int owed = 0;

	if (from == MEDIAN)
		table_label(row, label, sizeof(label));
	if (*label)
		fprintf(out, "  %-*s", l->label, label);
	else
		owed = 2 + l->label;
	for_group(c, first, end, tables, t)
	{
		const struct run_record *rec = row->cell[t->columns[c]];
		const struct cell_text text = cell_text(rec, raw);
		const char *gap;

		if (rec || from != MEDIAN) {
			put_parts(out, &owed, l, c, &text, from, to);
			continue;
		}
		gap = table_gap(tables, t, row, t->columns[c]);
		put_text(out, &owed, GAP + l->cell[c], (int)strlen(gap), gap);
	}
	fputc('\n', out);
}

static void print_row(const struct tables *tables, const struct table *t, const struct layout *l,
		      const struct table_row *row, size_t first, size_t end, FILE *out)
{
	const struct run_record *raw = table_raw(tables, row);
	bool below = false;

	for_group(c, first, end, tables, t)
	{
		const struct run_record *rec = row->cell[t->columns[c]];

		below |= raw && rec && rec != raw && !l->inline_overhead;
	}
	print_line(tables, t, l, row, first, end, MEDIAN, l->inline_overhead ? EXTRA_RANGE : RANGE,
		   out);
	if (below)
		print_line(tables, t, l, row, first, end, EXTRA, EXTRA_RANGE, out);
}

static void print_groups(const struct tables *tables, const struct table *t, const struct layout *l,
			 FILE *out, int width)
{
	char section[128];

	for (size_t first = 0, end; first < t->n_columns; first = end) {
		end = group_end(tables, t, l, first, width);
		if (first)
			fputc('\n', out);
		print_head(tables, t, l, first, end, out);
		for (size_t r = 0; r < t->n_rows; r++) {
			if (table_section_starts(t, r))
				fprintf(out, "%s\n",
					table_section(&t->rows[r], section, sizeof(section)));
			print_row(tables, t, l, &t->rows[r], first, end, out);
		}
	}
}

void table_print(const struct tables *tables, FILE *out, int width)
{
	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		struct layout l = {.inline_overhead = true};
		char words[128];

		l.part = memory_check(calloc(t->n_columns + 1, sizeof(*l.part)));
		l.cell = memory_check(calloc(t->n_columns + 1, sizeof(*l.cell)));
		if (!l.part || !l.cell) {
			free(l.part);
			free(l.cell);
			return;
		}
		measure_cells(tables, t, &l);
		if (width_of(tables, t, &l) > width) {
			l.inline_overhead = false;
			align_lines(t, &l);
			width_of(tables, t, &l);
		}
		fprintf(out, "%s: %s in %s per sample%s\n", table_fs(t),
			table_value_words(tables, words, sizeof(words)), t->unit,
			tables->raw < 0	    ? ""
			: l.inline_overhead ? " and signed DM overhead"
					    : "; below it DM overhead");
		print_groups(tables, t, &l, out, width);
		fputc('\n', out);
		free(l.part);
		free(l.cell);
	}
}
