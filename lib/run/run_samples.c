// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/run_samples.h"

#include <stdlib.h>
#include <string.h>

/* Digits that an int64_t has in any case. */
enum { DIGITS_MAX = 18 };

static const char record[] = "{\"type\":\"record\",", member[] = ",\"samples\":[[";

/* Whether the character at `end` is a member's of the outermost object. */
static bool is_outermost(const char *line, const char *end)
{
	bool in_string = false;
	int depth = 0;

	for (const char *at = line; at < end; at++) {
		if (in_string && *at == '\\')
			at++;
		else if (*at == '"')
			in_string = !in_string;
		else if (!in_string && (*at == '{' || *at == '['))
			depth++;
		else if (!in_string && (*at == '}' || *at == ']'))
			depth--;
	}
	return !in_string && depth == 1;
}

/* A whole number as JSON has it.  Returns the character behind it, or NULL. */
static const char *read_number(const char *at, int64_t *value)
{
	const bool negative = *at == '-';
	const char *first = at + negative;

	*value = 0;
	for (at = first; *at >= '0' && *at <= '9' && at - first < DIGITS_MAX; at++)
		*value = 10 * *value + (*at - '0');
	if (at == first || (*first == '0' && at - first > 1))
		return NULL;
	*value = negative ? -*value : *value;
	return at;
}

/* "[VALUE,COUNT]" */
static const char *read_pair(const char *at, struct run_value *pair)
{
	at = *at == '[' ? read_number(at + 1, &pair->value) : NULL;
	at = at && *at == ',' ? read_number(at + 1, &pair->count) : NULL;
	return at && *at == ']' ? at + 1 : NULL;
}

/* How many pairs there are at most from there on. */
static size_t count_pairs(const char *at)
{
	size_t n = 0;

	for (; *at && *at != ']'; n++) {
		at = strchr(at, ']');
		if (!at)
			break;
		at += at[1] == ',' ? 2 : 1;
	}
	return n + 1;
}

struct run_samples run_samples_take(char *line, size_t len)
{
	struct run_samples taken = {0};
	const char *at, *from;

	if (strncmp(line, record, strlen(record)))
		return taken;
	from = memmem(line, len, member, strlen(member));
	if (!from || !is_outermost(line, from))
		return taken;
	at = from + strlen(member) - 1;
	taken.values = malloc(count_pairs(at) * sizeof(*taken.values));
	for (; taken.values && at; at++) {
		at = read_pair(at, &taken.values[taken.n++]);
		if (!at || *at != ',')
			break;
	}
	if (!taken.values || !at || *at != ']') {
		free(taken.values);
		return (struct run_samples){0};
	}
	taken.at = (size_t)(from - line);
	taken.len = (size_t)(at + 1 - from);
	memmove(line + taken.at, at + 1, len - taken.at - taken.len + 1);
	return taken;
}
