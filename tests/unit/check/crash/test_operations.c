// SPDX-License-Identifier: GPL-2.0-only
/* The operations of a writer, done to files of this host: what they must hold at each moment. */
#include "check/crash/operations.h"

#include "lib/file/fs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* O_DIRECT and MAP_SYNC need more than any filesystem has. */
#define WAYS (OPERATIONS_DURABLE_BIO & ~(1U << OPERATIONS_DIRECT))

enum { MANY = 200 };

static struct operations o;

static int begin(void **state)
{
	(void)state;
	o = (struct operations){.seed = 7, .ways = WAYS};
	strcpy(o.directory, "/tmp/daxdm-operations-XXXXXX");
	return !mkdtemp(o.directory) || operations_make_files(&o) || operations_open(&o);
}

static int end(void **state)
{
	(void)state;
	operations_close(&o);
	fs_remove_tree(o.directory);
	return 0;
}

static void do_until(uint64_t n)
{
	for (uint64_t i = 1; i <= n; i++)
		assert_int_equal(operations_do(&o, i), 0);
}

static bool hold(uint64_t acked)
{
	struct check_env env = {.out = open("/dev/null", O_WRONLY | O_CLOEXEC)};
	bool good = operations_hold(&env, &o, acked, "now");

	assert_int_equal(good, !check_complained(&env));
	close(env.out);
	return good;
}

static void test_nth(void **state)
{
	unsigned int seen[OPERATIONS_WAYS] = {0}, other = 0;

	(void)state;
	for (uint64_t n = 1; n <= MANY; n++) {
		struct operation op = operations_nth(7, WAYS, n),
				 again = operations_nth(7, WAYS, n);

		assert_int_equal(op.way, again.way);
		assert_int_equal(op.slot, again.slot);
		assert_true(WAYS >> op.way & 1);
		assert_true(op.slot < OPERATIONS_SLOTS);
		seen[op.way]++;
		other += operations_nth(8, WAYS, n).way != op.way;
	}
	for (int way = 0; way < OPERATIONS_WAYS; way++)
		assert_int_equal(seen[way] > 0, WAYS >> way & 1);
	assert_true(other > MANY / 2);
}

/* The file holds what was acknowledged; the operation after that may be there or not. */
static void test_hold(void **state)
{
	(void)state;
	assert_true(hold(0));
	do_until(MANY);
	assert_true(hold(MANY));
	assert_true(hold(MANY - 1));
	assert_int_equal(operations_lost(&o, MANY), 0);
}

/* What was never acknowledged nor begun is there. */
static void test_too_much(void **state)
{
	(void)state;
	do_until(MANY);
	assert_false(hold(MANY - 2));
	assert_false(hold(0));
}

/* An acknowledged operation is not there. */
static void test_lost(void **state)
{
	(void)state;
	do_until(MANY - 1);
	assert_true(hold(MANY - 1));
	assert_false(hold(MANY));
	assert_int_equal(operations_lost(&o, MANY), 1);
}

/* A page that is torn: only of the operation that was under way. */
static void test_torn(void **state)
{
	struct operation op;
	uint64_t n = MANY;
	char path[320], old[64];
	int fd;

	(void)state;
	while (operations_nth(o.seed, o.ways, n).way != OPERATIONS_FSYNC)
		n++;
	op = operations_nth(o.seed, o.ways, n);
	do_until(n - 1);
	snprintf(path, sizeof(path), "%s/fsync", o.directory);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, old, sizeof(old), op.slot * PAGE_BYTES), sizeof(old));
	assert_int_equal(operations_do(&o, n), 0);
	assert_int_equal(pwrite(fd, old, sizeof(old), op.slot * PAGE_BYTES), sizeof(old));
	assert_true(hold(n - 1));
	assert_false(hold(n));
	assert_int_equal(pwrite(fd, "x", 1, op.slot * PAGE_BYTES + 100), 1);
	assert_false(hold(n - 1));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nth),
		cmocka_unit_test_setup_teardown(test_hold, begin, end),
		cmocka_unit_test_setup_teardown(test_too_much, begin, end),
		cmocka_unit_test_setup_teardown(test_lost, begin, end),
		cmocka_unit_test_setup_teardown(test_torn, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
