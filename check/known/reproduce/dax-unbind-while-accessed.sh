#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Unbinding the pmem driver while a file is read oopses in the driver: dax_direct_access() has
# found the device alive, kill_dax() clears the flag, and dax_get_private(), which looks at the
# same flag once more, gives the driver NULL.
#
# The time between the two looks is some nanoseconds.  Probes on the function between them make it
# long; they only take time.
#
# Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M; two processors;
#          CONFIG_KPROBE_EVENTS; mkfs.ext4
# Usage:   dax-unbind-while-accessed.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
# Spoils:  a kernel with the bug has a process that cannot be killed, and a driver half unbound
set -u
dev=${1:-/dev/pmem0}
rounds=20
probes=32
dir=$(mktemp -d) || exit 77
status=$(mktemp -d) || exit 77
trace=/sys/kernel/tracing
cleanup() {
	echo 0 2>/dev/null >"$trace/events/repro/enable"
	n=0
	while [ "$n" -lt "$probes" ]; do
		echo "-:repro/slow$n" 2>/dev/null >>"$trace/kprobe_events"
		n=$((n + 1))
	done
	umount "$dir" 2>/dev/null
	rmdir "$dir" 2>/dev/null
	rm -rf "$status"
}
trap cleanup EXIT
skip() { # WHY
	echo "skipped:  $1"
	exit 77
}

[ -b "$dev" ] || skip "no $dev"
[ "$(grep -c ^processor /proc/cpuinfo)" -gt 1 ] || skip "one processor"
driver=/sys/bus/nd/drivers/nd_pmem
region=$(basename "$(readlink -f "/sys/class/block/${dev##*/}/device")")
[ -e "$driver/$region" ] || skip "$dev is not of the driver nd_pmem"
[ -e $trace/kprobe_events ] || mount -t tracefs none $trace 2>/dev/null
n=0
while [ "$n" -lt "$probes" ]; do
	echo "p:repro/slow$n pmem_dax_direct_access" 2>/dev/null >>"$trace/kprobe_events" ||
		skip "no kprobe at pmem_dax_direct_access"
	n=$((n + 1))
done
echo 1 >"$trace/events/repro/enable" || skip "the kprobes cannot be switched on"

# Reads the file, page by page, until that fails.
reader() { # FILE-FOR-THE-STATUS FILE-WHEN-IT-HAS-READ
	s=0
	while [ "$s" = 0 ]; do
		dd if="$dir/file" of=/dev/null bs=4k 2>/dev/null
		s=$?
		echo >"$2"
	done
	echo "$s" >"$1"
}
mkfs.ext4 -q -F -b 4096 "$dev" 64m || skip "mkfs.ext4 failed"
mount -t ext4 -o dax=always "$dev" "$dir" || skip "mount -o dax=always failed"
dd if=/dev/zero of="$dir/file" bs=64k count=16 conv=fsync 2>/dev/null || skip "writing a file failed"
umount "$dir" || skip "umount failed"

echo "expected: after each of $rounds unbinds while two processes read, the readers get an error"
echo "the kernel dies here if it has the bug"
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	mount -t ext4 -o ro,dax=always "$dev" "$dir" || skip "mount failed in round $round"
	reader "$status/1" "$status/reads1" &
	reader "$status/2" "$status/reads2" &
	n=0
	until [ -e "$status/reads1" ] && [ -e "$status/reads2" ]; do
		n=$((n + 1))
		[ "$n" -lt 100 ] || skip "reading the file takes more than 10 s"
		sleep 0.1
	done
	(echo "$region" >$driver/unbind && echo >"$status/unbound") &
	n=0
	until [ -s "$status/1" ] && [ -s "$status/2" ] && [ -e "$status/unbound" ]; do
		n=$((n + 1))
		grep -qs '^137' "$status/1" "$status/2" && break # the unbind will not end
		[ "$n" -lt 200 ] || break
		sleep 0.1
	done
	for n in 1 2; do
		[ "$(cat "$status/$n" 2>/dev/null)" != 137 ] || {
			echo "actual:   the kernel killed a reader in round $round"
			exit 1
		}
	done
	[ -e "$status/unbound" ] || skip "the unbind did not end within 20 s in round $round"
	rm "$status"/*
	umount "$dir" || skip "umount failed after round $round"
	echo "$region" >$driver/bind || skip "the driver cannot be bound again after round $round"
	n=0
	until [ -b "$dev" ]; do
		n=$((n + 1))
		[ "$n" -lt 50 ] || skip "$dev did not come back"
		sleep 0.1
	done
done
echo "actual:   $rounds rounds without an oops"
exit 0
