// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/mapping.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int mapping_make(struct mapping *m, int fd, uint64_t bytes, int flags, bool huge)
{
	/* Whole GiB, the range of one page of PMDs: none is shared with another mapping, so that
	 * the same faults fill the same number of them at any random address. */
	const uintptr_t gib = (uintptr_t)WINDOW_BYTES * 512;
	uintptr_t base;

	m->reserved_bytes = (bytes + PAGE_BYTES + gib - 1) / gib * gib + gib;
	m->reserved = mmap(NULL, m->reserved_bytes, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->reserved == MAP_FAILED) {
		m->reserved = NULL;
		return -errno;
	}
	base = ((uintptr_t)m->reserved + gib - 1) & ~(gib - 1);
	if (!huge)
		base += PAGE_BYTES;
	m->base = mmap((void *)base, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
	if (m->base == MAP_FAILED) {
		int rc = -errno;

		munmap(m->reserved, m->reserved_bytes);
		m->reserved = NULL;
		return rc;
	}
	return 0;
}

void mapping_drop(struct mapping *m)
{
	munmap(m->reserved, m->reserved_bytes);
}

static bool in_namespace(const struct graph *g, uint64_t pfn)
{
	for (unsigned int i = 0; i < g->n; i++) {
		const struct namespace *ns = g->devices[i].ns;

		/* In sector mode no page of it can be mapped, and it has no address. */
		if (ns && ns->mode != NAMESPACE_SECTOR && pfn * PAGE_BYTES >= ns->resource_bytes &&
		    pfn * PAGE_BYTES < ns->resource_bytes + ns->size_bytes)
			return true;
	}
	return false;
}

static bool frame_is_right(const struct frame_proof *proof, uint64_t offset, uint64_t pfn,
			   char *why, size_t why_len)
{
	uint64_t expected = 0;

	if (!pfn)
		snprintf(why, why_len, "file offset %" PRIu64 " is not mapped", offset);
	else if (proof->outside && in_namespace(proof->outside, pfn))
		snprintf(why, why_len,
			 "file offset %" PRIu64 " is backed by page frame %#" PRIx64
			 " of the namespace, it must not be",
			 offset, pfn);
	else if (proof->outside)
		return true;
	else if (extents_pfn(&proof->extents, proof->backing, offset, &expected) < 0)
		snprintf(why, why_len, "file offset %" PRIu64 " has no extent", offset);
	else if (pfn == expected)
		return true;
	else
		snprintf(why, why_len,
			 "file offset %" PRIu64 " is backed by page frame %#" PRIx64
			 ", extent and table say %#" PRIx64,
			 offset, pfn, expected);
	return false;
}

bool mapping_prove_frames(const struct frame_proof *proof, const struct mapping *m,
			  uint64_t offset_bytes, unsigned int n, char *why, size_t why_len)
{
	uint64_t pfns[64];

	while (n) {
		unsigned int batch = n < 64 ? n : 64;
		int rc = mapping_pfns(proof->pagemap_fd, m->base + offset_bytes, pfns, batch);

		if (rc < 0) {
			snprintf(why, why_len, "cannot read pagemap: %s", strerror(-rc));
			return false;
		}
		for (unsigned int i = 0; i < batch; i++, offset_bytes += PAGE_BYTES)
			if (!frame_is_right(proof, offset_bytes, pfns[i], why, why_len))
				return false;
		n -= batch;
	}
	return true;
}

void mapping_precharge(void)
{
	/* Freed page tables return to the allocator after an RCU grace period. */
	const struct timespec grace = {.tv_nsec = 50 * 1000 * 1000};
	const size_t tables = 128, bytes = (tables + 1) * WINDOW_BYTES;
	volatile char *p =
		mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return; /* only exactness depends on it */
	madvise((void *)p, bytes, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < tables; i++)
		(void)p[i * WINDOW_BYTES];
	munmap((void *)p, bytes);
	nanosleep(&grace, NULL);
}

unsigned int mapping_areas(void)
{
	FILE *in = fopen("/proc/self/maps", "re");
	unsigned int n = 0;
	int c;

	while (in && (c = getc(in)) != EOF)
		n += c == '\n';
	if (in)
		fclose(in);
	return n;
}

int mapping_pfns(int pagemap_fd, const volatile void *address, uint64_t *pfns, size_t n)
{
	const uint64_t present = UINT64_C(1) << 63, pfn_mask = (UINT64_C(1) << 55) - 1;
	off_t where = (off_t)((uintptr_t)address / PAGE_BYTES * sizeof(uint64_t));
	ssize_t len = pread(pagemap_fd, pfns, n * sizeof(*pfns), where);

	if (len != (ssize_t)(n * sizeof(*pfns)))
		return len < 0 ? -errno : -EIO;
	for (size_t i = 0; i < n; i++)
		pfns[i] = pfns[i] & present ? pfns[i] & pfn_mask : 0;
	return 0;
}

uint64_t mapping_page_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}
