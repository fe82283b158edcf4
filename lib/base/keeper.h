/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File descriptors that outlive the process which opened them: a part of the work
 * (lib/run/supervise.h) hands them over, its parent keeps them, and later parts inherit them.  The
 * parent maps nothing for it.
 *
 * Source: unix(7), SCM_RIGHTS.
 */
#ifndef DAXDM_KEEPER_H
#define DAXDM_KEEPER_H

enum { KEPT_FDS_MAX = 32 };

struct keeper {
	int receiver, sender; /* two ends of a socket; -1: none */
};

/* Closed when a program is executed, as all that is received. */
struct kept_fds {
	unsigned int n;
	int fds[KEPT_FDS_MAX];
};

/* Returns 0 or -errno; nothing can be handed over then, and the others are harmless. */
int keeper_open(struct keeper *keeper);
void keeper_close(struct keeper *keeper);

/* Hands over n open file descriptors, which stay open here; at most KEPT_FDS_MAX.  Returns 0 or
 * -errno. */
int keeper_send(const struct keeper *keeper, const int *fds, unsigned int n);

/* Of what was sent until now takes the last, in place of those kept before; nothing was sent: those
 * stay.  What cannot be had completely is not kept at all.  Never waits. */
void keeper_receive(const struct keeper *keeper, struct kept_fds *kept);

/* Closes them, and forgets them. */
void kept_fds_close(struct kept_fds *kept);

#endif
