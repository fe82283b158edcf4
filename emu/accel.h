/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether KVM really boots a kernel: /dev/kvm may be there and a guest still never leave real mode.
 */
#ifndef DAXDM_ACCEL_H
#define DAXDM_ACCEL_H

#include "emu/guest.h"

/* Puts "7.2.22 (...)", QEMU's version, in text.  Returns 0, or -ENOENT after one error line. */
int qemu_version(char *text, size_t len);

/*
 * Boots the guest's kernel under KVM, bounded to 15 s, unless the answer is remembered for this
 * kernel, this QEMU and this host's kernel.  why gets a reason when it is false.
 */
bool kvm_boots(const struct guest *guest, char *why, size_t len);

/* Whether this QEMU has -sandbox; if not, a note says so the first time. */
bool qemu_has_sandbox(void);

#endif
