// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/kernel_list.h"

#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool has_label(const struct kernel_list *l, const char *label)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->list[i].label, label))
			return true;
	return false;
}

void kernel_list_read(struct kernel_list *l, const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!in)
		process_quit(STATUS_BROKEN, "cannot read %s: %s", path, strerror(errno));
	while (getline(&line, &size, in) > 0) {
		struct kernel_entry entry = {0};
		char **const fields[] = {&entry.label, &entry.package, &entry.version,
					 &entry.kernel};
		char *rest = line;

		line[strcspn(line, "\n")] = '\0';
		for (int f = 0; f < 4; f++) {
			char *field = strsep(&rest, "\t");

			*fields[f] = process_text("%s", field ? field : "");
		}
		if (has_label(l, entry.label))
			continue;
		l->list = realloc(l->list, (l->n + 1) * sizeof(*l->list));
		if (!l->list)
			process_quit(STATUS_BROKEN, "out of memory");
		l->list[l->n++] = entry;
	}
	free(line);
	fclose(in);
}

static void run_or_exit(struct words *command, const char *out)
{
	int status = process_run(command, out, NULL);

	if (status)
		process_exit(status);
}

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* A build of one's own has the same release as the one before: its id is a part of the label. */
static void add_own(const struct target *t, const char *kernel, FILE *out)
{
	const struct kernel found = target_find(t, kernel);
	char *release = target_short_release(found.release);
	const char *dash = strrchr(found.dir, '-');

	fprintf(out, "%s.%.8s\tfile\t%s\t%s\n", release, dash ? dash + 1 : found.dir, found.release,
		kernel);
	free(release);
	phase_begin("kernels");
}

static FILE *open_list(const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	return out;
}

static void write_list(const struct kernel_list *l, const char *path)
{
	FILE *out = open_list(path);

	for (size_t i = 0; i < l->n; i++)
		fprintf(out, "%s\t%s\t%s\t%s\n", l->list[i].label, l->list[i].package,
			l->list[i].version, l->list[i].kernel);
	if (fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
}

static void end_plan(const struct kernel_list *l)
{
	char text[1024] = "";

	for (size_t i = 0; i < l->n && strlen(text) + 8 < sizeof(text); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", l->list[i].label);
	phase_end("%zu:%s", l->n, text);
}

/* Writes what emu/kernel.sh says of the kernels that are named to the file PATH.  The list of all
 * is too long for a command line of one argument, not for one of many. */
static void identify(const struct words *named, const char *path)
{
	struct words command = {0};

	fclose(open_list(path));
	if (!named->n)
		return;
	command_add(&command, place("emu/kernel.sh"), "identify", NULL);
	command_add_all(&command, named);
	run_or_exit(&command, path);
}

void kernel_list_plan(struct kernel_list *l, struct target *t, const char *dir)
{
	char *own = workspace_path("own"), *named_path = workspace_path("named");
	char *sorted = workspace_path("sorted"), *path = process_text("%s/kernels.tsv", dir);
	struct words named = {0}, command = {0};
	FILE *out = open_list(own);

	phase_begin("kernels");
	target_expand_ladder(&t->kernels);
	for (size_t i = 0; i < t->kernels.n; i++) {
		if (*t->kernels.list[i] == '/')
			add_own(t, t->kernels.list[i], out);
		else
			command_add(&named, t->kernels.list[i], NULL);
	}
	fclose(out);
	identify(&named, named_path);
	command_add(&command, "sort", "-t", "\t", "-k3,3V", "-k1,1", own, named_path, NULL);
	run_or_exit(&command, sorted);
	kernel_list_read(l, sorted);
	write_list(l, path);
	end_plan(l);
	words_free(&named);
	free(own);
	free(named_path);
	free(sorted);
	free(path);
}

char *kernel_list_package(const struct kernel_entry *kernel)
{
	char *path, *text;

	if (strcmp(kernel->package, "file"))
		return process_text("%s %s", kernel->package, kernel->version);
	path = realpath(kernel->kernel, NULL);
	text = process_text("file %s%s", path ? path : kernel->kernel,
			    is_dir(kernel->kernel) ? "/arch/x86/boot/bzImage" : "");
	free(path);
	return text;
}

/* What was fetched, "PACKAGE VERSION" of each. */
static void find_here(struct words *here)
{
	glob_t found = {0};

	if (!glob(place_pattern("build/kernels/*/package"), 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++) {
			char *package = workspace_first_line(found.gl_pathv[i]);

			command_add(here, package, NULL);
			free(package);
		}
	globfree(&found);
}

void kernel_list_not_here(const struct kernel_list *l, struct words *packages)
{
	struct words here = {0};

	find_here(&here);
	for (size_t i = 0; i < l->n; i++) {
		char *package = kernel_list_package(&l->list[i]);

		if (strcmp(l->list[i].package, "file") && !words_has(&here, package))
			command_add(packages, l->list[i].package, NULL);
		free(package);
	}
	words_free(&here);
}

void kernel_list_add_options(struct words *job, const struct kernel_entry *kernel,
			     const struct target *t)
{
	if (strcmp(kernel->package, "file"))
		command_add(job, "--kernel", kernel->package, NULL);
	else if (is_dir(kernel->kernel))
		command_add(job, "--kernel-tree", kernel->kernel, NULL);
	else
		command_add(job, "--kernel", kernel->kernel, t->modules ? "--modules" : NULL,
			    t->modules, NULL);
	target_add_guest_options(job, t);
	if (t->fresh)
		command_add(job, "--fresh", NULL);
}
