// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm inspect: what a layout of devices means for DAX: on which memory, which huge pages are lost
 * to what, which known kernel bugs it meets.  Of a file, a mounted filesystem or a device of this
 * machine, or of one that the text of other programs describes.  It only reads.
 */
#include "cli/driver/process.h"
#include "cli/driver/run_dir.h"
#include "cli/options/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/terminal.h"
#include "lib/base/text_file.h"
#include "lib/base/words.h"
#include "lib/dev/graph_live.h"
#include "lib/dev/stack.h"
#include "lib/dev/stack_text.h"
#include "lib/file/fs.h"
#include "report/inspect/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Members of a text have no size: as large as no table needs, so that no table is scaled. */
#define MEMBER_BYTES (UINT64_C(1) << 50)

struct inspect {
	const char *kernel;
	bool json, from_text;
	struct kernel_version version;
	struct known *known;
	json_t *found; /* with json */
};

static const struct option_spec options[] = {
	OPTION("from-text", OPTION_FLAG, offsetof(struct inspect, from_text), NULL,
	       "the operands are files with what dmsetup table, vgcfgbackup or lvs printed, or -"),
	OPTION("kernel", OPTION_TEXT, offsetof(struct inspect, kernel), "VERSION",
	       "the kernel on it, e.g. 6.18 (default: that of this machine)"),
	OPTION("json", OPTION_FLAG, offsetof(struct inspect, json), NULL, "print the same as JSON"),
	{0},
};

static void put(struct inspect *in, const struct layout *layout)
{
	if (in->json)
		json_array_append_new(
			in->found, layout_json(layout, in->known, in->known ? &in->version : NULL));
	else
		layout_print(layout, in->known, in->known ? &in->version : NULL, stdout);
}

/* ---- from text ------------------------------------------------------------------------------- */

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
	put(in, &layout);
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
static int inspect_text(struct inspect *in, const char *path)
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

/* ---- of this machine ------------------------------------------------------------------------- */

/* What a word of the user's names. */
struct place_of_word {
	struct stat stat;
	int fd;		  /* of a regular file; -1 */
	dev_t device;	  /* that it is or is on */
	char mount[2200]; /* point, type and options of the filesystem that it is in; "" */
};

/* A path, VG/LV, or the name of a device of device-mapper. */
static bool find_path(const char *word, char *path, size_t size, struct stat *st)
{
	static const char *const folders[] = {"/dev/", "/dev/mapper/"};
	char *own = options_user_path(word);

	snprintf(path, size, "%s", own);
	free(own);
	if (!stat(path, st))
		return true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, size, "%s%s", folders[i], word);
		if (!stat(path, st) && S_ISBLK(st->st_mode))
			return true;
	}
	return false;
}

/* The mount of a device: the first line of mountinfo with its numbers. */
static void find_mount(dev_t device, char *out, size_t size)
{
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char line[4096], point[1024], options[1024], type[64], more[1024];
	unsigned int a, b;

	*out = '\0';
	while (in && !*out && fgets(line, sizeof(line), in)) {
		const char *dash = strstr(line, " - ");

		if (sscanf(line, "%*d %*d %u:%u %*s %1023s %1023s", &a, &b, point, options) != 4 ||
		    a != major(device) || b != minor(device) || !dash ||
		    sscanf(dash, " - %63s %*s %1023s", type, more) != 2)
			continue;
		snprintf(out, size, "%s on %s (%s)", type, point, more);
	}
	if (in)
		fclose(in);
}

static void open_word(const char *word, struct place_of_word *place)
{
	char path[PATH_MAX];

	*place = (struct place_of_word){.fd = -1};
	if (!find_path(word, path, sizeof(path), &place->stat))
		process_quit(STATUS_USAGE,
			     "inspect: %s: no such file, directory, device or VG/LV; with "
			     "--from-text a file with the output of dmsetup, vgcfgbackup or lvs",
			     word);
	place->device = S_ISBLK(place->stat.st_mode) ? place->stat.st_rdev : place->stat.st_dev;
	if (!S_ISBLK(place->stat.st_mode) && !major(place->device))
		process_quit(STATUS_USAGE, "inspect: %s is in a filesystem without a block device",
			     word);
	find_mount(place->device, place->mount, sizeof(place->mount));
	if (!S_ISREG(place->stat.st_mode))
		return;
	place->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (place->fd < 0)
		process_quit(STATUS_BROKEN, "inspect: cannot read %s: %s", word, strerror(errno));
}

/* Whether the kernel grants MAP_SYNC on the file: a mapping without an access. */
static bool grants_map_sync(int fd)
{
	void *map = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);

	if (map == MAP_FAILED)
		return false;
	munmap(map, PAGE_BYTES);
	return true;
}

/* What the kernel does with it now. */
static void put_state(const struct place_of_word *place, FILE *out)
{
	int dax = place->fd < 0 ? -1 : fs_file_is_dax(place->fd);

	if (*place->mount)
		fprintf(out, "Filesystem: %s\n", place->mount);
	if (dax < 0)
		return;
	fprintf(out, "File: DAX is %s", dax ? "on" : "off");
	if (dax)
		fprintf(out, ", MAP_SYNC is %s",
			grants_map_sync(place->fd) ? "granted" : "refused");
	else if (!strstr(place->mount, "dax"))
		fputs("; the filesystem is mounted without dax=always or dax=inode", out);
	fputc('\n', out);
}

/* Returns an exit status. */
static int inspect_live(struct inspect *in, const char *word)
{
	struct graph_live *live = memory_check(calloc(1, sizeof(*live)));
	struct extents extents = {0};
	struct place_of_word place;
	struct layout layout;
	struct backing of;
	char why[512], *name;
	int rc;

	if (!live)
		process_quit(STATUS_BROKEN, "out of memory");
	open_word(word, &place);
	rc = graph_live_read(major(place.device), minor(place.device), live, why, sizeof(why));
	if (!rc && place.fd >= 0)
		rc = extents_read(place.fd, &extents);
	if (rc < 0) {
		msg_error("inspect: %s: %s", word, *why ? why : strerror(-rc));
		free(live);
		return STATUS_BROKEN;
	}
	of = (struct backing){&live->graph, live->device};
	name = place.fd < 0 ? process_text("%s", graph_live_name(live))
			    : process_text("%s on %s", word, graph_live_name(live));
	layout_of(of, name, place.fd < 0 ? NULL : &extents, huge_causes_max_sectors_kb(of),
		  &layout);
	put(in, &layout);
	if (!in->json)
		put_state(&place, stdout);
	free(name);
	extents_free(&extents);
	if (place.fd >= 0)
		close(place.fd);
	graph_live_free(live);
	free(live);
	return STATUS_GOOD;
}

/* ---- all ------------------------------------------------------------------------------------- */

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
		msg_error(
			"inspect: expected a file, a directory, a device or VG/LV; or --from-text "
			"and a file");
		return STATUS_USAGE;
	}
	find_kernel(&in);
	/* An emulated host does not have them. */
	if (!access(RUN_DIR_KNOWN, F_OK) && known_read(RUN_DIR_KNOWN, &in.known) < 0)
		return STATUS_BROKEN;
	in.found = json_array();
	for (int i = at; i < argc && status == STATUS_GOOD; i++) {
		char *path = strcmp(argv[i], "-") ? options_user_path(argv[i]) : strdup("-");

		if (i > at && !in.json)
			putchar('\n');
		status = in.from_text ? inspect_text(&in, path) : inspect_live(&in, argv[i]);
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
	.args = "FILE|DIR|DEVICE|VG/LV...",
	.why = "what a layout means for DAX: of a file, a filesystem, a device, or from text",
	.examples = {"inspect /mnt/pmem/file", "inspect --from-text --kernel 6.18 tables.txt"},
	.options = options,
	.operands = INT_MAX,
	.run = run,
	.no_memory = STATUS_BROKEN,
};
