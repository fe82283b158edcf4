/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured or checked: kernels of the archive or of the user's own, in guests of the
 * emulated host, or this host.  All functions end the process after one error line if something is
 * wrong (cli/driver/process.h).
 */
#ifndef DAXDM_TARGET_H
#define DAXDM_TARGET_H

#include "cli/driver/process.h"
#include "cli/options/cli.h"

struct target {
	struct words kernels; /* as asked for; target_vet() makes files and trees absolute paths */
	const char *modules, *tree;
	struct words replaced; /* files of modules, in place of the kernel's own */
	int64_t seed;
	bool fresh, console, host, wipe, yes;
	struct words devices;
	const char *name;		/* of the run; NULL: not chosen */
	const char *namespace, *append; /* of the emulated host; may be NULL (emu/vm_adapt.h) */
};

#define TARGET_SEED_MAX UINT32_MAX

/* Rows of the option table of a verb whose structure has a struct target. */
#define TARGET_MODULE_OPTIONS(type, target)                                                 \
	OPTION("modules", OPTION_PATH, offsetof(type, target.modules), "DIR",               \
	       "the modules of that bzImage: DIR/lib/modules/RELEASE, or that directory"),  \
		OPTION("kernel-tree", OPTION_PATH, offsetof(type, target.tree), "DIR",      \
		       "the kernel of that build tree, with its modules"),                  \
	{                                                                                   \
		.name = "module", OPTION_WORDS, offsetof(type, target.replaced), "FILE.ko", \
		"put this module in place of the kernel's own of that name"                 \
	}
#define TARGET_GUEST_OPTIONS(type, target)                                                    \
	OPTION("namespace", OPTION_TEXT, offsetof(type, target.namespace), "SPEC",            \
	       "how to make the namespaces: align=4k, align=2m, align=1g, map=dev, map=mem, " \
	       "labels=none, mode=sector, with commas; or memmap, or virtio"),                \
	{                                                                                     \
		.name = "append", OPTION_TEXT, offsetof(type, target.append), "ARGUMENTS",    \
		"more arguments of the kernel"                                                \
	}
#define TARGET_HOST_OPTIONS(type, target)                                                          \
	OPTION("fresh", OPTION_FLAG, offsetof(type, target.fresh), NULL,                           \
	       "boot, even if there is a snapshot to restore"),                                    \
		OPTION("console", OPTION_FLAG, offsetof(type, target.console), NULL,               \
		       "show the console of the emulated host"),                                   \
		OPTION("host", OPTION_FLAG, offsetof(type, target.host), NULL,                     \
		       "run on this host instead of an emulated one; needs --device"),             \
		OPTION("wipe", OPTION_FLAG, offsetof(type, target.wipe), NULL,                     \
		       "with --host: erase signatures on the devices; asks for the name of each"), \
	{                                                                                          \
		.name = "yes", OPTION_FLAG, offsetof(type, target.yes), NULL,                      \
		"with --wipe: do not ask"                                                          \
	}

/* One that can be booted. */
struct kernel {
	char *dir, *package, *release; /* package: "linux-image-... VERSION" or "file PATH" */
};

/* Refuses kernels, modules and trees that are not there, before anything is installed or built;
 * adds the default kernel if there is none.  no_kernel: the exit status where a tree was not
 * built. */
void target_vet(struct target *t, int no_kernel);

/* Makes of a word "A,B" the words A and B, unless it is a path. */
void target_split_kernels(struct words *kernels);

/* Whether word is a path or file of the user's, not the name of a kernel. */
bool target_is_path(const char *word);

/* Whether word is such a path, but neither a kernel nor the build tree of one. */
bool target_is_foreign(const char *word);

/* Makes the words absolute paths, and refuses files that are not there; option: by which they
 * came. */
void target_vet_modules(const char *option, struct words *modules);

/* The name of an option of the emulated host that was given, but for --seed; NULL: none was. */
const char *target_option(const struct target *t);

struct vm_machine;

/* Refuses --namespace and --append that cannot be of guests of that machine; target_vet() does so
 * for vm_bench. */
void target_vet_guest(const struct target *t, const struct vm_machine *machine);

/* What the kind of an initramfs gets for drivers of such namespaces: "+memmap", "+virtio", "". */
const char *target_drivers(const struct target *t);

/* Adds --namespace and --append as they were given. */
void target_add_guest_options(struct words *command, const struct target *t);

/* Refuses --device without --host, and the other way round; refused: an option that was given and
 * is for the emulated host alone, or NULL. */
void target_vet_host(const struct target *t, const char *refused);

/* With --wipe and without --yes: asks for the name of each device on stdin, and ends the process if
 * another one is given. */
void target_confirm_wipe(const struct target *t);

/* Whether several kernels are asked for. */
bool target_is_ladder(const struct target *t);

/* Refuses a name that is no file name, or is taken; NULL is neither.  step: GROUP/RUN is one. */
void target_vet_name(const char *name, bool step);
void target_vet_name_is_free(const char *name);

/* Refuses names of kernels that the archive does not have, before the first one is fetched. */
void target_vet_names(const struct target *t);

/* Puts the newest kernel of each series in the place of the name "ladder", and all generic kernels
 * of the archive in that of "all". */
void target_expand_ladder(struct words *kernels);

/* Fetches or copies the kernel; prints the phase. */
struct kernel target_find(const struct target *t, const char *kernel);

/* Runs a command whose last line on stdout is the directory of a kernel, and keeps that directory
 * from being removed as long as this process runs; name: what errors call the kernel. */
struct kernel target_make_kernel(struct words *command, const char *name);

/* What the guests of a kernel start from. */
struct guest_files {
	struct words initramfs; /* of each kind */
	char *modules;		/* archive that restored guests load; NULL: no module is replaced,
				 * or it is in the initramfs */
};

/* Makes the initramfs of each kind, and what it takes to replace the modules; prints the phase. */
struct guest_files target_make_guests(const struct kernel *kernel, const struct words *kinds,
				      const struct words *modules);
/* The same of those that run checks; refuses a kernel that checks cannot run on. */
struct guest_files target_make_check_guests(const struct kernel *kernel, const struct target *t);
void target_free_guests(struct guest_files *files);

/* What names of runs call a release: without the architecture.  To be freed. */
char *target_short_release(const char *release);

/* The release of this host. */
char *target_host_release(void);

/* "+dm-mod" for each module that is replaced.  To be freed. */
char *target_suffix(const struct words *modules);

#endif
