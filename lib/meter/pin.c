// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/pin.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static bool is_on_node(int cpu, int node)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpu%d", node, cpu);
	return node >= 0 && !access(path, F_OK);
}

int pin_choose(int node)
{
	int last = -1, last_on_node = -1;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 2)
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		last = cpu;
		if (is_on_node(cpu, node))
			last_on_node = cpu;
	}
	return last_on_node >= 0 ? last_on_node : last;
}

int pin_to(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}
