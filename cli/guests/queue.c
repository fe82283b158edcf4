// SPDX-License-Identifier: GPL-2.0-only
#include "cli/guests/queue.h"

#include <errno.h>
#include <stdlib.h>

static bool spoils(const struct check_case *c)
{
	return c->item->flags & CHECK_SPOILS;
}

int queue_fill(struct queue *queue, const struct check_case *cases, size_t n_cases, size_t slots)
{
	size_t together = 0, each;
	struct batch *batch;

	for (size_t i = 0; i < n_cases; i++)
		together += !spoils(&cases[i]);
	each = (together + slots - 1) / slots;
	each = each > BATCH_MAX ? BATCH_MAX : each;
	/* Never more batches than cases. */
	*queue = (struct queue){.list = calloc(n_cases + 1, sizeof(*queue->list))};
	if (!queue->list)
		return -ENOMEM;
	for (size_t i = 0; i < n_cases; i++) {
		if (spoils(&cases[i]))
			continue;
		if (!queue->n || queue->list[queue->n - 1].n == each)
			queue->n++;
		batch = &queue->list[queue->n - 1];
		batch->cases[batch->n++] = i;
	}
	for (size_t i = 0; i < n_cases; i++)
		if (spoils(&cases[i]))
			queue->list[queue->n++] = (struct batch){.n = 1, .cases = {i}};
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
