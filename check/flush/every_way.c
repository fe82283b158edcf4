// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/every_way.h"

#include "check/fixture/bio.h"
#include "check/fixture/calls.h"
#include "check/flush/member_flush.h"
#include "check/flush/writeback.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MEMBERS_MAX = 3, N_WINDOWS = WRITEBACK_FILE_BYTES / WINDOW_BYTES };

/* ---- ways ------------------------------------------------------------------------------------ */

/* Each makes something dirty and durable.  Returns 0 or -errno. */
typedef int way_fn(struct check_env *env, struct testbed *bed);

static int rc_of(int result)
{
	return result < 0 ? -errno : 0;
}

static int stores_fsync(struct check_env *env, struct testbed *bed)
{
	writeback_store_windows(env, bed);
	return rc_of(fsync(bed->fd));
}

/* The blocks are known: nothing is in the journal. */
static int stores_fdatasync(struct check_env *env, struct testbed *bed)
{
	int rc = stores_fsync(env, bed);

	writeback_store_windows(env, bed);
	return rc ? rc : rc_of(fdatasync(bed->fd));
}

static int stores_msync(struct check_env *env, struct testbed *bed)
{
	writeback_store_windows(env, bed);
	return rc_of(msync(bed->map.base, WRITEBACK_FILE_BYTES, MS_SYNC));
}

static int stores_syncfs(struct check_env *env, struct testbed *bed)
{
	writeback_store_windows(env, bed);
	return rc_of(syncfs(bed->fd));
}

/* Once more at once: there is nothing to do, but what was written by others may be in a cache. */
static int fsync_again(struct check_env *env, struct testbed *bed)
{
	(void)env;
	return rc_of(fsync(bed->fd));
}

static int write_windows(int fd, int flags)
{
	static char page[PAGE_BYTES];
	int rc = 0;

	page[0]++;
	for (uint64_t w = 0; w < N_WINDOWS && !rc; w++) {
		struct iovec v = {page, PAGE_BYTES};
		ssize_t n = pwritev2(fd, &v, 1, (off_t)(w * WINDOW_BYTES), flags);

		if (n != PAGE_BYTES)
			rc = n < 0 ? -errno : -EIO;
	}
	return rc;
}

static int write_fdatasync(struct check_env *env, struct testbed *bed)
{
	int rc = write_windows(bed->fd, 0);

	(void)env;
	return rc ? rc : rc_of(fdatasync(bed->fd));
}

static int write_dsync(struct check_env *env, struct testbed *bed)
{
	(void)env;
	return write_windows(bed->fd, RWF_DSYNC);
}

static int write_sync(struct check_env *env, struct testbed *bed)
{
	(void)env;
	return write_windows(bed->fd, RWF_SYNC);
}

/* Blocks that are new: the journal has something to commit. */
static int new_blocks(struct check_env *env, struct testbed *bed)
{
	int rc = rc_of(fallocate(bed->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				 WRITEBACK_FILE_BYTES));

	writeback_store_windows(env, bed);
	return rc ? rc : rc_of(fsync(bed->fd));
}

static int device_fsync(struct check_env *env, struct testbed *bed)
{
	(void)env;
	return bio_flush(testbed_node(bed));
}

static const struct {
	const char *what;
	way_fn *fn;
	enum {
		AFTER_DATA, /* each member is flushed after the last byte of data */
		BY_PAGE,    /* each page is durable before the next one is written */
		IDLE,	    /* nothing is dirty: a filesystem may leave the flush out */
	} when;
} ways[] = {
	{"fsync after stores", stores_fsync, AFTER_DATA},
	{"a second fsync", fsync_again, IDLE},
	{"fdatasync after stores to known blocks", stores_fdatasync, AFTER_DATA},
	{"msync(MS_SYNC) after stores", stores_msync, AFTER_DATA},
	{"syncfs after stores", stores_syncfs, AFTER_DATA},
	{"fdatasync after write(2)", write_fdatasync, AFTER_DATA},
	{"pwritev2(RWF_DSYNC)", write_dsync, BY_PAGE},
	{"pwritev2(RWF_SYNC)", write_sync, BY_PAGE},
	{"fsync after stores to new blocks", new_blocks, AFTER_DATA},
	{"fsync of the block device", device_fsync, AFTER_DATA},
};
enum { N_WAYS = sizeof(ways) / sizeof(ways[0]) };

/* ---- members --------------------------------------------------------------------------------- */

enum { COPIED = WRITEBACK_FLUSH + 1 };

static const char *const member_functions[] = {"arch_wb_cache_pmem", "nvdimm_flush",
					       "__copy_user_flushcache|copy_user_flushcache", NULL};

struct members {
	unsigned int n;
	const struct namespace *list[MEMBERS_MAX];
	uint64_t regions[MEMBERS_MAX];
};

/* The namespaces of a table, and the regions that fsync of each of them flushes. */
static bool find_members(struct check_env *env, const char *table, struct calls *calls,
			 struct members *m)
{
	static const struct {
		char letter;
		enum namespace_mode mode;
		unsigned int i;
	} letters[] = {
		{'A', NAMESPACE_FSDAX, 0}, {'B', NAMESPACE_FSDAX, 1}, {'V', NAMESPACE_VIRTIO, 0}};

	*m = (struct members){0};
	for (int l = 0; l < MEMBERS_MAX; l++) {
		const struct namespace *ns = check_device(env, letters[l].mode, letters[l].i);

		if (!strchr(table, letters[l].letter))
			continue;
		m->regions[m->n] = member_flush_region(env, ns, calls);
		if (!m->regions[m->n])
			return false;
		m->list[m->n++] = ns;
	}
	return true;
}

/* How often a region was flushed after the last byte was written back or copied. */
static size_t flushes_after(const struct calls *calls, uint64_t region)
{
	size_t n = 0;

	for (size_t i = 0; i < calls->n; i++) {
		const struct call *c = &calls->list[i];

		if (c->function == WRITEBACK_CALL || c->function == COPIED)
			n = 0;
		else if (c->function == WRITEBACK_FLUSH && c->arg[0] == region)
			n++;
	}
	return n;
}

/* A way that makes each page durable by itself flushes the members of earlier pages before the last
 * copy: there any flush counts. */
static bool flushed(const struct calls *calls, uint64_t region, bool by_page)
{
	if (!by_page)
		return flushes_after(calls, region) > 0;
	for (size_t i = 0; i < calls->n; i++)
		if (calls->list[i].function == WRITEBACK_FLUSH && calls->list[i].arg[0] == region)
			return true;
	return false;
}

void every_way_members(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	struct testbed bed = TESTBED_NONE;
	struct members m;
	struct calls calls;

	if (!calls_open(env, &calls, member_functions) ||
	    !find_members(env, spec->table, &calls, &m) || !testbed_open(env, &bed, spec))
		goto out;
	for (int w = 0; w < N_WAYS; w++) {
		int rc;

		calls_start(&calls);
		rc = ways[w].fn(env, &bed);
		if (!calls_stop(env, &calls) ||
		    !check_errno(env, rc, 0, "%s on %s", ways[w].what, testbed_name(spec)))
			break;
		for (unsigned int i = 0; i < m.n && ways[w].when != IDLE; i++)
			check_that(env, flushed(&calls, m.regions[i], ways[w].when == BY_PAGE),
				   "%s flushes member %s of %s after its data", ways[w].what,
				   m.list[i]->node, testbed_name(spec));
	}
out:
	testbed_close(env, &bed);
	calls_close(&calls);
}

/* ---- a forced write -------------------------------------------------------------------------- */

static const char *const forced_functions[] = {"__memcpy_flushcache", "nvdimm_flush", NULL};

/* In some rounds a thread of the filesystem may write something else after the commit. */
enum { ROUNDS = 5, ROUNDS_NOT_ALONE = 1 };

/* Whether the device was flushed after the last bio was copied to it; false without a bio, too. */
static bool flushed_last(const struct calls *calls)
{
	return calls->n && calls_count(calls, WRITEBACK_CALL) &&
	       calls->list[calls->n - 1].function == WRITEBACK_FLUSH;
}

void every_way_forced(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	struct testbed bed = TESTBED_NONE;
	struct calls calls;
	unsigned int bad = 0;

	if (!calls_open(env, &calls, forced_functions) || !testbed_open(env, &bed, spec))
		goto out;
	for (int i = 0; i < ROUNDS; i++) {
		int rc;

		calls_start(&calls);
		rc = new_blocks(env, &bed);
		if (!calls_stop(env, &calls) || !check_setup(env, rc, "fsync"))
			goto out;
		if (!check_that(env, calls_count(&calls, WRITEBACK_CALL) > 0,
				"fsync after stores to new blocks writes to the journal by bios"))
			goto out;
		bad += !flushed_last(&calls);
	}
	check_that(env, bad <= ROUNDS_NOT_ALONE,
		   "%s is flushed after the last block of a commit is written (in %u of %d "
		   "commits it is not)",
		   testbed_name(spec), bad, ROUNDS);
out:
	testbed_close(env, &bed);
	calls_close(&calls);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* In pages: one, two, across windows, the last; aligned to a window or not. */
static const struct {
	uint64_t first, n;
} page_ranges[] = {{1, 1},     {5, 2},	    {511, 2},
		   {512, 512}, {1000, 100}, {N_WINDOWS * WINDOW_PAGES - 1, 1}};

/* Stores into the pages at both ends of the range and into those before and after it. */
static unsigned int pages_around(uint64_t first, uint64_t n, uint64_t pages[4])
{
	unsigned int count = 0;

	pages[count++] = first;
	if (n > 1)
		pages[count++] = first + n - 1;
	pages[count++] = first - 1;
	if (first + n < N_WINDOWS * WINDOW_PAGES)
		pages[count++] = first + n;
	return count;
}

static bool range_written_back(struct check_env *env, const struct testbed *bed,
			       struct writeback_view *view, uint64_t first, uint64_t n)
{
	uint64_t pages[4];
	unsigned int count = pages_around(first, n, pages), inside = n > 1 ? 2 : 1;
	struct calls *calls = view->calls;
	bool good = true;
	int rc;

	for (unsigned int i = 0; i < count && good; i++)
		good = writeback_store_page(env, bed, pages[i]);
	calls_start(calls);
	rc = rc_of(msync(bed->map.base + first * PAGE_BYTES, n * PAGE_BYTES, MS_SYNC));
	good = calls_stop(env, calls) && good && check_setup(env, rc, "msync of a range");
	for (unsigned int i = 0; i < inside && good; i++)
		good = writeback_judge_page(env, view, pages[i] * PAGE_BYTES,
					    "a mapping, by msync of a range");
	/* Pages of msync that are in one huge entry are written back together. */
	for (unsigned int i = inside; i < count && good; i++) {
		uint64_t pfn = 0;

		rc = extents_pfn(&bed->extents, (struct backing){&bed->graph, bed->device},
				 pages[i] * PAGE_BYTES, &pfn);
		if (!check_own(env, rc, "the frame of page %" PRIu64, pages[i]))
			return false;
		if (writeback_covers(view, pfn * PAGE_BYTES, PAGE_BYTES))
			pages[i] = pages[0]; /* done; a store to it is needed below */
	}
	for (unsigned int i = 0; i < inside && good; i++)
		good = writeback_store_page(env, bed, pages[i]);
	calls_start(calls);
	rc = rc_of(fsync(bed->fd));
	good = calls_stop(env, calls) && good && check_setup(env, rc, "fsync");
	for (unsigned int i = 0; i < count && good; i++)
		good = writeback_judge_page(env, view, pages[i] * PAGE_BYTES,
					    "a mapping, by fsync after msync of a part");
	return good;
}

void every_way_ranges(struct check_env *env, const void *arg)
{
	struct writeback_view view;
	struct testbed bed = TESTBED_NONE;
	struct calls calls;

	if (calls_open(env, &calls, writeback_functions) && testbed_open(env, &bed, arg) &&
	    writeback_view_begin(env, &view, &bed, &calls))
		for (size_t i = 0; i < sizeof(page_ranges) / sizeof(page_ranges[0]); i++)
			if (!range_written_back(env, &bed, &view, page_ranges[i].first,
						page_ranges[i].n))
				break;
	testbed_close(env, &bed);
	calls_close(&calls);
}

/* ---- requests -------------------------------------------------------------------------------- */

enum { REQUEST, KICK, ACK };

static const char *const request_functions[] = {"virtqueue_add_sgs", "virtqueue_kick",
						"virtio_pmem_host_ack", NULL};

/* Whether the hypervisor was asked, told of it, and answered before the call returned. */
static bool asked(struct check_env *env, const struct calls *calls, const char *what,
		  const char *name)
{
	size_t requests = calls_count(calls, REQUEST);

	return check_that(env, requests > 0, "%s on %s sends the hypervisor a request", what,
			  name) &&
	       check_that(env, calls_count(calls, KICK) >= requests,
			  "%s on %s notifies the hypervisor of each of %zu requests", what, name,
			  requests) &&
	       check_that(env, calls_count(calls, ACK) > 0,
			  "%s on %s returns after the hypervisor answered", what, name);
}

void every_way_requests(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	struct testbed bed = TESTBED_NONE;
	struct calls calls;

	if (!calls_open(env, &calls, request_functions) || !testbed_open(env, &bed, spec))
		goto out;
	/* Twice: the first and a later call of each. */
	for (int w = 0; w < 2 * N_WAYS; w++) {
		const char *what = ways[w % N_WAYS].what;
		int rc;

		calls_start(&calls);
		rc = ways[w % N_WAYS].fn(env, &bed);
		if (!calls_stop(env, &calls) || !check_errno(env, rc, 0, "%s", what))
			break;
		if (ways[w % N_WAYS].when != IDLE && !asked(env, &calls, what, testbed_name(spec)))
			break;
	}
out:
	testbed_close(env, &bed);
	calls_close(&calls);
}
