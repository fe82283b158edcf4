// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/source_place.h"

#include <inttypes.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CALLERS_MAX = 12, FRAME_BYTES_MAX = 1 << 20 };

extern void *__libc_stack_end; /* of glibc: where the stack of the main thread begins */

/* Of the program itself, which comes first: where its file is in memory. */
static int take_base(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uintptr_t *)base = info->dlpi_addr;
	return 1;
}

static bool is_frame(uintptr_t frame, uintptr_t below)
{
	return frame > below && frame - below < FRAME_BYTES_MAX && !(frame % sizeof(frame)) &&
	       frame + 2 * sizeof(frame) < (uintptr_t)__libc_stack_end;
}

json_t *source_place_callers(void)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0), below, base = 0;
	json_t *list = json_array();

	dl_iterate_phdr(take_base, &base);
	below = frame - 1;
	for (int i = 0; i < CALLERS_MAX && is_frame(frame, below); i++) {
		const uintptr_t *words = (const uintptr_t *)frame;

		/* The call is before the address that it returns to. */
		json_array_append_new(list, json_integer((json_int_t)(words[1] - base - 1)));
		below = frame;
		frame = words[0];
	}
	return list;
}

static bool is_in(const char *path, const char *folder)
{
	return !strncmp(path, folder, strlen(folder));
}

/* How much a line tells. */
static int rank_of(const char *path, const char *prefer, const char *avoid)
{
	if (*path == '?')
		return 0;
	if (!is_in(path, prefer) || !strchr(path + strlen(prefer), '/'))
		return 1;
	return is_in(path, avoid) ? 2 : 3;
}

const char *source_place_find(const json_t *callers, const char *prefer, const char *avoid,
			      char *place, size_t size)
{
	char command[64 + CALLERS_MAX * 20], line[512];
	const json_t *caller;
	int len, best = 0;
	size_t i;
	FILE *in;

	*place = '\0';
	len = snprintf(command, sizeof(command), "addr2line -i -e /proc/%d/exe", (int)getpid());
	json_array_foreach(callers, i, caller) {
		if (i < CALLERS_MAX)
			len += snprintf(command + len, sizeof(command) - (size_t)len, " 0x%" PRIx64,
					(uint64_t)json_integer_value(caller));
	}
	if (!json_array_size(callers))
		return place;
	snprintf(command + len, sizeof(command) - (size_t)len, " 2>/dev/null");
	in = popen(command, "re");
	while (in && fgets(line, sizeof(line), in)) {
		const char *path = line;
		int rank;

		while (is_in(path, "./"))
			path += strlen("./");
		rank = rank_of(path, prefer, avoid);
		if (rank <= best)
			continue;
		best = rank;
		snprintf(place, size, "%.*s", (int)strcspn(path, " \n"), path);
	}
	if (in)
		pclose(in);
	return place;
}
