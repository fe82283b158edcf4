/* SPDX-License-Identifier: GPL-2.0-only */
/* The phase of the kernel's batches of random numbers. */
#ifndef DAXDM_RANDOM_PHASE_H
#define DAXDM_RANDOM_PHASE_H

/*
 * Empties the batches from which get_random_u32() and its kin draw (drivers/char/random.c).  A
 * batch is refilled with ChaCha20 when all of it was drawn: one draw in 24 costs 3,126 more
 * instructions on 6.1, and which one depends on all earlier draws.  After this call the first draw
 * refills, and then each of the same draws of every pass.  On kernels before 5.18 a batch survives
 * a reseeding, and nothing is aligned.  For meter insn.
 */
void random_phase_align(void);

#endif
