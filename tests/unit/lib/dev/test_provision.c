// SPDX-License-Identifier: GPL-2.0-only
/* Plans of namespaces as text. */
#include "lib/dev/provision.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void reads_parts_in_order(void **state)
{
	struct provision_plan plan;

	(void)state;
	assert_int_equal(provision_parse("fsdax:640M raw:67108864  sector:1G", &plan), 0);
	assert_int_equal(plan.n, 3);
	assert_int_equal(plan.parts[0].mode, NAMESPACE_FSDAX);
	assert_int_equal(plan.parts[0].bytes, 640 << 20);
	assert_int_equal(plan.parts[1].mode, NAMESPACE_RAW);
	assert_int_equal(plan.parts[1].bytes, 64 << 20);
	assert_int_equal(plan.parts[2].mode, NAMESPACE_SECTOR);
	assert_int_equal(plan.parts[2].bytes, 1 << 30);
}

static void no_size_is_the_rest(void **state)
{
	struct provision_plan plan;

	(void)state;
	assert_int_equal(provision_parse("fsdax", &plan), 0);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.parts[0].bytes, 0);
}

static void refuses_what_it_cannot_read(void **state)
{
	static const char *const wrong[] = {
		"",	      " ",	    "virtio",
		"fsdax:",     "fsdax:0",    "fsdax:-1",
		"fsdax:64K",  "fsdax:64M,", "fsdax:99999999999G",
		"fsdaxx:64M", ":64M",	    "raw raw raw raw raw raw raw raw raw",
	};
	struct provision_plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(provision_parse(wrong[i], &plan), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_parts_in_order),
		cmocka_unit_test(no_size_is_the_rest),
		cmocka_unit_test(refuses_what_it_cannot_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
