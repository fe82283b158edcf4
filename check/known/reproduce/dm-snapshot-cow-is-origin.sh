#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A snapshot whose COW device is its origin is refused.  The kernel then puts a dm_dev that it has
# freed, and not the one that took its place: it complains about both.  LVM loads such a table when
# it reverts a failed lvcreate --snapshot.
#
# Needs:   a block device of 8 MiB or more, such as qemu -append memmap=128M!512M; dmsetup,
#          dm-snapshot
# Usage:   dm-snapshot-cow-is-origin.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
	dmsetup remove repro-snap 2>/dev/null
	dmsetup remove repro 2>/dev/null
	rm -f "$dir/before" "$dir/after"
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
modprobe dm-snapshot 2>/dev/null
dmsetup targets | grep -q '^snapshot ' || skip "no target snapshot"
dmsetup create repro --table "0 8192 linear $dev 0" || skip "dmsetup failed"
dmesg >"$dir/before"
echo "expected: the table is refused, and nothing is missing or too much"
dmsetup create repro-snap --table "0 8192 snapshot /dev/mapper/repro /dev/mapper/repro P 8" 2>/dev/null &&
	verdict 1 "the table was accepted"
dmesg >"$dir/after"
line=$(tail -n "+$(($(wc -l <"$dir/before") + 1))" "$dir/after" | grep -m 1 -E 'not in table devices list|dm_put_device call missing')
[ "$line" ] || verdict 0 "refused, without a complaint"
verdict 1 "$line"
