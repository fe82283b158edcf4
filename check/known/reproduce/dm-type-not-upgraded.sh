#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A device whose first table has no DAX and whose second table has keeps its first table type: a
# third table without DAX is accepted while a file is mapped with DAX.  A device that had DAX from
# the start refuses it.
#
# Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M; a block
#          device without DAX (the second argument; a loop device is made if
#          there is none); dmsetup, mkfs.ext4
# Usage:   dm-type-not-upgraded.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
	umount "$dir/mnt" 2>/dev/null
	umount "$dir" 2>/dev/null
	dmsetup remove repro 2>/dev/null
	[ ! "${plain-}" ] || losetup -d "$plain"
	rm -f "$dir/image"
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
truncate -s 64M "$dir/image" 2>/dev/null || dd if=/dev/zero of="$dir/image" bs=1M count=64 2>/dev/null
modprobe loop 2>/dev/null
plain=$(losetup -f) || skip "no loop device"
losetup "$plain" "$dir/image" || skip "losetup failed"
dmsetup create repro --table "0 131072 linear $plain 0" || skip "dmsetup failed"
dmsetup load repro --table "0 131072 linear $dev 0" || skip "a table with DAX is refused"
dmsetup suspend repro
dmsetup resume repro
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro || skip "mkfs.ext4 failed"
mkdir "$dir/mnt"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir/mnt" 2>/dev/null || skip "no DAX after the second table"
echo "expected: the third table, without DAX, is refused while the filesystem is mounted with DAX"
dmsetup load repro --table "0 131072 linear $plain 0" 2>/dev/null || verdict 0 "refused"
dmsetup clear repro
verdict 1 "accepted"
