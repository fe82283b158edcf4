/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsers of fio's JSON and of its latency logs, which hold every sample.  Pure. */
#ifndef DAXDM_FIO_OUTPUT_H
#define DAXDM_FIO_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The summary of one job in the JSON. */
struct fio_sum {
	int64_t error; /* errno; 0 is good */
	int64_t ios, short_ios;
	int64_t n, min_ns, max_ns; /* of the requested latencies */
	double mean_ns;
};

/* One line of a latency log. */
struct fio_sample {
	int64_t ns;
	bool write;
	uint64_t offset_bytes, len_bytes;
};

/*
 * Parses the output of --output-format=json; fio writes error messages before the JSON into the
 * same file.  Returns the root, with the first error message in why ("" if there is none); or NULL
 * with a sentence in why, that error message if there is one.
 */
json_t *fio_json_parse(const char *text, char *why, size_t why_len);

/*
 * The sum of a job by name; latency is "clat" (the operation alone) or "lat" (with submission).
 * Returns 0, -ENOENT if fio did not run that job, or -EINVAL if a member is missing or no number;
 * both with a sentence in why.
 */
int fio_json_job(const json_t *root, const char *job, bool write, const char *latency,
		 struct fio_sum *out, char *why, size_t why_len);

/* "fio-3.33"; "" if it is missing. */
const char *fio_json_version(const json_t *root);

/*
 * A latency log written with log_offset=1: "time, ns, direction, bytes, offset, priority" in each
 * line.  Returns how many samples there are (at most max are kept in out), or -EINVAL with a
 * sentence that names the line in why.
 */
int fio_log_parse(const char *text, struct fio_sample *out, size_t max, char *why, size_t why_len);

/*
 * Whether the log agrees with the JSON: the same number of samples, minimum and maximum, and the
 * same mean to 0.1 %.  Returns true, or false with a sentence in why.
 */
bool fio_log_agrees(const struct fio_sample *samples, size_t n, const struct fio_sum *sum,
		    char *why, size_t why_len);

/* The median; 0 of none.  Sorts a copy; -ENOMEM is 0 as well. */
int64_t fio_median_ns(const struct fio_sample *samples, size_t n);

/* One mapping of a file in /proc/PID/smaps. */
struct fio_mapping {
	uint64_t start, end, file_offset_bytes;
	bool shared, synchronous; /* MAP_SHARED, MAP_SYNC ("sf" in VmFlags) */
};

/* The mappings of that path in the text of an smaps file, at most max.  Returns how many. */
unsigned int fio_mappings(const char *smaps, const char *path, struct fio_mapping *out,
			  unsigned int max);

#endif
