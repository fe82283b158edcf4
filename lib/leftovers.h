/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run leaves on its host when its own teardown failed or it was killed.  All of it carries
 * the number of the process that made it, its owner:
 *
 *   devices       daxdm-PID-..., and daxdmPID-... of a volume group daxdmPID
 *   mounts        at and below /run/daxdm-PID
 *   directories   daxdm-PID and daxdm-PID-... in /run and /tmp, and files
 *   probes        kprobe events daxdm_PID/..., and tracing instances daxdm_PID
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
 * Finds what is there of an owner, or of all (0); of probes only those whose owner is dead, for a
 * run's are its benchmarks'.  Returns 0, or -errno if that cannot be told; free in either case.
 */
int leftovers_find(pid_t owner, struct leftovers *out);
void leftovers_free(struct leftovers *left);

/*
 * Removes what is there of an owner, and the probes of all dead ones: several rounds, in a child
 * with a limit of time, for the kernel may not come back from an unmount.  Returns 0 if nothing is
 * left, else -errno: -EBUSY, -ETIMEDOUT, or of the last call that failed.
 */
int leftovers_remove(pid_t owner);

/*
 * Says that this process is at work: /run/daxdm-PID-lock, locked as long as it or a child of it
 * lives. Returns 0 or -errno.
 */
int leftovers_claim(void);
void leftovers_disclaim(void);

/* Whether the owner is at work still: it holds its lock, or has none and there is a process of that
 * number. */
bool leftovers_in_use(pid_t owner);

/* Whether anything is there of an owner that is not at work. */
bool leftovers_of_dead(void);

#endif
