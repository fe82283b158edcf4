// SPDX-License-Identifier: GPL-2.0-only
/*
 * The named namespaces themselves, without filesystem and device-mapper: what every other check
 * stands on.
 *
 *   pwrite -> block page cache; fsync -> blkdev_fsync -> pmem_submit_bio -> pmem_do_write
 *   -> nvdimm_flush(region) [-> async_pmem_flush, of virtio-pmem]; of a BTT btt_submit_bio
 *
 * A namespace that failed its health check (check/device_health.h) fails here without being written
 * to again, and is used by no other check: those that need it are skipped.
 * Left out: direct access, and whether the medium keeps what was flushed.
 *
 * Alone: ./run.sh check --check 'namespace.*'
 */
#include "check/check.h"
#include "check/namespace/bad_ranges.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEN_BYTES = 64 << 10, FILE_ID = 1, GENERATION = 1 };

/* Writes stamps at an offset of a device, flushes them, and reads them back. */
static void write_read(struct check_env *env, const struct namespace *ns, const char *mode,
		       uint64_t at, char *bytes)
{
	int fd = open(ns->node, O_RDWR | O_CLOEXEC);
	ssize_t n;

	if (!check_errno(env, fd < 0 ? -errno : 0, 0, "opening %s (%s)", ns->node, mode))
		return;
	stamp_fill(bytes, LEN_BYTES, FILE_ID, at, GENERATION);
	n = pwrite(fd, bytes, LEN_BYTES, (off_t)at);
	check_equal(env, n < 0 ? -errno : n, LEN_BYTES, "bytes written to %s (%s) at %" PRIu64,
		    ns->node, mode, at);
	check_errno(env, fsync(fd) < 0 ? -errno : 0, 0,
		    "fsync of %s (%s) after a write at %" PRIu64, ns->node, mode, at);
	posix_fadvise(fd, (off_t)at, LEN_BYTES, POSIX_FADV_DONTNEED);
	memset(bytes, 0, LEN_BYTES);
	n = pread(fd, bytes, LEN_BYTES, (off_t)at);
	if (check_equal(env, n < 0 ? -errno : n, LEN_BYTES, "bytes read from %s (%s) at %" PRIu64,
			ns->node, mode, at))
		check_bytes(env, "read from the device", bytes, LEN_BYTES, FILE_ID, at, GENERATION);
	close(fd);
}

static void works(struct check_env *env, const void *arg)
{
	enum namespace_mode mode = *(const enum namespace_mode *)arg;
	char *bytes = malloc(LEN_BYTES);

	if (!check_setup(env, bytes ? 0 : -ENOMEM, "memory"))
		return;
	for (unsigned int i = 0; i < env->n_devices; i++) {
		const struct namespace *ns = &env->devices[i];
		uint64_t last = (ns->size_bytes - LEN_BYTES) / PAGE_BYTES * PAGE_BYTES;

		if (ns->mode != mode)
			continue;
		if (env->sick[i][0]) { /* it may hang when it is written to again */
			check_fail(env, "%s (%s) does not work: %s", ns->node, env->item->name,
				   env->sick[i]);
			continue;
		}
		write_read(env, ns, env->item->name, 0, bytes);
		write_read(env, ns, env->item->name, last, bytes);
	}
	free(bytes);
}

#define WORKS(name_, mode_)                                                                       \
	{                                                                                         \
		.name = name_,                                                                    \
		.promise = "every named namespace of this mode can be written, flushed by fsync " \
			   "and read back",                                                       \
		.by = "write(2), fsync(2)", .needs = (const char *const[]){"named:" name_, NULL}, \
		.flags = CHECK_QUICK, .plants = PLANT_BYTE | PLANT_VALUE, .run = works,           \
		.arg = &(const enum namespace_mode){mode_},                                       \
	}

/* The address of a range has its length since 6.1; and any length with AMD's registers. */
static const char *const needs_ranges[] = {
	"device:fsdax:2",    "target:linear",
	"module:mce-inject", "file:/sys/kernel/debug/mce-inject/bank",
	"kernel:6.1",	     NULL};

static const struct check_item items[] = {
	WORKS("fsdax", NAMESPACE_FSDAX),
	WORKS("raw", NAMESPACE_RAW),
	WORKS("sector", NAMESPACE_SECTOR),
	WORKS("virtio", NAMESPACE_VIRTIO),
	{
		.name = "bad_ranges",
		.promise = "a range of memory that a machine check reports makes exactly its "
			   "sectors bad blocks of the namespace",
		.by = "drivers/nvdimm/badrange.c, nvdimm_badblocks_populate(): converts a list of "
		      "badranges to badblocks; drivers/acpi/nfit/mce.c",
		.needs = needs_ranges,
		.flags = CHECK_EMULATED | CHECK_SPOILS,
		.plants = PLANT_VALUE,
		.run = bad_ranges,
	},
	{0},
};

const struct check_family check_namespace = {
	.name = "namespace",
	.why = "every named namespace can be written, flushed and read",
	.items = items,
};
