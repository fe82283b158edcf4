/* SPDX-License-Identifier: GPL-2.0-only */
/* A volume group of the named namespaces with a volume, by lvm2 itself. */
#ifndef DAXDM_VOLUME_H
#define DAXDM_VOLUME_H

#include "check/check.h"

struct volume {
	struct check_env *env;
	char group[32], name[64], node[128]; /* "daxdm123", "daxdm123-lv", "/dev/mapper/..." */
	char said[512];			     /* by the last command */
};

/* A volume group over the first fsdax namespace and a second one.  Returns true, or false after a
 * complaint. */
bool volume_group(struct volume *v, struct check_env *env, const char *second);

/* The same with a volume on the first; how: words for lvcreate, which then chooses the place.
 * Returns true, or false after a complaint. */
bool volume_make(struct volume *v, struct check_env *env, const char *second, const char *how,
		 unsigned int mib);

/* Without lvm2, which may be what failed: removes its devices, then the labels of the group, so
 * that no scan finds it again.  Does nothing for a volume that was not made. */
void volume_remove(struct volume *v);

/* The node of the i-th fsdax namespace. */
const char *volume_fsdax(const struct volume *v, unsigned int i);

/* Runs an lvm command, words parted by blanks.  Returns its exit status, or -errno. */
int volume_command(struct volume *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A command of the set-up.  Returns true if it was done. */
bool volume_command_done(struct volume *v, int status, const char *what);

/*
 * The graph of the volume as it is loaded; its targets are to be freed by graph_clear_targets().
 * Returns the device's index, or -errno: -EOPNOTSUPP for a table of other targets.
 */
int volume_graph(const struct volume *v, struct graph *g);

/* What was loaded, as evidence. */
void volume_show_table(const struct volume *v);

#endif
