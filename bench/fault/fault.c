// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of a page fault on a DAX file.
 *
 * One sample is one fault: an access to one byte of a page that is not mapped.  PTE variants touch
 * the first 32 (meter time: 128) pages of each of 32 2 MiB windows spread over the whole device;
 * PMD variants touch one page of each window.  Accesses to pages that are already mapped give no
 * samples.
 *
 * Left out: making the mapping, page-table teardown, CPU caches and TLBs (not modelled by meter
 * insn).  Included: exception entry, handle_mm_fault, the filesystem's iomap, the DAX index,
 * dax_direct_access through every DM level, and for the first page of a 2 MiB address range the
 * page-table page.
 *
 *   handle_mm_fault -> do_{read,shared,cow}_fault | create_huge_pmd
 *     -> ext4_dax_huge_fault | xfs_filemap_huge_fault -> dax_iomap_{pte,pmd}_fault
 *       -> dax_iomap_direct_access -> dax_direct_access -> dm_dax_direct_access
 *         -> dm_dax_get_live_target -> dm_table_find_target -> linear_dax_direct_access
 *           -> dax_direct_access -> pmem_dax_direct_access
 *
 * Shape to expect: raw, plus a constant for one DM level, plus a step each time the table's b-tree
 * gets a level (segments > 8, 72, 648: KEYS_PER_NODE is 8).
 *
 * cold  first fault on that offset since the filesystem was mounted (it is remounted before) warm
 * the DAX index knows the offset: another mapping accessed it in the same way since mount
 *       (the cold pass: in the table a warm variant follows its cold one)
 * If the kernel refuses a PMD fault, a PTE is mapped: such samples are recorded separately, as
 * `fallback`.
 *
 * Alone: ./run.sh bench --bench 'fault.read.*' --stack linear:16
 */
#include "bench/fault/fault.h"
#include "lib/base/msg.h"
#include "lib/file/datafile.h"
#include "lib/file/huge_causes.h"
#include "lib/file/mapping.h"
#include "lib/meter/host_waits.h"
#include "lib/meter/memcg_phase.h"
#include "lib/meter/random_phase.h"
#include "lib/meter/slab_warmup.h"
#include "lib/trace/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	WINDOWS = 32,	 /* each is 2 MiB that must be written first */
	PAGES_INSN = 32, /* per window, PTE; exact, so that more would say no more */
	PAGES_TIME = 128,
	PROBE_WINDOWS = 8,
	BYTE_IN_PAGE = 2048, /* what is touched: not the stamp at the page's begin */
};

extern const struct bench bench_fault;

static const char *const points[] = {
	"dm_dax_direct_access",	     "pmem_dax_direct_access",	  "dax_direct_access",
	"fs_dax:dax_pte_fault_done", "fs_dax:dax_pmd_fault_done", NULL,
};

/* Results of all passes of one variant. */
struct result {
	int64_t *samples; /* the first n_pmd by 2 MiB where PMDs were asked for */
	size_t n, n_pmd;
	unsigned int areas, placed;
	struct proof proof; /* of the timed pass; its path: hits of the probe pass */
	struct proof small; /* of faults that were to map 2 MiB and mapped 4 KiB; it has no path */
	char why[192];	    /* set: a proof failed, the samples are void */
};

struct fault_state {
	struct datafile data;
	int holes_fd, pagemap_fd;
	struct slab_warmup nodes;
	uint64_t overhead_load_ticks, overhead_store_ticks;
	uint64_t *offset, *ticks;
	bool huge_observed;
	const struct variant *last; /* whose pass ran last */
	struct result results[FAULT_VARIANTS];
};

/* Results of one pass. */
struct pass {
	size_t n;
	uint64_t faults;
	size_t n_pmd;
	unsigned int areas;  /* memory areas of the process */
	unsigned int placed; /* windows that the filesystem laid out so that a PMD could map them */
	struct proof proof, small; /* as in struct result */
	char why[192];		   /* set: the pass is void */
};

static int open_files(struct bench_env *env, struct fault_state *f)
{
	char path[256];
	int rc = datafile_open(&f->data, env->fs);

	snprintf(path, sizeof(path), "%s/holes", env->directory);
	f->holes_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (!rc && f->holes_fd < 0)
		rc = -errno;
	if (rc < 0)
		msg_error("cannot open the files of benchmark fault in %s: %s", env->directory,
			  strerror(-rc));
	return rc;
}

static void close_files(struct fault_state *f)
{
	datafile_close(&f->data);
	if (f->holes_fd >= 0)
		close(f->holes_fd);
	f->holes_fd = -1;
}

static int remount(struct bench_env *env, struct fault_state *f)
{
	int rc;

	close_files(f);
	rc = fs_remount(env->fs);
	return rc < 0 ? rc : open_files(env, f);
}

static int setup(struct bench_env *env, void **state)
{
	struct fault_state *f = calloc(1, sizeof(*f));
	int rc;

	*state = f;
	if (!f)
		return -ENOMEM;
	f->data.fd = f->holes_fd = -1;
	slab_warmup_open(&f->nodes);
	f->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	rc = f->pagemap_fd < 0 ? -errno
			       : meter_touch_arrays(WINDOWS * PAGES_TIME, &f->offset, &f->ticks);
	if (rc < 0) {
		msg_error("cannot prepare benchmark fault: %s", strerror(-rc));
		return rc;
	}
	f->overhead_load_ticks = meter_touch_overhead_load();
	f->overhead_store_ticks = meter_touch_overhead_store();
	rc = open_files(env, f);
	if (rc < 0)
		return rc;
	if (fs_file_is_dax(f->data.fd) != 1) {
		msg_error("%s/data is not a DAX file (statx); nothing is measured", env->directory);
		return -ENOTSUP;
	}
	rc = datafile_make(&f->data, WINDOWS);
	if (rc == -ENOSPC)
		msg_error("%s on %s has fewer than %d contiguous, aligned 2 MiB ranges; use a "
			  "larger device",
			  env->cell.fs, env->stack->node, DATAFILE_WINDOWS_MIN);
	else if (rc < 0)
		msg_error("cannot make the data file on %s: %s", env->stack->node, strerror(-rc));
	return rc;
}

static void teardown(struct bench_env *env, void *state)
{
	struct fault_state *f = state;

	(void)env;
	if (!f)
		return;
	slab_warmup_close(&f->nodes);
	close_files(f);
	if (f->pagemap_fd >= 0)
		close(f->pagemap_fd);
	extents_free(&f->data.extents);
	for (size_t i = 0; i < FAULT_VARIANTS; i++) {
		proof_free(&f->results[i].proof);
		free(f->results[i].samples);
	}
	free(f);
}

/* The holes file has as many windows as the data file, starting at offset 0; all of them are
 * used. */
static uint64_t window_offset(const struct fault_state *f, const struct fault_plan *plan,
			      unsigned int i)
{
	return plan->file == FAULT_DATA ? f->data.windows[i] : (uint64_t)i * WINDOW_BYTES;
}

/* Samples per window. */
static unsigned int plan_pages(const struct bench_env *env, const struct fault_plan *plan)
{
	if (plan->pages)
		return plan->pages;
	return env->cell.meter->kind == METER_INSN ? PAGES_INSN : PAGES_TIME;
}

static size_t fill_offsets(const struct bench_env *env, struct fault_state *f,
			   const struct fault_plan *plan, unsigned int n_windows)
{
	unsigned int pages = plan_pages(env, plan);
	size_t n = 0;

	for (unsigned int i = 0; i < n_windows; i++) {
		for (unsigned int p = 0; p < pages; p++) {
			unsigned int page = plan->huge ? i * 37 % WINDOW_PAGES : p;

			f->offset[n++] =
				window_offset(f, plan, i) + page * PAGE_BYTES + BYTE_IN_PAGE;
		}
	}
	return n;
}

/* Prepares the holes file for the variant. */
static int reset_holes(struct fault_state *f, const struct fault_plan *plan)
{
	off_t bytes = (off_t)f->data.n_windows * WINDOW_BYTES;

	if (ftruncate(f->holes_fd, 0) < 0 || ftruncate(f->holes_fd, bytes) < 0)
		return -errno;
	if (plan->file == FAULT_UNWRITTEN && fallocate(f->holes_fd, 0, 0, bytes) < 0)
		return -errno;
	return fsync(f->holes_fd) < 0 ? -errno : 0;
}

static uint64_t plan_bytes(const struct fault_state *f, const struct fault_plan *plan)
{
	return plan->file == FAULT_DATA ? f->data.bytes
					: (uint64_t)f->data.n_windows * WINDOW_BYTES;
}

static int plan_fd(const struct fault_state *f, const struct fault_plan *plan)
{
	return plan->file == FAULT_DATA ? f->data.fd : f->holes_fd;
}

static int map_plan(const struct fault_state *f, const struct fault_plan *plan, struct mapping *m)
{
	int flags = plan->is_private ? MAP_PRIVATE | MAP_NORESERVE
		    : plan->sync     ? MAP_SHARED_VALIDATE | MAP_SYNC
				     : MAP_SHARED;

	return mapping_make(m, plan_fd(f, plan), plan_bytes(f, plan), flags, plan->huge);
}

/* Inserts the offsets into the DAX index through a temporary mapping. */
static int warm_up(struct fault_state *f, const struct fault_plan *plan, size_t n)
{
	struct fault_plan other = *plan;
	struct mapping m;
	int rc;

	other.is_private = false;
	rc = map_plan(f, &other, &m);
	if (rc < 0)
		return rc;
	if (plan->timed == FAULT_STORE && !plan->is_private)
		meter_touch_store(m.base, f->offset, f->ticks, n);
	else
		meter_touch_load(m.base, f->offset, f->ticks, n);
	mapping_drop(&m);
	return 0;
}

/* Page frames of the zero page and of private copies must be outside the namespaces.  All others
 * must be those that extents and tables give. */
static void prove_frames(struct bench_env *env, struct fault_state *f,
			 const struct fault_plan *plan, const struct mapping *m, struct pass *pass)
{
	bool outside = plan->is_private || (plan->file == FAULT_HOLE && plan->timed == FAULT_LOAD);
	struct frame_proof proof = {
		.pagemap_fd = f->pagemap_fd,
		.backing = stack_backing(env->stack),
		.outside = outside ? &env->stack->graph : NULL,
	};
	unsigned int run = plan->huge ? 1 : plan_pages(env, plan);
	int rc = outside ? 0 : extents_read(plan_fd(f, plan), &proof.extents);

	if (rc < 0)
		snprintf(pass->why, sizeof(pass->why), "cannot read the extents: %s",
			 strerror(-rc));
	for (size_t i = 0; i < pass->n && !pass->why[0]; i += run) {
		uint64_t page = f->offset[i] - BYTE_IN_PAGE;

		pass->placed += extents_window_is_huge_on_fs(&proof.extents,
							     page / WINDOW_BYTES * WINDOW_BYTES);
		proof_frames(&pass->proof, &proof, m, page, run, pass->why, sizeof(pass->why));
	}
	extents_free(&proof.extents);
}

static void prove_bytes(struct fault_state *f, const struct mapping *m, struct pass *pass)
{
	for (size_t i = 0; i < pass->n && !pass->why[0]; i++) {
		uint64_t at = f->offset[i] - BYTE_IN_PAGE, value;

		memcpy(&value, m->base + at, sizeof(value));
		if (value != datafile_stamp(at))
			snprintf(pass->why, sizeof(pass->why),
				 "file offset %" PRIu64 " reads %#" PRIx64
				 ", written was %#" PRIx64,
				 at, value, datafile_stamp(at));
	}
}

/*
 * Finds the faults of a PMD pass that mapped the whole window: an access to another page of it then
 * causes no fault.  Sorts the ticks: PMD samples first, then the others, each in order.
 */
static void split_by_page_size(struct fault_state *f, const struct mapping *m, struct pass *pass)
{
	uint64_t refused[WINDOWS], more = 0;
	size_t n_refused = 0;

	pass->n_pmd = 0;
	for (size_t i = 0; i < pass->n; i++) {
		uint64_t other = f->offset[i] ^ (WINDOW_BYTES / 2), before = mapping_page_faults();

		(void)*(volatile char *)(m->base + other);
		before = mapping_page_faults() - before;
		if (!before)
			f->ticks[pass->n_pmd++] = f->ticks[i];
		else
			refused[n_refused++] = f->ticks[i];
		more += before;
	}
	memcpy(f->ticks + pass->n_pmd, refused, n_refused * sizeof(*refused));
	if (pass->n_pmd)
		proof_pages(&pass->proof, WINDOW_BYTES, pass->n_pmd, pass->faults - n_refused,
			    pass->why, sizeof(pass->why));
	if (n_refused)
		proof_pages(&pass->small, PAGE_BYTES, 2 * n_refused, n_refused + more, pass->why,
			    sizeof(pass->why));
}

/* The timed (or probed) accesses.  All other work of a pass is not timed. */
static void touch_pass(struct bench_env *env, struct fault_state *f, const struct fault_plan *plan,
		       const struct mapping *m, struct probe_set *probes, struct pass *pass)
{
	uint64_t before;

	if (plan->load_first || plan->dontneed)
		meter_touch_load(m->base, f->offset, f->ticks, pass->n);
	if (plan->dontneed)
		madvise(m->base, plan_bytes(f, plan), MADV_DONTNEED);
	if (probes)
		probe_start(probes);
	before = mapping_page_faults();
	if (!probes)
		counters_start(env->counters);
	if (plan->timed == FAULT_STORE)
		meter_touch_store(m->base, f->offset, f->ticks, pass->n);
	else
		meter_touch_load(m->base, f->offset, f->ticks, pass->n);
	if (!probes)
		counters_stop(env->counters, pass->n);
	pass->faults = mapping_page_faults() - before;
	if (probes)
		probe_stop(probes);
	if (pass->faults != pass->n)
		snprintf(pass->why, sizeof(pass->why),
			 "%zu accesses caused %" PRIu64 " page faults", pass->n, pass->faults);
}

static unsigned int plan_windows(const struct fault_state *f, const struct fault_plan *plan)
{
	return plan->windows && plan->windows < f->data.n_windows ? plan->windows
								  : f->data.n_windows;
}

static int run_pass(struct bench_env *env, struct fault_state *f, const struct variant *variant,
		    unsigned int n_windows, struct probe_set *probes, struct pass *pass);

/*
 * Prepares filesystem and DAX index for a timed pass: a new mount, or the state after the preceding
 * variant in the table, which is run first if necessary.
 */
static int start_state(struct bench_env *env, struct fault_state *f, const struct variant *variant)
{
	struct counters *counters = env->counters;
	const struct fault_plan *plan = variant->arg;
	struct pass before;
	int rc = 0;

	if (plan->follows && f->last == variant - 1)
		return 0;
	if (plan->follows) {
		env->counters = NULL;
		rc = run_pass(env, f, variant - 1, plan_windows(f, variant[-1].arg), NULL, &before);
		env->counters = counters;
		return rc;
	}
	if (plan->file != FAULT_DATA)
		rc = reset_holes(f, plan);
	return rc < 0 ? rc : remount(env, f);
}

/*
 * Aligns the kernel's batched work, so that instruction counts repeat exactly.  Slabs and memory
 * cgroup statistics are left as they are before faults that allocate blocks or pages: it would
 * increase the differences of their medians between seeds.
 */
static void settle(struct fault_state *f, const struct fault_plan *plan)
{
	bool allocates =
		plan->is_private || (plan->file != FAULT_DATA && plan->timed == FAULT_STORE);

	random_phase_align();
	host_waits_begin();
	if (allocates)
		return;
	if (!plan->follows)
		slab_warmup_align(&f->nodes);
	memcg_phase_align();
}

/* One pass over n_windows.  The probe pass does not align the slab cache: the path does not depend
 * on it.  Returns 0 (pass->why is set if a proof failed) or -errno. */
static int run_pass(struct bench_env *env, struct fault_state *f, const struct variant *variant,
		    unsigned int n_windows, struct probe_set *probes, struct pass *pass)
{
	const struct fault_plan *plan = variant->arg;
	struct mapping m;
	int rc = 0;

	*pass = (struct pass){0};
	env->phase(env, "prepare");
	if (!probes)
		rc = start_state(env, f, variant);
	else if (plan->file != FAULT_DATA)
		rc = reset_holes(f, plan);
	if (rc < 0)
		return rc;
	f->last = variant;
	pass->n = fill_offsets(env, f, plan, n_windows);
	if (plan->warm)
		rc = warm_up(f, plan, pass->n);
	if (!rc)
		rc = map_plan(f, plan, &m);
	if (rc < 0)
		return rc;
	mapping_precharge();
	env->phase(env, probes ? "proof" : "measure");
	if (!probes && env->cell.meter->kind == METER_INSN)
		settle(f, plan);
	pass->areas = mapping_areas();
	touch_pass(env, f, plan, &m, probes, pass);
	env->phase(env, "proof");
	if (plan->huge)
		split_by_page_size(f, &m, pass);
	else
		proof_pages(&pass->proof, PAGE_BYTES, pass->n, pass->faults, pass->why,
			    sizeof(pass->why));
	proof_dax(&pass->proof, plan_fd(f, plan), true, pass->why, sizeof(pass->why));
	if (!pass->why[0])
		prove_frames(env, f, plan, &m, pass);
	if (!pass->why[0] && plan->file == FAULT_DATA)
		prove_bytes(f, &m, pass);
	mapping_drop(&m);
	return 0;
}

/* Counts the kernel functions that the faults of a few windows call. */
static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	const struct fault_plan *plan = variant->arg;
	bool reaches = !plan->is_private && (plan->file != FAULT_HOLE || plan->timed != FAULT_LOAD);
	struct fault_state *f = state;
	struct result *result = &f->results[variant - fault_variants];
	unsigned int n_windows =
		f->data.n_windows < PROBE_WINDOWS ? f->data.n_windows : PROBE_WINDOWS;
	struct pass pass;
	int rc = run_pass(env, f, variant, n_windows, probes, &pass);

	if (rc < 0)
		return rc;
	proof_count(&result->proof, "faults", (int64_t)pass.faults, probes);
	if (pass.why[0])
		strcpy(result->why, pass.why);
	proof_dax_path(&result->proof, reaches ? (int64_t)pass.faults : 0, &env->stack->spec,
		       result->why, sizeof(result->why));
	return 0;
}

static int64_t overhead(const struct bench_env *env, const struct fault_state *f,
			const struct fault_plan *plan)
{
	return meter_value(env->cell.meter, plan->timed == FAULT_STORE ? f->overhead_store_ticks
								       : f->overhead_load_ticks);
}

static json_t *more_proof(const struct fault_plan *plan, size_t n, const struct result *result)
{
	bool zero = plan->file == FAULT_HOLE && plan->timed == FAULT_LOAD;
	json_t *more;

	more = json_pack("{sI sb ss si}", "faults", (json_int_t)n, "pfn_in_segment",
			 !zero && !plan->is_private, "backing",
			 zero		    ? "zero page"
			 : plan->is_private ? "private copy"
					    : "namespace",
			 "areas", (int)result->areas);
	if (plan->huge && !zero)
		json_object_set_new(more, "windows_placed_huge", json_integer(result->placed));
	return more;
}

static int observe_huge(struct bench_env *env, struct fault_state *f, const struct result *result)
{
	const struct backing backing = stack_backing(env->stack);
	uint64_t max_sectors_kb = huge_causes_max_sectors_kb(backing);
	struct huge_causes causes = {0};
	unsigned int allowed = 0;

	f->huge_observed = true;
	for (unsigned int i = 0; i < f->data.n_windows; i++) {
		allowed += extents_window_is_huge(&f->data.extents, backing, f->data.windows[i]);
		huge_causes_add(&causes, &f->data.extents, backing, f->data.windows[i],
				max_sectors_kb);
	}
	return record_write_observation(
		env->sink, &env->cell, "huge_pages",
		json_pack("{si si si si so}", "windows", (int)result->n, "pmd", (int)result->n_pmd,
			  "lost", (int)(result->n - result->n_pmd), "allowed_by_table",
			  (int)allowed, "causes", huge_causes_json(&causes)));
}

/* The timed pass. */
static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct fault_plan *plan = variant->arg;
	struct fault_state *f = state;
	struct result *result = &f->results[variant - fault_variants];
	struct pass pass;
	int rc = run_pass(env, f, variant, plan_windows(f, plan), NULL, &pass);

	if (!rc && !(result->samples = calloc(pass.n, sizeof(*result->samples))))
		rc = -ENOMEM;
	if (rc < 0)
		return rc;
	result->n = pass.n;
	result->n_pmd = pass.n_pmd;
	result->areas = pass.areas;
	result->placed = pass.placed;
	result->proof = pass.proof;
	result->small = pass.small;
	strcpy(result->why, pass.why);
	for (size_t i = 0; i < pass.n; i++)
		result->samples[i] =
			meter_sample(env->cell.meter, f->ticks[i], overhead(env, f, plan));
	return 0;
}

/* Writes one record, or two if PMD faults were refused: page sizes are never mixed. */
static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct fault_plan *plan = variant->arg;
	struct fault_state *f = state;
	const struct result *r = &f->results[variant - fault_variants];
	size_t n_first = plan->huge ? r->n_pmd : r->n;
	struct proof small;
	char fallback[64];
	int rc = 0;

	if (r->why[0])
		return record_write_void(env->sink, &env->cell, "fault", variant->name, r->why);
	if (plan->huge && plan->file == FAULT_DATA && plan->timed == FAULT_LOAD &&
	    !f->huge_observed)
		rc = observe_huge(env, f, r);
	if (!rc && n_first)
		rc = record_write(env->sink, &env->cell, "fault", bench_fault.better, variant->name,
				  r->samples, n_first, overhead(env, f, plan), &r->proof,
				  more_proof(plan, n_first, r));
	if (rc < 0 || n_first == r->n)
		return rc;
	snprintf(fallback, sizeof(fallback), "%.*sfallback", (int)strlen(variant->name) - 3,
		 variant->name);
	/* The other proofs covered all samples at once. */
	small = r->proof;
	small.page_bytes = r->small.page_bytes;
	small.shown = (r->proof.shown & ~(unsigned int)PROOF_PAGE) | r->small.shown;
	return record_write(env->sink, &env->cell, "fault", bench_fault.better, fallback,
			    r->samples + n_first, r->n - n_first, overhead(env, f, plan), &small,
			    more_proof(plan, r->n - n_first, r));
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_END};

static const struct role roles[] = {
	{.variants = "read.warm.*", .kind = ROLE_FAULT, .headline = true},
	{.variants = "*", .kind = ROLE_FAULT},
	{0},
};

const struct bench bench_fault = {
	.name = "fault",
	.why = "cost of a page fault on a DAX file",
	.better = "lower",
	.needs = needs,
	.variants = fault_variants,
	.roles = roles,
	.setup = setup,
	.probes = points,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
};
