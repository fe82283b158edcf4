/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initial states of a kernel.  Which slab objects and pages are free, what the random number
 * generator holds and where the next timer tick falls are no property of the code that is measured,
 * but move some costs by a few instructions, a few of them by per cents.  A comparison therefore
 * measures in several initial states.
 */
#ifndef DAXDM_INITIAL_STATE_H
#define DAXDM_INITIAL_STATE_H

#include <stdint.h>

/* State 1 is the one that the kernel has booted into: nothing is changed. */
enum { INITIAL_STATE_NONE = 1 };

/*
 * Brings the kernel into the initial state of that number, the same each time: reseeds its random
 * number generator, allocates a random number of pages and of slab objects of each size and frees a
 * random part of them, and lets a random part of a timer tick go by.  A process of its own holds
 * the rest until initial_state_end().  Returns 0 or -errno.
 */
int initial_state_start(uint64_t number);
void initial_state_end(void);

#endif
