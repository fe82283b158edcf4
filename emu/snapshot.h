/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots of the emulated host, taken where the guest pauses itself before its job: build/
 * snapshots/KEY with the machine's state, sparse copies of its persistent memory, what the key
 * stands for, and digests.
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
 * Fills in the snapshot that a machine of this configuration would have; qemu is the version line.
 * Returns 0 or -errno if vmlinux or initrd cannot be looked at.
 */
int snapshot_of(const struct vm_config *config, const char *qemu, struct snapshot *snapshot);

/*
 * Whether it is there, of the very same configuration, and every file is what was written: by its
 * size and time, where the time is another by its digest.  Returns 0, -ENOENT if there is none, or
 * -EILSEQ with a reason in why (200 bytes).
 */
int snapshot_look(const struct snapshot *snapshot, char *why);

/*
 * Copies the persistent memory of the snapshot, and the memory of a machine with ram_in_file, into
 * the empty files of a machine that is to be restored, and puts its state into dir.  That machine
 * then has no file of the snapshot open.  Returns 0 or -errno.
 */
int snapshot_lay_out(const struct snapshot *snapshot, const char *dir, const int *pmem, int ram);

/*
 * Keeps the state file in dir (vm_save_state()) and the persistent memory that belongs to it.  It
 * never looks whole when it is not.  Returns 0, or -errno with a reason in why (200 bytes).  Old
 * snapshots are removed.
 */
int snapshot_keep(const struct snapshot *snapshot, const char *dir, const int *pmem, int ram,
		  char *why);

/* Takes it away: it is damaged, or did not start. */
void snapshot_drop(const struct snapshot *snapshot);

#endif
