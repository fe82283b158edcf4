/* SPDX-License-Identifier: GPL-2.0-only */
/* The command that makes a run again, computed from its context. */
#ifndef DAXDM_AGAIN_H
#define DAXDM_AGAIN_H

#include <jansson.h>

/*
 * "./run.sh check --kernel 6.1.0-56-amd64 --seed 7": the verb, and the kernel, the host and the
 * seed of the run; what it measured or checked is not in it.  free() it; NULL without memory.
 */
char *again_command(const json_t *context);

#endif
