// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plot ladder-paths: cost of operations other than faults by kernel version, one small panel
 * per operation, raw and through device-mapper.  Files of panel P:
 *   path-P.tsv         blocks, one per line: kernel (1, 2, 3 ...), median, least, most
 *   path-P-labels.tsv  x, y, text, colour
 */
#include "lib/base/number.h"
#include "report/compare/compare.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STACK "linear:16"

enum { LINES = 4 };

struct line {
	const struct row *row;
	const char *fs;
	int colour;
	bool raw;
};

static const struct quantity *value(const struct row *row, size_t side)
{
	const struct cell *cell = &row->cells[side];

	return cell->rec && cell->metric.n ? &cell->metric : NULL;
}

/* Lines of more than one kernel; colours as line types of plot/style.gp. */
static size_t find_lines(const struct comparison *c, const char *bench, const char *variant,
			 struct line *line)
{
	static const char *const fs[] = {"ext4", "xfs"};
	size_t n = 0;

	for (size_t i = 0; i < LINES; i++) {
		bool raw = i % 2;
		size_t points = 0;
		char id[256];

		snprintf(id, sizeof(id), "%s.%s{stack=%s,fs=%s}", bench, variant,
			 raw ? "raw" : STACK, fs[i / 2]);
		line[n] = (struct line){comparison_find(c, id), fs[i / 2], (int)(i / 2) + 1, raw};
		for (size_t s = 0; line[n].row && s < c->n_sides; s++)
			points += value(line[n].row, s) != NULL;
		n += points > 1;
	}
	return n;
}

static int put_lines(const struct comparison *c, const struct plot *p, size_t panel,
		     const struct line *line, size_t n)
{
	struct plot_label label[LINES];
	FILE *out = plot_open(p, "path-%zu.tsv", panel + 1);
	char name[32];
	double hi = 1;
	int rc;

	if (!out)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		for (size_t s = 0; s < c->n_sides; s++) {
			const struct quantity *q = value(line[i].row, s);

			if (!q)
				continue;
			fprintf(out, "%zu\t%lld\t%lld\t%lld\n", s + 1, (long long)q->median,
				(long long)q->least, (long long)q->most);
			hi = fmax(hi, (double)q->most);
			label[i] = (struct plot_label){(double)s + 1, (double)q->median, "",
						       line[i].colour};
		}
		fputs("\n\n", out);
		snprintf(label[i].text, sizeof(label[i].text), "%s%s %s", line[i].fs,
			 line[i].raw ? " raw" : "", number(number_round(label[i].y)).s);
		fprintf(p->gp, "path_colour[%zu] = %d\npath_raw[%zu] = %d\n", panel * LINES + i + 1,
			line[i].colour, panel * LINES + i + 1, line[i].raw);
	}
	rc = plot_close(out);
	snprintf(name, sizeof(name), "path%zu", panel + 1);
	plot_put_axis(p, name, 0, 1.12 * hi, 4, false);
	plot_spread(label, n, 0.095 * hi, 0, 1.12 * hi);
	return rc ? rc : plot_put_labels(p, "path", panel, label, n);
}

/* The line whose median changed most from its first to its last kernel. */
struct most {
	const char *panel;
	struct line line;
	size_t from, to; /* sides */
	double times;
};

static void find_most(const struct comparison *c, const char *panel, const struct line *line,
		      size_t n, struct most *most)
{
	for (size_t i = 0; i < n; i++) {
		struct most one = {panel, line[i], SIZE_MAX, 0, 0};
		double first, last;

		for (size_t s = 0; s < c->n_sides; s++) {
			if (!value(line[i].row, s))
				continue;
			one.from = one.from == SIZE_MAX ? s : one.from;
			one.to = s;
		}
		first = (double)value(line[i].row, one.from)->median;
		last = (double)value(line[i].row, one.to)->median;
		if (first <= 0 || last <= 0)
			continue;
		one.times = fmax(first / last, last / first);
		if (one.times > most->times)
			*most = one;
	}
}

static void put_title(const struct plot *p, const struct comparison *c, const struct most *most,
		      size_t panels)
{
	const struct row *row = most->line.row;
	char text[512] = "";

	if (row)
		snprintf(text, sizeof(text),
			 "Of %zu operations one changed most, %s: %s %s on %s, %s on %s (%s, %s)",
			 panels, most->panel, number(value(row, most->from)->median).s,
			 row->rec->unit, c->sides[most->from].label,
			 number(value(row, most->to)->median).s, c->sides[most->to].label,
			 row->rec->stack, most->line.fs);
	plot_put_string(p, "paths_title", text);
}

/* How many roles ask for a panel. */
static size_t count_panels(void)
{
	const struct role *role;
	const char *bench;
	size_t n = 0;

	for (size_t i = 0; (role = role_at(i, &bench)); i++)
		n += role->panel != NULL;
	return n;
}

int plot_put_paths(const struct plot *p, const struct comparison *c)
{
	const size_t room = count_panels() + 1; /* gnuplot refuses an array of 0 */
	struct most most = {.times = 0};
	const struct role *role;
	const char *bench;
	size_t panels = 0;
	int rc = 0;

	fprintf(p->gp,
		"array path_name[%zu]\narray path_n[%zu]\narray path_colour[%zu]\n"
		"array path_raw[%zu]\npath_lines = %d\n",
		room, room, room * LINES, room * LINES, LINES);
	for (size_t i = 0; (role = role_at(i, &bench)) && !rc; i++) {
		struct line line[LINES + 1];
		size_t n = role->panel ? find_lines(c, bench, role->variants, line) : 0;
		char name[32];

		if (!n)
			continue;
		rc = put_lines(c, p, panels, line, n);
		find_most(c, role->panel, line, n, &most);
		snprintf(name, sizeof(name), "path_name[%zu]", ++panels);
		plot_put_string(p, name, role->panel);
		fprintf(p->gp, "path_n[%zu] = %zu\n", panels, n);
	}
	put_title(p, c, &most, panels);
	fprintf(p->gp, "draw_paths = %d\npaths = %zu\n", panels ? 1 : 0, panels);
	return rc;
}
