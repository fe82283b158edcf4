// SPDX-License-Identifier: GPL-2.0-only
/*
 * Durability: what has to reach the memory is counted inside the kernel, without device-mapper and
 * through it.  Doing less than without is a failure, even when it is faster.
 *
 *   written back  the cache lines of every dirty page, at fsync(2) and whatever else promises it:
 *                 dax_writeback_mapping_range -> dax_flush(dm's dax_device) -> arch_wb_cache_pmem
 *   flushed       every member that holds a part: REQ_PREFLUSH -> dm clones it to all members
 *                 -> pmem_submit_bio -> nvdimm_flush(region) [-> virtio_pmem_flush]
 *   not cached    copies past the cache: write(2) -> dax_copy_from_iter, bios -> pmem_do_write
 *   clean         after that, the next store faults: the page is known as dirty again
 *
 * The calls are seen one by one (check/calls.h), with their addresses: it is not their number that
 * counts but whether each dirty page is among them, at the place that the model says.
 * Left out: whether the processor's instructions do what they say; the power cut.
 *
 * Alone: ./run.sh check --check 'flush.*'
 */
#include "check/bio.h"
#include "check/calls.h"
#include "check/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FILE_BYTES = 4 * WINDOW_BYTES,
	STORE_AT = 2048, /* in a page */
	PAGES_MAX = 8,
};

/* What is watched, in this order. */
enum { WRITE_BACK, FLUSH };
static const char *const functions[] = {"arch_wb_cache_pmem", "nvdimm_flush", NULL};

/* Segments and stripes are so short that every file is on all members. */
static const struct shape raw = {.name = "a namespace"};

#define LINEAR_2 .name = "linear over two", .depth = 1, .segments = 32, .members = 2
#define STRIPED_2 .name = "striped over two", .depth = 1, .chunk_bytes = WINDOW_BYTES, .members = 2
#define DEPTH_3 .name = "linear of depth 3", .depth = 3, .segments = 32, .members = 2

/* ---- pages and their memory ------------------------------------------------------------------ */

/* The pages that get dirty: no regular distance, more than one on every member. */
static const uint64_t some_pages[PAGES_MAX] = {1, 2, 5, 511, 512, 700, 1029, 2047};

/* What is seen of a scene: where the kernel has the memory. */
struct view {
	const struct scene *scene;
	struct calls *calls;
	struct extents extents;
	uint64_t base; /* kernel address of physical address 0 */
};

static bool store_page(struct check_env *env, const struct scene *scene, uint64_t page)
{
	static char value;

	return check_equal(env,
			   check_store(scene->base + page * PAGE_BYTES + STORE_AT, ++value).signal,
			   0, "signal of a store into the mapping");
}

/* Whether one of the calls covers these physical bytes. */
static bool is_written_back(const struct view *v, uint64_t physical, uint64_t len)
{
	for (size_t i = 0; i < v->calls->n; i++) {
		const struct call *c = &v->calls->list[i];

		if (c->function == WRITE_BACK && c->arg[0] <= v->base + physical &&
		    c->arg[0] + c->arg[1] >= v->base + physical + len)
			return true;
	}
	return false;
}

/* The promise: the page of a file offset was written back, where the model has it. */
static bool judge_page(struct check_env *env, const struct view *v, uint64_t offset,
		       const char *name)
{
	uint64_t pfn = 0;
	int rc = graph_expected_pfn(&v->extents, &v->scene->graph, v->scene->device, offset, &pfn);

	return check_setup(env, rc, "the frame of file offset %" PRIu64, offset) &&
	       check_that(env, is_written_back(v, pfn * PAGE_BYTES, PAGE_BYTES),
			  "the cache lines of the dirty page at file offset %" PRIu64
			  " were written back on %s",
			  offset, name);
}

/* Finds the kernel's address of memory from a page that is known: stored into, written back, looked
 * up in pagemap.  Returns false after check_broken(). */
static bool begin_view(struct check_env *env, struct view *v, const struct scene *scene,
		       struct calls *calls)
{
	uint64_t pfn = 0;
	int fd, rc;

	*v = (struct view){.scene = scene, .calls = calls};
	if (check_store(scene->base + STORE_AT, 1).signal)
		return false;
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	rc = fd < 0 ? -errno : mapped_pfns(fd, scene->base, &pfn, 1);
	if (fd >= 0)
		close(fd);
	calls_start(calls);
	if (!rc && fsync(scene->fd) < 0)
		rc = -errno;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "writing one page back"))
		return false;
	if (!pfn || calls_count(calls, WRITE_BACK) != 1) {
		check_broken(env, "one dirty page was written back by %zu calls, it must be one",
			     calls_count(calls, WRITE_BACK));
		return false;
	}
	for (size_t i = 0; i < calls->n; i++)
		if (calls->list[i].function == WRITE_BACK)
			v->base = calls->list[i].arg[0] - pfn * PAGE_BYTES;
	return check_setup(env, extents_read(scene->fd, &v->extents), "reading the extents");
}

static void end_view(struct view *v)
{
	extents_free(&v->extents);
}

/* ---- written back ---------------------------------------------------------------------------- */

enum how { FSYNC, FDATASYNC, MSYNC, SYNCFS, UNMOUNT, FREEZE };

/* What promises durability.  Returns 0 or -errno. */
static int make_durable(struct check_env *env, struct scene *scene, enum how how)
{
	const struct graph_device *d = &scene->graph.devices[scene->device];
	int rc = 0, fd;

	switch (how) {
	case FSYNC:
		rc = fsync(scene->fd);
		break;
	case FDATASYNC:
		rc = fdatasync(scene->fd);
		break;
	case MSYNC:
		rc = msync(scene->base, FILE_BYTES, MS_SYNC);
		break;
	case SYNCFS:
		rc = syncfs(scene->fd);
		break;
	case UNMOUNT:
		mapping_drop(&scene->mapping);
		scene->mapping.reserved = NULL;
		close(scene->fd);
		scene->fd = -1;
		return check_unmount(env, &scene->fs);
	case FREEZE:
		if (d->kind == GRAPH_DM) {
			rc = dm_device_suspend(d->name, 0);
			return rc ? rc : dm_device_resume(d->name, 0);
		}
		fd = open(scene->fs.where, O_RDONLY | O_CLOEXEC);
		rc = fd < 0 ? -1 : ioctl(fd, FIFREEZE, 0) < 0 ? -1 : ioctl(fd, FITHAW, 0);
		if (fd >= 0)
			close(fd);
		break;
	}
	return rc < 0 ? -errno : 0;
}

struct written {
	struct shape shape;
	const char *fs;
	bool large; /* PMDs */
	enum how how;
};

/* Makes pages dirty and durable, and judges each.  Returns how many bytes were written back, or
 * -EIO after a complaint. */
static int64_t write_back(struct check_env *env, const struct written *w, const struct shape *shape,
			  struct calls *calls)
{
	const struct scene_spec spec = {
		.fs = w->fs, .file_bytes = FILE_BYTES, .small_pages = !w->large};
	struct scene scene;
	struct view view;
	int64_t bytes = -EIO;
	bool good = true;

	if (!scene_open(env, shape, &spec, &scene))
		return -EIO;
	if (!begin_view(env, &view, &scene, calls))
		goto out;
	for (int i = 0; i < PAGES_MAX && good; i++)
		good = store_page(env, &scene, some_pages[i]);
	calls_start(calls);
	good = good && check_setup(env, make_durable(env, &scene, w->how), "making it durable");
	good = calls_stop(env, calls) && good;
	for (int i = 0; i < PAGES_MAX && good; i++)
		good = judge_page(env, &view, some_pages[i] * PAGE_BYTES, shape->name);
	if (good)
		bytes = (int64_t)calls_sum(calls, WRITE_BACK, 1);
out:
	end_view(&view);
	scene_close(env, &scene);
	return bytes;
}

static void written_back(struct check_env *env, const void *arg)
{
	const struct written *w = arg;
	struct calls calls;
	int64_t without, through;

	if (calls_open(env, &calls, functions)) {
		without = write_back(env, w, &raw, &calls);
		through = without < 0 ? -EIO : write_back(env, w, &w->shape, &calls);
		if (through >= 0)
			check_equal(
				env, through, without,
				"bytes written back on %s, without device-mapper it is %" PRId64,
				w->shape.name, without);
	}
	calls_close(&calls);
}

/* ---- clean afterwards ------------------------------------------------------------------------ */

struct again {
	struct shape shape;
	const char *fs;
	bool large;
};

/* Faults of a store. */
static uint64_t store_faults(struct check_env *env, const struct scene *scene, uint64_t page)
{
	uint64_t before = page_faults();

	store_page(env, scene, page);
	return page_faults() - before;
}

static void dirty_again(struct check_env *env, const struct again *a, const struct shape *shape,
			struct calls *calls)
{
	const uint64_t page = some_pages[5];
	const struct scene_spec spec = {
		.fs = a->fs, .file_bytes = FILE_BYTES, .small_pages = !a->large};
	struct scene scene;
	struct view view;
	int rc = 0;

	if (!scene_open(env, shape, &spec, &scene))
		return;
	if (!begin_view(env, &view, &scene, calls))
		goto out;
	store_page(env, &scene, page);
	check_equal(env, (int64_t)store_faults(env, &scene, page), 0,
		    "faults of a second store on %s", shape->name);
	if (fsync(scene.fd) < 0)
		rc = -errno;
	check_that(env, store_faults(env, &scene, page) > 0,
		   "the first store after fsync faults on %s", shape->name);
	calls_start(calls);
	if (fsync(scene.fd) < 0)
		rc = -errno;
	if (calls_stop(env, calls) && check_setup(env, rc, "fsync"))
		judge_page(env, &view, page * PAGE_BYTES, shape->name);
out:
	end_view(&view);
	scene_close(env, &scene);
}

static void clean_afterwards(struct check_env *env, const void *arg)
{
	const struct again *a = arg;
	struct calls calls;

	if (calls_open(env, &calls, functions)) {
		dirty_again(env, a, &raw, &calls);
		if (!check_complained(env))
			dirty_again(env, a, &a->shape, &calls);
	}
	calls_close(&calls);
}

/* The same page once more through a mapping of small pages beside one of large pages. */
static void alias(struct check_env *env, const void *arg)
{
	const struct scene_spec spec = {.fs = arg, .file_bytes = FILE_BYTES};
	const struct shape shape = {LINEAR_2};
	const uint64_t at = some_pages[5] * PAGE_BYTES;
	struct mapping small = {0};
	struct scene scene = {.fd = -1};
	struct view view = {0};
	struct calls calls;
	uint64_t faults;
	int rc;

	if (!calls_open(env, &calls, functions) || !scene_open(env, &shape, &spec, &scene))
		goto out;
	if (!begin_view(env, &view, &scene, &calls))
		goto out;
	rc = mapping_make(&small, scene.fd, FILE_BYTES, MAP_SHARED, false);
	if (!check_setup(env, rc, "a mapping of small pages"))
		goto out;
	store_page(env, &scene, some_pages[5]);
	check_store(small.base + at, 'a');
	if (!check_setup(env, fsync(scene.fd) < 0 ? -errno : 0, "fsync"))
		goto out;
	faults = page_faults();
	check_store(small.base + at, 'b');
	check_that(env, page_faults() > faults,
		   "the first store after fsync through the small page faults");
	calls_start(&calls);
	rc = fsync(scene.fd) < 0 ? -errno : 0;
	if (calls_stop(env, &calls) && check_setup(env, rc, "fsync"))
		judge_page(env, &view, at, "a mapping of small pages beside one of large pages");
out:
	if (small.reserved)
		mapping_drop(&small);
	end_view(&view);
	scene_close(env, &scene);
	calls_close(&calls);
}

/* ---- every member ---------------------------------------------------------------------------- */

/* Which nd_region a namespace is flushed by: asked of itself.  0 after check_broken(). */
static uint64_t region_of(struct check_env *env, const struct namespace *ns, struct calls *calls)
{
	int fd = open(ns->node, O_RDONLY | O_CLOEXEC), rc = fd < 0 ? -errno : 0;
	uint64_t region = 0;

	calls_start(calls);
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	calls_stop(env, calls);
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < calls->n; i++) {
		const struct call *c = &calls->list[i];

		if (c->function == FLUSH && region && c->arg[0] != region)
			rc = -EAGAIN;
		else if (c->function == FLUSH)
			region = c->arg[0];
	}
	if (!check_setup(env, rc, "flushing %s by itself", ns->node))
		return 0;
	if (!region)
		check_broken(env, "a flush of %s did not reach nvdimm_flush()", ns->node);
	return region;
}

/* How often a region was flushed after the last cache line was written back. */
static size_t flushes_of(const struct calls *calls, uint64_t region)
{
	size_t n = 0;

	for (size_t i = 0; i < calls->n; i++) {
		if (calls->list[i].function == WRITE_BACK)
			n = 0;
		else if (calls->list[i].function == FLUSH && calls->list[i].arg[0] == region)
			n++;
	}
	return n;
}

/* The regions of two namespaces.  Returns true if they differ, or false after a complaint. */
static bool regions_of(struct check_env *env, const struct namespace *ns[2], struct calls *calls,
		       uint64_t regions[2])
{
	for (int i = 0; i < 2; i++) {
		regions[i] = region_of(env, ns[i], calls);
		if (!regions[i])
			return false;
	}
	if (regions[0] != regions[1])
		return true;
	check_skip(env, "name namespaces of two regions with --device",
		   "%s and %s are in one region and cannot be told apart", ns[0]->node,
		   ns[1]->node);
	return false;
}

enum member_how { BY_FSYNC, BY_DSYNC_WRITE, BY_BLOCK_DEVICE };

struct members {
	struct shape shape;
	enum member_how how;
};

/* One page of each window is made dirty or written, and made durable. */
static int reach_members(struct check_env *env, struct scene *scene, enum member_how how)
{
	const struct graph_device *d = &scene->graph.devices[scene->device];
	char path[sizeof(scene->fs.where) + 8], page[PAGE_BYTES] = {1};
	int rc = 0, fd = -1;

	if (how == BY_FSYNC) {
		for (uint64_t w = 0; w < FILE_BYTES / WINDOW_BYTES; w++)
			store_page(env, scene, w * WINDOW_PAGES);
		return fsync(scene->fd) < 0 ? -errno : 0;
	}
	snprintf(path, sizeof(path), "%s/file", scene->fs.where);
	fd = open(how == BY_BLOCK_DEVICE ? d->node : path,
		  how == BY_BLOCK_DEVICE ? O_RDONLY | O_CLOEXEC : O_RDWR | O_DSYNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (how == BY_BLOCK_DEVICE)
		rc = fsync(fd) < 0 ? -errno : 0;
	for (uint64_t at = 0; at < FILE_BYTES && how == BY_DSYNC_WRITE && !rc; at += WINDOW_BYTES)
		if (pwrite(fd, page, sizeof(page), (off_t)at) != (ssize_t)sizeof(page))
			rc = -EIO;
	close(fd);
	return rc;
}

static void every_member(struct check_env *env, const void *arg)
{
	const struct members *m = arg;
	const struct scene_spec spec = {.fs = "ext4", .file_bytes = FILE_BYTES};
	const struct namespace *ns[2];
	struct scene scene = {.fd = -1};
	uint64_t regions[2];
	struct calls calls;
	int rc;

	for (unsigned int i = 0, taken[NAMESPACE_VIRTIO + 1] = {0}; i < 2; i++)
		ns[i] = check_device(env, m->shape.modes[i], taken[m->shape.modes[i]]++);
	if (!calls_open(env, &calls, functions) || !regions_of(env, ns, &calls, regions) ||
	    !scene_open(env, &m->shape, &spec, &scene))
		goto out;
	calls_start(&calls);
	rc = reach_members(env, &scene, m->how);
	if (!calls_stop(env, &calls) || !check_setup(env, rc, "making it durable"))
		goto out;
	for (int i = 0; i < 2; i++)
		check_that(env, flushes_of(&calls, regions[i]) > 0,
			   "%s, a member of %s, is flushed after the last cache line was written "
			   "back",
			   ns[i]->node, m->shape.name);
out:
	scene_close(env, &scene);
	calls_close(&calls);
}

/* ---- the hypervisor's flush ------------------------------------------------------------------ */

static const char *const virtio_functions[] = {"arch_wb_cache_pmem", "nvdimm_flush",
					       "virtio_pmem_flush|async_pmem_flush", NULL};
enum { HOST_FLUSH = 2 };

/* Stores, fsyncs.  Returns how many requests went to the hypervisor after the last cache line was
 * written back, or -EIO after a complaint. */
static int64_t host_flushes(struct check_env *env, const struct shape *shape, struct calls *calls)
{
	const struct scene_spec spec = {.fs = "ext4", .file_bytes = FILE_BYTES};
	struct scene scene;
	int64_t n = 0;
	int rc;

	if (!scene_open(env, shape, &spec, &scene))
		return -EIO;
	for (int i = 0; i < PAGES_MAX; i++)
		store_page(env, &scene, some_pages[i]);
	calls_start(calls);
	rc = fsync(scene.fd) < 0 ? -errno : 0;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "fsync"))
		n = -EIO;
	for (size_t i = 0; i < calls->n && n >= 0; i++) {
		if (calls->list[i].function == WRITE_BACK)
			n = 0;
		n += calls->list[i].function == HOST_FLUSH;
	}
	scene_close(env, &scene);
	return n;
}

static void hypervisor(struct check_env *env, const void *arg)
{
	const struct shape virtio = {.name = "virtio-pmem", .modes = {NAMESPACE_VIRTIO}};
	const struct shape *shape = arg;
	int64_t without, through;
	struct calls calls;

	if (calls_open(env, &calls, virtio_functions)) {
		without = host_flushes(env, &virtio, &calls);
		through = without < 0 ? -EIO : host_flushes(env, shape, &calls);
		if (through >= 0) {
			check_that(env, without > 0,
				   "fsync on virtio-pmem asks the hypervisor to flush");
			check_that(env, through >= without,
				   "fsync on %s asks the hypervisor to flush %" PRId64
				   " times or more, as without device-mapper: it was %" PRId64,
				   shape->name, without, through);
		}
	}
	calls_close(&calls);
}

/* ---- past the cache -------------------------------------------------------------------------- */

enum { COPY_BYTES = 64 << 10 };

/* Bytes of write(2) that were copied past the cache, or -EIO after a complaint. */
static int64_t copied_by_write(struct check_env *env, const struct shape *shape,
			       struct calls *calls)
{
	const struct scene_spec spec = {.fs = "ext4", .file_bytes = FILE_BYTES};
	char *buffer = aligned_alloc(PAGE_BYTES, COPY_BYTES);
	struct scene scene;
	int64_t n = -EIO;
	int rc = -ENOMEM;

	if (!scene_open(env, shape, &spec, &scene)) {
		free(buffer);
		return -EIO;
	}
	calls_start(calls);
	if (buffer) {
		memset(buffer, 'w', COPY_BYTES);
		rc = pwrite(scene.fd, buffer, COPY_BYTES, 0) == COPY_BYTES ? 0 : -EIO;
	}
	if (calls_stop(env, calls) && check_setup(env, rc, "writing"))
		n = (int64_t)calls_sum(calls, 0, 2);
	scene_close(env, &scene);
	free(buffer);
	return n;
}

/* Bytes of a bio that were. */
static int64_t copied_by_bio(struct check_env *env, const struct shape *shape, struct calls *calls)
{
	char *buffer = calloc(1, COPY_BYTES);
	struct graph graph;
	int device = shape_make(env, shape, scene_device_bytes("ext4"), &graph);
	int rc = buffer ? 0 : -ENOMEM;
	int64_t n = -EIO;

	if (device >= 0) {
		calls_start(calls);
		if (!rc)
			rc = bio_write(graph.devices[device].node, 0, buffer, COPY_BYTES);
		if (calls_stop(env, calls) && check_setup(env, rc, "writing"))
			n = (int64_t)calls_sum(calls, 0, 2);
		check_setup(env, graph_destroy(&graph), "removing the device");
	}
	free(buffer);
	return n;
}

struct past {
	struct shape shape;
	const char *function;
	int64_t (*copied)(struct check_env *env, const struct shape *shape, struct calls *calls);
};

static void past_the_cache(struct check_env *env, const void *arg)
{
	const struct past *p = arg;
	const char *const names[] = {p->function, NULL};
	int64_t without, through;
	struct calls calls;

	if (!calls_open(env, &calls, names))
		goto out;
	without = p->copied(env, &raw, &calls);
	if (without >= 0 && without < COPY_BYTES) {
		check_skip(env, "a kernel whose copy past the cache is known by name",
			   "%s sees %" PRId64 " of %d bytes without device-mapper", p->function,
			   without, COPY_BYTES);
		goto out;
	}
	through = without < 0 ? -EIO : p->copied(env, &p->shape, &calls);
	if (through >= 0)
		check_equal(env, through, without, "bytes copied past the cache on %s",
			    p->shape.name);
out:
	calls_close(&calls);
}

/* Zeroes that are written into a part of a page, on the way to a hole beside it. */
static bool zeroed_part(struct check_env *env, const struct shape *shape, struct calls *calls)
{
	const struct scene_spec spec = {.fs = "ext4", .file_bytes = FILE_BYTES};
	const uint64_t at = some_pages[5] * PAGE_BYTES, from = 1024, len = 512;
	struct scene scene;
	struct view view;
	uint64_t pfn = 0;
	bool good = false;
	int rc;

	if (!scene_open(env, shape, &spec, &scene))
		return false;
	if (!begin_view(env, &view, &scene, calls))
		goto out;
	calls_start(calls);
	rc = fallocate(scene.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(at + from),
		       (off_t)len);
	rc = rc < 0 ? -errno : 0;
	if (!rc && fsync(scene.fd) < 0)
		rc = -errno;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "zeroing"))
		goto out;
	rc = graph_expected_pfn(&view.extents, &scene.graph, scene.device, at, &pfn);
	good = check_setup(env, rc, "the frame") &&
	       check_that(env, is_written_back(&view, pfn * PAGE_BYTES + from, len),
			  "zeroes written into a part of a page are written back by fsync on %s",
			  shape->name);
out:
	end_view(&view);
	scene_close(env, &scene);
	return good;
}

static void zeroes(struct check_env *env, const void *arg)
{
	const struct shape *shape = arg;
	struct calls calls;

	if (calls_open(env, &calls, functions) && zeroed_part(env, &raw, &calls))
		zeroed_part(env, shape, &calls);
	calls_close(&calls);
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* Reads an attribute of a block device.  Returns 0 or -errno. */
static int get_attribute(const char *numbers, const char *name, char value[64])
{
	char path[160];
	FILE *in;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/%s", numbers, name);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	if (!fgets(value, 64, in))
		value[0] = '\0';
	value[strcspn(value, "\n")] = '\0';
	fclose(in);
	return 0;
}

static int set_attribute(const char *numbers, const char *name, const char *value)
{
	char path[160];
	FILE *out;
	int rc = 0;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/%s", numbers, name);
	out = fopen(path, "we");
	if (!out)
		return -errno;
	if (fputs(value, out) == EOF)
		rc = -EIO;
	if (fclose(out) == EOF)
		rc = -errno;
	return rc;
}

static void queue_attribute(struct check_env *env, const void *arg)
{
	const struct shape *shape = arg;
	char value[64] = "", dax[64];
	bool any = false;
	struct graph graph;
	int device = shape_make(env, shape, scene_device_bytes("ext4"), &graph);

	if (device < 0)
		return;
	for (int i = 0; i < device; i++) {
		if (graph.devices[i].kind != GRAPH_NAMESPACE)
			continue;
		if (!check_setup(
			    env,
			    get_attribute(graph.devices[i].numbers, "queue/write_cache", value),
			    "queue/write_cache of %s", graph.devices[i].node))
			goto out;
		any = any || !strcmp(value, "write back");
	}
	if (check_setup(env,
			get_attribute(graph.devices[device].numbers, "queue/write_cache", value),
			"queue/write_cache of %s", shape->name))
		check_that(env, !strcmp(value, any ? "write back" : "write through"),
			   "queue/write_cache of %s is that of its members: it is '%s'",
			   shape->name, value);
	check_observe(
		env, "dax_write_cache",
		json_pack("{sb sb}", "of_the_namespace",
			  !get_attribute(graph.devices[0].numbers, "dax/write_cache", dax),
			  "of_the_stack",
			  !get_attribute(graph.devices[device].numbers, "dax/write_cache", dax)));
out:
	check_setup(env, graph_destroy(&graph), "removing the device");
}

/* ---- members that are switched off and on ---------------------------------------------------- */

#define DAX_WRITE_CACHE "dax/write_cache"

/* The two namespaces' attribute, as it was. */
struct switches {
	const struct namespace *ns[2];
	char numbers[2][32], was[2][64];
};

static bool begin_switches(struct check_env *env, struct switches *s)
{
	for (unsigned int i = 0; i < 2; i++) {
		s->ns[i] = check_device(env, NAMESPACE_FSDAX, i);
		snprintf(s->numbers[i], sizeof(s->numbers[i]), "%u:%u", s->ns[i]->major,
			 s->ns[i]->minor);
		if (get_attribute(s->numbers[i], DAX_WRITE_CACHE, s->was[i]) < 0) {
			check_skip(env, "a kernel whose pmem driver has it",
				   "%s has no attribute " DAX_WRITE_CACHE, s->ns[i]->node);
			return false;
		}
	}
	return true;
}

static bool switch_to(struct check_env *env, const struct switches *s, unsigned int i, bool on)
{
	return check_setup(env, set_attribute(s->numbers[i], DAX_WRITE_CACHE, on ? "1" : "0"),
			   DAX_WRITE_CACHE " of %s", s->ns[i]->node);
}

static void end_switches(struct check_env *env, const struct switches *s)
{
	for (unsigned int i = 0; i < 2; i++)
		check_setup(env, set_attribute(s->numbers[i], DAX_WRITE_CACHE, s->was[i]),
			    "restoring " DAX_WRITE_CACHE);
}

/* Stores one page of each window, fsyncs.  Returns how many bytes were written back, or -EIO. */
static int64_t bytes_of_fsync(struct check_env *env, const struct scene *scene, struct calls *calls)
{
	int rc;

	for (uint64_t w = 0; w < FILE_BYTES / WINDOW_BYTES; w++)
		store_page(env, scene, w * WINDOW_PAGES);
	calls_start(calls);
	rc = fsync(scene->fd) < 0 ? -errno : 0;
	if (!calls_stop(env, calls) || !check_setup(env, rc, "fsync"))
		return -EIO;
	return (int64_t)calls_sum(calls, WRITE_BACK, 1);
}

/*
 * A stack made while its members' attribute is off, so that it writes nothing back.  A device may
 * take over the memory of one that was removed, with what that one had been: those that do are kept
 * until the end, so that their memory is not used again.
 */
enum { TRIES = 10 };

static int open_switched_off(struct check_env *env, const struct shape *shape,
			     const struct scene_spec *spec, struct calls *calls,
			     struct scene *scene, struct graph kept[TRIES])
{
	for (int n = 0;; n++) {
		int64_t bytes;

		if (!scene_open(env, shape, spec, scene))
			return -EIO;
		bytes = bytes_of_fsync(env, scene, calls);
		if (bytes <= 0 || n == TRIES)
			return bytes < 0 ? -EIO : n;
		kept[n] = scene->graph;
		scene->graph = (struct graph){0};
		scene_close(env, scene);
	}
}

/* What turns the stack on again, besides the members' attribute. */
enum turn { NOTHING, RELOAD };

static int reload_same(const struct scene *scene)
{
	const char *name = scene->graph.devices[scene->device].name;
	char *table = graph_table(&scene->graph, scene->device);
	int rc = table ? dm_device_load(name, table, 0) : -ENOMEM;

	if (!rc)
		rc = dm_device_suspend(name, 0);
	if (!rc)
		rc = dm_device_resume(name, 0);
	free(table);
	return rc;
}

static void turned_on(struct check_env *env, const void *arg)
{
	static struct graph kept[TRIES];
	const struct shape shape = {LINEAR_2};
	const struct scene_spec spec = {
		.fs = "ext4", .file_bytes = FILE_BYTES, .small_pages = true};
	const enum turn *turn = arg;
	struct scene scene = {.fd = -1};
	struct switches s = {0};
	struct calls calls;
	int64_t bytes;
	int n = 0;

	if (!calls_open(env, &calls, functions) || !begin_switches(env, &s)) {
		calls_close(&calls);
		return;
	}
	if (!switch_to(env, &s, 0, false) || !switch_to(env, &s, 1, false))
		goto out;
	n = open_switched_off(env, &shape, &spec, &calls, &scene, kept);
	if (n < 0 || !switch_to(env, &s, 0, true) || !switch_to(env, &s, 1, true))
		goto out;
	if (*turn == RELOAD &&
	    !check_setup(env, reload_same(&scene), "loading the table again (%s)", dm_complaint()))
		goto out;
	bytes = bytes_of_fsync(env, &scene, &calls);
	if (bytes >= 0)
		check_equal(env, bytes, FILE_BYTES / WINDOW_BYTES * PAGE_BYTES,
			    "bytes written back on %s whose members' " DAX_WRITE_CACHE
			    " was turned on after it was made",
			    shape.name);
out:
	scene_close(env, &scene);
	while (n-- > 0)
		check_setup(env, graph_destroy(&kept[n]), "removing a device");
	end_switches(env, &s);
	calls_close(&calls);
}

/* The same of the namespace itself, so that the other has something to be held against. */
static void turned_on_raw(struct check_env *env, const void *arg)
{
	const struct scene_spec spec = {
		.fs = "ext4", .file_bytes = FILE_BYTES, .small_pages = true};
	struct scene scene = {.fd = -1};
	struct switches s = {0};
	struct calls calls;

	(void)arg;
	if (!calls_open(env, &calls, functions) || !begin_switches(env, &s)) {
		calls_close(&calls);
		return;
	}
	if (!switch_to(env, &s, 0, false) || !scene_open(env, &raw, &spec, &scene))
		goto out;
	check_equal(env, bytes_of_fsync(env, &scene, &calls), 0,
		    "bytes written back while " DAX_WRITE_CACHE " is off");
	if (switch_to(env, &s, 0, true))
		check_equal(env, bytes_of_fsync(env, &scene, &calls),
			    FILE_BYTES / WINDOW_BYTES * PAGE_BYTES,
			    "bytes written back once " DAX_WRITE_CACHE " is on");
out:
	scene_close(env, &scene);
	end_switches(env, &s);
	calls_close(&calls);
}

/* One member needs it, the other does not: what is on the one is written back. */
static void one_of_two(struct check_env *env, const void *arg)
{
	const struct shape shape = {LINEAR_2};
	const struct scene_spec spec = {
		.fs = "ext4", .file_bytes = FILE_BYTES, .small_pages = true};
	const unsigned int *off = arg;
	struct scene scene = {.fd = -1};
	struct view view = {0};
	struct switches s = {0};
	struct calls calls;

	if (!calls_open(env, &calls, functions) || !begin_switches(env, &s)) {
		calls_close(&calls);
		return;
	}
	if (!switch_to(env, &s, *off, false) || !switch_to(env, &s, !*off, true) ||
	    !scene_open(env, &shape, &spec, &scene) || !begin_view(env, &view, &scene, &calls) ||
	    bytes_of_fsync(env, &scene, &calls) < 0)
		goto out;
	for (uint64_t at = 0; at < FILE_BYTES; at += WINDOW_BYTES) {
		const struct extent *e = extents_find(&view.extents, at);
		struct graph_place place = {0};

		if (e)
			graph_resolve(&scene.graph, scene.device,
				      e->physical_bytes + at - e->logical_bytes, &place);
		if (place.ns && !strcmp(place.ns->node, s.ns[!*off]->node))
			judge_page(env, &view, at, shape.name);
	}
out:
	end_view(&view);
	scene_close(env, &scene);
	end_switches(env, &s);
	calls_close(&calls);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY_DAX_FLUSH                                                                         \
	"fsync(2); commit \"dax: remove the pmem_dax_ops->flush abstraction\": a device of " \
	"several members has all of them flushed"
#define BY_PREFLUSH                                                                           \
	"Documentation/block/writeback_cache_control.rst: bio based drivers that remap send " \
	"flushes to all underlying devices"
#define BY_ATTRIBUTE                                                                              \
	"commit \"libnvdimm, pmem, dax: export a cache control attribute\": whether dax_flush() " \
	"writes back is the attribute's to say"
#define BY_MKCLEAN                                                             \
	"commit \"dax: Clear dirty entry tags on cache flush\": pages become " \
	"write-protected, so that stores fault again"

#define WRITTEN(fs_, large_, how_, ...) \
	(&(const struct written){.shape = {__VA_ARGS__}, .fs = fs_, .large = large_, .how = how_})
#define AGAIN(fs_, large_, ...) \
	(&(const struct again){.shape = {__VA_ARGS__}, .fs = fs_, .large = large_})
#define MEMBERS(how_, ...) (&(const struct members){.shape = {__VA_ARGS__}, .how = how_})
#define SHAPE(...) (&(const struct shape){__VA_ARGS__})

#define KPROBES "file:/sys/bus/event_source/devices/kprobe/type"

static const char *const needs_two[] = {"device:fsdax:2", "target:linear", "fs:ext4", KPROBES,
					NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "target:linear", "fs:xfs", KPROBES, NULL};
static const char *const needs_striped[] = {"device:fsdax:2", "target:striped", "fs:ext4", KPROBES,
					    NULL};
static const char *const needs_virtio[] = {"device:virtio",
					   "device:fsdax",
					   "target:linear",
					   "target:striped",
					   "fs:ext4",
					   KPROBES,
					   NULL};

#define WRITES_BACK(name_, by_what_, needs_, arg_)                                                \
	.name = "write_back." name_,                                                              \
	.promise = by_what_ " writes the cache lines of every dirty page back, as many bytes as " \
			    "without device-mapper",                                              \
	.by = BY_DAX_FLUSH, .needs = needs_, .plants = PLANT_STACK | PLANT_VALUE,                 \
	.run = written_back, .arg = arg_

static const struct check_item items[] = {
	{WRITES_BACK("fsync.pte.ext4", "fsync", needs_two, WRITTEN("ext4", false, FSYNC, LINEAR_2)),
	 .flags = CHECK_QUICK},
	{WRITES_BACK("fsync.pmd.ext4", "fsync", needs_two, WRITTEN("ext4", true, FSYNC, LINEAR_2))},
	{WRITES_BACK("fsync.pte.xfs", "fsync", needs_xfs, WRITTEN("xfs", false, FSYNC, LINEAR_2))},
	{WRITES_BACK("fsync.striped", "fsync", needs_striped,
		     WRITTEN("ext4", false, FSYNC, STRIPED_2))},
	{WRITES_BACK("fsync.depth", "fsync", needs_two, WRITTEN("ext4", true, FSYNC, DEPTH_3))},
	{WRITES_BACK("fdatasync", "fdatasync", needs_two,
		     WRITTEN("ext4", false, FDATASYNC, LINEAR_2))},
	{WRITES_BACK("msync", "msync(MS_SYNC)", needs_two,
		     WRITTEN("ext4", false, MSYNC, LINEAR_2))},
	{WRITES_BACK("syncfs", "syncfs", needs_two, WRITTEN("ext4", false, SYNCFS, LINEAR_2))},
	{WRITES_BACK("unmount", "umount", needs_two, WRITTEN("ext4", false, UNMOUNT, LINEAR_2))},
	{WRITES_BACK("suspend", "suspending the device, which freezes the filesystem,", needs_two,
		     WRITTEN("ext4", false, FREEZE, LINEAR_2))},
	{
		.name = "clean.pte.ext4",
		.promise = "after fsync the next store faults, and is written back again",
		.by = BY_MKCLEAN,
		.needs = needs_two,
		.plants = PLANT_STACK | PLANT_VALUE,
		.run = clean_afterwards,
		.arg = AGAIN("ext4", false, LINEAR_2),
	},
	{
		.name = "clean.pmd.ext4",
		.promise = "after fsync the next store faults, and is written back again",
		.by = BY_MKCLEAN,
		.needs = needs_two,
		.flags = CHECK_QUICK,
		.plants = PLANT_STACK | PLANT_VALUE,
		.run = clean_afterwards,
		.arg = AGAIN("ext4", true, LINEAR_2),
	},
	{
		.name = "clean.pmd.xfs",
		.promise = "after fsync the next store faults, and is written back again",
		.by = BY_MKCLEAN,
		.needs = needs_xfs,
		.plants = PLANT_STACK | PLANT_VALUE,
		.run = clean_afterwards,
		.arg = AGAIN("xfs", true, LINEAR_2),
	},
	{
		.name = "clean.alias",
		.promise = "a small page beside a large one of the same memory is clean after "
			   "fsync, too: a store through it faults and is written back",
		.by = "commit \"dax: fix missing writeprotect the pte entry\"",
		.needs = needs_two,
		.plants = PLANT_STACK | PLANT_VALUE,
		.fixed_by = "5.19, \"dax: fix missing writeprotect the pte entry\"",
		.run = alias,
		.arg = "ext4",
	},
	{
		.name = "members.fsync.linear",
		.promise = "fsync flushes each of two members, after the cache lines",
		.by = BY_PREFLUSH,
		.needs = needs_two,
		.flags = CHECK_QUICK,
		.plants = PLANT_VALUE,
		.run = every_member,
		.arg = MEMBERS(BY_FSYNC, LINEAR_2),
	},
	{
		.name = "members.fsync.striped",
		.promise = "fsync flushes each of two stripes' members, after the cache lines",
		.by = BY_PREFLUSH,
		.needs = needs_striped,
		.plants = PLANT_VALUE,
		.run = every_member,
		.arg = MEMBERS(BY_FSYNC, STRIPED_2),
	},
	{
		.name = "members.fsync.depth",
		.promise = "fsync flushes each of two members through three devices",
		.by = BY_PREFLUSH,
		.needs = needs_two,
		.plants = PLANT_VALUE,
		.run = every_member,
		.arg = MEMBERS(BY_FSYNC, DEPTH_3),
	},
	{
		.name = "members.dsync_write",
		.promise = "a write(2) with O_DSYNC flushes each of two members",
		.by = BY_PREFLUSH,
		.needs = needs_two,
		.plants = PLANT_VALUE,
		.run = every_member,
		.arg = MEMBERS(BY_DSYNC_WRITE, LINEAR_2),
	},
	{
		.name = "members.block_device",
		.promise = "fsync of the device itself flushes each of two members",
		.by = BY_PREFLUSH,
		.needs = needs_two,
		.plants = PLANT_VALUE,
		.run = every_member,
		.arg = MEMBERS(BY_BLOCK_DEVICE, LINEAR_2),
	},
	{
		.name = "members.mixed",
		.promise = "fsync flushes an NVDIMM and a virtio-pmem that are members of one "
			   "device",
		.by = BY_PREFLUSH,
		.needs = needs_virtio,
		.plants = PLANT_VALUE,
		.run = every_member,
		.arg = MEMBERS(BY_FSYNC, .name = "linear over an NVDIMM and virtio-pmem",
			       .depth = 1, .segments = 32, .members = 2,
			       .modes = {NAMESPACE_FSDAX, NAMESPACE_VIRTIO}),
	},
	{
		.name = "hypervisor.linear",
		.promise = "fsync through a linear device asks the hypervisor of virtio-pmem to "
			   "flush, as often as without",
		.by = BY_PREFLUSH "; Documentation/driver-api/nvdimm, virtio-pmem: fsync makes it "
				  "durable",
		.needs = needs_virtio,
		.plants = PLANT_VALUE,
		.run = hypervisor,
		.arg = SHAPE(.name = "linear over virtio-pmem", .depth = 1, .segments = 4,
			     .modes = {NAMESPACE_VIRTIO}),
	},
	{
		.name = "hypervisor.depth",
		.promise = "fsync through three devices asks the hypervisor of virtio-pmem to "
			   "flush, as often as without",
		.by = BY_PREFLUSH,
		.needs = needs_virtio,
		.plants = PLANT_VALUE,
		.run = hypervisor,
		.arg = SHAPE(.name = "linear of depth 3 over virtio-pmem", .depth = 3,
			     .segments = 4, .modes = {NAMESPACE_VIRTIO}),
	},
	{
		.name = "past_the_cache.write",
		.promise = "write(2) on a DAX file copies past the cache, as many bytes as "
			   "without device-mapper",
		.by = "commit \"x86, uaccess: introduce copy_from_iter_flushcache for pmem / "
		      "cache-bypass operations\"; dm-linear.c, dm-stripe.c, copy_from_iter of "
		      "their dax operations",
		.needs = needs_two,
		.plants = PLANT_VALUE,
		.run = past_the_cache,
		.arg = &(const struct past){.shape = {LINEAR_2},
					    .function =
						    "__copy_user_flushcache|copy_user_flushcache",
					    .copied = copied_by_write},
	},
	{
		.name = "past_the_cache.bio",
		.promise = "a write by bios is copied past the cache, as many bytes as without "
			   "device-mapper",
		.by = "drivers/nvdimm/pmem.c, write_pmem(): memcpy_flushcache()",
		.needs = needs_two,
		.plants = PLANT_VALUE,
		.run = past_the_cache,
		.arg = &(const struct past){.shape = {LINEAR_2},
					    .function = "__memcpy_flushcache",
					    .copied = copied_by_bio},
	},
	{
		.name = "zeroes",
		.promise = "zeroes that replace a part of a page reach the memory by fsync",
		.by = "fs/dax.c, dax_iomap_zero(): memset() and dax_flush()",
		.needs = needs_two,
		.plants = PLANT_STACK | PLANT_VALUE,
		.run = zeroes,
		.arg = SHAPE(LINEAR_2),
	},
	{
		.name = "queue_attribute.linear",
		.promise = "queue/write_cache of a linear device says what its members say",
		.by = "Documentation/block/queue-sysfs.rst, write_cache; drivers/md/dm-table.c, "
		      "dm_table_supports_flush()",
		.needs = needs_two,
		.plants = PLANT_VALUE,
		.run = queue_attribute,
		.arg = SHAPE(LINEAR_2),
	},
	{
		.name = "queue_attribute.depth",
		.promise = "queue/write_cache says what the lowest members say, three devices up",
		.by = "Documentation/block/queue-sysfs.rst, write_cache; drivers/md/dm-table.c, "
		      "dm_table_supports_flush()",
		.needs = needs_two,
		.plants = PLANT_VALUE,
		.run = queue_attribute,
		.arg = SHAPE(DEPTH_3),
	},
	{
		.name = "switched.raw",
		.promise = "a namespace whose " DAX_WRITE_CACHE " is turned on writes back from "
			   "then on",
		.by = BY_ATTRIBUTE,
		.needs = needs_two,
		.flags = CHECK_EMULATED, /* a setting of the device */
		.plants = PLANT_VALUE,
		.run = turned_on_raw,
	},
	{
		.name = "switched.first_off",
		.promise = "what is on the member that needs it is written back, though the first "
			   "member does not",
		.by = BY_ATTRIBUTE "; drivers/md/dm-table.c: if any member does",
		.needs = needs_two,
		.flags = CHECK_EMULATED,
		.plants = PLANT_VALUE,
		.run = one_of_two,
		.arg = &(const unsigned int){0},
	},
	{
		.name = "switched.last_off",
		.promise = "what is on the member that needs it is written back, though the last "
			   "member does not",
		.by = BY_ATTRIBUTE "; drivers/md/dm-table.c: if any member does",
		.needs = needs_two,
		.flags = CHECK_EMULATED,
		.plants = PLANT_VALUE,
		.run = one_of_two,
		.arg = &(const unsigned int){1},
	},
	{
		.name = "switched.reload",
		.promise = "members whose " DAX_WRITE_CACHE " is turned on are written back once "
			   "the table is loaded again",
		.by = BY_ATTRIBUTE,
		.needs = needs_two,
		.flags = CHECK_EMULATED,
		.plants = PLANT_VALUE,
		.run = turned_on,
		.arg = &(const enum turn){RELOAD},
	},
	{
		.name = "switched.on",
		.promise = "members whose " DAX_WRITE_CACHE " is turned on are written back from "
			   "then on, as without device-mapper",
		.by = BY_ATTRIBUTE,
		.needs = needs_two,
		.flags = CHECK_EMULATED,
		.plants = PLANT_VALUE,
		.run = turned_on,
		.arg = &(const enum turn){NOTHING},
	},
	{0},
};

const struct check_family check_flush = {
	.name = "flush",
	.why = "what durability must reach is reached through device-mapper as without it",
	.items = items,
};
