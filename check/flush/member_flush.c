// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/member_flush.h"

#include "check/fixture/bio.h"
#include "check/flush/writeback.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- every member ---------------------------------------------------------------------------- */

uint64_t member_flush_region(struct check_env *env, const struct namespace *ns, struct calls *calls)
{
	uint64_t region = 0;
	int rc;

	calls_start(calls);
	rc = bio_flush(ns->node);
	calls_stop(env, calls);
	for (size_t i = 0; i < calls->n; i++) {
		const struct call *c = &calls->list[i];

		if (c->function == WRITEBACK_FLUSH && region && c->arg[0] != region)
			rc = -EAGAIN;
		else if (c->function == WRITEBACK_FLUSH)
			region = c->arg[0];
	}
	if (!check_setup(env, rc, "flushing %s without device-mapper", ns->node))
		return 0;
	if (!region)
		check_fail(env, "fsync of %s, without device-mapper, does not reach nvdimm_flush()",
			   ns->node);
	return region;
}

/* How often a region was flushed after the last cache line was written back. */
static size_t flushes_of(const struct calls *calls, uint64_t region)
{
	size_t n = 0;

	for (size_t i = 0; i < calls->n; i++) {
		if (calls->list[i].function == WRITEBACK_CALL)
			n = 0;
		else if (calls->list[i].function == WRITEBACK_FLUSH &&
			 calls->list[i].arg[0] == region)
			n++;
	}
	return n;
}

/* The regions of two namespaces.  Returns true if they differ, or false after a complaint. */
static bool regions_of(struct check_env *env, const struct namespace *ns[2], struct calls *calls,
		       uint64_t regions[2])
{
	for (int i = 0; i < 2; i++) {
		regions[i] = member_flush_region(env, ns[i], calls);
		if (!regions[i])
			return false;
	}
	if (regions[0] != regions[1])
		return true;
	check_skip(env, "name namespaces of two regions with --device",
		   "%s and %s are in one region and cannot be distinguished", ns[0]->node,
		   ns[1]->node);
	return false;
}

/* One page of each window is made dirty or written, and made durable. */
static int reach_members(struct check_env *env, struct testbed *bed, enum member_flush_how how)
{
	const struct graph_device *d = &bed->graph.devices[bed->device];
	char path[sizeof(bed->fs.where) + 8], page[PAGE_BYTES] = {1};
	int rc = 0, fd = -1;

	if (how == MEMBER_FLUSH_BY_FSYNC) {
		writeback_store_windows(env, bed);
		return fsync(bed->fd) < 0 ? -errno : 0;
	}
	snprintf(path, sizeof(path), "%s/file", bed->fs.where);
	fd = open(how == MEMBER_FLUSH_BY_BLOCK_DEVICE ? d->node : path,
		  how == MEMBER_FLUSH_BY_BLOCK_DEVICE ? O_RDONLY | O_CLOEXEC
						      : O_RDWR | O_DSYNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (how == MEMBER_FLUSH_BY_BLOCK_DEVICE)
		rc = fsync(fd) < 0 ? -errno : 0;
	for (uint64_t at = 0;
	     at < WRITEBACK_FILE_BYTES && how == MEMBER_FLUSH_BY_DSYNC_WRITE && !rc;
	     at += WINDOW_BYTES)
		if (pwrite(fd, page, sizeof(page), (off_t)at) != (ssize_t)sizeof(page))
			rc = -EIO;
	close(fd);
	return rc;
}

void member_flush_all(struct check_env *env, const void *arg)
{
	const struct member_flush *m = arg;
	bool virtio = strchr(m->bed.table, 'V');
	const struct namespace *ns[2];
	struct testbed bed = TESTBED_NONE;
	uint64_t regions[2];
	struct calls calls;
	int rc;

	ns[0] = check_device(env, NAMESPACE_FSDAX, 0);
	ns[1] = check_device(env, virtio ? NAMESPACE_VIRTIO : NAMESPACE_FSDAX, !virtio);
	if (!calls_open(env, &calls, writeback_functions) ||
	    !regions_of(env, ns, &calls, regions) || !testbed_open(env, &bed, &m->bed))
		goto out;
	calls_start(&calls);
	rc = reach_members(env, &bed, m->how);
	if (!calls_stop(env, &calls) || !check_setup(env, rc, "flushing the file"))
		goto out;
	for (int i = 0; i < 2; i++)
		check_that(env, flushes_of(&calls, regions[i]) > 0,
			   "member %s of %s is flushed after the last cache line was written back",
			   ns[i]->node, testbed_name(&m->bed));
out:
	testbed_close(env, &bed);
	calls_close(&calls);
}

/* ---- the hypervisor's flush ------------------------------------------------------------------ */

static const char *const virtio_functions[] = {"arch_wb_cache_pmem", "nvdimm_flush",
					       "virtio_pmem_flush|async_pmem_flush", NULL};
enum { HOST_FLUSH = 2 };

/* Stores, fsyncs.  Returns how many requests went to the hypervisor after the last cache line was
 * written back, or -EIO after a complaint. */
static int64_t host_flushes(struct check_env *env, const struct testbed_spec *spec,
			    struct calls *calls)
{
	struct testbed bed;
	int64_t n = 0;
	int rc;

	if (!testbed_open(env, &bed, spec))
		return -EIO;
	for (int i = 0; i < WRITEBACK_PAGES; i++)
		writeback_store_page(env, &bed, writeback_pages[i]);
	calls_start(calls);
	rc = fsync(bed.fd) < 0 ? -errno : 0;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "fsync"))
		n = -EIO;
	for (size_t i = 0; i < calls->n && n >= 0; i++) {
		if (calls->list[i].function == WRITEBACK_CALL)
			n = 0;
		n += calls->list[i].function == HOST_FLUSH;
	}
	testbed_close(env, &bed);
	return n;
}

void member_flush_hypervisor(struct check_env *env, const void *arg)
{
	const struct testbed_spec virtio = WRITEBACK_BED("ext4", .table = "V");
	const struct testbed_spec *spec = arg;
	int64_t without, through;
	struct calls calls;

	if (calls_open(env, &calls, virtio_functions)) {
		without = host_flushes(env, &virtio, &calls);
		through = without < 0 ? -EIO : host_flushes(env, spec, &calls);
		if (through >= 0) {
			check_that(env, without > 0,
				   "fsync on virtio-pmem sends a flush request to the hypervisor");
			check_that(env, through >= without,
				   "fsync on %s sends at least %" PRId64
				   " flush requests, as without device-mapper (got: %" PRId64 ")",
				   testbed_name(spec), without, through);
		}
	}
	calls_close(&calls);
}
