// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/bugs_page.h"

#include "lib/base/xml.h"
#include "report/html/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_matrix(const struct bug_matrix *m, const struct known_bug **bugs, size_t n,
		       FILE *out)
{
	char text[BUG_KERNEL_CHARS];
	struct grid g;

	grid_init(&g, 1);
	grid_column(&g, "bug", true);
	grid_column(&g, "severity", true);
	grid_column(&g, "kind", true);
	for (size_t k = 0; k < m->n_kernels; k++)
		grid_column(&g, bug_version_text(&m->kernels[k], text, sizeof(text)), true);
	for (size_t i = 0; i < n; i++) {
		grid_line(&g);
		grid_id(&g, bugs[i]->name);
		grid_cell(&g, 0, "%s", bugs[i]->name);
		grid_cell(&g, 1, "%s", bugs[i]->severity ? bugs[i]->severity : "");
		grid_cell(&g, 2, "%s", bugs[i]->kind ? bugs[i]->kind : "");
		for (size_t k = 0; k < m->n_kernels; k++) {
			const struct bug_cell *cell = bug_matrix_at(m, bugs[i], &m->kernels[k]);

			if (cell)
				grid_cell(&g, 3 + k, "%s", cell->result);
		}
	}
	page_grid(out, &g, "Bugs and kernels, the most severe first");
	grid_free(&g);
}

static void put_link(const char *dir, const char *name, const char *suffix, const char *what,
		     FILE *out)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/bugs/%s%s", dir, name, suffix);
	if (access(path, R_OK))
		return;
	fputs(", <a href=\"bugs/", out);
	xml_put(out, name);
	fprintf(out, "%s\">%s ", suffix, what);
	xml_put(out, name);
	fputs("</a>", out);
}

static void put_reports(const struct known_bug **bugs, size_t n, const char *dir, FILE *out)
{
	page_heading(out, "reports", "Reports");
	page_paragraph(out, NULL,
		       "A report is a mail for the kernel's lists, with the reproducer in it; the "
		       "output is that of the reproducer on the newest kernel with the bug.");
	fputs("<ul>\n", out);
	for (size_t i = 0; i < n; i++) {
		char reproducer[BUG_NAME_CHARS];

		fputs("<li>", out);
		xml_put(out, bugs[i]->subject ? bugs[i]->subject : bugs[i]->name);
		put_link(dir, bugs[i]->name, ".mail.txt", "report of", out);
		put_link(dir, known_reproducer(bugs[i], reproducer, sizeof(reproducer)), ".txt",
			 "output of", out);
		fputc('\n', out);
	}
	fputs("</ul>\n", out);
}

int bugs_page_write(const struct bug_matrix *m, const struct known *known, const char *dir,
		    FILE *out)
{
	const struct known_bug **bugs;
	size_t n;

	bugs = bug_matrix_all(m, known, &n);
	if (!bugs)
		return -ENOMEM;
	page_begin(out, "Kernel bugs of DAX through device-mapper");
	page_paragraph(
		out, NULL,
		"What the reproducer of each bug found on each kernel, in the emulated host. "
		"Skipped: it cannot be tried on that kernel. Empty: it was not tried.");
	put_matrix(m, bugs, n, out);
	put_reports(bugs, n, dir, out);
	free(bugs);
	return page_end(out, "Written by daxdm publish from bugs.tsv.");
}
