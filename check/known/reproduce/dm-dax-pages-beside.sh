#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A device whose segment begins within a page of its member is granted DAX, and the DAX path uses
# the page before: a block written by DAX is not found there by bios of the same device.
#
# Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M;
#          dmsetup, mkfs.ext4, xfs_io
# Usage:   dm-dax-pages-beside.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
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
dmsetup create repro --table "0 65536 linear $dev 4097" || skip "dmsetup failed"
mkfs.ext4 -q -F -b 4096 -O ^has_journal /dev/mapper/repro || skip "mkfs.ext4 failed"
echo "expected: mount -o dax=always is refused, or bios read the block that was written by DAX"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir" 2>/dev/null || verdict 0 "refused"
dd if=/dev/urandom of="$dir/file" bs=4k count=256 conv=fsync 2>/dev/null
by_dax=$(dd if="$dir/file" bs=4k count=1 2>/dev/null | md5sum)
# The first sector of the file on the device; fiemap counts in 512-byte blocks.
sector=$(xfs_io -r -c fiemap "$dir/file" | sed -n 's/.*: \([0-9]*\)\.\..*/\1/p' | head -n 1)
[ "$sector" ] || skip "xfs_io -c fiemap failed"
umount "$dir"
by_bio=$(dd if=/dev/mapper/repro bs=512 skip="$sector" count=8 iflag=direct 2>/dev/null | md5sum)
[ "$by_bio" != "$by_dax" ] || verdict 0 "mounted, bios read what was written"
verdict 1 "mounted; bios read other bytes at sector $sector"
