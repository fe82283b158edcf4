/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions of the kernel by name, as BPF programs attach to them.
 *
 * libbpf searches all types of the kernel for each program, and again for each module: 480 million
 * instructions for the 16 programs of lib/trace/tracer.c.  Here one search finds all functions.
 */
#ifndef DAXDM_KERNEL_FUNCTION_H
#define DAXDM_KERNEL_FUNCTION_H

#include <stddef.h>

struct kernel_function {
	const char *name;
	unsigned int arguments;
	unsigned int btf_id; /* 0: not found */
	int module_fd;	     /* of the module's BTF, 0: the kernel itself has the function */
};

/*
 * Finds the functions in the BTF of the kernel and of the modules that DAX goes through.  Returns
 * 0, or -errno if the kernel has no BTF.  Source: Documentation/bpf/btf.rst.
 */
int kernel_functions_find(struct kernel_function *list, size_t n);

/* Closes the file descriptors. */
void kernel_functions_close(struct kernel_function *list, size_t n);

#endif
