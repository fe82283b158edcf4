#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# write(2) to a block of a mapped DAX file that another file shares puts the bytes into a new
# block, but the mapping keeps the old one.
#
# Needs:   a DAX device of 320 MiB or more, such as qemu -append memmap=512M!1G; mkfs.xfs
#          with reflink, xfs_io
# Usage:   dax-cow-write-leaves-mapping.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
	umount "$dir" 2>/dev/null
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
mkfs.xfs -q -f -m reflink=1 "$dev" || skip "mkfs.xfs failed"
mount -t xfs -o dax=always "$dev" "$dir" 2>/dev/null || skip "no DAX on xfs with reflink"
xfs_io -f -c 'pwrite -q -S 0x61 0 64k' -c fsync "$dir/a"
xfs_io -f -c "reflink $dir/a" "$dir/b" >/dev/null || skip "reflink failed"
echo "expected: the mapping shows the byte 62, which write(2) wrote"
byte=$(xfs_io -c 'mmap -r 0 64k' -c 'mread 12k 1' -c 'pwrite -q -S 0x62 12k 4k' -c 'mread -v 12k 8' "$dir/a" |
	sed -n 's/^0*3000: *\([0-9a-f][0-9a-f]\).*/\1/p' | tail -n 1)
[ "$byte" ] || skip "xfs_io -c 'mread -v' printed no byte"
[ "$byte" != 62 ] || verdict 0 "$byte"
verdict 1 "$byte"
