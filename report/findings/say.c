// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/say.h"

#include "lib/base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void findings_sayf(findings_say *say, void *arg, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (memory_check(text))
		say(arg, text);
	free(text);
}
