// SPDX-License-Identifier: GPL-2.0-only
#include "check/pagesize/pmd_pte_alias.h"

#include "check/pagesize/window.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SECOND_GENERATION = TESTBED_GENERATION + 1 };

void pmd_pte_alias_order(struct check_env *env, const void *arg)
{
	struct mapping small;
	struct testbed bed;
	json_t *seen;
	int rc;

	if (!window_open_pmd(env, WINDOW_LINEAR, arg, &bed))
		return;
	rc = mapping_make(&small, bed.fd, WINDOW_FILE_BYTES, MAP_SHARED, false);
	if (!check_setup(env, rc, "a mapping by PTEs"))
		goto out;
	/* Window 0 by a PTE first, window WINDOW_AT by a PMD already. */
	stamp_fill(small.base + PAGE_BYTES, PAGE_BYTES, TESTBED_FILE, PAGE_BYTES,
		   SECOND_GENERATION);
	seen = json_pack("{ss}", "pte_first", window_size_name(window_store_is_pmd(&bed, 0)));
	stamp_fill(bed.map.base + WINDOW_AT, PAGE_BYTES, TESTBED_FILE, WINDOW_AT,
		   SECOND_GENERATION);
	stamp_fill(small.base + WINDOW_AT + PAGE_BYTES, PAGE_BYTES, TESTBED_FILE,
		   WINDOW_AT + PAGE_BYTES, SECOND_GENERATION);
	json_object_set_new(
		seen, "pmd_first",
		json_string(window_size_name(window_pages_present(bed.map.base + WINDOW_AT) ==
					     WINDOW_PAGES)));
	check_observe_suspicious(env, "large_mapping", seen);
	check_mapped_bytes(env, "PTE first, read through the PMD mapping",
			   bed.map.base + PAGE_BYTES, PAGE_BYTES, TESTBED_FILE, PAGE_BYTES,
			   SECOND_GENERATION);
	check_mapped_bytes(env, "PMD first, read through the PTE mapping", small.base + WINDOW_AT,
			   2 * PAGE_BYTES, TESTBED_FILE, WINDOW_AT, SECOND_GENERATION);
	check_mapped_bytes(env, "PMD first, read through the PMD mapping", bed.map.base + WINDOW_AT,
			   2 * PAGE_BYTES, TESTBED_FILE, WINDOW_AT, SECOND_GENERATION);
	window_is_stamped(env, &bed, "bytes that were not written", WINDOW_AT + 2 * PAGE_BYTES,
			  WINDOW_AT + WINDOW_BYTES);
	testbed_frames(env, &bed, WINDOW_AT, WINDOW_BYTES);
	check_frames(env, bed.fd, small.base, 0, 2 * WINDOW_BYTES, &bed.graph, bed.device);
	mapping_drop(&small);
out:
	testbed_close(env, &bed);
}

struct writer {
	char *base;
	unsigned int odd;
	atomic_uint *here; /* how many have come to the begin of each window */
};

/* Stamps every other page of the file, each window at the same time as the other writer. */
static int write_pages(void *arg)
{
	const struct writer *w = arg;
	char page[PAGE_BYTES];

	for (uint64_t window = 0; window < WINDOW_FILE_BYTES; window += WINDOW_BYTES) {
		atomic_uint *here = &w->here[window / WINDOW_BYTES];

		atomic_fetch_add(here, 1);
		for (unsigned int spins = 0; atomic_load(here) < 2 && spins < 20000; spins++)
			usleep(spins < 100 ? 0 : 100);
		for (uint64_t p = w->odd; p < WINDOW_PAGES; p += 2) {
			uint64_t at = window + p * PAGE_BYTES;

			stamp_fill(page, sizeof(page), TESTBED_FILE, at, SECOND_GENERATION);
			if (check_copy(w->base + at, page, sizeof(page)).signal)
				return 1;
		}
	}
	return 0;
}

void pmd_pte_alias_race(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {
		.table = WINDOW_LINEAR, .fs = arg, .file_bytes = WINDOW_FILE_BYTES};
	struct writer writers[2] = {0};
	struct check_task tasks[2] = {0};
	struct mapping small;
	struct testbed bed;
	char *buffer = NULL;
	bool done = true;
	int rc;

	if (!testbed_open(env, &bed, &spec))
		return;
	rc = mapping_make(&small, bed.fd, WINDOW_FILE_BYTES, MAP_SHARED, false);
	if (!check_setup(env, rc, "a mapping by PTEs"))
		goto out;
	writers[0].base = bed.map.base;
	writers[1] = (struct writer){.base = small.base, .odd = 1};
	writers[0].here = writers[1].here = check_shared(env, WINDOW_COUNT * sizeof(atomic_uint));
	for (int i = 0; i < 2 && writers[0].here && done; i++)
		done = !check_start(env, &tasks[i], write_pages, &writers[i]);
	for (int i = 0; i < 2; i++) {
		if (!check_wait(&tasks[i], 8000)) {
			check_fail(env, "a writer of %s pages did not end within 8 s",
				   i ? "small" : "large");
			check_kill(&tasks[i]);
			done = false;
		} else {
			check_equal(env, tasks[i].status, 0, "status of a writer");
		}
	}
	buffer = malloc(WINDOW_FILE_BYTES);
	if (done && buffer && writers[0].here) {
		rc = pread(bed.fd, buffer, WINDOW_FILE_BYTES, 0) == WINDOW_FILE_BYTES ? 0 : -EIO;
		if (check_setup(env, rc, "reading the file"))
			check_bytes(env, "read(2) after both wrote", buffer, WINDOW_FILE_BYTES,
				    TESTBED_FILE, 0, SECOND_GENERATION);
		testbed_frames(env, &bed, 0, WINDOW_FILE_BYTES);
		check_frames(env, bed.fd, small.base, 0, WINDOW_FILE_BYTES, &bed.graph, bed.device);
	}
	free(buffer);
	mapping_drop(&small);
out:
	testbed_close(env, &bed);
}
