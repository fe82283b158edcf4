// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/explain_changes.h"

#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXPLAINED_MAX = 3 };

/* By which share of itself the metric changed; 0: nothing changed beyond the threshold. */
static double share(const struct row *row)
{
	const struct step *s = &row->steps[0];
	bool changed = change_is_beyond(s->metric.kind) || change_is_beyond(s->tax.kind) ||
		       change_is_beyond(s->mean.kind);

	return changed ? fabs(s->metric.share) : 0;
}

/* Whether a chosen row changed by as many instructions: most likely in the same function. */
static bool is_repeated(const struct row *row, const struct row *const *chosen, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (chosen[i]->steps[0].metric.difference == row->steps[0].metric.difference)
			return true;
	return false;
}

/* The rows that changed most beyond the threshold, by different amounts, at most EXPLAINED_MAX. */
static size_t rows_to_explain(const struct comparison *c, const struct row *chosen[EXPLAINED_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct row *row = &c->rows[i];
		size_t at = n;

		if (!row->cells[0].rec || !row->cells[1].rec || share(row) <= 0 ||
		    is_repeated(row, chosen, n))
			continue;
		while (at && share(chosen[at - 1]) < share(row))
			at--;
		if (at == EXPLAINED_MAX)
			continue;
		n = n < EXPLAINED_MAX ? n + 1 : n;
		memmove(chosen + at + 1, chosen + at, (n - at - 1) * sizeof(*chosen));
		chosen[at] = row;
	}
	return n;
}

/* Measures both sides again with every instruction counted.  Returns the explanation; NULL: it
 * could not be made, and an error line was printed. */
static json_t *explain_row(const struct sides *s, const char *id)
{
	char *output = workspace_path("explained");
	struct words command = {0};
	json_t *explanation = NULL;
	int status;

	phase_begin("explain");
	command_add(&command, place("build/daxdm"), "explain", s->kernels[0], s->kernels[1],
		    "--metric", id, "--json", NULL);
	command_add_each(&command, "--module-base", &s->base_modules);
	command_add_each(&command, "--module", &s->target.replaced);
	process_says_it = true;
	status = process_run(&command, output, NULL);
	process_says_it = false;
	if (!status)
		explanation = json_load_file(output, 0, NULL);
	phase_end("%s", id);
	free(output);
	return explanation;
}

json_t *explain_changes(const struct comparison *c, const struct sides *s)
{
	const struct row *rows[EXPLAINED_MAX];
	size_t n = rows_to_explain(c, rows);
	json_t *explained = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *one = explain_row(s, rows[i]->rec->id);

		if (one)
			json_array_append_new(explained, one);
	}
	return explained;
}
