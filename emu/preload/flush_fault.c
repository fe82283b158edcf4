// SPDX-License-Identifier: GPL-2.0-only
/*
 * fsync(2) of QEMU, which is how virtio-pmem answers a flush request: fails or waits as the last
 * sector of the file says (lib/base/flush_fault.h).  Any other file is synced as usual.  A shared
 * library for LD_PRELOAD, which emu/vm.c sets; one thread of QEMU at a time is in a flush.
 */
#include "lib/base/flush_fault.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { POLL_MS = 10 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The last page of the file; NULL if it cannot be mapped. */
static char *map_last_page(int fd, size_t page)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)page ||
	    st.st_size % (off_t)page)
		return NULL;
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, st.st_size - (off_t)page);
	return p == MAP_FAILED ? NULL : p;
}

/* Programs that QEMU starts are not concerned. */
__attribute__((constructor)) static void forget_preload(void)
{
	unsetenv("LD_PRELOAD");
}

/* Returns whether this request fails. */
static int obey(volatile struct flush_fault *fault)
{
	int fails = 0;

	pthread_mutex_lock(&lock);
	fault->seen++;
	if (fault->pass)
		fault->pass--;
	else if (fault->fail) {
		fault->fail--;
		fails = 1;
	}
	pthread_mutex_unlock(&lock);
	for (int ms = 0; fault->hold && ms < FLUSH_FAULT_HOLD_MS; ms += POLL_MS)
		usleep(POLL_MS * 1000);
	fault->hold = 0; /* a check that was killed holds up one request, not every one */
	return fails;
}

__attribute__((visibility("default"))) int fsync(int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *last = map_last_page(fd, page);
	void *fault = last ? last + page - FLUSH_FAULT_BYTES : NULL;
	int fails = fault && !memcmp(fault, FLUSH_FAULT_MAGIC) && obey(fault);

	if (last)
		munmap(last, page);
	if (!fails)
		return (int)syscall(SYS_fsync, fd);
	errno = EIO;
	return -1;
}
