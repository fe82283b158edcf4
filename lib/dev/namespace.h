/* SPDX-License-Identifier: GPL-2.0-only */
/* libnvdimm namespaces, the lowest devices of every stack. */
#ifndef DAXDM_NAMESPACE_H
#define DAXDM_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

enum namespace_mode {
	NAMESPACE_FSDAX,  /* has struct pages: a filesystem on it may use DAX */
	NAMESPACE_RAW,	  /* no struct pages */
	NAMESPACE_SECTOR, /* BTT: sectors are written whole, no direct access */
	NAMESPACE_VIRTIO, /* virtio-pmem: direct access, but a flush needs the hypervisor */
};

struct namespace
{
	char node[64]; /* as the user named it, e.g. /dev/pmem0 */
	enum namespace_mode mode;
	unsigned int major, minor;
	uint64_t size_bytes;	 /* of the block device (BLKGETSIZE64) */
	uint64_t resource_bytes; /* physical address of its first byte; 0 for sector mode */
	uint64_t region_bytes;	 /* its offset in the region, which is the DIMM's or backing file's
				* offset on an emulated host */
	char region[32];	 /* "region0" */
	bool fsdax;		 /* mode is NAMESPACE_FSDAX */
};

/*
 * Looks a block device up.  Source: sysfs, the nd device behind the gendisk; `resource` of a pfn
 * device is where its data begin.  The path of the nd device tells virtio-pmem and BTT.
 * Returns 0, or -errno after one error line: -ENOTBLK, -ENODEV for a device that is not persistent
 * memory, or -errno of open(2) or sysfs.
 */
int namespace_open(const char *node, struct namespace *out);

/*
 * The same from sysfs alone, silently, as any user.  Returns 0; -EACCES with all of out but the
 * addresses, which root alone may read; -ENODEV for a device that is not persistent memory;
 * -ENOTBLK or -errno of stat(2).
 */
int namespace_find(const char *node, struct namespace *out);

/* The NUMA node of its memory, -1 if the kernel knows none. */
int namespace_node(const struct namespace *ns);

/* Whether an error of these functions means that the wrong device was named. */
bool namespace_is_usage_error(int rc);

/* Refuses (-EBUSY, after one error line) a device that is mounted or held by another device; on a
 * real host also one that a loop device is on, or that a process has open for writing.  Returns 0
 * or -errno. */
int namespace_refuse_claimed(const struct namespace *ns);

/* The signature of a filesystem or a partition table that libblkid knows.  Returns 1 and its type,
 * 0 if there is none, or -errno. */
int namespace_signature(const char *node, char type[32]);

/* Refuses (-EINVAL, after one error line) two names of one device.  Returns 0 or -EINVAL. */
int namespace_refuse_same(const struct namespace *list, unsigned int n);

/*
 * Refuses (-EBUSY, after one error line) a device that is mounted, held by another device or
 * carries a signature that libblkid knows; wipe: erases the signatures first, of all devices or of
 * none.  Returns 0 if the devices are free to be written.
 */
int namespace_refuse_used(const struct namespace *list, unsigned int n, bool wipe);

/*
 * Erases every signature that libblkid finds on a device of this run.  Returns 0 or -errno; -EBUSY,
 * and nothing is written, if it is mounted or held by another device.
 */
int namespace_wipe_signatures(const char *node);

/* One signature: its type as blkid(8) names it, and its UUID or "". */
struct namespace_signature {
	char type[64], uuid[64];
	bool is_table; /* a partition table */
};

/* Returns whether to erase it; fd is of the device. */
typedef bool namespace_visit_signature(const struct namespace_signature *s, int fd, void *arg);

/* Calls visit() for each signature and each partition table.  Returns 0 or -errno; -EBUSY as
 * above. */
int namespace_each_signature(const char *node, namespace_visit_signature *visit, void *arg);

/* Erases all of them; the kernel forgets the partitions of a table.  Returns 0 or -errno; -EBUSY as
 * above. */
int namespace_wipe_all(const char *node);

/*
 * Text by which a namespace is found again after a reboot: its UUID, or where it is if it has none
 * (memmap=, virtio-pmem), and its size.  Without blanks.
 */
enum { NAMESPACE_IDENTITY_CHARS = 160 };
void namespace_identity(const struct namespace *ns, char identity[NAMESPACE_IDENTITY_CHARS]);

/*
 * Counts the sectors that bios have written to a device and its partitions; stores through DAX do
 * not count.  Returns 0, or -errno if the kernel does not count them.
 * Source: Documentation/block/stat.rst.
 */
int namespace_written_sectors(const struct namespace *ns, uint64_t *sectors);

#endif
