// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm inspect: what a layout of devices means for DAX, from the text of other programs: on which
 * memory, which huge pages are lost to what, which known kernel bugs it meets.  It only reads.
 */
#include "cli/driver/process.h"
#include "cli/driver/run_dir.h"
#include "cli/options/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/terminal.h"
#include "lib/base/text_file.h"
#include "lib/base/words.h"
#include "lib/dev/stack.h"
#include "lib/dev/stack_text.h"
#include "report/inspect/layout.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* Members of a text have no size: as large as no table needs, so that no table is scaled. */
#define MEMBER_BYTES (UINT64_C(1) << 50)

struct inspect {
	const char *kernel;
	bool json;
	struct kernel_version version;
	struct known *known;
	json_t *found; /* with json */
};

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_TEXT, offsetof(struct inspect, kernel), "VERSION",
	       "the kernel on it, e.g. 6.18 (default: that of this machine)"),
	OPTION("json", OPTION_FLAG, offsetof(struct inspect, json), NULL, "print the same as JSON"),
	{0},
};

/* Whether the name is one that disks of other kinds have. */
static bool is_other_disk(const char *name)
{
	static const char *const kinds[] = {"/dev/sd",	 "/dev/vd",  "/dev/hd", "/dev/nvme",
					    "/dev/loop", "/dev/ram", "/dev/md", "/dev/xvd"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(name, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

/* The next of names that are separated by blanks. */
static void next_name(const char **names, char *name, size_t size)
{
	size_t len = strcspn(*names, " ");

	snprintf(name, size, "%.*s", (int)len, *names);
	*names += len + ((*names)[len] == ' ');
}

/* Namespaces of the first n names. */
static void make_members(const char **names, struct namespace *members, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct namespace *ns = &members[i];

		*ns = (struct namespace){.size_bytes = MEMBER_BYTES,
					 .resource_bytes = (i + 1) * MEMBER_BYTES};
		next_name(names, ns->node, sizeof(ns->node));
		ns->fsdax = !is_other_disk(ns->node);
		ns->mode = ns->fsdax ? NAMESPACE_FSDAX : NAMESPACE_RAW;
	}
}

/* The DM devices, lowest first, are called as in the text. */
static void rename_devices(const char **names, struct graph *g)
{
	for (unsigned int i = 0; i < g->n; i++)
		if (g->devices[i].kind == GRAPH_DM)
			next_name(names, g->devices[i].name, sizeof(g->devices[i].name));
}

/* Returns an exit status. */
static int show(struct inspect *in, const char *word, const char *names)
{
	struct namespace *members = calloc(STACK_OVER_MAX, sizeof(*members));
	struct stack *stack = calloc(1, sizeof(*stack));
	struct stack_spec spec;
	struct layout layout;
	char why[512] = "";
	int rc;

	if (!members || !stack)
		process_quit(STATUS_BROKEN, "out of memory");
	rc = stack_parse(word, &spec, why, sizeof(why));
	if (!rc) {
		make_members(&names, members, spec.members);
		rc = stack_describe(&spec, members, spec.members, MEMBER_BYTES, stack, why,
				    sizeof(why));
	}
	if (rc < 0) {
		msg_error("inspect: %s", *why ? why : strerror(-rc));
		free(members);
		free(stack);
		return rc == -ENOMEM ? STATUS_BROKEN : STATUS_USAGE;
	}
	rename_devices(&names, &stack->graph);
	layout_of(stack_backing(stack), stack->graph.devices[stack->device].name, NULL, 0, &layout);
	if (in->json)
		json_array_append_new(in->found, layout_json(&layout, in->known, &in->version));
	else
		layout_print(&layout, in->known, &in->version, stdout);
	graph_destroy(&stack->graph);
	free(members);
	free(stack);
	return STATUS_GOOD;
}

static int add_line(void *out, const char *path, unsigned int line, char *text)
{
	(void)path;
	(void)line;
	return fprintf(out, "%s\n", text) < 0 ? -ENOMEM : 0;
}

static char *read_text(const char *path)
{
	char *text = NULL;
	FILE *out = memory_stream(&text);

	if (!out)
		process_quit(STATUS_BROKEN, "out of memory");
	if (!strcmp(path, "-")) {
		for (int c, n = 0; (c = getchar()) != EOF; n++) {
			if (!c || n >= TEXT_FILE_BYTES_MAX)
				process_quit(STATUS_USAGE, "inspect: stdin is not text of at most "
							   "1 MiB");
			fputc(c, out);
		}
	} else if (text_file_read(path, "the text", add_line, out) < 0) {
		process_exit(STATUS_USAGE);
	}
	if (fclose(out))
		process_quit(STATUS_BROKEN, "out of memory");
	return text;
}

/* vgcfgbackup writes braces; lvs has a heading with LV in it. */
static const char *kind_of(const char *text)
{
	const char *word = text + strspn(text, " \t\n");
	size_t len = strcspn(word, "\n");
	const char *lv = memmem(word, len, "LV ", 3);

	return strchr(text, '{') || lv ? STACK_TEXT_LVM : STACK_TEXT_TABLE;
}

/* Returns an exit status. */
static int inspect(struct inspect *in, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct words stacks = {0}, names = {0};
	char why[1024] = "", note[512] = "", *text = read_text(path);
	int status = STATUS_GOOD;

	if (stack_text_expand_named(
		    kind_of(text), strcmp(path, "-") ? slash ? slash + 1 : path : "stdin", NULL,
		    text, &stacks, &names, note, sizeof(note), why, sizeof(why)) < 0)
		process_quit(STATUS_USAGE, "inspect: %s", why);
	if (*note)
		msg_note("inspect: %s", note);
	for (size_t i = 0; i < stacks.n && status == STATUS_GOOD; i++) {
		if (i && !in->json)
			putchar('\n');
		status = show(in, stacks.list[i], names.list[i]);
	}
	words_free(&stacks);
	words_free(&names);
	free(text);
	return status;
}

static void find_kernel(struct inspect *in)
{
	struct utsname name;

	if (!in->kernel && !uname(&name))
		kernel_version_read(name.release, &in->version);
	else if (in->kernel && kernel_version_read(in->kernel, &in->version) < 0)
		process_quit(STATUS_USAGE, "inspect: --kernel %s: expected a version, e.g. 6.18",
			     in->kernel);
}

static int run(int argc, char **argv)
{
	struct inspect in = {0};
	int at = options_parse(&verb_inspect, &in, argc, argv), status = STATUS_GOOD;

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (at == argc) {
		msg_error("inspect: expected a file with what dmsetup table, vgcfgbackup or lvs "
			  "printed, or - for stdin");
		return STATUS_USAGE;
	}
	find_kernel(&in);
	if (known_read(RUN_DIR_KNOWN, &in.known) < 0)
		return STATUS_BROKEN;
	in.found = json_array();
	for (int i = at; i < argc && status == STATUS_GOOD; i++) {
		char *path = strcmp(argv[i], "-") ? options_user_path(argv[i]) : strdup("-");

		status = inspect(&in, path);
		free(path);
	}
	if (in.json && status == STATUS_GOOD && terminal_print_json(in.found, stdout) < 0)
		status = STATUS_BROKEN;
	json_decref(in.found);
	known_free(in.known);
	return status;
}

const struct verb verb_inspect = {
	.name = "inspect",
	.args = "FILE...",
	.why = "what a layout means for DAX, from the text of dmsetup table, vgcfgbackup or lvs",
	.examples = {"inspect tables.txt", "inspect --kernel 6.18 - <vg.txt"},
	.options = options,
	.operands = INT_MAX,
	.run = run,
	.no_memory = STATUS_BROKEN,
};
