/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Validates a line of a run before run_read() uses it: text that is printed as one line is one
 * line, arithmetic on whole numbers does not overflow, and a record's fields follow from its
 * samples.  Pure.
 */
#ifndef DAXDM_RUN_VERIFY_H
#define DAXDM_RUN_VERIFY_H

#include "lib/run/run.h"

/* The limit of the absolute value of every whole number of a run except seeds: differences, and
 * products with a percentage, fit 64 bits, and a double holds it exactly (RFC 7493, 2.2). */
#define RUN_NUMBER_MAX (INT64_C(1) << 53)

/* The limit of a sample: an axis with margins, and the sum of 512 samples, are exact in a double.
 * In nanoseconds it is 13 days. */
#define RUN_SAMPLE_MAX (INT64_C(1) << 50)

/* The limit of a count (samples, operations, milliseconds): sums over all lines of a run fit 64
 * bits. */
#define RUN_COUNT_MAX (INT64_C(1) << 40)

/* The longest id and "BENCH.VARIANT", in bytes: they fit the buffers that they are composed in. */
enum { RUN_ID_MAX = 500, RUN_VARIANT_MAX = 250 };

/*
 * Whether each name and each text of the line can be printed as a part of one line of UTF-8, and
 * each whole number is in range.  Except in a context line, the texts of evidence, dmesg, why,
 * cure, void, unavailable and value are unrestricted: callers escape them (lib/base/text.h).
 * Returns 0, or -EINVAL with what is wrong and where ("kernel.release: ...") in why.
 */
int run_verify_line(const json_t *line, char *why, size_t why_size);

/* Whether id is NAME{stack=STACK,fs=FS}; ",fs=" may be missing if fs is "".  Returns 0, or
 * -EINVAL with the expected id in why. */
int run_verify_id(const char *id, const char *name, const char *stack, const char *fs, char *why,
		  size_t why_size);

/*
 * Whether the record's id, quantiles, mean and, if the order of its samples is known, digest
 * equal those computed from its fields and samples.  Returns 0, or -EINVAL with "FIELD is ..., but
 * ..." in why.
 */
int run_verify_record(const struct run_record *rec, char *why, size_t why_size);

#endif
