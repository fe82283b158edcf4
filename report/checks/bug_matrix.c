// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/bug_matrix.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/text.h"
#include "lib/base/text_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char header[] = "bug\tkernel\tresult\tactual";

/* ---- cells ----------------------------------------------------------------------------------- */

const char *bug_version_text(const struct kernel_version *version, char *out, size_t size)
{
	snprintf(out, size, "%d.%d", version->major, version->minor);
	if (version->patch >= 0)
		text_append(out, size, ".%d", version->patch);
	if (version->rc)
		text_append(out, size, "-rc%d", version->rc);
	return out;
}

static int order_versions(const struct kernel_version *a, const struct kernel_version *b)
{
	return kernel_version_compare(a, b);
}

static int order_cells(const void *a, const void *b)
{
	const struct bug_cell *x = a, *y = b;
	int diff = strcmp(x->name, y->name);

	return diff ? diff : order_versions(&x->version, &y->version);
}

static int order_kernels(const void *a, const void *b)
{
	return order_versions(a, b);
}

/* Sorts the cells and collects the kernels.  Returns 0 or -ENOMEM. */
static int arrange(struct bug_matrix *m)
{
	size_t n = 0;

	if (m->n)
		qsort(m->cells, m->n, sizeof(*m->cells), order_cells);
	free(m->kernels);
	m->kernels = memory_check(calloc(m->n + 1, sizeof(*m->kernels)));
	if (!m->kernels)
		return -ENOMEM;
	for (size_t i = 0; i < m->n; i++)
		m->kernels[i] = m->cells[i].version;
	qsort(m->kernels, m->n, sizeof(*m->kernels), order_kernels);
	for (size_t i = 0; i < m->n; i++)
		if (!n || order_versions(&m->kernels[n - 1], &m->kernels[i]))
			m->kernels[n++] = m->kernels[i];
	m->n_kernels = n;
	return 0;
}

/* Returns 0, -ENOMEM, or -EINVAL: kernel is no version. */
static int put(struct bug_matrix *m, const char *name, const char *kernel, const char *result,
	       const char *actual)
{
	struct bug_cell cell = {0}, *more;
	size_t i;

	if (kernel_version_read(kernel, &cell.version) < 0)
		return -EINVAL;
	snprintf(cell.name, sizeof(cell.name), "%s", name);
	bug_version_text(&cell.version, cell.kernel, sizeof(cell.kernel));
	snprintf(cell.result, sizeof(cell.result), "%s", result);
	cell.actual = memory_check(strdup(actual));
	if (!cell.actual)
		return -ENOMEM;
	for (i = 0; i < m->n; i++)
		if (!order_cells(&m->cells[i], &cell))
			break;
	if (i < m->n) {
		free(m->cells[i].actual);
		m->cells[i] = cell;
		return 0;
	}
	more = memory_check(realloc(m->cells, (m->n + 1) * sizeof(*more)));
	if (!more) {
		free(cell.actual);
		return -ENOMEM;
	}
	m->cells = more;
	m->cells[m->n++] = cell;
	return 0;
}

static bool is_result(const char *word)
{
	static const char *const words[] = {"present", "absent", "skipped", "broken"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static int take_line(void *arg, const char *path, unsigned int line, char *text)
{
	char *field[4] = {NULL}, *rest = text;
	int rc = -EINVAL;

	if (line == 1 && !strcmp(text, header))
		return 0;
	for (int i = 0; i < 4; i++)
		field[i] = strsep(&rest, "\t");
	if (line > 1 && field[3] && !rest && is_result(field[2]))
		rc = put(arg, field[0], field[1], field[2], field[3]);
	if (rc == -EINVAL)
		msg_error("%s:%u: expected %s", path, line,
			  line == 1 ? "the line of headings"
				    : "BUG, KERNEL, RESULT and ACTUAL, "
				      "with tabs between them");
	return rc;
}

int bug_matrix_read(const char *dir, struct bug_matrix *out)
{
	char path[PATH_MAX];
	int rc = 0;

	*out = (struct bug_matrix){0};
	snprintf(path, sizeof(path), "%s/bugs.tsv", dir);
	if (!access(path, F_OK))
		rc = text_file_read(path, "the matrix of kernel bugs", take_line, out);
	if (!rc)
		rc = arrange(out);
	if (rc)
		bug_matrix_free(out);
	return rc;
}

void bug_matrix_free(struct bug_matrix *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->cells[i].actual);
	free(m->cells);
	free(m->kernels);
	*m = (struct bug_matrix){0};
}

const struct bug_cell *bug_matrix_at(const struct bug_matrix *m, const struct known_bug *bug,
				     const struct kernel_version *kernel)
{
	char name[BUG_NAME_CHARS];

	known_reproducer(bug, name, sizeof(name));
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->cells[i].name, name) &&
		    !order_versions(&m->cells[i].version, kernel))
			return &m->cells[i];
	return NULL;
}

static bool is_at(const struct bug_matrix *m, const struct known_bug *bug, size_t kernel,
		  const char *result)
{
	const struct bug_cell *cell =
		kernel < m->n_kernels ? bug_matrix_at(m, bug, &m->kernels[kernel]) : NULL;

	return cell && !strcmp(cell->result, result);
}

const char *bug_matrix_kernels(const struct bug_matrix *m, const struct known_bug *bug,
			       const char *result, char *out, size_t size)
{
	char text[BUG_KERNEL_CHARS];

	*out = '\0';
	for (size_t i = 0; i < m->n_kernels; i++) {
		size_t first = i;

		if (!is_at(m, bug, i, result))
			continue;
		while (is_at(m, bug, i + 1, result))
			i++;
		text_append(out, size, "%s%s", *out ? ", " : "",
			    bug_version_text(&m->kernels[first], text, sizeof(text)));
		if (i > first)
			text_append(out, size, "%s%s", i > first + 1 ? " to " : ", ",
				    bug_version_text(&m->kernels[i], text, sizeof(text)));
	}
	return out;
}

/* Whether the kernel is in the range of an entry with the same reproducer. */
static bool is_expected(const struct known *known, const struct known_bug *bug,
			const struct kernel_version *kernel)
{
	char ours[BUG_NAME_CHARS], theirs[BUG_NAME_CHARS];
	const struct known_bug *other;

	known_reproducer(bug, ours, sizeof(ours));
	for (size_t i = 0; (other = known_at(known, i)); i++)
		if (!strcmp(known_reproducer(other, theirs, sizeof(theirs)), ours) &&
		    known_has(other, kernel))
			return true;
	return false;
}

int bug_matrix_check(const struct bug_matrix *m, const struct known *known,
		     const struct known_bug *bug, char *why, size_t size)
{
	for (size_t i = 0; i < m->n_kernels; i++) {
		const struct bug_cell *cell = bug_matrix_at(m, bug, &m->kernels[i]);
		bool expected = is_expected(known, bug, &m->kernels[i]);

		if (!cell || strcmp(cell->result, expected ? "absent" : "present"))
			continue;
		snprintf(why, size, "%s: first: %s, last: %s, but the bug is %s on %s", bug->name,
			 bug->first, bug->last, cell->result, cell->kernel);
		return -EINVAL;
	}
	return 0;
}

/* ---- order ----------------------------------------------------------------------------------- */

static const struct kernel_version *newest(const struct bug_matrix *m)
{
	return m->n_kernels ? &m->kernels[m->n_kernels - 1] : NULL;
}

bool bug_matrix_is_alarm(const struct bug_matrix *m, const struct known_bug *bug)
{
	const struct kernel_version *kernel = newest(m);

	return kernel && known_loses_data(bug) && known_has(bug, kernel) &&
	       known_is_new(bug, kernel);
}

static const struct bug_matrix *sorted_by;

static int order_bugs(const void *a, const void *b)
{
	const struct known_bug *x = *(const struct known_bug *const *)a;
	const struct known_bug *y = *(const struct known_bug *const *)b;
	const struct kernel_version *kernel = newest(sorted_by);
	int diff = bug_matrix_is_alarm(sorted_by, y) - bug_matrix_is_alarm(sorted_by, x);

	if (!diff)
		diff = known_severity(x) - known_severity(y);
	if (!diff && kernel)
		diff = known_has(y, kernel) - known_has(x, kernel);
	return diff ? diff : strcmp(x->name, y->name);
}

void bug_matrix_sort(const struct bug_matrix *m, const struct known_bug **bugs, size_t n)
{
	sorted_by = m;
	if (n)
		qsort(bugs, n, sizeof(*bugs), order_bugs);
}

/* ---- results --------------------------------------------------------------------------------- */

/* What the reproducer found, in one line. */
static void find_actual(const json_t *output, char *out, size_t size)
{
	const json_t *line;
	size_t i;

	*out = '\0';
	json_array_foreach(output, i, line) {
		const char *text = json_string_value(line);

		if (text && !strncmp(text, "actual:", 7))
			snprintf(out, size, "%s", text + 7 + strspn(text + 7, " "));
		else if (text && !strncmp(text, "skipped:", 8))
			snprintf(out, size, "%s", text + 8 + strspn(text + 8, " "));
	}
	text_flatten(out);
}

/* Whether what was said on the kernel is newer than what the file holds. */
static bool is_newest(const struct bug_matrix *m, const char *name, const char *kernel)
{
	struct kernel_version version;

	if (kernel_version_read(kernel, &version) < 0)
		return false;
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->cells[i].name, name) && !strcmp(m->cells[i].result, "present") &&
		    order_versions(&version, &m->cells[i].version) < 0)
			return false;
	return true;
}

static void write_lines(FILE *out, const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		fprintf(out, "%s\n", json_string_value(line));
	}
}

/* Returns 0 or -errno after one error line. */
static int keep_words(const json_t *line, const char *dir)
{
	char path[PATH_MAX];
	FILE *out;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/bugs", dir);
	mkdir(path, 0777); /* an error is that of fopen(3) */
	snprintf(path, sizeof(path), "%s/bugs/%s.txt", dir, json_field_text(line, "name"));
	out = fopen(path, "we");
	if (out) {
		fprintf(out, "kernel: %s\n", json_field_text(line, "kernel"));
		write_lines(out, json_object_get(line, "output"));
		fputc('\n', out);
		write_lines(out, json_object_get(line, "dmesg"));
		rc = ferror(out) ? -EIO : 0;
	}
	if (!out || fclose(out))
		rc = -errno;
	if (rc)
		msg_error("cannot write %s: %s", path, strerror(-rc));
	return rc;
}

static int add_result(struct bug_matrix *m, const json_t *line, const char *dir)
{
	const char *name = json_field_text(line, "name"), *kernel = json_field_text(line, "kernel");
	const char *result = json_field_text(line, "result");
	char actual[1024];
	int rc;

	find_actual(json_object_get(line, "output"), actual, sizeof(actual));
	rc = put(m, name, kernel, result, actual);
	if (!rc && dir && !strcmp(result, "present") && is_newest(m, name, kernel))
		rc = keep_words(line, dir);
	return rc;
}

int bug_matrix_add(struct bug_matrix *m, const char *results, const char *dir)
{
	FILE *in = fopen(results, "re");
	char *text = NULL;
	size_t size = 0;
	int rc = 0;

	if (!in) {
		rc = -errno;
		msg_error("cannot read %s: %s", results, strerror(errno));
		return rc;
	}
	while (!rc && getline(&text, &size, in) > 0) {
		json_t *line = json_loads(text, 0, NULL);

		rc = line ? add_result(m, line, dir) : -EINVAL;
		if (rc == -EINVAL)
			msg_error("%s: a line is no result of a reproducer", results);
		json_decref(line);
	}
	free(text);
	fclose(in);
	return rc ? rc : arrange(m);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void write_tsv(FILE *out, const struct bug_matrix *m)
{
	fprintf(out, "%s\n", header);
	for (size_t i = 0; i < m->n; i++)
		fprintf(out, "%s\t%s\t%s\t%s\n", m->cells[i].name, m->cells[i].kernel,
			m->cells[i].result, m->cells[i].actual);
}

static const char *mark(const struct bug_cell *cell)
{
	if (!cell)
		return " ";
	if (!strcmp(cell->result, "present"))
		return "**bug**";
	if (!strcmp(cell->result, "absent"))
		return "-";
	return cell->result;
}

static void write_row(FILE *out, const struct bug_matrix *m, const struct known_bug *bug)
{
	fprintf(out, "| [`%s`](../../check/known/%s) | %s | %s |", bug->name, bug->name,
		bug->severity ? bug->severity : "", bug->kind ? bug->kind : "");
	for (size_t i = 0; i < m->n_kernels; i++)
		fprintf(out, " %s |", mark(bug_matrix_at(m, bug, &m->kernels[i])));
	fputc('\n', out);
}

const struct known_bug **bug_matrix_all(const struct bug_matrix *m, const struct known *known,
					size_t *n)
{
	const struct known_bug **bugs;

	for (*n = 0; known_at(known, *n);)
		(*n)++;
	bugs = memory_check(calloc(*n + 1, sizeof(const struct known_bug *)));
	for (size_t i = 0; bugs && i < *n; i++)
		bugs[i] = known_at(known, i);
	if (bugs)
		bug_matrix_sort(m, bugs, *n);
	return bugs;
}

/* Returns 0 or -ENOMEM. */
static int write_markdown(FILE *out, const struct bug_matrix *m, const struct known *known)
{
	char text[BUG_KERNEL_CHARS];
	const struct known_bug **bugs;
	size_t n;

	bugs = bug_matrix_all(m, known, &n);
	if (!bugs)
		return -ENOMEM;
	fprintf(out, "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
		     "<!-- Made by `./run.sh known --reproduce`; do not edit. -->\n"
		     "# Kernel bugs and kernels\n\n"
		     "Each reproducer of [check/known/reproduce/](../../check/known/README.md) on "
		     "each kernel, in the emulated host: **bug** it is present, - it is absent, "
		     "skipped: it cannot be tried on that kernel. `./run.sh known NAME` prints a "
		     "report, [bugs.tsv](bugs.tsv) has what each found.\n\n"
		     "| bug | severity | kind |");
	for (size_t i = 0; i < m->n_kernels; i++)
		fprintf(out, " %s |", bug_version_text(&m->kernels[i], text, sizeof(text)));
	fprintf(out, "\n|---|---|---|");
	for (size_t i = 0; i < m->n_kernels; i++)
		fprintf(out, "---|");
	fputc('\n', out);
	for (size_t i = 0; i < n; i++)
		write_row(out, m, bugs[i]);
	free(bugs);
	return 0;
}

int bug_matrix_write(const struct bug_matrix *m, const struct known *known, const char *dir)
{
	static const char *const names[] = {"bugs.tsv", "bugs.md"};

	for (int i = 0; i < 2; i++) {
		char path[PATH_MAX];
		FILE *out;
		int rc = 0;

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		out = fopen(path, "we");
		if (out && i)
			rc = write_markdown(out, m, known);
		else if (out)
			write_tsv(out, m);
		if (!out || ferror(out) || fclose(out))
			rc = rc ? rc : errno ? -errno : -EIO;
		if (rc) {
			msg_error("cannot write %s: %s", path, strerror(-rc));
			return rc;
		}
	}
	return 0;
}
