/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known kernel bugs: one text file each in check/known/ (its README.md describes the format).  A
 * failure that an entry describes is expected; every other failure of the same check is not.
 */
#ifndef DAXDM_KNOWN_H
#define DAXDM_KNOWN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* MAJOR.MINOR[.PATCH][-rcN].  patch -1: not given; rc 0: none. */
struct kernel_version {
	int major, minor, patch, rc;
};

/*
 * Reads the version at the start of text and ignores the rest ("-56-amd64").  -rc7 and
 * Debian's ~rc7 are the same.  Returns 0 or -EINVAL.
 */
int kernel_version_read(const char *text, struct kernel_version *out);

/*
 * Compares a kernel with a bound to the precision of the bound: 6.1.192 equals the bound 6.1, and
 * is past the bound 6.1.150; an -rc is before its release.  Returns < 0, 0, > 0.
 */
int kernel_version_compare(const struct kernel_version *kernel, const struct kernel_version *bound);

/*
 * uname -r of Debian's stable kernels is 6.1.0-56-amd64 for 6.1.192.  The version of the package
 * ("linux-image-... 6.1.192-2", or uname -v "... Debian 6.1.192-2 (...)") is exact.  Either may be
 * NULL.  Copies the most exact version into out ("6.1.192-2"), else release.  Returns out.
 */
const char *kernel_version_text(const char *release, const char *package, const char *uname_v,
				char *out, size_t size);

struct known_bug {
	const char *name;      /* of its file */
	const char *check;     /* globs, with blanks between them: they fail on these kernels */
	const char *sometimes; /* globs of more checks, which may fail by it; NULL: none */
	const char *first, *last, *why, *evidence, *reference, *reproducer;
	const char *match; /* extended regular expression: what failed */
	/* For reports; NULL: not given. */
	const char *severity, *kind; /* words of check/known/README.md */
	const char *subject;	     /* of a mail, with the prefix of the subsystem */
	const char *files;	     /* of the kernel source, with blanks between them */
	const char *fixes;	     /* the commit with the bug: HASH ("SUBJECT") */
	/* Words of report/inspect/layout.h: it is met on such a layout only; NULL: on any. */
	const char *layout;
	/* No entry has an older first kernel: whether the bug was there before is not known. */
	bool since_oldest;
};

struct known;

/*
 * Reads the entries of a directory, all files without a dot in their name; NULL is no entry.
 * Returns 0, or -errno after one error line (-EINVAL: it names file and line).
 */
int known_read(const char *dir, struct known **out);
void known_free(struct known *known);

/* The i-th by name, NULL past the last. */
const struct known_bug *known_at(const struct known *known, size_t i);

/* The name of its reproducer, the file's without folder and ending; entries may share one. */
const char *known_reproducer(const struct known_bug *bug, char *out, size_t size);

/* Whether the kernel is in the range of the entry. */
bool known_has(const struct known_bug *bug, const struct kernel_version *kernel);

/* Whether its kind is corruption or durability. */
bool known_loses_data(const struct known_bug *bug);

/* Whether the series of the kernel is the first one with the bug, and older ones are without. */
bool known_is_new(const struct known_bug *bug, const struct kernel_version *kernel);

/* From 0, the worst; one without a severity comes last. */
int known_severity(const struct known_bug *bug);

/* The first bug that kernel has by which the check of that id fails, or NULL. */
const struct known_bug *known_about(const struct known *known, const struct kernel_version *kernel,
				    const char *id);

/*
 * The bug that explains a failed check line.  Every complaint, "why" and each "also: ..." of the
 * evidence, must fit the match of a bug; the one "the kernel complained: ..." may do so by any line
 * of the log.  Returns the bug of "why", or NULL.
 */
const struct known_bug *known_cause(const struct known *known, const struct kernel_version *kernel,
				    const json_t *line);

#endif
