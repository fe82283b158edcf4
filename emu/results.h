/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of a run: one run.jsonl from the lines of several guests.  Lines are written as
 * they arrive; results_finish() writes the file again in canonical order, with its `end`.
 */
#ifndef DAXDM_RESULTS_H
#define DAXDM_RESULTS_H

#include <jansson.h>
#include <limits.h>
#include <stdio.h>

struct results {
	char dir[PATH_MAX];
	FILE *out;	     /* run.jsonl */
	json_t *emulator;    /* the emulated host in the context */
	json_t *context;     /* merged so far, or NULL */
	json_t *lines;	     /* one array of strings per guest */
	const char *package; /* of the kernel, "name version" or "file PATH" */
};

/*
 * Creates the directory and an empty run.jsonl.  Steals emulator.  Returns 0, or -errno after one
 * error line; -EEXIST if the directory exists.
 */
int results_create(struct results *r, const char *dir, size_t n_guests, const char *package,
		   json_t *emulator);

/*
 * Adds the context of one guest.  Returns 0, -EINVAL after one error line if it differs from that
 * of another guest in more than its modules, or -errno if it could not be written.
 */
int results_context(struct results *r, const json_t *context);

/* Adds one line (without newline) of guest number g.  Returns 0 or -errno after one error line. */
int results_line(struct results *r, size_t g, const char *line);

/* Removes the lines of guest number g; results_finish() does not write them. */
void results_forget(struct results *r, size_t g);

/*
 * Writes the file again (context, the lines of each guest in order, `end` with status) and renames
 * it into place.  Returns 0, or -errno after one error line, and the run is incomplete.
 */
int results_finish(struct results *r, int status);

/* Appends a file to DIR/name, after a line "# HEADER" if header is not NULL.  Errors are
 * ignored. */
void results_keep_log(const struct results *r, const char *from, const char *name,
		      const char *header);

/* Closes the run; removes the directory if it has no context, unless keep_empty. */
void results_close(struct results *r, int keep_empty);

#endif
