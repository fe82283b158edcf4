// SPDX-License-Identifier: GPL-2.0-only
/*
 * fsync does not write-protect a PTE inside a 2 MiB window that is dirty as a PMD: a later store
 * through it does not fault, and the next fsync does not write it back.
 *
 * Needs:   a DAX device of 128 MiB or more, such as qemu -append memmap=256M!1G;
 *          mkfs.ext4
 * Compile: make CFLAGS=-O2 dax-pte-not-write-protected
 * Usage:   dax-pte-not-write-protected [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

int main(int argc, char **argv)
{
	volatile char *huge, *small;
	long before;
	int fd;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("mkfs.ext4 -q -F -b 4096 -E stride=512,stripe_width=512 %s 128m", dev))
		skip("mkfs.ext4 failed");
	if (run("mount -t ext4 -o dax=always %s %s", dev, dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	huge = map_file(path);
	fd = open(path, O_RDWR);
	huge[0] = 1; /* a PMD */
	small = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	small[0] = 1; /* a PTE of the second page */
	if (fsync(fd))
		skip("fsync failed");
	before = faults();
	small[0] = 2;
	before = faults() - before;
	munmap((void *)small, 4096);
	munmap((void *)huge, SIZE);
	close(fd);
	printf("expected: a store through the PTE after fsync faults\n");
	verdict(!before, before ? "it faults" : "no fault");
}
