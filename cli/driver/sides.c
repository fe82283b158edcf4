// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/sides.h"

#include "cli/driver/checks_run.h"
#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- operands ------------------------------------------------------------------------------- */

/* "A,B": of all of them; NULL if one of them is no run. */
static char *find_runs(const char *words)
{
	char *copy = process_text("%s", words), *rest = copy, *word, *runs = NULL;

	while ((word = strsep(&rest, ","))) {
		char *run = run_dir_find(word), *longer;

		if (!run) {
			free(runs);
			runs = NULL;
			break;
		}
		longer = runs ? process_text("%s,%s", runs, run) : process_text("%s", run);
		free(runs);
		free(run);
		runs = longer;
	}
	free(copy);
	return runs;
}

static bool looks_like_a_kernel(const char *word)
{
	return !strcmp(word, "debian") || !strcmp(word, "newest") ||
	       (*word >= '0' && *word <= '9') || !strncmp(word, "linux-", 6) ||
	       target_is_path(word);
}

static void refuse_measuring(const struct sides *s, char *const words[])
{
	const struct measurement *m = &s->asked;
	const char *option = m->quick		    ? "quick"
			     : m->full		    ? "full"
			     : m->workload	    ? "workload"
			     : m->fio		    ? "fio"
			     : s->target.modules    ? "modules"
			     : s->target.replaced.n ? "module"
			     : s->base_modules.n    ? "module-base"
			     : s->explain	    ? "explain"
			     : s->no_checks	    ? "no-checks"
			     : s->anew		    ? "anew"
						    : NULL;

	if (option)
		process_quit(STATUS_USAGE,
			     "compare: --%s says how to measure kernels, and %s and %s are runs; "
			     "--stack, --fs and --bench choose what of them is compared",
			     option, words[0], words[1]);
}

/* ---- kernels -------------------------------------------------------------------------------- */

static void open_workspace(void)
{
	phase_lines = PHASES_STDERR; /* stdout is the comparison's */
	workspace_open();
	workspace_make_dir("results");
	workspace_setup("run", NULL);
}

/* Refuses what a comparison with a module or build tree cannot have, and chooses what it
 * measures. */
static void vet_own(struct sides *s)
{
	struct measurement *m = &s->asked;
	bool modules = s->target.replaced.n || s->base_modules.n;

	if (modules && s->n != 2)
		process_quit(STATUS_USAGE,
			     "compare: --module and --module-base go with one or two "
			     "kernels, got %zu",
			     s->n);
	if (modules && s->target.kernels.n != s->n)
		process_quit(STATUS_USAGE, "compare: --module and --module-base replace modules of "
					   "kernels, not of runs");
	s->own = (modules || s->trees.n) && s->n == 2 && s->target.kernels.n == 2;
	if (s->explain && !s->own)
		process_quit(
			STATUS_USAGE,
			"compare: --explain goes with --module, --module-base or --kernel-tree; "
			"./run.sh explain explains one metric of any two kernels");
	target_vet_modules("module-base", &s->base_modules);
	if (s->own && !m->full && !m->workload)
		m->quick = true;
}

/* Measures a kernel, of a comparison of the user's own with the module of that side and the quick
 * checks. */
static char *measure_side(struct sides *s, size_t side, char *kernel)
{
	struct target t = s->target;
	char *run;

	if (s->own && !side)
		t.replaced = s->base_modules;
	run = measure_run_of(&s->asked, &t, kernel, "insn", s->anew);
	if (s->own) {
		s->kernels[side] = kernel;
		if (!s->no_checks)
			s->checks[side] = checks_run_of(&t, kernel, s->anew);
	}
	return run;
}

/* Makes runs of the words that are kernels. */
static void measure_kernels(struct sides *s)
{
	size_t next = 0;

	vet_own(s);
	measure_vet(&s->asked);
	target_vet(&s->target, STATUS_USAGE);
	open_workspace();
	target_vet_names(&s->target);
	for (size_t i = 0; i < s->n; i++)
		if (!s->runs[i])
			s->runs[i] = measure_side(s, i, s->target.kernels.list[next++]);
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* The operands, and the build trees behind them; one kernel with a module is both sides. */
static void add_operands(const struct sides *s, int n, char *const operands[], struct words *words)
{
	for (int i = 0; i < n; i++)
		command_add(words, operands[i], NULL);
	for (size_t i = 0; i < s->trees.n; i++) {
		char *tree = options_user_path(s->trees.list[i]);

		if (!target_is_path(tree) || access(tree, F_OK))
			process_quit(STATUS_USAGE, "--kernel-tree %s: no such directory", tree);
		command_add(words, tree, NULL);
		free(tree);
	}
	if (words->n == 1 && (s->target.replaced.n || s->base_modules.n))
		command_add(words, words->list[0], NULL);
	if (words->n < 2)
		process_quit(STATUS_USAGE,
			     "compare: expected two or more runs or kernels, got %d: "
			     "./run.sh compare BASE NEW",
			     n);
}

void sides_find(struct sides *s, int n, char *const operands[])
{
	struct words words = {0};

	add_operands(s, n, operands, &words);
	s->n = words.n;
	s->runs = calloc(s->n, sizeof(char *));
	if (!s->runs)
		process_quit(STATUS_BROKEN, "out of memory");
	for (size_t i = 0; i < s->n; i++) {
		const char *word = words.list[i];

		s->runs[i] = find_runs(word);
		if (s->runs[i])
			continue;
		if (strchr(word, ',') || !looks_like_a_kernel(word) || target_is_foreign(word))
			run_dir_unknown("run or kernel", word);
		command_add(&s->target.kernels, word, NULL);
	}
	if (s->states > 1 && s->n > COMPARE_COLUMNS_MAX)
		process_quit(
			STATUS_USAGE,
			"compare: --states confirms the differences of up to %d kernels, got %zu",
			COMPARE_COLUMNS_MAX, s->n);
	if (!s->states)
		s->states = s->target.kernels.n && s->n <= COMPARE_COLUMNS_MAX
				    ? CHANGE_STATES_DEFAULT
				    : 1;
	if (s->target.kernels.n) {
		measure_kernels(s);
	} else {
		refuse_measuring(s, words.list);
		if (s->states > 1)
			open_workspace();
	}
	words_free(&words);
}

void sides_free(struct sides *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->runs[i]);
	free(s->runs);
	for (size_t i = 0; i < 2; i++)
		free(s->checks[i]);
}
