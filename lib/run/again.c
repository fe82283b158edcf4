// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/again.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/place.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void put_option(FILE *out, const char *option, const char *value)
{
	if (*value)
		fprintf(out, strchr(value, ' ') ? " --%s '%s'" : " --%s %s", option, value);
}

/* A file may have a name with blanks. */
static void put_kernel(FILE *out, const json_t *context)
{
	const json_t *kernel = json_object_get(context, "kernel");
	const char *package = json_field_text(kernel, "package");

	put_option(out, "kernel",
		   strncmp(package, "file ", 5) ? json_field_text(kernel, "release") : package + 5);
}

static void put_devices(FILE *out, const json_t *context)
{
	const json_t *device;
	size_t i;

	fputs(" --host", out);
	json_array_foreach(json_object_get(context, "devices"), i, device)
		fprintf(out, " --device %s", json_field_text(device, "node"));
}

char *again_command(const json_t *context)
{
	const json_t *emulator = json_object_get(context, "emulator");
	bool checks = json_is_true(json_object_get(context, "checks"));
	const char *meter = json_field_text(context, "meter");
	int64_t seed = json_field_number(checks ? context : emulator, "seed");
	char *command = NULL;
	FILE *out = memory_stream(&command);

	if (!out)
		return NULL;
	fprintf(out, "%s %s", place_command(), checks ? "check" : "bench");
	if (emulator)
		put_kernel(out, context);
	else
		put_devices(out, context);
	put_option(out, "namespace", json_field_text(emulator, "namespace"));
	put_option(out, "append", json_field_text(emulator, "append"));
	if (!checks && strcmp(meter, emulator ? "insn" : "time") != 0)
		put_option(out, "meter", meter);
	if (seed > 1)
		fprintf(out, " --seed %" PRId64, seed);
	if (json_is_true(json_object_get(context, "planted")))
		fputs(" --plant", out);
	fclose(out);
	return command;
}
