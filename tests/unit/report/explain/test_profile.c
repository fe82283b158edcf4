// SPDX-License-Identifier: GPL-2.0-only
/* Profiles of the plugin: read, the samples of a record found in them, the typical one chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/stats.h"
#include "report/explain/explanation.h"
#include "report/explain/profile.h"
#include "tests/unit/run_fixture.h"
#include "tests/unit/stderr_capture.h"
#include "tests/unit/test_dir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two paths of 14 instructions, one of 10; overhead 4. */
static const char good[] = "T 1 55a0 3334\n"
			   "T 2 ffffffff81000000 45\n"
			   "N 1 0 ffffffff81000009\n"
			   "T 3 ffffffff81000100 1223\n"
			   "P 1 10 0:1:1 0:2:3\n"
			   "S 1\n"
			   "P 2 14 0:1:1 0:2:3 1:3:1\n"
			   "S 2\n"
			   "P 3 14 0:1:1 0:2:4 1:3/2:1\n"
			   "S 3\n"
			   "S 2\n"
			   "S 1\n";

static int read_it(const char *text, struct profile *p, char *why)
{
	char path[] = "/tmp/daxdm-profile-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	rc = profile_read(path, p, why, 256);
	unlink(path);
	return rc;
}

static void digest_of(const int64_t *samples, size_t n, char *text)
{
	snprintf(text, 32, "fnv1a64:%016" PRIx64, stats_digest(samples, n));
}

static void reads_blocks_callers_paths_and_samples(void **state)
{
	struct profile p;
	char why[256] = "";

	(void)state;
	assert_int_equal(read_it(good, &p, why), 0);
	assert_int_equal(p.n_samples, 5);
	assert_int_equal(p.nodes[1].back, 0xffffffff81000009);
	assert_int_equal(p.nodes[1].parent, 0);
	assert_int_equal(p.blocks[3].start, 0xffffffff81000100);
	assert_string_equal(p.blocks[3].lengths, "1223");
	assert_int_equal(p.paths[3].n_items, 3);
	assert_int_equal(p.paths[3].items[1].times, 4);
	assert_int_equal(p.paths[3].items[2].k, 2);
	assert_int_equal(p.paths[3].items[2].node, 1);
	profile_free(&p);
}

/* The ids of each guest begin at 1. */
static void profiles_of_several_guests_follow_each_other(void **state)
{
	static const char second[] = "T 1 ffffffff82000000 12\n"
				     "N 1 0 ffffffff82000009\n"
				     "N 2 1 ffffffff82000019\n"
				     "P 1 6 2:1:3\n"
				     "S 1\n";
	char text[1024], why[256] = "";
	struct profile p;
	const struct profile_item *item;

	(void)state;
	snprintf(text, sizeof(text), "# raw ext4\n%s# linear:1 ext4\n%s", good, second);
	assert_int_equal(read_it(text, &p, why), 0);
	assert_int_equal(p.n_samples, 6);
	assert_int_equal(p.paths[p.samples[0]].insns, 10);
	assert_int_equal(p.paths[p.samples[5]].insns, 6);
	item = p.paths[p.samples[5]].items;
	assert_int_equal(p.blocks[item->block].start, 0xffffffff82000000);
	assert_int_equal(p.nodes[item->node].back, 0xffffffff82000019);
	assert_int_equal(p.nodes[p.nodes[item->node].parent].back, 0xffffffff82000009);
	assert_int_equal(p.nodes[1].back, 0xffffffff81000009);
	profile_free(&p);
	/* The second guest has no path 2. */
	snprintf(text, sizeof(text), "# raw ext4\n%s# linear:1 ext4\n%sS 2\n", good, second);
	assert_int_equal(read_it(text, &p, why), -EINVAL);
	profile_free(&p);
}

static void a_line_that_was_being_written_is_left_out(void **state)
{
	struct profile p;
	char why[256] = "", text[sizeof(good) + 8];

	(void)state;
	snprintf(text, sizeof(text), "%sS 2", good);
	assert_int_equal(read_it(text, &p, why), 0);
	assert_int_equal(p.n_samples, 5);
	profile_free(&p);
}

static void what_is_no_profile_is_refused_with_its_line(void **state)
{
	static const char *const bad[] = {
		"hello\n",
		"S 1\n",			     /* no such path */
		"N 1 1 ff\n",			     /* its own caller */
		"N 1 2 ff\n",			     /* a caller that comes later */
		"T 1 55a0\n",			     /* no lengths */
		"T 1 55a0 33\nP 1 2 0:2:1\n",	     /* no such block */
		"T 1 55a0 33\nP 1 2 1:1:1\n",	     /* no such caller */
		"T 1 55a0 33\nP 1 3 0:1:1\n",	     /* the sum is another */
		"T 1 55a0 33\nP 1 2 0:1/2:1\n",	     /* the whole block is no part of it */
		"T 1 55a0 33\nP 1 2 0:1\n",	     /* how often? */
		"T 1 55a0 33\nP 2 2 0:1:1\n",	     /* the first is number 1 */
		"T 1 55a0 33\nP 1 2 0:1:1\nS 2\n",   /* no such path */
		"T 1 55a0 33\nP 1 2 0:1:1\nS 1 1\n", /* a word too many */
		"N 4000000000 0 0\n",		     /* more than there are bytes */
		"T 4000000000 0 3\n",
		"T 1 55a0 33\nP 1 0 0:1:9223372036854775808\n", /* a product that wraps to 0 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct profile p;
		char why[256] = "";

		if (read_it(bad[i], &p, why) != -EINVAL)
			fail_msg("taken for a profile: %s", bad[i]);
		assert_non_null(strstr(why, "not a line of a profile"));
		profile_free(&p);
	}
}

static void samples_are_found_by_their_digest(void **state)
{
	static const int64_t all[] = {6, 10, 10, 10, 6}, middle[] = {10, 10, 6},
			     other[] = {10, 6, 10}, third[] = {6, 10, 6}, far[] = {10, 6, 6};
	struct profile_samples found;
	struct profile p;
	char why[256], digest[32];

	(void)state;
	assert_int_equal(read_it(good, &p, why), 0);
	digest_of(all, 5, digest);
	assert_int_equal(profile_find(&p, 5, 4, digest, &found), 0);
	assert_int_equal(found.first, 0);
	assert_int_equal(found.every, 1);
	assert_int_equal(found.n, 5);
	assert_int_equal(profile_find(&p, 5, 5, digest, &found), -ENOENT);
	assert_int_equal(profile_find(&p, 6, 4, digest, &found), -ENOENT);
	digest_of(middle, 3, digest);
	assert_int_equal(profile_find(&p, 3, 4, digest, &found), 0);
	assert_int_equal(found.first, 2);
	assert_int_equal(found.every, 1);
	digest_of(other, 3, digest);
	assert_int_equal(profile_find(&p, 3, 4, digest, &found), -ENOENT);
	/* every other one */
	digest_of(third, 3, digest);
	assert_int_equal(profile_find(&p, 3, 4, digest, &found), 0);
	assert_int_equal(found.first, 0);
	assert_int_equal(found.every, 2);
	digest_of(far, 3, digest);
	assert_int_equal(profile_find(&p, 3, 4, digest, &found), -ENOENT);
	profile_free(&p);
}

static void the_path_that_most_took_is_the_typical_one(void **state)
{
	const struct profile_samples all = {0, 1, 5}, middle = {2, 1, 2}, others = {0, 2, 3};
	struct profile p;
	size_t same, cost;
	char why[256];

	(void)state;
	assert_int_equal(read_it(good, &p, why), 0);
	assert_ptr_equal(profile_typical(&p, &all, 14, &same, &cost), &p.paths[2]);
	assert_int_equal(same, 2);
	assert_int_equal(cost, 3);
	/* As many took path 3 as path 2: the one that came first. */
	assert_ptr_equal(profile_typical(&p, &middle, 14, &same, &cost), &p.paths[3]);
	assert_int_equal(same, 1);
	/* samples in a cycle of two */
	assert_ptr_equal(profile_typical(&p, &others, 14, &same, &cost), &p.paths[3]);
	assert_int_equal(cost, 1);
	assert_null(profile_typical(&p, &all, 13, &same, &cost));
	assert_int_equal(cost, 0);
	profile_free(&p);
}

/* A run whose digest is that of the profiled samples, but whose median is another one. */
static void a_median_that_was_not_profiled_is_an_error_line(void **state)
{
	static const int64_t samples[8] = {-28, -28, -28, -28, -28, -28, -28, -28};
	struct explained_side side = {.metric = "fault.read.warm.pte{stack=linear:16,fs=ext4}"};
	char digest[32], command[96];
	struct fixture f;
	struct stderr_capture capture;

	(void)state;
	digest_of(samples, 8, digest);
	fixture_make(&f, "fnv1a64:00000007", digest);
	put_file(f.dir, "profile-ext4.txt",
		 "T 1 ffffffff81000000 45\nP 1 2 0:1:1\nS 1\nS 1\nS 1\nS 1\nS 1\nS 1\nS 1\nS 1\n");
	put_file(f.dir, "symbols-ext4.jsonl",
		 "{\"module\":\"\",\"from\":\"ffffffff81000000\",\"list\":\"0 T f\"}\n");
	stderr_capture_begin(&capture);
	assert_int_equal(explanation_read(&side, f.dir), -EINVAL);
	stderr_capture_end(&capture);
	assert_int_equal(stderr_capture_lines(&capture), 1);
	assert_non_null(strstr(capture.text, "median"));
	run_free(&side.run);
	profile_free(&side.profile);
	symtab_free(&side.tab);
	snprintf(command, sizeof(command), "rm -r %s", f.dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_blocks_callers_paths_and_samples),
		cmocka_unit_test(profiles_of_several_guests_follow_each_other),
		cmocka_unit_test(a_line_that_was_being_written_is_left_out),
		cmocka_unit_test(what_is_no_profile_is_refused_with_its_line),
		cmocka_unit_test(samples_are_found_by_their_digest),
		cmocka_unit_test(the_path_that_most_took_is_the_typical_one),
		cmocka_unit_test(a_median_that_was_not_profiled_is_an_error_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
