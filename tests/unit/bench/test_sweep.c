// SPDX-License-Identifier: GPL-2.0-only
/* What the sweep writes for what it cannot measure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/sweep.h"

#include <errno.h>
#include <string.h>

static size_t index_of(const char *name)
{
	size_t b = 0;

	while (strcmp(bench_table[b]->name, name))
		b++;
	return b;
}

static const char *text_of(const json_t *lines, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(lines, i), key));
}

/* After a remount that failed: what is selected of this benchmark and of those after it. */
static void what_cannot_be_mounted_again_is_void(void **state)
{
	char *words[] = {"mount.clean", "mount.replay.16", "fault.read.warm.pte"};
	struct stack_spec spec;
	const struct meter meter = {.kind = METER_INSN};
	struct sweep s = {.workload.benches = {.list = words, .n = 3}};
	struct bench_env env = {.cell = {&spec, "xfs", &meter}, .sink = &s.sink};
	char why[256];

	(void)state;
	assert_int_equal(stack_parse("striped:4", &spec, why, sizeof(why)), 0);
	s.sink.captured = json_array();
	assert_int_equal(sweep_void_rest(&s, &env, index_of("mount"), -EINVAL), 0);
	assert_int_equal(json_array_size(s.sink.captured), 2);
	assert_int_equal(s.done, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(text_of(s.sink.captured, i, "type"), "void");
		assert_string_equal(text_of(s.sink.captured, i, "why"),
				    "the filesystem could not be mounted again: Invalid argument");
	}
	assert_string_equal(text_of(s.sink.captured, 1, "id"),
			    "mount.replay.16{stack=striped:4,fs=xfs}");
	assert_int_equal(sweep_void_rest(&s, &env, 0, -EIO), 0);
	assert_int_equal(json_array_size(s.sink.captured), 5);
	json_decref(s.sink.captured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_mounted_again_is_void),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
