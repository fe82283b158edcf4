/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel mutants: one text file each in tests/mutants/ (its README.md describes the format).  A
 * mutant is one change of one source file of a module; a check or a comparison should detect it.
 */
#ifndef DAXDM_MUTANT_H
#define DAXDM_MUTANT_H

#include "lib/base/words.h"

#include <stdbool.h>
#include <stddef.h>

#define MUTANTS_DIR "tests/mutants"

struct mutant {
	char *id;	       /* name of its file */
	char *path;	       /* of its file */
	char *module;	       /* "dm-mod" */
	char *layer;	       /* one of mutant_layers */
	char *breaks;	       /* what is wrong with it, one sentence */
	char *file, *function; /* of the source; NULL: none */
	char *program;	       /* of sed -E; NULL: the module is rebuilt without a change */
	char *equivalent;      /* why nothing can detect it; NULL: something can */
	char *first, *last;    /* versions of kernels that it is written for; NULL: all */
	struct words checks;   /* globs of the checks that should detect it */
	char *metric, *fs;     /* of a cost: what compare measures; NULL: it is no cost */
	struct words stacks;
	bool subtle; /* only certain inputs, orders or states show it */
};

/* The layers of the kernel in the order of the score; the last one is NULL. */
extern const char *const mutant_layers[];

/* Reads one file.  Returns 0, or -errno after one error line that names file and line; free it in
 * either case. */
int mutant_read(const char *path, struct mutant *out);
void mutant_free(struct mutant *m);

/* Whether it is an unchanged module, in which nothing may be detected. */
bool mutant_is_unchanged(const struct mutant *m);

/* Whether it changes a device-mapper module, which failures should then blame. */
bool mutant_is_dm(const struct mutant *m);

/* Whether it is written for the kernel of that version. */
bool mutant_is_for(const struct mutant *m, const char *version);

/* Reads all files of the directory but README.md, sorted by name.  Returns 0, or -errno after one
 * error line; free with mutants_free() in either case. */
int mutants_read(const char *dir, struct mutant **out, size_t *n);
void mutants_free(struct mutant *mutants, size_t n);

#endif
