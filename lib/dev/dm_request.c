// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/dm_request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The oldest interface that has all we use; the kernel takes any minor up to its own. */
static const uint32_t version[3] = {4, 6, 0};

/* Each target begins at a multiple of it. */
enum { TARGET_ALIGN = 8 };

static size_t lines_of(const char *table)
{
	size_t n = 0;

	for (; table && *table; table++)
		n += *table == '\n';
	return n;
}

/*
 * One line, "START LEN TYPE [ARGUMENT]...\n", as a target of *used bytes.  Returns 0 or -EINVAL.
 */
static int put_target(const char *line, char *to, size_t *used)
{
	struct dm_target_spec *target = (struct dm_target_spec *)to;
	size_t len = strcspn(line, "\n");
	int params = 0;

	if (*line == '-' ||
	    sscanf(line, "%" SCNu64 " %" SCNu64 " %15s%n", (uint64_t *)&target->sector_start,
		   (uint64_t *)&target->length, target->target_type, &params) < 3 ||
	    (size_t)params > len || (line[params] != ' ' && line[params] != '\n'))
		return -EINVAL;
	params += line[params] == ' ';
	memcpy(to + sizeof(*target), line + params, len - (size_t)params);
	*used = sizeof(*target) + len - (size_t)params + 1;
	*used = (*used + TARGET_ALIGN - 1) / TARGET_ALIGN * TARGET_ALIGN;
	target->next = (uint32_t)*used;
	return 0;
}

int dm_request_make(struct dm_request *request, unsigned long command, const char *name,
		    uint32_t flags, const char *table)
{
	size_t n = lines_of(table), used = sizeof(*request->io), one;
	/* No target is longer than its line and what is put around it. */
	size_t room = used + n * (sizeof(struct dm_target_spec) + TARGET_ALIGN) +
		      (table ? strlen(table) : 0);

	*request = (struct dm_request){.command = command};
	if (!*name || strlen(name) >= DM_NAME_LEN)
		return -EINVAL;
	request->io = calloc(1, room);
	if (!request->io)
		return -ENOMEM;
	for (const char *line = table; n--; line = strchr(line, '\n') + 1) {
		if (put_target(line, (char *)request->io + used, &one) < 0) {
			dm_request_free(request);
			return -EINVAL;
		}
		used += one;
		request->io->target_count++;
	}
	memcpy(request->io->version, version, sizeof(version));
	request->io->data_size = (uint32_t)used;
	request->io->data_start = sizeof(*request->io);
	request->io->flags = flags;
	memcpy(request->io->name, name, strlen(name));
	request->head = *request->io;
	return 0;
}

void dm_request_reset(struct dm_request *request)
{
	*request->io = request->head;
}

void dm_request_free(struct dm_request *request)
{
	free(request->io);
	request->io = NULL;
}
