// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/reproduce.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/text.h"
#include "report/html/page.h"

#include <inttypes.h>
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

static void put_command(FILE *out, const struct run *run, size_t states)
{
	const struct run_context *c = &run->context;
	const json_t *emulator = json_object_get(c->json, "emulator");
	size_t package_len = strcspn(c->package, " ");

	fprintf(out, "./run.sh %s", c->checks ? "check" : "bench");
	if (!emulator)
		fputs(" --host --device DEVICE", out);
	else if (!strncmp(c->package, "linux-image-", 12))
		fprintf(out, " --kernel %.*s", (int)package_len, c->package);
	else
		fputs(" --kernel PATH/bzImage", out);
	if (emulator) {
		put_option(out, "namespace", json_field_text(emulator, "namespace"));
		put_option(out, "append", json_field_text(emulator, "append"));
	}
	if (!c->checks && strcmp(c->meter, "insn") != 0)
		put_option(out, "meter", c->meter);
	if (c->seed > 1)
		fprintf(out, " --seed %" PRId64, c->seed);
	else if (emulator && json_field_number(emulator, "seed") > 1)
		fprintf(out, " --seed %" PRId64, json_field_number(emulator, "seed"));
	if (c->checks)
		return;
	if (states > 1)
		fprintf(out, " --states %zu", states);
	put_list(out, "fs", json_object_get(c->json, "fs"));
	put_list(out, "stack", json_object_get(c->json, "stacks"));
	put_list(out, "bench", json_object_get(c->json, "metrics"));
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
