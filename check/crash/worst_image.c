// SPDX-License-Identifier: GPL-2.0-only
#include "check/crash/worst_image.h"

#include "check/fixture/bio.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MIB_SECTORS = 2048,
	/* Behind all tables of testbeds: the image on the first namespace, the exceptions of the
	 * snapshot on the second one.  A filesystem without device-mapper claims the first. */
	BEHIND_MIB = 312,
	COW_SIZE_MIB = 64,
};

/* ---- memory ---------------------------------------------------------------------------------- */

/* Where each contiguous piece of the device is in memory. */
static int find_pieces(struct worst_image *w, const struct testbed *bed)
{
	const struct backing backing = {&bed->graph, bed->device};
	size_t size = 0;

	for (uint64_t at = 0, len; at < w->bytes; at += len) {
		uint64_t address;
		int rc = graph_backing_address(backing, at, &address, &len);

		if (rc < 0)
			return rc;
		if (w->n_pieces == size) {
			void *bigger;

			size = size ? 2 * size : 64;
			bigger = realloc(w->pieces, size * sizeof(*w->pieces));
			if (!bigger)
				return -ENOMEM;
			w->pieces = bigger;
		}
		if (len > w->bytes - at)
			len = w->bytes - at;
		w->pieces[w->n_pieces].address = address;
		w->pieces[w->n_pieces].len = len;
		w->pieces[w->n_pieces++].at = at;
	}
	return 0;
}

/* The page of the device as it is durable, and to be written to the image.  NULL: no memory, or it
 * cannot be read. */
static char *page_of(struct worst_image *w, uint64_t number)
{
	if (!w->pages[number]) {
		char *page = aligned_alloc(PAGE_BYTES, PAGE_BYTES);

		if (page && bio_read(w->node, number * PAGE_BYTES, page, PAGE_BYTES) < 0) {
			free(page);
			page = NULL;
		}
		w->pages[number] = page;
	}
	w->dirty[number] = true;
	return w->pages[number];
}

static int put(struct worst_image *w, uint64_t at, const char *bytes, uint64_t len)
{
	while (len) {
		uint64_t in_page = at % PAGE_BYTES, n = PAGE_BYTES - in_page;
		char *page = page_of(w, at / PAGE_BYTES);

		if (!page)
			return -ENOMEM;
		if (n > len)
			n = len;
		memcpy(page + in_page, bytes, n);
		at += n;
		bytes += n;
		len -= n;
	}
	return 0;
}

/* A record is durable: puts what is on the device into the image. */
static int apply(struct worst_image *w, const struct durable_record *r)
{
	uint64_t end = r->address + r->len_bytes;
	int rc = 0;

	for (size_t i = 0; i < w->n_pieces && !rc; i++) {
		uint64_t from = w->pieces[i].address, to = from + w->pieces[i].len;
		uint64_t a = r->address > from ? r->address : from, b = end < to ? end : to;

		if (a < b)
			rc = put(w, w->pieces[i].at + (a - from), r->bytes + (a - r->address),
				 b - a);
	}
	return rc;
}

/* ---- events ---------------------------------------------------------------------------------- */

static int fence(struct worst_image *w, bool by_process)
{
	size_t left = 0;
	int rc = 0;

	for (size_t i = 0; i < w->n_waiting; i++) {
		if (w->waiting[i]->by_process != by_process)
			w->waiting[left++] = w->waiting[i];
		else if (!rc)
			rc = apply(w, w->waiting[i]->record);
	}
	w->n_waiting = left;
	return rc;
}

int worst_image_add(struct worst_image *w, const struct worst_event *event)
{
	if (event->record->kind == DURABLE_FENCE)
		return fence(w, event->by_process);
	if (w->n_waiting == w->waiting_size) {
		size_t size = w->waiting_size ? 2 * w->waiting_size : 256;
		void *bigger = realloc(w->waiting, size * sizeof(*w->waiting));

		if (!bigger)
			return -ENOMEM;
		w->waiting = bigger;
		w->waiting_size = size;
	}
	w->waiting[w->n_waiting++] = event;
	return 0;
}

/* ---- devices --------------------------------------------------------------------------------- */

static int make_linear(struct check_env *env, const char *word, char name[64], uint64_t sectors,
		       const struct namespace *on, uint64_t at_mib)
{
	char table[128];
	int rc;

	snprintf(table, sizeof(table), "0 %" PRIu64 " linear %u:%u %" PRIu64, sectors, on->major,
		 on->minor, at_mib * MIB_SECTORS);
	check_name(env, word, name);
	rc = dm_device_create(name, table, 0);
	if (rc < 0)
		name[0] = '\0';
	return rc;
}

bool worst_image_open(struct check_env *env, struct worst_image *w, const struct testbed *bed)
{
	const struct graph_device *d = &bed->graph.devices[bed->device];
	bool dm = d->kind == GRAPH_DM;
	size_t pages;
	int rc;

	*w = (struct worst_image){.env = env};
	w->bytes = dm ? d->size_sectors * SECTOR_BYTES : testbed_fs_bytes(bed->spec.fs);
	pages = w->bytes / PAGE_BYTES + 1;
	w->pages = calloc(pages, sizeof(*w->pages));
	w->dirty = calloc(pages, sizeof(*w->dirty));
	rc = w->pages && w->dirty ? find_pieces(w, bed) : -ENOMEM;
	if (!check_own(env, rc, "the memory of %s", testbed_name(&bed->spec)))
		return false;
	rc = make_linear(env, "image", w->name, w->bytes / SECTOR_BYTES,
			 check_device(env, NAMESPACE_FSDAX, !dm), dm ? BEHIND_MIB : 0);
	if (!rc)
		rc = make_linear(env, "cow", w->cow, COW_SIZE_MIB * MIB_SECTORS,
				 check_device(env, NAMESPACE_FSDAX, 1), BEHIND_MIB);
	if (!check_setup(env, rc, "making the devices of the image (%s)", dm_last_error()))
		return false;
	dm_device_node(w->name, w->node);
	return check_setup(env, bio_copy(d->node, 0, w->node, 0, w->bytes), "copying %s", d->node);
}

static bool drop(struct worst_image *w, char name[64])
{
	int rc = name[0] ? dm_device_remove(name, 0) : 0;

	if (!rc)
		name[0] = '\0';
	return check_setup(w->env, rc, "removing %s (%s)", name, dm_last_error());
}

void worst_image_close(struct worst_image *w)
{
	drop(w, w->snapshot);
	drop(w, w->cow);
	drop(w, w->name);
	for (uint64_t i = 0; w->pages && i <= w->bytes / PAGE_BYTES; i++)
		free(w->pages[i]);
	free(w->pages);
	free(w->dirty);
	free(w->pieces);
	free(w->waiting);
	*w = (struct worst_image){.env = w->env};
}

bool worst_image_begin(struct worst_image *w)
{
	int fd = open(w->node, O_RDWR | O_DIRECT | O_CLOEXEC), rc = fd < 0 ? -errno : 0;
	char table[400], cow[128];

	for (uint64_t i = 0; i < w->bytes / PAGE_BYTES && !rc; i++) {
		if (!w->dirty[i])
			continue;
		rc = bio_write_fd(fd, i * PAGE_BYTES, w->pages[i], PAGE_BYTES);
		w->dirty[i] = false;
	}
	if (fd >= 0)
		close(fd);
	if (!check_setup(w->env, rc, "writing the image"))
		return false;
	snprintf(table, sizeof(table), "0 %" PRIu64 " snapshot %s %s N 8", w->bytes / SECTOR_BYTES,
		 w->node, dm_device_node(w->cow, cow));
	check_name(w->env, "snapshot", w->snapshot);
	rc = dm_device_create(w->snapshot, table, 0);
	if (rc < 0)
		w->snapshot[0] = '\0';
	else
		dm_device_node(w->snapshot, w->snapshot_node);
	return check_setup(w->env, rc, "a snapshot of the image (%s)", dm_last_error());
}

bool worst_image_end(struct worst_image *w)
{
	return drop(w, w->snapshot);
}
