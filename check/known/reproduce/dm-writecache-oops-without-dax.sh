#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Creating a writecache of mode p on a cache device that is not DAX oopses: writecache_ctr() asks
# whether the DAX device is synchronous before it looks whether there is one.
#
# Needs:   two block devices without DAX, such as those of brd (made if there are none);
#          CONFIG_DM_WRITECACHE; dmsetup; the kernel may oops
# Usage:   dm-writecache-oops-without-dax.sh [DEVICE [DEVICE2]]  (EVERYTHING ON THEM IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/ram0} dev2=${2:-/dev/ram1}
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

[ $# -gt 0 ] || modprobe brd rd_nr=2 rd_size=65536 2>/dev/null
if [ ! -b "$dev" ] || [ ! -b "$dev2" ]; then skip "no $dev and $dev2"; fi
modprobe dm-writecache 2>/dev/null
dmsetup targets | grep -q '^writecache' || skip "no writecache target"
mark="repro $$"
echo "$mark" >/dev/kmsg
echo "expected: the table is refused, without an oops"
echo "the kernel dies here if it has the bug"
dmsetup create repro --table "0 65536 writecache p $dev $dev2 4096 0" &
sleep 5
log=$(dmesg | sed "1,/$mark/d" | grep 'BUG:' | head -n 1)
[ "$log" ] || verdict 0 "no oops"
trap - EXIT # dmsetup does not end any more
verdict 1 "$log"
