/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * More kernels than a table has columns.  Their runs are read one after the other, each is compared
 * with the one before it, as in a comparison of these two, and what is kept of it is a number and
 * a verdict for each metric.  Tables and plots show some kernels only: the first, the last, and
 * both sides of the steps in which most changed.
 */
#ifndef DAXDM_SERIES_H
#define DAXDM_SERIES_H

#include "report/checks/behaviour_changes.h"
#include "report/compare/compare.h"
#include "report/findings/say.h"
#include "report/table/grid.h"

/* Kernels that tables and plots show of a series. */
enum { SERIES_SHOWN_MAX = 16 };

struct series_point {
	int64_t median;
	bool measured;
	bool changed; /* by the threshold or more from the kernel before, which has it, too */
};

struct series_metric {
	char *id, *unit;
	struct series_point *points; /* one for each kernel */
};

struct series_kernel {
	char label[64];
	/* Of the step from the kernel before: */
	size_t changed; /* metrics that changed by the threshold or more, or fail */
	size_t fails;	/* of them */
	double weight;	/* how much they changed */
};

struct series_failure {
	size_t metric, kernel;
	const char *verdict;
	double share;
};

struct series {
	struct series_kernel *kernels;
	size_t n;
	struct series_metric *metrics; /* in the order in which they first occur */
	size_t n_metrics;
	struct series_failure *failures; /* by kernel */
	size_t n_failures;
	size_t shown[SERIES_SHOWN_MAX]; /* kernels; ascending */
	size_t n_shown;
	bool forced;
	/* Private: */
	size_t room_metrics, room_failures;
	json_t *rank; /* of each metric id */
};

/*
 * Reads the sides of that name, of which like->thresholds and like->only say what is compared.
 * Returns STATUS_GOOD, STATUS_FAILED if a step fails, or another status after one error line.  *s
 * needs series_free() in any case.
 */
int series_read(struct series *s, const struct comparison *like, char *const *names, size_t n,
		bool force);
/* Adds the sides of that name, runs of checks, to b, one after the other, each labelled.  Returns a
 * status, after one error line if it is not STATUS_GOOD. */
int series_read_checks(struct behaviour *b, char *const *names, size_t n, const char *known_dir,
		       bool force, bool *forced);
/* The same of the sides of a comparison that was built.  Returns 0 or -ENOMEM. */
int series_of(struct series *s, const struct comparison *c);
void series_free(struct series *s);

void series_say(const struct series *s, findings_say *say, void *arg);
/* A line for each metric: its range, first and last kernel, and its largest change. */
void series_grid(const struct series *s, struct grid *g);
/* All medians; a new reference, NULL without memory. */
json_t *series_json(const struct series *s);
/* A testsuite with a testcase for each metric, which fails if one of its steps does. */
void series_junit(const struct series *s, FILE *out);

#endif
