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

/* Moves the whole mapping elsewhere, congruent to the file or a page beside.  Returns its new
 * base; NULL after check_broken(). */
static char *move_mapping(struct check_env *env, struct scene *scene, bool congruent,
			  void **reserved, size_t *reserved_bytes)
{
	uintptr_t to;
	char *moved;

	*reserved_bytes = SIZE_FILE_BYTES + 2 * WINDOW_BYTES;
	*reserved = mmap(NULL, *reserved_bytes, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!check_setup(env, *reserved == MAP_FAILED ? -errno : 0, "reserving addresses"))
		return NULL;
	to = ((uintptr_t)*reserved + WINDOW_BYTES - 1) & ~(uintptr_t)(WINDOW_BYTES - 1);
	to += congruent ? 0 : PAGE_BYTES;
	moved = mremap(scene->base, SIZE_FILE_BYTES, SIZE_FILE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED,
		       (void *)to);
	if (check_setup(env, moved == MAP_FAILED ? -errno : 0, "mremap")) {
		keep_reserved(scene->base, SIZE_FILE_BYTES);
		return moved;
	}
	munmap(*reserved, *reserved_bytes);
	return NULL;
}

void mapchange_moved(struct check_env *env, const void *arg)
{
	const bool *congruent = arg;
	size_t reserved_bytes;
	struct scene scene;
	void *reserved;
	char *base;

	if (!open_with_pmd(env, &window_linear, "ext4", &scene))
		return;
	check_setup(env, check_store(scene.base + AT, scene.base[AT]).signal ? -EFAULT : 0,
		    "storing what is there");
	base = move_mapping(env, &scene, *congruent, &reserved, &reserved_bytes);
	if (base) {
		scene.base = base;
		check_observe(env, "pages_that_moved", json_integer(pages_present(base + AT)));
		if (is_stamped(env, &scene, "read after mremap", 0, SIZE_FILE_BYTES) &&
		    check_frames(env, scene.fd, base, AT, WINDOW_BYTES, &scene.graph, scene.device))
			check_page_size(env, scene.fd, base, AT, &scene.graph, scene.device);
		munmap(reserved, reserved_bytes);
	}
	scene_close(env, &scene);
}

void mapchange_edges(struct check_env *env, const void *arg)
{
	const uint64_t from = MIB, to = SIZE_FILE_BYTES - MIB, first[2] = {0, MIB - PAGE_BYTES};
	struct scene scene;
	char values[2];
	char *base;
	int rc = 0;

	(void)arg;
	if (!open_with_pmd(env, &window_linear, "ext4", &scene))
		return;
	base = scene.base;
	keep_reserved(base, from);
	keep_reserved(base + to, SIZE_FILE_BYTES - to);
	for (int i = 0; i < 2 && !rc; i++)
		if (pread(scene.fd, &values[i], 1, (off_t)(from + first[i])) != 1)
			rc = -EIO;
	if (check_setup(env, rc, "cutting the mapping")) {
		uint64_t faults = page_faults();

		for (int i = 0; i < 2; i++)
			check_store(base + from + first[i], values[i]);
		faults = page_faults() - faults;
		check_that(env, faults >= 2,
			   "a window that the mapping covers by half is mapped by small pages");
		check_page_size(env, scene.fd, base, WINDOW_BYTES, &scene.graph, scene.device);
		check_page_size(env, scene.fd, base, AT, &scene.graph, scene.device);
		is_stamped(env, &scene, "what is still mapped", from, to);
	}
	scene_close(env, &scene);
}

static bool protect(struct check_env *env, char *at, size_t len, int prot)
{
	return check_setup(env, mprotect(at, len, prot) < 0 ? -errno : 0, "mprotect");
}

void mapchange_protect_page(struct check_env *env, const void *arg)
{
	const uint64_t page = AT + 9 * PAGE_BYTES;
	struct scene scene;
	int rc;

	(void)arg;
	if (!open_with_pmd(env, &window_linear, "ext4", &scene))
		return;
	if (!protect(env, scene.base + page, PAGE_BYTES, PROT_READ))
		goto out;
	check_equal(env, check_store(scene.base + page, 'x').signal, SIGSEGV,
		    "signal of a store into the read-only page");
	check_equal(env, check_store(scene.base + page - 1, scene.base[page - 1]).signal, 0,
		    "signal of a store beside it");
	rc = pages_present(scene.base + AT);
	check_that(env, rc >= 0 && rc < WINDOW_PAGES,
		   "a window of two protections is not mapped by one PMD");
	if (is_stamped(env, &scene, "read after mprotect", AT, AT + WINDOW_BYTES) &&
	    check_frames(env, scene.fd, scene.base, AT, WINDOW_BYTES, &scene.graph, scene.device) &&
	    protect(env, scene.base + page, PAGE_BYTES, PROT_READ | PROT_WRITE))
		check_observe(env, "after_undo",
			      json_string(size_name(window_is_pmd(scene.base, AT))));
out:
	scene_close(env, &scene);
}

void mapchange_protect_all(struct check_env *env, const void *arg)
{
	struct scene scene;
	char *base;

	(void)arg;
	if (!open_with_pmd(env, &window_linear, "ext4", &scene))
		return;
	base = scene.base;
	check_setup(env, check_store(base + AT, base[AT]).signal ? -EFAULT : 0,
		    "storing what is there");
	if (!protect(env, base, SIZE_FILE_BYTES, PROT_READ))
		goto out;
	check_equal(env, check_store(base + AT, 'x').signal, SIGSEGV,
		    "signal of a store while read-only");
	if (!is_stamped(env, &scene, "read while read-only", AT, AT + WINDOW_BYTES) ||
	    !protect(env, base, SIZE_FILE_BYTES, PROT_READ | PROT_WRITE))
		goto out;
	check_equal(env, check_store(base + AT, base[AT]).signal, 0,
		    "signal of a store once it is writable again");
	check_equal(env, pages_present(base + AT), WINDOW_PAGES, "pages mapped by that store");
	check_page_size(env, scene.fd, base, AT, &scene.graph, scene.device);
	check_frames(env, scene.fd, base, AT, WINDOW_BYTES, &scene.graph, scene.device);
out:
	scene_close(env, &scene);
}

static int child_stores(void *arg)
{
	struct scene *scene = arg;
	int rc = window_is_pmd(scene->base, AT);

	if (check_store(scene->base + AT + 3, 'c').signal)
		return 9;
	return rc < 0 ? 8 : rc;
}

void mapchange_forked(struct check_env *env, const void *arg)
{
	struct check_task child;
	struct scene scene;
	uint64_t faults;
	char value = 0;

	(void)arg;
	if (!open_with_pmd(env, &window_linear, "ext4", &scene))
		return;
	if (check_start(env, &child, child_stores, &scene) < 0)
		goto out;
	if (!check_that(env, check_wait(&child, 5000), "the child comes home")) {
		check_kill(&child);
		goto out;
	}
	check_equal(env, child.status, 1, "PMD in the child of a fork");
	faults = page_faults();
	check_load(scene.base + AT + 3, &value);
	check_that(env, value == 'c', "the parent sees at once what its child stored");
	check_observe(env, "faults_of_the_parent_afterwards",
		      json_integer((json_int_t)(page_faults() - faults)));
	check_page_size(env, scene.fd, scene.base, AT, &scene.graph, scene.device);
	check_frames(env, scene.fd, scene.base, AT, WINDOW_BYTES, &scene.graph, scene.device);
out:
	scene_close(env, &scene);
}

void mapchange_private(struct check_env *env, const void *arg)
{
	const struct scene_spec spec = {.fs = "ext4", .file_bytes = SIZE_FILE_BYTES};
	char buffer[PAGE_BYTES], value = 0;
	struct mapping own;
	struct scene scene;
	int rc;

	(void)arg;
	if (!scene_open(env, &window_linear, &spec, &scene))
		return;
	rc = mapping_make(&own, scene.fd, SIZE_FILE_BYTES, MAP_PRIVATE, true);
	if (!check_setup(env, rc, "a private mapping"))
		goto out;
	check_observe(env, "load", json_string(size_name(window_is_pmd(own.base, AT))));
	check_equal(env, check_store(own.base + AT, 'p').signal, 0, "signal of the store");
	check_load(own.base + AT, &value);
	check_that(env, value == 'p', "the private mapping has what was stored into it");
	check_that(env, pages_present(own.base + AT) < WINDOW_PAGES,
		   "the window of a private copy is mapped by small pages");
	check_mapped_bytes(env, "the rest of the private window", own.base + AT + PAGE_BYTES,
			   WINDOW_BYTES - PAGE_BYTES, SCENE_FILE_ID, AT + PAGE_BYTES,
			   SCENE_GENERATION);
	is_stamped(env, &scene, "the shared mapping", AT, AT + WINDOW_BYTES);
	if (check_setup(env, pread(scene.fd, buffer, PAGE_BYTES, AT) == PAGE_BYTES ? 0 : -EIO,
			"reading the file"))
		check_bytes(env, "read(2) of the file", buffer, PAGE_BYTES, SCENE_FILE_ID, AT,
			    SCENE_GENERATION);
	mapping_drop(&own);
out:
	scene_close(env, &scene);
}
