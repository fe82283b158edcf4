// SPDX-License-Identifier: GPL-2.0-only
/* The processes that load and store. */
#include "check/race/race.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	REST = 64, /* accesses, then other processes get the processor */
	OFTEN = 100,
	GONE_LOADS = 50,
};

void race_wrong(char why[RACE_WHY], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!why[0])
		vsnprintf(why, RACE_WHY, fmt, args);
	va_end(args);
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* ---- pages of this worker -------------------------------------------------------------------- */

static void judge_own(struct race_worker *w, const char *page, uint64_t at, uint32_t generation)
{
	char found[160];

	if (stamp_check(page, PAGE_BYTES, TESTBED_FILE, at, generation, found) != PAGE_BYTES)
		race_wrong(w->why,
			   "page %" PRIu64 " of its own holds %.90s, expected generation %u",
			   at / PAGE_BYTES, found, generation);
}

static void own_mapped(struct race *r, struct race_worker *w, uint64_t at, uint32_t *generation,
		       bool store)
{
	char page[PAGE_BYTES], *mapped = r->bed->map.base + at;
	struct check_touch touch;

	if (store) {
		stamp_fill(page, PAGE_BYTES, TESTBED_FILE, at, ++*generation);
		touch = check_copy(mapped, page, PAGE_BYTES);
	} else {
		touch = check_copy(page, mapped, PAGE_BYTES);
	}
	if (touch.signal)
		race_wrong(w->why, "a %s of page %" PRIu64 " raised SIG%s",
			   store ? "store" : "load", at / PAGE_BYTES, sigabbrev_np(touch.signal));
	else if (!store)
		judge_own(w, page, at, *generation);
}

/* A system call may fail only while or after the driver is unbound, and must fail after. */
static void own_by_calls(struct race *r, struct race_worker *w, uint64_t at, uint32_t *generation,
			 bool store)
{
	const char *name = store ? "write(2)" : "read(2)";
	bool dead = r->unbound;
	char page[PAGE_BYTES];
	ssize_t n;

	if (store)
		stamp_fill(page, PAGE_BYTES, TESTBED_FILE, at, *generation + 1);
	n = store ? pwrite(r->bed->fd, page, PAGE_BYTES, (off_t)at)
		  : pread(r->bed->fd, page, PAGE_BYTES, (off_t)at);
	if (n != PAGE_BYTES) {
		if (!r->unbinding)
			race_wrong(w->why, "%s of page %" PRIu64 ": %s", name, at / PAGE_BYTES,
				   n < 0 ? strerrorname_np(errno) : "too few bytes");
		else if (!w->error)
			w->error = n < 0 ? -errno : -EIO;
		return;
	}
	if (dead)
		race_wrong(w->why, "%s of page %" PRIu64 " succeeded after the unbind", name,
			   at / PAGE_BYTES);
	if (store)
		++*generation;
	else
		judge_own(w, page, at, *generation);
}

static void own_page(struct race *r, struct race_worker *w, bool store)
{
	const uint64_t first = (uint64_t)(w - r->workers) * RACE_OWN, i = next(&w->seed) % RACE_OWN;

	(race_unbinds(r->how) ? own_by_calls : own_mapped)(r, w, (first + i) * PAGE_BYTES,
							   &w->generation[i], store);
}

/* ---- pages of all ---------------------------------------------------------------------------- */

/* Every store puts what was there at first, so that a byte is either that or zero at any time. */
static void common_page(struct race *r, struct race_worker *w, bool store)
{
	const enum race_change change = r->how->change;
	const bool ends = change == RACE_TRUNCATE || change == RACE_REUSE;
	uint64_t at = (RACE_COMMON + next(&w->seed) % (RACE_PAGES - RACE_COMMON)) * PAGE_BYTES;
	char want[PAGE_BYTES], got[PAGE_BYTES], *mapped = r->bed->map.base + at;
	struct check_touch touch;

	stamp_fill(want, PAGE_BYTES, TESTBED_FILE, at, TESTBED_GENERATION);
	touch = store ? check_copy(mapped, want, PAGE_BYTES) : check_copy(got, mapped, PAGE_BYTES);
	if (touch.signal && (touch.signal != SIGBUS || !ends))
		race_wrong(w->why, "a %s of page %" PRIu64 " raised SIG%s",
			   store ? "store" : "load", at / PAGE_BYTES, sigabbrev_np(touch.signal));
	if (touch.signal || store)
		return;
	for (size_t i = 0; i < PAGE_BYTES; i++) {
		if (got[i] == want[i] || (!got[i] && (ends || change == RACE_PUNCH)))
			continue;
		stamp_check(got + i / SECTOR_BYTES * SECTOR_BYTES, SECTOR_BYTES, TESTBED_FILE, at,
			    TESTBED_GENERATION, want);
		race_wrong(w->why, "byte %zu of page %" PRIu64 " is of no time of the file: %.90s",
			   i, at / PAGE_BYTES, want);
		return;
	}
}

/* ---- pages whose blocks are freed ------------------------------------------------------------ */

static void load_gone(struct race *r, struct race_worker *w, uint64_t page, bool gone)
{
	char got[PAGE_BYTES], found[160];
	struct check_touch touch =
		check_copy(got, r->bed->map.base + page * PAGE_BYTES, PAGE_BYTES);

	if (touch.signal && (gone || touch.signal != SIGBUS))
		race_wrong(w->why, "a load of page %" PRIu64 " raised SIG%s", page,
			   sigabbrev_np(touch.signal));
	if (touch.signal || !gone)
		return;
	for (size_t i = 0; i < PAGE_BYTES; i++) {
		if (!got[i])
			continue;
		stamp_check(got, PAGE_BYTES, TESTBED_FILE, page * PAGE_BYTES, 0, found);
		race_wrong(w->why, "page %" PRIu64 " still holds %.90s after %s freed its block",
			   page, found, r->truncated ? "ftruncate(2)" : "FALLOC_FL_PUNCH_HOLE");
		return;
	}
}

/* Loads of pages whose blocks are about to be freed, each by a fault; once of all of them
 * afterwards. */
static void gone_pages(struct race *r, struct race_worker *w)
{
	const uint64_t gone = r->gone, first = r->gone_page;

	if (!first)
		return;
	if (gone == w->looked) {
		for (int i = 0; i < GONE_LOADS && r->gone == gone; i++) {
			uint64_t page = first + next(&w->seed) % RACE_GONE_PAGES;

			madvise(r->bed->map.base + page * PAGE_BYTES, PAGE_BYTES, MADV_DONTNEED);
			load_gone(r, w, page, false);
		}
		return;
	}
	for (uint64_t i = 0; i < RACE_GONE_PAGES; i++)
		load_gone(r, w, first + i, true);
	w->looked = gone;
}

/* ---- the worker ------------------------------------------------------------------------------ */

/* The page tables are emptied, or the file is mapped again. */
static void drop_pages(struct race *r, struct race_worker *w)
{
	struct testbed *bed = r->bed; /* of this process */
	int rc;

	if (next(&w->seed) % 8) {
		rc = madvise(bed->map.base, RACE_BYTES, MADV_DONTNEED) < 0 ? -errno : 0;
	} else {
		mapping_drop(&bed->map);
		rc = mapping_make(&bed->map, bed->fd, RACE_BYTES, MAP_SHARED, !r->how->small_pages);
	}
	if (rc < 0)
		race_wrong(w->why, "unmapping pages: %s", strerrorname_np(-rc));
}

/* Maps the first window and drops it, without a pause. */
static void drop_often(struct race *r, struct race_worker *w)
{
	volatile char *base = r->bed->map.base;

	for (int i = 0; i < OFTEN; i++) {
		(void)base[0];
		if (madvise((void *)base, WINDOW_BYTES, MADV_DONTNEED) < 0)
			race_wrong(w->why, "madvise(2): %s", strerrorname_np(errno));
	}
}

int race_worker_main(void *arg)
{
	const struct race_worker_arg *a = arg;
	struct race *r = a->race;
	struct race_worker *w = &r->workers[a->number];
	const enum race_change change = r->how->change;
	const bool mapped = !race_unbinds(r->how), drops = change == RACE_DROP,
		   takes = change == RACE_GONE, slow = change == RACE_UNBIND_SLOW;

	while (!r->stop && !w->why[0]) {
		uint64_t what = next(&w->seed) % 16;

		if (takes && what > 2)
			gone_pages(r, w);
		else if (drops && what)
			drop_often(r, w);
		else if (mapped && !what)
			drop_pages(r, w);
		else if (mapped && !drops && !takes && what < 6)
			common_page(r, w, what % 2);
		else
			own_page(r, w, what % 2 && !slow);
		if (!(++w->accesses % REST) && !drops && !takes && !slow)
			check_pause(1);
	}
	return 0;
}
