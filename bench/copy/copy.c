// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of copying bytes to and from a mapped DAX file, and of making them durable.
 *
 * One sample is one operation on the number of bytes in the variant's last word, on pages that are
 * already mapped writable: it includes no page fault, except as stated below.
 *
 *   load, store       eight bytes per instruction
 *   memcpy, from      libc's memcpy(3) into the file, and out of it
 *   temporal, nontemporal, noflush
 *                     libpmem's pmem_memcpy() into the file with that flag; .nodrain: without the
 *                     fence at the end
 *   flush, drain, persist
 *                     pmem_flush() of dirty cache lines, pmem_drain(), and both
 *   msync, fsync      after a store to each page; the stores, and their faults, are not timed
 *   durable           the same bytes copied and made durable: .mapsync by a MAP_SYNC mapping and
 *                     pmem_memcpy_persist(), .msync and .fsync by memcpy(3) and that system call,
 *                     with the write fault caused by the preceding call
 *
 * Left out: CPU caches and memory latency (not modelled by meter insn), so that stacks do not
 * differ in operations that do not enter the kernel.  libpmem selects instructions by CPU features;
 * meter insn counts each iteration of `rep movs` as one instruction.
 *
 *   msync -> dax_writeback_mapping_range -> dax_flush -> arch_wb_cache_pmem      for each dirty
 * page
 *         -> journal or blkdev_issue_flush -> dm: one for each member -> nvdimm_flush
 *
 * Shape to expect: up to persist nothing depends on the stack.  msync and fsync grow with the dirty
 * pages, and on kernels before 6.12, which flush each segment, with the segments.
 *
 * Proof: the page frames are those of the file's blocks; stored data is read back from the block
 * node; no page fault occurred.  For each msync and fsync the probe pass counts writeback of each
 * dirty page and a flush of the region (on all processors, because the journal thread may issue
 * it).
 *
 * Alone: ./run.sh bench --bench copy --stack raw --stack linear:16
 */
#include "bench/timed_ops.h"
#include "lib/file/datafile.h"
#include "lib/file/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libpmem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WINDOWS = 8,
	SLOT_BYTES = 64 << 10, /* operations begin at multiples of it */
	SAMPLES = 32,	       /* meter insn; time: four times as many */
	SAMPLES_LONG = 8,      /* of 64 KiB and more, and of those that enter the kernel */
	PROBED = 2,
	DRAIN_BYTES = 64, /* what is dirty before a drain */
};

extern const struct bench bench_copy;

/* What one variant does. */
struct plan {
	enum { LOAD, STORE, MEMCPY, FROM, PMEM, FLUSH, DRAIN, PERSIST, MSYNC, FSYNC } how;
	unsigned int flags; /* of pmem_memcpy() */
	bool copies;	    /* MSYNC, FSYNC: the store is timed as well */
	bool sync;	    /* MAP_SYNC */
};

#define V(name_, why_, needs_, ...)                            \
	{                                                      \
		.name = name_, .why = why_, .needs = {needs_}, \
		.arg = &(const struct plan){__VA_ARGS__},      \
	}
#define SIZES(name_, why_, ...)                                                                   \
	V(name_ ".64", why_, NEED_END, __VA_ARGS__), V(name_ ".4k", why_, NEED_END, __VA_ARGS__), \
		V(name_ ".64k", why_, NEED_END, __VA_ARGS__),                                     \
		V(name_ ".2m", why_, NEED_END, __VA_ARGS__)
#define PAGES(name_, why_, need_, ...)                                                       \
	V(name_ ".4k", why_, need_, __VA_ARGS__), V(name_ ".64k", why_, need_, __VA_ARGS__), \
		V(name_ ".2m", why_, need_, __VA_ARGS__)

static const struct variant variants[] = {
	PAGES("msync", "msync after a store to each page", NEED_END, .how = MSYNC),
	PAGES("fsync", "fsync after a store to each page", NEED_END, .how = FSYNC),
	PAGES("durable.mapsync", "MAP_SYNC and pmem_memcpy_persist", NEED_MAP_SYNC, .how = PMEM,
	      .sync = true),
	PAGES("durable.msync", "memcpy and msync", NEED_END, .how = MSYNC, .copies = true),
	PAGES("durable.fsync", "memcpy and fsync", NEED_END, .how = FSYNC, .copies = true),
	SIZES("load", "loads of eight bytes", .how = LOAD),
	SIZES("store", "stores of eight bytes, not flushed", .how = STORE),
	SIZES("memcpy", "memcpy into the file, not flushed", .how = MEMCPY),
	SIZES("from", "memcpy out of the file", .how = FROM),
	SIZES("temporal", "pmem_memcpy through the cache, flushed and drained", .how = PMEM,
	      .flags = PMEM_F_MEM_TEMPORAL),
	SIZES("temporal.nodrain", "pmem_memcpy through the cache, flushed", .how = PMEM,
	      .flags = PMEM_F_MEM_TEMPORAL | PMEM_F_MEM_NODRAIN),
	SIZES("nontemporal", "pmem_memcpy past the cache, drained", .how = PMEM,
	      .flags = PMEM_F_MEM_NONTEMPORAL),
	SIZES("nontemporal.nodrain", "pmem_memcpy past the cache", .how = PMEM,
	      .flags = PMEM_F_MEM_NONTEMPORAL | PMEM_F_MEM_NODRAIN),
	SIZES("noflush", "pmem_memcpy, not flushed", .how = PMEM, .flags = PMEM_F_MEM_NOFLUSH),
	SIZES("flush", "pmem_flush of dirty lines", .how = FLUSH),
	V("drain", "pmem_drain", NEED_END, .how = DRAIN),
	SIZES("persist", "pmem_persist of dirty lines", .how = PERSIST),
	{0},
};

enum { N_VARIANTS = sizeof(variants) / sizeof(variants[0]) - 1 };

/* The second on all processors. */
static const char *const points[] = {
	"arch_wb_cache_pmem", "*nvdimm_flush",	 "dax_writeback_mapping_range",
	"dm_submit_bio",      "pmem_submit_bio", NULL,
};

struct copy_state {
	struct timed_ops_base base;
	uint64_t generation; /* what is stored next */
	/* The pass under way. */
	const struct plan *plan;
	uint64_t bytes;
	struct mapping mapping;
	uint64_t faults;
	uint64_t loaded; /* what the loads came to */
	int64_t *most;
	int64_t most_faults[N_VARIANTS]; /* of one operation */
	struct timed_ops_result results[N_VARIANTS];
};

static bool enters_kernel(const struct plan *plan)
{
	return plan->how == MSYNC || plan->how == FSYNC;
}

static bool reads(const struct plan *plan)
{
	return plan->how == LOAD || plan->how == FROM;
}

/* ---- one operation --------------------------------------------------------------------------- */

static void store_words(char *to, uint64_t value, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += sizeof(value))
		*(volatile uint64_t *)(to + at) = value;
}

static uint64_t load_words(const char *from, uint64_t bytes)
{
	uint64_t sum = 0;

	for (uint64_t at = 0; at < bytes; at += sizeof(sum))
		sum += *(const volatile uint64_t *)(from + at);
	return sum;
}

/* The first and the last eight bytes of each page of a range; a range may be less than a page. */
static void mark_pages(char *to, uint64_t value, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += PAGE_BYTES) {
		uint64_t len = bytes - at < PAGE_BYTES ? bytes - at : PAGE_BYTES;

		memcpy(to + at, &value, sizeof(value));
		memcpy(to + at + len - sizeof(value), &value, sizeof(value));
	}
}

static int before(void *arg, size_t i)
{
	struct copy_state *s = arg;
	char *at = s->mapping.base + s->base.offsets[i];

	switch (s->plan->how) {
	case LOAD:
		break;
	case FROM:
		mark_pages(s->base.buffer, 0, s->bytes);
		break;
	case FLUSH:
	case DRAIN:
	case PERSIST:
		store_words(at, s->generation, s->bytes);
		break;
	case MSYNC:
	case FSYNC:
		if (!s->plan->copies)
			mark_pages(at, s->generation, s->bytes);
		/* fall through */
	default:
		mark_pages(s->base.buffer, s->generation, s->bytes);
	}
	s->faults = mapping_page_faults();
	return 0;
}

static int64_t run(void *arg, size_t i)
{
	struct copy_state *s = arg;
	char *at = s->mapping.base + s->base.offsets[i];
	int rc = 0;

	if (s->plan->copies)
		memcpy(at, s->base.buffer, s->bytes);
	switch (s->plan->how) {
	case LOAD:
		s->loaded = load_words(at, s->bytes);
		break;
	case STORE:
		store_words(at, s->generation, s->bytes);
		break;
	case MEMCPY:
		memcpy(at, s->base.buffer, s->bytes);
		break;
	case FROM:
		memcpy(s->base.buffer, at, s->bytes);
		break;
	case PMEM:
		pmem_memcpy(at, s->base.buffer, s->bytes, s->plan->flags);
		break;
	case FLUSH:
		pmem_flush(at, s->bytes);
		break;
	case DRAIN:
		pmem_drain();
		break;
	case PERSIST:
		pmem_persist(at, s->bytes);
		break;
	case MSYNC:
		rc = msync(at, s->bytes, MS_SYNC);
		break;
	case FSYNC:
		rc = fsync(s->base.data.fd);
		break;
	}
	return rc < 0 ? -errno : (int64_t)s->bytes;
}

/* Loads must return the stamps of the pages; all other bytes there are zero.  */
static uint64_t expected_sum(const struct copy_state *s, uint64_t offset)
{
	uint64_t sum = 0;

	for (uint64_t at = 0; at < s->bytes; at += PAGE_BYTES)
		sum += datafile_stamp(offset + at);
	return sum;
}

static bool holds(void *arg, size_t i, char *why, size_t why_len)
{
	struct copy_state *s = arg;
	int64_t faults = (int64_t)(mapping_page_faults() - s->faults);

	if (faults > *s->most)
		*s->most = faults;
	if (faults && !s->plan->copies)
		snprintf(why, why_len, "operation %zu caused %" PRId64 " page faults", i, faults);
	if (s->plan->how == FROM)
		s->loaded = load_words(s->base.buffer, s->bytes);
	if (reads(s->plan) && s->loaded != expected_sum(s, s->base.offsets[i]))
		snprintf(why, why_len, "file offset %" PRIu64 " does not hold the written data",
			 s->base.offsets[i]);
	return !why[0];
}

/* ---- the state a pass starts from, and what it left ------------------------------------------ */

static size_t count_samples(const struct bench_env *env, const struct copy_state *s)
{
	bool is_long = s->bytes >= SLOT_BYTES || enters_kernel(s->plan);
	size_t n = is_long ? SAMPLES_LONG : SAMPLES;

	if (s->bytes > SLOT_BYTES)
		n = s->base.data.n_windows / 2;
	return env->cell.meter->kind == METER_TIME ? 4 * n : n;
}

/*
 * Half of the windows are mapped with 4 KiB pages, which become dirty one by one.  The others are
 * mapped with 2 MiB pages where possible, which makes preparation cheap for operations that do not
 * depend on the page size.
 */
static void fill_offsets(struct copy_state *s, size_t n)
{
	uint64_t stride = s->bytes > SLOT_BYTES ? s->bytes : SLOT_BYTES;
	unsigned int half = s->base.data.n_windows / 2;
	const uint64_t *windows = s->base.data.windows + (enters_kernel(s->plan) ? 0 : half);

	for (size_t i = 0; i < n; i++)
		s->base.offsets[i] =
			windows[i % half] + i / half % (WINDOW_BYTES / stride) * stride;
}

/* Read operations read the stamps that datafile_make() wrote. */
static int restore_stamps(struct copy_state *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		memset(s->base.buffer, 0, s->bytes);
		for (uint64_t at = 0; at < s->bytes; at += PAGE_BYTES) {
			uint64_t stamp = datafile_stamp(s->base.offsets[i] + at);

			memcpy(s->base.buffer + at, &stamp, sizeof(stamp));
		}
		if (pwrite(s->base.data.fd, s->base.buffer, s->bytes, (off_t)s->base.offsets[i]) !=
		    (ssize_t)s->bytes)
			return -EIO;
	}
	return 0;
}

static int start_pass(struct copy_state *s, size_t n)
{
	int rc = reads(s->plan) ? restore_stamps(s, n) : 0;

	s->generation++;
	if (!rc)
		rc = mapping_make(&s->mapping, s->base.data.fd, s->base.data.bytes,
				  s->plan->sync ? MAP_SHARED_VALIDATE | MAP_SYNC : MAP_SHARED,
				  !enters_kernel(s->plan));
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		for (uint64_t at = 0; at < s->bytes; at += PAGE_BYTES) {
			volatile char *byte = s->mapping.base + s->base.offsets[i] + at;

			if (reads(s->plan))
				(void)*byte;
			else
				*byte = *byte;
		}
	}
	/* The first operation also pays one-time costs, such as faults on pages of the library. */
	before(s, 0);
	run(s, 0);
	/* These stores are flushed here, so that the first sample does not include them. */
	return !enters_kernel(s->plan) || !fsync(s->base.data.fd) ? 0 : -errno;
}

static void check_frames(struct bench_env *env, struct copy_state *s, size_t n,
			 struct timed_ops_result *result)
{
	unsigned int pages = (unsigned int)((s->bytes + PAGE_BYTES - 1) / PAGE_BYTES);
	struct frame_proof proof = {
		.pagemap_fd = s->base.pagemap_fd,
		.backing = stack_backing(env->stack),
		.extents = s->base.data.extents,
	};

	proof_dax(&result->proof, s->base.data.fd, true, result->why, sizeof(result->why));
	for (size_t i = 0; i < n && !result->why[0]; i++)
		proof_frames(&result->proof, &proof, &s->mapping, s->base.offsets[i], pages,
			     result->why, sizeof(result->why));
}

/* Verifies the first and the last eight stored bytes on the block node. */
static void check_stored(struct bench_env *env, struct copy_state *s, size_t n,
			 struct timed_ops_result *result)
{
	static uint64_t page[PAGE_BYTES / sizeof(uint64_t)] __attribute__((aligned(4096)));
	int fd = open(env->stack->node, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		timed_ops_void(result, "cannot read %s: %s", env->stack->node, strerror(errno));
	for (size_t i = 0; i < 2 * n && !result->why[0]; i++) {
		uint64_t offset = s->base.offsets[i / 2] + (i % 2 ? s->bytes - sizeof(*page) : 0);
		const struct extent *e = extents_find(&s->base.data.extents, offset);
		uint64_t where = e ? e->physical_bytes + (offset - e->logical_bytes) : 0;

		if (pread(fd, page, PAGE_BYTES, (off_t)(where / PAGE_BYTES * PAGE_BYTES)) !=
			    PAGE_BYTES ||
		    page[where % PAGE_BYTES / sizeof(*page)] != s->generation)
			timed_ops_void(result,
				       "the data stored at file offset %" PRIu64
				       " is not on the device",
				       offset);
	}
	if (fd >= 0)
		close(fd);
}

static int pass(struct bench_env *env, struct copy_state *s, const struct variant *variant,
		struct probe_set *probes, struct timed_ops_result *result)
{
	struct timed_ops ops = {
		.before = before, .run = run, .holds = holds, .arg = s, .per_sample = 1};
	int rc;

	env->phase(env, "prepare");
	s->plan = variant->arg;
	s->most = &s->most_faults[variant - variants];
	s->bytes = s->plan->how == DRAIN ? DRAIN_BYTES : timed_ops_size_of(variant->name);
	ops.n = probes ? PROBED : count_samples(env, s);
	ops.wanted = (int64_t)s->bytes;
	fill_offsets(s, ops.n);
	rc = start_pass(s, ops.n);
	if (rc < 0)
		goto out;
	env->phase(env, probes ? "proof" : "measure");
	if (probes)
		timed_ops_probe(&ops, ops.n, probes, result);
	else
		rc = timed_ops_time(env, &ops, s->base.ticks, result);
	env->phase(env, "proof");
	if (rc < 0)
		goto out;
	/* After msync and fsync pages may be mapped read-only or not mapped. */
	if (!result->why[0] && enters_kernel(s->plan))
		load_words(s->mapping.base + s->base.offsets[ops.n - 1], s->bytes);
	check_frames(env, s, enters_kernel(s->plan) ? 1 : ops.n, result);
	if (!reads(s->plan))
		check_stored(env, s, ops.n, result);
out:
	if (s->mapping.reserved)
		mapping_drop(&s->mapping);
	s->mapping.reserved = NULL;
	return rc;
}

/* ---- the passes ------------------------------------------------------------------------------ */

static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct copy_state *s = state;

	return pass(env, s, variant, NULL, &s->results[variant - variants]);
}

static void judge(const struct copy_state *s, struct timed_ops_result *result)
{
	int64_t n = timed_ops_hits(result, "operations"), pages = (int64_t)s->bytes / PAGE_BYTES;
	int64_t back = timed_ops_hits(result, points[0]),
		flushes = timed_ops_hits(result, points[1]);

	if (back < 0 || flushes < 0)
		timed_ops_void(result, "this kernel cannot count %s with a probe",
			       back < 0 ? points[0] : points[1] + 1);
	else if (enters_kernel(s->plan) && back < n * pages)
		timed_ops_void(result,
			       "%" PRId64 " dirty pages were made durable, and only %" PRId64
			       " ranges written back",
			       n * pages, back);
	else if (enters_kernel(s->plan) && flushes < n)
		timed_ops_void(result,
			       "%" PRId64 " calls made only %" PRId64 " flushes of the region", n,
			       flushes);
	else if (!enters_kernel(s->plan) && back)
		timed_ops_void(result,
			       "expected no writeback by the kernel, got %" PRId64 " ranges", back);
}

static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	struct copy_state *s = state;
	struct timed_ops_result *result = &s->results[variant - variants];
	int rc;

	if (result->why[0])
		return 0;
	rc = pass(env, s, variant, probes, result);
	judge(s, result);
	return rc;
}

static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct plan *plan = variant->arg;
	struct copy_state *s = state;
	struct timed_ops_result *r = &s->results[variant - variants];

	return timed_ops_report(
		env, &bench_copy, variant, r,
		json_pack("{ss sb ss sb sI sI}", "way", enters_kernel(plan) ? "kernel" : "user",
			  "pfn_in_segment", 1, "read_back", reads(plan) ? "stamps" : "block node",
			  "auto_flush", pmem_has_auto_flush() == 1, "operations", (json_int_t)r->n,
			  "faults_at_most", (json_int_t)s->most_faults[variant - variants]));
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static int setup(struct bench_env *env, void **state)
{
	struct copy_state *s = calloc(1, sizeof(*s));

	*state = s;
	return s ? timed_ops_base_make(env, &bench_copy, &s->base, WINDOWS) : -ENOMEM;
}

static void teardown(struct bench_env *env, void *state)
{
	struct copy_state *s = state;

	if (!s)
		return;
	timed_ops_base_drop(env, &s->base);
	timed_ops_results_free(s->results, N_VARIANTS);
	free(s);
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_END};

#define IN_USER_SPACE "it is done in user space and calls none of the functions"

static const struct proof_waiver waivers[] = {
	{"*", PROOF_PAGE, "no page is mapped while it is timed; each frame is verified"},
	{"load.*", PROOF_PATH, IN_USER_SPACE},
	{"store.*", PROOF_PATH, IN_USER_SPACE},
	{"memcpy.*", PROOF_PATH, IN_USER_SPACE},
	{"from.*", PROOF_PATH, IN_USER_SPACE},
	{"temporal.*", PROOF_PATH, IN_USER_SPACE},
	{"nontemporal.*", PROOF_PATH, IN_USER_SPACE},
	{"noflush.*", PROOF_PATH, IN_USER_SPACE},
	{"flush.*", PROOF_PATH, IN_USER_SPACE},
	{"drain", PROOF_PATH, IN_USER_SPACE},
	{"persist.*", PROOF_PATH, IN_USER_SPACE},
	{"durable.mapsync.*", PROOF_PATH, IN_USER_SPACE},
	{0},
};

static const struct role roles[] = {
	{.variants = "msync.4k", .kind = ROLE_COPY, .panel = "msync() of one stored page"},
	{.variants = "*", .kind = ROLE_COPY},
	{0},
};

const struct bench bench_copy = {
	.name = "copy",
	.why = "cost of copying to and from a mapped DAX file, and of making it durable",
	.better = "lower",
	.needs = needs,
	.variants = variants,
	.roles = roles,
	.setup = setup,
	.probes = points,
	.waivers = waivers,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
};
