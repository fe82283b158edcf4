// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capability: what says "DAX", agrees.
 *
 * Four voices speak of it: sysfs (queue/dax, and dax/ where newer kernels have it), the answer to
 * mount -o dax=always, statx(2) of a file, and the mapping itself.  They must agree with each other
 * and with the model: a device is capable if and only if every byte of it is on memory that is.
 */
#include "check/check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void raw_block_device(struct check_env *env, const void *arg)
{
	const char *node = env->devices[0].node;
	int fd = open(node, O_RDWR | O_CLOEXEC);
	void *p;

	(void)arg;
	if (!check_setup(env, fd < 0 ? -errno : 0, "open %s", node))
		return;
	check_that(env, file_is_dax(fd) != 1, "statx of the block device %s does not say DAX",
		   node);
	p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	check_errno(env, p == MAP_FAILED ? -errno : 0, -EOPNOTSUPP,
		    "mmap(MAP_SYNC) of the block device %s", node);
	if (p != MAP_FAILED)
		munmap(p, PAGE_BYTES);
	close(fd);
}

static const char *const needs_fsdax[] = {"device:fsdax", NULL};

static const struct check_item items[] = {
	{
		.name = "raw_block_device",
		.promise = "a block device itself is never DAX: only files are",
		.by = "commits acc93d30d7d4 and 5a023cdba50c (block: disable block device DAX)",
		.needs = needs_fsdax,
		.flags = CHECK_QUICK,
		.plants = PLANT_VALUE | PLANT_DMESG,
		.run = raw_block_device,
	},
	{0},
};

const struct check_family check_capability = {
	.name = "capability",
	.why = "what says DAX, agrees: sysfs, mount, statx and the mapping",
	.items = items,
};
