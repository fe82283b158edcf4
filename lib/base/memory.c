// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/memory.h"

#include "lib/base/msg.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int exit_status;

static void *json_malloc(size_t size)
{
	return memory_check(malloc(size));
}

void memory_or_exit(int status)
{
	exit_status = status;
	json_set_alloc_funcs(json_malloc, free);
}

void *memory_check(void *p)
{
	if (p || !exit_status)
		return p;
	fflush(stdout);
	msg_error("out of memory");
	_exit(exit_status);
}

struct stream {
	char **text;
	size_t len, room;
};

static ssize_t stream_write(void *cookie, const char *bytes, size_t n)
{
	struct stream *s = cookie;

	if (s->len + n + 1 > s->room) {
		size_t room = 2 * s->room + n + 1;
		char *more = memory_check(realloc(*s->text, room));

		if (!more)
			return 0;
		*s->text = more;
		s->room = room;
	}
	memcpy(*s->text + s->len, bytes, n);
	s->len += n;
	(*s->text)[s->len] = '\0';
	return (ssize_t)n;
}

static int stream_close(void *cookie)
{
	free(cookie);
	return 0;
}

FILE *memory_stream(char **text)
{
	const cookie_io_functions_t functions = {.write = stream_write, .close = stream_close};
	struct stream *s = memory_check(calloc(1, sizeof(*s)));
	FILE *out = NULL;

	*text = memory_check(calloc(1, 1));
	if (s && *text) {
		*s = (struct stream){.text = text, .room = 1};
		out = memory_check(fopencookie(s, "w", functions));
	}
	if (!out) {
		free(s);
		free(*text);
		*text = NULL;
	}
	return out;
}

void *memory_push(void *array_pointer, size_t *n, size_t *room, size_t size)
{
	void **array = array_pointer;
	void *slot;

	if (*n == *room) {
		size_t want = *room ? *room * 2 : 16;
		void *more = reallocarray(*array, want, size);

		if (!more)
			return NULL;
		*array = more;
		*room = want;
	}
	slot = (char *)*array + *n * size;
	memset(slot, 0, size);
	(*n)++;
	return slot;
}
