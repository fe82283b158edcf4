// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/writeback.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum { STORE_AT = 2048 }; /* in a page */

const char *const writeback_functions[] = {"arch_wb_cache_pmem", "nvdimm_flush", NULL};
const uint64_t writeback_pages[WRITEBACK_PAGES] = {1, 2, 5, 511, 512, 700, 1029, 2047};

struct testbed_spec writeback_raw(const struct testbed_spec *spec)
{
	struct testbed_spec raw = *spec;

	raw.name = "a namespace";
	raw.table = TESTBED_RAW;
	return raw;
}

bool writeback_store_page(struct check_env *env, const struct testbed *bed, uint64_t page)
{
	static char value;

	return check_equal(
		env, check_store(bed->map.base + page * PAGE_BYTES + STORE_AT, ++value).signal, 0,
		"signal of a store into the mapping");
}

void writeback_store_windows(struct check_env *env, const struct testbed *bed)
{
	for (uint64_t w = 0; w < WRITEBACK_FILE_BYTES / WINDOW_BYTES; w++)
		writeback_store_page(env, bed, w * WINDOW_PAGES);
}

bool writeback_covers(const struct writeback_view *v, uint64_t physical, uint64_t len)
{
	for (size_t i = 0; i < v->calls->n; i++) {
		const struct call *c = &v->calls->list[i];

		if (c->function == WRITEBACK_CALL && c->arg[0] <= v->base + physical &&
		    c->arg[0] + c->arg[1] >= v->base + physical + len)
			return true;
	}
	return false;
}

bool writeback_judge_page(struct check_env *env, const struct writeback_view *v, uint64_t offset,
			  const char *name)
{
	uint64_t pfn = 0;
	int rc = extents_pfn(&v->bed->extents, (struct backing){&v->bed->graph, v->bed->device},
			     offset, &pfn);

	return check_own(env, rc, "the frame of file offset %" PRIu64, offset) &&
	       check_that(env, writeback_covers(v, pfn * PAGE_BYTES, PAGE_BYTES),
			  "the cache lines of the dirty page at file offset %" PRIu64
			  " were written back on %s",
			  offset, name);
}

bool writeback_view_begin(struct check_env *env, struct writeback_view *v,
			  const struct testbed *bed, struct calls *calls)
{
	uint64_t pfn = 0;
	int fd, rc;

	*v = (struct writeback_view){.bed = bed, .calls = calls};
	rc = check_store(bed->map.base + STORE_AT, 1).signal ? -EFAULT : 0;
	if (!check_setup(env, rc, "storing into the mapping"))
		return false;
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	rc = fd < 0 ? -errno : mapping_pfns(fd, bed->map.base, &pfn, 1);
	if (fd >= 0)
		close(fd);
	calls_start(calls);
	if (!rc && fsync(bed->fd) < 0)
		rc = -errno;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "writing one page back"))
		return false;
	if (!check_own(env, pfn ? 0 : -ENOENT, "finding the frame of a mapped page") ||
	    !check_equal(env, (int64_t)calls_count(calls, WRITEBACK_CALL), 1,
			 "calls by which fsync writes one dirty page back on %s",
			 testbed_name(&bed->spec)))
		return false;
	for (size_t i = 0; i < calls->n; i++)
		if (calls->list[i].function == WRITEBACK_CALL)
			v->base = calls->list[i].arg[0] - pfn * PAGE_BYTES;
	return true;
}

int64_t writeback_of_windows(struct check_env *env, const struct testbed *bed, struct calls *calls)
{
	int rc;

	writeback_store_windows(env, bed);
	calls_start(calls);
	rc = fsync(bed->fd) < 0 ? -errno : 0;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "fsync"))
		return -EIO;
	return (int64_t)calls_sum(calls, WRITEBACK_CALL, 1);
}
