// SPDX-License-Identifier: GPL-2.0-only
#include "check/tabletype/substitute.h"

#include "check/fixture/dax_capability.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find_numbers(const char *node, char numbers[32])
{
	struct graph g = {0};
	int device = graph_add_other(&g, node);

	if (device < 0)
		return device;
	snprintf(numbers, 32, "%s", g.devices[device].numbers);
	return 0;
}

bool substitute_find(struct check_env *env, enum substitute_kind instead, struct substitute *out)
{
	const struct namespace *ns;
	char numbers[32] = "", node[128] = "/dev/ram0";
	int rc = 0;

	*out = (struct substitute){.loop_fd = -1};
	if (instead == SUBSTITUTE_ZERO || instead == SUBSTITUTE_ERROR) {
		strcpy(out->what, instead == SUBSTITUTE_ZERO ? "zero" : "error");
		return true;
	}
	if (instead == SUBSTITUTE_RAW || instead == SUBSTITUTE_SECTOR ||
	    instead == SUBSTITUTE_FLAKEY) {
		ns = instead == SUBSTITUTE_RAW	    ? check_device(env, NAMESPACE_RAW, 0)
		     : instead == SUBSTITUTE_SECTOR ? check_device(env, NAMESPACE_SECTOR, 0)
						    : check_device(env, NAMESPACE_FSDAX, 1);
		snprintf(node, sizeof(node), "%s", ns ? ns->node : "");
	} else if (instead == SUBSTITUTE_LOOP) {
		rc = testbed_loop(&out->loop_fd, node);
	}
	if (!rc)
		rc = find_numbers(node, numbers);
	if (instead == SUBSTITUTE_FLAKEY)
		snprintf(out->what, sizeof(out->what), "flakey %s 0 60 0", numbers);
	else
		snprintf(out->what, sizeof(out->what), "linear %s 0", numbers);
	return check_setup(env, rc, "finding a device without DAX (%s)", node);
}

void substitute_drop(struct substitute *s)
{
	if (s->loop_fd >= 0)
		close(s->loop_fd); /* it detaches itself */
}

char *substitute_table(const struct graph *g, unsigned int device, const char *what, uint64_t from,
		       uint64_t len)
{
	const struct graph_device *d = &g->devices[device];
	const struct graph_member *m = &d->targets[0].members[0];
	const char *numbers = g->devices[m->device].numbers;
	uint64_t end = from + len;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (from)
		fprintf(out, "0 %" PRIu64 " linear %s %" PRIu64 "\n", from, numbers,
			m->offset_sectors);
	fprintf(out, "%" PRIu64 " %" PRIu64 " %s\n", from, len, what);
	if (end < d->size_sectors)
		fprintf(out, "%" PRIu64 " %" PRIu64 " linear %s %" PRIu64 "\n", end,
			d->size_sectors - end, numbers, m->offset_sectors + end);
	return fclose(out) ? NULL : text;
}

char *substitute_tail(const struct testbed *bed, const char *what)
{
	uint64_t sectors = bed->graph.devices[bed->device].size_sectors;
	uint64_t from = sectors - SUBSTITUTE_TAIL_SECTORS;

	return substitute_table(&bed->graph, bed->device, what, from, SUBSTITUTE_TAIL_SECTORS);
}

const char *substitute_outcome(int rc)
{
	return rc ? strerrorname_np(-rc) : "accepted";
}

int substitute_swap(const char *name, const char *table)
{
	return dm_device_reload(name, table, DM_NOFLUSH | DM_NOLOCKFS);
}

bool substitute_upgrade(struct check_env *env, struct testbed *bed,
			const struct substitute_arg *arg, struct substitute *begin)
{
	const struct testbed_spec spec = {.table = TESTBED_LINEAR,
					  .fs = arg->fs,
					  .file_bytes = SUBSTITUTE_FILE_BYTES,
					  .small_pages = true,
					  .direct = true};
	char first[128], *table;
	int rc;

	*bed = (struct testbed)TESTBED_NONE;
	if (!substitute_find(env, arg->instead, begin) || !testbed_devices(env, bed, &spec))
		return false;
	rc = dm_device_remove(testbed_dm(bed), 0);
	snprintf(first, sizeof(first), "0 %d %s", SUBSTITUTE_TAIL_SECTORS, begin->what);
	if (!rc)
		rc = dm_device_create(testbed_dm(bed), first, 0);
	if (!check_setup(env, rc, "making a device of %s (%s)", begin->what, dm_last_error()))
		return false;
	check_equal(env, dax_capability_queue(bed->graph.devices[bed->device].node), 0,
		    "queue/dax of a device of %s", begin->what);
	table = graph_table(&bed->graph, bed->device);
	rc = substitute_swap(testbed_dm(bed), table);
	free(table);
	return check_errno(env, rc, 0, "giving a device without DAX a DAX table (%s)",
			   dm_last_error());
}
