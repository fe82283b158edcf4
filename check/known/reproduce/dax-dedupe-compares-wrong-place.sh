#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Deduplication of two DAX files with the same bytes reports that they differ: the second file is
# compared at the wrong offset.
#
# Needs:   a DAX device of 320 MiB or more, such as qemu -append memmap=512M!1G; mkfs.xfs
#          with reflink, xfs_io
# Usage:   dax-dedupe-compares-wrong-place.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
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
dd if=/dev/urandom of="$dir/a" bs=1M count=4 2>/dev/null
xfs_io -f -c "reflink $dir/a" "$dir/b" >/dev/null
# A block of its own for a page of the copy, with the same bytes: the copy has several extents.
dd if="$dir/a" of="$dir/b" bs=4k skip=517 seek=517 count=1 conv=notrunc 2>/dev/null
sync
echo "expected: two identical ranges are deduplicated"
why=$(xfs_io -c "dedupe $dir/a 2m 2m 2m" "$dir/b" 2>&1)
case $why in
*"deduped 2097152/2097152"*) verdict 0 "deduplicated" ;;
esac
verdict 1 "$(echo "$why" | head -n 1)"
