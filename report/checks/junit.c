// SPDX-License-Identifier: GPL-2.0-only
/* No XML library: libxml2 would add 30 MB to every initramfs. */
#include "report/checks/junit.h"

#include "lib/base/json_field.h"
#include "lib/base/msg.h"
#include "lib/base/xml.h"
#include "lib/run/run_verify.h"
#include "report/checks/outcome.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of an id is the family's name. */
static int family_len(const char *id)
{
	return (int)strcspn(id, ".");
}

static bool same_family(const json_t *a, const json_t *b)
{
	const char *ia = json_field_text(a, "id"), *ib = json_field_text(b, "id");

	return family_len(ia) == family_len(ib) && !strncmp(ia, ib, (size_t)family_len(ia));
}

/* Duration as reported by the guest, not trusted. */
static json_int_t ms_of(const json_t *line)
{
	json_int_t ms = json_integer_value(json_object_get(line, "ms"));

	return ms < 0 || ms > RUN_COUNT_MAX ? 0 : ms;
}

struct sum {
	size_t tests, failures, errors, skipped;
	json_int_t ms;
};

/* Of one family, or of all (NULL). */
static struct sum sum_of(const json_t *checks, const json_t *family)
{
	struct sum sum = {0};
	const json_t *line;
	size_t i;

	json_array_foreach(checks, i, line) {
		enum outcome outcome = outcome_of(line);

		if (family && !same_family(line, family))
			continue;
		sum.tests++;
		sum.failures += outcome == OUTCOME_FAILED;
		sum.errors += outcome == OUTCOME_BROKEN;
		sum.skipped += outcome == OUTCOME_SKIPPED || outcome == OUTCOME_XFAIL;
		sum.ms += ms_of(line);
	}
	return sum;
}

/* The root has no attribute for what was skipped (junit-10.xsd). */
static void put_sum(FILE *out, const struct sum *sum, bool root)
{
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", sum->tests, sum->failures,
		sum->errors);
	if (!root)
		fprintf(out, " skipped=\"%zu\"", sum->skipped);
	fprintf(out, " time=\"%lld.%03lld\"", (long long)(sum->ms / 1000),
		(long long)(sum->ms % 1000));
}

static void put_lines(FILE *out, const char *head, const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		if (!json_is_string(line))
			continue;
		fputs(head, out);
		xml_put(out, json_string_value(line));
		fputc('\n', out);
	}
}

/* Writes promise, observations and log of a check, and its evidence unless put_complaint() wrote
 * it. */
static void put_system_out(FILE *out, const json_t *line, const json_t *observations,
			   const char *reason, bool complained)
{
	const json_t *o;
	size_t i;

	fputs("<system-out>", out);
	if (outcome_of(line) == OUTCOME_XPASS) {
		xml_put(out, reason ? reason : "");
		fputc('\n', out);
	}
	if (*json_field_text(line, "promise")) {
		fputs("promised: ", out);
		xml_put(out, json_field_text(line, "promise"));
		fputs(" (", out);
		xml_put(out, json_field_text(line, "by"));
		fputs(")\n", out);
	}
	json_array_foreach(observations, i, o) {
		char *value;

		if (json_object_get(line, "plant") ||
		    strcmp(json_field_text(o, "check"), json_field_text(line, "id")))
			continue;
		value = json_dumps(json_object_get(o, "value"), JSON_ENCODE_ANY | JSON_SORT_KEYS);
		xml_put(out, json_field_text(o, "id"));
		fputs(": ", out);
		xml_put(out, value ? value : "?");
		fputc('\n', out);
		free(value);
	}
	if (!complained)
		put_lines(out, "", json_object_get(line, "evidence"));
	put_lines(out, "dmesg: ", json_object_get(line, "dmesg"));
	fputs("</system-out>", out);
}

/* Writes the element for a case that did not pass: kind, reason, evidence. */
static void put_complaint(FILE *out, const char *element, const json_t *line, const char *reason)
{
	static const char *const types[OUTCOME_KINDS] = {
		[OUTCOME_FAILED] = "broken promise",
		[OUTCOME_BROKEN] = "set-up failed",
		[OUTCOME_XFAIL] = "known kernel bug",
		[OUTCOME_SKIPPED] = "not possible here",
	};
	bool planted = *json_field_text(line, "plant");
	enum outcome outcome = outcome_of(line);

	fprintf(out, "<%s", element);
	xml_attribute(out, "type",
		      planted && outcome == OUTCOME_FAILED ? "fault not detected" : types[outcome]);
	xml_attribute(out, "message", reason);
	fputc('>', out);
	xml_put(out, reason);
	fputc('\n', out);
	put_lines(out, "", json_object_get(line, "evidence"));
	fprintf(out, "</%s>", element);
}

static void put_case(FILE *out, const char *class, const json_t *line, const json_t *observations)
{
	static const char *const element[OUTCOME_KINDS] = {
		[OUTCOME_FAILED] = "failure",
		[OUTCOME_BROKEN] = "error",
		[OUTCOME_XFAIL] = "skipped",
		[OUTCOME_SKIPPED] = "skipped",
	};
	enum outcome outcome = outcome_of(line);
	json_int_t ms = ms_of(line);
	char id[112], *reason = outcome_reason(line);
	const char *name = outcome_case(line, id);

	name += family_len(name);
	fputs("    <testcase", out);
	xml_attribute(out, "classname", class);
	xml_attribute(out, "name", *name ? name + 1 : id);
	fprintf(out, " time=\"%lld.%03lld\">", (long long)(ms / 1000), (long long)(ms % 1000));
	if (element[outcome])
		put_complaint(out, element[outcome], line, reason ? reason : "");
	put_system_out(out, line, observations, reason, element[outcome]);
	fputs("</testcase>\n", out);
	free(reason);
}

/* The family of the first line, all of its lines. */
static void put_suite(FILE *out, const struct junit_run *run, const json_t *first)
{
	struct sum sum = sum_of(run->checks, first);
	const char *id = json_field_text(first, "id");
	const json_t *line;
	char class[256];
	size_t i;

	snprintf(class, sizeof(class), "linux-%s.%.*s", run->kernel, family_len(id), id);
	fputs("  <testsuite", out);
	xml_attribute(out, "name", class);
	put_sum(out, &sum, false);
	fputs(">\n    <properties><property name=\"kernel\"", out);
	xml_attribute(out, "value", run->words ? run->words : run->kernel);
	fputs("/></properties>\n", out);
	json_array_foreach(run->checks, i, line) {
		if (same_family(line, first))
			put_case(out, class, line, run->observations);
	}
	fputs("  </testsuite>\n", out);
}

static bool is_first_of_family(const json_t *checks, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_family(json_array_get(checks, j), json_array_get(checks, i)))
			return false;
	return true;
}

int junit_write(const char *path, const struct junit_run *runs, size_t n)
{
	FILE *out = fopen(path, "we");
	struct sum all = {0};
	int rc = 0;

	if (!out) {
		rc = -errno;
		msg_error("cannot write %s: %s", path, strerror(-rc));
		return rc;
	}
	for (size_t r = 0; r < n; r++) {
		struct sum sum = sum_of(runs[r].checks, NULL);

		all.tests += sum.tests;
		all.failures += sum.failures;
		all.errors += sum.errors;
		all.ms += sum.ms;
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"daxdm\"", out);
	put_sum(out, &all, true);
	fputs(">\n", out);
	for (size_t r = 0; r < n; r++)
		for (size_t i = 0; i < json_array_size(runs[r].checks); i++)
			if (is_first_of_family(runs[r].checks, i))
				put_suite(out, &runs[r], json_array_get(runs[r].checks, i));
	fputs("</testsuites>\n", out);
	if (ferror(out))
		rc = -EIO;
	if (fclose(out) && !rc)
		rc = -errno;
	if (rc)
		msg_error("cannot write %s: %s", path, strerror(-rc));
	return rc;
}
