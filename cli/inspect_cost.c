// SPDX-License-Identifier: GPL-2.0-only
/* Published runs of one kernel, and which of them has stacks like a layout. */
#include "cli/driver/process.h"
#include "cli/inspect.h"
#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/place.h"
#include "lib/run/run_states.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inspect_runs {
	struct published {
		struct run run;
		struct tables tables;
		char name[96], kernel[64];
	} * list;
	size_t n;
};

/* Whether the first line of the file is the context of a run of that kernel, by its series. */
static bool is_of(const char *file, const struct kernel_version *version, char kernel[64])
{
	struct kernel_version of;
	FILE *in = fopen(file, "re");
	json_t *context = NULL;
	char *line = NULL;
	size_t size = 0;
	bool is = false;

	if (in && getline(&line, &size, in) > 0)
		context = json_loads(line, 0, NULL);
	if (context && !strcmp(json_field_text(context, "meter"), "insn")) {
		const json_t *k = json_object_get(context, "kernel");

		kernel_version_text(json_field_text(k, "release"), json_field_text(k, "package"),
				    json_field_text(k, "version"), kernel, 64);
		is = !kernel_version_read(kernel, &of) && of.major == version->major &&
		     of.minor == version->minor;
	}
	json_decref(context);
	free(line);
	if (in)
		fclose(in);
	return is;
}

/* Adds the run of a file if it is of the kernel and can be read. */
static void add_run(struct inspect_runs *runs, const char *file,
		    const struct kernel_version *version)
{
	const char *published = place("results/published/");
	char *dir = process_text("%.*s", (int)(strrchr(file, '/') - file), file), why[512],
	     kernel[64];
	struct published *p;

	if (run_is_state(dir, NULL) || !is_of(file, version, kernel)) {
		free(dir);
		return;
	}
	runs->list = memory_check(realloc(runs->list, (runs->n + 1) * sizeof(*runs->list)));
	p = &runs->list[runs->n];
	memset(p, 0, sizeof(*p));
	snprintf(p->kernel, sizeof(p->kernel), "%s", kernel);
	snprintf(p->name, sizeof(p->name), "%s",
		 strncmp(dir, published, strlen(published)) ? dir : dir + strlen(published));
	if (run_read(dir, &p->run, why, sizeof(why)) < 0)
		run_free(&p->run);
	else
		runs->n++;
	free(dir);
}

static struct inspect_runs *read_runs(const struct kernel_version *version)
{
	static const char *const patterns[] = {"results/published/*/run.jsonl",
					       "results/published/*/*/run.jsonl"};
	struct inspect_runs *runs = memory_check(calloc(1, sizeof(*runs)));

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found = {0};

		if (!glob(place_pattern(patterns[i]), 0, NULL, &found))
			for (size_t k = 0; k < found.gl_pathc; k++)
				add_run(runs, found.gl_pathv[k], version);
		globfree(&found);
	}
	/* Tables point into the runs, which do not move any more. */
	for (size_t i = 0; i < runs->n; i++)
		if (tables_build(&runs->list[i].run, &runs->list[i].tables) < 0)
			memory_check(NULL);
	return runs;
}

void inspect_cost(struct inspect *in, const struct layout *layout, const char *fs,
		  struct layout_costs *out)
{
	struct layout_costs costs;

	if (!in->runs)
		in->runs = read_runs(&in->version);
	*out = (struct layout_costs){.n = 0};
	snprintf(out->why, sizeof(out->why), "none of Linux %d.%d", in->version.major,
		 in->version.minor);
	for (size_t i = 0; i < in->runs->n; i++) {
		const struct published *p = &in->runs->list[i];

		layout_costs_of(layout, &p->tables, fs, &costs);
		if (i &&
		    (costs.n < out->n || (costs.n == out->n && costs.n_stacks <= out->n_stacks)))
			continue;
		*out = costs;
		snprintf(out->run, sizeof(out->run), "%s", p->name);
		snprintf(out->kernel, sizeof(out->kernel), "%s", p->kernel);
	}
}

void inspect_runs_free(struct inspect_runs *runs)
{
	for (size_t i = 0; runs && i < runs->n; i++) {
		tables_free(&runs->list[i].tables);
		run_free(&runs->list[i].run);
	}
	if (runs)
		free(runs->list);
	free(runs);
}
