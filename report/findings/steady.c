// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/steady.h"

#include "lib/base/memory.h"
#include "lib/run/run_states.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The shapes of the sentences of one state. */
struct shapes {
	unsigned int state;
	struct words list;
};

struct steady {
	struct shapes *states;
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

/* The sentence without its numbers: its words, names and signs. */
static char *shape_of(const char *sentence)
{
	char *shape = memory_check(strdup(sentence)), *end = shape;

	if (!shape)
		return NULL;
	for (const char *at = sentence; *at;) {
		if (begins_number(sentence, at))
			at += strspn(at, "0123456789,.");
		else
			*end++ = *at++;
	}
	*end = '\0';
	return shape;
}

static void add_shape(void *arg, const char *sentence)
{
	char *shape = shape_of(sentence);

	if (shape && words_add(arg, shape, strlen(shape)) < 0)
		memory_check(NULL);
	free(shape);
}

static void say_one(void *arg, const char *sentence)
{
	const struct steady *s = arg;
	char *shape = shape_of(sentence);

	for (size_t i = 0; shape && i < s->n; i++)
		if (!words_has(&s->states[i].list, shape)) {
			findings_sayf(s->say, s->arg, "%s (does not hold in initial state %u)",
				      sentence, s->states[i].state);
			free(shape);
			return;
		}
	s->say(s->arg, sentence);
	free(shape);
}

/* What was measured in part only, or not to its end, says nothing of a sentence. */
static void add_state(struct steady *s, const struct run *of_run, const char *dir, findings_of *of)
{
	struct tables tables = {.raw = -1};
	struct run run;
	char why[512];

	if (!run_read(dir, &run, why, sizeof(why)) && run_is_complete(&run) &&
	    run.n_records == of_run->n_records && !tables_build(&run, &tables)) {
		struct shapes *shapes = &s->states[s->n++];

		run_is_state(dir, &shapes->state);
		of(&tables, add_shape, &shapes->list);
	}
	tables_free(&tables);
	run_free(&run);
}

void findings_say_steady(const struct tables *tables, findings_of *of, findings_say *say, void *arg)
{
	const char *path = tables->run->path, *slash = strrchr(path, '/');
	char *dir = memory_check(strndup(path, slash ? (size_t)(slash - path) : 0));
	struct steady s = {.say = say, .arg = arg};
	struct words dirs = {0};

	if (slash && dir && run_states_find(dir, &dirs) < 0)
		memory_check(NULL);
	s.states = memory_check(calloc(dirs.n + 1, sizeof(*s.states)));
	for (size_t i = 0; s.states && i < dirs.n; i++)
		add_state(&s, tables->run, dirs.list[i], of);
	of(tables, say_one, &s);
	for (size_t i = 0; i < s.n; i++)
		words_free(&s.states[i].list);
	free(s.states);
	words_free(&dirs);
	free(dir);
}
