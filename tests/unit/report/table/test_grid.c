// SPDX-License-Identifier: GPL-2.0-only
/* report/table/grid.c: tables of texts. */
#include "report/table/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void fill(struct grid *g)
{
	grid_init(g, 1);
	grid_column(g, "", true);
	grid_column(g, "base", false);
	grid_column(g, "new", false);
	grid_column(g, "verdict", true);
	grid_across(g, "a|b: %d rows", 2);
	grid_line(g);
	grid_cell(g, 0, "  read");
	grid_cell(g, 1, "%d", 4223);
	grid_cell(g, 2, "10,000");
	grid_cell(g, 3, "~");
	grid_line(g);
	grid_cell(g, 0, "  w");
	grid_cell(g, 3, "new");
	grid_cell(g, 9, "no such column");
}

static char *text_of(const struct grid *g, int width)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (width)
		grid_print(g, out, width);
	else
		grid_markdown(g, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_print(void **state)
{
	struct grid g;
	char *wide, *narrow;

	(void)state;
	fill(&g);
	wide = text_of(&g, 80);
	assert_string_equal(wide, "        base     new  verdict\n"
				  "a|b: 2 rows\n"
				  "  read  4223  10,000  ~\n"
				  "  w                   new\n");
	/* Split: each group has the keys. */
	narrow = text_of(&g, 20);
	assert_string_equal(narrow, "        base     new\n"
				    "a|b: 2 rows\n"
				    "  read  4223  10,000\n"
				    "  w\n"
				    "\n"
				    "        verdict\n"
				    "a|b: 2 rows\n"
				    "  read  ~\n"
				    "  w     new\n");
	free(wide);
	free(narrow);
	grid_free(&g);
}

/* Narrower than any column: one at a time, nothing is lost. */
static void test_too_narrow(void **state)
{
	struct grid g;
	char *text;

	(void)state;
	fill(&g);
	text = text_of(&g, 1);
	assert_non_null(strstr(text, "4223"));
	assert_non_null(strstr(text, "10,000"));
	assert_non_null(strstr(text, "verdict"));
	free(text);
	grid_free(&g);
}

static void test_markdown(void **state)
{
	struct grid g;
	char *text;

	(void)state;
	fill(&g);
	text = text_of(&g, 0);
	assert_string_equal(text, "a\\|b: 2 rows\n"
				  "\n"
				  "|  | base | new | verdict |\n"
				  "|---|---:|---:|---|\n"
				  "| read | 4223 | 10,000 | \\~ |\n"
				  "| w |  |  | new |\n");
	free(text);
	grid_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_too_narrow),
		cmocka_unit_test(test_markdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
