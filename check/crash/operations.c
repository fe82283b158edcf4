// SPDX-License-Identifier: GPL-2.0-only
#include "check/crash/operations.h"

#include "check/mapsync/mapsync.h"
#include "lib/base/random.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct {
	const char *name; /* of the file */
	const char *how;  /* for messages */
	int flags;
	bool mapped, sync, renamed;
} ways[OPERATIONS_WAYS] = {
	[OPERATIONS_MAP_SYNC] = {"map_sync", "stored through MAP_SYNC and flushed by the process",
				 O_RDWR, true, true, false},
	[OPERATIONS_MSYNC] = {"msync", "stored, msync(2)", O_RDWR, true, false, false},
	[OPERATIONS_FSYNC] = {"fsync", "stored, fsync(2)", O_RDWR, true, false, false},
	[OPERATIONS_DSYNC] = {"dsync", "written with O_DSYNC", O_RDWR | O_DSYNC, false, false,
			      false},
	[OPERATIONS_FDATASYNC] = {"fdatasync", "written, fdatasync(2)", O_RDWR, false, false,
				  false},
	[OPERATIONS_DIRECT] = {"direct", "written with O_DIRECT, fdatasync(2)", O_RDWR | O_DIRECT,
			       false, false, false},
	[OPERATIONS_RENAME] = {"rename", "renamed, fsync(2) of the directory", O_RDWR, false, false,
			       true},
	[OPERATIONS_STORE] = {"store", "stored", O_RDWR, true, false, false},
	[OPERATIONS_STORE_SYNC] = {"store_sync", "stored through MAP_SYNC", O_RDWR, true, true,
				   false},
};

/* ---- which operation ------------------------------------------------------------------------- */

struct operation operations_nth(uint64_t seed, unsigned int bits, uint64_t n)
{
	uint64_t state = seed ^ (n << 20), number;
	unsigned int left, way = 0;

	number = random_next(&state);
	left = (unsigned int)(number % (unsigned int)__builtin_popcount(bits));
	for (;; way++) {
		if (!(bits >> way & 1))
			continue;
		if (!left--)
			break;
	}
	return (struct operation){
		.way = way,
		.slot = ways[way].renamed ? 0 : (unsigned int)(number >> 32) % OPERATIONS_SLOTS};
}

/* The last operation on each page, of the first n; 0: none. */
static void last_operations(const struct operations *o, uint64_t n,
			    uint32_t last[OPERATIONS_WAYS][OPERATIONS_SLOTS])
{
	memset(last, 0, OPERATIONS_WAYS * sizeof(*last));
	for (uint64_t i = 1; i <= n; i++) {
		struct operation op = operations_nth(o->seed, o->ways, i);

		last[op.way][op.slot] = (uint32_t)i;
	}
}

static unsigned int slots_of(unsigned int way)
{
	return ways[way].renamed ? 1 : OPERATIONS_SLOTS;
}

/* What a page holds after operation n; 0: nothing was written to it yet. */
static void fill(char page[PAGE_BYTES], unsigned int way, unsigned int slot, uint32_t n)
{
	if (n)
		stamp_fill(page, PAGE_BYTES, way + 1, slot * PAGE_BYTES, n);
	else
		memset(page, 0, PAGE_BYTES);
}

/* ---- files ----------------------------------------------------------------------------------- */

static char *path_of(const struct operations *o, unsigned int way, const char *suffix,
		     char path[320])
{
	snprintf(path, 320, "%s/%s%s", o->directory, ways[way].name, suffix);
	return path;
}

int operations_make_files(struct operations *o)
{
	int rc = 0, fd = -1;
	char path[320];

	for (unsigned int way = 0; way < OPERATIONS_WAYS && !rc; way++) {
		if (!(o->ways >> way & 1))
			continue;
		fd = open(path_of(o, way, "", path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 || ftruncate(fd, slots_of(way) * PAGE_BYTES) < 0 || syncfs(fd) < 0)
			rc = -errno;
		if (fd >= 0)
			close(fd);
	}
	return rc;
}

static int open_file(struct operations *o, unsigned int way)
{
	int flags = ways[way].sync ? MAP_SHARED_VALIDATE | MAP_SYNC : MAP_SHARED, fd;
	char path[320];
	void *map;

	fd = open(path_of(o, way, "", path), ways[way].flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	o->files[way].fd = fd;
	if (!ways[way].mapped)
		return 0;
	map = mmap(NULL, OPERATIONS_FILE_BYTES, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	o->files[way].map = map;
	return 0;
}

int operations_open(struct operations *o)
{
	void *page;
	int rc = 0;

	for (unsigned int way = 0; way < OPERATIONS_WAYS; way++) {
		o->files[way].fd = -1;
		o->files[way].map = NULL;
	}
	o->directory_fd = open(o->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->directory_fd < 0)
		return -errno;
	page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -errno;
	o->page = page;
	for (unsigned int way = 0; way < OPERATIONS_WAYS && !rc; way++)
		if (o->ways >> way & 1)
			rc = open_file(o, way);
	return rc;
}

void operations_close(struct operations *o)
{
	for (unsigned int way = 0; way < OPERATIONS_WAYS; way++) {
		if (o->files[way].map)
			munmap(o->files[way].map, OPERATIONS_FILE_BYTES);
		if (o->files[way].fd > 0)
			close(o->files[way].fd);
		o->files[way].fd = -1;
		o->files[way].map = NULL;
	}
	if (o->directory_fd > 0)
		close(o->directory_fd);
	o->directory_fd = -1;
	if (o->page)
		munmap(o->page, PAGE_BYTES);
	o->page = NULL;
}

/* ---- one operation --------------------------------------------------------------------------- */

static int renamed(struct operations *o, unsigned int way, const char *page)
{
	char from[320], to[320];
	int fd = open(path_of(o, way, ".new", from), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (pwrite(fd, page, PAGE_BYTES, 0) != PAGE_BYTES)
		rc = -EIO;
	if (!rc && (fsync(fd) < 0 || rename(from, path_of(o, way, "", to)) < 0 ||
		    fsync(o->directory_fd) < 0))
		rc = -errno;
	close(fd);
	return rc;
}

static int stored(struct operations *o, struct operation op, const char *page)
{
	char *at = o->files[op.way].map + op.slot * PAGE_BYTES;
	int rc = 0;

	if (check_copy(at, page, PAGE_BYTES).signal)
		return -EFAULT;
	if (op.way == OPERATIONS_MAP_SYNC) {
		if (o->flushes)
			o->flushes(o->arg, at, PAGE_BYTES, op.slot * PAGE_BYTES);
		mapsync_flush_cpu(at, PAGE_BYTES);
	} else if (op.way == OPERATIONS_MSYNC) {
		rc = msync(at, PAGE_BYTES, MS_SYNC);
	} else if (op.way == OPERATIONS_FSYNC) {
		rc = fsync(o->files[op.way].fd);
	}
	return rc < 0 ? -errno : 0;
}

int operations_do(struct operations *o, uint64_t n)
{
	struct operation op = operations_nth(o->seed, o->ways, n);
	char *page = o->page;
	ssize_t written;

	fill(page, op.way, op.slot, (uint32_t)n);
	if (n & 1 && madvise(page, PAGE_BYTES, MADV_DONTNEED) < 0)
		return -errno;
	if (ways[op.way].renamed)
		return renamed(o, op.way, page);
	if (ways[op.way].mapped)
		return stored(o, op, page);
	written = pwrite(o->files[op.way].fd, page, PAGE_BYTES, op.slot * PAGE_BYTES);
	if (written != PAGE_BYTES)
		return written < 0 ? -errno : -EIO;
	if (op.way != OPERATIONS_DSYNC && fdatasync(o->files[op.way].fd) < 0)
		return -errno;
	return 0;
}

/* ---- afterwards ------------------------------------------------------------------------------ */

/* Reads a page of a file.  Returns 0 or -errno. */
static int read_page(const struct operations *o, unsigned int way, unsigned int slot, char *page)
{
	char path[320];
	int fd = open(path_of(o, way, "", path), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, page, PAGE_BYTES, slot * PAGE_BYTES);
	int rc = n < 0 ? -errno : n == PAGE_BYTES ? 0 : -ENODATA;

	if (fd >= 0)
		close(fd);
	return rc;
}

/* A page that operation n may have changed: each byte is old or new; of a renamed file, all. */
static bool is_old_or_new(const char *page, unsigned int way, unsigned int slot, uint32_t old,
			  uint32_t n)
{
	char before[PAGE_BYTES], after[PAGE_BYTES];

	fill(before, way, slot, old);
	fill(after, way, slot, n);
	if (ways[way].renamed)
		return !memcmp(page, before, PAGE_BYTES) || !memcmp(page, after, PAGE_BYTES);
	for (int i = 0; i < PAGE_BYTES; i++)
		if (page[i] != before[i] && page[i] != after[i])
			return false;
	return true;
}

static bool page_holds(struct check_env *env, const struct operations *o, unsigned int way,
		       unsigned int slot, uint32_t last, uint32_t under_way, const char *when)
{
	char page[PAGE_BYTES], text[256];
	int rc = read_page(o, way, slot, page);

	snprintf(text, sizeof(text), "%s, operation %u: %s", when, last, ways[way].how);
	if (!check_errno(env, rc, 0, "reading page %u of '%s' %s", slot, ways[way].name, when))
		return false;
	if (under_way)
		return check_that(env, is_old_or_new(page, way, slot, last, under_way),
				  "each byte of page %u of '%s' is of operation %u, or of %u, "
				  "which was not acknowledged, %s",
				  slot, ways[way].name, last, under_way, when);
	if (last)
		return check_bytes(env, text, page, PAGE_BYTES, way + 1, slot * PAGE_BYTES, last);
	return check_that(env, is_old_or_new(page, way, slot, 0, 0),
			  "page %u of '%s', which was never written, reads as zeroes %s", slot,
			  ways[way].name, when);
}

bool operations_hold(struct check_env *env, const struct operations *o, uint64_t acked,
		     const char *when)
{
	struct operation next = operations_nth(o->seed, o->ways, acked + 1);
	uint32_t last[OPERATIONS_WAYS][OPERATIONS_SLOTS];
	bool good = true;

	last_operations(o, acked, last);
	for (unsigned int way = 0; way < OPERATIONS_WAYS && good; way++)
		for (unsigned int slot = 0; slot < slots_of(way) && good; slot++) {
			bool open = next.way == way && next.slot == slot;

			if (o->ways >> way & 1)
				good = page_holds(env, o, way, slot, last[way][slot],
						  open ? (uint32_t)acked + 1 : 0, when);
		}
	return good;
}

int operations_lost(const struct operations *o, uint64_t acked)
{
	uint32_t last[OPERATIONS_WAYS][OPERATIONS_SLOTS];
	char page[PAGE_BYTES], want[PAGE_BYTES];
	int lost = 0;

	last_operations(o, acked, last);
	for (unsigned int way = 0; way < OPERATIONS_WAYS; way++)
		for (unsigned int slot = 0; slot < slots_of(way); slot++) {
			int rc;

			if (!(o->ways >> way & 1) || !last[way][slot])
				continue;
			rc = read_page(o, way, slot, page);
			if (rc < 0)
				return rc;
			fill(want, way, slot, last[way][slot]);
			lost += memcmp(page, want, PAGE_BYTES) != 0;
		}
	return lost;
}
