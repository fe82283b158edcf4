#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A table with a boundary of stripes within a page is granted DAX, although each stripe begins at
# a page of its member; accesses to such a page then fail.
#
# Needs:   two DAX devices of 16 MiB or more, such as qemu -append "memmap=128M!512M
#          memmap=128M!640M"; dmsetup, mkfs.ext4
# Usage:   dm-dax-page-of-two-segments.sh [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
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
dmsetup create repro --table "0 8192 striped 2 4 $dev 0 $dev2 0" || skip "dmsetup failed"
mkfs.ext4 -q -F -b 4096 -O ^has_journal /dev/mapper/repro || skip "mkfs.ext4 failed"
echo "expected: mount -o dax=always is refused, or a file can be written"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir" 2>/dev/null || verdict 0 "refused"
if dd if=/dev/zero of="$dir/file" bs=4k count=16 2>/dev/null; then verdict 0 "written"; fi
verdict 1 "mounted; write fails"
