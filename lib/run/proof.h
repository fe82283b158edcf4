/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The proof of a number: whether the file was DAX, the size of the pages mapped, their page frames,
 * and the path through the kernel.  Each part is noted by the function here that examines it, so
 * that a benchmark cannot claim what it did not examine.  record_write() writes no record without
 * all parts; what a benchmark cannot prove it waives in its descriptor, with the reason.
 */
#ifndef DAXDM_PROOF_H
#define DAXDM_PROOF_H

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

/* What the variants that match a glob do not prove, and why; a list ends with variants == NULL. */
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
 * Each of these examines one part and notes it.  Returns true, or false with a sentence in why,
 * which stays if there already is one.
 */

/* statx(2) of an open file must report DAX, or must not. */
bool proof_dax(struct proof *proof, int fd, bool wanted, char *why, size_t why_len);

/* The first accesses to n pages of that size took so many page faults: one each at least, for a
 * larger page would have been mapped for several of them. */
bool proof_pages(struct proof *proof, uint64_t page_bytes, size_t n, uint64_t faults, char *why,
		 size_t why_len);

/* As mapping_prove_frames() of lib/file/mapping.h. */
bool proof_frames(struct proof *proof, const struct frame_proof *frames, const struct mapping *m,
		  uint64_t offset_bytes, unsigned int n, char *why, size_t why_len);

/*
 * Adds the counts of the probes to those so far, and n to what was done meanwhile ("operations",
 * "faults").  They prove the path if one of them was hit.
 */
void proof_count(struct proof *proof, const char *work, int64_t n, const struct probe_set *probes);

/* The hits of a point so far, or of what was done; -1 if this kernel has no such point, or it was
 * not counted. */
int64_t proof_hits(const struct proof *proof, const char *point);

/* Notes parts that other processes of the benchmark examined, or that a tracer saw call by call. */
void proof_seen(struct proof *proof, unsigned int parts);

void proof_free(struct proof *proof);

/* The parts that this variant has to prove and does not.  Pure. */
unsigned int proof_missing(const struct proof *proof, const struct proof_waiver *waivers,
			   const char *variant);
/* Names them in a sentence: "not proven: the size of the pages mapped, ...".  Returns why. */
const char *proof_sentence(unsigned int missing, char why[192]);

/* "dax", "page" and "path", as far as they were shown, and the members of more.  Steals more. */
json_t *proof_json(const struct proof *proof, json_t *more);

#endif
