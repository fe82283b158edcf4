// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of mount(2), umount(2), and of the journal replay at a mount.
 *
 * One sample is one system call on the filesystem of the run, whose directory has 0, 16 or 256
 * files of 4 KiB.
 *
 *   clean    mount(2) of a filesystem that was unmounted; umount.clean: umount(2) directly after a
 *            mount
 *   umount.N umount(2) after N files were made, of which nothing was synced
 *   replay.N mount(2) after N files were made, their transaction was committed, and the filesystem
 *            was shut down (the ioctl GOINGDOWN, with the log flushed)
 *
 *   mount   -> ext4_fill_super | xfs_fs_fill_super -> bios that read superblock, groups and journal
 *   replay  -> jbd2_journal_recover -> do_one_pass | xlog_recover -> xlog_do_recovery_pass -> a bio
 *              for each block of the journal and each block that is written back, and flushes
 *   umount  -> generic_shutdown_super -> the last commit, writeback, flushes
 *
 * Left out: making the files; work of other threads (jbd2, workqueues) and waiting for them, as in
 * `table` (bench/thread_cost.h): a mount waits for threads that it starts, and 5.10 and 6.1 let an
 * ext4 wait for milliseconds.  Meter time includes it.  The bios are complete at once, so that the
 * cost of device-mapper is that of bios: a constant for each, whatever the segments, and flushes,
 * which kernels before 6.12 send to each segment.
 *
 * Proof: the file of the new mount is DAX and has its bytes; the functions of the replay are called
 * if there is one, and only then.
 *
 * Alone: ./run.sh bench --bench mount --stack raw --stack linear:16 --fs ext4
 */
#include "bench/thread_cost.h"
#include "bench/timed_ops.h"

#include "lib/base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

enum { SAMPLES = 8, PROBED = 2, FILES_MAX = 256, N_VARIANTS = 6 };

/* XFS_IOC_GOINGDOWN of xfs, EXT4_IOC_SHUTDOWN of ext4 (since 4.11): the same number. */
#define GOING_DOWN _IOR('X', 125, uint32_t)
#define GOING_DOWN_LOG_FLUSHED 1

extern const struct bench bench_mount;

struct plan {
	bool unmounts; /* the timed operation is umount(2) */
	bool replays;
	unsigned int files;
};

struct state {
	struct bench_env *env;
	const struct plan *plan;
	int64_t took;  /* ticks of the last operation */
	bool switched; /* it was scheduled out: the ticks are from the processor's clock */
	unsigned int switched_away[N_VARIANTS]; /* samples of each variant */
	struct timed_ops_result *result;
	uint32_t generation; /* of the contents of the files */
	char data[640];	     /* options of mount(2) */
	unsigned long flags;
	struct timed_ops_result results[];
};

static int open_file(const struct state *s, unsigned int i, int flags)
{
	char path[288];
	int fd;

	snprintf(path, sizeof(path), "%s/mount-%u", s->env->directory, i);
	fd = open(path, flags | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* Makes a file that holds the generation.  Returns 0 or -errno. */
static int make_file(const struct state *s, unsigned int i)
{
	static uint32_t page[PAGE_BYTES / sizeof(uint32_t)];
	int fd = open_file(s, i, O_RDWR | O_CREAT | O_EXCL), rc = 0;

	if (fd < 0)
		return fd;
	page[0] = s->generation + i;
	if (pwrite(fd, page, sizeof(page), 0) != sizeof(page))
		rc = errno ? -errno : -EIO;
	close(fd);
	return rc;
}

/* Makes the files; if they are to be replayed, commits their transaction and shuts the filesystem
 * down.  Returns 0 or -errno. */
static int make_files(struct state *s)
{
	uint32_t how = GOING_DOWN_LOG_FLUSHED;
	int fd, rc = 0;

	s->generation += FILES_MAX;
	for (unsigned int i = 0; i < s->plan->files && !rc; i++)
		rc = make_file(s, i);
	if (rc || !s->plan->replays)
		return rc;
	fd = open(s->env->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, GOING_DOWN, &how) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Those of earlier samples, whichever there are. */
static void remove_files(const struct bench_env *env)
{
	char path[288];

	for (unsigned int i = 0; i <= FILES_MAX; i++) {
		snprintf(path, sizeof(path), "%s/mount-%u", env->directory, i);
		unlink(path);
	}
}

static int before(void *arg, size_t i)
{
	struct state *s = arg;
	struct fs *fs = s->env->fs;
	int rc = fs->mounted ? 0 : fs_mount(fs);

	(void)i;
	/* What earlier samples left is removed, and that is durable. */
	if (!rc) {
		remove_files(s->env);
		rc = fs_remount(fs);
	}
	if (!rc)
		rc = make_files(s);
	if (!rc && !s->plan->unmounts)
		rc = fs_unmount(fs);
	return rc;
}

static int64_t run(void *arg, size_t i)
{
	struct state *s = arg;
	struct fs *fs = s->env->fs;
	struct thread_cost cost;
	int rc;

	(void)i;
	thread_cost_start(&cost, s->env->cell.meter, THREAD_COST_CALLER);
	rc = s->plan->unmounts ? umount2(fs->where, 0)
			       : mount(fs->node, fs->where, fs->type, s->flags, s->data);
	rc = rc ? -errno : 0;
	s->took = thread_cost_ticks(&cost, &s->switched);
	if (rc)
		return rc;
	fs->mounted = !s->plan->unmounts;
	return 0;
}

static bool holds(void *arg, size_t i, char *why, size_t why_len)
{
	struct state *s = arg;
	uint32_t found = 0;
	int fd;

	(void)i;
	if (!s->env->fs->mounted && fs_mount(s->env->fs) < 0) {
		snprintf(why, why_len, "the filesystem cannot be mounted again");
		return false;
	}
	for (unsigned int f = 0; f < s->plan->files; f++) {
		fd = open_file(s, f, O_RDWR);
		if (fd < 0 || pread(fd, &found, sizeof(found), 0) != sizeof(found) ||
		    found != s->generation + f) {
			snprintf(why, why_len, "file %u does not have its bytes after the mount",
				 f);
			if (fd >= 0)
				close(fd);
			return false;
		}
		close(fd);
	}
	fd = open_file(s, FILES_MAX, O_RDWR | O_CREAT);
	if (fd >= 0) {
		proof_dax(&s->result->proof, fd, true, why, why_len);
		close(fd);
	}
	return fd >= 0 && !*why;
}

static struct timed_ops ops_of(struct state *s, const struct variant *variant, size_t n)
{
	s->plan = variant->arg;
	s->result = &s->results[variant - bench_mount.variants];
	s->flags = fs_mount_options(s->env->fs, s->data, sizeof(s->data));
	return (struct timed_ops){
		.before = before, .run = run, .holds = holds, .arg = s, .n = n, .per_sample = 1};
}

static const struct variant variants[] = {
	{.name = "clean", .why = "mount(2)", .arg = &(const struct plan){0}},
	{.name = "umount.clean", .why = "umount(2)", .arg = &(const struct plan){.unmounts = true}},
	{.name = "umount.16",
	 .why = "umount(2) after 16 files were made",
	 .arg = &(const struct plan){.unmounts = true, .files = 16}},
	{.name = "umount.256",
	 .why = "umount(2) after 256 files were made",
	 .arg = &(const struct plan){.unmounts = true, .files = 256}},
	{.name = "replay.16",
	 .why = "mount(2) with a journal that makes 16 files",
	 .arg = &(const struct plan){.replays = true, .files = 16}},
	{.name = "replay.256",
	 .why = "mount(2) with a journal that makes 256 files",
	 .arg = &(const struct plan){.replays = true, .files = 256}},
	{0},
};

_Static_assert(sizeof(variants) / sizeof(variants[0]) == N_VARIANTS + 1, "one result for each");

static int setup(struct bench_env *env, void **state)
{
	struct state *s = calloc(1, sizeof(*s) + N_VARIANTS * sizeof(s->results[0]));

	*state = s;
	if (!s)
		return -ENOMEM;
	s->env = env;
	thread_cost_calibrate(env->kept);
	return 0;
}

/* The host can be measured further only if the filesystem is mounted. */
static int keep_mounted(struct bench_env *env)
{
	return env->fs->mounted ? 0 : fs_mount(env->fs);
}

static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	struct state *s = state;
	struct timed_ops ops = ops_of(s, variant, SAMPLES);
	struct timed_ops_result *r = s->result;

	r->overhead = thread_cost_overhead(env->cell.meter);
	r->samples = calloc(SAMPLES, sizeof(*r->samples));
	if (!r->samples)
		return -ENOMEM;
	env->phase(env, "measure");
	timed_ops_begin(env);
	for (size_t i = 0; i < SAMPLES && !r->why[0]; i++) {
		int64_t rc = before(s, i);

		meter_wait_for_tick(0);
		counters_start(env->counters);
		if (!rc)
			rc = run(s, i);
		counters_stop(env->counters, 1);
		if (rc < 0)
			timed_ops_void(r, "operation %zu failed: %s", i, strerror((int)-rc));
		else if (ops.holds(s, i, r->why, sizeof(r->why)))
			r->samples[r->n++] = meter_value(env->cell.meter, (uint64_t)s->took);
		s->switched_away[variant - variants] += s->switched;
	}
	return keep_mounted(env);
}

/* Whether a journal was replayed if it should, and only then. */
static void judge(struct timed_ops_result *r, bool replays)
{
	int64_t ext4 = timed_ops_hits(r, "do_one_pass"),
		xfs = timed_ops_hits(r, "xlog_do_recovery_pass");
	int64_t passes = (ext4 > 0 ? ext4 : 0) + (xfs > 0 ? xfs : 0);

	if (ext4 < 0 && xfs < 0)
		timed_ops_void(r, "this kernel cannot count do_one_pass with a probe");
	else if (replays && passes < 2 * timed_ops_hits(r, "operations"))
		timed_ops_void(r, "expected at least two passes over the journal, got %" PRId64,
			       passes);
	else if (!replays && passes)
		timed_ops_void(r, "expected no pass over the journal, got %" PRId64, passes);
}

static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	struct state *s = state;
	struct timed_ops ops = ops_of(s, variant, PROBED);

	if (s->result->why[0])
		return 0;
	env->phase(env, "proof");
	timed_ops_probe(&ops, PROBED, probes, s->result);
	judge(s->result, s->plan->replays);
	return keep_mounted(env);
}

static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct plan *plan = variant->arg;
	struct state *s = state;

	return timed_ops_report(env, env->bench, variant, &s->results[variant - variants],
				json_pack("{si si}", "files", (int)plan->files, "switched_away",
					  (int)s->switched_away[variant - variants]));
}

static void teardown(struct bench_env *env, void *state)
{
	struct state *s = state;

	if (!s)
		return;
	if (env->fs->mounted)
		remove_files(env);
	timed_ops_results_free(s->results, N_VARIANTS);
	free(s);
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX, NEED_END};

/* On all processors: workqueues complete what xfs reads, and jbd2's thread commits. */
static const char *const probes[] = {
	"do_one_pass",
	"xlog_do_recovery_pass",
	"*block:block_bio_queue",
	"*dm_submit_bio",
	"*pmem_submit_bio",
	"*nvdimm_flush",
	NULL,
};

static const struct proof_waiver waivers[] = {
	{"*", PROOF_PAGE | PROOF_FRAME, "mount(2) and umount(2) map no page; files are read back"},
	{0},
};

static const struct unexplained unexplained[] = {
	{"*", "the thread sleeps, and a sample is its CPU time"},
	{0},
};

const struct bench bench_mount = {
	.name = "mount",
	.why = "cost of mount(2), umount(2), and of a journal replay",
	.better = "lower",
	.needs = needs,
	.variants = variants,
	.by_name_only = "it would lengthen the default sweep; workloads/mount measures it",
	/* A mount takes per-CPU memory, whose allocator searches what others left free. */
	.guest = BENCH_GUEST_OWN,
	.probes = probes,
	.waivers = waivers,
	.unexplained = unexplained,
	.setup = setup,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
};
