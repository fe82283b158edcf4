/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lane runs batches of checks, each in an emulated host of its own, one after the other.  A host
 * that dies costs the case that was under way: it fails, and the others of its batch are given
 * back.
 */
#ifndef DAXDM_LANE_H
#define DAXDM_LANE_H

#include "cli/queue.h"
#include "emu/guest.h"
#include "emu/results.h"
#include "lib/base/words.h"
#include "report/checks/verdict.h"

enum { LANES_MAX = 4 };

/* What the lanes share. */
struct suite {
	struct plan plan;
	char initrd[PATH_MAX];
	struct words options; /* of `daxdm check`, in each guest */
	struct check_case *cases;
	size_t n_cases, n_done, n_failed;
	bool *done, *again; /* of each case: has its verdict; was run a second time */
	struct queue queue;
	struct results results;
	struct verdicts *verdicts;
	unsigned int n_guests;
	bool came_up; /* a guest of this run ran checks */
};

struct lane {
	struct suite *suite;
	char name[16];
	bool busy;
	struct guest guest;
	struct batch batch;
	struct words job;
	long under_way; /* index of the case, -1: none */
	int64_t begun_ms;
	/* The last verdict: not said before it is clear that the kernel outlived it. */
	json_t *held;
	size_t held_case;
	json_t *outside; /* what the held case, or that under way, wants looked at from outside */
	size_t progress; /* cases that this guest brought to an end */
	/* For the sum. */
	unsigned int boots, restores;
	int64_t boot_ms, restore_ms, checks_ms;
};

void lane_init(struct lane *lane, struct suite *suite, unsigned int number);

/* Whether its guest is booting, and will leave a snapshot that others had better wait for. */
bool lane_makes_snapshot(const struct lane *lane);

/* Starts a guest for the next batch, which must be there.  Returns 0, or -errno after an error line
 * when the run cannot go on. */
int lane_start(struct lane *lane);

/* Takes what came from its guest; it is free again when that is at its end.  Returns 0, or -errno
 * after an error line when the run cannot go on. */
int lane_look(struct lane *lane);

/* The plan's take(); its arg is the array of lanes, a guest's number the index. */
int lane_take(struct guest *g, const char *type, json_t *line, const char *text);

/* Ends its guest, if any, and keeps its logs. */
void lane_end(struct lane *lane);

/*
 * What the console of a guest that died or hung says of it, as a new array: the lines from the
 * first complaint of the kernel on, which are its log ("dmesg", known bugs are recognised by it),
 * or else the last ones ("evidence").  Returns which of the two.  Pure.
 */
const char *lane_log_of_death(const json_t *console, json_t **lines);

#endif
