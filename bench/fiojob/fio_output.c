// SPDX-License-Identifier: GPL-2.0-only
#include "bench/fiojob/fio_output.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the JSON begins: a brace alone on a line.  NULL if nowhere. */
static const char *find_json(const char *text)
{
	const char *at = text;

	while (at && strncmp(at, "{\n", 2)) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at;
}

/* The first line before the JSON that is an error message, not the note on a hook's output file. */
static void complaint(const char *text, const char *end, char *why, size_t why_len)
{
	while (text < end && *text) {
		int len = (int)strcspn(text, "\n");
		char line[160];

		snprintf(line, sizeof(line), "%.*s", len, text);
		if (len && !strstr(line, ": Saving output of ")) {
			snprintf(why, why_len, "fio reports: %s", line);
			return;
		}
		text += len + (text[len] == '\n');
	}
}

json_t *fio_json_parse(const char *text, char *why, size_t why_len)
{
	const char *json = find_json(text);
	json_error_t error;
	json_t *root = json ? json_loads(json, JSON_DISABLE_EOF_CHECK, &error) : NULL;

	if (root)
		why[0] = '\0';
	else if (json)
		snprintf(why, why_len, "fio's JSON is truncated or invalid (line %d: %.80s)",
			 error.line, error.text);
	else
		snprintf(why, why_len, "fio wrote no JSON");
	complaint(text, json ? json : text + strlen(text), why, why_len);
	return root;
}

const char *fio_json_version(const json_t *root)
{
	const char *version = json_string_value(json_object_get(root, "fio version"));

	return version ? version : "";
}

static const json_t *find_job(const json_t *root, const char *name)
{
	const json_t *job;
	size_t i;

	json_array_foreach(json_object_get(root, "jobs"), i, job) {
		const char *it = json_string_value(json_object_get(job, "jobname"));

		if (it && !strcmp(it, name))
			return job;
	}
	return NULL;
}

/* Whether the member is a whole number, not negative. */
static bool take(const json_t *object, const char *key, int64_t *out)
{
	const json_t *value = json_object_get(object, key);

	*out = json_integer_value(value);
	return json_is_integer(value) && *out >= 0;
}

int fio_json_job(const json_t *root, const char *name, bool write, const char *latency,
		 struct fio_sum *out, char *why, size_t why_len)
{
	const json_t *job = find_job(root, name), *way, *ns, *mean;
	char key[16];

	*out = (struct fio_sum){0};
	if (!job) {
		snprintf(why, why_len, "fio's JSON has no job %s", name);
		return -ENOENT;
	}
	way = json_object_get(job, write ? "write" : "read");
	snprintf(key, sizeof(key), "%s_ns", latency);
	ns = json_object_get(way, key);
	mean = json_object_get(ns, "mean");
	out->mean_ns = json_number_value(mean);
	if (take(job, "error", &out->error) && take(way, "total_ios", &out->ios) &&
	    take(way, "short_ios", &out->short_ios) && take(ns, "N", &out->n) &&
	    take(ns, "min", &out->min_ns) && take(ns, "max", &out->max_ns) && json_is_number(mean))
		return 0;
	snprintf(why, why_len, "fio's JSON has no results of job %s (%s, %s)", name,
		 write ? "write" : "read", key);
	return -EINVAL;
}

/* A number and the comma behind it. */
static bool take_number(const char **at, uint64_t most, uint64_t *number)
{
	char *end;

	*at += strspn(*at, " ");
	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	*at = end + 1;
	return !errno && *end == ',' && *number <= most;
}

static bool take_sample(const char *at, struct fio_sample *out)
{
	uint64_t time_ms, ns, direction;

	if (!take_number(&at, UINT64_MAX, &time_ms) || !take_number(&at, INT64_MAX, &ns) ||
	    !take_number(&at, 1, &direction) || !take_number(&at, UINT64_MAX, &out->len_bytes) ||
	    !take_number(&at, UINT64_MAX, &out->offset_bytes))
		return false;
	out->ns = (int64_t)ns;
	out->write = direction == 1;
	return true;
}

int fio_log_parse(const char *text, struct fio_sample *out, size_t max, char *why, size_t why_len)
{
	int n = 0;

	while (*text) {
		struct fio_sample sample;

		if (!take_sample(text, &sample) || !strchr(text, '\n')) {
			snprintf(why, why_len, "line %d of fio's latency log is not a sample: %.*s",
				 n + 1, (int)(strcspn(text, "\n") < 60 ? strcspn(text, "\n") : 60),
				 text);
			return -EINVAL;
		}
		if ((size_t)n < max)
			out[n] = sample;
		n++;
		text = strchr(text, '\n') + 1;
	}
	return n;
}

bool fio_log_agrees(const struct fio_sample *samples, size_t n, const struct fio_sum *sum,
		    char *why, size_t why_len)
{
	int64_t min = INT64_MAX, max = 0;
	double total = 0;

	for (size_t i = 0; i < n; i++) {
		min = samples[i].ns < min ? samples[i].ns : min;
		max = samples[i].ns > max ? samples[i].ns : max;
		total += (double)samples[i].ns;
	}
	if (n && (int64_t)n == sum->n && min == sum->min_ns && max == sum->max_ns &&
	    fabs(total / (double)n - sum->mean_ns) <= sum->mean_ns / 1000)
		return true;
	snprintf(why, why_len,
		 "fio's latency log has %zu samples from %" PRId64 " to %" PRId64
		 ", its JSON %" PRId64 " from %" PRId64 " to %" PRId64,
		 n, n ? min : 0, max, sum->n, sum->min_ns, sum->max_ns);
	return false;
}

static int compare(const void *a, const void *b)
{
	int64_t x = ((const struct fio_sample *)a)->ns, y = ((const struct fio_sample *)b)->ns;

	return (x > y) - (x < y);
}

int64_t fio_median_ns(const struct fio_sample *samples, size_t n)
{
	struct fio_sample *sorted = n ? malloc(n * sizeof(*sorted)) : NULL;
	int64_t median;

	if (!sorted)
		return 0;
	memcpy(sorted, samples, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	median = sorted[(n - 1) / 2].ns;
	free(sorted);
	return median;
}

/* Parses the first line of a mapping.  Returns whether it maps that path. */
static bool take_head(const char *line, const char *path, struct fio_mapping *m)
{
	char rights[5] = "";
	int used = 0;

	*m = (struct fio_mapping){0};
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &m->start, &m->end,
		   rights, &m->file_offset_bytes, &used) != 4 ||
	    !used)
		return false;
	m->shared = rights[3] == 's';
	return strcspn(line + used, "\n") == strlen(path) &&
	       !strncmp(line + used, path, strlen(path));
}

/* Whether the word is among the two-letter flags. */
static bool has_flag(const char *line, const char *flag)
{
	size_t len = strcspn(line, "\n");

	for (size_t i = 8; i + 2 < len; i++)
		if (line[i] == ' ' && !strncmp(line + i + 1, flag, 2))
			return true;
	return false;
}

unsigned int fio_mappings(const char *smaps, const char *path, struct fio_mapping *out,
			  unsigned int max)
{
	struct fio_mapping one, *within = NULL;
	unsigned int n = 0;

	while (smaps && *smaps) {
		bool head = strchr("0123456789abcdef", *smaps);

		if (head)
			within = NULL;
		if (head && n < max && take_head(smaps, path, &one))
			*(within = &out[n++]) = one;
		if (within && !strncmp(smaps, "VmFlags:", 8))
			within->synchronous = has_flag(smaps, "sf");
		smaps = strchr(smaps, '\n');
		smaps = smaps ? smaps + 1 : NULL;
	}
	return n;
}
