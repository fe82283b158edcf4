#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Mapping a block of xfs that two files share warns, because page->mapping can hold one owner
# only.
#
# Needs:   a DAX device of 320 MiB or more, such as qemu -append memmap=512M!1G; mkfs.xfs
#          with reflink, xfs_io
# Spoils:  on 6.18 a later load from pages that were shared and are free again raises SIGBUS
# Usage:   dax-shared-block-warns.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
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
mark="repro $$"
mkfs.xfs -q -f -m reflink=1 -d su=2m,sw=1 "$dev" || skip "mkfs.xfs failed"
mount -t xfs -o dax=always "$dev" "$dir" 2>/dev/null || skip "no DAX on xfs with reflink"
echo "$mark" >/dev/kmsg
echo "expected: both files can be mapped, without a complaint of the kernel"
for n in 1 2 3 4; do
	xfs_io -f -c 'pwrite -q 0 4m' -c fsync "$dir/a$n"
	xfs_io -f -c "reflink $dir/a$n" "$dir/b$n" >/dev/null
	xfs_io -c 'mmap -r 0 4m' -c 'mread 0 4m' "$dir/a$n" >/dev/null
	xfs_io -c 'mmap -r 0 4m' -c 'mread 0 4m' "$dir/b$n" >/dev/null
	xfs_io -c 'mmap -rw 0 4m' -c 'mwrite 0 4m' "$dir/b$n" >/dev/null
	xfs_io -c 'mmap -rw 0 4m' -c 'mwrite 8k 4k' "$dir/a$n" >/dev/null
	rm "$dir/a$n"
done
log=$(dmesg | sed "1,/$mark/d" | grep -E 'BUG:|WARNING:' | head -n 1)
[ "$log" ] || verdict 0 "no complaint"
verdict 1 "$log"
