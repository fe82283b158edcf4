/* SPDX-License-Identifier: GPL-2.0-only */
/* Stacks made real: table lines -> DM devices, through libdevmapper. */
#ifndef DAXDM_DM_H
#define DAXDM_DM_H

#include "lib/namespace.h"
#include "lib/stack.h"

#include <sys/types.h>

struct stack {
	struct stack_spec spec;
	uint64_t size_bytes;		      /* of what the filesystem may use */
	const struct namespace *namespaces;   /* borrowed; stack_members(&spec) of them */
	struct table tables[STACK_DEPTH_MAX]; /* [0] is the top */
	char names[STACK_DEPTH_MAX][64];      /* DM names; "" where not (or no longer) made */
	char node[128];			      /* the device to put a filesystem on */
};

/* One place: a byte of a namespace, and how many bytes from there on stay together. */
struct place {
	unsigned int namespace;
	uint64_t offset_bytes;	   /* in the namespace */
	uint64_t contiguous_bytes; /* at least 1 */
};

/*
 * Whether the namespaces have room for the stack.  Pure but for its error line.
 * Returns 0, -ENOSPC if a namespace is too small or the segments too many, -ENODEV if more
 * namespaces are needed.
 */
int stack_fits(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
	       uint64_t size_bytes);

/*
 * Builds the devices of spec over namespaces[0..n): named daxdm-PID-LEVEL (0 is the lowest), with
 * udev cookies where udev runs and own nodes where it does not.  Returns 0, or -errno after one
 * error line with nothing left behind: -ENOSPC if a namespace is too small, -ENODEV if there are
 * too few, or what device-mapper gave.  Source: dm-ioctl(4) by libdevmapper.
 */
int stack_create(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
		 uint64_t size_bytes, struct stack *out);

/* Removes the devices, top first; a half-built or destroyed stack is fine.  Returns 0, or the
 * last -errno after one error line per device that would not go. */
int stack_destroy(struct stack *stack);

/* Where a byte of the stack's device lives.  Pure.  Returns 0 or -ERANGE. */
int stack_resolve(const struct stack *stack, uint64_t byte, struct place *out);

/* Removes every DM device named daxdm-PID-...: what a dead process left.  Returns 0 or -errno. */
int dm_remove_of(pid_t pid);

/* Whether the kernel answers device-mapper ioctls.  Returns 0 or -errno, silently. */
int dm_available(void);

#endif
