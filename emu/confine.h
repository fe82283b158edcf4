/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits what QEMU can do to this host if its guest controls it: it cannot start a program, each
 * file it writes has a maximum size, and if daxdm runs as root QEMU runs as nobody, who owns only
 * the files QEMU needs.  All functions are called in the child that becomes QEMU.
 */
#ifndef DAXDM_CONFINE_H
#define DAXDM_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/* Maximum size of a file that QEMU writes, such as the output of a serial line.  Further writes
 * fail, so a reader must check whether the file is full. */
#define CONFINE_FILE_BYTES (INT64_C(64) << 20)

/* The value of -sandbox. */
#define CONFINE_SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

/* Makes the user that QEMU will run as the owner of an open file.  Returns 0 or -errno. */
int confine_give(int fd);

/* The same for the file of that name in the working directory, which is created if it does not
 * exist.  Returns 0 or -errno. */
int confine_give_new(const char *name);

/*
 * Makes this process the leader of a new session: it has no controlling terminal, and Ctrl-C does
 * not reach it.  Sets FD_CLOEXEC on every descriptor but 0, 1 and 2.  Returns 0 or -errno.
 */
int confine_detach(void);

/* Sets the resource limits of this process and, if it is root, changes its user to nobody; kvm: it
 * can still open /dev/kvm.  In a user namespace without nobody the user does not change; it is not
 * root outside.  Returns 0 or -errno. */
int confine_self(bool kvm);

#endif
