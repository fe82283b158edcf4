/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests of a run of benchmarks: which there are, the job of each, and which starts next.
 *
 * Each stack on each filesystem is measured in guests of its own, which are restored from the same
 * snapshot (enum bench_guest): what was measured before leaves nothing behind (slabs, per-CPU
 * memory, worker threads), so that a metric has the same value whatever else is measured.
 * Where there is no snapshot to restore, one guest measures all stacks of its filesystem.
 */
#ifndef DAXDM_BENCH_GUESTS_H
#define DAXDM_BENCH_GUESTS_H

#include "emu/guest.h"
#include "lib/run/workload.h"

#include <jansson.h>

enum { BENCH_GUESTS_KINDS_MAX = 16 };

/* The guests of a type of filesystem. */
struct bench_guests_kind {
	char *fs; /* "xfs" */
	char initrd[PATH_MAX];
};

struct bench_guests {
	/* What the guests are made from. */
	struct plan plan;
	struct bench_guests_kind kinds[BENCH_GUESTS_KINDS_MAX];
	size_t n_kinds;
	struct workload workload;
	const char *meter, *tracer;
	int64_t state; /* initial state of the kernel, or INITIAL_STATE_NONE */
	bool counters; /* the guests count events, too */
	/* What bench_guests_make() makes of it. */
	struct guest *list; /* of each kind one after the other, in the order of the stacks */
	struct words *jobs; /* of each guest */
	size_t n;
};

/* Whether a filesystem is of that type. */
bool bench_guests_is_of(const struct bench_guests_kind *kind, const char *fs);

/* Makes the guests, none of which is started; they point into *b.  Returns 0, or -ENOMEM after an
 * error line; bench_guests_free() in either case. */
int bench_guests_make(struct bench_guests *b);
void bench_guests_free(struct bench_guests *b);

/* Removes the snapshots that the guests would be restored from: the first guest of each filesystem
 * boots, then, and saves a new one for the others. */
void bench_guests_drop_snapshots(struct bench_guests *b);

/* Whether the persistent memory of all guests that run at a time fits into the memory of this host.
 * It is written three times as fast there as on the disk. */
bool bench_guests_fit_in_memory(const struct bench_guests *b);

/* The number of guests in the states from `from` to `to`. */
size_t bench_guests_count(const struct bench_guests *b, enum guest_state from, enum guest_state to);

/* The guest to be started next, of which at most as many run as this host has cores; NULL: none for
 * now. */
struct guest *bench_guests_next(const struct bench_guests *b);

/* Makes the context that a guest sent that of the whole run. */
void bench_guests_set_context(const struct bench_guests *b, json_t *context);

#endif
