/* SPDX-License-Identifier: GPL-2.0-only */
/* MAP_SYNC of devices whose tables change, between NVDIMMs and virtio-pmem. */
#ifndef DAXDM_SYNCTABLE_H
#define DAXDM_SYNCTABLE_H

#include "check/check.h"

/* Run functions. */

/* One table after another; arg is a string of their letters: of (S)ynchronous members,
 * (A)synchronous ones, (M)ixed. */
void synctable_sequence(struct check_env *env, const void *arg);

/* A device on top keeps its table while the member below it changes; then, if *(const bool *)arg,
 * the same table is loaded again. */
void synctable_below(struct check_env *env, const void *arg);

/* The filesystem stays mounted, its file mapped, while the unused end of the device moves. */
void synctable_mounted(struct check_env *env, const void *arg);

/* A device of virtio-pmem in the memory of synchronous ones that were removed. */
void synctable_inherited(struct check_env *env, const void *arg);

#endif
