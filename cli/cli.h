/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs of the program daxdm.  Each verb is one file in cli/ (or cli/emulate.c) with one entry
 * in the table of cli/main.c and one option table that feeds both its parser and its help.
 */
#ifndef DAXDM_CLI_H
#define DAXDM_CLI_H

/* A verb gets argv[0] = its own name.  Returns an enum exit_status. */
struct verb {
	const char *name;
	const char *args; /* for the usage line, e.g. "RUN" */
	const char *why;  /* one line */
	int (*run)(int argc, char **argv);
	/* It only reads and prints: where memory is missing it ends at once, with this status.
	 * 0: it has something to undo, and handles that itself. */
	int no_memory;
};

/* One option of a verb.  `arg` is the metavariable, or NULL for a flag. */
struct option_spec {
	const char *name; /* long name, without dashes */
	const char *arg;
	const char *help;
	/* Called for each occurrence; value is NULL for a flag.  Returns 0 or -EINVAL after it
	 * printed why with msg_error. */
	int (*set)(void *opts, const char *value);
};

/*
 * Parses argv by the table (ends with name == NULL).  Understands --name VALUE, --name=VALUE,
 * --help, and -- .  Returns the index of the first operand, -1 after --help was printed (the verb
 * then returns STATUS_GOOD), or -EINVAL after an error line (the verb returns STATUS_USAGE).
 * An unknown option gets a hint of the nearest known one.
 */
int options_parse(const struct verb *verb, const struct option_spec *table, void *opts, int argc,
		  char **argv);

extern const struct verb verb_list;	 /* cli/list.c */
extern const struct verb verb_bench;	 /* cli/bench.c */
extern const struct verb verb_check;	 /* cli/check.c */
extern const struct verb verb_coverage;	 /* cli/coverage.c */
extern const struct verb verb_provision; /* cli/provision.c */
extern const struct verb verb_emulate;	 /* cli/emulate.c */
extern const struct verb verb_checks;	 /* cli/emulate_checks.c */
extern const struct verb verb_report;	 /* cli/report.c */
extern const struct verb verb_identical; /* cli/identical.c */
extern const struct verb verb_compare;	 /* cli/compare.c */
extern const struct verb verb_newest;	 /* cli/newest.c */
extern const struct verb verb_assert;	 /* cli/assert.c */
extern const struct verb verb_gate;	 /* cli/gate.c */
extern const struct verb verb_verdicts;	 /* cli/verdicts.c */
extern const struct verb verb_behaviour; /* cli/behaviour.c */
extern const struct verb verb_wants;	 /* cli/wants.c */
extern const struct verb verb_explain;	 /* cli/explain.c */
extern const struct verb verb_draw;	 /* cli/draw.c */
extern const struct verb verb_cleanup;	 /* cli/cleanup.c */
extern const struct verb verb_new;	 /* cli/new.c */
extern const struct verb verb_watchdog;	 /* cli/watchdog.c */

#endif
