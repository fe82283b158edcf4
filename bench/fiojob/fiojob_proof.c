// SPDX-License-Identifier: GPL-2.0-only
/* The proofs that fio did the requested I/O and took the path of its variant.  */
#include "bench/fiojob/fiojob.h"
#include "lib/file/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FDS_LOOKED_AT = 256 };

bool fiojob_prove_file(const struct bench_env *env, const struct fiojob *f, char *why,
		       size_t why_len)
{
	struct frame_proof proof = {
		.pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC),
		.backing = stack_backing(env->stack),
		.extents = f->data.extents,
	};
	int fd = open(f->path, O_RDWR | O_CLOEXEC);
	struct mapping m = {0};
	bool good = false;

	if (proof.pagemap_fd < 0 || fd < 0 ||
	    mapping_make(&m, fd, f->data.bytes, MAP_SHARED, true) < 0) {
		snprintf(why, why_len, "cannot map the file: %s", strerror(errno));
		goto out;
	}
	good = true;
	for (uint64_t at = 0; at < f->data.bytes && good; at += WINDOW_BYTES) {
		(void)*(volatile char *)(m.base + at);
		good = mapping_prove_frames(&proof, &m, at, 1, why, why_len);
	}
	mapping_drop(&m);
out:
	if (fd >= 0)
		close(fd);
	if (proof.pagemap_fd >= 0)
		close(proof.pagemap_fd);
	return good;
}

/* ---- before a job ---------------------------------------------------------------------------- */

static void prove_dax_bit(const struct fiojob *f, bool wanted, struct timed_ops_result *ops)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		timed_ops_void(ops, "cannot open the file before fio's job: %s", strerror(errno));
	else
		proof_dax(&ops->proof, fd, wanted, ops->why, sizeof(ops->why));
	if (fd >= 0)
		close(fd);
}

void fiojob_prove_before(struct fiojob *f, const struct variant *variant)
{
	const struct fiojob_plan *plan = variant->arg;
	char *smaps = plan->by == FIOJOB_MAP ? fio_read(&f->fio, "smaps", true) : NULL;

	prove_dax_bit(f, plan->by != FIOJOB_BIO, &fiojob_result(f, variant)->ops);
	f->n_before = fio_mappings(smaps, f->path, f->before, FIOJOB_MAPPINGS_MAX);
	free(smaps);
}

/* ---- after it -------------------------------------------------------------------------------- */

/* The samples of the latency log that the job just wrote. */
static void read_log(const struct bench_env *env, struct fiojob *f, const struct variant *variant)
{
	struct fiojob_result *r = fiojob_result(f, variant);
	struct fiojob_log *log = &r->logs[f->pass];
	size_t most = fiojob_ios(env, f, variant);
	char job[64], name[80], *text;
	int n;

	fiojob_name(variant, f->pass, job);
	snprintf(name, sizeof(name), "%s_%s.log", job, fiojob_latency(variant));
	text = fio_read(&f->fio, name, false);
	log->samples = calloc(most, sizeof(*log->samples));
	if (!text || !log->samples) {
		timed_ops_void(&r->ops, "cannot read fio's latency log: %s", strerror(errno));
	} else {
		n = fio_log_parse(text, log->samples, most, r->ops.why, sizeof(r->ops.why));
		log->n = n < 0 ? 0 : (size_t)n < most ? (size_t)n : most;
		if (n >= 0 && (size_t)n != most)
			timed_ops_void(&r->ops, "fio did %d I/Os, expected %zu", n, most);
	}
	free(text);
}

/* Whether fio's samples are of the requested I/O. */
static void prove_work(const struct fiojob *f, const struct variant *variant,
		       struct fiojob_result *r)
{
	const struct fiojob_plan *plan = variant->arg;
	const struct fiojob_log *log = &r->logs[f->pass];
	uint64_t bytes = fiojob_bytes(variant);

	for (size_t i = 0; i < log->n; i++) {
		const struct fio_sample *s = &log->samples[i];

		if (s->write != plan->write || s->len_bytes != bytes || s->offset_bytes % bytes ||
		    s->offset_bytes + bytes > f->data.bytes)
			timed_ops_void(&r->ops, "I/O %zu is a %s of %" PRIu64 " bytes at %" PRIu64,
				       i, s->write ? "write" : "read", s->len_bytes,
				       s->offset_bytes);
	}
}

/* The mapping that was not there before the job.  Returns whether there is one. */
static bool find_mapping(const struct fiojob *f, struct fio_mapping *out)
{
	struct fio_mapping now[FIOJOB_MAPPINGS_MAX];
	char *smaps = fio_read(&f->fio, "smaps", true);
	unsigned int n = fio_mappings(smaps, f->path, now, FIOJOB_MAPPINGS_MAX);
	bool found = false;

	for (unsigned int i = 0; i < n && !found; i++) {
		bool old = false;

		for (unsigned int k = 0; k < f->n_before && !old; k++)
			old = f->before[k].start == now[i].start;
		found = !old && now[i].shared;
		*out = now[i];
	}
	free(smaps);
	return found;
}

/* Verifies the page frames that fio accessed.  Its mmap engine maps the file again when it reaches
 * the last block: pages accessed before are then not mapped any more. */
static void prove_frames(const struct bench_env *env, const struct fiojob *f,
			 const struct fio_mapping *m, int pagemap_fd, struct fiojob_result *r)
{
	const struct frame_proof proof = {
		.pagemap_fd = pagemap_fd,
		.backing = stack_backing(env->stack),
		.extents = f->data.extents,
	};
	const struct mapping mapping = {.base = (char *)(m->start - m->file_offset_bytes)};
	const struct fiojob_log *log = &r->logs[f->pass];

	r->frames = 0;
	for (size_t i = 0; i < log->n && !r->ops.why[0]; i++) {
		/* Of an I/O smaller than a page: the page that it is in. */
		uint64_t at = log->samples[i].offset_bytes & ~(uint64_t)(PAGE_BYTES - 1), pfn;
		uint64_t end = log->samples[i].offset_bytes + log->samples[i].len_bytes;
		unsigned int pages = (unsigned int)((end - at + PAGE_BYTES - 1) / PAGE_BYTES);

		if (!mapping_pfns(pagemap_fd, mapping.base + at, &pfn, 1) && !pfn)
			continue;
		if (proof_frames(&r->ops.proof, &proof, &mapping, at, pages, r->ops.why,
				 sizeof(r->ops.why)))
			r->frames += pages;
	}
	if (!r->frames)
		timed_ops_void(&r->ops, "no page that fio accessed is still mapped");
}

/* Verifies fio's mapping: MAP_SYNC if the engine relies on it, and its page frames. */
static void prove_mapping(const struct bench_env *env, const struct fiojob *f,
			  const struct fiojob_plan *plan, struct fiojob_result *r)
{
	struct fio_mapping m;
	char path[64];
	int fd;

	if (!find_mapping(f, &m)) {
		timed_ops_void(&r->ops, "fio has no shared mapping of the file after its job");
		return;
	}
	r->map_sync = m.synchronous;
	if (plan->sync && !m.synchronous)
		timed_ops_void(&r->ops, "fio's engine fell back: its mapping is not MAP_SYNC");
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)f->fio.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		timed_ops_void(&r->ops, "cannot open %s: %s", path, strerror(errno));
		return;
	}
	prove_frames(env, f, &m, fd, r);
	close(fd);
}

/* Whether fio still has the file open with O_DIRECT: without it, fio would read the page cache. */
static void prove_direct(const struct fiojob *f, struct fiojob_result *r)
{
	bool open_at_all = false;

	for (int fd = 3; fd < FDS_LOOKED_AT && !r->ops.why[0]; fd++) {
		char path[64], target[256], name[32], *info, *flags;
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)f->fio.pid, fd);
		len = readlink(path, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		if (strcmp(target, f->path))
			continue;
		snprintf(name, sizeof(name), "fdinfo/%d", fd);
		info = fio_read(&f->fio, name, true);
		flags = info ? strstr(info, "flags:") : NULL;
		open_at_all = flags;
		if (flags && !(strtoul(flags + strlen("flags:"), NULL, 8) & O_DIRECT))
			timed_ops_void(&r->ops, "fio opened the file without O_DIRECT");
		free(info);
	}
	if (!open_at_all)
		timed_ops_void(&r->ops, "fio closed the file before its job ended");
}

/* Verifies the data that fio wrote, through another path than fio's mapping. */
static void prove_written(const struct fiojob *f, const struct variant *variant,
			  struct fiojob_result *r)
{
	const uint64_t want = fiojob_pattern(f, variant);
	const struct fiojob_log *log = &r->logs[f->pass];
	uint64_t *page = aligned_alloc(PAGE_BYTES, PAGE_BYTES);
	int fd = open(f->path, O_RDONLY | O_DIRECT | O_CLOEXEC);

	for (size_t i = 0; i < log->n && page && fd >= 0 && !r->ops.why[0]; i++) {
		const struct fio_sample *s = &log->samples[i];
		uint64_t end = s->offset_bytes + s->len_bytes;
		uint64_t last = (end - 1) & ~(uint64_t)(PAGE_BYTES - 1);
		size_t from = s->offset_bytes > last ? (size_t)(s->offset_bytes - last) : 0;

		if (pread(fd, page, PAGE_BYTES, (off_t)last) != PAGE_BYTES ||
		    page[from / sizeof(*page)] != want ||
		    page[(end - last) / sizeof(*page) - 1] != want)
			timed_ops_void(&r->ops,
				       "file offset %jd reads %#" PRIx64 ", fio wrote %#" PRIx64,
				       (intmax_t)last, page[from / sizeof(*page)], want);
	}
	if (fd < 0 || !page)
		timed_ops_void(&r->ops, "cannot read back the data that fio wrote: %s",
			       strerror(errno));
	if (fd >= 0)
		close(fd);
	free(page);
}

static void keep_counts(const struct fiojob *f, struct fiojob_result *r)
{
	proof_count(&r->ops.proof, "operations", (int64_t)r->logs[FIOJOB_PROBED].n, &f->probes);
}

static void judge_counts(const struct bench_env *env, const struct fiojob_plan *plan,
			 struct timed_ops_result *ops)
{
	int64_t n = timed_ops_hits(ops, "operations"),
		bios = timed_ops_hits(ops, "block:block_bio_queue");
	int64_t direct = timed_ops_hits(ops, "*dax_direct_access"),
		calls = timed_ops_hits(ops, "*dax_iomap_rw");
	int64_t faults = timed_ops_hits(ops, "fs_dax:dax_pte_fault_done") +
			 timed_ops_hits(ops, "fs_dax:dax_pmd_fault_done");
	bool good;

	if (bios < 0 || direct < 0 || calls < 0) {
		timed_ops_void(ops,
			       "this kernel cannot count bios and direct accesses with probes");
		return;
	}
	if (plan->by == FIOJOB_BIO)
		good = bios >= n * (1 + env->stack->spec.depth_min) && !direct && !calls;
	else if (plan->by == FIOJOB_CALL)
		good = (!bios || plan->commits) && direct >= n && calls >= n;
	else
		/* A write fault of a MAP_SYNC mapping may commit the journal with bios.  The stores
		 * cause none: the page frames are proven. */
		good = (!bios || (plan->sync && plan->write)) && direct > 0 && !calls && faults > 0;
	if (!good)
		timed_ops_void(ops,
			       "%" PRId64 " I/Os of fio made %" PRId64 " bios, %" PRId64
			       " direct accesses, %" PRId64 " DAX reads or writes, %" PRId64
			       " faults",
			       n, bios, direct, calls, faults);
}

void fiojob_prove_after(struct bench_env *env, struct fiojob *f, const struct variant *variant)
{
	const struct fiojob_plan *plan = variant->arg;
	struct fiojob_result *r = fiojob_result(f, variant);

	read_log(env, f, variant);
	prove_work(f, variant, r);
	if (plan->by == FIOJOB_MAP)
		prove_mapping(env, f, plan, r);
	if (plan->by == FIOJOB_BIO)
		prove_direct(f, r);
	if (plan->write)
		prove_written(f, variant, r);
	if (f->pass == FIOJOB_PROBED) {
		keep_counts(f, r);
		judge_counts(env, plan, &r->ops);
	}
}
