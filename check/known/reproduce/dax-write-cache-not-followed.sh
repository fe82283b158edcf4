#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A DM device copies dax/write_cache of its members when its table is loaded: if the attribute is
# set to 1 afterwards, fsync through device-mapper writes back no cache lines.
#
# Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M;
#          CONFIG_KPROBE_EVENTS; dmsetup, mkfs.ext4, xfs_io
# Usage:   dax-write-cache-not-followed.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
	echo -:repro 2>/dev/null >>/sys/kernel/tracing/kprobe_events
	[ ! "${old-}" ] || echo "$old" >"$attribute"
	umount "$dir" 2>/dev/null
	dmsetup remove repro 2>/dev/null
	n=0
	while [ "$n" -lt 32 ]; do
		dmsetup remove "repro-hold$n" 2>/dev/null
		n=$((n + 1))
	done
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
trace=/sys/kernel/tracing
[ -e $trace/kprobe_events ] || mount -t tracefs none $trace 2>/dev/null
echo 'p:repro arch_wb_cache_pmem' 2>/dev/null >>$trace/kprobe_events || skip "no kprobe at arch_wb_cache_pmem"
# How often a command has cache lines written back.
count() { # COMMAND...
	echo >$trace/trace
	echo 1 >$trace/events/kprobes/repro/enable
	"$@"
	echo 0 >$trace/events/kprobes/repro/enable
	grep -c 'repro:' $trace/trace
}

attribute=/sys/block/${dev##*/}/dax/write_cache
old=$(cat "$attribute") || skip "no $attribute"
echo 0 >"$attribute"
# A new dax_device may inherit the flags of a removed one: these take what is free.
n=0
while [ "$n" -lt 32 ]; do
	dmsetup create "repro-hold$n" --notable
	n=$((n + 1))
done
dmsetup create repro --table "0 131072 linear $dev 0" || skip "dmsetup failed"
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro || skip "mkfs.ext4 failed"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir" || skip "mount -o dax=always failed"
for n in 0 1; do xfs_io -f -c 'pwrite -q 0 64k' -c fsync "$dir/file$n"; done
store() { xfs_io -c 'mmap -rw 0 64k' -c 'mwrite 0 64k' -c fsync "$dir/file$1"; }
n=$(count store 0)
[ "$n" = 0 ] || skip "the new device inherited a write cache (dax-flags-inherited): reboot"
echo 1 >"$attribute"
n=$(count store 1)
echo "expected: fsync after stores to 16 pages writes back their cache lines (arch_wb_cache_pmem())"
[ "$n" = 0 ] || verdict 0 "called $n times"
verdict 1 "called 0 times"
