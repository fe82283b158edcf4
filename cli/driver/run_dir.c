// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/run_dir.h"

#include "cli/driver/process.h"
#include "cli/driver/workspace.h"
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_PLACES = 3 };

static bool is_run(const char *path)
{
	char *name = process_text("%s/run.jsonl", path), first = '\0';
	bool is = !access(name, F_OK);
	FILE *file = is ? NULL : fopen(path, "re");

	free(name);
	if (file) {
		is = fscanf(file, " %c", &first) == 1 && first == '{';
		fclose(file);
	}
	return is;
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

/* The first place where it is; NULL: none.  To be freed. */
static char *find(const char *word, bool (*is)(const char *path))
{
	char *places[N_PLACES] = {
		process_text("results/%s", strncmp(word, "results/", 8) ? word : word + 8),
		process_text("results/published/%s", word), options_user_path(word)};
	char *found = NULL;

	for (size_t i = 0; i < N_PLACES; i++) {
		size_t len = strlen(places[i]);

		while (len > 1 && places[i][len - 1] == '/')
			places[i][--len] = '\0';
		if (!found && is(places[i]))
			found = places[i];
		else
			free(places[i]);
	}
	return found;
}

char *run_dir_find(const char *word)
{
	return find(word, is_run);
}

char *run_dir_find_or_exit(const char *word)
{
	char *found = find(word, is_run);

	if (!found)
		found = find(word, exists);
	if (!found)
		run_dir_unknown("run", word);
	return found;
}

noreturn void run_dir_unknown(const char *kind, const char *word)
{
	static const char *const patterns[] = {"results/*", "results/published/*"};
	const char *best = NULL;
	glob_t found;

	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++)
		if (!glob(patterns[p], GLOB_ONLYDIR, NULL, &found))
			for (size_t i = 0; i < found.gl_pathc; i++)
				best = nearest_of(word, best, strrchr(found.gl_pathv[i], '/') + 1);
	process_quit(STATUS_USAGE, "unknown %s '%s'%s%s%s; ls results lists them", kind, word,
		     best ? " (did you mean '" : "", best ? best : "", best ? "'?)" : "");
}

char *run_dir_page(const char *dir)
{
	char *run = realpath(dir, NULL), *published = realpath("results/published", NULL);
	size_t len = published ? strlen(published) : 0;
	char *page;

	if (run && published && !strncmp(run, published, len) && run[len] == '/') {
		page = process_text("build/report/%s", run + len + 1);
		workspace_make_dir(page);
	} else {
		page = process_text("%s", dir);
	}
	free(run);
	free(published);
	return page;
}
