/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File descriptors that outlive the process which opened them.  A child (lib/run/supervise.h) sends
 * them to its parent, which keeps them open; later children inherit them.  The parent needs no
 * memory for it.
 *
 * Source: unix(7), SCM_RIGHTS.
 */
#ifndef DAXDM_FDSTORE_H
#define DAXDM_FDSTORE_H

enum { FDSTORE_MAX = 32 };

struct fdstore {
	int receiver, sender; /* the two ends of a socket pair; -1: none */
};

/* Received descriptors have FD_CLOEXEC. */
struct fdstore_fds {
	unsigned int n;
	int fds[FDSTORE_MAX];
};

/* Returns 0 or -errno.  After an error fdstore_send() fails; the other functions do nothing. */
int fdstore_open(struct fdstore *store);
void fdstore_close(struct fdstore *store);

/* Sends n open file descriptors, at most FDSTORE_MAX; they stay open in this process.  Returns 0 or
 * -errno. */
int fdstore_send(const struct fdstore *store, const int *fds, unsigned int n);

/* Drains the socket and keeps only the last set that is complete; closes the set kept before.  If
 * nothing was sent, the kept set stays.  Does not block. */
void fdstore_receive(const struct fdstore *store, struct fdstore_fds *kept);

/* Closes the descriptors and empties the set. */
void fdstore_fds_close(struct fdstore_fds *kept);

#endif
