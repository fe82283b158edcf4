// SPDX-License-Identifier: GPL-2.0-only
#include "check/mapsync/synctable.h"

#include "check/fixture/testbed.h"
#include "check/mapsync/mapsync.h"

#include "lib/base/limit_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { INHERIT_ROUNDS = 6 };

/* A device whose table changes.  What a letter makes of it: (S)ynchronous, (A)synchronous,
 * (M)ixed. */
struct change {
	struct graph graph;
	unsigned int sync, async;     /* members */
	unsigned int device, watched; /* whose table changes; that of the filesystem */
};

static const char *letter_text(char letter)
{
	return letter == 'S'   ? "a synchronous namespace"
	       : letter == 'A' ? "virtio-pmem"
			       : "a synchronous namespace and virtio-pmem";
}

/* Describes the table of a letter.  Returns 0 or -errno. */
static int describe(struct change *c, char letter)
{
	uint64_t half = testbed_fs_bytes("ext4") / 2 / SECTOR_BYTES;
	int rc;

	graph_clear_targets(&c->graph, c->device);
	rc = graph_add_linear(&c->graph, c->device, half, letter == 'A' ? c->async : c->sync, 0);
	return rc ? rc
		  : graph_add_linear(&c->graph, c->device, half, letter == 'S' ? c->sync : c->async,
				     half);
}

/* Adds a device with the table of a letter, not real yet.  Returns 0 or -errno. */
static int add_changing(struct check_env *env, struct change *c, char letter)
{
	static unsigned int made;
	char word[32], name[64];
	int rc;

	snprintf(word, sizeof(word), "changing%u", made++);
	rc = graph_add_dm(&c->graph, check_name(env, word, name));
	if (rc < 0)
		return rc;
	c->device = c->watched = (unsigned int)rc;
	return describe(c, letter);
}

static void begin_change(struct check_env *env, struct change *c)
{
	*c = (struct change){0};
	c->sync =
		(unsigned int)graph_add_namespace(&c->graph, check_device(env, NAMESPACE_FSDAX, 0));
	c->async = (unsigned int)graph_add_namespace(&c->graph,
						     check_device(env, NAMESPACE_VIRTIO, 0));
}

/* Asks a filesystem that is made for it; judged if what is not NULL.  Returns whether MAP_SYNC was
 * granted, or -EIO after check_broken(). */
static int ask_anew(struct check_env *env, const struct change *c, bool granted, const char *what)
{
	struct check_fs fs;
	char *p = NULL;
	int fd, rc = -EIO;

	if (check_mount(env, "ext4", c->graph.devices[c->watched].node, testbed_fs_bytes("ext4"),
			&fs) < 0)
		return -EIO;
	fd = check_file(env, &fs, "file", WINDOW_BYTES, TESTBED_FILE, TESTBED_GENERATION);
	if (fd >= 0) {
		if (what)
			mapsync_judge(env, fd, granted, what, &p);
		else
			mapsync_map(fd, &p);
		rc = !!p;
		mapsync_drop(p);
		close(fd);
	}
	return check_unmount(env, &fs) < 0 ? -EIO : rc;
}

/* Makes the first device: if it is not to be synchronous, one that did not inherit that.  Returns
 * false after check_broken(). */
static bool make_first(struct check_env *env, struct change *c, char letter)
{
	for (int n = 0; n <= MAPSYNC_TRIES; n++) {
		int rc = add_changing(env, c, letter);

		if (!rc)
			rc = check_create(env, &c->graph);
		if (!check_setup(env, rc, "the table of %s (%s)", letter_text(letter),
				 dm_last_error()))
			return false;
		rc = letter == 'S' ? 0 : ask_anew(env, c, false, NULL);
		if (rc <= 0)
			return !rc;
		check_evidence(env, "MAP_SYNC was granted; creating another device");
	}
	return true; /* it will be judged as it is */
}

void synctable_sequence(struct check_env *env, const void *arg)
{
	const char *letters = arg;
	char before[128] = "";
	struct change c;

	begin_change(env, &c);
	for (const char *l = letters; *l; l++) {
		char what[256];
		int rc = 0;

		if (l == letters && !make_first(env, &c, *l))
			break;
		if (l != letters)
			rc = describe(&c, *l);
		if (!rc && l != letters)
			rc = graph_reload(&c.graph, c.device, 0);
		if (!check_setup(env, rc, "the table of %s (%s)", letter_text(*l), dm_last_error()))
			break;
		snprintf(what, sizeof(what), "%s%s", letter_text(*l), before);
		if (ask_anew(env, &c, *l == 'S', what) < 0)
			break;
		snprintf(before, sizeof(before), ", before that %s", letter_text(*l));
	}
	check_setup(env, graph_destroy(&c.graph), "removing the device");
}

void synctable_below(struct check_env *env, const void *arg)
{
	uint64_t sectors = testbed_fs_bytes("ext4") / SECTOR_BYTES;
	const bool *again = arg;
	struct change c;
	char name[64];
	int rc;

	begin_change(env, &c);
	rc = add_changing(env, &c, 'S');
	if (!rc)
		rc = graph_add_dm(&c.graph, check_name(env, "upper", name));
	c.watched = (unsigned int)rc;
	if (rc > 0)
		rc = graph_add_linear(&c.graph, c.watched, sectors, c.device, 0);
	if (!rc)
		rc = check_create(env, &c.graph);
	if (!check_setup(env, rc, "creating two stacked devices (%s)", dm_last_error()) ||
	    ask_anew(env, &c, true, "a device of depth 2 over a synchronous namespace") < 0)
		goto out;
	rc = describe(&c, 'A');
	if (!rc)
		rc = graph_reload(&c.graph, c.device, 0);
	if (!rc && *again)
		rc = graph_reload(&c.graph, c.watched, 0);
	if (check_setup(env, rc, "changing the lower one (%s)", dm_last_error()))
		ask_anew(env, &c, false,
			 *again ? "a reloaded device whose member was swapped to virtio-pmem"
				: "a device whose member was swapped to virtio-pmem");
out:
	check_setup(env, graph_destroy(&c.graph), "removing the devices");
}

void synctable_mounted(struct check_env *env, const void *arg)
{
	const uint64_t tail = WINDOW_BYTES / SECTOR_BYTES;
	uint64_t bytes = testbed_fs_bytes("ext4");
	struct check_fs fs = {0};
	struct change c;
	char *p = NULL, *q = NULL;
	int rc, fd = -1;

	(void)arg;
	begin_change(env, &c);
	rc = add_changing(env, &c, 'S');
	if (!rc)
		rc = graph_add_linear(&c.graph, c.device, tail, c.sync, bytes / SECTOR_BYTES);
	if (!rc)
		rc = check_create(env, &c.graph);
	if (!check_setup(env, rc, "making the device (%s)", dm_last_error()) ||
	    check_mount(env, "ext4", c.graph.devices[c.device].node, bytes, &fs) < 0)
		goto out;
	fd = check_file(env, &fs, "file", MAPSYNC_FILE_BYTES, TESTBED_FILE, TESTBED_GENERATION);
	if (fd < 0 || !mapsync_judge(env, fd, true, "synchronous members", &p))
		goto out;
	c.graph.devices[c.device].targets[2].members[0].device = c.async;
	if (!check_setup(env, graph_reload(&c.graph, c.device, 0), "changing the table (%s)",
			 dm_last_error()))
		goto out;
	check_observe_suspicious(env, "older_mapping_is_synchronous",
				 json_boolean(mapsync_area_is_sync(p) == 1));
	mapsync_judge(env, fd, false,
		      "a device whose last segment was moved to virtio-pmem while mounted", &q);
	mapsync_drop(q);
	check_mapped_bytes(env, "the older mapping", p, WINDOW_BYTES, TESTBED_FILE, 0,
			   TESTBED_GENERATION);
out:
	mapsync_drop(p);
	if (fd >= 0)
		close(fd);
	if (fs.fs.mounted)
		check_unmount(env, &fs);
	check_setup(env, graph_destroy(&c.graph), "removing the device");
}

/* Creates and removes synchronous devices, so that new devices may reuse their kernel memory. */
static bool come_and_go(struct check_env *env)
{
	struct change c;
	int rc = 0;

	begin_change(env, &c);
	for (int i = 0; i < MAPSYNC_TRIES && !rc; i++)
		rc = add_changing(env, &c, 'S');
	if (!rc)
		rc = check_create(env, &c.graph);
	if (!rc)
		rc = graph_destroy(&c.graph);
	limit_clock_sleep(100); /* memory is given back after an RCU grace period */
	return check_setup(env, rc, "creating and removing synchronous devices (%s)",
			   dm_last_error());
}

/* A mounted filesystem on a device of virtio-pmem; it is made once, by the first of them. */
static int ask_mounted(struct check_env *env, const struct change *c, const char *path, bool judge)
{
	struct fs fs = {
		.type = "ext4", .node = c->graph.devices[c->device].node, .where = env->directory};
	char *p = NULL;
	int fd, rc = fs_mount(&fs);

	if (!check_setup(env, rc, "mounting %s", fs.node))
		return -EIO;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (check_setup(env, fd < 0 ? -errno : 0, "opening %s", path)) {
		if (judge)
			mapsync_judge(env, fd, false,
				      "virtio-pmem, after synchronous devices had been removed",
				      &p);
		else
			mapsync_map(fd, &p);
		rc = !!p;
		mapsync_drop(p);
		close(fd);
	} else {
		rc = -EIO;
	}
	return check_setup(env, fs_unmount(&fs), "unmounting") ? rc : -EIO;
}

/* Devices of virtio-pmem alone, until one of them has MAP_SYNC granted, which is then the last. */
static bool any_inherits(struct check_env *env, struct change *c, const char *path)
{
	int granted = 0;

	begin_change(env, c);
	for (int i = 0; i <= MAPSYNC_TRIES && !granted; i++) {
		int rc = add_changing(env, c, 'A');

		if (!rc)
			rc = check_create(env, &c->graph);
		if (!check_setup(env, rc, "a device of virtio-pmem (%s)", dm_last_error()))
			break;
		granted = ask_mounted(env, c, path, false);
	}
	return granted > 0;
}

/* Which memory a new device gets is the slab's choice: it may take several rounds. */
void synctable_inherited(struct check_env *env, const void *arg)
{
	bool granted = false;
	char path[300], *p = NULL;
	struct check_fs fs;
	struct change c;
	int fd;

	(void)arg;
	if (check_mount(env, "ext4", check_device(env, NAMESPACE_VIRTIO, 0)->node,
			testbed_fs_bytes("ext4"), &fs) < 0)
		return;
	fd = check_file(env, &fs, "file", WINDOW_BYTES, TESTBED_FILE, TESTBED_GENERATION);
	if (fd >= 0) {
		mapsync_judge(env, fd, false, "virtio-pmem itself", &p);
		mapsync_drop(p);
		close(fd);
	}
	if (check_unmount(env, &fs) < 0 || fd < 0)
		return;
	snprintf(path, sizeof(path), "%s/file", env->directory);
	for (int round = 1; !granted && !check_complained(env) && come_and_go(env); round++) {
		granted = any_inherits(env, &c, path);
		if (granted)
			check_evidence(env, "%s was made of virtio-pmem alone (round %d)",
				       c.graph.devices[c.device].name, round);
		if (!check_complained(env) && (granted || round == INHERIT_ROUNDS))
			ask_mounted(env, &c, path, true);
		check_setup(env, graph_destroy(&c.graph), "removing the devices");
		if (round == INHERIT_ROUNDS)
			break;
	}
}
