// SPDX-License-Identifier: GPL-2.0-only
/* lib/trace/calls.c: stamps of nested calls, with tracing of a known price in them. */
#include "lib/trace/calls.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DAX TRACER_dax_direct_access
#define DM TRACER_dm_dax_direct_access
#define LINEAR TRACER_linear_dax_direct_access
#define PMEM TRACER_pmem_dax_direct_access

#define IN(function_, ticks_)                                          \
	{                                                              \
		.function = (function_), .ticks = (ticks_), .pages = 1 \
	}
#define OUT(function_, ticks_)                                          \
	{                                                               \
		.function = (function_), .ticks = (ticks_), .leaves = 1 \
	}

/* A kernel in which tracing puts 40 ticks between the stamps of a call and 60 outside of them. */
enum { INSIDE = 40, AROUND = 100, BEFORE = 25, AFTER = AROUND - INSIDE - BEFORE, STAMPS = 64 };

struct clock {
	uint64_t now;
	struct stamp stamps[STAMPS];
	size_t n;
};

static void enter(struct clock *c, enum tracer_function function)
{
	c->now += BEFORE;
	c->stamps[c->n++] = (struct stamp)IN(function, c->now);
	c->now += INSIDE / 2;
}

static void leave(struct clock *c, enum tracer_function function)
{
	c->now += INSIDE / 2;
	c->stamps[c->n++] = (struct stamp)OUT(function, c->now);
	c->now += AFTER;
}

static void test_costs_without_tracing(void **state)
{
	struct clock c = {.now = 1000};
	struct call calls[8];

	(void)state;
	for (int i = 0; i < 2; i++) {
		enter(&c, DAX);
		c.now += 7;
		enter(&c, DM);
		c.now += 50;
		enter(&c, LINEAR);
		c.now += 13;
		leave(&c, LINEAR);
		c.now += 11;
		enter(&c, PMEM);
		c.now += 3;
		leave(&c, PMEM);
		leave(&c, DM);
		c.now += 2;
		leave(&c, DAX);
	}
	assert_int_equal(calls_read(c.stamps, c.n, calls, 8), 8);
	calls_cost(calls, 8, INSIDE, AROUND);
	for (int i = 0; i < 8; i += 4) {
		assert_int_equal(calls[i].function, DAX);
		assert_int_equal(calls[i].inside, 3);
		assert_int_equal(calls[i].whole, 7 + 50 + 13 + 11 + 3 + 2);
		assert_int_equal(calls[i].self, 9);
		assert_int_equal(calls[i + 1].whole, 77);
		assert_int_equal(calls[i + 1].self, 61);
		assert_int_equal(calls[i + 2].self, 13);
		assert_int_equal(calls[i + 3].self, 3);
		assert_int_equal(calls[i + 3].depth, 2);
	}
}

/* The function that calls itself: each level is priced alone. */
static void test_recursion(void **state)
{
	struct clock c = {.now = 5};
	struct call calls[4];

	(void)state;
	for (int depth = 0; depth < 4; depth++) {
		enter(&c, DAX);
		c.now += 10;
	}
	for (int depth = 0; depth < 4; depth++)
		leave(&c, DAX);
	assert_int_equal(calls_read(c.stamps, c.n, calls, 4), 4);
	calls_cost(calls, 4, INSIDE, AROUND);
	for (unsigned int depth = 0; depth < 4; depth++) {
		assert_int_equal(calls[depth].depth, depth);
		assert_int_equal(calls[depth].self, 10);
		assert_int_equal(calls[depth].whole, 10 * (4 - depth));
	}
}

static void test_what_does_not_fit(void **state)
{
	static const struct stamp crossed[] = {IN(DAX, 1), IN(PMEM, 2), OUT(DAX, 3), OUT(PMEM, 4)};
	static const struct stamp cut[] = {IN(DAX, 1), IN(PMEM, 2), OUT(PMEM, 3)};
	static const struct stamp late[] = {OUT(PMEM, 3)};
	struct call calls[2];

	(void)state;
	assert_int_equal(calls_read(crossed, 4, calls, 2), -EBADMSG);
	assert_int_equal(calls_read(cut, 3, calls, 2), -EBADMSG);
	assert_int_equal(calls_read(late, 1, calls, 2), -EBADMSG);
	assert_int_equal(calls_read(crossed, 4, calls, 1), -E2BIG);
	assert_int_equal(calls_read(NULL, 0, calls, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_costs_without_tracing),
		cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
