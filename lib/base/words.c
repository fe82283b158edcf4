// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/words.h"

#include "lib/base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int words_add(struct words *words, const char *word, size_t len)
{
	char **list = memory_check(realloc(words->list, (words->n + 1) * sizeof(*list)));

	if (!list)
		return -ENOMEM;
	words->list = list;
	list[words->n] = memory_check(strndup(word, len));
	if (!list[words->n])
		return -ENOMEM;
	words->n++;
	return 0;
}

int words_add_new(struct words *words, const char *word, size_t len)
{
	for (size_t i = 0; i < words->n; i++)
		if (strlen(words->list[i]) == len && !memcmp(words->list[i], word, len))
			return 0;
	return words_add(words, word, len);
}

bool words_has(const struct words *words, const char *word)
{
	for (size_t i = 0; word && i < words->n; i++)
		if (!strcmp(words->list[i], word))
			return true;
	return false;
}

void words_free(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->list[i]);
	free(words->list);
	*words = (struct words){0};
}
