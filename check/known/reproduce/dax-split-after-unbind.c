// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store to a write-protected 2 MiB page of a DAX file after the pmem driver was unbound oopses:
 * the kernel splits the PMD and reads the struct page, which no longer exists.
 *
 * Needs:   a DAX device of 256 MiB or more, such as qemu -append memmap=256M!1G; dmsetup,
 *          mkfs.ext4; the kernel may oops
 * Compile: make CFLAGS=-O2 dax-split-after-unbind
 * Usage:   dax-split-after-unbind [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/* After the unbind umount(8) may not end: verdict() leaves all as it is. */
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

static sigjmp_buf on_signal;

static void take_signal(int signal)
{
	siglongjmp(on_signal, signal);
}

/* A load, or a store of value if that is not negative.  Returns the signal that it raised, or 0. */
static int touch(volatile char *p, int value)
{
	int signal = sigsetjmp(on_signal, 1);

	if (signal)
		return signal;
	if (value >= 0)
		*p = (char)value;
	else
		(void)*p;
	return 0;
}

static volatile int *result;

/* In the child: the result.  It keeps its mapping, because its exit may oops, too. */
static void finish(int value)
{
	*result = value;
	for (;;)
		pause();
}

/* Runs it in a child for at most so many seconds.  Returns what it gave to finish(), or -1. */
static int in_victim(void (*what)(void), int seconds)
{
	pid_t pid;

	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	*result = -1;
	pid = fork();
	if (!pid) {
		what();
		finish(0);
	}
	for (int i = 0; i < seconds * 10 && *result < 0 && !waitpid(pid, NULL, WNOHANG); i++)
		usleep(100000);
	return *result;
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

/* The pmem driver lets go of the device. */
static int unbind(void)
{
	return run("echo $(basename $(readlink -f /sys/class/block/%s/device)) "
		   ">/sys/bus/nd/drivers/nd_pmem/unbind",
		   strrchr(dev, '/') + 1);
}

static void victim(void)
{
	char *p = map_file(path);

	p[0] = 1;
	if (msync(p, SIZE, MS_SYNC))
		finish(77);
	if (unbind())
		finish(77);
	printf("a store after the unbind: signal %d\n", touch(p, 2));
}

int main(int argc, char **argv)
{
	const char *log;
	int status;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("dmsetup create repro --table '0 262144 linear %s 4096'", dev))
		skip("dmsetup failed");
	if (run("mkfs.ext4 -q -F -b 4096 -E stride=512,stripe_width=512 /dev/mapper/repro"))
		skip("mkfs.ext4 failed");
	if (run("mount -t ext4 -o dax=always /dev/mapper/repro %s", dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	signal(SIGBUS, take_signal);
	open_log();
	printf("expected: a store to a page that fsync write-protected raises a signal, without an "
	       "oops\n");
	printf("the kernel dies here if it has the bug\n");
	fflush(stdout);
	status = in_victim(victim, 30);
	if (status == 77)
		skip("the unbind failed");
	log = complaint();
	if (log)
		verdict(1, "%s", log);
	verdict(status == -1,
		status == -1 ? "it did not end" : "it ended without a complaint of the kernel");
}
