// SPDX-License-Identifier: GPL-2.0-only
#include "lib/namespace.h"

#include "lib/msg.h"
#include "lib/stack.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/ndctl.h>
#include <ndctl/libndctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* Reads a sysfs number (decimal or 0x).  Returns 0 or -errno. */
static int sysfs_u64(const char *dir, const char *attribute, uint64_t *value)
{
	char path[PATH_MAX + 64], text[64];
	FILE *in;
	int rc = -EIO;

	snprintf(path, sizeof(path), "%s/%s", dir, attribute);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	if (fgets(text, sizeof(text), in)) {
		*value = strtoull(text, NULL, 0);
		rc = 0;
	}
	fclose(in);
	return rc;
}

static int block_size(const char *node, uint64_t *bytes, dev_t *device)
{
	int fd = open(node, O_RDONLY | O_CLOEXEC), rc = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode))
		rc = -ENOTBLK;
	else if (ioctl(fd, BLKGETSIZE64, bytes) < 0)
		rc = -errno;
	*device = st.st_rdev;
	close(fd);
	return rc;
}

int namespace_open(const char *node, struct namespace *out)
{
	char link[128], dir[PATH_MAX];
	dev_t device;
	int rc;

	*out = (struct namespace){0};
	if (strlen(node) >= sizeof(out->node)) {
		msg_error("%.40s...: the name of the device is too long", node);
		return -ENAMETOOLONG;
	}
	strcpy(out->node, node);
	rc = block_size(node, &out->size_bytes, &device);
	if (rc < 0) {
		msg_error("cannot use %s as a device: %s", node,
			  rc == -ENOTBLK ? "it is not a block device" : strerror(-rc));
		return rc;
	}
	out->major = major(device);
	out->minor = minor(device);
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/device", out->major, out->minor);
	if (!realpath(link, dir) || !strstr(dir, "/ndbus") ||
	    sysfs_u64(dir, "resource", &out->resource_bytes) < 0) {
		msg_error("%s is not a libnvdimm namespace; name one that `ndctl list -N` shows",
			  node);
		return -ENODEV;
	}
	out->fsdax = !strncmp(strrchr(dir, '/') + 1, "pfn", 3);
	return 0;
}

/* Returns 0 if nothing is found, -EBUSY after an error line, or another -errno. */
static int refuse_signature(const char *node)
{
	blkid_probe probe = blkid_new_probe_from_filename(node);
	const char *type = "unknown";
	int rc;

	if (!probe) {
		msg_error("cannot read %s to look for signatures: %s", node, strerror(errno));
		return errno ? -errno : -EIO;
	}
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	blkid_probe_enable_partitions(probe, 1);
	rc = blkid_do_safeprobe(probe);
	if (rc != 1) {
		if (blkid_probe_lookup_value(probe, "TYPE", &type, NULL) < 0)
			blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL);
		msg_error("%s holds a signature (%s) and is not written; `wipefs -a %s` if what is "
			  "on it may go",
			  node, type, node);
		rc = -EBUSY;
	} else {
		rc = 0;
	}
	blkid_free_probe(probe);
	return rc;
}

int namespace_refuse_claimed(const struct namespace *ns)
{
	/* O_EXCL on a block device: refused while a mount or another device claims it. */
	int fd = open(ns->node, O_RDWR | O_EXCL | O_CLOEXEC);

	if (fd < 0) {
		int rc = -errno;

		if (rc == -EBUSY)
			msg_error("%s is in use (mounted, or held by another device); lsblk %s "
				  "shows by what",
				  ns->node, ns->node);
		else
			msg_error("cannot open %s for writing: %s", ns->node, strerror(-rc));
		return rc;
	}
	close(fd);
	return 0;
}

int namespace_refuse_used(const struct namespace *ns)
{
	int rc = namespace_refuse_claimed(ns);

	return rc < 0 ? rc : refuse_signature(ns->node);
}

int signature_wipe(const char *node)
{
	/* Claimed for ourselves: what is mounted or held by another device is never written. */
	int fd = open(node, O_RDWR | O_EXCL | O_CLOEXEC), rc = 0;
	blkid_probe probe;

	if (fd < 0)
		return -errno;
	probe = blkid_new_probe();
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0) {
		rc = -EIO;
		goto out;
	}
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_MAGIC);
	while (!rc && !blkid_do_probe(probe))
		rc = blkid_do_wipe(probe, 0) < 0 ? -EIO : 0;
	if (fsync(fd) < 0 && !rc)
		rc = -errno;
out:
	if (probe)
		blkid_free_probe(probe);
	close(fd);
	return rc;
}

static void random_uuid(uuid_t uuid)
{
	if (getrandom(uuid, sizeof(uuid_t), 0) != sizeof(uuid_t))
		memset(uuid, 0x5a, sizeof(uuid_t));
	uuid[6] = (uuid[6] & 0x0f) | 0x40; /* version 4, RFC 4122 */
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static bool region_is_used(struct ndctl_region *region)
{
	struct ndctl_namespace *ns;

	ndctl_namespace_foreach(region, ns) if (ndctl_namespace_get_size(ns)) return true;
	return false;
}

/* A label-less region is one raw namespace: nothing but blank memory may be relabelled. */
static int refuse_used_region(struct ndctl_region *region)
{
	struct ndctl_namespace *ns;

	ndctl_namespace_foreach(region, ns)
	{
		struct namespace blank = {0};
		int rc;

		if (!ndctl_namespace_is_enabled(ns))
			continue;
		if (ndctl_namespace_get_pfn(ns) || ndctl_namespace_get_btt(ns) ||
		    ndctl_namespace_get_dax(ns)) {
			msg_error("%s is claimed already and is left alone",
				  ndctl_namespace_get_devname(ns));
			return -EBUSY;
		}
		snprintf(blank.node, sizeof(blank.node), "/dev/%s",
			 ndctl_namespace_get_block_device(ns));
		rc = namespace_refuse_used(&blank);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/*
 * A DIMM fresh from the factory has no label index: without one its region has one fixed raw
 * namespace and nothing can be made on it.
 */
static int label_dimms(struct ndctl_region *region)
{
	struct ndctl_dimm *dimm;
	int rc = ndctl_region_disable_invalidate(region);

	if (rc < 0)
		return rc;
	ndctl_dimm_foreach_in_region(region, dimm)
	{
		struct ndctl_cmd *cmd = ndctl_dimm_read_labels(dimm);

		if (!cmd)
			return -ENXIO;
		ndctl_cmd_unref(cmd);
		rc = ndctl_dimm_init_labels(dimm, NDCTL_NS_VERSION_1_2);
		if (rc < 0)
			return rc;
		rc = ndctl_dimm_disable(dimm);
		if (rc >= 0)
			rc = ndctl_dimm_enable(dimm);
		if (rc < 0)
			return rc;
	}
	return ndctl_region_enable(region);
}

static int make_fsdax(struct ndctl_region *region, char *node, size_t node_len)
{
	struct ndctl_namespace *ns = ndctl_region_get_namespace_seed(region);
	struct ndctl_pfn *pfn = ndctl_region_get_pfn_seed(region);
	uuid_t uuid;
	int rc;

	if (!ns || !pfn)
		return -ENXIO;
	if (ndctl_namespace_get_type(ns) == ND_DEVICE_NAMESPACE_PMEM) {
		random_uuid(uuid);
		rc = ndctl_namespace_set_uuid(ns, uuid);
		if (rc < 0)
			return rc;
		rc = ndctl_namespace_set_size(ns, ndctl_region_get_max_available_extent(region));
		if (rc < 0)
			return rc;
	}
	random_uuid(uuid);
	rc = ndctl_pfn_set_uuid(pfn, uuid);
	if (rc >= 0)
		rc = ndctl_pfn_set_location(pfn, NDCTL_PFN_LOC_RAM);
	if (rc >= 0)
		rc = ndctl_pfn_set_align(pfn, WINDOW_BYTES);
	if (rc >= 0)
		rc = ndctl_pfn_set_namespace(pfn, ns);
	if (rc >= 0)
		rc = ndctl_pfn_enable(pfn);
	if (rc < 0)
		return rc;
	snprintf(node, node_len, "/dev/%s", ndctl_pfn_get_block_device(pfn));
	return 0;
}

static int wait_for_node(const char *node)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};

	for (int i = 0; i < 3000; i++) {
		if (!access(node, F_OK))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static int provision_region(struct ndctl_region *region, void (*made)(const char *node))
{
	const char *name = ndctl_region_get_devname(region);
	char node[64];
	int rc;

	if (ndctl_region_get_type(region) != ND_DEVICE_REGION_PMEM)
		return 0;
	if (ndctl_region_get_nstype(region) == ND_DEVICE_NAMESPACE_IO) {
		rc = refuse_used_region(region);
		if (rc < 0)
			return rc;
		rc = label_dimms(region);
		if (rc < 0) {
			msg_error("cannot label the DIMMs of %s: %s", name, strerror(-rc));
			return rc;
		}
	}
	if (region_is_used(region))
		return 0;
	rc = make_fsdax(region, node, sizeof(node));
	if (!rc)
		rc = wait_for_node(node);
	if (rc < 0) {
		msg_error("cannot make an fsdax namespace on %s: %s", name, strerror(-rc));
		return rc;
	}
	made(node);
	return 1;
}

int namespace_provision(void (*made)(const char *node))
{
	struct ndctl_ctx *ctx;
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	int rc = ndctl_new(&ctx), n = 0;

	if (rc < 0)
		return rc;
	ndctl_bus_foreach(ctx, bus)
	{
		ndctl_bus_wait_probe(bus);
		ndctl_region_foreach(bus, region)
		{
			rc = provision_region(region, made);
			if (rc < 0)
				goto out;
			n += rc;
		}
	}
	rc = n;
out:
	ndctl_unref(ctx);
	return rc;
}
