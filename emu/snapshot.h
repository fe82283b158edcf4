/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots of the emulated host, taken where the guest pauses itself before its job.
 * build/snapshots/KEY has the machine's state, sparse copies of its memory files, a description of
 * everything the state depends on (the key is its hash), and digests.
 */
#ifndef DAXDM_SNAPSHOT_H
#define DAXDM_SNAPSHOT_H

#include "emu/vm.h"

struct snapshot {
	const struct vm_machine *machine;
	char path[PATH_MAX]; /* of its directory, absolute */
	char what[2048];     /* everything the state depends on, a line each */
};

/*
 * Fills in the snapshot that belongs to a machine of this configuration; qemu is the version line.
 * Returns 0, or -errno if vmlinux or initrd cannot be read.
 */
int snapshot_of(const struct vm_config *config, const char *qemu, struct snapshot *snapshot);

/*
 * Verifies that the snapshot exists, has the same description, and that no file changed: by size
 * and time, and if the time differs by digest.  Returns 0, -ENOENT if there is none, or -EILSEQ
 * with a reason in why (200 bytes).
 */
int snapshot_look(const struct snapshot *snapshot, char *why);

/*
 * Copies the memory files of the snapshot into the empty files of a machine that is to be restored,
 * and links its state into dir.  pmem NULL: the persistent memory stays as it is.  QEMU has no
 * descriptor of a file of the snapshot.  Returns 0 or -errno.
 */
int snapshot_lay_out(const struct snapshot *snapshot, const char *dir, const int *pmem, int ram);

/*
 * Makes the snapshot of the state file in dir (vm_save_state()) and the memory files that belong to
 * it, and removes old snapshots.  It is renamed into place when it is complete.  Returns 0, or
 * -errno with a reason in why (200 bytes).
 */
int snapshot_keep(const struct snapshot *snapshot, const char *dir, const int *pmem, int ram,
		  char *why);

/* Removes a snapshot that is damaged or does not start. */
void snapshot_drop(const struct snapshot *snapshot);

#endif
