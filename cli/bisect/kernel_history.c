// SPDX-License-Identifier: GPL-2.0-only
#include "cli/bisect/kernel_history.h"

#include "lib/base/msg.h"

#include <string.h>

static size_t index_of(const struct kernel_list *l, const char *label)
{
	size_t i = 0;

	while (i < l->n && strcmp(l->list[i].label, label) != 0)
		i++;
	if (i == l->n)
		process_quit(STATUS_BROKEN, "bisect: the list has no kernel %s", label);
	return i;
}

const struct kernel_entry *kernel_history_find(const struct kernel_list *list, const char *label)
{
	return &list->list[index_of(list, label)];
}

/* The median of the kernels between. */
static char *middle(void *data, const struct words *goods, const char *bad,
		    const struct words *skipped)
{
	const struct kernel_list *l = data;
	size_t from = 0, to = index_of(l, bad), usable = 0, at = 0;

	for (size_t i = 0; i < goods->n; i++) {
		size_t good = index_of(l, goods->list[i]);

		from = good > from ? good : from;
	}
	for (size_t i = from + 1; i < to; i++)
		usable += !words_has(skipped, l->list[i].label);
	for (size_t i = from + 1; i < to; i++)
		if (!words_has(skipped, l->list[i].label) && at++ == usable / 2)
			return process_text("%s", l->list[i].label);
	return NULL;
}

static bool contains(void *data, const char *newer, const char *older)
{
	return index_of(data, older) <= index_of(data, newer);
}

struct bisection_history kernel_history(struct kernel_list *list)
{
	return (struct bisection_history){.data = list, .middle = middle, .contains = contains};
}
