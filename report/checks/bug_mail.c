// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/bug_mail.h"

#include "lib/base/msg.h"
#include "lib/base/text_file.h"
#include "lib/base/words.h"
#include "report/checks/maintainers.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 72, SPLAT_MAX = 120 };

/* Text in lines of WIDTH. */
static void wrap(FILE *out, const char *text)
{
	int column = 0;

	while (*(text += strspn(text, " \n"))) {
		int len = (int)strcspn(text, " \n");

		if (column && column + 1 + len > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += fprintf(out, "%s%.*s", column ? " " : "", len, text);
		text += len;
	}
	fputc('\n', out);
}

static int add_line(void *arg, const char *path, unsigned int line, char *text)
{
	(void)path;
	(void)line;
	return words_add(arg, text, strlen(text));
}

int bug_mail_reproducer(const struct known_bug *bug, const char *dir, char *path, size_t size)
{
	snprintf(path, size, "%s/%.*s", dir, (int)strcspn(bug->reproducer, " \n"), bug->reproducer);
	return access(path, R_OK) ? -ENOENT : 0;
}

/* ---- headers --------------------------------------------------------------------------------- */

static void print_addresses(FILE *out, const char *name, const struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		fprintf(out, "%s%s%s\n", i ? "    " : name, words->list[i],
			i + 1 < words->n ? "," : "");
}

static int print_headers(FILE *out, const struct known_bug *bug, const char *dir, bool regression)
{
	static const char *const lists[] = {"linux-kernel@vger.kernel.org",
					    "regressions@lists.linux.dev"};
	struct maintainers m = {0};
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/%s", dir, BUG_MAIL_MAINTAINERS);
	rc = maintainers_find(path, bug->files, &m);
	if (rc == -ENOENT)
		msg_error("%s: no section of %s is about %s", bug->name, path, bug->files);
	for (int i = 0; i < 1 + regression && !rc; i++)
		rc = words_add_new(&m.cc, lists[i], strlen(lists[i]));
	if (!rc) {
		print_addresses(out, "To: ", &m.to);
		print_addresses(out, "Cc: ", &m.cc);
		fprintf(out, "Subject: [BUG%s] %s\n\n", regression ? " REGRESSION" : "",
			bug->subject);
	}
	maintainers_free(&m);
	return rc;
}

/* ---- the kernels ----------------------------------------------------------------------------- */

/* The newest kernel before the first one with the bug on which it was absent, and that one; NULL if
 * none is known. */
static const struct bug_cell *last_good(const struct bug_matrix *m, const struct known_bug *bug,
					const struct bug_cell **first_bad)
{
	const struct bug_cell *good = NULL;

	*first_bad = NULL;
	for (size_t i = 0; i < m->n_kernels && !*first_bad; i++) {
		const struct bug_cell *cell = bug_matrix_at(m, bug, &m->kernels[i]);

		if (cell && !strcmp(cell->result, "absent"))
			good = cell;
		if (cell && !strcmp(cell->result, "present"))
			*first_bad = cell;
	}
	return *first_bad ? good : NULL;
}

static void print_kernels(FILE *out, const struct known_bug *bug, const struct bug_matrix *m)
{
	static const char *const results[][2] = {
		{"present", "bad: "}, {"absent", "good:"}, {"skipped", "not tried:"}};
	char text[512];

	fprintf(out, "Versions tested (Debian's packages, x86-64, QEMU):\n");
	for (int i = 0; i < 3; i++)
		if (*bug_matrix_kernels(m, bug, results[i][0], text, sizeof(text)))
			fprintf(out, "  %s %s\n", results[i][1], text);
	fputc('\n', out);
}

/* ---- the reproducer and what came out -------------------------------------------------------- */

/* Text of a line of a comment: without its mark, and the number of blanks behind that. */
static const char *comment_text(const char *line, size_t *blanks)
{
	line += strspn(line, " ");
	line += *line == '#' || *line == '*';
	*blanks = strspn(line, " ");
	return line + *blanks;
}

/* What stands behind "Needs:" in the head of a reproducer, in several lines. */
static void print_needs(FILE *out, const struct words *lines)
{
	static const char word[] = "Needs:";
	size_t at = 0, blanks;
	const char *text;

	while (at < lines->n && strncmp(comment_text(lines->list[at], &blanks), word, strlen(word)))
		at++;
	for (size_t i = at; i < lines->n; i++) {
		text = comment_text(lines->list[i], &blanks);
		if (i == at)
			text += strlen(word) + strspn(text + strlen(word), " ");
		else if (!*text || blanks < strlen(word))
			break;
		fprintf(out, "  %s\n", text);
	}
}

static int print_reproducer(FILE *out, const struct known_bug *bug, const char *dir)
{
	struct words lines = {0};
	char path[PATH_MAX];
	int rc = bug_mail_reproducer(bug, dir, path, sizeof(path));

	if (rc)
		msg_error("%s: there is no reproducer %s", bug->name, path);
	if (!rc)
		rc = text_file_read(path, "the reproducer", add_line, &lines);
	if (!rc) {
		fprintf(out, "Set-up:\n");
		print_needs(out, &lines);
		fprintf(out,
			"\nReproducer, %s (exit status 1: the kernel has the bug, 0: it does "
			"not):\n\n",
			strrchr(path, '/') + 1);
		for (size_t i = 0; i < lines.n; i++)
			fprintf(out, "%s\n", lines.list[i]);
		fputc('\n', out);
	}
	words_free(&lines);
	return rc;
}

static bool has_any(const char *line, const char *const *marks)
{
	for (; *marks; marks++)
		if (strstr(line, *marks))
			return true;
	return false;
}

size_t bug_mail_find_splat(char *const *lines, size_t n, size_t *first)
{
	static const char *const begins[] = {"[ cut here ]",
					     "BUG: ",
					     "WARNING: ",
					     "Oops: ",
					     "general protection fault",
					     "blocked for more than",
					     "soft lockup",
					     NULL};
	static const char *const ends[] = {"---[ end trace", "---[ end Kernel panic", NULL};
	size_t i = 0, from;

	while (i < n && !has_any(lines[i], begins))
		i++;
	*first = from = i;
	for (; i < n && i < from + SPLAT_MAX; i++)
		if (has_any(lines[i], ends))
			return i + 1 - from;
	return i - from;
}

/* What was said on the newest kernel with the bug.  Returns 0 or -errno after one error line. */
static int print_words(FILE *out, const struct known_bug *bug, const char *matrix_dir)
{
	struct words lines = {0};
	char path[PATH_MAX], name[BUG_NAME_CHARS];
	size_t log, first, n;
	int rc;

	snprintf(path, sizeof(path), "%s/bugs/%s.txt", matrix_dir,
		 known_reproducer(bug, name, sizeof(name)));
	if (access(path, F_OK))
		return 0;
	rc = text_file_read(path, "the output of the reproducer", add_line, &lines);
	for (log = 1; log < lines.n && *lines.list[log]; log++)
		;
	if (!rc && lines.n) {
		fprintf(out, "Output on %s:\n\n", lines.list[0] + strcspn(lines.list[0], " ") + 1);
		for (size_t i = 1; i < log; i++)
			fprintf(out, "  %s\n", lines.list[i]);
		fputc('\n', out);
		n = bug_mail_find_splat(lines.list + log, lines.n - log, &first);
		if (n)
			fprintf(out, "Kernel log:\n\n");
		for (size_t i = 0; i < n; i++)
			fprintf(out, "%s\n", lines.list[log + first + i]);
		if (n)
			fputc('\n', out);
	}
	words_free(&lines);
	return rc;
}

int bug_mail_print(const struct known_bug *bug, const struct bug_matrix *m, const char *dir,
		   const char *matrix_dir, FILE *out)
{
	const struct bug_cell *first_bad, *good = last_good(m, bug, &first_bad);
	int rc;

	if (!bug->subject || !bug->files) {
		msg_error("%s/%s: a report needs the keys subject and files", dir, bug->name);
		return -EINVAL;
	}
	rc = print_headers(out, bug, dir, good && !*bug->last);
	if (rc)
		return rc;
	fprintf(out, "Hello,\n\n");
	wrap(out, bug->why);
	fputc('\n', out);
	print_kernels(out, bug, m);
	rc = print_reproducer(out, bug, dir);
	if (!rc)
		rc = print_words(out, bug, matrix_dir);
	if (rc)
		return rc;
	fprintf(out, "What is known of the cause:\n");
	wrap(out, bug->reference);
	fputc('\n', out);
	if (good && !*bug->last)
		fprintf(out, "#regzbot introduced: v%d.%d..v%d.%d\n", good->version.major,
			good->version.minor, first_bad->version.major, first_bad->version.minor);
	if (bug->fixes)
		fprintf(out, "Fixes: %s\n", bug->fixes);
	return 0;
}
