// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/behaviour_page.h"

#include "lib/base/json_field.h"
#include "lib/base/text.h"
#include "report/checks/outcome.h"
#include "report/html/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In a cell. */
static const char *const words[OUTCOME_KINDS] = {
	[OUTCOME_PASSED] = "passed",   [OUTCOME_FAILED] = "FAILED",   [OUTCOME_XFAIL] = "known bug",
	[OUTCOME_XPASS] = "bug fixed", [OUTCOME_SKIPPED] = "skipped", [OUTCOME_BROKEN] = "broken",
};

static int family_len(const char *id)
{
	return (int)strcspn(id, ".");
}

static bool in_family(const char *id, const char *family)
{
	int n = family_len(family);

	return family_len(id) == n && !strncmp(id, family, (size_t)n);
}

/* Each check of any run, by its id: id -> true. */
static json_t *all_checks(const struct behaviour *b)
{
	json_t *all = json_object();

	for (size_t r = 0; all && r < b->n; r++) {
		const char *id;
		json_t *line;

		json_object_foreach(b->runs[r].checks, id, line)
			json_object_set_new(all, id, json_true());
	}
	return all;
}

static void kernel_columns(struct grid *g, const struct behaviour *b)
{
	for (size_t r = 0; r < b->n; r++)
		grid_column(g, b->runs[r].label, true);
}

/* ---- by kernel ------------------------------------------------------------------------------- */

static void put_counts(const struct behaviour *b, FILE *out)
{
	struct grid g;

	grid_init(&g, 1);
	grid_column(&g, "kernel", true);
	for (int o = 0; o < OUTCOME_KINDS; o++)
		grid_column(&g, outcome_words((enum outcome)o), false);
	for (size_t r = 0; r < b->n; r++) {
		size_t count[OUTCOME_KINDS] = {0};

		const char *id;
		json_t *line;

		json_object_foreach(b->runs[r].checks, id, line)
			count[outcome_of(line)]++;
		grid_line(&g);
		grid_cell(&g, 0, "%s", b->runs[r].label);
		for (int o = 0; o < OUTCOME_KINDS; o++)
			if (count[o])
				grid_cell(&g, 1 + (size_t)o, "%zu", count[o]);
	}
	page_grid(out, &g, "Number of checks by kernel");
	grid_free(&g);
}

/* ---- by family ------------------------------------------------------------------------------- */

/* "12 passed, 2 known bug". */
static void family_on(const struct behaviour *b, size_t r, const char *family, char *text,
		      size_t size)
{
	size_t count[OUTCOME_KINDS] = {0};
	const char *id;
	json_t *line;

	*text = '\0';
	json_object_foreach(b->runs[r].checks, id, line)
		if (in_family(id, family))
			count[outcome_of(line)]++;
	for (int o = 0; o < OUTCOME_KINDS; o++)
		if (count[o])
			text_append(text, size, "%s%zu %s", *text ? ", " : "", count[o], words[o]);
}

static void put_families(const struct behaviour *b, const char *const *ids, size_t n, FILE *out)
{
	struct grid g;

	grid_init(&g, 1);
	grid_column(&g, "family", true);
	kernel_columns(&g, b);
	for (size_t i = 0; i < n; i++) {
		char text[160];

		if (i && in_family(ids[i], ids[i - 1]))
			continue;
		grid_line(&g);
		snprintf(text, sizeof(text), "family-%.*s", family_len(ids[i]), ids[i]);
		grid_id(&g, text);
		grid_cell(&g, 0, "%.*s", family_len(ids[i]), ids[i]);
		for (size_t r = 0; r < b->n; r++) {
			family_on(b, r, ids[i], text, sizeof(text));
			grid_cell(&g, 1 + r, "%s", text);
		}
	}
	page_heading(out, "families", "By family");
	page_grid(out, &g, "Outcomes of the checks of each family");
	grid_free(&g);
}

/* ---- by check -------------------------------------------------------------------------------- */

static bool passes_everywhere(const struct behaviour *b, const char *id)
{
	for (size_t r = 0; r < b->n; r++) {
		const json_t *line = json_object_get(b->runs[r].checks, id);

		if (!line || outcome_of(line) != OUTCOME_PASSED)
			return false;
	}
	return true;
}

/* The known bugs that it fails by, each once. */
static void bugs_of(const struct behaviour *b, const char *id, char *text, size_t size)
{
	*text = '\0';
	for (size_t r = 0; r < b->n; r++) {
		const char *bug = json_field_text(json_object_get(b->runs[r].checks, id), "known");

		if (*bug && !strstr(text, bug))
			text_append(text, size, "%s%s", *text ? ", " : "", bug);
	}
}

static void put_checks(const struct behaviour *b, const char *const *ids, size_t n, FILE *out)
{
	struct grid g;
	size_t passing = 0;
	char text[512];

	grid_init(&g, 1);
	grid_column(&g, "check", true);
	kernel_columns(&g, b);
	grid_column(&g, "bug", true);
	for (size_t i = 0; i < n; i++) {
		if (passes_everywhere(b, ids[i])) {
			passing++;
			continue;
		}
		grid_line(&g);
		grid_id(&g, ids[i]);
		grid_cell(&g, 0, "%s", ids[i]);
		for (size_t r = 0; r < b->n; r++) {
			const json_t *line = json_object_get(b->runs[r].checks, ids[i]);

			grid_cell(&g, 1 + r, "%s", line ? words[outcome_of(line)] : "not run");
		}
		bugs_of(b, ids[i], text, sizeof(text));
		grid_cell(&g, 1 + b->n, "%s", text);
	}
	page_heading(out, "checks", "Checks that do not pass on all kernels");
	snprintf(text, sizeof(text), "The other %zu of %zu checks pass on all of these kernels.",
		 passing, n);
	page_paragraph(out, NULL, text);
	page_filter(out, "filter");
	page_grid(out, &g, "Outcome of each check by kernel");
	grid_free(&g);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int behaviour_page_write(const struct behaviour *b, size_t left_out, FILE *out)
{
	json_t *all = all_checks(b), *value;
	const char **ids = calloc(json_object_size(all) + 1, sizeof(*ids)), *id;
	char text[128];
	size_t n = 0;

	if (!all || !ids) {
		json_decref(all);
		free(ids);
		return -ENOMEM;
	}
	json_object_foreach(all, id, value)
		ids[n++] = id;
	qsort(ids, n, sizeof(*ids), by_text);
	page_begin(out, "Checks of DAX through device-mapper, by kernel");
	page_paragraph(out, NULL,
		       "Known bug: the check fails for a reason that has a report and a "
		       "reproducer. Skipped: the kernel or the host lacks what the check needs. "
		       "Bug fixed: it "
		       "was expected to fail and passed. Not run: the run is of a build of daxdm "
		       "without that check.");
	if (left_out) {
		snprintf(text, sizeof(text), "A table has %d kernels at most; %zu are left out.",
			 BEHAVIOUR_PAGE_RUNS_MAX, left_out);
		page_paragraph(out, NULL, text);
	}
	put_counts(b, out);
	put_families(b, ids, n, out);
	put_checks(b, ids, n, out);
	free(ids);
	json_decref(all);
	return page_end(out, "Written by daxdm publish from the runs of checks.");
}
