// SPDX-License-Identifier: GPL-2.0-only
/* cli/options.c: the parser, its error lines, and the help, all from one table. */
#include "cli/cli.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct seen {
	int flags;
	int values;
	const char *last;
};

static int set_flag(void *opts, const char *value)
{
	struct seen *seen = opts;

	assert_null(value);
	seen->flags++;
	return 0;
}

static int set_value(void *opts, const char *value)
{
	struct seen *seen = opts;

	assert_non_null(value);
	seen->values++;
	seen->last = value;
	return 0;
}

static int refuse(void *opts, const char *value)
{
	(void)opts;
	(void)value;
	return -EINVAL;
}

static const struct option_spec table[] = {
	{"fresh", NULL, "boot anew", set_flag},
	{"stack", "SPEC", "only this stack", set_value},
	{"picky", "X", "never content", refuse},
	{0},
};

static const struct verb verb = {.name = "try", .args = "[FILE]", .why = "Tries it."};

enum { MAX_WORDS = 8 };

struct known {
	const char *words[MAX_WORDS]; /* without argv[0] */
	int want;		      /* what options_parse returns */
	int flags, values;
	const char *last; /* value seen last */
	const char *text; /* must be on stderr (or stdout for --help); NULL: nothing at all */
};

static const struct known known[] = {
	{{NULL}, 1, 0, 0, NULL, NULL},
	{{"file"}, 1, 0, 0, NULL, NULL},
	{{"--fresh"}, 2, 1, 0, NULL, NULL},
	{{"--fresh", "--fresh", "file"}, 3, 2, 0, NULL, NULL},
	{{"--stack", "raw"}, 3, 0, 1, "raw", NULL},
	{{"--stack=raw"}, 2, 0, 1, "raw", NULL},
	{{"--stack=linear:16,align=4k"}, 2, 0, 1, "linear:16,align=4k", NULL},
	{{"--stack="}, 2, 0, 1, "", NULL},
	{{"--stack", "--fresh"}, 3, 0, 1, "--fresh", NULL},
	{{"--stack", "a", "--stack", "b", "--fresh"}, 6, 1, 2, "b", NULL},
	{{"--", "--fresh"}, 2, 0, 0, NULL, NULL},
	{{"--fresh", "--", "x"}, 3, 1, 0, NULL, NULL},
	{{"-"}, 1, 0, 0, NULL, NULL},
	{{"file", "--fresh"}, 1, 0, 0, NULL, NULL},
	{{"--stack"}, -EINVAL, 0, 0, NULL, "try: --stack needs a value: SPEC"},
	{{"--fresh=1"}, -EINVAL, 0, 0, NULL, "try: --fresh takes no value"},
	{{"--picky", "x"}, -EINVAL, 0, 0, NULL, NULL},
	{{"--frehs"}, -EINVAL, 0, 0, NULL, "unknown option --frehs"},
	{{"--stak", "raw"}, -EINVAL, 0, 0, NULL, "did you mean --stack?"},
	{{"--stak=linear:16"}, -EINVAL, 0, 0, NULL, "did you mean --stack?"},
	{{"--zzzzzz"}, -EINVAL, 0, 0, NULL, "daxdm try --help lists them"},
	{{"-x"}, -EINVAL, 0, 0, NULL, "unknown option -x"},
	{{"--fres"}, -EINVAL, 0, 0, NULL, "did you mean --fresh?"},
	{{"--help"}, -1, 0, 0, NULL, "--stack SPEC"},
	{{"-h"}, -1, 0, 0, NULL, "usage: daxdm try [OPTION]... [FILE]"},
};

/* Calls options_parse with stdout and stderr in `text`.  Returns what it returned. */
static int parse(const struct known *k, struct seen *seen, char *text, size_t size)
{
	char *argv[MAX_WORDS + 2] = {(char *)"try"};
	int argc = 1, result, out = dup(1), err = dup(2);
	FILE *capture = tmpfile();
	size_t len;

	assert_non_null(capture);
	while (argc <= MAX_WORDS && k->words[argc - 1]) {
		argv[argc] = (char *)k->words[argc - 1];
		argc++;
	}
	fflush(NULL);
	dup2(fileno(capture), 1);
	dup2(fileno(capture), 2);
	result = options_parse(&verb, table, seen, argc, argv);
	fflush(NULL);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
	rewind(capture);
	len = fread(text, 1, size - 1, capture);
	text[len] = '\0';
	fclose(capture);
	return result;
}

static void test_known_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct known *k = &known[i];
		struct seen seen = {0};
		char text[4096];
		int result = parse(k, &seen, text, sizeof(text));

		if (result != k->want || seen.flags != k->flags || seen.values != k->values ||
		    (k->last && (!seen.last || strcmp(seen.last, k->last))))
			fail_msg("row %zu (%s): returned %d, wanted %d", i,
				 k->words[0] ? k->words[0] : "nothing", result, k->want);
		if (k->text ? !strstr(text, k->text) : text[0] != '\0')
			fail_msg("row %zu (%s) printed '%s'", i, k->words[0], text);
	}
}

static void test_help_has_every_option(void **state)
{
	static const struct known help = {.words = {"--help"}};
	struct seen seen = {0};
	char text[4096];

	(void)state;
	assert_int_equal(parse(&help, &seen, text, sizeof(text)), -1);
	assert_non_null(strstr(text, verb.why));
	for (const struct option_spec *o = table; o->name; o++) {
		assert_non_null(strstr(text, o->name));
		assert_non_null(strstr(text, o->help));
	}
}

static void test_an_error_is_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct seen seen = {0};
		char text[4096], *newline;

		if (parse(&known[i], &seen, text, sizeof(text)) != -EINVAL || !text[0])
			continue;
		newline = strchr(text, '\n');
		assert_non_null(newline);
		assert_string_equal(newline, "\n");
		assert_memory_equal(text, "daxdm: ", 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_help_has_every_option),
		cmocka_unit_test(test_an_error_is_one_line),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
