// SPDX-License-Identifier: GPL-2.0-only
#include "bench/mapped_ops.h"

#include "lib/file/mapping.h"
#include "lib/meter/memcg_phase.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	WINDOWS = 32,
	SAMPLES = 16,
	PROBED = 2,
	BYTE_IN_PAGE = 2048, /* what is touched: not the stamp at the page's begin */
	/* Slots of the reserved address range: the range itself, the spare one, further mappers;
	 * each with room to be moved by a page. */
	SLOT_WINDOWS = MAPPED_OPS_WINDOWS_MAX + 1,
	SLOTS = 2 + MAPPED_OPS_MAPPERS_MAX,
};

#define SLOT_BYTES ((uint64_t)SLOT_WINDOWS * WINDOW_BYTES)
#define ROOM_BYTES (SLOTS * SLOT_BYTES)

/* One per mounted filesystem. */
struct state {
	const struct bench_env *env;
	struct timed_ops_base base;
	char *reserved, *room; /* aligned */
	int scratch_fd;
	struct extents scratch_extents;
	/* The pass that runs. */
	const struct mapped_ops_plan *plan;
	struct timed_ops_result *result;
	struct mapped_range range;
	size_t n_results;
	struct timed_ops_result results[]; /* by variant */
};

static unsigned int plan_windows(const struct mapped_ops_plan *plan)
{
	return plan->windows ? plan->windows : 1;
}

static uint64_t window_of(const struct state *s, size_t sample, unsigned int k)
{
	unsigned int half = s->base.data.n_windows / 2;
	size_t i = (sample * plan_windows(s->plan) + k) % half + (s->plan->huge ? half : 0);

	return s->plan->scratch ? 0 : s->base.data.windows[i];
}

/* PTE variants are mapped one page past a 2 MiB boundary. */
static char *slot(const struct state *s, unsigned int i)
{
	return s->room + i * SLOT_BYTES + (s->plan->huge ? 0 : PAGE_BYTES);
}

/* ---- before a sample ------------------------------------------------------------------------- */

/* Writes the scratch file anew, and reads its extents: FIEMAP writes dirty pages back, which shall
 * not happen once pages are stored to.  Returns 0 or -errno. */
static int fill_scratch(struct state *s)
{
	if (ftruncate(s->scratch_fd, 0) < 0 || fallocate(s->scratch_fd, 0, 0, WINDOW_BYTES) < 0)
		return -errno;
	memset(s->base.buffer, 0x5a, WINDOW_BYTES);
	if (pwrite(s->scratch_fd, s->base.buffer, WINDOW_BYTES, 0) != WINDOW_BYTES ||
	    fsync(s->scratch_fd) < 0)
		return errno ? -errno : -EIO;
	extents_free(&s->scratch_extents);
	return extents_read(s->scratch_fd, &s->scratch_extents);
}

static int map_windows(const struct state *s, size_t sample, char *at)
{
	for (unsigned int k = 0; k < plan_windows(s->plan); k++)
		if (mmap(at + k * WINDOW_BYTES, WINDOW_BYTES, PROT_READ | PROT_WRITE,
			 (s->plan->private ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED, s->range.fd,
			 (off_t)window_of(s, sample, k)) == MAP_FAILED)
			return -errno;
	return 0;
}

/* Touches the pages of the plan.  Returns the number of faults. */
static uint64_t touch(const struct state *s, char *at)
{
	unsigned int spread = s->plan->spread ? s->plan->spread : 1;
	uint64_t before = mapping_page_faults();

	for (unsigned int k = 0; k < plan_windows(s->plan); k++)
		for (unsigned int p = 0; p < s->plan->pages; p++) {
			volatile char *byte = at + k * WINDOW_BYTES +
					      (uint64_t)p * spread * PAGE_BYTES + BYTE_IN_PAGE;

			if (s->plan->pages_are == MAPPED_STORED)
				*byte = *byte;
			else
				(void)*byte;
		}
	return mapping_page_faults() - before;
}

/* Whether another page of each window causes no fault. */
static bool is_huge(const struct state *s, const char *at)
{
	uint64_t before = mapping_page_faults();

	for (unsigned int k = 0; k < plan_windows(s->plan); k++)
		(void)*(const volatile char *)(at + k * WINDOW_BYTES + WINDOW_BYTES / 2);
	return mapping_page_faults() == before;
}

static size_t pages_touched(const struct mapped_ops_plan *plan)
{
	return (size_t)plan_windows(plan) * plan->pages;
}

static void prove_pages(struct state *s, size_t sample, uint64_t faults)
{
	struct timed_ops_result *r = s->result;
	const struct frame_proof frames = {
		.pagemap_fd = s->base.pagemap_fd,
		.backing = stack_backing(s->env->stack),
		.extents = s->plan->scratch ? s->scratch_extents : s->base.data.extents,
		.outside = s->plan->private && s->plan->pages_are == MAPPED_STORED
				   ? &s->env->stack->graph
				   : NULL,
	};

	if (s->plan->huge && !is_huge(s, s->range.at)) {
		r->missing = timed_ops_not_huge;
		return;
	}
	/* A store to a page loaded before would fault twice: here the first access decides. */
	proof_pages(&r->proof, s->plan->huge ? WINDOW_BYTES : PAGE_BYTES, pages_touched(s->plan),
		    faults, r->why, sizeof(r->why));
	if (sample) /* frames of the first sample only: reading them takes long */
		return;
	for (unsigned int k = 0; k < plan_windows(s->plan) && !r->why[0]; k++) {
		uint64_t offset = window_of(s, sample, k);
		struct mapping m = {.base = s->range.at + k * WINDOW_BYTES - offset};

		proof_frames(&r->proof, &frames, &m, offset, 1, r->why, sizeof(r->why));
	}
}

/* Returns 0 or -ENOENT. */
static int describe_range(struct state *s, size_t i)
{
	const struct stack *stack = s->env->stack;
	uint64_t other = window_of(s, i + 1, 0);
	const struct extent *e = extents_find(&s->base.data.extents, other);

	s->range = (struct mapped_range){
		.at = slot(s, 0),
		.bytes = plan_windows(s->plan) * WINDOW_BYTES,
		.fd = s->plan->scratch ? s->scratch_fd : s->base.data.fd,
		.offset_bytes = window_of(s, i, 0),
		.spare = slot(s, 1),
		.pages = s->plan->pages,
		.io_bytes = s->plan->io_bytes,
		.node = stack->node,
		.dm_name = stack->graph.devices[stack->device].name,
		.buffer = s->base.buffer,
	};
	if (!s->plan->io_bytes)
		return 0;
	/* All of it: the operation may write these blocks of the device. */
	if (!e || other + s->plan->io_bytes > e->logical_bytes + e->len_bytes)
		return -ENOENT;
	s->range.other_offset_bytes = other;
	s->range.other_node_bytes = e->physical_bytes + other - e->logical_bytes;
	return 0;
}

static int before(void *arg, size_t i)
{
	struct state *s = arg;
	int rc = 0;

	/* What the operation before left, and then what would be dirty still. */
	if (munmap(s->room, ROOM_BYTES) < 0)
		return -errno;
	if (s->plan->scratch)
		rc = fill_scratch(s);
	else if (fsync(s->base.data.fd) < 0)
		rc = -errno;
	if (!rc)
		rc = describe_range(s, i);
	if (rc < 0)
		return rc;
	if (s->plan->unmapped)
		return 0;
	rc = map_windows(s, i, s->range.at);
	if (!rc && s->plan->pages_are != MAPPED_UNTOUCHED && s->plan->pages)
		prove_pages(s, i, touch(s, s->range.at));
	for (unsigned int m = 0; m < s->plan->mappers && !rc; m++) {
		rc = map_windows(s, i, slot(s, 2 + m));
		if (!rc)
			touch(s, slot(s, 2 + m));
	}
	if (!rc && s->plan->prepare)
		rc = s->plan->prepare(&s->range);
	return s->result->missing.why ? -ENOTSUP : rc;
}

/* ---- a sample, and what it left -------------------------------------------------------------- */

static int64_t run(void *arg, size_t i)
{
	struct state *s = arg;

	(void)i;
	return s->plan->run(&s->range);
}

/* The number of pages of the range that pagemap shows as mapped.  Returns -errno. */
static int64_t count_mapped(const struct state *s)
{
	static uint64_t pfns[WINDOW_PAGES];
	int64_t n = 0;

	for (unsigned int k = 0; k < plan_windows(s->plan); k++) {
		int rc = mapping_pfns(s->base.pagemap_fd, s->range.at + k * WINDOW_BYTES, pfns,
				      WINDOW_PAGES);

		if (rc < 0)
			return rc;
		for (unsigned int p = 0; p < WINDOW_PAGES; p++)
			n += pfns[p] != 0;
	}
	return n;
}

static bool holds(void *arg, size_t i, char *why, size_t why_len)
{
	struct state *s = arg;
	const struct mapped_ops_plan *plan = s->plan;
	unsigned int each = plan->huge ? WINDOW_PAGES : plan->pages;
	int64_t expected = plan->after == MAPPED_AFTER_NONE   ? 0
			   : plan->after == MAPPED_AFTER_SAME ? plan_windows(plan) * each
							      : plan_windows(plan) * WINDOW_PAGES;
	int64_t mapped = plan->after == MAPPED_AFTER_ANY ? expected : count_mapped(s);
	int rc = plan->verify ? plan->verify(&s->range) : 0;

	if (rc < 0) {
		snprintf(why, why_len, "operation %zu did not do what it should: %s", i,
			 strerror(-rc));
		return false;
	}
	if (mapped == expected)
		return true;
	snprintf(why, why_len,
		 "after operation %zu expected %" PRId64 " pages mapped, got %" PRId64, i, expected,
		 mapped);
	return false;
}

/* ---- the passes ------------------------------------------------------------------------------ */

static struct timed_ops ops_of(struct state *s, const struct variant *variant, size_t n)
{
	s->plan = variant->arg;
	s->result = &s->results[variant - s->env->bench->variants];
	return (struct timed_ops){.before = before,
				  .run = run,
				  .holds = holds,
				  .arg = s,
				  .n = n,
				  .per_sample = 1,
				  .sleeps = s->plan->sleeps};
}

/* Whether a fault on another mapping of the sample's windows maps them with PMDs. */
static bool maps_huge(const struct state *s, size_t sample)
{
	char *at = slot(s, 2);

	if (map_windows(s, sample, at) < 0)
		return false;
	for (unsigned int k = 0; k < plan_windows(s->plan); k++)
		(void)*(const volatile char *)(at + k * WINDOW_BYTES);
	return is_huge(s, at);
}

/* Runs the operation on each window: what this kernel does not have is known before a sample is
 * taken, and the DAX index knows the pages. */
static void warm_up(struct state *s)
{
	int64_t rc = 0;

	for (size_t i = 0; i < SAMPLES && !rc; i++) {
		rc = before(s, i);
		if (!rc)
			rc = s->plan->run(&s->range);
		if (!rc && s->plan->verify)
			rc = s->plan->verify(&s->range);
		if (!rc && s->plan->pages_are == MAPPED_UNTOUCHED && s->plan->huge &&
		    !maps_huge(s, i)) {
			s->result->missing = timed_ops_not_huge;
			rc = -ENOTSUP;
		}
	}
	if (rc == -EOPNOTSUPP && !s->result->missing.why)
		s->result->missing =
			s->plan->missing.why
				? s->plan->missing
				: (struct missing){"this kernel does not have the operation",
						   "use a newer kernel"};
	else if (rc < 0 && !s->result->missing.why)
		timed_ops_void(s->result, "the operation failed: %s", strerror((int)-rc));
	proof_free(&s->result->proof);
}

const enum need mapped_ops_needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_END};

/* Loads all pages that variants touch, as they map them: what the DAX index holds, and so its
 * height, must not depend on the variants that ran before.  Returns 0 or -errno. */
static int know_pages(const struct state *s)
{
	unsigned int half = s->base.data.n_windows / 2;

	for (unsigned int i = 0; i < 2 * half; i++) {
		bool huge = i >= half; /* as window_of() and slot() have it */
		char *at = s->room + (huge ? 0 : PAGE_BYTES);

		if (mmap(at, WINDOW_BYTES, PROT_READ, MAP_SHARED | MAP_FIXED, s->base.data.fd,
			 (off_t)s->base.data.windows[i]) == MAP_FAILED)
			return -errno;
		for (uint64_t p = 0; p < (huge ? 1 : WINDOW_PAGES); p++)
			(void)*(const volatile char *)(at + p * PAGE_BYTES);
		if (munmap(at, WINDOW_BYTES) < 0)
			return -errno;
	}
	/* Some kernels mark pages dirty that were loaded. */
	return fsync(s->base.data.fd) < 0 ? -errno : 0;
}

int mapped_ops_setup(struct bench_env *env, void **state)
{
	char path[256];
	size_t n = 0;
	struct state *s;
	int rc;

	while (env->bench->variants[n].name)
		n++;
	*state = s = calloc(1, sizeof(*s) + n * sizeof(s->results[0]));
	if (!s)
		return -ENOMEM;
	s->env = env;
	s->n_results = n;
	s->scratch_fd = -1;
	rc = timed_ops_base_make(env, env->bench, &s->base, WINDOWS);
	if (rc < 0)
		return rc;
	s->reserved = mmap(NULL, ROOM_BYTES + WINDOW_BYTES, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->reserved == MAP_FAILED)
		return -errno;
	s->room = (char *)(((uintptr_t)s->reserved + WINDOW_BYTES - 1) &
			   ~(uintptr_t)(WINDOW_BYTES - 1));
	rc = know_pages(s);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/scratch", env->directory);
	s->scratch_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return s->scratch_fd < 0 ? -errno : 0;
}

int mapped_ops_once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct state *s = state;
	struct timed_ops ops = ops_of(s, variant, SAMPLES);
	struct timed_ops_result *r = s->result;

	env->phase(env, "prepare");
	warm_up(s);
	proof_dax(&r->proof, s->base.data.fd, true, r->why, sizeof(r->why));
	if (r->why[0] || r->missing.why)
		return 0;
	mapping_precharge();
	if (env->cell.meter->kind == METER_INSN)
		memcg_phase_align();
	env->phase(env, "measure");
	return timed_ops_time(env, &ops, s->base.ticks, r);
}

/* Whether each operation went the way of the plan. */
static void judge(struct state *s)
{
	struct timed_ops_result *r = s->result;
	int64_t n = timed_ops_hits(r, "operations");

	if (s->plan->hit_by_page)
		n *= (int64_t)pages_touched(s->plan);
	timed_ops_expect(r, s->plan->points, MAPPED_OPS_POINTS_MAX, n);
	if (s->plan->never && timed_ops_hits(r, s->plan->never) > 0)
		timed_ops_void(r, "expected no call of %s, got %" PRId64, s->plan->never,
			       timed_ops_hits(r, s->plan->never));
}

int mapped_ops_probe(struct bench_env *env, void *state, const struct variant *variant,
		     struct probe_set *probes)
{
	struct state *s = state;
	struct timed_ops ops = ops_of(s, variant, PROBED);

	if (s->result->why[0] || s->result->missing.why)
		return 0;
	env->phase(env, "proof");
	timed_ops_probe(&ops, PROBED, probes, s->result);
	judge(s);
	return 0;
}

int mapped_ops_report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct mapped_ops_plan *plan = variant->arg;
	struct state *s = state;
	const struct timed_ops_result *r = &s->results[variant - env->bench->variants];

	return timed_ops_report(env, env->bench, variant, r,
				json_pack("{sI si si si}", "operations", (json_int_t)r->n,
					  "windows", (int)plan_windows(plan), "pages_touched",
					  (int)pages_touched(plan), "mappers",
					  (int)plan->mappers + 1));
}

void mapped_ops_teardown(struct bench_env *env, void *state)
{
	struct state *s = state;
	char path[256];

	if (!s)
		return;
	if (s->reserved && s->reserved != MAP_FAILED)
		munmap(s->reserved, ROOM_BYTES + WINDOW_BYTES);
	if (s->scratch_fd >= 0) {
		close(s->scratch_fd);
		snprintf(path, sizeof(path), "%s/scratch", env->directory);
		unlink(path);
	}
	extents_free(&s->scratch_extents);
	timed_ops_base_drop(env, &s->base);
	timed_ops_results_free(s->results, s->n_results);
	free(s);
}
