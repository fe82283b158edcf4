// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/confirm.h"

#include "bench/fiojob/fio_job.h"
#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_kernel.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/text_file.h"
#include "lib/run/context.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A side that can be measured again. */
struct remeasured {
	char *dir;
	struct kernel kernel;
	struct target target;
	struct words variables;	 /* with which its guests are made, NAME=VALUE */
	struct workload missing; /* of the state that is measured next */
};

/* ---- how a run was measured ----------------------------------------------------------------- */

static int add_line(void *lines, const char *path, unsigned int number, char *line)
{
	(void)path;
	(void)number;
	command_add(lines, line, NULL);
	return 0;
}

/* Reads the lines of a file of the side's directory; it need not be there. */
static bool read_lines(const struct remeasured *r, const char *name, struct words *lines)
{
	char *path = process_text("%s/%s", r->dir, name);
	bool is = !access(path, R_OK);

	*lines = (struct words){0};
	is = !is || !text_file_read(path, name, add_line, lines);
	free(path);
	return is;
}

/* Whether the program prints that build with its version. */
static bool is_of_build(const char *program, const char *build)
{
	char *output = workspace_path("version"), *line = NULL;
	struct words command = {0};
	bool is;

	command_add(&command, program, "--version", NULL);
	is = !process_run(&command, output, "/dev/null");
	line = is ? workspace_last_line(output) : NULL;
	is = line && strstr(line, build);
	free(line);
	free(output);
	return is;
}

/* Returns NULL, or why the program that measured in the guest cannot do so again. */
static const char *find_program(const struct run *run, struct remeasured *r)
{
	static const char variable[] = "DAXDM_GUEST_PROGRAM=";
	const char *program = NULL;
	json_t *build;
	bool same;

	if (!read_lines(r, MEASURE_VARIABLES, &r->variables))
		return "its list of variables cannot be read";
	for (size_t i = 0; i < r->variables.n; i++)
		if (!strncmp(r->variables.list[i], variable, strlen(variable)))
			program = r->variables.list[i] + strlen(variable);
	build = context_build_digest();
	same = program ? is_of_build(program, run->context.build)
		       : !strcmp(run->context.build, json_string_value(build));
	json_decref(build);
	return same ? NULL : "it was measured by another build of daxdm";
}

/* The kernel of that package which was fetched or copied. */
static bool find_kernel(const char *package, struct kernel *kernel)
{
	glob_t found = {0};
	bool is = false;

	if (!glob(place_pattern("build/kernels/*/package"), 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc && !is; i++) {
			char *has = workspace_first_line(found.gl_pathv[i]), *path;

			is = !strcmp(has, package);
			if (!is) {
				free(has);
				continue;
			}
			kernel->package = has;
			*strrchr(found.gl_pathv[i], '/') = '\0';
			kernel->dir = process_text("%s", found.gl_pathv[i]);
			path = process_text("%s/release", kernel->dir);
			kernel->release = workspace_first_line(path);
			free(path);
		}
	globfree(&found);
	return is;
}

/* Returns NULL, or why the side cannot be measured again. */
static const char *find_side(const struct side *side, const struct target *target,
			     struct remeasured *r)
{
	const struct run *run = &side->runs[0];
	const json_t *emulator = json_object_get(run->context.json, "emulator");
	const char *why;

	r->target = *target;
	r->dir = process_text("%.*s", (int)strcspn(side->name, ","), side->name);
	r->target.seed = json_integer_value(json_object_get(emulator, "seed"));
	r->target.namespace = json_string_value(json_object_get(emulator, "namespace"));
	r->target.append = json_string_value(json_object_get(emulator, "append"));
	if (!emulator)
		return "it was measured on a host";
	why = find_program(run, r);
	if (why)
		return why;
	if (!strncmp(r->dir, place("results/published/"), strlen(place("results/published/"))))
		return "it is published and never changed (--anew measures a run of its own)";
	if (access(r->dir, W_OK))
		return "its directory cannot be written to";
	if (!find_kernel(run->context.package, &r->kernel))
		return "its kernel is not in build/kernels";
	if (fio_job_again(json_object_get(run->context.json, "fio")) < 0)
		return "its fio job cannot be read";
	return run_kernel_modules(run, r->dir, &r->target.replaced);
}

/* ---- what is to be measured again ----------------------------------------------------------- */

static void add_word(struct words *words, const char *word)
{
	if (words_add_new(words, word, strlen(word)) < 0)
		process_quit(STATUS_BROKEN, "out of memory");
}

/* Adds a row; what fell back to 4 KiB pages was asked for with 2 MiB. */
static void add_row(struct workload *w, const struct run_record *rec, bool with_raw)
{
	size_t stem;
	bool fallback = run_page_of(rec->variant, &stem) == RUN_PAGE_FALLBACK;
	char *bench = fallback ? process_text("%s.%.*s.pmd", rec->bench, (int)stem, rec->variant)
			       : process_text("%s.%s", rec->bench, rec->variant);

	if (with_raw)
		add_word(&w->stacks, "raw");
	add_word(&w->stacks, rec->stack);
	add_word(&w->benches, bench);
	/* A benchmark that needs no filesystem names none: every guest measures it. */
	if (*rec->fs)
		add_word(&w->filesystems, rec->fs);
	if (workload_add_cell(w, rec->stack, rec->fs, bench) < 0 ||
	    (with_raw && workload_add_cell(w, "raw", rec->fs, bench) < 0))
		process_quit(STATUS_BROKEN, "out of memory");
	free(bench);
}

/* Adds what the row's step needs of state STATE to be decided and a side has not measured.  Returns
 * whether the step is undecided. */
static bool add_missing_of_step(const struct row *row, size_t s, unsigned int state,
				struct remeasured *sides)
{
	const struct step *step = &row->steps[s];
	bool tax = compare_is_undecided(step, true);

	if (!tax && !compare_is_undecided(step, false))
		return false;
	for (size_t side = s; side <= s + 1; side++) {
		const struct cell *cell = &row->cells[side];
		uint64_t has = tax ? cell->states & cell->tax_states : cell->states;

		if (!(has >> state & 1))
			add_row(&sides[side].missing, cell->rec, tax);
	}
	return true;
}

/* The same of all rows and steps.  Returns the number of undecided rows. */
static size_t add_missing(const struct comparison *c, unsigned int state, struct remeasured *sides)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		bool undecided = false;

		for (size_t s = 0; s < c->n_steps; s++)
			undecided |= add_missing_of_step(&c->rows[i], s, state, sides);
		n += undecided;
	}
	return n;
}

/* Whether that many states can confirm what is undecided of a step. */
static bool can_be_confirmed(const struct comparison *c, unsigned int states)
{
	for (size_t s = 0; s < c->n_steps; s++) {
		size_t k = 0, undecided = 0, m = comparison_count(c, s).flagged;
		unsigned int needed;

		for (size_t i = 0; i < c->n_rows; i++) {
			const struct step *step = &c->rows[i].steps[s];
			const struct change *all[] = {&step->metric, &step->tax, &step->mean,
						      &step->slow};

			for (size_t q = 0; q < sizeof(all) / sizeof(all[0]); q++) {
				undecided += change_is_undecided(all[q]);
				k += all[q]->confirmed || change_is_undecided(all[q]);
			}
		}
		needed = change_states_needed(k, m);
		if (undecided && needed && needed <= states)
			return true;
	}
	return false;
}

/* ---- rounds --------------------------------------------------------------------------------- */

/* Sets the variables of the side for the programs that make its guests, or removes them. */
static void set_variables(const struct remeasured *r, bool set)
{
	for (size_t i = 0; i < r->variables.n; i++) {
		char *name = process_text("%s", r->variables.list[i]);
		char *value = strchr(name, '=');

		if (value)
			*value++ = '\0';
		if (value && set)
			setenv(name, value, 1);
		else
			unsetenv(name);
		free(name);
	}
}

/* Measures what is missing of the side in that state.  Returns its directory; NULL: nothing was
 * measured. */
static char *measure_state(struct remeasured *r, const struct measurement *asked,
			   unsigned int state)
{
	struct measurement m = {.workload = asked->workload,
				.by_hand = r->missing,
				.meter = "insn",
				.tracer = asked->tracer,
				.state = state,
				.quiet = true};
	char *stamp = workspace_timestamp();
	char *dir = process_text("%s/state-%u-%s", r->dir, state, stamp);
	struct guest_files guests;
	int status;

	measure_vet(&m);
	measure_setup_programs(&m, false);
	set_variables(r, true);
	guests = measure_make_guests(&m, &r->target, &r->kernel);
	status = measure_run(&m, &r->target, &r->kernel, &guests, dir);
	set_variables(r, false);
	if (status != STATUS_GOOD && status != STATUS_FAILED && status != STATUS_SKIPPED)
		process_exit(status);
	target_free_guests(&guests);
	free(stamp);
	if (status != STATUS_SKIPPED)
		return dir;
	free(dir);
	return NULL;
}

/* Adds the run in DIR to the side, unless it is of another kernel: its module was rebuilt since. */
static int add_state(struct side *side, const char *dir)
{
	const struct run *run;
	char *file;

	if (compare_add_run(side, dir) < 0)
		return -EINVAL;
	run = &side->runs[side->n_runs - 1];
	if (!strcmp(run->context.kernel, side->runs[0].context.kernel))
		return 0;
	msg_error("compare: %s was measured with %s, and now there is %s; measure both again",
		  side->runs[0].path, side->runs[0].context.kernel, run->context.kernel);
	file = process_text("%s/run.jsonl", dir);
	unlink(file);
	free(file);
	return -EINVAL;
}

/* Measures one state of all sides and judges again. */
static int one_round(struct comparison *c, struct remeasured *sides,
		     const struct measurement *asked, unsigned int state)
{
	int rc = 0;

	for (size_t s = 0; s < c->n_sides && !rc; s++) {
		char *dir;

		if (workload_restore_tables(&sides[s].missing.stacks,
					    c->sides[s].runs[0].context.json) < 0)
			process_quit(STATUS_BROKEN, "out of memory");
		dir = sides[s].missing.benches.n ? measure_state(&sides[s], asked, state) : NULL;

		if (dir)
			rc = add_state(&c->sides[s], dir);
		free(dir);
	}
	if (rc)
		return rc;
	comparison_free_rows(c);
	rc = comparison_build(c);
	if (rc < 0)
		msg_error("compare: out of memory");
	return rc;
}

static bool find_sides(const struct comparison *c, const struct target *target,
		       struct remeasured *sides)
{
	for (size_t s = 0; s < c->n_sides; s++) {
		const char *why = find_side(&c->sides[s], target, &sides[s]);

		if (!why)
			continue;
		msg_note("differences are not confirmed in further initial states: %s cannot be "
			 "measured again: %s",
			 sides[s].dir, why);
		return false;
	}
	return true;
}

/* Whether any side has to be measured again. */
static bool is_any_missing(const struct remeasured *sides, size_t n)
{
	for (size_t s = 0; s < n; s++)
		if (sides[s].missing.benches.n)
			return true;
	return false;
}

int confirm_differences(struct comparison *c, const struct measurement *asked,
			const struct target *target, unsigned int states)
{
	struct remeasured sides[SIDES_MAX] = {0};
	bool found = false;
	int rc = 0;

	for (unsigned int state = 2; state <= states && !rc; state++) {
		size_t n;

		for (size_t s = 0; s < c->n_sides; s++)
			sides[s].missing = (struct workload){0};
		n = add_missing(c, state, sides);
		if (!n || (state > 2 && !can_be_confirmed(c, states)))
			break;
		if (!is_any_missing(sides, c->n_sides))
			continue;
		if (!found && !find_sides(c, target, sides))
			return CONFIRM_IMPOSSIBLE;
		found = true;
		msg_note("state %u of up to %u: %zu metric%s beyond the threshold to be confirmed",
			 state, states, n, n == 1 ? "" : "s");
		phase_lines = PHASES_NONE;
		rc = one_round(c, sides, asked, state);
		phase_lines = PHASES_STDERR;
	}
	return rc;
}
