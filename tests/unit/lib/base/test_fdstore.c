// SPDX-License-Identifier: GPL-2.0-only
/* What one part of the work opened, another one has, though the first is gone. */
#include "lib/base/fdstore.h"

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
	struct fdstore store;
	struct fdstore_fds kept;
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
	int fds[FDSTORE_MAX];

	for (unsigned int i = 0; i < n; i++) {
		fds[i] = memfd_create("letter", MFD_CLOEXEC);
		if (fds[i] < 0 || write(fds[i], &w->text[i], 1) != 1)
			return -EIO;
	}
	return fdstore_send(&w->store, fds, n);
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
	assert_int_equal(fdstore_open(&w.store), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		w.text = texts[i];
		assert_int_equal(supervise_run_child(hand_over, &w), 0);
		fdstore_receive(&w.store, &w.kept);
		assert_int_equal(supervise_run_child(find, &w), 0);
		fdstore_receive(&w.store, &w.kept); /* nothing new: they stay */
		assert_int_equal(supervise_run_child(find, &w), 0);
		assert_int_equal(count_open(), before + 2 + w.kept.n);
	}
	fdstore_fds_close(&w.kept);
	fdstore_close(&w.store);
	assert_int_equal(count_open(), before);
}

/* Of several in one part the last counts, and one may be handed over where it is to be kept. */
static void takes_the_last(void **state)
{
	struct work w = {.text = "old"};
	int fd;

	(void)state;
	assert_int_equal(fdstore_open(&w.store), 0);
	assert_int_equal(supervise_run_child(hand_over, &w), 0);
	fd = memfd_create("letter", 0);
	assert_int_equal(write(fd, "n", 1), 1);
	assert_int_equal(fdstore_send(&w.store, &fd, 1), 0);
	close(fd);
	fdstore_receive(&w.store, &w.kept);
	w.text = "n";
	assert_int_equal(supervise_run_child(find, &w), 0);
	fdstore_fds_close(&w.kept);
	fdstore_close(&w.store);
}

static void keeps_all_or_none(void **state)
{
	unsigned int before = count_open();
	struct work w = {.text = "abc"};
	struct rlimit limit, low;

	(void)state;
	assert_int_equal(fdstore_open(&w.store), 0);
	assert_int_equal(supervise_run_child(hand_over, &w), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)w.store.sender + 2; /* one more can be open */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	fdstore_receive(&w.store, &w.kept);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(w.kept.n, 0);
	fdstore_close(&w.store);
	assert_int_equal(count_open(), before);
}

static void says_what_it_cannot(void **state)
{
	int fds[FDSTORE_MAX + 1] = {0};
	struct fdstore none = {-1, -1};
	struct fdstore_fds kept = {0};

	(void)state;
	assert_int_equal(fdstore_send(&none, fds, 1), -EBADF);
	fdstore_receive(&none, &kept);
	assert_int_equal(kept.n, 0);
	fdstore_close(&none);
	assert_int_equal(fdstore_open(&none), 0);
	assert_int_equal(fdstore_send(&none, fds, FDSTORE_MAX + 1), -E2BIG);
	fdstore_close(&none);
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
