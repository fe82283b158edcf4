// SPDX-License-Identifier: GPL-2.0-only
#include "check/site.h"

#include "check/bio.h"
#include "lib/child.h"
#include "lib/limit_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

enum {
	EXT4_MIB = 96,
	XFS_MIB = 560,	/* less, and mkfs.xfs finds no room for its log beside 2 MiB stripes */
	FIRST_MIB = 16, /* the first of two segments: filesystems keep to themselves there */
	LIMIT_MS = 5000,
	STEP_MS = 100,
	GAP_MIB = 2, /* before a segment, so that nothing is where it would be without dm */
};

static const char *const stack_names[] = {
	[SITE_RAW] = "raw",
	[SITE_LINEAR] = "linear",
	[SITE_SECOND] = "two segments",
	[SITE_TWO] = "two namespaces",
	[SITE_DEPTH] = "linear on linear",
	[SITE_STRIPED] = "striped",
	[SITE_LOG] = "log-writes on linear",
};

const char *site_stack_name(enum site_stack stack)
{
	return stack_names[stack];
}

static uint64_t mib_sectors(uint64_t mib)
{
	return mib * MIB / SECTOR_BYTES;
}

/* ---- devices --------------------------------------------------------------------------------- */

static int add_dm(struct check_env *env, struct graph *g, const char *word)
{
	char name[64];

	return graph_add_dm(g, check_name(env, word, name));
}

/* The second stripe lies behind the first one.  Returns 0 or -errno. */
static int add_striped(struct graph *g, unsigned int device, unsigned int member, uint64_t mib)
{
	const struct graph_target target = {
		.type = TARGET_STRIPED,
		.len_sectors = mib_sectors(mib),
		.chunk_sectors = mib_sectors(GAP_MIB),
		.n_members = 2,
		.members = {{member, mib_sectors(GAP_MIB)},
			    {member, mib_sectors(GAP_MIB + mib / 2 + GAP_MIB)}},
	};

	return graph_add_target(g, device, &target);
}

/*
 * The first segment lies behind the second one on a namespace that has both.  Returns the device's
 * index or -errno.
 */
static int describe(struct check_env *env, struct site *site, unsigned int low, uint64_t mib)
{
	struct graph *g = &site->graph;
	unsigned int second = low;
	uint64_t first_at_mib = GAP_MIB;
	int device, rc;

	if (site->spec->stack == SITE_RAW)
		return (int)low;
	if (site->spec->stack == SITE_TWO) {
		rc = graph_add_namespace(g, check_device(env, site->spec->mode, 1));
		if (rc < 0)
			return rc;
		second = (unsigned int)rc;
	}
	device = add_dm(env, g, "low");
	if (device < 0)
		return device;
	if (site->spec->stack == SITE_SECOND || site->spec->stack == SITE_TWO) {
		if (second == low)
			first_at_mib = GAP_MIB + (mib - FIRST_MIB) + GAP_MIB;
		rc = graph_add_linear(g, (unsigned int)device, mib_sectors(FIRST_MIB), low,
				      mib_sectors(first_at_mib));
		mib -= FIRST_MIB;
		low = second;
	} else {
		rc = 0;
	}
	if (!rc && site->spec->stack == SITE_STRIPED)
		rc = add_striped(g, (unsigned int)device, low, mib);
	else if (!rc)
		rc = graph_add_linear(g, (unsigned int)device, mib_sectors(mib), low,
				      mib_sectors(GAP_MIB));
	if (rc < 0 || site->spec->stack != SITE_DEPTH)
		return rc < 0 ? rc : device;
	/* The lower one is as large as it was; the upper one leaves its beginning out. */
	low = (unsigned int)device;
	device = add_dm(env, g, "top");
	if (device >= 0)
		rc = graph_add_linear(g, (unsigned int)device, mib_sectors(mib - GAP_MIB), low,
				      mib_sectors(GAP_MIB));
	return rc < 0 ? rc : device;
}

/* Returns 0 or -errno after check_broken(). */
static int make_devices(struct check_env *env, struct site *site, uint64_t mib)
{
	const struct namespace *ns = check_device(env, site->spec->mode, 0);
	int rc = ns ? graph_add_namespace(&site->graph, ns) : -ENODEV;
	char *lines;

	if (rc >= 0)
		rc = describe(env, site, (unsigned int)rc, mib);
	if (!check_setup(env, rc, "describing the devices"))
		return rc;
	site->device = (unsigned int)rc;
	rc = check_create(env, &site->graph);
	lines = rc < 0 ? graph_dmsetup(&site->graph) : NULL;
	if (lines)
		check_evidence(env, "%s", lines);
	free(lines);
	check_setup(env, rc, "making the devices of '%s'", stack_names[site->spec->stack]);
	return rc;
}

/* The device that logs what is written to the site's, byte for byte at the same place.  Returns 0
 * or -errno after check_broken(). */
static int add_log(struct check_env *env, struct site *site)
{
	const struct graph_device *below = &site->graph.devices[site->device];
	const struct namespace *to = check_device(env, NAMESPACE_FSDAX, 1);
	char table[256];
	int rc = to ? 0 : -ENODEV;

	snprintf(table, sizeof(table), "0 %" PRIu64 " log-writes %s %s", below->size_sectors,
		 below->numbers, to ? to->node : "");
	if (!rc)
		rc = dm_device_create(check_name(env, "log", site->log), table, 0);
	if (rc < 0)
		site->log[0] = '\0';
	check_setup(env, rc, "making a device that logs what is written (%s)", dm_complaint());
	return rc;
}

/* ---- filesystem, file ------------------------------------------------------------------------ */

/* Of mkfs.xfs: the map from blocks to owners is what notify_failure needs. */
static const char *features_of(const struct site_spec *spec)
{
	return strstr(spec->fs, "+reflink") ? "reflink=1,rmapbt=0" : "reflink=0,rmapbt=1";
}

/* mkfs.xfs with these features; and mount. */
static int mount_features(struct check_env *env, const char *node, uint64_t bytes,
			  const char *features, struct check_fs *out)
{
	char size[64], said[300];
	const char *const argv[] = {"mkfs.xfs", "-q", "-f", "-K", "-m",
				    features,	"-d", size, node, NULL};
	int rc;

	snprintf(size, sizeof(size), "su=2m,sw=1,size=%" PRIu64, bytes);
	snprintf(out->node, sizeof(out->node), "%s", node);
	snprintf(out->where, sizeof(out->where), "%s/features", env->directory);
	out->fs = (struct fs){.type = "xfs", .node = out->node, .where = out->where};
	rc = mkdir(out->where, 0700) < 0 ? -errno : 0;
	if (!rc)
		rc = child_run((char *const *)argv, 60, said, sizeof(said));
	if (rc > 0) {
		check_evidence(env, "mkfs.xfs: %s", said);
		rc = -EIO;
	}
	if (!rc)
		rc = fs_mount(&out->fs);
	check_setup(env, rc, "making and mounting xfs with %s on %s", features, node);
	return rc;
}

static uint64_t device_bytes(const struct site *site)
{
	return site->graph.devices[site->device].size_sectors * SECTOR_BYTES / MIB * MIB;
}

static int make_file(struct check_env *env, struct site *site)
{
	int rc = check_file(env, &site->fs, "file", site->spec->file_bytes, SITE_FILE_ID,
			    SITE_GENERATION);

	if (rc < 0)
		return rc;
	site->fd = rc;
	rc = file_is_dax(site->fd);
	if (rc >= 0)
		rc = rc ? 0 : -ENOTSUP;
	if (!check_setup(env, rc, "statx of the file saying DAX"))
		return rc;
	rc = extents_read(site->fd, &site->extents);
	if (!check_setup(env, rc, "reading the extents"))
		return rc;
	rc = mapping_make(&site->map, site->fd, site->spec->file_bytes, MAP_SHARED, true);
	check_setup(env, rc, "mapping the file");
	return rc;
}

int site_make(struct check_env *env, struct site *site, const struct site_spec *spec)
{
	bool ext4 = !strcmp(spec->fs, "ext4");
	bool whole = strstr(spec->fs, "+whole");
	uint64_t mib = ext4 ? EXT4_MIB : XFS_MIB;
	const char *node;
	char log[128];
	int rc;

	*site = (struct site){.spec = spec, .fd = -1};
	rc = make_devices(env, site, spec->stack == SITE_DEPTH ? mib + GAP_MIB : mib);
	if (!rc && spec->stack == SITE_LOG)
		rc = add_log(env, site);
	if (rc < 0)
		goto out;
	node = *site->log ? dm_device_node(site->log, log) : site->graph.devices[site->device].node;
	if (strchr(spec->fs, '+'))
		rc = mount_features(env, node, whole ? device_bytes(site) : mib * MIB,
				    features_of(spec), &site->fs);
	else
		rc = check_mount(env, spec->fs, node, mib * MIB, &site->fs);
	if (!rc)
		rc = make_file(env, site);
out:
	if (rc < 0)
		site_drop(env, site);
	return rc;
}

void site_close(struct site *site)
{
	if (site->fd >= 0)
		close(site->fd);
	site->fd = -1;
}

void site_unmap(struct site *site)
{
	if (site->map.reserved)
		mapping_drop(&site->map);
	site->map = (struct mapping){0};
}

int site_drop(struct check_env *env, struct site *site)
{
	int rc = 0, destroyed = 0;

	site_unmap(site);
	site_close(site);
	extents_free(&site->extents);
	if (site->fs.fs.mounted)
		rc = check_unmount(env, &site->fs);
	if (*site->log)
		destroyed = dm_device_remove(site->log, 0);
	site->log[0] = '\0';
	destroyed = destroyed ? destroyed : graph_destroy(&site->graph);
	check_setup(env, destroyed, "removing the devices of '%s'", stack_names[site->spec->stack]);
	return rc < 0 ? rc : destroyed;
}

/* ---- looking --------------------------------------------------------------------------------- */

const char *site_dm(const struct site *site)
{
	const struct graph_device *d = &site->graph.devices[site->device];

	return d->kind == GRAPH_DM ? d->name : NULL;
}

int site_place(struct check_env *env, const struct site *site, uint64_t offset_bytes,
	       struct graph_place *out)
{
	const struct extent *e = extents_find(&site->extents, offset_bytes);
	int rc = -ENOENT;

	if (e)
		rc = graph_resolve(&site->graph, site->device,
				   e->physical_bytes + offset_bytes - e->logical_bytes, out);
	check_setup(env, rc, "finding where byte %" PRIu64 " of the file lives", offset_bytes);
	return rc;
}

int site_device_byte(struct check_env *env, const struct site *site, uint64_t offset_bytes,
		     uint64_t *byte, bool *in_last)
{
	const struct extent *e = extents_find(&site->extents, offset_bytes);
	const struct graph_device *d = &site->graph.devices[site->device];
	int rc = e ? 0 : -ENOENT;

	if (!check_setup(env, rc, "finding the extent of byte %" PRIu64, offset_bytes))
		return rc;
	*byte = e->physical_bytes + offset_bytes - e->logical_bytes;
	*in_last =
		!d->n_targets || *byte >= d->targets[d->n_targets - 1].start_sectors * SECTOR_BYTES;
	return 0;
}

bool site_check_namespace(struct check_env *env, const struct site *site, uint64_t offset_bytes,
			  uint32_t generation)
{
	static char page[PAGE_BYTES];
	struct graph_place place;
	char path[160];
	int rc = site_place(env, site, offset_bytes, &place);

	if (rc < 0)
		return false;
	rc = bio_read(place.ns->node, place.offset_bytes, page, sizeof(page));
	if (!check_setup(env, rc, "reading %s at %" PRIu64, place.ns->node, place.offset_bytes))
		return false;
	snprintf(path, sizeof(path), "%s read at byte %" PRIu64 ", where the table puts it",
		 place.ns->node, place.offset_bytes);
	return check_bytes(env, path, page, sizeof(page), SITE_FILE_ID, offset_bytes, generation);
}

/* ---- a block given away ---------------------------------------------------------------------- */

/* ext4 keeps some blocks for itself; here it shall not. */
static void release_reserve(const struct site *site)
{
	char device[64], name[PATH_MAX], path[PATH_MAX + 64];
	struct stat st;
	int fd;

	if (fstat(site->fd, &st) < 0)
		return;
	snprintf(device, sizeof(device), "/sys/dev/block/%u:%u", major(st.st_dev),
		 minor(st.st_dev));
	if (!realpath(device, name)) /* ends in the name that the kernel knows */
		return;
	snprintf(path, sizeof(path), "/sys/fs/ext4/%s/reserved_clusters", strrchr(name, '/') + 1);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	dprintf(fd, "0\n");
	close(fd);
}

/* A file over all that is free, in ever smaller steps.  Returns its descriptor or -errno. */
static int fill_up(const struct site *site)
{
	char path[sizeof(site->fs.where) + 16];
	struct statvfs st;
	off_t end = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/other", site->fs.where);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	syncfs(fd); /* blocks are free again when the journal says so */
	if (statvfs(site->fs.where, &st) < 0) {
		close(fd);
		return -EIO;
	}
	for (uint64_t step = st.f_bavail * st.f_bsize; step >= PAGE_BYTES; step /= 2) {
		off_t len = (off_t)(step / PAGE_BYTES * PAGE_BYTES);

		while (!fallocate(fd, 0, end, len))
			end += len;
	}
	return fd;
}

/* Whether a file stands on a byte of the device; then *at_bytes is where. */
static bool stands_on(int fd, uint64_t physical_bytes, uint64_t *at_bytes)
{
	struct extents extents;
	bool found = false;

	if (extents_read(fd, &extents) < 0)
		return false;
	for (size_t i = 0; i < extents.n && !found; i++) {
		const struct extent *e = &extents.list[i];

		found = physical_bytes >= e->physical_bytes &&
			physical_bytes < e->physical_bytes + e->len_bytes;
		*at_bytes = e->logical_bytes + physical_bytes - e->physical_bytes;
	}
	extents_free(&extents);
	return found;
}

int site_reuse_block(const struct site *site, uint64_t offset_bytes, uint64_t *at_bytes)
{
	const struct extent *e = extents_find(&site->extents, offset_bytes);
	int64_t until_ms;

	if (!e)
		return -ENOENT;
	release_reserve(site);
	until_ms = limit_clock_ms() + LIMIT_MS;
	while (limit_clock_ms() < until_ms) {
		const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
		int fd = fill_up(site);

		if (fd < 0 ||
		    stands_on(fd, e->physical_bytes + offset_bytes - e->logical_bytes, at_bytes))
			return fd;
		close(fd);
		nanosleep(&pause, NULL);
	}
	return -ENODATA;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

void site_say_stack(struct check_env *env, const struct check_task *task)
{
	char path[64], line[200];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/stack", (int)task->pid);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in))
		check_evidence(env, "%s", line);
	if (in)
		fclose(in);
}

bool site_oopsed(void)
{
	const unsigned long died = 1 << 7; /* TAINT_DIE */
	unsigned long taint = 0;
	FILE *in = fopen("/proc/sys/kernel/tainted", "re");

	if (in && fscanf(in, "%lu", &taint) != 1)
		taint = 0;
	if (in)
		fclose(in);
	return taint & died;
}

int site_await(struct check_env *env, struct check_task *task, const char *what)
{
	int64_t until_ms = limit_clock_ms() + LIMIT_MS;
	bool done = false, oopsed = false;

	/* Once more after an oops: it may have been somebody else's. */
	while (!done && !oopsed && limit_clock_ms() < until_ms) {
		oopsed = site_oopsed();
		done = check_wait(task, STEP_MS);
	}
	if (done && task->status < 128)
		return task->status;
	if (done) {
		check_fail(env, "%s: the kernel killed the process, signal %d", what,
			   task->status - 128);
		return -1;
	}
	site_say_stack(env, task);
	check_fail(env, "%s did not end", what);
	kill(task->pid, SIGKILL);
	check_wait(task, STEP_MS);
	return -1;
}

bool site_await_errno(struct check_env *env, struct check_task *task, const char *what, int want)
{
	int status = site_await(env, task, what);

	return status >= 0 && check_errno(env, -status, -want, "%s", what);
}
