// SPDX-License-Identifier: GPL-2.0-only
/* Layouts of another machine, from the text of dmsetup, LVM and lsblk. */
#include "cli/driver/process.h"
#include "cli/inspect.h"
#include "cli/options/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/text_file.h"
#include "lib/dev/graph_lsblk.h"
#include "lib/dev/stack.h"
#include "lib/dev/stack_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Members of a text have no size: as large as no table needs, so that no table is scaled. */
#define MEMBER_BYTES (UINT64_C(1) << 50)

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
static void make_members(const struct inspect *in, const char **names, struct namespace *members,
			 unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct namespace *ns = &members[i];
		char name[sizeof(ns->node)];

		*ns = (struct namespace){.size_bytes = MEMBER_BYTES,
					 .resource_bytes = (i + 1) * MEMBER_BYTES};
		next_name(names, name, sizeof(name));
		if (!graph_lsblk_node(in->lsblk, name, ns->node, sizeof(ns->node)))
			strcpy(ns->node, name);
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
		make_members(in, &names, members, spec.members);
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
	inspect_put(in, &layout, NULL, NULL);
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

/* vgcfgbackup writes braces; lvs has a heading with LV in it, pvs one with PV. */
static const char *kind_of(const char *text)
{
	const char *word = text + strspn(text, " \t\n");
	size_t len = strcspn(word, "\n");

	return strchr(text, '{') || memmem(word, len, "LV ", 3) || memmem(word, len, "PV ", 3)
		       ? STACK_TEXT_LVM
		       : STACK_TEXT_TABLE;
}

/* A text, and its last path component for messages. */
struct text {
	const char *name;
	char *text;
	json_t *lsblk; /* of lsblk -J: the same as data */
};

/* Returns an exit status. */
static int inspect_text(struct inspect *in, const struct text *t)
{
	struct words stacks = {0}, names = {0};
	char why[1024] = "", note[512] = "";
	int status = STATUS_GOOD;

	if (stack_text_expand_named(kind_of(t->text), t->name, NULL, t->text, &stacks, &names, note,
				    sizeof(note), why, sizeof(why)) < 0)
		process_quit(STATUS_USAGE, "inspect: %s", why);
	if (*note)
		msg_note("inspect: %s", note);
	for (size_t i = 0; i < stacks.n && status == STATUS_GOOD; i++)
		status = show(in, stacks.list[i], names.list[i]);
	words_free(&stacks);
	words_free(&names);
	return status;
}

/* The devices on persistent memory that lsblk shows. */
static void inspect_lsblk(struct inspect *in, const struct text *t)
{
	struct graph_live *live = memory_check(calloc(1, sizeof(*live)));
	struct layout layout;
	char why[512];
	size_t n = 0;
	int rc;

	for (; !(rc = graph_lsblk_read(t->lsblk, n, live, why, sizeof(why))); n++) {
		layout_of((struct backing){&live->graph, live->device}, graph_live_name(live), NULL,
			  0, &layout);
		inspect_put(in, &layout, NULL, NULL);
		graph_live_free(live);
	}
	free(live);
	if (rc < 0)
		process_quit(rc == -ENOMEM ? STATUS_BROKEN : STATUS_USAGE, "inspect: %s: %s",
			     t->name, *why ? why : strerror(-rc));
	if (!n)
		process_quit(STATUS_USAGE, "inspect: %s: lsblk shows no persistent memory (pmemN)",
			     t->name);
}

static struct text read_named(const char *name)
{
	char *path = strcmp(name, "-") ? options_user_path(name) : strdup("-");
	const char *slash = strrchr(name, '/');
	struct text t = {.name = !strcmp(name, "-") ? "stdin" : slash ? slash + 1 : name};
	json_error_t error;

	t.text = read_text(memory_check(path));
	if (t.text[strspn(t.text, " \t\n")] == '{') {
		t.lsblk = json_loads(t.text, 0, &error);
		if (!t.lsblk)
			process_quit(STATUS_USAGE, "inspect: %s:%d: not JSON of lsblk: %s", t.name,
				     error.line, error.text);
	}
	free(path);
	return t;
}

int inspect_texts(struct inspect *in, char *const names[], int n)
{
	struct text *texts = memory_check(calloc((size_t)n, sizeof(*texts)));
	int status = STATUS_GOOD;
	bool tables = false;

	for (int i = 0; i < n; i++) {
		texts[i] = read_named(names[i]);
		tables |= !texts[i].lsblk;
		in->lsblk = texts[i].lsblk ? texts[i].lsblk : in->lsblk;
	}
	for (int i = 0; i < n && status == STATUS_GOOD; i++) {
		/* Together with tables it says what devices are called. */
		if (!texts[i].lsblk)
			status = inspect_text(in, &texts[i]);
		else if (!tables)
			inspect_lsblk(in, &texts[i]);
	}
	for (int i = 0; i < n; i++) {
		json_decref(texts[i].lsblk);
		free(texts[i].text);
	}
	in->lsblk = NULL;
	free(texts);
	return status;
}
