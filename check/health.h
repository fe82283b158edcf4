/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel health: what the kernel log says from one moment on, and new taint bits.
 * Source: Documentation/ABI/testing/dev-kmsg, Documentation/admin-guide/tainted-kernels.rst.
 */
#ifndef DAXDM_HEALTH_H
#define DAXDM_HEALTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct health {
	int kmsg; /* reads on from the marker; -1: the log cannot be read */
	uint64_t taint;
	/* Set by health_end() if it found trouble: every complaint is that something took too long
	 * by the kernel's clock.  A slow outer host can be the cause. */
	bool only_late;
};

/* Writes a marker that names `what` to the log, and begins to watch.  Returns 0 or -errno. */
int health_begin(struct health *h, const char *what);

/* A line in the log that looks like a kernel warning (a planted fault). */
void health_plant(void);

/*
 * Ends watching.  lines gets what the kernel complained of (WARNING, BUG, Oops, lockdep, stalls,
 * hung tasks), each with a few lines that follow; taint the new bits that mean trouble.  Returns
 * true if it is well.  new log lines altogether, at most 400, go to *log if it is not NULL.
 */
bool health_end(struct health *h, json_t *lines, uint64_t *taint, json_t *log);

#endif
