// SPDX-License-Identifier: GPL-2.0-only
#include "cli/gate/full.h"

#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "cli/gate/outcome.h"
#include "cli/gate/pairs.h"
#include "cli/gate/result.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/file/fs.h"
#include "lib/run/run.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const module_files[] = {"dm-mod.ko", "dm-log-writes.ko", "nd_pmem.ko"};

struct session {
	const struct gate_full *full;
	struct kernel kernel;
	const char *prefix;
	char *modules;	   /* the directory of emu/modules.sh; NULL: not needed yet */
	char *other_build; /* another build of daxdm; NULL: not needed yet */
};

/* ---- what runs are made of ------------------------------------------------------------------ */

static const char *modules_dir(struct session *s)
{
	struct words command = {0};
	char *output;
	int status;

	if (s->modules)
		return s->modules;
	output = workspace_path("modules");
	phase_begin("modules");
	command_add(&command, place("emu/modules.sh"), s->kernel.dir, NULL);
	status = process_run(&command, output, NULL);
	if (status)
		process_exit(status);
	s->modules = workspace_last_line(output);
	if (!s->modules)
		process_quit(STATUS_BROKEN, "emu/modules.sh printed no directory");
	phase_end("%s", s->modules);
	free(output);
	return s->modules;
}

static const char *other_build(struct session *s)
{
	static const char path[] = "build/other/daxdm";
	struct words command = {0};
	char *log;

	if (s->other_build)
		return s->other_build;
	log = workspace_path("other-build.log");
	phase_begin("build");
	command_add(&command, "make", "-j2", path, NULL);
	if (process_run(&command, log, "&1"))
		process_quit(STATUS_BROKEN, "make %s failed: %s", path, workspace_last_line(log));
	s->other_build = process_text("%s", path);
	phase_end("%s", path);
	free(log);
	return s->other_build;
}

/* ---- measuring ------------------------------------------------------------------------------ */

/* An option for each word of a text. */
static void add_each(struct words *command, const char *option, const char *text)
{
	for (const char *at = text; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		char *word = process_text("%.*s", (int)len, at);

		command_add(command, option, word, NULL);
		free(word);
		at += len;
	}
}

static void add_workload(const struct session *s, const struct gate_run *run, struct words *command)
{
	const struct workload *whole = &s->full->asked.whole;

	if (run->stacks)
		add_each(command, "--stack", run->stacks);
	for (size_t i = 0; i < whole->stacks.n && !run->stacks; i++)
		command_add(command, "--stack",
			    whole->stacks.list[run->reversed ? whole->stacks.n - 1 - i : i], NULL);
	if (run->benches)
		add_each(command, "--bench", run->benches);
	else
		command_add_each(command, "--bench", &whole->benches);
	if (run->filesystems)
		add_each(command, "--fs", run->filesystems);
	else
		command_add_each(command, "--fs", &s->full->asked.whole.filesystems);
}

static char *name_of(const struct session *s, const struct gate_run *run)
{
	return process_text("%s-%s", s->prefix, run->name);
}

/* The build of daxdm that measured the complete run, to be freed; NULL: there is no run of that
 * name.  One that was interrupted is removed. */
static char *find_measured(const struct session *s, const char *name)
{
	char *dir = process_text("results/%s", name), *file = process_text("%s/run.jsonl", dir);
	char *build = NULL, why[512];
	struct run run = {0};

	if (access(file, F_OK)) {
		if (rmdir(dir) && errno != ENOENT)
			process_quit(STATUS_USAGE,
				     "%s is there already and holds no run; choose another --name",
				     dir);
	} else if (run_read(dir, &run, why, sizeof(why)) || !run_is_complete(&run)) {
		msg_note("%s is incomplete: measured anew", dir);
		fs_remove_tree(dir);
	} else if (strcmp(run.context.package, s->kernel.package)) {
		process_quit(STATUS_USAGE, "%s is of %s, not of %s; choose another --name", dir,
			     run.context.package, s->kernel.package);
	} else {
		build = process_text("%s", run.context.build);
	}
	run_free(&run);
	free(file);
	free(dir);
	return build;
}

/* Measures the run, unless it is there.  Returns what find_measured() does. */
static char *measure(struct session *s, const struct gate_run *run)
{
	char *name = name_of(s, run), *log = workspace_path(run->name), *seed, *build;
	struct words command = {0};
	int status;

	build = find_measured(s, name);
	if (build) {
		phase_begin("measure");
		phase_end("results/%s is complete: used again", name);
		free(name);
		free(log);
		return build;
	}
	seed = process_text("%u", run->seed ? run->seed : 1);
	command_add(&command, "env", NULL);
	if (run->other_build) {
		char *set = process_text("DAXDM_GUEST_PROGRAM=%s", other_build(s));

		command_add(&command, set, NULL);
		free(set);
	}
	if (run->longer)
		command_add(&command, "DAXDM_GUEST_PADDING_MIB=3", NULL);
	command_add(&command, place("build/daxdm"), "bench", "--kernel",
		    s->full->target.kernels.list[0], "--name", name, "--seed", seed, NULL);
	for (size_t i = 0; run->modules && i < sizeof(module_files) / sizeof(*module_files); i++) {
		char *file =
			process_text("%s/%s/%s", modules_dir(s), run->modules, module_files[i]);

		command_add(&command, "--module", file, NULL);
		free(file);
	}
	add_workload(s, run, &command);
	phase_begin("measure");
	status = process_run(&command, log, "&1");
	if (status != STATUS_GOOD && status != STATUS_FAILED) {
		char *why = workspace_last_error(log);

		process_quit(STATUS_BROKEN, "%s could not be measured: %s", name,
			     why ? why : "no reason was printed");
	}
	phase_end("results/%s", name);
	build = find_measured(s, name);
	if (!build)
		process_quit(STATUS_BROKEN, "results/%s is incomplete", name);
	free(seed);
	free(name);
	free(log);
	return build;
}

/* ---- comparing ------------------------------------------------------------------------------ */

static void compare(struct session *s, const struct gate_pair *pair, struct gate_outcome *out)
{
	char *base = name_of(s, gate_run_find(pair->base));
	char *new = name_of(s, gate_run_find(pair->new));
	char *json = workspace_path("compare.json"), *log = workspace_path("compare.log");
	char *states = process_text("%lld", (long long)s->full->states), why[256];
	struct words command = {0};
	int status;

	command_add(&command, place("build/daxdm"), "compare", "--json", json, NULL);
	if (s->full->states > 1 && !pair->stacks)
		command_add(&command, "--states", states, NULL);
	if (pair->stacks)
		command_add(&command, "--stacks", pair->stacks, NULL);
	command_add(&command, base, new, NULL);
	unlink(json);
	phase_begin("compare");
	status = process_run(&command, log, "&1");
	if (status != STATUS_GOOD && status != STATUS_FAILED) {
		char *error = workspace_last_error(log);

		process_quit(STATUS_BROKEN, "%s and %s could not be compared: %s", base, new,
			     error ? error : "no reason was printed");
	}
	if (gate_outcome_read(pair, json, out, why, sizeof(why)) < 0)
		process_quit(STATUS_BROKEN, "%s and %s: %s", base, new, why);
	if (gate_is_planted(pair))
		phase_end("%s: %zu of %zu found", pair->name, out->found,
			  json_array_size(out->costs));
	else
		phase_end("%s: %zu false verdicts of %zu metrics", pair->name,
			  json_array_size(out->false_verdicts), out->metrics);
	free(states);
	free(log);
	free(json);
	free(new);
	free(base);
}

static bool is_asked_for(const struct gate_full *full, const struct gate_pair *pair)
{
	for (size_t i = 0; i < full->only.n; i++)
		if (!fnmatch(full->only.list[i], pair->name, 0))
			return true;
	return !full->only.n;
}

static void one_pair(struct session *s, const struct gate_pair *pair, json_t *result)
{
	const struct gate_run *base = gate_run_find(pair->base), *new = gate_run_find(pair->new);
	char *names[] = {name_of(s, base), name_of(s, new)};
	char *builds[] = {measure(s, base), base == new ? NULL : measure(s, new)};
	const struct gate_measured measured[] = {{names[0], builds[0]},
						 {names[1], builds[base == new ? 0 : 1]}};
	struct gate_outcome outcome;

	compare(s, pair, &outcome);
	gate_result_add(result, pair, &outcome, &measured[0], &measured[1]);
	gate_outcome_free(&outcome);
	for (int i = 0; i < 2; i++) {
		free(names[i]);
		free(builds[i]);
	}
}

/* ---- the result ----------------------------------------------------------------------------- */

/* Hours before they are written. */
static void vet_files(const struct gate_full *full)
{
	FILE *markdown = full->markdown ? fopen(full->markdown, "ae") : NULL;
	char why[512];

	if (full->markdown && !markdown)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", full->markdown, strerror(errno));
	if (markdown)
		fclose(markdown);
	if (full->json && gate_result_vet_file(full->json, why, sizeof(why)) < 0)
		process_quit(STATUS_USAGE, "%s", why);
}

static void write_files(const struct gate_full *full, const json_t *result)
{
	FILE *markdown = full->markdown ? fopen(full->markdown, "ae") : NULL;
	char why[512];

	/* A heading comes after an empty line. */
	if (markdown && !fseek(markdown, 0, SEEK_END) && ftell(markdown) > 0)
		fputc('\n', markdown);
	if (markdown)
		gate_result_print(result, markdown);
	if (full->markdown && (!markdown || fclose(markdown)))
		process_quit(STATUS_BROKEN, "cannot write %s: %s", full->markdown, strerror(errno));
	if (full->json && gate_result_append(result, full->json, why, sizeof(why)) < 0)
		process_quit(STATUS_BROKEN, "%s", why);
}

static json_t *begin_result(const struct session *s)
{
	const struct gate_full *full = s->full;
	json_t *result = gate_result_new(&(struct gate_subject){
		.release = s->kernel.release,
		.package = s->kernel.package,
		.workload = full->asked.workload,
		.whole = &full->asked.whole,
		.filesystems = &full->asked.whole.filesystems,
		.states = full->states,
	});

	if (!result)
		process_quit(STATUS_BROKEN, "out of memory");
	return result;
}

int gate_full(struct gate_full *full)
{
	struct session s = {.full = full};
	char *release, *stamp;
	json_t *result;
	int status;

	vet_files(full);
	s.kernel = target_find(&full->target, full->target.kernels.list[0]);
	release = target_short_release(s.kernel.release);
	stamp = workspace_timestamp();
	s.prefix =
		full->target.name ? full->target.name : process_text("gate-%s-%s", release, stamp);
	result = begin_result(&s);
	for (const struct gate_pair *pair = gate_pairs; pair->name; pair++)
		if (is_asked_for(full, pair))
			one_pair(&s, pair, result);
		else
			gate_result_leave_out(result, pair);
	if (!gate_result_pairs(result))
		process_quit(STATUS_USAGE, "gate-selftest: --pair: no pair has such a name");
	write_files(full, result);
	gate_result_print(result, stdout);
	status = gate_result_fails(result) ? STATUS_FAILED : STATUS_GOOD;
	json_decref(result);
	free(release);
	free(stamp);
	return status;
}
