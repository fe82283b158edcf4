// SPDX-License-Identifier: GPL-2.0-only
/* An explanation as JSON and as folded stacks. */
#include "report/explain/explanation.h"
#include "report/table/table.h"

#include <errno.h>
#include <inttypes.h>

enum { EXPLANATION_SCHEMA = 1, DEPTH_MAX = 512 };

static json_t *side_json(const struct explained_side *s, const struct attribution *by,
			 enum side side)
{
	const struct run_context *c = &s->run.context;

	return json_pack("{ss ss ss sO* sI sI sI sI sI sI ss}", "metric", s->metric, "kernel",
			 c->release, "package", c->package, "replaced",
			 json_object_get(c->json, "replaced"), "median_insn",
			 (json_int_t)s->record->median, "samples", (json_int_t)s->record->n,
			 "samples_as_median", (json_int_t)s->n_cost, "samples_same_path",
			 (json_int_t)s->n_same, "program_insn", (json_int_t)by->program[side],
			 "sum_insn", (json_int_t)s->sum, "digest", s->record->digest);
}

static json_t *function_json(const struct explanation *e, const struct function *f)
{
	return json_pack("{ss ss sI sI sI sI sI sf ss}", "name", f->name, "module",
			 function_module(f), "base_insn", (json_int_t)f->insns[BASE], "new_insn",
			 (json_int_t)f->insns[NEW], "difference_insn",
			 (json_int_t)function_change(f), "base_calls", (json_int_t)f->calls[BASE],
			 "new_calls", (json_int_t)f->calls[NEW], "average_difference_insn",
			 explanation_average(e, f), "change", explanation_fate(f));
}

/* A frame and all below it, parents before children. */
static void add_frames(const struct attribution *a, size_t frame, json_t *list)
{
	const struct frame *f = &a->frames[frame];

	if (frame)
		json_array_append_new(list, json_pack("{sI ss sI sI sI sI}", "depth",
						      (json_int_t)f->depth - 1, "name",
						      a->functions[f->function].name, "base_insn",
						      (json_int_t)f->insns[BASE], "new_insn",
						      (json_int_t)f->insns[NEW], "base_total_insn",
						      (json_int_t)f->total[BASE], "new_total_insn",
						      (json_int_t)f->total[NEW]));
	for (size_t i = f->first; i; i = a->frames[i].next)
		add_frames(a, i, list);
}

json_t *explanation_json(const struct explanation *e)
{
	json_t *functions = json_array(), *calls = json_array();
	char headline[1024];

	explanation_headline(e, headline, sizeof(headline));
	for (size_t i = 0; i < e->by.n_functions; i++)
		json_array_append_new(functions, function_json(e, &e->by.functions[i]));
	add_frames(&e->by, 0, calls);
	return json_pack(
		"{ss si ss so so sI sI so so}", "type", "explanation", "schema", EXPLANATION_SCHEMA,
		"headline", headline, "base", side_json(&e->side[BASE], &e->by, BASE), "new",
		side_json(&e->side[NEW], &e->by, NEW), "difference_insn",
		(json_int_t)explanation_difference(e), "remainder_insn",
		(json_int_t)explanation_remainder(e), "functions", functions, "calls", calls);
}

/* "asm_exc_page_fault;exc_page_fault;handle_mm_fault" */
static void put_stack(const struct attribution *a, const struct frame *f, FILE *out)
{
	if (f->parent)
		put_stack(a, &a->frames[f->parent], out);
	fprintf(out, "%s%s", f->parent ? ";" : "", a->functions[f->function].name);
}

static int close_file(FILE *out)
{
	int bad = ferror(out);

	return fclose(out) || bad ? -EIO : 0;
}

int explanation_fold(const struct explanation *e, enum side side, const char *file)
{
	FILE *out = fopen(file, "we");

	if (!out)
		return -errno;
	for (size_t i = 1; i < e->by.n_frames; i++) {
		if (!e->by.frames[i].insns[side])
			continue;
		put_stack(&e->by, &e->by.frames[i], out);
		fprintf(out, " %" PRId64 "\n", e->by.frames[i].insns[side]);
	}
	return close_file(out);
}

int explanation_fold_both(const struct explanation *e, const char *file)
{
	FILE *out = fopen(file, "we");

	if (!out)
		return -errno;
	for (size_t i = 1; i < e->aligned.n_frames; i++) {
		const struct frame *f = &e->aligned.frames[i];

		if (!f->insns[BASE] && !f->insns[NEW])
			continue;
		put_stack(&e->aligned, f, out);
		fprintf(out, " %" PRId64 " %" PRId64 "\n", f->insns[BASE], f->insns[NEW]);
	}
	return close_file(out);
}
