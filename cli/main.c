// SPDX-License-Identifier: GPL-2.0-only
/* daxdm VERB [OPTION]...: finds the verb, nothing else. */
#include "cli/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct verb *const verbs[] = {
	&verb_list,	 &verb_bench,	 &verb_check,	  &verb_report,	  &verb_identical,
	&verb_compare,	 &verb_assert,	 &verb_gate,	  &verb_newest,	  &verb_verdicts,
	&verb_behaviour, &verb_coverage, &verb_provision, &verb_emulate,  &verb_checks,
	&verb_wants,	 &verb_explain,	 &verb_draw,	  &verb_watchdog, &verb_cleanup,
	&verb_new,
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(void)
{
	printf("usage: daxdm VERB [OPTION]...\n"
	       "DAX (direct access to persistent memory) through device-mapper, measured.\n\n");
	for (size_t i = 0; i < N_VERBS; i++)
		printf("  %-10s %s\n", verbs[i]->name, verbs[i]->why);
	printf("\ndaxdm VERB --help explains one.\n");
}

/* Flushes stdout.  Returns status, or lost after one error line if the output could not be written.
 */
static int finish(int status, int lost)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	msg_error("cannot write the output: %s", strerror(errno));
	return lost;
}

/* A verb that only prints has failed if its output could not be written, whatever its result was.
 * A check keeps its result, which is in its files. */
static int run_verb(const struct verb *verb, int argc, char **argv)
{
	int status;

	if (verb->no_memory)
		memory_or_exit(verb->no_memory);
	status = verb->run(argc, argv);
	return finish(status, verb->no_memory	      ? verb->no_memory
			      : status == STATUS_GOOD ? STATUS_BROKEN
						      : status);
}

int main(int argc, char **argv)
{
	const char *best = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2) {
		msg_error("no verb given; daxdm help lists them");
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return finish(STATUS_GOOD, STATUS_BROKEN);
	}
	for (size_t i = 0; i < N_VERBS; i++) {
		if (!strcmp(argv[1], verbs[i]->name))
			return run_verb(verbs[i], argc - 1, argv + 1);
		best = nearest_of(argv[1], best, verbs[i]->name);
	}
	if (best)
		msg_error("unknown verb '%s' (did you mean '%s'?); daxdm help lists them", argv[1],
			  best);
	else
		msg_error("unknown verb '%s'; daxdm help lists them", argv[1]);
	return STATUS_USAGE;
}
