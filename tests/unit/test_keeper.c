// SPDX-License-Identifier: GPL-2.0-only
/* What one part of the work opened, another one has, though the first is gone. */
#include "lib/base/keeper.h"

#include "lib/run/supervise.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

struct work {
	struct keeper keeper;
	struct kept_fds kept;
	const char *text; /* a letter for each file */
};

static unsigned int count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Hands over files, each with its letter in it. */
static int hand_over(void *arg)
{
	const struct work *w = arg;
	unsigned int n = (unsigned int)strlen(w->text);
	int fds[KEPT_FDS_MAX];

	for (unsigned int i = 0; i < n; i++) {
		fds[i] = memfd_create("letter", MFD_CLOEXEC);
		if (fds[i] < 0 || write(fds[i], &w->text[i], 1) != 1)
			return -EIO;
	}
	return keeper_send(&w->keeper, fds, n);
}

/* A later part: they are there, in their order. */
static int find(void *arg)
{
	const struct work *w = arg;
	char letter;

	if (w->kept.n != strlen(w->text))
		return -ENOENT;
	for (unsigned int i = 0; i < w->kept.n; i++) {
		if (pread(w->kept.fds[i], &letter, 1, 0) != 1 || letter != w->text[i])
			return -EBADMSG;
		if (!(fcntl(w->kept.fds[i], F_GETFD) & FD_CLOEXEC))
			return -EPERM;
	}
	return 0;
}

static void hands_over(void **state)
{
	static const char *const texts[] = {"abc", "", "z", "abcdefghijklmnopqrstuvwxyz012345"};
	unsigned int before = count_open();
	struct work w = {0};

	(void)state;
	assert_int_equal(keeper_open(&w.keeper), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		w.text = texts[i];
		assert_int_equal(run_apart(hand_over, &w), 0);
		keeper_receive(&w.keeper, &w.kept);
		assert_int_equal(run_apart(find, &w), 0);
		keeper_receive(&w.keeper, &w.kept); /* nothing new: they stay */
		assert_int_equal(run_apart(find, &w), 0);
		assert_int_equal(count_open(), before + 2 + w.kept.n);
	}
	kept_fds_close(&w.kept);
	keeper_close(&w.keeper);
	assert_int_equal(count_open(), before);
}

/* Of several in one part the last counts, and one may be handed over where it is to be kept. */
static void takes_the_last(void **state)
{
	struct work w = {.text = "old"};
	int fd;

	(void)state;
	assert_int_equal(keeper_open(&w.keeper), 0);
	assert_int_equal(run_apart(hand_over, &w), 0);
	fd = memfd_create("letter", 0);
	assert_int_equal(write(fd, "n", 1), 1);
	assert_int_equal(keeper_send(&w.keeper, &fd, 1), 0);
	close(fd);
	keeper_receive(&w.keeper, &w.kept);
	w.text = "n";
	assert_int_equal(run_apart(find, &w), 0);
	kept_fds_close(&w.kept);
	keeper_close(&w.keeper);
}

static void keeps_all_or_none(void **state)
{
	unsigned int before = count_open();
	struct work w = {.text = "abc"};
	struct rlimit limit, low;

	(void)state;
	assert_int_equal(keeper_open(&w.keeper), 0);
	assert_int_equal(run_apart(hand_over, &w), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)w.keeper.sender + 2; /* one more can be open */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	keeper_receive(&w.keeper, &w.kept);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(w.kept.n, 0);
	keeper_close(&w.keeper);
	assert_int_equal(count_open(), before);
}

static void says_what_it_cannot(void **state)
{
	int fds[KEPT_FDS_MAX + 1] = {0};
	struct keeper none = {-1, -1};
	struct kept_fds kept = {0};

	(void)state;
	assert_int_equal(keeper_send(&none, fds, 1), -EBADF);
	keeper_receive(&none, &kept);
	assert_int_equal(kept.n, 0);
	keeper_close(&none);
	assert_int_equal(keeper_open(&none), 0);
	assert_int_equal(keeper_send(&none, fds, KEPT_FDS_MAX + 1), -E2BIG);
	keeper_close(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_over),
		cmocka_unit_test(takes_the_last),
		cmocka_unit_test(keeps_all_or_none),
		cmocka_unit_test(says_what_it_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
