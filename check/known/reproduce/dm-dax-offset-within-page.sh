#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A dm-linear segment whose offset on its member is not a multiple of a page is granted DAX, and
# DAX then reads and writes other bytes than bios do.
#
# Needs:   a DAX device of 16 MiB or more, such as qemu -append memmap=128M!512M;
#          dmsetup, mkfs.ext4
# Usage:   dm-dax-offset-within-page.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
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
dmsetup create repro --table "0 16384 linear $dev 1" || skip "dmsetup failed"
mkfs.ext4 -q -F -b 4096 -O ^has_journal /dev/mapper/repro || skip "mkfs.ext4 failed"
echo "expected: mount -o dax=always is refused, or the file is the same with and without DAX"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir" 2>/dev/null || verdict 0 "refused"
dd if=/dev/urandom of="$dir/file" bs=4k count=64 conv=fsync 2>/dev/null
with=$(md5sum <"$dir/file")
umount "$dir"
mount -t ext4 -o ro /dev/mapper/repro "$dir" || skip "mount without DAX failed"
without=$(md5sum <"$dir/file")
[ "$with" != "$without" ] || verdict 0 "the same"
verdict 1 "mounted; MD5 of the file with DAX ${with%% *}, without DAX ${without%% *}"
