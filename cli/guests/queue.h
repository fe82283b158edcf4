/* SPDX-License-Identifier: GPL-2.0-only */
/* Divides the cases into batches, one per guest, and orders them.  Pure. */
#ifndef DAXDM_QUEUE_H
#define DAXDM_QUEUE_H

#include "check/select.h"

#include <stdbool.h>
#include <stddef.h>

enum { BATCH_MAX = 24 };

struct batch {
	size_t n;
	size_t cases[BATCH_MAX]; /* indices in the list of cases */
	unsigned int tries;	 /* guests that finished none of its cases */
};

struct queue {
	struct batch *list;
	size_t n, next;
};

/*
 * Makes batches of the cases without CHECK_SPOILS, in their order, at least one batch per slot if
 * there are enough cases, and puts one case with CHECK_SPOILS at the end of each.  What is left of
 * those follows in batches of one case: short guests at the end keep all slots busy.  Returns 0 or
 * -ENOMEM; free with queue_free().
 */
int queue_fill(struct queue *queue, const struct check_case *cases, size_t n_cases, size_t slots);
void queue_free(struct queue *queue);

/* Takes the next batch.  Returns false if there is none. */
bool queue_take(struct queue *queue, struct batch *out);

/* Returns a taken batch, or the rest of it, to the front of the queue. */
void queue_return(struct queue *queue, const struct batch *batch);

#endif
