// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/reproduce.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/run/again.h"
#include "report/html/page.h"

#include <stdlib.h>
#include <string.h>

/* A word of a command, quoted if the shell would change it. */
static void put_word(FILE *out, const char *word)
{
	if (*word && !word[strcspn(word, " *?[]{}()<>|&;'\"$`\\#~!=>")])
		fprintf(out, " %s", word);
	else
		fprintf(out, " '%s'", word);
}

static void put_option(FILE *out, const char *option, const char *value)
{
	if (!*value)
		return;
	fprintf(out, " --%s", option);
	put_word(out, value);
}

static void put_list(FILE *out, const char *option, const json_t *list)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (json_is_string(value))
			put_option(out, option, json_string_value(value));
}

/* A part of the checks is named one by one. */
enum { CHECKS_NAMED = 60 };

static void put_command(FILE *out, const struct run *run, size_t states)
{
	const struct run_context *c = &run->context;
	char *again = memory_check(again_command(c->json));

	fputs(again ? again : "", out);
	free(again);
	if (states > 1)
		fprintf(out, " --states %zu", states);
	put_list(out, "fs", json_object_get(c->json, "fs"));
	put_list(out, "stack", json_object_get(c->json, "stacks"));
	put_list(out, "bench", json_object_get(c->json, "metrics"));
	for (size_t i = 0; i < run->n_checks && run->n_checks <= CHECKS_NAMED; i++)
		put_option(out, "check", json_field_text(run->checks[i].line, "id"));
}

void reproduce_write(FILE *out, const struct run *run, size_t states)
{
	const struct run_context *c = &run->context;
	char *command = NULL, *text = NULL;
	FILE *words = memory_stream(&command);

	if (!words)
		return;
	put_command(words, run, states);
	if (fclose(words) ||
	    asprintf(&text, "Package %s; daxdm %s, build %s; %s%s.", c->package, c->suite, c->build,
		     *c->qemu ? "QEMU " : "this host", c->qemu) < 0)
		text = NULL;
	page_heading(out, "reproduce", "How to reproduce this");
	page_pre(out, "command", command);
	if (memory_check(text))
		page_paragraph(out, "dim", text);
	if (json_array_size(json_object_get(c->json, "replaced")))
		page_paragraph(out, NULL,
			       "Modules were replaced; the same files are needed (--module).");
	free(command);
	free(text);
}
