// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unbinding the pmem driver under a mounted xfs with rmapbt does not end: xfs counts the pages of
 * a file's extent from an empty range, the count wraps at 32 bits, and billions of pages are
 * looked up.
 *
 * Needs:   a DAX device of 640 MiB or more, such as qemu -m 2G -append memmap=640M!1G;
 *          mkfs.xfs with rmapbt; the kernel may oops
 * Compile: make CFLAGS=-O2 xfs-unbind-notify-endless
 * Usage:   xfs-unbind-notify-endless [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
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

/* After the unbind umount(8) may not end: verdict() leaves all as it is. */
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

/* The pmem driver lets go of the device. */
static int unbind(void)
{
	return run("echo $(basename $(readlink -f /sys/class/block/%s/device)) "
		   ">/sys/bus/nd/drivers/nd_pmem/unbind",
		   strrchr(dev, '/') + 1);
}

static void let_go(void)
{
	_exit(unbind() ? 77 : 0);
}

/* Holds the mapping until it is killed. */
static void hold(void)
{
	char *p = map_file(path);

	p[0] = 1;
	pause();
}

int main(int argc, char **argv)
{
	const char *log;
	pid_t holder;
	int status;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/file", dir);
	if (run("mkfs.xfs -q -f -d su=2m,sw=1 -m rmapbt=1,reflink=0 %s", dev))
		skip("mkfs.xfs failed");
	if (run("mount -t xfs -o dax=always %s %s", dev, dir))
		skip("mount -o dax=always failed");
	if (run("dd if=/dev/zero of=%s bs=2M count=2 conv=fsync 2>/dev/null", path))
		skip("writing a file failed");
	open_log();
	holder = fork();
	if (!holder)
		hold();
	sleep(2);
	printf("expected: the unbind ends, without a complaint of the kernel\n");
	printf("the kernel dies here if it has the bug\n");
	fflush(stdout);
	status = in_child(let_go, 60);
	log = complaint();
	if (log)
		verdict(1, "%s", log);
	kill(holder, SIGKILL);
	if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip("the unbind failed");
	verdict(status == -1, status == -1 ? "it did not end within 60 s" : "it ended");
}
