// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bio/uring.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A completion that polling did not find within this time is lost. */
enum { POLL_LIMIT_S = 2 };

int uring_start(struct uring *u, unsigned int depth, int fd, char *buffer, size_t buffer_bytes,
		bool registered, bool polled)
{
	struct iovec memory = {buffer, buffer_bytes};
	int rc;

	*u = (struct uring){.fd = fd, .buffer = buffer, .registered = registered};
	rc = io_uring_queue_init(depth, &u->ring, polled ? IORING_SETUP_IOPOLL : 0);
	if (rc < 0)
		return rc;
	u->started = true;
	if (!registered)
		return 0;
	rc = io_uring_register_buffers(&u->ring, &memory, 1);
	return rc < 0 ? rc : io_uring_register_files(&u->ring, &fd, 1);
}

void uring_stop(struct uring *u)
{
	/* The end of a ring is not waited for, and would hold the file meanwhile. */
	if (u->started && u->registered) {
		io_uring_unregister_files(&u->ring);
		io_uring_unregister_buffers(&u->ring);
	}
	if (u->started)
		io_uring_queue_exit(&u->ring);
	u->started = false;
}

static void prepare(struct uring *u, bool write, uint64_t offset, char *memory, uint32_t len)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	if (u->registered && write)
		io_uring_prep_write_fixed(sqe, 0, memory, len, offset, 0);
	else if (u->registered)
		io_uring_prep_read_fixed(sqe, 0, memory, len, offset, 0);
	else if (write)
		io_uring_prep_write(sqe, u->fd, memory, len, offset);
	else
		io_uring_prep_read(sqe, u->fd, memory, len, offset);
	if (u->registered)
		sqe->flags |= IOSQE_FIXED_FILE;
}

int64_t uring_batch(struct uring *u, bool write, const uint64_t *offsets, unsigned int n,
		    uint32_t len)
{
	int64_t moved = 0;
	int rc;

	for (unsigned int i = 0; i < n; i++)
		prepare(u, write, offsets[i], u->buffer + (size_t)i * len, len);
	rc = io_uring_submit_and_wait(&u->ring, n);
	if (rc < 0)
		return rc;
	for (unsigned int i = 0; i < n; i++) {
		struct io_uring_cqe *cqe;

		rc = io_uring_wait_cqe(&u->ring, &cqe);
		if (rc < 0)
			return rc;
		if (cqe->res < 0 && moved >= 0)
			moved = cqe->res;
		else if (moved >= 0)
			moved += cqe->res;
		io_uring_cqe_seen(&u->ring, cqe);
	}
	return moved;
}

static int poll_once(int fd, uint64_t offset, uint32_t len)
{
	char *buffer = aligned_alloc(4096, len);
	struct uring u;
	int64_t done;
	int rc = buffer ? uring_start(&u, 1, fd, buffer, len, false, true) : -ENOMEM;

	if (rc < 0)
		return rc;
	done = uring_batch(&u, false, &offset, 1, len);
	return done == len ? 0 : done < 0 ? (int)done : -EIO;
}

int uring_poll_works(int fd, uint64_t offset, uint32_t len)
{
	const struct itimerval limit = {.it_value.tv_sec = POLL_LIMIT_S};
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		signal(SIGALRM, SIG_DFL);
		setitimer(ITIMER_REAL, &limit, NULL);
		_exit(-poll_once(fd, offset, len));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ETIMEDOUT;
}
