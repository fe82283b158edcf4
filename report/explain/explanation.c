// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes the samples of each side that equal the median, and the path that most of them took.  The
 * digest of the samples proves that those of the profile (counted by QEMU) are those of the record
 * (counted by the guest).
 */
#include "report/explain/explanation.h"

#include "lib/base/msg.h"
#include "lib/base/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- one side -------------------------------------------------------------------------------- */

static int find_record(struct explained_side *s, const char *dir)
{
	const struct run *run = &s->run;

	s->record = run_find(run, s->metric);
	if (s->record && !strcmp(s->record->unit, "insn"))
		return 0;
	if (s->record) {
		msg_error("explain: %s in %s is in %s; only insn can be explained", s->metric, dir,
			  s->record->unit);
		return -EINVAL;
	}
	for (size_t i = 0; i < run->n_voids; i++)
		if (!strcmp(run->voids[i].id, s->metric))
			msg_error("explain: %s is void: %s", s->metric, run->voids[i].why);
	for (size_t i = 0; i < run->n_skips; i++)
		if (!strcmp(run->skips[i].id, s->metric))
			msg_error("explain: %s was not measured: %s", s->metric, run->skips[i].why);
	msg_error("explain: %s has no record %s; ids are those of `./run.sh report` and run.jsonl, "
		  "e.g. fault.read.warm.pte{stack=linear:16,fs=ext4}",
		  dir, s->metric);
	return -EINVAL;
}

static int find_path(struct explained_side *s)
{
	const struct run_record *r = s->record;
	int rc = profile_find(&s->profile, (size_t)r->n, r->overhead, r->digest, &s->samples);

	if (rc == -ENOENT) {
		msg_error("explain: the samples of %s are not among the %zu profiled ones; metrics "
			  "that measure inside the kernel, operations that sleep or add up, "
			  "concurrent ones or two page sizes cannot be explained",
			  s->metric, s->profile.n_samples);
		return -EINVAL;
	}
	if (rc < 0) {
		msg_error("explain: out of memory");
		return rc;
	}
	s->path = profile_typical(&s->profile, &s->samples, r->median + r->overhead, &s->n_same,
				  &s->n_cost);
	if (s->path)
		return 0;
	msg_error("explain: no profiled sample of %s costs its median, %s insn; measure it again",
		  s->metric, number(r->median).s);
	return -EINVAL;
}

int explanation_read(struct explained_side *s, const char *dir)
{
	char path[4096], why[512];
	int rc = run_read(dir, &s->run, why, sizeof(why)), type_len;

	if (!rc && !run_is_complete(&s->run)) {
		snprintf(why, sizeof(why), "%s is incomplete; measure it again", dir);
		rc = -EINVAL;
	}
	if (rc < 0)
		goto fail;
	rc = find_record(s, dir);
	if (rc < 0)
		return rc;
	type_len = (int)strcspn(s->record->fs, ":"); /* one file for all filesystems of a type */
	snprintf(path, sizeof(path), "%s/profile-%.*s.txt", dir, type_len, s->record->fs);
	rc = profile_read(path, &s->profile, why, sizeof(why));
	if (rc < 0)
		goto fail;
	snprintf(path, sizeof(path), "%s/symbols-%.*s.jsonl", dir, type_len, s->record->fs);
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

bool explanation_is_fair(const struct explanation *e)
{
	const struct run_context *a = &e->side[BASE].run.context, *b = &e->side[NEW].run.context;

	if (!strcmp(a->qemu, b->qemu) && !strcmp(a->emulated_cpu, b->emulated_cpu) &&
	    !strcmp(a->machine, b->machine) && a->emulated_mem_mib == b->emulated_mem_mib)
		return true;
	msg_error("explain: the emulated hosts differ: QEMU %s, %s and QEMU "
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
		times[p->samples[s->samples.first + i * s->samples.every]]++;
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

int explanation_attribute(struct explanation *e)
{
	const struct run_context *a = &e->side[BASE].run.context, *b = &e->side[NEW].run.context;
	int64_t overhead[N_SIDES], overhead_all[N_SIDES];
	int rc = 0;

	e->one_metric = !strcmp(e->side[BASE].metric, e->side[NEW].metric);
	e->one_kernel = !strcmp(a->kernel, b->kernel);

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

/* Written atomically and last: the file marks a complete explanation. */
static int write_json(const json_t *json, const char *dir)
{
	char temporary[4096], path[4096];
	int rc = 0;

	snprintf(temporary, sizeof(temporary), "%s/.explain.json.%d", dir, (int)getpid());
	snprintf(path, sizeof(path), "%s/explain.json", dir);
	if (json_dump_file(json, temporary, JSON_INDENT(1) | JSON_ENSURE_ASCII) < 0)
		rc = -EIO;
	else if (rename(temporary, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(temporary);
	return rc;
}

/* The whole explanation; the terminal gets a short one. */
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

int explanation_write(const struct explanation *e, const json_t *json, const char *dir)
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

void explanation_free(struct explanation *e)
{
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
}
