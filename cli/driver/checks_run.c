// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/checks_run.h"

#include "check/select.h"
#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/json_field.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/run/context.h"
#include "lib/run/run.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char seed[] = "1";

/* Whether it is a complete run of all quick checks of the package, by the build. */
static bool stands_for(const struct run *run, const struct target *t, const char *package,
		       const char *build)
{
	const json_t *emulator = json_object_get(run->context.json, "emulator");
	struct check_case *cases = NULL;
	size_t n = 0, found = 0;

	if (!run_is_complete(run) || !run->context.checks || run->context.planted ||
	    run->context.seed != atoi(seed) || run->context.rounds > 0 ||
	    strcmp(run->context.package, package) || strcmp(run->context.build, build) ||
	    strcmp(json_field_text(emulator, "namespace"), t->namespace ? t->namespace : "") ||
	    strcmp(json_field_text(emulator, "append"), t->append ? t->append : "") ||
	    json_array_size(json_object_get(run->context.json, "replaced")) ||
	    check_select(NULL, 0, true, false, &cases, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < run->n_checks; j++)
			found += !strcmp(cases[i].id, run->checks[j].id);
	free(cases);
	return found == n && run->n_checks == n;
}

static char *find_run(const struct target *t, const char *package)
{
	json_t *build = context_build_digest();
	char newest_date[64] = "", why[512], *newest = NULL;
	glob_t files = {0};

	if (!glob("results/*-check-*/run.jsonl", 0, NULL, &files))
		for (size_t i = 0; i < files.gl_pathc; i++) {
			struct run run;

			/* What cannot be read stands for nothing. */
			if (!run_read(files.gl_pathv[i], &run, why, sizeof(why)) &&
			    stands_for(&run, t, package, json_string_value(build)) &&
			    strcmp(run.context.date, newest_date) >= 0) {
				snprintf(newest_date, sizeof(newest_date), "%s", run.context.date);
				*strrchr(files.gl_pathv[i], '/') = '\0';
				free(newest);
				newest = process_text("%s", files.gl_pathv[i]);
			}
			run_free(&run);
		}
	globfree(&files);
	json_decref(build);
	return newest;
}

static char *run_now(const struct target *t, const struct kernel *kernel)
{
	char *release = target_short_release(kernel->release);
	char *suffix = target_suffix(&t->replaced), *stamp = workspace_timestamp();
	char *base = process_text("%s%s-check-%s", release, suffix, stamp);
	char *name = workspace_claim(base), *dir = process_text("results/%s", name);
	struct guest_files guests = target_make_check_guests(kernel, t);
	struct words command = {0};
	int status;

	phase_begin("check");
	command_add(&command, place("build/daxdm"), "checks", "--kernel", kernel->dir, "--guest",
		    guests.initramfs.list[0], "--results", dir, "--quick", "--seed", seed, NULL);
	if (guests.modules)
		command_add(&command, "--modules", guests.modules, NULL);
	target_add_guest_options(&command, t);
	if (t->fresh)
		command_add(&command, "--fresh", NULL);
	process_says_it = true;
	status = process_run(&command, "/dev/null", NULL);
	process_says_it = false;
	/* What failed or broke is compared. */
	if (status != STATUS_GOOD && status != STATUS_FAILED && status != STATUS_BROKEN &&
	    status != STATUS_SKIPPED)
		process_exit(status);
	phase_end("%s", dir);
	target_free_guests(&guests);
	free(release);
	free(suffix);
	free(stamp);
	free(base);
	free(name);
	return dir;
}

char *checks_run_of(const struct target *t, const char *word, bool anew)
{
	const struct kernel kernel = target_find(t, word);
	/* What a file holds may have changed since. */
	char *found = anew || *word == '/' || t->replaced.n ? NULL : find_run(t, kernel.package);

	if (!found)
		return run_now(t, &kernel);
	msg_note("%s: %s, its newest run of the quick checks (--anew runs them again)", word,
		 found);
	return found;
}
