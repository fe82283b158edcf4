// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/steady.h"

#include "lib/base/memory.h"
#include "lib/base/text.h"
#include "lib/base/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The shapes of the sentences of each state. */
struct steady {
	struct words *shapes;
	unsigned int *state;
	size_t n;
	findings_say *say;
	void *arg;
};

/* Whether a number begins here: 4,223 or +188, but not the 16 of linear:16 or the 4 of ext4. */
static bool begins_number(const char *text, const char *at)
{
	return isdigit((unsigned char)*at) &&
	       (at == text || (!isalnum((unsigned char)at[-1]) && !strchr(":=/", at[-1])));
}

/* The length of the number that begins here; a comma or point behind it is not a part of it. */
static size_t number_len(const char *at)
{
	size_t len = strspn(at, "0123456789,.");

	while (len && !isdigit((unsigned char)at[len - 1]))
		len--;
	return len;
}

/* The length of a range over states, " (5,688..5,712)"; 0: none begins here. */
static size_t range_len(const char *at)
{
	const char *end = at + 2;

	if (strncmp(at, " (", 2))
		return 0;
	for (int i = 0; i < 2; i++) {
		end += *end == '-' || *end == '+';
		if (!isdigit((unsigned char)*end))
			return 0;
		end += strspn(end, "0123456789,");
		if (strncmp(end, i ? ")" : "..", i ? 1 : 2) != 0)
			return 0;
		end += i ? 1 : 2;
	}
	return (size_t)(end - at);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the parts between commas, colons and semicolons: two states may list the same names in
 * another order. */
static char *sort_parts(char *shape)
{
	struct words parts = {0};
	char *save, *sorted = memory_check(malloc(strlen(shape) + 2)), *end = sorted;

	for (char *part = strtok_r(shape, ",;:", &save); part; part = strtok_r(NULL, ",;:", &save))
		if (words_add(&parts, part, strlen(part)) < 0)
			memory_check(NULL);
	if (parts.n)
		qsort(parts.list, parts.n, sizeof(*parts.list), by_text);
	if (sorted)
		*sorted = '\0';
	for (size_t i = 0; sorted && i < parts.n; i++) {
		end = stpcpy(end, parts.list[i]);
		end = stpcpy(end, ",");
	}
	words_free(&parts);
	free(shape);
	return sorted;
}

char *findings_shape(const char *sentence)
{
	char *shape = memory_check(strdup(sentence)), *end = shape;

	if (!shape)
		return NULL;
	for (const char *at = sentence; *at;) {
		if (begins_number(sentence, at))
			at += number_len(at);
		else if (range_len(at))
			at += range_len(at);
		else
			*end++ = *at++;
	}
	*end = '\0';
	return sort_parts(shape);
}

static void add_shape(void *arg, const char *sentence)
{
	char *shape = findings_shape(sentence);

	if (shape && words_add(arg, shape, strlen(shape)) < 0)
		memory_check(NULL);
	free(shape);
}

const char *findings_except(const unsigned int *states, size_t n, char *buf, size_t size)
{
	*buf = '\0';
	for (size_t i = 0; i < n; i++)
		text_append(buf, size, "%s%u",
			    !i		? n > 1 ? " (does not hold in initial states "
						: " (does not hold in initial state "
			    : i + 1 < n ? ", "
					: " and ",
			    states[i]);
	if (n)
		text_append(buf, size, ")");
	return buf;
}

static void say_one(void *arg, const char *sentence)
{
	const struct steady *s = arg;
	unsigned int *except = memory_check(calloc(s->n + 1, sizeof(*except)));
	char *shape = findings_shape(sentence), text[512];
	size_t n = 0;

	for (size_t i = 0; shape && except && i < s->n; i++)
		if (!words_has(&s->shapes[i], shape))
			except[n++] = s->state[i];
	if (except)
		findings_sayf(s->say, s->arg, "%s%s", sentence,
			      findings_except(except, n, text, sizeof(text)));
	free(except);
	free(shape);
}

/* What was measured in part only says nothing of a sentence. */
static void add_state(struct steady *s, const struct over_states *states, size_t r, findings_of *of)
{
	const struct run *run = states->runs[r];
	struct tables tables = {.raw = -1};

	if (run->n_records != states->run.n_records)
		return;
	if (tables_build(run, &tables) < 0) {
		memory_check(NULL);
	} else {
		s->state[s->n] = states->state[r];
		of(&tables, add_shape, &s->shapes[s->n++]);
	}
	tables_free(&tables);
}

void findings_say_steady(const struct tables *tables, findings_of *of, findings_say *say, void *arg)
{
	const struct over_states *states = tables->states;
	size_t n = states ? states->n_runs : 0;
	struct steady s = {.say = say, .arg = arg};

	s.shapes = memory_check(calloc(n + 1, sizeof(*s.shapes)));
	s.state = memory_check(calloc(n + 1, sizeof(*s.state)));
	for (size_t r = 0; s.shapes && s.state && r < n; r++)
		add_state(&s, states, r, of);
	of(tables, say_one, &s);
	for (size_t i = 0; i < s.n; i++)
		words_free(&s.shapes[i]);
	free(s.shapes);
	free(s.state);
}
