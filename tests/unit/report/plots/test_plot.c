// SPDX-License-Identifier: GPL-2.0-only
/* report/plots/plotdata.c and cli/draw.c: labels side by side, words as data, what gnuplot may
 * execute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/draw.h"
#include "report/plots/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void settings_are_numbers(void **state)
{
	static const char *const good[] = {
		"",	 "n = 1",	"n = -1.5",    "n_2 = 1e+06",	"n[12] = 3",
		"n = 0", "array n[10]", "n = 1.5e-07", "x = 123456789",
	};
	static const char *const bad[] = {
		"n = '1'",  "n = \"1\"", "n = 1;",    "n = 1 ",	      " n = 1",	  "n=1",
		"n = ",	    "n = inf",	 "n = nan",   "n = -",	      "n = 1e",	  "n[] = 1",
		"n[m] = 1", "n[1 = 1",	 "array n",   "array n[10]=", "!touch X", "`touch X`",
		"n = n",    "N = 1",	 "n = 1 # x", "# x",	      "n = 1\\",  "load 'x'",
		"n = 0x10", "1 = 1",	 "n = 1\r",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!draw_line_is_numeric(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (draw_line_is_numeric(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

static void words_are_one_column(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	plot_put_text(out, "a\tb\nc\"d\\e\x1b[0m\x7f `f` 100% \xc3\xa9");
	fclose(out);
	assert_string_equal(text, "a b c\\042d\\134e [0m  `f` 100% \xc3\xa9");
	free(text);
}

/* Two labels at the bottom of the axis, or at its top: both are seen. */
static void labels_stay_on_the_axis(void **state)
{
	struct plot_label low[] = {{.y = 1.03}, {.y = 1.02}, {.y = 1.9}};
	struct plot_label high[] = {{.y = 1.99}, {.y = 2}, {.y = 1.98}};
	struct plot_label free_ones[] = {{.y = 1.5}, {.y = 1.52}};

	(void)state;
	plot_spread(low, COUNT(low), 0.1, 1, 2);
	assert_float_equal(low[1].y, 1, 1e-6);
	assert_float_equal(low[0].y, 1.1, 1e-6);
	assert_float_equal(low[2].y, 1.9, 1e-6);
	plot_spread(high, COUNT(high), 0.1, 1, 2);
	assert_float_equal(high[1].y, 2, 1e-6);
	assert_float_equal(high[0].y, 1.9, 1e-6);
	assert_float_equal(high[2].y, 1.8, 1e-6);
	plot_spread(free_ones, COUNT(free_ones), 0.1, 1, 2);
	assert_float_equal(free_ones[0].y, 1.46, 1e-6);
	assert_float_equal(free_ones[1].y, 1.56, 1e-6);
	plot_spread(NULL, 0, 0.1, 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_numbers),
		cmocka_unit_test(words_are_one_column),
		cmocka_unit_test(labels_stay_on_the_axis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
