// SPDX-License-Identifier: GPL-2.0-only
#include "cli/guests/queue.h"

#include <errno.h>
#include <stdlib.h>

static bool spoils(const struct check_case *c)
{
	return c->item->flags & CHECK_SPOILS;
}

/* Batches of the cases that others may follow. */
static void fill_ordinary(struct queue *queue, const struct check_case *cases, size_t n_cases,
			  size_t each)
{
	for (size_t i = 0; i < n_cases; i++) {
		struct batch *batch;

		if (spoils(&cases[i]))
			continue;
		if (!queue->n || queue->list[queue->n - 1].n == each)
			queue->n++;
		batch = &queue->list[queue->n - 1];
		batch->cases[batch->n++] = i;
	}
}

int queue_fill(struct queue *queue, const struct check_case *cases, size_t n_cases, size_t slots)
{
	size_t ordinary = 0, each, next = 0;

	for (size_t i = 0; i < n_cases; i++)
		ordinary += !spoils(&cases[i]);
	each = (ordinary + slots - 1) / slots;
	/* One more place for a case with CHECK_SPOILS. */
	each = each > BATCH_MAX - 1 ? BATCH_MAX - 1 : each;
	/* Never more batches than cases. */
	*queue = (struct queue){.list = calloc(n_cases + 1, sizeof(*queue->list))};
	if (!queue->list)
		return -ENOMEM;
	fill_ordinary(queue, cases, n_cases, each);
	for (size_t i = 0; i < n_cases; i++) {
		struct batch *batch = &queue->list[next];

		if (!spoils(&cases[i]))
			continue;
		batch->cases[batch->n++] = i;
		next++;
	}
	queue->n = queue->n > next ? queue->n : next;
	return 0;
}

void queue_free(struct queue *queue)
{
	free(queue->list);
	*queue = (struct queue){0};
}

bool queue_take(struct queue *queue, struct batch *out)
{
	if (queue->next == queue->n)
		return false;
	*out = queue->list[queue->next++];
	return true;
}

void queue_return(struct queue *queue, const struct batch *batch)
{
	/* The slot is free: queue_take() advanced over it. */
	queue->list[--queue->next] = *batch;
}
