/* SPDX-License-Identifier: GPL-2.0-only */
/* Targets that the model does not have, as layers of a stack on one device. */
#ifndef DAXDM_STACK_OTHER_H
#define DAXDM_STACK_OTHER_H

#include "lib/dev/graph.h"

enum { STACK_OTHER_AUX_MAX = 2 };

struct stack_other {
	const char *type;
	/* As in struct graph_other_target; the members are those in `order`: 0 the device below, 1
	 * and 2 the further devices. */
	const char *args;
	const char *order;
	/* Sizes of the further devices; UINT64_MAX: that of the device below. */
	uint64_t aux_bytes[STACK_OTHER_AUX_MAX];
	const char *on_top_type, *on_top_args; /* a second device on it: thin on its pool */
};

/* The target of that name (of len characters), or NULL. */
const struct stack_other *stack_other_find(const char *name, size_t len);

/* The nearest name of a target to a word, see lib/base/nearest.h. */
const char *stack_other_nearest(const char *word, const char *best);

/* What the further devices of a layer of this size take. */
uint64_t stack_other_aux_bytes(const struct stack_other *other, uint64_t size_bytes);

/*
 * Adds a layer on device `below`, which is the index of a DM device or namespace, with its further
 * devices as dm-linear on namespace `aux` from aux_offset_bytes on; names begin with name.  Returns
 * the index of the top device or -errno.
 */
int stack_other_add(struct graph *g, const struct stack_other *other, const char *name,
		    unsigned int below, uint64_t size_bytes, unsigned int aux,
		    uint64_t aux_offset_bytes);

#endif
