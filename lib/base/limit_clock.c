// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/limit_clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PCI_DEVICES "/sys/bus/pci/devices"

/* QEMU's ivshmem; its second memory region is the shared memory.  Source: QEMU,
 * docs/specs/ivshmem-spec. */
enum { IVSHMEM_VENDOR = 0x1af4, IVSHMEM_DEVICE = 0x1110, STEP_MS = 5, RETRY_MS = 20 };

static const volatile struct limit_clock_page *page;
static bool looked;

int64_t limit_clock_wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int64_t limit_clock_wall_ms(void)
{
	return limit_clock_wall_ns() / 1000000;
}

static unsigned int read_hex(const char *device, const char *name)
{
	char path[PATH_MAX];
	unsigned int value = 0;
	FILE *in;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", device, name);
	in = fopen(path, "re");
	if (in && fscanf(in, "%x", &value) != 1)
		value = 0;
	if (in)
		fclose(in);
	return value;
}

/* Returns NULL if it is not the driver's page. */
static const volatile struct limit_clock_page *map_page(const char *device)
{
	const volatile struct limit_clock_page *p = MAP_FAILED;
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource2", device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		p = mmap(NULL, LIMIT_CLOCK_BYTES, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	if (p == MAP_FAILED)
		return NULL;
	if (p->magic == LIMIT_CLOCK_MAGIC)
		return p;
	munmap((void *)p, LIMIT_CLOCK_BYTES);
	return NULL;
}

/* Sets memory decoding of a PCI device.  Returns whether it succeeded. */
static bool set_enabled(const char *device, const char *value)
{
	char path[PATH_MAX];
	bool good;
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/enable", device);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	good = fd >= 0 && write(fd, value, 1) == 1;
	if (fd >= 0)
		close(fd);
	return good;
}

/* No driver is bound to the device, so it may be disabled.  A device that is not the driver's is
 * left in its state. */
static const volatile struct limit_clock_page *enable_and_map(const char *device)
{
	const volatile struct limit_clock_page *p;

	if (!set_enabled(device, "1"))
		return NULL;
	p = map_page(device);
	if (!p)
		set_enabled(device, "0"); /* the kernel counts enables */
	return p;
}

static void find_page(void)
{
	DIR *dir = opendir(PCI_DEVICES);
	const struct dirent *e;

	looked = true;
	while (dir && !page && (e = readdir(dir)))
		if (read_hex(e->d_name, "vendor") == IVSHMEM_VENDOR &&
		    read_hex(e->d_name, "device") == IVSHMEM_DEVICE)
			page = enable_and_map(e->d_name);
	if (dir)
		closedir(dir);
}

void limit_clock_use(const volatile struct limit_clock_page *other)
{
	page = other;
	looked = true;
}

bool limit_clock_is_published(void)
{
	if (!looked)
		find_page();
	return page;
}

int64_t limit_clock_ms(void)
{
	return limit_clock_is_published() ? page->given_ms : limit_clock_wall_ms();
}

void limit_clock_sleep(unsigned int ms)
{
	const struct timespec pause = {.tv_nsec = STEP_MS * 1000000};
	int64_t until_ms = limit_clock_ms() + ms;
	int64_t wall_until_ms = limit_clock_wall_ms() + (int64_t)ms * LIMIT_CLOCK_PATIENCE;

	while (limit_clock_ms() < until_ms && limit_clock_wall_ms() < wall_until_ms)
		nanosleep(&pause, NULL);
}

bool limit_clock_retry(int64_t until_ms)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000};

	if (limit_clock_ms() >= until_ms)
		return false;
	nanosleep(&pause, NULL);
	return true;
}
