// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm inspect: what a layout of devices means for DAX: on which memory, which huge pages are lost
 * to what, which known kernel bugs it meets, what a fault costs.  Of a file, a mounted filesystem
 * or a device of this machine, or of one that the text of other programs describes.  It only reads.
 */
#include "cli/inspect.h"

#include "cli/driver/process.h"
#include "cli/driver/run_dir.h"
#include "cli/options/cli.h"
#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/terminal.h"
#include "lib/dev/device_use.h"
#include "lib/dev/graph_live.h"
#include "lib/file/fs.h"

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

static const struct option_spec options[] = {
	OPTION("from-text", OPTION_FLAG, offsetof(struct inspect, from_text), NULL,
	       "the operands are files with what dmsetup table, vgcfgbackup, lvs, pvs or lsblk -J "
	       "printed, or -"),
	OPTION("kernel", OPTION_TEXT, offsetof(struct inspect, kernel), "VERSION",
	       "the kernel on it, e.g. 6.18 (default: that of this machine)"),
	OPTION("json", OPTION_FLAG, offsetof(struct inspect, json), NULL, "print the same as JSON"),
	{0},
};

void inspect_put(struct inspect *in, const struct layout *layout, const char *fs, json_t *state)
{
	const struct kernel_version *kernel = in->known ? &in->version : NULL;
	struct layout_costs costs;

	if (kernel)
		inspect_cost(in, layout, fs, &costs);
	if (in->json) {
		json_t *out = memory_check(layout_json(layout, in->known, kernel));

		if (kernel)
			layout_costs_json(&costs, out);
		json_object_update(out, state);
		json_array_append_new(in->found, out);
	} else {
		if (in->any)
			putchar('\n');
		layout_print(layout, in->known, kernel, stdout);
		if (kernel && !layout->not_direct && !layout->unknown)
			layout_costs_print(&costs, layout, stdout);
	}
	in->any = true;
	json_decref(state);
}

/* ---- of this machine ------------------------------------------------------------------------- */

/* What a word of the user's names. */
struct place_of_word {
	struct stat stat;
	int fd;			   /* of a regular file; -1 */
	dev_t device;		   /* that it is or is on */
	struct device_mount mount; /* of the filesystem that it is in; its type is "": none */
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

static void open_word(const char *word, struct place_of_word *place)
{
	char path[PATH_MAX];

	*place = (struct place_of_word){.fd = -1};
	if (!find_path(word, path, sizeof(path), &place->stat))
		process_quit(STATUS_USAGE,
			     "inspect: %s: no such file, directory, device or VG/LV; with "
			     "--from-text a file with the output of dmsetup, LVM or lsblk",
			     word);
	place->device = S_ISBLK(place->stat.st_mode) ? place->stat.st_rdev : place->stat.st_dev;
	if (!S_ISBLK(place->stat.st_mode) && !major(place->device))
		process_quit(STATUS_USAGE, "inspect: %s is in a filesystem without a block device",
			     word);
	device_find_mount(major(place->device), minor(place->device), &place->mount);
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

/* What the kernel does with it now: {"filesystem": {...}, "file": {...}}. */
static json_t *state_of(const struct place_of_word *place, const struct extents *extents)
{
	const struct device_mount *m = &place->mount;
	int dax = place->fd < 0 ? -1 : fs_file_is_dax(place->fd);
	json_t *state = json_object();

	if (*m->type)
		json_object_set_new(state, "filesystem",
				    json_pack("{ss ss ss}", "type", m->type, "mounted_on", m->point,
					      "options", m->options));
	if (place->fd < 0)
		return state;
	json_object_set_new(
		state, "file",
		json_pack("{so so sI}", "dax", dax < 0 ? json_null() : json_boolean(dax),
			  "map_sync",
			  dax > 0 ? json_boolean(grants_map_sync(place->fd)) : json_false(),
			  "shared_bytes", (json_int_t)extents->shared_bytes));
	return state;
}

static void print_state(const json_t *state)
{
	const json_t *fs = json_object_get(state, "filesystem"),
		     *file = json_object_get(state, "file"), *dax = json_object_get(file, "dax");
	int64_t shared_bytes = json_field_number(file, "shared_bytes");
	const char *options = json_field_text(fs, "options");

	if (fs)
		printf("Filesystem: %s on %s (%s)\n", json_field_text(fs, "type"),
		       json_field_text(fs, "mounted_on"), options);
	if (!file)
		return;
	printf("File: DAX is %s", json_is_true(dax)    ? "on"
				  : json_is_false(dax) ? "off"
						       : "not reported by the filesystem");
	if (json_is_true(dax))
		printf(", MAP_SYNC is %s",
		       json_is_true(json_object_get(file, "map_sync")) ? "granted" : "refused");
	else if (json_is_false(dax) && !strstr(options, "dax"))
		fputs("; the filesystem is mounted without dax=always or dax=inode", stdout);
	if (shared_bytes > 0)
		printf(", %s share blocks (reflink): the first store to such a page copies it",
		       bytes_text((uint64_t)shared_bytes).s);
	putchar('\n');
}

/* Returns an exit status. */
static int cannot_read(const char *word, int rc, const char *why)
{
	if (rc == -EUCLEAN)
		msg_error("inspect: %s: not all of its blocks are allocated yet; `sync %s` first",
			  word, word);
	else
		msg_error("inspect: %s: %s%s", word, *why ? why : strerror(-rc),
			  geteuid() && (rc == -EACCES || rc == -EPERM)
				  ? "; tables and addresses of devices need root"
				  : "");
	return STATUS_BROKEN;
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
	json_t *state;
	int rc;

	open_word(word, &place);
	rc = graph_live_read(major(place.device), minor(place.device), live, why, sizeof(why));
	if (!rc && place.fd >= 0) {
		rc = extents_read_allocated(place.fd, &extents);
		if (rc < 0)
			graph_live_free(live);
	}
	if (rc < 0) {
		free(live);
		if (place.fd >= 0)
			close(place.fd);
		return cannot_read(word, rc, why);
	}
	of = (struct backing){&live->graph, live->device};
	name = place.fd < 0 ? process_text("%s", graph_live_name(live))
			    : process_text("%s on %s", word, graph_live_name(live));
	layout_of(of, name, place.fd < 0 ? NULL : &extents, huge_causes_max_sectors_kb(of),
		  &layout);
	state = state_of(&place, &extents);
	inspect_put(in, &layout, *place.mount.type ? place.mount.type : NULL, json_incref(state));
	if (!in->json)
		print_state(state);
	json_decref(state);
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
	if (in.from_text)
		status = inspect_texts(&in, argv + at, argc - at);
	for (int i = at; i < argc && !in.from_text && status == STATUS_GOOD; i++)
		status = inspect_live(&in, argv[i]);
	if (in.json && status == STATUS_GOOD && terminal_print_json(in.found, stdout) < 0)
		status = STATUS_BROKEN;
	json_decref(in.found);
	inspect_runs_free(in.runs);
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
