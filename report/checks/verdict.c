// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/verdict.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/text.h"
#include "lib/run/again.h"
#include "lib/run/kernel_name.h"
#include "report/checks/junit.h"
#include "report/checks/known.h"
#include "report/checks/outcome.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Limits of what is printed; run.jsonl has everything. */
enum { LINES_SHOWN = 30, IDS_SHOWN = 4 };

struct verdicts {
	FILE *out, *ktap; /* summary of logs, and complete; each may be NULL */
	char *release;
	char kernel[512], name[256]; /* complete, and for JUnit; "": not known */
	char *again;	     /* the command for one of its checks, without --check, or NULL */
	struct known *known; /* NULL: use "known" of the lines */
	struct kernel_version version;
	size_t n_cases;
	json_t *checks, *observations; /* all lines so far */
	json_t *pending;	       /* check -> its observations not yet printed */
	bool lost;		       /* a line was lost: out of memory */
};

/* ---- beginning ----------------------------------------------------------------------------- */

/* One line: newlines are escaped, because KTAP is line-based.  Returns false without memory. */
__attribute__((format(printf, 2, 0))) static bool put_line(FILE *out, const char *fmt, va_list ap)
{
	char *line;

	if (vasprintf(&line, fmt, ap) < 0)
		return memory_check(NULL);
	text_put(line, out);
	fputc('\n', out);
	free(line);
	return true;
}

/* A line to out and ktap. */
__attribute__((format(printf, 2, 3))) static void say(struct verdicts *v, const char *fmt, ...)
{
	FILE *const to[] = {v->out, v->ktap};

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		va_list ap;

		if (!to[i])
			continue;
		va_start(ap, fmt);
		v->lost |= !put_line(to[i], fmt, ap);
		va_end(ap);
		fflush(to[i]);
	}
}

static void verdicts_free(struct verdicts *v)
{
	free(v->release);
	free(v->again);
	known_free(v->known);
	json_decref(v->checks);
	json_decref(v->observations);
	json_decref(v->pending);
	free(v);
}

static int prepare(struct verdicts *v, const char *known_dir)
{
	if (!v->release || !v->checks || !v->observations || !v->pending) {
		msg_error("out of memory");
		return -ENOMEM;
	}
	if (known_dir && known_read(known_dir, &v->known) < 0)
		return -EINVAL;
	if (known_dir && kernel_version_read(v->release, &v->version) < 0) {
		msg_error("'%s' is not a kernel release; known bugs are looked up by release",
			  v->release);
		return -EINVAL;
	}
	return 0;
}

struct verdicts *verdicts_new(FILE *out, FILE *ktap, const char *known_dir, const char *release,
			      size_t n_cases)
{
	struct verdicts *v = calloc(1, sizeof(*v));

	if (!v) {
		msg_error("out of memory");
		return NULL;
	}
	v->out = out;
	v->ktap = ktap;
	v->n_cases = n_cases;
	v->release = strdup(release);
	v->checks = json_array();
	v->observations = json_array();
	v->pending = json_object();
	if (prepare(v, known_dir) < 0) {
		verdicts_free(v);
		return NULL;
	}
	say(v, "KTAP version 1");
	say(v, "1..%zu", n_cases);
	return v;
}

void verdicts_kernel(struct verdicts *v, const json_t *context)
{
	char suffix[96];

	free(v->again);
	v->again = again_command(context);
	kernel_name(context, v->kernel, sizeof(v->kernel));
	snprintf(v->name, sizeof(v->name), "%s%s", v->release,
		 kernel_name_suffix(context, suffix, sizeof(suffix)));
	say(v, "# kernel: %s", v->kernel);
}

/* ---- lines --------------------------------------------------------------------- */

void verdicts_observation(struct verdicts *v, const json_t *line)
{
	const char *check = json_field_text(line, "check");
	json_t *list = json_object_get(v->pending, check);

	v->lost |= json_array_append(v->observations, (json_t *)line) < 0;
	if (!list) {
		list = json_array();
		v->lost |= json_object_set_new(v->pending, check, list) < 0;
	}
	v->lost |= json_array_append(list, (json_t *)line) < 0;
}

static void say_observations(struct verdicts *v, const json_t *check)
{
	const char *id = json_field_text(check, "id");
	const json_t *line;
	size_t i;

	/* A value observed under a planted fault does not describe the kernel. */
	if (!*json_field_text(check, "plant")) {
		json_array_foreach(json_object_get(v->pending, id), i, line) {
			char *value = json_dumps(json_object_get(line, "value"),
						 JSON_ENCODE_ANY | JSON_SORT_KEYS);

			v->lost |= !value;
			say(v, "# %s: %s", json_field_text(line, "id"), value ? value : "?");
			free(value);
		}
	}
	json_object_del(v->pending, id);
}

static void say_lines(struct verdicts *v, const char *head, const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		const char *at = json_string_value(line);

		if (i == LINES_SHOWN) {
			say(v, "# %s(%zu more lines in run.jsonl)", head,
			    json_array_size(lines) - i);
			break;
		}
		/* One string of evidence may have several lines. */
		while (at) {
			char *text = strndup(at, strcspn(at, "\n"));

			v->lost |= !memory_check(text);
			if (!text)
				break;
			text_flatten(text);
			say(v, "# %s%s", head, text);
			free(text);
			at = strchr(at, '\n');
			at = at && at[1] ? at + 1 : NULL;
		}
	}
}

/* Prints what explains a failed or broken check. */
static void say_evidence(struct verdicts *v, const json_t *check)
{
	const char *bad = json_field_text(check, "first_bad"),
		   *fixed = json_field_text(check, "fixed_by");
	const json_t *dmesg = json_object_get(check, "dmesg");
	FILE *out = v->out;

	if (*json_field_text(check, "promise"))
		say(v, "# promised: %s (%s)", json_field_text(check, "promise"),
		    json_field_text(check, "by"));
	if (*bad || *fixed)
		say(v, "# first bad: %s; fixed by: %s", *bad ? bad : "not known",
		    *fixed ? fixed : "not known");
	say_lines(v, "", json_object_get(check, "evidence"));
	if (*json_field_text(check, "at"))
		say(v, "# complains at: %s", json_field_text(check, "at"));
	if (outcome_of(check) == OUTCOME_XFAIL)
		say(v, "# without daxdm: %s known %s --reproduce", place_command(),
		    json_field_text(check, "known"));
	else if (v->again)
		say(v, "# again: %s --check %s", v->again, json_field_text(check, "id"));
	/* The log of a known failure goes to the file only. */
	if (outcome_of(check) == OUTCOME_XFAIL && out) {
		if (json_array_size(dmesg))
			fprintf(out, "# dmesg: %zu line%s in run.jsonl\n", json_array_size(dmesg),
				json_array_size(dmesg) == 1 ? "" : "s");
		v->out = NULL;
	}
	say_lines(v, "dmesg: ", dmesg);
	v->out = out;
}

/* Sets or takes away "known", by check/known/. */
static void recognise(const struct verdicts *v, json_t *line)
{
	const char *verdict = json_field_text(line, "verdict"), *id = json_field_text(line, "id");
	const struct known_bug *bug = NULL;

	if (!strcmp(verdict, "fail"))
		bug = known_cause(v->known, &v->version, line);
	else if (!strcmp(verdict, "pass") && !*json_field_text(line, "plant"))
		bug = known_about(v->known, &v->version, id);
	if (bug)
		json_object_set_new(line, "known", json_string(bug->name));
	else
		json_object_del(line, "known");
}

/* Whether a parser of KTAP would take the reason for a directive. */
static bool looks_like_directive(const char *reason)
{
	static const char *const words[] = {"skip", "todo", "xfail", "xpass", "timeout", "error"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncasecmp(reason, words[i], strlen(words[i])))
			return true;
	return false;
}

void verdicts_check(struct verdicts *v, json_t *line)
{
	static const struct {
		const char *result, *directive;
	} words[OUTCOME_KINDS] = {
		[OUTCOME_PASSED] = {"ok", ""},		[OUTCOME_FAILED] = {"not ok", ""},
		[OUTCOME_XFAIL] = {"not ok", "XFAIL "}, [OUTCOME_XPASS] = {"ok", "XPASS "},
		[OUTCOME_SKIPPED] = {"ok", "SKIP "},	[OUTCOME_BROKEN] = {"not ok", "BROKEN "},
	};
	enum outcome outcome;
	const char *directive;
	char id[112], *reason;

	if (v->known)
		recognise(v, line);
	v->lost |= json_array_append(v->checks, line) < 0;
	json_object_set_new(line, "number", json_integer((json_int_t)json_array_size(v->checks)));
	outcome = outcome_of(line);
	directive = words[outcome].directive;
	reason = outcome_reason(line);
	v->lost |= !reason;
	say_observations(v, line);
	if (outcome == OUTCOME_FAILED || outcome == OUTCOME_XFAIL || outcome == OUTCOME_BROKEN)
		say_evidence(v, line);
	if (!*directive && reason && looks_like_directive(reason))
		directive = "fail: ";
	say(v, "%s %zu %s%s%s%s", words[outcome].result, json_array_size(v->checks),
	    outcome_case(line, id), reason && *reason ? " # " : "",
	    reason && *reason ? directive : "", reason ? reason : "");
	free(reason);
}

/* ---- summary ------------------------------------------------------------------------------- */

struct sum {
	const json_t *checks;
	FILE *out;
	const char *prefix;
	size_t count[OUTCOME_KINDS];
	size_t planted;
};

static struct sum count(const struct verdicts *v, FILE *out, const char *prefix)
{
	struct sum sum = {.checks = v->checks, .out = out, .prefix = prefix};
	const json_t *line;
	size_t i;

	json_array_foreach(v->checks, i, line) {
		sum.count[outcome_of(line)]++;
		sum.planted += *json_field_text(line, "plant") != '\0';
	}
	return sum;
}

static void sum_counts(const struct sum *sum)
{
	size_t n = json_array_size(sum->checks);
	const char *what = sum->planted ? "planted fault" : "check";

	fprintf(sum->out, "%s%zu %s%s%s", sum->prefix, n, what, n == 1 ? "" : "s",
		sum->planted ? "," : ":");
	for (int s = 0; s < OUTCOME_KINDS; s++) {
		const char *words = outcome_words((enum outcome)s);

		if (sum->planted && s == OUTCOME_PASSED)
			words = "detected";
		if (sum->planted && s == OUTCOME_FAILED)
			words = "not detected";
		if (sum->count[s] || s == OUTCOME_PASSED || (s == OUTCOME_FAILED && !sum->planted))
			fprintf(sum->out, "%s %zu %s", s ? "," : "", sum->count[s], words);
	}
	fputc('\n', sum->out);
}

static void sum_reasons(const struct sum *sum, enum outcome outcome, const char *heading)
{
	const json_t *line;
	char id[112];
	size_t i;

	if (!sum->count[outcome])
		return;
	fprintf(sum->out, "%s%s:\n", sum->prefix, heading);
	json_array_foreach(sum->checks, i, line) {
		char *reason;

		if (outcome_of(line) != outcome)
			continue;
		reason = outcome_reason(line);
		fprintf(sum->out, "%s  ", sum->prefix);
		text_put(outcome_case(line, id), sum->out);
		fprintf(sum->out, ": %s\n", reason ? reason : "");
		free(reason);
	}
}

/* groups: text -> ids.  Prints each text once, with the number and the ids of its checks. */
static void sum_groups(const struct sum *sum, json_t *groups, const char *heading)
{
	const char *text;
	json_t *ids;

	if (json_object_size(groups))
		fprintf(sum->out, "%s%s:\n", sum->prefix, heading);
	json_object_foreach(groups, text, ids) {
		size_t n = json_array_size(ids);

		fprintf(sum->out, "%s  ", sum->prefix);
		text_put(text, sum->out);
		fprintf(sum->out, " (%zu: ", n);
		for (size_t i = 0; i < n && i < IDS_SHOWN; i++) {
			fputs(i ? ", " : "", sum->out);
			text_put(json_string_value(json_array_get(ids, i)), sum->out);
		}
		fprintf(sum->out, "%s)\n", n > IDS_SHOWN ? ", ..." : "");
	}
}

static void group_add(json_t *groups, const char *text, const char *id)
{
	if (!json_object_get(groups, text))
		json_object_set_new(groups, text, json_array());
	json_array_append_new(json_object_get(groups, text), json_string(id));
}

/* Groups the lines of one outcome by text. */
static void sum_shared(const struct sum *sum, enum outcome outcome, const char *heading,
		       char *(*text_for)(const json_t *line))
{
	json_t *groups = json_object();
	const json_t *line;
	char id[112];
	size_t i;

	json_array_foreach(sum->checks, i, line) {
		char *own = outcome_of(line) == outcome ? text_for(line) : NULL;

		if (own)
			group_add(groups, own, outcome_case(line, id));
		free(own);
	}
	sum_groups(sum, groups, heading);
	json_decref(groups);
}

/* Observations that are sentences: those named "verdict". */
static void sum_sentences(const struct sum *sum, const json_t *observations)
{
	json_t *groups = json_object();
	const json_t *line;
	size_t i;

	json_array_foreach(observations, i, line) {
		const char *name = strrchr(json_field_text(line, "id"), '/');

		if (name && !strcmp(name, "/verdict") && !sum->planted)
			group_add(groups, json_field_text(line, "value"),
				  json_field_text(line, "check"));
	}
	sum_groups(sum, groups, "observed");
	json_decref(groups);
}

static char *known_of(const json_t *line)
{
	char *text;

	return asprintf(&text, "known/%s", json_field_text(line, "known")) < 0 ? memory_check(NULL)
									       : text;
}

static const struct known_bug *find_bug(const struct known *known, const char *name)
{
	const struct known_bug *bug = NULL;

	for (size_t i = 0; known && (bug = known_at(known, i)); i++)
		if (!strcmp(bug->name, name))
			break;
	return bug;
}

/* Known bugs that lose data and are new in the series of this kernel. */
static void sum_alarms(const struct verdicts *v, const struct sum *sum)
{
	json_t *groups = json_object();
	const json_t *line;
	char id[112], title[80];
	size_t i;

	json_array_foreach(v->checks, i, line) {
		const struct known_bug *bug =
			outcome_of(line) == OUTCOME_XFAIL
				? find_bug(v->known, json_field_text(line, "known"))
				: NULL;

		if (bug && known_loses_data(bug) && known_is_new(bug, &v->version))
			group_add(groups, bug->name, outcome_case(line, id));
	}
	snprintf(title, sizeof(title), "NEW in this series, data is lost (%s known NAME)",
		 place_command());
	sum_groups(sum, groups, title);
	json_decref(groups);
}

void verdicts_sum(const struct verdicts *v, FILE *out, const char *prefix)
{
	struct sum sum = count(v, out, prefix);
	size_t n = json_array_size(v->checks);

	sum_alarms(v, &sum);
	sum_counts(&sum);
	sum_reasons(&sum, OUTCOME_FAILED, sum.planted ? "not detected" : "failed");
	sum_reasons(&sum, OUTCOME_BROKEN, "broken (set-up failed, no result about the kernel)");
	sum_shared(&sum, OUTCOME_XFAIL, "failed as known", known_of);
	sum_shared(&sum, OUTCOME_XPASS,
		   "unexpectedly passing (these entries of check/known/ may be outdated)",
		   known_of);
	sum_shared(&sum, OUTCOME_SKIPPED, "skipped", outcome_reason);
	sum_sentences(&sum, v->observations);
	if (n < v->n_cases)
		fprintf(out, "%s%zu of %zu checks did not report\n", prefix, v->n_cases - n,
			v->n_cases);
}

static int status_of(const struct verdicts *v)
{
	struct sum sum = count(v, NULL, "");
	size_t n = json_array_size(v->checks);

	if (sum.count[OUTCOME_FAILED])
		return STATUS_FAILED;
	if (sum.count[OUTCOME_BROKEN] || n < v->n_cases || !n)
		return STATUS_BROKEN;
	return sum.count[OUTCOME_SKIPPED] == n ? STATUS_SKIPPED : STATUS_GOOD;
}

int verdicts_finish(struct verdicts *v, const char *junit_path)
{
	struct junit_run run = {*v->name ? v->name : v->release, *v->kernel ? v->kernel : NULL,
				v->checks, v->observations};
	int status = status_of(v);

	if (v->out)
		verdicts_sum(v, v->out, "# ");
	if (v->ktap) {
		verdicts_sum(v, v->ktap, "# ");
		if (fflush(v->ktap) || ferror(v->ktap)) {
			msg_error("cannot write the KTAP file: %s", strerror(errno));
			status = status == STATUS_FAILED ? status : STATUS_BROKEN;
		}
	}
	if (junit_path && junit_write(junit_path, &run, 1) < 0 && status != STATUS_FAILED)
		status = STATUS_BROKEN;
	if (v->lost) {
		msg_error("out of memory: lines are missing");
		status = STATUS_BROKEN;
	}
	verdicts_free(v);
	return status;
}
