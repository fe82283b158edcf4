// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/target.h"

#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/user_file.h"
#include "cli/driver/workspace.h"
#include "emu/vm_adapt.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/run/kernel_config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ---- before anything is done ---------------------------------------------------------------- */

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static void replace_word(char **word, char *with)
{
	free(*word);
	*word = with;
}

bool target_is_path(const char *word)
{
	char *path = options_user_path(word);
	bool is = strchr(word, '/') || is_file(path);

	free(path);
	return is;
}

/* Whether a directory may be the build tree of a kernel, built or not. */
static bool is_tree(const char *path)
{
	static const char *const names[] = {"arch", "Makefile", ".config"};
	bool is = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !is; i++) {
		char *name = process_text("%s/%s", path, names[i]);

		is = !access(name, F_OK);
		free(name);
	}
	return is;
}

bool target_is_foreign(const char *word)
{
	char *path = options_user_path(word);
	enum user_file what = user_file_of(path);
	bool is = target_is_path(word) && what != USER_FILE_KERNEL &&
		  !(what == USER_FILE_DIRECTORY && is_tree(path));

	free(path);
	return is;
}

static char *vet_tree(const char *tree, int no_kernel)
{
	char *image = process_text("%s/arch/x86/boot/bzImage", tree), *whole;

	if (!is_dir(tree))
		process_quit(STATUS_USAGE, "--kernel-tree %s: no such directory", tree);
	if (!is_file(image))
		process_quit(no_kernel,
			     "--kernel-tree %s: no arch/x86/boot/bzImage there; was it built (make "
			     "bzImage modules)?",
			     tree);
	free(image);
	whole = realpath(tree, NULL);
	if (!whole)
		process_quit(STATUS_USAGE, "--kernel-tree %s: %s", tree, strerror(errno));
	return whole;
}

/* Returns whether it is a file. */
static bool vet_kernel(char **kernel, int no_kernel)
{
	char *path = options_user_path(*kernel);
	bool is_path = target_is_path(*kernel);
	enum user_file what;

	if (strchr(*kernel, '/') && is_dir(path)) {
		replace_word(kernel, vet_tree(path, no_kernel));
		free(path);
		return false;
	}
	if (!is_path) {
		free(path);
		return false;
	}
	if (!is_file(path))
		process_quit(STATUS_USAGE, "--kernel %s: no such file", path);
	what = user_file_of(path);
	if (what != USER_FILE_KERNEL)
		process_quit(no_kernel,
			     "%s is no kernel (neither a bzImage nor an ELF vmlinux): it is %s%s",
			     path, user_file_name(what),
			     what == USER_FILE_CONFIG ? "; give the bzImage built from it" : "");
	replace_word(kernel, path);
	return true;
}

void target_vet_modules(const char *option, struct words *modules)
{
	for (size_t i = 0; i < modules->n; i++) {
		replace_word(&modules->list[i], options_user_path(modules->list[i]));
		if (!is_file(modules->list[i]))
			process_quit(STATUS_USAGE, "--%s %s: no such file", option,
				     modules->list[i]);
	}
}

void target_vet_guest(const struct target *t, const struct vm_machine *machine)
{
	struct vm_adapted adapted;
	char why[256];

	if (t->namespace && vm_adapt(machine, t->namespace, NULL, &adapted, why, sizeof(why)) < 0)
		process_quit(STATUS_USAGE, "--namespace: %s", why);
	if (t->append && vm_adapt(machine, NULL, t->append, &adapted, why, sizeof(why)) < 0)
		process_quit(STATUS_USAGE, "--append: %s", why);
}

const char *target_drivers(const struct target *t)
{
	const char *namespace = t->namespace ? t->namespace : "";

	return !strcmp(namespace, "memmap")   ? "+memmap"
	       : !strcmp(namespace, "virtio") ? "+virtio"
					      : "";
}

void target_add_guest_options(struct words *command, const struct target *t)
{
	if (t->namespace)
		command_add(command, "--namespace", t->namespace, NULL);
	if (t->append)
		command_add(command, "--append", t->append, NULL);
}

void target_split_kernels(struct words *kernels)
{
	struct words all = {0};

	for (size_t i = 0; i < kernels->n; i++) {
		char *copy = process_text("%s", kernels->list[i]), *rest = copy, *word;

		if (target_is_path(copy))
			command_add(&all, copy, NULL);
		else
			while ((word = strsep(&rest, ",")))
				if (*word)
					command_add(&all, word, NULL);
		free(copy);
	}
	words_free(kernels);
	*kernels = all;
}

void target_vet(struct target *t, int no_kernel)
{
	size_t files = 0;

	target_split_kernels(&t->kernels);
	for (size_t i = 0; i < t->kernels.n; i++)
		files += vet_kernel(&t->kernels.list[i], no_kernel);
	if (t->tree)
		command_add(&t->kernels, vet_tree(t->tree, no_kernel), NULL);
	if (!t->kernels.n)
		command_add(&t->kernels, "debian", NULL);
	if (files > 1 && t->modules)
		process_quit(STATUS_USAGE,
			     "only one --kernel PATH at a time: --modules has the modules of one");
	if (t->modules && !files)
		process_quit(STATUS_USAGE, "--modules goes with --kernel PATH only; to replace one "
					   "module use --module FILE.ko");
	if (t->modules && !is_dir(t->modules))
		process_quit(STATUS_USAGE, "--modules %s: no such directory", t->modules);
	target_vet_modules("module", &t->replaced);
	target_vet_guest(t, &vm_bench);
}

const char *target_option(const struct target *t)
{
	return t->kernels.n    ? "kernel"
	       : t->modules    ? "modules"
	       : t->tree       ? "kernel-tree"
	       : t->replaced.n ? "module"
	       : t->namespace  ? "namespace"
	       : t->append     ? "append"
	       : t->fresh      ? "fresh"
	       : t->console    ? "console"
			       : NULL;
}

void target_vet_host(const struct target *t, const char *refused)
{
	if (!t->host && t->devices.n)
		process_quit(STATUS_USAGE, "--device goes with --host only");
	if (!t->host && t->wipe)
		process_quit(STATUS_USAGE, "--wipe goes with --host only");
	if (!t->wipe && t->yes)
		process_quit(STATUS_USAGE, "--yes goes with --wipe only");
	if (!t->host)
		return;
	if (!t->devices.n)
		process_quit(STATUS_USAGE, "--host needs the pmem device that it may write to: "
					   "--device /dev/pmemN");
	if (target_option(t))
		refused = target_option(t);
	if (refused)
		process_quit(STATUS_USAGE,
			     "--%s is for the emulated host; it does not go with --host", refused);
}

void target_confirm_wipe(const struct target *t)
{
	char *line = NULL;
	size_t size = 0;

	for (size_t i = 0; i < t->devices.n && t->wipe && !t->yes; i++) {
		const char *node = t->devices.list[i];

		fprintf(stderr,
			"Everything on %s will be lost.  Type its name again to go on: ", node);
		if (getline(&line, &size, stdin) <= 0) {
			fputc('\n', stderr);
			process_quit(STATUS_USAGE,
				     "--wipe asks for the name of the device on stdin, and got "
				     "none; nothing was written; --yes does not ask");
		}
		line[strcspn(line, "\n")] = '\0';
		if (!isatty(STDIN_FILENO))
			fputc('\n', stderr);
		if (strcmp(line, node))
			process_quit(STATUS_USAGE,
				     "--wipe: expected %s, got '%s'; nothing was "
				     "written",
				     node, line);
	}
	free(line);
}

bool target_is_ladder(const struct target *t)
{
	return t->kernels.n > 1 || words_has(&t->kernels, "ladder") ||
	       words_has(&t->kernels, "all");
}

void target_vet_name(const char *name, bool step)
{
	const char *word = "[A-Za-z0-9_][A-Za-z0-9._+~-]{0,99}";
	char *pattern = process_text("^%s%s%s%s$", word, step ? "(/" : "", step ? word : "",
				     step ? ")?" : "");
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		process_quit(STATUS_BROKEN, "out of memory");
	if (name && regexec(&regex, name, 0, NULL, 0))
		process_quit(STATUS_USAGE,
			     "--name %s: letters, digits and . _ + - are allowed, 100 at most",
			     name);
	regfree(&regex);
	free(pattern);
}

void target_vet_name_is_free(const char *name)
{
	char *dir;

	if (!name)
		return;
	dir = process_text("results/%s", name);
	if (!access(dir, F_OK))
		process_quit(STATUS_USAGE,
			     "%s is there already and is never overwritten; "
			     "choose another --name or remove it",
			     dir);
	free(dir);
}

/* ---- kernels and guests --------------------------------------------------------------------- */

void target_vet_names(const struct target *t)
{
	struct words command = {0};
	size_t named = 0;
	int status;

	command_add(&command, place("emu/kernel.sh"), "identify", NULL);
	for (size_t i = 0; i < t->kernels.n; i++)
		if (*t->kernels.list[i] != '/' && ++named)
			command_add(&command, t->kernels.list[i], NULL);
	/* One alone is refused by target_find(). */
	if (named < 2) {
		words_free(&command);
		return;
	}
	status = process_run(&command, "/dev/null", NULL);
	if (status)
		process_exit(status);
}

/* The kernels that emu/kernel.sh prints for that verb. */
static void add_list(struct words *kernels, const char *verb)
{
	char *path = workspace_path("series"), *line = NULL;
	struct words command = {0};
	size_t size = 0;
	FILE *in;
	int status;

	command_add(&command, place("emu/kernel.sh"), verb, NULL);
	status = process_run(&command, path, NULL);
	if (status)
		process_exit(status);
	in = fopen(path, "re");
	while (in && getline(&line, &size, in) > 0) {
		line[strcspn(line, "\n")] = '\0';
		command_add(kernels, line, NULL);
	}
	if (in)
		fclose(in);
	free(line);
	free(path);
}

void target_expand_ladder(struct words *kernels)
{
	struct words all = {0};

	for (size_t i = 0; i < kernels->n; i++)
		if (!strcmp(kernels->list[i], "ladder"))
			add_list(&all, "series");
		else if (!strcmp(kernels->list[i], "all"))
			add_list(&all, "all");
		else
			command_add(&all, kernels->list[i], NULL);
	words_free(kernels);
	*kernels = all;
}

/* While this process holds the lock emu/kernel.sh does not remove the directory, however many
 * kernels are made meanwhile. */
static void hold_kernel(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_SH) < 0)
		process_quit(STATUS_BROKEN, "cannot lock %s: %s", dir, strerror(errno));
}

struct kernel target_make_kernel(struct words *command, const char *name)
{
	char *output = workspace_path("kernel"), *path;
	struct kernel found;
	int status = process_run(command, output, NULL);

	if (status)
		process_exit(status);
	found.dir = workspace_last_line(output);
	if (!found.dir)
		process_quit(STATUS_BROKEN, "no directory was printed for the kernel %s", name);
	hold_kernel(found.dir);
	path = process_text("%s/package", found.dir);
	found.package = workspace_first_line(path);
	free(path);
	path = process_text("%s/release", found.dir);
	found.release = workspace_first_line(path);
	free(path);
	free(output);
	return found;
}

struct kernel target_find(const struct target *t, const char *kernel)
{
	struct words command = {0};
	struct kernel found;

	phase_begin("kernel");
	command_add(&command, place("emu/kernel.sh"), "resolve", NULL);
	if (is_dir(kernel) && *kernel == '/')
		command_add(&command, "--tree", kernel, NULL);
	else
		command_add(&command, kernel, NULL);
	if (*kernel == '/' && !is_dir(kernel) && t->modules)
		command_add(&command, "--modules", t->modules, NULL);
	found = target_make_kernel(&command, kernel);
	phase_end("%s", found.package);
	return found;
}

/* Runs emu/initramfs.sh.  Returns the path that it prints, NULL if it prints none. */
static char *make_guest_file(const struct kernel *kernel, const char *kind,
			     const struct words *modules)
{
	char *output = workspace_path("guest"), *file;
	struct words command = {0};
	int status;

	command_add(&command, place("emu/initramfs.sh"), kernel->dir, kind, NULL);
	if (modules)
		command_add_each(&command, "--module", modules);
	status = process_run(&command, output, NULL);
	if (status)
		process_exit(status);
	file = workspace_last_line(output);
	free(output);
	return file;
}

struct guest_files target_make_guests(const struct kernel *kernel, const struct words *kinds,
				      const struct words *modules)
{
	struct guest_files files = {0};
	char names[256] = "";

	phase_begin("guests");
	if (modules->n)
		files.modules = make_guest_file(kernel, "modules", modules);
	for (size_t i = 0; i < kinds->n; i++) {
		char *file =
			make_guest_file(kernel, kinds->list[i], files.modules ? NULL : modules);

		if (!file)
			process_quit(STATUS_BROKEN, "emu/initramfs.sh printed no file for %s",
				     kinds->list[i]);
		command_add(&files.initramfs, file, NULL);
		free(file);
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? " " : "",
			 kinds->list[i]);
	}
	phase_end("%s%s", names, files.modules ? ", modules for restored guests" : "");
	return files;
}

struct guest_files target_make_check_guests(const struct kernel *kernel, const struct target *t)
{
	char *path = process_text("%s/config", kernel->dir);
	char *kind = process_text("check%s", target_drivers(t));
	FILE *config = fopen(path, "re");
	struct words kinds = {0};
	struct guest_files files;

	if (!kernel_config_writes_mounted(config, t->append ? t->append : ""))
		process_quit(STATUS_BROKEN,
			     "the kernel %s does not let checks write to a mounted block device "
			     "(CONFIG_BLK_DEV_WRITE_MOUNTED); add: --append "
			     "bdev_allow_write_mounted=1",
			     kernel->release);
	if (config)
		fclose(config);
	command_add(&kinds, kind, NULL);
	files = target_make_guests(kernel, &kinds, &t->replaced);
	words_free(&kinds);
	free(kind);
	free(path);
	return files;
}

void target_free_guests(struct guest_files *files)
{
	words_free(&files->initramfs);
	free(files->modules);
}

char *target_short_release(const char *release)
{
	static const char arch[] = "-amd64";
	size_t len = strlen(release);

	if (len > strlen(arch) && !strcmp(release + len - strlen(arch), arch))
		len -= strlen(arch);
	return process_text("%.*s", (int)len, release);
}

char *target_host_release(void)
{
	struct utsname host;

	uname(&host);
	return process_text("%s", host.release);
}

char *target_suffix(const struct words *modules)
{
	char *suffix = process_text("%s", "");

	for (size_t i = 0; i < modules->n; i++) {
		const char *slash = strrchr(modules->list[i], '/');
		const char *name = slash ? slash + 1 : modules->list[i];
		char *longer = process_text("%s+%.*s", suffix, (int)strcspn(name, "."), name);

		for (char *c = longer + strlen(suffix) + 1; *c; c++)
			if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
				*c = '_';
		free(suffix);
		suffix = longer;
	}
	return suffix;
}
