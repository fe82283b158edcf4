#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# dm-stripe does not map a write with REQ_PREFLUSH and data (a commit of a journal) if all stripes
# are on one block device: it goes to the same sector of that device, outside the striped device.
#
# Needs:   a DAX device of 128 MiB or more, such as qemu -append memmap=256M!512M;
#          dmsetup, mkfs.ext4
# Usage:   dm-stripe-commit-not-mapped.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
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
dd if=/dev/zero of="$dev" bs=1M count=128 oflag=direct 2>/dev/null || skip "$dev is smaller than 128 MiB"
dmsetup create repro --table "0 98304 striped 1 4096 $dev 98304" || skip "dmsetup failed"
sum() { dd if="$dev" bs=1M count=48 iflag=direct 2>/dev/null | md5sum; }
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro || skip "mkfs.ext4 failed"
before=$(sum)
mount -t ext4 /dev/mapper/repro "$dir" || skip "mount failed"
touch "$dir/a"
sync
touch "$dir/b"
sync
umount "$dir"
echo "expected: the first 48 MiB of $dev, which are outside the striped device, do not change"
[ "$before" != "$(sum)" ] || verdict 0 "unchanged"
verdict 1 "overwritten"
