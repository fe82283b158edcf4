// SPDX-License-Identifier: GPL-2.0-only
/* What fio writes, good, cut short, and none at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/fiojob/fio_output.h"

#include <errno.h>
#include <string.h>

#define SUM(ios, min, max, mean)                                                                \
	"{\"total_ios\" : " #ios ", \"short_ios\" : 0, \"clat_ns\" : {\"min\" : " #min          \
	", \"max\" : " #max ", \"mean\" : " #mean ", \"N\" : " #ios "}, \"lat_ns\" : {\"min\" " \
	": 1, \"max\" : 2, \"mean\" : 1.5, \"N\" : 2}}"

/* As fio-3.33 writes it, shortened. */
static const char good[] =
	"psync.read.4k : Saving output of prerun in psync.read.4k.prerun.txt\n"
	"{\n"
	"  \"fio version\" : \"fio-3.33\",\n"
	"  \"jobs\" : [\n"
	"    {\"jobname\" : \"other\", \"error\" : 0},\n"
	"    {\"jobname\" : \"psync.read.4k\", \"error\" : 0, \"read\" : " SUM(
		3, 6457, 10484,
		7800.333) ", \"write\" : " SUM(0, 0, 0,
					       0.0) "},\n"
						    "    {\"jobname\" : \"odd\", \"error\" : 5, "
						    "\"read\" : {\"total_ios\" : \"3\"}}\n"
						    "  ]\n"
						    "}\n"
						    "and something behind it\n";

static const char log3[] = "0, 10484, 0, 4096, 2023424, 0\n"
			   "0, 6457, 0, 4096, 24838144, 0\n"
			   "1, 6460, 0, 4096, 8192, 0\n";

static char why[192];

static json_t *parsed(const char *text)
{
	why[0] = '\0';
	return fio_json_parse(text, why, sizeof(why));
}

static void a_job_is_found_and_summed_up(void **state)
{
	json_t *root = parsed(good);
	struct fio_sum sum;

	(void)state;
	assert_non_null(root);
	assert_string_equal(why, ""); /* where output goes is no complaint */
	assert_string_equal(fio_json_version(root), "fio-3.33");
	assert_int_equal(fio_json_job(root, "psync.read.4k", false, "clat", &sum, why, sizeof(why)),
			 0);
	assert_int_equal(sum.error, 0);
	assert_int_equal(sum.ios, 3);
	assert_int_equal(sum.n, 3);
	assert_int_equal(sum.min_ns, 6457);
	assert_int_equal(sum.max_ns, 10484);
	assert_int_equal(fio_json_job(root, "psync.read.4k", false, "lat", &sum, why, sizeof(why)),
			 0);
	assert_int_equal(sum.max_ns, 2);
	assert_int_equal(fio_json_job(root, "psync.read.4k", true, "clat", &sum, why, sizeof(why)),
			 0);
	assert_int_equal(sum.ios, 0);
	json_decref(root);
}

static void what_is_missing_is_said(void **state)
{
	json_t *root = parsed(good);
	struct fio_sum sum;

	(void)state;
	assert_int_equal(fio_json_job(root, "psync", false, "clat", &sum, why, sizeof(why)),
			 -ENOENT);
	assert_string_equal(why, "fio's JSON has no job psync");
	assert_int_equal(fio_json_job(root, "odd", false, "clat", &sum, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "fio's JSON has no results of job odd (read, clat_ns)");
	assert_int_equal(fio_json_job(root, "other", true, "clat", &sum, why, sizeof(why)),
			 -EINVAL);
	json_decref(root);
}

/* Wherever it is cut, there is no root, and a sentence. */
static void truncated_json_is_none(void **state)
{
	const char *end = strstr(good, "}\nand");
	char text[sizeof(good)];

	(void)state;
	for (size_t len = 0; len < (size_t)(end - good); len++) {
		memcpy(text, good, len);
		text[len] = '\0';
		assert_null(parsed(text));
		assert_true(strlen(why) > 10);
	}
	snprintf(text, sizeof(text), "%.*s", (int)(strstr(good, "\"jobs\"") - good), good);
	assert_null(parsed(text));
	assert_non_null(strstr(why, "is truncated or invalid"));
}

static void garbage_is_none(void **state)
{
	static const char *const texts[] = {
		"", "\n", "{", "{\n", "{\n\x01\xff}\n", "[1, 2]\n", "{\n\"jobs\": 3,"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_null(parsed(texts[i]));
	/* Whole, but not of fio. */
	for (int i = 0; i < 3; i++) {
		static const char *const whole[] = {"{\n}\n", "{\n\"jobs\": 3}\n",
						    "{\n\"jobs\": [3, null, {}]}\n"};
		json_t *root = parsed(whole[i]);
		struct fio_sum sum;

		assert_non_null(root);
		assert_string_equal(fio_json_version(root), "");
		assert_int_equal(fio_json_job(root, "x", false, "clat", &sum, why, sizeof(why)),
				 -ENOENT);
		json_decref(root);
	}
}

static void what_fio_complains_of_is_told(void **state)
{
	json_t *root;

	(void)state;
	assert_null(parsed("fio: engine libpmem not loadable\nfio: failed to load engine\n"));
	assert_string_equal(why, "fio reports: fio: engine libpmem not loadable");
	root = parsed("x : Saving output of prerun in x.prerun.txt\nfio: pid=0, err=22\n{\n}\n");
	assert_non_null(root);
	assert_string_equal(why, "fio reports: fio: pid=0, err=22");
	json_decref(root);
}

static void each_sample_is_in_the_log(void **state)
{
	struct fio_sample s[4];

	(void)state;
	assert_int_equal(fio_log_parse(log3, s, 4, why, sizeof(why)), 3);
	assert_int_equal(s[0].ns, 10484);
	assert_int_equal(s[1].offset_bytes, 24838144);
	assert_int_equal(s[2].len_bytes, 4096);
	assert_false(s[2].write);
	assert_int_equal(fio_median_ns(s, 3), 6460);
	assert_int_equal(fio_median_ns(s, 0), 0);
	/* More than there is room for are counted, not kept. */
	assert_int_equal(fio_log_parse(log3, s, 1, why, sizeof(why)), 3);
	assert_int_equal(fio_log_parse("0, 7, 1, 512, 0, 0\n", s, 4, why, sizeof(why)), 1);
	assert_true(s[0].write);
	assert_int_equal(fio_log_parse("", s, 4, why, sizeof(why)), 0);
}

static void a_broken_log_is_refused(void **state)
{
	static const char *const logs[] = {
		"0, 6457, 0, 4096\n",	       /* without log_offset */
		"0, 6457, 0, 4096, 8192, 0",   /* no end of line: cut off */
		"0, 6457, 2, 4096, 8192, 0\n", /* a trim */
		"0, x, 0, 4096, 8192, 0\n",    /* no number */
		"0, -5, 0, 4096, 8192, 0\n",
		"0, 6457, 0, 4096,\n8192, 0\n",		       /* in the next line */
		"0, 99999999999999999999, 0, 4096, 8192, 0\n", /* past 64 bits */
		"\n",					       /* an empty line */
		"{\"jobs\": []}\n",			       /* something else */
	};
	struct fio_sample s[4];
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		assert_int_equal(fio_log_parse(logs[i], s, 4, why, sizeof(why)), -EINVAL);
	snprintf(text, sizeof(text), "%s0, 64", log3);
	assert_int_equal(fio_log_parse(text, s, 4, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "line 4 of fio's latency log is not a sample: 0, 64");
}

static void log_and_json_must_agree(void **state)
{
	struct fio_sum sum = {.n = 3, .min_ns = 6457, .max_ns = 10484, .mean_ns = 7800.333};
	struct fio_sample s[3];

	(void)state;
	fio_log_parse(log3, s, 3, why, sizeof(why));
	assert_true(fio_log_agrees(s, 3, &sum, why, sizeof(why)));
	assert_false(fio_log_agrees(s, 2, &sum, why, sizeof(why)));
	assert_string_equal(why, "fio's latency log has 2 samples from 6457 to 10484, its JSON 3 "
				 "from 6457 to 10484");
	sum.min_ns--;
	assert_false(fio_log_agrees(s, 3, &sum, why, sizeof(why)));
	sum.min_ns++;
	sum.mean_ns *= 1.01;
	assert_false(fio_log_agrees(s, 3, &sum, why, sizeof(why)));
	assert_false(fio_log_agrees(s, 0, &(struct fio_sum){0}, why, sizeof(why)));
}

static const char smaps[] =
	"7fdb0000-7fdb1000 r-xp 00000000 103:01 7 /mnt/data\n"
	"VmFlags: rd ex mr mw me\n"
	"7fdbd9e00000-7fdbdbe00000 rw-s 00200000 103:01 12                        /mnt/data\n"
	"Size:              32768 kB\n"
	"VmFlags: rd wr sh mr mw me ms sf sd hg \n"
	"7fdbe0000000-7fdbe1000000 rw-s 00000000 103:01 13                        /mnt/data2\n"
	"VmFlags: rd wr sh mr mw me ms sf\n"
	"7fdbf0000000-7fdbf1000000 r--s 00000000 103:01 12                        /mnt/data\n"
	"VmFlags: rd sh mr me ms hg\n"
	"7ffc000-7ffd000 rw-p 00000000 00:00 0 [stack]\n"
	"VmFlags: rd wr sf\n";

static void mappings_of_a_file_are_told_apart(void **state)
{
	struct fio_mapping m[4];

	(void)state;
	assert_int_equal(fio_mappings(smaps, "/mnt/data", m, 4), 3);
	assert_false(m[0].shared);
	assert_true(m[1].shared);
	assert_true(m[1].synchronous);
	assert_int_equal(m[1].start, 0x7fdbd9e00000);
	assert_int_equal(m[1].file_offset_bytes, 0x200000);
	assert_true(m[2].shared);
	assert_false(m[2].synchronous); /* nor does the stack's flag count for it */
	assert_int_equal(fio_mappings(smaps, "/mnt/data", m, 1), 1);
	assert_int_equal(fio_mappings(smaps, "/mnt/dat", m, 4), 0);
	assert_int_equal(fio_mappings("", "/mnt/data", m, 4), 0);
	assert_int_equal(fio_mappings(NULL, "/mnt/data", m, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_is_found_and_summed_up),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(truncated_json_is_none),
		cmocka_unit_test(garbage_is_none),
		cmocka_unit_test(what_fio_complains_of_is_told),
		cmocka_unit_test(each_sample_is_in_the_log),
		cmocka_unit_test(a_broken_log_is_refused),
		cmocka_unit_test(log_and_json_must_agree),
		cmocka_unit_test(mappings_of_a_file_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
