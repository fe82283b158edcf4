// SPDX-License-Identifier: GPL-2.0-only
#include "check/pagesize/mapchange.h"

#include "check/pagesize/window.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is no longer mapped there stays ours, until the whole reservation goes. */
static void keep_reserved(char *at, size_t len)
{
	mmap(at, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

/* Moves the whole mapping to addresses congruent to the file mod 2 MiB, or a page more.  Returns
 * its new base; NULL after check_broken(). */
static char *move_mapping(struct check_env *env, struct testbed *bed, bool congruent,
			  void **reserved, size_t *reserved_bytes)
{
	uintptr_t to;
	char *moved;

	*reserved_bytes = WINDOW_FILE_BYTES + 2 * WINDOW_BYTES;
	*reserved = mmap(NULL, *reserved_bytes, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!check_setup(env, *reserved == MAP_FAILED ? -errno : 0, "reserving addresses"))
		return NULL;
	to = ((uintptr_t)*reserved + WINDOW_BYTES - 1) & ~(uintptr_t)(WINDOW_BYTES - 1);
	to += congruent ? 0 : PAGE_BYTES;
	moved = mremap(bed->map.base, WINDOW_FILE_BYTES, WINDOW_FILE_BYTES,
		       MREMAP_MAYMOVE | MREMAP_FIXED, (void *)to);
	if (check_setup(env, moved == MAP_FAILED ? -errno : 0, "mremap")) {
		keep_reserved(bed->map.base, WINDOW_FILE_BYTES);
		return moved;
	}
	munmap(*reserved, *reserved_bytes);
	return NULL;
}

void mapchange_moved(struct check_env *env, const void *arg)
{
	const bool *congruent = arg;
	size_t reserved_bytes;
	struct testbed bed;
	void *reserved;
	char *base;

	if (!window_open_pmd(env, WINDOW_LINEAR, "ext4", &bed))
		return;
	check_setup(env,
		    check_store(bed.map.base + WINDOW_AT, bed.map.base[WINDOW_AT]).signal ? -EFAULT
											  : 0,
		    "storing the same bytes");
	base = move_mapping(env, &bed, *congruent, &reserved, &reserved_bytes);
	if (base) {
		bed.map.base = base;
		check_observe(env, "pages_that_moved",
			      json_integer(window_pages_present(base + WINDOW_AT)));
		if (window_is_stamped(env, &bed, "read after mremap", 0, WINDOW_FILE_BYTES) &&
		    check_frames(env, bed.fd, base, WINDOW_AT, WINDOW_BYTES, &bed.graph,
				 bed.device))
			check_page_size(env, bed.fd, base, WINDOW_AT, &bed.graph, bed.device);
		munmap(reserved, reserved_bytes);
	}
	testbed_close(env, &bed);
}

void mapchange_edges(struct check_env *env, const void *arg)
{
	const uint64_t from = WINDOW_MIB, to = WINDOW_FILE_BYTES - WINDOW_MIB,
		       first[2] = {0, WINDOW_MIB - PAGE_BYTES};
	struct testbed bed;
	char values[2];
	char *base;
	int rc = 0;

	(void)arg;
	if (!window_open_pmd(env, WINDOW_LINEAR, "ext4", &bed))
		return;
	base = bed.map.base;
	keep_reserved(base, from);
	keep_reserved(base + to, WINDOW_FILE_BYTES - to);
	for (int i = 0; i < 2 && !rc; i++)
		if (pread(bed.fd, &values[i], 1, (off_t)(from + first[i])) != 1)
			rc = -EIO;
	if (check_setup(env, rc, "unmapping a part of the mapping")) {
		uint64_t faults = mapping_page_faults();

		for (int i = 0; i < 2; i++)
			check_store(base + from + first[i], values[i]);
		faults = mapping_page_faults() - faults;
		check_that(env, faults >= 2,
			   "a window that the mapping covers by half is mapped by PTEs");
		check_page_size(env, bed.fd, base, WINDOW_BYTES, &bed.graph, bed.device);
		check_page_size(env, bed.fd, base, WINDOW_AT, &bed.graph, bed.device);
		window_is_stamped(env, &bed, "what is still mapped", from, to);
	}
	testbed_close(env, &bed);
}

static bool protect(struct check_env *env, char *at, size_t len, int prot)
{
	return check_setup(env, mprotect(at, len, prot) < 0 ? -errno : 0, "mprotect");
}

static bool protect_one(struct check_env *env, struct testbed *bed, uint64_t page)
{
	const bool first = page == WINDOW_AT;
	char *at = bed->map.base + page, *next = first ? at + PAGE_BYTES : at - 1;
	int rc;

	if (!protect(env, at, PAGE_BYTES, PROT_READ))
		return false;
	check_equal(env, check_store(at, 'x').signal, SIGSEGV,
		    "signal of a store into the read-only page");
	check_equal(env, check_store(next, *next).signal, 0, "signal of a store next to it");
	rc = window_pages_present(bed->map.base + WINDOW_AT);
	check_that(env, rc >= 0 && rc < WINDOW_PAGES,
		   "a window of two protections is not mapped by one PMD");
	return window_is_stamped(env, bed, "read after mprotect", WINDOW_AT,
				 WINDOW_AT + WINDOW_BYTES) &&
	       testbed_frames(env, bed, WINDOW_AT, WINDOW_BYTES) &&
	       protect(env, at, PAGE_BYTES, PROT_READ | PROT_WRITE) && !check_complained(env);
}

/* A page inside the window, its first and its last one; after each, all is as before. */
void mapchange_protect_page(struct check_env *env, const void *arg)
{
	static const uint64_t pages[] = {9, 0, WINDOW_PAGES - 1};
	struct testbed bed;
	int rc;

	(void)arg;
	if (!window_open_pmd(env, WINDOW_LINEAR, "ext4", &bed))
		return;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (!protect_one(env, &bed, WINDOW_AT + pages[i] * PAGE_BYTES))
			break;
		rc = window_is_pmd(bed.map.base, WINDOW_AT);
		if (!i)
			check_observe_suspicious(env, "after_undo",
						 json_string(window_size_name(rc)));
		/* By one PMD again, for the next page. */
		if (madvise(bed.map.base + WINDOW_AT, WINDOW_BYTES, MADV_DONTNEED) < 0)
			break;
		check_load(bed.map.base + WINDOW_AT, NULL);
	}
	testbed_close(env, &bed);
}

void mapchange_protect_all(struct check_env *env, const void *arg)
{
	struct testbed bed;
	char *base;

	(void)arg;
	if (!window_open_pmd(env, WINDOW_LINEAR, "ext4", &bed))
		return;
	base = bed.map.base;
	check_setup(env, check_store(base + WINDOW_AT, base[WINDOW_AT]).signal ? -EFAULT : 0,
		    "storing the same bytes");
	if (!protect(env, base, WINDOW_FILE_BYTES, PROT_READ))
		goto out;
	check_equal(env, check_store(base + WINDOW_AT, 'x').signal, SIGSEGV,
		    "signal of a store while read-only");
	if (!window_is_stamped(env, &bed, "read while read-only", WINDOW_AT,
			       WINDOW_AT + WINDOW_BYTES) ||
	    !protect(env, base, WINDOW_FILE_BYTES, PROT_READ | PROT_WRITE))
		goto out;
	check_equal(env, check_store(base + WINDOW_AT, base[WINDOW_AT]).signal, 0,
		    "signal of a store once it is writable again");
	check_equal(env, window_pages_present(base + WINDOW_AT), WINDOW_PAGES,
		    "pages mapped by that store");
	check_page_size(env, bed.fd, base, WINDOW_AT, &bed.graph, bed.device);
	check_frames(env, bed.fd, base, WINDOW_AT, WINDOW_BYTES, &bed.graph, bed.device);
out:
	testbed_close(env, &bed);
}

static int child_stores(void *arg)
{
	struct testbed *bed = arg;
	int rc = window_is_pmd(bed->map.base, WINDOW_AT);

	if (check_store(bed->map.base + WINDOW_AT + 3, 'c').signal)
		return 9;
	return rc < 0 ? 8 : rc;
}

void mapchange_forked(struct check_env *env, const void *arg)
{
	struct check_task child;
	struct testbed bed;
	uint64_t faults;
	char value = 0;

	(void)arg;
	if (!window_open_pmd(env, WINDOW_LINEAR, "ext4", &bed))
		return;
	if (check_start(env, &child, child_stores, &bed) < 0)
		goto out;
	if (!check_that(env, check_wait(&child, 5000), "the child exits")) {
		check_kill(&child);
		goto out;
	}
	check_equal(env, child.status, 1, "PMD in the child of a fork");
	faults = mapping_page_faults();
	check_load(bed.map.base + WINDOW_AT + 3, &value);
	check_that(env, value == 'c', "the parent sees its child's store at once");
	check_observe(env, "faults_of_the_parent_afterwards",
		      json_integer((json_int_t)(mapping_page_faults() - faults)));
	testbed_page_size(env, &bed, WINDOW_AT);
	testbed_frames(env, &bed, WINDOW_AT, WINDOW_BYTES);
out:
	testbed_close(env, &bed);
}

void mapchange_private(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {
		.table = WINDOW_LINEAR, .fs = "ext4", .file_bytes = WINDOW_FILE_BYTES};
	char buffer[PAGE_BYTES], value = 0;
	struct mapping own;
	struct testbed bed;
	int rc;

	(void)arg;
	if (!testbed_open(env, &bed, &spec))
		return;
	rc = mapping_make(&own, bed.fd, WINDOW_FILE_BYTES, MAP_PRIVATE, true);
	if (!check_setup(env, rc, "a private mapping"))
		goto out;
	check_observe_suspicious(env, "load",
				 json_string(window_size_name(window_is_pmd(own.base, WINDOW_AT))));
	check_equal(env, check_store(own.base + WINDOW_AT, 'p').signal, 0, "signal of the store");
	check_load(own.base + WINDOW_AT, &value);
	check_that(env, value == 'p', "the private mapping holds the stored bytes");
	check_that(env, window_pages_present(own.base + WINDOW_AT) < WINDOW_PAGES,
		   "the window of a private copy is mapped by PTEs");
	check_mapped_bytes(env, "the rest of the private window", own.base + WINDOW_AT + PAGE_BYTES,
			   WINDOW_BYTES - PAGE_BYTES, TESTBED_FILE, WINDOW_AT + PAGE_BYTES,
			   TESTBED_GENERATION);
	window_is_stamped(env, &bed, "the shared mapping", WINDOW_AT, WINDOW_AT + WINDOW_BYTES);
	if (check_setup(env, pread(bed.fd, buffer, PAGE_BYTES, WINDOW_AT) == PAGE_BYTES ? 0 : -EIO,
			"reading the file"))
		check_bytes(env, "read(2) of the file", buffer, PAGE_BYTES, TESTBED_FILE, WINDOW_AT,
			    TESTBED_GENERATION);
	mapping_drop(&own);
out:
	testbed_close(env, &bed);
}
