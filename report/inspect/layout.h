/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a stack of devices is like for DAX: which 2 MiB windows a PMD can map, what prevents it, and
 * the traits by which entries of check/known name the layouts that a bug needs.
 */
#ifndef DAXDM_LAYOUT_H
#define DAXDM_LAYOUT_H

#include "lib/dev/graph_lsblk.h"
#include "lib/file/huge_causes.h"
#include "report/checks/known.h"

#include <stdio.h>

/* Of a layout; the names are the words of `layout` in check/known. */
enum layout_trait {
	LAYOUT_DM,
	LAYOUT_STACKED,		    /* a DM device over another one */
	LAYOUT_STRIPED,		    /* dm-stripe with several stripes */
	LAYOUT_STRIPES_ON_ONE,	    /* all stripes on one block device */
	LAYOUT_CHUNK_BELOW_PAGE,    /* a chunk is no multiple of a page */
	LAYOUT_OFFSET_IN_PAGE,	    /* a segment begins within a page of its member */
	LAYOUT_SEGMENT_END_IN_PAGE, /* a segment ends within a page, but for the last one */
	LAYOUT_SIZE_IN_PAGE,	    /* the device ends within a page */
	LAYOUT_PARTITION,
	LAYOUT_LOG_WRITES,
	LAYOUT_WRITECACHE,
	LAYOUT_N_TRAITS,
};

extern const char *const layout_trait_names[LAYOUT_N_TRAITS];

struct layout {
	struct backing of; /* borrowed */
	const char *name;  /* borrowed */
	uint64_t size_bytes;
	bool traits[LAYOUT_N_TRAITS];
	const char *not_direct; /* the target or device that allows no DAX; NULL: it is possible */
	const char *unknown;	/* a device whose table is not known (LAYOUT_UNKNOWN); NULL: none */
	unsigned int levels;	/* of DM devices, at most */
	/* Of windows of 2 MiB from its begin on; of large devices each stride-th one. */
	uint64_t windows, lost, stride;
	struct huge_causes causes;
};

/* The type of a target that stands for a table that is not known. */
#define LAYOUT_UNKNOWN GRAPH_LSBLK_UNKNOWN

/*
 * Looks at a device.  extents: of a file on it, whose windows are meant; NULL: the whole device.
 * max_sectors_kb: of huge_causes_add().  Pure.
 */
void layout_of(struct backing of, const char *name, const struct extents *extents,
	       uint64_t max_sectors_kb, struct layout *out);

/* The devices that hold its bytes: itself and those below, but no log of log-writes. */
void layout_used(const struct layout *layout, bool used[GRAPH_DEVICES_MAX]);

/* Whether the bug needs such a layout and this is one; false for bugs of any layout. */
bool layout_meets(const struct layout *layout, const struct known_bug *bug);

/* Draws it, and says what was found; kernel may be NULL: no bugs. */
void layout_print(const struct layout *layout, const struct known *known,
		  const struct kernel_version *kernel, FILE *out);

/* The same as data.  A new reference, or NULL without memory. */
json_t *layout_json(const struct layout *layout, const struct known *known,
		    const struct kernel_version *kernel);

#endif
