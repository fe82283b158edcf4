// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/command.h"

#include "cli/driver/process.h"
#include "lib/base/msg.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add(struct words *command, const char *word)
{
	if (words_add(command, word, strlen(word)) < 0)
		process_quit(STATUS_BROKEN, "out of memory");
}

void command_add(struct words *command, const char *word, ...)
{
	va_list args;

	va_start(args, word);
	for (; word; word = va_arg(args, const char *))
		add(command, word);
	va_end(args);
}

void command_add_all(struct words *command, const struct words *more)
{
	for (size_t i = 0; i < more->n; i++)
		add(command, more->list[i]);
}

void command_add_each(struct words *command, const char *option, const struct words *list)
{
	for (size_t i = 0; i < list->n; i++)
		command_add(command, option, list->list[i], NULL);
}

bool command_is_in_path(const char *program)
{
	const char *path = getenv("PATH");
	bool found = false;

	while (path && *path && !found) {
		size_t len = strcspn(path, ":");
		char *file = process_text("%.*s/%s", (int)len, path, program);

		found = !access(file, X_OK);
		path += len + (path[len] == ':');
		free(file);
	}
	return found;
}
