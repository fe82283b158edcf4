/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a QEMU may do to this host, should its guest take it over: it starts no program, writes so
 * much and no more, and where daxdm runs as root it is nobody, who owns only the files that are
 * given to it.  All of it is done in the child that becomes QEMU.
 */
#ifndef DAXDM_CONFINE_H
#define DAXDM_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/* Of each file it writes: what a guest says in all, on one serial line.  More cannot be written;
 * who reads the file must see that it is full. */
#define CONFINE_FILE_BYTES (INT64_C(64) << 20)

/* The value of -sandbox. */
#define CONFINE_SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

/* Gives an open file to whom QEMU will be.  Returns 0 or -errno. */
int confine_give(int fd);

/* Makes an empty file of that name in the working directory, if there is none, and gives it.
 * Returns 0 or -errno. */
int confine_give_new(const char *name);

/*
 * Makes this process the leader of a new session, so that it has no controlling terminal and no
 * Ctrl-C reaches it, and marks every descriptor but 0, 1 and 2 to be closed by execve(2).  Returns
 * 0 or -errno.
 */
int confine_detach(void);

/* Bounds this process, and makes it nobody if it is root; kvm: it may still open /dev/kvm.  In a
 * user namespace where there is no nobody it stays what it is, which is no root outside.  Returns 0
 * or -errno. */
int confine_self(bool kvm);

#endif
