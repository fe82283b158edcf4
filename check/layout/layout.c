// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layout: where DAX is granted, every byte is correct on every path; where it cannot be, DAX or the
 * table is refused.
 *
 * Each check verifies tables (check/layout/table_oracle.h): some are written by hand, others are
 * random, and those that fail are reduced.  Device-mapper accepts tables of any number of sectors,
 * DAX works in pages: no table may be accepted and get DAX if an access then fails or reaches other
 * memory.
 *
 * On the path: dm_dax_direct_access(), linear_dax_direct_access(), stripe_dax_direct_access();
 * refusal: dm_table_supports_dax(), fs_dax_get_by_bdev() (before 5.17 dax_supported()).
 *
 * Left out: tables that use a byte of a namespace twice, on which no filesystem works.
 */
#include "check/fixture/testbed.h"
#include "check/layout/holes.h"
#include "check/layout/table_oracle.h"

#include "lib/base/limit_clock.h"
#include "lib/dev/graph_map.h"
#include "lib/dev/graph_parse.h"
#include "lib/dev/graph_random.h"
#include "lib/dev/graph_reduce.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 8 << 20 };

/* A table by hand, in the words of lib/dev/graph_parse.h; A and B are namespaces. */
struct hand {
	const char *text, *fs_type;
	bool outside; /* its bytes are looked at on the DIMM, after power-off */
};

/* A graph of the first n fsdax namespaces.  Returns false after check_broken(). */
static bool begin(struct check_env *env, struct graph *g, unsigned int n)
{
	*g = (struct graph){0};
	for (unsigned int i = 0; i < n; i++) {
		const struct namespace *ns = check_device(env, NAMESPACE_FSDAX, i);

		if (!check_setup(env, ns ? graph_add_namespace(g, ns) : -ENODEV,
				 "taking fsdax namespace %u", i))
			return false;
	}
	return true;
}

static void by_hand(struct check_env *env, const void *arg)
{
	const struct hand *hand = arg;
	struct table_oracle_result result;
	struct graph g;
	char name[64];
	bool paged;
	int rc;

	if (!begin(env, &g, 2))
		return;
	rc = graph_parse(&g, check_name(env, "", name), 0, hand->text);
	if (!check_own(env, rc, "the table %s", hand->text)) {
		graph_destroy(&g);
		return;
	}
	paged = graph_is_paged(&g, g.n - 1);
	result = table_oracle_run(env, &g, hand->fs_type, FILE_MAX_BYTES, hand->outside);
	if (paged && result.wrong != TABLE_ORACLE_BROKEN)
		check_that(env, result.dax, "DAX is granted on %s (%s)", hand->text,
			   table_oracle_answer(&result));
	check_observe(env, "answer", json_string(table_oracle_answer(&result)));
}

/* ---- at random -------------------------------------------------------------------------- */

struct random_arg {
	struct graph_random_rules rules;
	unsigned int rounds; /* unless check_env has a number */
};

/* The messages about one of many tables: kept in a file, written only if it is the last. */
struct output {
	struct check_env env;
	int fd;
};

static int output_begin(struct output *w, const struct check_env *env)
{
	w->env = *env;
	w->env.complained = w->env.planted = false;
	w->fd = memfd_create("daxdm", MFD_CLOEXEC);
	w->env.out = w->fd;
	return w->fd < 0 ? -errno : 0;
}

/* Writes them to the output of the check. */
static void output_send(struct output *w, struct check_env *env)
{
	char chunk[4096];
	ssize_t n;

	lseek(w->fd, 0, SEEK_SET);
	while ((n = read(w->fd, chunk, sizeof(chunk))) > 0)
		for (ssize_t done = 0, wrote; done < n; done += wrote) {
			wrote = write(env->out, chunk + done, (size_t)(n - done));
			if (wrote < 0)
				abort(); /* the runner is gone */
		}
	env->complained |= w->env.complained;
}

static void output_end(struct output *w)
{
	if (w->fd >= 0)
		close(w->fd);
}

struct search {
	struct check_env *env;
	enum table_oracle_wrong wrong; /* what was wrong with the first */
	struct output smallest;
	int64_t until_ms;
	unsigned int trials;
};

/* One table, kept if it is wrong in the same way. */
static bool still_wrong(struct graph *candidate, void *arg)
{
	struct search *search = arg;
	struct table_oracle_result result;
	struct output w;

	if (limit_clock_ms() >= search->until_ms || output_begin(&w, search->env) < 0)
		return false;
	search->trials++;
	result = table_oracle_run(&w.env, candidate, "ext4", FILE_MAX_BYTES, false);
	if (result.wrong != search->wrong) {
		output_end(&w);
		return false;
	}
	output_end(&search->smallest);
	search->smallest = w;
	return true;
}

/* Makes a failing table as small as the time allows, and tells. */
static void shrink(struct check_env *env, struct graph *g, struct search *search)
{
	enum { SHRINK_MS = 5000 };
	size_t before = g->devices[g->n - 1].n_targets;

	search->until_ms = limit_clock_ms() + SHRINK_MS;
	if (!env->plant && search->wrong != TABLE_ORACLE_BROKEN)
		graph_reduce(g, still_wrong, search);
	output_send(&search->smallest, env);
	check_evidence(env, "found with %zu segments, reduced by %u more trials to %zu", before,
		       search->trials, g->devices[g->n - 1].n_targets);
}

/* One random table.  Returns 1 if a table was tried and right, 0 if there was none or device-mapper
 * refused it, -1 if something was wrong. */
static int try_random(struct check_env *env, const struct random_arg *random_arg, uint64_t seed)
{
	struct search search = {.env = env};
	struct table_oracle_result result;
	struct graph g, copy;
	char name[64];
	bool paged;

	if (!begin(env, &g, 2))
		return -1;
	if (graph_random(&g, check_name(env, "", name), seed, &random_arg->rules) < 0 ||
	    graph_copy(&g, &copy) < 0 || output_begin(&search.smallest, env) < 0) {
		graph_destroy(&g);
		return 0; /* no table within the rules */
	}
	paged = graph_is_paged(&copy, copy.n - 1);
	result = table_oracle_run(&search.smallest.env, &copy, "ext4", FILE_MAX_BYTES, false);
	env->planted |= search.smallest.env.planted;
	search.wrong = result.wrong;
	if (search.wrong == TABLE_ORACLE_RIGHT && paged && !result.table_rc && !result.dax) {
		char *text = graph_dmsetup(&g);

		check_fail(env, "table of whole pages: no DAX");
		check_evidence(env, "%s", text ? text : "(no memory for the table)");
		free(text);
		search.wrong = TABLE_ORACLE_ACCESS;
	} else if (search.wrong != TABLE_ORACLE_RIGHT) {
		shrink(env, &g, &search);
	}
	output_end(&search.smallest);
	graph_destroy(&g);
	return search.wrong == TABLE_ORACLE_RIGHT ? !result.table_rc : -1;
}

static void at_random(struct check_env *env, const void *arg)
{
	enum { RANDOM_S = 70 }; /* well within the limit of the check */
	const struct random_arg *random_arg = arg;
	unsigned int rounds = env->rounds ? env->rounds : random_arg->rounds, good = 0;
	int64_t until_ms = limit_clock_ms() + RANDOM_S * 1000;
	uint64_t i;

	/* Random tables that are refused do not count, as long as some do. */
	for (i = 0; good < rounds && i < 8 * (uint64_t)rounds && limit_clock_ms() < until_ms; i++) {
		int rc = try_random(env, random_arg, env->seed + i);

		if (rc < 0) {
			check_evidence(env,
				       "--seed %" PRIu64 " --rounds 1 generates this table first",
				       env->seed + i);
			return;
		}
		good += (unsigned int)rc;
	}
	if (!good)
		check_fail(env, "device-mapper accepted none of %" PRIu64 " tables", i);
	else if (good < rounds)
		check_evidence(env,
			       "%u of %u tables were tested within the time limit; continue with "
			       "--seed %" PRIu64,
			       good, rounds, env->seed + i);
}

/* ---- the tables ------------------------------------------------------------------------- */

static const char *const needs_ext4[] = {"device:fsdax:2", "target:linear", "target:striped",
					 "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "target:linear", "target:striped",
					"fs:xfs", NULL};

static const struct random_arg random_pages = {
	.rules = {.grain_sectors = 8,
		  .min_sectors = 3 << 11,
		  .max_sectors = 5 << 11,
		  .targets_max = 48,
		  .depth_max = 4,
		  .partitions = true},
	.rounds = 4,
};
static const struct random_arg random_sectors = {
	.rules = {.grain_sectors = 1,
		  .min_sectors = 3 << 11,
		  .max_sectors = 5 << 11,
		  .targets_max = 24,
		  .depth_max = 4,
		  .partitions = true},
	.rounds = 4,
};

#define PAGED \
	"a table of whole pages is DAX, and every byte of a file is correct on every access path"
#define PIECES                                                                                  \
	"a table that splits pages is refused, is not DAX, or has every byte correct on every " \
	"access path"
#define BY_PAGED \
	"dm linear: add DAX support (84b22f8378cf), dm stripe: add DAX support (beec25b4573b)"
#define BY_PIECES                                                                               \
	"f0b2e563bc41 (blockdev: don't set S_DAX for misaligned partitions: the dax code does " \
	"not "                                                                                  \
	"support them); generic_fsdax_supported(), which up to 5.16 asked it of each segment"

/* clang-format off */
#define HAND(id, what, source, plant, needed, table, fs)                                 \
	{.name = "table." id, .promise = what, .by = source, .needs = needed,      \
	 .plants = plant, .run = by_hand, .arg = &(const struct hand){table, fs, false}}
#define WHOLE_ON(fs, id, table)                                                    \
	HAND(id, PAGED, BY_PAGED, PLANT_STACK | PLANT_BYTE, needs_##fs, table, #fs)
#define TORN_ON(fs, id, table) HAND(id, PIECES, BY_PIECES, PLANT_BYTE, needs_##fs, table, #fs)
#define WHOLE(id, table) WHOLE_ON(ext4, id, table)
#define TORN(id, table) TORN_ON(ext4, id, table)

#define HOLES(id, fs_, needed, table_)                                                     \
	{.name = "holes." id,                                                              \
	 .promise = "reads and writes across the ends of many short extents and holes "    \
		    "are right, and what a hole's blocks held is never read",              \
	 .by = "fallocate(2), FALLOC_FL_PUNCH_HOLE: reads from this range return zeros",   \
	 .needs = needed, .plants = PLANT_BYTE | PLANT_VALUE, .run = holes,                \
	 .arg = &(const struct testbed_spec){.table = table_, .fs = fs_,                   \
					     .file_bytes = WINDOW_BYTES, .small_pages = true, \
					     .direct = true}}

static const struct check_item items[] = {
	HOLES("ext4", "ext4", needs_ext4, TESTBED_TWO_SEGMENTS),
	HOLES("xfs", "xfs", needs_xfs, TESTBED_LINEAR),
	WHOLE("single", "16384 linear A 0"),
	WHOLE("page_offset", "8192 linear A 8"),
	WHOLE("segments", "64x 128 linear A +24"),
	WHOLE("pages", "32x 8 linear A +8; 8 linear B +8; 240 linear A +16"),
	WHOLE("alternating", "4x 1024 linear A +0; 1032 linear B +0"),
	WHOLE("shuffled", "2048 linear A 65536; 1024 linear A 8; 2048 linear B 4104; 1024 linear A 4096;"
			  "2048 linear B 8; 512 linear A 2056"),
	WHOLE("ends", "4096 linear A -4096; 2048 linear B 0; 2048 linear B -2048; 1024 linear A 0"),
	WHOLE("striped_8", "8192 striped 2 8 A 0 B 0"),
	WHOLE("striped_24", "8208 striped 2 24 A 8 B 4096"),
	WHOLE("striped_2048", "8192 striped 2 2048 A 0 B 8"),
	WHOLE("striped_3", "8208 striped 3 16 A 0 B 0 A 65536"),
	WHOLE("depth", "10240 linear A 8; 2048 linear B 0 | 8192 linear a 2048; 2048 linear a 0 |"
		       "8192 striped 2 64 b 0 b 4096 | 4088 linear c 4104; 4088 linear c 8"),
	WHOLE("partition.whole", "part A 2048 20480 | 4096 linear a 8; 4096 linear B 0"),
	WHOLE_ON(xfs, "xfs", "300x 1024 linear A +8; 1024 linear B +16"),
	TORN("offset.start", "8192 linear A 1"),
	TORN("offset.striped", "8192 striped 2 16 A 0 B 4"),
	TORN("offset.made_good", "8200 linear A 1 | 8192 linear a 7"),
	TORN_ON(xfs, "offset.xfs", "614400 linear A 1"),
	TORN("border.apart", "4099 linear A 0; 4093 linear B 4099"),
	TORN("border.neighbours", "4099 linear A 0; 4093 linear A 4099"),
	TORN("border.one_sector", "4096 linear A 0; 1 linear B 0; 7 linear A 4097; 4088 linear A 4104"),
	TORN("border.three_sectors", "2x 2048 linear A +0; 3 linear B +5; 2045 linear A +3"),
	TORN("tear.linear", "4099 linear A 0; 4093 linear B 0"),
	TORN("tear.striped_1", "8192 striped 2 1 A 0 B 0"),
	TORN("tear.striped_4", "8192 striped 2 4 A 0 B 0"),
	TORN("tear.striped_12", "8208 striped 2 12 A 0 B 0"),
	TORN("end", "8195 linear A 0"),
	TORN("partition.start", "part A 2049 20480 | 8192 linear a 0"),
	TORN("partition.made_good", "part A 2049 20480 | 8192 linear a 7"),
	{
		.name = "random.pages",
		.promise = PAGED,
		.by = BY_PAGED,
		.needs = needs_ext4,
		.flags = CHECK_QUICK,
		.limit_s = 90,
		.plants = PLANT_STACK | PLANT_BYTE | PLANT_FRAME | PLANT_DMESG,
		.run = at_random,
		.arg = &random_pages,
	},
	{
		.name = "random.sectors",
		.promise = PIECES,
		.by = BY_PIECES,
		.needs = needs_ext4,
		.limit_s = 90,
		.plants = PLANT_BYTE,
		.run = at_random,
		.arg = &random_sectors,
	},
	{
		.name = "outside",
		.promise = "bytes stored through a mapping are at the table's offset in the DIMM's backing file on the host",
		.by = BY_PAGED,
		.needs = needs_ext4,
		.flags = CHECK_EMULATED | CHECK_SPOILS,
		.plants = PLANT_STACK | PLANT_BYTE,
		.run = by_hand,
		.arg = &(const struct hand){"2x 1024 linear A +8; 1024 linear B +16; 2048 striped 2 16 A +0 B +64",
					    "ext4", true},
	},
	{0},
};
/* clang-format on */

const struct check_family check_layout = {
	.name = "layout",
	.why = "every byte of a file on a DAX device is correct on every access path, for every "
	       "table layout",
	.items = items,
};
