// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/workload.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

bool workload_matches(const char *pattern, const char *bench, const char *variant)
{
	char metric[128];

	snprintf(metric, sizeof(metric), "%s.%s", bench, variant);
	return !strcmp(pattern, bench) || !fnmatch(pattern, metric, 0);
}

bool workload_wants(const struct workload *workload, const char *bench, const char *variant)
{
	for (size_t i = 0; i < workload->benches.n; i++)
		if (workload_matches(workload->benches.list[i], bench, variant))
			return true;
	return false;
}

void workload_free(struct workload *workload)
{
	words_free(&workload->stacks);
	words_free(&workload->filesystems);
	words_free(&workload->benches);
}
