/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses through a mapping that was made before a table swap.
 *
 * No contract covers them: a page that was mapped before the swap stays in the page tables until it
 * is unmapped, and device-mapper does not unmap it.  Whether a store through it reaches the old
 * member, which may have another owner by then, is the corruption that was discussed when DAX came
 * to device-mapper.  It is observed, not judged; every such access must end.
 */
#ifndef DAXDM_OLD_MAPPING_H
#define DAXDM_OLD_MAPPING_H

#include "check/check.h"
#include "check/reload/swapped_members.h"

enum old_mapping_set {
	OLD_MAPPING_LOADS,
	OLD_MAPPING_WRITABLE,	  /* stores to pages that are mapped writable */
	OLD_MAPPING_READABLE,	  /* stores to pages that are mapped read-only */
	OLD_MAPPING_FRESH_STORES, /* stores to pages that were unmapped after the swap */
};

struct old_mapping_arg {
	struct swapped_members_arg reload;
	enum old_mapping_set set;
};

/* Run functions.  arg is a const struct old_mapping_arg. */
void old_mapping_accesses(struct check_env *env, const void *arg);
/* A store after another owner wrote to the old member; arg is a const struct swapped_members_arg.
 */
void old_mapping_next_owner(struct check_env *env, const void *arg);

#endif
