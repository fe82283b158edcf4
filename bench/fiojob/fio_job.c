// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections of a fio job of the user's, in order: what fio is given of them is what they say, but
 * for options that are replaced (bench/fiojob/fio_option.c).
 *
 * One sample is one I/O of the section: its latency as reported by fio.  Timing, proof and unit are
 * those of fiojob (bench/fiojob/fiojob.c).  Sections with direct=1 run on a mount with dax=never,
 * before the others.
 *
 * Alone: ./run.sh bench --fio JOB
 */
#include "bench/fiojob/fio_job.h"

#include "bench/bench.h"
#include "bench/fiojob/fio_option.h"
#include "bench/fiojob/fiojob.h"
#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/base/text_file.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SETTINGS_MAX = 64, NAME_MAX_CHARS = 40 };

struct setting {
	const char *name, *value; /* value "": none was given */
	const struct fio_option *option;
	unsigned int line;
};

/* The settings in effect: those of [global] so far, and those of the section. */
struct settings {
	struct setting list[SETTINGS_MAX];
	size_t n;
};

struct section {
	char name[NAME_MAX_CHARS + 1];
	struct fio_judged judged;
	char *options; /* those that are kept, as text */
};

/* The job of this process: there is one at most. */
static struct job {
	char *name, *text, *word;
	struct section sections[FIO_JOB_SECTIONS_MAX];
	size_t n;
	struct words notes;
} job;

static struct variant variants[FIO_JOB_SECTIONS_MAX + 1];

/* Those of sections that map nothing follow the first. */
static struct proof_waiver waivers[FIO_JOB_SECTIONS_MAX + 2] = {
	{"*", PROOF_PAGE, "fio maps the file; the hits of the probes tell PTE from PMD"},
};

/* The position in the text. */
struct reader {
	const char *path;
	unsigned int line;
	char *copy; /* of the text, cut into words */
	struct settings global, own;
	struct section *section; /* NULL: in [global], or before the first */
	unsigned int section_line;
	struct words groups[FIO_GROUPS]; /* the options that were replaced */
};

/* ---- sections -------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static int refuse(const struct reader *r, unsigned int line,
							const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg_error("%s:%u: %s", r->path, line, text);
	return -EINVAL;
}

static int add_note(struct words *words, const char *text)
{
	return words_add_new(words, text, strlen(text));
}

/* A later one replaces an earlier one. */
static int set(struct settings *settings, const struct setting *one)
{
	size_t i = 0;

	while (i < settings->n && settings->list[i].option != one->option)
		i++;
	if (i == SETTINGS_MAX)
		return -E2BIG;
	settings->list[i] = *one;
	settings->n += i == settings->n;
	return 0;
}

static bool is_named_before(const struct section *section)
{
	for (const struct section *s = job.sections; s < section; s++)
		if (!strcmp(s->name, section->name))
			return true;
	return false;
}

/* The name of a metric has small letters, digits and _.  Two sections of one name get numbers. */
static void choose_name(struct section *section, const char *word, size_t len)
{
	unsigned int same = 1;
	char base[NAME_MAX_CHARS - 3];
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < sizeof(base); i++)
		base[n++] = (char)(isalnum((unsigned char)word[i]) ? tolower((unsigned char)word[i])
								   : '_');
	base[n] = '\0';
	snprintf(section->name, sizeof(section->name), "%s", base);
	while (is_named_before(section))
		snprintf(section->name, sizeof(section->name), "%s_%u", base, ++same);
}

/* The line of the option that a sentence of fio_option_judge() begins with. */
static unsigned int line_of(const struct reader *r, const char *why)
{
	size_t len = strcspn(why, "=: ");

	for (size_t i = 0; i < r->own.n; i++)
		if (strlen(r->own.list[i].option->name) == len &&
		    !strncmp(r->own.list[i].option->name, why, len))
			return r->own.list[i].line;
	return r->section_line;
}

static int note_groups(struct reader *r, const struct fio_judged *judged)
{
	static const struct {
		enum fio_option_group group;
		const char *name;
	} read[] = {{FIO_GROUP_SIZE, "size"}, {FIO_GROUP_DEPTH, "iodepth"}};
	int rc = 0;

	for (size_t i = 0; i < sizeof(read) / sizeof(read[0]) && !rc; i++)
		if (judged->replaced[read[i].group])
			rc = add_note(&r->groups[read[i].group], read[i].name);
	return rc;
}

/* Judges the section whose lines have all been read. */
static int end_section(struct reader *r)
{
	struct fio_values values = {0};
	struct section *section = r->section;
	char why[300];
	FILE *out;
	int rc;

	if (!section)
		return 0;
	out = memory_stream(&section->options);
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < r->own.n; i++) {
		const struct setting *s = &r->own.list[i];
		const char **member = fio_values_member(&values, s->option->name);

		if (member)
			*member = s->value;
		if (member || s->option->rule == FIO_OPTION_KEEP)
			fprintf(out, "%s%s%s\n", s->name, *s->value ? "=" : "", s->value);
	}
	if (fclose(out))
		return -ENOMEM;
	if (fio_option_judge(&values, &section->judged, why, sizeof(why)) < 0)
		return refuse(r, line_of(r, why), "section [%s]: %s", section->name, why);
	rc = note_groups(r, &section->judged);
	section->judged.plan.options = section->options;
	r->section = NULL;
	job.n++;
	return rc;
}

static int begin_section(struct reader *r, char *text)
{
	char *end = strchr(text, ']');
	int rc = end_section(r);

	if (rc < 0)
		return rc;
	if (!end || end == text + 1)
		return refuse(r, r->line, "expected [NAME], got '%s'", text);
	if (end == text + 7 && !strncmp(text, "[global", 7))
		return 0;
	if (job.n == FIO_JOB_SECTIONS_MAX)
		return refuse(r, r->line, "more than %d sections", FIO_JOB_SECTIONS_MAX);
	r->section = &job.sections[job.n];
	*r->section = (struct section){0};
	choose_name(r->section, text + 1, (size_t)(end - text) - 1);
	r->section_line = r->line;
	r->own = r->global;
	return 0;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " ");
	text[strcspn(text, ";#")] = '\0';
	len = strlen(text);
	while (len && text[len - 1] == ' ')
		text[--len] = '\0';
	return text;
}

static int read_option(struct reader *r, char *text)
{
	char *equals = strchr(text, '=');
	struct setting one = {.name = text, .value = "", .line = r->line};
	int rc = 0;

	if (equals) {
		*equals = '\0';
		one.value = trim(equals + 1);
		trim(text);
	}
	if (!strncmp(text, "include ", 8))
		text[7] = '\0';
	one.option = fio_option_find(text);
	if (!one.option)
		return refuse(
			r, r->line,
			"%s: this option is not known here and might change what a sample is; "
			"remove it",
			text);
	if (one.option->rule == FIO_OPTION_REFUSE)
		return refuse(r, r->line, "%s: %s", text, one.option->why);
	if (one.option->rule == FIO_OPTION_REPLACE)
		rc = add_note(&r->groups[one.option->group], one.option->name);
	else if (strchr(one.value, '$') || strchr(one.value, '`'))
		return refuse(r, r->line, "%s=%s: variables are not expanded; write the value",
			      text, one.value);
	if (!rc && set(r->section ? &r->own : &r->global, &one) < 0)
		rc = refuse(r, r->line, "more than %d options", SETTINGS_MAX);
	return rc;
}

static int read_line(struct reader *r, char *text)
{
	if (text_unprintable(text))
		return refuse(r, r->line, "a control character, or no UTF-8; is it a fio job?");
	text = trim(text);
	if (!*text)
		return 0;
	return *text == '[' ? begin_section(r, text) : read_option(r, text);
}

/* ---- notes ----------------------------------------------------------------------------------- */

static int note(const char *keys, const char *what)
{
	char *text = NULL;
	int rc;

	if (asprintf(&text, "%s: %s", keys, what) < 0)
		return -ENOMEM;
	rc = add_note(&job.notes, text);
	free(text);
	return rc;
}

/* The names of a list, separated by commas, into text. */
static void join(const struct words *words, char *text, size_t size)
{
	*text = '\0';
	for (size_t i = 0; i < words->n; i++)
		text_append(text, size, "%s%s", i ? ", " : "", words->list[i]);
}

static int note_all(struct reader *r)
{
	struct words direct = {0};
	char names[FIO_JOB_SECTIONS_MAX * (NAME_MAX_CHARS + 2)];
	int rc = 0;

	for (size_t g = 0; g < FIO_GROUPS && !rc; g++) {
		join(&r->groups[g], names, sizeof(names));
		rc = *names ? note(names, fio_option_groups[g]) : 0;
	}
	for (size_t i = 0; i < job.n && !rc; i++)
		if (job.sections[i].judged.plan.by == FIOJOB_BIO)
			rc = add_note(&direct, job.sections[i].name);
	join(&direct, names, sizeof(names));
	if (!rc && *names)
		rc = note(names,
			  direct.n < job.n
				  ? "direct=1, so on a mount with dax=never, and before the others"
				  : "direct=1, so on a mount with dax=never");
	words_free(&direct);
	return rc;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void make_variants(void)
{
	struct proof_waiver *waiver = waivers + 1;

	for (size_t i = 0; i < job.n; i++) {
		struct section *s = &job.sections[i];

		variants[i] = (struct variant){.name = s->name,
					       .why = "a section of the fio job",
					       .needs = {s->judged.need, NEED_END},
					       .arg = &s->judged.plan};
		if (s->judged.plan.by != FIOJOB_MAP)
			*waiver++ = (struct proof_waiver){
				s->name, PROOF_FRAME,
				"the operation maps no page; its offsets and bytes are verified"};
	}
}

static int read_text(struct reader *r)
{
	char *rest = r->copy, *line;
	int rc = 0;

	while (!rc && (line = strsep(&rest, "\n"))) {
		r->line++;
		rc = text_unprintable(line)
			     ? refuse(r, r->line,
				      "a control character, or no UTF-8; is it a fio job?")
			     : read_line(r, line);
	}
	if (!rc)
		rc = end_section(r);
	if (!rc && !job.n)
		rc = refuse(r, r->line,
			    "no section; expected [NAME] and options, is it a fio job?");
	if (!rc)
		rc = note_all(r);
	return rc;
}

static void put_escaped(const char *text, FILE *out)
{
	for (; *text; text++)
		if (*text == '\n' || *text == '\\')
			fprintf(out, "\\%c", *text == '\n' ? 'n' : '\\');
		else
			fputc(*text, out);
}

/* The word has name and text in one line: newline and backslash are escaped. */
static char *escape(const char *name, const char *text)
{
	char *word = NULL;
	FILE *out = memory_stream(&word);

	if (!out)
		return NULL;
	put_escaped(name, out);
	put_escaped("\n", out);
	put_escaped(text, out);
	return fclose(out) ? NULL : word;
}

void fio_job_free(void)
{
	for (size_t i = 0; i < FIO_JOB_SECTIONS_MAX; i++)
		free(job.sections[i].options);
	free(job.name);
	free(job.text);
	free(job.word);
	words_free(&job.notes);
	job = (struct job){0};
	memset(variants, 0, sizeof(variants));
	memset(waivers + 1, 0, sizeof(waivers) - sizeof(waivers[0]));
}

/* A tab is a blank to fio, and a carriage return before a newline is nothing.  The last line gets
 * its newline: text has room for it. */
static void normalise(char *text)
{
	char *to = text, *begin = text;

	for (; *text; text++)
		if (*text != '\r' || text[1] != '\n')
			*to++ = *text == '\t' ? ' ' : *text;
	if (to > begin && to[-1] != '\n')
		*to++ = '\n';
	*to = '\0';
}

/* Takes name and text, which it frees at the end of the process only.  The name may be any name of
 * a file: what of it is not printable is escaped. */
static int take(char *name, char *text)
{
	struct reader *r = calloc(1, sizeof(*r));
	int rc = r && name && text ? 0 : -ENOMEM;

	if (name && text_unprintable(name)) {
		char *printable = text_escaped(name);

		free(name);
		name = printable;
		rc = name ? rc : -ENOMEM;
	}
	if (!rc)
		normalise(text);
	fio_job_free();
	job.name = name;
	job.text = text;
	if (!rc) {
		r->path = name;
		r->copy = strdup(text);
		job.word = escape(name, text);
		rc = r->copy && job.word ? read_text(r) : -ENOMEM;
	}
	if (rc == -ENOMEM)
		msg_error("out of memory");
	if (!rc)
		make_variants();
	for (size_t g = 0; r && g < FIO_GROUPS; g++)
		words_free(&r->groups[g]);
	/* The options in effect are copies, but their names and values are in r->copy. */
	if (r)
		free(r->copy);
	free(r);
	return rc;
}

int fio_job_read(const char *path, struct words *notes)
{
	const char *slash = strrchr(path, '/');
	char why[512], *text = calloc(1, FIO_JOB_TEXT_MAX + 2);
	FILE *in = NULL;
	size_t n = 0;
	int rc = text ? text_file_open(path, FIO_JOB_TEXT_MAX, &in, why, sizeof(why)) : -ENOMEM;

	if (rc < 0) {
		msg_error("%s", text ? why : "out of memory");
		free(text);
		return rc;
	}
	n = fread(text, 1, FIO_JOB_TEXT_MAX, in);
	fclose(in);
	if (memchr(text, '\0', n)) {
		msg_error("%s: a control character, or no UTF-8; is it a fio job?", path);
		free(text);
		return -EINVAL;
	}
	rc = take(memory_check(strdup(slash ? slash + 1 : path)), text);
	for (size_t i = 0; i < job.notes.n && !rc; i++)
		rc = add_note(notes, job.notes.list[i]);
	return rc;
}

int fio_job_load(const char *word)
{
	char *text = memory_check(malloc(strlen(word) + 1)), *to = text, *rest, *body;

	if (!text)
		return -ENOMEM;
	if (job.word && !strcmp(job.word, word)) {
		free(text);
		return 0;
	}
	for (const char *c = word; *c; c++) {
		bool escaped = *c == '\\' && c[1];

		c += escaped;
		*to++ = escaped && *c == 'n' ? '\n' : *c;
	}
	*to = '\0';
	rest = strchr(text, '\n');
	if (!rest) {
		msg_error("--fio-text: expected NAME and the text of a fio job");
		free(text);
		return -EINVAL;
	}
	*rest = '\0';
	body = memory_check(calloc(1, strlen(rest + 1) + 2));
	if (body)
		strcpy(body, rest + 1);
	return take(text, body);
}

int fio_job_again(const json_t *fio)
{
	const json_t *line, *lines = json_object_get(fio, "text");
	char *text = NULL;
	FILE *out;
	size_t i;

	if (!json_array_size(lines))
		return 0;
	out = memory_stream(&text);
	if (!out)
		return -ENOMEM;
	json_array_foreach(lines, i, line) {
		const char *word = json_string_value(line);

		fprintf(out, "%s\n", word ? word : "");
	}
	if (fclose(out))
		return -ENOMEM;
	return take(memory_check(strdup(json_field_text(fio, "name"))), text);
}

const char *fio_job_word(void)
{
	return job.word;
}

static uint64_t digest_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

json_t *fio_job_json(void)
{
	json_t *notes = job.n ? json_array() : NULL, *lines = json_array();
	char digest[40];

	if (!notes) {
		json_decref(lines);
		return NULL;
	}
	for (const char *at = job.text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		json_array_append_new(lines, json_stringn(at, strcspn(at, "\n")));
	for (size_t i = 0; i < job.notes.n; i++)
		json_array_append_new(notes, json_string(job.notes.list[i]));
	snprintf(digest, sizeof(digest), "fnv1a64:%016" PRIx64, digest_of(job.text));
	return json_pack("{ss ss so so}", "name", job.name, "digest", digest, "text", lines,
			 "replaced", notes);
}

int fio_job_same_as(struct words *benches)
{
	int rc = 0;

	for (size_t i = 0; i < job.n && !rc; i++) {
		char metric[64];

		fiojob_same_as(&variants[i], metric);
		for (const struct bench *const *b = bench_table; *b && !rc; b++)
			for (const struct variant *v = (*b)->variants; v->name && !rc; v++) {
				char name[64];

				snprintf(name, sizeof(name), "%s.%s", (*b)->name, v->name);
				if (!strcmp(name, metric))
					rc = add_note(benches, metric);
			}
	}
	return rc;
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_FIO, NEED_END};

static const struct unexplained unexplained[] = {
	{"*", "fio measures it"},
	{0},
};

const struct bench bench_fio = {
	.name = "fio",
	.why = "the sections of a fio job file: bench --fio JOB",
	.better = "lower",
	.by_name_only = "it has variants only with --fio JOB",
	.context = fio_job_json,
	.needs = needs,
	.variants = variants,
	.waivers = waivers,
	.setup = fiojob_setup,
	.once = fiojob_once,
	.report = fiojob_report,
	.teardown = fiojob_teardown,
	.unexplained = unexplained,
};
