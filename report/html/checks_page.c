// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/checks_page.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/place.h"
#include "lib/base/text.h"
#include "lib/base/xml.h"
#include "lib/run/again.h"
#include "report/checks/outcome.h"
#include "report/html/page.h"
#include "report/html/reproduce.h"

#include <stdlib.h>
#include <string.h>

/* The order of the sections: what a reader has to look at first. */
static const struct {
	enum outcome outcome;
	const char *id, *heading;
} sections[] = {
	{OUTCOME_FAILED, "failed", "Failed"},
	{OUTCOME_XPASS, "unexpectedly-passing", "Known to fail, but passed"},
	{OUTCOME_BROKEN, "broken", "Broken: nothing was found out"},
	{OUTCOME_SKIPPED, "skipped", "Skipped"},
};

/* FAMILY of FAMILY.NAME. */
static int family_len(const json_t *check)
{
	return (int)strcspn(json_field_text(check, "id"), ".");
}

static bool same_family(const json_t *a, const json_t *b)
{
	return family_len(a) == family_len(b) &&
	       !strncmp(json_field_text(a, "id"), json_field_text(b, "id"), (size_t)family_len(a));
}

static size_t count(const struct run *run, const json_t *family, enum outcome outcome)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_checks; i++)
		n += outcome_of(run->checks[i].line) == outcome &&
		     (!family || same_family(family, run->checks[i].line));
	return n;
}

static void put_sum(const struct run *run, FILE *out)
{
	bool bad = count(run, NULL, OUTCOME_FAILED) || count(run, NULL, OUTCOME_XPASS);
	char text[512] = "";

	text_append(text, sizeof(text), "%zu checks:", run->n_checks);
	for (int o = 0; o < OUTCOME_KINDS; o++)
		if (o <= OUTCOME_FAILED || count(run, NULL, (enum outcome)o))
			text_append(text, sizeof(text), "%s %zu %s", o ? "," : "",
				    count(run, NULL, (enum outcome)o),
				    outcome_words((enum outcome)o));
	page_paragraph(out, bad ? "bad" : "good", text);
}

/* ---- one check ------------------------------------------------------------------------------- */

static void put_lines(FILE *text, const char *head, const json_t *lines)
{
	const json_t *line;
	size_t i;

	if (json_array_size(lines))
		fprintf(text, "%s\n", head);
	json_array_foreach(lines, i, line)
		fprintf(text, "  %s\n", json_string_value(line) ? json_string_value(line) : "");
}

static void put_observations(const struct run *run, const char *id, FILE *text)
{
	for (size_t i = 0; i < run->n_observations; i++) {
		char *value;

		if (strcmp(run->observations[i].check, id) != 0)
			continue;
		value = json_dumps(run->observations[i].value, JSON_ENCODE_ANY | JSON_SORT_KEYS);
		fprintf(text, "observed: %s: %s\n", run->observations[i].id,
			memory_check(value) ? value : "?");
		free(value);
	}
}

static void put_evidence(const struct run *run, const json_t *check, FILE *out)
{
	char *evidence = NULL, *again, id[112];
	FILE *text = memory_stream(&evidence);

	if (!text)
		return;
	outcome_case(check, id);
	if (*json_field_text(check, "promise"))
		fprintf(text, "promised: %s (%s)\n", json_field_text(check, "promise"),
			json_field_text(check, "by"));
	put_lines(text, "evidence:", json_object_get(check, "evidence"));
	put_lines(text, "kernel log:", json_object_get(check, "dmesg"));
	put_observations(run, id, text);
	again = memory_check(again_command(run->context.json));
	fprintf(text, "again: %s%s --check %s\n", again ? again : place_command(),
		again ? "" : " check", json_field_text(check, "id"));
	free(again);
	fclose(text);
	page_pre(out, id, evidence);
	free(evidence);
}

static void put_check(const struct run *run, const json_t *check, FILE *out)
{
	char *reason = outcome_reason(check), id[112];

	outcome_case(check, id);
	fputs("<details id=\"", out);
	page_put_id(out, id);
	fputs("\"><summary>", out);
	xml_put(out, id);
	fputs("</summary>\n", out);
	if (reason && *reason)
		page_paragraph(out, NULL, reason);
	put_evidence(run, check, out);
	fputs("</details>\n", out);
	free(reason);
}

static void put_section(const struct run *run, size_t s, FILE *out)
{
	if (!count(run, NULL, sections[s].outcome))
		return;
	page_heading(out, sections[s].id, sections[s].heading);
	for (size_t i = 0; i < run->n_checks; i++)
		if (outcome_of(run->checks[i].line) == sections[s].outcome)
			put_check(run, run->checks[i].line, out);
}

static bool is_known_by(const json_t *check, const char *bug)
{
	return outcome_of(check) == OUTCOME_XFAIL && !strcmp(json_field_text(check, "known"), bug);
}

/* The known failures by bug. */
static void put_known(const struct run *run, FILE *out)
{
	if (!count(run, NULL, OUTCOME_XFAIL))
		return;
	page_heading(out, "known", "Failed as known, by kernel bug");
	for (size_t i = 0; i < run->n_checks; i++) {
		const json_t *check = run->checks[i].line;
		const char *bug = json_field_text(check, "known");
		size_t before = 0, n = 0;

		for (size_t k = 0; k < run->n_checks; k++) {
			n += is_known_by(run->checks[k].line, bug);
			before += k < i && is_known_by(run->checks[k].line, bug);
		}
		if (outcome_of(check) != OUTCOME_XFAIL || before)
			continue;
		fputs("<details id=\"known-", out);
		page_put_id(out, bug);
		fputs("\"><summary>", out);
		xml_put(out, bug);
		fprintf(out, " (%zu)</summary>\n", n);
		for (size_t k = i; k < run->n_checks; k++)
			if (is_known_by(run->checks[k].line, bug))
				put_check(run, run->checks[k].line, out);
		fputs("</details>\n", out);
	}
}

/* ---- families -------------------------------------------------------------------------------- */

static bool is_first_of_family(const struct run *run, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_family(run->checks[i].line, run->checks[at].line))
			return false;
	return true;
}

static void put_families(const struct run *run, FILE *out)
{
	struct grid g;

	grid_init(&g, 1);
	grid_column(&g, "family", true);
	for (int o = 0; o < OUTCOME_KINDS; o++)
		grid_column(&g, outcome_words((enum outcome)o), false);
	for (size_t i = 0; i < run->n_checks; i++) {
		const json_t *check = run->checks[i].line;
		char id[128];

		if (!is_first_of_family(run, i))
			continue;
		snprintf(id, sizeof(id), "family-%.*s", family_len(check),
			 json_field_text(check, "id"));
		grid_line(&g);
		grid_id(&g, id);
		grid_cell(&g, 0, "%.*s", family_len(check), json_field_text(check, "id"));
		for (int o = 0; o < OUTCOME_KINDS; o++) {
			size_t n = count(run, check, (enum outcome)o);

			if (n)
				grid_cell(&g, 1 + (size_t)o, "%zu", n);
		}
	}
	page_heading(out, "families", "Verdicts by family");
	page_grid(out, &g, "Number of checks");
	grid_free(&g);
}

static void put_all(const struct run *run, FILE *out)
{
	page_heading(out, "passed", "What passed");
	for (size_t i = 0; i < run->n_checks; i++) {
		const json_t *first = run->checks[i].line;

		if (!is_first_of_family(run, i) || !count(run, first, OUTCOME_PASSED))
			continue;
		fprintf(out, "<details><summary>%.*s (%zu)</summary>\n<ul>\n", family_len(first),
			json_field_text(first, "id"), count(run, first, OUTCOME_PASSED));
		for (size_t k = i; k < run->n_checks; k++) {
			const json_t *check = run->checks[k].line;
			char id[112];

			if (!same_family(first, check) || outcome_of(check) != OUTCOME_PASSED)
				continue;
			outcome_case(check, id);
			fputs("<li id=\"", out);
			page_put_id(out, id);
			fputs("\">", out);
			xml_put(out, id);
			fputs(": ", out);
			xml_put(out, json_field_text(check, "promise"));
			fputc('\n', out);
		}
		fputs("</ul>\n</details>\n", out);
	}
}

int checks_page_write(const struct run *run, FILE *out)
{
	const struct run_context *c = &run->context;
	char title[1024];

	snprintf(title, sizeof(title), "Checks of DAX through device-mapper on Linux %s%s",
		 c->release, c->suffix);
	page_begin(out, title);
	if (!run->ended)
		page_paragraph(out, "bad", "This run is incomplete.");
	put_sum(run, out);
	snprintf(title, sizeof(title), "Kernel %s; daxdm %s", c->kernel, c->suite);
	page_paragraph(out, "dim", title);
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]); s++)
		put_section(run, s, out);
	put_families(run, out);
	put_known(run, out);
	put_all(run, out);
	reproduce_write(out, run, 1);
	return page_end(out, "Written by daxdm report from run.jsonl, which holds every line.");
}
