/* SPDX-License-Identifier: GPL-2.0-only */
/* The hand-made run tests/fixtures/fixture-run.jsonl, whole or with one thing changed. */
#ifndef DAXDM_TEST_RUN_FIXTURE_H
#define DAXDM_TEST_RUN_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIXTURE "tests/fixtures/fixture-run.jsonl"
#define CHECK_FIXTURE "tests/fixtures/check-run.jsonl"

/* A run directory of its own, removed by fixture_remove(). */
struct fixture {
	char dir[64], file[96];
};

static inline char *fixture_text(const char *source)
{
	FILE *in = fopen(source, "re");
	char *text = calloc(1, 65536);

	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, in) > 1000);
	fclose(in);
	return text;
}

/* A fixture with the first FROM replaced by TO (both NULL: as it is).  FROM has to be there, or
 * a test would pass without having changed anything. */
static inline void fixture_make_of(struct fixture *f, const char *source, const char *from,
				   const char *to)
{
	char *text = fixture_text(source), *at = from ? strstr(text, from) : text;
	FILE *out;

	assert_non_null(at);
	snprintf(f->dir, sizeof(f->dir), "/tmp/daxdm-fixture-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->file, sizeof(f->file), "%s/run.jsonl", f->dir);
	out = fopen(f->file, "we");
	assert_non_null(out);
	fprintf(out, "%.*s%s%s", (int)(at - text), text, to ? to : "",
		at + (from ? strlen(from) : 0));
	assert_int_equal(fclose(out), 0);
	free(text);
}

static inline void fixture_make(struct fixture *f, const char *from, const char *to)
{
	fixture_make_of(f, FIXTURE, from, to);
}

/* The same with another sample in place of the six in the middle of a record, which are its median:
 * all that follows from the samples is made to follow. */
static inline void fixture_make_median(struct fixture *f, int from, int to)
{
	const int low = from - 10, high = from + 500; /* the other two */
	char was[256], is[256], *text;
	const char *at;
	FILE *out;

	assert_true(to < high);
	snprintf(was, sizeof(was), "[[%d,1],[%d,6],", low, from);
	if (to < low)
		snprintf(is, sizeof(is), "[[%d,6],[%d,1],", to, low);
	else
		snprintf(is, sizeof(is), "[[%d,1],[%d,6],", low, to);
	fixture_make(f, was, is);
	text = fixture_text(f->file);
	snprintf(was, sizeof(was), "\"min\":%d,\"p10\":%d,\"median\":%d,\"mean\":%.2f,", low, low,
		 from, (low + 6 * from + high) / 8.0);
	snprintf(is, sizeof(is), "\"min\":%d,\"p10\":%d,\"median\":%d,\"mean\":%.2f,",
		 to < low ? to : low, to < low ? to : low, to, (low + 6 * to + high) / 8.0);
	at = strstr(text, was);
	assert_non_null(at);
	out = fopen(f->file, "we");
	assert_non_null(out);
	fprintf(out, "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
	assert_int_equal(fclose(out), 0);
	free(text);
}

static inline void fixture_remove(struct fixture *f)
{
	char page[96];

	snprintf(page, sizeof(page), "%s/report.html", f->dir);
	unlink(page);
	snprintf(page, sizeof(page), "%s/statistics.html", f->dir);
	unlink(page);
	assert_int_equal(unlink(f->file), 0);
	assert_int_equal(rmdir(f->dir), 0);
}

/* A findings_say: a line of the file ARG. */
static inline void fixture_sentence(void *arg, const char *sentence)
{
	fprintf(arg, "%s\n", sentence);
}

static inline void assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

#endif
