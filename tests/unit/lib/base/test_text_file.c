// SPDX-License-Identifier: GPL-2.0-only
/* Text files of people: their lines, and what is no text file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/text_file.h"
#include "tests/unit/stderr_capture.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct lines {
	unsigned int n;
	char last[8];
	size_t len; /* of the last */
};

static int take(void *arg, const char *path, unsigned int line, char *text)
{
	struct lines *lines = arg;

	(void)path;
	assert_int_equal(line, ++lines->n);
	lines->len = strlen(text);
	snprintf(lines->last, sizeof(lines->last), "%.7s", text);
	return strcmp(text, "stop") ? 0 : -ECANCELED;
}

static int read_bytes(const char *bytes, size_t len, struct lines *lines,
		      struct stderr_capture *capture)
{
	char path[] = "/tmp/daxdm-text-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	*lines = (struct lines){0};
	stderr_capture_begin(capture);
	rc = text_file_read(path, "thing", take, lines);
	stderr_capture_end(capture);
	unlink(path);
	return rc;
}

#define READ(bytes, lines, capture) read_bytes(bytes, sizeof(bytes) - 1, lines, capture)

static void lines_end_as_they_like(void **state)
{
	struct lines lines;
	struct stderr_capture capture;

	(void)state;
	assert_int_equal(READ("", &lines, &capture), 0);
	assert_int_equal(lines.n, 0);
	assert_int_equal(READ("a\n\nbc\n", &lines, &capture), 0);
	assert_int_equal(lines.n, 3);
	assert_string_equal(lines.last, "bc");
	assert_int_equal(READ("a\nbc", &lines, &capture), 0);
	assert_int_equal(lines.n, 2);
	assert_string_equal(lines.last, "bc");
	assert_int_equal(READ("a\tb\r\nbc\r\n", &lines, &capture), 0);
	assert_string_equal(lines.last, "bc");
	assert_int_equal(READ("a\nstop\nb\n", &lines, &capture), -ECANCELED);
	assert_int_equal(lines.n, 2);
	assert_string_equal(capture.text, "");
}

static void control_characters_are_refused_where_they_are(void **state)
{
	struct lines lines;
	struct stderr_capture capture;

	(void)state;
	assert_int_equal(READ("a\nb\0c\n", &lines, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":2:2: control character 0x00 (NUL)"));
	assert_int_equal(READ("a\rb\n", &lines, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":1:2: control character 0x0d"));
	assert_int_equal(READ("\033[2J\n", &lines, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":1:1: control character 0x1b"));
}

static void long_lines_and_files_are_refused(void **state)
{
	char *big = malloc(TEXT_FILE_BYTES_MAX + 1);
	struct lines lines;
	struct stderr_capture capture;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', TEXT_FILE_BYTES_MAX + 1);
	assert_int_equal(read_bytes(big, TEXT_LINE_CHARS_MAX, &lines, &capture), 0);
	assert_int_equal(lines.len, TEXT_LINE_CHARS_MAX);
	assert_int_equal(read_bytes(big, TEXT_LINE_CHARS_MAX + 1, &lines, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":1:4001: the line has 4001 characters"));
	assert_int_equal(read_bytes(big, TEXT_FILE_BYTES_MAX + 1, &lines, &capture), -EFBIG);
	assert_non_null(strstr(capture.text, "the limit is 1048576"));
	free(big);
}

static void what_is_no_regular_file_is_refused(void **state)
{
	char dir[] = "/tmp/daxdm-text-XXXXXX", pipe[64];
	struct {
		const char *path, *why;
		int rc;
	} bad[] = {
		{dir, "it is a directory", -EISDIR},
		{pipe, "it is a pipe", -EINVAL},
		{"/dev/zero", "it is a device", -EINVAL},
		{"/nonexistent/file", "No such file", -ENOENT},
		{"/etc/passwd/file", "Not a directory", -ENOTDIR},
	};
	struct lines lines = {0};
	struct stderr_capture capture;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(pipe, sizeof(pipe), "%s/pipe", dir);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		stderr_capture_begin(&capture);
		assert_int_equal(text_file_read(bad[i].path, "thing", take, &lines), bad[i].rc);
		stderr_capture_end(&capture);
		assert_non_null(strstr(capture.text, "daxdm: thing: cannot read "));
		assert_non_null(strstr(capture.text, bad[i].why));
	}
	assert_int_equal(lines.n, 0);
	unlink(pipe);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_as_they_like),
		cmocka_unit_test(control_characters_are_refused_where_they_are),
		cmocka_unit_test(long_lines_and_files_are_refused),
		cmocka_unit_test(what_is_no_regular_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
