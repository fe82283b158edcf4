// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm verdicts: what the checks of a run came to, as KTAP, JUnit and exit status.  A run on the
 * emulated host has been judged as it came; this is for one on this host, for several as one, and
 * for looking at a run again after check/known/ has changed.
 */
#include "cli/options/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/text.h"
#include "report/checks/check_run.h"
#include "report/checks/junit.h"
#include "report/checks/setup_script.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUNS_MAX = 512 };

struct verdicts_options {
	const char *known, *ktap, *junit, *reproducer;
	bool quiet, verbose;
};

/* ---- files --------------------------------------------------------------------------------- */

/* The lines of one run: for JUnit, which knows nothing of files. */
struct judged {
	struct run run;
	char version[64];   /* of the kernel */
	char name[160];	    /* it, and which modules were replaced */
	char *ktap, *brief; /* its text, and what of it is for a terminal */
	int status;
	json_t *checks, *observations;
};

static void judged_free(struct judged *j)
{
	run_free(&j->run);
	free(j->ktap);
	free(j->brief);
	json_decref(j->checks);
	json_decref(j->observations);
}

/* Writes a text, whole or not at all where that can be.  Returns 0, or -errno after one error
 * line. */
static int write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");
	int rc = out ? 0 : -errno;

	if (out && fputs(text, out) < 0)
		rc = -EIO;
	if (out && fclose(out) && !rc)
		rc = -errno;
	if (rc)
		msg_error("verdicts: cannot write %s: %s", path, strerror(-rc));
	return rc;
}

static struct junit_run junit_of(const struct judged *j)
{
	return (struct junit_run){j->name, j->run.context.kernel, j->checks, j->observations};
}

/* Writes ktap.txt and junit.xml into the directory of the run; a bare file has none. */
static int write_run_files(const struct judged *j, const char *dir)
{
	struct junit_run junit = junit_of(j);
	char path[PATH_MAX];
	struct stat st;
	int rc;

	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	snprintf(path, sizeof(path), "%s/ktap.txt", dir);
	rc = write_text(path, j->ktap);
	snprintf(path, sizeof(path), "%s/junit.xml", dir);
	return rc ? rc : junit_write(path, &junit, 1);
}

/* Several runs are subtests of one.  Returns the text, or NULL without memory. */
static char *nested(const struct judged *j, size_t n, bool brief)
{
	char *text = NULL;
	FILE *out = memory_stream(&text);

	if (!out)
		return NULL;
	fprintf(out, "KTAP version 1\n1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		const char *line = brief ? j[i].brief : j[i].ktap;

		while (*line) {
			int len = (int)strcspn(line, "\n");

			fprintf(out, "  %.*s\n", len, line);
			line += len + (line[len] == '\n');
		}
		fprintf(out, "%s %zu linux-%s%s\n",
			j[i].status == STATUS_GOOD || j[i].status == STATUS_SKIPPED ? "ok"
										    : "not ok",
			i + 1, j[i].name, j[i].status == STATUS_SKIPPED ? " # SKIP all of it" : "");
	}
	return fclose(out) ? NULL : text;
}

/* ---- the verb ------------------------------------------------------------------------------ */

/* Both texts of KTAP.  Returns 0, or -errno after an error line. */
static int judge_texts(struct judged *j, const struct verdicts_options *o)
{
	FILE *ktap = memory_stream(&j->ktap), *brief = memory_stream(&j->brief);
	struct verdicts *v = NULL;
	int rc = ktap && brief ? 0 : -ENOMEM;

	if (!rc && !(v = check_run_judge(&j->run, brief, ktap, o->known)))
		rc = -EINVAL;
	if (v)
		j->status = verdicts_finish(v, NULL);
	if (v && o->verbose) {
		check_run_observations(&j->run, ktap, "# ");
		check_run_observations(&j->run, brief, "# ");
	}
	if (ktap && fclose(ktap) && !rc)
		rc = -ENOMEM;
	if (brief && fclose(brief) && !rc)
		rc = -ENOMEM;
	if (rc == -ENOMEM)
		msg_error("verdicts: out of memory");
	return rc;
}

static int judge(struct judged *j, const char *dir, const struct verdicts_options *o)
{
	int rc;

	if (check_run_read("verdicts", dir, &j->run) < 0)
		return -EINVAL;
	check_run_version(&j->run, j->version);
	snprintf(j->name, sizeof(j->name), "%s%s", j->version, j->run.context.suffix);
	rc = judge_texts(j, o);
	if (rc < 0)
		return rc;
	j->checks = json_array();
	j->observations = json_array();
	for (size_t i = 0; i < j->run.n_checks; i++)
		json_array_append(j->checks, j->run.checks[i].line);
	for (size_t i = 0; i < j->run.n_observations; i++)
		json_array_append(j->observations, (json_t *)j->run.observations[i].line);
	if (!run_is_complete(&j->run)) {
		msg_error("verdicts: %s is incomplete (no end line): the checks after the last "
			  "one were not run",
			  j->run.path);
		if (j->status != STATUS_FAILED)
			j->status = STATUS_BROKEN;
	}
	return write_run_files(j, dir);
}

/* The set-up of each failed check.  Returns 0, or -errno after one error line. */
static int write_scripts(const struct judged *j, const char *dir, bool several)
{
	char prefix[80] = "";
	int rc = 0;

	if (several)
		snprintf(prefix, sizeof(prefix), "%s-", j->version);
	for (size_t i = 0; i < j->run.n_checks && (!rc || rc == -ENOENT); i++)
		rc = setup_script_write(j->run.context.json, j->run.checks[i].line, j->version, dir,
					prefix);
	return rc == -ENOENT ? 0 : rc;
}

/* 1 beats 4 beats 77 beats 0. */
static int worst(int a, int b)
{
	static const int order[] = {STATUS_FAILED, STATUS_BROKEN, STATUS_SKIPPED};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return STATUS_GOOD;
}

static int verdicts(char *const dirs[], size_t n, const struct verdicts_options *o)
{
	struct judged *j = memory_check(calloc(n, sizeof(*j)));
	struct junit_run junit[RUNS_MAX];
	char *all = NULL, *brief = NULL;
	int status = STATUS_GOOD;

	for (size_t i = 0; j && i < n && status != STATUS_BROKEN; i++)
		if (judge(&j[i], dirs[i], o) < 0)
			status = STATUS_BROKEN;
	if (!j || status == STATUS_BROKEN)
		goto out;
	for (size_t i = 0; i < n; i++) {
		status = worst(status, j[i].status);
		junit[i] = junit_of(&j[i]);
	}
	all = n > 1 ? nested(j, n, false) : strdup(j[0].ktap);
	brief = n > 1 ? nested(j, n, true) : strdup(j[0].brief);
	if (!all || !brief) {
		msg_error("verdicts: out of memory");
		status = STATUS_BROKEN;
		goto out;
	}
	for (size_t i = 0; i < n && o->reproducer; i++)
		if (write_scripts(&j[i], o->reproducer, n > 1) < 0)
			status = worst(status, STATUS_BROKEN);
	if (!o->quiet)
		fputs(brief, stdout);
	if ((o->ktap && write_text(o->ktap, all) < 0) ||
	    (o->junit && junit_write(o->junit, junit, n) < 0))
		status = worst(status, STATUS_BROKEN);
out:
	for (size_t i = 0; j && i < n; i++)
		judged_free(&j[i]);
	free(j);
	free(all);
	free(brief);
	return status;
}

static const struct option_spec options[] = {
	OPTION("known", OPTION_TEXT, offsetof(struct verdicts_options, known), "DIR",
	       "directory of known kernel bugs (default: what the run itself says)"),
	OPTION("ktap", OPTION_TEXT, offsetof(struct verdicts_options, ktap), "FILE",
	       "also write KTAP to this file"),
	OPTION("junit", OPTION_TEXT, offsetof(struct verdicts_options, junit), "FILE",
	       "also write JUnit XML to this file"),
	OPTION("reproducer", OPTION_TEXT, offsetof(struct verdicts_options, reproducer), "DIR",
	       "write a script with the set-up of each failed check to this directory"),
	OPTION("quiet", OPTION_FLAG, offsetof(struct verdicts_options, quiet), NULL,
	       "print nothing, only write the files"),
	OPTION("verbose", OPTION_FLAG, offsetof(struct verdicts_options, verbose), NULL,
	       "print all observations at the end"),
	{0},
};

static int run(int argc, char **argv)
{
	struct verdicts_options o = {0};
	int at = options_parse(&verb_verdicts, &o, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc == at || argc - at > RUNS_MAX) {
		msg_error("verdicts: needs runs, directories under results/: one to %d; got %d",
			  RUNS_MAX, argc - at);
		return STATUS_USAGE;
	}
	return verdicts(argv + at, (size_t)(argc - at), &o);
}

const struct verb verb_verdicts = {
	.name = "verdicts",
	.args = "RUNDIR...",
	.why = "what the checks of runs came to, as KTAP, JUnit and exit status",
	.options = options,
	.operands = INT_MAX,
	.internal = true,
	.run = run,
	.no_memory = STATUS_BROKEN,
};
