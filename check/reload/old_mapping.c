// SPDX-License-Identifier: GPL-2.0-only
#include "check/reload/old_mapping.h"

#include "check/fixture/testbed.h"
#include "check/fixture/worker.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 10000 }; /* of one access; endless faults are found earlier */

enum { STEPS_MAX = 3 };

/* The accesses to one page; the result of the last step is judged. */
struct sequence {
	const char *name;
	work_fn *before, *steps[STEPS_MAX];
};

static const struct sequence loads[] = {
	{"load", work_load, {work_load}},
	{"load_of_stored", work_store, {work_load}},
	{"msync_load", work_store, {work_msync, work_load}},
	{"drop_caches_load", work_load, {work_fsync, work_load}},
	{"dontneed_load", work_load, {work_dontneed, work_load}},
	{"dontneed_load_of_stored", work_store, {work_dontneed, work_load}},
	{"remap_load", work_load, {work_remap, work_load}},
	{"remap_load_of_stored", work_store, {work_remap, work_load}},
};

static const struct sequence writable[] = {
	{"store", work_store, {work_store}},
};

static const struct sequence readable[] = {
	{"store", work_load, {work_store}},
	{"msync_store", work_store, {work_msync, work_store}},
};

static const struct sequence fresh_stores[] = {
	{"dontneed_store", work_load, {work_dontneed, work_store}},
	{"dontneed_store_into_stored", work_store, {work_dontneed, work_store}},
	{"remap_store", work_load, {work_remap, work_store}},
	{"remap_store_into_stored", work_store, {work_remap, work_store}},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))
static const struct sequence_set {
	const struct sequence *sequences;
	unsigned int n;
	bool stores;
	const char *observation;
} sets[] = {
	[OLD_MAPPING_LOADS] = {loads, N(loads), false, "a_load_shows"},
	[OLD_MAPPING_WRITABLE] = {writable, N(writable), true, "a_store_lands_on"},
	[OLD_MAPPING_READABLE] = {readable, N(readable), true, "a_store_lands_on"},
	[OLD_MAPPING_FRESH_STORES] = {fresh_stores, N(fresh_stores), true, "a_store_lands_on"},
};

enum { SEQUENCES_MAX = 8 };

static bool is_generation(const void *bytes, uint64_t offset, uint32_t generation)
{
	return stamp_check(bytes, PAGE_BYTES, TESTBED_FILE, offset, generation, NULL) == PAGE_BYTES;
}

/* Which member a load showed. */
static const char *shown(const struct sequence *sequence, const void *bytes, uint64_t offset)
{
	if (is_generation(bytes, offset, sequence->before == work_store ? SWAPPED_BEFORE : 1))
		return "old member";
	return is_generation(bytes, offset, SWAPPED_NEW) ? "new member" : "neither";
}

/* Which member a store reached. */
static const char *landed(const struct swapped_members *swap, uint64_t offset)
{
	char old[PAGE_BYTES], new[PAGE_BYTES];
	bool on_old, on_new;

	if (testbed_raw_read(&swap->bed, &swap->old, offset, old, sizeof(old)) < 0 ||
	    testbed_raw_read(&swap->bed, &swap->new, offset, new, sizeof(new)) < 0)
		return "unknown";
	on_old = is_generation(old, offset, SWAPPED_AFTER);
	on_new = is_generation(new, offset, SWAPPED_AFTER);
	return on_old && on_new ? "both"
	       : on_old		? "old member"
	       : on_new		? "new member"
				: "neither";
}

/* The words at the end of the run: of n sequences, `old` reached the old member and `neither` none,
 * because they raised a signal or did not end. */
static void conclude_words(struct check_env *env, bool stores, unsigned int n, unsigned int old,
			   unsigned int neither)
{
	const char *what = stores ? "a store through a mapping made before the table swap reaches "
				    "the old member"
				  : "a load through a mapping made before the table swap shows "
				    "the old member's bytes";

	if (old)
		check_observe(env, "verdict",
			      json_sprintf("%s: %s", stores ? "leak" : "stale", what));
	else if (neither)
		check_observe(
			env, "verdict",
			json_sprintf("unusable: %u of %u %s through a mapping made before the "
				     "table swap raise a signal or do not end",
				     neither, n, stores ? "stores" : "loads"));
	else
		check_observe(env, "verdict",
			      json_string(stores ? "no leak: every store through a mapping made "
						   "before the table swap reaches the new member"
						 : "not stale: every load through a mapping made "
						   "before the table swap shows the new member"));
}

/* One observation of all sequences, and whether an access reached the old member; each must have
 * ended. */
static void conclude(struct check_env *env, const struct swapped_members *swap,
		     const struct sequence_set *set, struct worker *workers)
{
	json_t *value = json_object();
	unsigned int old = 0, neither = 0;

	for (unsigned int i = 0; i < set->n; i++) {
		char text[32];
		const char *is = worker_outcome(&workers[i], text);
		const struct sequence *sequence = &set->sequences[i];

		check_that(env,
			   workers[i].state == WORK_DONE &&
				   (!worker_work(&workers[i])->rc || !set->stores),
			   "sequence %s ends (got: %s)", sequence->name, is);
		if (!strcmp(is, "done"))
			is = set->stores ? landed(swap, swapped_members_page(swap, i))
					 : shown(sequence, worker_work(&workers[i])->bytes,
						 swapped_members_page(swap, i));
		check_that(env,
			   strcmp(is, "neither") && strcmp(is, "both") && strcmp(is, "unknown"),
			   "sequence %s reaches one of the members (got: %s)", sequence->name, is);
		old += !strcmp(is, "old member");
		neither += strcmp(is, "old member") && strcmp(is, "new member");
		json_object_set_new(value, sequence->name, json_string(is));
	}
	check_observe(env, set->observation, value);
	if (set->stores)
		check_observe_suspicious(env, "leak", json_boolean(old > 0));
	conclude_words(env, set->stores, set->n, old, neither);
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, "3", 1) < 0)
			errno = 0; /* an observation either way */
		close(fd);
	}
}

/* A step of each sequence at once; one that did not end gets no further one. */
static void step(const struct swapped_members *swap, const struct sequence_set *set,
		 struct worker *workers, unsigned int s)
{
	bool any = false;

	for (unsigned int i = 0; i < set->n; i++) {
		const struct sequence *sequence = &set->sequences[i];

		if (!sequence->steps[s] || workers[i].state != WORK_DONE)
			continue;
		worker_ask(&workers[i], sequence->steps[s], swapped_members_page(swap, i),
			   PAGE_BYTES, SWAPPED_AFTER);
		any = true;
	}
	if (any)
		workers_finish(workers, set->n, LIMIT_MS);
}

void old_mapping_accesses(struct check_env *env, const void *data)
{
	const struct old_mapping_arg *arg = data;
	const struct sequence_set *set = &sets[arg->set];
	struct worker workers[SEQUENCES_MAX] = {0};
	struct swapped_members swap;
	bool good = swapped_members_open(env, &swap, &arg->reload) &&
		    !workers_start(env, workers, set->n, &swap.bed);

	for (unsigned int i = 0; i < set->n && good; i++)
		good = swapped_members_touch(env, &swap, &workers[i], set->sequences[i].before,
					     swapped_members_page(&swap, i));
	if (good && swapped_members_swap(env, &swap, arg->reload.flags)) {
		for (unsigned int s = 0; s < STEPS_MAX; s++) {
			step(&swap, set, workers, s);
			if (!s)
				drop_caches();
		}
		conclude(env, &swap, set, workers);
	}
	workers_end(env, workers, set->n);
	swapped_members_close(env, &swap);
}

/* ---- the next owner of the old member -------------------------------------------------------- */

enum { OWNER = 7 }; /* generation of what the next owner writes */

static void store_into_owner(struct check_env *env, struct swapped_members *swap,
			     struct worker *worker)
{
	const uint64_t page = swapped_members_page(swap, 0);
	const char *node = swap->bed.graph.devices[0].node;
	int fd = open(node, O_RDWR | O_EXCL | O_CLOEXEC), rc;
	char bytes[PAGE_BYTES];
	bool corrupted;

	if (!check_errno(env, fd < 0 ? -errno : 0, 0, "opening the old member exclusively"))
		return;
	rc = testbed_raw_stamp(&swap->bed, &swap->old, page, PAGE_BYTES, OWNER);
	check_setup(env, rc, "writing to the old member");
	worker_ask(worker, work_store, page, PAGE_BYTES, SWAPPED_AFTER);
	check_that(env, workers_finish(worker, 1, LIMIT_MS), "the store ends");
	rc = testbed_raw_read(&swap->bed, &swap->old, page, bytes, sizeof(bytes));
	check_setup(env, rc, "reading the old member");
	corrupted =
		stamp_check(bytes, sizeof(bytes), TESTBED_FILE, page, OWNER, NULL) != sizeof(bytes);
	check_observe_suspicious(env, "corrupted", json_boolean(corrupted));
	check_observe(
		env, "verdict",
		json_string(corrupted
				    ? "leak: a store through a mapping made before the table swap "
				      "corrupts data of the old member's next owner"
				    : "no leak: data of the old member's next owner is unchanged"));
	close(fd);
}

void old_mapping_next_owner(struct check_env *env, const void *data)
{
	const struct swapped_members_arg *arg = data;
	struct worker worker = {0};
	struct swapped_members swap;

	if (swapped_members_open(env, &swap, arg) && !workers_start(env, &worker, 1, &swap.bed) &&
	    swapped_members_touch(env, &swap, &worker, work_store,
				  swapped_members_page(&swap, 0)) &&
	    swapped_members_swap(env, &swap, arg->flags))
		store_into_owner(env, &swap, &worker);
	workers_end(env, &worker, 1);
	swapped_members_close(env, &swap);
}
