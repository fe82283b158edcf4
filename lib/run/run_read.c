// SPDX-License-Identifier: GPL-2.0-only
/* Reads run.jsonl.  Lines that contradict each other are rejected, with file and line: reports must
 * not use unreliable numbers. */
#include "lib/run/run.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/text_file.h"
#include "lib/run/kernel_name.h"
#include "lib/run/run_samples.h"
#include "lib/run/run_verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RUN_BYTES_MAX (UINT64_C(4) << 30)

/* The position of the reader, and the buffer of its error message. */
struct reader {
	struct run *run;
	unsigned int line;
	char *why;
	size_t why_size;
	size_t room_records, room_observations, room_voids, room_skips, room_checks, room_counted;
	json_t *check_lines;	    /* id -> line number */
	struct run_samples samples; /* of the line that is read, if they are not in its JSON */
	bool brief;		    /* up to the first record, and the end */
};

__attribute__((format(printf, 2, 3))) static int complain(struct reader *r, const char *fmt, ...)
{
	int used = snprintf(r->why, r->why_size, "%s:%u: ", r->run->path, r->line);
	va_list ap;

	if (used >= 0 && (size_t)used < r->why_size) {
		va_start(ap, fmt);
		vsnprintf(r->why + used, r->why_size - used, fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

static int no_memory(struct reader *r)
{
	complain(r, "out of memory");
	return -ENOMEM;
}

/* Returns the rank of the name, which is added if new, or -ENOMEM. */
static long names_add(struct run_names *names, const char *name)
{
	const json_t *known;
	const char **more;

	if (!names->rank)
		names->rank = json_object();
	known = json_object_get(names->rank, name);
	if (known)
		return json_integer_value(known);
	more = reallocarray(names->name, names->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	names->name = more;
	if (json_object_set_new(names->rank, name, json_integer((json_int_t)names->n)) < 0)
		return -ENOMEM;
	/* The map's own copy of the key lives as long as the map does. */
	more[names->n] = json_object_iter_key(json_object_iter_at(names->rank, name));
	return (long)names->n++;
}

static void names_free(struct run_names *names)
{
	free(names->name);
	json_decref(names->rank);
}

static int add_names(struct reader *r, struct run_names *names, const json_t *list)
{
	size_t i;
	json_t *name;

	json_array_foreach(list, i, name)
		if (json_is_string(name) && names_add(names, json_string_value(name)) < 0)
			return no_memory(r);
	return 0;
}

static int read_context(struct reader *r, const json_t *line)
{
	struct run_context *c = &r->run->context;
	const json_t *kernel = json_object_get(line, "kernel");
	const json_t *emulator = json_object_get(line, "emulator");
	const json_t *schema = json_object_get(line, "schema");

	if (c->json)
		return complain(r, "a second context line; one run has one");
	if (!json_is_integer(schema))
		return complain(r, "the context has no schema number");
	if (json_integer_value(schema) != RUN_SCHEMA)
		return complain(r, "schema %lld; this daxdm reads schema %d only",
				(long long)json_integer_value(schema), RUN_SCHEMA);
	c->json = line;
	c->suite = json_field_text(line, "suite");
	c->build = json_field_text(line, "build");
	c->meter = json_field_text(line, "meter");
	c->cpu = json_field_text(line, "cpu");
	c->date = json_field_text(line, "date");
	c->release = json_field_text(kernel, "release");
	c->version = json_field_text(kernel, "version");
	c->build_id = json_field_text(kernel, "build_id");
	c->package = json_field_text(kernel, "package");
	kernel_name(line, c->kernel, sizeof(c->kernel));
	kernel_name_suffix(line, c->suffix, sizeof(c->suffix));
	c->qemu = json_field_text(emulator, "qemu");
	c->accel = json_field_text(emulator, "accel");
	c->emulated_cpu = json_field_text(emulator, "cpu");
	c->machine = json_field_text(emulator, "machine");
	c->boot = json_field_text(emulator, "boot");
	c->emulated_mem_mib = json_field_number(emulator, "mem_mib");
	c->checks = json_is_true(json_object_get(line, "checks"));
	c->planted = json_is_true(json_object_get(line, "planted"));
	c->seed = json_field_number(line, "seed");
	c->rounds = json_field_number(line, "rounds");
	if (!*c->meter && !c->checks)
		return complain(r, "the context names no meter");
	if (add_names(r, &r->run->fs, json_object_get(line, "fs")) < 0 ||
	    add_names(r, &r->run->benches, json_object_get(line, "benches")) < 0 ||
	    add_names(r, &r->run->stacks, json_object_get(line, "stacks")) < 0)
		return -ENOMEM;
	return 0;
}

static int not_a_pair(struct reader *r, const struct run_record *rec, size_t i)
{
	return complain(r, "record %s: sample pair %zu is not [value, count]", rec->id, i + 1);
}

/* Fills the record's values from [[value,count],...]. */
static int convert_values(struct reader *r, struct run_record *rec, const json_t *list)
{
	size_t i;
	json_t *pair;

	if (!json_is_array(list))
		return complain(r, "record %s has no samples", rec->id);
	rec->values = calloc(json_array_size(list) + 1, sizeof(*rec->values));
	if (!rec->values)
		return no_memory(r);
	json_array_foreach(list, i, pair) {
		const json_t *value = json_array_get(pair, 0), *count = json_array_get(pair, 1);

		if (json_array_size(pair) != 2 || !json_is_integer(value) ||
		    !json_is_integer(count))
			return not_a_pair(r, rec, i);
		rec->values[i] =
			(struct run_value){json_integer_value(value), json_integer_value(count)};
	}
	rec->n_values = json_array_size(list);
	return 0;
}

static int verify_values(struct reader *r, const struct run_record *rec)
{
	int64_t sum = 0;

	for (size_t i = 0; i < rec->n_values; i++) {
		const struct run_value *v = &rec->values[i];

		if (v->count < 1)
			return not_a_pair(r, rec, i);
		if (v->value > RUN_SAMPLE_MAX || v->value < -RUN_SAMPLE_MAX)
			return complain(r, "record %s: a sample is %lld; the limit is %lld",
					rec->id, (long long)v->value, (long long)RUN_SAMPLE_MAX);
		if (i && v->value <= v[-1].value)
			return complain(r, "record %s: samples are not in ascending order",
					rec->id);
		if (v->count > rec->n - sum)
			return complain(r, "record %s: more samples than its n of %lld", rec->id,
					(long long)rec->n);
		sum += v->count;
	}
	if (sum != rec->n)
		return complain(r, "record %s: %lld samples, but n is %lld", rec->id,
				(long long)sum, (long long)rec->n);
	return 0;
}

static int read_record_words(struct reader *r, struct run_record *rec, const json_t *line)
{
	const struct {
		const char *key;
		const char **to;
	} words[] = {
		{"bench", &rec->bench}, {"variant", &rec->variant}, {"stack", &rec->stack},
		{"unit", &rec->unit},	{"meter", &rec->meter},	    {"digest", &rec->digest},
	};

	rec->id = json_field_text(line, "id");
	if (!*rec->id)
		return complain(r, "a record without an id");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*words[i].to = json_field_text(line, words[i].key);
		if (!**words[i].to)
			return complain(r, "record %s has no %s", rec->id, words[i].key);
	}
	rec->fs = json_field_text(line, "fs");
	rec->better = *json_field_text(line, "better") ? json_field_text(line, "better") : "lower";
	rec->page = run_page_of(rec->variant, NULL);
	if (strcmp(rec->meter, r->run->context.meter))
		return complain(r, "record %s is of meter %s in a run of meter %s", rec->id,
				rec->meter, r->run->context.meter);
	/* Instructions are not a measure of time: the record is inconsistent. */
	if (!strcmp(rec->meter, "insn") && !strcmp(rec->unit, "ns"))
		return complain(r, "record %s has unit ns from meter insn", rec->id);
	return 0;
}

static int read_record_numbers(struct reader *r, struct run_record *rec, const json_t *line)
{
	const struct {
		const char *key;
		int64_t *to;
	} numbers[] = {
		{"n", &rec->n},		  {"min", &rec->min},		{"p10", &rec->p10},
		{"median", &rec->median}, {"p90", &rec->p90},		{"p99", &rec->p99},
		{"max", &rec->max},	  {"segments", &rec->segments},
	};
	const json_t *mean = json_object_get(line, "mean");

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const json_t *value = json_object_get(line, numbers[i].key);

		if (!json_is_integer(value))
			return complain(r, "record %s: %s is not a whole number", rec->id,
					numbers[i].key);
		*numbers[i].to = json_integer_value(value);
	}
	if (!json_is_number(mean))
		return complain(r, "record %s: mean is not a number", rec->id);
	if (rec->n < 1)
		return complain(r, "record %s has no samples", rec->id);
	if (rec->n > RUN_COUNT_MAX)
		return complain(r, "record %s: n is %lld; the limit is %lld", rec->id,
				(long long)rec->n, (long long)RUN_COUNT_MAX);
	if (rec->segments < 0 || rec->segments > INT32_MAX)
		return complain(r, "record %s: segments is %lld; expected 0 to %d", rec->id,
				(long long)rec->segments, INT32_MAX);
	rec->mean = json_number_value(mean);
	rec->overhead = json_field_number(line, "overhead");
	if (rec->overhead < -1 || rec->overhead > RUN_SAMPLE_MAX)
		return complain(r, "record %s: overhead is %lld", rec->id,
				(long long)rec->overhead);
	rec->proof = json_object_get(line, "proof");
	return 0;
}

/* The samples of the record, which run_samples_take() found in its text, or JSON. */
static int read_samples(struct reader *r, struct run_record *rec, const json_t *samples)
{
	char wrong[700];
	int rc = 0;

	if (r->samples.values && samples)
		return complain(r, "not JSON: duplicate object key \"samples\"");
	if (r->samples.values) {
		rec->values = r->samples.values;
		rec->n_values = r->samples.n;
		r->samples.values = NULL;
	} else {
		rc = convert_values(r, rec, samples);
	}
	rc = rc ? rc : verify_values(r, rec);
	if (!rc && run_verify_record(rec, wrong, sizeof(wrong)) < 0)
		rc = complain(r, "record %s: %s", rec->id, wrong);
	return rc;
}

static int read_record(struct reader *r, const json_t *line, const json_t *samples)
{
	struct run *run = r->run;
	struct run_record *rec =
		memory_push(&run->records, &run->n_records, &r->room_records, sizeof(*rec));
	char variant[256];
	long stack_rank, bench_rank, variant_rank;
	int rc;

	if (!rec)
		return no_memory(r);
	rec->line = r->line;
	rc = read_record_words(r, rec, line);
	if (!rc)
		rc = read_record_numbers(r, rec, line);
	if (!rc)
		rc = read_samples(r, rec, samples);
	if (rc)
		return rc;
	snprintf(variant, sizeof(variant), "%s.%s", rec->bench, rec->variant);
	stack_rank = names_add(&run->stacks, rec->stack);
	bench_rank = names_add(&run->benches, rec->bench);
	variant_rank = names_add(&run->variants, variant);
	if (stack_rank < 0 || bench_rank < 0 || variant_rank < 0 ||
	    names_add(&run->fs, rec->fs) < 0)
		return no_memory(r);
	rec->stack_rank = (size_t)stack_rank;
	rec->bench_rank = (size_t)bench_rank;
	rec->variant_rank = (size_t)variant_rank;
	return 0;
}

/* Verifies the id of a line against its benchmark, stack and filesystem. */
static int verify_id(struct reader *r, const json_t *line)
{
	const char *id = json_field_text(line, "id"), *bench = json_field_text(line, "bench");
	char name[RUN_VARIANT_MAX + 1], wrong[700];

	if (strlen(id) > RUN_ID_MAX)
		return complain(r, "an id of more than %d bytes: %.100s", RUN_ID_MAX, id);
	if (!*json_field_text(line, "stack"))
		return 0;
	if (*bench)
		snprintf(name, sizeof(name), "%s.%s", bench, json_field_text(line, "variant"));
	else
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(id, "{"), id);
	if (run_verify_id(id, name, json_field_text(line, "stack"), json_field_text(line, "fs"),
			  wrong, sizeof(wrong)) < 0)
		return complain(r, "%s %s: %s", json_field_text(line, "type"), id, wrong);
	return 0;
}

static int read_gap(struct reader *r, const json_t *line, struct run_gap **gaps, size_t *n,
		    size_t *room)
{
	struct run_gap *gap = memory_push(gaps, n, room, sizeof(*gap));

	if (!gap)
		return no_memory(r);
	gap->id = json_field_text(line, "id");
	gap->why = json_field_text(line, "why");
	gap->cure = json_field_text(line, "cure");
	if (!*gap->id || !*gap->why)
		return complain(r, "a %s without id or why", json_field_text(line, "type"));
	return verify_id(r, line);
}

static int read_observation(struct reader *r, const json_t *line)
{
	struct run *run = r->run;
	struct run_observation *o = memory_push(&run->observations, &run->n_observations,
						&r->room_observations, sizeof(*o));

	if (!o)
		return no_memory(r);
	o->id = json_field_text(line, "id");
	o->stack = json_field_text(line, "stack");
	o->fs = json_field_text(line, "fs");
	o->check = json_field_text(line, "check");
	o->line = line;
	o->value = json_object_get(line, "value");
	if (!*o->id || !o->value)
		return complain(r, "an observation without id or value");
	return verify_id(r, line);
}

static int read_counted(struct reader *r, const json_t *line)
{
	struct run *run = r->run;
	struct run_counted *c =
		memory_push(&run->counted, &run->n_counted, &r->room_counted, sizeof(*c));

	if (!c)
		return no_memory(r);
	c->id = json_field_text(line, "id");
	c->bench = json_field_text(line, "bench");
	c->variant = json_field_text(line, "variant");
	c->stack = json_field_text(line, "stack");
	c->fs = json_field_text(line, "fs");
	c->why = json_field_text(line, "void");
	c->operations = json_field_number(line, "operations");
	c->counters = json_object_get(line, "counters");
	if (!*c->id || !*c->bench || !*c->variant || !*c->stack)
		return complain(r, "counters without id, bench, variant or stack");
	if (!*c->why && (c->operations < 1 || !json_is_object(c->counters)))
		return complain(r,
				"counters of %s have neither values nor a reason for their absence",
				c->id);
	if (c->operations > RUN_COUNT_MAX)
		return complain(r, "counters of %s: operations is %lld", c->id,
				(long long)c->operations);
	return verify_id(r, line);
}

static int read_check(struct reader *r, json_t *line)
{
	static const char *const verdicts[] = {"pass", "fail", "skip", "broken"};
	struct run *run = r->run;
	struct run_check *c =
		memory_push(&run->checks, &run->n_checks, &r->room_checks, sizeof(*c));
	const char *id = json_field_text(line, "id"), *plant = json_field_text(line, "plant");
	int64_t ms = json_field_number(line, "ms");
	size_t known = 0;

	if (!c)
		return no_memory(r);
	c->line = line;
	if (!*id)
		return complain(r, "a check without an id");
	/* KTAP gives blanks and '#' a special meaning. */
	if (snprintf(c->id, sizeof(c->id), "%s%s%s", id, *plant ? "+" : "", plant) >=
		    (int)sizeof(c->id) ||
	    strpbrk(c->id, " #"))
		return complain(r, "'%.100s' is not the name of a check", id);
	if (json_object_get(line, "ms") && (ms < 0 || ms > RUN_COUNT_MAX))
		return complain(r, "check %s: ms is %lld; expected 0 to %lld", c->id, (long long)ms,
				(long long)RUN_COUNT_MAX);
	while (known < 4 && strcmp(json_field_text(line, "verdict"), verdicts[known]))
		known++;
	if (known == 4)
		return complain(
			r, "check %s: the verdict is '%.20s'; expected pass, fail, skip or broken",
			c->id, json_field_text(line, "verdict"));
	if (json_object_get(r->check_lines, c->id))
		return complain(
			r, "check %s occurs twice, first in line %lld", c->id,
			(long long)json_integer_value(json_object_get(r->check_lines, c->id)));
	if (json_object_set_new(r->check_lines, c->id, json_integer(r->line)) < 0)
		return no_memory(r);
	return 0;
}

static int read_end(struct reader *r, const json_t *line)
{
	const json_t *status = json_object_get(line, "status");

	if (!json_is_integer(status))
		return complain(r, "an end without a status");
	r->run->ended = true;
	r->run->status = json_integer_value(status);
	return 0;
}

/* samples: of a record, which are not in line. */
static int read_object(struct reader *r, json_t *line, const json_t *samples)
{
	struct run *run = r->run;
	const char *type = json_field_text(line, "type");
	char wrong[700];

	if (!*type)
		return complain(r, "not a line of a run: it has no type");
	if (run_verify_line(line, wrong, sizeof(wrong)) < 0)
		return complain(r, "%s", wrong);
	if (run->ended)
		return complain(r, "%s after the end line", type);
	if (!strcmp(type, "context"))
		return read_context(r, line);
	if (!run->context.json)
		return complain(r, "%s before the context line, which must be line 1", type);
	if (!strcmp(type, "record"))
		return read_record(r, line, samples);
	if (!strcmp(type, "observation"))
		return read_observation(r, line);
	if (!strcmp(type, "check"))
		return read_check(r, line);
	if (!strcmp(type, "void"))
		return read_gap(r, line, &run->voids, &run->n_voids, &r->room_voids);
	if (!strcmp(type, "skip"))
		return read_gap(r, line, &run->skips, &run->n_skips, &r->room_skips);
	if (!strcmp(type, "proven"))
		return run->n_proven++, 0;
	if (!strcmp(type, "counters"))
		return read_counted(r, line);
	if (!strcmp(type, "end"))
		return read_end(r, line);
	run->n_unread++;
	return 0;
}

/* Takes the samples out of a record, which is most of a run's memory: rec->values has them.  A new
 * reference, or NULL. */
static json_t *take_samples(json_t *line)
{
	json_t *samples = NULL;

	if (!strcmp(json_field_text(line, "type"), "record")) {
		samples = json_incref(json_object_get(line, "samples"));
		json_object_del(line, "samples");
	}
	return samples;
}

/* Leaves out all but the last lines of the file. */
static void skip_to_end(FILE *file)
{
	enum { END_BYTES = 1024 };
	struct stat st;
	int c;

	if (fstat(fileno(file), &st) || ftello(file) >= st.st_size - END_BYTES ||
	    fseeko(file, st.st_size - END_BYTES, SEEK_SET))
		return;
	do
		c = fgetc(file);
	while (c != '\n' && c != EOF);
}

/* One line, which it changes. */
static int read_line(struct reader *r, char *text, size_t len)
{
	struct run *run = r->run;
	const bool whole = text[len - 1] == '\n';
	json_t *line, *samples;
	json_error_t error;
	int rc;

	r->samples = run_samples_take(text, len);
	line = json_loadb(text, len - r->samples.len, JSON_REJECT_DUPLICATES, &error);
	samples = take_samples(line);
	if (!line && !whole) {
		/* The writer died in this line; all lines before it are complete. */
		run->cut = true;
		rc = 0;
	} else if (!line) {
		if (error.column > (int)r->samples.at)
			error.column += (int)r->samples.len;
		rc = complain(r, "not JSON: %s (column %d)", error.text, error.column);
	} else if (json_array_append_new(run->lines, line) < 0) {
		rc = no_memory(r);
	} else {
		rc = read_object(r, line, samples);
	}
	json_decref(samples);
	free(r->samples.values);
	r->samples.values = NULL;
	return rc;
}

static int read_lines(struct reader *r, FILE *file)
{
	struct run *run = r->run;
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int rc = 0;

	while (!rc && !run->cut && (len = getline(&text, &size, file)) > 0) {
		r->line++;
		rc = read_line(r, text, (size_t)len);
		if (r->brief && run->n_records) {
			r->brief = false;
			skip_to_end(file);
		}
	}
	/* getline() returns -1 both at the end and without memory. */
	if (!rc && !run->cut && ferror(file)) {
		rc = -EIO;
		complain(r, "cannot read: %s", strerror(errno));
	} else if (!rc && !run->cut && !feof(file)) {
		rc = no_memory(r);
	}
	free(text);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	return strcmp((*(struct run_record *const *)a)->id, (*(struct run_record *const *)b)->id);
}

static long compare(long a, long b)
{
	return (a > b) - (a < b);
}

/* By name: the order must not depend on which guest reported first.  No filesystem is last. */
static long compare_fs(const char *a, const char *b)
{
	if (!*a || !*b)
		return compare(!*a, !*b);
	return strcmp(a, b);
}

/* The order of tables. */
static int by_place(const void *pa, const void *pb)
{
	const struct run_record *a = pa, *b = pb;
	long diff = compare_fs(a->fs, b->fs);

	if (!diff)
		diff = compare((long)a->bench_rank, (long)b->bench_rank);
	if (!diff)
		diff = compare(a->page, b->page);
	if (!diff)
		diff = compare((long)a->variant_rank, (long)b->variant_rank);
	if (!diff)
		diff = compare((long)a->stack_rank, (long)b->stack_rank);
	return (int)(diff ? diff : compare(a->line, b->line));
}

static int put_in_order(struct reader *r)
{
	struct run *run = r->run;

	if (!run->n_records)
		return 0;
	qsort(run->records, run->n_records, sizeof(*run->records), by_place);
	run->by_id = calloc(run->n_records, sizeof(struct run_record *));
	if (!run->by_id)
		return no_memory(r);
	for (size_t i = 0; i < run->n_records; i++)
		run->by_id[i] = &run->records[i];
	qsort(run->by_id, run->n_records, sizeof(struct run_record *), by_id);
	for (size_t i = 1; i < run->n_records; i++) {
		const struct run_record *a = run->by_id[i - 1], *b = run->by_id[i];

		if (strcmp(a->id, b->id))
			continue;
		r->line = a->line > b->line ? a->line : b->line;
		return complain(r, "record %s occurs twice, first in line %u", a->id,
				a->line > b->line ? b->line : a->line);
	}
	return 0;
}

/* Reads an open file and closes it. */
static int read_file(struct reader *r, FILE *file)
{
	int rc;

	r->run->lines = json_array();
	r->check_lines = json_object();
	rc = r->run->lines && r->check_lines ? read_lines(r, file) : no_memory(r);
	json_decref(r->check_lines);
	fclose(file);
	if (!rc && !r->run->context.json) {
		snprintf(r->why, r->why_size,
			 "%s: no context line; this is not a run, or its first line is not written "
			 "yet",
			 r->run->path);
		rc = -EINVAL;
	}
	return rc ? rc : put_in_order(r);
}

static int read_path(const char *path, struct run *run, bool brief, char *why, size_t why_size)
{
	struct reader r = {.run = run, .why = why, .why_size = why_size, .brief = brief};
	struct stat st;
	FILE *file;
	int rc;

	memset(run, 0, sizeof(*run));
	if (!stat(path, &st) && !S_ISDIR(st.st_mode))
		rc = asprintf(&run->path, "%s", path);
	else
		rc = asprintf(&run->path, "%s%srun.jsonl", path,
			      *path && path[strlen(path) - 1] == '/' ? "" : "/");
	if (rc < 0) {
		run->path = NULL;
		snprintf(why, why_size, "%s: out of memory", path);
		return -ENOMEM;
	}
	rc = text_file_open(run->path, RUN_BYTES_MAX, &file, why, why_size);
	if (rc == -ENOENT) {
		size_t len = strlen(why);

		snprintf(why + len, why_size - len,
			 "; name a directory of results/ that holds run.jsonl");
	}
	return rc ? rc : read_file(&r, file);
}

int run_read(const char *path, struct run *run, char *why, size_t why_size)
{
	return read_path(path, run, false, why, why_size);
}

int run_read_brief(const char *path, struct run *run, char *why, size_t why_size)
{
	return read_path(path, run, true, why, why_size);
}

int run_read_memory(const char *text, size_t size, struct run *run, char *why, size_t why_size)
{
	struct reader r = {.run = run, .why = why, .why_size = why_size};
	FILE *file = size ? fmemopen((void *)text, size, "r") : fopen("/dev/null", "re");

	memset(run, 0, sizeof(*run));
	run->path = strdup("memory");
	if (file && run->path)
		return read_file(&r, file);
	if (file)
		fclose(file);
	snprintf(why, why_size, "out of memory");
	return -ENOMEM;
}

void run_free(struct run *run)
{
	for (size_t i = 0; i < run->n_records; i++)
		free(run->records[i].values);
	free(run->records);
	free(run->by_id);
	free(run->observations);
	free(run->checks);
	free(run->counted);
	free(run->voids);
	free(run->skips);
	names_free(&run->fs);
	names_free(&run->benches);
	names_free(&run->variants);
	names_free(&run->stacks);
	json_decref(run->lines);
	free(run->path);
	memset(run, 0, sizeof(*run));
}

bool run_is_complete(const struct run *run)
{
	return run->ended && (!run->status || run->context.checks);
}

const struct run_record *run_find(const struct run *run, const char *id)
{
	struct run_record key = {.id = id}, *p = &key, **hit;

	if (!run->n_records)
		return NULL;
	hit = bsearch(&p, run->by_id, run->n_records, sizeof(p), by_id);
	return hit ? *hit : NULL;
}
