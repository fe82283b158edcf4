// SPDX-License-Identifier: GPL-2.0-only
/* A thresholds file, asked for a metric. */
#include "report/compare/threshold.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct thresholds t = {.percent = THRESHOLD_PERCENT};
	double percent;

	thresholds_read(fuzz_file(0, data, size), &t);
	percent = thresholds_of(&t, "fault.read.warm.pmd{stack=linear:16,fs=ext4}");
	FUZZ_ASSERT(percent >= 0 && percent <= 1e6);
	thresholds_free(&t);
	return 0;
}
