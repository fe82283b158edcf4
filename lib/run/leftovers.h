/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run leaves on its host when its own teardown failed or it was killed.  All of it carries
 * the number of the process that made it, its owner:
 *
 *   devices       daxdm-PID-..., and daxdmPID-... of a volume group daxdmPID
 *   mounts        at and below /run/daxdm-PID
 *   directories   /run/daxdm-PID, and daxdm-PID-fio-XXXXXX in /run or /tmp
 *   files         /run/daxdm-PID-lock
 *   probes        kprobe events daxdm_PID/...
 */
#ifndef DAXDM_LEFTOVERS_H
#define DAXDM_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct leftover {
	pid_t owner;
	const char *kind; /* "device", "mount", "directory", "file", "probe" */
	char name[192];
};

struct leftovers {
	struct leftover *list;
	size_t n;
};

/* /run/daxdm-PID, the directory of a process.  Returns path. */
const char *leftovers_directory(pid_t owner, char path[64]);

/*
 * Lists what exists of an owner, or of all (0).  Probes are listed only if their owner is dead:
 * those of a live run are its benchmarks'.  Returns 0, or -errno if the list is incomplete; free it
 * in either case.
 */
int leftovers_find(pid_t owner, struct leftovers *out);
void leftovers_free(struct leftovers *left);

/*
 * Removes what exists of an owner, and the probes of all dead ones, in several rounds.  It does so
 * in a child with a time limit, because the kernel may not return from an unmount.  Returns 0 if
 * nothing of the owner is left, else -errno: -EBUSY, -ETIMEDOUT, or of the last call that failed.
 */
int leftovers_remove(pid_t owner);

/*
 * Marks this process as running: /run/daxdm-PID-lock, locked as long as it or a child of it lives.
 * Returns 0 or -errno.
 */
int leftovers_claim(void);
void leftovers_disclaim(void);

/* Whether the owner is still running: it holds its lock, or has none and a process of that number
 * exists. */
bool leftovers_in_use(pid_t owner);

#endif
