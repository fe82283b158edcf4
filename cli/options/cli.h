/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs of daxdm.  A verb is one file in cli/ with one entry in the table of
 * cli/options/verbs.c.  Its option table is the only place that knows its options: the parser
 * (cli/options/options.c), the help, the man page, doc/options.md and the completion of bash
 * (cli/options/help.c) are made from it.
 */
#ifndef DAXDM_CLI_H
#define DAXDM_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

/* What an option sets: a member of the verb's structure, of the type given here. */
enum option_kind {
	OPTION_END = 0, /* the last row of a table */
	OPTION_FLAG,	/* bool */
	OPTION_TEXT,	/* const char * */
	OPTION_PATH,	/* const char *, a path seen from the user's directory; "-" stays */
	OPTION_WORDS,	/* struct words (lib/base/words.h): may be given several times */
	OPTION_LIST,	/* the same; keeps a word that is given twice */
	OPTION_NUMBER,	/* int64_t from min to max */
	OPTION_CALL,	/* none: set() is called for each occurrence */
};

struct option_spec {
	const char *name; /* long name, without dashes */
	enum option_kind kind;
	size_t offset;	     /* of the member, by offsetof() */
	const char *arg;     /* the metavariable; NULL for a flag */
	const char *help;    /* one line; starts with a small letter, no full stop */
	const char *choices; /* the only values, with | between them; NULL: any text */
	int64_t min, max;    /* of OPTION_NUMBER */
	/* Of OPTION_CALL.  Returns 0 or -EINVAL after one error line. */
	int (*set)(void *opts, const char *value);
	bool repeatable; /* of OPTION_CALL; OPTION_WORDS always is */
	bool internal;	 /* for this program and its tests alone: no help shows it */
};

/* A row of an option table; behind the help may stand .choices, .min, .max, .set and so on. */
#define OPTION(name_, kind_, offset_, arg_, help_, ...)                                      \
	{                                                                                    \
		.name = name_, .kind = kind_, .offset = offset_, .arg = arg_, .help = help_, \
		__VA_ARGS__                                                                  \
	}

/* A verb gets argv[0] = its own name.  Its run() returns an enum exit_status. */
struct verb {
	const char *name;
	const char *args;		   /* of the usage line behind [OPTION]..., e.g. "RUN" */
	const char *why;		   /* one line, as the help of an option */
	const char *examples[2];	   /* behind place_command() */
	const struct option_spec *options; /* ends with kind OPTION_END; NULL: none */
	int operands;			   /* how many words it takes at most that are no options */
	int (*run)(int argc, char **argv); /* NULL: run.sh does it */
	/* It only reads and prints: where memory is missing it ends at once, with this status.
	 * 0: it has something to undo, and handles that itself. */
	int no_memory;
	bool internal;	 /* for this program and its tests alone: no help lists it */
	bool on_sources; /* needs a checkout; an installed daxdm refuses and does not list it */
};

/*
 * Parses argv by the verb's table into opts.  Understands --name VALUE, --name=VALUE, --help, and
 * -- (operands follow).  Options and operands may stand in any order; operands are moved to the
 * end of argv.  Returns the index of the first operand (argc if there is none), -1 after --help
 * was printed (the verb then returns STATUS_GOOD), or -EINVAL after one error line (the verb
 * returns STATUS_USAGE).
 */
int options_parse(const struct verb *verb, void *opts, int argc, char **argv);

/* PATH as seen from the directory in which run.sh was called.  To be freed; ends the process
 * without memory. */
char *options_user_path(const char *path);

/* All verbs, the last one is NULL. */
extern const struct verb *const verb_table[];

/* Whether the help lists it. */
bool verb_is_shown(const struct verb *verb);

/* Ends the process: this is installed, and what was asked for needs a checkout. */
noreturn void verb_needs_sources(const char *what);

/* The verb of that name, or NULL. */
const struct verb *verb_find(const char *name);

/* One error line: there is no such verb, and which one was meant. */
void verb_unknown(const char *name);

/* Prints the help of one verb, or of all of them. */
void manual_print_verb(const struct verb *verb);
void manual_print(void);

extern const struct verb verb_assert;
extern const struct verb verb_behaviour;
extern const struct verb verb_bench;
extern const struct verb verb_bench_here;
extern const struct verb verb_bisect;
extern const struct verb verb_check;
extern const struct verb verb_check_here;
extern const struct verb verb_checks;
extern const struct verb verb_cleanup;
extern const struct verb verb_compare;
extern const struct verb verb_coverage;
extern const struct verb verb_doctor;
extern const struct verb verb_draw;
extern const struct verb verb_emulate;
extern const struct verb verb_explain;
extern const struct verb verb_gate;
extern const struct verb verb_help;
extern const struct verb verb_hold_devices;
extern const struct verb verb_identical;
extern const struct verb verb_inspect;
extern const struct verb verb_kernels;
extern const struct verb verb_known;
extern const struct verb verb_list;
extern const struct verb verb_measure_kernel;
extern const struct verb verb_modules_given;
extern const struct verb verb_mutant;
extern const struct verb verb_mutants;
extern const struct verb verb_new;
extern const struct verb verb_publish;
extern const struct verb verb_provision;
extern const struct verb verb_report;
extern const struct verb verb_reproduce_here;
extern const struct verb verb_reproducers;
extern const struct verb verb_shell;
extern const struct verb verb_shell_here;
extern const struct verb verb_slurm_element;
extern const struct verb verb_verdicts;
extern const struct verb verb_watchdog;

#endif
