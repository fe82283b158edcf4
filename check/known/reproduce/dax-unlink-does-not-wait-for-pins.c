// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last unlink of a DAX file does not wait for its pages that a pipe still holds: the block is
 * reused by another file, and the pipe then returns the bytes of that file.
 *
 * Needs:   a DAX device of 128 MiB or more, such as qemu -append memmap=256M!1G;
 *          mkfs.ext4
 * Compile: make CFLAGS=-O2 dax-unlink-does-not-wait-for-pins
 * Usage:   dax-unlink-does-not-wait-for-pins [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
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
	run("umount %s 2>/dev/null", dir);
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

static int ends[2];

/* A pipe gets a page of the mapping, and keeps a reference to it. */
static void pin(char *page)
{
	struct iovec iov = {page, 4096};

	if (pipe2(ends, O_CLOEXEC) || vmsplice(ends[1], &iov, 1, 0) != 4096)
		skip("vmsplice failed");
}

static void remove_and_fill(void)
{
	run("rm %s; sync; dd if=/dev/zero bs=64k 2>/dev/null | tr '\\0' B >%s/other 2>/dev/null",
	    path, dir);
}

int main(int argc, char **argv)
{
	char *p, byte = 0;
	int status;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("mkfs.ext4 -q -F -b 4096 -E stride=512,stripe_width=512 %s 32m", dev))
		skip("mkfs.ext4 failed");
	if (run("mount -t ext4 -o dax=always %s %s", dev, dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	p = map_file(path);
	memset(p, 'A', SIZE);
	pin(p + HUGE);
	munmap(p, SIZE);
	printf("expected: the pipe returns the bytes of the file that was removed ('A')\n");
	fflush(stdout);
	status = in_child(remove_and_fill, 20);
	if (read(ends[0], &byte, 1) != 1)
		skip("reading the pipe failed");
	close(ends[0]);
	close(ends[1]);
	if (status == -1)
		sleep(10);
	verdict(byte != 'A', "'%c'", byte);
}
