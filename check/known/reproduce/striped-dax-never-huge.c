// SPDX-License-Identifier: GPL-2.0-only
/*
 * No PMD maps a file on a striped device: max_io_len() limits the target to the size of a bio,
 * and dm_dax_direct_access() uses it.
 *
 * Needs:   two DAX devices of 128 MiB or more, such as qemu -m 2G -append "memmap=256M!1G
 *          memmap=256M!1280M"; dmsetup, mkfs.ext4
 * Compile: make CFLAGS=-O2 striped-dax-never-huge
 * Usage:   striped-dax-never-huge [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
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

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

int main(int argc, char **argv)
{
	volatile char *p;
	long before, n;

	if (argc > 1)
		dev = argv[1];
	if (argc > 2)
		dev2 = argv[2];
	if (access(dev, W_OK) || access(dev2, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("dmsetup create repro --table '0 262144 striped 2 4096 %s 0 %s 0'", dev, dev2))
		skip("dmsetup failed");
	if (run("mkfs.ext4 -q -F -b 4096 -E stride=512,stripe_width=512 /dev/mapper/repro"))
		skip("mkfs.ext4 failed");
	if (run("mount -t ext4 -o dax=always /dev/mapper/repro %s", dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	p = map_file(path);
	before = faults();
	for (unsigned long at = 0; at < HUGE; at += 4096)
		p[at] = 1;
	n = faults() - before;
	munmap((void *)p, SIZE);
	printf("expected: 2 MiB of the file take 1 fault\n");
	verdict(n > 4, "%ld faults", n);
}
