#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Zeroing through DAX calls the dax_zero_page_range method of the live target without a test that
# it exists: on an error target it warns, over a member without DAX it is a NULL pointer
# dereference.
#
# Needs:   a DAX device of 600 MiB or more, such as qemu -append memmap=1G!1G; dmsetup,
#          mkfs.xfs, xfs_io
# Usage:   dm-dax-zero-without-method.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
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
mark="repro $$"
dmsetup create repro --table "0 1146880 linear $dev 4096" || skip "dmsetup failed"
mkfs.xfs -q -f -m reflink=0 /dev/mapper/repro || skip "mkfs.xfs failed"
mount -t xfs -o dax=always /dev/mapper/repro "$dir" || skip "mount -o dax=always failed"

echo "$mark" >/dev/kmsg
echo "expected: zeroing fails on an error target, without a complaint of the kernel"
# The file stays open: xfs frees blocks past its end on close.
{
	echo extsize 64k
	echo pwrite -q 0 4k
	echo fsync
	sleep 3
	dmsetup load repro --table "0 1146880 error"
	dmsetup suspend --noflush --nolockfs repro
	dmsetup resume repro
	echo truncate 64k # over blocks that it already has: they are zeroed
} | xfs_io -f "$dir/file"
log=$(dmesg | sed "1,/$mark/d" | grep -E 'BUG:|WARNING:' | head -n 1)
dmsetup suspend --noflush --nolockfs repro
dmsetup load repro --table "0 1146880 linear $dev 4096"
dmsetup resume repro
[ "$log" ] || verdict 0 "no complaint"
verdict 1 "$log"
