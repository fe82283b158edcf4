// SPDX-License-Identifier: GPL-2.0-only
/* The three views that the model is held against: bytes, frames, page sizes. */
#include "check/check.h"

#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- bytes ----------------------------------------------------------------------------------- */

bool check_bytes(struct check_env *env, const char *path, void *bytes, size_t len, uint32_t file_id,
		 uint64_t offset_bytes, uint32_t generation)
{
	char found[160];
	size_t at;

	if (env->plant == PLANT_BYTE && !env->planted && len) {
		((char *)bytes)[len / 2] ^= 1;
		env->planted = true;
	}
	at = stamp_check(bytes, len, file_id, offset_bytes, generation, found);
	if (at == len)
		return true;
	check_fail(env,
		   "%s: the byte at file offset %" PRIu64 " is wrong, its sector holds %s; it must "
		   "hold file %" PRIu32 ", offset %" PRIu64 ", generation %" PRIu32,
		   path, offset_bytes + at, found, file_id,
		   (offset_bytes + at) / SECTOR_BYTES * SECTOR_BYTES, generation);
	return false;
}

static const char *signal_text(const struct check_touch *touch, char text[64])
{
	snprintf(text, 64, "SIG%s, code %d", sigabbrev_np(touch->signal), touch->code);
	return text;
}

bool check_mapped_bytes(struct check_env *env, const char *path, const volatile char *bytes,
			size_t len, uint32_t file_id, uint64_t offset_bytes, uint32_t generation)
{
	char *copy = malloc(WINDOW_BYTES), text[64];
	bool good = copy;

	if (!copy)
		check_broken(env, "no memory");
	for (size_t at = 0; at < len && good;) {
		size_t n = len - at < WINDOW_BYTES ? len - at : WINDOW_BYTES;
		struct check_touch touch = check_copy(copy, bytes + at, n);

		if (touch.signal)
			check_fail(env, "%s: reading file offset %" PRIu64 " on brought %s", path,
				   offset_bytes + at, signal_text(&touch, text));
		good = !touch.signal &&
		       check_bytes(env, path, copy, n, file_id, offset_bytes + at, generation);
		at += n;
	}
	free(copy);
	return good;
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* The planted model: everything is a page further on. */
static int find_beside(const void *under, uint64_t byte, struct memory *out)
{
	const struct graph_root *root = under;
	struct ground honest = graph_ground(root);
	int rc = honest.find(honest.under, byte, out);

	if (!rc)
		out->address_bytes += PAGE_BYTES;
	return rc;
}

bool check_frames(struct check_env *env, int fd, const volatile char *base, uint64_t offset_bytes,
		  uint64_t len_bytes, const struct graph *graph, unsigned int device)
{
	const struct graph_root root = {graph, device};
	const struct mapping mapping = {.base = (char *)base};
	struct frame_proof proof = {.ground = graph_ground(&root)};
	char why[256] = "", text[64];
	struct check_touch touch;
	int rc;

	if (env->plant == PLANT_FRAME) {
		proof.ground.find = find_beside;
		env->planted = true;
	}
	touch = check_load_pages(base + offset_bytes, len_bytes);
	if (touch.signal) {
		check_fail(env, "reading the mapped file from offset %" PRIu64 " on brought %s",
			   offset_bytes, signal_text(&touch, text));
		return false;
	}
	rc = extents_read(fd, &proof.extents);
	if (!check_setup(env, rc, "reading the extents"))
		return false;
	proof.pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (check_setup(env, proof.pagemap_fd < 0 ? -errno : 0, "opening pagemap")) {
		if (!frames_prove(&proof, &mapping, offset_bytes,
				  (unsigned int)((len_bytes + PAGE_BYTES - 1) / PAGE_BYTES), why,
				  sizeof(why)))
			check_fail(env, "%s", why);
		close(proof.pagemap_fd);
	}
	extents_free(&proof.extents);
	return proof.pagemap_fd >= 0 && !why[0];
}

/* ---- page sizes ------------------------------------------------------------------------------ */

/* How many pages of a window are mapped.  Returns that or -errno. */
static int pages_present(const volatile char *window)
{
	static __thread uint64_t pages[WINDOW_PAGES];
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), n = 0;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = pread(fd, pages, sizeof(pages), (off_t)((uintptr_t)window / PAGE_BYTES * 8));
	n = len == (ssize_t)sizeof(pages) ? 0 : len < 0 ? -errno : -EIO;
	close(fd);
	for (unsigned int i = 0; i < WINDOW_PAGES && n >= 0; i++)
		n += pages[i] >> 63;
	return n;
}

/* Touches the first and the last page of a window that is not mapped.  Two witnesses: one fault
 * for all pages, or one for each that was touched.  Returns 1, 0, or -errno. */
static int touch_ends(volatile char *window)
{
	uint64_t faults = page_faults();
	struct check_touch touch = check_load(window, NULL);
	int present;

	if (!touch.signal)
		touch = check_load(window + WINDOW_BYTES - PAGE_BYTES, NULL);
	if (touch.signal)
		return -EFAULT;
	faults = page_faults() - faults;
	present = pages_present(window);
	if (present < 0)
		return present;
	if (present == WINDOW_PAGES && faults == 1)
		return 1;
	return present < WINDOW_PAGES && faults >= 2 ? 0 : -EAGAIN;
}

int window_is_pmd(volatile char *base, uint64_t window_offset_bytes)
{
	volatile char *window = base + window_offset_bytes;
	int rc = pages_present(window);

	if (rc > 0 && rc < WINDOW_PAGES)
		return 0; /* a PMD maps all or nothing */
	/* A page of our own code may come in for the first time and count, once or twice. */
	for (int tries = 0; tries < 4 && (rc >= 0 || rc == -EAGAIN); tries++) {
		/* All mapped: how cannot be seen any more, but the kernel will choose again. */
		if (rc && madvise((void *)window, WINDOW_BYTES, MADV_DONTNEED) < 0)
			return -errno;
		rc = touch_ends(window);
		if (rc >= 0)
			break;
	}
	return rc;
}

bool check_page_size(struct check_env *env, int fd, volatile char *base,
		     uint64_t window_offset_bytes, const struct graph *graph, unsigned int device)
{
	static const char *const sizes[] = {"4 KiB pages", "one page of 2 MiB"};
	struct extents extents;
	int rc = extents_read(fd, &extents);
	bool huge;

	if (!check_setup(env, rc, "reading the extents"))
		return false;
	huge = graph_window_is_huge(&extents, graph, device, window_offset_bytes) &&
	       (uintptr_t)base % WINDOW_BYTES == 0;
	extents_free(&extents);
	if (env->plant == PLANT_SIZE) {
		huge = !huge;
		env->planted = true;
	}
	rc = window_is_pmd(base, window_offset_bytes);
	if (rc == -EFAULT) {
		check_fail(env, "reading the mapped file at offset %" PRIu64 " brought a signal",
			   window_offset_bytes);
		return false;
	}
	if (!check_setup(env, rc, "finding the page size at file offset %" PRIu64,
			 window_offset_bytes))
		return false;
	if (rc == huge)
		return true;
	check_fail(env, "the window at file offset %" PRIu64 " is mapped by %s, it must be by %s",
		   window_offset_bytes, sizes[rc], sizes[huge]);
	return false;
}
