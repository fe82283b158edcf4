// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/run_dir.h"

#include "cli/driver/process.h"
#include "cli/driver/user_file.h"
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
	char *name = process_text("%s/run.jsonl", path);
	bool is = !access(name, F_OK);

	free(name);
	return is || user_file_of(path) == USER_FILE_RUN;
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static bool is_directory(const char *path)
{
	return user_file_of(path) == USER_FILE_DIRECTORY;
}

/* The first place where it is; NULL: none.  To be freed. */
static char *find(const char *word, bool (*is)(const char *path))
{
	const char *name = strncmp(word, "results/", 8) ? word : word + 8;
	char *places[N_PLACES] = {process_text("results/%s", name),
				  process_text("%s/%s", place("results/published"),
					       strncmp(name, "published/", 10) ? name : name + 10),
				  options_user_path(word)};
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
		found = find(word, is_directory);
	if (!found)
		run_dir_unknown("run", word);
	return found;
}

/* Ends the process: what was named is there, but is no run. */
static noreturn void refuse(const char *kind, const char *word, const char *path)
{
	enum user_file what = user_file_of(path);
	bool or_kernel = strstr(kind, "kernel");

	if (what == USER_FILE_DIRECTORY || what == USER_FILE_EMPTY_DIRECTORY)
		process_quit(STATUS_USAGE, "%s is %s run%s: it is %s%s", word,
			     or_kernel ? "neither a" : "no",
			     or_kernel ? " nor the build tree of a kernel" : "",
			     user_file_name(what),
			     what == USER_FILE_DIRECTORY ? " without run.jsonl" : "");
	process_quit(STATUS_USAGE,
		     "%s is %s run (its first line is no header of daxdm)%s: it is %s", word,
		     or_kernel ? "neither a" : "no", or_kernel ? " nor a kernel" : "",
		     user_file_name(what));
}

noreturn void run_dir_unknown(const char *kind, const char *word)
{
	const char *const patterns[] = {"results/*", place_pattern("results/published/*")};
	const char *best = NULL;
	char *path = find(word, exists);
	glob_t found;

	if (path)
		refuse(kind, word, path);
	if (strchr(word, '/') && strncmp(word, "results/", 8))
		process_quit(STATUS_USAGE, "%s: no such file; expected a %s", word, kind);
	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++)
		if (!glob(patterns[p], GLOB_ONLYDIR, NULL, &found))
			for (size_t i = 0; i < found.gl_pathc; i++)
				best = nearest_of(word, best, strrchr(found.gl_pathv[i], '/') + 1);
	process_quit(STATUS_USAGE, "unknown %s '%s'%s%s%s; ls results lists them", kind, word,
		     best ? " (did you mean '" : "", best ? best : "", best ? "'?)" : "");
}

char *run_dir_page(const char *dir)
{
	char *run = realpath(dir, NULL), *published = realpath(place("results/published"), NULL);
	size_t len = published ? strlen(published) : 0;
	char *page;

	if (run && published && !strncmp(run, published, len) && run[len] == '/') {
		page = process_text("%s/%s", place("build/report"), run + len + 1);
		workspace_make_dir(page);
	} else {
		page = process_text("%s", dir);
	}
	free(run);
	free(published);
	return page;
}
