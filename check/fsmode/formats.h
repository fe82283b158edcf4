/* SPDX-License-Identifier: GPL-2.0-only */
/* Formats of ext4 that daxdm does not make otherwise. */
#ifndef DAXDM_FORMATS_H
#define DAXDM_FORMATS_H

#include "check/fixture/testbed.h"

/* A linear device with an ext4 of these features, not mounted: bed->fs.node and .where say what to
 * mount.  Returns true, or false after a complaint. */
bool formats_make(struct check_env *env, struct testbed *bed, const char *features);

/* How a filesystem with indirect blocks is made, and mounted. */
struct indirect_case {
	const char *features; /* of mkfs.ext4 */
	const char *type;     /* of mount(2): "ext4", "ext2" */
	bool may_refuse;      /* dax=always; a file is not DAX then */
};

/* Run functions.  A file that is mapped by indirect blocks, without a journal; arg is a const
 * struct indirect_case.  A file with fs-verity; arg is NULL. */
void formats_indirect(struct check_env *env, const void *arg);
void formats_verity(struct check_env *env, const void *arg);

#endif
