// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/metric.h"

#include "bench/bench.h"
#include "bench/workload_read.h"
#include "cli/driver/process.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"
#include "lib/dev/stack_text.h"
#include "lib/file/fs_spec.h"
#include "lib/run/run.h"
#include "report/table/over_states.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char tax_prefix[] = "tax:";

/* Why there is no such record; a run may know. */
static const char *why_not(const struct run *run, const char *id)
{
	for (size_t i = 0; i < run->n_voids; i++)
		if (!strcmp(run->voids[i].id, id))
			return run->voids[i].why;
	for (size_t i = 0; i < run->n_skips; i++)
		if (!strcmp(run->skips[i].id, id))
			return run->skips[i].why;
	return "the run has no such record";
}

static const struct run_record *raw_of(const struct run *run, const struct run_record *rec)
{
	char id[512];

	snprintf(id, sizeof(id), "%s.%s{stack=raw%s%s}", rec->bench, rec->variant,
		 *rec->fs ? ",fs=" : "", rec->fs);
	return run_find(run, id);
}

static int find(const struct run *run, const char *metric, struct metric_value *value, char *why,
		size_t size)
{
	bool tax = !strncmp(metric, tax_prefix, strlen(tax_prefix));
	const char *id = metric + (tax ? strlen(tax_prefix) : 0);
	const struct run_record *rec = run_find(run, id), *raw = rec ? raw_of(run, rec) : NULL;

	if (!run_is_complete(run) || !rec || (tax && !raw)) {
		snprintf(why, size, "%s",
			 !run_is_complete(run) ? "the run is incomplete"
			 : rec		       ? "raw was not measured"
					       : why_not(run, id));
		return -ENOENT;
	}
	value->value = tax ? over_states_difference(rec, raw) : over_states_median(rec);
	value->higher_is_better = !strcmp(rec->better, "higher");
	snprintf(value->unit, sizeof(value->unit), "%s", rec->unit);
	snprintf(value->release, sizeof(value->release), "%s", run->context.release);
	return 0;
}

/* ---- short names ----------------------------------------------------------------------------- */

/* Whether NAME is that variant, or BENCHMARK.VARIANT; what falls back to 4 KiB pages is a variant
 * of its own in runs only. */
static bool is_named(const char *name, const char *bench, const char *variant)
{
	static const char pmd[] = ".pmd", fallback[] = ".fallback";
	size_t len = strlen(bench), stem;

	if (!strncmp(name, bench, len) && name[len] == '.')
		name += len + 1;
	if (!strcmp(name, variant))
		return true;
	stem = strlen(variant) - (strlen(variant) > strlen(pmd) ? strlen(pmd) : 0);
	return !strcmp(variant + stem, pmd) && !strncmp(name, variant, stem) &&
	       !strcmp(name + stem, fallback);
}

/* The benchmark that has the variant; ends the process if there is none, or several. */
static const struct bench *find_bench(const char *word, const char *name)
{
	const struct bench *found = NULL;
	const char *best = NULL;

	for (const struct bench *const *b = bench_table; *b; b++)
		for (const struct variant *v = (*b)->variants; v->name; v++) {
			best = nearest_of(name, best, v->name);
			if (!is_named(name, (*b)->name, v->name))
				continue;
			if (found && found != *b)
				process_quit(STATUS_USAGE,
					     "--metric %s: %s.%s or %s.%s? give one of them", word,
					     found->name, name, (*b)->name, name);
			found = *b;
		}
	if (!found)
		process_quit(STATUS_USAGE,
			     "--metric %s: no benchmark has a variant '%s'%s%s%s; ./run.sh list "
			     "shows them",
			     word, name, best ? " (did you mean '" : "", best ? best : "",
			     best ? "'?)" : "");
	return found;
}

/* The id with the canonical text of its filesystem; what is wrong is left as it is. */
static char *canonical(const char *id)
{
	static const char key[] = ",fs=";
	const char *at = strstr(id, key), *end = id + strlen(id);
	struct fs_spec spec;
	char why[512], *fs, *text;

	if (!at || end[-1] != '}')
		return process_text("%s", id);
	at += strlen(key);
	fs = process_text("%.*s", (int)(end - 1 - at), at);
	text = fs_spec_parse(fs, &spec, why, sizeof(why)) < 0
		       ? process_text("%s", id)
		       : process_text("%.*s%s}", (int)(at - id), id, spec.text);
	free(fs);
	return text;
}

/* ---- stacks from text ------------------------------------------------------------------------ */

/* Those of the metrics of this process, as NAME=TABLES. */
static struct words stack_words;

const char *metric_stack_word(const char *name)
{
	for (size_t i = 0; i < stack_words.n; i++) {
		char has[STACK_TEXT_NAME_CHARS];

		if (!strcmp(stack_text_name(stack_words.list[i], has), name))
			return stack_words.list[i];
	}
	return name;
}

/* Replaces the file or the tables in an id by the name of the stack.  Returns the id; frees the old
 * one. */
static char *name_stack(char *id)
{
	char *stack = strstr(id, "{stack="), *end, name[STACK_TEXT_NAME_CHARS], *named;
	struct words found = {0};

	if (!stack || !stack_text_is(stack += strlen("{stack=")))
		return id;
	end = strstr(stack, ",fs=");
	if (!end)
		end = strrchr(stack, '}');
	if (!end || words_add(&found, stack, (size_t)(end - stack)) < 0)
		return id;
	if (workload_expand_stacks(&found, "--metric: ") < 0)
		process_exit(STATUS_USAGE);
	if (found.n != 1)
		process_quit(STATUS_USAGE,
			     "--metric %s: the text has %zu stacks; append #DEVICE to the file", id,
			     found.n);
	if (words_add_new(&stack_words, found.list[0], strlen(found.list[0])) < 0)
		process_quit(STATUS_BROKEN, "out of memory");
	named = process_text("%.*s%s%s", (int)(stack - id), id,
			     stack_text_name(found.list[0], name), end);
	words_free(&found);
	free(id);
	return named;
}

char *metric_resolve(const char *word)
{
	const char *tax = strncmp(word, tax_prefix, strlen(tax_prefix)) ? "" : tax_prefix;
	char *copy, *rest, *words[3] = {0}, *part, *id, *resolved;
	const struct bench *bench;
	size_t n = 0, len;

	if (strchr(word, '{'))
		return name_stack(canonical(word));
	copy = rest = process_text("%s", word + strlen(tax));
	while (n < 2 && (part = strsep(&rest, " ")))
		if (*part)
			words[n++] = part;
	/* The options of a filesystem may have blanks. */
	rest = rest ? rest + strspn(rest, " ") : NULL;
	words[2] = rest && *rest ? rest : NULL;
	if (n < 2 || (words[2] && strcspn(words[2], " ") < fs_spec_type_len(words[2])))
		process_quit(STATUS_USAGE,
			     "--metric: expected an id such as "
			     "'fault.read.warm.pte{stack=linear:16,fs=ext4}', or variant, stack "
			     "and filesystem, 'read.warm.pte linear:16 ext4'; got '%s'",
			     word);
	bench = find_bench(word, words[0]);
	len = strlen(bench->name);
	if (!strncmp(words[0], bench->name, len) && words[0][len] == '.')
		words[0] += len + 1;
	id = process_text("%s%s.%s{stack=%s,fs=%s}", tax, bench->name, words[0], words[1],
			  words[2] ? words[2] : "ext4");
	free(copy);
	resolved = canonical(id);
	free(id);
	return name_stack(resolved);
}

const char *metric_unexplained(const char *id)
{
	const char *end = strchr(id, '{');

	for (const struct bench *const *b = bench_table; end && *b; b++) {
		size_t len = strlen((*b)->name);
		char *variant;

		if (strncmp(id, (*b)->name, len) || id[len] != '.')
			continue;
		variant = process_text("%.*s", (int)(end - id - (long)len - 1), id + len + 1);
		for (const struct unexplained *u = (*b)->unexplained; u && u->variants; u++)
			if (!fnmatch(u->variants, variant, 0)) {
				free(variant);
				return u->why;
			}
		free(variant);
	}
	return NULL;
}

/* ---- values ---------------------------------------------------------------------------------- */

int metric_read(const char *dir, const char *id, struct metric_value *value, char *why, size_t size)
{
	struct over_states over;
	struct run run;
	int rc = run_read(dir, &run, why, size) < 0 ? -EINVAL : 0;

	if (!rc && over_states_read(&run, &over) < 0)
		process_quit(STATUS_BROKEN, "out of memory");
	if (!rc) {
		rc = find(&over.run, id, value, why, size);
		over_states_free(&over);
	}
	run_free(&run);
	return rc;
}
