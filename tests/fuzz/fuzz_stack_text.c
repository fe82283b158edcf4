// SPDX-License-Identifier: GPL-2.0-only
/* Text of dmsetup and LVM: what is read becomes words that parse, whose tables fit the namespaces,
 * or are refused with a reason; every byte is on a namespace, in nothing, or in a target that the
 * model does not have. */
#include "lib/base/bytes.h"
#include "lib/dev/stack.h"
#include "lib/dev/stack_text.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_bytes(const struct stack *stack)
{
	uint64_t step = stack->size_bytes / 97 + PAGE_BYTES;

	for (uint64_t byte = 0; byte < stack->size_bytes; byte += step) {
		struct graph_place place;
		int rc = graph_resolve(&stack->graph, stack->device, byte, &place);

		FUZZ_ASSERT(!rc || rc == -EIO || rc == -ENODATA || rc == -EOPNOTSUPP);
		FUZZ_ASSERT(rc || (place.ns && place.offset_bytes < place.ns->size_bytes));
	}
}

static void check_word(const char *word, const struct namespace *ns, unsigned int n)
{
	char name[STACK_TEXT_NAME_CHARS], why[512] = "";
	struct stack *stack = calloc(1, sizeof(*stack));
	struct stack_spec spec;

	FUZZ_ASSERT(stack && stack_text_tables(word));
	FUZZ_ASSERT(!strpbrk(stack_text_name(word, name), "{}, "));
	if (stack_parse(word, &spec, why, sizeof(why)) < 0) {
		/* Only what graph_parse.h has no room for. */
		FUZZ_ASSERT(*why);
	} else if (stack_describe(&spec, ns, n, 64 << 20, stack, why, sizeof(why)) < 0) {
		FUZZ_ASSERT(*why);
	} else {
		check_bytes(stack);
		graph_destroy(&stack->graph);
	}
	free(stack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *kind = size && data[0] == 'l' ? STACK_TEXT_LVM : STACK_TEXT_TABLE;
	char *text = fuzz_text(data + !!size, size - !!size), note[512], why[512];
	struct namespace ns[STACK_OVER_MAX];
	struct words words = {0};
	int rc;

	FUZZ_ASSERT(text);
	for (unsigned int i = 0; i < STACK_OVER_MAX; i++) {
		ns[i] = (struct namespace){.size_bytes = UINT64_C(66) << 20};
		snprintf(ns[i].node, sizeof(ns[i].node), "/dev/pmem%u", i);
	}
	rc = stack_text_expand_memory(kind, "fuzz", NULL, text, &words, note, sizeof(note), why,
				      sizeof(why));
	FUZZ_ASSERT(rc ? *why : words.n > 0);
	for (size_t i = 0; i < words.n; i++)
		check_word(words.list[i], ns, STACK_OVER_MAX);
	words_free(&words);
	free(text);
	return 0;
}
