// SPDX-License-Identifier: GPL-2.0-only
#include "check/held.h"

#include "lib/base/limit_clock.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

/* A mount holds its filesystem, a DM device dm_mod; a target its module. */
static const char *const names[HELD_MODULES] = {"dm_mod",	 "ext4",	  "xfs",
						"dm_log_writes", "dm_writecache", "dm_thin_pool"};

static int count_holders(const char *modules, const char *name)
{
	char path[PATH_MAX];
	const struct dirent *e;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/holders", modules, name);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		n += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

static int count_references(const char *modules, const char *name)
{
	char path[PATH_MAX];
	int n = -1;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s/refcnt", modules, name);
	in = fopen(path, "re");
	if (in && fscanf(in, "%d", &n) != 1)
		n = -1;
	if (in)
		fclose(in);
	return n < 0 ? -1 : n - count_holders(modules, name);
}

void held_read(const char *modules, struct held *held)
{
	for (size_t i = 0; i < HELD_MODULES; i++)
		held->references[i] = count_references(modules, names[i]);
}

int held_compare(const char *modules, const struct held *before, unsigned int limit_ms, char *why,
		 size_t why_len)
{
	int64_t until_ms = limit_clock_ms() + limit_ms;
	struct held now;
	size_t i;

	do {
		held_read(modules, &now);
		for (i = 0; i < HELD_MODULES; i++) {
			int was = before->references[i] < 0 ? 0 : before->references[i];

			if (now.references[i] > was)
				break;
		}
		if (i == HELD_MODULES)
			return 0;
	} while (limit_clock_retry(until_ms));
	snprintf(why, why_len,
		 "module %s has %d references after the check, %d before it: something is still "
		 "held",
		 names[i], now.references[i],
		 before->references[i] < 0 ? 0 : before->references[i]);
	return 1;
}
