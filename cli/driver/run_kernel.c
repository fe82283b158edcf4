// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/run_kernel.h"

#include "cli/driver/command.h"
#include "cli/driver/measure.h"
#include "lib/base/text_file.h"

#include <string.h>
#include <unistd.h>

static int add_module(void *modules, const char *path, unsigned int number, char *line)
{
	(void)path;
	(void)number;
	command_add(modules, line, NULL);
	return 0;
}

const char *run_kernel_modules(const struct run *run, const char *dir, struct words *modules)
{
	char *path = process_text("%s/" MEASURE_MODULES, dir);
	const char *why = NULL;

	*modules = (struct words){0};
	if (json_array_size(json_object_get(run->context.json, "replaced")) &&
	    (access(path, R_OK) || text_file_read(path, "modules", add_module, modules) < 0))
		why = "its list of replaced modules cannot be read";
	for (size_t i = 0; i < modules->n; i++)
		if (access(modules->list[i], R_OK))
			why = "a module that it was measured with was removed";
	free(path);
	return why;
}

char *run_kernel_find(const struct run *run, const char *dir, struct words *modules,
		      const char **why)
{
	const char *package = run->context.package;

	*modules = (struct words){0};
	if (!json_object_get(run->context.json, "emulator"))
		*why = "it was measured on a host";
	else if (strncmp(package, "linux-image-", strlen("linux-image-")) != 0)
		*why = "its kernel is not of the archive";
	else
		*why = run_kernel_modules(run, dir, modules);
	return *why ? NULL : process_text("%.*s", (int)strcspn(package, " "), package);
}
