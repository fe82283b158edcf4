// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a page of a file on xfs with rmapbt fails, and a 2 MiB page maps it, the kernel marks and
 * names the first of the 512 pages.
 *
 * Needs:   a DAX device of 512 MiB or more, such as qemu -append memmap=640M!1G;
 *          CONFIG_MEMORY_FAILURE; mkfs.xfs, dmesg
 * Spoils:  the page keeps PG_hwpoison
 * Compile: make CFLAGS=-O2 dax-failure-names-first-page
 * Usage:   dax-failure-names-first-page [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
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

/* The frame of an address, from /proc/self/pagemap. */
static unsigned long frame_of(const char *p)
{
	unsigned long entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, 8, (off_t)((unsigned long)p / 4096 * 8)) != 8)
		entry = 0;
	close(fd);
	return entry & ((1UL << 55) - 1);
}

static int log_names(unsigned long frame)
{
	return !run("dmesg | grep 'Memory failure: 0x%lx: '", frame);
}

static void ignore(int signal)
{
	(void)signal;
}

int main(int argc, char **argv)
{
	unsigned long first;
	char *p;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("mkfs.xfs -q -f -m reflink=0,rmapbt=1 -d su=2m,sw=1,agcount=2,size=400m %s", dev))
		skip("mkfs.xfs failed");
	if (run("mount -t xfs -o dax=always %s %s", dev, dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=4M count=1 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	signal(SIGBUS, ignore);
	p = map_file(path);
	(void)*(volatile char *)p;
	first = frame_of(p);
	if (!first || frame_of(p + 5 * 4096) != first + 5)
		skip("no 2 MiB page");
	printf("expected: the log names frame 0x%lx, the sixth of the 2 MiB page\n", first + 5);
	fflush(stdout);
	if (madvise(p + 5 * 4096, 4096, MADV_HWPOISON))
		skip("madvise(MADV_HWPOISON) failed");
	if (log_names(first))
		verdict(1, "it names frame 0x%lx, the first", first);
	verdict(!log_names(first + 5), "it does not name frame 0x%lx", first);
}
