// SPDX-License-Identifier: GPL-2.0-only
#include "emu/host_resources.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* What Slurm gave the job that this process belongs to (sbatch(1), output environment variables);
 * whether it also enforces that depends on its configuration.  0: nothing, or there is no job. */
static int64_t given_by_slurm(const char *variable)
{
	const char *text = getenv("SLURM_JOB_ID") ? getenv(variable) : NULL;

	return text ? atoll(text) : 0;
}

int64_t host_resources_memory_bytes(void)
{
	int64_t given = given_by_slurm("SLURM_MEM_PER_NODE") * 1048576;
	FILE *in = fopen("/proc/meminfo", "re");
	char line[128];
	long long kib = 0;

	while (in && fgets(line, sizeof(line), in) &&
	       sscanf(line, "MemAvailable: %lld kB", &kib) != 1)
		;
	if (in)
		fclose(in);
	return given > 0 && given < kib * 1024 ? given : kib * 1024;
}

size_t host_resources_cores(void)
{
	int64_t given = given_by_slurm("SLURM_CPUS_PER_TASK");
	cpu_set_t set;
	int cores = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);

	return (size_t)(given > 0 && given < cores ? given : cores);
}
