// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/workload.h"

#include "lib/dev/stack_text.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool workload_matches(const char *pattern, const char *bench, const char *variant)
{
	char metric[128];

	snprintf(metric, sizeof(metric), "%s.%s", bench, variant);
	return !strcmp(pattern, bench) || !fnmatch(pattern, metric, 0);
}

bool workload_wants(const struct workload *workload, const char *bench, const char *variant)
{
	for (size_t i = 0; i < workload->benches.n; i++)
		if (workload_matches(workload->benches.list[i], bench, variant))
			return true;
	return false;
}

void workload_set_stacks(const struct workload *workload, json_t *context)
{
	json_t *names = json_array(), *tables = json_object();

	for (size_t i = 0; i < workload->stacks.n; i++) {
		const char *word = workload->stacks.list[i], *text = stack_text_tables(word);
		char name[STACK_TEXT_NAME_CHARS];

		json_array_append_new(names, json_string(stack_text_name(word, name)));
		if (text)
			json_object_set_new(tables, name, json_string(text));
	}
	json_object_set_new(context, "stacks", names);
	if (json_object_size(tables))
		json_object_set(context, "stack_tables", tables);
	json_decref(tables);
}

int workload_restore_tables(struct words *stacks, const json_t *context)
{
	const json_t *tables = json_object_get(context, "stack_tables");

	for (size_t i = 0; i < stacks->n; i++) {
		const char *name = stacks->list[i];
		const char *text = json_string_value(json_object_get(tables, name));
		size_t len = text ? strlen(name) + strlen(text) + 2 : 0;
		char *word = text ? malloc(len) : NULL;

		if (!text)
			continue;
		if (!word)
			return -ENOMEM;
		snprintf(word, len, "%s=%s", name, text);
		free(stacks->list[i]);
		stacks->list[i] = word;
	}
	return 0;
}

void workload_free(struct workload *workload)
{
	words_free(&workload->stacks);
	words_free(&workload->filesystems);
	words_free(&workload->benches);
}
