// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the memory of a DAX page that two files of xfs share fails, and the filesystem is on
 * dm-linear, no process gets a signal and the failure is not recorded.  On the namespace itself
 * the processes of both files get SIGBUS.
 *
 * Needs:   a DAX device of 640 MiB or more, such as qemu -m 2G -append memmap=640M!1G;
 *          CONFIG_MEMORY_FAILURE; dmsetup, mkfs.xfs with reflink and rmapbt,
 *          xfs_io
 * Spoils:  the page keeps PG_hwpoison
 * Compile: make CFLAGS=-O2 dm-shared-page-failure-not-told
 * Usage:   dm-shared-page-failure-not-told [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE (2UL << 20)
#define SIZE (2 * HUGE)

static const char *dev = "/dev/pmem0";
static char dir[] = "/tmp/reproXXXXXX", path[64];

/* system(3) of a formatted command. */
static int run(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

static void cleanup(void)
{
	run("umount %s 2>/dev/null; dmsetup remove repro 2>/dev/null", dir);
	rmdir(dir);
}

static void skip(const char *why)
{
	printf("skipped:  %s\n", why);
	cleanup();
	exit(77);
}

/* bad: the kernel has the bug. */
static void verdict(int bad, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("actual:   ");
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	if (!bad) /* after an oops the clean-up would not end */
		cleanup();
	exit(bad);
}

/* The file in 2 MiB pages. */
static char *map_file(const char *name)
{
	int fd = open(name, O_RDWR);
	char *p = mmap(NULL, SIZE + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	p += HUGE - (unsigned long)p % HUGE;
	p = mmap(p, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	if (fd < 0 || p == MAP_FAILED)
		skip("mmap failed");
	close(fd);
	return p;
}

/* Runs it in a child for at most so many seconds.  Returns its wait status, or -1: it goes on. */
static int in_child(void (*what)(void), int seconds)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		what();
		_exit(0);
	}
	for (int i = 0; i < seconds * 10; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(100000);
	}
	kill(pid, SIGKILL);
	return -1;
}

static int kmsg;

static void open_log(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	lseek(kmsg, 0, SEEK_END);
}

/* The kernel's first complaint since open_log(), or NULL. */
static const char *complaint(void)
{
	static char line[4096];
	ssize_t n;

	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		line[n] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, "BUG: ") || strstr(line, "WARNING: ") || strstr(line, "Oops"))
			return strchr(line, ';') + 1;
	}
	return NULL;
}

static volatile sig_atomic_t signalled;
static char copy[80];

static void note(int signal)
{
	signalled = signal;
}

/* A process with the other file mapped, which is to be signalled.  Exits with 1 if it was. */
static void share(void)
{
	volatile char *p = map_file(copy);

	signal(SIGBUS, note);
	prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	(void)p[0];
	for (int i = 0; i < 100 && !signalled; i++)
		usleep(100000);
	_exit(signalled != 0);
}

/* Exits with 2 if it got a signal, else with 3 if madvise(2) was refused, else with 4. */
static void inject(void)
{
	char *p = map_file(path);
	int rc;

	signal(SIGBUS, note);
	(void)*(volatile char *)p;
	rc = madvise(p, 4096, MADV_HWPOISON);
	if (rc)
		perror("madvise(MADV_HWPOISON)");
	_exit(signalled ? 2 : rc ? 3 : 4);
}

int main(int argc, char **argv)
{
	const char *log;
	pid_t sharer;
	int status, other;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("dmsetup create repro --table '0 1146880 linear %s 4096'", dev))
		skip("dmsetup failed");
	if (run("mkfs.xfs -q -f -d su=2m,sw=1 -m reflink=1,rmapbt=1 /dev/mapper/repro"))
		skip("mkfs.xfs failed");
	if (run("mount -t xfs -o dax=always /dev/mapper/repro %s", dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	snprintf(copy, sizeof(copy), "%s/copy", dir);
	if (run("xfs_io -f -c 'reflink %s' %s >/dev/null", path, copy))
		skip("reflink failed");
	open_log();
	printf("expected: SIGBUS for both processes that have the page mapped\n");
	printf("the kernel dies here if it has the bug\n");
	fflush(stdout);
	sharer = fork();
	if (!sharer)
		share();
	sleep(3);
	status = in_child(inject, 30);
	do
		log = complaint();
	while (log && strstr(log, "fs/dax.c:")); /* a warning: dax-shared-block-warns */
	if (log)
		skip("the kernel oopses: dax-shared-page-failure-oops");
	if (status == -1 || waitpid(sharer, &other, 0) != sharer)
		verdict(1, "it does not end");
	verdict(WEXITSTATUS(status) != 2 || !WEXITSTATUS(other), "%s for one, %s for the other",
		WEXITSTATUS(status) == 2 ? "SIGBUS" : "no signal",
		WEXITSTATUS(other) ? "SIGBUS" : "no signal");
}
