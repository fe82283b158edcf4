// SPDX-License-Identifier: GPL-2.0-only
/* Words of the command line: versions, numbers, sizes, patterns, plans, verbs. */
#include "bench/timed_ops.h"
#include "bench/workload_read.h"
#include "lib/base/nearest.h"
#include "lib/base/number.h"
#include "lib/dev/provision.h"
#include "report/checks/known.h"
#include "report/compare/threshold.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word = fuzz_text(data, size), version[64], text[32];
	struct kernel_version kernel;
	struct provision_plan plan;
	int64_t number;
	double percent;

	if (!kernel_version_read(word, &kernel))
		FUZZ_ASSERT(!kernel_version_compare(&kernel, &kernel));
	kernel_version_text(word, word, word, version, sizeof(version));
	kernel_version_text("6.1.0-56-amd64", word, word, version, sizeof(version));
	if (!number_parse(word, INT64_MIN, INT64_MAX, &number)) {
		snprintf(text, sizeof(text), "%jd", (intmax_t)number);
		FUZZ_ASSERT(!strcmp(text, word));
	}
	if (!threshold_parse(word, &percent))
		FUZZ_ASSERT(percent >= 0 && percent <= 1e6);
	workload_matches(word, "fault", "read.warm.pte");
	if (!provision_parse(word, &plan))
		FUZZ_ASSERT(plan.n && plan.n <= PROVISION_PARTS_MAX);
	timed_ops_size_of(word);
	nearest_of(word, "bench", word);
	free(word);
	return 0;
}
