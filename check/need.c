// SPDX-License-Identifier: GPL-2.0-only
#include "check/need.h"

#include "lib/base/child.h"

#include <errno.h>
#include <libdevmapper.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *const mode_names[] = {
	[NAMESPACE_FSDAX] = "fsdax",
	[NAMESPACE_RAW] = "raw",
	[NAMESPACE_SECTOR] = "sector",
	[NAMESPACE_VIRTIO] = "virtio",
};

const char *namespace_mode_name(enum namespace_mode mode)
{
	return mode_names[mode];
}

__attribute__((format(printf, 2, 3))) static bool lacks(char text[160], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, 160, fmt, args);
	va_end(args);
	return false;
}

static bool is_mode(enum namespace_mode mode, const char *name, size_t len)
{
	return strlen(mode_names[mode]) == len && !memcmp(mode_names[mode], name, len);
}

/* "fsdax:2" */
static bool has_device(const struct check_env *env, const char *what, struct missing_need *missing)
{
	size_t len = strcspn(what, ":");
	unsigned int wanted = what[len] ? (unsigned int)atoi(what + len + 1) : 1, n = 0;
	unsigned int sick = CHECK_DEVICES_MAX;

	for (unsigned int i = 0; i < env->n_devices; i++) {
		if (!is_mode(env->devices[i].mode, what, len))
			continue;
		if (env->sick[i][0])
			sick = i;
		else
			n++;
	}
	if (n >= wanted)
		return true;
	if (sick < CHECK_DEVICES_MAX) {
		lacks(missing->why, "%s (%.*s) does not work: %s", env->devices[sick].node,
		      (int)len, what, env->sick[sick]);
		return lacks(missing->cure,
			     "name a working one with --device; the check namespace.%.*s shows the "
			     "error",
			     (int)len, what);
	}
	lacks(missing->why, "%u namespaces of mode %.*s were named, the check needs %u", n,
	      (int)len, what, wanted);
	return lacks(missing->cure, "name one more with --device (ndctl list -N shows the modes)");
}

/* One that may be sick. */
static bool is_named(const struct check_env *env, const char *what, struct missing_need *missing)
{
	for (unsigned int i = 0; i < env->n_devices; i++)
		if (is_mode(env->devices[i].mode, what, strlen(what)))
			return true;
	lacks(missing->why, "no namespace of mode %s was named", what);
	return lacks(missing->cure, "name one with --device (ndctl list -N shows the modes)");
}

static bool has_page(const struct check_env *env, const char *what, struct missing_need *missing)
{
	(void)env;
	if (!access("/sys/kernel/mm/transparent_hugepage", F_OK))
		return true;
	lacks(missing->why,
	      "this kernel has no transparent huge pages and maps files by PTEs only; the check "
	      "needs pages of %s",
	      what);
	return lacks(missing->cure,
		     "a kernel with CONFIG_TRANSPARENT_HUGEPAGE, which PREEMPT_RT excludes");
}

static void load_module(const char *name)
{
	char *const argv[] = {"modprobe", (char *)name, NULL};
	char said[64];

	child_run(argv, 30, said, sizeof(said));
}

static bool line_in_file(const char *path, const char *word)
{
	FILE *in = fopen(path, "re");
	char line[256];
	bool found = false;

	while (in && !found && fgets(line, sizeof(line), in)) {
		char *last = strrchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		found = last && !strcmp(last + 1, word);
	}
	if (in)
		fclose(in);
	return found;
}

static bool has_module(const struct check_env *env, const char *what, struct missing_need *missing)
{
	char path[128], name[64];

	(void)env;
	snprintf(name, sizeof(name), "%s", what);
	for (char *p = name; *p; p++)
		*p = *p == '-' ? '_' : *p;
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (access(path, F_OK) < 0)
		load_module(what);
	if (!access(path, F_OK))
		return true;
	lacks(missing->why, "this kernel has no module %s, or it does not load", what);
	return lacks(missing->cure, "a kernel with the module; `modprobe %s` shows the error",
		     what);
}

static bool has_program(const struct check_env *env, const char *what, struct missing_need *missing)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : "/sbin:/bin"), *rest = copy, *dir;
	bool found = false;

	(void)env;
	while (!found && (dir = strsep(&rest, ":"))) {
		char file[512];

		snprintf(file, sizeof(file), "%s/%s", dir, what);
		found = !access(file, X_OK);
	}
	free(copy);
	if (found)
		return true;
	lacks(missing->why, "%s is not installed", what);
	return lacks(missing->cure, "install the package that has %s", what);
}

/* Whether device-mapper knows a target of at least this version. */
static bool target_known(const char *name, unsigned int major, unsigned int minor)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_LIST_VERSIONS);
	struct dm_versions *target, *next;
	bool found = false;

	if (!task)
		return false;
	if (dm_task_run(task) && (target = dm_task_get_versions(task))) {
		for (;; target = next) {
			next = (struct dm_versions *)((char *)target + target->next);
			if (!strcmp(target->name, name))
				found = target->version[0] > major ||
					(target->version[0] == major &&
					 target->version[1] >= minor);
			if (!target->next)
				break;
		}
	}
	dm_task_destroy(task);
	return found;
}

/* "striped", "striped:1.6" */
static bool has_target(const struct check_env *env, const char *what, struct missing_need *missing)
{
	unsigned int major = 0, minor = 0;
	char name[64] = "", module[80];

	(void)env;
	sscanf(what, "%63[^:]:%u.%u", name, &major, &minor);
	if (target_known(name, major, minor))
		return true;
	snprintf(module, sizeof(module), "dm-%s", name);
	load_module(module);
	if (target_known(name, major, minor))
		return true;
	lacks(missing->why, "device-mapper has no target %s", what);
	return lacks(missing->cure, "a kernel with module %s", module);
}

static bool has_fs(const struct check_env *env, const char *what, struct missing_need *missing)
{
	(void)env;
	if (!line_in_file("/proc/filesystems", what))
		load_module(what);
	if (line_in_file("/proc/filesystems", what))
		return true;
	lacks(missing->why, "this kernel has no filesystem %s", what);
	return lacks(missing->cure, "a kernel with module %s", what);
}

static bool has_file(const struct check_env *env, const char *what, struct missing_need *missing)
{
	(void)env;
	if (!access(what, F_OK))
		return true;
	lacks(missing->why, "%s does not exist", what);
	return lacks(missing->cure, "a kernel that provides the file");
}

static bool has_kernel(const struct check_env *env, const char *what, struct missing_need *missing)
{
	unsigned int have[3] = {0}, want[3] = {0};
	struct utsname name;

	(void)env;
	uname(&name);
	sscanf(name.release, "%u.%u.%u", &have[0], &have[1], &have[2]);
	sscanf(what, "%u.%u.%u", &want[0], &want[1], &want[2]);
	for (int i = 0; i < 3; i++) {
		if (have[i] > want[i])
			return true;
		if (have[i] < want[i]) {
			lacks(missing->why, "the tested interface exists since Linux %s", what);
			return lacks(missing->cure, "Linux %s or newer", what);
		}
	}
	return true;
}

static const struct {
	const char *prefix;
	bool (*met)(const struct check_env *env, const char *what, struct missing_need *missing);
} kinds[] = {
	{"device:", has_device}, {"named:", is_named},	    {"page:", has_page},
	{"module:", has_module}, {"program:", has_program}, {"target:", has_target},
	{"fs:", has_fs},	 {"file:", has_file},	    {"kernel:", has_kernel},
};

static bool need_met(const struct check_env *env, const char *need, struct missing_need *missing)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (!strncmp(need, kinds[i].prefix, len))
			return kinds[i].met(env, need + len, missing);
	}
	lacks(missing->why, "the check needs '%s', which is not a known requirement", need);
	return lacks(missing->cure, "correct the check's list of needs");
}

bool check_needs_met(const struct check_env *env, const char *const *needs,
		     struct missing_need *missing)
{
	for (; needs && *needs; needs++)
		if (!need_met(env, *needs, missing))
			return false;
	return true;
}
