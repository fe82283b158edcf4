/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel health: errors in the kernel log since a marker, and new taint bits.
 * Source: Documentation/ABI/testing/dev-kmsg, Documentation/admin-guide/tainted-kernels.rst.
 */
#ifndef DAXDM_HEALTH_H
#define DAXDM_HEALTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct health {
	int kmsg; /* positioned at the marker; -1: the log cannot be read */
	uint64_t taint;
	/* Set by health_end() if it found trouble: every complaint is that something took too long
	 * by the kernel's clock.  A slow outer host can be the cause. */
	bool only_late;
};

/* Writes a marker with `what` to the log and remembers the position.  Returns 0 or -errno. */
int health_begin(struct health *h, const char *what);

/* Writes a line to the log that looks like a kernel warning (a planted fault). */
void health_plant(void);

/*
 * Reads the log from the marker on.  Adds to lines the complaints of the kernel (WARNING, BUG,
 * Oops, lockdep, stalls, hung tasks), each with the next few lines; sets taint to the new bits of
 * an error; adds all lines, at most 400, to log if it is not NULL.  Returns true if there is
 * neither.
 */
bool health_end(struct health *h, json_t *lines, uint64_t *taint, json_t *log);

#endif
