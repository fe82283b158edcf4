// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/host_waits.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool counted;
static uint64_t begin;

/* "  24:       133          0   PCI-MSI 65537-edge      virtio0-flush_queue" */
uint64_t host_waits_read(FILE *in)
{
	char *line = NULL, *at, *end;
	uint64_t sum = 0, count;
	size_t size = 0;

	while (getline(&line, &size, in) > 0) {
		at = strchr(line, ':');
		if (!at || !strstr(at, "virtio"))
			continue;
		for (at++;; at = end) {
			count = strtoull(at, &end, 10);
			if (end == at || !isspace((unsigned char)*end))
				break;
			sum += count;
		}
	}
	free(line);
	return sum;
}

static uint64_t read_now(void)
{
	FILE *in = fopen("/proc/interrupts", "re");
	uint64_t sum = in ? host_waits_read(in) : 0;

	if (in)
		fclose(in);
	return sum;
}

void host_waits_count(bool count)
{
	counted = count;
	host_waits_begin();
}

void host_waits_begin(void)
{
	if (counted)
		begin = read_now();
}

uint64_t host_waits(void)
{
	return counted ? read_now() - begin : 0;
}
