#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Of two xfs filesystems on partitions of one namespace only the first is mounted with DAX; the
# second one is mounted without DAX and without an error.
#
# Needs:   a DAX device of 640 MiB or more, such as qemu -m 2G -append memmap=700M!1G;
#          mkfs.xfs, xfs_io, addpart
# Usage:   xfs-one-dax-mount-per-namespace.sh [DEVICE]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
dir=$(mktemp -d) || exit 77
cleanup() {
	umount "$dir/1" "$dir/2" 2>/dev/null
	if [ "${parts-}" ]; then
		delpart "$dev" 1
		delpart "$dev" 2
	fi
	rmdir "$dir/1" "$dir/2" 2>/dev/null
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
parts=
for n in 1 2; do
	addpart "$dev" $n $(((n - 1) * 640000 + 4096)) 630784 || skip "addpart failed"
	parts=yes
	part=$dev$n
	[ -b "$part" ] || part=${dev}p$n
	mkfs.xfs -q -f -m reflink=0 "$part" || skip "mkfs.xfs failed"
	mkdir "$dir/$n"
	mount -t xfs -o dax=always,nouuid "$part" "$dir/$n" || skip "mount $n failed"
	echo x >"$dir/$n/file"
done
echo "expected: files on both have the attribute DAX (STATX_ATTR_DAX)"
dax() { # FILE
	if xfs_io -r -c 'statx -r' "$1" | sed -n 's/^stat.attributes = //p' | grep -q '^0x[0-9a-f]*2[0-9a-f]\{5\}$'; then echo yes; else echo no; fi
}
what="first: $(dax "$dir/1/file"), second: $(dax "$dir/2/file")"
[ "$what" != "first: yes, second: yes" ] || verdict 0 "$what"
[ "$what" != "first: no, second: no" ] || skip "no DAX on the first"
verdict 1 "$what"
