// SPDX-License-Identifier: GPL-2.0-only
/*
 * A DAX page is the block of the file itself.  Every reference to it besides the page tables must
 * be dropped before the block is given to another file: filesystems wait for that in truncation
 * and hole punching (dax_layout_busy_page()), since 6.15 also before an inode is evicted.  Direct
 * I/O is kept in flight by suspending the DM device that it goes to; a pipe keeps a reference to a
 * page that was vmspliced until it is read.
 */
#include "check/lifetime/pin.h"

#include "check/fixture/bio.h"
#include "check/fixture/block_reuse.h"
#include "check/fixture/testbed.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	SPAN_BYTES = 2 * WINDOW_BYTES,	      /* of the file, and of the other device */
	HELD = WINDOW_BYTES + 3 * PAGE_BYTES, /* the page with another reference */
	NEXT_GENERATION = TESTBED_GENERATION + 1,
	OTHER_FILE_ID = TESTBED_FILE + 1,
};

/* ---- another device, for direct I/O ---------------------------------------------------------- */

/* At the end of the namespace, which no table of the testbed reaches.  Returns its name, or NULL
 * after check_broken(). */
static const char *make_other(struct check_env *env, struct testbed *bed)
{
	struct graph *g = &bed->graph;
	const uint64_t len_sectors = SPAN_BYTES / SECTOR_BYTES;
	char name[64];
	int device = graph_add_dm(g, check_name(env, "other", name)), rc = device;

	if (rc >= 0)
		rc = graph_add_linear(g, (unsigned int)device, len_sectors, 0,
				      g->devices[0].size_sectors / 8 * 8 - len_sectors);
	if (!rc)
		rc = graph_create(g);
	if (!check_setup(env, rc, "creating another device on the same namespace"))
		return NULL;
	return g->devices[device].name;
}

static int open_other(const char *name)
{
	char node[128];
	int fd = open(dm_device_node(name, node), O_RDWR | O_DIRECT | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The whole other device to or from the mapping, in one call.  Returns 0 or -errno. */
static int transfer(const char *name, char *base, bool write_it)
{
	int fd = open_other(name), rc;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write_it ? pwrite(fd, base, SPAN_BYTES, 0) : pread(fd, base, SPAN_BYTES, 0);
	rc = n < 0 ? -errno : n == SPAN_BYTES ? 0 : -EIO;
	close(fd);
	return rc;
}

void pin_read_into(struct check_env *env, const void *arg)
{
	char *bytes = malloc(SPAN_BYTES), node[128];
	const char *other;
	struct testbed bed;
	int rc;

	if (!bytes || !testbed_open(env, &bed, arg))
		goto out;
	other = make_other(env, &bed);
	if (!other)
		goto drop;
	stamp_fill(bytes, SPAN_BYTES, TESTBED_FILE, 0, NEXT_GENERATION);
	rc = bio_write(dm_device_node(other, node), 0, bytes, SPAN_BYTES);
	if (!check_setup(env, rc, "writing to %s", node))
		goto drop;
	/* Of the first window one page is there; the second one is new to the kernel. */
	check_load(bed.map.base, NULL);
	rc = transfer(other, bed.map.base, false);
	if (!check_errno(env, rc, 0, "O_DIRECT read(2) from %s into the mapping", node))
		goto drop;
	if (check_setup(env, pread(bed.fd, bytes, SPAN_BYTES, 0) < 0 ? -errno : 0, "read(2)"))
		check_bytes(env, "read(2) of the file whose mapping was read into", bytes,
			    SPAN_BYTES, TESTBED_FILE, 0, NEXT_GENERATION);
	testbed_raw_holds(env, &bed, "afterwards", 0, PAGE_BYTES, NEXT_GENERATION);
	testbed_raw_holds(env, &bed, "afterwards", HELD, PAGE_BYTES, NEXT_GENERATION);
drop:
	testbed_close(env, &bed);
out:
	free(bytes);
}

void pin_write_from(struct check_env *env, const void *arg)
{
	char *bytes = malloc(SPAN_BYTES), node[128];
	const char *other;
	struct testbed bed;
	int rc;

	if (!bytes || !testbed_open(env, &bed, arg))
		goto out;
	other = make_other(env, &bed);
	if (!other)
		goto drop;
	check_load(bed.map.base, NULL);
	rc = transfer(other, bed.map.base, true);
	if (!check_errno(env, rc, 0, "O_DIRECT write(2) to the other device from the mapping"))
		goto drop;
	rc = bio_read(dm_device_node(other, node), 0, bytes, SPAN_BYTES);
	if (check_setup(env, rc, "reading %s", node))
		check_bytes(env, "the device after the write from the mapping", bytes, SPAN_BYTES,
			    TESTBED_FILE, 0, TESTBED_GENERATION);
drop:
	testbed_close(env, &bed);
out:
	free(bytes);
}

/* ---- long-term pins -------------------------------------------------------------------------- */

static int register_buffer(struct io_uring *ring, void *bytes)
{
	const struct iovec iov = {bytes, PAGE_BYTES};

	return io_uring_register_buffers(ring, &iov, 1);
}

void pin_io_uring(struct check_env *env, const void *arg)
{
	static _Alignas(PAGE_BYTES) char ordinary[PAGE_BYTES];
	struct io_uring ring;
	struct testbed bed;
	int rc = io_uring_queue_init(4, &ring, 0);

	if (rc == -ENOSYS || rc == -EPERM) {
		check_skip(env, "a kernel with CONFIG_IO_URING; sysctl kernel.io_uring_disabled=0",
			   "io_uring_setup(2): %s", strerror(-rc));
		return;
	}
	if (!check_setup(env, rc, "io_uring_setup(2)"))
		return;
	rc = register_buffer(&ring, ordinary);
	if (!check_setup(env, rc, "registering a buffer of ordinary memory"))
		goto out;
	io_uring_unregister_buffers(&ring);
	if (!testbed_open(env, &bed, arg))
		goto out;
	check_store(bed.map.base, 1);
	rc = register_buffer(&ring, bed.map.base);
	check_that(env, rc < 0,
		   "io_uring_register(2) refuses a mapping of a DAX file as a registered buffer");
	check_observe_suspicious(env, "errno", check_errno_json(rc));
	if (rc >= 0)
		io_uring_unregister_buffers(&ring);
	testbed_close(env, &bed);
out:
	io_uring_queue_exit(&ring);
}

/* ---- direct I/O under way -------------------------------------------------------------------- */

struct under_way {
	const struct testbed *bed;
	int other_fd;
};

static int reader_main(void *arg)
{
	const struct under_way *u = arg;
	ssize_t n = pread(u->other_fd, u->bed->map.base + HELD, PAGE_BYTES, 0);

	return n < 0 ? errno : n == PAGE_BYTES ? 0 : EIO;
}

static int truncate_main(void *arg)
{
	const struct testbed *bed = arg;

	return ftruncate(bed->fd, 0) < 0 ? errno : 0;
}

/* Waits until the task is over, asleep in the kernel for 0.3 s, or 3 s have passed.  Returns true
 * if it sleeps. */
static bool falls_asleep(struct check_task *task)
{
	enum { STEP_MS = 20, STEPS = 150, ASLEEP_STEPS = 15 };
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)task->pid);
	for (int i = 0, asleep = 0; i < STEPS && !check_wait(task, STEP_MS); i++) {
		FILE *in = fopen(path, "re");
		const char *state = in && fgets(line, sizeof(line), in) ? strrchr(line, ')') : NULL;

		if (in)
			fclose(in);
		asleep = state && state[1] && strchr("SD", state[2]) ? asleep + 1 : 0;
		if (asleep == ASLEEP_STEPS)
			return true;
	}
	return false;
}

/* With the other device suspended: a read from it into the mapping, and the truncation. */
static void truncate_meanwhile(struct check_env *env, struct testbed *bed, const char *other,
			       int other_fd)
{
	struct under_way u = {bed, other_fd};
	struct check_task reader, truncater;
	bool reads;
	int rc;

	if (check_start(env, &reader, reader_main, &u) < 0)
		return;
	reads = falls_asleep(&reader);
	check_that(env, reads, "a direct read from a suspended device waits");
	if (!reads || check_start(env, &truncater, truncate_main, bed) < 0) {
		dm_device_resume(other, 0);
		return;
	}
	check_that(env, falls_asleep(&truncater),
		   "truncation waits while a direct read into the file's mapping is in flight");
	rc = dm_device_resume(other, 0);
	check_setup(env, rc, "resuming %s", other);
	check_await_errno(env, &reader, "the direct read after the resume of its device", 0);
	check_await_errno(env, &truncater, "truncation after the end of the read", 0);
}

void pin_truncate(struct check_env *env, const void *arg)
{
	const char *other;
	struct testbed bed;
	int fd = -1, rc;

	if (!testbed_open(env, &bed, arg))
		return;
	other = make_other(env, &bed);
	if (other) {
		fd = open_other(other);
		rc = fd < 0 ? fd : dm_device_suspend(other, 0);
		if (check_setup(env, rc, "suspending %s", other))
			truncate_meanwhile(env, &bed, other, fd);
	}
	if (fd >= 0)
		close(fd);
	testbed_close(env, &bed);
}

/* ---- pipes ----------------------------------------------------------------------------------- */

/* Puts the page of the mapping into a pipe.  Returns 0 or -errno after check_broken(). */
static int hold(struct check_env *env, struct testbed *bed, int fds[2])
{
	const struct iovec iov = {bed->map.base + HELD, PAGE_BYTES};
	ssize_t n;

	if (!check_setup(env, pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0, "pipe2(2)"))
		return -EMFILE;
	check_load(bed->map.base + HELD, NULL);
	n = vmsplice(fds[1], &iov, 1, 0);
	if (check_setup(env,
			n < 0		  ? -errno
			: n == PAGE_BYTES ? 0
					  : -EIO,
			"vmsplice(2) of a page of the mapping"))
		return 0;
	close(fds[0]);
	close(fds[1]);
	return -EIO;
}

/* Reads the page out of the pipe, which drops its reference.  The bytes must be unchanged. */
static void release(struct check_env *env, int fds[2])
{
	static char page[PAGE_BYTES];
	ssize_t n = read(fds[0], page, sizeof(page));

	if (check_setup(env, n < 0 ? -errno : n == PAGE_BYTES ? 0 : -EIO, "reading the pipe"))
		check_bytes(env, "the page in the pipe", page, sizeof(page), TESTBED_FILE, HELD,
			    TESTBED_GENERATION);
	close(fds[0]);
	close(fds[1]);
}

static int punch_main(void *arg)
{
	const struct testbed *bed = arg;

	return fallocate(bed->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SPAN_BYTES) < 0
		       ? errno
		       : 0;
}

void pin_punch(struct check_env *env, const void *arg)
{
	static char page[PAGE_BYTES];
	struct check_task puncher;
	struct testbed bed;
	int fds[2];

	if (!testbed_open(env, &bed, arg))
		return;
	if (hold(env, &bed, fds) < 0 || check_start(env, &puncher, punch_main, &bed) < 0)
		goto drop;
	check_that(env, falls_asleep(&puncher),
		   "punching waits while a pipe holds a page of the range");
	release(env, fds);
	if (check_await_errno(env, &puncher, "punching after the pipe was emptied", 0)) {
		ssize_t n = pread(bed.fd, page, sizeof(page), HELD);

		check_that(env,
			   n == PAGE_BYTES && !page[0] && !memcmp(page, page + 1, PAGE_BYTES - 1),
			   "the punched range reads as zeroes");
	}
drop:
	testbed_close(env, &bed);
}

/* ---- reuse of the block ---------------------------------------------------------------------- */

static int unlink_main(void *arg)
{
	const struct testbed *bed = arg;
	char path[300];

	snprintf(path, sizeof(path), "%s/file", bed->fs.where);
	return unlink(path) < 0 ? errno : 0;
}

/* Writes to the block that the unlinked file had, through another one.  Returns 0 or -errno. */
static int take_block(struct testbed *bed)
{
	static char page[PAGE_BYTES];
	uint64_t at = 0;
	int fd = block_reuse(bed, HELD, &at), rc;

	if (fd < 0)
		return fd;
	stamp_fill(page, sizeof(page), OTHER_FILE_ID, at, NEXT_GENERATION);
	rc = pwrite(fd, page, sizeof(page), (off_t)at) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

void pin_unlink(struct check_env *env, const void *arg)
{
	struct check_task unlinker;
	struct testbed bed;
	bool waits;
	int fds[2], rc;

	if (!testbed_open(env, &bed, arg))
		return;
	if (hold(env, &bed, fds) < 0)
		goto drop;
	testbed_unmap(&bed);
	testbed_close_file(&bed);
	if (check_start(env, &unlinker, unlink_main, &bed) < 0)
		goto drop;
	waits = falls_asleep(&unlinker);
	check_observe_suspicious(env, "unlink_waits", json_boolean(waits));
	if (!waits) {
		rc = take_block(&bed);
		/* A block that is not reused at all is correct, too. */
		if (rc != -ENODATA)
			check_setup(env, rc, "writing to the block through another file");
		check_evidence(env, "unlink returned; the block was %s",
			       rc ? "not reused" : "reused by another file and written");
	}
	release(env, fds);
	check_await_errno(env, &unlinker, "unlink after the pipe was emptied", 0);
drop:
	testbed_close(env, &bed);
}

void pin_umount(struct check_env *env, const void *arg)
{
	struct check_task unmounter;
	struct testbed bed;
	int fds[2];
	bool ended;

	if (!testbed_open(env, &bed, arg))
		return;
	if (hold(env, &bed, fds) < 0)
		goto drop;
	testbed_unmap(&bed);
	testbed_close_file(&bed);
	if (check_start(env, &unmounter, testbed_unmount_main, &bed) < 0)
		goto drop;
	ended = !falls_asleep(&unmounter);
	check_that(env, !ended || unmounter.status > 0,
		   "umount waits or is refused while a pipe holds a page of the filesystem");
	check_observe(env, "umount",
		      json_string(!ended	     ? "waits"
				  : unmounter.status ? strerrorname_np(unmounter.status)
						     : "success"));
	release(env, fds);
	if (!ended)
		check_await_errno(env, &unmounter, "umount after the pipe was emptied", 0);
	bed.fs.fs.mounted = unmounter.status != 0;
drop:
	testbed_close(env, &bed);
}
