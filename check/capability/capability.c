// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capability: all reports of DAX agree.
 *
 * Four interfaces report it: sysfs (queue/dax), the result of mount -o dax=always, statx(2) of a
 * file, and the mapping itself (pagemap).  They must agree with each other and with the model: a
 * device is capable if and only if every byte of it is on memory that is, page by page.
 *
 * On the path: dm_table_supports_dax() with device_not_dax_capable(), dm_table_set_restrictions(),
 * fs_dax_get_by_bdev(), and up to 5.16 __bdev_dax_supported(), dm_dax_supported().
 *
 * Most checks are one line of data each: a device, for check/fixture/dax_capability.c.
 */
#include "check/check.h"
#include "check/fixture/dax_capability.h"
#include "lib/dev/partition.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef FS_XFLAG_DAX
#define FS_XFLAG_DAX 0x00008000 /* linux/fs.h since 4.5 */
#endif

enum { MIB_SECTORS = 2048 };

/* 32 MiB of a member. */
#define ON(member) "65536 linear " member " 4096"

/* ---- block devices themselves ---------------------------------------------------------------- */

static void expect_no_dax(struct check_env *env, const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);
	void *p;

	if (!check_setup(env, fd < 0 ? -errno : 0, "open %s", node))
		return;
	check_that(env, fs_file_is_dax(fd) != 1,
		   "statx of the block device %s does not report STATX_ATTR_DAX", node);
	p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	check_errno(env, p == MAP_FAILED ? -errno : 0, -EOPNOTSUPP,
		    "mmap(MAP_SYNC) of the block device %s", node);
	if (p != MAP_FAILED)
		munmap(p, PAGE_BYTES);
	close(fd);
}

static void raw_block_device(struct check_env *env, const void *arg)
{
	(void)arg;
	expect_no_dax(env, check_device(env, NAMESPACE_FSDAX, 0)->node);
}

static void dm_block_device(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = TESTBED_LINEAR};
	struct testbed bed;

	(void)arg;
	if (!testbed_devices(env, &bed, &spec))
		return;
	expect_no_dax(env, testbed_node(&bed));
	testbed_close(env, &bed);
}

/* What else speaks of DAX in sysfs: a fact of the kernel, no contract. */
static void observe_names(struct check_env *env, const char *word, const char *node)
{
	const char *name = strrchr(node, '/') + 1;
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/block/%s/dax/write_cache", name);
	check_observe_suspicious(env, word,
				 json_pack("{si sb}", "queue/dax", dax_capability_queue(node),
					   "dax/write_cache", !stat(path, &st)));
}

static void sysfs_names(struct check_env *env, const void *arg)
{
	static const char *const words[] = {"fsdax", "raw", "sector", "virtio"};
	const struct testbed_spec spec = {.table = TESTBED_LINEAR};
	const struct graph_device *d;
	struct testbed bed;
	char name[64];

	(void)arg;
	for (int mode = NAMESPACE_FSDAX; mode <= NAMESPACE_VIRTIO; mode++) {
		const struct namespace *ns = check_device(env, mode, 0);

		if (!ns)
			continue;
		observe_names(env, words[mode], ns->node);
		check_that(env, dax_capability_queue(ns->node) >= 0,
			   "%s has the attribute queue/dax", ns->node);
	}
	if (!testbed_devices(env, &bed, &spec))
		return;
	d = &bed.graph.devices[bed.device];
	check_that(env, dax_capability_queue(d->node) == 1, "queue/dax of %s, over fsdax, is 1",
		   d->node);
	/* /sys/block has dm-MINOR, not the name. */
	snprintf(name, sizeof(name), "/dev/dm-%s", strchr(d->numbers, ':') + 1);
	if (!access(name, F_OK))
		observe_names(env, "linear", name);
	testbed_close(env, &bed);
}

/* ---- flags of mount and file ----------------------------------------------------------------- */

struct flag_case {
	const char *fs, *options;
	bool flagged; /* the file inherits FS_XFLAG_DAX from its directory */
	bool raw;
	bool direct;
	bool changes; /* the flag is changed once nobody has the file open */
};

/* A new file in a directory that may be flagged.  Returns it, or -errno. */
static int file_in_flagged(const char *where, bool flagged)
{
	char path[300];
	struct fsxattr attributes;
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s/directory", where);
	if (mkdir(path, 0700) < 0)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0)
		rc = -errno;
	attributes.fsx_xflags |= FS_XFLAG_DAX;
	if (!rc && flagged && ioctl(fd, FS_IOC_FSSETXATTR, &attributes) < 0)
		rc = -errno;
	close(fd);
	if (rc < 0)
		return rc;
	strcat(path, "/file");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* Changes the flag of the file that is there, closes it, and looks at it again. */
static void flag_changed(struct check_env *env, const char *where, bool flagged)
{
	char path[300];
	struct fsxattr attributes;
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s/directory/file", where);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0)
		rc = -errno;
	attributes.fsx_xflags &= ~(__u32)FS_XFLAG_DAX;
	attributes.fsx_xflags |= flagged ? FS_XFLAG_DAX : 0;
	if (!rc && (ioctl(fd, FS_IOC_FSSETXATTR, &attributes) < 0 || fsync(fd) < 0))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (!check_setup(env, rc, "changing FS_XFLAG_DAX"))
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (check_setup(env, fd < 0 ? -errno : 0, "open"))
		check_equal(env, fs_file_is_dax(fd), flagged,
			    "STATX_ATTR_DAX of a file whose flag was %s and that was closed",
			    flagged ? "set" : "cleared");
	if (fd >= 0)
		close(fd);
}

static void flags(struct check_env *env, const void *arg)
{
	const struct flag_case *c = arg;
	const struct testbed_spec spec = {
		.table = c->raw ? ON("R") : "$/2 linear A 0; $/2 linear B 0", .fs = c->fs};
	char where[256];
	struct testbed bed;
	int fd, rc;

	if (!testbed_devices(env, &bed, &spec))
		return;
	if (!check_setup(env, fs_make(c->fs, testbed_node(&bed), 0), "mkfs.%s", c->fs))
		goto out;
	snprintf(where, sizeof(where), "%s/mnt", env->directory);
	rc = dax_capability_mount(c->fs, testbed_node(&bed), where, c->options);
	if (!check_setup(env, rc, "mount -o %s", c->options))
		goto out;
	fd = file_in_flagged(where, c->flagged);
	if (check_setup(env, fd, "creating a file"))
		check_equal(env, fs_file_is_dax(fd), c->direct,
			    "STATX_ATTR_DAX of a %s file on %s mounted with %s",
			    c->flagged ? "flagged" : "plain", c->fs, c->options);
	if (fd >= 0)
		close(fd);
	for (int set = 0; set < 2 && c->changes && !check_complained(env); set++)
		flag_changed(env, where, set);
	fs_unmount_path(where);
out:
	testbed_close(env, &bed);
}

/* ---- neighbours ------------------------------------------------------------------------------ */

struct neighbours_case {
	const char *fs;
	uint64_t sectors;
	bool dm; /* the second is a DM device over its partition */
};

static void mount_and_ask(struct check_env *env, const char *type, const char *node,
			  const char *word)
{
	char where[256], path[300];
	int rc = fs_make(type, node, 0), fd;

	if (!check_setup(env, rc, "mkfs.%s on %s", type, node))
		return;
	snprintf(where, sizeof(where), "%s/%s", env->directory, word);
	rc = dax_capability_mount(type, node, where, "dax=always");
	if (!check_errno(env, rc, 0, "mounting %s on the %s partition with dax=always", type, word))
		return;
	snprintf(path, sizeof(path), "%s/file", where);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (check_setup(env, fd < 0 ? -errno : 0, "creating %s", path))
		check_equal(env, fs_file_is_dax(fd), 1, "STATX_ATTR_DAX of %s on the %s partition",
			    type, word);
	if (fd >= 0)
		close(fd);
}

/* Both stay mounted at once: that is the point. */
static void neighbours(struct check_env *env, const void *arg)
{
	const struct namespace *disk = check_device(env, NAMESPACE_FSDAX, 0);
	const struct neighbours_case *c = arg;
	char nodes[2][128], where[256], name[64];
	struct graph g = {0};
	int rc, lower, device;

	for (unsigned int i = 0; i < 2; i++) {
		rc = partition_add(disk->node, i + 1, (1 + i) * 4 * MIB_SECTORS + i * c->sectors,
				   c->sectors, nodes[i]);
		if (!check_setup(env, rc, "making partition %u of %s", i + 1, disk->node))
			goto out;
	}
	mount_and_ask(env, c->fs, nodes[0], "first");
	if (c->dm) {
		lower = graph_add_other(&g, nodes[1]);
		device = graph_add_dm(&g, check_name(env, "second", name));
		graph_add_linear(&g, (unsigned int)device, c->sectors, (unsigned int)lower, 0);
		if (!check_setup(env, check_create(env, &g), "creating a device over %s", nodes[1]))
			goto out;
		strcpy(nodes[1], g.devices[device].node);
	}
	mount_and_ask(env, c->fs, nodes[1], "second");
out:
	snprintf(where, sizeof(where), "%s/first", env->directory);
	fs_unmount_path(where);
	snprintf(where, sizeof(where), "%s/second", env->directory);
	fs_unmount_path(where);
	graph_destroy(&g);
	partition_remove(disk->node, 1);
	partition_remove(disk->node, 2);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define NEEDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FS_EXT4 .fs = "ext4"

#define STRIPED(a, b) "65536 striped 2 4096 " a " 4096 " b " 4096"

#define BY                                                               \
	"commit 545ed20e6df6 (dm: add infrastructure for DAX support); " \
	"Documentation/ABI/stable/sysfs-block, queue/dax; Documentation/filesystems/dax.rst"

#define BY_FLAG "Documentation/filesystems/dax.rst, 'Enabling DAX on ext4 and xfs'"

#define BY_NEIGHBOURS                                                                             \
	"Documentation/filesystems/dax.rst: a filesystem on a block device that supports DAX is " \
	"DAX, independent of other filesystems"

#define CASE(what, said, need, planted, ...)                                           \
	{                                                                              \
		.name = what, .promise = said, .by = BY, .needs = need, .limit_s = 20, \
		.plants = planted, .run = dax_capability_check,                        \
		.arg = &(const struct dax_case){.table = __VA_ARGS__},                 \
	}

#define FLAG(word, does, need, ...)                                          \
	{                                                                    \
		.name = word, .promise = does, .by = BY_FLAG, .needs = need, \
		.plants = PLANT_VALUE, .run = flags,                         \
		.arg = &(const struct flag_case){__VA_ARGS__},               \
	}

#define NEIGHBOURS(word, does, need, ...)                                          \
	{                                                                          \
		.name = word, .promise = does, .by = BY_NEIGHBOURS, .needs = need, \
		.plants = PLANT_VALUE, .run = neighbours,                          \
		.arg = &(const struct neighbours_case){__VA_ARGS__},               \
	}

#define DIRECT_PLANTS (PLANT_STACK | PLANT_FRAME | PLANT_VALUE)
#define DIRECT(what, said, need, ...) CASE(what, said, need, DIRECT_PLANTS, __VA_ARGS__)
#define REFUSED(what, said, need, ...) CASE(what, said, need, PLANT_VALUE, __VA_ARGS__)

static const char *const fsdax[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const fsdax_2[] = {"device:fsdax:2", "fs:ext4", NULL};
static const char *const fsdax_raw[] = {"device:fsdax:2", "device:raw", "fs:ext4", NULL};
static const char *const fsdax_sector[] = {"device:fsdax", "device:sector", "fs:ext4", NULL};
static const char *const fsdax_virtio[] = {"device:fsdax", "device:virtio", "fs:ext4", NULL};
static const char *const fsdax_loop[] = {"device:fsdax", "module:loop", "fs:ext4", NULL};
static const char *const fsdax_brd[] = {"device:fsdax", "module:brd", "fs:ext4", NULL};
static const char *const fsdax_zero[] = {"device:fsdax", "target:zero", "fs:ext4", NULL};

/* clang-format off: one line of a table a line */
static const struct check_item items[] = {
	{
		.name = "raw_block_device",
		.promise = "a block device node is never DAX: only files are",
		.by = "commit acc93d30d7d4 (Revert \"block: enable dax for raw block devices\")",
		.needs = fsdax,
		.flags = CHECK_QUICK,
		.plants = PLANT_VALUE | PLANT_DMESG,
		.run = raw_block_device,
	},
	{
		.name = "dm_block_device",
		.promise = "the node of a DM device over fsdax is never DAX: only files are",
		.by = "commit acc93d30d7d4 (Revert \"block: enable dax for raw block devices\")",
		.needs = fsdax,
		.plants = PLANT_VALUE,
		.run = dm_block_device,
	},
	{
		.name = "sysfs_names",
		.promise = "every block device has queue/dax, which is 1 for a linear device over "
			   "fsdax",
		.by = "Documentation/ABI/stable/sysfs-block, /sys/block/<disk>/queue/dax",
		.needs = fsdax,
		.plants = PLANT_VALUE,
		.run = sysfs_names,
	},

	/* namespaces and other block devices, with nothing between */
	CASE("namespace.fsdax", "an fsdax namespace is DAX", fsdax, PLANT_FRAME | PLANT_VALUE, "A",
	     FS_EXT4, .fs_sectors = 64 * MIB_SECTORS),
	REFUSED("namespace.raw", "a raw namespace has no struct pages, so it is not DAX",
		NEEDS("device:raw", "fs:ext4"), "R", FS_EXT4),
	REFUSED("namespace.sector", "a namespace in sector mode is not DAX",
		NEEDS("device:sector", "fs:ext4"), "S", FS_EXT4),
	CASE("namespace.virtio", "virtio-pmem has struct pages, so it is DAX",
	     NEEDS("device:virtio", "fs:ext4"), PLANT_FRAME | PLANT_VALUE, "V", FS_EXT4,
	     .fs_sectors = 64 * MIB_SECTORS),
	REFUSED("loop", "a loop device is not DAX", NEEDS("module:loop", "fs:ext4"), "L", FS_EXT4),
	CASE("partition", "a partition of an fsdax namespace that begins at a page boundary is DAX",
	     fsdax, PLANT_FRAME | PLANT_VALUE, "P", FS_EXT4, .fs_sectors = 64 * MIB_SECTORS),
	CASE("partition.xfs",
	     "xfs on a partition of an fsdax namespace that begins at a page boundary is DAX",
	     NEEDS("device:fsdax", "fs:xfs"), PLANT_FRAME | PLANT_VALUE, "P", .fs = "xfs"),
	REFUSED("partition.beside",
		"a partition that begins within a page is not DAX: its blocks are not page aligned",
		fsdax, "Q", FS_EXT4, .fs_sectors = 64 * MIB_SECTORS),
	CASE("partition.partial",
	     "a partition that ends within a page is DAX with correct page frames, or its DAX "
	     "mount is refused",
	     fsdax, PLANT_VALUE, "T", FS_EXT4, .fs_sectors = 64 * MIB_SECTORS, .silent = true),

	/* linear */
	DIRECT("linear.one", "a linear device over fsdax is DAX", fsdax, "131072 linear A 4096",
	       FS_EXT4),
	DIRECT("linear.segments", "a linear device of four segments of one fsdax namespace is DAX",
	       fsdax, "4x 65536 linear A +4096", FS_EXT4),
	DIRECT("linear.two_namespaces", "a linear device over two fsdax namespaces is DAX", fsdax_2,
	       ON("A") ";" ON("B"), FS_EXT4),
	DIRECT("linear.partition", "a linear device over a partition of an fsdax namespace is DAX",
	       fsdax, "2x 65536 linear P +4096", FS_EXT4),
	DIRECT("linear.virtio", "a linear device over virtio-pmem is DAX",
	       NEEDS("device:virtio", "fs:ext4"), "131072 linear V 4096", FS_EXT4),
	DIRECT("linear.fsdax_virtio", "a linear device over fsdax and virtio-pmem is DAX",
	       fsdax_virtio, ON("A") ";" ON("V"), FS_EXT4),
	REFUSED("linear.raw", "a linear device over a raw namespace is not DAX",
		NEEDS("device:raw", "fs:ext4"), ON("R"), FS_EXT4),
	REFUSED("linear.sector", "a linear device over a namespace in sector mode is not DAX",
		NEEDS("device:sector", "fs:ext4"), ON("S"), FS_EXT4),
	REFUSED("linear.fsdax_raw", "a linear device whose last member lacks DAX is not DAX",
		fsdax_raw, ON("A") ";" ON("R"), FS_EXT4),
	REFUSED("linear.raw_fsdax", "a linear device whose first member lacks DAX is not DAX",
		fsdax_raw, ON("R") ";" ON("A"), FS_EXT4),
	REFUSED("linear.fsdax_raw_fsdax",
		"a linear device whose middle member lacks DAX is not DAX, though its first and "
		"last member are",
		fsdax_raw, ON("A") ";" ON("R") ";" ON("B"), FS_EXT4),
	REFUSED("linear.fsdax_sector",
		"a linear device over fsdax and a namespace in sector mode is not DAX",
		fsdax_sector, ON("A") ";" ON("S"), FS_EXT4),
	REFUSED("linear.fsdax_loop", "a linear device over fsdax and a loop device is not DAX",
		fsdax_loop, ON("A") ";" ON("L"), FS_EXT4),
	REFUSED("linear.loop_fsdax", "a linear device over a loop device and fsdax is not DAX",
		fsdax_loop, ON("L") ";" ON("A"), FS_EXT4),
	{
		.name = "linear.fsdax_brd",
		.promise = "a linear device over fsdax and a brd ramdisk is not DAX",
		.by = "thread 'dm: prevent DAX mounts if not supported', "
		      "https://lkml.org/lkml/2018/5/29/1054, whose example it is",
		.needs = fsdax_brd,
		.flags = CHECK_EMULATED, /* /dev/ram0 of this host may be somebody's */
		.plants = PLANT_VALUE,
		.run = dax_capability_check,
		.arg = &(const struct dax_case){ON("A") "; 16384 linear M 4096", FS_EXT4},
	},

	/* pages that are none */
	REFUSED("pages_beside",
		"a device whose only segment begins within a page of its member is not DAX", fsdax,
		"65536 linear A 4097", FS_EXT4),
	REFUSED("pages_beside_last",
		"a device whose last segment begins within a page of its member is not DAX", fsdax,
		ON("A") "; 65536 linear A +7", FS_EXT4),
	REFUSED("pages_split",
		"a device with a segment boundary within a page is not DAX: that page is not "
		"contiguous",
		fsdax, "65539 linear A 4096; 65533 linear A 73731", FS_EXT4),
	REFUSED("pages_stripe",
		"a striped device with a stripe that begins within a page of its member is not DAX",
		fsdax_2, "65536 striped 2 4096 A 4101 B 4101", FS_EXT4),
	REFUSED("chunk_below_page",
		"a striped device with chunks of half a page is not DAX: no page is contiguous",
		fsdax_2, "65536 striped 2 4 A 4096 B 4096", FS_EXT4),
	REFUSED("linear.partition_beside",
		"a linear device over a partition that begins within a page is not DAX", fsdax,
		"131072 linear Q 4096", FS_EXT4),
	CASE("linear.partial",
	     "a device that ends within a page mounts with DAX exactly if sysfs reports DAX", fsdax,
	     PLANT_VALUE, "131073 linear A 4096", FS_EXT4, .fs_sectors = 131072, .silent = true),

	/* targets without memory */
	REFUSED("zero.only", "a zero device is not DAX", NEEDS("target:zero"), "65536 zero"),
	REFUSED("zero.last", "a device with a zero target after fsdax is not DAX", fsdax_zero,
		ON("A") "; 65536 zero", FS_EXT4, .fs_sectors = 65536),
	REFUSED("zero.first", "a device with a zero target before fsdax is not DAX", fsdax_zero,
		"65536 zero;" ON("A")),
	REFUSED("zero.between", "a device with a zero target between two fsdax segments is not DAX",
		fsdax_zero, ON("A") "; 65536 zero; 65536 linear A +0", FS_EXT4,
		.fs_sectors = 65536),
	REFUSED("zero.other_half",
		"a device over the fsdax half of a device with a zero target is not DAX: "
		"capability is per whole device",
		fsdax_zero, "65536 zero;" ON("A") "| 65536 linear a 65536", FS_EXT4),
	CASE("error.only", "an error device reports in sysfs whether it is DAX", fsdax, PLANT_VALUE,
	     "65536 error", .silent = true),
	CASE("error.last",
	     "a device with an error target after fsdax mounts with DAX exactly if sysfs reports "
	     "DAX",
	     fsdax, PLANT_VALUE, ON("A") "; 65536 error", FS_EXT4, .fs_sectors = 65536,
	     .silent = true),
	CASE("error.other_half",
	     "a device over the fsdax half of a device with an error target mounts with DAX "
	     "exactly if sysfs reports DAX",
	     fsdax, PLANT_VALUE, "65536 error;" ON("A") "| 65536 linear a 65536", FS_EXT4,
	     .silent = true),

	/* striped */
	DIRECT("striped.two", "a striped device over two fsdax namespaces is DAX", fsdax_2,
	       "131072 striped 2 4096 A 4096 B 4096", FS_EXT4),
	DIRECT("striped.chunk_4k", "a striped device with chunks of one page is DAX", fsdax_2,
	       "131072 striped 2 8 A 4096 B 4096", FS_EXT4),
	DIRECT("striped.and_linear", "a device of a striped and a linear segment is DAX", fsdax_2,
	       STRIPED("A", "B") "; 65536 linear B +0", FS_EXT4),
	REFUSED("striped.fsdax_raw",
		"a striped device whose last stripe is on a raw namespace is not DAX", fsdax_raw,
		STRIPED("A", "R"), FS_EXT4),
	REFUSED("striped.raw_fsdax",
		"a striped device whose first stripe is on a raw namespace is not DAX", fsdax_raw,
		STRIPED("R", "A"), FS_EXT4),
	REFUSED("striped.fsdax_sector",
		"a striped device with a stripe on a namespace in sector mode is not DAX",
		fsdax_sector, STRIPED("A", "S"), FS_EXT4),

	/* dm on dm */
	DIRECT("depth.2", "a DM device over a DAX-capable DM device is DAX", fsdax_2,
	       ON("A") ";" ON("B") "| 65536 linear a 0; 65536 linear a +0", FS_EXT4),
	DIRECT("depth.3", "a DM device of depth 3 over a striped device is DAX", fsdax_2,
	       STRIPED("A", "B") "| 65536 linear a 0 | 65536 linear b 0; 65536 linear A 36864",
	       FS_EXT4),
	DIRECT("depth.4", "a DM device of depth 4 is DAX", fsdax_2,
	       ON("A") ";" ON(
		       "B") "| 32768 linear a 0; 32768 linear A 69632; 65536 linear a 32768 |"
			    "131072 linear b 0 | 65536 linear c 0; 65536 linear c +0",
	       FS_EXT4),
	REFUSED("depth.4_raw",
		"a DM device of depth 4 with a raw namespace as its lowest member is not DAX",
		fsdax_raw,
		ON("A") ";" ON("R") "| 131072 linear a 0 | 131072 linear b 0 |"
				    "131072 linear c 0; 65536 linear A 69632",
		FS_EXT4),

	/* other targets, by their name */
	CASE("target.log_writes", "a log-writes device over fsdax is DAX",
	     NEEDS("device:fsdax:2", "target:log-writes", "fs:ext4"), PLANT_FRAME | PLANT_VALUE,
	     "131072 linear A 4096", FS_EXT4, .top = "log-writes @ +", .top_is_direct = true),
	CASE("target.log_writes_partition",
	     "a log-writes device over a partition of fsdax is DAX, and reaches that partition",
	     NEEDS("device:fsdax:2", "target:log-writes", "fs:ext4"), PLANT_FRAME | PLANT_VALUE,
	     "P", FS_EXT4, .fs_sectors = 64 * MIB_SECTORS, .top = "log-writes @ +",
	     .top_is_direct = true),
	REFUSED("target.log_writes_raw",
		"a log-writes device over a linear device on a raw namespace is not DAX",
		NEEDS("device:fsdax:2", "device:raw", "target:log-writes", "fs:ext4"), ON("R"),
		FS_EXT4, .top = "log-writes @ +"),
	REFUSED("target.log_writes_sector",
		"a log-writes device over a namespace in sector mode is not DAX",
		NEEDS("device:fsdax:2", "device:sector", "target:log-writes", "fs:ext4"), "S",
		FS_EXT4, .top = "log-writes @ +"),
	REFUSED("target.flakey",
		"a flakey target, which has no direct_access method, over fsdax is not DAX",
		NEEDS("device:fsdax:2", "target:flakey", "fs:ext4"), "131072 linear A 4096",
		FS_EXT4, .top = "flakey @ 0 60 0"),
	REFUSED("target.delay",
		"a delay target, which has no direct_access method, over fsdax is not DAX",
		NEEDS("device:fsdax:2", "target:delay", "fs:ext4"), "131072 linear A 4096", FS_EXT4,
		.top = "delay @ 0 0"),
	CASE("target.snapshot_origin",
	     "a snapshot-origin device over fsdax mounts with DAX exactly if sysfs reports DAX",
	     NEEDS("device:fsdax:2", "target:snapshot-origin", "fs:ext4"), PLANT_VALUE,
	     "131072 linear A 4096", FS_EXT4, .top = "snapshot-origin @", .silent = true),

	/* xfs */
	DIRECT("xfs.linear", "xfs with dax=always on a linear device over two namespaces is DAX",
	       NEEDS("device:fsdax:2", "fs:xfs"), "327680 linear A 4096; 327680 linear B 4096",
	       .fs = "xfs"),
	REFUSED("xfs.fsdax_raw",
		"xfs with dax=always on a device with a raw member mounts without DAX",
		NEEDS("device:fsdax", "device:raw", "fs:xfs"), "589824 linear A 4096;" ON("R"),
		.fs = "xfs"),
	/* clang-format on */

	/* flags of mount and file */
	FLAG("flag.ext4", "with dax=inode a file that inherits FS_XFLAG_DAX is DAX", fsdax_2,
	     "ext4", "dax=inode", true, 0, true, false),
	FLAG("flag.xfs", "with dax=inode a file that inherits FS_XFLAG_DAX is DAX",
	     NEEDS("device:fsdax:2", "fs:xfs"), "xfs", "dax=inode", true, 0, true, false),
	FLAG("flag.changed.ext4",
	     "FS_XFLAG_DAX of a file that was changed has an effect once all have closed it",
	     fsdax_2, "ext4", "dax=inode", true, 0, true, true),
	FLAG("flag.changed.xfs",
	     "FS_XFLAG_DAX of a file that was changed has an effect once all have closed it",
	     NEEDS("device:fsdax:2", "fs:xfs"), "xfs", "dax=inode", true, 0, true, true),
	FLAG("flag.unset", "with dax=inode a file without FS_XFLAG_DAX is not DAX", fsdax_2, "ext4",
	     "dax=inode", false, 0, false, false),
	FLAG("flag.never", "with dax=never no file is DAX, whatever its flag", fsdax_2, "ext4",
	     "dax=never", true, 0, false, false),
	FLAG("flag.raw", "FS_XFLAG_DAX makes no file DAX on a device without DAX",
	     NEEDS("device:raw", "fs:ext4"), "ext4", "dax=inode", true, 1, false, false),

	/* two at once */
	NEIGHBOURS("neighbours.ext4",
		   "filesystems on two partitions of one namespace are DAX at the same time", fsdax,
		   "ext4", 32 * MIB_SECTORS, false),
	NEIGHBOURS("neighbours.xfs",
		   "filesystems on two partitions of one namespace are DAX at the same time",
		   NEEDS("device:fsdax", "fs:xfs"), "xfs", 304 * MIB_SECTORS, false),
	NEIGHBOURS("neighbours.xfs_dm",
		   "filesystems on a partition and on a DM device over the next partition are DAX "
		   "at the same time",
		   NEEDS("device:fsdax", "fs:xfs"), "xfs", 304 * MIB_SECTORS, true),
	{0},
};

const struct check_family check_capability = {
	.name = "capability",
	.why = "sysfs, mount, statx and the mapping agree on whether a device or file is DAX",
	.items = items,
};
