// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/flush_fault.h"

#include "check/fixture/bio.h"
#include "check/flush/writeback.h"
#include "lib/base/flush_fault.h"
#include "lib/base/limit_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	REQUESTS_MAX = 8, /* of one call: each of them fails once */
	LIMIT_MS = 10000,
	OBEYS_MS = 2000,
	LOOK_MS = 20,
	HELD_MS = 300,
};

/* ---- the hypervisor -------------------------------------------------------------------------- */

static bool put_fault(struct check_env *env, const struct flush_fault *fault)
{
	const struct namespace *ns = check_device(env, NAMESPACE_VIRTIO, 0);
	char sector[FLUSH_FAULT_BYTES] = {0};
	int rc;

	if (fault)
		memcpy(sector, fault, sizeof(*fault));
	rc = bio_write(ns->node, ns->size_bytes - sizeof(sector), sector, sizeof(sector));
	return check_setup(env, rc, "writing the last sector of %s", ns->node);
}

static bool arm(struct check_env *env, uint32_t pass, uint32_t fail, uint32_t hold)
{
	struct flush_fault fault = {.pass = pass, .fail = fail, .hold = hold};

	memcpy(fault.magic, FLUSH_FAULT_MAGIC);
	return put_fault(env, &fault);
}

/* How many requests came since it was armed, or -EIO after a complaint. */
static int64_t seen(struct check_env *env)
{
	const struct namespace *ns = check_device(env, NAMESPACE_VIRTIO, 0);
	char sector[FLUSH_FAULT_BYTES];
	struct flush_fault fault;
	int rc = bio_read(ns->node, ns->size_bytes - sizeof(sector), sector, sizeof(sector));

	if (!check_setup(env, rc, "reading the last sector of %s", ns->node))
		return -EIO;
	memcpy(&fault, sector, sizeof(fault));
	return fault.seen;
}

/* Whether the hypervisor obeys; false after check_skip(). */
static bool obeys(struct check_env *env)
{
	const struct namespace *ns = check_device(env, NAMESPACE_VIRTIO, 0);
	int64_t n = -EIO, until_ms;

	if (!arm(env, 0, 0, 0) || !check_setup(env, bio_flush(ns->node), "fsync of %s", ns->node))
		return false;
	/* A kernel that does not wait for the answer may be ahead of the hypervisor. */
	until_ms = limit_clock_ms() + OBEYS_MS;
	do
		n = seen(env);
	while (!n && limit_clock_retry(until_ms));
	if (!n)
		check_skip(env, "run it in an emulated host, after make build/qemu_preload.so",
			   "the hypervisor of %s cannot be made to fail a flush", ns->node);
	return n > 0;
}

/* ---- calls that promise durability ----------------------------------------------------------- */

static int rc_of(int result)
{
	return result < 0 ? -errno : 0;
}

static int device_fsync(struct testbed *bed)
{
	return bio_flush(testbed_node(bed));
}

static int file_fsync(struct testbed *bed)
{
	return rc_of(fsync(bed->fd));
}

static int file_fdatasync(struct testbed *bed)
{
	return rc_of(fdatasync(bed->fd));
}

static int file_msync(struct testbed *bed)
{
	return rc_of(msync(bed->map.base, bed->bytes, MS_SYNC));
}

static int file_write(struct testbed *bed)
{
	char page[PAGE_BYTES] = {1};
	struct iovec v = {page, sizeof(page)};
	ssize_t n = pwritev2(bed->fd, &v, 1, WINDOW_BYTES, RWF_DSYNC);

	return n == PAGE_BYTES ? 0 : n < 0 ? -errno : -EIO;
}

static const struct way {
	const char *what;
	int (*fn)(struct testbed *bed); /* returns 0 or -errno */
	bool new_blocks;		/* the stores before it allocate */
} device_ways[] = {{"fsync of the device", device_fsync, false}, {0}},
  file_ways[] = {{"fsync after stores", file_fsync, false},
		 {"fdatasync after stores", file_fdatasync, false},
		 {"msync(MS_SYNC) after stores", file_msync, false},
		 {"pwritev2(RWF_DSYNC)", file_write, false},
		 {"fsync after stores to new blocks", file_fsync, true},
		 {0}};

/* Something to make durable, and all before it is durable. */
static bool make_dirty(struct check_env *env, struct testbed *bed, const struct way *way)
{
	int rc = 0;

	if (bed->fd < 0)
		return true;
	if (way->new_blocks)
		rc = rc_of(fallocate(bed->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				     (off_t)bed->bytes));
	if (!rc)
		rc = rc_of(syncfs(bed->fd));
	writeback_store_windows(env, bed);
	return check_setup(env, rc, "preparing the file") && !check_complained(env);
}

/* ---- a request that fails -------------------------------------------------------------------- */

/* Request `nth` of the call fails.  Returns whether it had so many, and nothing was wrong. */
static bool fails_once(struct check_env *env, const struct testbed_spec *spec,
		       const struct way *way, uint32_t nth)
{
	struct testbed bed = TESTBED_NONE;
	bool good =
		testbed_open(env, &bed, spec) && make_dirty(env, &bed, way) && arm(env, nth, 1, 0);
	int rc = good ? way->fn(&bed) : 0;
	int64_t n = good ? seen(env) : -EIO;

	good = good && put_fault(env, NULL) && n >= 0;
	if (good && n > nth)
		good = check_errno(env, rc, -EIO,
				   "%s on %s, of whose %" PRId64 " flush requests number %u fails",
				   way->what, testbed_name(spec), n, nth + 1);
	else if (good)
		check_errno(env, rc, 0, "%s on %s", way->what, testbed_name(spec));
	if (good && !nth)
		check_that(env, n > 0, "%s on %s sends a flush request", way->what,
			   testbed_name(spec));
	/* A device is as good as before; a filesystem may have shut down. */
	if (good && bed.fd < 0)
		check_errno(env, way->fn(&bed), 0, "%s on %s, once more", way->what,
			    testbed_name(spec));
	testbed_close(env, &bed);
	return good && n > nth;
}

void flush_fault_reported(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;

	if (!obeys(env))
		return;
	for (const struct way *way = spec->fs ? file_ways : device_ways;
	     way->what && !check_complained(env); way++)
		for (uint32_t nth = 0; nth < REQUESTS_MAX && fails_once(env, spec, way, nth); nth++)
			;
	put_fault(env, NULL);
}

/* ---- a request that waits -------------------------------------------------------------------- */

struct held {
	struct testbed *bed;
	const struct way *way;
};

static int held_main(void *arg)
{
	const struct held *held = arg;

	return -held->way->fn(held->bed);
}

static void held_once(struct check_env *env, struct testbed *bed, const struct way *way)
{
	struct held held = {bed, way};
	struct check_task task = {0};
	int64_t n = 0, until_ms;

	if (!make_dirty(env, bed, way) || !arm(env, 0, 0, 1) ||
	    check_start(env, &task, held_main, &held) < 0)
		return;
	until_ms = limit_clock_ms() + LIMIT_MS;
	while (!n && !check_wait(&task, LOOK_MS) && limit_clock_retry(until_ms))
		n = seen(env);
	check_that(env, n > 0 || seen(env) > 0, "%s on %s sends a flush request", way->what,
		   testbed_name(&bed->spec));
	check_that(env, !check_wait(&task, HELD_MS),
		   "%s on %s does not return before the hypervisor answers", way->what,
		   testbed_name(&bed->spec));
	put_fault(env, NULL);
	check_await_errno(env, &task, way->what, 0);
}

void flush_fault_awaited(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	const struct way *way = spec->fs ? file_ways : device_ways;
	struct testbed bed = TESTBED_NONE;

	if (obeys(env) && testbed_open(env, &bed, spec))
		for (; way->what && !check_complained(env); way++)
			held_once(env, &bed, way);
	put_fault(env, NULL);
	testbed_close(env, &bed);
}
