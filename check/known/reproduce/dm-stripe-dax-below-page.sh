#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A striped device with chunks of less than a page is granted DAX and mounted with it; every DAX
# access then fails with EIO.
#
# Needs:   two DAX devices of 32 MiB or more, such as qemu -append "memmap=128M!512M
#          memmap=128M!640M"; dmsetup, mkfs.ext4
# Usage:   dm-stripe-dax-below-page.sh [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
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
dmsetup create repro --table "0 65536 striped 2 4 $dev 4096 $dev2 4096" || skip "dmsetup failed"
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro || skip "mkfs.ext4 failed"
echo "expected: mount -o dax=always is refused, or a file can be written"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir" 2>/dev/null || verdict 0 "refused"
if echo x 2>/dev/null >"$dir/file"; then verdict 0 "written"; fi
verdict 1 "mounted; write fails"
