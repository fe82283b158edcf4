// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm explain: which functions make the difference between two medians.
 *
 * Of each side it takes the sample that is the median, and of those that cost as much the path that
 * most of them took.  That the samples of the profile are those of the record is shown by their
 * digest: counted on both sides of the emulated processor, they are the same to the last one.
 */
#include "cli/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/terminal.h"
#include "report/explain/explanation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 30 };

struct explain_options {
	const char *metric[N_SIDES];
	size_t n_metrics;
	const char *output, *plot_data;
	bool json, all;
};

/* --- options --------------------------------------------------------------------------------- */

static int set_metric(void *opts, const char *value)
{
	struct explain_options *o = opts;

	if (o->n_metrics == N_SIDES) {
		msg_error("explain: --metric can be given twice: of the base, and of what is held "
			  "against it");
		return -EINVAL;
	}
	o->metric[o->n_metrics++] = value;
	return 0;
}

static int set_output(void *opts, const char *value)
{
	((struct explain_options *)opts)->output = value;
	return 0;
}

static int set_plot_data(void *opts, const char *value)
{
	((struct explain_options *)opts)->plot_data = value;
	return 0;
}

static int set_json(void *opts, const char *value)
{
	(void)value;
	((struct explain_options *)opts)->json = true;
	return 0;
}

static int set_all(void *opts, const char *value)
{
	(void)value;
	((struct explain_options *)opts)->all = true;
	return 0;
}

static const struct option_spec options[] = {
	{"metric", "ID", "what to explain; a second one is that of NEW", set_metric},
	{"output", "DIR", "where explain.json, explain.txt and stacks for flame graphs go",
	 set_output},
	{"plot-data", "DIR", "where the data of the plot goes", set_plot_data},
	{"json", NULL, "print explain.json instead of the table", set_json},
	{"all", NULL, "print every function, unchanged ones too", set_all},
	{NULL, NULL, NULL, NULL},
};

/* --- one side -------------------------------------------------------------------------------- */

static int find_record(struct explained_side *s, const char *dir)
{
	const struct run *run = &s->run;

	s->record = run_find(run, s->metric);
	if (s->record && !strcmp(s->record->unit, "insn"))
		return 0;
	if (s->record) {
		msg_error("explain: %s in %s is in %s; only instructions can be told apart",
			  s->metric, dir, s->record->unit);
		return -EINVAL;
	}
	for (size_t i = 0; i < run->n_voids; i++)
		if (!strcmp(run->voids[i].id, s->metric))
			msg_error("explain: %s is void: %s", s->metric, run->voids[i].why);
	for (size_t i = 0; i < run->n_skips; i++)
		if (!strcmp(run->skips[i].id, s->metric))
			msg_error("explain: %s was not measured: %s", s->metric, run->skips[i].why);
	msg_error("explain: %s holds no %s; ids are as `./run.sh report` and run.jsonl have them, "
		  "e.g. fault.read.warm.pte{stack=linear:16,fs=ext4}",
		  dir, s->metric);
	return -EINVAL;
}

static int find_path(struct explained_side *s)
{
	const struct run_record *r = s->record;
	int64_t first;

	first = profile_find(&s->profile, (size_t)r->n, r->overhead, r->digest);
	if (first == -ENOENT) {
		msg_error("explain: the samples of %s are not among the %zu that were watched: it "
			  "measures inside the kernel, several operations at once, or has samples "
			  "of two page sizes; none of these can be explained",
			  s->metric, s->profile.n_samples);
		return -EINVAL;
	}
	if (first < 0)
		return (int)first;
	s->first = (size_t)first;
	s->path = profile_typical(&s->profile, (size_t)first, (size_t)r->n, r->median + r->overhead,
				  &s->n_same, &s->n_cost);
	return s->path ? 0 : -EINVAL;
}

static int read_side(struct explained_side *s, const char *dir)
{
	char path[4096], why[512];
	int rc = run_read(dir, &s->run, why, sizeof(why));

	if (!rc && !run_is_complete(&s->run)) {
		snprintf(why, sizeof(why), "%s is incomplete; measure it again", dir);
		rc = -EINVAL;
	}
	if (rc < 0)
		goto fail;
	rc = find_record(s, dir);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/profile-%s.txt", dir, s->record->fs);
	rc = profile_read(path, &s->profile, why, sizeof(why));
	if (rc < 0)
		goto fail;
	snprintf(path, sizeof(path), "%s/symbols-%s.jsonl", dir, s->record->fs);
	rc = symtab_read(path, &s->tab, why, sizeof(why));
	if (rc < 0)
		goto fail;
	return find_path(s);
fail:
	msg_error("explain: %s", why);
	return rc;
}

/* --- both ------------------------------------------------------------------------------------ */

int64_t explanation_difference(const struct explanation *e)
{
	return e->side[NEW].record->median - e->side[BASE].record->median;
}

int64_t explanation_remainder(const struct explanation *e)
{
	return explanation_difference(e) - (e->side[NEW].sum - e->side[BASE].sum);
}

static bool same_emulator(const struct explanation *e)
{
	const struct run_context *a = &e->side[BASE].run.context, *b = &e->side[NEW].run.context;

	if (!strcmp(a->qemu, b->qemu) && !strcmp(a->emulated_cpu, b->emulated_cpu) &&
	    !strcmp(a->machine, b->machine) && a->emulated_mem_mib == b->emulated_mem_mib)
		return true;
	msg_error(
		"explain: the two were measured on different emulated hosts: QEMU %s, %s and QEMU "
		"%s, %s",
		a->qemu, a->machine, b->qemu, b->machine);
	return false;
}

static int add_all(struct explanation *e, enum side side)
{
	struct explained_side *s = &e->side[side];
	const struct profile *p = &s->profile;
	int64_t *times = calloc(p->n_paths + 1, sizeof(*times));
	int rc = times ? 0 : -ENOMEM;

	for (size_t i = 0; i < (size_t)s->record->n && !rc; i++)
		times[p->samples[s->first + i]]++;
	for (size_t i = 0; i < p->n_paths && !rc; i++)
		if (times[i])
			rc = attribution_add_all(&e->by, side, p, &p->paths[i], times[i], &s->tab);
	free(times);
	return rc;
}

double explanation_average(const struct explanation *e, const struct function *f)
{
	return (double)f->all_insns[NEW] / (double)e->side[NEW].record->n -
	       (double)f->all_insns[BASE] / (double)e->side[BASE].record->n;
}

static int attribute(struct explanation *e)
{
	int64_t overhead[N_SIDES], overhead_all[N_SIDES];
	int rc = 0;

	for (int i = 0; i < N_SIDES && !rc; i++) {
		struct explained_side *s = &e->side[i];

		rc = attribution_add(&e->by, (enum side)i, &s->profile, s->path, &s->tab);
		if (!rc)
			rc = add_all(e, (enum side)i);
		overhead[i] = s->record->overhead;
		overhead_all[i] = s->record->overhead * s->record->n;
	}
	if (!rc)
		rc = attribution_add_program(&e->by, overhead, overhead_all);
	if (!rc)
		attribution_sum(&e->by);
	if (!rc)
		rc = attribution_align(&e->by, &e->aligned);
	if (rc < 0) {
		msg_error("explain: out of memory");
		return rc;
	}
	for (int i = 0; i < N_SIDES; i++)
		e->side[i].sum = attribution_total(&e->by, (enum side)i);
	return 0;
}

/* Appears whole or not at all; its being there says that the explanation is complete. */
static int write_json(const json_t *json, const char *dir)
{
	char aside[4096], path[4096];
	int rc = 0;

	snprintf(aside, sizeof(aside), "%s/.explain.json.%d", dir, (int)getpid());
	snprintf(path, sizeof(path), "%s/explain.json", dir);
	if (json_dump_file(json, aside, JSON_INDENT(1) | JSON_ENSURE_ASCII) < 0)
		rc = -EIO;
	else if (rename(aside, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(aside);
	return rc;
}

/* All of it, unlike what is printed. */
static int write_text(const struct explanation *e, const char *path)
{
	FILE *out = fopen(path, "we");
	int bad;

	if (!out)
		return -errno;
	explanation_print(e, 0, out);
	bad = ferror(out);
	return fclose(out) || bad ? -EIO : 0;
}

static int write_files(const struct explanation *e, const json_t *json, const char *dir)
{
	static const char *const names[] = {"folded-base.txt", "folded-new.txt"};
	char path[4096];
	int rc = 0;

	for (int i = 0; i < N_SIDES && !rc; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		rc = explanation_fold(e, (enum side)i, path);
	}
	snprintf(path, sizeof(path), "%s/folded-difference.txt", dir);
	if (!rc)
		rc = explanation_fold_both(e, path);
	snprintf(path, sizeof(path), "%s/explain.txt", dir);
	if (!rc)
		rc = write_text(e, path);
	return rc ? rc : write_json(json, dir);
}

static int write_all(const struct explanation *e, const struct explain_options *o)
{
	json_t *json = explanation_json(e);
	int rc = json ? 0 : -ENOMEM;

	if (!rc && o->plot_data)
		rc = explanation_plot(e, o->plot_data);
	if (!rc && o->output)
		rc = write_files(e, json, o->output);
	if (!rc && o->json)
		rc = print_json(json, stdout);
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
		rc = read_side(&e->side[i], dirs[i < n ? i : 0]);
	}
	if (!rc && !same_emulator(e)) {
		rc = -EINVAL;
		status = STATUS_NOT_COMPARABLE;
	}
	if (!rc) {
		const struct run_context *a = &e->side[BASE].run.context;
		const struct run_context *b = &e->side[NEW].run.context;

		e->one_metric = !strcmp(e->side[BASE].metric, e->side[NEW].metric);
		e->one_kernel = !strcmp(a->kernel, b->kernel);
		rc = attribute(e);
	}
	if (!rc)
		rc = write_all(e, o);
	if (!rc)
		status = STATUS_GOOD;
	for (int i = 0; e && i < N_SIDES; i++) {
		profile_free(&e->side[i].profile);
		symtab_free(&e->side[i].tab);
		run_free(&e->side[i].run);
	}
	if (e) {
		attribution_free(&e->by);
		attribution_free(&e->aligned);
	}
	free(e);
	return status;
}

static int explain_main(int argc, char **argv)
{
	struct explain_options o = {0};
	int at = options_parse(&verb_explain, options, &o, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at < 1 || argc - at > N_SIDES || !o.n_metrics ||
	    (argc - at == 1 && o.n_metrics == 1)) {
		msg_error("explain: two runs and --metric, or one run and two of them, are needed; "
			  "daxdm explain --help");
		return STATUS_USAGE;
	}
	return explain(argv + at, argc - at, &o);
}

const struct verb verb_explain = {
	.name = "explain",
	.args = "BASEDIR [NEWDIR]",
	.why = "which functions make the difference between two medians",
	.run = explain_main,
	.no_memory = STATUS_BROKEN,
};
