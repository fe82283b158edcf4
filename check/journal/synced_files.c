// SPDX-License-Identifier: GPL-2.0-only
#include "check/journal/synced_files.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST_BYTES = 64 << 10 };

/* A file and what it must hold; without the file (fd -1) the latter alone. */
struct synced {
	int fd, rc; /* the first -errno */
	uint64_t size;
	uint32_t id, generation;
	char bytes[MOST_BYTES];
};

static void note(struct synced *s, ssize_t result, ssize_t want)
{
	if (s->fd >= 0 && result != want && !s->rc)
		s->rc = result < 0 ? -errno : -EIO;
}

static void put(struct synced *s, uint64_t at, uint64_t len, int flags)
{
	struct iovec v = {s->bytes + at, len};

	stamp_fill(v.iov_base, len, s->id, at, ++s->generation);
	if (at + len > s->size)
		s->size = at + len;
	if (s->fd >= 0)
		note(s, pwritev2(s->fd, &v, 1, (off_t)at, flags), (ssize_t)len);
}

static void cut(struct synced *s, uint64_t size)
{
	if (size < s->size)
		memset(s->bytes + size, 0, s->size - size);
	s->size = size;
	if (s->fd >= 0)
		note(s, ftruncate(s->fd, (off_t)size), 0);
}

static void punch(struct synced *s, uint64_t at, uint64_t len)
{
	memset(s->bytes + at, 0, len);
	if (s->fd >= 0)
		note(s,
		     fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
			       (off_t)len),
		     0);
}

/* Stores into the first, a middle and the last page, and msync if that is asked for. */
static void store(struct synced *s, bool by_msync)
{
	static const uint64_t pages[] = {0, 7, MOST_BYTES / PAGE_BYTES - 1};
	char *map = NULL;

	if (s->fd >= 0)
		map = mmap(NULL, MOST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (map == MAP_FAILED) {
		note(s, -1, 0);
		return;
	}
	for (int i = 0; i < 3; i++) {
		char *page = s->bytes + pages[i] * PAGE_BYTES;

		stamp_fill(page, PAGE_BYTES, s->id, pages[i] * PAGE_BYTES, ++s->generation);
		if (map && check_copy(map + pages[i] * PAGE_BYTES, page, PAGE_BYTES).signal)
			s->rc = -EFAULT;
	}
	if (map && by_msync)
		note(s, msync(map, MOST_BYTES, MS_SYNC), 0);
	if (map)
		munmap(map, MOST_BYTES);
}

static void sync_by(struct synced *s, int (*call)(int fd))
{
	if (s->fd >= 0)
		note(s, call(s->fd), 0);
}

/* ---- the ways -------------------------------------------------------------------------------- */

static void appended(struct synced *s)
{
	put(s, 0, 100, 0);
	put(s, s->size, PAGE_BYTES, 0);
	put(s, s->size, 5000, 0);
	sync_by(s, fsync);
}

static void appended_again(struct synced *s)
{
	appended(s);
	put(s, s->size, 1, 0);
	sync_by(s, fdatasync);
}

static void by_fdatasync(struct synced *s)
{
	put(s, 0, 10000, 0);
	sync_by(s, fdatasync);
}

static void by_dsync(struct synced *s)
{
	put(s, 0, 4000, RWF_DSYNC);
	put(s, s->size, 300, RWF_DSYNC);
}

static void by_syncfs(struct synced *s)
{
	put(s, 0, 9000, 0);
	sync_by(s, syncfs);
}

static void past_the_end(struct synced *s)
{
	put(s, 0, 700, 0);
	put(s, 3 * PAGE_BYTES + 900, 800, 0);
	sync_by(s, fsync);
}

static void longer(struct synced *s)
{
	put(s, 0, 5000, 0);
	sync_by(s, fsync);
	cut(s, 20000);
	sync_by(s, fsync);
}

static void shorter(struct synced *s)
{
	put(s, 0, 20000, 0);
	sync_by(s, fsync);
	cut(s, 5000);
	sync_by(s, fsync);
	cut(s, 8000);
	sync_by(s, fdatasync);
}

static void stored(struct synced *s)
{
	cut(s, MOST_BYTES);
	store(s, false);
	sync_by(s, fsync);
}

static void stored_msync(struct synced *s)
{
	cut(s, MOST_BYTES);
	store(s, true);
}

static void stored_unwritten(struct synced *s)
{
	if (s->fd >= 0)
		note(s, fallocate(s->fd, 0, 0, MOST_BYTES), 0);
	s->size = MOST_BYTES;
	store(s, false);
	sync_by(s, fdatasync);
}

static void punched(struct synced *s)
{
	put(s, 0, MOST_BYTES, 0);
	sync_by(s, fsync);
	punch(s, 4 * PAGE_BYTES - 100, 2 * PAGE_BYTES + 300);
	sync_by(s, fsync);
}

static void rewritten(struct synced *s)
{
	punched(s);
	put(s, 5 * PAGE_BYTES + 10, 20, 0);
	sync_by(s, fdatasync);
}

/* Names and syncfs first: the sync of a directory or filesystem makes durable what an fsync before
 * it has lost. */
static const struct {
	const char *name;
	void (*fn)(struct synced *s);
} ways[] = {
	{"by_syncfs", by_syncfs},
	{"appended", appended},
	{"appended_again", appended_again},
	{"by_fdatasync", by_fdatasync},
	{"by_dsync", by_dsync},
	{"past_the_end", past_the_end},
	{"longer", longer},
	{"shorter", shorter},
	{"stored", stored},
	{"stored_msync", stored_msync},
	{"stored_unwritten", stored_unwritten},
	{"punched", punched},
	{"rewritten", rewritten},
};
enum { N_WAYS = sizeof(ways) / sizeof(ways[0]), PATH_CHARS = 320 };

static const char *path_of(const struct check_fs *fs, const char *name, char path[PATH_CHARS])
{
	snprintf(path, PATH_CHARS, "%s/%s", fs->where, name);
	return path;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Three names: one goes to another directory, one is removed, one is a second link. */
static int change_names(const struct check_fs *fs)
{
	char a[PATH_CHARS], b[PATH_CHARS];
	int rc = 0, dirs[2];

	if (mkdir(path_of(fs, "d", a), 0700) < 0)
		return -errno;
	for (int i = 0; i < 3 && !rc; i++) {
		int fd = open(path_of(fs,
				      i == 0   ? "moved"
				      : i == 1 ? "removed"
					       : "linked",
				      a),
			      O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		rc = fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) < 0 ? -errno : 0;
		if (fd >= 0)
			close(fd);
	}
	dirs[0] = open(fs->where, O_RDONLY | O_CLOEXEC);
	dirs[1] = open(path_of(fs, "d", a), O_RDONLY | O_CLOEXEC);
	if (!rc && (rename(path_of(fs, "moved", a), path_of(fs, "d/moved", b)) < 0 ||
		    unlink(path_of(fs, "removed", a)) < 0 ||
		    link(path_of(fs, "linked", a), path_of(fs, "d/linked", b)) < 0))
		rc = -errno;
	for (int i = 0; i < 2; i++) {
		if (!rc && (dirs[i] < 0 || fsync(dirs[i]) < 0))
			rc = -errno;
		if (dirs[i] >= 0)
			close(dirs[i]);
	}
	return rc;
}

static void names_hold(struct check_env *env, const struct check_fs *fs, const char *on)
{
	static const struct {
		const char *name;
		int rc;
	} names[] = {{"moved", -ENOENT},
		     {"d/moved", 0},
		     {"removed", -ENOENT},
		     {"linked", 0},
		     {"d/linked", 0}};
	char path[PATH_CHARS];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_errno(env, access(path_of(fs, names[i].name, path), F_OK) < 0 ? -errno : 0,
			    names[i].rc, "access to the name %s on %s, whose change was synced",
			    names[i].name, on);
}

/* ---- all ------------------------------------------------------------------------------------- */

bool synced_files_write(struct check_env *env, const struct check_fs *fs)
{
	struct synced *s = calloc(1, sizeof(*s));
	char path[PATH_CHARS];
	bool good = check_own(env, s ? 0 : -ENOMEM, "memory") &&
		    check_setup(env, change_names(fs), "changing names");

	for (uint32_t i = 0; i < N_WAYS && good; i++) {
		*s = (struct synced){.id = i + 1};
		s->fd = open(path_of(fs, ways[i].name, path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (s->fd < 0)
			s->rc = -errno;
		else
			ways[i].fn(s);
		good = check_setup(env, s->rc, "writing the file %s", ways[i].name);
		if (s->fd >= 0)
			close(s->fd);
	}
	free(s);
	return good;
}

static void hold(struct check_env *env, const struct check_fs *fs, const char *on, const char *name,
		 const struct synced *want)
{
	char path[PATH_CHARS], *bytes = calloc(1, MOST_BYTES);
	int fd = open(path_of(fs, name, path), O_RDONLY | O_CLOEXEC), rc = fd < 0 ? -errno : 0;
	uint64_t at = 0;
	struct stat st = {0};

	if (!check_own(env, bytes ? 0 : -ENOMEM, "memory"))
		goto out;
	if (!rc && (fstat(fd, &st) < 0 || pread(fd, bytes, MOST_BYTES, 0) < 0))
		rc = -errno;
	if (check_errno(env, rc, 0, "reading the file %s, which was synced, on %s", name, on) &&
	    check_equal(env, st.st_size, (int64_t)want->size, "size of the file %s on %s", name,
			on)) {
		while (at < want->size && bytes[at] == want->bytes[at])
			at++;
		check_equal(env, (int64_t)at, (int64_t)want->size,
			    "bytes of the file %s on %s that are right", name, on);
	}
out:
	if (fd >= 0)
		close(fd);
	free(bytes);
}

void synced_files_hold(struct check_env *env, const struct check_fs *fs, const char *on)
{
	struct synced *s = calloc(1, sizeof(*s));

	for (uint32_t i = 0; i < N_WAYS && check_own(env, s ? 0 : -ENOMEM, "memory"); i++) {
		*s = (struct synced){.fd = -1, .id = i + 1};
		ways[i].fn(s);
		hold(env, fs, on, ways[i].name, s);
	}
	free(s);
	names_hold(env, fs, on);
}
