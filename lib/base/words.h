/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of words; owns copies of them. */
#ifndef DAXDM_WORDS_H
#define DAXDM_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct words {
	char **list;
	size_t n;
};

/* Adds a copy of a word of len bytes.  Returns 0 or -ENOMEM. */
int words_add(struct words *words, const char *word, size_t len);
/* The same, but does nothing if the word is already in the list. */
int words_add_new(struct words *words, const char *word, size_t len);
/* Whether the word is in the list; NULL never is. */
bool words_has(const struct words *words, const char *word);
void words_free(struct words *words);

#endif
