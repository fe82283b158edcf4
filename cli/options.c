// SPDX-License-Identifier: GPL-2.0-only
/* One table feeds the parser and the help, so they cannot drift apart. */
#include "cli/cli.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void print_help(const struct verb *verb, const struct option_spec *table)
{
	printf("usage: daxdm %s [OPTION]... %s\n%s\n\n", verb->name, verb->args, verb->why);
	for (const struct option_spec *o = table; o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
		printf("  %-26s %s\n", left, o->help);
	}
	printf("  %-26s %s\n", "--help", "this text");
}

static const struct option_spec *find(const struct option_spec *table, const char *name, size_t len)
{
	for (const struct option_spec *o = table; o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static int unknown_option(const struct verb *verb, const struct option_spec *table,
			  const char *word)
{
	const char *best = NULL;
	char typed[64]; /* dashes included */
	const char *name;

	snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(word, "="), word);
	name = typed + strspn(typed, "-");
	for (const struct option_spec *o = table; o->name; o++)
		best = nearest_of(name, best, o->name);
	if (best)
		msg_error("%s: unknown option %s (did you mean --%s?); daxdm %s --help lists them",
			  verb->name, typed, best, verb->name);
	else
		msg_error("%s: unknown option %s; daxdm %s --help lists them", verb->name, typed,
			  verb->name);
	return -EINVAL;
}

int options_parse(const struct verb *verb, const struct option_spec *table, void *opts, int argc,
		  char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *name = argv[i], *equals, *value = NULL;
		const struct option_spec *o;

		if (name[0] != '-' || !name[1])
			return i;
		if (!strcmp(name, "--"))
			return i + 1;
		if (!strcmp(name, "--help") || !strcmp(name, "-h")) {
			print_help(verb, table);
			return -1;
		}
		if (name[1] != '-')
			return unknown_option(verb, table, argv[i]);
		name += 2;
		equals = strchr(name, '=');
		o = find(table, name, equals ? (size_t)(equals - name) : strlen(name));
		if (!o)
			return unknown_option(verb, table, argv[i]);
		if (o->arg && equals) {
			value = equals + 1;
		} else if (o->arg && i + 1 < argc) {
			value = argv[++i];
		} else if (o->arg) {
			msg_error("%s: --%s needs a value: %s", verb->name, o->name, o->arg);
			return -EINVAL;
		} else if (equals) {
			msg_error("%s: --%s takes no value", verb->name, o->name);
			return -EINVAL;
		}
		if (o->set(opts, value) < 0)
			return -EINVAL;
	}
	return i;
}
