// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/run_states.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool run_is_state(const char *path, unsigned int *state)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	unsigned int n;
	int end = 0;

	if (sscanf(name, "state-%9u%n", &n, &end) != 1 || (name[end] && name[end] != '-'))
		return false;
	if (state)
		*state = n;
	return true;
}

static int by_state(const void *pa, const void *pb)
{
	const char *a = *(char *const *)pa, *b = *(char *const *)pb;
	unsigned int na = 0, nb = 0;

	run_is_state(a, &na);
	run_is_state(b, &nb);
	return na != nb ? (na > nb) - (na < nb) : strcmp(a, b);
}

/* The directory's name with the characters of glob(3) escaped. */
static char *pattern_of(const char *dir)
{
	char *pattern = malloc(2 * strlen(dir) + sizeof("/state-*/run.jsonl")), *end = pattern;

	if (!pattern)
		return NULL;
	for (; *dir; *end++ = *dir++)
		if (strchr("*?[\\", *dir))
			*end++ = '\\';
	strcpy(end, "/state-*/run.jsonl");
	return pattern;
}

int run_states_find(const char *dir, struct words *dirs)
{
	char *pattern = pattern_of(dir);
	size_t from = dirs->n;
	glob_t found = {0};
	int rc = pattern ? glob(pattern, 0, NULL, &found) : GLOB_NOSPACE;

	rc = rc == GLOB_NOSPACE ? -ENOMEM : 0;
	for (size_t i = 0; i < found.gl_pathc && !rc; i++) {
		char *path = found.gl_pathv[i];

		*strrchr(path, '/') = '\0';
		if (run_is_state(path, NULL))
			rc = words_add(dirs, path, strlen(path));
	}
	globfree(&found);
	free(pattern);
	if (dirs->n > from)
		qsort(dirs->list + from, dirs->n - from, sizeof(*dirs->list), by_state);
	return rc;
}
