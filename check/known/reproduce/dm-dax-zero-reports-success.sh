#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# After a table swap of a mounted device to a member without DAX, zeroing through DAX does nothing
# and reports success.
#
# Needs:   a DAX device of 600 MiB or more, and one of 64 MiB that is persistent memory
#          without DAX (a namespace in mode raw): an NVDIMM with two
#          namespaces by ndctl create-namespace -m fsdax and -m raw; dmsetup,
#          mkfs.xfs, xfs_io; the kernel may oops
# Usage:   dm-dax-zero-reports-success.sh [DEVICE [RAW-NAMESPACE]]  (EVERYTHING ON THEM IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0} dev2=${2:-/dev/pmem0.1}
dir=$(mktemp -d) || exit 77
cleanup() {
	exec 3>&-
	umount "$dir" 2>/dev/null
	dmsetup remove repro 2>/dev/null
	rm -f "/tmp/said$$"
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
dmsetup create repro --table "0 131072 linear $dev2 0" || skip "dmsetup failed"
dmsetup load repro --table "0 1146880 linear $dev 4096" || skip "a table with DAX is refused"
dmsetup suspend repro
dmsetup resume repro
mkfs.xfs -q -f -m reflink=0 /dev/mapper/repro || skip "mkfs.xfs failed"
mount -t xfs -o dax=always /dev/mapper/repro "$dir" 2>/dev/null || skip "no DAX after the second table"
mark="repro $$"
echo "$mark" >/dev/kmsg
echo "expected: zeroing over a member without DAX fails"
echo "the kernel dies here if it has the bug"
# Of a file that has a name, xfs frees the blocks past its end on each close.
exec 3<>"$dir/file"
file=/proc/$$/fd/3
rm "$dir/file"
xfs_io -c 'extsize 64k' -c 'pwrite -q 0 4k' -c fsync "$file" || skip "xfs_io failed"
extent=$(xfs_io -r -c fiemap "$file" | sed -n 's/.*\[0\.\.\([0-9]*\)\]: \([0-9]*\)\.\..*/\1 \2/p')
[ "${extent% *}" = 127 ] || skip "the file has no blocks past its end"
at=${extent#* }
# The blocks of the file go to the device without DAX.
printf '0 %s linear %s 4096\n%s 128 linear %s 0\n%s %s linear %s %s\n' "$at" "$dev" "$at" "$dev2" \
	$((at + 128)) $((1146880 - at - 128)) "$dev" $((4096 + at + 128)) | dmsetup load repro
dmsetup suspend --noflush --nolockfs repro
dmsetup resume repro
# Over blocks that the file already has: they are zeroed.
TERM=dumb xfs_io -c 'truncate 64k' "$file" >"/tmp/said$$" 2>&1
log=$(dmesg | sed "1,/$mark/d" | grep 'BUG:' | head -n 1)
if [ "$log" ]; then
	trap - EXIT # the filesystem is locked for ever
	skip "it oopses: dm-dax-zero-without-method"
fi
why=$(grep ftruncate "/tmp/said$$")
dmsetup suspend --noflush --nolockfs repro
dmsetup load repro --table "0 1146880 linear $dev 4096"
dmsetup resume repro
[ ! "$why" ] || verdict 0 "$why"
verdict 1 "success"
