// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP_SYNC: granted exactly where every member is synchronous.
 *
 * A process with a MAP_SYNC mapping flushes the processor's caches itself and never calls fsync(2).
 * That is enough on an NVDIMM, not where a flush must be carried on to somebody else: virtio-pmem
 * ends in the page cache of the hypervisor.  A stack is as synchronous as its least member, and
 * device-mapper must know so after each change of its table.
 *
 *   mmap -> {ext4,xfs}_file_mmap -> daxdev_mapping_supported -> dax_synchronous(dm's dax_device)
 *   table load, resume -> dm_table_set_restrictions -> set_dax_synchronous
 *
 * What MAP_SYNC gives is looked at too: the moment a store into a hole has come back, a copy of the
 * device, made under the mounted filesystem, has the block in the file.
 *
 * Alone: ./run.sh check --check 'sync.*'
 */
#include "check/bio.h"
#include "check/shape.h"

#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __x86_64__
#include <emmintrin.h>
#endif

enum {
	FILE_BYTES = 2 * WINDOW_BYTES,
	SECOND_GENERATION = SCENE_GENERATION + 1,
	OTHER_FILE_ID = SCENE_FILE_ID + 1,
	CACHE_LINE_BYTES = 64,
};

/* ---- asking ---------------------------------------------------------------------------------- */

/* Whether the area at an address is one of synchronous faults.  Returns 1, 0 or -errno.
 * Source: Documentation/filesystems/proc.rst, VmFlags "sf". */
static int area_is_sync(const void *at)
{
	FILE *in = fopen("/proc/self/smaps", "re");
	uintptr_t from, to;
	bool here = false;
	int rc = -ENOENT;
	char line[512];

	if (!in)
		return -errno;
	while (rc == -ENOENT && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			here = (uintptr_t)at >= from && (uintptr_t)at < to;
		else if (here && !strncmp(line, "VmFlags:", 8))
			rc = !!strstr(line, " sf");
	}
	fclose(in);
	return rc;
}

/* mmap(MAP_SYNC) of the first window of a file.  Returns 0 with *out, or -errno. */
static int map_sync(int fd, char **out)
{
	void *p = mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC,
		       fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

static void unmap(char *p)
{
	if (p)
		munmap(p, WINDOW_BYTES);
}

/* What mmap(MAP_SYNC) says of a file, and that the area is what it says.  Returns true if it is as
 * wanted, with the mapping, if there is one, in *out. */
static bool asked(struct check_env *env, int fd, bool granted, const char *what, char **out)
{
	*out = NULL;
	if (!check_errno(env, map_sync(fd, out), granted ? 0 : -EOPNOTSUPP,
			 "mmap(MAP_SYNC) of a file on %s", what))
		return false;
	return !granted || check_equal(env, area_is_sync(*out), 1, "VmFlags sf of that mapping");
}

/* ---- one stack ------------------------------------------------------------------------------- */

struct stack_case {
	struct shape shape;
	const char *fs;
	bool granted;
};

/* The dirty lines leave the processor's caches: what a process does instead of fsync(2). */
static void flush_cpu(const volatile char *p, size_t len)
{
#ifdef __x86_64__
	for (size_t i = 0; i < len; i += CACHE_LINE_BYTES)
		_mm_clflush((const void *)(p + i));
	_mm_sfence();
#else
	(void)p;
	(void)len;
	__sync_synchronize();
#endif
}

/*
 * A device may take over the memory of one that was removed, with what that one had been: this is
 * what sync.inherited is about.  The other checks want to know what a device is of its own accord:
 * one that grants what it must not is kept, so that its memory is not used again, and another one
 * is made, so often.
 */
enum { TRIES = 10 };

/* Opens a scene.  If MAP_SYNC is not to be granted, up to TRIES until it is not; those before stay
 * in kept.  Returns how many were kept, or -EIO after check_broken(). */
static int open_scene(struct check_env *env, const struct stack_case *c, struct scene *scene,
		      struct graph kept[TRIES])
{
	const struct scene_spec spec = {.fs = c->fs, .file_bytes = FILE_BYTES};
	char *p = NULL;

	for (int n = 0;; n++) {
		int rc;

		if (!scene_open(env, &c->shape, &spec, scene))
			return -EIO;
		rc = map_sync(scene->fd, &p);
		if (!rc)
			unmap(p);
		if (rc || c->granted || !c->shape.depth || n == TRIES)
			return n;
		check_evidence(env, "MAP_SYNC was granted, another device is made");
		kept[n] = scene->graph;
		scene->graph = (struct graph){0};
		scene_close(env, scene);
	}
}

static void stack_case(struct check_env *env, const void *arg)
{
	static struct graph kept[TRIES];
	const struct stack_case *c = arg;
	struct scene scene;
	int n = open_scene(env, c, &scene, kept);
	char *p;

	if (n < 0)
		return;
	if (asked(env, scene.fd, c->granted, c->shape.name, &p) && p) {
		stamp_fill(p, PAGE_BYTES, SCENE_FILE_ID, 0, SECOND_GENERATION);
		flush_cpu(p, PAGE_BYTES);
		check_frames(env, scene.fd, p, 0, PAGE_BYTES, &scene.graph, scene.device);
		check_mapped_bytes(env, "the mapping without MAP_SYNC", scene.base, PAGE_BYTES,
				   SCENE_FILE_ID, 0, SECOND_GENERATION);
	} else {
		/* Refused is MAP_SYNC only: the file is DAX all the same. */
		check_frames(env, scene.fd, scene.base, 0, WINDOW_BYTES, &scene.graph,
			     scene.device);
	}
	unmap(p);
	scene_close(env, &scene);
	while (n-- > 0)
		check_setup(env, graph_destroy(&kept[n]), "removing a device");
}

/* ---- files that are not DAX ------------------------------------------------------------------ */

/* The same device, mounted without DAX. */
static void never_dax(struct check_env *env, const void *arg)
{
	const struct shape shape = {.name = "linear", .depth = 1, .segments = 2};
	const struct scene_spec spec = {.fs = arg};
	struct scene scene;
	int rc, fd = -1;
	char *p = NULL;

	if (!scene_open(env, &shape, &spec, &scene))
		return;
	rc = fs_unmount(&scene.fs.fs);
	if (!rc && mount(scene.fs.node, scene.fs.where, spec.fs, 0, "dax=never") < 0)
		rc = -errno;
	if (check_setup(env, rc, "mounting with dax=never")) {
		scene.fs.fs.mounted = true;
		fd = check_file(env, &scene.fs, "file", FILE_BYTES, SCENE_FILE_ID,
				SCENE_GENERATION);
	}
	if (fd >= 0) {
		asked(env, fd, false, "the same device without DAX", &p);
		unmap(p);
		close(fd);
	}
	scene_close(env, &scene);
}

/* A file of the root filesystem, whatever it is: if it does not know MAP_SYNC, that is refused. */
static void other_filesystem(struct check_env *env, const void *arg)
{
	char path[300], *p = NULL;
	int fd;

	(void)arg;
	snprintf(path, sizeof(path), "%s/file", env->directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (check_setup(env, fd < 0 || ftruncate(fd, WINDOW_BYTES) < 0 ? -errno : 0, "making %s",
			path)) {
		if (file_is_dax(fd) == 1)
			check_skip(env, "a TMPDIR that is not DAX", "%s is DAX", path);
		else
			asked(env, fd, false, "a filesystem in ordinary memory or on a disk", &p);
		unmap(p);
	}
	if (fd >= 0)
		close(fd);
}

/* ---- tables that change ---------------------------------------------------------------------- */

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
	uint64_t half = scene_device_bytes("ext4") / 2 / SECTOR_BYTES;
	int rc;

	graph_clear_targets(&c->graph, c->device);
	rc = graph_add_linear(&c->graph, c->device, half, letter == 'A' ? c->async : c->sync, 0);
	return rc ? rc
		  : graph_add_linear(&c->graph, c->device, half, letter == 'S' ? c->sync : c->async,
				     half);
}

/* Loads the described table into the device that is there, and swaps. */
static int swap_table(const struct graph *graph, unsigned int device)
{
	const char *name = graph->devices[device].name;
	char *table = graph_table(graph, device);
	int rc = table ? dm_device_load(name, table, 0) : -ENOMEM;

	if (!rc)
		rc = dm_device_suspend(name, 0);
	if (!rc)
		rc = dm_device_resume(name, 0);
	free(table);
	return rc;
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

	if (check_mount(env, "ext4", c->graph.devices[c->watched].node, scene_device_bytes("ext4"),
			&fs) < 0)
		return -EIO;
	fd = check_file(env, &fs, "file", WINDOW_BYTES, SCENE_FILE_ID, SCENE_GENERATION);
	if (fd >= 0) {
		if (what)
			asked(env, fd, granted, what, &p);
		else
			map_sync(fd, &p);
		rc = !!p;
		unmap(p);
		close(fd);
	}
	return check_unmount(env, &fs) < 0 ? -EIO : rc;
}

/* Makes the first device: if it is not to be synchronous, one that did not inherit that.  Returns
 * false after check_broken(). */
static bool make_first(struct check_env *env, struct change *c, char letter)
{
	for (int n = 0; n <= TRIES; n++) {
		int rc = add_changing(env, c, letter);

		if (!rc)
			rc = check_create(env, &c->graph);
		if (!check_setup(env, rc, "the table of %s (%s)", letter_text(letter),
				 dm_complaint()))
			return false;
		rc = letter == 'S' ? 0 : ask_anew(env, c, false, NULL);
		if (rc <= 0)
			return !rc;
		check_evidence(env, "MAP_SYNC was granted, another device is made");
	}
	return true; /* it will be judged as it is */
}

/* arg: letters, e.g. "SA". */
static void sequence(struct check_env *env, const void *arg)
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
			rc = swap_table(&c.graph, c.device);
		if (!check_setup(env, rc, "the table of %s (%s)", letter_text(*l), dm_complaint()))
			break;
		snprintf(what, sizeof(what), "%s%s", letter_text(*l), before);
		if (ask_anew(env, &c, *l == 'S', what) < 0)
			break;
		snprintf(before, sizeof(before), ", before that %s", letter_text(*l));
	}
	check_setup(env, graph_destroy(&c.graph), "removing the device");
}

/* A device on top keeps its table while the member below it changes; then, if arg, its table is
 * loaded again, as it was. */
static void sequence_below(struct check_env *env, const void *arg)
{
	uint64_t sectors = scene_device_bytes("ext4") / SECTOR_BYTES;
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
	if (!check_setup(env, rc, "two devices on top of each other (%s)", dm_complaint()) ||
	    ask_anew(env, &c, true, "a device over one over a synchronous namespace") < 0)
		goto out;
	rc = describe(&c, 'A');
	if (!rc)
		rc = swap_table(&c.graph, c.device);
	if (!rc && *again)
		rc = swap_table(&c.graph, c.watched);
	if (check_setup(env, rc, "changing the lower one (%s)", dm_complaint()))
		ask_anew(env, &c, false,
			 *again ? "a device whose member was changed to virtio-pmem under it, and "
				  "whose own table was loaded again"
				: "a device whose member was changed to virtio-pmem under it");
out:
	check_setup(env, graph_destroy(&c.graph), "removing the devices");
}

/* The filesystem stays mounted, its file mapped, while the unused end of the device moves. */
static void sequence_mounted(struct check_env *env, const void *arg)
{
	const uint64_t tail = WINDOW_BYTES / SECTOR_BYTES;
	uint64_t bytes = scene_device_bytes("ext4");
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
	if (!check_setup(env, rc, "making the device (%s)", dm_complaint()) ||
	    check_mount(env, "ext4", c.graph.devices[c.device].node, bytes, &fs) < 0)
		goto out;
	fd = check_file(env, &fs, "file", FILE_BYTES, SCENE_FILE_ID, SCENE_GENERATION);
	if (fd < 0 || !asked(env, fd, true, "synchronous members", &p))
		goto out;
	c.graph.devices[c.device].targets[2].members[0].device = c.async;
	if (!check_setup(env, swap_table(&c.graph, c.device), "changing the table (%s)",
			 dm_complaint()))
		goto out;
	check_observe(env, "older_mapping_is_synchronous", json_boolean(area_is_sync(p) == 1));
	asked(env, fd, false, "a device whose end was moved to virtio-pmem while mounted", &q);
	unmap(q);
	check_mapped_bytes(env, "the older mapping", p, WINDOW_BYTES, SCENE_FILE_ID, 0,
			   SCENE_GENERATION);
out:
	unmap(p);
	if (fd >= 0)
		close(fd);
	if (fs.fs.mounted)
		check_unmount(env, &fs);
	check_setup(env, graph_destroy(&c.graph), "removing the device");
}

/* Synchronous devices that are there for a moment: their memory is free for others afterwards. */
static bool come_and_go(struct check_env *env)
{
	struct change c;
	int rc = 0;

	begin_change(env, &c);
	for (int i = 0; i < TRIES && !rc; i++)
		rc = add_changing(env, &c, 'S');
	if (!rc)
		rc = check_create(env, &c.graph);
	if (!rc)
		rc = graph_destroy(&c.graph);
	usleep(100000); /* memory is given back after an RCU grace period */
	return check_setup(env, rc, "synchronous devices that come and go (%s)", dm_complaint());
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
			asked(env, fd, false,
			      "virtio-pmem, after synchronous devices had been removed", &p);
		else
			map_sync(fd, &p);
		rc = !!p;
		unmap(p);
		close(fd);
	} else {
		rc = -EIO;
	}
	return check_setup(env, fs_unmount(&fs), "unmounting") ? rc : -EIO;
}

static void inherited(struct check_env *env, const void *arg)
{
	char path[300], *name = NULL, *p = NULL;
	struct check_fs fs;
	struct change c;
	int granted = 0, fd;

	(void)arg;
	if (check_mount(env, "ext4", check_device(env, NAMESPACE_VIRTIO, 0)->node,
			scene_device_bytes("ext4"), &fs) < 0)
		return;
	fd = check_file(env, &fs, "file", WINDOW_BYTES, SCENE_FILE_ID, SCENE_GENERATION);
	if (fd >= 0) {
		asked(env, fd, false, "virtio-pmem itself", &p);
		unmap(p);
		close(fd);
	}
	if (check_unmount(env, &fs) < 0 || fd < 0 || !come_and_go(env))
		return;
	snprintf(path, sizeof(path), "%s/file", env->directory);
	begin_change(env, &c);
	for (int i = 0; i <= TRIES && !granted; i++) {
		int rc = add_changing(env, &c, 'A');

		if (!rc)
			rc = check_create(env, &c.graph);
		if (!check_setup(env, rc, "a device of virtio-pmem (%s)", dm_complaint()))
			break;
		name = c.graph.devices[c.device].name;
		granted = ask_mounted(env, &c, path, false);
	}
	if (!check_complained(env)) {
		if (granted)
			check_evidence(env, "%s was made of virtio-pmem alone", name);
		ask_mounted(env, &c, path, true);
	}
	check_setup(env, graph_destroy(&c.graph), "removing the devices");
}

/* ---- durable --------------------------------------------------------------------------------- */

struct durable {
	struct shape shape;
	const char *fs;
	enum { HOLE, UNWRITTEN } file;
};

/* Where the copy goes: behind everything that the scenes of this check use. */
enum { COPY_AT_SECTORS = 312 << (20 - 9) };

/* A device for the copy, on the last member.  Returns its index in graph, or -errno. */
static int add_copy_device(struct check_env *env, struct graph *graph, uint64_t bytes)
{
	const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, 1);
	char name[64];
	int member, device;

	member = graph_add_namespace(graph, ns);
	device = graph_add_dm(graph, check_name(env, "copy", name));
	if (device < 0)
		return device;
	if (graph_add_linear(graph, (unsigned int)device, bytes / SECTOR_BYTES,
			     (unsigned int)member, COPY_AT_SECTORS) < 0 ||
	    graph_create(graph) < 0)
		return -EIO;
	return device;
}

/* What is on the memory of the scene's device now, past the caches of the device itself: read from
 * the namespaces.  Returns 0 or -errno. */
static int copy_device(const struct scene *scene, const char *to, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes;) {
		struct graph_place place;
		uint64_t len;
		int rc = graph_resolve(&scene->graph, scene->device, at, &place);

		if (rc < 0)
			return rc;
		len = place.contiguous_bytes < bytes - at ? place.contiguous_bytes : bytes - at;
		rc = bio_copy(place.ns->node, place.offset_bytes, to, at, len);
		if (rc < 0)
			return rc;
		at += len;
	}
	return 0;
}

/* A file of no written block, known to the filesystem for good.  Returns a descriptor or -errno. */
static int blank_file(const struct check_fs *fs, const char *name, bool unwritten)
{
	char path[sizeof(fs->where) + 32];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", fs->where, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = unwritten ? fallocate(fd, 0, 0, FILE_BYTES) : ftruncate(fd, FILE_BYTES);
	if (!rc)
		rc = syncfs(fd);
	if (!rc)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* Reads a page of a file of the copy. */
static int page_of_copy(const struct check_fs *fs, const char *name, uint64_t at,
			char page[PAGE_BYTES])
{
	char path[sizeof(fs->where) + 32];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", fs->where, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = pread(fd, page, PAGE_BYTES, (off_t)at) == PAGE_BYTES ? 0 : -EIO;
	close(fd);
	return rc;
}

enum { STORED_AT = 5 * PAGE_BYTES };

/* The copy is mounted as after a power cut: the journal is replayed. */
static void look_at_copy(struct check_env *env, const struct durable *d, const char *node)
{
	struct check_fs copy = {.fs = {.type = d->fs}};
	char page[PAGE_BYTES];

	snprintf(copy.node, sizeof(copy.node), "%s", node);
	snprintf(copy.where, sizeof(copy.where), "%s/copy", env->directory);
	copy.fs.node = copy.node;
	copy.fs.where = copy.where;
	if (!check_setup(env, mkdir(copy.where, 0700) < 0 ? -errno : 0, "making %s", copy.where))
		return;
	/* Filesystem and file outlive a power cut, or nothing in them does. */
	if (!check_errno(env, fs_mount(&copy.fs), 0, "mounting what a power cut leaves"))
		return;
	if (check_errno(env, page_of_copy(&copy, "synchronous", STORED_AT, page), 0,
			"reading the file in what a power cut leaves"))
		check_bytes(env, "what was stored with MAP_SYNC, in a copy of the device", page,
			    PAGE_BYTES, SCENE_FILE_ID, STORED_AT, SECOND_GENERATION);
	if (check_setup(env, page_of_copy(&copy, "plain", STORED_AT, page),
			"reading the copy of the other file"))
		check_observe(env, "plain_store_is_durable",
			      json_boolean(stamp_check(page, PAGE_BYTES, OTHER_FILE_ID, STORED_AT,
						       SECOND_GENERATION, NULL) == PAGE_BYTES));
	check_unmount(env, &copy);
}

/* Stores a page with MAP_SYNC and its lines flushed, one without.  Returns 0 or -errno. */
static int store_both(struct check_env *env, int sync_fd, int plain_fd)
{
	char *sync = NULL, *plain;
	int rc = map_sync(sync_fd, &sync);

	if (!check_errno(env, rc, 0, "mmap(MAP_SYNC)"))
		return rc;
	plain = mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, plain_fd, 0);
	if (plain == MAP_FAILED) {
		rc = -errno;
		unmap(sync);
		return rc;
	}
	stamp_fill(sync + STORED_AT, PAGE_BYTES, SCENE_FILE_ID, STORED_AT, SECOND_GENERATION);
	flush_cpu(sync + STORED_AT, PAGE_BYTES);
	stamp_fill(plain + STORED_AT, PAGE_BYTES, OTHER_FILE_ID, STORED_AT, SECOND_GENERATION);
	flush_cpu(plain + STORED_AT, PAGE_BYTES);
	unmap(sync);
	unmap(plain);
	return 0;
}

static void durable(struct check_env *env, const void *arg)
{
	const struct durable *d = arg;
	const struct scene_spec spec = {.fs = d->fs};
	uint64_t bytes = scene_device_bytes(d->fs);
	int copy, fds[2] = {-1, -1}, rc;
	struct graph other = {0};
	struct scene scene;

	if (!scene_open(env, &d->shape, &spec, &scene))
		return;
	rc = copy = add_copy_device(env, &other, bytes);
	if (!check_setup(env, rc, "a device for the copy (%s)", dm_complaint()))
		goto out;
	fds[0] = blank_file(&scene.fs, "synchronous", d->file == UNWRITTEN);
	fds[1] = blank_file(&scene.fs, "plain", d->file == UNWRITTEN);
	rc = fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;
	if (!check_setup(env, rc, "making files of no block"))
		goto out;
	rc = store_both(env, fds[0], fds[1]);
	if (check_complained(env) || !check_setup(env, rc, "mapping the other file"))
		goto out;
	rc = copy_device(&scene, other.devices[copy].node, bytes);
	if (check_setup(env, rc, "copying the device"))
		look_at_copy(env, d, other.devices[copy].node);
out:
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	check_setup(env, graph_destroy(&other), "removing the device of the copy");
	scene_close(env, &scene);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY_MMAP "mmap(2), MAP_SYNC"
#define BY_ASYNC                                                                                \
	BY_MMAP "; commit \"libnvdimm: nd_region flush callback support\" and those after it: " \
		"\"dax: check synchronous mapping is supported\", \"dm: enable synchronous dax\""

#define STACK(fs_, granted_, ...) \
	(&(const struct stack_case){.shape = {__VA_ARGS__}, .fs = fs_, .granted = granted_})
#define DURABLE(fs_, file_, ...) \
	(&(const struct durable){.shape = {__VA_ARGS__}, .fs = fs_, .file = file_})

#define SYNC NAMESPACE_FSDAX
#define ASYNC NAMESPACE_VIRTIO

static const char *const needs_one[] = {"device:fsdax", "target:linear", "fs:ext4", NULL};
static const char *const needs_two[] = {"device:fsdax:2", "target:linear", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "target:linear", "fs:xfs", NULL};
static const char *const needs_striped[] = {"device:fsdax:2", "target:striped", "fs:ext4", NULL};
static const char *const needs_virtio[] = {"device:virtio", "target:linear", "fs:ext4", NULL};
static const char *const needs_virtio_xfs[] = {"device:virtio", "target:linear", "fs:xfs", NULL};
static const char *const needs_mixed[] = {"device:fsdax",   "device:virtio", "target:linear",
					  "target:striped", "fs:ext4",	     NULL};
static const char *const needs_nothing[] = {NULL};

#define GRANTED_RAW (PLANT_VALUE | PLANT_FRAME | PLANT_BYTE)
#define GRANTED (GRANTED_RAW | PLANT_STACK)
#define REFUSED_RAW (PLANT_VALUE | PLANT_FRAME)
#define REFUSED (REFUSED_RAW | PLANT_STACK)

static const struct check_item items[] = {
	{
		.name = "granted.raw",
		.promise = "MAP_SYNC is granted on an NVDIMM",
		.by = BY_MMAP,
		.needs = needs_one,
		.plants = GRANTED_RAW,
		.run = stack_case,
		.arg = STACK("ext4", true, .name = "a namespace"),
	},
	{
		.name = "granted.linear.ext4",
		.promise = "MAP_SYNC is granted on a linear device whose members all are NVDIMMs",
		.by = BY_ASYNC,
		.needs = needs_two,
		.flags = CHECK_QUICK,
		.plants = GRANTED | PLANT_DMESG,
		.run = stack_case,
		.arg = STACK("ext4", true, .name = "linear", .depth = 1, .segments = 4,
			     .members = 2),
	},
	{
		.name = "granted.linear.xfs",
		.promise = "MAP_SYNC is granted on a linear device whose members all are NVDIMMs",
		.by = BY_ASYNC,
		.needs = needs_xfs,
		.plants = GRANTED,
		.run = stack_case,
		.arg = STACK("xfs", true, .name = "linear", .depth = 1, .segments = 4,
			     .members = 2),
	},
	{
		.name = "granted.striped",
		.promise = "MAP_SYNC is granted on a striped device whose members all are NVDIMMs",
		.by = BY_ASYNC,
		.needs = needs_striped,
		.plants = GRANTED,
		.run = stack_case,
		.arg = STACK("ext4", true, .name = "striped", .depth = 1, .members = 2,
			     .chunk_bytes = WINDOW_BYTES),
	},
	{
		.name = "granted.depth",
		.promise = "MAP_SYNC is granted through three devices on NVDIMMs",
		.by = BY_ASYNC,
		.needs = needs_two,
		.plants = GRANTED,
		.run = stack_case,
		.arg = STACK("ext4", true, .name = "linear of depth 3", .depth = 3, .segments = 4,
			     .members = 2),
	},
	{
		.name = "granted.reload",
		.promise = "a device whose last virtio-pmem goes grants MAP_SYNC from then on",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = sequence,
		.arg = "AMS",
	},
	{
		.name = "refused.virtio.raw.ext4",
		.promise = "MAP_SYNC is refused over virtio-pmem, whose flush is the hypervisor's",
		.by = BY_ASYNC,
		.needs = needs_virtio,
		.plants = REFUSED_RAW,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "virtio-pmem", .modes = {ASYNC}),
	},
	{
		.name = "refused.virtio.raw.xfs",
		.promise = "MAP_SYNC is refused over virtio-pmem, whose flush is the hypervisor's",
		.by = BY_ASYNC,
		.needs = needs_virtio_xfs,
		.plants = REFUSED_RAW,
		.run = stack_case,
		.arg = STACK("xfs", false, .name = "virtio-pmem", .modes = {ASYNC}),
	},
	{
		.name = "refused.virtio.linear",
		.promise = "MAP_SYNC is refused over virtio-pmem through a linear device",
		.by = BY_ASYNC,
		.needs = needs_virtio,
		.flags = CHECK_QUICK,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "linear over virtio-pmem", .depth = 1,
			     .segments = 2, .modes = {ASYNC}),
	},
	{
		.name = "refused.virtio.depth",
		.promise = "MAP_SYNC is refused over virtio-pmem through three devices",
		.by = BY_ASYNC,
		.needs = needs_virtio,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "linear of depth 3 over virtio-pmem",
			     .depth = 3, .segments = 2, .modes = {ASYNC}),
	},
	{
		.name = "refused.mixed.first",
		.promise =
			"one member that is virtio-pmem, the first, is enough to refuse MAP_SYNC",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "linear over virtio-pmem and an NVDIMM",
			     .depth = 1, .segments = 2, .members = 2, .modes = {ASYNC, SYNC}),
	},
	{
		.name = "refused.mixed.last",
		.promise = "one member that is virtio-pmem, the last, is enough to refuse MAP_SYNC",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "linear over an NVDIMM and virtio-pmem",
			     .depth = 1, .segments = 2, .members = 2, .modes = {SYNC, ASYNC}),
	},
	{
		.name = "refused.mixed.striped",
		.promise = "one stripe on virtio-pmem is enough to refuse MAP_SYNC",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "striped over an NVDIMM and virtio-pmem",
			     .depth = 1, .chunk_bytes = WINDOW_BYTES, .members = 2,
			     .modes = {SYNC, ASYNC}),
	},
	{
		.name = "refused.mixed.depth",
		.promise = "one member that is virtio-pmem, three devices below, is enough to "
			   "refuse MAP_SYNC",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false,
			     .name = "linear of depth 3 over an NVDIMM and virtio-pmem", .depth = 3,
			     .segments = 2, .members = 2, .modes = {SYNC, ASYNC}),
	},
	{
		.name = "refused.not_dax",
		.promise = "MAP_SYNC is refused where the filesystem is mounted without DAX, "
			   "though the device could",
		.by = BY_MMAP,
		.needs = needs_one,
		.plants = PLANT_VALUE,
		.run = never_dax,
		.arg = "ext4",
	},
	{
		.name = "refused.other_filesystem",
		.promise = "MAP_SYNC is refused by filesystems that know nothing of it",
		.by = BY_MMAP,
		.needs = needs_nothing,
		.plants = PLANT_VALUE,
		.run = other_filesystem,
	},
	{
		.name = "reload.to_async",
		.promise = "a device that was synchronous and gets virtio-pmem as its member "
			   "refuses MAP_SYNC from then on",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.flags = CHECK_QUICK,
		.plants = PLANT_VALUE,
		.run = sequence,
		.arg = "SA",
	},
	{
		.name = "reload.to_mixed",
		.promise = "a device that was synchronous and gets virtio-pmem as one of its "
			   "members refuses MAP_SYNC from then on",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = sequence,
		.arg = "SM",
	},
	{
		.name = "reload.there_and_back",
		.promise = "MAP_SYNC follows a table that goes from synchronous to virtio-pmem "
			   "and back, twice",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = sequence,
		.arg = "SASA",
	},
	{
		.name = "reload.mounted",
		.promise = "a device refuses new MAP_SYNC mappings once a part of it is moved to "
			   "virtio-pmem, the filesystem being mounted",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = sequence_mounted,
	},
	{
		.name = "below.changed",
		.promise = "a device refuses MAP_SYNC once the device below it stands on "
			   "virtio-pmem",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = sequence_below,
		.arg = &(const bool){false},
	},
	{
		.name = "below.reloaded",
		.promise = "a device refuses MAP_SYNC once the device below it stands on "
			   "virtio-pmem and its own table was loaded again",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = sequence_below,
		.arg = &(const bool){true},
	},
	{
		.name = "inherited",
		.promise = "what a removed device had been does not matter to a new one: over "
			   "virtio-pmem, MAP_SYNC is refused",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = inherited,
	},
	{
		.name = "durable.raw",
		.promise = "what was stored into a hole with MAP_SYNC and flushed by the processor "
			   "is in the file after a power cut, without fsync",
		.by = BY_MMAP,
		.needs = needs_two,
		.plants = PLANT_BYTE | PLANT_VALUE,
		.run = durable,
		.arg = DURABLE("ext4", HOLE, .name = "a namespace"),
	},
	{
		.name = "durable.hole.ext4",
		.promise = "what was stored into a hole with MAP_SYNC and flushed by the processor "
			   "is in the file after a power cut, without fsync",
		.by = BY_MMAP,
		.needs = needs_two,
		.flags = CHECK_QUICK,
		.plants = PLANT_BYTE | PLANT_VALUE | PLANT_STACK,
		.run = durable,
		.arg = DURABLE("ext4", HOLE, .name = "linear", .depth = 1, .segments = 4,
			       .members = 2),
	},
	{
		.name = "durable.hole.xfs",
		.promise = "what was stored into a hole with MAP_SYNC and flushed by the processor "
			   "is in the file after a power cut, without fsync",
		.by = BY_MMAP,
		.needs = needs_xfs,
		.plants = PLANT_BYTE | PLANT_VALUE | PLANT_STACK,
		.run = durable,
		.arg = DURABLE("xfs", HOLE, .name = "linear", .depth = 1, .segments = 4,
			       .members = 2),
	},
	{
		.name = "durable.unwritten",
		.promise = "what was stored into unwritten blocks with MAP_SYNC and flushed by the "
			   "processor is in the file after a power cut, without fsync",
		.by = BY_MMAP,
		.needs = needs_striped,
		.plants = PLANT_BYTE | PLANT_VALUE | PLANT_STACK,
		.run = durable,
		.arg = DURABLE("ext4", UNWRITTEN, .name = "striped", .depth = 1, .members = 2,
			       .chunk_bytes = WINDOW_BYTES),
	},
	{0},
};

const struct check_family check_sync = {
	.name = "sync",
	.why = "MAP_SYNC is granted exactly where every member is synchronous, and is durable",
	.items = items,
};
