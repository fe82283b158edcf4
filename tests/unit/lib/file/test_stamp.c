// SPDX-License-Identifier: GPL-2.0-only
/* Stamps: any byte that is not its own is found, and says whose it is. */
#include "lib/file/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LEN = 4096, FILE_ID = 7, GENERATION = 3 };
static const uint64_t OFFSET = UINT64_C(5) << 32;

static void fits_itself(void **state)
{
	unsigned char whole[LEN], part[LEN];

	(void)state;
	stamp_fill(whole, LEN, FILE_ID, OFFSET, GENERATION);
	assert_int_equal(stamp_check(whole, LEN, FILE_ID, OFFSET, GENERATION, NULL), LEN);
	assert_int_equal(stamp_check(whole, 0, FILE_ID, OFFSET, GENERATION, NULL), 0);
	/* Any piece, of any alignment, is the same piece of the whole. */
	for (size_t from = 0; from < 70; from++)
		for (size_t n = 0; n < 1100; n += 37) {
			memset(part, 0xee, sizeof(part));
			stamp_fill(part, n, FILE_ID, OFFSET + from, GENERATION);
			assert_memory_equal(part, whole + from, n);
			assert_int_equal(part[n], 0xee);
			assert_int_equal(
				stamp_check(part, n, FILE_ID, OFFSET + from, GENERATION, NULL), n);
		}
}

static void every_bit_counts(void **state)
{
	unsigned char bytes[LEN];

	(void)state;
	stamp_fill(bytes, LEN, FILE_ID, OFFSET, GENERATION);
	for (size_t i = 0; i < LEN; i++) {
		char found[160] = "";

		bytes[i] ^= (unsigned char)(1 << i % 8);
		assert_int_equal(stamp_check(bytes, LEN, FILE_ID, OFFSET, GENERATION, found), i);
		/* The rest of the sector still says whose it is. */
		if (i < 512)
			assert_string_equal(found,
					    "file 7, offset 21474836480, generation 3, damaged");
		bytes[i] ^= (unsigned char)(1 << i % 8);
	}
}

static void tells_whose_it_is(void **state)
{
	static const struct {
		uint32_t file_id, generation;
		uint64_t offset;
		const char *found;
	} table[] = {
		{8, 3, 8192, "file 8, offset 8704, generation 3"},
		{7, 4, 8192, "file 7, offset 8704, generation 4"},
		{7, 3, 0, "file 7, offset 512, generation 3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		unsigned char bytes[LEN];
		char found[160];

		stamp_fill(bytes, LEN, 7, 8192, 3);
		stamp_fill(bytes + 512, LEN - 512, table[i].file_id, table[i].offset + 512,
			   table[i].generation);
		assert_in_range(stamp_check(bytes, LEN, 7, 8192, 3, found), 512, 543);
		assert_string_equal(found, table[i].found);
	}
}

static void tells_what_is_no_stamp(void **state)
{
	unsigned char bytes[LEN];
	char found[160];

	(void)state;
	stamp_fill(bytes, LEN, 7, 0, 3);
	memset(bytes + 1024, 0, 512);
	assert_in_range(stamp_check(bytes, LEN, 7, 0, 3, found), 1024, 1055);
	assert_string_equal(found, "zeroes");
	memset(bytes + 1024, 0x5a, 512);
	assert_int_equal(stamp_check(bytes, LEN, 7, 0, 3, found), 1024);
	assert_string_equal(found, "no stamp");
	/* Moved by a page, the bytes are those of another offset. */
	stamp_fill(bytes, LEN, 7, 4096, 3);
	assert_in_range(stamp_check(bytes, LEN, 7, 0, 3, found), 0, 31);
	assert_string_equal(found, "file 7, offset 4096, generation 3");
	/* A piece that begins and ends within a sector. */
	stamp_fill(bytes, 100, 7, 4096 + 100, 3);
	assert_in_range(stamp_check(bytes, 100, 7, 100, 3, found), 0, 31);
	assert_string_equal(found, "file 7, offset 4096, generation 3");
	memset(bytes, 0, 100);
	assert_in_range(stamp_check(bytes, 100, 7, 100, 3, found), 0, 31);
	assert_string_equal(found, "zeroes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_itself),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(tells_whose_it_is),
		cmocka_unit_test(tells_what_is_no_stamp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
