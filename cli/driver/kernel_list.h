/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernels of a ladder, once each and oldest first, as its file kernels.tsv has them.  As in
 * cli/driver/target.h errors end the process.
 */
#ifndef DAXDM_KERNEL_LIST_H
#define DAXDM_KERNEL_LIST_H

#include "cli/driver/target.h"

/* A line of kernels.tsv.  label: what a run of it is called; package: "file" for a kernel of the
 * user's own; kernel: the word that it was asked for by. */
struct kernel_entry {
	char *label, *package, *version, *kernel;
};

struct kernel_list {
	struct kernel_entry *list; /* oldest first */
	size_t n;
};

/* Reads the file PATH.  Of several lines with one label only the first counts. */
void kernel_list_read(struct kernel_list *l, const char *path);

/* Finds the kernels that t asks for, and writes DIR/kernels.tsv; needs the workspace.  Prints the
 * phase. */
void kernel_list_plan(struct kernel_list *l, struct target *t, const char *dir);

/* What the context of a run of that kernel calls its package.  To be freed. */
char *kernel_list_package(const struct kernel_entry *kernel);

/* Adds the packages of those that have not been fetched. */
void kernel_list_not_here(const struct kernel_list *l, struct words *packages);

/* Adds the options by which bench and check take that kernel, and those of its guests. */
void kernel_list_add_options(struct words *job, const struct kernel_entry *kernel,
			     const struct target *t);

#endif
