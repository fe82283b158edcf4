// SPDX-License-Identifier: GPL-2.0-only
/*
 * After a table swap a new fault on a page that any process had mapped before raises SIGBUS: the
 * DAX index keeps the frame of the old member.  read(2) of the same page succeeds.
 *
 * Needs:   two DAX devices of 256 MiB or more, such as qemu -m 2G -append "memmap=256M!1G
 *          memmap=256M!1280M"; dmsetup, mkfs.ext4
 * Compile: make CFLAGS=-O2 dax-fault-refused-after-swap
 * Usage:   dax-fault-refused-after-swap [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE (2UL << 20)
#define SIZE (2 * HUGE)

static const char *dev = "/dev/pmem0", *dev2 = "/dev/pmem1";
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

/* The blocks of the device move to the other one, and its table with them. */
static void swap_table(void)
{
	if (run("dmsetup suspend repro && "
		"dd if=%s of=%s bs=1M skip=2 seek=5 count=128 iflag=direct oflag=direct "
		"2>/dev/null && "
		"dmsetup load repro --table '0 262144 linear %s 10240' && dmsetup resume repro",
		dev, dev2, dev2))
		skip("the table swap failed");
}

static void load(void)
{
	_exit(touch(map_file(path), -1));
}

int main(int argc, char **argv)
{
	int status;

	if (argc > 1)
		dev = argv[1];
	if (argc > 2)
		dev2 = argv[2];
	if (access(dev, W_OK) || access(dev2, W_OK) || !mkdtemp(dir))
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
	if (in_child(load, 10))
		skip("a load before the table swap failed");
	swap_table();
	printf("expected: a load by a new process after the table swap succeeds\n");
	status = in_child(load, 30);
	if (status == -1)
		verdict(1, "it does not end");
	verdict(WEXITSTATUS(status) != 0, WEXITSTATUS(status) ? "signal %d" : "success",
		WEXITSTATUS(status));
}
