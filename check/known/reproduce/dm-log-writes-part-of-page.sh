#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What write(2) writes to a part of a page of a DAX file is logged as if it were at the begin of
# the page: log_writes_dax_copy_from_iter() computes the sector from the page alone.
#
# Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M;
#          CONFIG_DM_LOG_WRITES, a loop device; dmsetup, mkfs.ext4
# Usage:   dm-log-writes-part-of-page.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
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
yes AAAAAAA | dd of="$dir/mnt/file" bs=4k count=1 iflag=fullblock conv=fsync 2>/dev/null
yes BBBBBBB | dd of="$dir/mnt/file" bs=512 seek=3 count=1 iflag=fullblock conv=notrunc,fsync 2>/dev/null
dmsetup message repro 0 mark end
umount "$dir/mnt"
dmsetup remove repro
# Each entry of the log is a header, which begins with its sector, and then its data, in units of 512 bytes.
sector() { # FIRST BYTE IN HEX: of the first entry whose data begins with seven of it
	n=$(dd if="$log" bs=512 count=16384 2>/dev/null | od -An -v -tx1 |
		awk -v seven=" $1 $1 $1 $1 $1 $1 $1 0a" 'NR % 32 == 1 && index($0, seven) == 1 { print (NR - 1) / 32; exit }')
	[ ! "$n" ] || dd if="$log" bs=512 skip=$((n - 1)) count=1 2>/dev/null | od -An -tu4 -N4 | tr -d ' '
}
page=$(sector 41)
part=$(sector 42)
if [ ! "$page" ] || [ ! "$part" ]; then skip "they are not in the log: dm-log-writes-misses-dax"; fi
echo "expected: bytes at offset 1536 of the page at sector $page are logged at sector $((page + 3))"
[ "$part" != $((page + 3)) ] || verdict 0 "at sector $part"
verdict 1 "at sector $part"
