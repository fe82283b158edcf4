/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What run_read() asks of a line before anything is made of it: text that is printed as one line
 * is one, whole numbers can be reckoned with, and a record's fields follow from its samples.
 * Pure.
 */
#ifndef DAXDM_RUN_VERIFY_H
#define DAXDM_RUN_VERIFY_H

#include "lib/run/run.h"

/* Every whole number of a run but seeds is from -this to this: differences, and products with a
 * percentage, stay within 64 bits, and a double holds it exactly (RFC 7493, 2.2). */
#define RUN_NUMBER_MAX (INT64_C(1) << 53)

/* A sample is at most this: an axis with margins, and 512 of them, can still be reckoned with
 * exactly.  Of nanoseconds it is 13 days. */
#define RUN_SAMPLE_MAX (INT64_C(1) << 50)

/* What is counted (samples, operations, milliseconds) is at most this: sums over all lines of a run
 * stay within 64 bits, too. */
#define RUN_COUNT_MAX (INT64_C(1) << 40)

/* Bytes of an id, and of "BENCH.VARIANT": they fit the buffers that they are put together in. */
enum { RUN_ID_MAX = 500, RUN_VARIANT_MAX = 250 };

/*
 * Whether each name and each text of the line can be printed as a part of one line of UTF-8, and
 * each whole number is in range.  Except in a context line the texts of evidence, dmesg, why, cure,
 * void, unavailable and value may be anything: who prints them escapes them (lib/base/text.h).
 * Returns 0, or -EINVAL with what is wrong and where ("kernel.release: ...") in why.
 */
int run_verify_line(const json_t *line, char *why, size_t why_size);

/* Whether id is NAME{stack=STACK,fs=FS}; without ",fs=" it may be if fs is "".  Returns 0, or
 * -EINVAL with the id that it ought to be in why. */
int run_verify_id(const char *id, const char *name, const char *stack, const char *fs, char *why,
		  size_t why_size);

/*
 * Whether the record's id, quantiles, mean and, where the order of its samples is known, digest
 * are those that its fields and samples give.  Returns 0, or -EINVAL with "FIELD is ..., but ..."
 * in why.
 */
int run_verify_record(const struct run_record *rec, char *why, size_t why_size);

#endif
