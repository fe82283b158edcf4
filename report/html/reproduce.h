/* SPDX-License-Identifier: GPL-2.0-only */
/* How to reproduce a run, computed from its context. */
#ifndef DAXDM_REPRODUCE_H
#define DAXDM_REPRODUCE_H

#include "lib/run/run.h"

#include <stdio.h>

/* Writes the section: the command that measures (or checks) the same, and what it needs. */
void reproduce_write(FILE *out, const struct run *run, size_t states);

#endif
