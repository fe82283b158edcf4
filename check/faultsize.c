// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page sizes: a 2 MiB page exactly where it is possible, small ones everywhere else.
 *
 * The model allows a PMD where the window of the file is one extent, 2 MiB aligned on the device,
 * stays together through every table on the way down and ends up 2 MiB aligned in memory; the
 * mapping must be congruent to the file modulo 2 MiB, cover the window and be shared (or only
 * read), and the file must reach to the window's last page.  Then what changes a mapping or a file
 * under way: the page size must follow, and the bytes and frames must stay right.
 *
 *   handle_mm_fault -> create_huge_pmd -> {ext4,xfs}'s huge_fault -> dax_iomap_pmd_fault
 *     -> dax_fault_check_fallback, grab_mapping_entry, iomap, dax_iomap_direct_access
 *       -> dm_dax_direct_access: how many pages stay together
 *
 * How it is seen: faults and what pagemap has after touching two pages of a window.  How many
 * faults a window takes is an observation.
 *
 * Alone: ./run.sh check --check 'faultsize.*'
 */
#include "check/shape.h"

#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	WINDOWS = 8,
	FILE_BYTES = WINDOWS * WINDOW_BYTES,
	KIB = 1 << 10,
	MIB = 1 << 20,
	SECOND_GENERATION = SCENE_GENERATION + 1,
};

static const struct shape linear = {.name = "linear", .depth = 1, .segments = 2};

static const char *size_name(int pmd)
{
	return pmd < 0 ? "unknown" : pmd ? "pmd" : "pte";
}

/* ---- looking at one window ------------------------------------------------------------------- */

static int pages_present(const volatile char *window)
{
	static uint64_t pages[WINDOW_PAGES];
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), n = 0;
	ssize_t len = pread(fd, pages, sizeof(pages), (off_t)((uintptr_t)window / PAGE_BYTES * 8));

	close(fd);
	if (len != (ssize_t)sizeof(pages))
		return -EIO;
	for (unsigned int i = 0; i < WINDOW_PAGES; i++)
		n += pages[i] >> 63;
	return n;
}

/* Stores into two pages of a window, in which nothing is mapped, the values that they have: one
 * fault for all pages, or one for each.  Returns 1 (PMD), 0, or -errno. */
static int store_is_pmd(volatile char *window, const uint64_t at[2], const char values[2])
{
	uint64_t faults;
	int present;

	for (int tries = 0; tries < 4; tries++) {
		if (madvise((void *)window, WINDOW_BYTES, MADV_DONTNEED) < 0)
			return -errno;
		faults = page_faults();
		for (int i = 0; i < 2; i++)
			if (check_store(window + at[i], values[i]).signal)
				return -EFAULT;
		faults = page_faults() - faults;
		present = pages_present(window);
		if (present < 0)
			return present;
		if (present == WINDOW_PAGES && faults == 1)
			return 1;
		if (present < WINDOW_PAGES && faults >= 2)
			return 0;
	}
	return -EAGAIN; /* other pages of ours came in each time */
}

/* The same for the first and the last page of a window of a scene. */
static int window_store_is_pmd(const struct scene *scene, uint64_t window)
{
	const uint64_t at[2] = {0, WINDOW_BYTES - PAGE_BYTES};
	char values[2];

	for (int i = 0; i < 2; i++)
		if (pread(scene->fd, &values[i], 1, (off_t)(window + at[i])) != 1)
			return -EIO;
	return store_is_pmd(scene->base + window, at, values);
}

/* Page size by loads, then by stores, against the model. */
static bool judge_window(struct check_env *env, const struct scene *scene, uint64_t window,
			 const struct extents *extents)
{
	bool want = graph_window_is_huge(extents, &scene->graph, scene->device, window) &&
		    (uintptr_t)scene->base % WINDOW_BYTES == 0;
	int rc;

	if (!check_page_size(env, scene->fd, scene->base, window, &scene->graph, scene->device))
		return false;
	rc = window_store_is_pmd(scene, window);
	return check_setup(env, rc, "storing into the window at file offset %" PRIu64, window) &&
	       check_equal(env, rc, want, "PMD after a store at file offset %" PRIu64, window);
}

/* ---- geometry -------------------------------------------------------------------------------- */

struct geometry {
	struct shape shape;
	const char *fs;
	bool small_pages;
	/* What the shape is to bring; if the filesystem lays the file out otherwise, nothing is
	 * found out. */
	enum { ALL, NONE, SOME } huge;
	unsigned int bio_kib; /* not 0: the largest bio that the device takes */
};

/* How many windows of the file the model has as huge. */
static unsigned int huge_windows(const struct scene *scene, const struct extents *extents)
{
	unsigned int n = 0;

	for (uint64_t at = 0; at < scene->bytes; at += WINDOW_BYTES)
		n += graph_window_is_huge(extents, &scene->graph, scene->device, at);
	return n;
}

/* Whether the filesystem laid all windows out so that only the stack decides. */
static bool laid_out(struct check_env *env, const struct scene *scene,
		     const struct extents *extents)
{
	for (uint64_t at = 0; at < scene->bytes; at += WINDOW_BYTES)
		if (!window_is_huge_on_fs(extents, at)) {
			check_broken(env,
				     "%s did not place the window at file offset %" PRIu64
				     " in one extent that is 2 MiB aligned",
				     scene->fs.fs.type, at);
			return false;
		}
	return true;
}

/* Sets, or only tells, how large a bio the device takes. */
static bool limit_bios(struct check_env *env, const struct scene *scene, unsigned int kib)
{
	const char *numbers = scene->graph.devices[scene->device].numbers;
	char path[128], line[32] = "?";
	FILE *file;
	int rc;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/queue/max_sectors_kb", numbers);
	file = fopen(path, kib ? "r+e" : "re");
	rc = file ? 0 : -errno;
	if (file && kib && (fprintf(file, "%u", kib) < 0 || fflush(file) == EOF))
		rc = -errno;
	if (file)
		rewind(file);
	if (!rc && fgets(line, sizeof(line), file))
		line[strcspn(line, "\n")] = 0;
	if (file)
		fclose(file);
	check_evidence(env, "the device takes bios of up to %s KiB (queue/max_sectors_kb)", line);
	return check_setup(env, rc, "%s", path);
}

static void geometry(struct check_env *env, const void *arg)
{
	const struct geometry *g = arg;
	const struct scene_spec spec = {g->fs, FILE_BYTES, g->small_pages};
	struct extents extents = {0};
	struct scene scene;
	unsigned int huge;
	bool good;

	if (!scene_open(env, &g->shape, &spec, &scene))
		return;
	good = check_setup(env, extents_read(scene.fd, &extents), "reading the extents") &&
	       laid_out(env, &scene, &extents);
	if (good && g->shape.chunk_bytes)
		good = limit_bios(env, &scene, g->bio_kib);
	huge = huge_windows(&scene, &extents);
	if (good && (g->huge == ALL    ? huge != WINDOWS
		     : g->huge == NONE ? huge != 0
				       : huge == 0 || huge == WINDOWS)) {
		check_broken(env, "of %d windows, the model has %u as huge", WINDOWS, huge);
		good = false;
	}
	for (uint64_t at = 0; at < scene.bytes && good; at += WINDOW_BYTES)
		good = judge_window(env, &scene, at, &extents);
	if (good)
		good = check_frames(env, scene.fd, scene.base, 0, scene.bytes, &scene.graph,
				    scene.device);
	if (good)
		check_mapped_bytes(env, "read through the mapping", scene.base, scene.bytes,
				   SCENE_FILE_ID, 0, SCENE_GENERATION);
	extents_free(&extents);
	scene_close(env, &scene);
}

/* ---- the file changes ------------------------------------------------------------------------ */

enum { AT = 2 * WINDOW_BYTES }; /* the window that things happen to */

static bool all_zero(struct check_env *env, const struct scene *scene, uint64_t from, uint64_t len,
		     const char *what)
{
	char *copy = malloc(len);
	struct check_touch touch = {0};
	bool zero = copy;

	if (copy)
		touch = check_copy(copy, scene->base + from, len);
	for (uint64_t i = 0; i < len && zero && !touch.signal; i++)
		zero = !copy[i];
	free(copy);
	if (touch.signal)
		check_fail(env, "%s: reading it brought signal %d", what, touch.signal);
	else
		check_that(env, zero, "%s reads as zeroes", what);
	return zero && !touch.signal;
}

static bool is_stamped(struct check_env *env, const struct scene *scene, const char *path,
		       uint64_t from, uint64_t to)
{
	return check_mapped_bytes(env, path, scene->base + from, to - from, SCENE_FILE_ID, from,
				  SCENE_GENERATION);
}

/* Opens a scene whose window AT is mapped by a PMD now. */
static bool open_with_pmd(struct check_env *env, const struct shape *shape, const char *fs,
			  struct scene *scene)
{
	const struct scene_spec spec = {.fs = fs, .file_bytes = FILE_BYTES};
	struct extents extents = {0};
	bool good;
	int rc;

	if (!scene_open(env, shape, &spec, scene))
		return false;
	good = check_setup(env, extents_read(scene->fd, &extents), "reading the extents") &&
	       laid_out(env, scene, &extents);
	extents_free(&extents);
	if (good && !check_page_size(env, scene->fd, scene->base, AT, &scene->graph, scene->device))
		good = false;
	if (good) {
		rc = window_is_pmd(scene->base, AT);
		good = check_setup(env,
				   rc == 1  ? 0
				   : rc < 0 ? rc
					    : -EINVAL,
				   "a PMD at file offset %d to begin with", AT);
	}
	if (!good)
		scene_close(env, scene);
	return good;
}

static bool punch(struct check_env *env, const struct scene *scene, uint64_t from, uint64_t len)
{
	int rc = fallocate(scene->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
			   (off_t)len);

	return check_setup(env, rc < 0 ? -errno : 0, "punching a hole");
}

static void punch_page(struct check_env *env, const void *arg)
{
	const uint64_t hole = AT + 5 * PAGE_BYTES;
	struct scene scene;

	if (!open_with_pmd(env, &linear, arg, &scene))
		return;
	if (punch(env, &scene, hole, PAGE_BYTES) &&
	    check_page_size(env, scene.fd, scene.base, AT, &scene.graph, scene.device) &&
	    all_zero(env, &scene, hole, PAGE_BYTES, "the punched page") &&
	    is_stamped(env, &scene, "before the hole", AT - PAGE_BYTES, hole) &&
	    is_stamped(env, &scene, "behind the hole", hole + PAGE_BYTES, AT + 2 * WINDOW_BYTES))
		check_frames(env, scene.fd, scene.base, AT, hole - AT, &scene.graph, scene.device);
	scene_close(env, &scene);
}

static void punch_window(struct check_env *env, const void *arg)
{
	struct scene scene;
	char value;

	if (!open_with_pmd(env, &linear, arg, &scene))
		return;
	if (!punch(env, &scene, AT, WINDOW_BYTES))
		goto out;
	check_observe(env, "hole", json_string(size_name(window_is_pmd(scene.base, AT))));
	if (!all_zero(env, &scene, AT, WINDOW_BYTES, "the punched window"))
		goto out;
	/* A block of its own takes the place of the zero page. */
	if (!check_equal(env, check_store(scene.base + AT + 7, 'x').signal, 0,
			 "signal of a store into the hole") ||
	    !check_frames(env, scene.fd, scene.base, AT, PAGE_BYTES, &scene.graph, scene.device))
		goto out;
	check_that(env, pread(scene.fd, &value, 1, AT + 7) == 1 && value == 'x',
		   "read(2) finds what was stored into the hole");
	all_zero(env, &scene, AT + PAGE_BYTES, WINDOW_BYTES - PAGE_BYTES, "the rest of the window");
	is_stamped(env, &scene, "the window behind", AT + WINDOW_BYTES, AT + 2 * WINDOW_BYTES);
out:
	scene_close(env, &scene);
}

static void truncated(struct check_env *env, const void *arg)
{
	const uint64_t end = AT + MIB;
	struct scene scene;
	struct check_touch touch;

	if (!open_with_pmd(env, &linear, arg, &scene))
		return;
	if (!check_setup(env, ftruncate(scene.fd, (off_t)end) < 0 ? -errno : 0, "truncating"))
		goto out;
	touch = check_load(scene.base + end, NULL);
	check_equal(env, touch.signal, SIGBUS, "signal of a load behind the end of the file");
	if (!is_stamped(env, &scene, "before the end of the file", AT, end) ||
	    !check_setup(env, ftruncate(scene.fd, FILE_BYTES) < 0 ? -errno : 0, "extending"))
		goto out;
	if (check_page_size(env, scene.fd, scene.base, AT, &scene.graph, scene.device) &&
	    is_stamped(env, &scene, "what was not cut off", AT, end) &&
	    all_zero(env, &scene, end, FILE_BYTES - end, "what was cut off"))
		check_frames(env, scene.fd, scene.base, AT, end - AT, &scene.graph, scene.device);
out:
	scene_close(env, &scene);
}

/* The last window has all its blocks, in one aligned extent, but the file ends inside. */
static void end_of_file(struct check_env *env, const void *arg)
{
	const uint64_t last = FILE_BYTES - WINDOW_BYTES, end = last + MIB;
	const uint64_t at[2] = {0, MIB - PAGE_BYTES};
	struct extents extents = {0};
	struct scene scene;
	char values[2] = {0};
	int rc;

	if (!open_with_pmd(env, &linear, arg, &scene))
		return;
	rc = ftruncate(scene.fd, (off_t)end) < 0 ? -errno : 0;
	if (!rc && fallocate(scene.fd, FALLOC_FL_KEEP_SIZE, 0, FILE_BYTES) < 0)
		rc = -errno;
	if (!rc && fsync(scene.fd) < 0)
		rc = -errno;
	for (int i = 0; i < 2 && !rc; i++)
		if (pread(scene.fd, &values[i], 1, (off_t)(last + at[i])) != 1)
			rc = -EIO;
	if (!check_setup(env, rc, "ending the file inside its last window"))
		goto out;
	rc = extents_read(scene.fd, &extents);
	if (check_setup(env, rc, "reading the extents"))
		check_evidence(env, "blocks of the window behind the end: %s",
			       extents_find(&extents, FILE_BYTES - PAGE_BYTES) ? "there" : "none");
	extents_free(&extents);
	rc = store_is_pmd(scene.base + last, at, values);
	if (check_setup(env, rc, "storing before the end of the file"))
		check_equal(env, rc, 0, "PMD over the end of the file");
	is_stamped(env, &scene, "before the end of the file", last, end);
out:
	scene_close(env, &scene);
}

/* Blocks that are allocated but not written: one extent, one PMD. */
static void unwritten(struct check_env *env, const void *arg)
{
	const struct scene_spec spec = {.fs = arg, .file_bytes = FILE_BYTES};
	struct extents extents = {0};
	struct scene scene;
	int rc;

	if (!scene_open(env, &linear, &spec, &scene))
		return;
	rc = fallocate(scene.fd, FALLOC_FL_ZERO_RANGE, AT, WINDOW_BYTES) < 0 ? -errno : 0;
	if (!rc && fsync(scene.fd) < 0)
		rc = -errno;
	if (!rc)
		rc = extents_read(scene.fd, &extents);
	if (!check_setup(env, rc, "making a window unwritten") || !laid_out(env, &scene, &extents))
		goto out;
	rc = window_store_is_pmd(&scene, AT);
	if (check_setup(env, rc, "storing into the window"))
		check_equal(env, rc, graph_window_is_huge(&extents, &scene.graph, scene.device, AT),
			    "PMD after a store into an unwritten window");
	if (all_zero(env, &scene, AT, WINDOW_BYTES, "the unwritten window"))
		check_frames(env, scene.fd, scene.base, AT, WINDOW_BYTES, &scene.graph,
			     scene.device);
out:
	extents_free(&extents);
	scene_close(env, &scene);
}

/* ---- the mapping changes --------------------------------------------------------------------- */

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

	*reserved_bytes = FILE_BYTES + 2 * WINDOW_BYTES;
	*reserved = mmap(NULL, *reserved_bytes, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!check_setup(env, *reserved == MAP_FAILED ? -errno : 0, "reserving addresses"))
		return NULL;
	to = ((uintptr_t)*reserved + WINDOW_BYTES - 1) & ~(uintptr_t)(WINDOW_BYTES - 1);
	to += congruent ? 0 : PAGE_BYTES;
	moved = mremap(scene->base, FILE_BYTES, FILE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED,
		       (void *)to);
	if (check_setup(env, moved == MAP_FAILED ? -errno : 0, "mremap")) {
		keep_reserved(scene->base, FILE_BYTES);
		return moved;
	}
	munmap(*reserved, *reserved_bytes);
	return NULL;
}

static void moved(struct check_env *env, bool congruent)
{
	size_t reserved_bytes;
	struct scene scene;
	void *reserved;
	char *base;

	if (!open_with_pmd(env, &linear, "ext4", &scene))
		return;
	check_setup(env, check_store(scene.base + AT, scene.base[AT]).signal ? -EFAULT : 0,
		    "storing what is there");
	base = move_mapping(env, &scene, congruent, &reserved, &reserved_bytes);
	if (base) {
		scene.base = base;
		check_observe(env, "pages_that_moved", json_integer(pages_present(base + AT)));
		if (is_stamped(env, &scene, "read after mremap", 0, FILE_BYTES) &&
		    check_frames(env, scene.fd, base, AT, WINDOW_BYTES, &scene.graph, scene.device))
			check_page_size(env, scene.fd, base, AT, &scene.graph, scene.device);
		munmap(reserved, reserved_bytes);
	}
	scene_close(env, &scene);
}

static void mremap_same(struct check_env *env, const void *arg)
{
	(void)arg;
	moved(env, true);
}

static void mremap_other(struct check_env *env, const void *arg)
{
	(void)arg;
	moved(env, false);
}

/* Mappings that begin and end inside windows: those two are not covered. */
static void mapping_edges(struct check_env *env, const void *arg)
{
	const uint64_t from = MIB, to = FILE_BYTES - MIB, first[2] = {0, MIB - PAGE_BYTES};
	struct scene scene;
	char values[2];
	char *base;
	int rc = 0;

	(void)arg;
	if (!open_with_pmd(env, &linear, "ext4", &scene))
		return;
	base = scene.base;
	keep_reserved(base, from);
	keep_reserved(base + to, FILE_BYTES - to);
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

/* One page of a PMD becomes read-only. */
static void mprotect_page(struct check_env *env, const void *arg)
{
	const uint64_t page = AT + 9 * PAGE_BYTES;
	struct scene scene;
	int rc;

	(void)arg;
	if (!open_with_pmd(env, &linear, "ext4", &scene))
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

/* The whole mapping becomes read-only and writable again. */
static void mprotect_all(struct check_env *env, const void *arg)
{
	struct scene scene;
	char *base;

	(void)arg;
	if (!open_with_pmd(env, &linear, "ext4", &scene))
		return;
	base = scene.base;
	check_setup(env, check_store(base + AT, base[AT]).signal ? -EFAULT : 0,
		    "storing what is there");
	if (!protect(env, base, FILE_BYTES, PROT_READ))
		goto out;
	check_equal(env, check_store(base + AT, 'x').signal, SIGSEGV,
		    "signal of a store while read-only");
	if (!is_stamped(env, &scene, "read while read-only", AT, AT + WINDOW_BYTES) ||
	    !protect(env, base, FILE_BYTES, PROT_READ | PROT_WRITE))
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

static void forked(struct check_env *env, const void *arg)
{
	struct check_task child;
	struct scene scene;
	uint64_t faults;
	char value = 0;

	(void)arg;
	if (!open_with_pmd(env, &linear, "ext4", &scene))
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

/* A store into a private mapping copies one page and leaves the file as it is. */
static void private_store(struct check_env *env, const void *arg)
{
	const struct scene_spec spec = {.fs = "ext4", .file_bytes = FILE_BYTES};
	char buffer[PAGE_BYTES], value = 0;
	struct mapping own;
	struct scene scene;
	int rc;

	(void)arg;
	if (!scene_open(env, &linear, &spec, &scene))
		return;
	rc = mapping_make(&own, scene.fd, FILE_BYTES, MAP_PRIVATE, true);
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

/* ---- two sizes at once ----------------------------------------------------------------------- */

/* A window known by its small pages, and one known by its large page, reached the other way. */
static void mixed_order(struct check_env *env, const void *arg)
{
	struct mapping small;
	struct scene scene;
	json_t *seen;
	int rc;

	if (!open_with_pmd(env, &linear, arg, &scene))
		return;
	rc = mapping_make(&small, scene.fd, FILE_BYTES, MAP_SHARED, false);
	if (!check_setup(env, rc, "a mapping of small pages"))
		goto out;
	/* Window 0 by a small page first, window AT by a PMD already. */
	stamp_fill(small.base + PAGE_BYTES, PAGE_BYTES, SCENE_FILE_ID, PAGE_BYTES,
		   SECOND_GENERATION);
	seen = json_pack("{ss}", "pte_first", size_name(window_store_is_pmd(&scene, 0)));
	stamp_fill(scene.base + AT, PAGE_BYTES, SCENE_FILE_ID, AT, SECOND_GENERATION);
	stamp_fill(small.base + AT + PAGE_BYTES, PAGE_BYTES, SCENE_FILE_ID, AT + PAGE_BYTES,
		   SECOND_GENERATION);
	json_object_set_new(seen, "pmd_first",
			    json_string(size_name(pages_present(scene.base + AT) == WINDOW_PAGES)));
	check_observe(env, "large_mapping", seen);
	check_mapped_bytes(env, "small page first, read through the large mapping",
			   scene.base + PAGE_BYTES, PAGE_BYTES, SCENE_FILE_ID, PAGE_BYTES,
			   SECOND_GENERATION);
	check_mapped_bytes(env, "large page first, read through the small mapping", small.base + AT,
			   2 * PAGE_BYTES, SCENE_FILE_ID, AT, SECOND_GENERATION);
	check_mapped_bytes(env, "large page first, read through the large mapping", scene.base + AT,
			   2 * PAGE_BYTES, SCENE_FILE_ID, AT, SECOND_GENERATION);
	is_stamped(env, &scene, "what nobody wrote", AT + 2 * PAGE_BYTES, AT + WINDOW_BYTES);
	check_frames(env, scene.fd, scene.base, AT, WINDOW_BYTES, &scene.graph, scene.device);
	check_frames(env, scene.fd, small.base, 0, 2 * WINDOW_BYTES, &scene.graph, scene.device);
	mapping_drop(&small);
out:
	scene_close(env, &scene);
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

	for (uint64_t window = 0; window < FILE_BYTES; window += WINDOW_BYTES) {
		atomic_uint *here = &w->here[window / WINDOW_BYTES];

		atomic_fetch_add(here, 1);
		for (unsigned int spins = 0; atomic_load(here) < 2 && spins < 20000; spins++)
			usleep(spins < 100 ? 0 : 100);
		for (uint64_t p = w->odd; p < WINDOW_PAGES; p += 2) {
			uint64_t at = window + p * PAGE_BYTES;

			stamp_fill(page, sizeof(page), SCENE_FILE_ID, at, SECOND_GENERATION);
			if (check_copy(w->base + at, page, sizeof(page)).signal)
				return 1;
		}
	}
	return 0;
}

static void mixed_race(struct check_env *env, const void *arg)
{
	const struct scene_spec spec = {.fs = arg, .file_bytes = FILE_BYTES};
	struct writer writers[2] = {0};
	struct check_task tasks[2] = {0};
	struct mapping small;
	struct scene scene;
	char *buffer = NULL;
	bool done = true;
	int rc;

	if (!scene_open(env, &linear, &spec, &scene))
		return;
	rc = mapping_make(&small, scene.fd, FILE_BYTES, MAP_SHARED, false);
	if (!check_setup(env, rc, "a mapping of small pages"))
		goto out;
	writers[0].base = scene.base;
	writers[1] = (struct writer){.base = small.base, .odd = 1};
	writers[0].here = writers[1].here = check_shared(env, WINDOWS * sizeof(atomic_uint));
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
	buffer = malloc(FILE_BYTES);
	if (done && buffer && writers[0].here) {
		rc = pread(scene.fd, buffer, FILE_BYTES, 0) == FILE_BYTES ? 0 : -EIO;
		if (check_setup(env, rc, "reading the file"))
			check_bytes(env, "read(2) after both wrote", buffer, FILE_BYTES,
				    SCENE_FILE_ID, 0, SECOND_GENERATION);
		check_frames(env, scene.fd, scene.base, 0, FILE_BYTES, &scene.graph, scene.device);
		check_frames(env, scene.fd, small.base, 0, FILE_BYTES, &scene.graph, scene.device);
	}
	free(buffer);
	mapping_drop(&small);
out:
	scene_close(env, &scene);
}

/* ---- how many faults ------------------------------------------------------------------------- */

/* Faults of an access to every page of a window. */
static json_int_t faults_of(volatile char *window, bool store)
{
	uint64_t before = page_faults();

	for (unsigned int i = 0; i < WINDOW_PAGES; i++) {
		volatile char *p = window + i * PAGE_BYTES;

		if (store)
			*p = 'f';
		else
			(void)*p;
	}
	return (json_int_t)(page_faults() - before);
}

static void fault_counts(struct check_env *env, const void *arg)
{
	const struct shape *shape = arg;
	struct mapping small;
	struct scene scene;
	json_int_t n[4];
	int rc;

	if (!open_with_pmd(env, shape, "ext4", &scene))
		return;
	rc = mapping_make(&small, scene.fd, FILE_BYTES, MAP_SHARED, false);
	if (!check_setup(env, rc, "a mapping of small pages"))
		goto out;
	faults_of(small.base, false); /* code that comes in for the first time is not counted */
	faults_of(small.base, true);
	n[0] = faults_of(scene.base + AT + WINDOW_BYTES, false);
	n[1] = faults_of(scene.base + AT + WINDOW_BYTES, true);
	n[2] = faults_of(small.base + AT + 2 * WINDOW_BYTES, false);
	n[3] = faults_of(small.base + AT + 2 * WINDOW_BYTES, true);
	check_observe(env, "faults",
		      json_pack("{sI sI sI sI}", "pmd_loads", n[0], "pmd_stores_after", n[1],
				"pte_loads", n[2], "pte_stores_after", n[3]));
	check_equal(env, n[0], 1, "faults of loads all over a window that a PMD can map");
	check_that(env, n[2] == WINDOW_PAGES,
		   "loads all over a window that no PMD can map take a fault for each page");
	mapping_drop(&small);
out:
	scene_close(env, &scene);
}

/* ---- what may be switched off ---------------------------------------------------------------- */

static void advised(struct check_env *env, const void *arg)
{
	struct scene scene;
	json_t *seen;
	int rc;

	(void)arg;
	if (!open_with_pmd(env, &linear, "ext4", &scene))
		return;
	rc = madvise(scene.base, FILE_BYTES, MADV_NOHUGEPAGE) < 0 ? -errno : 0;
	seen = json_pack("{ss ss}", "madvise", rc ? strerrorname_np(-rc) : "granted", "then",
			 size_name(window_is_pmd(scene.base, AT)));
	check_observe(env, "MADV_NOHUGEPAGE", seen);
	madvise(scene.base, FILE_BYTES, MADV_HUGEPAGE);
	rc = prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0 ? -errno : 0;
	seen = json_pack("{ss ss}", "prctl", rc ? strerrorname_np(-rc) : "granted", "then",
			 size_name(window_is_pmd(scene.base, AT)));
	check_observe(env, "PR_SET_THP_DISABLE", seen);
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	is_stamped(env, &scene, "read in whatever size", 0, FILE_BYTES);
	check_frames(env, scene.fd, scene.base, AT, WINDOW_BYTES, &scene.graph, scene.device);
	scene_close(env, &scene);
}

#define THP "/sys/kernel/mm/transparent_hugepage/enabled"

static bool set_thp(const char *word)
{
	FILE *out = fopen(THP, "we");
	bool good = out && fputs(word, out) >= 0;

	if (out && fclose(out) == EOF)
		good = false;
	return good;
}

/* The word in brackets. */
static bool get_thp(char word[32])
{
	FILE *in = fopen(THP, "re");
	char line[128] = "";
	const char *open;

	if (in && !fgets(line, sizeof(line), in))
		line[0] = '\0';
	if (in)
		fclose(in);
	open = strchr(line, '[');
	return open && sscanf(open + 1, "%31[^]]", word) == 1;
}

static void thp_never(struct check_env *env, const void *arg)
{
	char before[32];
	struct scene scene;

	(void)arg;
	if (!check_setup(env, get_thp(before) ? 0 : -EIO, "reading " THP) ||
	    !open_with_pmd(env, &linear, "ext4", &scene))
		return;
	check_observe(env, "at_boot", json_string(before));
	if (check_setup(env, set_thp("never") ? 0 : -EIO, "writing " THP)) {
		check_observe(env, "never", json_string(size_name(window_is_pmd(scene.base, AT))));
		is_stamped(env, &scene, "read in whatever size", 0, FILE_BYTES);
		check_frames(env, scene.fd, scene.base, AT, WINDOW_BYTES, &scene.graph,
			     scene.device);
	}
	check_setup(env, set_thp(before) ? 0 : -EIO, "writing " THP);
	scene_close(env, &scene);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY_MODEL                                                                      \
	"fs/dax.c, dax_iomap_pmd_fault(): a PMD where iomap and dax_direct_access() " \
	"give 2 MiB that are contiguous and aligned; drivers/md/dm.c, "               \
	"dm_dax_direct_access(): as many pages as the target keeps together"
#define BY_FALLBACK "fs/dax.c, the comments of dax_fault_check_fallback()"

#define GEOMETRY(fs_, huge_, ...) \
	(&(const struct geometry){.shape = {__VA_ARGS__}, .fs = fs_, .huge = huge_})

static const char *const needs_one[] = {"device:fsdax", "target:linear", "fs:ext4", NULL};
static const char *const needs_two[] = {"device:fsdax:2", "target:linear", "fs:ext4", NULL};
static const char *const needs_striped[] = {"device:fsdax:2", "target:striped", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "target:linear", "fs:xfs", NULL};
static const char *const needs_thp[] = {"device:fsdax", "target:linear", "fs:ext4", "file:" THP,
					NULL};

static const struct shape raw = {.name = "a namespace"};

#define PLANTS_GEOMETRY (PLANT_STACK | PLANT_SIZE)
#define PLANTS_CHANGE (PLANT_SIZE | PLANT_BYTE)

static const struct check_item items[] = {
	{
		.name = "aligned.raw",
		.promise = "a window that is contiguous and aligned in memory is mapped by one "
			   "PMD, without device-mapper",
		.by = BY_MODEL,
		.needs = needs_one,
		.plants = PLANT_SIZE | PLANT_FRAME,
		.run = geometry,
		.arg = GEOMETRY("ext4", ALL, .name = "a namespace"),
	},
	{
		.name = "aligned.ext4",
		.promise = "a window that is contiguous and aligned in memory is mapped by one "
			   "PMD through a linear device",
		.by = BY_MODEL,
		.needs = needs_one,
		.flags = CHECK_QUICK,
		.plants = PLANTS_GEOMETRY | PLANT_FRAME | PLANT_BYTE | PLANT_VALUE | PLANT_DMESG,
		.run = geometry,
		.arg = GEOMETRY("ext4", ALL, .name = "linear", .depth = 1, .segments = 4),
	},
	{
		.name = "aligned.xfs",
		.promise = "a window that is contiguous and aligned in memory is mapped by one "
			   "PMD through a linear device",
		.by = BY_MODEL,
		.needs = needs_xfs,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("xfs", ALL, .name = "linear", .depth = 1, .segments = 4),
	},
	{
		.name = "depth",
		.promise = "three devices on top of each other do not make a PMD smaller",
		.by = BY_MODEL,
		.needs = needs_two,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", ALL, .name = "linear of depth 3", .depth = 3, .segments = 4,
				.members = 2),
	},
	{
		.name = "two_namespaces",
		.promise = "segments that take turns on two namespaces keep PMDs where they are "
			   "2 MiB aligned",
		.by = BY_MODEL,
		.needs = needs_two,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", ALL, .name = "linear over two", .depth = 1, .segments = 16,
				.members = 2),
	},
	{
		.name = "shifted",
		.promise = "where segments begin 4 KiB past a 2 MiB boundary of memory, small "
			   "pages map every window",
		.by = BY_MODEL,
		.needs = needs_one,
		.flags = CHECK_QUICK,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", NONE, .name = "linear, shifted by 4 KiB", .depth = 1,
				.segments = 2, .shift_bytes = PAGE_BYTES),
	},
	{
		.name = "shifts_cancel",
		.promise = "a device that begins 1 MiB past a boundary, on one that does so too, "
			   "is aligned again and has PMDs",
		.by = BY_MODEL,
		.needs = needs_one,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", ALL, .name = "1 MiB into a device shifted by 1 MiB",
				.depth = 2, .segments = 1, .shift_bytes = MIB, .skip_bytes = MIB),
	},
	{
		.name = "border",
		.promise = "the windows that hold a segment's border are mapped by small pages, "
			   "those beside them by PMDs",
		.by = BY_MODEL,
		.needs = needs_two,
		.flags = CHECK_QUICK,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", SOME, .name = "segments of 5 MiB + 12 KiB", .depth = 1,
				.members = 2, .segment_bytes = 5 * MIB + 12 * KIB),
	},
	{
		.name = "border.one_namespace",
		.promise = "a border between segments that are neighbours in memory too is a "
			   "border: small pages map its window",
		.by = "drivers/md/dm.c, dm_dax_direct_access(): no further than the target's end",
		.needs = needs_one,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", SOME, .name = "segments of 5 MiB on one namespace",
				.depth = 1, .segment_bytes = 5 * MIB),
	},
	{
		.name = "striped.chunk_1m",
		.promise = "chunks smaller than 2 MiB leave small pages only",
		.by = BY_MODEL,
		.needs = needs_striped,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", NONE, .name = "striped, chunks of 1 MiB", .depth = 1,
				.chunk_bytes = MIB, .members = 2),
	},
	{
		.name = "striped.chunk_2m",
		.promise = "chunks of 2 MiB keep PMDs",
		.by = BY_MODEL,
		.needs = needs_striped,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", ALL, .name = "striped, chunks of 2 MiB", .depth = 1,
				.chunk_bytes = WINDOW_BYTES, .members = 2),
	},
	{
		.name = "striped.chunk_3m",
		.promise = "of chunks of 3 MiB, some windows are whole and aligned and have PMDs, "
			   "the others have small pages",
		.by = BY_MODEL,
		.needs = needs_striped,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = GEOMETRY("ext4", SOME, .name = "striped, chunks of 3 MiB", .depth = 1,
				.chunk_bytes = 3 * MIB, .members = 2),
	},
	{
		.name = "striped.small_bios",
		.promise = "how large a bio a striped device takes does not make its PMDs smaller",
		.by = "Documentation/ABI/stable/sysfs-block, max_sectors_kb: a limit of "
		      "requests; " BY_MODEL,
		.needs = needs_striped,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg = &(const struct geometry){.shape = {.name = "striped, chunks of 2 MiB",
							  .depth = 1,
							  .chunk_bytes = WINDOW_BYTES,
							  .members = 2},
						.fs = "ext4",
						.huge = ALL,
						.bio_kib = 512},
	},
	{
		.name = "incongruent",
		.promise = "at addresses that are not congruent to the file modulo 2 MiB, small "
			   "pages map what a PMD could",
		.by = BY_FALLBACK,
		.needs = needs_one,
		.plants = PLANTS_GEOMETRY,
		.run = geometry,
		.arg =
			&(const struct geometry){
				.shape = {.name = "linear", .depth = 1, .segments = 2},
				.fs = "ext4",
				.small_pages = true,
				.huge = ALL},
	},
	{
		.name = "punch.page.ext4",
		.promise = "a page punched out of a PMD reads as zeroes, its neighbours stay, by "
			   "small pages",
		.by = "fallocate(2), FALLOC_FL_PUNCH_HOLE; fs/dax.c, dax_iomap_pmd_fault()",
		.needs = needs_one,
		.plants = PLANTS_CHANGE | PLANT_STACK,
		.run = punch_page,
		.arg = "ext4",
	},
	{
		.name = "punch.page.xfs",
		.promise = "a page punched out of a PMD reads as zeroes, its neighbours stay, by "
			   "small pages",
		.by = "fallocate(2), FALLOC_FL_PUNCH_HOLE; fs/dax.c, dax_iomap_pmd_fault()",
		.needs = needs_xfs,
		.plants = PLANTS_CHANGE | PLANT_STACK,
		.run = punch_page,
		.arg = "xfs",
	},
	{
		.name = "punch.window",
		.promise = "a window punched out whole reads as zeroes, and a store into it gets "
			   "a block of its own",
		.by = "fallocate(2), FALLOC_FL_PUNCH_HOLE; fs/dax.c, dax_pmd_load_hole()",
		.needs = needs_one,
		.plants = PLANTS_CHANGE | PLANT_STACK | PLANT_VALUE,
		.run = punch_window,
		.arg = "ext4",
	},
	{
		.name = "truncate",
		.promise = "what is cut off a PMD's window brings SIGBUS, then zeroes, by small "
			   "pages; the rest stays",
		.by = "mmap(2), SIGBUS; truncate(2)",
		.needs = needs_one,
		.flags = CHECK_QUICK,
		.plants = PLANTS_CHANGE | PLANT_STACK | PLANT_VALUE,
		.run = truncated,
		.arg = "ext4",
	},
	{
		.name = "end_of_file",
		.promise = "a window in which the file ends is mapped by small pages, though all "
			   "its blocks are there",
		.by = BY_FALLBACK,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = end_of_file,
		.arg = "ext4",
	},
	{
		.name = "unwritten",
		.promise = "a store into an unwritten window that is one aligned extent is one "
			   "PMD of zeroes",
		.by = "Documentation/filesystems/dax.rst: blocks are zeroed and converted to "
		      "written extents before they are mapped; " BY_MODEL,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_FRAME | PLANT_STACK,
		.run = unwritten,
		.arg = "ext4",
	},
	{
		.name = "mremap.same",
		.promise = "a PMD moved to addresses that are congruent to the file keeps bytes, "
			   "frames and size",
		.by = "mremap(2); mm/mremap.c, move_page_tables()",
		.needs = needs_one,
		.plants = PLANTS_CHANGE | PLANT_STACK,
		.run = mremap_same,
	},
	{
		.name = "mremap.other",
		.promise = "a PMD moved to addresses that are not congruent keeps bytes and "
			   "frames, by small pages",
		.by = "mremap(2); " BY_FALLBACK,
		.needs = needs_one,
		.plants = PLANTS_CHANGE | PLANT_STACK,
		.run = mremap_other,
	},
	{
		.name = "mapping_edges",
		.promise = "windows that the mapping covers in part are mapped by small pages, "
			   "those between by PMDs",
		.by = BY_FALLBACK,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_SIZE | PLANT_BYTE,
		.run = mapping_edges,
	},
	{
		.name = "mprotect.page",
		.promise = "one page of a PMD made read-only is read-only alone, the window is "
			   "mapped by small pages",
		.by = "mprotect(2); " BY_FALLBACK,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_FRAME | PLANT_BYTE | PLANT_STACK,
		.run = mprotect_page,
	},
	{
		.name = "mprotect.all",
		.promise = "a PMD made read-only and writable again is one PMD still",
		.by = "mprotect(2); fs/dax.c, dax_iomap_pmd_fault()",
		.needs = needs_one,
		.plants = PLANTS_CHANGE | PLANT_VALUE | PLANT_STACK,
		.run = mprotect_all,
	},
	{
		.name = "fork",
		.promise = "a child maps a shared window by a PMD of its own, and parent and "
			   "child see each other's stores",
		.by = "fork(2), mmap(2): MAP_SHARED",
		.needs = needs_one,
		.plants = PLANT_SIZE | PLANT_FRAME | PLANT_VALUE | PLANT_STACK,
		.run = forked,
	},
	{
		.name = "private_store",
		.promise = "a store into a private mapping copies one page by small pages and "
			   "leaves the file as it is",
		.by = "mmap(2): MAP_PRIVATE; " BY_FALLBACK,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = private_store,
	},
	{
		.name = "mixed.order.ext4",
		.promise = "a window mapped by a PMD and by small pages at once is the same "
			   "memory through both, whichever came first",
		.by = "mmap(2): MAP_SHARED; fs/dax.c, the comment of grab_mapping_entry()",
		.needs = needs_one,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_STACK | PLANT_SIZE,
		.run = mixed_order,
		.arg = "ext4",
	},
	{
		.name = "mixed.race.ext4",
		.promise = "two processes that fault the same windows at once, one by PMDs and "
			   "one by small pages, lose nothing",
		.by = "mmap(2): MAP_SHARED; fs/dax.c, the comment of grab_mapping_entry()",
		.needs = needs_one,
		.flags = CHECK_QUICK,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_STACK | PLANT_VALUE,
		.run = mixed_race,
		.arg = "ext4",
	},
	{
		.name = "mixed.race.xfs",
		.promise = "two processes that fault the same windows at once, one by PMDs and "
			   "one by small pages, lose nothing",
		.by = "mmap(2): MAP_SHARED; fs/dax.c, the comment of grab_mapping_entry()",
		.needs = needs_xfs,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_STACK | PLANT_VALUE,
		.run = mixed_race,
		.arg = "xfs",
	},
	{
		.name = "counts.raw",
		.promise = "loads all over a window take one fault by a PMD, 512 by small pages",
		.by = BY_MODEL,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_SIZE,
		.run = fault_counts,
		.arg = &raw,
	},
	{
		.name = "counts.linear",
		.promise = "loads all over a window take one fault by a PMD, 512 by small pages",
		.by = BY_MODEL,
		.needs = needs_one,
		.plants = PLANT_VALUE | PLANT_SIZE,
		.run = fault_counts,
		.arg = &linear,
	},
	{
		.name = "advised",
		.promise = "bytes and frames are right whatever a process asks of huge pages",
		.by = "madvise(2), prctl(2): performance only",
		.needs = needs_one,
		.plants = PLANTS_CHANGE | PLANT_STACK,
		.run = advised,
	},
	{
		.name = "thp_never",
		.promise = "bytes and frames are right whatever the host allows of huge pages",
		.by = "Documentation/admin-guide/mm/transhuge.rst: performance only",
		.needs = needs_thp,
		.flags = CHECK_EMULATED, /* a setting of the whole host */
		.plants = PLANTS_CHANGE | PLANT_STACK,
		.run = thp_never,
	},
	{0},
};

const struct check_family check_faultsize = {
	.name = "faultsize",
	.why = "a 2 MiB page exactly where it is possible, small ones everywhere else",
	.items = items,
};
