/* SPDX-License-Identifier: GPL-2.0-only */
/* Creates namespaces on blank persistent memory. */
#ifndef DAXDM_PROVISION_H
#define DAXDM_PROVISION_H

#include "lib/dev/namespace.h"
#include "lib/dev/namespace_spec.h"

#include <stddef.h>
#include <stdint.h>

enum { PROVISION_PARTS_MAX = 8 };

/* The namespaces of one region, in this order. */
struct provision_plan {
	struct {
		enum namespace_mode mode; /* fsdax, raw or sector */
		uint64_t bytes;		  /* of the namespace; 0: the rest of the region */
	} parts[PROVISION_PARTS_MAX];
	unsigned int n;
	struct namespace_spec spec; /* of fsdax */
};

/*
 * Reads "fsdax:640M raw:64M sector:64M": MODE[:SIZE], the size in bytes, or with suffix M or G.
 * Pure.  Returns 0, or -EINVAL after one error line.
 */
int provision_parse(const char *text, struct provision_plan *out);

/*
 * Creates namespaces on every region that has none, with new labels if the DIMMs support labels,
 * and waits up to 30 s for each node.  The i-th region by number gets plans[i]; regions after the
 * last plan get one fsdax namespace of their size.  Unless the plan says otherwise, fsdax has its
 * struct pages in memory and is aligned to 2 MiB, or to 4 KiB if the kernel has no transparent huge
 * pages; sector has sectors of 4096 bytes.  Regions that have a namespace are not changed.
 * Calls made(node) for each new node.  Returns the number created, or -errno after one error line.
 * Source: libndctl(3), Documentation/driver-api/nvdimm.
 */
int provision_namespaces(const struct provision_plan *plans, size_t n_plans,
			 void (*made)(const char *node));

/* Waits up to 30 s for namespaces that the kernel makes by itself.  Returns 0, or -ETIMEDOUT after
 * one error line. */
int provision_wait(const char *const *nodes, size_t n);

#endif
