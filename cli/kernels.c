// SPDX-License-Identifier: GPL-2.0-only
/* daxdm kernels: shows, fetches and removes kernels of the archive (emu/kernel.sh). */
#include "cli/target.h"
#include "cli/workspace.h"
#include "lib/base/msg.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct kernels_request {
	struct words fetch, remove;
	bool json, update;
};

static const struct option_spec options[] = {
	OPTION("fetch", OPTION_WORDS, offsetof(struct kernels_request, fetch), "K",
	       "fetch that kernel"),
	OPTION("remove", OPTION_WORDS, offsetof(struct kernels_request, remove), "K",
	       "remove that kernel from build/kernels/"),
	OPTION("json", OPTION_FLAG, offsetof(struct kernels_request, json), NULL,
	       "print the table as JSON"),
	OPTION("update", OPTION_FLAG, offsetof(struct kernels_request, update), NULL,
	       "read the archive's package lists now; otherwise this is done once a day"),
	{0},
};

static int kernel_sh(const char *verb, const struct words *words)
{
	struct words command = {0};

	command_add(&command, "emu/kernel.sh", verb, NULL);
	command_add_all(&command, words);
	return process_run(&command, NULL, NULL);
}

static int kernels(const struct kernels_request *k, const struct words *words)
{
	const struct words none = {0};
	const struct target target = {0};
	int status = k->update ? kernel_sh("update", &none) : STATUS_GOOD;

	for (size_t i = 0; i < k->fetch.n && !status; i++) {
		const struct kernel found = target_find(&target, k->fetch.list[i]);
		const char *id = strrchr(found.dir, '/');

		printf("%s is in build/kernels/%s\n", found.package, id ? id + 1 : found.dir);
	}
	if (!status && k->remove.n)
		status = kernel_sh("remove", &k->remove);
	else if (!status && !k->fetch.n)
		status = kernel_sh(k->json ? "json" : "table", words);
	return status;
}

static int run(int argc, char **argv)
{
	struct kernels_request k = {0};
	int at = options_parse(&verb_kernels, &k, argc, argv);
	struct words words = {0};

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (k.fetch.n + k.remove.n && (k.json || at < argc))
		process_quit(STATUS_USAGE, "kernels: --fetch and --remove go with nothing else");
	for (int i = at; i < argc; i++)
		command_add(&words, argv[i], NULL);
	phase_lines = PHASES_NONE;
	workspace_open();
	workspace_setup("run", NULL);
	return kernels(&k, &words);
}

const struct verb verb_kernels = {
	.name = "kernels",
	.args = "[WORD]...",
	.why = "list the kernels of the archive by version or flavour, with sizes",
	.examples = {"kernels 6.12", "kernels --fetch 6.12.107"},
	.options = options,
	.operands = INT_MAX,
	.run = run,
};
