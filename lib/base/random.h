/* SPDX-License-Identifier: GPL-2.0-only */
/* Pseudo-random numbers that are the same on every machine.  Pure. */
#ifndef DAXDM_RANDOM_H
#define DAXDM_RANDOM_H

#include <stdint.h>

/* Returns the next number of splitmix64; any 64-bit state is valid. Source: Steele, Lea, Flood
 * 2014; http://prng.di.unimi.it/splitmix64.c */
uint64_t random_next(uint64_t *state);

#endif
