/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of a kernel by address, as reported by the guest (lib/run/symbols.h). */
#ifndef DAXDM_SYMTAB_H
#define DAXDM_SYMTAB_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
	uint64_t address;
	const char *name;   /* without compiler suffixes: .isra.0, .constprop.0, .cold */
	const char *module; /* "vmlinux" for the kernel itself */
	char type;	    /* as nm(1) has it */
	long function;	    /* the caller's own, -1 at first */
};

struct symtab {
	struct symbol
		*list; /* by address; of several names of one place the first that is global */
	size_t n;
	json_t *lines; /* what the strings point into */
};

/* Returns 0, or -errno with a sentence in why; *tab needs symtab_free() in either case. */
int symtab_read(const char *file, struct symtab *tab, char *why, size_t why_size);

void symtab_free(struct symtab *tab);

/* The function that address is in, or NULL. */
struct symbol *symtab_at(const struct symtab *tab, uint64_t address);

#endif
