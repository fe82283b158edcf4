// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/setup_log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static setup_log_fn *listener;
static void *listener_arg;

void setup_log_to(setup_log_fn *fn, void *arg)
{
	listener = fn;
	listener_arg = arg;
}

void setup_log(int rc, const char *fmt, ...)
{
	char *command = NULL, *lines = NULL, *rest;
	int kept = errno;
	va_list ap;

	if (!listener)
		return;
	va_start(ap, fmt);
	if (vasprintf(&command, fmt, ap) < 0)
		command = NULL;
	va_end(ap);
	/* Behind the first line: a here-document may follow it. */
	if (command && rc < 0) {
		int len = (int)strcspn(command, "\n");

		rest = command + len;
		if (asprintf(&lines, "%.*s || : # %s%s", len, command, strerrorname_np(-rc), rest) <
		    0)
			lines = NULL;
	}
	if (lines || (command && rc >= 0))
		listener(listener_arg, lines ? lines : command);
	free(command);
	free(lines);
	errno = kept;
}
