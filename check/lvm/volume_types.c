// SPDX-License-Identifier: GPL-2.0-only
#include "check/lvm/volume_types.h"

#include "check/fixture/bio.h"
#include "check/fixture/dax_capability.h"
#include "check/lvm/volume.h"
#include "lib/dev/dm.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_BYTES = 4 << 20,
	FILE_ID = 1,
	VOLUME_SECTORS = 64 << 11,
	COMMANDS_MAX = 4,
};

/* Pages that get a second generation through a mapping: first, middle, last. */
static const uint64_t stored[] = {0, 513, FILE_BYTES / PAGE_BYTES - 1};

/* Commands of lvm: @ is the group, ^ and + are the first and the second namespace.  A DAX volume
 * that is active cannot become one of another type. */
static const char *const made_by[][COMMANDS_MAX] = {
	[VOLUME_RAID1] = {"lvcreate -qq -y -Wn -Zn --type raid1 -m 1 --nosync -L 64m -n lv @"},
	[VOLUME_RAID0] = {"lvcreate -qq -y -Wn -Zn --type raid0 -i 2 -I 64k -L 64m -n lv @"},
	[VOLUME_THIN] = {"lvcreate -qq -y --poolmetadatasize 4m -L 96m -T @/pool",
			 "lvcreate -qq -y -V 64m -T @/pool -n lv"},
	[VOLUME_CACHE] = {"lvcreate -qq -y -an -Wn -Zn -L 64m -n lv @ ^",
			  "lvcreate -qq -y -an -Wn -Zn -L 16m -n fast @ +",
			  "lvconvert -qq -y --type cache --cachevol fast @/lv",
			  "lvchange -qq -ay @/lv"},
	[VOLUME_WRITECACHE] = {"lvcreate -qq -y -an -Wn -Zn -L 64m -n lv @ ^",
			       "lvcreate -qq -y -an -Wn -Zn -L 16m -n fast @ +",
			       "lvconvert -qq -y --type writecache --cachevol fast @/lv",
			       "lvchange -qq -ay @/lv"},
	[VOLUME_CRYPT] = {"lvcreate -qq -y -Wn -Zn -L 64m -n lv @ ^"},
};

struct typed {
	struct volume v;
	enum volume_type type;
	struct check_fs fs;
	char node[128];		/* of the filesystem */
	struct extents extents; /* of the file */
};

/* ---- the volume ------------------------------------------------------------------------------ */

static bool run(struct typed *t, const char *command)
{
	char line[256];
	FILE *out = fmemopen(line, sizeof(line), "w");

	if (!check_own(t->v.env, out ? 0 : -ENOMEM, "memory"))
		return false;
	for (const char *p = command; *p; p++)
		switch (*p) {
		case '@':
			fputs(t->v.group, out);
			break;
		case '^':
		case '+':
			fputs(volume_fsdax(&t->v, *p == '+'), out);
			break;
		default:
			putc(*p, out);
		}
	fclose(out);
	return volume_command_done(&t->v, volume_command(&t->v, "%s", line), command);
}

/* A device of the group that is no volume of lvm: its name shows the owner, too. */
static bool crypt_create(struct typed *t)
{
	char name[80], table[400];
	int rc;

	snprintf(name, sizeof(name), "%s-crypt", t->v.group);
	snprintf(table, sizeof(table),
		 "0 %d crypt aes-xts-plain64 "
		 "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100 0 %s 0",
		 VOLUME_SECTORS, t->v.node);
	rc = dm_device_create(name, table, 0);
	dm_device_node(name, t->node);
	return check_setup(t->v.env, rc, "creating %s (%s)", name, dm_last_error());
}

static bool activate(struct typed *t)
{
	return run(t, "lvchange -qq -ay @/lv") && (t->type != VOLUME_CRYPT || crypt_create(t));
}

static bool deactivate(struct typed *t)
{
	char name[80];
	int rc = 0;

	snprintf(name, sizeof(name), "%s-crypt", t->v.group);
	if (t->type == VOLUME_CRYPT)
		rc = dm_device_remove(name, 0);
	return check_setup(t->v.env, rc, "removing %s", name) && run(t, "lvchange -qq -an @/lv");
}

static bool make(struct typed *t, struct check_env *env)
{
	bool good = volume_group(&t->v, env, check_device(env, NAMESPACE_FSDAX, 1)->node);

	for (int i = 0; i < COMMANDS_MAX && made_by[t->type][i] && good; i++)
		good = run(t, made_by[t->type][i]);
	memcpy(t->node, t->v.node, sizeof(t->node));
	if (!good || (t->type == VOLUME_CRYPT && !crypt_create(t)))
		return false;
	volume_show_table(&t->v);
	return true;
}

/* ---- the filesystem -------------------------------------------------------------------------- */

static bool mount_it(struct typed *t, bool dax)
{
	snprintf(t->fs.where, sizeof(t->fs.where), "%s/typed", t->v.env->directory);
	snprintf(t->fs.node, sizeof(t->fs.node), "%s", t->node);
	t->fs.fs = (struct fs){
		.type = "ext4", .node = t->fs.node, .where = t->fs.where, .dax_never = !dax};
	mkdir(t->fs.where, 0700);
	return check_errno(t->v.env, fs_mount(&t->fs.fs), 0, "mounting ext4 on %s with dax=%s",
			   t->node, dax ? "always" : "never");
}

/* No report says DAX. */
static bool not_dax(struct typed *t)
{
	char where[300];
	int rc;

	snprintf(where, sizeof(where), "%s/refused", t->v.env->directory);
	if (!check_equal(t->v.env, dax_capability_queue(t->node), 0, "queue/dax of %s", t->node) ||
	    !check_setup(t->v.env, fs_make("ext4", t->node, 0), "making ext4"))
		return false;
	rc = dax_capability_mount("ext4", t->node, where, "dax=always");
	if (!rc)
		fs_unmount_path(where);
	return check_errno(t->v.env, rc, -EINVAL, "mounting ext4 on %s with dax=always", t->node);
}

/* Stamps by write(2), and some pages through the page cache's mapping. */
static bool write_file(struct typed *t)
{
	struct check_env *env = t->v.env;
	int fd = check_file(env, &t->fs, "file", FILE_BYTES, FILE_ID, 1), rc = 0;
	char *map;

	if (fd < 0)
		return false;
	check_equal(env, fs_file_is_dax(fd), 0, "STATX_ATTR_DAX of the file");
	map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		rc = -errno;
	} else {
		for (int i = 0; i < 3; i++)
			stamp_fill(map + stored[i] * PAGE_BYTES, PAGE_BYTES, FILE_ID,
				   stored[i] * PAGE_BYTES, 2);
		if (msync(map, FILE_BYTES, MS_SYNC) < 0)
			rc = -errno;
		munmap(map, FILE_BYTES);
	}
	if (!rc)
		rc = extents_read(fd, &t->extents);
	close(fd);
	return check_setup(env, rc, "storing into the mapped file");
}

static uint32_t generation_of(uint64_t page)
{
	return page == stored[0] || page == stored[1] || page == stored[2] ? 2 : 1;
}

static bool file_holds(struct typed *t, const char *when)
{
	char path[sizeof(t->fs.where) + 8], page[PAGE_BYTES];
	bool good = true;
	int fd, rc;

	snprintf(path, sizeof(path), "%s/file", t->fs.where);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	for (uint64_t i = 0; i < FILE_BYTES / PAGE_BYTES && good; i++) {
		rc = fd < 0 ? -errno : 0;
		if (!rc && pread(fd, page, PAGE_BYTES, (off_t)(i * PAGE_BYTES)) != PAGE_BYTES)
			rc = -EIO;
		good = check_errno(t->v.env, rc, 0, "reading page %" PRIu64 " %s", i, when) &&
		       check_bytes(t->v.env, when, page, PAGE_BYTES, FILE_ID, i * PAGE_BYTES,
				   generation_of(i));
	}
	if (fd >= 0)
		close(fd);
	return good;
}

static bool unmount(struct typed *t)
{
	return check_setup(t->v.env, fs_unmount(&t->fs.fs), "unmounting %s", t->fs.where);
}

/* ---- what is special ------------------------------------------------------------------------- */

/* Page i of the file on a device that has the volume's bytes from its start on. */
static int read_below(const struct typed *t, const char *name, uint64_t i, char page[PAGE_BYTES])
{
	const struct extent *e = extents_find(&t->extents, i * PAGE_BYTES);
	char full[128], node[128];

	if (!e)
		return -ENODATA;
	snprintf(full, sizeof(full), "%s-%s", t->v.group, name);
	return bio_read(dm_device_node(full, node),
			e->physical_bytes + i * PAGE_BYTES - e->logical_bytes, page, PAGE_BYTES);
}

static void leg_holds(struct typed *t, const char *name)
{
	char page[PAGE_BYTES];

	for (uint64_t i = 0; i < FILE_BYTES / PAGE_BYTES; i++)
		if (!check_setup(t->v.env, read_below(t, name, i, page), "reading %s", name) ||
		    !check_bytes(t->v.env, name, page, PAGE_BYTES, FILE_ID, i * PAGE_BYTES,
				 generation_of(i)))
			return;
}

static void encrypted(struct typed *t)
{
	char page[PAGE_BYTES];

	for (int i = 0; i < 3; i++)
		if (check_setup(t->v.env, read_below(t, "lv", stored[i], page), "reading lv"))
			check_that(t->v.env,
				   !stamp_check(page, PAGE_BYTES, FILE_ID, stored[i] * PAGE_BYTES,
						2, NULL),
				   "page %" PRIu64 " of the file is encrypted below", stored[i]);
}

/* A snapshot, then another generation on the volume. */
static void snapshot(struct typed *t)
{
	char path[sizeof(t->fs.where) + 8], page[PAGE_BYTES];
	int fd, rc = 0;

	if (!run(t, "lvcreate -qq -y -s -kn -n snap @/lv") || !run(t, "lvchange -qq -ay @/snap"))
		return;
	snprintf(path, sizeof(path), "%s/file", t->fs.where);
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3 && !rc; i++) {
		stamp_fill(page, PAGE_BYTES, FILE_ID, stored[i] * PAGE_BYTES, 3);
		if (fd < 0 || pwrite(fd, page, PAGE_BYTES, (off_t)(stored[i] * PAGE_BYTES)) < 0)
			rc = -errno;
	}
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (check_setup(t->v.env, rc, "writing to the origin of a snapshot"))
		leg_holds(t, "snap");
}

/* The volume without its cache is a linear one again. */
static void uncached(struct typed *t)
{
	if (!unmount(t) || !run(t, "lvconvert -qq -y --uncache @/lv") || !deactivate(t) ||
	    !activate(t))
		return;
	volume_show_table(&t->v);
	check_equal(t->v.env, dax_capability_queue(t->node), 1,
		    "queue/dax of the volume without its cache");
	if (mount_it(t, true))
		file_holds(t, "without the cache");
}

static void special(struct typed *t)
{
	switch (t->type) {
	case VOLUME_RAID1:
		leg_holds(t, "lv_rimage_0");
		leg_holds(t, "lv_rimage_1");
		break;
	case VOLUME_THIN:
		snapshot(t);
		break;
	case VOLUME_CACHE:
	case VOLUME_WRITECACHE:
		uncached(t);
		break;
	case VOLUME_CRYPT:
		encrypted(t);
		break;
	case VOLUME_RAID0:
		break;
	}
}

void volume_type(struct check_env *env, const void *arg)
{
	struct typed t = {.type = *(const enum volume_type *)arg};

	if (make(&t, env) && not_dax(&t) && mount_it(&t, false) && write_file(&t) &&
	    file_holds(&t, "as written") && unmount(&t) && deactivate(&t) && activate(&t) &&
	    mount_it(&t, false) && file_holds(&t, "after the volume was activated again"))
		special(&t);
	fs_unmount(&t.fs.fs);
	extents_free(&t.extents);
	volume_remove(&t.v);
}
