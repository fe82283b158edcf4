// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/record.h"

#include "lib/base/msg.h"
#include "lib/base/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

int record_open(struct sink *sink, const char *path, bool progress)
{
	struct stat st;
	int fd;

	*sink = (struct sink){.progress = progress};
	if (!strcmp(path, "-")) {
		sink->out = stdout;
		return 0;
	}
	/* Accepts a new file or a device such as a serial line, never an existing result. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST && !stat(path, &st) && !S_ISREG(st.st_mode))
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || !(sink->out = fdopen(fd, "w"))) {
		int rc = -errno;

		msg_error("cannot create %s: %s%s", path, strerror(-rc),
			  rc == -EEXIST ? "; results are never overwritten, choose another name"
					: "");
		if (fd >= 0)
			close(fd);
		return rc;
	}
	return 0;
}

int record_close(struct sink *sink)
{
	if (!sink->out)
		return 0;
	if (sink->out == stdout ? fflush(stdout) : fclose(sink->out))
		sink->error = sink->error ? sink->error : -errno;
	sink->out = NULL;
	if (sink->error)
		msg_error("cannot write the results: %s; the run is incomplete",
			  strerror(-sink->error));
	return sink->error;
}

/* Writes everything, also if signals arrive: stdio loses data if a signal interrupts a write.
 * Returns 0 or -errno. */
static int write_all(int fd, const char *bytes, size_t len_bytes)
{
	while (len_bytes) {
		ssize_t n = write(fd, bytes, len_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len_bytes -= (size_t)n;
	}
	return 0;
}

static int put_line(struct sink *sink, json_t *object)
{
	char *line;

	if (sink->error || !object) {
		json_decref(object);
		return sink->error ? sink->error : -ENOMEM;
	}
	line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(object);
	if (!line)
		sink->error = -ENOMEM;
	else if (fflush(sink->out)) /* other output of the same stream */
		sink->error = -errno;
	if (!sink->error)
		sink->error = write_all(fileno(sink->out), line, strlen(line));
	if (!sink->error)
		sink->error = write_all(fileno(sink->out), "\n", 1);
	if (!sink->error)
		while (tcdrain(fileno(sink->out)) < 0 && errno == EINTR)
			; /* ENOTTY for anything but a terminal line */
	free(line);
	return sink->error;
}

int record_write_line(struct sink *sink, json_t *object)
{
	if (sink->captured && object)
		return json_array_append_new(sink->captured, object) < 0 ? -ENOMEM : 0;
	return put_line(sink, object);
}

static json_t *cell_id(const struct cell *cell, const char *name)
{
	return json_sprintf("%s{stack=%s,fs=%s}", name, cell->spec->text, cell->fs);
}

static json_t *metric_id(const struct cell *cell, const char *bench, const char *variant)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", bench, variant);
	return cell_id(cell, name);
}

/* Samples as ascending [value, count] pairs; NULL without memory. */
static json_t *value_counts(const int64_t *samples, size_t n)
{
	int64_t *sorted = malloc(n * sizeof(*sorted));
	json_t *pairs = json_array();
	size_t i = 0;

	if (!sorted || !pairs)
		goto fail;
	memcpy(sorted, samples, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), stats_compare);
	while (i < n) {
		size_t same = 1;

		while (i + same < n && sorted[i + same] == sorted[i])
			same++;
		if (json_array_append_new(
			    pairs, json_pack("[II]", (json_int_t)sorted[i], (json_int_t)same)) < 0)
			goto fail;
		i += same;
	}
	free(sorted);
	return pairs;
fail:
	free(sorted);
	json_decref(pairs);
	return NULL;
}

static int proven_write(struct sink *sink, const struct cell *cell, const char *bench,
			const char *variant, size_t n, json_t *proof)
{
	return record_write_line(sink,
				 json_pack("{ss so ss ss ss ss sI so}", "type", "proven", "id",
					   metric_id(cell, bench, variant), "bench", bench,
					   "variant", variant, "stack", cell->spec->text, "fs",
					   cell->fs, "n", (json_int_t)n, "proof", proof));
}

int record_write_unit(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *better, const char *unit, const char *variant,
		      const int64_t *samples, size_t n, int64_t overhead, const struct proof *proof,
		      json_t *more)
{
	unsigned int missing = proof_missing(proof, cell->waivers, variant);
	struct stats s;
	char digest[32], why[192];
	int rc = 0;

	if (cell->meter->kind != METER_NONE && !missing)
		rc = stats_summarise(samples, n, &s);
	if (missing || rc < 0) {
		json_decref(more);
		return rc < 0 ? rc
			      : record_write_void(sink, cell, bench, variant,
						  proof_sentence(missing, why));
	}
	if (cell->meter->kind == METER_NONE)
		return proven_write(sink, cell, bench, variant, n, proof_json(proof, more));
	snprintf(digest, sizeof(digest), "fnv1a64:%016" PRIx64, stats_digest(samples, n));
	return record_write_line(
		sink,
		json_pack("{ss so ss ss ss ss si ss ss ss sI sI sI sI sf sI sI sI ss so sI so}",
			  "type", "record", "id", metric_id(cell, bench, variant), "bench", bench,
			  "variant", variant, "stack", cell->spec->text, "fs", cell->fs, "segments",
			  (int)stack_segments(cell->spec), "unit", unit, "better", better, "meter",
			  meter_name(cell->meter), "n", (json_int_t)s.n, "min", (json_int_t)s.min,
			  "p10", (json_int_t)s.p10, "median", (json_int_t)s.median, "mean", s.mean,
			  "p90", (json_int_t)s.p90, "p99", (json_int_t)s.p99, "max",
			  (json_int_t)s.max, "digest", digest, "samples", value_counts(samples, n),
			  "overhead", (json_int_t)overhead, "proof", proof_json(proof, more)));
}

int record_write(struct sink *sink, const struct cell *cell, const char *bench, const char *better,
		 const char *variant, const int64_t *samples, size_t n, int64_t overhead,
		 const struct proof *proof, json_t *more)
{
	return record_write_unit(sink, cell, bench, better, meter_unit(cell->meter), variant,
				 samples, n, overhead, proof, more);
}

int record_write_observation(struct sink *sink, const struct cell *cell, const char *name,
			     json_t *value)
{
	return record_write_line(sink, json_pack("{ss so ss ss so}", "type", "observation", "id",
						 cell_id(cell, name), "stack", cell->spec->text,
						 "fs", cell->fs, "value", value));
}

int record_write_void(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *variant, const char *why)
{
	return record_write_line(sink, json_pack("{ss so ss ss ss ss ss}", "type", "void", "id",
						 metric_id(cell, bench, variant), "bench", bench,
						 "variant", variant, "stack", cell->spec->text,
						 "fs", cell->fs, "why", why));
}

int record_write_skip(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *variant, const char *why, const char *cure)
{
	return record_write_line(sink, json_pack("{ss so ss ss ss ss ss ss}", "type", "skip", "id",
						 metric_id(cell, bench, variant), "bench", bench,
						 "variant", variant, "stack", cell->spec->text,
						 "fs", cell->fs, "why", why, "cure", cure));
}

int record_write_progress(struct sink *sink, unsigned int done, unsigned int total,
			  const char *phase, const char *what)
{
	if (!sink->progress)
		return 0;
	return put_line(sink, json_pack("{ss si si ss ss sI}", "type", "progress", "done",
					(int)done, "total", (int)total, "phase", phase, "what",
					what, "ticks", (json_int_t)meter_ticks()));
}

int record_write_end(struct sink *sink, int status)
{
	return record_write_line(sink, json_pack("{ss si}", "type", "end", "status", status));
}
