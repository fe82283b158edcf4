// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/stack_other.h"

#include "lib/base/bytes.h"
#include "lib/base/nearest.h"

#include <stdio.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define AS_LARGE UINT64_MAX
/* Of 512 bits: aes-xts needs two different keys. */
#define KEY                                                                \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" \
	"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

/* Source of the arguments: Documentation/admin-guide/device-mapper. */
static const struct stack_other others[] = {
	{.type = "crypt", .args = "aes-xts-plain64 " KEY " 0 @ 0", .order = "0"},
	{.type = "log-writes", .args = "@ @", .order = "01", .aux_bytes = {512 * MIB}},
	{.type = "mirror", .args = "core 1 1024 2 @ 0 @ 0", .order = "01", .aux_bytes = {AS_LARGE}},
	{.type = "pcache",
	 .args = "@ @ 2 cache_mode writeback",
	 .order = "10",
	 .aux_bytes = {512 * MIB}},
	{.type = "raid",
	 .args = "raid1 3 0 region_size 1024 2 - @ - @",
	 .order = "01",
	 .aux_bytes = {AS_LARGE}},
	{.type = "snapshot", .args = "@ @ P 8", .order = "01", .aux_bytes = {512 * MIB}},
	{.type = "cache",
	 .args = "@ @ @ 512 1 writethrough smq 0",
	 .order = "120",
	 .aux_bytes = {16 * MIB, 256 * MIB}},
	{.type = "thin-pool",
	 .args = "@ @ 128 0",
	 .order = "10",
	 .aux_bytes = {16 * MIB},
	 .on_top_type = "thin",
	 .on_top_args = "@ 0"},
	{.type = "writecache", .args = "p @ @ 4096 0", .order = "01", .aux_bytes = {256 * MIB}},
};

enum { N_OTHERS = sizeof(others) / sizeof(others[0]) };

/* What a spec calls it: the target that the filesystem sees. */
static const char *name_of(const struct stack_other *other)
{
	return other->on_top_type ? other->on_top_type : other->type;
}

const struct stack_other *stack_other_find(const char *name, size_t len)
{
	for (size_t i = 0; i < N_OTHERS; i++)
		if (strlen(name_of(&others[i])) == len && !memcmp(name_of(&others[i]), name, len))
			return &others[i];
	return NULL;
}

const char *stack_other_nearest(const char *word, const char *best)
{
	for (size_t i = 0; i < N_OTHERS; i++)
		best = nearest_of(word, best, name_of(&others[i]));
	return best;
}

static uint64_t aux_bytes(const struct stack_other *other, unsigned int i, uint64_t size_bytes)
{
	return other->aux_bytes[i] == AS_LARGE ? size_bytes : other->aux_bytes[i];
}

uint64_t stack_other_aux_bytes(const struct stack_other *other, uint64_t size_bytes)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < STACK_OTHER_AUX_MAX; i++)
		sum += aux_bytes(other, i, size_bytes);
	return sum;
}

static int add_target(struct graph *g, const char *name, const char *type, const char *args,
		      struct graph_member *members, unsigned int n, uint64_t size_bytes)
{
	struct graph_other_target words = {.type = ""};
	const struct graph_target target = {
		.type = TARGET_OTHER,
		.len_sectors = size_bytes / SECTOR_BYTES,
		.n_members = n,
		.members = members,
		.other = &words,
	};
	int device = graph_add_dm(g, name), rc;

	snprintf(words.type, sizeof(words.type), "%s", type);
	snprintf(words.args, sizeof(words.args), "%s", args);
	if (device < 0)
		return device;
	rc = graph_add_target(g, (unsigned int)device, &target);
	return rc < 0 ? rc : device;
}

int stack_other_add(struct graph *g, const struct stack_other *other, const char *name,
		    unsigned int below, uint64_t size_bytes, unsigned int aux,
		    uint64_t aux_offset_bytes)
{
	unsigned int devices[1 + STACK_OTHER_AUX_MAX] = {below}, n = 0;
	struct graph_member members[1 + STACK_OTHER_AUX_MAX];
	char called[64];
	int device;

	for (unsigned int i = 0; i < STACK_OTHER_AUX_MAX && other->aux_bytes[i]; i++) {
		uint64_t bytes = aux_bytes(other, i, size_bytes);

		snprintf(called, sizeof(called), "%.50s-aux%u", name, i);
		device = graph_add_dm(g, called);
		if (device < 0)
			return device;
		devices[1 + i] = (unsigned int)device;
		device = graph_add_linear(g, devices[1 + i], bytes / SECTOR_BYTES, aux,
					  aux_offset_bytes / SECTOR_BYTES);
		if (device < 0)
			return device;
		aux_offset_bytes += bytes;
	}
	for (const char *p = other->order; *p; p++)
		members[n++] = (struct graph_member){devices[*p - '0'], 0};
	if (!other->on_top_type)
		return add_target(g, name, other->type, other->args, members, n, size_bytes);
	snprintf(called, sizeof(called), "%.50s-pool", name);
	device = add_target(g, called, other->type, other->args, members, n, size_bytes);
	if (device < 0)
		return device;
	members[0] = (struct graph_member){(unsigned int)device, 0};
	return add_target(g, name, other->on_top_type, other->on_top_args, members, 1, size_bytes);
}
