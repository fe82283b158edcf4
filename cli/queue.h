/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cases go into one guest together, and in which order.  Pure. */
#ifndef DAXDM_QUEUE_H
#define DAXDM_QUEUE_H

#include "check/select.h"

#include <stdbool.h>
#include <stddef.h>

enum { BATCH_MAX = 24 };

struct batch {
	size_t n;
	size_t cases[BATCH_MAX]; /* indices in the list of cases */
	unsigned int tries;	 /* guests that did not even begin it */
};

struct queue {
	struct batch *list;
	size_t n, next;
};

/*
 * Batches of at most BATCH_MAX cases that leave the host as it was, in their order, so many that
 * each slot has one; behind them each case that spoils the host, alone.  Returns 0 or -ENOMEM; free
 * with queue_free().
 */
int queue_fill(struct queue *queue, const struct check_case *cases, size_t n_cases, size_t slots);
void queue_free(struct queue *queue);

/* Takes the next batch.  Returns false if there is none. */
bool queue_take(struct queue *queue, struct batch *out);

/* Gives a taken batch, or what is left of it, back: it is the next. */
void queue_return(struct queue *queue, const struct batch *batch);

#endif
