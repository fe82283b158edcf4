#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# After fallocate(2) of any range of a DAX file, fsync(2) does not write back what was stored
# before through a mapping: dax_break_layout() deletes all entries of the DAX index, the dirty
# ones too.
#
# Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M;
#          CONFIG_KPROBE_EVENTS; mkfs.ext4, xfs_io
# Usage:   dax-dirty-pages-forgotten.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
	echo -:repro 2>/dev/null >>/sys/kernel/tracing/kprobe_events
	umount "$dir" 2>/dev/null
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

mkfs.ext4 -q -F -b 4096 "$dev" 64m || skip "mkfs.ext4 failed"
mount -t ext4 -o dax=always "$dev" "$dir" || skip "mount -o dax=always failed"
xfs_io -f -c 'pwrite -q 0 1m' -c fsync "$dir/file"
store() { xfs_io -c 'mmap -rw 0 64k' -c 'mwrite 0 64k' -c 'fpunch 512k 4k' -c fsync "$dir/file"; }
n=$(count store)
echo "expected: fsync after stores to 16 pages calls arch_wb_cache_pmem() 16 times, a hole was punched elsewhere"
[ "$n" -lt 16 ] || verdict 0 "$n times"
verdict 1 "$n times"
