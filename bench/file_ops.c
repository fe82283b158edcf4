// SPDX-License-Identifier: GPL-2.0-only
#include "bench/file_ops.h"

#include "lib/meter/memcg_phase.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROBED = 2 };

/* One per mounted filesystem. */
struct state {
	const struct bench_env *env;
	struct timed_ops_base base;
	struct file_ops_file file;
	uint64_t stamp; /* of the next page of the buffer */
	/* The pass that runs. */
	const struct file_ops_plan *plan;
	struct timed_ops_result *result;
	uint64_t faults; /* of the operation */
	size_t n_results;
	struct timed_ops_result results[]; /* by variant */
};

const enum need file_ops_needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_END};

int file_ops_fill(int fd, char *buffer, uint64_t len_bytes)
{
	for (uint64_t at = 0; at < len_bytes; at += WINDOW_BYTES) {
		uint64_t len = len_bytes - at < WINDOW_BYTES ? len_bytes - at : WINDOW_BYTES;

		for (uint64_t page = 0; page < len; page += PAGE_BYTES) {
			uint64_t stamp = datafile_stamp(at + page);

			memcpy(buffer + page, &stamp, sizeof(stamp));
		}
		if (pwrite(fd, buffer, len, (off_t)at) != (ssize_t)len)
			return errno ? -errno : -EIO;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static void path_of(const struct state *s, const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s", s->env->directory, name);
}

static int open_empty(const struct state *s, const char *name, int flags)
{
	char path[256];
	int fd;

	path_of(s, name, path);
	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | flags, 0600);
	return fd < 0 ? -errno : fd;
}

static void end_pass(struct state *s)
{
	char path[256];

	if (s->file.map.reserved)
		mapping_drop(&s->file.map);
	s->file.map = (struct mapping){0};
	if (s->file.fd >= 0)
		close(s->file.fd);
	if (s->file.source_fd >= 0)
		close(s->file.source_fd);
	s->file.fd = s->file.source_fd = -1;
	path_of(s, "written", path);
	unlink(path);
	path_of(s, "source", path);
	unlink(path);
}

/* Returns 0 or -errno; end_pass() in either case. */
static int start_pass(struct state *s)
{
	const struct file_ops_plan *plan = s->plan;
	int rc;

	end_pass(s);
	/* Blocks that files of other passes had are free again: each pass allocates the same. */
	sync();
	s->file.fd = rc = open_empty(s, "written", plan->flags);
	if (rc >= 0)
		s->file.source_fd = rc = open_empty(s, "source", 0);
	if (rc >= 0)
		rc = plan->start ? plan->start(&s->file) : 0;
	if (rc >= 0 && plan->mapped)
		rc = mapping_make(&s->file.map, s->file.fd, FILE_OPS_SAMPLES * plan->step_bytes,
				  MAP_SHARED, plan->bytes == WINDOW_BYTES);
	return rc < 0 ? rc : 0;
}

static int before(void *arg, size_t i)
{
	struct state *s = arg;

	(void)i;
	for (uint64_t at = 0; at < s->plan->bytes && at < TIMED_OPS_BUFFER_BYTES;
	     at += PAGE_BYTES) {
		s->stamp++;
		memcpy(s->base.buffer + at, &s->stamp, sizeof(s->stamp));
	}
	return 0;
}

static int64_t run(void *arg, size_t i)
{
	struct state *s = arg;
	uint64_t faults = s->plan->mapped ? mapping_page_faults() : 0;
	int64_t done = s->plan->run(&s->file, i * s->plan->step_bytes);

	if (s->plan->mapped)
		s->faults = mapping_page_faults() - faults;
	return done;
}

static int verify_bytes(const struct state *s, uint64_t offset)
{
	static char page[PAGE_BYTES];

	for (uint64_t at = 0; at < s->plan->bytes; at += PAGE_BYTES) {
		if (pread(s->file.fd, page, PAGE_BYTES, (off_t)(offset + at)) != PAGE_BYTES)
			return -EIO;
		if (memcmp(page, s->base.buffer + at, PAGE_BYTES))
			return -EBADMSG;
	}
	return 0;
}

/* Whether a load from there causes no page fault. */
static bool is_mapped(const struct state *s, uint64_t offset)
{
	uint64_t before = mapping_page_faults();

	(void)*(const volatile char *)(s->file.map.base + offset);
	return mapping_page_faults() == before;
}

/* The page is mapped as it should be, on a block of the file that its source does not share. */
static void prove_fault(struct state *s, size_t i, uint64_t offset)
{
	struct timed_ops_result *r = s->result;
	struct frame_proof frames = {
		.pagemap_fd = s->base.pagemap_fd,
		.backing = stack_backing(s->env->stack),
	};
	int rc;

	proof_pages(&r->proof, s->plan->bytes, 1, s->faults, r->why, sizeof(r->why));
	if (s->plan->bytes > PAGE_BYTES && !r->why[0] && !is_mapped(s, offset + PAGE_BYTES))
		r->missing = timed_ops_not_huge;
	if (i || r->why[0] || r->missing.why)
		return;
	rc = extents_read(s->file.fd, &frames.extents);
	if (rc < 0)
		timed_ops_void(r, "cannot read the extents of the file: %s", strerror(-rc));
	else
		proof_frames(&r->proof, &frames, &s->file.map, offset,
			     (unsigned int)(s->plan->bytes / PAGE_BYTES), r->why, sizeof(r->why));
	extents_free(&frames.extents);
}

static bool holds(void *arg, size_t i, char *why, size_t why_len)
{
	struct state *s = arg;
	uint64_t offset = i * s->plan->step_bytes;
	int rc = s->plan->verify ? s->plan->verify(&s->file, offset) : verify_bytes(s, offset);

	if (rc < 0) {
		snprintf(why, why_len, "operation %zu did not do what it should: %s", i,
			 strerror(-rc));
		return false;
	}
	if (s->plan->mapped)
		prove_fault(s, i, offset);
	return !s->result->why[0] && !s->result->missing.why;
}

static struct timed_ops ops_of(struct state *s, const struct variant *variant, size_t n)
{
	s->plan = variant->arg;
	s->result = &s->results[variant - s->env->bench->variants];
	return (struct timed_ops){
		.before = before,
		.run = run,
		.holds = holds,
		.arg = s,
		.n = n,
		.wanted = (int64_t)s->plan->bytes,
		.per_sample = 1,
	};
}

int file_ops_setup(struct bench_env *env, void **state)
{
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
	s->file.fd = s->file.source_fd = -1;
	rc = timed_ops_base_make(env, env->bench, &s->base, DATAFILE_WINDOWS_MIN);
	s->file.buffer = s->base.buffer;
	return rc;
}

int file_ops_once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct state *s = state;
	struct timed_ops ops = ops_of(s, variant, FILE_OPS_SAMPLES);
	struct timed_ops_result *r = s->result;
	int rc;

	env->phase(env, "prepare");
	rc = start_pass(s);
	if (rc == -EOPNOTSUPP)
		r->missing =
			s->plan->missing.why
				? s->plan->missing
				: (struct missing){"this filesystem does not have the operation",
						   "use another filesystem"};
	else if (rc < 0)
		timed_ops_void(r, "cannot make the file: %s", strerror(-rc));
	else
		proof_dax(&r->proof, s->file.fd, true, r->why, sizeof(r->why));
	if (rc < 0 || r->why[0]) {
		end_pass(s);
		return 0;
	}
	mapping_precharge();
	if (env->cell.meter->kind == METER_INSN)
		memcg_phase_align();
	env->phase(env, "measure");
	rc = timed_ops_time(env, &ops, s->base.ticks, r);
	end_pass(s);
	return rc;
}

int file_ops_probe(struct bench_env *env, void *state, const struct variant *variant,
		   struct probe_set *probes)
{
	struct state *s = state;
	struct timed_ops ops = ops_of(s, variant, PROBED);
	int rc;

	if (s->result->why[0] || s->result->missing.why)
		return 0;
	env->phase(env, "proof");
	rc = start_pass(s);
	if (rc < 0)
		timed_ops_void(s->result, "cannot make the file again: %s", strerror(-rc));
	else
		timed_ops_probe(&ops, PROBED, probes, s->result);
	end_pass(s);
	timed_ops_expect(s->result, s->plan->points, FILE_OPS_POINTS_MAX,
			 timed_ops_hits(s->result, "operations") * s->plan->hits);
	return 0;
}

int file_ops_report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct file_ops_plan *plan = variant->arg;
	struct state *s = state;
	const struct timed_ops_result *r = &s->results[variant - env->bench->variants];

	return timed_ops_report(env, env->bench, variant, r,
				json_pack("{sI sI}", "operations", (json_int_t)r->n, "bytes",
					  (json_int_t)plan->bytes));
}

void file_ops_teardown(struct bench_env *env, void *state)
{
	struct state *s = state;

	if (!s)
		return;
	end_pass(s);
	timed_ops_base_drop(env, &s->base);
	timed_ops_results_free(s->results, s->n_results);
	free(s);
}
