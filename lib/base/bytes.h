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

/* 4096 as "4 KiB", 1074790400 as "1,025 MiB", 1610612736 as "1.50 GiB": in the largest unit, or in
 * the one below if it is whole only there.  By value, so that several fit one printf. */
struct bytes_text {
	char s[32];
};
struct bytes_text bytes_text(uint64_t bytes);

#endif
