// SPDX-License-Identifier: GPL-2.0-only
/* lib/base/text.c: what a guest or a file chose never commands a terminal and never breaks a line.
 */
#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *text, *escaped;
} texts[] = {
	{"", ""},
	{"6.1.0-56-amd64", "6.1.0-56-amd64"},
	{"4 \xc2\xb5s \xe2\x86\x92 \xf0\x9f\x98\x80", "4 \xc2\xb5s \xe2\x86\x92 \xf0\x9f\x98\x80"},
	{"a\nb\tc\r", "a\\x0ab\\x09c\\x0d"},
	{"\x1b]0;title\x07\x7f", "\\x1b]0;title\\x07\\x7f"},
	{"\xc2\x9b"
	 "2J",
	 "\\x9b2J"}, /* C1 in UTF-8 */
	{"\x9b"
	 "2J",
	 "\\x9b2J"},		    /* and as one byte */
	{"\xc0\x9b", "\\xc0\\x9b"}, /* ESC in a form too long */
	{"\xe0\x80\x9b", "\\xe0\\x80\\x9b"},
	{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
	{"\xff\xfe", "\\xff\\xfe"},
	{"cut \xe2\x86", "cut \\xe2\\x86"},
	{"\xc2\xa0", "\xc2\xa0"}, /* the first after C1 */
};

static void test_escape(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char buf[64], *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_string_equal(text_escape(texts[i].text, buf, sizeof(buf)), texts[i].escaped);
		assert_int_equal(!text_unprintable(texts[i].text),
				 !strcmp(texts[i].text, texts[i].escaped));
		assert_null(text_unprintable(buf));
		text_put(texts[i].text, out);
		fclose(out);
		assert_string_equal(text, texts[i].escaped);
		free(text);
	}
}

static void test_unprintable_is_the_first(void **state)
{
	const char *text = "6.1\x1b[2J\x1b[H";

	(void)state;
	assert_ptr_equal(text_unprintable(text), text + 3);
}

/* A buffer too small loses whole characters and whole escapes. */
static void test_escape_is_never_cut(void **state)
{
	char buf[8];

	(void)state;
	assert_string_equal(text_escape("abcde\xc2\xb5\xc2\xb5", buf, sizeof(buf)),
			    "abcde\xc2\xb5");
	assert_string_equal(text_escape("abcdef\xc2\xb5", buf, sizeof(buf)), "abcdef");
	assert_string_equal(text_escape("abcde\x1b", buf, sizeof(buf)), "abcde");
	assert_string_equal(text_escape("\x1b", buf, 5), "\\x1b");
	assert_string_equal(text_escape("abc", buf, 1), "");
}

static void test_console(void **state)
{
	static const char bytes[] = "a\r\n\tb\x1b[31m\x9b\xc2\x9b\0~";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	text_put_console(bytes, sizeof(bytes) - 1, out);
	fclose(out);
	assert_string_equal(text, "a\n\tb\\x1b[31m\\x9b\\xc2\\x9b\\x00~");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_unprintable_is_the_first),
		cmocka_unit_test(test_escape_is_never_cut),
		cmocka_unit_test(test_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
