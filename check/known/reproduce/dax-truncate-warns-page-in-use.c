// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 2 MiB page of a DAX file that one process drops from its page table while another one truncates
 * the file: the kernel warns in dax_disassociate_entry().
 *
 * Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M; two processors;
 *          mkfs.ext4, dmesg
 * Spoils:  WARN_ON_ONCE() warns once
 * Compile: make CFLAGS=-O2 dax-truncate-warns-page-in-use
 * Usage:   dax-truncate-warns-page-in-use [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug (none in 60 s), 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
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

/* Maps the first 2 MiB page and drops it, again and again. */
static void drop_pages(void)
{
	volatile char *p = map_file(path);

	for (;;) {
		(void)p[0];
		madvise((void *)p, HUGE, MADV_DONTNEED);
	}
}

static int warned(void)
{
	return !run("dmesg | grep -q 'WARNING.*dax_disassociate_entry'");
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + 60;
	unsigned long n = 0;
	pid_t pids[2];
	int fd, bad = 0;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	if (warned())
		skip("the kernel has warned before");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("mkfs.ext4 -q -F -b 4096 -E stride=512,stripe_width=512 %s 64m", dev))
		skip("mkfs.ext4 failed");
	if (run("mount -t ext4 -o dax=always %s %s", dev, dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=4M count=1 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	fd = open(path, O_RDWR);
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (!pids[i])
			drop_pages();
	}
	printf("expected: no warning while the second half of the file is cut off\n");
	fflush(stdout);
	while (!bad && time(NULL) < end) {
		for (int i = 0; i < 500; i++, n++)
			if (ftruncate(fd, SIZE - 4096) || ftruncate(fd, SIZE))
				skip("ftruncate failed");
		bad = warned();
	}
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	close(fd);
	verdict(bad, "%s after %lu times", bad ? "a warning" : "none", n);
}
