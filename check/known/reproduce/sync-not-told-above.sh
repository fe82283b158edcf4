#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A DM device reads the DAXDEV_SYNC of its members when its own table is loaded: after the device
# below was swapped to virtio-pmem, the upper device still grants MAP_SYNC.
#
# Needs:   an NVDIMM and a virtio-pmem device: qemu -m 1G,slots=2,maxmem=4G -M
#          q35,nvdimm=on -object memory-backend-ram,id=m0,size=512M -device
#          nvdimm,memdev=m0 -object memory-backend-ram,id=m1,size=256M -device
#          virtio-pmem-pci,memdev=m1; dmsetup, mkfs.ext4, xfs_io
# Usage:   sync-not-told-above.sh [NVDIMM [VIRTIO-PMEM]]  (EVERYTHING ON THEM IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0} virtio=${2:-/dev/pmem2}
dir=$(mktemp -d) || exit 77
cleanup() {
	umount "$dir" 2>/dev/null
	dmsetup remove repro 2>/dev/null
	dmsetup remove repro-low 2>/dev/null
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

if [ ! -b "$dev" ] || [ ! -b "$virtio" ]; then skip "no $dev and $virtio"; fi
[ ! "$(xfs_io -c fsync "$virtio" 2>&1)" ] || skip "a flush of $virtio fails: virtio-pmem-flush-fails"
dmsetup create repro-low --table "0 131072 linear $dev 0" || skip "dmsetup failed"
dmsetup create repro --table "0 131072 linear /dev/mapper/repro-low 0" || skip "dmsetup failed"
dmsetup load repro-low --table "0 131072 linear $virtio 0" || skip "the second table is refused"
dmsetup suspend repro-low
dmsetup resume repro-low
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro || skip "mkfs.ext4 failed"
mount -t ext4 -o dax=always /dev/mapper/repro "$dir" || skip "mount -o dax=always failed"
xfs_io -f -c 'pwrite -q 0 4096' "$dir/file"
echo "expected: MAP_SYNC is refused on virtio-pmem"
if why=$(xfs_io -c 'mmap -S 0 4096' "$dir/file" 2>&1) && [ ! "$why" ]; then verdict 1 "granted"; fi
verdict 0 "$why"
