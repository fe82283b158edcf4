// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/explain_page.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/place.h"
#include "report/html/page.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_FUNCTIONS = 30 };

static json_int_t insns(const json_t *of, const char *key)
{
	return json_integer_value(json_object_get(of, key));
}

static void put_side(const json_t *side, const char *what, struct page_list *list)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "%s: %s insn, %s, on %s (%s); median of %s samples, %s of them equal it", what,
		 number(insns(side, "median_insn")).s, json_field_text(side, "metric"),
		 json_field_text(side, "kernel"), json_field_text(side, "package"),
		 number(insns(side, "samples")).s, number(insns(side, "samples_as_median")).s);
	page_add(list, text);
}

static void add_function(struct grid *g, const json_t *f)
{
	json_int_t base = insns(f, "base_calls"), new = insns(f, "new_calls");

	grid_line(g);
	grid_id(g, json_field_text(f, "name"));
	grid_cell(g, 0, "%s", json_field_text(f, "name"));
	grid_cell(g, 1, "%s", json_field_text(f, "module"));
	grid_cell(g, 2, "%s", number(insns(f, "base_insn")).s);
	grid_cell(g, 3, "%s", number(insns(f, "new_insn")).s);
	grid_cell(g, 4, "%s",
		  insns(f, "difference_insn") ? number_signed(insns(f, "difference_insn")).s : "=");
	if (*json_field_text(f, "change"))
		grid_cell(g, 5, "%s", json_field_text(f, "change"));
	else if (base != new)
		grid_cell(g, 5, "called %s times, was %s", number(new).s, number(base).s);
}

/* Those that changed, or those that did not. */
static size_t put_functions(const json_t *functions, bool changed, size_t from, size_t max,
			    const char *caption, FILE *out)
{
	const json_t *f;
	struct grid g;
	size_t i, n = 0;

	grid_init(&g, 1);
	grid_column(&g, "function", true);
	grid_column(&g, "module", true);
	grid_column(&g, "base, insn", false);
	grid_column(&g, "new, insn", false);
	grid_column(&g, "difference", false);
	grid_column(&g, "calls", true);
	json_array_foreach(functions, i, f) {
		if (!!insns(f, "difference_insn") != changed)
			continue;
		if (n >= from && n < max)
			add_function(&g, f);
		n++;
	}
	if (g.n_lines)
		page_grid(out, &g, caption);
	grid_free(&g);
	return n;
}

/* The call tree, callees further to the right. */
static void put_calls(const json_t *calls, FILE *out)
{
	char *text = NULL;
	FILE *tree = memory_stream(&text);
	const json_t *call;
	size_t i;

	if (!tree)
		return;
	fprintf(tree, "%9s %9s %9s\n", "base", "new", "total");
	json_array_foreach(calls, i, call) {
		json_int_t base = insns(call, "base_total_insn"),
			   new = insns(call, "new_total_insn");

		fprintf(tree, "%9s %9s %9s  %*s%s\n", number(base).s, number(new).s,
			base == new ? "=" : number_signed(new - base).s,
			2 * (int)insns(call, "depth"), "", json_field_text(call, "name"));
	}
	fclose(tree);
	fputs("<details id=\"calls\"><summary>Call tree, with callees</summary>\n", out);
	page_pre(out, "call tree", text);
	fputs("</details>\n", out);
	free(text);
}

int explain_page_write(const json_t *explanation, const char *dir, FILE *out)
{
	const json_t *base = json_object_get(explanation, "base"),
		     *new = json_object_get(explanation, "new"),
		     *functions = json_object_get(explanation, "functions");
	struct page_list sides = {0};
	char title[512];
	size_t changed;

	snprintf(title, sizeof(title), "%s: Linux %s against %s", json_field_text(new, "metric"),
		 json_field_text(new, "kernel"), json_field_text(base, "kernel"));
	page_begin(out, title);
	page_paragraph(out, "main", json_field_text(explanation, "headline"));
	put_side(base, "base", &sides);
	put_side(new, "new", &sides);
	page_put_bare(out, &sides, NULL);
	page_figure(out, dir, "waterfall", "The difference by function");
	page_heading(out, "functions", "Functions that changed");
	changed = put_functions(functions, true, 0, FEW_FUNCTIONS, "The largest first", out);
	if (changed > FEW_FUNCTIONS) {
		fprintf(out, "<details><summary>The other %zu</summary>\n",
			changed - FEW_FUNCTIONS);
		put_functions(functions, true, FEW_FUNCTIONS, SIZE_MAX, "The others that changed",
			      out);
		fputs("</details>\n", out);
	}
	fputs("<details id=\"unchanged\"><summary>Functions that did not change</summary>\n", out);
	put_functions(functions, false, 0, SIZE_MAX, "Unchanged", out);
	fputs("</details>\n", out);
	if (insns(explanation, "remainder_insn")) {
		snprintf(title, sizeof(title), "%s insn of the difference belong to no function.",
			 number_signed(insns(explanation, "remainder_insn")).s);
		page_paragraph(out, NULL, title);
	} else {
		page_paragraph(
			out, NULL,
			"The sum of all functions is exactly the difference of the medians.");
	}
	put_calls(json_object_get(explanation, "calls"), out);
	page_heading(out, "reproduce", "How to reproduce this");
	snprintf(title, sizeof(title), "%s explain %.*s %.*s --metric '%s'", place_command(),
		 (int)strcspn(json_field_text(base, "package"), " "),
		 json_field_text(base, "package"),
		 (int)strcspn(json_field_text(new, "package"), " "),
		 json_field_text(new, "package"), json_field_text(new, "metric"));
	page_pre(out, "command", title);
	return page_end(out, "Written by daxdm from explain.json.");
}
