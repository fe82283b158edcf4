/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The notation of a filesystem: its type and, after a colon, how it is made and mounted.
 *
 *   xfs                      with daxdm's mkfs options: aligned, so that 2 MiB pages are possible
 *   xfs:default              mkfs without options: the defaults of the distribution's tools
 *   xfs:mkfs=-b size=1024    mkfs with these options instead of daxdm's
 *   ext4:mount=noatime       with these mount options besides dax=always
 *   xfs:logdev=partition     external log (xfs), realtime device (xfs: rtdev=) or journal (ext4:
 *                            journal=): a namespace, a partition of one or a dm-linear device on
 *                            one, which the stack does not use
 *   xfs:mkfs=[-d su=2m,sw=1],mount=[noatime,logbsize=64k]
 *                            a value with a comma is in brackets; so is, in the file of a
 *                            workload, one with a blank
 */
#ifndef DAXDM_FS_SPEC_H
#define DAXDM_FS_SPEC_H

#include <stdbool.h>
#include <stddef.h>

enum { FS_SPEC_TEXT_BYTES = 192 };

/* What an external device is. */
enum fs_place { FS_PLACE_NONE, FS_PLACE_NAMESPACE, FS_PLACE_PARTITION, FS_PLACE_LINEAR };

enum fs_external { FS_EXTERNAL_LOG, FS_EXTERNAL_REALTIME, FS_N_EXTERNALS };

struct fs_spec {
	/* Canonical: the same options always give the same text.  It is the identity of what is
	 * measured. */
	char text[FS_SPEC_TEXT_BYTES];
	const char *type;		/* "ext4" or "xfs" */
	bool is_default;		/* mkfs without options */
	char mkfs[FS_SPEC_TEXT_BYTES];	/* "": daxdm's, or none if is_default */
	char mount[FS_SPEC_TEXT_BYTES]; /* "": none but dax=always */
	enum fs_place external[FS_N_EXTERNALS];
};

/* Reads a filesystem.  Pure.  Returns 0, or -EINVAL with one sentence in why that names what was
 * expected. */
int fs_spec_parse(const char *text, struct fs_spec *out, char *why, size_t why_len);

/* Whether mkfs has daxdm's options, which align extents to 2 MiB. */
bool fs_spec_is_aligned(const struct fs_spec *spec);

/* Whether it is a type without options. */
bool fs_spec_is_plain(const struct fs_spec *spec);

/* The number of characters of the word that begins at text: to a blank or `#` outside of
 * brackets. */
size_t fs_spec_word_len(const char *text);

/* The number of characters of the type in a text: "xfs" of "xfs:default". */
size_t fs_spec_type_len(const char *text);

#endif
