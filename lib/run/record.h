/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the lines of a run, one JSON object each. */
#ifndef DAXDM_RECORD_H
#define DAXDM_RECORD_H

#include "lib/dev/stack.h"
#include "lib/meter/meter.h"
#include "lib/run/proof.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { RECORD_SCHEMA = 1 };

/* The output of lines. */
struct sink {
	FILE *out;
	bool progress;	  /* write progress lines */
	int error;	  /* the first write error, -errno */
	json_t *captured; /* if not NULL, lines go into this array instead; progress lines do not */
};

/* The common properties of all lines of one stack and filesystem. */
struct cell {
	const struct stack_spec *spec;
	const char *fs;
	const struct meter *meter;
	const struct proof_waiver *waivers; /* of the benchmark; may be NULL */
};

/*
 * Opens FILE ("-" for stdout).  An existing regular file is refused: results are never overwritten.
 * Returns 0, or -errno after one error line.
 */
int record_open(struct sink *sink, const char *path, bool progress);

/* Closes.  Returns 0, or the first -errno of any write, after one error line. */
int record_close(struct sink *sink);

/*
 * Writes one object as one line.  If the output is a serial line, waits until it is sent, so that
 * its interrupts do not disturb the next timed pass.  Steals the reference.  Returns 0 or -errno;
 * the error is kept for record_close().
 */
int record_write_line(struct sink *sink, json_t *object);

/*
 * Writes a record: samples[0..n) in the meter's unit, overhead already subtracted.  variant is e.g.
 * "read.warm.pte".  If a part of the proof is missing that cell->waivers does not waive, writes a
 * void that names the part.  more has additional members for the record's proof; it is stolen and
 * may be NULL.  Under meter none samples are ignored: writes a line of type "proven" with the proof
 * only.  Returns 0 or -errno.
 */
int record_write(struct sink *sink, const struct cell *cell, const char *bench, const char *better,
		 const char *variant, const int64_t *samples, size_t n, int64_t overhead,
		 const struct proof *proof, json_t *more);
/* The same with a given unit: for rates, under meter time. */
int record_write_unit(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *better, const char *unit, const char *variant,
		      const int64_t *samples, size_t n, int64_t overhead, const struct proof *proof,
		      json_t *more);

/* Writes an observation, a fact that no check covers: its id is NAME{stack=...,fs=...}.  Steals
 * value. */
int record_write_observation(struct sink *sink, const struct cell *cell, const char *name,
			     json_t *value);

/* Writes a void: samples whose proof failed, and why. */
int record_write_void(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *variant, const char *why);

/* Writes a skip: what was not measured, why, and the cure. */
int record_write_skip(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *variant, const char *why, const char *cure);

int record_write_progress(struct sink *sink, unsigned int done, unsigned int total,
			  const char *phase, const char *what);

int record_write_end(struct sink *sink, int status);

#endif
