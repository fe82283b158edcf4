// SPDX-License-Identifier: GPL-2.0-only
/* From runs to rows.  Pure: nothing is printed here. */
#include "report/compare/compare.h"

#include "lib/base/msg.h"
#include "report/compare/comparability.h"
#include "report/compare/lost_work.h"

#include <errno.h>
#include <math.h>
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

static int64_t state_of(const struct run *run)
{
	const json_t *emulator = json_object_get(run->context.json, "emulator");
	json_int_t state = json_integer_value(json_object_get(emulator, "state"));

	return state ? state : 1;
}

static bool same_state(const struct run *a, const struct run *b)
{
	const json_t *ea = json_object_get(a->context.json, "emulator"),
		     *eb = json_object_get(b->context.json, "emulator");

	return !strcmp(a->context.meter, "insn") && state_of(a) == state_of(b) &&
	       json_integer_value(json_object_get(ea, "seed")) ==
		       json_integer_value(json_object_get(eb, "seed")) &&
	       !strcmp(a->context.build, b->context.build);
}

/* A second run of the same state repeats the first to the last sample: it adds nothing. */
static int find_states(struct side *side)
{
	free(side->first_of_state);
	side->first_of_state = calloc(side->n_runs + 1, sizeof(*side->first_of_state));
	if (!side->first_of_state)
		return -ENOMEM;
	for (size_t r = 0; r < side->n_runs; r++) {
		size_t first = 0;

		while (first < r && !same_state(&side->runs[r], &side->runs[first]))
			first++;
		side->first_of_state[r] = first;
	}
	return 0;
}

/* Whether an earlier run of the same state has the record. */
static bool has_state(const struct side *side, size_t r, const struct run_record *rec,
		      const char *stack)
{
	for (size_t q = 0; q < r; q++)
		if (side->first_of_state[q] == side->first_of_state[r] &&
		    find_on(&side->runs[q], rec, stack))
			return true;
	return false;
}

static uint64_t state_bit(const struct run *run)
{
	int64_t state = state_of(run);

	return state > 0 && state < 64 ? UINT64_C(1) << state : 0;
}

static void add_to_cell(const struct side *side, size_t r, const struct run_record *rec,
			const char *stack, struct cell *cell)
{
	const struct run *run = &side->runs[r];
	const struct run_record *raw = strcmp(stack, "raw") ? find_on(run, rec, "raw") : NULL;
	bool again = has_state(side, r, rec, stack);

	if (!cell->rec)
		cell->rec = rec;
	if (!again) {
		quantity_add(&cell->metric, rec->median);
		quantity_add(&cell->mean, llround(rec->mean * 100));
		quantity_add(&cell->slow, rec->p90);
		cell->states |= state_bit(run);
	}
	/* A state may have been measured without raw, and again with it. */
	if (raw && (!again || (state_bit(run) & ~cell->tax_states))) {
		quantity_add(&cell->tax, rec->median - raw->median);
		cell->tax_states |= state_bit(run);
	}
}

static void fill_cell(const struct side *side, const struct run_record *row_rec, const char *stack,
		      struct cell *cell)
{
	for (size_t r = 0; r < side->n_runs; r++) {
		const struct run_record *rec = find_on(&side->runs[r], row_rec, stack);

		if (rec)
			add_to_cell(side, r, rec, stack, cell);
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

static size_t first_of(const struct comparison *c, size_t step)
{
	return step < c->n_steps ? step : 0;
}

static size_t last_of(const struct comparison *c, size_t step)
{
	return step < c->n_steps ? step + 1 : c->n_sides - 1;
}

/* Finds the steps whose sides were measured with different seeds or builds of daxdm. */
static int find_other_seeds(struct comparison *c)
{
	c->other_seed_or_build = calloc(c->n_steps + 1, sizeof(bool));
	if (!c->other_seed_or_build)
		return -ENOMEM;
	for (size_t s = 0; s <= c->n_steps; s++)
		c->other_seed_or_build[s] = comparability_check(
			&c->sides[first_of(c, s)].runs[0].context,
			&c->sides[last_of(c, s)].runs[0].context, COMPARABILITY_STATES, NULL, NULL);
	return 0;
}

/* Only for the worse in the first state, which selects what the others test: all of them count in
 * the correction for their number.  In one state, nothing if the median says it. */
static struct change judge_mean_or_p90(const struct quantity *base, const struct quantity *new,
				       const struct step *step, const struct judge *judge)
{
	struct change c = change_judge(base, new, base->median, judge);
	bool worse = judge->higher_is_better ? new->first < base->first : new->first > base->first;

	if (!c.flagged || !worse || base->median <= 0 ||
	    (!c.several && compare_median_is_worse(step)))
		return (struct change){.kind = CHANGE_ABSENT};
	if (!c.several)
		c.kind = CHANGE_UNSURE;
	return c;
}

static void judge_mean_and_p90(const struct cell *base, const struct cell *new,
			       const struct judge *judge, struct step *step)
{
	if (judge->time)
		return;
	step->mean = judge_mean_or_p90(&base->mean, &new->mean, step, judge);
	if (!judge->higher_is_better)
		step->slow = judge_mean_or_p90(&base->slow, &new->slow, step, judge);
}

/* How functions were traced, "fentry" or "kprobe"; NULL: the record needs no tracer. */
static const char *tracer_of(const struct cell *cell)
{
	return json_string_value(json_object_get(cell->rec->proof, "traced_by"));
}

/* The two ways read the clock at different instructions. */
static bool are_traced_in_one_way(const struct cell *base, const struct cell *new)
{
	const char *a = tracer_of(base), *b = tracer_of(new);

	return !a || !b || !strcmp(a, b);
}

/* Step `at` of the row; n_steps is from the first side to the last. */
static void fill_step(const struct comparison *c, const struct row *row, size_t at,
		      struct step *step)
{
	const size_t from = first_of(c, at), to = last_of(c, at);
	const struct cell *base = &row->cells[from], *new = &row->cells[to];
	struct judge judge = {.time = c->time,
			      .other_seed_or_build = c->other_seed_or_build[at],
			      .higher_is_better = !strcmp(row->rec->better, "higher"),
			      .threshold = row->threshold};
	const char *stack = stack_of(c, to, row->rec);
	const struct run *run = &c->sides[to].runs[0];

	step->why = "";
	if (base->rec && new->rec && !are_traced_in_one_way(base, new)) {
		step->metric.kind = CHANGE_LEFT_OUT;
		step->why = "traced by fentry on one side and kprobe on the other; bench --tracer "
			    "kprobe traces both in the same way";
	} else if (base->rec && new->rec) {
		step->metric =
			change_judge(&base->metric, &new->metric, base->metric.median, &judge);
		step->same_samples = base->metric.n == 1 && new->metric.n == 1 &&
				     base->rec->n == new->rec->n &&
				     !strcmp(base->rec->digest, new->rec->digest);
		judge_mean_and_p90(base, new, &judge, step);
		/* Two stacks do different work. */
		if (!c->stack_new)
			lost_work(base->rec, base->metric.median, new->rec, new->metric.median,
				  step->lost_work, sizeof(step->lost_work));
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
	for (size_t s = 0; s <= c->n_steps; s++)
		fill_step(c, row, s, &row->steps[s]);
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

static bool is_any_or_has(const struct words *words, const char *word)
{
	return !words->n || words_has(words, word);
}

/* Whether the user chose its row.  What fell back to 4 KiB pages was asked for with 2 MiB. */
static bool is_chosen(const struct workload *only, const struct run_record *rec)
{
	char asked[256];
	size_t stem;

	if (!is_any_or_has(&only->stacks, rec->stack) ||
	    !is_any_or_has(&only->filesystems, rec->fs))
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

/* Of each step all quantities together. */
static int confirm_step(struct comparison *c, size_t s)
{
	struct change **list = calloc(4 * c->n_rows + 1, sizeof(struct change *));
	size_t n = 0;
	int rc;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_rows; i++) {
		struct step *step = &c->rows[i].steps[s];

		list[n++] = &step->metric;
		list[n++] = &step->tax;
		list[n++] = &step->mean;
		list[n++] = &step->slow;
	}
	rc = change_confirm(list, n);
	free(list);
	return rc;
}

int comparison_build(struct comparison *c)
{
	size_t room = 0;
	int rc = 0;

	c->n_steps = c->n_sides - 1;
	for (size_t s = 0; s < c->n_sides; s++)
		if (find_states(&c->sides[s]) < 0)
			return -ENOMEM;
	for (size_t s = 0; s < c->n_sides; s++)
		for (size_t r = 0; r < c->sides[s].n_runs; r++)
			room += c->sides[s].runs[r].n_records;
	c->rows = calloc(room + 1, sizeof(*c->rows));
	if (!c->rows || find_other_seeds(c) < 0)
		return -ENOMEM;
	c->time = !strcmp(c->sides[0].runs[0].context.meter, "time");
	for (size_t s = 0; s < c->n_sides && !rc; s++)
		for (size_t r = 0; r < c->sides[s].n_runs && !rc; r++)
			rc = add_rows(c, s, r);
	for (size_t s = 0; s <= c->n_steps && !rc; s++)
		rc = confirm_step(c, s);
	c->unit = c->n_rows ? c->rows[0].rec->unit : "";
	return rc;
}

static void judge_as_measured(struct change *change)
{
	if (change->kind == CHANGE_UNSURE && change->several)
		change->kind = change->worse ? CHANGE_REGRESSED : CHANGE_IMPROVED;
}

void comparison_judge_as_measured(struct comparison *c)
{
	for (size_t s = 0; s <= c->n_steps; s++) {
		const struct counts n = comparison_count(c, s);

		if (change_states_needed(n.unsure, n.flagged) <= n.states)
			continue;
		for (size_t i = 0; i < c->n_rows; i++) {
			judge_as_measured(&c->rows[i].steps[s].metric);
			judge_as_measured(&c->rows[i].steps[s].tax);
		}
	}
}

void comparison_free_rows(struct comparison *c)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		free(c->rows[i].cells);
		free(c->rows[i].steps);
	}
	free(c->rows);
	free(c->other_seed_or_build);
	c->other_seed_or_build = NULL;
	c->rows = NULL;
	c->n_rows = 0;
}

void compare_free_side(struct side *side)
{
	for (size_t r = 0; r < side->n_runs; r++)
		run_free(&side->runs[r]);
	free(side->runs);
	free(side->first_of_state);
	*side = (struct side){0};
}

void comparison_free(struct comparison *c)
{
	comparison_free_rows(c);
	for (size_t s = 0; s < c->n_sides; s++)
		compare_free_side(&c->sides[s]);
	thresholds_free(&c->thresholds);
	free(c->stack_base);
	free(c->stack_new);
	workload_free(&c->only);
	memset(c, 0, sizeof(*c));
}

bool compare_is_undecided(const struct step *step, bool tax)
{
	return tax ? change_is_undecided(&step->tax)
		   : change_is_undecided(&step->metric) || change_is_undecided(&step->mean) ||
			       change_is_undecided(&step->slow);
}

static void count_change(struct counts *n, const struct change *change)
{
	bool as_measured = change->several && !change->confirmed &&
			   (change->kind == CHANGE_REGRESSED || change->kind == CHANGE_IMPROVED);

	n->flagged += change->flagged;
	n->as_measured += as_measured;
	n->varies += change->flagged && change->several && !change->confirmed && !as_measured &&
		     change->kind != CHANGE_UNSURE;
	n->one_state += change->flagged && !change->several;
	n->unsure += change->kind == CHANGE_UNSURE && change->several;
	n->confirmed += change->confirmed;
	if (change->confirmed && change->chance > n->chance)
		n->chance = change->chance;
}

static void count_states(struct counts *n, const struct row *row, size_t from, size_t to)
{
	size_t base = row->cells[from].metric.n, new = row->cells[to].metric.n,
	       both = base < new ? base : new;

	n->states = both > n->states ? both : n->states;
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
		n.lost_work += *s->lost_work != '\0';
		count_change(&n, &s->metric);
		count_change(&n, &s->tax);
		count_change(&n, &s->mean);
		count_change(&n, &s->slow);
		count_states(&n, row, first_of(c, step), last_of(c, step));
		n.same_samples += equal && s->same_samples;
		n.other_samples += equal && !s->same_samples;
	}
	return n;
}

bool compare_median_is_worse(const struct step *step)
{
	return step->metric.worse &&
	       (step->metric.kind == CHANGE_REGRESSED || step->metric.kind == CHANGE_UNSURE);
}

bool compare_step_fails(const struct step *step)
{
	return *step->lost_work || change_fails(step->metric.kind) ||
	       change_fails(step->tax.kind) || change_fails(step->mean.kind) ||
	       change_fails(step->slow.kind);
}

const char *compare_step_verdict(const struct step *step)
{
	if (*step->lost_work)
		return "VANISHED WORK";
	if (change_fails(step->metric.kind))
		return change_word(step->metric.kind);
	if (change_fails(step->tax.kind))
		return "DM OVERHEAD REGRESSED";
	if (change_fails(step->mean.kind))
		return "REGRESSED (mean)";
	if (change_fails(step->slow.kind))
		return "REGRESSED (slow end)";
	return change_word(step->metric.kind);
}

int comparison_status(const struct comparison *c)
{
	for (size_t i = 0; i < c->n_rows; i++)
		for (size_t s = 0; s < c->n_steps; s++)
			if (compare_step_fails(&c->rows[i].steps[s]))
				return STATUS_FAILED;
	return STATUS_GOOD;
}

bool compare_row_changed(const struct comparison *c, const struct row *row)
{
	for (size_t s = 0; s < c->n_steps; s++) {
		enum change_kind metric = row->steps[s].metric.kind, tax = row->steps[s].tax.kind;

		if (compare_step_fails(&row->steps[s]) ||
		    (metric != CHANGE_EQUAL && metric != CHANGE_ABSENT) ||
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
