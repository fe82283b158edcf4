/* SPDX-License-Identifier: GPL-2.0-only */
/* Which accelerator and options this QEMU has.  /dev/kvm alone does not show that KVM boots a kernel:
 * a guest may never leave real mode. */
#ifndef DAXDM_ACCEL_H
#define DAXDM_ACCEL_H

#include "emu/guest.h"

/* Puts "7.2.22 (...)", QEMU's version, in text.  Returns 0, or -ENOENT after one error line. */
int qemu_version(char *text, size_t len);

/*
 * Boots the guest's kernel under KVM for at most 15 s, unless build/kvm/ has the answer for this
 * kernel, this QEMU and this host's kernel.  If it returns false, why has the reason.
 */
bool kvm_boots(const struct guest *guest, char *why, size_t len);

/* Whether this QEMU has -sandbox; prints a note the first time if not. */
bool qemu_has_sandbox(void);

#endif
