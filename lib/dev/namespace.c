// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/namespace.h"

#include "lib/base/bytes.h"
#include "lib/base/host.h"
#include "lib/base/msg.h"
#include "lib/base/owner.h"
#include "lib/base/text_file.h"
#include "lib/dev/device_use.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
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

/* Whether a sysfs attribute has that word. */
static bool sysfs_is(const char *dir, const char *attribute, const char *word)
{
	char path[PATH_MAX + 64], text[64];

	snprintf(path, sizeof(path), "%s/%s", dir, attribute);
	return !strcmp(text_file_line(path, text, sizeof(text)), word);
}

static int block_size(const char *node, uint64_t *bytes)
{
	int fd = open(node, O_RDONLY | O_CLOEXEC), rc = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode))
		rc = -ENOTBLK;
	else if (ioctl(fd, BLKGETSIZE64, bytes) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* Whether the last component of the path [path, end) begins with a prefix. */
static bool last_begins(const char *path, const char *end, const char *with)
{
	while (end > path && end[-1] != '/')
		end--;
	return !strncmp(end, with, strlen(with));
}

/*
 * dir is the nd device behind the gendisk, .../ndbusN/regionN/{namespaceN.M,pfnN.M,bttN.M}; the bus
 * of virtio-pmem is a child of its virtio device.  Returns 0, -ENODEV for another device, or
 * -EACCES if its address is not for this user.
 */
static int classify(char *dir, struct namespace *out)
{
	char *bus = strstr(dir, "/ndbus"), *child = strrchr(dir, '/'), *region;
	uint64_t region_start = 0;
	bool pfn, btt;
	int rc = 0;

	if (!bus || child <= bus)
		return -ENODEV;
	pfn = !strncmp(child, "/pfn", 4);
	btt = !strncmp(child, "/btt", 4);
	if (!pfn && !btt && strncmp(child, "/namespace", 10))
		return -ENODEV;
	if (btt)
		out->mode = NAMESPACE_SECTOR;
	else if (last_begins(dir, bus, "virtio"))
		out->mode = NAMESPACE_VIRTIO;
	else
		/* The region of memmap= has struct pages of its own. */
		out->mode =
			pfn || sysfs_is(dir, "mode", "memory") ? NAMESPACE_FSDAX : NAMESPACE_RAW;
	out->fsdax = out->mode == NAMESPACE_FSDAX;
	/* A sector has no fixed address: BTT moves it with every write. */
	if (!btt)
		rc = sysfs_u64(dir, "resource", &out->resource_bytes);
	if (rc < 0 && rc != -EACCES)
		return -ENODEV;
	*child = '\0';
	region = strrchr(dir, '/') + 1;
	snprintf(out->region, sizeof(out->region), "%.*s", (int)sizeof(out->region) - 1, region);
	if (!btt && !sysfs_u64(dir, "resource", &region_start) &&
	    out->resource_bytes >= region_start)
		out->region_bytes = out->resource_bytes - region_start;
	return rc;
}

int namespace_find(const char *node, struct namespace *out)
{
	char link[128], dir[PATH_MAX];
	uint64_t sectors = 0;
	struct stat st;

	*out = (struct namespace){0};
	if (strlen(node) >= sizeof(out->node))
		return -ENAMETOOLONG;
	strcpy(out->node, node);
	if (stat(node, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	out->major = major(st.st_rdev);
	out->minor = minor(st.st_rdev);
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", out->major, out->minor);
	if (!sysfs_u64(link, "size", &sectors))
		out->size_bytes = sectors * SECTOR_BYTES;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/device", out->major, out->minor);
	return realpath(link, dir) ? classify(dir, out) : -ENODEV;
}

int namespace_open(const char *node, struct namespace *out)
{
	uint64_t size_bytes;
	int rc;

	*out = (struct namespace){0};
	if (strlen(node) >= sizeof(out->node)) {
		msg_error("%.40s...: the name of the device is too long", node);
		return -ENAMETOOLONG;
	}
	rc = block_size(node, &size_bytes);
	if (rc < 0) {
		msg_error("cannot use %s as a device: %s", node,
			  rc == -ENOTBLK ? "it is not a block device" : strerror(-rc));
		return rc;
	}
	rc = namespace_find(node, out);
	out->size_bytes = size_bytes;
	if (rc == -EACCES)
		msg_error("%s: only root may read its physical address; run this as root", node);
	else if (rc < 0)
		msg_error("%s is not a libnvdimm namespace; name one that `ndctl list -N` shows",
			  node);
	return rc;
}

bool namespace_is_usage_error(int rc)
{
	static const int wrong[] = {EINVAL, ENOENT, ENODEV, ENXIO,  ENOTBLK, ENAMETOOLONG,
				    EBUSY,  EACCES, EPERM,  ENOSPC, ENOTDIR, EROFS};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (-rc == wrong[i])
			return true;
	return false;
}

/* As namespace_signature(); own: whether it has the UUID of daxdm. */
static int find_signature(const char *node, char type[32], bool *own)
{
	blkid_probe probe = blkid_new_probe_from_filename(node);
	const char *found = "unknown", *uuid;
	int rc;

	if (!probe)
		return errno ? -errno : -EIO;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID);
	blkid_probe_enable_partitions(probe, 1);
	rc = blkid_do_safeprobe(probe);
	if (rc == 0 || rc == -2) { /* one, or several */
		if (blkid_probe_lookup_value(probe, "TYPE", &found, NULL) < 0)
			blkid_probe_lookup_value(probe, "PTTYPE", &found, NULL);
		snprintf(type, 32, "%s", found);
		*own = !blkid_probe_lookup_value(probe, "UUID", &uuid, NULL) &&
		       !strcmp(uuid, OWNER_UUID);
	}
	blkid_free_probe(probe);
	return rc == -1 ? -EIO : rc != 1;
}

int namespace_signature(const char *node, char type[32])
{
	bool own;

	return find_signature(node, type, &own);
}

/* Returns 0 if nothing is found, -EBUSY after an error line, or another -errno. */
static int refuse_signature(const char *node)
{
	char type[32];
	bool own = false;
	int rc = find_signature(node, type, &own);

	if (rc < 0) {
		msg_error("cannot read %s to look for signatures: %s", node, strerror(-rc));
	} else if (rc) {
		msg_error("%s has a signature (%s%s) and is not written; %s", node, type,
			  own ? ", of a run of daxdm" : "",
			  own ? "`./run.sh cleanup` removes what a dead run left"
			      : "--wipe erases it if its contents are not needed");
		rc = -EBUSY;
	}
	return rc;
}

int namespace_refuse_claimed(const struct namespace *ns)
{
	/* O_EXCL on a block device: refused while a mount or another device claims it. */
	int fd = open(ns->node, O_RDWR | O_EXCL | O_CLOEXEC);
	int read_only = 0;
	char who[64];

	if (fd < 0) {
		int rc = -errno;

		if (rc == -EBUSY)
			msg_error("%s is in use (mounted, or held by another device); `lsblk %s` "
				  "shows by what; if by a daxdm-PID of a dead run, `./run.sh "
				  "cleanup` removes it",
				  ns->node, ns->node);
		else
			msg_error("cannot open %s for writing: %s", ns->node, strerror(-rc));
		return rc;
	}
	/* The kernel lets a device that was set read-only be opened for writing. */
	if (ioctl(fd, BLKROGET, &read_only) < 0)
		read_only = 0;
	close(fd);
	if (read_only) {
		msg_error("%s is read-only; `blockdev --setrw %s` if it may be written", ns->node,
			  ns->node);
		return -EROFS;
	}
	if (host_is_emulated() || !device_user_find(ns->major, ns->minor, who, sizeof(who)))
		return 0;
	msg_error("%s is in use by %s; end it or name another device", ns->node, who);
	return -EBUSY;
}

int namespace_refuse_same(const struct namespace *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < i; j++) {
			if (list[j].major != list[i].major || list[j].minor != list[i].minor)
				continue;
			msg_error("%s and %s are one device", list[j].node, list[i].node);
			return -EINVAL;
		}
	return 0;
}

/* Superblocks; with their names and partition tables if asked for. */
static int enable_probes(blkid_probe probe, bool all)
{
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(
		probe, BLKID_SUBLKS_MAGIC | (all ? BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID : 0));
	if (!all)
		return 0;
	blkid_probe_enable_partitions(probe, 1);
	return blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
}

/* What the probe found last. */
static struct namespace_signature signature_of(blkid_probe probe)
{
	struct namespace_signature s = {.is_table = false};
	const char *value;

	if (blkid_probe_lookup_value(probe, "TYPE", &value, NULL) < 0) {
		s.is_table = !blkid_probe_lookup_value(probe, "PTTYPE", &value, NULL);
		if (!s.is_table)
			value = "unknown";
	}
	snprintf(s.type, sizeof(s.type), "%s", value);
	if (!blkid_probe_lookup_value(probe, "UUID", &value, NULL) ||
	    !blkid_probe_lookup_value(probe, "LOGUUID", &value, NULL))
		snprintf(s.uuid, sizeof(s.uuid), "%s", value);
	return s;
}

/* visit NULL: erases all superblocks.  Returns 0 or -errno. */
static int probe_signatures(const char *node, namespace_visit_signature *visit, void *arg)
{
	/* O_EXCL: a device that is mounted or held by another device is never written. */
	int fd = open(node, O_RDWR | O_EXCL | O_CLOEXEC), rc, found;
	blkid_probe probe;

	if (fd < 0)
		return -errno;
	probe = blkid_new_probe();
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0 || enable_probes(probe, visit)) {
		rc = -EIO;
		goto out;
	}
	while (!(found = blkid_do_probe(probe))) {
		struct namespace_signature s = signature_of(probe);

		if (visit && !visit(&s, fd, arg))
			continue;
		found = blkid_do_wipe(probe, 0);
		if (found)
			break;
	}
	rc = found == 1 ? 0 : -EIO;
	if (fsync(fd) < 0 && !rc)
		rc = -errno;
out:
	if (probe)
		blkid_free_probe(probe);
	close(fd);
	return rc;
}

int namespace_wipe_signatures(const char *node)
{
	return probe_signatures(node, NULL, NULL);
}

int namespace_each_signature(const char *node, namespace_visit_signature *visit, void *arg)
{
	return probe_signatures(node, visit, arg);
}

static bool erase_any(const struct namespace_signature *s, int fd, void *arg)
{
	(void)fd;
	*(bool *)arg |= s->is_table;
	return true;
}

int namespace_wipe_all(const char *node)
{
	bool had_table = false;
	int rc = namespace_each_signature(node, erase_any, &had_table), fd;

	if (rc || !had_table)
		return rc;
	/* The kernel drops its partitions. */
	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, BLKRRPART) < 0)
		rc = errno == EINVAL ? 0 : -errno; /* EINVAL: it cannot have any */
	if (fd >= 0)
		close(fd);
	return rc;
}

int namespace_refuse_used(const struct namespace *list, unsigned int n, bool wipe)
{
	int rc = 0;

	for (unsigned int i = 0; i < n && !rc; i++)
		rc = namespace_refuse_claimed(&list[i]);
	for (unsigned int i = 0; i < n && wipe && !rc; i++) {
		rc = namespace_wipe_all(list[i].node);
		if (rc < 0)
			msg_error("cannot erase the signatures of %s: %s", list[i].node,
				  strerror(-rc));
	}
	for (unsigned int i = 0; i < n && !rc; i++)
		rc = refuse_signature(list[i].node);
	return rc;
}

/* The attribute of the nd device that a namespace is behind; "" if it has none. */
static void nd_attribute(const struct namespace *ns, const char *name, char text[64])
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/device/%s", ns->major, ns->minor, name);
	text_file_line(path, text, 64);
}

int namespace_node(const struct namespace *ns)
{
	char text[64];

	nd_attribute(ns, "numa_node", text);
	return *text ? atoi(text) : -1;
}

void namespace_identity(const struct namespace *ns, char identity[NAMESPACE_IDENTITY_CHARS])
{
	char uuid[64];

	nd_attribute(ns, "uuid", uuid);
	if (*uuid)
		snprintf(identity, NAMESPACE_IDENTITY_CHARS, "uuid=%s,bytes=%" PRIu64, uuid,
			 ns->size_bytes);
	else
		snprintf(identity, NAMESPACE_IDENTITY_CHARS,
			 "resource=0x%" PRIx64 ",bytes=%" PRIu64, ns->resource_bytes,
			 ns->size_bytes);
}

int namespace_written_sectors(const struct namespace *ns, uint64_t *sectors)
{
	char dir[64], path[80];
	uint64_t counted = 0;
	FILE *in;
	int rc;

	snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u", ns->major, ns->minor);
	rc = sysfs_u64(dir, "queue/iostats", &counted);
	if (rc < 0 || !counted)
		return rc < 0 ? rc : -EOPNOTSUPP;
	snprintf(path, sizeof(path), "%s/stat", dir);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	rc = fscanf(in, "%*u %*u %*u %*u %*u %*u %" SCNu64, sectors) == 1 ? 0 : -EIO;
	fclose(in);
	return rc;
}
