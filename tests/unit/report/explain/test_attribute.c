// SPDX-License-Identifier: GPL-2.0-only
/* Instructions by function and by caller: hand-made kernels with known answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/explain/attribute.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define K "ffffffff81000"

/* entry at 000, work at 100, leaf at 200, a thunk at 300; in the module helper at a0000000. */
static const char old_symbols[] =
	"{\"type\":\"symbols\",\"module\":\"\",\"from\":\"" K "000\",\"list\":\"0 T entry 100 t "
	"work.isra.0 100 T leaf 100 T __x86_indirect_thunk_rax\"}\n"
	"{\"type\":\"symbols\",\"module\":\"mod\",\"from\":\"ffffffffa0000000\",\"list\":\"0 t "
	"helper\"}\n";

/* leaf is gone, helper has moved into the kernel, fresh is new; everything lies elsewhere. */
static const char new_symbols[] =
	"{\"type\":\"symbols\",\"module\":\"\",\"from\":\"" K "800\",\"list\":\"0 T entry 100 t "
	"work.constprop.3 100 T helper 100 T fresh\"}\n";

/* The program (3 instructions); entry calls work, work calls leaf twice, and by the thunk helper.
 */
static const char old_profile[] = "T 1 55a0 333\n"
				  "T 2 " K "000 45\n"		/* entry, calls work */
				  "T 3 " K "100 1225\n"		/* work, calls leaf */
				  "T 4 " K "200 31\n"		/* leaf, returns */
				  "T 5 ffffffffa0000000 4441\n" /* helper */
				  "T 6 " K "300 5\n"		/* the thunk, calls itself on */
				  "T 7 " K "0fc 44\n"		/* entry falls into work */
				  "N 1 0 " K "009\n"
				  "N 2 1 " K "10a\n"
				  "N 3 2 " K "305\n"
				  "P 1 21 0:1:1 0:2:1 1:3:1 2:4:2 2:6:1 3:5:1 1:7/1:1 1:7:1\n"
				  "S 1\n"
				  "P 2 7 0:1:1 0:2:2\n"
				  "S 2\n";

/* entry, work with one instruction more, helper with one less, fresh. */
static const char new_profile[] = "T 1 66a0 333\n"
				  "T 2 " K "800 45\n"
				  "T 3 " K "900 12225\n"
				  "T 4 " K "a00 441\n"
				  "T 5 " K "b00 11\n"
				  "N 1 0 " K "809\n"
				  "N 2 1 " K "90c\n"
				  "P 1 17 0:1:1 0:2:1 1:3:1 2:4:1 2:5:2\n"
				  "S 1\n";

struct world {
	struct profile profile[N_SIDES];
	struct symtab tab[N_SIDES];
	struct attribution by;
};

static char *file_of(const char *text)
{
	static char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/daxdm-attribute-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static void read_side(struct world *w, enum side side, const char *symbols, const char *profile)
{
	char why[256] = "", *path = file_of(symbols);

	if (symtab_read(path, &w->tab[side], why, sizeof(why)) < 0)
		fail_msg("%s", why);
	unlink(path);
	path = file_of(profile);
	if (profile_read(path, &w->profile[side], why, sizeof(why)) < 0)
		fail_msg("%s", why);
	unlink(path);
	assert_int_equal(attribution_add(&w->by, side, &w->profile[side],
					 &w->profile[side].paths[1], &w->tab[side]),
			 0);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	read_side(w, BASE, old_symbols, old_profile);
	assert_int_equal(attribution_add_all(&w->by, BASE, &w->profile[BASE],
					     &w->profile[BASE].paths[2], 10, &w->tab[BASE]),
			 0);
	read_side(w, NEW, new_symbols, new_profile);
	attribution_sum(&w->by);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < N_SIDES; i++) {
		profile_free(&w->profile[i]);
		symtab_free(&w->tab[i]);
	}
	attribution_free(&w->by);
	free(w);
	return 0;
}

static const struct function *named(const struct world *w, const char *name)
{
	const struct function *found = NULL;

	for (size_t i = 0; i < w->by.n_functions; i++) {
		if (strcmp(w->by.functions[i].name, name))
			continue;
		assert_null(found); /* each once */
		found = &w->by.functions[i];
	}
	if (!found)
		fail_msg("no function %s", name);
	return found;
}

static void expect(const struct world *w, const char *name, int64_t base, int64_t new)
{
	const struct function *f = named(w, name);

	if (f->insns[BASE] != base || f->insns[NEW] != new)
		fail_msg("%s: %d and %d", name, (int)f->insns[BASE], (int)f->insns[NEW]);
}

static void every_instruction_is_in_one_function(void **state)
{
	struct world *w = *state;

	expect(w, "entry", 2 + 1 + 1, 2); /* the block that falls into work, too, and its part */
	expect(w, "work", 4 + 1, 5);
	expect(w, "leaf", 4, 0);
	expect(w, "helper", 4, 3);
	expect(w, "fresh", 0, 4);
	expect(w, "__x86_indirect_thunk_rax", 1, 0);
	assert_int_equal(w->by.program[BASE], 3);
	assert_int_equal(w->by.program[NEW], 3);
	assert_int_equal(attribution_total(&w->by, BASE), 21 - 3);
	assert_int_equal(attribution_total(&w->by, NEW), 17 - 3);
}

static void a_function_that_moved_to_another_module_is_the_same(void **state)
{
	const struct function *f = named(*state, "helper");

	assert_string_equal(f->module[BASE], "mod");
	assert_string_equal(f->module[NEW], "vmlinux");
	assert_string_equal(function_module(f), "vmlinux");
}

static void what_one_side_lacks_has_no_module_there(void **state)
{
	assert_null(named(*state, "leaf")->module[NEW]);
	assert_null(named(*state, "fresh")->module[BASE]);
}

static void begins_are_counted(void **state)
{
	assert_int_equal(named(*state, "leaf")->calls[BASE], 2);
	assert_int_equal(named(*state, "fresh")->calls[NEW], 2);
	/* Once called, once fallen into. */
	assert_int_equal(named(*state, "work")->calls[BASE], 2);
}

static void what_changed_most_comes_first(void **state)
{
	const struct world *w = *state;

	assert_string_equal(w->by.functions[0].name, "fresh"); /* 4, and more than leaf on NEW */
	assert_string_equal(w->by.functions[1].name, "leaf");
	for (size_t i = 1; i < w->by.n_functions; i++)
		assert_true(llabs(function_change(&w->by.functions[i - 1])) >=
			    llabs(function_change(&w->by.functions[i])));
}

/* "entry;work;helper" */
static void path_of(const struct attribution *a, size_t frame, char *text)
{
	const struct frame *f = &a->frames[frame];

	if (f->parent) {
		path_of(a, f->parent, text);
		strcat(text, ";");
	}
	strcat(text, a->functions[f->function].name);
}

static const struct frame *frame_at(const struct world *w, const char *path)
{
	for (size_t i = 1; i < w->by.n_frames; i++) {
		char text[256] = "";

		path_of(&w->by, i, text);
		if (!strcmp(text, path))
			return &w->by.frames[i];
	}
	fail_msg("no frame %s", path);
	return NULL;
}

static void thunks_are_no_callers(void **state)
{
	assert_int_equal(frame_at(*state, "entry;work;helper")->insns[BASE], 4);
	assert_int_equal(frame_at(*state, "entry;work;__x86_indirect_thunk_rax")->insns[BASE], 1);
}

static void totals_hold_all_that_is_called(void **state)
{
	const struct world *w = *state;

	assert_int_equal(w->by.frames[0].total[BASE], 18);
	assert_int_equal(w->by.frames[0].total[NEW], 14);
	assert_int_equal(frame_at(w, "entry")->total[NEW], 14);
	assert_int_equal(frame_at(w, "entry;work")->total[NEW], 12);
	assert_int_equal(frame_at(w, "entry;work;leaf")->total[BASE], 4);
}

/* fresh, which only NEW has, calls work as entry does on BASE. */
static void what_both_have_hangs_from_what_both_have(void **state)
{
	static const char symbols[] = "{\"type\":\"symbols\",\"module\":\"\",\"from\":\"" K
				      "000\",\"list\":\"0 T entry 100 T fresh 100 T work\"}\n";
	static const char base[] =
		"T 1 " K "000 45\nT 2 " K "200 11\nN 1 0 " K "009\nP 1 4 0:1:1 1:2:1\nS 1\n";
	static const char new[] = "T 1 " K "000 45\nT 2 " K "100 45\nT 3 " K "200 111\nN 1 0 " K
				  "009\nN 2 1 " K "109\nP 1 7 0:1:1 1:2:1 2:3:1\nS 1\n";
	struct world w = {0};
	struct world *p = &w;
	struct attribution aligned;

	(void)state;
	read_side(&w, BASE, symbols, base);
	read_side(&w, NEW, symbols, new);
	attribution_sum(&w.by);
	assert_int_equal(frame_at(&w, "entry;fresh;work")->insns[NEW], 3);
	assert_int_equal(attribution_align(&w.by, &aligned), 0);
	attribution_free(&w.by);
	w.by = aligned;
	assert_int_equal(frame_at(&w, "entry;work")->insns[BASE], 2);
	assert_int_equal(frame_at(&w, "entry;work")->insns[NEW], 3);
	assert_int_equal(frame_at(&w, "entry;fresh")->total[NEW], 2);
	assert_int_equal(w.by.frames[0].total[NEW], 7);
	assert_int_equal(attribution_total(&w.by, NEW), 7);
	for (int i = 0; i < N_SIDES; i++) {
		profile_free(&p->profile[i]);
		symtab_free(&p->tab[i]);
	}
	attribution_free(&w.by);
}

static void all_samples_count_apart(void **state)
{
	const struct world *w = *state;

	assert_int_equal(named(w, "entry")->all_insns[BASE], 40);
	expect(w, "entry", 4, 2);
}

static void user_space_beyond_the_meter_is_a_function_of_its_own(void **state)
{
	static const int64_t overhead[N_SIDES] = {3, 1}, all[N_SIDES] = {30, 0};
	struct attribution a = {0};
	struct world *w = *state;

	for (int side = 0; side < N_SIDES; side++)
		assert_int_equal(attribution_add(&a, (enum side)side, &w->profile[side],
						 &w->profile[side].paths[1], &w->tab[side]),
				 0);
	a.all_program[BASE] = 30;
	assert_int_equal(attribution_add_program(&a, overhead, all), 0);
	attribution_sum(&a);
	assert_int_equal(attribution_total(&a, BASE), 21 - 3);
	assert_int_equal(attribution_total(&a, NEW), 17 - 1);
	assert_int_equal(a.frames[0].total[NEW], 17 - 1);
	attribution_free(&a);
}

static void the_meter_alone_is_none(void **state)
{
	static const int64_t overhead[N_SIDES] = {3, 3};
	struct world *w = *state;
	size_t n = w->by.n_functions;

	w->by.all_program[BASE] = 30;
	assert_int_equal(attribution_add_program(&w->by, overhead, (int64_t[]){30, 0}), 0);
	assert_int_equal(w->by.n_functions, n);
}

static void a_place_behind_all_functions_is_in_none(void **state)
{
	struct world *w = *state;

	assert_null(symtab_at(&w->tab[BASE], 0xffffffff80ffffff));
	assert_null(symtab_at(&w->tab[BASE], 0xffffffffa0100000));
	assert_string_equal(symtab_at(&w->tab[BASE], 0xffffffff810001ff)->name, "work");
	assert_string_equal(symtab_at(&w->tab[BASE], 0xffffffff81000200)->name, "leaf");
}

static void of_several_names_the_one_that_tells_most(void **state)
{
	static const char text[] = "{\"type\":\"symbols\",\"module\":\"\",\"from\":\"" K
				   "000\",\"list\":\"0 T _text 0 T "
				   "_stext 0 t local 0 T __global 0 T global\"}\n";
	struct symtab tab;
	char why[256], *path = file_of(text);

	(void)state;
	assert_int_equal(symtab_read(path, &tab, why, sizeof(why)), 0);
	unlink(path);
	assert_int_equal(tab.n, 1);
	assert_string_equal(tab.list[0].name, "global");
	symtab_free(&tab);
}

static void what_is_no_list_of_functions_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "no JSON\n", "{\"module\":\"\"}\n",
		"{\"module\":\"\",\"from\":\"0\",\"list\":\"0 T\"}\n",
		"{\"module\":\"\",\"from\":\"0\",\"list\":\"0x T name\"}\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct symtab tab;
		char why[256] = "", *path = file_of(bad[i]);

		if (symtab_read(path, &tab, why, sizeof(why)) != -EINVAL)
			fail_msg("taken for functions: %s", bad[i]);
		assert_non_null(strstr(why, "not a list of functions"));
		unlink(path);
		symtab_free(&tab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_instruction_is_in_one_function),
		cmocka_unit_test(a_function_that_moved_to_another_module_is_the_same),
		cmocka_unit_test(what_one_side_lacks_has_no_module_there),
		cmocka_unit_test(begins_are_counted),
		cmocka_unit_test(what_changed_most_comes_first),
		cmocka_unit_test(thunks_are_no_callers),
		cmocka_unit_test(totals_hold_all_that_is_called),
		cmocka_unit_test(what_both_have_hangs_from_what_both_have),
		cmocka_unit_test(all_samples_count_apart),
		cmocka_unit_test(user_space_beyond_the_meter_is_a_function_of_its_own),
		cmocka_unit_test(the_meter_alone_is_none),
		cmocka_unit_test(a_place_behind_all_functions_is_in_none),
		cmocka_unit_test(of_several_names_the_one_that_tells_most),
		cmocka_unit_test(what_is_no_list_of_functions_is_refused),
	};
	struct CMUnitTest each[sizeof(tests) / sizeof(tests[0])];

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		each[i] = tests[i];
		each[i].setup_func = set_up;
		each[i].teardown_func = tear_down;
	}
	return cmocka_run_group_tests(each, NULL, NULL);
}
