// SPDX-License-Identifier: GPL-2.0-only
/* What a slot makes of the lines of its guest, which is not there: no QEMU is started. */
#include "cli/guests/vm_slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/test_dir.h"

static const struct check_item item = {.name = "item", .promise = "p", .by = "b", .limit_s = 7};
static const struct check_family family = {.name = "family", .items = &item};

static struct check_case one_case;
static struct suite suite;
static struct vm_slot slot;
static bool done, again;

static int set_up(void **state)
{
	static size_t n;
	char results[100];

	(void)state;
	one_case = (struct check_case){.family = &family, .item = &item, .id = "family.item"};
	done = again = false;
	suite = (struct suite){.plan = {.machine = &vm_checks, .quiet = true, .arg = &slot},
			       .cases = &one_case,
			       .n_cases = 1,
			       .done = &done,
			       .again = &again,
			       .verdicts = verdicts_new(NULL, NULL, NULL, "6.1", 1)};
	assert_non_null(suite.verdicts);
	snprintf(results, sizeof(results), "%s/%zu", test_dir, n++);
	assert_int_equal(results_create(&suite.results, results, 1, "package", json_object()), 0);
	vm_slot_init(&slot, &suite, 0);
	slot.busy = true;
	assert_int_equal(queue_fill(&suite.queue, &one_case, 1, 1), 0);
	assert_true(queue_take(&suite.queue, &slot.batch));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	queue_free(&suite.queue);
	results_close(&suite.results, 0);
	verdicts_finish(suite.verdicts, NULL);
	return 0;
}

static void take(const char *text)
{
	json_t *line = json_loads(text, 0, NULL);
	const char *type = json_string_value(json_object_get(line, "type"));

	assert_non_null(type);
	assert_int_equal(vm_slot_take(&slot.guest, type, line, text), 0);
	json_decref(line);
}

/* The guest runs its case with this result, and ends. */
static void result(const char *verdict)
{
	char text[200];

	take("{\"type\":\"begin\",\"id\":\"family.item\",\"limit_s\":1000000}");
	snprintf(text, sizeof(text),
		 "{\"type\":\"check\",\"id\":\"family.item\",\"verdict\":\"%s\",\"why\":\"x\","
		 "\"starved\":true,\"evidence\":[]}",
		 verdict);
	take(text);
	slot.guest.state = GUEST_DONE;
	assert_int_equal(vm_slot_look(&slot), 0);
}

static void the_limit_is_that_of_the_check(void **state)
{
	(void)state;
	take("{\"type\":\"begin\",\"id\":\"family.item\",\"limit_s\":1000000}");
	assert_int_equal(slot.guest.stall_s, 2 * 7 + 30);
	vm_slot_end(&slot);
}

static void what_a_slow_host_broke_is_run_again(void **state)
{
	(void)state;
	result("broken");
	assert_true(again);
	assert_false(done);
}

static void a_failure_is_not(void **state)
{
	(void)state;
	result("fail");
	assert_false(again);
	assert_true(done);
	assert_int_equal(suite.n_failed, 1);
}

/* The guest breaks during its case; the verdict must have these texts. */
static void breaks(enum guest_cause by, const char *why, const char *verdict, const char *reason)
{
	const char *line;

	take("{\"type\":\"context\"}");
	take("{\"type\":\"begin\",\"id\":\"family.item\",\"limit_s\":1000000}");
	slot.guest.state = GUEST_BROKEN;
	slot.guest.cause = by;
	snprintf(slot.guest.why, sizeof(slot.guest.why), "%s", why);
	assert_int_equal(vm_slot_look(&slot), 0);
	line = json_string_value(json_array_get(json_array_get(suite.results.lines, 0), 0));
	assert_non_null(line);
	assert_non_null(strstr(line, verdict));
	assert_non_null(strstr(line, reason));
}

/* A kernel that filled its console did not hang, and it is still the kernel's failure. */
static void a_full_console_is_no_hang(void **state)
{
	(void)state;
	breaks(GUEST_CAUSE_CONSOLE_FULL, "the kernel wrote more than 64 MiB to its console",
	       "\"verdict\":\"fail\"",
	       "\"why\":\"the kernel wrote more than 64 MiB to its console\"");
	assert_int_equal(suite.n_failed, 1);
}

static void a_hang_is_a_hang(void **state)
{
	(void)state;
	breaks(GUEST_CAUSE_HUNG, "it sent nothing for 44 s", "\"verdict\":\"fail\"",
	       "\"why\":\"the kernel hung: it sent nothing for 44 s\"");
}

static void a_crash_of_the_emulator_is_broken(void **state)
{
	(void)state;
	breaks(GUEST_CAUSE_EMULATOR, "QEMU died of signal 11", "\"verdict\":\"broken\"",
	       "\"why\":\"the emulator died: QEMU died of signal 11\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_limit_is_that_of_the_check, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_slow_host_broke_is_run_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_failure_is_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_console_is_no_hang, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hang_is_a_hang, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_crash_of_the_emulator_is_broken, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, test_dir_make, test_dir_remove);
}
