// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/fdstore.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Buffer for the ancillary data of a message. */
union room {
	struct cmsghdr aligned;
	char bytes[CMSG_SPACE(FDSTORE_MAX * sizeof(int))];
};

int fdstore_open(struct fdstore *store)
{
	int ends[2];

	*store = (struct fdstore){-1, -1};
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	*store = (struct fdstore){.receiver = ends[0], .sender = ends[1]};
	return 0;
}

void fdstore_close(struct fdstore *store)
{
	if (store->receiver >= 0)
		close(store->receiver);
	if (store->sender >= 0)
		close(store->sender);
	*store = (struct fdstore){-1, -1};
}

int fdstore_send(const struct fdstore *store, const int *fds, unsigned int n)
{
	union room room = {0};
	struct iovec one = {.iov_base = "", .iov_len = 1};
	struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (n > FDSTORE_MAX)
		return -E2BIG;
	if (n) {
		message.msg_control = room.bytes;
		message.msg_controllen = CMSG_SPACE(n * sizeof(*fds));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(n * sizeof(*fds));
		memcpy(CMSG_DATA(header), fds, n * sizeof(*fds));
	}
	return sendmsg(store->sender, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Receives one message.  Returns whether there was one. */
static int receive_one(const struct fdstore *store, struct fdstore_fds *kept)
{
	char byte;
	union room room;
	struct iovec one = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &one,
				 .msg_iovlen = 1,
				 .msg_control = room.bytes,
				 .msg_controllen = sizeof(room.bytes)};
	struct cmsghdr *header;

	if (recvmsg(store->receiver, &message, MSG_CMSG_CLOEXEC) < 0)
		return 0;
	fdstore_fds_close(kept);
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		kept->n = (unsigned int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(*kept->fds));
		memcpy(kept->fds, CMSG_DATA(header), kept->n * sizeof(*kept->fds));
	}
	if (message.msg_flags & MSG_CTRUNC) /* RLIMIT_NOFILE is reached */
		fdstore_fds_close(kept);
	return 1;
}

void fdstore_receive(const struct fdstore *store, struct fdstore_fds *kept)
{
	while (receive_one(store, kept))
		;
}

void fdstore_fds_close(struct fdstore_fds *kept)
{
	for (unsigned int i = 0; i < kept->n; i++)
		close(kept->fds[i]);
	kept->n = 0;
}
