/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run on this host may write to, kept over a kill and a power-off: a file in /var/lib/daxdm
 * for each run, with the identity of each device that the user named.  It is there before the first
 * write and is removed once no signature of the run is left.  A device of a journal was blank when
 * the run began; after a kill or a power-off it may have
 *
 *   signatures   of a filesystem with the UUID of daxdm, or of a volume group daxdmPID
 *   partitions   of the kernel only, without a partition table
 *
 * Other signatures are somebody else's and are kept.
 */
#ifndef DAXDM_JOURNAL_H
#define DAXDM_JOURNAL_H

#include "lib/dev/namespace.h"

#include <stdbool.h>
#include <sys/types.h>

/* Writes the journal of a run, durably, and locks the devices against udev as long as this process
 * lives.  None of that in an emulated host.  Returns 0, or -errno after one error line. */
int journal_begin(pid_t owner, const struct namespace *devices, unsigned int n);

/* Refuses (-EBUSY, after one error line) a device of the journal of a run that is not over.
 * Returns 0 or -errno. */
int journal_refuse_used(const struct namespace *devices, unsigned int n);

/* Removes what is left of a run of this boot on its devices, and its journal; without messages.
 * Nothing is done if there is no journal. */
void journal_end(pid_t owner);

/* Reports one object: what became of it ("removed", "would be removed", "kept") and its name. */
typedef void journal_report(const char *what, const char *name, void *arg);

/*
 * Removes what dead runs left on the devices of their journals, and the journals; dry: only reports
 * it.  A journal stays while a device of it is in use or not there.  Returns 0, or -errno if
 * something could not be removed or read.
 */
int journal_clean(bool dry, journal_report *report, void *arg);

#endif
