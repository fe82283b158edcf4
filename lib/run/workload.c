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

int workload_add_cell(struct workload *workload, const char *stack, const char *fs,
		      const char *pattern)
{
	size_t len = strlen(stack) + strlen(fs) + strlen(pattern) + 3;
	char *cell = malloc(len);
	int rc;

	if (!cell)
		return -ENOMEM;
	snprintf(cell, len, "%s\t%s\t%s", stack, fs, pattern);
	rc = words_add_new(&workload->cells, cell, len - 1);
	free(cell);
	return rc;
}

bool workload_wants_cell(const struct workload *workload, const char *stack, const char *fs,
			 const char *pattern)
{
	char name[STACK_TEXT_NAME_CHARS];

	stack = stack_text_name(stack, name);
	for (size_t i = 0; i < workload->cells.n; i++) {
		const char *its_fs = strchr(workload->cells.list[i], '\t') + 1;
		const char *its_pattern = strchr(its_fs, '\t') + 1;
		size_t stack_len = (size_t)(its_fs - 1 - workload->cells.list[i]);
		size_t fs_len = (size_t)(its_pattern - 1 - its_fs);

		if (strlen(stack) == stack_len &&
		    !strncmp(workload->cells.list[i], stack, stack_len) &&
		    (!fs_len || (strlen(fs) == fs_len && !strncmp(its_fs, fs, fs_len))) &&
		    !strcmp(its_pattern, pattern))
			return true;
	}
	return !workload->cells.n;
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
	words_free(&workload->cells);
}
