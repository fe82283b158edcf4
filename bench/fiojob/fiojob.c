// SPDX-License-Identifier: GPL-2.0-only
/*
 * fio jobs that do the same work as benchmarks of daxdm, as a reference to compare these with.
 *
 * One sample is one I/O of fio at a random offset of a written file: its latency as reported by
 * fio.  The jobs are those of workloads/; the block size is the variant's last word.
 *
 *   psync    pread and pwrite of a file, mounted dax=always     as bio.dax
 *   mmap     memcpy(3) out of and into a mapping of it          as copy.from, copy.memcpy
 *   libpmem  memcpy(3), pmem_memcpy(3) past the cache, drained  as copy.from, copy.nontemporal
 *   direct   psync with O_DIRECT, mounted dax=never             as bio.direct
 *   uring    io_uring, one at a time, O_DIRECT, dax=never       as bio.uring.q1
 *
 * Source of the numbers: fio's latency log, which has each sample exactly; its percentiles are
 * buckets, up to 1.6 % wide.  Log and JSON must agree.  The value is fio's clat; for uring its lat,
 * because the submission does the work.  The seed and the number of I/Os are fixed.
 *
 * Differences from the benchmarks of daxdm: the samples include fio's two clock readings and its
 * work between them.  Nothing is subtracted, `overhead` is 0; the latency of fio's null engine for
 * the same job is in the proof as fio_own (for uring only a part: the null engine has no queue).
 * Samples of mmap and libpmem include page faults, one for the first access to each 2 MiB: they do
 * not change a median, unless the stack prevents huge pages and each I/O has one.  Timer ticks are
 * included.  For direct and uring above 4 KiB the buffers differ: that of daxdm is physically
 * contiguous, that of fio is not, and a bio gets one segment for each contiguous piece.
 *
 * The unit: under meter insn the kernel's clock, which fio reads, advances 1 ns with each
 * instruction, so that fio's ns are instructions.  This is measured first (clock_delta_ppm); if it
 * does not hold, all variants are void.  fio's bandwidth is not used.
 *
 * Proof: before fio starts, statx's DAX bit and the page frames of the file.  fio is stopped before
 * and after each job (bench/fiojob/fio.h): its mapping must have the frames that extents and tables
 * give, and for libpmem it must be MAP_SYNC, because the engine falls back silently.  Written data
 * is read back.  Each job then runs again with probes armed that count bios and faults of fio, and
 * direct accesses on all processors.  A job that fails, differs from the requested one, or takes
 * another path is void.
 *
 * All selected jobs are one run of fio, because its start costs more than the jobs.  Jobs on
 * dax=never come first, and the filesystem is remounted while fio is stopped.  Probes are armed and
 * disarmed at these stops, not by the sweep: no probe is armed while a timed job runs.
 *
 * Alone: ./run.sh bench --workload workloads/fio
 */
#include "bench/fiojob/fiojob.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/file/mapping.h"
#include "lib/meter/host_waits.h"
#include "lib/meter/random_phase.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	CLOCK_DELTA_PPM_MAX = 1000,
	CLOCK_TICKS = 4000000,
};

#define V(name_, why_, need_, ...)                                      \
	{                                                               \
		.name = name_, .why = why_, .needs = {need_, NEED_END}, \
		.arg = &(const struct fiojob_plan){__VA_ARGS__},        \
	}
#define TWO(name_, why_, need_, ...) \
	V(name_ ".4k", why_, need_, __VA_ARGS__), V(name_ ".64k", why_, need_, __VA_ARGS__)
#define THREE(name_, why_, need_, ...) \
	TWO(name_, why_, need_, __VA_ARGS__), V(name_ ".1m", why_, need_, __VA_ARGS__)

/* Variants of one mount are adjacent. */
static const struct variant variants[] = {
	THREE("psync.read", "fio: pread, dax=always", NEED_FIO, .job = "psync-read",
	      .same_as = "bio.dax.read", .by = FIOJOB_CALL),
	THREE("psync.write", "fio: pwrite, dax=always", NEED_FIO, .job = "psync-write",
	      .same_as = "bio.dax.write", .by = FIOJOB_CALL, .write = true),
	TWO("mmap.read", "fio: memcpy out of a mapping", NEED_FIO, .job = "mmap-read",
	    .same_as = "copy.from", .by = FIOJOB_MAP),
	TWO("mmap.write", "fio: memcpy into a mapping", NEED_FIO, .job = "mmap-write",
	    .same_as = "copy.memcpy", .by = FIOJOB_MAP, .write = true),
	TWO("libpmem.read", "fio: memcpy out of a MAP_SYNC mapping", NEED_FIO_LIBPMEM,
	    .job = "libpmem-read", .same_as = "copy.from", .by = FIOJOB_MAP, .sync = true),
	TWO("libpmem.write", "fio: nontemporal pmem_memcpy, drained", NEED_FIO_LIBPMEM,
	    .job = "libpmem-write", .same_as = "copy.nontemporal", .by = FIOJOB_MAP, .write = true,
	    .sync = true),
	THREE("direct.read", "fio: pread, O_DIRECT, dax=never", NEED_FIO, .job = "direct-read",
	      .same_as = "bio.direct.read", .by = FIOJOB_BIO),
	THREE("direct.write", "fio: pwrite, O_DIRECT, dax=never", NEED_FIO, .job = "direct-write",
	      .same_as = "bio.direct.write", .by = FIOJOB_BIO, .write = true),
	TWO("uring.read", "fio: io_uring, O_DIRECT, dax=never", NEED_FIO_URING, .job = "uring-read",
	    .same_as = "bio.uring.q1.read", .by = FIOJOB_BIO, .queue = true),
	V("uring.write.4k", "fio: io_uring, O_DIRECT, dax=never", NEED_FIO_URING,
	  .job = "uring-write", .same_as = "bio.uring.q1.write", .by = FIOJOB_BIO, .write = true,
	  .queue = true),
	{0},
};

/* Functions are counted on all processors: a kprobe is not inherited through exec
 * (lib/trace/probe.h). */
static const char *const points[] = {
	"block:block_bio_queue",
	"*dm_submit_bio",
	"*pmem_submit_bio",
	"*dax_direct_access",
	"*dax_iomap_rw",
	"fs_dax:dax_pte_fault_done",
	"fs_dax:dax_pmd_fault_done",
	NULL,
};

struct fiojob_result *fiojob_result(struct fiojob *f, const struct variant *variant)
{
	return &f->results[variant - f->variants];
}

const char *fiojob_latency(const struct variant *variant)
{
	return ((const struct fiojob_plan *)variant->arg)->queue ? "lat" : "clat";
}

/* Makes all variants void that have no reason yet. */
static void void_all(struct bench_env *env, struct fiojob *f, const char *why)
{
	for (const struct variant *v = f->variants; v->name; v++)
		if (env->wanted(env, v))
			timed_ops_void(&fiojob_result(f, v)->ops, "%s", why);
}

/* ---- before and after a job ------------------------------------------------------------------ */

/* Mounts with the options of the job; fio is stopped and has no file open.  Returns 0, or -errno
 * after an error line. */
static int mount_as(struct bench_env *env, struct fiojob *f, bool never)
{
	int fd, rc;

	never = never || !stack_is_direct(env->stack);
	if (env->fs->mounted && env->fs->dax_never == never)
		return 0;
	rc = fs_unmount(env->fs);
	env->fs->dax_never = never;
	if (!rc)
		rc = fs_mount(env->fs);
	if (rc < 0)
		return rc;
	/* Otherwise the first I/O would read the block mapping with an additional bio. */
	fd = open(f->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	extents_free(&f->data.extents);
	rc = extents_read(fd, &f->data.extents);
	close(fd);
	return rc;
}

static void arm(struct fiojob *f, bool armed)
{
	if (f->armed == armed)
		return;
	f->probes.process = f->fio.pid;
	for (const char *const *point = points; armed && *point; point++)
		probe_add(&f->probes, *point);
	if (!armed)
		probe_close(&f->probes);
	f->armed = armed;
}

static int before_job(struct bench_env *env, struct fiojob *f, const struct variant *variant)
{
	const struct fiojob_plan *plan = variant->arg;
	int rc = mount_as(env, f, plan->by == FIOJOB_BIO);

	if (rc < 0)
		return rc;
	arm(f, f->pass == FIOJOB_PROBED);
	fiojob_prove_before(f, variant);
	env->phase(env, f->armed ? "proof" : "measure");
	if (f->armed)
		probe_start(&f->probes);
	else if (env->cell.meter->kind == METER_INSN)
		random_phase_align();
	host_waits_begin();
	return 0;
}

static void after_job(struct bench_env *env, struct fiojob *f, const struct variant *variant)
{
	if (f->armed)
		probe_stop(&f->probes);
	env->phase(env, "proof");
	fiojob_prove_after(env, f, variant);
}

/* ---- what fio says at its end ---------------------------------------------------------------- */

/* Verifies the summary of one job against its samples. */
static void take_job(struct fiojob *f, const json_t *root, const char *complaint,
		     const struct variant *variant, enum fiojob_pass pass)
{
	const struct fiojob_plan *plan = variant->arg;
	struct fiojob_result *r = fiojob_result(f, variant);
	const struct fiojob_log *log = &r->logs[pass];
	struct fio_sum sum;
	char why[TIMED_OPS_WHY_BYTES], name[64];

	fiojob_name(variant, pass, name);
	if (fio_json_job(root, name, plan->write, fiojob_latency(variant), &sum, why, sizeof(why)) <
	    0)
		timed_ops_void(&r->ops, "%s", why);
	else if (!sum.ios && *complaint)
		timed_ops_void(&r->ops, "%s", complaint);
	else if (sum.error || sum.short_ios || sum.ios != (int64_t)log->n)
		timed_ops_void(&r->ops,
			       "fio's job ended with error %" PRId64 " (%s) after %" PRId64
			       " I/Os, %" PRId64 " of them short",
			       sum.error, strerror((int)sum.error), sum.ios, sum.short_ios);
	else if (!fio_log_agrees(log->samples, log->n, &sum, why, sizeof(why)))
		timed_ops_void(&r->ops, "%s", why);
}

static void keep_samples(struct fiojob_result *r)
{
	const struct fiojob_log *log = &r->logs[FIOJOB_TIMED];

	if (r->ops.why[0])
		return;
	r->ops.samples = calloc(log->n, sizeof(*r->ops.samples));
	for (size_t i = 0; i < log->n && r->ops.samples; i++)
		r->ops.samples[i] = log->samples[i].ns;
	r->ops.n = r->ops.samples ? log->n : 0;
}

/* Reads the latency of the null engine for each selected variant. */
static void take_own(struct bench_env *env, struct fiojob *f)
{
	static struct fio_sample log[FIOJOB_SAMPLES_MAX];

	for (const struct variant *v = f->variants; v->name; v++) {
		const struct fiojob_null *null =
			env->wanted(env, v) ? fiojob_null_like(f, v) : NULL;
		char name[64], why[TIMED_OPS_WHY_BYTES], *text;
		int n = -1;

		fiojob_result(f, v)->fio_own = -1;
		if (!null)
			continue;
		snprintf(name, sizeof(name), "%s_%s.log", null->name, fiojob_latency(v));
		text = fio_read(&f->fio, name, false);
		if (text)
			n = fio_log_parse(text, log, FIOJOB_SAMPLES_MAX, why, sizeof(why));
		if (n > 0 && n <= FIOJOB_SAMPLES_MAX)
			fiojob_result(f, v)->fio_own = fio_median_ns(log, (size_t)n);
		free(text);
	}
}

static void conclude(struct bench_env *env, struct fiojob *f, const struct fio_stop *stop)
{
	char why[TIMED_OPS_WHY_BYTES] = "", *text = fio_read(&f->fio, "fio.json", false);
	json_t *root = text ? fio_json_parse(text, why, sizeof(why)) : NULL;

	if (WIFSIGNALED(stop->status))
		snprintf(why, sizeof(why), "fio was killed by signal %d (%s)",
			 WTERMSIG(stop->status), strsignal(WTERMSIG(stop->status)));
	else if (!text)
		snprintf(why, sizeof(why), "fio ended with status %d and left no JSON",
			 WEXITSTATUS(stop->status));
	if (!root) {
		void_all(env, f, why);
	} else {
		snprintf(f->version, sizeof(f->version), "%s", fio_json_version(root));
		for (const struct variant *v = f->variants; v->name; v++) {
			if (!env->wanted(env, v))
				continue;
			take_job(f, root, why, v, FIOJOB_TIMED);
			take_job(f, root, why, v, FIOJOB_PROBED);
			keep_samples(fiojob_result(f, v));
		}
		take_own(env, f);
	}
	json_decref(root);
	free(text);
}

/* ---- fio's run ------------------------------------------------------------------------------- */

static const struct variant *find_job(const struct fiojob *f, const char *job,
				      enum fiojob_pass *pass)
{
	for (const struct variant *v = f->variants; v->name; v++) {
		for (*pass = FIOJOB_TIMED; *pass < FIOJOB_PASSES; ++*pass) {
			char name[64];

			fiojob_name(v, *pass, name);
			if (!strcmp(name, job))
				return v;
		}
	}
	return NULL;
}

/* Runs fio from stop to stop.  Returns 0, or -errno if this host can no longer be measured. */
static int follow(struct bench_env *env, struct fiojob *f)
{
	struct fio_stop stop;
	int rc = 0;

	while (!rc) {
		const struct variant *v;

		rc = fio_continue(&f->fio, &stop);
		if (rc == -ETIMEDOUT) {
			void_all(env, f, "fio exceeded its time limit and was killed");
			return 0;
		}
		if (rc < 0)
			return rc;
		if (stop.ended)
			break;
		v = find_job(f, stop.job, &f->pass);
		if (v && !stop.after)
			rc = before_job(env, f, v);
		else if (v)
			after_job(env, f, v);
	}
	if (!rc)
		conclude(env, f, &stop);
	return rc;
}

/* Runs all selected variants, timed and probed. */
static int run_fio(struct bench_env *env, struct fiojob *f)
{
	char why[TIMED_OPS_WHY_BYTES];
	FILE *jobs;
	int rc = 0, rc2;

	env->phase(env, "prepare");
	if (!fiojob_prove_file(env, f, why, sizeof(why)))
		void_all(env, f, why);
	jobs = fio_jobs(&f->fio);
	if (!jobs) {
		rc = -errno;
	} else if (!fiojob_write(env, f, f->variants, jobs)) {
		fclose(jobs);
	} else {
		rc = fio_start(&f->fio, jobs, f->path, FIOJOB_LIMIT_S);
		if (!rc)
			rc = follow(env, f);
	}
	fio_finish(&f->fio);
	arm(f, false);
	rc2 = mount_as(env, f, false);
	rc = rc ? rc : rc2;
	if (rc < 0 && rc != -EINTR)
		msg_error("fio on %s, %s: %s", env->cell.spec->text, env->cell.fs, strerror(-rc));
	return rc;
}

int fiojob_once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct fiojob *f = state;
	bool done = f->done;

	(void)variant;
	f->done = true;
	return done ? 0 : run_fio(env, f);
}

int fiojob_report(struct bench_env *env, void *state, const struct variant *variant)
{
	static const char *const ways[] = {
		[FIOJOB_CALL] = "dax", [FIOJOB_MAP] = "dax", [FIOJOB_BIO] = "bio"};
	const struct fiojob_plan *plan = variant->arg;
	struct fiojob *f = state;
	struct fiojob_result *r = fiojob_result(f, variant);
	json_t *more;
	char same_as[64];

	fiojob_same_as(variant, same_as);
	more = json_pack("{ss ss ss ss* sI sI}", "way", ways[plan->by], "fio", f->version,
			 "latency", fiojob_latency(variant), "same_as", *same_as ? same_as : NULL,
			 "fio_own", (json_int_t)r->fio_own, "clock_apart_ppm",
			 (json_int_t)f->clock_delta_ppm);
	if (more && plan->by == FIOJOB_MAP) {
		json_object_set_new(more, "map_sync", json_boolean(r->map_sync));
		json_object_set_new(more, "frames_in_segments", json_integer(r->frames));
	}
	return timed_ops_report(env, env->bench, variant, &r->ops, more);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

/* Measures the difference between the kernel's clock, which fio reads, and the instruction
 * counter. */
static int64_t clock_delta_ppm(void)
{
	uint64_t begin, ticks;
	int64_t begin_ns = limit_clock_wall_ns(), ns;

	begin = meter_ticks();
	do
		ticks = meter_ticks() - begin;
	while (ticks < CLOCK_TICKS);
	ns = limit_clock_wall_ns() - begin_ns;
	return (ns - (int64_t)ticks) * 1000000 / (int64_t)ticks;
}

static void prove_clock(struct bench_env *env, struct fiojob *f)
{
	char why[TIMED_OPS_WHY_BYTES];

	if (env->cell.meter->kind != METER_INSN)
		return;
	f->clock_delta_ppm = clock_delta_ppm();
	snprintf(why, sizeof(why),
		 "the clock that fio reads differs by %" PRId64 " ppm from the instruction counter",
		 f->clock_delta_ppm);
	if (f->clock_delta_ppm < -CLOCK_DELTA_PPM_MAX || f->clock_delta_ppm > CLOCK_DELTA_PPM_MAX)
		void_all(env, f, why);
}

int fiojob_setup(struct bench_env *env, void **state)
{
	struct fiojob *f = calloc(1, sizeof(*f));
	int rc;

	*state = f;
	if (!f)
		return -ENOMEM;
	f->variants = env->bench->variants;
	f->data.fd = -1;
	snprintf(f->path, sizeof(f->path), "%s/data", env->directory);
	prove_clock(env, f);
	rc = timed_ops_data_make(env, &f->data, FIOJOB_WINDOWS);
	if (!rc)
		rc = datafile_close_gaps(&f->data); /* fio's offsets are random */
	/* An open file would block the unmount: it is opened for each use. */
	datafile_close(&f->data);
	if (rc < 0)
		msg_error("cannot prepare the file of benchmark %s on %s, %s: %s", env->bench->name,
			  env->cell.spec->text, env->cell.fs, strerror(-rc));
	return rc;
}

void fiojob_teardown(struct bench_env *env, void *state)
{
	struct fiojob *f = state;

	if (!f)
		return;
	if (env->fs->mounted)
		mount_as(env, f, false);
	timed_ops_data_remove(env, &f->data);
	for (size_t i = 0; i < FIOJOB_VARIANTS_MAX; i++) {
		for (int pass = 0; pass < FIOJOB_PASSES; pass++)
			free(f->results[i].logs[pass].samples);
		timed_ops_result_free(&f->results[i].ops);
	}
	free(f);
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_FIO, NEED_END};

static const struct proof_waiver waivers[] = {
	{"*", PROOF_PAGE, "fio maps the file; the hits of the probes tell PTE from PMD"},
	{"direct.*", PROOF_FRAME, "the operation maps no page; its offsets and bytes are verified"},
	{"psync.*", PROOF_FRAME, "the operation maps no page; its offsets and bytes are verified"},
	{"uring.*", PROOF_FRAME, "the operation maps no page; its offsets and bytes are verified"},
	{0},
};

static const struct unexplained unexplained[] = {
	{"*", "fio measures it"},
	{0},
};

const struct bench bench_fiojob = {
	.name = "fiojob",
	.why = "fio jobs that do the same work, as a reference",
	.better = "lower",
	.needs = needs,
	.variants = variants,
	.waivers = waivers,
	.unexplained = unexplained,
	.setup = fiojob_setup,
	.once = fiojob_once,
	.report = fiojob_report,
	.teardown = fiojob_teardown,
};
