// SPDX-License-Identifier: GPL-2.0-only
/* daxdm VERB [OPTION]...: finds the verb, nothing else. */
#include "bench/table.h"
#include "cli/driver/process.h"
#include "cli/driver/workspace.h"
#include "cli/options/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/run/context.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Flushes stdout.  Returns status, or lost after one error line if the output could not be
 * written. */
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

	if (verb->on_sources && place_is_installed())
		verb_needs_sources(verb->name);
	if (!verb->run) {
		msg_error("%s is a verb of run.sh alone: ./run.sh %s", verb->name, verb->name);
		return STATUS_USAGE;
	}
	if (!verb->internal)
		process_catch_signals();
	if (!verb->internal && getenv("DAXDM_FROM") && !access(place("build"), W_OK))
		workspace_sweep();
	if (verb->no_memory)
		memory_or_exit(verb->no_memory);
	status = verb->run(argc, argv);
	return finish(status, verb->no_memory	      ? verb->no_memory
			      : status == STATUS_GOOD ? STATUS_BROKEN
						      : status);
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2) {
		msg_error("no verb given; ./run.sh help lists them");
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		json_t *build = context_build_digest();

		printf("daxdm %s, build %s\n", DAXDM_VERSION, json_string_value(build));
		json_decref(build);
		return finish(STATUS_GOOD, STATUS_BROKEN);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		manual_print();
		return finish(STATUS_GOOD, STATUS_BROKEN);
	}
	bench_register_roles();
	verb = verb_find(argv[1]);
	if (verb)
		return run_verb(verb, argc - 1, argv + 1);
	verb_unknown(argv[1]);
	return STATUS_USAGE;
}
