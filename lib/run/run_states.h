/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Further initial states of a run (lib/meter/initial_state.h).  RUN/run.jsonl is of state 1;
 * RUN/state-N/run.jsonl and RUN/state-N-SUFFIX/run.jsonl are of state N, perhaps of a part of the
 * workload.
 */
#ifndef DAXDM_RUN_STATES_H
#define DAXDM_RUN_STATES_H

#include "lib/base/words.h"

#include <stdbool.h>

/* Whether the last part of PATH is "state-N" or "state-N-SUFFIX"; *state (may be NULL) gets N. */
bool run_is_state(const char *path, unsigned int *state);

/* Adds the directories of the run's further states, by state, then by name.  Returns 0 or
 * -ENOMEM. */
int run_states_find(const char *dir, struct words *dirs);

#endif
