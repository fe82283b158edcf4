#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A new dax_device inherits the flags of a removed one that used the same memory: MAP_SYNC is
# granted on a device that has only ever had virtio-pmem below it.
#
# Needs:   an NVDIMM and a virtio-pmem device: qemu -m 1G,slots=2,maxmem=4G -M
#          q35,nvdimm=on -object memory-backend-ram,id=m0,size=512M -device
#          nvdimm,memdev=m0 -object memory-backend-ram,id=m1,size=256M -device
#          virtio-pmem-pci,memdev=m1; dmsetup, mkfs.ext4, xfs_io
# Spoils:  removed DM devices leave their flags in the slab cache of dax_device
# Usage:   dax-flags-inherited.sh [NVDIMM [VIRTIO-PMEM]]  (EVERYTHING ON THEM IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0} virtio=${2:-/dev/pmem2}
dir=$(mktemp -d) || exit 77
cleanup() {
	umount "$dir" 2>/dev/null
	for n in ${all-}; do dmsetup remove "repro$n" 2>/dev/null; done
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
all="1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"
for n in $all; do dmsetup create "repro$n" --table "0 131072 linear $dev 0" || skip "dmsetup failed"; done
for n in $all; do dmsetup remove "repro$n"; done
sleep 1 # they are freed by RCU
for n in $all; do dmsetup create "repro$n" --table "0 131072 linear $virtio 0" || skip "dmsetup failed"; done
mkfs.ext4 -q -F -b 4096 /dev/mapper/repro1 || skip "mkfs.ext4 failed"
echo "expected: MAP_SYNC is refused on all devices, which are on virtio-pmem"
for n in $all; do
	mount -t ext4 -o dax=always "/dev/mapper/repro$n" "$dir" || skip "mount -o dax=always failed"
	xfs_io -f -c 'pwrite -q 0 4096' "$dir/file"
	if why=$(xfs_io -c 'mmap -S 0 4096' "$dir/file" 2>&1) && [ ! "$why" ]; then verdict 1 "granted on device $n"; fi
	umount "$dir"
done
verdict 0 "refused on all"
