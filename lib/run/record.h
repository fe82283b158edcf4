/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a run: one JSON object each, in DESIGN.md's schema. */
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

/* Where lines go. */
struct sink {
	FILE *out;
	bool progress;	  /* progress lines are wanted */
	int error;	  /* the first -errno of writing */
	json_t *captured; /* if not NULL, lines go into this array instead; progress lines do not */
};

/* What every line of one stack and filesystem has in common. */
struct cell {
	const struct stack_spec *spec;
	const char *fs;
	const struct meter *meter;
	const struct proof_waiver *waivers; /* of the benchmark; may be NULL */
};

/*
 * Opens FILE ("-" for stdout); an existing regular file is refused, results are never overwritten.
 * Returns 0, or -errno after one error line.
 */
int record_open(struct sink *sink, const char *path, bool progress);

/* Closes.  Returns 0, or the first -errno of any write, after one error line. */
int record_close(struct sink *sink);

/*
 * Writes one object as one line and waits until a terminal line has sent it, so that its
 * interrupts do not fall into the next timed pass.  Steals the reference.  Returns 0 or -errno;
 * the error is kept for record_close().
 */
int record_write_line(struct sink *sink, json_t *object);

/*
 * A record: samples[0..n) in the meter's unit, overhead already taken off.  variant is e.g.
 * "read.warm.pte".  Without a part of the proof that cell->waivers does not waive it is a void that
 * names the part.  more are members for the proof of the record, which it steals; may be NULL.
 * Under meter none the samples are not looked at: it is a line of type "proven", with the proof
 * alone.  Returns 0 or -errno.
 */
int record_write(struct sink *sink, const struct cell *cell, const char *bench, const char *better,
		 const char *variant, const int64_t *samples, size_t n, int64_t overhead,
		 const struct proof *proof, json_t *more);
/* The same, in a unit of its own: a rate, which is of meter time. */
int record_write_unit(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *better, const char *unit, const char *variant,
		      const int64_t *samples, size_t n, int64_t overhead, const struct proof *proof,
		      json_t *more);

/* A fact the contract is silent on: id is NAME{stack=...,fs=...}.  Steals value. */
int record_write_observation(struct sink *sink, const struct cell *cell, const char *name,
			     json_t *value);

/* A group of samples whose proof failed, and why. */
int record_write_void(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *variant, const char *why);

/* What was not measured, why, and what would cure it. */
int record_write_skip(struct sink *sink, const struct cell *cell, const char *bench,
		      const char *variant, const char *why, const char *cure);

int record_write_progress(struct sink *sink, unsigned int done, unsigned int total,
			  const char *phase, const char *what);

int record_write_end(struct sink *sink, int status);

#endif
