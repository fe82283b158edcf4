// SPDX-License-Identifier: GPL-2.0-only
/* From runs to rows.  Pure: nothing is printed here. */
#include "report/compare/compare.h"

#include "lib/base/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- which record stands for which --------------------------------------------------------- */

/* "bench.variant{stack=STACK,fs=FS}" of the same benchmark on another stack. */
static const char *id_on(const struct run_record *rec, const char *stack, char *buf, size_t size)
{
	snprintf(buf, size, "%s.%s{stack=%s%s%s}", rec->bench, rec->variant, stack,
		 *rec->fs ? ",fs=" : "", rec->fs);
	return buf;
}

/* The stack whose records a side has in the place of rec's. */
static const char *stack_of(const struct comparison *c, size_t side, const struct run_record *rec)
{
	return c->stack_new && side + 1 == c->n_sides ? c->stack_new : rec->stack;
}

static const struct run_record *find_on(const struct run *run, const struct run_record *rec,
					const char *stack)
{
	char id[512];
	const struct run_record *found = run_find(run, id_on(rec, stack, id, sizeof(id)));

	return found && !strcmp(found->unit, rec->unit) ? found : NULL;
}

static bool names_it(const json_t *list, const char *word)
{
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name)
		if (json_is_string(name) && !strcmp(json_string_value(name), word))
			return true;
	return false;
}

bool compare_was_requested(const struct run *run, const struct run_record *rec, const char *stack)
{
	const json_t *context = run->context.json, *glob;
	const json_t *globs = json_object_get(context, "metrics");
	size_t i;

	if (!names_it(json_object_get(context, "stacks"), stack) ||
	    (*rec->fs && !names_it(json_object_get(context, "fs"), rec->fs)))
		return false;
	if (!json_is_array(globs)) /* what it names are the benchmarks then */
		globs = json_object_get(context, "benches");
	json_array_foreach(globs, i, glob)
		if (json_is_string(glob) &&
		    workload_matches(json_string_value(glob), rec->bench, rec->variant))
			return true;
	return false;
}

static const char *gap_why(const struct run_gap *gaps, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(gaps[i].id, id))
			return gaps[i].why;
	return NULL;
}

/* What a run says of a record that it has not. */
static const char *why_not(const struct run *run, const struct run_record *rec, const char *stack)
{
	struct run_record other = *rec;
	char id[512], variant[256];
	const char *why;
	size_t stem;

	id_on(rec, stack, id, sizeof(id));
	why = gap_why(run->voids, run->n_voids, id);
	if (!why)
		why = gap_why(run->skips, run->n_skips, id);
	if (why || run_page_of(rec->variant, &stem) != RUN_PAGE_PMD)
		return why ? why : "";
	snprintf(variant, sizeof(variant), "%.*s.fallback", (int)stem, rec->variant);
	other.variant = variant;
	return find_on(run, &other, stack) ? "huge pages lost, mapped by 4 KiB pages" : "";
}

/* ---- cells and steps ----------------------------------------------------------------------- */

static void fill_cell(const struct side *side, const struct run_record *like, const char *stack,
		      struct cell *cell)
{
	for (size_t r = 0; r < side->n_runs; r++) {
		const struct run_record *rec = find_on(&side->runs[r], like, stack), *raw;

		if (!rec)
			continue;
		if (!cell->rec)
			cell->rec = rec;
		quantity_add(&cell->metric, rec->median);
		raw = strcmp(stack, "raw") ? find_on(&side->runs[r], like, "raw") : NULL;
		if (raw)
			quantity_add(&cell->tax, rec->median - raw->median);
	}
}

/* Huge pages of which all are lost have vanished; where only some are, rows of 4 KiB pages are new.
 */
static bool partly_lost(const struct comparison *c, size_t from, const struct run *run,
			const struct run_record *rec, const char *stack)
{
	struct run_record huge = *rec;
	char variant[256];
	size_t stem;

	if (run_page_of(rec->variant, &stem) != RUN_PAGE_FALLBACK ||
	    !compare_was_requested(&c->sides[from].runs[0], rec, rec->stack))
		return false;
	snprintf(variant, sizeof(variant), "%.*s.pmd", (int)stem, rec->variant);
	huge.variant = variant;
	return find_on(run, &huge, stack);
}

static void fill_step(const struct comparison *c, const struct row *row, size_t from, size_t to,
		      struct step *step)
{
	const struct cell *base = &row->cells[from], *new = &row->cells[to];
	struct judge judge = {c->time, !strcmp(row->rec->better, "higher"), row->threshold};
	const char *stack = stack_of(c, to, row->rec);
	const struct run *run = &c->sides[to].runs[0];

	step->why = "";
	if (base->rec && new->rec) {
		step->metric =
			change_judge(&base->metric, &new->metric, base->metric.median, &judge);
		step->same_samples = c->sides[from].n_runs == 1 && c->sides[to].n_runs == 1 &&
				     base->rec->n == new->rec->n &&
				     !strcmp(base->rec->digest, new->rec->digest);
		judge.threshold = row->tax_threshold;
		if (base->tax.n && new->tax.n)
			step->tax =
				change_judge(&base->tax, &new->tax, base->metric.median, &judge);
	} else if (base->rec) {
		step->metric.kind = compare_was_requested(run, row->rec, stack) ? CHANGE_VANISHED
										: CHANGE_LEFT_OUT;
		if (step->metric.kind == CHANGE_VANISHED)
			step->why = why_not(run, row->rec, stack);
	} else if (new->rec && partly_lost(c, from, run, row->rec, stack)) {
		step->metric.kind = CHANGE_REGRESSED;
		step->why = "huge pages newly lost";
	} else if (new->rec) {
		step->metric.kind = CHANGE_NEW;
	}
}

static int fill_row(struct comparison *c, struct row *row, const struct run_record *rec)
{
	char tax[520];

	*row = (struct row){.rec = rec};
	row->cells = calloc(c->n_sides, sizeof(*row->cells));
	row->steps = calloc(c->n_steps + 1, sizeof(*row->steps));
	if (!row->cells || !row->steps)
		return -ENOMEM;
	snprintf(tax, sizeof(tax), "tax:%s", rec->id);
	row->threshold = thresholds_of(&c->thresholds, rec->id);
	row->tax_threshold = thresholds_of(&c->thresholds, tax);
	for (size_t s = 0; s < c->n_sides; s++)
		fill_cell(&c->sides[s], rec, stack_of(c, s, rec), &row->cells[s]);
	for (size_t s = 0; s < c->n_steps; s++)
		fill_step(c, row, s, s + 1, &row->steps[s]);
	fill_step(c, row, 0, c->n_sides - 1, &row->steps[c->n_steps]);
	return 0;
}

/* ---- all ----------------------------------------------------------------------------------- */

/* Whether a run before this one has the record, so that it has its row already. */
static bool had_before(const struct comparison *c, size_t side, size_t run,
		       const struct run_record *rec)
{
	for (size_t s = 0; s <= side; s++)
		for (size_t r = 0; r < (s == side ? run : c->sides[s].n_runs); r++)
			if (find_on(&c->sides[s].runs[r], rec, rec->stack))
				return true;
	return false;
}

static bool has_word(const struct words *words, const char *word)
{
	bool found = !words->n;

	for (size_t i = 0; i < words->n && !found; i++)
		found = !strcmp(words->list[i], word);
	return found;
}

/* Whether the user chose its row.  What fell back to 4 KiB pages was asked for with 2 MiB. */
static bool is_chosen(const struct workload *only, const struct run_record *rec)
{
	char asked[256];
	size_t stem;

	if (!has_word(&only->stacks, rec->stack) || !has_word(&only->filesystems, rec->fs))
		return false;
	if (!only->benches.n || workload_wants(only, rec->bench, rec->variant))
		return true;
	if (run_page_of(rec->variant, &stem) != RUN_PAGE_FALLBACK)
		return false;
	snprintf(asked, sizeof(asked), "%.*s.pmd", (int)stem, rec->variant);
	return workload_wants(only, rec->bench, asked);
}

static int add_rows(struct comparison *c, size_t side, size_t r)
{
	const struct run *run = &c->sides[side].runs[r];

	for (size_t i = 0; i < run->n_records; i++) {
		const struct run_record *rec = &run->records[i];
		int rc;

		if (c->stack_base && (side || strcmp(rec->stack, c->stack_base)))
			continue;
		if (!is_chosen(&c->only, rec))
			continue;
		if (had_before(c, side, r, rec))
			continue;
		rc = fill_row(c, &c->rows[c->n_rows++], rec);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int comparison_build(struct comparison *c)
{
	size_t room = 0;
	int rc = 0;

	c->n_steps = c->n_sides - 1;
	for (size_t s = 0; s < c->n_sides; s++)
		for (size_t r = 0; r < c->sides[s].n_runs; r++)
			room += c->sides[s].runs[r].n_records;
	c->rows = calloc(room + 1, sizeof(*c->rows));
	if (!c->rows)
		return -ENOMEM;
	c->time = !strcmp(c->sides[0].runs[0].context.meter, "time");
	for (size_t s = 0; s < c->n_sides && !rc; s++)
		for (size_t r = 0; r < c->sides[s].n_runs && !rc; r++)
			rc = add_rows(c, s, r);
	c->unit = c->n_rows ? c->rows[0].rec->unit : "";
	return rc;
}

void comparison_free(struct comparison *c)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		free(c->rows[i].cells);
		free(c->rows[i].steps);
	}
	free(c->rows);
	for (size_t s = 0; s < c->n_sides; s++) {
		for (size_t r = 0; r < c->sides[s].n_runs; r++)
			run_free(&c->sides[s].runs[r]);
		free(c->sides[s].runs);
	}
	thresholds_free(&c->thresholds);
	free(c->stack_base);
	free(c->stack_new);
	workload_free(&c->only);
	memset(c, 0, sizeof(*c));
}

struct counts comparison_count(const struct comparison *c, size_t step)
{
	struct counts n = {0};

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct row *row = &c->rows[i];
		const struct step *s = &row->steps[step];
		bool equal = s->metric.kind == CHANGE_EQUAL;

		n.kind[s->metric.kind]++;
		n.tax[s->tax.kind]++;
		n.too_few += s->metric.too_few;
		n.same_samples += equal && s->same_samples;
		n.other_samples += equal && !s->same_samples;
		if (strcmp(row->rec->stack, "raw") || s->metric.kind == CHANGE_ABSENT)
			continue;
		n.raw++;
		n.raw_equal += equal;
	}
	return n;
}

int comparison_status(const struct comparison *c)
{
	for (size_t i = 0; i < c->n_rows; i++)
		for (size_t s = 0; s < c->n_steps; s++)
			if (change_fails(c->rows[i].steps[s].metric.kind) ||
			    change_fails(c->rows[i].steps[s].tax.kind))
				return STATUS_FAILED;
	return STATUS_GOOD;
}

bool compare_row_changed(const struct comparison *c, const struct row *row)
{
	for (size_t s = 0; s < c->n_steps; s++) {
		enum change_kind metric = row->steps[s].metric.kind, tax = row->steps[s].tax.kind;

		if ((metric != CHANGE_EQUAL && metric != CHANGE_ABSENT) ||
		    (tax != CHANGE_EQUAL && tax != CHANGE_ABSENT))
			return true;
	}
	return false;
}

const struct row *comparison_find(const struct comparison *c, const char *id)
{
	for (size_t i = 0; i < c->n_rows; i++)
		if (!strcmp(c->rows[i].rec->id, id))
			return &c->rows[i];
	return NULL;
}
