/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory of the test program, made and removed by its group set-up and teardown, and files. */
#ifndef DAXDM_TEST_DIR_H
#define DAXDM_TEST_DIR_H

#include "lib/file/fs.h"

#include <stdio.h>
#include <stdlib.h>

static char test_dir[] = "/tmp/daxdm-test-XXXXXX";

static inline int test_dir_make(void **state)
{
	(void)state;
	return mkdtemp(test_dir) ? 0 : -1;
}

static inline int test_dir_remove(void **state)
{
	(void)state;
	fs_remove_tree(test_dir);
	return 0;
}

static inline void put_file(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

#endif
