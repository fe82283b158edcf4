// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm gate-selftest: verifies the comparison of two kernels on two boots of one kernel.
 *
 *   - Two boots of the same kernel compare equal, to the last instruction.
 *   - A known cost is detected, with the right sign and size: one more device-mapper layer
 *     (linear:1/linear:1 against linear:1), and one more level of the b-tree that finds a segment
 *     (1,024 segments against 256).  The expected size is measured inside the kernel by BPF
 *     programs (the benchmark translate), in a run of its own: samples taken after such programs
 *     ran do not repeat exactly.
 *   - Removing that cost is an improvement.
 *
 * Prints TAP, then the smallest change that is detected.
 */
#include "cli/driver/command.h"
#include "cli/driver/measure.h"
#include "cli/driver/parallel.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "cli/gate/full.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"
#include "lib/base/place.h"
#include "report/compare/compare.h"
#include "report/table/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FS "ext4"
/* By how much the cost of a fault and that inside the kernel may differ: they are medians of
 * different samples. */
#define TOLERANCE_INSN 2
#define TOLERANCE_SHARE 0.1

struct planted {
	const char *what, *base, *more;
};

static const struct planted planted[] = {
	{"one more layer", "linear:1", "linear:1/linear:1"},
	{"one more b-tree level", "linear:256", "linear:1024"},
};

#define N_PLANTED (sizeof(planted) / sizeof(planted[0]))

struct gate {
	const char *dir[2];
	const char *inside;
	unsigned int n;
	bool failed;
};

static void ok(struct gate *g, bool good, const char *what)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++g->n, what);
	g->failed |= !good;
}

/* Compares the runs of two directories; one stack in the place of another one, or NULL.  Returns 0,
 * or -errno after one error line; free c in either case. */
static int open_comparison(struct comparison *c, const char *base, const char *new,
			   const char *stack_base, const char *stack_new)
{
	const char *dirs[] = {base, new};
	char why[512];

	*c = (struct comparison){.thresholds.percent = THRESHOLD_PERCENT};
	for (c->n_sides = 0; c->n_sides < 2;) {
		struct side *side = &c->sides[c->n_sides++];

		side->runs = memory_check(calloc(1, sizeof(*side->runs)));
		side->n_runs = 1;
		if (!side->runs ||
		    run_read(dirs[c->n_sides - 1], side->runs, why, sizeof(why)) < 0) {
			msg_error("gate: %s", side->runs ? why : "out of memory");
			return -1;
		}
		if (!run_is_complete(side->runs)) {
			msg_error("gate: %s is incomplete; measure it again", side->runs->path);
			return -1;
		}
	}
	c->stack_base = stack_base ? memory_check(strdup(stack_base)) : NULL;
	c->stack_new = stack_new ? memory_check(strdup(stack_new)) : NULL;
	return comparison_build(c);
}

/* ---- the same kernel twice ----------------------------------------------------------------- */

/* The largest difference between the two boots; -1 if nothing could be compared. */
static int64_t largest(const struct comparison *c)
{
	int64_t most = -1;

	for (size_t i = 0; i < c->n_rows; i++) {
		int64_t by = llabs(c->rows[i].steps[0].metric.difference);

		if (c->rows[i].steps[0].metric.kind > CHANGE_REGRESSED)
			return -1;
		most = by > most ? by : most;
	}
	return most;
}

static int same_twice(struct gate *g, int64_t *noise)
{
	struct comparison c;
	struct counts n;
	char what[160];
	int rc = open_comparison(&c, g->dir[0], g->dir[1], NULL, NULL);

	if (!rc) {
		n = comparison_count(&c, 0);
		*noise = largest(&c);
		snprintf(what, sizeof(what),
			 "the same kernel in two boots: %zu of %zu metrics equal, %zu to the last "
			 "sample",
			 n.kind[CHANGE_EQUAL], c.n_rows, n.same_samples);
		ok(g, c.n_rows && n.kind[CHANGE_EQUAL] == c.n_rows, what);
		ok(g, comparison_status(&c) == STATUS_GOOD,
		   "two boots of the same kernel: no regression");
	}
	comparison_free(&c);
	return rc;
}

/* ---- planted costs ------------------------------------------------------------------------- */

/* The change of one metric of a stack. */
static const struct step *step_of(const struct comparison *c, const char *metric, const char *stack)
{
	const struct row *row;
	char id[256];

	snprintf(id, sizeof(id), "%s{stack=%s,fs=%s}", metric, stack, FS);
	row = comparison_find(c, id);
	return row && row->steps[0].metric.kind <= CHANGE_REGRESSED ? &row->steps[0] : NULL;
}

/* The size of the planted cost inside the kernel.  Returns 0, or -1 after one error line; *found
 * tells whether it was measured. */
static int inside_of(const struct gate *g, const char *base, const char *more, bool *found,
		     int64_t *difference)
{
	struct comparison c;
	int rc = open_comparison(&c, g->inside, g->inside, base, more);
	const struct step *step = rc ? NULL : step_of(&c, "translate.page.random", base);

	*found = step;
	if (step)
		*difference = step->metric.difference;
	comparison_free(&c);
	return rc;
}

static bool agree(int64_t outside, int64_t inside)
{
	return llabs(outside - inside) <=
	       fmax(TOLERANCE_INSN, TOLERANCE_SHARE * fabs((double)inside));
}

static int find_planted(struct gate *g, const struct planted *p, const char *base, const char *more,
			bool added)
{
	const struct step *fault;
	int64_t inside = 0;
	bool found = false;
	struct comparison c;
	char what[256];
	int rc = open_comparison(&c, g->dir[0], g->dir[1], base, more);

	fault = rc ? NULL : step_of(&c, "fault.read.warm.pte", base);
	if (!rc)
		rc = inside_of(g, base, more, &found, &inside);
	if (!rc && (!fault || !found)) {
		snprintf(what, sizeof(what), "%s: it was not measured", p->what);
		ok(g, false, what);
	} else if (!rc) {
		snprintf(what, sizeof(what), "%s %s: %s insn in a warm fault (%+.1f %%), %s",
			 p->what, added ? "is detected" : "is removed",
			 number_signed(fault->metric.difference).s, fault->metric.share,
			 change_word(fault->metric.kind));
		ok(g,
		   added ? fault->metric.kind == CHANGE_REGRESSED &&
				   comparison_status(&c) == STATUS_FAILED
			 : fault->metric.kind == CHANGE_IMPROVED &&
				   comparison_status(&c) == STATUS_GOOD,
		   what);
		snprintf(what, sizeof(what), "%s %s: equal to the cost inside the kernel, %s insn",
			 p->what, added ? "is detected" : "is removed", number_signed(inside).s);
		ok(g, agree(fault->metric.difference, inside), what);
		snprintf(what, sizeof(what), "%s %s: it is DM overhead, %s insn", p->what,
			 added ? "is detected" : "is removed",
			 number_signed(fault->tax.difference).s);
		ok(g, fault->tax.difference == fault->metric.difference, what);
	}
	comparison_free(&c);
	return rc;
}

/* ---- the smallest change ------------------------------------------------------------------- */

/* One more instruction must be reported; prints how many fail by the default threshold. */
static int smallest(struct gate *g, int64_t noise)
{
	const struct judge judge = {.threshold = THRESHOLD_PERCENT};
	struct quantity base = {0}, more = {0};
	const struct row *row;
	struct comparison c;
	int64_t fails;
	int rc = open_comparison(&c, g->dir[0], g->dir[1], NULL, NULL);

	row = rc ? NULL : comparison_find(&c, "fault.read.warm.pte{stack=linear:1,fs=" FS "}");
	if (row && row->cells[0].rec) {
		quantity_add(&base, row->cells[0].metric.median);
		quantity_add(&more, base.median + 1);
		ok(g, change_judge(&base, &more, base.median, &judge).kind == CHANGE_WORSE,
		   "one instruction more is reported as worse");
		fails = (int64_t)ceil(THRESHOLD_PERCENT / 100 * (double)base.median);
		printf("# smallest change that is detected: %s insn (%.2f %% of a warm 4 KiB fault "
		       "of %s insn); two boots differ by %s\n"
		       "# smallest that fails by the default threshold of %.1f %%: %s insn\n",
		       number(noise + 1).s, 100 * (double)(noise + 1) / (double)base.median,
		       number(base.median).s, number(noise).s, THRESHOLD_PERCENT, number(fails).s);
	} else if (!rc) {
		ok(g, false, "a warm fault on linear:1 was measured");
	}
	comparison_free(&c);
	return rc;
}

static int gate(char *const dirs[])
{
	struct gate g = {.dir = {dirs[0], dirs[1]}, .inside = dirs[2]};
	int64_t noise = -1;
	int rc = same_twice(&g, &noise);

	for (size_t i = 0; i < N_PLANTED && !rc; i++) {
		rc = find_planted(&g, &planted[i], planted[i].base, planted[i].more, true);
		if (!rc)
			rc = find_planted(&g, &planted[i], planted[i].more, planted[i].base, false);
	}
	if (!rc)
		rc = smallest(&g, noise);
	if (rc)
		return STATUS_BROKEN;
	printf("1..%u\n", g.n);
	return g.failed ? STATUS_FAILED : STATUS_GOOD;
}

/* ---- measuring ----------------------------------------------------------------------------- */

static void put_job(const struct measurement *m, const struct kernel *kernel, const char *guest,
		    const char *dir, const char *bench, bool fresh, FILE *jobs)
{
	char *log = process_text("%s.log", dir), *cpio = process_text(FS "=%s", guest);
	struct words job = {0};

	command_add(&job, "setpriv", "--pdeathsig", "TERM", place("build/daxdm"), "emulate",
		    "--kernel", kernel->dir, "--guest", cpio, "--meter", "insn", "--seed", "1",
		    "--results", dir, NULL);
	if (fresh)
		command_add(&job, "--fresh", NULL);
	command_add(&job, "--", NULL);
	command_add_all(&job, &m->args);
	command_add(&job, "--bench", bench, NULL);
	parallel_put(&job, log, jobs);
	words_free(&job);
	free(log);
	free(cpio);
}

static void print_tail(const char *log)
{
	struct words command = {0};

	if (access(log, F_OK) < 0)
		return;
	command_add(&command, "tail", "-n", "20", log, NULL);
	process_run(&command, "&2", NULL);
}

/* Measures faults in two boots at a time, the second never from a snapshot, then the cost inside
 * the kernel. */
static void measure(char *dirs[])
{
	static const char *const names[] = {"first", "second", "inside"};
	struct measurement m = {.meter = "insn"};
	struct target target = {.seed = 1};
	struct guest_files guests;
	struct words command = {0};
	char *path = workspace_path("jobs");
	struct kernel kernel;
	FILE *jobs = fopen(path, "we");
	int status;

	if (!jobs)
		process_quit(STATUS_BROKEN, "cannot write %s", path);
	command_add(&m.by_hand.filesystems, FS, NULL);
	command_add(&m.by_hand.stacks, "raw", NULL);
	for (size_t i = 0; i < N_PLANTED; i++)
		command_add(&m.by_hand.stacks, planted[i].base, planted[i].more, NULL);
	measure_vet(&m);
	measure_setup_programs(&m, false);
	kernel = target_find(&target, "debian");
	guests = measure_make_guests(&m, &target, &kernel);
	for (int i = 0; i < 3; i++) {
		dirs[i] = workspace_path(names[i]);
		put_job(&m, &kernel, guests.initramfs.list[0], dirs[i],
			i < 2 ? "fault.read.warm.*" : "translate.page.random", i == 1, jobs);
	}
	fclose(jobs);
	phase_begin("measure");
	parallel_command(&command, path, 2);
	command_add(&command, "--halt", "now,fail=1", NULL);
	process_stop_limit_ms = PARALLEL_STOP_LIMIT_MS;
	status = process_run(&command, "&2", NULL);
	process_stop_limit_ms = PROCESS_STOP_LIMIT_MS;
	for (int i = 0; i < 3 && status; i++) {
		char *log = process_text("%s.log", dirs[i]);

		print_tail(log);
		free(log);
	}
	if (status)
		process_quit(STATUS_BROKEN, "the kernel could not be measured twice");
	phase_end("two boots of %s", kernel.package);
	free(path);
}

/* ---- the verb ------------------------------------------------------------------------------ */

struct gate_options {
	bool is_full;
	struct gate_full full;
};

static const struct option_spec options[] = {
	OPTION("full", OPTION_FLAG, offsetof(struct gate_options, is_full), NULL,
	       "all pairs without a difference and all planted costs, with rebuilt modules; "
	       "takes hours"),
	OPTION("kernel", OPTION_LIST, offsetof(struct gate_options, full.target.kernels), "K",
	       "with --full: a kernel of the archive (default: debian)"),
	OPTION("pair", OPTION_WORDS, offsetof(struct gate_options, full.only), "GLOB",
	       "with --full: only these pairs, e.g. '*seed*'"),
	OPTION("states", OPTION_NUMBER, offsetof(struct gate_options, full.states), "N",
	       "with --full: initial states that a comparison may take (default 8)", .min = 1,
	       .max = CHANGE_STATES_MAX),
	OPTION("name", OPTION_TEXT, offsetof(struct gate_options, full.target.name), "RUN",
	       "with --full: name the runs RUN-...; complete ones are used again, others are "
	       "measured anew"),
	OPTION("markdown", OPTION_PATH, offsetof(struct gate_options, full.markdown), "FILE",
	       "with --full: append the table to this file"),
	OPTION("json", OPTION_PATH, offsetof(struct gate_options, full.json), "FILE",
	       "with --full: add the same as data to the array in this file"),
	OPTION("quick", OPTION_FLAG, offsetof(struct gate_options, full.asked.quick), NULL,
	       "with --full: without a difference compare the quick workload"),
	OPTION("workload", OPTION_PATH, offsetof(struct gate_options, full.asked.workload), "FILE",
	       "with --full: without a difference compare this workload (default: the default "
	       "sweep)"),
	{0},
};

static int run_full(struct gate_options *o, int n_words)
{
	struct gate_full *full = &o->full;

	if (n_words)
		process_quit(STATUS_USAGE,
			     "gate-selftest --full: expected no runs, got %d: it "
			     "measures its own",
			     n_words);
	target_split_kernels(&full->target.kernels);
	if (full->target.kernels.n > 1)
		process_quit(STATUS_USAGE, "gate-selftest --full: expected one --kernel, got %zu",
			     full->target.kernels.n);
	if (full->target.kernels.n && target_is_path(full->target.kernels.list[0]))
		process_quit(STATUS_USAGE,
			     "--kernel %s: the modules of a kernel of the archive are rebuilt; "
			     "its source is not known",
			     full->target.kernels.list[0]);
	target_vet(&full->target, STATUS_USAGE);
	measure_vet(&full->asked);
	if (!full->states)
		full->states = CHANGE_STATES_DEFAULT;
	phase_lines = PHASES_STDERR;
	workspace_open();
	workspace_make_dir("results");
	workspace_setup("run", NULL);
	return gate_full(full);
}

static int gate_main(int argc, char **argv)
{
	static struct gate_options o;
	int at = options_parse(&verb_gate, &o, argc, argv);
	char *dirs[3];

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (o.is_full && place_is_installed())
		verb_needs_sources("gate-selftest --full");
	if (o.is_full)
		return run_full(&o, argc - at);
	if (o.full.target.kernels.n || o.full.only.n || o.full.states || o.full.target.name ||
	    o.full.markdown || o.full.json || o.full.asked.quick || o.full.asked.workload)
		process_quit(STATUS_USAGE, "gate-selftest: its options need --full");
	if (argc - at == 3) {
		for (int i = 0; i < 3; i++)
			dirs[i] = run_dir_find_or_exit(argv[at + i]);
		return gate(dirs);
	}
	if (at < argc)
		process_quit(
			STATUS_USAGE,
			"gate-selftest: takes no words, or three runs: two of one kernel with %s "
			"and %s, %s and %s, and one of translate with the same; got %d",
			planted[0].base, planted[0].more, planted[1].base, planted[1].more,
			argc - at);
	phase_lines = PHASES_STDERR;
	workspace_open();
	workspace_setup("run", NULL);
	measure(dirs);
	return gate(dirs);
}

const struct verb verb_gate = {
	.name = "gate-selftest",
	.args = "[RUNDIR RUNDIR RUNDIR]",
	.why = "whether comparisons can be trusted: identical kernels compare equal, "
	       "a known cost is detected",
	.examples = {"gate-selftest", "gate-selftest --full --kernel 6.1"},
	.options = options,
	.operands = 3,
	.run = gate_main,
	.no_memory = STATUS_BROKEN,
};
