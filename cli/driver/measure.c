// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/measure.h"

#include "bench/bench.h"
#include "bench/fiojob/fio_job.h"
#include "bench/need.h"
#include "bench/workload_read.h"
#include "cli/driver/command.h"
#include "cli/driver/metric.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/json_field.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/dev/stack.h"
#include "lib/dev/stack_text.h"
#include "lib/file/fs_spec.h"
#include "lib/run/context.h"
#include "lib/run/run.h"
#include "lib/run/run_states.h"

#include <errno.h>
#include <glob.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program has devices and mounts to remove: lib/run/supervise.c. */
enum { HOST_STOP_LIMIT_MS = 90000 };

/* That a workload fits is verified where the devices are known. */
#define ROOM_ANY_BYTES (1ULL << 60)

/* ---- what to measure ------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_programs(const enum need *needs, struct words *programs)
{
	for (unsigned int i = 0; needs && i < NEED_LIST_MAX && needs[i] != NEED_END; i++) {
		const char *program = need_program(needs[i]);

		if (program && words_add_new(programs, program, strlen(program)) < 0)
			process_quit(STATUS_BROKEN, "out of memory");
	}
}

/* The programs that the benchmarks of the workload run; NULL: all benchmarks. */
static struct words programs_of(const struct workload *workload)
{
	struct words programs = {0};

	for (const struct bench *const *b = bench_table; *b; b++)
		for (const struct variant *v = (*b)->variants; v->name; v++) {
			if (workload && !workload_wants(workload, (*b)->name, v->name))
				continue;
			add_programs((*b)->needs, &programs);
			add_programs(v->needs, &programs);
		}
	return programs;
}

/* A guest has the programs of all benchmarks, so that a benchmark alone starts from the same
 * initial state as in the default sweep. */
static struct words programs_in_guest(void)
{
	return programs_of(NULL);
}

/* Whether a stack needs modules of targets. */
static bool needs_targets(const struct measurement *m)
{
	for (size_t i = 0; i < m->whole.stacks.n; i++) {
		struct stack_spec spec;
		char why[320];

		if (!stack_parse(m->whole.stacks.list[i], &spec, why, sizeof(why)) &&
		    stack_needs_targets(&spec))
			return true;
	}
	return false;
}

static void choose_file(struct measurement *m)
{
	struct stat st;

	if (m->quick + m->full + !!m->workload > 1)
		process_quit(STATUS_USAGE, "--quick, --full and --workload exclude each other");
	if (!m->workload)
		m->workload = m->quick || (m->fio && !m->full) ? place("workloads/quick")
			      : m->full			       ? place("workloads/full")
							       : place("workloads/default");
	else if (stat(m->workload, &st) < 0)
		process_quit(STATUS_USAGE, "--workload %s: %s", m->workload,
			     errno == ENOENT ? "no such file" : strerror(errno));
	else if (!S_ISREG(st.st_mode))
		process_quit(STATUS_USAGE, "--workload: expected a regular file, got '%s'",
			     m->workload);
}

void measure_vet_filesystems(struct words *filesystems)
{
	if (workload_check_filesystems(filesystems) < 0)
		process_exit(STATUS_USAGE);
}

/* The types of the filesystems, in order. */
static void find_types(struct measurement *m)
{
	for (size_t i = 0; i < m->whole.filesystems.n; i++) {
		const char *fs = m->whole.filesystems.list[i];

		if (words_add_new(&m->fs_types, fs, fs_spec_type_len(fs)) < 0)
			process_quit(STATUS_BROKEN, "out of memory");
	}
	qsort(m->fs_types.list, m->fs_types.n, sizeof(char *), by_name);
}

/* Reads the fio job, and says what of it is replaced.  Without --bench its sections are measured,
 * and what does the same work. */
static void read_fio(struct measurement *m)
{
	bool again = fio_job_word();
	struct words notes = {0};

	if (fio_job_read(m->fio, &notes) < 0)
		process_exit(STATUS_USAGE);
	for (size_t i = 0; i < notes.n && !again; i++)
		msg_note("%s: %s", m->fio, notes.list[i]);
	words_free(&notes);
	command_add(&m->args, "--fio-text", fio_job_word(), NULL);
	if (m->by_hand.benches.n)
		return;
	command_add(&m->by_hand.benches, "fio", NULL);
	if (fio_job_same_as(&m->by_hand.benches) < 0)
		process_quit(STATUS_BROKEN, "out of memory");
}

void measure_vet(struct measurement *m)
{
	choose_file(m);
	if (workload_expand_stacks(&m->by_hand.stacks, "") < 0)
		process_exit(STATUS_USAGE);
	if (m->fio)
		read_fio(m);
	else if (fio_job_word()) /* that of a run that is measured again */
		command_add(&m->args, "--fio-text", fio_job_word(), NULL);
	command_add(&m->args, "--workload", m->workload, NULL);
	command_add_each(&m->args, "--stack", &m->by_hand.stacks);
	command_add_each(&m->args, "--bench", &m->by_hand.benches);
	command_add_each(&m->args, "--fs", &m->by_hand.filesystems);
	command_add_each(&m->args, "--cell", &m->by_hand.cells);
	if (workload_of_words((int)m->args.n, m->args.list, ROOM_ANY_BYTES, &m->whole) < 0)
		process_exit(STATUS_USAGE);
	find_types(m);
	qsort(m->whole.filesystems.list, m->whole.filesystems.n, sizeof(char *), by_name);
	if (!m->by_hand.filesystems.n)
		command_add_each(&m->args, "--fs", &m->whole.filesystems);
	if (m->tracer)
		command_add(&m->args, "--tracer", m->tracer, NULL);
}

/* The part of a text that an expression in brackets found. */
static char *part(const char *text, const regmatch_t *match)
{
	if (match->rm_so < 0)
		return NULL;
	return process_text("%.*s", (int)(match->rm_eo - match->rm_so), text + match->rm_so);
}

void measure_plan_metric(struct measurement *m, const char *id)
{
	const char *metric = strncmp(id, "tax:", 4) ? id : id + 4;
	char *bench, *stack, *fs, *dot, *comma, why[512];
	struct fs_spec fs_spec;
	regmatch_t match[4];
	regex_t regex;

	if (regcomp(&regex, "^([a-z0-9_]+(\\.[a-z0-9_]+)+)\\{stack=([^{}]+)\\}$", REG_EXTENDED))
		process_quit(STATUS_BROKEN, "out of memory");
	if (regexec(&regex, metric, 4, match, 0))
		process_quit(STATUS_USAGE,
			     "--metric: expected an id such as "
			     "'fault.read.warm.pte{stack=linear:16,fs=ext4}', got '%s'",
			     id);
	regfree(&regex);
	bench = part(metric, &match[1]);
	stack = part(metric, &match[3]);
	/* A benchmark that needs no filesystem names none: any guest will do. */
	comma = strstr(stack, ",fs=");
	fs = process_text("%s", comma ? comma + 4 : "ext4");
	if (comma)
		*comma = '\0';
	/* What fell back to 4 KiB pages was asked for with 2 MiB. */
	dot = strrchr(bench, '.');
	if (!strcmp(dot, ".fallback"))
		strcpy(dot, ".pmd");
	if (fs_spec_parse(fs, &fs_spec, why, sizeof(why)) < 0)
		process_quit(STATUS_USAGE, "--metric %s: %s", id, why);
	if (metric != id)
		command_add(&m->by_hand.stacks, "raw", NULL);
	if (metric == id || strcmp(stack, "raw"))
		command_add(&m->by_hand.stacks, metric_stack_word(stack), NULL);
	command_add(&m->by_hand.benches, bench, NULL);
	command_add(&m->by_hand.filesystems, fs_spec.text, NULL);
	free(bench);
	free(stack);
	free(fs);
}

void measure_setup_programs(const struct measurement *m, bool on_host)
{
	struct words programs = on_host ? programs_of(&m->whole) : programs_in_guest();

	for (size_t i = 0; i < programs.n; i++)
		workspace_setup(programs.list[i], NULL);
	words_free(&programs);
}

/* ---- measuring ------------------------------------------------------------------------------ */

struct guest_files measure_make_guests(const struct measurement *m, const struct target *t,
				       const struct kernel *kernel)
{
	struct guest_files files;
	struct words kinds = {0}, programs = programs_in_guest();

	for (size_t i = 0; i < m->fs_types.n; i++) {
		char *kind = process_text("%s%s", m->fs_types.list[i],
					  needs_targets(m) ? "+targets" : "");

		for (size_t p = 0; p < programs.n; p++) {
			char *longer = process_text("%s+%s", kind, programs.list[p]);

			free(kind);
			kind = longer;
		}
		if (*target_drivers(t)) {
			char *longer = process_text("%s%s", kind, target_drivers(t));

			free(kind);
			kind = longer;
		}
		command_add(&kinds, kind, NULL);
		free(kind);
	}
	files = target_make_guests(kernel, &kinds, &t->replaced);
	words_free(&programs);
	words_free(&kinds);
	return files;
}

int measure_on_this_host(struct words *command, const char *dir)
{
	char *file = process_text("%s/run.jsonl", dir);
	struct stat st;
	int status;

	if (mkdir(dir, 0777) < 0)
		process_quit(STATUS_BROKEN, "cannot make %s: %s", dir, strerror(errno));
	command_add(command, "--output", file, NULL);
	process_stop_limit_ms = HOST_STOP_LIMIT_MS;
	status = process_run(command, NULL, NULL);
	process_stop_limit_ms = PROCESS_STOP_LIMIT_MS;
	if (stat(file, &st) < 0 || !st.st_size) {
		unlink(file);
		rmdir(dir);
	}
	free(file);
	return status;
}

static int run_here(const struct measurement *m, const struct target *t, const char *dir)
{
	struct words command = {0};

	command_add(&command, place("build/daxdm"), "bench-here", NULL);
	command_add_each(&command, "--device", &t->devices);
	if (t->wipe)
		command_add(&command, "--wipe", NULL);
	if (m->reversed)
		command_add(&command, "--reverse", NULL);
	command_add(&command, "--meter", m->meter, m->counters ? "--counters" : NULL, NULL);
	command_add_all(&command, &m->args);
	return measure_on_this_host(&command, dir);
}

/* Writes lines into a file of the run's directory. */
static void note_lines(const char *dir, const char *name, const struct words *lines)
{
	char *path = process_text("%s/%s", dir, name);
	FILE *out = lines->n ? fopen(path, "we") : NULL;

	for (size_t i = 0; out && i < lines->n; i++)
		fprintf(out, "%s\n", lines->list[i]);
	if (out && fclose(out))
		unlink(path);
	free(path);
}

/* What it takes to make the same guests again. */
static void note_guests(const char *dir, const struct words *modules)
{
	static const char *const names[] = {"DAXDM_GUEST_PROGRAM", "DAXDM_GUEST_PADDING_MIB"};
	struct words variables = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		char *line = value ? process_text("%s=%s", names[i], value) : NULL;

		if (line)
			command_add(&variables, line, NULL);
		free(line);
	}
	note_lines(dir, MEASURE_MODULES, modules);
	note_lines(dir, MEASURE_VARIABLES, &variables);
	words_free(&variables);
}

static int run_emulated(const struct measurement *m, const struct target *t,
			const struct kernel *kernel, const struct guest_files *guests,
			const char *dir)
{
	struct words command = {0};
	char *seed = process_text("%lld", (long long)t->seed);
	int status;

	command_add(&command, place("build/daxdm"), "emulate", "--kernel", kernel->dir, NULL);
	for (size_t i = 0; i < guests->initramfs.n; i++) {
		char *guest = process_text("%s=%s", m->fs_types.list[i], guests->initramfs.list[i]);

		command_add(&command, "--guest", guest, NULL);
		free(guest);
	}
	if (guests->modules)
		command_add(&command, "--modules", guests->modules, NULL);
	command_add(&command, "--meter", m->meter, "--results", dir, "--seed", seed, NULL);
	if (m->profile)
		command_add(&command, "--profile", m->profile, NULL);
	if (m->state > 1) {
		char *state = process_text("%u", m->state);

		command_add(&command, "--state", state, NULL);
		free(state);
	}
	target_add_guest_options(&command, t);
	if (t->fresh)
		command_add(&command, "--fresh", NULL);
	if (t->console)
		command_add(&command, "--console", NULL);
	if (m->counters)
		command_add(&command, "--counters", NULL);
	command_add(&command, "--", NULL);
	command_add_all(&command, &m->args);
	free(seed);
	process_says_it = true;
	/* Its table of times is no part of what is to be explained. */
	status = process_run(&command, m->profile || m->quiet ? "/dev/null" : NULL, NULL);
	process_says_it = false;
	note_guests(dir, &t->replaced);
	return status;
}

int measure_run(const struct measurement *m, const struct target *t, const struct kernel *kernel,
		const struct guest_files *guests, const char *dir)
{
	return kernel ? run_emulated(m, t, kernel, guests, dir) : run_here(m, t, dir);
}

/* ---- runs that are there -------------------------------------------------------------------- */

/* Whether both name the same, in whatever order. */
static bool same_words(const json_t *list, const struct words *words)
{
	if (json_array_size(list) != words->n)
		return false;
	for (size_t i = 0; i < words->n; i++) {
		char name[STACK_TEXT_NAME_CHARS];
		bool found = false;

		stack_text_name(words->list[i], name);
		for (size_t k = 0; k < words->n && !found; k++) {
			const char *has = json_string_value(json_array_get(list, k));

			found = has && !strcmp(name, has);
		}
		if (!found)
			return false;
	}
	return true;
}

/* Whether the run has the fio job of this process, or neither has one. */
static bool same_fio(const json_t *context)
{
	const json_t *its = json_object_get(json_object_get(context, "fio"), "text");
	json_t *own = fio_job_json();
	bool same = its ? json_equal(its, json_object_get(own, "text")) : !own;

	json_decref(own);
	return same;
}

static bool same_text(const json_t *object, const char *key, const char *text)
{
	return !strcmp(json_field_text(object, key), text ? text : "");
}

static bool stands_for(const struct run *run, const struct measurement *m, const struct target *t,
		       const char *package, const char *build)
{
	const json_t *context = run->context.json;
	const json_t *emulator = json_object_get(context, "emulator");

	return run_is_complete(run) && !run->context.checks && run->n_records &&
	       !strcmp(run->context.package, package) && !strcmp(run->context.meter, m->meter) &&
	       !strcmp(run->context.build, build) &&
	       json_field_number(emulator, "seed") == t->seed &&
	       same_text(emulator, "namespace", t->namespace) &&
	       same_text(emulator, "append", t->append) &&
	       !json_array_size(json_object_get(context, "replaced")) &&
	       (!m->counters || json_object_get(context, "libperf")) && same_fio(context) &&
	       same_words(json_object_get(context, "stacks"), &m->whole.stacks) &&
	       same_words(json_object_get(context, "fs"), &m->whole.filesystems) &&
	       same_words(json_object_get(context, "metrics"), &m->whole.benches);
}

bool measure_stands_for(const char *dir, const struct measurement *m, const struct target *t,
			const char *package, char date[MEASURE_DATE_CHARS])
{
	json_t *build = context_build_digest();
	char why[512];
	struct run run;
	bool stands = !run_read_brief(dir, &run, why, sizeof(why)) &&
		      stands_for(&run, m, t, package, json_string_value(build));

	snprintf(date, MEASURE_DATE_CHARS, "%s", stands ? run.context.date : "");
	run_free(&run);
	json_decref(build);
	return stands;
}

/* What cannot be read stands for nothing. */
static bool can_be_read(const char *dir)
{
	char why[512];
	struct run run;
	bool can = !run_read(dir, &run, why, sizeof(why));

	run_free(&run);
	return can;
}

const char *measure_newest(const struct measurement *m, const struct target *t, const char *package,
			   const struct words *dirs)
{
	char newest_date[MEASURE_DATE_CHARS] = "", date[MEASURE_DATE_CHARS];
	const char *found = NULL;

	for (size_t i = 0; i < dirs->n; i++)
		if (measure_stands_for(dirs->list[i], m, t, package, date) &&
		    strcmp(date, newest_date) >= 0 && can_be_read(dirs->list[i])) {
			snprintf(newest_date, sizeof(newest_date), "%s", date);
			found = dirs->list[i];
		}
	return found;
}

/* All runs that have the states. */
static void all_runs(int64_t states, struct words *dirs)
{
	static const char *const patterns[] = {"results/*/run.jsonl", "results/*/*/run.jsonl"};
	glob_t found;

	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		if (!glob(patterns[p], 0, NULL, &found))
			for (size_t i = 0; i < found.gl_pathc; i++) {
				*strrchr(found.gl_pathv[i], '/') = '\0';
				/* Further states belong to the run above. */
				if (!run_is_state(found.gl_pathv[i], NULL) &&
				    measure_has_states(found.gl_pathv[i], states))
					command_add(dirs, found.gl_pathv[i], NULL);
			}
		globfree(&found);
	}
}

int measure_further_states(const struct measurement *m, const struct target *t,
			   const struct kernel *kernel, const struct guest_files *guests,
			   const char *dir)
{
	struct measurement again = *m;
	int status = STATUS_GOOD;

	again.quiet = true;
	for (again.state = 2; again.state <= m->states && status == STATUS_GOOD; again.state++) {
		char *state = process_text("%s/state-%u", dir, again.state);

		msg_note("initial state %u of %lld", again.state, (long long)m->states);
		status = measure_run(&again, t, kernel, guests, state);
		free(state);
	}
	return status;
}

bool measure_has_states(const char *dir, int64_t states)
{
	bool has = true;

	for (int64_t n = 2; n <= states && has; n++) {
		char *state = process_text("%s/state-%lld", dir, (long long)n), why[512];
		struct run run;

		has = !run_read_brief(state, &run, why, sizeof(why)) && run_is_complete(&run);
		run_free(&run);
		free(state);
	}
	return has;
}

void measure_into(const struct measurement *m, const struct target *t, const struct kernel *kernel,
		  const char *dir)
{
	struct guest_files guests;
	int status;

	measure_setup_programs(m, false);
	guests = measure_make_guests(m, t, kernel);
	phase_begin("measure");
	status = measure_run(m, t, kernel, &guests, dir);
	if (status == STATUS_GOOD)
		status = measure_further_states(m, t, kernel, &guests, dir);
	if (status == STATUS_SKIPPED)
		process_quit(STATUS_BROKEN,
			     "nothing could be measured; ./run.sh report %s says why",
			     dir + strlen("results/"));
	if (status != STATUS_GOOD && status != STATUS_FAILED)
		process_exit(status);
	phase_end("%s", dir);
	target_free_guests(&guests);
}

char *measure_now(const struct measurement *m, const struct target *t, const struct kernel *kernel,
		  const char *base)
{
	char *name = workspace_claim(base), *dir = process_text("results/%s", name);

	measure_into(m, t, kernel, dir);
	free(name);
	return dir;
}

char *measure_find_run(const struct measurement *m, const struct target *t, const char *package)
{
	struct words dirs = {0};
	const char *found;
	char *dir;

	all_runs(m->states, &dirs);
	found = measure_newest(m, t, package, &dirs);
	dir = found ? process_text("%s", found) : NULL;
	words_free(&dirs);
	return dir;
}

char *measure_run_of(const struct measurement *m, const struct target *t, const char *word,
		     const char *tag, bool anew)
{
	const struct kernel kernel = target_find(t, word);
	char *release, *stamp, *base, *suffix, *dir = NULL;

	/* What a file holds may have changed since. */
	if (!anew && *word != '/' && !t->replaced.n)
		dir = measure_find_run(m, t, kernel.package);
	if (dir) {
		msg_note("%s: %s, its newest run of this workload (--anew measures again)", word,
			 dir);
		return dir;
	}
	release = target_short_release(kernel.release);
	stamp = workspace_timestamp();
	suffix = target_suffix(&t->replaced);
	base = process_text("%s%s-%s-%s", release, suffix, tag, stamp);
	dir = measure_now(m, t, &kernel, base);
	free(release);
	free(stamp);
	free(suffix);
	free(base);
	return dir;
}
