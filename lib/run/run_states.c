// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/run_states.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Adds DIR/NAME if it is of a state and holds a run. */
static int add_if_state(const char *dir, const char *name, struct words *dirs)
{
	char *path = NULL;
	int rc = 0;

	if (!run_is_state(name, NULL))
		return 0;
	if (asprintf(&path, "%s/%s/run.jsonl", dir, name) < 0)
		return -ENOMEM;
	if (!access(path, F_OK))
		rc = words_add(dirs, path, strlen(path) - strlen("/run.jsonl"));
	free(path);
	return rc;
}

/* Not glob(3), which takes a lack of memory for no match. */
int run_states_find(const char *dir, struct words *dirs)
{
	const size_t from = dirs->n;
	const struct dirent *entry;
	int rc = 0;
	DIR *in = opendir(dir);

	if (!in)
		return errno == ENOMEM ? -ENOMEM : 0;
	while (!rc && (entry = readdir(in)))
		rc = add_if_state(dir, entry->d_name, dirs);
	closedir(in);
	if (dirs->n > from)
		qsort(dirs->list + from, dirs->n - from, sizeof(*dirs->list), by_state);
	return rc;
}
