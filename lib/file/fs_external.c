// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/fs_external.h"

#include "lib/base/bytes.h"
#include "lib/dev/dm.h"
#include "lib/dev/partition.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {"log", "realtime"};

static void dm_name(enum fs_external external, char name[64])
{
	snprintf(name, 64, "daxdm-%d-%s", (int)getpid(), names[external]);
}

int fs_externals_place(const struct fs_spec *spec, const struct namespace *spare, unsigned int n,
		       struct fs_externals *out, char *why, size_t why_len)
{
	unsigned int used = 0;

	*out = (struct fs_externals){0};
	for (unsigned int i = 0; i < FS_N_EXTERNALS; i++) {
		const struct fs_external_device *before = i ? &out->device[i - 1] : NULL;
		struct fs_external_device *d = &out->device[i];
		uint64_t bytes = fs_external_bytes(i);

		if (spec->external[i] == FS_PLACE_NONE)
			continue;
		d->place = spec->external[i];
		if (before && before->place == d->place && d->place != FS_PLACE_NAMESPACE) {
			d->ns = before->ns;
			d->start_bytes = before->start_bytes + fs_external_bytes(i - 1);
		} else if (used < n) {
			d->ns = &spare[used++];
		} else {
			snprintf(why, why_len,
				 "the %s device of %s needs a namespace that the stack does not "
				 "use",
				 names[i], spec->text);
			return -ENODEV;
		}
		if (d->start_bytes + bytes <= d->ns->size_bytes)
			continue;
		snprintf(why, why_len,
			 "the %s device of %s does not fit: it needs %s of %s, which has %s",
			 names[i], spec->text, bytes_text(d->start_bytes + bytes).s, d->ns->node,
			 bytes_text(d->ns->size_bytes).s);
		return -ENOSPC;
	}
	return 0;
}

static int create(struct fs_external_device *d, enum fs_external external)
{
	uint64_t start = d->start_bytes / SECTOR_BYTES;
	uint64_t len = fs_external_bytes(external) / SECTOR_BYTES;
	char table[128], name[64];
	int rc = 0;

	if (d->place == FS_PLACE_PARTITION) {
		rc = partition_add(d->ns->node, external + 1, start, len, d->node);
	} else if (d->place == FS_PLACE_LINEAR) {
		dm_name(external, name);
		snprintf(table, sizeof(table), "0 %" PRIu64 " linear %u:%u %" PRIu64 "\n", len,
			 d->ns->major, d->ns->minor, start);
		rc = dm_device_create(name, table, 0);
		dm_device_node(name, d->node);
	} else if (d->place == FS_PLACE_NAMESPACE) {
		snprintf(d->node, sizeof(d->node), "%s", d->ns->node);
	}
	if (rc < 0)
		d->node[0] = '\0';
	return rc;
}

int fs_externals_create(struct fs_externals *externals, char *why, size_t why_len)
{
	int rc = 0;

	for (unsigned int i = 0; i < FS_N_EXTERNALS && !rc; i++) {
		struct fs_external_device *d = &externals->device[i];

		rc = create(d, i);
		if (rc < 0)
			snprintf(why, why_len, "cannot make the %s device on %s: %s", names[i],
				 d->ns->node, strerror(-rc));
	}
	return rc;
}

int fs_externals_remove(struct fs_externals *externals, char *why, size_t why_len)
{
	int result = 0;

	for (unsigned int i = 0; i < FS_N_EXTERNALS; i++) {
		struct fs_external_device *d = &externals->device[i];
		char name[64];
		int rc;

		if (!d->node[0])
			continue;
		rc = namespace_wipe_signatures(d->node);
		if (d->place == FS_PLACE_PARTITION) {
			rc = partition_remove(d->ns->node, i + 1);
		} else if (d->place == FS_PLACE_LINEAR) {
			dm_name(i, name);
			rc = dm_device_remove(name, 0);
		}
		if (rc < 0) {
			snprintf(why, why_len, "cannot remove the %s device %s: %s", names[i],
				 d->node, strerror(-rc));
			result = rc;
		} else {
			d->node[0] = '\0';
		}
	}
	return result;
}

int fs_externals_stack(const struct fs_externals *externals, enum fs_external external,
		       struct stack *out)
{
	const struct fs_external_device *d = &externals->device[external];
	uint64_t start = d->start_bytes / SECTOR_BYTES;
	uint64_t len = fs_external_bytes(external) / SECTOR_BYTES;
	char name[64], why[160];
	int rc;

	*out = (struct stack){.size_bytes = fs_external_bytes(external)};
	stack_parse(d->place == FS_PLACE_LINEAR ? "linear:1" : "raw", &out->spec, why, sizeof(why));
	rc = graph_add_namespace(&out->graph, d->ns);
	if (rc >= 0 && d->place == FS_PLACE_PARTITION) {
		rc = graph_add_partition(&out->graph, d->node, 0, start, len);
	} else if (rc >= 0 && d->place == FS_PLACE_LINEAR) {
		dm_name(external, name);
		rc = graph_add_dm(&out->graph, name);
		if (rc >= 0)
			strcpy(out->graph.devices[rc].node, d->node);
	}
	if (rc < 0)
		return rc;
	out->device = (unsigned int)rc;
	strcpy(out->node, d->node);
	if (d->place == FS_PLACE_LINEAR)
		rc = graph_add_linear(&out->graph, out->device, len, 0, start);
	return rc < 0 ? rc : 0;
}

void fs_externals_forget(const struct namespace *ns)
{
	for (unsigned int i = 0; i < FS_N_EXTERNALS; i++)
		partition_remove(ns->node, i + 1);
}
