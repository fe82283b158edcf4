#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every flush of a virtio-pmem device fails: fsync, mkfs and mount on it end with EIO.
#
# Needs:   a virtio-pmem device: qemu -m 1G,slots=2,maxmem=4G -M q35,nvdimm=on -object
#          memory-backend-ram,id=m0,size=512M -device nvdimm,memdev=m0 -object
#          memory-backend-ram,id=m1,size=256M -device
#          virtio-pmem-pci,memdev=m1; xfs_io
# Usage:   virtio-pmem-flush-fails.sh [VIRTIO-PMEM]  (EVERYTHING ON IT IS LOST)
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem2}
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
echo "expected: fsync of $dev succeeds"
if why=$(xfs_io -c 'pwrite -q 0 4096' -c fsync "$dev" 2>&1) && [ ! "$why" ]; then verdict 0 "success"; fi
verdict 1 "$why"
