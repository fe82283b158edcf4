// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm coverage RUN: which functions of the kernel's DAX interface the checks of a run reached,
 * which of device-mapper's no check did, and which operations through which target.
 */
#include "cli/coverage_pairs.h"
#include "cli/options/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "report/checks/check_run.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASONS "check/unreached"

struct function {
	const char *name, *module;
	long long hits;
	unsigned int checks;
	char first[112]; /* the check that reached it first */
};

struct report {
	struct function *list;
	size_t n;
	json_t *index; /* function -> index in list */
	struct coverage_pairs pairs;
};

static int by_module_and_name(const void *a, const void *b)
{
	const struct function *x = a, *y = b;
	int order = strcmp(x->module, y->module);

	return order ? order : strcmp(x->name, y->name);
}

static int begin(struct report *r, const json_t *modules)
{
	const char *name;
	json_t *module;
	size_t i = 0;

	r->list = calloc(json_object_size(modules) + 1, sizeof(*r->list));
	r->index = json_object();
	if (!r->list || !r->index)
		return -ENOMEM;
	json_object_foreach((json_t *)modules, name, module)
		if (json_is_string(module))
			r->list[r->n++] = (struct function){.name = name,
							    .module = json_string_value(module)};
	qsort(r->list, r->n, sizeof(*r->list), by_module_and_name);
	for (i = 0; i < r->n; i++)
		if (json_object_set_new(r->index, r->list[i].name, json_integer((json_int_t)i)) < 0)
			return -ENOMEM;
	return 0;
}

static void take_hits(struct report *r, const char *check, json_t *hits)
{
	const char *name;
	json_t *n;

	json_object_foreach(hits, name, n) {
		const json_t *at = json_object_get(r->index, name);
		struct function *f;

		if (!at || json_integer_value(n) < 0)
			continue;
		f = &r->list[json_integer_value(at)];
		if (!f->checks++)
			snprintf(f->first, sizeof(f->first), "%s", check);
		if (__builtin_add_overflow(f->hits, json_integer_value(n), &f->hits))
			f->hits = LLONG_MAX;
	}
}

/* Returns 0, or -errno after one error line. */
static int take_run(const struct run *run, struct report *r)
{
	const json_t *functions = json_object_get(run->context.json, "coverage"), *line;
	size_t i;

	if (!json_is_object(functions)) {
		msg_error("%s counted no functions; make it with ./run.sh check --coverage",
			  run->path);
		return -ENODATA;
	}
	if (begin(r, functions) < 0) {
		msg_error("coverage: out of memory");
		return -ENOMEM;
	}
	json_array_foreach(run->lines, i, line) {
		const char *type = json_string_value(json_object_get(line, "type"));
		const char *id = json_string_value(json_object_get(line, "id"));

		if (!id || strcmp(type, "coverage"))
			continue;
		take_hits(r, id, json_object_get(line, "hits"));
		coverage_pairs_take(&r->pairs, id, json_object_get(line, "hits"));
	}
	return 0;
}

/* Why no check can reach a function, from check/unreached; "" if no reason is given there. */
static void reason_of(const char *function, char *reason, size_t len)
{
	FILE *in = fopen(REASONS, "re");
	char line[512];

	reason[0] = '\0';
	if (!in && errno == ENOMEM)
		memory_check(NULL);
	while (in && !reason[0] && fgets(line, sizeof(line), in)) {
		char *colon = strchr(line, ':');

		if (line[0] == '#' || !colon)
			continue;
		*colon = '\0';
		line[strcspn(line, "\n")] = '\0';
		colon[1 + strcspn(colon + 1, "\n")] = '\0';
		if (!fnmatch(line, function, 0))
			snprintf(reason, len, "%s", colon + 1 + strspn(colon + 1, " "));
	}
	if (in)
		fclose(in);
}

/* Returns how many of device-mapper's functions are holes. */
static unsigned int print(const struct report *r)
{
	unsigned int reached = 0, holes = 0;
	char reason[400];

	printf("%-14s %-36s %10s %7s  %s\n", "module", "function", "hits", "checks", "first by");
	for (size_t i = 0; i < r->n; i++) {
		const struct function *f = &r->list[i];

		if (!f->checks)
			continue;
		reached++;
		printf("%-14s %-36s %10lld %7u  %s\n", f->module[0] ? f->module : "kernel", f->name,
		       f->hits, f->checks, f->first);
	}
	coverage_pairs_print(&r->pairs);
	printf("\n%u of %zu functions of the DAX interface were reached\n", reached, r->n);
	for (size_t i = 0; i < r->n; i++) {
		const struct function *f = &r->list[i];
		bool dm = !strncmp(f->module, "dm_", 3);

		if (f->checks)
			continue;
		reason_of(f->name, reason, sizeof(reason));
		holes += dm && !reason[0];
		printf("%s %s%s%s: %s\n",
		       dm && !reason[0] ? "hole:       " : "not reached:", f->module,
		       f->module[0] ? "/" : "", f->name, reason[0] ? reason : "no reason is known");
	}
	return holes;
}

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_coverage, NULL, argc, argv);
	struct report r = {0};
	struct run checks;
	int status = STATUS_BROKEN;

	if (operand < 0)
		return operand == -1 ? STATUS_GOOD : STATUS_USAGE;
	if (operand != argc - 1) {
		msg_error("coverage: expected one run, got %d", argc - operand);
		return STATUS_USAGE;
	}
	if (check_run_read("coverage", argv[operand], &checks) == 0 && take_run(&checks, &r) == 0)
		status = print(&r) ? STATUS_FAILED : STATUS_GOOD;
	json_decref(r.index);
	free(r.list);
	run_free(&checks);
	return status;
}

const struct verb verb_coverage = {
	.name = "coverage",
	.args = "RUN",
	.why = "prints which functions of the kernel's DAX interface a run of checks reached",
	.operands = 1,
	.internal = true,
	.run = run,
	.no_memory = STATUS_BROKEN,
};
