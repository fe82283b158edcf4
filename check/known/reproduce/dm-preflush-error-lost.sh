#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A journal commit is one bio with REQ_PREFLUSH and data.  If the flush of a member fails,
# device-mapper writes the data nevertheless and reports success: fsync(2) returns 0.  The member
# whose flush fails is dm-flakey, of which the filesystem uses no block.
#
# Needs:   a block device of 200 MiB or more; dmsetup with dm-flakey, mkfs.ext4, xfs_io
# Usage:   dm-preflush-error-lost.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
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
	printf '0 131072 linear %s 4096\n131072 2048 flakey %s 262144 %s 1 error_writes\n' "$dev" "$dev" "$*"
}

[ -b "$dev" ] || skip "no $dev"
table 3600 0 | dmsetup create repro || skip "no dm-flakey"
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro 64M || skip "mkfs.ext4 failed"
mount -t ext4 /dev/mapper/repro "$dir" || skip "mount failed"
table 0 3600 | dmsetup load repro || skip "dmsetup failed"
dmsetup suspend repro
dmsetup resume repro
why=$(xfs_io -c fsync /dev/mapper/repro 2>&1)
[ "$why" ] || skip "a flush of the device does not fail"
echo "fsync of the device: $why"
echo "expected: fsync of a new file, which commits the journal, fails, too"
why=$(xfs_io -f -c "pwrite -q 0 4k" -c fsync "$dir/file" 2>&1)
table 3600 0 | dmsetup load repro
dmsetup suspend --noflush --nolockfs repro
dmsetup resume repro
if [ "$why" ]; then
	echo "actual:   $why"
	exit 0
fi
echo "actual:   success"
exit 1
