// SPDX-License-Identifier: GPL-2.0-only
/* A workload file: what is read can be measured, and says nothing twice. */
#include "bench/workload_read.h"
#include "lib/dev/stack.h"
#include "tests/fuzz/fuzz.h"

static void check_words(const struct words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		FUZZ_ASSERT(*words->list[i] && !strpbrk(words->list[i], " \t\r\n#"));
		for (size_t j = 0; j < i; j++)
			FUZZ_ASSERT(strcmp(words->list[i], words->list[j]) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[] = {"--workload", (char *)fuzz_file(0, data, size)};
	struct workload w;

	if (!workload_read(words[1], &w)) {
		check_words(&w.stacks);
		check_words(&w.filesystems);
		check_words(&w.benches);
		FUZZ_ASSERT(!w.stacks.n || !w.filesystems.n || !w.benches.n || !workload_check(&w));
	}
	workload_free(&w);
	if (!workload_of_words(2, words, STACK_SPAN_MAX_BYTES, &w))
		workload_free(&w);
	return 0;
}
