// SPDX-License-Identifier: GPL-2.0-only
/* Which bytes are in the worst legal image. */
#include "check/crash/worst_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGES = 4, FIRST = 1 << 20, SECOND = 8 << 20, EVENTS = 8 };

static struct worst_image w;
static struct durable_record *records;
static struct worst_event events[EVENTS];
static size_t n;

/* Pages 0, 1 of the device are at FIRST, 2, 3 at SECOND. */
static int begin(void **state)
{
	(void)state;
	n = 0;
	records = calloc(EVENTS, sizeof(*records));
	w = (struct worst_image){.bytes = PAGES * PAGE_BYTES, .n_pieces = 2};
	w.pages = calloc(PAGES + 1, sizeof(*w.pages));
	w.dirty = calloc(PAGES + 1, sizeof(*w.dirty));
	w.pieces = calloc(2, sizeof(*w.pieces));
	for (int i = 0; i < PAGES; i++)
		w.pages[i] = calloc(1, PAGE_BYTES);
	for (unsigned int i = 0; i < 2; i++) {
		w.pieces[i].address = i ? SECOND : FIRST;
		w.pieces[i].len = 2 * PAGE_BYTES;
		w.pieces[i].at = i * 2 * PAGE_BYTES;
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	worst_image_close(&w);
	free(records);
	return 0;
}

static void add(enum durable_kind kind, bool by_process, uint64_t address, uint32_t len, char c)
{
	records[n] = (struct durable_record){.address = address, .len_bytes = len, .kind = kind};
	memset(records[n].bytes, c, len);
	events[n] = (struct worst_event){n, &records[n], by_process};
	assert_int_equal(worst_image_add(&w, &events[n]), 0);
	n++;
}

static void fence(bool by_process)
{
	add(DURABLE_FENCE, by_process, 0, 0, 0);
}

static void test_fence(void **state)
{
	(void)state;
	add(DURABLE_WRITTEN_BACK, false, FIRST + 64, 64, 'a');
	assert_false(w.dirty[0]);
	fence(true); /* not of the kernel */
	assert_false(w.dirty[0]);
	fence(false);
	assert_true(w.dirty[0]);
	assert_int_equal(w.pages[0][63], 0);
	assert_int_equal(w.pages[0][64], 'a');
	assert_int_equal(w.pages[0][127], 'a');
	assert_int_equal(w.pages[0][128], 0);
	assert_false(w.dirty[1]);
}

static void test_process(void **state)
{
	(void)state;
	add(DURABLE_WRITTEN_BACK, true, SECOND, 64, 'p');
	add(DURABLE_COPIED, false, SECOND + 64, 8, 'k');
	fence(false);
	assert_int_equal(w.pages[2][0], 0);
	assert_int_equal(w.pages[2][64], 'k');
	fence(true);
	assert_int_equal(w.pages[2][0], 'p');
}

/* The last one before the fence is durable, the one after it is not. */
static void test_order(void **state)
{
	(void)state;
	add(DURABLE_COPIED, false, FIRST, PAGE_BYTES, '1');
	add(DURABLE_COPIED, false, FIRST + 10, 20, '2');
	fence(false);
	add(DURABLE_COPIED, false, FIRST, PAGE_BYTES, '3');
	assert_int_equal(w.pages[0][9], '1');
	assert_int_equal(w.pages[0][10], '2');
	assert_int_equal(w.pages[0][30], '1');
}

/* Over pages, over the end of a piece, and of other memory. */
static void test_places(void **state)
{
	(void)state;
	add(DURABLE_COPIED, false, FIRST + PAGE_BYTES - 100, 200, 'x');
	add(DURABLE_COPIED, false, SECOND - 100, 200, 'y');
	add(DURABLE_COPIED, false, SECOND + 2 * PAGE_BYTES - 1, 100, 'z');
	add(DURABLE_COPIED, false, FIRST + 2 * PAGE_BYTES, 100, 'o');
	fence(false);
	assert_int_equal(w.pages[0][PAGE_BYTES - 1], 'x');
	assert_int_equal(w.pages[1][99], 'x');
	assert_int_equal(w.pages[1][100], 0);
	assert_int_equal(w.pages[1][PAGE_BYTES - 1], 0);
	assert_int_equal(w.pages[2][0], 'y');
	assert_int_equal(w.pages[2][99], 'y');
	assert_int_equal(w.pages[2][100], 0);
	assert_int_equal(w.pages[3][PAGE_BYTES - 1], 'z');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fence, begin, end),
		cmocka_unit_test_setup_teardown(test_process, begin, end),
		cmocka_unit_test_setup_teardown(test_order, begin, end),
		cmocka_unit_test_setup_teardown(test_places, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
