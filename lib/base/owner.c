// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/owner.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

pid_t owner_of(const char *name, const char *prefix, const char **rest)
{
	size_t len = strlen(prefix);
	long pid;
	char *end;

	/* Rejects a sign, blanks and leading zeros, which daxdm never writes. */
	if (strncmp(name, prefix, len) || name[len] < '1' || name[len] > '9')
		return 0;
	errno = 0;
	pid = strtol(name + len, &end, 10);
	if (errno || pid > INT_MAX)
		return 0;
	*rest = end;
	return (pid_t)pid;
}
