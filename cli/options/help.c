// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm help: the manual, made from the option tables: for a terminal, as doc/options.md, as the
 * man page doc/daxdm.1, and as doc/daxdm.bash, which completes verbs and options.
 */
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, LEFT = 24 };

static const char summary[] =
	"Measures what it costs to reach persistent memory directly (DAX) through "
	"device-mapper, and verifies every contract on that path, on this host or on an "
	"emulated one.";

struct exit_meaning {
	int status;
	const char *meaning;
};

static const struct exit_meaning meanings[] = {
	{STATUS_GOOD, "good"},
	{STATUS_FAILED, "a regression, a difference or a failed check"},
	{STATUS_NOT_COMPARABLE, "the runs are not comparable"},
	{STATUS_BROKEN, "the harness broke: nothing was found out about the kernel"},
	{STATUS_USAGE, "wrong usage"},
	{STATUS_SKIPPED, "everything was skipped"},
	{125, "assert: nothing was found out; git bisect run skips the commit"},
	{130, "interrupted"},
};

#define N_MEANINGS (sizeof(meanings) / sizeof(meanings[0]))

struct help_options {
	const char *format;
};

/* ---- the terminal ---------------------------------------------------------------------------- */

/* Prints text in lines of WIDTH, each after the first indented; the first begins in that column. */
static void wrap(const char *text, int column, int indent)
{
	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column + len > WIDTH - 1 && column > indent) {
			printf("\n%*s", indent, "");
			column = indent;
		}
		printf("%.*s", len, text);
		column += len;
		text += len;
		if (*text == ' ') {
			text++;
			if (column + 1 + (int)strcspn(text, " ") <= WIDTH - 1) {
				putchar(' ');
				column++;
			} else {
				printf("\n%*s", indent, "");
				column = indent;
			}
		}
	}
	putchar('\n');
}

static void row(const char *left, const char *text)
{
	int len = (int)strlen(left);

	printf("  %s", left);
	if (len > LEFT - 2)
		printf("\n%*s", LEFT + 2, "");
	else
		printf("%*s", LEFT - len, "");
	wrap(text, LEFT + 2, LEFT + 2);
}

static bool may_repeat(const struct option_spec *o)
{
	return o->kind == OPTION_WORDS || o->kind == OPTION_LIST || o->repeatable;
}

static void spell_option(const struct option_spec *o, char *buf, size_t size)
{
	snprintf(buf, size, "--%s%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "",
		 may_repeat(o) ? "..." : "");
}

static bool is_shown(const struct verb *verb, const struct option_spec *o)
{
	return !o->internal || verb->internal;
}

static const char *program(const struct verb *verb)
{
	return verb->internal ? place("build/daxdm") : place_command();
}

/* A long one is broken before an option. */
static void print_example(const char *prog, const char *example)
{
	int column = printf("  %s ", prog);

	while (*example) {
		const char *next = strstr(example + 1, " --");
		int len = next ? (int)(next - example) : (int)strlen(example);

		if (column + len > WIDTH - 2 && *example == ' ') {
			column = 5;
			printf(" \\\n     ");
		}
		column += printf("%.*s", len, example);
		example += len;
	}
	putchar('\n');
}

void manual_print_verb(const struct verb *verb)
{
	char left[80];

	printf("usage: %s %s%s%s%s\n", program(verb), verb->name,
	       verb->options ? " [OPTION]..." : "", *verb->args ? " " : "", verb->args);
	putchar('\n');
	wrap(verb->why, 0, 0);
	putchar('\n');
	for (const struct option_spec *o = verb->options; o && o->kind; o++) {
		if (!is_shown(verb, o))
			continue;
		spell_option(o, left, sizeof(left));
		row(left, o->help);
	}
	row("--help", "print this text");
	if (verb->examples[0])
		printf("\nexamples:\n");
	for (int i = 0; i < 2 && verb->examples[i]; i++)
		print_example(program(verb), verb->examples[i]);
}

void manual_print(void)
{
	char left[80];

	printf("usage: %s VERB [OPTION]...\n\n", place_command());
	wrap(summary, 0, 0);
	putchar('\n');
	for (const struct verb *const *v = verb_table; *v; v++) {
		if (!verb_is_shown(*v))
			continue;
		snprintf(left, sizeof(left), "%s%s%s", (*v)->name, *(*v)->args ? " " : "",
			 (*v)->args);
		row(left, (*v)->why);
	}
	printf("\n%s help VERB explains one; %s --version prints the version.\n\nexit status:\n",
	       place_command(), place_command());
	for (size_t i = 0; i < N_MEANINGS; i++)
		printf("  %-4d %s\n", meanings[i].status, meanings[i].meaning);
}

/* ---- Markdown -------------------------------------------------------------------------------- */

/* Text that Markdown would take for markup. */
static void markdown_text(const char *text)
{
	for (; *text; text++) {
		if (strchr("*_<>|[]`\\", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void markdown_verb(const struct verb *verb)
{
	char left[80];

	printf("\n## %s\n\n", verb->name);
	markdown_text(verb->why);
	printf("\n\n```sh\n");
	printf("./run.sh %s%s%s%s\n```\n", verb->name, verb->options ? " [OPTION]..." : "",
	       *verb->args ? " " : "", verb->args);
	if (verb->options)
		printf("\n| option | meaning |\n|---|---|\n");
	for (const struct option_spec *o = verb->options; o && o->kind; o++) {
		if (!is_shown(verb, o))
			continue;
		spell_option(o, left, sizeof(left));
		printf("| `%s` | ", left);
		markdown_text(o->help);
		printf(" |\n");
	}
	for (int i = 0; i < 2 && verb->examples[i]; i++)
		printf("%s    ./run.sh %s\n", i ? "" : "\nExamples:\n\n", verb->examples[i]);
}

static void markdown(void)
{
	printf("<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
	       "<!-- Made by `build/daxdm help --format markdown`; do not edit. -->\n"
	       "# Verbs and options\n\n```text\n");
	manual_print();
	printf("```\n\nOptions with `...` may be given several times.\n");
	for (const struct verb *const *v = verb_table; *v; v++)
		if (verb_is_shown(*v))
			markdown_verb(*v);
}

/* ---- the man page ---------------------------------------------------------------------------- */

/* Text in which troff finds no request, escape or hyphen to break at. */
static void man_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		printf("\\&");
	for (; *text; text++) {
		if (*text == '\\')
			printf("\\e");
		else if (*text == '-')
			printf("\\-");
		else if (*text == '\'')
			printf("\\(aq");
		else
			putchar(*text);
	}
}

static void man_verb(const struct verb *verb)
{
	char left[80];

	printf(".SS ");
	man_text(verb->name);
	if (*verb->args)
		printf(" ");
	man_text(verb->args);
	printf("\n");
	man_text(verb->why);
	printf(".\n");
	for (const struct option_spec *o = verb->options; o && o->kind; o++) {
		if (!is_shown(verb, o))
			continue;
		spell_option(o, left, sizeof(left));
		printf(".TP\n.B ");
		man_text(left);
		printf("\n");
		man_text(o->help);
		printf("\n");
	}
	for (int i = 0; i < 2 && verb->examples[i]; i++) {
		printf(".PP\n.EX\n\\&%s ", place_command());
		man_text(verb->examples[i]);
		printf("\n.EE\n");
	}
}

static void man_files(void)
{
	printf(".SH FILES\n"
	       ".TP\n.I ./results/\nThe runs, in the current directory.\n"
	       ".TP\n.I $XDG_CACHE_HOME/daxdm/\n"
	       "Kernels, initramfs and snapshots of the emulated host; ~/.cache/daxdm without that "
	       "variable, and\n"
	       "/var/cache/daxdm for root.\n"
	       ".B daxdm clean\nremoves what is there.\n");
}

static void man(void)
{
	printf(".\\\" SPDX-License-Identifier: GPL-2.0-only\n"
	       ".\\\" Made by `build/daxdm help --format man`; do not edit.\n"
	       ".TH DAXDM 1 \"\" \"daxdm %s\" \"User Commands\"\n"
	       ".SH NAME\ndaxdm \\- benchmark and checks of DAX through device-mapper\n"
	       ".SH SYNOPSIS\n.B %s\n.I VERB\n[\\fIOPTION\\fR]...\n.SH DESCRIPTION\n",
	       DAXDM_VERSION, place_command());
	man_text(summary);
	printf("\n.PP\nOptions with ... may be given several times.\n.SH VERBS\n");
	for (const struct verb *const *v = verb_table; *v; v++)
		if (verb_is_shown(*v))
			man_verb(*v);
	printf(".SH EXIT STATUS\n");
	for (size_t i = 0; i < N_MEANINGS; i++)
		printf(".TP\n.B %d\n%s\n", meanings[i].status, meanings[i].meaning);
	if (place_is_installed())
		man_files();
}

/* ---- completion ------------------------------------------------------------------------------ */

static void completion(void)
{
	printf("# SPDX-License-Identifier: GPL-2.0-only\n"
	       "# Made by `build/daxdm help --format bash`; do not edit.  Use: . doc/daxdm.bash\n"
	       "# shellcheck shell=bash\n"
	       "_daxdm() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} words\n"
	       "\tif ((COMP_CWORD == 1)); then\n\t\twords=\"");
	for (const struct verb *const *v = verb_table; *v; v++)
		if (verb_is_shown(*v))
			printf("%s%s", v == verb_table ? "" : " ", (*v)->name);
	printf("\"\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (const struct verb *const *v = verb_table; *v; v++) {
		if (!verb_is_shown(*v))
			continue;
		printf("\t\t%s) words=\"", (*v)->name);
		for (const struct option_spec *o = (*v)->options; o && o->kind; o++)
			if (is_shown(*v, o))
				printf("--%s ", o->name);
		printf("--help\" ;;\n");
	}
	printf("\t\t*) words= ;;\n\t\tesac\n\tfi\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n"
	       "complete -o default -F _daxdm %s\n",
	       place_is_installed() ? place_command() : "run.sh ./run.sh");
}

/* ---- the verb -------------------------------------------------------------------------------- */

static const struct option_spec options[] = {
	OPTION("format", OPTION_TEXT, offsetof(struct help_options, format), "FORMAT",
	       "print the whole manual as markdown, man or bash (completion)",
	       .choices = "markdown|man|bash"),
	{0},
};

static int run(int argc, char **argv)
{
	struct help_options o = {0};
	int at = options_parse(&verb_help, &o, argc, argv);
	const struct verb *verb;

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (o.format && !strcmp(o.format, "markdown")) {
		markdown();
	} else if (o.format && !strcmp(o.format, "man")) {
		man();
	} else if (o.format) {
		completion();
	} else if (at < argc) {
		verb = verb_find(argv[at]);
		if (!verb) {
			verb_unknown(argv[at]);
			return STATUS_USAGE;
		}
		manual_print_verb(verb);
	} else {
		manual_print();
	}
	return STATUS_GOOD;
}

const struct verb verb_help = {
	.name = "help",
	.args = "[VERB]",
	.why = "print the verbs, or the options of one",
	.examples = {"help", "help bench"},
	.options = options,
	.operands = 1,
	.run = run,
	.no_memory = STATUS_BROKEN,
};
