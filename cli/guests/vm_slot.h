/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM slot runs batches of checks one after the other, each in a new guest.  If a guest dies, the
 * case that was running fails, and the other cases of the batch go back to the queue.
 */
#ifndef DAXDM_VM_SLOT_H
#define DAXDM_VM_SLOT_H

#include "cli/guests/queue.h"
#include "emu/guest.h"
#include "emu/results.h"
#include "lib/base/words.h"
#include "report/checks/verdict.h"

enum { VM_SLOTS_MAX = 4 };

/* State shared by all slots. */
struct suite {
	struct plan plan;
	char initrd[PATH_MAX];
	struct words options; /* of `daxdm check`, in each guest */
	struct check_case *cases;
	size_t n_cases, n_done, n_failed;
	bool *done, *again; /* per case: has its verdict; was run a second time */
	struct queue queue;
	struct results results;
	struct verdicts *verdicts;
	unsigned int n_guests;
	uint64_t seed; /* of the moments of power cuts */
	unsigned int n_cuts;
	uint64_t n_acked; /* operations that were acknowledged before a power cut */
	bool came_up;	  /* a guest of this run started to run checks */
};

struct vm_slot {
	struct suite *suite;
	char name[16];
	bool busy;
	struct guest guest;
	struct batch batch;
	struct words job;
	long under_way; /* index of the case, -1: none */
	int64_t begun_ms;
	/* The last verdict: reported when the kernel has survived it. */
	json_t *held;
	size_t held_case;
	json_t *outside; /* what to verify from outside, for the held case or that under way */
	size_t progress; /* cases that this guest finished */
	/* Of the case under way: when its power is to be cut (given time, 0: not), how often it
	 * was, and what was acknowledged. */
	int64_t cut_ms;
	unsigned int cuts;
	uint64_t acked;
	/* For the summary. */
	unsigned int boots, restores;
	int64_t boot_ms, restore_ms, checks_ms;
};

void vm_slot_init(struct vm_slot *slot, struct suite *suite, unsigned int number);

/* Whether its guest boots and will save a snapshot, for which the other slots wait. */
bool vm_slot_makes_snapshot(const struct vm_slot *slot);

/* Starts a guest for the next batch, which must exist.  Returns 0, or -errno after an error line if
 * the run cannot continue. */
int vm_slot_start(struct vm_slot *slot);

/* Handles the lines of its guest; the slot is free when the guest ends.  Returns 0, or -errno after
 * an error line if the run cannot continue. */
int vm_slot_look(struct vm_slot *slot);

/* The plan's take(); its arg is the array of slots, a guest's number the index. */
int vm_slot_take(struct guest *g, const char *type, json_t *line, const char *text);

/* Ends its guest, if any, and stores its logs. */
void vm_slot_end(struct vm_slot *slot);

/*
 * Extracts the reason from the console of a guest that died or hung, as a new array: the lines from
 * the first kernel error on (returns "dmesg", known bugs are recognised by it), or else the last
 * lines (returns "evidence").  Pure.
 */
const char *vm_slot_log_of_death(const json_t *console, json_t **lines);

#endif
