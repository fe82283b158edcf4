// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm new: a benchmark or a family of checks from its template: one file, and one line in a
 * table.  It works on the sources in the current directory, where run.sh starts it.
 */
#include "bench/bench.h"
#include "check/check.h"
#include "cli/options/cli.h"
#include "lib/base/msg.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_CHARS = 24 };

static const struct kind {
	const char *name, *what; /* "bench" is also the folder and the prefix of the descriptor */
	const char *entry;	 /* of the table */
	const char *run, *run_options; /* the command line before and after the name */
} kinds[] = {
	{"bench", "benchmark", "bench", "./run.sh bench --bench ",
	 " --stack raw --stack linear:16 --fs ext4"},
	{"check", "family of checks", "X", "./run.sh check --check ", ""},
	{NULL, NULL, NULL, NULL, NULL},
};

/* What is written, for messages and to undo it. */
struct paths {
	char folder[64], file[96], table[32], table_new[40], template[32];
};

/* ---- the name -------------------------------------------------------------------------------- */

static bool is_known(const struct kind *kind, const char *name)
{
	bool is_bench = !strcmp(kind->name, "bench");

	for (const struct bench *const *b = bench_table; is_bench && *b; b++)
		if (!strcmp((*b)->name, name))
			return true;
	for (const struct check_family *const *f = check_table; !is_bench && *f; f++)
		if (!strcmp((*f)->name, name))
			return true;
	return false;
}

/* Whether a text has PREFIX_NAME as a word. */
static bool has_word(const char *text, const char *prefix, const char *name)
{
	char word[64];
	size_t len = (size_t)snprintf(word, sizeof(word), "%s_%s", prefix, name);

	for (const char *at = text; (at = strstr(at, word)); at += len) {
		char before = at == text ? ' ' : at[-1], after = at[len];

		if (!isalnum((unsigned char)before) && before != '_' &&
		    !isalnum((unsigned char)after) && after != '_')
			return true;
	}
	return false;
}

/* A whole file, to be freed; NULL with errno set. */
static char *read_all(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!in)
		return NULL;
	if (getdelim(&text, &size, '\0', in) < 0) {
		free(text);
		text = NULL;
		errno = EIO;
	}
	fclose(in);
	return text;
}

/* The header in which the descriptor's name is already something else; "" if there is none. */
static void find_taken(const struct kind *kind, const char *name, char path[96])
{
	char pattern[32];
	glob_t found = {0};

	path[0] = '\0';
	snprintf(pattern, sizeof(pattern), "%s/*.h", kind->name);
	glob(pattern, 0, NULL, &found);
	snprintf(pattern, sizeof(pattern), "%s/*/*.h", kind->name);
	glob(pattern, GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && !path[0]; i++) {
		char *text = read_all(found.gl_pathv[i]);

		if (text && has_word(text, kind->name, name))
			snprintf(path, 96, "%s", found.gl_pathv[i]);
		free(text);
	}
	globfree(&found);
}

/* Returns 0, or -EINVAL after an error line. */
static int vet_name(const struct kind *kind, const char *name, const struct paths *paths)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
	char taken[96];

	if (!len || name[len] || len > NAME_MAX_CHARS || !islower((unsigned char)name[0])) {
		msg_error("new: '%s' is no name of a %s: a lower-case letter, then at most %d "
			  "lower-case letters, digits and _",
			  name, kind->what, NAME_MAX_CHARS - 1);
		return -EINVAL;
	}
	if (is_known(kind, name) || !access(paths->folder, F_OK)) {
		msg_error("new: there already is a %s '%s'; choose another name", kind->what, name);
		return -EINVAL;
	}
	find_taken(kind, name, taken);
	if (taken[0] || !strcmp(name, "others")) {
		msg_error("new: the name '%s' is taken by %s; choose another one", name,
			  taken[0] ? taken : "workload files");
		return -EINVAL;
	}
	return 0;
}

/* ---- the files ------------------------------------------------------------------------------- */

/* Returns 0 or -errno; an existing file is not overwritten. */
static int write_new(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), rc = 0;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out)
		return -errno;
	if (fputs(text, out) == EOF)
		rc = -errno;
	if (fclose(out) == EOF && !rc)
		rc = -errno;
	if (rc < 0)
		unlink(path);
	return rc;
}

/* Returns the text with each @NAME@ replaced, to be freed; NULL without memory. */
static char *fill_in(const char *template, const char *name)
{
	static const char mark[] = "@NAME@";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (const char *at; (at = strstr(template, mark)); template = at + strlen(mark))
		fprintf(out, "%.*s%s", (int)(at - template), template, name);
	fputs(template, out);
	if (fclose(out) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}

/* The table with one more line, the last of its list, to be freed.  NULL with errno set; EBADMSG:
 * its list was not found. */
static char *add_line(const char *table, const char *entry, const char *name)
{
	const char *end = strstr(table, "\n/* clang-format on */");
	char *text = NULL;

	if (!end) {
		errno = EBADMSG;
		return NULL;
	}
	if (asprintf(&text, "%.*s \\\n\t%s(%s)%s", (int)(end - table), table, entry, name, end) < 0)
		return NULL;
	return text;
}

/* Returns 0, or -errno after an error line. */
static int write_file(const struct paths *paths, const char *name)
{
	char *template = read_all(paths->template), *text;
	int rc = template ? 0 : -errno;

	if (rc < 0) {
		msg_error("new: cannot read %s: %s; start it in the top folder of the sources",
			  paths->template, strerror(-rc));
		return rc;
	}
	text = fill_in(template, name);
	if (!text || mkdir(paths->folder, 0755) < 0)
		rc = -errno;
	if (!rc)
		rc = write_new(paths->file, text);
	if (rc < 0)
		msg_error("new: cannot write %s: %s", paths->file, strerror(-rc));
	free(text);
	free(template);
	return rc;
}

/* Returns 0, or -errno after an error line. */
static int write_table(const struct kind *kind, const struct paths *paths, const char *name)
{
	char *table = read_all(paths->table);
	char *text = table ? add_line(table, kind->entry, name) : NULL;
	int rc = text ? write_new(paths->table_new, text) : -errno;

	if (!rc && rename(paths->table_new, paths->table) < 0) {
		rc = -errno;
		unlink(paths->table_new);
	}
	if (rc < 0)
		msg_error("new: cannot add a line to %s: %s", paths->table, strerror(-rc));
	free(text);
	free(table);
	return rc;
}

/* Returns an enum exit_status. */
static int make(const struct kind *kind, const char *name)
{
	struct paths paths;

	snprintf(paths.folder, sizeof(paths.folder), "%s/%.*s", kind->name, NAME_MAX_CHARS, name);
	snprintf(paths.file, sizeof(paths.file), "%s/%.*s.c", paths.folder, NAME_MAX_CHARS, name);
	snprintf(paths.table, sizeof(paths.table), "%s/table.c", kind->name);
	snprintf(paths.table_new, sizeof(paths.table_new), "%s.new", paths.table);
	snprintf(paths.template, sizeof(paths.template), "%s/template.c.in", kind->name);
	if (vet_name(kind, name, &paths) < 0)
		return STATUS_USAGE;
	if (write_file(&paths, name) < 0 || write_table(kind, &paths, name) < 0) {
		unlink(paths.file);
		rmdir(paths.folder);
		return STATUS_BROKEN;
	}
	printf("wrote %s, a %s to edit, and its line in %s\nnext: ./run.sh list\n      ",
	       paths.file, kind->what, paths.table);
	printf("%s%s%s\n", kind->run, name, kind->run_options);
	return STATUS_GOOD;
}

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_new, NULL, argc, argv);
	const struct kind *kind = kinds;

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	if (argc - operand != 2) {
		msg_error("new: expected a kind and a name: new bench NAME, or new check FAMILY");
		return STATUS_USAGE;
	}
	while (kind->name && strcmp(kind->name, argv[operand]))
		kind++;
	if (!kind->name) {
		msg_error("new: expected bench or check, got '%s'", argv[operand]);
		return STATUS_USAGE;
	}
	return make(kind, argv[operand + 1]);
}

const struct verb verb_new = {
	.on_sources = true,
	.name = "new",
	.args = "KIND NAME",
	.why = "write a template: a benchmark (KIND bench) or family of checks (check)",
	.examples = {"new bench mine", "new check mine"},
	.operands = 2,
	.run = run,
};
