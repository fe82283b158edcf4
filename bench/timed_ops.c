// SPDX-License-Identifier: GPL-2.0-only
#include "bench/timed_ops.h"
#include "bench/thread_cost.h"

#include "lib/base/stats.h"

#include "lib/base/msg.h"
#include "lib/file/mapping.h"
#include "lib/meter/host_waits.h"
#include "lib/meter/random_phase.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OVERHEAD_SAMPLES = 256 };

void timed_ops_void(struct timed_ops_result *result, const char *fmt, ...)
{
	va_list ap;

	if (result->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(result->why, sizeof(result->why), fmt, ap);
	va_end(ap);
}

static void judge(struct timed_ops_result *result, const struct timed_ops *ops, size_t i,
		  int64_t done)
{
	if (done < 0)
		timed_ops_void(result, "operation %zu failed: %s", i, strerror((int)-done));
	else
		timed_ops_void(result, "operation %zu moved %" PRId64 " bytes instead of %" PRId64,
			       i, done, ops->wanted);
}

/* Runs the operation.  Returns what it returns, and its ticks. */
static int64_t run_timed(const struct timed_ops *ops, size_t i, const struct meter *meter,
			 uint64_t *ticks)
{
	struct thread_cost cost;
	bool switched;
	int64_t done, took;

	if (!ops->sleeps) {
		*ticks = meter_begin();
		done = ops->run(ops->arg, i);
		*ticks = meter_end() - *ticks;
		return done;
	}
	thread_cost_start(&cost, meter, THREAD_COST_ALL);
	done = ops->run(ops->arg, i);
	took = thread_cost_ticks(&cost, &switched);
	*ticks = took < 0 ? 0 : (uint64_t)took;
	return done;
}

/* Takes one sample: prepares, runs and verifies it.  Returns whether all steps succeeded. */
static bool sample(const struct timed_ops *ops, size_t i, const struct bench_env *env,
		   uint64_t *settled, uint64_t *ticks, struct timed_ops_result *result)
{
	int64_t done = ops->before ? ops->before(ops->arg, i) : 0;

	if (done < 0) {
		timed_ops_void(result, "cannot prepare operation %zu: %s", i, strerror((int)-done));
		return false;
	}
	*settled = meter_wait_for_tick(*settled);
	counters_start(env ? env->counters : NULL);
	done = run_timed(ops, i, env ? env->cell.meter : NULL, ticks);
	counters_stop(env ? env->counters : NULL, ops->per_sample);
	if (done != ops->wanted) {
		judge(result, ops, i, done);
		return false;
	}
	return !ops->holds || ops->holds(ops->arg, i, result->why, sizeof(result->why));
}

static int64_t nothing(void *arg, size_t i)
{
	(void)arg;
	(void)i;
	return 0;
}

/* Median ticks that sample() measures for an empty run(). */
static uint64_t overhead_ticks(void)
{
	static uint64_t ticks[OVERHEAD_SAMPLES], median;
	const struct timed_ops ops = {.run = nothing};
	struct timed_ops_result result = {0};
	uint64_t settled = 0;

	if (median)
		return median;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < OVERHEAD_SAMPLES; i++)
			sample(&ops, i, NULL, &settled, &ticks[i], &result);
	return median = stats_median_ticks(ticks, OVERHEAD_SAMPLES);
}

const struct missing timed_ops_not_huge = {
	"the kernel maps these windows with 4 KiB pages on this stack",
	"use a stack that loses no huge page, such as linear:16"};

void timed_ops_begin(const struct bench_env *env)
{
	if (env->cell.meter->kind == METER_INSN)
		random_phase_align();
	host_waits_begin();
}

int timed_ops_time(const struct bench_env *env, const struct timed_ops *ops, uint64_t *ticks,
		   struct timed_ops_result *result)
{
	uint64_t settled = 0;

	/* thread_cost_ticks() subtracts its own. */
	result->overhead = ops->sleeps ? thread_cost_overhead(env->cell.meter)
				       : meter_value(env->cell.meter, overhead_ticks());
	result->samples = calloc(ops->n, sizeof(*result->samples));
	if (!result->samples)
		return -ENOMEM;
	timed_ops_begin(env);
	for (size_t i = 0; i < ops->n; i++)
		if (!sample(ops, i, env, &settled, &ticks[i], result))
			return 0;
	for (size_t i = 0; i < ops->n; i++)
		result->samples[i] = meter_sample(env->cell.meter, ticks[i],
						  ops->sleeps ? 0 : result->overhead) /
				     (int64_t)ops->per_sample;
	result->n = ops->n;
	return 0;
}

void timed_ops_probe(const struct timed_ops *ops, size_t n, struct probe_set *probes,
		     struct timed_ops_result *result)
{
	json_decref(result->proof.path);
	result->proof.path = NULL;
	for (size_t i = 0; i < n && !result->why[0]; i++) {
		int64_t done = ops->before ? ops->before(ops->arg, i) : 0;

		if (done < 0) {
			timed_ops_void(result, "cannot prepare operation %zu: %s", i,
				       strerror((int)-done));
			break;
		}
		probe_start(probes);
		done = ops->run(ops->arg, i);
		probe_stop(probes);
		if (done != ops->wanted)
			judge(result, ops, i, done);
		/* First, as it may count page faults: proof_count() allocates memory. */
		if (ops->holds)
			ops->holds(ops->arg, i, result->why, sizeof(result->why));
		proof_count(&result->proof, "operations", ops->per_sample, probes);
	}
}

int64_t timed_ops_hits(const struct timed_ops_result *result, const char *point)
{
	return proof_hits(&result->proof, point);
}

void timed_ops_expect(struct timed_ops_result *result, const char *const *points, size_t max,
		      int64_t n)
{
	bool countable = false;
	int64_t hits = 0;

	for (size_t i = 0; i < max && points[i]; i++) {
		int64_t here = timed_ops_hits(result, points[i]);

		countable = countable || here >= 0;
		hits += here > 0 ? here : 0;
	}
	if (!countable)
		timed_ops_void(result, "this kernel cannot count %s with a probe", points[0]);
	else if (hits < n)
		timed_ops_void(result, "expected at least %" PRId64 " calls of %s, got %" PRId64, n,
			       points[0], hits);
}

int timed_ops_report(struct bench_env *env, const struct bench *bench,
		     const struct variant *variant, const struct timed_ops_result *result,
		     json_t *more)
{
	if (!result->missing.why && !result->why[0])
		return record_write(env->sink, &env->cell, bench->name, bench->better,
				    variant->name, result->samples, result->n, result->overhead,
				    &result->proof, more);
	json_decref(more);
	if (result->missing.why)
		return record_write_skip(env->sink, &env->cell, bench->name, variant->name,
					 result->missing.why, result->missing.cure);
	return record_write_void(env->sink, &env->cell, bench->name, variant->name, result->why);
}

void timed_ops_result_free(struct timed_ops_result *result)
{
	proof_free(&result->proof);
	free(result->samples);
	*result = (struct timed_ops_result){0};
}

static bool is_one_piece(const char *buffer)
{
	enum { PAGES = TIMED_OPS_BUFFER_BYTES / PAGE_BYTES };
	static uint64_t pfns[PAGES];
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool whole = fd >= 0 && !mapping_pfns(fd, buffer, pfns, PAGES) && pfns[0];

	for (unsigned int i = 1; i < PAGES && whole; i++)
		whole = pfns[i] == pfns[0] + i;
	if (fd >= 0)
		close(fd);
	return whole;
}

/* The address that mmap(2) returned is stored in the page before the buffer. */
char *timed_ops_buffer(bool *one_piece)
{
	const size_t room = 3 * (size_t)TIMED_OPS_BUFFER_BYTES;
	char *all = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *buffer;

	if (all == MAP_FAILED)
		return NULL;
	buffer = (char *)(((uintptr_t)all + PAGE_BYTES + TIMED_OPS_BUFFER_BYTES - 1) &
			  ~((uintptr_t)TIMED_OPS_BUFFER_BYTES - 1));
	madvise(buffer, TIMED_OPS_BUFFER_BYTES, MADV_HUGEPAGE);
	memset(buffer, 0x5a, TIMED_OPS_BUFFER_BYTES);
	mlock(buffer, TIMED_OPS_BUFFER_BYTES);
	memcpy(buffer - sizeof(all), &all, sizeof(all));
	*one_piece = is_one_piece(buffer);
	return buffer;
}

void timed_ops_buffer_free(char *buffer)
{
	char *all;

	if (!buffer)
		return;
	memcpy(&all, buffer - sizeof(all), sizeof(all));
	munmap(all, 3 * (size_t)TIMED_OPS_BUFFER_BYTES);
}

void timed_ops_results_free(struct timed_ops_result *results, size_t n)
{
	for (size_t i = 0; i < n; i++)
		timed_ops_result_free(&results[i]);
}

int timed_ops_data_make(const struct bench_env *env, struct datafile *data, unsigned int windows)
{
	static const char *const left[] = {"data", "holes"};
	char path[256];
	int rc;

	for (unsigned int i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", env->directory, left[i]);
		unlink(path);
	}
	rc = datafile_open(data, env->fs);
	return rc < 0 ? rc : datafile_make(data, windows);
}

void timed_ops_data_remove(const struct bench_env *env, struct datafile *data)
{
	char path[256];

	datafile_close(data);
	extents_free(&data->extents);
	snprintf(path, sizeof(path), "%s/data", env->directory);
	if (env->fs->mounted)
		unlink(path);
}

int timed_ops_base_make(const struct bench_env *env, const struct bench *bench,
			struct timed_ops_base *base, unsigned int windows)
{
	int rc = 0;

	base->data.fd = -1;
	base->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (base->pagemap_fd < 0)
		rc = -errno;
	base->buffer = timed_ops_buffer(&base->one_piece);
	if (!rc && !base->buffer)
		rc = -errno;
	if (!rc)
		rc = meter_touch_arrays(METER_TOUCH_MAX, &base->offsets, &base->ticks);
	if (!rc)
		rc = timed_ops_data_make(env, &base->data, windows);
	if (!rc && fs_file_is_dax(base->data.fd) != stack_is_direct(env->stack))
		rc = -ENOTSUP;
	if (rc < 0)
		msg_error("cannot prepare the %s benchmark on %s, %s: %s", bench->name,
			  env->cell.spec->text, env->cell.fs, strerror(-rc));
	return rc;
}

void timed_ops_base_drop(const struct bench_env *env, struct timed_ops_base *base)
{
	timed_ops_data_remove(env, &base->data);
	if (base->pagemap_fd >= 0)
		close(base->pagemap_fd);
	timed_ops_buffer_free(base->buffer);
}

uint64_t timed_ops_size_of(const char *variant)
{
	const char *dot = strrchr(variant, '.');
	const char *word = dot ? dot + 1 : variant;
	uint64_t bytes;

	return bytes_parse(word, strlen(word), &bytes) < 0 ? 0 : bytes;
}
