/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stack: what lies between filesystem and namespace.  This half is pure: spec -> layers -> table
 * lines -> table text, with no kernel and no root; lib/dev/dm.h turns tables into devices.
 *
 *   raw                      the namespace itself
 *   linear:16                one DM device of 16 dm-linear segments, laid out in order
 *   linear:16,shuffle        the same, the segments in another (fixed) order on the member
 *   linear:16,align=4k       the segments begin 4 KiB past a 2 MiB boundary of the member
 *   linear:8,over=2          segments alternate over two namespaces
 *   linear:8,start=1m,extent=4m    the first segment begins 1 MiB into the member, and all are
 *                            whole extents of 4 MiB long: what LVM makes, also called linear:8,lvm
 *   striped:4                one dm-stripe segment of 4 stripes, chunks of 2 MiB: the smallest
 *                            that a PMD can map.  They lie behind one another on one namespace
 *   striped:4,chunk=64k,over=2     stripes alternate over two namespaces; chunks too small for PMDs
 *   striped:2,over=2,lvm     LVM's: chunks of 64 KiB, stripes of whole extents, begun at 1 MiB
 *   linear:4/linear:1        depth 2; the leftmost layer is the one the filesystem sees
 */
#ifndef DAXDM_STACK_H
#define DAXDM_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STACK_DEPTH_MAX = 8,
	STACK_OVER_MAX = 8,
	STACK_SEGMENTS_MAX = 65536,
	STACK_STRIPES_MAX = 128, /* as LVM's */
	SECTOR_BYTES = 512,
	PAGE_BYTES = 4096,
	WINDOW_BYTES = 2 << 20, /* what one PMD maps */
	WINDOW_PAGES = WINDOW_BYTES / PAGE_BYTES,
};

/* Every stack of a run offers the same size: this, or what the smallest namespace has room for.
 * It has room for 1024 segments of 2 MiB. */
#define STACK_SPAN_MAX_BYTES (UINT64_C(2) << 30)

struct stack_layer {
	unsigned int segments; /* linear; of a striped layer 1 */
	unsigned int stripes;  /* 0: linear */
	unsigned int over;     /* members, at least 1; more than 1 in the lowest layer only */
	bool shuffle, lvm;
	uint64_t align_bytes;  /* WINDOW_BYTES unless the spec says otherwise */
	uint64_t start_bytes;  /* where each member's first segment begins; UINT64_MAX: by align */
	uint64_t extent_bytes; /* what lengths are multiples of; 0: by align or chunk */
	uint64_t chunk_bytes;  /* striped */
};

struct stack_spec {
	char text[96]; /* as the user wrote it */
	unsigned int depth;
	struct stack_layer layers[STACK_DEPTH_MAX]; /* [0] is the top; raw has none */
};

/*
 * One line of a table: dm-linear maps [start, start + len) to member at offset.  dm-stripe maps it
 * chunk by chunk to `stripes` ranges of len / stripes: the first of each member begins at offset,
 * the next one of that member follows it.
 */
struct segment {
	uint64_t start_sectors;
	uint64_t len_sectors;
	uint64_t offset_sectors;
	uint64_t chunk_sectors; /* striped */
	unsigned int member;	/* linear, or the only one */
	unsigned int stripes;	/* 0: linear */
	unsigned int over;	/* stripe i is on member i % over */
};

struct table {
	struct segment *segments;
	size_t n;
};

/*
 * Reads a spec.  Returns 0, or -EINVAL with one sentence in why (column included).
 */
int stack_parse(const char *text, struct stack_spec *out, char *why, size_t why_len);

/*
 * The bytes of each member that a layer needs to offer a device of size_bytes.
 * Returns 0, or -ENOSPC with a sentence in why if size_bytes has no room for so many segments.
 */
int stack_layer_need(const struct stack_layer *layer, uint64_t size_bytes, uint64_t *member_bytes,
		     char *why, size_t why_len);

/*
 * Lays out one layer for a device of size_bytes (a multiple of PAGE_BYTES).  Segments are as equal
 * as whole granules of 2 MiB allow.  What a striped layer cannot divide by its stripes is a second
 * segment behind, of one stripe.  Returns 0, -ENOSPC as stack_layer_need(), or -ENOMEM; free with
 * table_free().
 */
int stack_layer_table(const struct stack_layer *layer, uint64_t size_bytes, struct table *out);

/*
 * The text dmsetup(8) would take, one line per segment, members by name.  Returns a string to be
 * freed, or NULL without memory.  Source: linear.rst and striped.rst in
 * Documentation/admin-guide/device-mapper.
 */
char *table_text(const struct table *table, const char *const *members);

/* The segment that holds sector, found by bisection; NULL outside the table. */
const struct segment *table_find(const struct table *table, uint64_t sector);

/*
 * The member of a segment and the byte there, of a byte of the device that is in the segment;
 * *contiguous_bytes is made as short as what the segment keeps together.  Chunks end it even where
 * the next one follows: device-mapper splits there.
 * Source: linear_map_sector() of dm-linear.c, stripe_map_sector() of dm-stripe.c.
 */
unsigned int segment_resolve(const struct segment *s, uint64_t *byte, uint64_t *contiguous_bytes);

void table_free(struct table *table);

/* How many segments the device has that the filesystem sees; 0 for raw, 1 for striped. */
unsigned int stack_segments(const struct stack_spec *spec);

/* How many namespaces the stack stands on. */
unsigned int stack_members(const struct stack_spec *spec);

/* "4k", "2M", "1g", "512" -> bytes.  Returns 0 or -EINVAL. */
int parse_bytes(const char *text, size_t len, uint64_t *bytes);

#endif
