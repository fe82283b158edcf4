// SPDX-License-Identifier: GPL-2.0-only
/* Stacks made real: each layer's table on a device of its own, lowest first. */
#include "lib/dev/dm.h"

#include "lib/base/msg.h"

#include <errno.h>
#include <inttypes.h>
#include <libdevmapper.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int stack_fits(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
	       uint64_t size_bytes)
{
	uint64_t need[STACK_OVER_MAX];
	unsigned int members = stack_members(spec);
	char why[160];

	if (members > n) {
		msg_error("%s needs %u namespaces, %u named; give --device once more", spec->text,
			  members, n);
		return -ENODEV;
	}
	need[0] = size_bytes;
	for (unsigned int level = 0; level < spec->depth; level++) {
		if (stack_layer_need(&spec->layers[level], need[0], need, why, sizeof(why)) < 0) {
			msg_error("%s does not fit: %s; take fewer segments", spec->text, why);
			return -ENOSPC;
		}
	}
	for (unsigned int m = 0; m < members; m++) {
		if (need[m] <= namespaces[m].size_bytes)
			continue;
		msg_error("%s does not fit: it needs %" PRIu64 " MiB of %s, which has %" PRIu64
			  " MiB",
			  spec->text, need[m] >> 20, namespaces[m].node,
			  namespaces[m].size_bytes >> 20);
		return -ENOSPC;
	}
	return 0;
}

/* Makes one level; numbers[0] becomes its own MAJOR:MINOR for the level above. */
static int create_level(struct stack *stack, unsigned int level, uint64_t size_bytes,
			char numbers[][32])
{
	const char *members[STACK_OVER_MAX];
	char *name = stack->names[level], *text;
	struct dm_device_info info;
	int rc = stack_layer_table(&stack->spec.layers[level], size_bytes, &stack->tables[level]);

	if (rc < 0)
		return rc;
	for (unsigned int m = 0; m < STACK_OVER_MAX; m++)
		members[m] = numbers[m];
	text = table_text(&stack->tables[level], members);
	if (!text)
		return -ENOMEM;
	snprintf(name, sizeof(stack->names[level]), "daxdm-%d-%u", (int)getpid(),
		 stack->spec.depth - 1 - level);
	rc = dm_device_create(name, text, 0);
	free(text);
	if (rc < 0)
		name[0] = '\0'; /* nothing of ours to remove */
	else
		rc = dm_device_info(name, &info);
	if (!rc)
		snprintf(numbers[0], 32, "%u:%u", info.major, info.minor);
	return rc;
}

static int create_levels(struct stack *stack)
{
	char numbers[STACK_OVER_MAX][32] = {""};
	uint64_t sizes[STACK_DEPTH_MAX + 1], need[STACK_OVER_MAX];
	char why[160];
	int rc = 0;

	sizes[0] = stack->size_bytes;
	for (unsigned int level = 0; level < stack->spec.depth; level++) {
		rc = stack_layer_need(&stack->spec.layers[level], sizes[level], need, why,
				      sizeof(why));
		if (rc < 0)
			return rc;
		sizes[level + 1] = need[0];
	}
	for (unsigned int m = 0; m < stack_members(&stack->spec); m++)
		snprintf(numbers[m], sizeof(numbers[m]), "%u:%u", stack->namespaces[m].major,
			 stack->namespaces[m].minor);
	for (unsigned int level = stack->spec.depth; level-- > 0 && !rc;)
		rc = create_level(stack, level, sizes[level], numbers);
	return rc;
}

int stack_create(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
		 uint64_t size_bytes, struct stack *out)
{
	int rc;

	*out = (struct stack){.spec = *spec, .size_bytes = size_bytes, .namespaces = namespaces};
	rc = stack_fits(spec, namespaces, n, size_bytes);
	if (rc < 0)
		return rc;
	if (!spec->depth) {
		strcpy(out->node, namespaces[0].node);
		return 0;
	}
	rc = create_levels(out);
	if (rc < 0) {
		msg_error("cannot make the devices of %s: %s%s%s; `dmesg | tail` may say more",
			  spec->text, strerror(-rc), dm_complaint()[0] ? ": " : "", dm_complaint());
		stack_destroy(out);
		return rc;
	}
	dm_device_node(out->names[0], out->node);
	return 0;
}

int stack_destroy(struct stack *stack)
{
	int rc = 0;

	/* Those below one that stays are held by it. */
	for (unsigned int level = 0; level < stack->spec.depth && !rc; level++) {
		char *name = stack->names[level];

		if (!*name)
			continue;
		rc = dm_device_remove(name, 0);
		rc = rc == -ENXIO ? 0 : rc;
		if (!rc)
			*name = '\0';
		else
			msg_error("cannot remove the device %s: %s", name, strerror(-rc));
	}
	for (unsigned int level = 0; level < stack->spec.depth; level++)
		table_free(&stack->tables[level]);
	if (stack->spec.depth)
		dm_lib_release();
	return rc;
}

int stack_resolve(const struct stack *stack, uint64_t byte, struct place *out)
{
	uint64_t contiguous;
	unsigned int member = 0;

	if (byte >= stack->size_bytes)
		return -ERANGE;
	contiguous = stack->size_bytes - byte;
	for (unsigned int level = 0; level < stack->spec.depth; level++) {
		const struct segment *s = table_find(&stack->tables[level], byte / SECTOR_BYTES);

		if (!s)
			return -ERANGE;
		member = segment_resolve(s, &byte, &contiguous);
	}
	*out = (struct place){member, byte, contiguous};
	return 0;
}
