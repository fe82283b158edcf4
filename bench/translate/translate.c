// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of one dax_direct_access() call: from an offset on the device to a page frame.
 *
 * One sample is one call that a filesystem makes in a fault: through every DM level down to the
 * namespace's driver.  BPF programs record the counter at entry and exit of each function on the
 * path, at fentry or kprobes (lib/trace/tracer.h; DAXDM_TRACER or --tracer selects the method).
 * The cost of tracing is measured and subtracted.
 *
 *   dax_direct_access -> dm_dax_direct_access -> {linear,stripe}_dax_direct_access
 *     -> dax_direct_access -> pmem_dax_direct_access
 *
 * page    the call requests one page: a warm 4 KiB load.  window: 512 pages, a warm 2 MiB load.
 * first, middle, last    the segment that holds the file's lowest, middle, highest window of 2 MiB
 * random  pages of all windows
 *
 * Segments of a table as text may lead through other levels or targets: each sample is proven by
 * its own way, and the proof has the functions of each.
 *
 * Left out: the filesystem's work before and after the call (fault.*).
 *
 * Shape to expect: raw is flat.  A DM level adds a constant and the search for the segment in the
 * table's b-tree: a cost per level of the tree (8 segments fit one level, 72 two, 648 three) and a
 * cost per key compared, so that the first segment is the cheapest.  A striped segment costs more
 * than a linear one, independent of the number of stripes.
 *
 * Cross-check: the same accesses are timed without tracing on this stack and on raw.  Their
 * difference must agree with the traced one; both are in the proof, as `twin`.  This needs raw
 * before the stack, and a file of the same size: the search in the DAX index depends on it.
 *
 * The meter's overhead: the ticks between the two stamps of an empty function, and the ticks that a
 * traced function adds to its caller.
 *
 * Alone: ./run.sh bench --bench 'translate.*' --stack raw --stack linear:16
 */
#include "bench/translate/translate.h"
#include "lib/base/msg.h"
#include "lib/file/datafile.h"
#include "lib/file/mapping.h"
#include "lib/trace/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WINDOWS = 32,
	PAGES_OF_WINDOW = 2, /* random: of each window */
	ROUNDS_OF_ONE = 16,  /* where each is one access */
	CALLS_MAX = TRACER_STAMPS_MAX / 2,
	BYTE_IN_PAGE = 2048,	/* what is touched: not the stamp at the page's begin */
	TEST_FUNCTION_INSN = 2, /* what the function that calibrates executes: lea, ret */
};

extern const struct bench bench_translate;

struct plan {
	enum { FIRST, MIDDLE, LAST, RANDOM } place;
	bool window; /* 512 pages are asked for */
};

#define PLAN(...) (&(const struct plan){__VA_ARGS__})
#define ONE_PAGE(name_, why_, place_)                                                         \
	{                                                                                     \
		.name = "page." name_, .why = "one page, " why_, .arg = PLAN(.place = place_) \
	}
#define ONE_WINDOW(name_, why_, place_)                                                   \
	{                                                                                 \
		.name = "window." name_, .why = "512 pages, " why_, .needs = {NEED_HUGE}, \
		.arg = PLAN(.place = place_, .window = true)                              \
	}

static const struct variant variants[] = {
	ONE_PAGE("random", "in any segment", RANDOM),
	ONE_PAGE("first", "in the first segment", FIRST),
	ONE_PAGE("middle", "in the middle segment", MIDDLE),
	ONE_PAGE("last", "in the last segment", LAST),
	ONE_WINDOW("random", "in any segment", RANDOM),
	ONE_WINDOW("first", "in the first segment", FIRST),
	ONE_WINDOW("middle", "in the middle segment", MIDDLE),
	ONE_WINDOW("last", "in the last segment", LAST),
	{0},
};

enum { N_VARIANTS = sizeof(variants) / sizeof(variants[0]) - 1 };

/* One per mounted filesystem. */
struct translate {
	struct datafile data;
	uint64_t windows[WINDOWS]; /* as in data, by their place on the device */
	int pagemap_fd;
	uint64_t *offset, *ticks;
	enum { NOTHING, PAGES, WINDOWS_2M } known; /* to the DAX index */
	bool refused;		   /* known as WINDOWS_2M, yet not all windows were mapped so */
	uint64_t overhead_ticks;   /* of the meter from outside */
	struct counters *counters; /* if this is a pass to be counted */
	struct translate_chain functions; /* of all ways down the stack */
	struct kept *kept;
	struct tracer tracer;
	bool traceable; /* else the reason is in kept->missing */
	bool attached;
	char unattached[160]; /* why not; "" */
	struct translate_result results[N_VARIANTS];
};

/* State kept across stacks, in env->kept. */
struct kept {
	struct translate_result raw[N_VARIANTS];
	char raw_fs[FS_SPEC_TEXT_BYTES]; /* "" before raw was measured */
	uint64_t raw_bytes;		 /* the size of its file */
	/* The tracer, which is slow to load; its file descriptors are in env->fds_kept. */
	bool tried, found, with_dm;
	struct tracer tracer;
	struct tracer_missing missing;
};

_Static_assert(sizeof(struct kept) <= BENCH_KEPT_BYTES, "struct kept is too large");
_Static_assert((int)TRACER_FDS <= (int)FDSTORE_MAX, "the tracer has too many file descriptors");

static struct call calls[CALLS_MAX];

/* Whether the tracer follows the functions of targets; see translate_way.c. */
static bool traces_targets(const struct translate *t)
{
	return t->traceable && !strcmp(tracer_way(&t->tracer), "fentry");
}

/* Opens the tracer and keeps it for the next stacks, or keeps the reason why there is none. */
static void open_tracer(struct bench_env *env, struct translate *t)
{
	struct kept *kept = t->kept;
	int fds[TRACER_FDS];

	kept->found =
		!tracer_open(&t->tracer, kept->with_dm, getenv("DAXDM_TRACER"), &kept->missing);
	kept->tried = true;
	t->traceable = kept->found;
	if (!t->traceable)
		return;
	kept->tracer = t->tracer;
	/* If that fails, the next stack opens a new tracer. */
	env->keep_fds(env, fds, tracer_fds(&t->tracer, fds));
}

/* Adopts the tracer of an earlier stack, or opens one: for the first stack, and for the first stack
 * with device-mapper. */
static void have_tracer(struct bench_env *env, struct translate *t)
{
	bool with_dm = !access("/sys/module/dm_mod", F_OK);
	struct kept *kept = t->kept;

	if (kept->tried && kept->with_dm == with_dm) {
		if (!kept->found)
			return;
		t->tracer = kept->tracer;
		t->traceable = !tracer_adopt(&t->tracer, env->fds_kept->fds, env->fds_kept->n);
		if (t->traceable)
			return;
	}
	kept->with_dm = with_dm;
	open_tracer(env, t);
}

/* Removes files of other benchmarks, so that the layout does not depend on them. */
static int start_empty(struct bench_env *env)
{
	static const char *const names[] = {"data", "holes"};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", env->directory, names[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			return -errno;
	}
	return fs_remount(env->fs);
}

static uint64_t on_device(const struct translate *t, uint64_t offset)
{
	const struct extent *e = extents_find(&t->data.extents, offset);

	return e ? e->physical_bytes + (offset - e->logical_bytes) : UINT64_MAX;
}

static void sort_windows(struct translate *t)
{
	for (unsigned int i = 0; i < t->data.n_windows; i++) {
		uint64_t window = t->data.windows[i];
		unsigned int k = i;

		for (; k && on_device(t, t->windows[k - 1]) > on_device(t, window); k--)
			t->windows[k] = t->windows[k - 1];
		t->windows[k] = window;
	}
}

static int setup(struct bench_env *env, void **state)
{
	struct translate *t = calloc(1, sizeof(*t));
	int rc;

	*state = t;
	if (!t)
		return -ENOMEM;
	t->data.fd = -1;
	t->kept = env->kept;
	t->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	rc = t->pagemap_fd < 0 ? -errno
			       : meter_touch_arrays(TRANSLATE_SAMPLES, &t->offset, &t->ticks);
	if (!rc)
		rc = start_empty(env);
	if (!rc)
		rc = datafile_open(&t->data, env->fs);
	if (!rc && fs_file_is_dax(t->data.fd) != 1)
		rc = -ENOTSUP;
	if (!rc) {
		env->phase(env, "mkfs");
		rc = datafile_make(&t->data, WINDOWS);
		env->phase(env, "prepare");
	}
	if (rc < 0) {
		msg_error("cannot make the data file of translate on %s: %s", env->stack->node,
			  strerror(-rc));
		return rc;
	}
	t->overhead_ticks = meter_touch_overhead_load();
	sort_windows(t);
	have_tracer(env, t);
	translate_functions(stack_backing(env->stack), traces_targets(t), &t->functions);
	return 0;
}

static void teardown(struct bench_env *env, void *state)
{
	struct translate *t = state;

	(void)env;
	if (!t)
		return;
	if (t->traceable)
		tracer_close(&t->tracer);
	datafile_close(&t->data);
	if (t->pagemap_fd >= 0)
		close(t->pagemap_fd);
	extents_free(&t->data.extents);
	free(t);
}

/* The offsets of one round; a variant runs as many rounds as give TRANSLATE_SAMPLES samples. */
static size_t fill_offsets(struct translate *t, const struct plan *plan)
{
	unsigned int last = t->data.n_windows - 1, n = 0;
	unsigned int window = plan->place == FIRST ? 0 : plan->place == LAST ? last : last / 2;

	if (plan->place != RANDOM && plan->window) {
		t->offset[n++] = t->windows[window] + BYTE_IN_PAGE;
	} else if (plan->place != RANDOM) {
		for (; n < TRANSLATE_SAMPLES / 2; n++)
			t->offset[n] = t->windows[window] + n * PAGE_BYTES + BYTE_IN_PAGE;
	} else {
		for (unsigned int w = 0; w <= last; w++) {
			for (unsigned int p = 0; p < (plan->window ? 1 : PAGES_OF_WINDOW); p++) {
				/* At random in its part of the window, each page once. */
				unsigned int part = WINDOW_PAGES / PAGES_OF_WINDOW;
				unsigned int page = p * part + w * 37 % part;

				t->offset[n++] = t->windows[w] + page * PAGE_BYTES + BYTE_IN_PAGE;
			}
		}
	}
	return n;
}

/* Accesses n_round offsets in each round, with no page mapped at its start; copies up to n ticks to
 * out.  Returns the number of faults minus the number of accesses. */
static int64_t touch_rounds(struct translate *t, const struct mapping *m, size_t n_round,
			    int64_t *out, size_t n)
{
	int64_t more = 0;

	for (size_t done = 0; done + n_round <= n; done += n_round) {
		uint64_t before;

		madvise(m->base, t->data.bytes, MADV_DONTNEED);
		before = mapping_page_faults();
		counters_start(t->counters);
		meter_touch_load(m->base, t->offset, t->ticks, n_round);
		counters_stop(t->counters, n_round);
		more += (int64_t)(mapping_page_faults() - before) - (int64_t)n_round;
		for (size_t i = 0; i < n_round; i++)
			out[done + i] = (int64_t)(t->ticks[i] - t->overhead_ticks);
	}
	return more;
}

/* After a refused 2 MiB fault the DAX index has a PTE entry for the offset, and later faults do not
 * request 512 pages. */
static bool all_huge(const struct bench_env *env, const struct translate *t, size_t n_round)
{
	for (size_t i = 0; i < n_round; i++)
		if (!extents_window_is_huge(&t->data.extents, stack_backing(env->stack),
					    t->offset[i] / WINDOW_BYTES * WINDOW_BYTES))
			return false;
	return true;
}

static void prove_frames(struct bench_env *env, struct translate *t, const struct mapping *m,
			 size_t n_round, struct translate_result *r)
{
	const struct frame_proof proof = {.pagemap_fd = t->pagemap_fd,
					  .backing = stack_backing(env->stack),
					  .extents = t->data.extents};

	for (size_t i = 0; i < n_round && !r->why[0]; i++)
		proof_frames(&r->proof, &proof, m, t->offset[i] - BYTE_IN_PAGE, 1, r->why,
			     sizeof(r->why));
}

/*
 * Prepares DAX index and filesystem for a pass: a new mount, one access to each window.  The cost
 * of a search in their trees depends on the entries and on the order of their insertion; and an
 * offset with a PTE entry is never mapped with a PMD.
 */
static int know_file(struct bench_env *env, struct translate *t, bool window)
{
	struct mapping m;
	uint64_t before;
	int rc;

	if (t->known == (window ? WINDOWS_2M : PAGES))
		return 0;
	datafile_close(&t->data);
	rc = fs_remount(env->fs);
	if (!rc)
		rc = datafile_open(&t->data, env->fs);
	t->known = window ? WINDOWS_2M : PAGES;
	if (!rc)
		rc = mapping_make(&m, t->data.fd, t->data.bytes, MAP_SHARED, window);
	if (rc < 0)
		return rc;
	for (unsigned int i = 0; i < t->data.n_windows; i++)
		t->offset[i] = t->windows[i] + BYTE_IN_PAGE;
	meter_touch_load(m.base, t->offset, t->ticks, t->data.n_windows);
	/* Accesses another page of each window: it faults only if the first access mapped a PTE. */
	for (unsigned int i = 0; i < t->data.n_windows; i++)
		t->offset[i] += PAGE_BYTES;
	before = mapping_page_faults();
	if (window)
		meter_touch_load(m.base, t->offset, t->ticks, t->data.n_windows);
	t->refused = mapping_page_faults() != before;
	mapping_drop(&m);
	return 0;
}

/* A pass over one variant.  The first round gives no samples: it allocates page tables and fills
 * the DAX index. */
static int run_pass(struct bench_env *env, struct translate *t, const struct variant *variant,
		    const char *phase, int64_t *out)
{
	const struct plan *plan = variant->arg;
	struct translate_result *r = &t->results[variant - variants];
	struct mapping m;
	size_t n_round;
	int64_t more;
	int rc = know_file(env, t, plan->window);

	if (!rc)
		rc = mapping_make(&m, t->data.fd, t->data.bytes, MAP_SHARED, plan->window);

	if (rc < 0)
		return rc;
	mapping_precharge();
	n_round = fill_offsets(t, plan);
	r->small = plan->window && !all_huge(env, t, n_round);
	r->refused = plan->window && t->refused && !r->small;
	if (r->small || r->refused)
		goto out;
	r->n = (n_round == 1 ? ROUNDS_OF_ONE : TRANSLATE_SAMPLES / n_round) * n_round;
	for (size_t i = 0; i < r->n; i++)
		r->at_bytes[i] = on_device(t, t->offset[i % n_round] - BYTE_IN_PAGE);
	touch_rounds(t, &m, n_round, out, n_round);
	if (t->attached)
		rc = tracer_start(&t->tracer);
	env->phase(env, phase);
	t->counters = t->attached ? NULL : env->counters;
	more = touch_rounds(t, &m, n_round, out, r->n);
	t->counters = NULL;
	if (more)
		snprintf(r->why, sizeof(r->why), "%zu accesses caused %" PRId64 " page faults%s",
			 r->n, (int64_t)r->n + more,
			 t->attached ? " with the tracer attached" : "");
	env->phase(env, "proof");
	proof_dax(&r->proof, t->data.fd, true, r->why, sizeof(r->why));
	prove_frames(env, t, &m, n_round, r);
out:
	mapping_drop(&m);
	return rc;
}

/* The untraced pass: the same accesses with no program attached. */
static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct translate *t = state;

	if (!t->traceable)
		return 0;
	env->phase(env, "prepare");
	return run_pass(env, t, variant, "measure", t->results[variant - variants].outside);
}

/* If a function cannot be traced, nothing is measured; t->unattached has the reason. */
static void attach(struct translate *t)
{
	t->attached = true;
	for (size_t i = 0; i < t->functions.n; i++) {
		enum tracer_function function = t->functions.functions[i];
		int rc = tracer_attach(&t->tracer, function);

		if (!rc)
			continue;
		snprintf(t->unattached, sizeof(t->unattached), "cannot attach %s to %s: %s",
			 tracer_way(&t->tracer), tracer_name(function), strerror(-rc));
		tracer_detach(&t->tracer);
		return;
	}
}

/* The calibrated cost of tracing, and the number of accesses that took longer by exactly that
 * cost. */
static void price_tracing(const struct bench_env *env, const struct translate *t,
			  struct translate_result *r, const int64_t *traced,
			  const unsigned int *n_calls)
{
	bool insn = env->cell.meter->kind == METER_INSN;
	uint64_t inside_ticks, around_ticks;

	tracer_cost(&t->tracer, &inside_ticks, &around_ticks);
	r->around_ticks = (int64_t)around_ticks;
	r->inside_ticks = (int64_t)inside_ticks - (insn ? TEST_FUNCTION_INSN : 0);
	for (size_t i = 0; i < r->n; i++)
		r->exact += traced[i] - r->outside[i] == r->around_ticks * (int64_t)n_calls[i];
}

static const struct translate_chain *way_of(const struct translate_result *r, size_t sample)
{
	return &r->ways[r->way[sample]];
}

/* Whether the call at calls[0] took that way. */
static bool chain_fits(const struct translate_chain *chain, const struct call *call)
{
	if (call->inside + 1 != chain->n)
		return false;
	for (size_t i = 0; i < chain->n; i++)
		if (call[i].function != chain->functions[i] || call[i].depth != i)
			return false;
	return true;
}

/*
 * Finds the call of each sample: a refused 2 MiB fault makes a second call, for one page.  first[]
 * gets the index of the call, n_calls[] the number of calls that the access made.  Returns true, or
 * false with a sentence in r->why.
 */
static bool find_calls(const struct plan *plan, size_t n, struct translate_result *r, size_t *first,
		       unsigned int *n_calls)
{
	uint64_t pages = plan->window ? WINDOW_PAGES : 1;
	size_t found = 0;

	for (size_t i = 0; i < n; i += 1 + calls[i].inside) {
		const struct translate_chain *way;

		if (calls[i].pages == pages && found < r->n) {
			first[found] = i;
			n_calls[found++] = 0;
		} else if (calls[i].pages == pages) {
			found++;
			break;
		}
		if (found)
			n_calls[found - 1] += 1 + calls[i].inside;
		way = way_of(r, found ? found - 1 : 0);
		if (!chain_fits(way, &calls[i])) {
			snprintf(r->why, sizeof(r->why),
				 "dax_direct_access did not take the path of the stack: expected "
				 "%zu nested traced calls, got %u",
				 way->n - 1, calls[i].inside);
			return false;
		}
	}
	if (found == r->n)
		return true;
	snprintf(r->why, sizeof(r->why),
		 "%zu faults made %s%zu calls of dax_direct_access for %" PRIu64 " pages", r->n,
		 found > r->n ? "at least " : "", found, pages);
	return false;
}

static void take_costs(const struct bench_env *env, struct translate *t, const struct plan *plan,
		       const int64_t *traced, size_t n, struct translate_result *r)
{
	unsigned int n_calls[TRANSLATE_SAMPLES];
	size_t first[TRANSLATE_SAMPLES], refused = 0;

	if (!find_calls(plan, n, r, first, n_calls))
		return;
	for (size_t i = 0; i < r->n; i++)
		refused += n_calls[i] != way_of(r, i)->n;
	if (plan->window && refused) {
		snprintf(r->why, sizeof(r->why), "%zu of %zu faults were not mapped by a PMD",
			 refused, r->n);
		return;
	}
	price_tracing(env, t, r, traced, n_calls);
	calls_cost(calls, n, r->inside_ticks, r->around_ticks);
	/* The kernel requests as many pages as it maps, and calls again for a PMD that it
	 * refused. */
	proof_pages(&r->proof, plan->window ? WINDOW_BYTES : PAGE_BYTES, r->n, r->n, r->why,
		    sizeof(r->why));
	proof_seen(&r->proof, PROOF_PATH);
	for (size_t i = 0; i < r->n; i++) {
		r->inside[i] = calls[first[i]].whole;
		for (size_t c = 0; c < way_of(r, i)->n; c++)
			r->self[c][i] = calls[first[i] + c].self;
	}
	for (size_t i = 0; i < r->n && !r->why[0]; i++)
		if (env->cell.meter->kind == METER_INSN && r->inside[i] <= 0)
			snprintf(r->why, sizeof(r->why),
				 "call %zu of dax_direct_access took %" PRId64
				 " insn less than tracing a function that does nothing",
				 i, -r->inside[i]);
	r->traced = true;
}

/* The traced pass: the same accesses with the tracer attached. */
static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	struct translate *t = state;
	struct translate_result *r = &t->results[variant - variants];
	const struct stamp *stamps;
	int64_t traced[TRANSLATE_SAMPLES];
	long n = 0;
	int rc;

	(void)probes; /* hits are not counted: the tracer sees each call */
	if (!t->traceable)
		return 0;
	env->phase(env, "prepare");
	if (!t->attached) {
		env->phase(env, "mount");
		attach(t);
		env->phase(env, "prepare");
	}
	if (t->unattached[0])
		return 0;
	rc = run_pass(env, t, variant, "measure", traced);
	if (rc < 0 || r->small || r->refused)
		return rc;
	n = tracer_read(&t->tracer, &stamps);
	if (n >= 0)
		n = calls_read(stamps, (size_t)n, calls, CALLS_MAX);
	r->missed = n == -EBADMSG && !strcmp(tracer_way(&t->tracer), "kprobe");
	if (n < 0 && !r->why[0])
		snprintf(r->why, sizeof(r->why), "entry and exit stamps do not pair up: %s",
			 strerror((int)-n));
	rc = r->why[0] ? 0 : translate_find_ways(stack_backing(env->stack), traces_targets(t), r);
	if (rc == -E2BIG)
		snprintf(r->why, sizeof(r->why),
			 "its pages are on more than %d ways down the stack, or below more than %d "
			 "levels",
			 TRANSLATE_WAYS_MAX, STACK_DEPTH_MAX);
	else if (rc < 0)
		snprintf(r->why, sizeof(r->why), "the ways of its pages cannot be found: %s",
			 strerror(-rc));
	if (!r->why[0])
		take_costs(env, t, variant->arg, traced, (size_t)n, r);
	return 0;
}

/* The result on raw of the same filesystem and size, or NULL. */
static const struct translate_result *raw_of(const struct bench_env *env, const struct translate *t,
					     const struct variant *variant)
{
	const struct kept *kept = t->kept;

	if (strcmp(kept->raw_fs, env->cell.fs) || kept->raw_bytes != t->data.bytes)
		return NULL;
	return &kept->raw[variant - variants];
}

static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct plan *plan = variant->arg;
	struct translate *t = state;
	struct translate_result *r = &t->results[variant - variants];
	struct kept *kept = t->kept;
	int64_t samples[TRANSLATE_SAMPLES];

	if (!t->traceable)
		return record_write_skip(env->sink, &env->cell, "translate", variant->name,
					 kept->missing.why, kept->missing.cure);
	if (!strcmp(env->stack->spec.text, "raw")) {
		snprintf(kept->raw_fs, sizeof(kept->raw_fs), "%s", env->cell.fs);
		kept->raw_bytes = t->data.bytes;
		kept->raw[variant - variants] = *r;
	}
	if (r->small)
		return record_write_skip(
			env->sink, &env->cell, "translate", variant->name,
			"2 MiB mappings do not persist on this stack: after the first refusal the "
			"kernel requests single pages",
			"use a stack whose segments and chunks begin and end at multiples of 2 "
			"MiB");
	if (r->refused)
		return record_write_skip(
			env->sink, &env->cell, "translate", variant->name,
			"this kernel maps the stack with 4 KiB pages only, although its tables "
			"allow 2 MiB: dm-stripe limits direct_access to max_sectors_kb",
			"echo 2048 >/sys/block/dm-N/queue/max_sectors_kb, for each striped device");
	if (t->unattached[0])
		return record_write_skip(env->sink, &env->cell, "translate", variant->name,
					 t->unattached, "try --tracer kprobe");
	if (r->missed)
		return record_write_skip(
			env->sink, &env->cell, "translate", variant->name,
			"the default maxactive of kretprobes is too small for a function that "
			"recurses through device-mapper, and only tracefs can raise it",
			"mount -t tracefs nodev /sys/kernel/tracing, or use a kernel with "
			"CONFIG_DEBUG_INFO_BTF_MODULES (5.11 or newer)");
	if (r->why[0])
		return record_write_void(env->sink, &env->cell, "translate", variant->name, r->why);
	for (size_t i = 0; i < r->n; i++)
		samples[i] = translate_value(env, r->inside[i]);
	return record_write(env->sink, &env->cell, "translate", bench_translate.better,
			    variant->name, samples, r->n, translate_value(env, r->inside_ticks),
			    &r->proof,
			    translate_proof(env, plan->window ? WINDOW_PAGES : 1,
					    tracer_way(&t->tracer), r, raw_of(env, t, variant)));
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_END};

static const struct role roles[] = {
	{.variants = "page.random",
	 .kind = ROLE_TRANSLATION,
	 .panel = "one dax_direct_access(), inside the kernel"},
	{0},
};

static const struct unexplained unexplained[] = {
	{"*", "it is measured inside the kernel"},
	{0},
};

const struct bench bench_translate = {
	.name = "translate",
	.why = "cost of a dax_direct_access() call, from offset to page frame",
	.better = "lower",
	.needs = needs,
	.variants = variants,
	.roles = roles,
	.guest = BENCH_GUEST_ALL_STACKS,
	.unexplained = unexplained,
	.setup = setup,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
};
