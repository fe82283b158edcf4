// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NVDIMM of QEMU reports no bad memory (its _DSM has no address range scrub).  A machine check
 * with an address does: nfit_handle_mce() adds the range to that of the bus, and the driver of the
 * namespace makes bad blocks of it.  The module mce-inject passes one to that handler, without an
 * exception.  Source: arch/x86/kernel/cpu/mce/inject.c, drivers/acpi/nfit/mce.c.
 */
#include "check/namespace/bad_ranges.h"

#include "check/fixture/bio.h"
#include "lib/base/limit_clock.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INJECT "/sys/kernel/debug/mce-inject/"

/* An uncorrected error of memory with an address: for Intel by the code in the low 16 bits, for AMD
 * by the extended code 8 of bank 4. */
#define STATUS                                                                                     \
	(UINT64_C(1) << 61 | UINT64_C(1) << 60 | UINT64_C(1) << 58 | UINT64_C(1) << 43 | 8 << 16 | \
	 0x9f)
#define MISC_PHYSICAL (2 << 6)

enum { BANK = 4, LIMIT_MS = 10000, RANGES_MAX = 32, LINE = 6, PAGE = 12, LARGEST = 24 };

struct range {
	uint64_t first, n; /* in sectors */
};

static int put(const char *file, const char *text)
{
	char path[64];
	ssize_t len = (ssize_t)strlen(text);
	int fd, rc = 0;

	snprintf(path, sizeof(path), INJECT "%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)len) != len)
		rc = errno ? -errno : -EIO;
	close(fd);
	return rc;
}

static int put_number(const char *file, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%#" PRIx64, value);
	return put(file, text);
}

/* The 2^bits bytes around a physical address are bad; the bank comes last and injects.  Returns 0
 * or -errno. */
static int inject(uint64_t address, unsigned int bits)
{
	int rc = put("flags", "sw\n");

	rc = rc ? rc : put_number("status", STATUS);
	rc = rc ? rc : put_number("addr", address);
	rc = rc ? rc : put_number("misc", MISC_PHYSICAL | bits);
	rc = rc ? rc : put_number("cpu", 0);
	return rc ? rc : put_number("bank", BANK);
}

static int by_first(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

/* Reads the list of bad blocks, of which an entry has at most 512 sectors: those that follow one
 * another are one range.  Returns how many ranges, or -errno. */
static int read_list(const struct namespace *ns, struct range list[RANGES_MAX])
{
	char path[96];
	FILE *in;
	int n = 0, merged = 0;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/badblocks", ns->major, ns->minor);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	while (n < RANGES_MAX &&
	       fscanf(in, "%" SCNu64 " %" SCNu64, &list[n].first, &list[n].n) == 2)
		n++;
	fclose(in);
	qsort(list, (size_t)n, sizeof(list[0]), by_first);
	for (int i = 1; i < n; i++)
		if (list[merged].first + list[merged].n == list[i].first)
			list[merged].n += list[i].n;
		else
			list[++merged] = list[i];
	return n ? merged + 1 : 0;
}

/* Whether the list gets exactly these ranges, which are sorted. */
static bool judge_list(struct check_env *env, const struct namespace *ns, const struct range *want,
		       int n_want, const char *what)
{
	int64_t until_ms = limit_clock_ms() + LIMIT_MS;
	struct range list[RANGES_MAX];
	int n;

	do
		n = read_list(ns, list);
	while (n >= 0 && n < n_want && limit_clock_retry(until_ms));
	for (int i = 0; i < n; i++)
		check_evidence(env, "bad blocks of %s after %s: %" PRIu64 " %" PRIu64, ns->node,
			       what, list[i].first, list[i].n);
	if (!check_setup(env, n, "reading the bad blocks of %s", ns->node) ||
	    !check_equal(env, n, n_want, "ranges of bad blocks on %s, after %s", ns->node, what))
		return false;
	for (int i = 0; i < n; i++)
		if (!check_equal(env, (int64_t)list[i].first, (int64_t)want[i].first,
				 "first sector of range %d of bad blocks on %s, after %s", i,
				 ns->node, what) ||
		    !check_equal(env, (int64_t)list[i].n, (int64_t)want[i].n,
				 "sectors of range %d of bad blocks on %s, after %s", i, ns->node,
				 what))
			return false;
	return true;
}

/* Reads of the sectors at both ends of a range fail, those around it do not; through the namespace
 * and a linear device over all of it. */
static void judge_reads(struct check_env *env, const char *node, const struct namespace *ns,
			const struct range *r)
{
	const uint64_t end = r->first + r->n, size = ns->size_bytes / SECTOR_BYTES;
	char sector[SECTOR_BYTES];
	const struct {
		uint64_t at;
		bool there, bad;
	} places[] = {{r->first, true, true},
		      {end - 1, true, true},
		      {r->first - 1, r->first > 0, false},
		      {end, end < size, false}};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i].there)
			check_errno(
				env,
				bio_read(node, places[i].at * SECTOR_BYTES, sector, sizeof(sector)),
				places[i].bad ? -EIO : 0, "reading sector %" PRIu64 " of %s",
				places[i].at, node);
}

static void judge_all(struct check_env *env, const struct namespace *ns, const struct range *list,
		      int n)
{
	char name[64], node[128], table[96];
	int rc;

	check_name(env, "bad", name);
	snprintf(table, sizeof(table), "0 %" PRIu64 " linear %u:%u 0",
		 ns->size_bytes / SECTOR_BYTES, ns->major, ns->minor);
	rc = dm_device_create(name, table, 0);
	if (!check_setup(env, rc, "creating a linear device (%s)", dm_last_error()))
		return;
	for (int i = 0; i < n; i++) {
		judge_reads(env, ns->node, ns, &list[i]);
		judge_reads(env, dm_device_node(name, node), ns, &list[i]);
	}
	check_setup(env, dm_device_remove(name, 0), "removing %s", name);
}

/* One that begins before the namespace's data, and ends in it. */
static void before_the_start(struct check_env *env, const struct namespace *ns)
{
	const uint64_t start = ns->resource_bytes;
	unsigned int bits = PAGE;
	struct range want = {0};
	uint64_t begin;

	while (bits <= LARGEST && !(start % (UINT64_C(1) << bits)))
		bits++;
	begin = start >> bits << bits;
	if (bits > LARGEST)
		return; /* it begins at a border of any range */
	want.n = (begin + (UINT64_C(1) << bits) - start) / SECTOR_BYTES;
	check_evidence(env, "2^%u bytes at %#" PRIx64 ", the data of %s begin at %#" PRIx64, bits,
		       begin, ns->node, start);
	if (check_setup(env, inject(start, bits), "injecting a machine check") &&
	    judge_list(env, ns, &want, 1, "a range that begins before it"))
		judge_all(env, ns, &want, 1);
}

void bad_ranges(struct check_env *env, const void *arg)
{
	const struct namespace *a = check_device(env, NAMESPACE_FSDAX, 0);
	const struct namespace *b = check_device(env, NAMESPACE_FSDAX, 1);
	const uint64_t last = a->size_bytes / SECTOR_BYTES - 1;
	/* A cache line in a sector, a page, the last cache line; each is a sector at least. */
	const struct {
		uint64_t at_bytes;
		unsigned int bits;
		struct range want;
		const char *what;
	} bad[] = {
		{(1 << 20) + 3 * SECTOR_BYTES + 64, LINE, {2051, 1}, "one cache line"},
		{(8 << 20) + PAGE_BYTES + 512, PAGE, {16392, 8}, "a page"},
		{a->size_bytes - 64, LINE, {last, 1}, "the last cache line"},
	};
	enum { N = sizeof(bad) / sizeof(bad[0]) };
	struct range want[N];

	(void)arg;
	for (int i = 0; i < N && !check_complained(env); i++) {
		want[i] = bad[i].want;
		if (check_setup(env, inject(a->resource_bytes + bad[i].at_bytes, bad[i].bits),
				"injecting a machine check"))
			judge_list(env, a, want, i + 1, bad[i].what);
	}
	if (!check_complained(env))
		judge_all(env, a, want, N);
	if (!check_complained(env))
		before_the_start(env, b);
}
