/* SPDX-License-Identifier: GPL-2.0-only */
/* A comparison as sentences, as a table, and as files for programs. */
#ifndef DAXDM_COMPARE_SHOW_H
#define DAXDM_COMPARE_SHOW_H

#include "lib/base/number.h"
#include "report/checks/behaviour_changes.h"
#include "report/compare/compare.h"
#include "report/findings/say.h"
#include "report/table/grid.h"
#include "report/table/table.h"

/* "+4.2 %"; two decimals for small values. */
struct number compare_percent(double share);

/* "4,361", or "4,361..4,370" if the states differ.  Returns buf. */
const char *compare_value(const struct quantity *q, char *buf, size_t size);

/* Headlines: the warm fault, counts of changes, whole kernel or device-mapper, largest
 * regressions. */
void compare_say(const struct comparison *c, findings_say *say, void *arg);

/* Vanished, deselected and new metrics by reason.  all: every id. */
void compare_say_gone(const struct comparison *c, bool all, findings_say *say, void *arg);

/* Differences of the kernels: package, settings, mitigations, modules. */
void compare_say_kernels(const struct comparison *c, findings_say *say, void *arg);

/* Two sides: base, new, difference, verdict.  More: a ladder, a column for each kernel.  Unchanged
 * rows are counted only, unless all is set. */
void compare_grid(const struct comparison *c, bool all, struct grid *g);

/* The heading of a forced comparison. */
extern const char compare_forced_text[];

/* Sentences and table, in lines of width columns if possible. */
void compare_print(const struct comparison *c, bool all, int width, FILE *out);
/* The same as Markdown. */
void compare_markdown(const struct comparison *c, bool all, FILE *out);

/* Everything, for programs; a new reference, NULL without memory. */
json_t *compare_json(const struct comparison *c, int status);

/* One testsuite per step, filesystem and benchmark, one testcase per metric; that of the checks if
 * they were compared, else NULL. */
void compare_junit(const struct comparison *c, const struct behaviour *checks, FILE *out);
/* That of the checks alone. */
void compare_junit_checks(const struct behaviour *checks, FILE *out);

#endif
