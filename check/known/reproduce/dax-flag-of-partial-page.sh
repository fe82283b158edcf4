#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A DM device whose size is not a multiple of a page reports DAX in sysfs, but a mount with
# dax=always is refused.
#
# Needs:   a DAX device of 80 MiB or more, such as qemu -append memmap=128M!512M;
#          dmsetup, mkfs.ext4
# Usage:   dax-flag-of-partial-page.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
	umount "$dir" 2>/dev/null
	dmsetup remove repro 2>/dev/null
	rmdir "$dir"
}
trap cleanup EXIT
skip() { # WHY
	echo "skipped:  $1"
	exit 77
}
verdict() { # STATUS WHAT
	echo "actual:   $2"
	exit "$1"
}

[ -b "$dev" ] || skip "no $dev"
dmsetup create repro --table "0 131073 linear $dev 4096" || skip "dmsetup failed"
disk=$(dmsetup info -c --noheadings -o blkdevname repro)
says=$(cat "/sys/block/$disk/queue/dax" 2>/dev/null) || skip "no queue/dax in sysfs"
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro 65536k || skip "mkfs.ext4 failed"
echo "expected: queue/dax is 1 and mount -o dax=always succeeds, or 0 and it is refused"
granted=0
if mount -t ext4 -o dax=always /dev/mapper/repro "$dir" 2>/dev/null; then granted=1; fi
what="queue/dax is $says, mount -o dax=always $([ $granted = 1 ] && echo succeeds || echo fails)"
[ "$says" != $granted ] || verdict 0 "$what"
verdict 1 "$what"
