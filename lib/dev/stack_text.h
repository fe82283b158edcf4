/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks from the text of other programs: `dmsetup table`, `vgcfgbackup`, `lvs`.
 *
 * A file describes one or more stacks: one for each device that no other device of the file uses.
 * Each becomes a word that stack_parse() takes, `NAME=TABLES`.  NAME (`table:STEM-DIGEST`, or
 * `table:STEM.DEVICE-DIGEST` of several) is what metrics are called by; the digest is that of
 * TABLES, which are in the notation of graph_parse.h.
 */
#ifndef DAXDM_STACK_TEXT_H
#define DAXDM_STACK_TEXT_H

#include "lib/base/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "table:" and "lvm:", before the path of a file or the rest of a name. */
#define STACK_TEXT_TABLE "table:"
#define STACK_TEXT_LVM "lvm:"

enum { STACK_TEXT_NAME_CHARS = 96 };

/* Whether a word begins as stacks from text do. */
bool stack_text_is(const char *word);

/* Whether the word names a file, and has to be expanded. */
bool stack_text_is_file(const char *word);

/* The name in a word of a workload, which is the whole word unless it has tables.  Returns name. */
const char *stack_text_name(const char *word, char name[STACK_TEXT_NAME_CHARS]);

/* The tables of a word, or NULL if it has none. */
const char *stack_text_tables(const char *word);

/* The digest of tables that is part of the name. */
void stack_text_digest(const char *tables, char digest[9]);

/*
 * Reads the file of a word `table:PATH` or `lvm:PATH` and appends a word for each of its stacks, or
 * of `table:PATH#DEVICE` for that of a device.
 * Returns 0, with one sentence in note about what the text did not say, or ""; or -EINVAL or -errno
 * with one sentence in why that names file, line and field.
 */
int stack_text_expand(const char *word, struct words *out, char *note, size_t note_len, char *why,
		      size_t why_len);

/* The same from memory; stem is what the file is called, only a device of it, or NULL.  Pure.
 * The second one appends, for each stack, its names in the text to names: of the namespaces in
 * order, then of the devices, lowest first, with blanks between them; the note does not have the
 * namespaces then. */
int stack_text_expand_memory(const char *kind, const char *stem, const char *only, const char *text,
			     struct words *out, char *note, size_t note_len, char *why,
			     size_t why_len);
int stack_text_expand_named(const char *kind, const char *stem, const char *only, const char *text,
			    struct words *out, struct words *names, char *note, size_t note_len,
			    char *why, size_t why_len);

#endif
