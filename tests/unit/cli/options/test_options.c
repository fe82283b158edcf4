// SPDX-License-Identifier: GPL-2.0-only
/* cli/options/options.c: the parser, its error lines, and the help, all from one table. */
#include "cli/options/cli.h"
#include "lib/base/words.h"

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
	bool fresh;
	const char *stack, *path, *meter;
	struct words fs;
	int64_t n;
};

static int refuse(void *opts, const char *value)
{
	(void)opts;
	(void)value;
	return -EINVAL;
}

static const struct option_spec table[] = {
	OPTION("fresh", OPTION_FLAG, offsetof(struct seen, fresh), NULL, "boot anew"),
	OPTION("stack", OPTION_TEXT, offsetof(struct seen, stack), "SPEC", "only this stack"),
	OPTION("meter", OPTION_TEXT, offsetof(struct seen, meter), "M", "what is counted",
	       .choices = "insn|time|none"),
	OPTION("fs", OPTION_WORDS, offsetof(struct seen, fs), "F", "this filesystem, too",
	       .choices = "ext4|xfs"),
	OPTION("number", OPTION_NUMBER, offsetof(struct seen, n), "N", "how often", .min = 1,
	       .max = 100),
	OPTION("output", OPTION_PATH, offsetof(struct seen, path), "FILE", "where to"),
	OPTION("picky", OPTION_CALL, 0, "X", "never content", .set = refuse),
	OPTION("hidden", OPTION_FLAG, offsetof(struct seen, fresh), NULL, "for tests",
	       .internal = true),
	{0},
};

static const struct verb verb = {.name = "try",
				 .args = "[FILE]",
				 .why = "tries it",
				 .examples = {"try --fresh"},
				 .options = table,
				 .operands = 1};

enum { MAX_WORDS = 8 };

struct known {
	const char *words[MAX_WORDS]; /* without argv[0] */
	int want;		      /* what options_parse returns: argc less the operands */
	const char *text; /* must be on stderr (or stdout for --help); NULL: nothing at all */
};

static const struct known known[] = {
	{{NULL}, 1, NULL},
	{{"file"}, 1, NULL},
	{{"--fresh"}, 2, NULL},
	{{"--fresh", "--fresh", "file"}, 3, NULL},
	{{"file", "--fresh", "--stack", "raw"}, 4, NULL},
	{{"--", "--fresh"}, 2, NULL},
	{{"--fresh", "--", "x"}, 3, NULL},
	{{"-"}, 1, NULL},
	{{"--hidden"}, 2, NULL},
	{{"a", "b"}, -EINVAL, "try: unexpected word 'b'"},
	{{"--stack"}, -EINVAL, "try: --stack needs a value: SPEC"},
	{{"--stack="}, -EINVAL, "try: --stack needs a value: SPEC"},
	{{"--fresh=1"}, -EINVAL, "try: --fresh takes no value"},
	{{"--picky", "x"}, -EINVAL, NULL},
	{{"--meter", "ns"}, -EINVAL, "--meter: expected insn, time or none, got 'ns'"},
	{{"--meter", "time|none"}, -EINVAL, "got 'time|none'"},
	{{"--fs", "btrfs"}, -EINVAL, "--fs: expected ext4 or xfs, got 'btrfs'"},
	{{"--number", "0"}, -EINVAL, "--number: expected a number from 1 to 100, got '0'"},
	{{"--number", "07"}, -EINVAL, "got '07'"},
	{{"--frehs"}, -EINVAL, "unknown option '--frehs' (did you mean '--fresh'?)"},
	{{"--stak=linear:16"}, -EINVAL, "did you mean '--stack'?"},
	{{"--hiddne"}, -EINVAL, "'--hiddne'; "},
	{{"--zzzzzz"}, -EINVAL, "./run.sh help try lists them"},
	{{"-x"}, -EINVAL, "unexpected word '-x'"},
	{{"--help"}, -1, "--fs F..."},
	{{"-h"}, -1, "usage: ./run.sh try [OPTION]... [FILE]"},
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
	result = options_parse(&verb, seen, argc, argv);
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

		words_free(&seen.fs);
		if (result != k->want)
			fail_msg("row %zu (%s): returned %d, wanted %d", i,
				 k->words[0] ? k->words[0] : "nothing", result, k->want);
		if (k->text ? !strstr(text, k->text) : text[0] != '\0')
			fail_msg("row %zu (%s) printed '%s'", i, k->words[0], text);
	}
}

static void test_values(void **state)
{
	static const struct known k = {.words = {"--stack=a", "--stack=b,c=d", "--fs=xfs",
						 "--fs=ext4", "--fs=xfs", "--number=100",
						 "--output=out", "--meter=none"}};
	struct seen seen = {0};
	char text[4096];

	(void)state;
	setenv("DAXDM_FROM", "/from/here", 1);
	assert_int_equal(parse(&k, &seen, text, sizeof(text)), 9);
	unsetenv("DAXDM_FROM");
	assert_string_equal(seen.stack, "b,c=d");
	assert_int_equal(seen.fs.n, 2);
	assert_string_equal(seen.fs.list[0], "xfs");
	assert_int_equal(seen.n, 100);
	assert_string_equal(seen.path, "/from/here/out");
	assert_string_equal(seen.meter, "none");
	assert_false(seen.fresh);
	words_free(&seen.fs);
	free((char *)seen.path);
}

static void test_help_has_every_option(void **state)
{
	static const struct known help = {.words = {"--help"}};
	struct seen seen = {0};
	char text[4096];

	(void)state;
	assert_int_equal(parse(&help, &seen, text, sizeof(text)), -1);
	assert_non_null(strstr(text, verb.why));
	for (const struct option_spec *o = table; o->name; o++)
		assert_int_equal(!strstr(text, o->help), o->internal);
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
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_help_has_every_option),
		cmocka_unit_test(test_an_error_is_one_line),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
