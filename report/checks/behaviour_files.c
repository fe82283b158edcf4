// SPDX-License-Identifier: GPL-2.0-only
/* Differences between runs of checks as files: JUnit and Markdown. */
#include "lib/base/memory.h"
#include "lib/base/xml.h"
#include "report/checks/behaviour_changes.h"

#include <stdlib.h>

static const char *rank_of(const struct behaviour_change *change)
{
	return change->regressed ? "REGRESSED" : change->suspicious ? "suspicious" : "changed";
}

static const char *text_of(const char *text)
{
	return text ? text : "-";
}

/* "pass -> fail", of many runs as behaviour_values(); to be freed; NULL without memory. */
static char *values_of(const struct behaviour *b, const struct behaviour_change *change)
{
	char *text = NULL;
	FILE *out = memory_stream(&text);

	if (out && behaviour_is_wide(b))
		behaviour_values(b, change, out);
	for (size_t r = 0; out && r < b->n && !behaviour_is_wide(b); r++)
		fprintf(out, "%s%s", r ? " -> " : "", text_of(change->text[r]));
	if (out)
		fclose(out);
	return text;
}

static void put_case(const struct behaviour *b, const struct behaviour_change *change, FILE *out)
{
	char *values = values_of(b, change);

	fputs("    <testcase classname=\"checks\"", out);
	xml_attribute(out, "name", change->name);
	fputs(" time=\"0.000\">", out);
	if (change->regressed || (b->strict && change->suspicious)) {
		fputs("<failure", out);
		xml_attribute(out, "type", rank_of(change));
		xml_attribute(out, "message", text_of(values));
		fputc('>', out);
		xml_put(out, text_of(values));
		fputs("</failure>", out);
	}
	fprintf(out, "<system-out>%s: ", rank_of(change));
	xml_put(out, text_of(values));
	fputs("</system-out></testcase>\n", out);
	free(values);
}

void behaviour_junit(const struct behaviour *b, FILE *out)
{
	size_t failures = b->n_regressed + (b->strict ? b->n_suspicious : 0);

	fputs("  <testsuite", out);
	xml_attribute(out, "name", "checks");
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"0.000\">\n",
		b->n_changes, failures);
	fputs("    <properties><property name=\"base\"", out);
	xml_attribute(out, "value", b->runs[0].label);
	fputs("/><property name=\"kernel\"", out);
	xml_attribute(out, "value", b->runs[b->n - 1].label);
	fputs("/></properties>\n", out);
	for (size_t i = 0; i < b->n_changes; i++)
		put_case(b, &b->changes[i], out);
	fputs("  </testsuite>\n", out);
}

static void put_cell(const char *text, FILE *out)
{
	for (; *text; text++)
		fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
}

void behaviour_markdown(const struct behaviour *b, FILE *out)
{
	size_t columns;

	fprintf(out,
		"%zu contracts that held are broken now; %zu verdicts and observations changed, "
		"%zu of them suspicious\n",
		b->n_regressed, b->n_changes, b->n_suspicious);
	if (!b->n_changes)
		return;
	columns = behaviour_is_wide(b) ? 1 : b->n;
	fputs("\n| | check or observation |", out);
	for (size_t r = 0; r < columns; r++)
		fprintf(out, " %s |", behaviour_is_wide(b) ? "values" : b->runs[r].label);
	fputs("\n|---|---|", out);
	for (size_t r = 0; r < columns; r++)
		fputs("---|", out);
	fputc('\n', out);
	for (size_t i = 0; i < b->n_changes; i++) {
		char *values = behaviour_is_wide(b) ? values_of(b, &b->changes[i]) : NULL;

		fprintf(out, "| %s | ", rank_of(&b->changes[i]));
		put_cell(b->changes[i].name, out);
		for (size_t r = 0; r < columns; r++) {
			fputs(" | ", out);
			put_cell(text_of(values ? values : b->changes[i].text[r]), out);
		}
		fputs(" |\n", out);
		free(values);
	}
}
