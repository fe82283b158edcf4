// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/run.h"

#include <stdio.h>
#include <string.h>

const char *run_name(const char *path, char *buf, size_t size)
{
	static const char file[] = "/run.jsonl";
	size_t len = strlen(path), at;

	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len >= sizeof(file) && !strncmp(path + len - strlen(file), file, strlen(file)))
		len -= strlen(file);
	for (at = len; at && path[at - 1] != '/';)
		at--;
	snprintf(buf, size, "%.*s", (int)(len - at), path + at);
	return buf;
}
