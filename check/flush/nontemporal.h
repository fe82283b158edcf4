/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that nontemporal stores copy, which need no writeback; and zeroes, which do. */
#ifndef DAXDM_NONTEMPORAL_H
#define DAXDM_NONTEMPORAL_H

#include "check/fixture/calls.h"
#include "check/fixture/testbed.h"

/* Bytes, written by write(2) or by a bio, that were copied past the cache by the first function of
 * calls; -EIO after a complaint. */
int64_t nontemporal_by_write(struct check_env *env, const struct testbed_spec *spec,
			     struct calls *calls);
int64_t nontemporal_by_bio(struct check_env *env, const struct testbed_spec *spec,
			   struct calls *calls);

struct nontemporal {
	struct testbed_spec bed;
	const char *function; /* of the kernel: as calls_open() takes it */
	int64_t (*copied)(struct check_env *env, const struct testbed_spec *spec,
			  struct calls *calls);
};

/* A run function; arg is a const struct nontemporal. */
void nontemporal_copied(struct check_env *env, const void *arg);

/* A run function; arg is a const struct nontemporal on virtio-pmem, where a write clears bad
 * blocks.  A write to bad pages copies as many bytes past the cache as one to good pages. */
void nontemporal_recovered(struct check_env *env, const void *arg);

/* Zeroes that hole punching writes into a part of a page: a run function; arg is a const struct
 * testbed_spec. */
void nontemporal_zeroes(struct check_env *env, const void *arg);

#endif
