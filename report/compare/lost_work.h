/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that makes data durable and is no longer done: fewer cache write-backs or flushes for an
 * operation, or less than half of its cost.  Faster is a failure then, until a check says that it
 * is right.  Pure.
 */
#ifndef DAXDM_LOST_WORK_H
#define DAXDM_LOST_WORK_H

#include "lib/run/run.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Compares the proofs of two records of one metric, and their medians.  Operations are counted in
 * the probe pass (proof.path).  Returns true, with a sentence in why, or false.
 */
bool lost_work(const struct run_record *base, int64_t base_median, const struct run_record *new,
	       int64_t new_median, char *why, size_t size);

#endif
