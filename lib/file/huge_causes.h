/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a PMD cannot map a 2 MiB window of a file. */
#ifndef DAXDM_HUGE_CAUSES_H
#define DAXDM_HUGE_CAUSES_H

#include "lib/file/extents.h"

#include <jansson.h>

/* In the order in which they are removed: each hides those after it. */
enum huge_cause {
	HUGE_FRAGMENTED,   /* the window is not in one extent of the file */
	HUGE_MKFS,	   /* the filesystem put it past a multiple of 2 MiB of its device */
	HUGE_CHUNK,	   /* a chunk of dm-stripe is no multiple of 2 MiB */
	HUGE_BOUNDARY,	   /* a segment ends within it */
	HUGE_FIRST_EXTENT, /* a segment begins past a multiple of 2 MiB of its member */
	HUGE_PARTITION,	   /* a partition does */
	HUGE_NAMESPACE,	   /* the memory of the namespace does */
	HUGE_MAX_SECTORS,  /* a table with dm-stripe would allow it, and max_sectors_kb is less than
			    * 2 MiB: older kernels map no more at once */
	HUGE_N_CAUSES,
};

/* Of the windows of a file, starts as all zero. */
struct huge_causes {
	unsigned int windows[HUGE_N_CAUSES]; /* to which the cause applies, alone or with others */
	uint64_t chunk_bytes;		     /* the smallest chunk */
	uint64_t past_bytes;		     /* what is past a multiple of 2 MiB: of the segments */
	uint64_t max_sectors_kb;
};

/* The name of a cause in run.jsonl. */
const char *huge_cause_name(enum huge_cause cause);

/*
 * Adds the causes of one window: those of its place, and HUGE_MAX_SECTORS if a dm-stripe target is
 * on the way and max_sectors_kb (0: not known) is less than 2 MiB.  Pure.  Sources: the check of
 * the pfn in dax_iomap_pmd_fault(); max_io_len() of dm.c, which up to 6.8 took the
 * limit of the queue into account for a target with a chunk.
 */
void huge_causes_add(struct huge_causes *causes, const struct extents *extents,
		     struct backing backing, uint64_t window_offset_bytes, uint64_t max_sectors_kb);

/* The least max_sectors_kb of the queues of the DM devices with dm-stripe targets from this device
 * down; 0 if there is none. */
uint64_t huge_causes_max_sectors_kb(struct backing backing);

/* {"chunk": 32, "first_extent": 32, "chunk_kib": 4, ...}, causes that apply only. */
json_t *huge_causes_json(const struct huge_causes *causes);

#endif
