/* SPDX-License-Identifier: GPL-2.0-only */
/* The external devices of a filesystem: log or journal, realtime device. */
#ifndef DAXDM_FS_EXTERNAL_H
#define DAXDM_FS_EXTERNAL_H

#include "lib/dev/namespace.h"
#include "lib/dev/stack.h"
#include "lib/file/fs_spec.h"

#include <stddef.h>

struct fs_external_device {
	enum fs_place place;
	const struct namespace *ns; /* borrowed: the namespace it is on */
	uint64_t start_bytes;
	char node[128]; /* "" until it exists */
};

struct fs_externals {
	struct fs_external_device device[FS_N_EXTERNALS];
};

/*
 * Places the external devices of the spec on spare[0..n), the namespaces that the stack does not
 * use.  Devices of the same kind follow each other on one namespace, except whole namespaces.
 * Pure.  Returns 0, or with one sentence in why -ENODEV if more namespaces are needed, or -ENOSPC.
 */
int fs_externals_place(const struct fs_spec *spec, const struct namespace *spare, unsigned int n,
		       struct fs_externals *out, char *why, size_t why_len);

/* Creates placed devices.  Returns 0, or -errno with one sentence in why; fs_externals_remove() in
 * either case. */
int fs_externals_create(struct fs_externals *externals, char *why, size_t why_len);

/* Wipes and removes them; those that do not exist are no error.  Returns 0, or the last -errno with
 * one sentence in why. */
int fs_externals_remove(struct fs_externals *externals, char *why, size_t why_len);

/*
 * What files on an external device that was created are on, as a stack: raw, a partition or
 * dm-linear.  Borrows the namespace; free with graph_destroy().  Returns 0 or -errno.
 */
int fs_externals_stack(const struct fs_externals *externals, enum fs_external external,
		       struct stack *out);

/* Removes the partitions that a killed process left on a namespace. */
void fs_externals_forget(const struct namespace *ns);

#endif
