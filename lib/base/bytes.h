/* SPDX-License-Identifier: GPL-2.0-only */
/* The units of storage and memory on x86-64, and sizes as people write them. */
#ifndef DAXDM_BYTES_H
#define DAXDM_BYTES_H

#include <stddef.h>
#include <stdint.h>

enum {
	SECTOR_BYTES = 512,
	PAGE_BYTES = 4096,
	WINDOW_BYTES = 2 << 20, /* what one PMD maps */
	WINDOW_PAGES = WINDOW_BYTES / PAGE_BYTES,
};

/* "4k", "2M", "1g", "512" -> bytes.  Returns 0 or -EINVAL. */
int bytes_parse(const char *text, size_t len, uint64_t *bytes);

#endif
