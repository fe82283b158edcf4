/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of a mapping that are pinned or referenced: by direct I/O, pipes, registered buffers.
 * Checks of the family lifetime; arg is a struct testbed_spec on TESTBED_LINEAR.
 */
#ifndef DAXDM_PIN_H
#define DAXDM_PIN_H

#include "check/check.h"

void pin_read_into(struct check_env *env, const void *arg);
void pin_write_from(struct check_env *env, const void *arg);
void pin_io_uring(struct check_env *env, const void *arg);
void pin_truncate(struct check_env *env, const void *arg);
void pin_punch(struct check_env *env, const void *arg);
void pin_unlink(struct check_env *env, const void *arg);
void pin_umount(struct check_env *env, const void *arg);

#endif
