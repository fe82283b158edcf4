// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/msg.h"

#include "lib/base/place.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static void msg_print(const char *prefix, const char *fmt, va_list args)
{
	int saved_errno = errno;
	char line[1024], printable[4 * sizeof(line)];

	vsnprintf(line, sizeof(line), fmt, args);
	place_name_command(line);
	fprintf(stderr, "daxdm: %s%s\n", prefix, text_escape(line, printable, sizeof(printable)));
	errno = saved_errno;
}

static unsigned int errors;

unsigned int msg_errors(void)
{
	return errors;
}

void msg_error(const char *fmt, ...)
{
	va_list args;

	errors++;
	va_start(args, fmt);
	msg_print("", fmt, args);
	va_end(args);
}

void msg_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	msg_print("note: ", fmt, args);
	va_end(args);
}
