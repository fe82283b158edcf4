// SPDX-License-Identifier: GPL-2.0-only
#include "emu/host_resources.h"

#include <sched.h>
#include <stdio.h>

int64_t host_resources_memory_bytes(void)
{
	FILE *in = fopen("/proc/meminfo", "re");
	char line[128];
	long long kib = 0;

	while (in && fgets(line, sizeof(line), in) &&
	       sscanf(line, "MemAvailable: %lld kB", &kib) != 1)
		;
	if (in)
		fclose(in);
	return kib * 1024;
}

size_t host_resources_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (size_t)CPU_COUNT(&set);
}
