/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The matrix of kernel bugs: what the reproducer of each entry of check/known/ found on each
 * kernel.  A directory holds it: bugs.tsv (a line for each bug and kernel), bugs.md (the same for
 * readers), and bugs/NAME.txt, what the reproducer and the kernel log said on the newest kernel
 * with the bug.
 */
#ifndef DAXDM_BUG_MATRIX_H
#define DAXDM_BUG_MATRIX_H

#include "report/checks/known.h"

/* The published one. */
#define BUG_MATRIX_PUBLISHED "results/published"

enum { BUG_NAME_CHARS = 64, BUG_KERNEL_CHARS = 32 };

struct bug_cell {
	char name[BUG_NAME_CHARS]; /* of the reproducer (known_reproducer()) */
	char kernel[BUG_KERNEL_CHARS];
	char result[12]; /* present, absent, skipped, broken */
	char *actual;	 /* the line "actual: ..." of the reproducer, or why it was skipped */
	struct kernel_version version;
};

struct bug_matrix {
	struct bug_cell *cells; /* by name, then by version */
	size_t n;
	struct kernel_version *kernels; /* by version, each once */
	size_t n_kernels;
};

/* Reads DIR/bugs.tsv; without that file the matrix is empty.  Returns 0, or -errno after one error
 * line. */
int bug_matrix_read(const char *dir, struct bug_matrix *out);
void bug_matrix_free(struct bug_matrix *m);

/*
 * Adds or replaces the results in a file of `daxdm reproducers --results`; what they say goes to
 * DIR/bugs/, unless dir is NULL.  Returns 0, or -errno after one error line.
 */
int bug_matrix_add(struct bug_matrix *m, const char *results, const char *dir);

/* Writes bugs.tsv and bugs.md.  Returns 0, or -errno after one error line. */
int bug_matrix_write(const struct bug_matrix *m, const struct known *known, const char *dir);

/* The cell of a bug and a kernel, or NULL. */
const struct bug_cell *bug_matrix_at(const struct bug_matrix *m, const struct known_bug *bug,
				     const struct kernel_version *kernel);

/*
 * The kernels on which the result of a bug is that word, as ranges of neighbours ("6.1.192,
 * 6.12.117 to 7.3-rc7"); "" if there are none.  Returns out.
 */
const char *bug_matrix_kernels(const struct bug_matrix *m, const struct known_bug *bug,
			       const char *result, char *out, size_t size);

/* "6.1.192" or "7.3-rc7", without the revision of a package.  Returns out. */
const char *bug_version_text(const struct kernel_version *version, char *out, size_t size);

/*
 * Whether the range of an entry, with those of other entries of the same reproducer, is what the
 * matrix says.  Returns 0, or -EINVAL with the contradiction in why.
 */
int bug_matrix_check(const struct bug_matrix *m, const struct known *known,
		     const struct known_bug *bug, char *why, size_t size);

/* Orders entries as lists show them: those that lose data and are new on the newest kernel first,
 * then by severity, those that the newest kernel has before others, then by name. */
void bug_matrix_sort(const struct bug_matrix *m, const struct known_bug **bugs, size_t n);

/* All entries in that order; free() the array.  NULL without memory. */
const struct known_bug **bug_matrix_all(const struct bug_matrix *m, const struct known *known,
					size_t *n);

/* Whether the entry loses data and is new on the newest kernel of the matrix. */
bool bug_matrix_is_alarm(const struct bug_matrix *m, const struct known_bug *bug);

#endif
