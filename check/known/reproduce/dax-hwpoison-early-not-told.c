// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the memory of a DAX page fails, another process that has it mapped and set
 * PR_MCE_KILL_EARLY gets no signal.
 *
 * Needs:   a DAX device of 128 MiB or more, such as qemu -append memmap=256M!1G;
 *          CONFIG_MEMORY_FAILURE; mkfs.ext4
 * Spoils:  the page keeps PG_hwpoison
 * Compile: make CFLAGS=-O2 dax-hwpoison-early-not-told
 * Usage:   dax-hwpoison-early-not-told [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

static volatile sig_atomic_t notified;

static void note(int signal)
{
	notified = signal;
}

/* The process that is to be signalled.  Exits with 1 if it was. */
static void sharer(void)
{
	volatile char *p = map_file(path);

	signal(SIGBUS, note);
	prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	(void)p[0];
	for (int i = 0; i < 80 && !notified; i++)
		usleep(100000);
	_exit(notified != 0);
}

int main(int argc, char **argv)
{
	char *p;
	pid_t pid;
	int status;

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
	signal(SIGBUS, note);
	p = map_file(path);
	(void)*(volatile char *)p;
	pid = fork();
	if (!pid)
		sharer();
	sleep(3);
	printf("expected: the other process gets SIGBUS when the page fails\n");
	fflush(stdout);
	if (madvise(p, 4096, MADV_HWPOISON))
		skip("madvise(MADV_HWPOISON) failed");
	waitpid(pid, &status, 0);
	munmap(p, SIZE);
	verdict(!WEXITSTATUS(status), WEXITSTATUS(status) ? "SIGBUS" : "no signal");
}
