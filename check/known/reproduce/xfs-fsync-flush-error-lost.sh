#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# fdatasync(2) of a file on xfs that has nothing to log flushes the device, and ignores the error:
# it returns 0.  The flush fails because of dm-flakey, of which the filesystem uses no block.
#
# Needs:   a block device of 500 MiB or more; dmsetup with dm-flakey, mkfs.xfs, xfs_io
# Usage:   xfs-fsync-flush-error-lost.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
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
table() { # SECONDS-UP SECONDS-DOWN, of the last segment
	printf '0 819200 linear %s 4096\n819200 2048 flakey %s 823296 %s 1 error_writes\n' "$dev" "$dev" "$*"
}

[ -b "$dev" ] || skip "no $dev"
table 3600 0 | dmsetup create repro || skip "no dm-flakey"
mkfs.xfs -q -f -d size=380m /dev/mapper/repro || skip "mkfs.xfs failed"
mount -t xfs /dev/mapper/repro "$dir" || skip "mount failed"
xfs_io -f -c "pwrite -q 0 4k" -c fsync "$dir/file" || skip "a file cannot be made"
table 0 3600 | dmsetup load repro || skip "dmsetup failed"
dmsetup suspend repro
dmsetup resume repro
why=$(xfs_io -c fsync /dev/mapper/repro 2>&1)
[ "$why" ] || skip "a flush of the device does not fail"
echo "fsync of the device: $why"
echo "expected: fdatasync of a file whose blocks are known fails, too"
why=$(xfs_io -c "pwrite -q 0 4k" -c fdatasync "$dir/file" 2>&1)
table 3600 0 | dmsetup load repro
dmsetup suspend --noflush --nolockfs repro
dmsetup resume repro
if [ "$why" ]; then
	echo "actual:   $why"
	exit 0
fi
echo "actual:   success"
exit 1
