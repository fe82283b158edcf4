// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/run_verify.h"

#include "lib/base/stats.h"
#include "lib/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A record's mean is written with 12 digits, which is right to half of the last one. */
#define MEAN_PRECISION 5.1e-12

/* Limit of nesting, deeper than any line that daxdm writes. */
enum { DEPTH_MAX = 16 };

struct verifier {
	char field[256]; /* the path to it, "kernel.release" */
	bool context;	 /* of the line: seeds may be any number, and all text is one line */
	char *why;
	size_t why_size;
};

/* ---- text and numbers ---------------------------------------------------------------------- */

/* Fields with unrestricted text: output of a kernel or a program. */
static bool may_be_anything(const char *key)
{
	static const char *const keys[] = {"why",      "cure",	"void", "unavailable",
					   "evidence", "dmesg", "value"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

static int verify_text(struct verifier *v, const char *what, const char *text)
{
	const char *at = text_unprintable(text);
	char shown[64], one[8], bad[8];

	if (!at)
		return 0;
	/* A character has at most four bytes; text_escape() finds how many this one has. */
	snprintf(one, sizeof(one), "%.4s", at);
	text_escape(one, bad, 5);
	snprintf(v->why, v->why_size, "%s%s contains the control character %s: '%s'", v->field,
		 what, bad, text_escape(text, shown, sizeof(shown)));
	return -EINVAL;
}

static int verify_value(struct verifier *v, const json_t *value, bool anything, int depth);

/* Adds ".KEY" to the path.  Not by snprintf(), which took a tenth of the time to read a run. */
static void enter(struct verifier *v, size_t used, const char *key)
{
	const size_t room = sizeof(v->field) - 1;
	size_t len = strlen(key);

	if (used && used < room)
		v->field[used++] = '.';
	len = len < room - used ? len : room - used;
	memcpy(v->field + used, key, len);
	v->field[used + len] = '\0';
}

static int verify_member(struct verifier *v, const char *key, const json_t *member, bool anything,
			 int depth)
{
	size_t used = strlen(v->field);
	int rc = anything ? 0 : verify_text(v, used ? ": a name" : "a name", key);

	if (rc)
		return rc;
	enter(v, used, key);
	rc = verify_value(v, member, anything || (!v->context && may_be_anything(key)), depth);
	v->field[used] = '\0';
	return rc;
}

static int verify_value(struct verifier *v, const json_t *value, bool anything, int depth)
{
	const char *key;
	json_t *member;
	size_t i;
	int rc = 0;

	if (depth == DEPTH_MAX) {
		snprintf(v->why, v->why_size, "%.64s is nested too deeply", v->field);
		return -EINVAL;
	}
	if (json_is_string(value))
		return anything ? 0 : verify_text(v, "", json_string_value(value));
	if (json_is_integer(value) && !v->context &&
	    (json_integer_value(value) > RUN_NUMBER_MAX ||
	     json_integer_value(value) < -RUN_NUMBER_MAX)) {
		snprintf(v->why, v->why_size, "%s is %lld; the limit is %lld", v->field,
			 (long long)json_integer_value(value), (long long)RUN_NUMBER_MAX);
		return -EINVAL;
	}
	json_array_foreach(value, i, member) {
		rc = verify_value(v, member, anything, depth + 1);
		if (rc)
			return rc;
	}
	json_object_foreach((json_t *)value, key, member) {
		rc = verify_member(v, key, member, anything, depth + 1);
		if (rc)
			return rc;
	}
	return 0;
}

int run_verify_line(const json_t *line, char *why, size_t why_size)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	struct verifier v = {
		.context = type && !strcmp(type, "context"), .why = why, .why_size = why_size};

	return verify_value(&v, line, false, 0);
}

/* ---- a record ------------------------------------------------------------------------------ */

/* The value at a rank, from 1, of all samples in ascending order. */
static int64_t at_rank(const struct run_record *rec, int64_t rank)
{
	const struct run_value *v = rec->values;

	while (rank > v->count)
		rank -= v++->count;
	return v->value;
}

/* As stats_summarise() finds it.  n is at most RUN_NUMBER_MAX. */
static int64_t quantile(const struct run_record *rec, int percent)
{
	int64_t rank = rec->n / 100 * percent + (rec->n % 100 * percent + 99) / 100;

	return at_rank(rec, rank ? rank : 1);
}

static int verify_quantiles(const struct run_record *rec, char *why, size_t why_size)
{
	const struct {
		const char *name;
		int64_t stored, computed;
	} fields[] = {
		{"min", rec->min, rec->values[0].value},
		{"p10", rec->p10, quantile(rec, 10)},
		{"median", rec->median, quantile(rec, 50)},
		{"p90", rec->p90, quantile(rec, 90)},
		{"p99", rec->p99, quantile(rec, 99)},
		{"max", rec->max, rec->values[rec->n_values - 1].value},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].stored == fields[i].computed)
			continue;
		snprintf(why, why_size, "%s is %" PRId64 ", but its samples give %" PRId64,
			 fields[i].name, fields[i].stored, fields[i].computed);
		return -EINVAL;
	}
	return 0;
}

static int verify_mean(const struct run_record *rec, char *why, size_t why_size)
{
	double sum = 0, size = 0, mean;

	for (size_t i = 0; i < rec->n_values; i++) {
		double part = (double)rec->values[i].value * (double)rec->values[i].count;

		sum += part;
		size += fabs(part);
	}
	mean = sum / (double)rec->n;
	/* The second part is the rounding error of the sum if samples of both signs cancel. */
	if (fabs(mean - rec->mean) <=
	    MEAN_PRECISION * fabs(mean) + 1e-15 * size / (double)rec->n * (double)rec->n_values)
		return 0;
	snprintf(why, why_size, "mean is %.12g, but its samples give %.12g", rec->mean, mean);
	return -EINVAL;
}

/* A digest of this kind covers the samples in the order in which they were taken, which is known
 * only if all samples are equal. */
static int verify_digest(const struct run_record *rec, char *why, size_t why_size)
{
	enum { SAMPLES_MAX = 4096 };
	int64_t samples[SAMPLES_MAX];
	char digest[32];

	if (rec->n_values != 1 || rec->n > SAMPLES_MAX || strlen(rec->digest) != 24 ||
	    strncmp(rec->digest, "fnv1a64:", 8))
		return 0;
	for (int64_t i = 0; i < rec->n; i++)
		samples[i] = rec->values[0].value;
	snprintf(digest, sizeof(digest), "fnv1a64:%016" PRIx64,
		 stats_digest(samples, (size_t)rec->n));
	if (!strcmp(digest, rec->digest))
		return 0;
	snprintf(why, why_size, "digest is %s, but its samples give %s", rec->digest, digest);
	return -EINVAL;
}

int run_verify_id(const char *id, const char *name, const char *stack, const char *fs, char *why,
		  size_t why_size)
{
	char want[RUN_ID_MAX + 2], no_fs[RUN_ID_MAX + 2];

	snprintf(want, sizeof(want), "%s{stack=%s,fs=%s}", name, stack, fs);
	snprintf(no_fs, sizeof(no_fs), "%s{stack=%s}", name, stack);
	if (strlen(id) <= RUN_ID_MAX && (!strcmp(id, want) || (!*fs && !strcmp(id, no_fs))))
		return 0;
	snprintf(why, why_size, "its fields give the id %s", want);
	return -EINVAL;
}

int run_verify_record(const struct run_record *rec, char *why, size_t why_size)
{
	char name[RUN_VARIANT_MAX + 1];
	int rc;

	snprintf(name, sizeof(name), "%s.%s", rec->bench, rec->variant);
	rc = run_verify_id(rec->id, name, rec->stack, rec->fs, why, why_size);
	rc = rc ? rc : verify_quantiles(rec, why, why_size);
	rc = rc ? rc : verify_mean(rec, why, why_size);
	return rc ? rc : verify_digest(rec, why, why_size);
}
