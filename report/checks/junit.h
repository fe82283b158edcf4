/* SPDX-License-Identifier: GPL-2.0-only */
/* The check lines of runs as JUnit's XML, for what shows test results. */
#ifndef DAXDM_JUNIT_H
#define DAXDM_JUNIT_H

#include <jansson.h>
#include <stddef.h>

/* The lines of one kernel. */
struct junit_run {
	const char *kernel; /* its version, and of replaced modules "+dm-mod": for names */
	const char *words;  /* all of it, for people; NULL: the same */
	const json_t *checks, *observations; /* arrays of lines */
};

/*
 * Writes one testsuite per kernel and family.  A known failure counts as skipped, broken as an
 * error.  Returns 0, or -errno after one error line.
 * Source: the elements and attributes that Jenkins' JUnit plug-in reads; XML 1.0, 2.2 (characters).
 */
int junit_write(const char *path, const struct junit_run *runs, size_t n);

#endif
