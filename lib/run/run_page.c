// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/run.h"

#include <string.h>

enum run_page run_page_of(const char *variant, size_t *stem_len)
{
	static const char *const words[] = {"pte", "pmd", "fallback"};
	const char *dot = strrchr(variant, '.');

	for (int page = RUN_PAGE_PTE; dot && page <= RUN_PAGE_FALLBACK; page++) {
		if (strcmp(dot + 1, words[page]))
			continue;
		if (stem_len)
			*stem_len = (size_t)(dot - variant);
		return (enum run_page)page;
	}
	if (stem_len)
		*stem_len = strlen(variant);
	return RUN_PAGE_NONE;
}
