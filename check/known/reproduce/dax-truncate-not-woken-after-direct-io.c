// SPDX-License-Identifier: GPL-2.0-only
/*
 * Truncation waits endlessly for completed direct I/O that had a page of the file as its buffer:
 * the reference is dropped without a wake-up of the waiter.
 *
 * Needs:   two DAX devices of 256 MiB or more, such as qemu -m 2G -append "memmap=256M!1G
 *          memmap=256M!1280M"; dmsetup, mkfs.ext4
 * Compile: make CFLAGS=-O2 dax-truncate-not-woken-after-direct-io
 * Usage:   dax-truncate-not-woken-after-direct-io [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <fcntl.h>
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

static char *p;

/* A direct read from the suspended device into the mapping. */
static void read_into(void)
{
	int fd = open("/dev/mapper/repro", O_RDONLY | O_DIRECT);

	_exit(pread(fd, p + HUGE, 4096, 0) != 4096);
}

static void cut(void)
{
	_exit(truncate(path, 0) != 0);
}

int main(int argc, char **argv)
{
	pid_t reader, resumer;
	int status;

	if (argc > 1)
		dev = argv[1];
	if (argc > 2)
		dev2 = argv[2];
	if (access(dev, W_OK) || access(dev2, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("mkfs.ext4 -q -F -b 4096 -E stride=512,stripe_width=512 %s 128m", dev))
		skip("mkfs.ext4 failed");
	if (run("mount -t ext4 -o dax=always %s %s", dev, dir))
		skip("mount -o dax=always failed");
	if (run("dmsetup create repro --table '0 65536 linear %s 0'", dev2))
		skip("dmsetup failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	p = map_file(path);
	if (run("dmsetup suspend repro"))
		skip("dmsetup suspend failed");
	reader = fork();
	if (!reader)
		read_into();
	sleep(2);
	resumer = fork();
	if (!resumer) {
		sleep(3); /* the truncation waits by then */
		_exit(run("dmsetup resume repro"));
	}
	printf("expected: truncation ends when the direct read into the file's mapping has "
	       "ended\n");
	fflush(stdout);
	status = in_child(cut, 30); /* SIGKILL wakes it then */
	waitpid(resumer, NULL, 0);
	waitpid(reader, NULL, 0);
	munmap(p, SIZE);
	sleep(1);
	verdict(status == -1, status == -1 ? "it does not end within 30 s" : "it ends");
}
