#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh inspect: what a layout means for DAX, from text.

load ../helpers

setup() {
	cd "$TOP" || return
	TEXT=$BATS_TEST_TMPDIR/tables
}

inspect() {
	run timeout 20 ./run.sh inspect --from-text "$@"
}

@test "tables: devices, memory, lost huge pages by cause and command, bugs of that kernel" {
	cat >"$TEXT" <<'EOF'
app: 0 1048576 linear /dev/pmem0 4096
app: 1048576 1048576 linear /dev/pmem1 2048
db: 0 8388608 striped 2 8 /dev/pmem0 2099200 /dev/pmem1 2099200
EOF
	inspect --kernel 6.18 "$TEXT"
	expect 0 "app: 1 GiB, DAX is possible" "    512 MiB .. 1 GiB  linear: /dev/pmem1 + 1 MiB" \
		"Huge pages: 256 of 512 windows of 2 MiB" \
		'256 lost to segments that begin past a multiple of 2 MiB on the namespace: `pvcreate --dataalignment 2m`' \
		"    0 B .. 4 GiB  striped, 2 stripes, chunk 4 KiB: /dev/pmem0 + 1.00 GiB" "Huge pages: 0 of 2,048 windows" \
		'2,048 lost to chunks of dm-stripe that are no multiple of 2 MiB: `lvcreate -I 2m`' \
		"Known bugs of Linux 6.18 that need such a layout" "critical  corruption  dm-dax-store-after-unbind: "
	# The worst first, and not the bug of stripes on one device.
	[[ $output != *dm-stripe-commit-not-mapped* ]]
	[[ $(grep -oE '^  (critical|serious|minor) ' <<<"$output" | head -n 4 | uniq | xargs) == critical* ]]
}

@test "a bug of a layout is met by that layout and on that kernel only" {
	echo "0 8388608 striped 2 4096 /dev/pmem0 0 /dev/pmem0 8388608" >"$TEXT"
	inspect --kernel 6.18 "$TEXT"
	expect 0 "dm-stripe-commit-not-mapped" "2,048 of 2,048 windows"
	inspect --kernel 6.12 "$TEXT"
	expect 0
	[[ $output != *dm-stripe-commit-not-mapped* ]]
	echo "0 8388608 striped 2 4096 /dev/pmem0 0 /dev/pmem1 0" >"$TEXT"
	inspect --json --kernel 6.18 "$TEXT"
	expect 0
	[[ $(jq -c '.[0] | .windows, .lost, .traits' <<<"$output" | xargs) == "2048 0 [dm,striped]" ]]
	[[ $output != *dm-stripe-commit-not-mapped* ]]
}

@test "devices over devices, and what prevents DAX" {
	cat >"$TEXT" <<'EOF'
low: 0 16384 linear /dev/pmem0 0
low: 16384 16380 linear /dev/pmem0 20481
top: 0 32764 linear /dev/mapper/low 0
disk: 0 8192 linear /dev/sda1 0
EOF
	inspect --kernel 7.1 "$TEXT"
	expect 0 "top: 16.00 MiB, DAX has to be refused: a segment or a chunk splits a page" "  low  16.00 MiB" "dm-dax-offset-within-page" \
		"disk: 4 MiB, no DAX: /dev/sda1 does not allow it" "No known bug of Linux 7.1 needs such a layout."
}

@test "what vgcfgbackup and lvs print, from stdin, too" {
	cat >"$TEXT" <<'EOF'
vg {
	extent_size = 8192
	physical_volumes { pv0 { device = "/dev/pmem0" dev_size = 62914560 pe_start = 384 pe_count = 7679 } }
	logical_volumes { data { segment_count = 1
		segment1 { start_extent = 0 extent_count = 2816 type = "striped" stripe_count = 1 stripes = [ "pv0", 3000 ] } } }
}
EOF
	run timeout 20 bash -c "./run.sh inspect --from-text --kernel 6.1 - <'$TEXT'"
	expect 0 "vg-data: 11 GiB, DAX is possible" "5,632 lost to segments that begin past"
	cat >"$TEXT" <<'EOF'
  LV   VG Attr       LSize  Layout  #Str Devices
  www  vg -wi-a----- 20.00g striped    2 /dev/pmem0(2560),/dev/pmem1(2560)
EOF
	inspect --kernel 6.1 "$TEXT"
	expect 0 "vg-www: 20 GiB" "chunk 64 KiB" "note: "
}

@test "what is no layout is refused in one line" {
	echo "hello" >"$TEXT"
	inspect "$TEXT"
	expect 64 "tables:1: field 1: expected START LENGTH TARGET"
	expect_short
	inspect /nowhere
	expect 64 "/nowhere"
	expect_short
	run timeout 20 ./run.sh inspect
	expect 64 "expected a file"
	expect_short
	inspect --kernel six "$TEXT"
	expect 64 "--kernel six: expected a version"
	expect_short
}
