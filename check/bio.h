/* SPDX-License-Identifier: GPL-2.0-only */
/* The bio path: a block device with O_DIRECT, so that nothing is answered from the page cache. */
#ifndef DAXDM_BIO_H
#define DAXDM_BIO_H

#include <stddef.h>
#include <stdint.h>

/* Each opens the device anew.  Offset and length are multiples of the logical sector size, the
 * memory may be anywhere.  Returns 0 or -errno (-EIO also when fewer bytes came than asked for). */
int bio_read(const char *node, uint64_t offset_bytes, void *bytes, size_t len_bytes);
int bio_write(const char *node, uint64_t offset_bytes, const void *bytes, size_t len_bytes);

/* Copies from one device to another (or elsewhere on the same, not overlapping). */
int bio_copy(const char *from_node, uint64_t from_bytes, const char *to_node, uint64_t to_bytes,
	     uint64_t len_bytes);

/* bio_read() and bio_write() of an open file: one system call where len_bytes is at most
 * BIO_BUFFER_BYTES. */
enum { BIO_BUFFER_BYTES = 1 << 20 };
int bio_read_fd(int fd, uint64_t offset_bytes, void *bytes, size_t len_bytes);
int bio_write_fd(int fd, uint64_t offset_bytes, const void *bytes, size_t len_bytes);

#endif
