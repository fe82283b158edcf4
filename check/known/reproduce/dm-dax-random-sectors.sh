#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tables that split pages are granted DAX: of three such tables each is mounted with DAX, and the
# first accesses fail or reach other bytes.
#
# Needs:   two DAX devices of 16 MiB or more, such as qemu -append "memmap=128M!512M
#          memmap=128M!640M"; dmsetup, mkfs.ext4
# Usage:   dm-dax-random-sectors.sh [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
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
echo "expected: mount -o dax=always is refused on each table"
bad=
for table in "0 16384 linear $dev 1" "0 4099 linear $dev 0;4099 4093 linear $dev2 4099" \
	"0 4048 striped 2 2 $dev 0 $dev2 0"; do
	echo "$table" | tr ';' '\n' | dmsetup create repro || skip "dmsetup failed"
	mkfs.ext4 -q -F -b 4096 -O ^has_journal /dev/mapper/repro || skip "mkfs.ext4 failed"
	if mount -t ext4 -o dax=always /dev/mapper/repro "$dir" 2>/dev/null; then
		bad="$bad [$table]"
		umount "$dir"
	fi
	dmsetup remove repro
done
[ "$bad" ] || verdict 0 "refused"
verdict 1 "mounted:$bad"
