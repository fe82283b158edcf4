#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A DAX file on dm-log-writes cannot be extended: log_writes_dax_zero_page_range() passes on a
# number of bytes where a number of pages is expected.
#
# Needs:   two DAX devices of 600 MiB or more, such as qemu -m 3G -append "memmap=600M!1G
#          memmap=600M!1624M"; CONFIG_DM_LOG_WRITES; dmsetup, mkfs.xfs, xfs_io
# Usage:   dm-log-writes-cannot-zero.sh [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
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
modprobe dm-log-writes 2>/dev/null
dmsetup create repro --table "0 1146880 log-writes $dev $dev2" 2>/dev/null || skip "no log-writes target"
mkfs.xfs -q -f -m reflink=0 /dev/mapper/repro || skip "mkfs.xfs failed"
mount -t xfs -o dax=always /dev/mapper/repro "$dir" 2>/dev/null || skip "no DAX on dm-log-writes"
echo "expected: a file of 4 KiB with blocks for 64 KiB can be extended to 64 KiB"
why=$(xfs_io -f -c 'extsize 64k' -c 'pwrite -q 0 4k' -c fsync -c 'truncate 64k' "$dir/file" 2>&1)
[ "$why" ] || verdict 0 "extended"
verdict 1 "$why"
