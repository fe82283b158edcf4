#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A table with a segment boundary within a page, whose segments have other offsets within a page
# than the device, is granted DAX; accesses to the page on the boundary then fail.
#
# Needs:   two DAX devices of 16 MiB or more, such as qemu -append "memmap=128M!512M
#          memmap=128M!640M"; dmsetup, mkfs.ext4
# Usage:   dm-dax-border-within-page.sh [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0} dev2=${2:-/dev/pmem1}
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

if [ ! -b "$dev" ] || [ ! -b "$dev2" ]; then skip "no $dev and $dev2"; fi
printf '0 4099 linear %s 0\n4099 4093 linear %s 4099\n' "$dev" "$dev2" | dmsetup create repro || skip "dmsetup failed"
mkfs.ext4 -q -F -b 4096 -O ^has_journal /dev/mapper/repro || skip "mkfs.ext4 failed"
echo "expected: mount -o dax=always is refused, or the filesystem can be filled until it is full"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir" 2>/dev/null || verdict 0 "refused"
why=$(LC_ALL=C dd if=/dev/zero of="$dir/file" bs=4k 2>&1 | grep -o 'No space left on device\|Input/output error' | head -n 1)
[ "$why" != "No space left on device" ] || verdict 0 "$why"
verdict 1 "mounted; write: $why"
