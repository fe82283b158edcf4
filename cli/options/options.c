// SPDX-License-Identifier: GPL-2.0-only
/* The parser of all verbs; see cli/options/cli.h. */
#include "cli/options/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"
#include "lib/base/number.h"
#include "lib/base/place.h"
#include "lib/base/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *options_user_path(const char *path)
{
	/* The documents name our files so; an installed daxdm has them elsewhere. */
	static const char workloads[] = "workloads/";
	const char *from = getenv("DAXDM_FROM");
	char *whole = NULL;

	if (place_is_installed() && !strncmp(path, workloads, strlen(workloads)) &&
	    access(path, F_OK) < 0)
		whole = strdup(place(path));
	else if (*path == '/' || !from)
		whole = strdup(path);
	else if (asprintf(&whole, "%s/%s", from, path) < 0)
		whole = NULL;
	if (!memory_check(whole)) {
		msg_error("out of memory");
		exit(STATUS_BROKEN);
	}
	return whole;
}

static const struct option_spec *find(const struct option_spec *table, const char *name, size_t len)
{
	for (const struct option_spec *o = table; o && o->kind; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static int unknown_option(const struct verb *verb, const char *word)
{
	const char *best = NULL;
	char typed[64]; /* dashes included */

	snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(word, "="), word);
	for (const struct option_spec *o = verb->options; o && o->kind; o++)
		best = o->internal && !verb->internal
			       ? best
			       : nearest_of(typed + strspn(typed, "-"), best, o->name);
	msg_error("%s: unknown option '%s'%s%s%s; ./run.sh help %s lists them", verb->name, typed,
		  best ? " (did you mean '--" : "", best ? best : "", best ? "'?)" : "",
		  verb->name);
	return -EINVAL;
}

/* "insn|time|none" as "insn, time or none". */
static void spell_choices(const char *choices, char *buf, size_t size)
{
	const char *last = strrchr(choices, '|');
	size_t len = 0;

	for (const char *c = choices; *c && len + 5 < size; c++) {
		const char *text = c == last ? " or " : *c == '|' ? ", " : NULL;

		len += text ? (size_t)snprintf(buf + len, size - len, "%s", text) : 1;
		if (!text)
			buf[len - 1] = *c;
	}
	buf[len] = '\0';
}

static bool is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);

	for (const char *c = choices; c; c = strchr(c, '|'), c = c ? c + 1 : NULL)
		if (len && strcspn(c, "|") == len && !strncmp(c, value, len))
			return true;
	return false;
}

static int set_number(const struct option_spec *o, const char *value, int64_t *out)
{
	if (!number_parse(value, o->min, o->max, out))
		return 0;
	msg_error("--%s: expected a number from %" PRId64 " to %" PRId64 ", got '%s'", o->name,
		  o->min, o->max, value);
	return -EINVAL;
}

static int set_option(const struct option_spec *o, void *opts, const char *value)
{
	void *member = (char *)opts + o->offset;
	char choices[128];

	if (o->choices && !is_choice(o->choices, value)) {
		spell_choices(o->choices, choices, sizeof(choices));
		msg_error("--%s: expected %s, got '%s'", o->name, choices, value);
		return -EINVAL;
	}
	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)member = value;
		return 0;
	case OPTION_PATH:
		/* A path that is made stays allocated until the program ends. */
		*(const char **)member =
			!strcmp(value, "-") || *value == '/' || !getenv("DAXDM_FROM")
				? value
				: options_user_path(value);
		return 0;
	case OPTION_WORDS:
		if (!words_add_new(member, value, strlen(value)))
			return 0;
		msg_error("out of memory");
		return -EINVAL;
	case OPTION_LIST:
		if (!words_add(member, value, strlen(value)))
			return 0;
		msg_error("out of memory");
		return -EINVAL;
	case OPTION_NUMBER:
		return set_number(o, value, member);
	case OPTION_CALL:
		return o->set(opts, value);
	case OPTION_END:
		break;
	}
	return -EINVAL;
}

/* The option at argv[*i], and its value, of which *i becomes the index. */
static int parse_option(const struct verb *verb, void *opts, int argc, char **argv, int *i)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '='), *value = NULL;
	const struct option_spec *o =
		find(verb->options, name, equals ? (size_t)(equals - name) : strlen(name));

	if (!o)
		return unknown_option(verb, argv[*i]);
	if (!o->arg && equals) {
		msg_error("%s: --%s takes no value", verb->name, o->name);
		return -EINVAL;
	}
	if (o->arg && equals)
		value = equals + 1;
	else if (o->arg && *i + 1 < argc)
		value = argv[++*i];
	if (o->arg && (!value || !*value)) {
		msg_error("%s: --%s needs a value: %s", verb->name, o->name, o->arg);
		return -EINVAL;
	}
	return set_option(o, opts, value);
}

static int refuse_word(const struct verb *verb, const char *word)
{
	msg_error("%s: unexpected word '%s'; ./run.sh help %s shows what it takes", verb->name,
		  word, verb->name);
	return -EINVAL;
}

int options_parse(const struct verb *verb, void *opts, int argc, char **argv)
{
	char **operands = calloc((size_t)argc + 1, sizeof(*operands));
	int n = 0, rc = operands ? 0 : -ENOMEM;
	bool only_operands = false;

	if (!memory_check(operands))
		msg_error("out of memory");
	for (int i = 1; i < argc && !rc; i++) {
		char *word = argv[i];

		if (only_operands || word[0] != '-' || !word[1]) {
			if (n == verb->operands)
				rc = refuse_word(verb, word);
			else
				operands[n++] = word;
		} else if (!strcmp(word, "--")) {
			only_operands = true;
		} else if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
			manual_print_verb(verb);
			rc = -1;
		} else if (word[1] != '-') {
			rc = refuse_word(verb, word);
		} else {
			rc = parse_option(verb, opts, argc, argv, &i);
		}
	}
	for (int i = 0; i < n && !rc; i++)
		argv[argc - n + i] = operands[i];
	free(operands);
	return rc == -1 ? -1 : rc ? -EINVAL : argc - n;
}
