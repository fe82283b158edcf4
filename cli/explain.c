// SPDX-License-Identifier: GPL-2.0-only
/* daxdm explain: which functions make the difference between two medians. */
#include "cli/driver/command.h"
#include "cli/driver/measure.h"
#include "cli/driver/metric.h"
#include "cli/driver/page_file.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/run_kernel.h"
#include "cli/driver/workspace.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/terminal.h"
#include "report/explain/explanation.h"
#include "report/plots/plotdata.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 30 };

struct explain_options {
	const char *metric[N_SIDES];
	size_t n_metrics;
	const char *output, *plot_data;
	bool json, all;
	struct target target;
	struct words base_modules; /* in place of BASE's own; target.replaced: of NEW's */
	struct words trees;	   /* kernels to explain, as operands are */
	struct measurement m;
};

/* --- options --------------------------------------------------------------------------------- */

static int set_metric(void *opts, const char *value)
{
	struct explain_options *o = opts;

	if (o->n_metrics == N_SIDES) {
		msg_error("explain: expected at most two --metric: of BASE and of NEW");
		return -EINVAL;
	}
	o->metric[o->n_metrics++] = value;
	return 0;
}

static const struct option_spec options[] = {
	OPTION("metric", OPTION_CALL, 0, "ID",
	       "same as for assert, e.g. 'read.warm.pte linear:16'; a second one is that of NEW",
	       .set = set_metric, .repeatable = true),
	OPTION("modules", OPTION_PATH, offsetof(struct explain_options, target.modules), "DIR",
	       "same as for bench"),
	OPTION("module", OPTION_WORDS, offsetof(struct explain_options, target.replaced), "FILE.ko",
	       "put this module into NEW; with one kernel NEW is that kernel with it"),
	OPTION("module-base", OPTION_WORDS, offsetof(struct explain_options, base_modules),
	       "FILE.ko", "put this module into BASE"),
	OPTION("kernel-tree", OPTION_WORDS, offsetof(struct explain_options, trees), "DIR",
	       "a kernel to explain: that of this build tree, with its modules"),
	OPTION("name", OPTION_TEXT, offsetof(struct explain_options, target.name), "RUN",
	       "name of the results (default: explain, kernels, time)"),
	OPTION("seed", OPTION_NUMBER, offsetof(struct explain_options, target.seed), "N",
	       "seed of the emulated host (default 1)", .min = 1, .max = TARGET_SEED_MAX),
	OPTION("all", OPTION_FLAG, offsetof(struct explain_options, all), NULL,
	       "show every function, unchanged ones too"),
	OPTION("json", OPTION_FLAG, offsetof(struct explain_options, json), NULL,
	       "print explain.json instead of the table"),
	TARGET_GUEST_OPTIONS(struct explain_options, target),
	OPTION("fresh", OPTION_FLAG, offsetof(struct explain_options, target.fresh), NULL,
	       "boot, even if there is a snapshot to restore"),
	OPTION("console", OPTION_FLAG, offsetof(struct explain_options, target.console), NULL,
	       "show the console of the emulated host"),
	OPTION("output", OPTION_TEXT, offsetof(struct explain_options, output), "DIR",
	       "runs: write explain.json, explain.txt and stacks for flame graphs to DIR",
	       .internal = true),
	OPTION("plot-data", OPTION_TEXT, offsetof(struct explain_options, plot_data), "DIR",
	       "write the data of the plot to DIR", .internal = true),
	{0},
};

static int write_all(const struct explanation *e, const struct explain_options *o)
{
	json_t *json = explanation_json(e);
	int rc = json ? 0 : -ENOMEM;

	if (!rc && o->plot_data)
		rc = plotdata_write_waterfall(e, o->plot_data);
	if (!rc && o->output)
		rc = explanation_write(e, json, o->output);
	if (!rc && o->json)
		rc = terminal_print_json(json, stdout);
	else if (!rc)
		explanation_print(e, o->all ? 0 : ROWS, stdout);
	if (rc == -ENOMEM)
		memory_check(NULL);
	else if (rc < 0)
		msg_error("explain: cannot write to %s: %s", o->output ? o->output : o->plot_data,
			  strerror(-rc));
	json_decref(json);
	return rc;
}

static int explain(char **dirs, int n, const struct explain_options *o)
{
	struct explanation *e = calloc(1, sizeof(*e));
	int status = STATUS_BROKEN, rc = e ? 0 : -ENOMEM;

	for (int i = 0; i < N_SIDES && !rc; i++) {
		e->side[i].metric = o->metric[i < (int)o->n_metrics ? i : 0];
		rc = explanation_read(&e->side[i], dirs[i < n ? i : 0]);
	}
	if (!rc && !explanation_is_fair(e)) {
		rc = -EINVAL;
		status = STATUS_NOT_COMPARABLE;
	}
	if (!rc)
		rc = explanation_attribute(e);
	if (!rc)
		rc = write_all(e, o);
	if (!rc)
		status = STATUS_GOOD;
	explanation_free(e);
	return status;
}

/* ---- measuring ------------------------------------------------------------------------------- */

/* Refuses what can be refused before anything is installed or booted. */
static void vet(struct explain_options *o)
{
	struct words *kernels = &o->target.kernels;

	if (!o->n_metrics)
		process_quit(STATUS_USAGE,
			     "explain: --metric says what to explain; ./run.sh report "
			     "RUN shows what there is");
	if (kernels->n == 1 && (o->target.replaced.n || o->base_modules.n) && o->n_metrics > 1)
		process_quit(
			STATUS_USAGE,
			"explain: --module replaces a module of NEW, but with two metrics one "
			"kernel "
			"is both BASE and NEW; give one --metric to compare with the unmodified "
			"kernel, or two kernels");
	if (kernels->n == 1 && (o->target.replaced.n || o->base_modules.n))
		command_add(kernels, kernels->list[0], NULL);
	if (kernels->n + o->n_metrics < 3)
		process_quit(
			STATUS_USAGE,
			"explain: one kernel and one metric: there is nothing to compare with; "
			"name another kernel, --metric or --module");
	for (size_t i = 0; i < o->n_metrics; i++) {
		if (!strstr(o->metric[i], ",fs=") || !strncmp(o->metric[i], "tax:", 4))
			process_quit(STATUS_USAGE,
				     "--metric: expected an id such as "
				     "'fault.read.warm.pte{stack=linear:16,fs=ext4}', got '%s'",
				     o->metric[i]);
		measure_plan_metric(&o->m, o->metric[i]);
	}
	measure_vet(&o->m);
	target_vet(&o->target, STATUS_USAGE);
	target_vet_modules("module-base", &o->base_modules);
	target_vet_name(o->target.name, false);
	target_vet_name_is_free(o->target.name);
}

/* The plugin that QEMU loads. */
static char *make_plugin(void)
{
	char *output = workspace_path("plugin"), *plugin;
	struct words command = {0};
	int status;

	phase_begin("plugin");
	command_add(&command, place("emu/plugin.sh"), NULL);
	status = process_run(&command, output, NULL);
	if (status)
		process_exit(status);
	plugin = workspace_last_line(output);
	phase_end("counts instructions by function");
	free(output);
	return plugin;
}

static void choose_name(struct explain_options *o, const struct kernel *kernels, size_t n)
{
	char *from = target_short_release(kernels[0].release);
	char *to = target_short_release(kernels[n - 1].release);
	char *suffix = target_suffix(&o->target.replaced), *stamp = workspace_timestamp(), *base;

	base = n > 1 ? process_text("explain-%s-%s%s-%s", from, to, suffix, stamp)
		     : process_text("explain-%s-%s", from, stamp);
	if (!o->target.name)
		o->target.name = workspace_claim(base);
	free(from);
	free(to);
	free(suffix);
	free(stamp);
	free(base);
}

static void watch(struct explain_options *o, const struct kernel *kernel, const char *dir)
{
	struct guest_files guests;
	char *suffix = target_suffix(&o->target.replaced);
	int status;

	guests = measure_make_guests(&o->m, &o->target, kernel);
	phase_begin("measure");
	status = measure_run(&o->m, &o->target, kernel, &guests, dir);
	if (status)
		process_exit(status);
	phase_end("%s%s, every instruction of the samples counted", kernel->release, suffix);
	target_free_guests(&guests);
	free(suffix);
}

static int draw(const char *data, const char *dir)
{
	struct words command = {0};
	char *output = workspace_path("waterfall.out");
	int status;

	command_add(&command, place("plot/plot.sh"), "--waterfall", data, dir, NULL);
	status = process_run(&command, output, NULL);
	free(output);
	return status;
}

static int explain_kernels(struct explain_options *o)
{
	const struct words replaced = o->target.replaced;
	const size_t n = o->target.kernels.n;
	struct kernel kernels[N_SIDES];
	char *dirs[N_SIDES], *data, *dir;
	int status;

	if (o->json)
		phase_lines = PHASES_STDERR;
	workspace_open();
	workspace_make_dir("results");
	workspace_setup("run", "plot", NULL);
	target_vet_names(&o->target);
	measure_setup_programs(&o->m, false);
	o->m.profile = make_plugin();
	for (size_t i = 0; i < n; i++)
		kernels[i] = target_find(&o->target, o->target.kernels.list[i]);
	choose_name(o, kernels, n);
	dir = process_text("results/%s", o->target.name);
	workspace_make_dir(dir);
	workspace_may_be_empty(dir);
	for (size_t i = 0; i < n; i++) {
		dirs[i] = process_text("%s/%s", dir, i ? "new" : "base");
		o->target.replaced = i ? replaced : o->base_modules;
		watch(o, &kernels[i], dirs[i]);
	}
	data = workspace_path("plot");
	mkdir(data, 0777);
	process_phase = "report";
	o->output = dir;
	o->plot_data = data;
	status = explain(dirs, (int)n, o);
	if (!status)
		status = draw(data, dir);
	if (!status)
		status = explain_page_file(dir, dir, "explain");
	if (!status)
		fprintf(o->json ? stderr : stdout, "results are in %s/\n", dir);
	return status;
}

/* A run says which modules it was measured with. */
static void refuse_modules(const struct explain_options *o)
{
	if (o->base_modules.n || o->target.replaced.n || o->target.modules)
		process_quit(STATUS_USAGE,
			     "explain: --%s is for kernels, which are measured; it has no effect "
			     "on runs",
			     o->base_modules.n	    ? "module-base"
			     : o->target.replaced.n ? "module"
						    : "modules");
}

/* Profiles have been measured: what says how to measure has no effect on them. */
static void refuse_measuring(const struct explain_options *o)
{
	const char *option = o->target.name   ? "name"
			     : o->target.seed ? "seed"
					      : target_option(&o->target);

	if (option)
		process_quit(STATUS_USAGE,
			     "explain: --%s is for kernels, which are measured; it has no effect "
			     "on runs",
			     option);
}

/* Whether the run was measured by explain, with every instruction counted. */
static bool has_profile(const char *dir)
{
	static const char *const files[] = {"profile-ext4.txt", "profile-xfs.txt"};
	bool has = false;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = process_text("%s/%s", dir, files[i]);

		has |= !access(path, R_OK);
		free(path);
	}
	return has;
}

/* An operand that is a run without profile stands for its kernel, with the modules that were
 * replaced in it. */
static void add_kernel_of_run(struct explain_options *o, const char *dir, struct words *modules)
{
	struct run run = {0};
	struct words found;
	const char *why = "";
	char *kernel, text[512];

	if (run_read(dir, &run, text, sizeof(text)) < 0)
		process_quit(STATUS_BROKEN, "explain: %s", text);
	kernel = run_kernel_find(&run, dir, &found, &why);
	if (!kernel)
		process_quit(STATUS_BROKEN,
			     "explain: %s has no profile (profile-ext4.txt, profile-xfs.txt) and "
			     "cannot be measured again: %s; ./run.sh explain KERNEL KERNEL "
			     "--metric '%s' measures kernels",
			     dir, why, o->n_metrics ? o->metric[0] : "ID");
	msg_note("%s has no profile: its kernel is measured, %s", dir, run.context.kernel);
	command_add(&o->target.kernels, kernel, NULL);
	if (found.n)
		*modules = found;
	if (!o->target.seed)
		o->target.seed = json_integer_value(
			json_object_get(json_object_get(run.context.json, "emulator"), "seed"));
	free(kernel);
	run_free(&run);
}

/* Makes kernels of all operands: runs stand for theirs. */
static void add_kernels(struct explain_options *o, int n, char *const words[], char *const dirs[])
{
	for (int i = 0; i < n; i++)
		if (dirs[i])
			add_kernel_of_run(o, dirs[i], i ? &o->target.replaced : &o->base_modules);
		else
			command_add(&o->target.kernels, words[i], NULL);
	/* One run and two metrics: both are of it, with its modules. */
	if (n == 1 && dirs[0] && o->base_modules.n) {
		o->target.replaced = o->base_modules;
		command_add(&o->target.kernels, o->target.kernels.list[0], NULL);
	}
}

/* The operands and the build trees. */
static int find_operands(const struct explain_options *o, int n, char *const operands[],
			 char *words[N_SIDES])
{
	if (n + (int)o->trees.n < 1 || n + (int)o->trees.n > N_SIDES)
		process_quit(STATUS_USAGE,
			     "explain: expected one kernel and two metrics, or two kernels and a "
			     "metric: ./run.sh explain 6.1 6.12 --metric ID");
	for (int i = 0; i < n; i++)
		words[i] = operands[i];
	for (size_t i = 0; i < o->trees.n; i++) {
		char *tree = options_user_path(o->trees.list[i]);

		if (!target_is_path(tree) || access(tree, F_OK))
			process_quit(STATUS_USAGE, "--kernel-tree %s: no such directory", tree);
		words[n++] = tree;
	}
	return n;
}

/* The ids of the metrics; refuses those whose samples are not in a profile. */
static void resolve_metrics(struct explain_options *o)
{
	for (size_t i = 0; i < o->n_metrics; i++) {
		const char *why;

		o->metric[i] = metric_resolve(o->metric[i]);
		why = metric_unexplained(o->metric[i]);
		if (why)
			process_quit(STATUS_USAGE, "explain: %s cannot be explained: %s",
				     o->metric[i], why);
	}
}

static int explain_main(int argc, char **argv)
{
	struct explain_options o = {.m.meter = "insn"};
	int at = options_parse(&verb_explain, &o, argc, argv);
	char *dirs[N_SIDES] = {0}, *words[N_SIDES];
	bool all_profiled = true;
	int n;

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	n = find_operands(&o, argc - at, argv + at, words);
	resolve_metrics(&o);
	for (int i = 0; i < n; i++) {
		dirs[i] = run_dir_find(words[i]);
		if (!dirs[i] && target_is_foreign(words[i]))
			run_dir_unknown("run or kernel", words[i]);
		all_profiled = all_profiled && dirs[i] && has_profile(dirs[i]);
	}
	if (dirs[0] && (n == 1 || dirs[1]) && o.n_metrics + (size_t)n < 3)
		process_quit(STATUS_USAGE, "explain: two runs and --metric, or one run and two of "
					   "them, are needed; ./run.sh help explain");
	if (dirs[0] || (n > 1 && dirs[1]))
		refuse_modules(&o);
	if (all_profiled) {
		refuse_measuring(&o);
		return explain(dirs, n, &o);
	}
	add_kernels(&o, n, words, dirs);
	if (!o.target.seed)
		o.target.seed = 1;
	vet(&o);
	return explain_kernels(&o);
}

const struct verb verb_explain = {
	.name = "explain",
	.args = "BASE [NEW]",
	.why = "which functions make the difference between two medians",
	.examples = {"explain 6.1 6.12 --metric 'fault.read.warm.pte{stack=raw,fs=ext4}'",
		     "explain 6.12 --metric 'fault.read.warm.pte{stack=raw,fs=ext4}' --module "
		     "dm-mod.ko"},
	.options = options,
	.operands = N_SIDES,
	.run = explain_main,
	.no_memory = STATUS_BROKEN,
};
