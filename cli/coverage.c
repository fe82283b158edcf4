// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm coverage RUN: which functions of the kernel's DAX interface the checks of a run reached,
 * and which of device-mapper's no check did.
 */
#include "cli/cli.h"
#include "lib/msg.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
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
	json_t *modules; /* function -> module */
	struct function *list;
	size_t n;
	json_t *index; /* function -> index in list */
};

static int by_module_and_name(const void *a, const void *b)
{
	const struct function *x = a, *y = b;
	int order = strcmp(x->module, y->module);

	return order ? order : strcmp(x->name, y->name);
}

static int begin(struct report *r, json_t *modules)
{
	const char *name;
	json_t *module;
	size_t i = 0;

	r->modules = json_incref(modules);
	r->n = json_object_size(modules);
	r->list = calloc(r->n + 1, sizeof(*r->list));
	r->index = json_object();
	if (!r->list || !r->index)
		return -ENOMEM;
	json_object_foreach(modules, name, module) r->list[i++] =
		(struct function){.name = name, .module = json_string_value(module)};
	qsort(r->list, r->n, sizeof(*r->list), by_module_and_name);
	for (i = 0; i < r->n; i++)
		json_object_set_new(r->index, r->list[i].name, json_integer((json_int_t)i));
	return 0;
}

static void take_hits(struct report *r, const char *check, json_t *hits)
{
	const char *name;
	json_t *n;

	json_object_foreach(hits, name, n)
	{
		const json_t *at = json_object_get(r->index, name);
		struct function *f;

		if (!at)
			continue;
		f = &r->list[json_integer_value(at)];
		if (!f->checks++)
			snprintf(f->first, sizeof(f->first), "%s", check);
		f->hits += json_integer_value(n);
	}
}

static int take_line(struct report *r, const json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	json_t *functions = json_object_get(line, "coverage");

	if (type && !strcmp(type, "context") && functions && !r->list)
		return begin(r, functions);
	if (type && !strcmp(type, "coverage") && r->list)
		take_hits(r, json_string_value(json_object_get(line, "id")),
			  json_object_get(line, "hits"));
	return 0;
}

static int read_lines(const char *run, struct report *r)
{
	char path[512], *text = NULL;
	size_t size = 0;
	FILE *in;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/run.jsonl", run);
	in = fopen(path, "re");
	if (!in) {
		rc = -errno;
		msg_error("cannot read %s: %s", path, strerror(errno));
		return rc;
	}
	while (!rc && getline(&text, &size, in) > 0) {
		json_t *line = json_loads(text, 0, NULL);

		rc = take_line(r, line);
		json_decref(line);
	}
	free(text);
	fclose(in);
	if (!rc && !r->list) {
		msg_error("%s counted no functions; make it with ./run.sh check --coverage", run);
		rc = -ENODATA;
	}
	return rc;
}

/* Why no check can reach a function, from check/unreached; "" if no reason is given there. */
static void reason_of(const char *function, char *reason, size_t len)
{
	FILE *in = fopen(REASONS, "re");
	char line[512];

	reason[0] = '\0';
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

static const struct option_spec options[] = {{0}};

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_coverage, options, NULL, argc, argv);
	struct report r = {0};
	int status = STATUS_GOOD, rc;

	if (operand < 0)
		return operand == -1 ? STATUS_GOOD : STATUS_USAGE;
	if (operand != argc - 1) {
		msg_error("coverage: one run is wanted");
		return STATUS_USAGE;
	}
	rc = read_lines(argv[operand], &r);
	if (rc < 0)
		status = STATUS_BROKEN;
	else if (print(&r))
		status = STATUS_FAILED;
	json_decref(r.modules);
	json_decref(r.index);
	free(r.list);
	return status;
}

const struct verb verb_coverage = {
	.name = "coverage",
	.args = "RUN",
	.why = "prints which functions of the kernel's DAX interface a run of checks reached",
	.run = run,
};
