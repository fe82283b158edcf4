/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine with other namespaces, or more arguments of the kernel. */
#ifndef DAXDM_VM_ADAPT_H
#define DAXDM_VM_ADAPT_H

#include "emu/vm.h"

struct vm_adapted {
	struct vm_machine machine;
	char extra_args[1024]; /* machine.extra_args */
};

enum { VM_APPEND_MAX = 500 };

/*
 * Makes of base a machine whose namespaces are made as lib/dev/namespace_spec.h reads `namespace`,
 * and whose kernel gets the arguments of append; either may be NULL.  The arguments tell emu/init
 * how to make the namespaces.  Returns 0, or -EINVAL with a sentence in why.
 */
int vm_adapt(const struct vm_machine *base, const char *namespace, const char *append,
	     struct vm_adapted *out, char *why, size_t why_len);

#endif
