// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/commit.h"

#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *commit_package(const struct commit_build *c, const char *commit)
{
	char *path = workspace_path("digest"), *digest, *package;
	struct words command = {0};
	int status;

	command_add(&command, "git", "hash-object", "--no-filters", "--", c->config, NULL);
	status = process_run(&command, path, NULL);
	if (status)
		process_exit(STATUS_BROKEN);
	digest = workspace_first_line(path);
	package = process_text("file commit %s config %.12s", commit, digest);
	free(digest);
	free(path);
	return package;
}

/* The script runs in a directory of its own. */
static char *absolute(const char *path)
{
	char *whole = realpath(path, NULL);

	if (!whole)
		process_quit(STATUS_BROKEN, "%s: %s", path, strerror(errno));
	return whole;
}

/* The files of the commit are in the workspace: whatever ends this process, they are removed. */
struct kernel commit_kernel(const struct commit_build *c, const char *commit, const char *package)
{
	char *tree = workspace_path("tree"), *compilers, *whole, *config = absolute(c->config);
	struct words command = {0};
	struct kernel kernel;

	phase_begin("build");
	workspace_make_dir(tree);
	whole = absolute(tree);
	compilers = process_text("%lld", (long long)c->compilers);
	command_add(&command, place("emu/commit.sh"), c->git_dir, commit, config, whole, compilers,
		    package + strlen("file "), NULL);
	kernel = target_make_kernel(&command, commit);
	fs_remove_tree(tree);
	phase_end("%s", kernel.release);
	free(tree);
	free(compilers);
	free(whole);
	free(config);
	return kernel;
}
