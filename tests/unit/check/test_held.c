// SPDX-License-Identifier: GPL-2.0-only
/* References of modules, in a directory like /sys/module. */
#include "check/held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/test_dir.h"

static void make_module(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", test_dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void references_that_are_new_are_found(void **state)
{
	struct held before;
	char why[200];

	(void)state;
	make_module("ext4");
	put_file(test_dir, "ext4/refcnt", "1\n");
	make_module("dm_mod");
	put_file(test_dir, "dm_mod/refcnt", "3\n");
	make_module("dm_mod/holders");
	held_read(test_dir, &before);
	assert_int_equal(held_compare(test_dir, &before, 0, why, sizeof(why)), 0);

	/* A module that depends on it is no reference that is lost; fewer are none, either. */
	make_module("dm_mod/holders/dm_thin_pool");
	put_file(test_dir, "dm_mod/refcnt", "4\n");
	put_file(test_dir, "ext4/refcnt", "0\n");
	make_module("dm_thin_pool");
	put_file(test_dir, "dm_thin_pool/refcnt", "0\n");
	assert_int_equal(held_compare(test_dir, &before, 0, why, sizeof(why)), 0);

	put_file(test_dir, "dm_thin_pool/refcnt", "1\n");
	assert_int_equal(held_compare(test_dir, &before, 0, why, sizeof(why)), 1);
	assert_string_equal(why, "module dm_thin_pool has 1 references after the check, 0 before "
				 "it: something is still held");
	put_file(test_dir, "ext4/refcnt", "2\n");
	assert_int_equal(held_compare(test_dir, &before, 0, why, sizeof(why)), 1);
	assert_non_null(strstr(why, "module ext4 has 2 references after the check, 1 before"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(references_that_are_new_are_found)};

	return cmocka_run_group_tests(tests, test_dir_make, test_dir_remove);
}
