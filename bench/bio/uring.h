/* SPDX-License-Identifier: GPL-2.0-only */
/* io_uring for benchmarks: one ring, one file, one buffer, batches of reads or writes. */
#ifndef DAXDM_URING_H
#define DAXDM_URING_H

#include <liburing.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uring {
	struct io_uring ring;
	int fd;
	char *buffer;
	bool registered; /* buffer and file are */
	bool started;
};

/*
 * Starts a ring of depth entries on an open file.  registered: the buffer and the file are
 * registered with it; polled: completions are polled for (IORING_SETUP_IOPOLL).  fd and buffer are
 * borrowed.  Returns 0 or -errno; uring_stop() takes a half-started one as well.
 */
int uring_start(struct uring *u, unsigned int depth, int fd, char *buffer, size_t buffer_bytes,
		bool registered, bool polled);
void uring_stop(struct uring *u);

/*
 * One batch: n operations of len bytes, one for each offset, submitted by one system call, their
 * memory side by side in the buffer; waits for all of them.  Returns the bytes that were moved, or
 * the first -errno.
 */
int64_t uring_batch(struct uring *u, bool write, const uint64_t *offsets, unsigned int n,
		    uint32_t len);

/*
 * Whether a polled read of that file works, found out in a process of its own, for some kernels
 * never complete it.  Returns 0, -errno of the read (-EOPNOTSUPP: not on this device), or
 * -ETIMEDOUT.
 */
int uring_poll_works(int fd, uint64_t offset, uint32_t len);

#endif
