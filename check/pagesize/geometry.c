// SPDX-License-Identifier: GPL-2.0-only
#include "check/pagesize/geometry.h"

#include "check/pagesize/window.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Page size by loads, then by stores, against the model. */
static bool judge_window(struct check_env *env, const struct testbed *bed, uint64_t window)
{
	bool want = extents_window_is_huge(&bed->extents,
					   (struct backing){&bed->graph, bed->device}, window) &&
		    (uintptr_t)bed->map.base % WINDOW_BYTES == 0;
	int rc;

	if (!testbed_page_size(env, bed, window))
		return false;
	rc = window_store_is_pmd(bed, window);
	return check_setup(env, rc, "storing into the window at file offset %" PRIu64, window) &&
	       check_equal(env, rc, want, "PMD after a store at file offset %" PRIu64, window);
}

/* How many windows of the file the model has as huge. */
static unsigned int huge_windows(const struct testbed *bed)
{
	unsigned int n = 0;

	for (uint64_t at = 0; at < bed->bytes; at += WINDOW_BYTES)
		n += extents_window_is_huge(&bed->extents,
					    (struct backing){&bed->graph, bed->device}, at);
	return n;
}

/* Sets, or only tells, how large a bio the device takes. */
static bool limit_bios(struct check_env *env, const struct testbed *bed, unsigned int kib)
{
	const char *numbers = bed->graph.devices[bed->device].numbers;
	char path[128], line[32] = "?";
	FILE *file;
	int rc;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/queue/max_sectors_kb", numbers);
	file = fopen(path, kib ? "r+e" : "re");
	rc = file ? 0 : -errno;
	if (file && kib && (fprintf(file, "%u", kib) < 0 || fflush(file) == EOF))
		rc = -errno;
	if (file)
		rewind(file);
	if (!rc && fgets(line, sizeof(line), file))
		line[strcspn(line, "\n")] = 0;
	if (file)
		fclose(file);
	check_evidence(env, "the device takes bios of up to %s KiB (queue/max_sectors_kb)", line);
	return check_setup(env, rc, "%s", path);
}

void geometry(struct check_env *env, const void *arg)
{
	const struct geometry *g = arg;
	const struct testbed_spec spec = {.table = g->table,
					  .fs = g->fs,
					  .file_bytes = WINDOW_FILE_BYTES,
					  .small_pages = g->small_pages};
	struct testbed bed;
	unsigned int huge;
	bool good;

	if (!testbed_open(env, &bed, &spec))
		return;
	good = window_all_laid_out(env, &bed);
	if (good && strstr(g->table, "striped"))
		good = limit_bios(env, &bed, g->bio_kib);
	huge = huge_windows(&bed);
	if (good && (g->huge == GEOMETRY_ALL	? huge != WINDOW_COUNT
		     : g->huge == GEOMETRY_NONE ? huge != 0
						: huge == 0 || huge == WINDOW_COUNT)) {
		check_broken(env, "of %d windows, the model expects %u as huge", WINDOW_COUNT,
			     huge);
		good = false;
	}
	for (uint64_t at = 0; at < bed.bytes && good; at += WINDOW_BYTES)
		good = judge_window(env, &bed, at);
	if (good)
		good = testbed_frames(env, &bed, 0, bed.bytes);
	if (good)
		check_mapped_bytes(env, "read through the mapping", bed.map.base, bed.bytes,
				   TESTBED_FILE, 0, TESTBED_GENERATION);
	testbed_close(env, &bed);
}
