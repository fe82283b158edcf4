// SPDX-License-Identifier: GPL-2.0-only
/* A series of kernels as sentences, as a table, and for programs. */
#include "report/compare/series.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/xml.h"
#include "report/compare/compare_show.h"

#include <math.h>
#include <stdlib.h>

enum { FAILURES_NAMED = 3 };

static const char *label(const struct series *s, size_t kernel)
{
	return s->kernels[kernel].label;
}

/* ---- sentences ------------------------------------------------------------------------------ */

static int by_share(const void *pa, const void *pb)
{
	const struct series_failure *a = pa, *b = pb;
	/* What vanished comes first. */
	double sa = a->share ? fabs(a->share) : INFINITY;
	double sb = b->share ? fabs(b->share) : INFINITY;

	if (sa != sb)
		return sa < sb ? 1 : -1;
	return (a->kernel > b->kernel) - (a->kernel < b->kernel);
}

static void say_failures(const struct series *s, findings_say *say, void *arg)
{
	struct series_failure *list = calloc(s->n_failures + 1, sizeof(*list));

	for (size_t i = 0; list && i < s->n_failures; i++)
		list[i] = s->failures[i];
	if (list)
		qsort(list, s->n_failures, sizeof(*list), by_share);
	for (size_t i = 0; list && i < s->n_failures && i < FAILURES_NAMED; i++) {
		const struct series_failure *f = &list[i];

		findings_sayf(say, arg, "%s: %s%s%s from %s to %s", f->verdict,
			      s->metrics[f->metric].id, f->share ? " " : "",
			      f->share ? compare_percent(f->share).s : "", label(s, f->kernel - 1),
			      label(s, f->kernel));
	}
	if (s->n_failures > FAILURES_NAMED)
		findings_sayf(say, arg, "and %s more, which --json lists",
			      number((int64_t)(s->n_failures - FAILURES_NAMED)).s);
	free(list);
}

void series_say(const struct series *s, findings_say *say, void *arg)
{
	size_t steps = 0, failed = 0;

	for (size_t k = 1; k < s->n; k++) {
		steps += s->kernels[k].changed > 0;
		failed += s->kernels[k].fails > 0;
	}
	findings_sayf(say, arg, "%s kernels, %s to %s: %zu metrics", number((int64_t)s->n).s,
		      label(s, 0), label(s, s->n - 1), s->n_metrics);
	findings_sayf(say, arg,
		      "each kernel against the one before it: metrics changed by the threshold or "
		      "more in %s of %s steps, regressed or vanished in %s of them",
		      number((int64_t)steps).s, number((int64_t)s->n - 1).s,
		      number((int64_t)failed).s);
	say_failures(s, say, arg);
	findings_sayf(say, arg,
		      "%zu kernels are shown in full, the first, the last and both sides of the "
		      "largest steps; %s are left out, and may be compared alone",
		      s->n_shown, number((int64_t)(s->n - s->n_shown)).s);
}

/* ---- a line for each metric ------------------------------------------------------------------ */

/* The kernels of a metric; s->n: none. */
struct extent {
	size_t n, n_changes;
	size_t first, last, least, most, largest;
	double share; /* of the largest change, in per cent */
};

static double share_of(const struct series_point *p)
{
	double was = (double)p[-1].median;

	return was != 0 ? 100 * ((double)p->median - was) / fabs(was) : INFINITY;
}

static struct extent extent_of(const struct series *s, const struct series_metric *m)
{
	struct extent e = {.largest = s->n};

	for (size_t k = 0; k < s->n; k++) {
		const struct series_point *p = &m->points[k];

		if (!p->measured)
			continue;
		if (!e.n++)
			e.first = e.least = e.most = k;
		e.last = k;
		if (p->median < m->points[e.least].median)
			e.least = k;
		if (p->median > m->points[e.most].median)
			e.most = k;
		if (!p->changed)
			continue;
		e.n_changes++;
		if (e.largest == s->n || fabs(share_of(p)) > fabs(e.share)) {
			e.largest = k;
			e.share = share_of(p);
		}
	}
	return e;
}

static void put_metric(const struct series *s, const struct series_metric *m, struct grid *g)
{
	const struct extent e = extent_of(s, m);

	grid_line(g);
	grid_cell(g, 0, "%s", m->id);
	grid_cell(g, 1, "%zu", e.n);
	if (!e.n)
		return;
	grid_cell(g, 2, "%s", number(m->points[e.first].median).s);
	grid_cell(g, 3, "%s", number(m->points[e.last].median).s);
	grid_cell(g, 4, "%s", number(m->points[e.least].median).s);
	grid_cell(g, 5, "%s", label(s, e.least));
	grid_cell(g, 6, "%s", number(m->points[e.most].median).s);
	grid_cell(g, 7, "%s", label(s, e.most));
	grid_cell(g, 8, "%zu", e.n_changes);
	if (e.largest == s->n)
		return;
	grid_cell(g, 9, "%s", compare_percent(e.share).s);
	grid_cell(g, 10, "%s", label(s, e.largest));
}

void series_grid(const struct series *s, struct grid *g)
{
	static const char *const heads[] = {"kernels", "first", "last",	   "least",   "on",
					    "most",    "on",	"changes", "largest", "on"};

	grid_init(g, 1);
	grid_column(g, "metric", true);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		grid_column(g, heads[i], false);
	for (size_t i = 0; i < s->n_metrics; i++)
		put_metric(s, &s->metrics[i], g);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static json_t *json_metric(const struct series *s, const struct series_metric *m)
{
	json_t *medians = json_array(), *changes = json_array();

	for (size_t k = 0; k < s->n; k++) {
		const struct series_point *p = &m->points[k];

		json_array_append_new(medians, p->measured ? json_integer((json_int_t)p->median)
							   : json_null());
		if (p->changed)
			json_array_append_new(changes, json_integer((json_int_t)k));
	}
	return json_pack("{ss ss so so}", "id", m->id, "unit", m->unit, "medians", medians,
			 "changed_at", changes);
}

json_t *series_json(const struct series *s)
{
	json_t *kernels = json_array(), *metrics = json_array(), *failures = json_array();

	for (size_t k = 0; k < s->n; k++)
		json_array_append_new(kernels, json_string(label(s, k)));
	for (size_t i = 0; i < s->n_metrics; i++)
		json_array_append_new(metrics, json_metric(s, &s->metrics[i]));
	for (size_t i = 0; i < s->n_failures; i++)
		json_array_append_new(failures,
				      json_pack("{ss sI ss}", "id",
						s->metrics[s->failures[i].metric].id, "kernel",
						(json_int_t)s->failures[i].kernel, "verdict",
						s->failures[i].verdict));
	return json_pack("{so so so}", "kernels", kernels, "metrics", metrics, "failures",
			 failures);
}

/* The failures of a metric: the first one, and how many. */
struct failed {
	const struct series_failure *first;
	size_t n;
};

static void put_case(const struct series *s, size_t metric, const struct failed *failed,
		     const char *class, FILE *out)
{
	const struct series_failure *f = failed->first;
	const struct series_metric *m = &s->metrics[metric];
	char message[320], more[48] = "";

	fputs("    <testcase", out);
	xml_attribute(out, "classname", class);
	xml_attribute(out, "name", m->id);
	fputs(" time=\"0.000\">", out);
	if (f) {
		const struct series_point *p = &m->points[f->kernel];

		if (failed->n > 1)
			snprintf(more, sizeof(more), "; and in %zu more steps", failed->n - 1);
		snprintf(message, sizeof(message), "%s on %s: %s -> %s %s%s", f->verdict,
			 label(s, f->kernel), p[-1].measured ? number(p[-1].median).s : "-",
			 p->measured ? number(p->median).s : "-", m->unit, more);
		fputs("<failure", out);
		xml_attribute(out, "type", f->verdict);
		xml_attribute(out, "message", message);
		fputc('>', out);
		xml_put(out, message);
		fputs("</failure>", out);
	}
	fputs("</testcase>\n", out);
}

void series_junit(const struct series *s, FILE *out)
{
	struct failed *failed = memory_check(calloc(s->n_metrics + 1, sizeof(*failed)));
	size_t failures = 0;
	char class[160];

	if (!failed)
		return;
	for (size_t i = 0; i < s->n_failures; i++) {
		struct failed *f = &failed[s->failures[i].metric];

		failures += !f->n++;
		f->first = f->first ? f->first : &s->failures[i];
	}
	snprintf(class, sizeof(class), "linux-%s..%s", label(s, 0), label(s, s->n - 1));
	fputs("  <testsuite", out);
	xml_attribute(out, "name", class);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"0.000\">\n",
		s->n_metrics, failures);
	for (size_t i = 0; i < s->n_metrics; i++)
		put_case(s, i, &failed[i], class, out);
	fputs("  </testsuite>\n", out);
	free(failed);
}
