// SPDX-License-Identifier: GPL-2.0-only
/* Files by their content: runs, kernels, and what is often given in their place. */
#include "cli/driver/user_file.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/test_dir.h"

static enum user_file of(const char *bytes, size_t n)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/file", test_dir);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
	return user_file_of(path);
}

static void test_text(void **state)
{
	static const struct {
		const char *text;
		enum user_file what;
	} cases[] = {
		{"{\"type\":\"context\",\"schema\":1}\n{\"type\":\"end\"}\n", USER_FILE_RUN},
		{"{\"type\":\"record\"}\n", USER_FILE_JSON},
		{"{\n  \"fio version\" : \"fio-3.33\",\n  \"jobs\" : []\n}\n", USER_FILE_FIO},
		{"{\"type\":\"context\"", USER_FILE_JSON}, /* cut short */
		{"#\n# Linux/x86 6.1.0 Kernel Configuration\n#\n", USER_FILE_CONFIG},
		{"CONFIG_64BIT=y\n", USER_FILE_CONFIG},
		{"base head\n--- ---\n 1 ± 2%\n", USER_FILE_TEXT},
		{"!<arch>\ndebian-binary   1", USER_FILE_PACKAGE},
		{"", USER_FILE_EMPTY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(of(cases[i].text, strlen(cases[i].text)), cases[i].what);
}

static void test_binary(void **state)
{
	char bytes[1024] = {0};
	Elf64_Ehdr header = {.e_ident = ELFMAG, .e_type = ET_EXEC};

	(void)state;
	assert_int_equal(of(bytes, sizeof(bytes)), USER_FILE_BINARY);
	memcpy(bytes + 0x202, "HdrS", 4);
	assert_int_equal(of(bytes, sizeof(bytes)), USER_FILE_KERNEL);
	assert_int_equal(of(bytes, 0x204), USER_FILE_BINARY);
	assert_int_equal(of((char *)&header, sizeof(header)), USER_FILE_KERNEL);
	header.e_type = ET_REL;
	assert_int_equal(of((char *)&header, sizeof(header)), USER_FILE_OBJECT);
	assert_int_equal(of(ELFMAG "\2", 5), USER_FILE_BINARY);
}

static void test_directories(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/directory", test_dir);
	assert_int_equal(user_file_of(path), USER_FILE_MISSING);
	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(user_file_of(path), USER_FILE_EMPTY_DIRECTORY);
	put_file(path, "x", "");
	assert_int_equal(user_file_of(path), USER_FILE_DIRECTORY);
	assert_int_equal(user_file_of("/dev/null"), USER_FILE_UNREADABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_directories),
	};

	return cmocka_run_group_tests(tests, test_dir_make, test_dir_remove);
}
