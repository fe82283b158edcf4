// SPDX-License-Identifier: GPL-2.0-only
#include "check/mapsync/mapsync.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __x86_64__
#include <emmintrin.h>
#endif

enum { CACHE_LINE_BYTES = 64 };

int mapsync_area_is_sync(const void *at)
{
	FILE *in = fopen("/proc/self/smaps", "re");
	uintptr_t from, to;
	bool here = false;
	int rc = -ENOENT;
	char line[512];

	if (!in)
		return -errno;
	while (rc == -ENOENT && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			here = (uintptr_t)at >= from && (uintptr_t)at < to;
		else if (here && !strncmp(line, "VmFlags:", 8))
			rc = !!strstr(line, " sf");
	}
	fclose(in);
	return rc;
}

int mapsync_map(int fd, char **out)
{
	void *p = mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC,
		       fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

void mapsync_drop(char *p)
{
	if (p)
		munmap(p, WINDOW_BYTES);
}

bool mapsync_judge(struct check_env *env, int fd, bool granted, const char *what, char **out)
{
	*out = NULL;
	if (!check_errno(env, mapsync_map(fd, out), granted ? 0 : -EOPNOTSUPP,
			 "mmap(MAP_SYNC) of a file on %s", what))
		return false;
	return !granted ||
	       check_equal(env, mapsync_area_is_sync(*out), 1, "VmFlags sf of that mapping");
}

void mapsync_flush_cpu(const volatile char *p, size_t len)
{
#ifdef __x86_64__
	for (size_t i = 0; i < len; i += CACHE_LINE_BYTES)
		_mm_clflush((const void *)(p + i));
	_mm_sfence();
#else
	(void)p;
	(void)len;
	__sync_synchronize();
#endif
}
