// SPDX-License-Identifier: GPL-2.0-only
/*
 * swapon(2) of a DAX file is refused, since its pages have no address space operation to read
 * them; or it works.  The same file without DAX shows that it is one that can be swapped to.
 */
#include "check/fsmode/swapfile.h"

#include "check/fixture/testbed.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21 /* linux/mman.h since 5.4 */
#endif

enum { SWAP_BYTES = 4 << 20, MEMORY_BYTES = 1 << 20, SWAPPED_ID = 9 };

/* The header of a swap area.  Source: union swap_header in include/linux/swap.h. */
static int write_header(int fd)
{
	static const uint32_t info[] = {1 /* version */, SWAP_BYTES / PAGE_BYTES - 1};
	char page[PAGE_BYTES] = "";

	memcpy(page + 1024, info, sizeof(info));
	memcpy(page + PAGE_BYTES - 10, "SWAPSPACE2", 10);
	return pwrite(fd, page, PAGE_BYTES, 0) != PAGE_BYTES || fsync(fd) < 0 ? -errno : 0;
}

/* Kilobytes of memory of this process that are swapped out.  Source: proc(5), VmSwap. */
static long swapped_kb(void)
{
	FILE *in = fopen("/proc/self/status", "re");
	char line[128];
	long kb = 0;

	while (in && fgets(line, sizeof(line), in))
		sscanf(line, "VmSwap: %ld", &kb);
	if (in)
		fclose(in);
	return kb;
}

/* Memory goes to the swap area and comes back. */
static void use_area(struct check_env *env, const char *how)
{
	char *memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	long kb;

	if (!check_own(env, memory == MAP_FAILED ? -errno : 0, "memory"))
		return;
	stamp_fill(memory, MEMORY_BYTES, SWAPPED_ID, 0, TESTBED_GENERATION);
	if (check_setup(env, madvise(memory, MEMORY_BYTES, MADV_PAGEOUT) < 0 ? -errno : 0,
			"madvise(MADV_PAGEOUT)")) {
		kb = swapped_kb();
		check_that(env, kb > MEMORY_BYTES / 2048,
			   "memory is swapped out to the file with %s (%ld KiB are)", how, kb);
		check_bytes(env, "memory that was swapped out", memory, MEMORY_BYTES, SWAPPED_ID, 0,
			    TESTBED_GENERATION);
	}
	munmap(memory, MEMORY_BYTES);
}

static int swap_on(struct check_env *env, struct testbed *bed, const char *path, const char *how)
{
	char page[PAGE_BYTES];
	int rc = swapon(path, 0) < 0 ? -errno : 0;

	if (!rc) {
		use_area(env, how);
		check_errno(env, swapoff(path) < 0 ? -errno : 0, 0, "swapoff(2)");
		return 0;
	}
	/* Nobody holds it: it can be written. */
	stamp_fill(page, PAGE_BYTES, TESTBED_FILE, PAGE_BYTES, TESTBED_GENERATION + 1);
	check_equal(env, pwrite(bed->fd, page, PAGE_BYTES, PAGE_BYTES), PAGE_BYTES,
		    "bytes of write(2) after swapon(2) was refused");
	testbed_holds(env, bed, "after swapon(2) was refused", PAGE_BYTES, PAGE_BYTES,
		      TESTBED_GENERATION + 1);
	testbed_holds(env, bed, "after swapon(2) was refused", 2 * PAGE_BYTES,
		      SWAP_BYTES - 2 * PAGE_BYTES, TESTBED_GENERATION);
	return rc;
}

void swapfile(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {
		.table = TESTBED_LINEAR, .fs = arg, .file_bytes = SWAP_BYTES, .direct = true};
	char path[sizeof(((struct testbed *)0)->fs.where) + 16];
	struct testbed bed;
	int rc;

	if (!testbed_open(env, &bed, &spec))
		return;
	snprintf(path, sizeof(path), "%s/file", bed.fs.where);
	if (!check_setup(env, write_header(bed.fd), "writing the header of a swap area"))
		goto out;
	rc = swap_on(env, &bed, path, "DAX");
	check_observe(env, "swapon", check_errno_json(rc));
	if (!testbed_detach(env, &bed))
		goto out;
	bed.fs.fs.dax_never = true;
	if (check_setup(env, fs_mount(&bed.fs.fs), "mounting with dax=never")) {
		rc = swapon(path, 0) < 0 ? -errno : 0;
		if (check_errno(env, rc, 0, "swapon(2) of the file without DAX")) {
			use_area(env, "dax=never");
			check_errno(env, swapoff(path) < 0 ? -errno : 0, 0, "swapoff(2)");
		}
	}
out:
	testbed_close(env, &bed);
}
