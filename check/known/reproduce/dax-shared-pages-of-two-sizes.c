// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of two xfs files that share blocks one is mapped by a PMD and the other by PTEs:
 * dax_insert_entry() warns, because the pages are of a folio of another size.
 *
 * Needs:   a DAX device of 640 MiB or more, such as qemu -m 2G -append memmap=640M!1G;
 *          mkfs.xfs with reflink, xfs_io
 * Spoils:  as dax-shared-block-warns
 * Compile: make CFLAGS=-O2 dax-shared-pages-of-two-sizes
 * Usage:   dax-shared-pages-of-two-sizes [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* A load from a page of a file by a mapping of its own. */
static void load_page(const char *name, long offset)
{
	int fd = open(name, O_RDWR);
	volatile char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, offset);

	(void)p[0];
	munmap((void *)p, 4096);
	close(fd);
}

int main(int argc, char **argv)
{
	volatile char *huge;
	char copy[80];
	const char *log;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("mkfs.xfs -q -f -d su=2m,sw=1 -m reflink=1 %s", dev))
		skip("mkfs.xfs failed");
	if (run("mount -t xfs -o dax=always %s %s", dev, dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	snprintf(copy, sizeof(copy), "%s/copy", dir);
	if (run("xfs_io -f -c 'reflink %s' %s >/dev/null", path, copy))
		skip("reflink failed");
	open_log();
	printf("expected: both files can be mapped, without a complaint of the kernel\n");
	fflush(stdout);
	/* Pages of the same size of both, which warn for another reason on old kernels. */
	load_page(path, HUGE);
	load_page(copy, HUGE);
	if (complaint())
		skip("any shared page warns: dax-shared-block-warns");
	huge = map_file(path);
	(void)huge[0];	       /* a PMD */
	load_page(copy, 4096); /* a PTE */
	munmap((void *)huge, SIZE);
	log = complaint();
	verdict(log != NULL, "%s", log ? log : "no complaint");
}
