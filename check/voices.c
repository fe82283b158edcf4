// SPDX-License-Identifier: GPL-2.0-only
#include "check/voices.h"

#include "lib/dm.h"
#include "lib/limit_clock.h"
#include "lib/partition.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum {
	MIB_SECTORS = 2048,
	PAGE_SECTORS = PAGE_BYTES / SECTOR_BYTES,
	WINDOW_SECTORS = WINDOW_BYTES / SECTOR_BYTES,
	PIECE_SECTORS = 32 * MIB_SECTORS,
	/* Partitions lie behind what pieces take of the namespace, and hold an xfs. */
	PARTITION_START_SECTORS = 192 * MIB_SECTORS,
	PARTITION_SECTORS = 304 * MIB_SECTORS,
	LOOP_MIB = 64,
	/* One page of the file is looked at in each such stretch. */
	STRIDE_BYTES = 2 * WINDOW_BYTES,
};

/* The devices of a case while they are there. */
struct stage {
	struct check_env *env;
	struct graph g;
	int index[N_MEMBERS];	    /* in the graph; -1: not used so far */
	uint64_t cursor[N_MEMBERS]; /* the next free sector */
	int loop_fd;
	bool partition;
	char own[64]; /* the DM device of a target that the model does not know */
};

/* ---- single voices --------------------------------------------------------------------------- */

int says_dax(const char *node)
{
	char path[128];
	struct stat st;
	int said;
	FILE *in;

	if (stat(node, &st) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/dax", major(st.st_rdev),
		 minor(st.st_rdev));
	in = fopen(path, "re");
	if (!in) { /* a partition: its disk is the directory above */
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../queue/dax", major(st.st_rdev),
			 minor(st.st_rdev));
		in = fopen(path, "re");
	}
	if (!in)
		return -errno;
	said = getc(in);
	fclose(in);
	return said == '1' ? 1 : said == '0' ? 0 : -EIO;
}

int mount_plain(const char *type, const char *node, const char *where, const char *options)
{
	char all[128];

	snprintf(all, sizeof(all), "%s%s%s", options ? options : "",
		 options && !strcmp(type, "xfs") ? "," : "", strcmp(type, "xfs") ? "" : "nouuid");
	if (mkdir(where, 0700) < 0 && errno != EEXIST)
		return -errno;
	return mount(node, where, type, 0, all) < 0 ? -errno : 0;
}

/* ---- building -------------------------------------------------------------------------------- */

static void stage_begin(struct stage *s, struct check_env *env)
{
	*s = (struct stage){.env = env, .loop_fd = -1};
	for (int i = 0; i < N_MEMBERS; i++) {
		s->index[i] = -1;
		s->cursor[i] = WINDOW_SECTORS; /* so that a place is never its own offset */
	}
}

static void stage_end(struct stage *s)
{
	const struct namespace *disk = check_device(s->env, NAMESPACE_FSDAX, 0);

	if (s->own[0])
		dm_device_remove(s->own, 0);
	graph_destroy(&s->g);
	if (s->partition && disk)
		partition_remove(disk->node, 1);
	if (s->loop_fd >= 0)
		close(s->loop_fd); /* it detaches itself */
}

int loop_make(int *fd, char node[128])
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), rc = -ENODEV;
	int file = memfd_create("daxdm", MFD_CLOEXEC), number = -1;
	struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};

	if (control >= 0 && file >= 0 && !ftruncate(file, (off_t)LOOP_MIB << 20))
		number = ioctl(control, LOOP_CTL_GET_FREE);
	if (number >= 0) {
		snprintf(node, 128, "/dev/loop%d", number);
		*fd = open(node, O_RDWR | O_CLOEXEC);
		rc = *fd < 0 || ioctl(*fd, LOOP_SET_FD, file) < 0 ||
				     ioctl(*fd, LOOP_SET_STATUS64, &info) < 0
			     ? -errno
			     : 0;
	}
	if (file >= 0)
		close(file);
	if (control >= 0)
		close(control);
	return rc;
}

/* A partition of the first fsdax namespace, its begin or end moved by a sector.  Returns its index
 * or -errno. */
static int add_partition(struct stage *s, enum member m)
{
	const struct namespace *disk = check_device(s->env, NAMESPACE_FSDAX, 0);
	uint64_t start = PARTITION_START_SECTORS, len = PARTITION_SECTORS;
	char node[128];
	int on, rc;

	if (!disk)
		return -ENODEV;
	if (m == ON_PARTITION_BESIDE)
		start++;
	if (m == ON_PARTITION_PARTIAL)
		len++;
	rc = partition_add(disk->node, 1, start, len, node);
	if (rc < 0)
		return rc;
	s->partition = true;
	if (s->index[ON_FSDAX] < 0)
		s->index[ON_FSDAX] = graph_add_namespace(&s->g, disk);
	on = s->index[ON_FSDAX];
	return on < 0 ? on : graph_add_partition(&s->g, node, (unsigned int)on, start, len);
}

static int add_member(struct stage *s, enum member m)
{
	static const enum namespace_mode modes[] = {
		[ON_FSDAX] = NAMESPACE_FSDAX,	[ON_FSDAX_2] = NAMESPACE_FSDAX,
		[ON_RAW] = NAMESPACE_RAW,	[ON_SECTOR] = NAMESPACE_SECTOR,
		[ON_VIRTIO] = NAMESPACE_VIRTIO,
	};
	const struct namespace *ns;
	char node[128] = "/dev/ram0";
	int rc = 0;

	switch (m) {
	case ON_FSDAX:
	case ON_FSDAX_2:
	case ON_RAW:
	case ON_SECTOR:
	case ON_VIRTIO:
		ns = check_device(s->env, modes[m], m == ON_FSDAX_2);
		return ns ? graph_add_namespace(&s->g, ns) : -ENODEV;
	case ON_LOOP:
		rc = loop_make(&s->loop_fd, node);
		/* fallthrough */
	case ON_BRD:
		return rc < 0 ? rc : graph_add_other(&s->g, node);
	case ON_PARTITION:
	case ON_PARTITION_BESIDE:
	case ON_PARTITION_PARTIAL:
		return add_partition(s, m);
	default:
		return -EINVAL;
	}
}

/* Returns the index of a member in the graph, which gets it if it is new; -errno after
 * check_broken(). */
static int find_member(struct stage *s, enum member m)
{
	if (s->index[m] >= 0)
		return s->index[m];
	s->index[m] = add_member(s, m);
	check_setup(s->env, s->index[m], "finding member %d of the table", (int)m);
	return s->index[m];
}

static bool is_piece(const struct voice_piece *p)
{
	return p->n || p->type == TARGET_ZERO || p->type == TARGET_ERROR;
}

static int add_piece(struct stage *s, unsigned int device, const struct voice_piece *p)
{
	struct graph_target t = {
		.type = p->type,
		.len_sectors = p->sectors ? p->sectors : PIECE_SECTORS,
		.chunk_sectors = p->chunk_sectors ? p->chunk_sectors : WINDOW_SECTORS,
		.n_members = p->n,
	};
	uint64_t each = t.len_sectors / (p->n ? p->n : 1);

	if (p->n && p->on[0] == ON_BELOW && !p->sectors)
		each = t.len_sectors = s->g.devices[s->index[ON_BELOW]].size_sectors -
				       s->cursor[ON_BELOW] - p->skip_sectors - p->beside_sectors;
	for (unsigned int i = 0; i < p->n; i++) {
		enum member m = p->on[i];

		s->cursor[m] += p->skip_sectors;
		t.members[i].device = (unsigned int)s->index[m];
		t.members[i].offset_sectors = s->cursor[m] + p->beside_sectors;
		s->cursor[m] += (each + p->beside_sectors + WINDOW_SECTORS - 1) / WINDOW_SECTORS *
				WINDOW_SECTORS;
	}
	return graph_add_target(&s->g, device, &t);
}

/* Members first: they have lower indices than the device.  Returns the device's index or -errno. */
static int add_level(struct stage *s, const struct voice_level *level, unsigned int number)
{
	char name[64], word[32];
	int device;

	for (const struct voice_piece *p = level->pieces;
	     p < level->pieces + VOICE_PIECES_MAX && is_piece(p); p++)
		for (unsigned int i = 0; i < p->n; i++)
			if (find_member(s, p->on[i]) < 0)
				return -ENODEV;
	snprintf(word, sizeof(word), "level%u", number);
	device = graph_add_dm(&s->g, check_name(s->env, word, name));
	if (!check_setup(s->env, device, "describing %s", name))
		return device;
	for (const struct voice_piece *p = level->pieces;
	     p < level->pieces + VOICE_PIECES_MAX && is_piece(p); p++)
		if (!check_setup(s->env, add_piece(s, (unsigned int)device, p), "describing %s",
				 name))
			return -ENOMEM;
	s->index[ON_BELOW] = device;
	s->cursor[ON_BELOW] = 0;
	return device;
}

/* A target of its own over all of the device below, which the model takes for linear.  Returns its
 * index or -errno after check_broken(). */
static int add_own_target(struct stage *s, unsigned int below, const char *target)
{
	const struct namespace *second = check_device(s->env, NAMESPACE_FSDAX, 1);
	uint64_t sectors = s->g.devices[below].size_sectors;
	char name[64], table[256];
	FILE *out = fmemopen(table, sizeof(table), "w");
	struct graph_device *d;
	int device, rc;

	if (!out || !second) {
		check_broken(s->env, "no memory, or no second namespace");
		return -ENOMEM;
	}
	check_name(s->env, "own", name);
	fprintf(out, "0 %" PRIu64 " ", sectors);
	for (const char *p = target; *p; p++)
		if (*p == '@' || *p == '+')
			fputs(*p == '@' ? s->g.devices[below].numbers : second->node, out);
		else
			putc(*p, out);
	fclose(out);
	rc = dm_device_create(name, table, 0);
	if (!check_setup(s->env, rc, "creating %s", table))
		return rc;
	strcpy(s->own, name);
	device = graph_add_dm(&s->g, name);
	if (device < 0 || graph_add_linear(&s->g, (unsigned int)device, sectors, below, 0) < 0)
		return -ENOMEM;
	d = &s->g.devices[device];
	dm_device_node(name, d->node);
	return device;
}

/* Returns the index of the device of the case, real, or -errno after check_broken(). */
static int build(struct stage *s, const struct voice_case *c)
{
	int device = -1, rc;

	for (unsigned int i = 0; i < VOICE_LEVELS_MAX && is_piece(&c->levels[i].pieces[0]); i++) {
		device = add_level(s, &c->levels[i], i);
		if (device < 0)
			return device;
	}
	if (device < 0)
		device = find_member(s, c->bare);
	if (device < 0)
		return device;
	rc = check_create(s->env, &s->g);
	if (!check_setup(s->env, rc, "creating the devices (%s)", dm_complaint()))
		return rc;
	return c->target ? add_own_target(s, (unsigned int)device, c->target) : device;
}

/* ---- listening ------------------------------------------------------------------------------- */

/* Whether a frame is memory of one of the named namespaces. */
static bool in_namespaces(const struct check_env *env, uint64_t pfn)
{
	for (unsigned int i = 0; i < env->n_devices; i++) {
		const struct namespace *ns = &env->devices[i];
		uint64_t start = ns->resource_bytes;

		if (start && pfn * PAGE_BYTES >= start && pfn * PAGE_BYTES < start + ns->size_bytes)
			return true;
	}
	return false;
}

/* Every page that was written is on a frame of the page cache's own. */
static void hear_cached_frames(struct check_env *env, const volatile char *base, uint64_t bytes,
			       const char *node)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (!check_setup(env, pagemap < 0 ? -errno : 0, "open /proc/self/pagemap"))
		return;
	for (uint64_t offset = 0; offset < bytes; offset += STRIDE_BYTES) {
		uint64_t pfn = 0;
		int rc;

		check_load(base + offset, NULL);
		rc = mapped_pfns(pagemap, base + offset, &pfn, 1);
		if (!check_setup(env, rc, "reading pagemap") ||
		    !check_that(env, pfn && !in_namespaces(env, pfn),
				"byte %" PRIu64 " of a file on %s is mapped from the page cache "
				"(frame %#" PRIx64 ")",
				offset, node, pfn))
			break;
	}
	close(pagemap);
}

static void hear_mapping(struct check_env *env, const struct graph *g, unsigned int device, int fd,
			 uint64_t bytes, bool direct)
{
	const char *node = g->devices[device].node;
	struct mapping m;
	int rc = mapping_make(&m, fd, bytes, MAP_SHARED, true);

	if (!check_setup(env, rc, "mapping a file on %s", node))
		return;
	if (!direct)
		hear_cached_frames(env, m.base, bytes, node);
	for (uint64_t offset = 0; direct && offset < bytes; offset += STRIDE_BYTES)
		if (!check_frames(env, fd, m.base, offset, PAGE_BYTES, g, device))
			break;
	mapping_drop(&m);
}

/* A file over most of the filesystem, one page in each stretch written: so every segment has some.
 * Returns its size in bytes, or -errno. */
static int64_t spread_file(int fd, const char *where)
{
	static const char page[PAGE_BYTES] = "daxdm";
	struct statvfs room;
	uint64_t bytes;

	if (statvfs(where, &room) < 0)
		return -errno;
	bytes = room.f_bavail * room.f_frsize / 10 * 9 / WINDOW_BYTES * WINDOW_BYTES;
	if (fallocate(fd, 0, 0, (off_t)bytes) < 0)
		return -errno;
	for (uint64_t offset = 0; offset < bytes; offset += STRIDE_BYTES)
		if (pwrite(fd, page, sizeof(page), (off_t)offset) != sizeof(page))
			return errno ? -errno : -EIO;
	return fsync(fd) < 0 ? -errno : (int64_t)bytes;
}

static void hear_file(struct check_env *env, const struct graph *g, unsigned int device,
		      const char *where, bool direct)
{
	const char *node = g->devices[device].node;
	char path[300];
	int64_t bytes;
	int fd, dax;

	snprintf(path, sizeof(path), "%s/file", where);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (!check_setup(env, fd < 0 ? -errno : 0, "creating %s", path))
		return;
	dax = file_is_dax(fd);
	check_equal(env, dax, direct, "what statx says of a file on %s", node);
	bytes = spread_file(fd, where);
	/* Said to be DAX, it must work as such: what fails here is not our set-up. */
	if (dax == 1 ? check_errno(env, (int)bytes, 0, "errno of writing a DAX file on %s", node)
		     : check_setup(env, (int)bytes, "writing a file on %s", node))
		hear_mapping(env, g, device, fd, (uint64_t)bytes, direct);
	close(fd);
}

void voices_hear(struct check_env *env, const struct graph *g, unsigned int device,
		 const struct voice_case *c, bool direct)
{
	const char *node = g->devices[device].node;
	char where[256];
	int rc = fs_make(c->fs, node, c->fs_sectors * SECTOR_BYTES);

	if (!check_setup(env, rc, "mkfs.%s on %s", c->fs, node))
		return;
	snprintf(where, sizeof(where), "%s/mnt", env->directory);
	rc = mount_plain(c->fs, node, where, "dax=always");
	if (c->silent && g->devices[device].kind == GRAPH_PARTITION)
		direct = rc >= 0; /* nothing else has spoken of it so far */
	/* xfs mounts in any case: its file tells. */
	if (direct || !strcmp(c->fs, "xfs"))
		check_errno(env, rc, 0, "mounting %s on %s with dax=always", c->fs, node);
	else
		check_that(env, rc < 0, "%s on %s is refused with dax=always", c->fs, node);
	if (c->silent)
		check_observe(env, "granted", json_boolean(rc >= 0));
	if (rc < 0)
		return;
	hear_file(env, g, device, where, direct);
	check_setup(env, fs_unmount_path(where), "unmounting %s", where);
}

void voices_agree(struct check_env *env, const void *arg)
{
	const struct voice_case *c = arg;
	struct stage s;
	int device, says;
	bool direct;
	char *text;

	stage_begin(&s, env);
	device = build(&s, c);
	if (device < 0)
		goto out;
	says = says_dax(s.g.devices[device].node);
	direct = c->target ? c->target_is_direct
			   : graph_is_direct(&s.g, (unsigned int)device) &&
				     graph_keeps_pages(&s.g, (unsigned int)device);
	if (c->silent && s.g.devices[device].kind != GRAPH_PARTITION) {
		check_observe(env, "says", says < 0 ? json_null() : json_boolean(says));
		direct = says == 1;
	}
	/* Partitions have no queue of their own: what their disk says is not said of them. */
	if (s.g.devices[device].kind != GRAPH_PARTITION)
		check_equal(env, says, direct, "what sysfs (queue/dax) says of %s",
			    s.g.devices[device].node);
	if (c->fs)
		voices_hear(env, &s.g, (unsigned int)device, c, direct);
	text = check_complained(env) ? graph_dmsetup(&s.g) : NULL;
	if (text)
		check_evidence(env, "%s", text);
	free(text);
out:
	stage_end(&s);
}
