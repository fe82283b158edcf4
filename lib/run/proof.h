/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The proof of a record: whether the file is DAX, the size of the pages mapped, their page frames,
 * and the path through the kernel.  The functions here verify a part and note it, so that a
 * benchmark cannot claim an unverified part.  record_write() writes no record without all parts.  A
 * benchmark that cannot prove a part waives it in its descriptor, with the reason.
 */
#ifndef DAXDM_PROOF_H
#define DAXDM_PROOF_H

#include "lib/dev/stack.h"
#include "lib/file/mapping.h"
#include "lib/trace/probe.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum proof_part {
	PROOF_DAX = 1 << 0,   /* statx(2) of the file */
	PROOF_PAGE = 1 << 1,  /* page faults: the size of the pages mapped */
	PROOF_FRAME = 1 << 2, /* pagemap: the frames are those that extents and tables give */
	PROOF_PATH = 1 << 3,  /* hits of probes, or traced calls */
	PROOF_ALL = (1 << 4) - 1,
};

/* The parts that variants matching a glob do not prove, and why; a list ends with variants ==
 * NULL. */
struct proof_waiver {
	const char *variants;
	unsigned int parts; /* enum proof_part */
	const char *why;
};

/* Starts as all zero. */
struct proof {
	unsigned int shown; /* enum proof_part */
	bool dax;
	uint64_t page_bytes; /* 0: not shown */
	json_t *path;	     /* hits by point; owned */
};

/*
 * Each of these verifies one part and notes it.  Returns true, or false with a sentence in why; an
 * existing sentence is kept.
 */

/* Verifies that statx(2) of an open file reports DAX (wanted), or does not (not wanted). */
bool proof_dax(struct proof *proof, int fd, bool wanted, char *why, size_t why_len);

/* Verifies the page size by the number of page faults of the first accesses to n pages: at least n,
 * because a larger page would serve several accesses. */
bool proof_pages(struct proof *proof, uint64_t page_bytes, size_t n, uint64_t faults, char *why,
		 size_t why_len);

/* Same as mapping_prove_frames() of lib/file/mapping.h. */
bool proof_frames(struct proof *proof, const struct frame_proof *frames, const struct mapping *m,
		  uint64_t offset_bytes, unsigned int n, char *why, size_t why_len);

/*
 * Adds the counts of the probes, and n to the count of work ("operations", "faults").  The path is
 * proven if one probe was hit.
 */
void proof_count(struct proof *proof, const char *work, int64_t n, const struct probe_set *probes);

/* The hits of a point, or the count of work; -1 if this kernel has no such point or it was not
 * counted. */
int64_t proof_hits(const struct proof *proof, const char *point);

/*
 * Verifies the counted path below the filesystem: at least so many direct accesses of the namespace
 * (pmem_dax_direct_access), and one of dm_dax_direct_access for each of them at each DM level of
 * the stack.  A kernel that cannot count them proves nothing.
 */
bool proof_dax_path(const struct proof *proof, int64_t accesses, const struct stack_spec *spec,
		    char *why, size_t why_len);

/* Notes parts that were verified otherwise: by other processes of the benchmark, or by a tracer. */
void proof_seen(struct proof *proof, unsigned int parts);

void proof_free(struct proof *proof);

/* The parts that this variant must prove but did not.  Pure. */
unsigned int proof_missing(const struct proof *proof, const struct proof_waiver *waivers,
			   const char *variant);
/* Lists the missing parts: "not proven: the size of the pages mapped, ...".  Returns why. */
const char *proof_sentence(unsigned int missing, char why[192]);

/* The proven parts as "dax", "page" and "path", and the members of more.  Steals more. */
json_t *proof_json(const struct proof *proof, json_t *more);

#endif
