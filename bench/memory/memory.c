// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel memory that a mapping of a DAX file takes, in bytes.
 *
 *   tables.1g   page tables of one GiB mapped, of which a page in each 2 MiB was loaded: the growth
 *               of VmPTE in /proc/self/status.  The GiB is 16 mappings of a file of 64 MiB
 *   index.64m   nodes of the DAX page cache index (slab radix_tree_node) of a file of 64 MiB, of
 *               which all pages were loaded after a mount
 *   .pte        mapped at an address that allows no PMD; without it, as the kernel maps the file on
 *               this stack: a stack that loses huge pages has the numbers of .pte
 *
 *   dax_iomap_pte_fault -> pte_alloc_one; grab_mapping_entry -> xas_create -> xas_alloc
 *
 * Left out: struct page of the memory itself, which the namespace holds (map=dev|mem); extents that
 * the filesystem caches.  Shape to expect: a page of page tables for each 2 MiB by PTEs, none by
 * PMDs; a node of 64 entries for each 64 pages, or for 64 PMDs.  The numbers are read once, not
 * timed; there is no overhead.
 *
 * Proof: the number of page faults gives the page size; the frames are those of the extents.
 *
 * Alone: ./run.sh bench --bench memory --stack raw --stack linear:16 --stack linear:16,align=4k
 */
#include "bench/timed_ops.h"
#include "lib/file/mapping.h"
#include "lib/trace/kmem.h"

#include "lib/base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GIB (UINT64_C(1) << 30)
#define FILE_BYTES (UINT64_C(64) << 20)

extern const struct bench bench_memory;

struct plan {
	bool index; /* of the file; else page tables */
	bool small; /* only PTEs */
};

struct state {
	struct datafile data; /* FILE_BYTES without a hole, aligned as the stack permits */
	int pagemap_fd;
	struct timed_ops_result results[];
};

/* A number of a file of text: that in the given column, from 0, of the line that begins so. */
static int read_number(const char *path, const char *line_begin, unsigned int column, uint64_t *out)
{
	FILE *in = fopen(path, "re");
	char line[512];
	int rc = -ENOENT;

	if (!in)
		return -errno;
	while (rc && fgets(line, sizeof(line), in)) {
		char *rest = line, *word = NULL;

		if (strncmp(line, line_begin, strlen(line_begin)))
			continue;
		for (unsigned int i = 0; i <= column;)
			if (!(word = strsep(&rest, " \t\n")))
				break;
			else if (*word)
				i++;
		if (word)
			*out = strtoull(word, NULL, 10);
		rc = word ? 0 : -EINVAL;
	}
	fclose(in);
	return rc;
}

static int page_table_bytes(uint64_t *bytes)
{
	int rc = read_number("/proc/self/status", "VmPTE:", 1, bytes);

	*bytes *= 1024;
	return rc;
}

/* Maps the file over a GiB, aligned to it or a page past it.  Returns 0 or -errno. */
static int map_gib(struct mapping *m, int fd, bool small)
{
	int rc = mapping_make(m, fd, FILE_BYTES, MAP_SHARED, !small);

	for (uint64_t at = FILE_BYTES; at < GIB && !rc; at += FILE_BYTES)
		if (mmap(m->base + at, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 fd, 0) == MAP_FAILED)
			rc = -errno;
	return rc;
}

/* Loads from each page at a distance.  Returns the number of page faults. */
static uint64_t touch(const struct mapping *m, uint64_t bytes, uint64_t distance)
{
	uint64_t before = mapping_page_faults();

	for (uint64_t at = 0; at < bytes; at += distance)
		(void)*(const volatile char *)(m->base + at);
	return mapping_page_faults() - before;
}

/* Whether the second page of each window causes no fault: a PMD maps it.  Makes the result void if
 * that is so of some windows only. */
static bool is_huge(const struct mapping *m, uint64_t windows, struct timed_ops_result *r)
{
	uint64_t before = mapping_page_faults(), more;

	for (uint64_t w = 0; w < windows; w++)
		(void)*(const volatile char *)(m->base + w * WINDOW_BYTES + PAGE_BYTES);
	more = mapping_page_faults() - before;
	if (more && more < windows)
		timed_ops_void(r, "%" PRIu64 " of %" PRIu64 " windows are mapped by PTEs", more,
			       windows);
	return !more;
}

/* The page size is that of the faults, for all pages alike. */
static void prove(struct bench_env *env, struct state *s, const struct mapping *m, uint64_t touched,
		  uint64_t windows, uint64_t faults, bool small, struct timed_ops_result *r)
{
	const struct frame_proof frames = {.pagemap_fd = s->pagemap_fd,
					   .backing = stack_backing(env->stack),
					   .extents = s->data.extents};
	bool huge = false;

	/* One fault for each window, by a PMD or of a page. */
	if (!small && faults == windows)
		huge = is_huge(m, windows, r);
	proof_pages(&r->proof, huge ? WINDOW_BYTES : PAGE_BYTES, huge ? windows : touched, faults,
		    r->why, sizeof(r->why));
	proof_frames(&r->proof, &frames, m, 0, 1, r->why, sizeof(r->why));
}

static int measure_tables(struct bench_env *env, struct state *s, bool small,
			  struct timed_ops_result *r, int64_t *out)
{
	struct mapping m = {0};
	uint64_t before = 0, after = 0, faults;
	int rc = map_gib(&m, s->data.fd, small);

	if (!rc)
		rc = page_table_bytes(&before);
	if (!rc) {
		faults = touch(&m, GIB, WINDOW_BYTES);
		rc = page_table_bytes(&after);
		prove(env, s, &m, GIB / WINDOW_BYTES, GIB / WINDOW_BYTES, faults, small, r);
	}
	*out = (int64_t)(after - before);
	if (m.reserved)
		mapping_drop(&m);
	return rc;
}

/* Objects of the slab of index nodes among those held. */
static int index_bytes(const struct kmem_held *held, int64_t *out)
{
	uint64_t bytes = 0;
	int rc = read_number("/proc/slabinfo", "radix_tree_node ", 3, &bytes);

	*out = 0;
	for (unsigned int i = 0; i < held->n_sizes && !rc; i++)
		if (held->sizes[i].bytes == bytes)
			*out = (int64_t)(bytes * held->sizes[i].objects);
	return rc;
}

static int measure_index(struct bench_env *env, struct state *s, bool small,
			 struct timed_ops_result *r, int64_t *out)
{
	struct kmem_held held = {0};
	struct kmem *kmem = NULL;
	struct mapping m = {0};
	uint64_t faults;
	int rc = kmem_open(&kmem, "dax");

	if (rc < 0 && rc != -ENOMEM) {
		r->missing = (struct missing){
			"kernel allocations cannot be traced",
			"use a kernel with CONFIG_BPF_EVENTS and SLUB, without lockdown"};
		return 0;
	}
	/* The index of a new mount is empty. */
	datafile_close(&s->data);
	if (!rc)
		rc = fs_remount(env->fs);
	if (!rc)
		rc = datafile_open(&s->data, env->fs);
	/* Otherwise ext4 would read its extents through the page cache of the block device. */
	extents_free(&s->data.extents);
	if (!rc)
		rc = extents_read(s->data.fd, &s->data.extents);
	if (!rc)
		rc = mapping_make(&m, s->data.fd, FILE_BYTES, MAP_SHARED, !small);
	if (!rc)
		rc = kmem_start(kmem);
	if (!rc) {
		faults = touch(&m, FILE_BYTES, PAGE_BYTES);
		rc = kmem_held(kmem, &held);
		if (!rc)
			rc = index_bytes(&held, out);
		prove(env, s, &m, FILE_BYTES / PAGE_BYTES, FILE_BYTES / WINDOW_BYTES, faults, small,
		      r);
	}
	if (m.reserved)
		mapping_drop(&m);
	kmem_close(kmem);
	return rc;
}

static const struct variant variants[] = {
	{.name = "tables.1g",
	 .why = "page tables of 1 GiB mapped, as the kernel maps it",
	 .arg = &(const struct plan){0}},
	{.name = "tables.1g.pte",
	 .why = "page tables of 1 GiB mapped by PTEs",
	 .arg = &(const struct plan){.small = true}},
	{.name = "index.64m",
	 .why = "index nodes of a file of 64 MiB, as the kernel maps it",
	 .arg = &(const struct plan){.index = true}},
	{.name = "index.64m.pte",
	 .why = "index nodes of a file of 64 MiB mapped by PTEs",
	 .arg = &(const struct plan){.index = true, .small = true}},
	{0},
};

enum { N_VARIANTS = sizeof(variants) / sizeof(variants[0]) - 1 };

static int setup(struct bench_env *env, void **state)
{
	struct state *s = calloc(1, sizeof(*s) + N_VARIANTS * sizeof(s->results[0]));
	int rc;

	*state = s;
	if (!s)
		return -ENOMEM;
	s->data.fd = -1;
	s->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	rc = timed_ops_data_make(env, &s->data, FILE_BYTES / WINDOW_BYTES);
	if (!rc && s->data.n_windows * WINDOW_BYTES < FILE_BYTES)
		rc = -ENOSPC;
	if (!rc)
		rc = datafile_close_gaps(&s->data);
	if (rc < 0)
		msg_error("cannot make the file of the memory benchmark on %s, %s: %s",
			  env->cell.spec->text, env->cell.fs, strerror(-rc));
	return rc;
}

static int once(struct bench_env *env, void *state, const struct variant *variant)
{
	const struct plan *plan = variant->arg;
	struct state *s = state;
	struct timed_ops_result *r = &s->results[variant - variants];
	int rc;

	env->phase(env, "measure");
	proof_dax(&r->proof, s->data.fd, true, r->why, sizeof(r->why));
	r->samples = calloc(1, sizeof(*r->samples));
	if (!r->samples)
		return -ENOMEM;
	r->n = 1;
	rc = plan->index ? measure_index(env, s, plan->small, r, r->samples)
			 : measure_tables(env, s, plan->small, r, r->samples);
	if (rc < 0)
		timed_ops_void(r, "the memory cannot be measured: %s", strerror(-rc));
	return env->fs->mounted ? 0 : -EIO;
}

/* Counts the functions of one fault in each window of the file. */
static int probe(struct bench_env *env, void *state, const struct variant *variant,
		 struct probe_set *probes)
{
	const struct plan *plan = variant->arg;
	struct state *s = state;
	struct timed_ops_result *r = &s->results[variant - variants];
	static const char *const faults[] = {"fs_dax:dax_pmd_fault_done",
					     "fs_dax:dax_pte_fault_done"};
	struct mapping m;
	int rc;

	if (r->why[0] || r->missing.why)
		return 0;
	env->phase(env, "proof");
	rc = mapping_make(&m, s->data.fd, FILE_BYTES, MAP_SHARED, !plan->small);
	if (rc < 0) {
		timed_ops_void(r, "cannot map the file again: %s", strerror(-rc));
		return 0;
	}
	probe_start(probes);
	touch(&m, FILE_BYTES, WINDOW_BYTES);
	probe_stop(probes);
	proof_count(&r->proof, "windows", FILE_BYTES / WINDOW_BYTES, probes);
	mapping_drop(&m);
	timed_ops_expect(r, &faults[r->proof.page_bytes == PAGE_BYTES], 1,
			 FILE_BYTES / WINDOW_BYTES);
	return 0;
}

static int report(struct bench_env *env, void *state, const struct variant *variant)
{
	struct state *s = state;
	struct timed_ops_result *r = &s->results[variant - variants];

	if (r->missing.why || r->why[0])
		return timed_ops_report(env, env->bench, variant, r, NULL);
	return record_write_unit(env->sink, &env->cell, env->bench->name, env->bench->better,
				 "bytes", variant->name, r->samples, r->n, 0, &r->proof, NULL);
}

static void teardown(struct bench_env *env, void *state)
{
	struct state *s = state;

	if (!s)
		return;
	timed_ops_data_remove(env, &s->data);
	if (s->pagemap_fd >= 0)
		close(s->pagemap_fd);
	timed_ops_results_free(s->results, N_VARIANTS);
	free(s);
}

static const enum need needs[] = {NEED_ROOT, NEED_DAX, NEED_PAGEMAP, NEED_END};

static const char *const probes[] = {
	"fs_dax:dax_pte_fault_done",
	"fs_dax:dax_pmd_fault_done",
	"dm_dax_direct_access",
	"pmem_dax_direct_access",
	NULL,
};

const struct bench bench_memory = {
	.name = "memory",
	.why = "kernel memory that a mapping of a DAX file takes",
	.better = "lower",
	.needs = needs,
	.variants = variants,
	.by_name_only = "its numbers are bytes, which the default sweep does not mix with "
			"instructions; workloads/memory measures it",
	.probes = probes,
	.setup = setup,
	.once = once,
	.probe = probe,
	.report = report,
	.teardown = teardown,
};
