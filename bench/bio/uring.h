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
	bool registered; /* buffer and file are registered */
	bool started;
};

/*
 * Starts a ring of depth entries on an open file.  registered: the buffer and the file are
 * registered with it; polled: completions are polled for (IORING_SETUP_IOPOLL).  fd and buffer are
 * borrowed.  Returns 0 or -errno; uring_stop() accepts a partly started ring.
 */
int uring_start(struct uring *u, unsigned int depth, int fd, char *buffer, size_t buffer_bytes,
		bool registered, bool polled);
void uring_stop(struct uring *u);

/*
 * Submits n operations of len bytes, one per offset, with one system call, and waits for all
 * completions.  Operation i uses the i-th len bytes of the buffer.  Returns the number of bytes
 * transferred, or the first -errno.
 */
int64_t uring_batch(struct uring *u, bool write, const uint64_t *offsets, unsigned int n,
		    uint32_t len);

/*
 * Whether a polled read of the file works.  Tried in a child process, because some kernels never
 * complete it.  Returns 0, -errno of the read (-EOPNOTSUPP: not on this device), or -ETIMEDOUT.
 */
int uring_poll_works(int fd, uint64_t offset, uint32_t len);

#endif
