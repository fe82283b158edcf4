// SPDX-License-Identifier: GPL-2.0-only
#include "check/lvm/volume.h"

#include "lib/base/child.h"
#include "lib/dev/dm.h"
#include "lib/dev/graph_parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COMMAND_S = 15,
	WORDS_MAX = 24,
};

/* ---- lvm2 ------------------------------------------------------------------------------------ */

static void write_config(FILE *out, const struct check_env *env, const char *directory)
{
	int udev = !access("/run/udev/control", F_OK);

	fputs("devices {\n\tuse_devicesfile = 0\n\tobtain_device_list_from_udev = 0\n"
	      "\texternal_device_info_source = \"none\"\n\thints = \"none\"\n"
	      "\tmd_component_detection = 0\n\tmultipath_component_detection = 0\n"
	      "\tglobal_filter = [ ",
	      out);
	for (unsigned int i = 0; i < env->n_devices; i++)
		if (!env->sick[i][0])
			fprintf(out, "\"a|^%s$|\", ", env->devices[i].node);
	fputs("\"r|.*|\" ]\n}\n", out);
	fprintf(out,
		"global {\n\tthin_check_executable = \"\"\n\tcache_check_executable = \"\"\n"
		"\tuse_lvmpolld = 0\n\tuse_lvmlockd = 0\n\tevent_activation = 0\n"
		"\tlocking_dir = \"%s\"\n}\n",
		directory);
	fprintf(out, "activation {\n\tudev_sync = %d\n\tudev_rules = %d\n\tmonitoring = 0\n}\n",
		udev, udev);
	fputs("backup {\n\tbackup = 0\n\tarchive = 0\n}\n", out);
}

/* Where no udev runs, lvm2 makes links in a directory of the group, and takes one that is there for
 * a group's. */
static void remove_links(const char *group)
{
	static const char *const links[] = {"/lv", "/snap", "/pool", "/fast", ""};
	char path[80];

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "/dev/%s%s", group, links[i]);
		remove(path);
	}
}

/* Returns 0 or -errno after check_broken(). */
static int volume_prepare(struct volume *v, struct check_env *env)
{
	char directory[300], path[320];
	FILE *out;
	int rc = 0;

	*v = (struct volume){.env = env};
	snprintf(v->group, sizeof(v->group), "daxdm%d", (int)env->owner);
	snprintf(v->name, sizeof(v->name), "%s-lv", v->group);
	dm_device_node(v->name, v->node);
	remove_links(v->group); /* of one that died */
	snprintf(directory, sizeof(directory), "%s/lvm", env->directory);
	if (mkdir(directory, 0700) < 0)
		rc = -errno;
	snprintf(path, sizeof(path), "%s/lvm.conf", directory);
	out = rc ? NULL : fopen(path, "we");
	if (!rc && !out)
		rc = -errno;
	if (out) {
		write_config(out, env, directory);
		if (fclose(out))
			rc = -errno;
	}
	setenv("LVM_SYSTEM_DIR", directory, 1);
	setenv("LVM_SUPPRESS_FD_WARNINGS", "1", 1);
	check_setup(env, rc, "writing %s", path);
	return rc;
}

int volume_command(struct volume *v, const char *fmt, ...)
{
	char line[512] = "lvm ", *rest = line, *word, *argv[WORDS_MAX + 1];
	size_t n = 0;
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + 4, sizeof(line) - 4, fmt, args);
	va_end(args);
	check_evidence(v->env, "%s", line);
	while (n < WORDS_MAX && (word = strsep(&rest, " ")))
		if (*word)
			argv[n++] = word;
	argv[n] = NULL;
	return child_run(argv, COMMAND_S, v->said, sizeof(v->said));
}

bool volume_command_done(struct volume *v, int status, const char *what)
{
	if (!status)
		return true;
	if (status < 0)
		return check_own(v->env, status, "%s", what);
	check_fail(v->env, "%s: expected status 0, got %d: %s", what, status, v->said);
	return false;
}

const char *volume_fsdax(const struct volume *v, unsigned int i)
{
	return check_device(v->env, NAMESPACE_FSDAX, i)->node;
}

bool volume_group(struct volume *v, struct check_env *env, const char *second)
{
	return volume_prepare(v, env) == 0 &&
	       volume_command_done(v,
				   volume_command(v, "vgcreate -qq -y %s %s %s", v->group,
						  volume_fsdax(v, 0), second),
				   "vgcreate");
}

bool volume_make(struct volume *v, struct check_env *env, const char *second, const char *how,
		 unsigned int mib)
{
	return volume_group(v, env, second) &&
	       volume_command_done(
		       v,
		       volume_command(v, "lvcreate -qq -y -Wn -Zn -L %um -n lv %s %s %s", mib, how,
				      v->group, how[0] ? "" : volume_fsdax(v, 0)),
		       "lvcreate");
}

void volume_remove(struct volume *v)
{
	if (!v->group[0])
		return;
	dm_resume_of(v->env->owner);
	check_setup(v->env, dm_remove_of(v->env->owner), "removing the devices of %s", v->group);
	for (unsigned int i = 0; i < v->env->n_devices; i++)
		if (!v->env->sick[i][0])
			check_setup(v->env, namespace_wipe_signatures(v->env->devices[i].node),
				    "wiping %s", v->env->devices[i].node);
	remove_links(v->group);
}

/* ---- the model, from what LVM loaded --------------------------------------------------------- */

int volume_graph(const struct volume *v, struct graph *g)
{
	char *text = dm_device_table(v->name, false);
	int device = text ? 0 : -errno;

	*g = (struct graph){0};
	for (unsigned int i = 0; i < v->env->n_devices && device >= 0; i++)
		device = graph_add_namespace(g, &v->env->devices[i]);
	if (device >= 0)
		device = graph_parse_table(g, v->name, text);
	if (device >= 0)
		strcpy(g->devices[device].node, v->node);
	free(text);
	return device;
}

void volume_show_table(const struct volume *v)
{
	char *text = dm_device_table(v->name, false);

	if (text)
		check_evidence(v->env, "%s: %s", v->name, text);
	free(text);
}
