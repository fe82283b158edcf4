/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of a run: one run.jsonl out of what several guests say.  Lines are written as they
 * come; only results_finish() gives the file its canonical order and its `end`.
 */
#ifndef DAXDM_RESULTS_H
#define DAXDM_RESULTS_H

#include <jansson.h>
#include <limits.h>
#include <stdio.h>

struct results {
	char dir[PATH_MAX];
	FILE *out;	     /* run.jsonl */
	json_t *emulator;    /* what the context says of the emulated host */
	json_t *context;     /* merged so far, or NULL */
	json_t *lines;	     /* one array of strings per guest */
	const char *package; /* of the kernel, "name version" or "file PATH" */
};

/*
 * Makes the directory, which must not exist, and an empty run.jsonl.  Steals emulator.  Returns 0,
 * or -errno after one error line; -EEXIST if the directory is there.
 */
int results_create(struct results *r, const char *dir, size_t n_guests, const char *package,
		   json_t *emulator);

/*
 * Takes the context of one guest.  Returns 0, -EINVAL after one error line if it contradicts that
 * of another guest in more than the filesystem, or -errno if it could not be written.
 */
int results_context(struct results *r, const json_t *context);

/* Takes one line (without newline) of guest number g.  Returns 0 or -errno after one error line. */
int results_line(struct results *r, size_t g, const char *line);

/* Takes the lines of guest number g back; results_finish() then leaves them out. */
void results_forget(struct results *r, size_t g);

/*
 * Writes the file anew: context, the lines of each guest in its order, `end` with status; renames
 * it into place.  Returns 0 or -errno after one error line: the run is then incomplete.
 */
int results_finish(struct results *r, int status);

/* Appends a file to DIR/name, under "# HEADER" if header is not NULL.  Failures are not fatal. */
void results_keep_log(const struct results *r, const char *from, const char *name,
		      const char *header);

/* Closes; takes the whole directory away if no line ever came and nothing is worth keeping. */
void results_close(struct results *r, int keep_empty);

#endif
