/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contents that checks write: every 512-byte sector names its file, offset and generation in
 * every part, so that a wrong byte shows where it comes from.
 */
#ifndef DAXDM_STAMP_H
#define DAXDM_STAMP_H

#include <stddef.h>
#include <stdint.h>

/* Fills bytes[0..len) of the file's offset_bytes on (any alignment). */
void stamp_fill(void *bytes, size_t len, uint32_t file_id, uint64_t offset_bytes,
		uint32_t generation);

/*
 * Returns the index of the first byte that is not what stamp_fill() would write, or len if all are.
 * found (may be NULL, 160 bytes) gets the name in the sector of that byte: "file 1, offset
 * 8192, generation 2" (", damaged" if it is the right sector with wrong bytes), "zeroes", "no
 * stamp".
 */
size_t stamp_check(const void *bytes, size_t len, uint32_t file_id, uint64_t offset_bytes,
		   uint32_t generation, char *found);

#endif
