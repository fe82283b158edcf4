/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worst legal image of persistent memory at a moment: of each byte the last content that was
 * written back, or copied past the cache, and fenced.  Everything that was stored since is lost.
 *
 * The image is made on other memory, a linear device, from a copy of the device before anything was
 * recorded and the records until that moment.  It is used through a snapshot, so that what a mount
 * writes is gone when the next image is made.
 */
#ifndef DAXDM_WORST_IMAGE_H
#define DAXDM_WORST_IMAGE_H

#include "check/fixture/testbed.h"
#include "lib/trace/durable.h"

/* What happened, in the order of time. */
struct worst_event {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	/* The record of a kernel function, or of cache lines that a process wrote back itself. */
	const struct durable_record *record;
	bool by_process; /* a fence of a process is for what it wrote back, one of the kernel for all
			  * that the kernel did */
};

struct worst_image {
	struct check_env *env;
	char name[64], node[128];   /* the image */
	char cow[64], snapshot[64]; /* DM names, empty: not made */
	char snapshot_node[128];    /* while there is a snapshot */
	uint64_t bytes;
	struct {
		uint64_t address, len, at; /* physical, of the device */
	} * pieces;
	size_t n_pieces;
	char **pages;			    /* of the device, NULL: as in the copy */
	bool *dirty;			    /* not yet on the image */
	const struct worst_event **waiting; /* for a fence */
	size_t n_waiting, waiting_size;
};

/* Copies the device of a testbed.  Returns true, or false after a complaint;
 * worst_image_close() in either case. */
bool worst_image_open(struct check_env *env, struct worst_image *w, const struct testbed *bed);
void worst_image_close(struct worst_image *w);

/* The next event.  Returns 0 or -errno. */
int worst_image_add(struct worst_image *w, const struct worst_event *event);

/* Writes the image, and makes a snapshot of it.  Return true, or false after a complaint. */
bool worst_image_begin(struct worst_image *w);
bool worst_image_end(struct worst_image *w);

#endif
