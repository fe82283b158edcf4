#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A range of more than 512 sectors is put into the list of bad blocks in pieces, the last one first.
# The lookup is a binary search in ascending order: it does not find most of them, and sectors that
# are known to be bad are read.
#
# Needs:   a namespace of 64 MiB or more, in mode fsdax or raw; dd
# Usage:   badblocks-long-range-unsorted.sh [DEVICE]
#          (EVERYTHING ON IT IS LOST)
# Spoils:  the device keeps its bad blocks until its driver is bound again
# Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
set -u
dev=${1:-/dev/pmem0}
list=/sys/block/${dev##*/}/badblocks
skip() { # WHY
	echo "skipped:  $1"
	exit 77
}
good() { # SECTOR
	dd if="$dev" of=/dev/null bs=512 skip="$1" count=1 iflag=direct 2>/dev/null
}

[ -w "$list" ] || skip "no $list"
[ ! -s "$list" ] || [ -z "$(cat "$list")" ] || skip "$dev has bad blocks"
good 8192 || skip "$dev cannot be read"
echo "8192 4096" >"$list" || skip "$list cannot be written"
echo "expected: no sector of 8192 to 12287 can be read"
read=
for at in 8192 9000 10240 11000 12287; do
	if good "$at"; then read="$read $at"; fi
done
echo "the list: $(tr '\n' ',' <"$list")"
[ "$read" ] || { echo "actual:   none can be read"; exit 0; }
echo "actual:   these can be read:$read"
exit 1
