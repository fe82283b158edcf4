// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <unistd.h>

static const char checkout_command[] = "./run.sh", installed_command[] = "daxdm";

/* A path that was returned. */
struct kept {
	struct kept *next;
	char path[];
};

static struct kept *kept;

bool place_is_installed(void)
{
	return getenv("DAXDM_DATA");
}

/* Not by lib/base/msg.h, which calls this file. */
static noreturn void no_memory(void)
{
	fputs("daxdm: out of memory\n", stderr);
	exit(4); /* STATUS_BROKEN */
}

static const char *keep(const char *path)
{
	struct kept *k;

	for (k = kept; k; k = k->next)
		if (!strcmp(k->path, path))
			return k->path;
	k = malloc(sizeof(*k) + strlen(path) + 1);
	if (!k)
		no_memory();
	strcpy(k->path, path);
	k->next = kept;
	kept = k;
	return k->path;
}

static bool begins_with(const char *name, const char *part)
{
	size_t len = strlen(part);

	return !strncmp(name, part, len) && (!name[len] || name[len] == '/');
}

/* The directory in the place of the first characters of name, whose number is in *len. */
static const char *base_of(const char *name, size_t *len)
{
	static const char build[] = "build";
	static const char *const built[] = {"build/daxdm", "build/qemu_preload.so"};

	*len = begins_with(name, build) ? strlen(build) : 0;
	for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++)
		if (begins_with(name, built[i]))
			return getenv("DAXDM_LIB");
	return getenv(*len ? "DAXDM_CACHE" : "DAXDM_DATA");
}

/* With escaped, a backslash stands before each character of the base that glob(3) may take for a
 * special one. */
static const char *path_of(const char *name, bool escaped)
{
	char path[PATH_MAX], *to = path;
	const char *base;
	size_t skip;

	if (!place_is_installed())
		return name;
	base = base_of(name, &skip);
	for (; base && *base && to < path + sizeof(path) - 2; base++) {
		if (escaped && strchr("\\*?[", *base))
			*to++ = '\\';
		*to++ = *base;
	}
	snprintf(to, sizeof(path) - (size_t)(to - path), "%s%s", skip ? "" : "/", name + skip);
	return keep(path);
}

const char *place(const char *name)
{
	return path_of(name, false);
}

const char *place_pattern(const char *name)
{
	return path_of(name, true);
}

int place_absolute(const char *name, char *path, size_t size)
{
	char here[PATH_MAX] = "";
	int len;

	name = place(name);
	if (*name != '/' && !getcwd(here, sizeof(here)))
		return -errno;
	len = snprintf(path, size, "%s%s%s", here, *name == '/' ? "" : "/", name);
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

const char *place_command(void)
{
	return place_is_installed() ? installed_command : checkout_command;
}

void place_name_command(char *text)
{
	const size_t from = strlen(checkout_command), to = strlen(installed_command);

	_Static_assert(sizeof(installed_command) <= sizeof(checkout_command), "in place");
	while (place_is_installed() && (text = strstr(text, checkout_command))) {
		memcpy(text, installed_command, to);
		memmove(text + to, text + from, strlen(text + from) + 1);
		text += to;
	}
}
