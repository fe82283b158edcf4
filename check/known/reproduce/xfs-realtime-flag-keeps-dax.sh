#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An empty DAX file of xfs may be moved to a realtime device without DAX.  It stays a DAX file, and
# every write to it fails.
#
# Needs:   a DAX device of 512 MiB or more, such as qemu -append memmap=640M!1G;
#          CONFIG_XFS_RT, CONFIG_BLK_DEV_LOOP; mkfs.xfs, xfs_io, losetup
# Usage:   xfs-realtime-flag-keeps-dax.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
loop=
cleanup() {
	umount "$dir/mnt" 2>/dev/null
	[ -z "$loop" ] || losetup -d "$loop"
	rm -f "$dir/realtime"
	rmdir "$dir/mnt" "$dir"
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
modprobe -q loop 2>/dev/null
mkdir "$dir/mnt"
dd if=/dev/zero of="$dir/realtime" bs=1M count=64 2>/dev/null
loop=$(losetup -f) || skip "no loop device"
losetup "$loop" "$dir/realtime" || skip "losetup failed"
mkfs.xfs -q -f -m reflink=0 -d size=400m -r "rtdev=$loop" "$dev" || skip "mkfs.xfs failed"
mount -t xfs -o "dax=always,rtdev=$loop" "$dev" "$dir/mnt" || skip "mount failed"
echo "expected: the flag is refused, or the file can be written"
xfs_io -f -c 'chattr +r' "$dir/mnt/file" 2>/dev/null
flags=$(xfs_io -c lsattr "$dir/mnt/file")
case ${flags%% *} in
*r*) ;;
*) verdict 0 "the flag is refused" ;;
esac
said=$(xfs_io -c 'pwrite -q 0 4k' "$dir/mnt/file" 2>&1)
[ -z "$said" ] || verdict 1 "the file has the flag; $said"
verdict 0 "the file can be written"
