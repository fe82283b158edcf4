// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose first table has no DAX and whose second table has keeps its first table type, so
 * that a third table without DAX is accepted; a fault on the mounted device then maps memory that
 * has no struct page, and oopses.
 *
 * Needs:   a DAX device of 640 MiB or more, such as qemu -m 2G -append memmap=640M!1G,
 *          and one without DAX, such as a namespace in mode raw (default: the
 *          second namespace of the same NVDIMM, /dev/pmem0.1); dmsetup,
 *          mkfs.ext4
 * Compile: make CFLAGS=-O2 dm-type-not-upgraded-oops
 * Usage:   dm-type-not-upgraded-oops [DEVICE [RAW-NAMESPACE]]  (EVERYTHING ON THEM IS LOST)
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

static const char *dev = "/dev/pmem0", *dev2 = "/dev/pmem0.1";
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
	if (!bad) /* after an oops the clean-up would not end */
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

static void victim(void)
{
	volatile char *p = map_file(path);
	int signal = touch(p, 1);

	printf("a store on the third table: signal %d\n", signal);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *log;
	int status;

	if (argc > 1)
		dev = argv[1];
	if (argc > 2)
		dev2 = argv[2];
	if (access(dev, W_OK) || access(dev2, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("dmsetup create repro --table '0 98304 linear %s 0' && "
		"dmsetup load repro --table '0 98304 linear %s 0' && "
		"dmsetup suspend repro && dmsetup resume repro",
		dev2, dev))
		skip("a table with DAX after one without is refused");
	if (run("mkfs.ext4 -q -F -b 4096 -E stride=512,stripe_width=512 /dev/mapper/repro"))
		skip("mkfs.ext4 failed");
	if (run("mount -t ext4 -o dax=always /dev/mapper/repro %s", dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	if (run("dmsetup load repro --table '0 98304 linear %s 0' && "
		"dmsetup suspend --noflush --nolockfs repro && dmsetup resume repro",
		dev2))
		verdict(0, "the table without DAX is refused");
	signal(SIGBUS, take_signal);
	open_log();
	printf("expected: the fault raises SIGBUS, without an oops\n");
	printf("the kernel dies here if it has the bug\n");
	fflush(stdout);
	status = in_child(victim, 30);
	log = complaint();
	if (log)
		verdict(1, "%s", log);
	run("dmsetup load repro --table '0 98304 linear %s 0' && "
	    "dmsetup suspend --noflush --nolockfs repro && dmsetup resume repro",
	    dev);
	verdict(status == -1, status == -1 ? "it does not end" : "no complaint of the kernel");
}
