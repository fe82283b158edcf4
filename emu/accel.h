/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether KVM boots a kernel on this host.  /dev/kvm alone does not show that KVM boots a kernel:
 * a guest may never leave real mode. */
#ifndef DAXDM_ACCEL_H
#define DAXDM_ACCEL_H

#include "emu/guest.h"

/*
 * Boots the guest's kernel under KVM for at most 15 s, unless build/kvm/ has the answer for this
 * kernel, this QEMU and this host's kernel.  If it returns false, why has the reason.
 */
bool accel_kvm_boots(const struct guest *guest, char *why, size_t len);

#endif
