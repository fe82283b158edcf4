/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects that a run leaves on its host if its teardown failed or it was killed.  Their names
 * contain the PID of the process that created them, the owner:
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
 * Lists the objects of an owner, or of all owners (0).  Probes are listed only if their owner is
 * dead: benchmarks of a live run use theirs.  Returns 0, or -errno if the list is incomplete; free
 * it in either case.
 */
int leftovers_find(pid_t owner, struct leftovers *out);
void leftovers_free(struct leftovers *left);

/*
 * Removes all objects of an owner, and the probes of all dead owners, in several rounds.  It does
 * so in a child with a time limit, because an unmount may never return.  Returns 0 if no object of
 * the owner is left, else -errno: -EBUSY, -ETIMEDOUT, or of the last call that failed.
 */
int leftovers_remove(pid_t owner);

/*
 * Marks this process as running: creates and locks /run/daxdm-PID-lock, which stays locked while
 * this process or a child of it lives. Returns 0 or -errno.
 */
int leftovers_claim(void);
void leftovers_disclaim(void);

/* Whether the owner is still running: its lock is held, or it has no lock and a process with that
 * PID exists. */
bool leftovers_in_use(pid_t owner);

#endif
