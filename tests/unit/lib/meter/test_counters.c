// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/counters.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { PAGES = 300, PAGE = 4096 };

static void scaled_by_what_ran(void **state)
{
	(void)state;
	assert_int_equal(counters_scale(1000, 50, 50), 1000);
	assert_int_equal(counters_scale(1000, 100, 25), 4000);
	assert_int_equal(counters_scale(0, 100, 25), 0);
	assert_int_equal(counters_scale(3, 1000, 999), 3);
	assert_int_equal(counters_scale(1000, 50, 0), -1); /* never 0 */
	assert_int_equal(counters_scale(0, 0, 0), -1);
}

static void what_is_missing_has_reason_and_cure(void **state)
{
	char why[192];
	const char *cure;

	(void)state;
	counters_missing(ENOENT, 2, 1, why, &cure);
	assert_non_null(strstr(why, "no such counter (a virtual machine"));
	assert_non_null(strstr(cure, "bare metal"));
	counters_missing(ENOENT, 2, 0, why, &cure);
	assert_string_equal(why, "this host has no such counter");
	counters_missing(EACCES, 3, 1, why, &cure);
	assert_string_equal(why, "not permitted (kernel.perf_event_paranoid is 3)");
	assert_non_null(strstr(cure, "kernel.perf_event_paranoid=1"));
	/* What sysctl would not help must not be advised. */
	counters_missing(EPERM, 1, 1, why, &cure);
	assert_null(strstr(cure, "sysctl"));
	assert_non_null(strstr(cure, "seccomp"));
	counters_missing(ENOSYS, -2, 0, why, &cure);
	assert_non_null(strstr(cure, "CONFIG_PERF_EVENTS"));
	counters_missing(EMFILE, 2, 0, why, &cure);
	assert_non_null(strstr(why, strerror(EMFILE)));
}

/* Of what a pass reported and counted; NULL: no line. */
static json_t *line_of(const char *reported, const char *counted)
{
	json_t *lines = json_loads(reported, 0, NULL), *line;

	assert_non_null(lines);
	line = counters_line(lines, counted ? json_loads(counted, 0, NULL) : NULL);
	json_decref(lines);
	return line;
}

static void assert_void(const char *reported, const char *counted, const char *part)
{
	json_t *line = line_of(reported, counted);
	const char *why = json_string_value(json_object_get(line, "void"));

	assert_non_null(why);
	if (!strstr(why, part))
		fail_msg("no '%s' in '%s'", part, why);
	assert_null(json_object_get(line, "counters"));
	json_decref(line);
}

#define RECORD(variant, faults)                                                              \
	"{\"type\":\"record\",\"id\":\"fault." variant "{stack=raw,fs=ext4}\","              \
	"\"bench\":\"fault\",\"variant\":\"" variant "\",\"stack\":\"raw\",\"fs\":\"ext4\"," \
	"\"proof\":{\"faults\":" #faults "}}"
#define COUNTED(operations, minor, major)                                                        \
	"{\"operations\":" #operations ",\"counters\":{\"minor-faults\":{\"value\":" #minor "}," \
	"\"major-faults\":{\"value\":" #major "},"                                               \
	"\"cycles:k\":{\"unavailable\":\"no PMU\",\"cure\":\"get one\"}}}"

static void a_counted_pass_is_held_against_its_proof(void **state)
{
	json_t *line = line_of("[" RECORD("read.cold.pte", 64) "]", COUNTED(64, 64, 0));
	const json_t *counters = json_object_get(line, "counters");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(line, "id")),
			    "fault.read.cold.pte{stack=raw,fs=ext4}");
	assert_string_equal(json_string_value(json_object_get(line, "type")), "counters");
	assert_string_equal(json_string_value(json_object_get(line, "variant")), "read.cold.pte");
	assert_int_equal(json_integer_value(json_object_get(line, "operations")), 64);
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(counters, "minor-faults"), "value")),
			 64);
	assert_null(json_object_get(line, "void"));
	json_decref(line);
	assert_void("[" RECORD("read.cold.pte", 64) "]", COUNTED(64, 65, 0),
		    "counted 65 page faults, but 64 are proven");
	assert_void("[" RECORD("read.cold.pte", 64) "]", COUNTED(64, 64, 1), "65 page faults");
	assert_void("[" RECORD("read.cold.pte", 64) "]", COUNTED(96, 96, 0),
		    "counted 96 accesses, but 64 are proven");
	assert_void("[" RECORD("read.cold.pte", 64) "]", COUNTED(0, 0, 0), "no counted pass");
}

static void what_cannot_be_counted_is_said(void **state)
{
	(void)state;
	assert_void("[" RECORD("read.cold.pmd", 20) "," RECORD("read.cold.fallback", 12) "]",
		    COUNTED(32, 32, 0), "both sizes");
	assert_void("[{\"type\":\"void\",\"id\":\"a.b{stack=raw,fs=xfs}\",\"bench\":\"a\","
		    "\"variant\":\"b\",\"stack\":\"raw\",\"fs\":\"xfs\",\"why\":\"not DAX\"}]",
		    COUNTED(32, 32, 0), "not DAX");
	/* What was skipped was said in the first sweep. */
	assert_null(line_of("[{\"type\":\"skip\",\"id\":\"a.b{}\",\"why\":\"none\"}]",
			    COUNTED(32, 32, 0)));
	assert_null(line_of("[]", COUNTED(32, 32, 0)));
	assert_null(line_of("[" RECORD("read.cold.pte", 64) "]", NULL));
}

/* Unwatched: the shadow of fresh pages is fresh, too. */
__attribute__((no_sanitize("address"))) static void touch_pages(volatile char *pages)
{
	for (size_t i = 0; i < PAGES; i++)
		pages[i * PAGE] = 1;
}

static void *touch_in_thread(void *pages)
{
	touch_pages(pages);
	return NULL;
}

static char *fresh_pages(void)
{
	char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	assert_true(pages != MAP_FAILED);
	madvise(pages, PAGES * PAGE, MADV_NOHUGEPAGE);
	return pages;
}

/* -1: this host does not let us, which has a reason. */
static int64_t faults_in(const struct counters *c, const char *event)
{
	json_t *counted = counters_json(c);
	const json_t *counter = json_object_get(json_object_get(counted, "counters"), event);
	const json_t *number = json_object_get(counter, "value");
	int64_t value = number ? json_integer_value(number) : -1;

	assert_true(number || json_is_string(json_object_get(counter, "unavailable")));
	json_decref(counted);
	return value;
}

/* The kernel's own count of page faults is known: one for each fresh page, none for a mapped one,
 * none outside of start and stop.  Sanitisers' shadow memory may fault now and then. */
static void page_faults_are_counted_exactly(void **state)
{
	struct counters *c = counters_open();
	char *pages = fresh_pages(), *others = fresh_pages();
	int64_t n;

	(void)state;
	if (!counters_libperf()) {
		assert_null(c);
		return;
	}
	assert_non_null(c);
	if (faults_in(c, "minor-faults") < 0)
		goto out;
	touch_pages(others);
	counters_begin(c);
	counters_start(c);
	touch_pages(pages);
	counters_stop(c, PAGES);
	madvise(others, PAGES * PAGE, MADV_DONTNEED);
	touch_pages(others); /* not counted */
	n = faults_in(c, "minor-faults");
	assert_int_equal(n, PAGES);
	counters_start(c);
	touch_pages(pages); /* mapped */
	counters_stop(c, PAGES);
	assert_int_equal(faults_in(c, "minor-faults"), n);
	counters_begin(c);
	assert_int_equal(faults_in(c, "minor-faults"), 0);
	counters_start(NULL);
	counters_stop(NULL, 1);
out:
	munmap(pages, PAGES * PAGE);
	munmap(others, PAGES * PAGE);
	counters_close(c);
	counters_close(NULL);
}

static void threads_that_begin_later_are_counted(void **state)
{
	struct counters *c = counters_open();
	char *pages = fresh_pages();
	pthread_t thread;

	(void)state;
	if (c && faults_in(c, "minor-faults") >= 0) {
		counters_begin(c);
		counters_start(c);
		assert_int_equal(pthread_create(&thread, NULL, touch_in_thread, pages), 0);
		pthread_join(thread, NULL);
		counters_stop(c, PAGES);
		/* The thread's own stack, and the sanitisers' books of it. */
		assert_in_range(faults_in(c, "minor-faults"), PAGES, PAGES + 300);
	}
	munmap(pages, PAGES * PAGE);
	counters_close(c);
}

static void every_event_has_a_value_or_a_reason(void **state)
{
	struct counters *c = counters_open();
	json_t *counted = c ? counters_json(c) : NULL, *value;
	const char *name;
	size_t n = 0;

	(void)state;
	json_object_foreach(json_object_get(counted, "counters"), name, value) {
		const char *why = json_string_value(json_object_get(value, "unavailable"));
		const char *cure = json_string_value(json_object_get(value, "cure"));

		assert_true(json_is_integer(json_object_get(value, "value")) ||
			    (why && *why && cure && *cure));
		n++;
	}
	assert_int_equal(n, c ? 8 : 0);
	json_decref(counted);
	counters_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scaled_by_what_ran),
		cmocka_unit_test(what_is_missing_has_reason_and_cure),
		cmocka_unit_test(a_counted_pass_is_held_against_its_proof),
		cmocka_unit_test(what_cannot_be_counted_is_said),
		cmocka_unit_test(page_faults_are_counted_exactly),
		cmocka_unit_test(threads_that_begin_later_are_counted),
		cmocka_unit_test(every_event_has_a_value_or_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
