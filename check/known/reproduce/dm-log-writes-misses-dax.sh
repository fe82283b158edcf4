#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What write(2) writes to a DAX file on dm-log-writes is not in the log.
#
# Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M;
#          CONFIG_DM_LOG_WRITES, a loop device; dmsetup, mkfs.ext4
# Usage:   dm-log-writes-misses-dax.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
	umount "$dir/mnt" 2>/dev/null
	umount "$dir" 2>/dev/null
	dmsetup remove repro 2>/dev/null
	[ ! "${log-}" ] || losetup -d "$log"
	rm -f "$dir/log"
	rmdir "$dir/mnt" 2>/dev/null
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
modprobe dm-log-writes 2>/dev/null
modprobe loop 2>/dev/null
truncate -s 64M "$dir/log" 2>/dev/null || dd if=/dev/zero of="$dir/log" bs=1M count=64 2>/dev/null
log=$(losetup -f) || skip "no loop device"
losetup "$log" "$dir/log" || skip "losetup failed"
mkdir "$dir/mnt"
dmsetup create repro --table "0 131072 log-writes $dev $log" 2>/dev/null || skip "no log-writes target"
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro || skip "mkfs.ext4 failed"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir/mnt" 2>/dev/null || skip "no DAX on dm-log-writes"
yes 0123456789abcdef | dd of="$dir/mnt/file" bs=4k count=16 iflag=fullblock conv=fsync 2>/dev/null
dmsetup message repro 0 mark end
umount "$dir/mnt"
dmsetup remove repro
echo "expected: the log has the bytes that were written to the file"
if grep -q 0123456789abcdef "$log"; then verdict 0 "they are there"; fi
verdict 1 "they are not there"
