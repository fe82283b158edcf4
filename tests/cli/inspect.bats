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
		"    0 B .. 4 GiB  striped, 2 stripes, chunk 4 KiB: /dev/pmem0 + 1,025 MiB" "Huge pages: 0 of 2,048 windows" \
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
	expect 0 "top: 16,382 KiB, DAX has to be refused: a segment or a chunk splits a page" "  low  16,382 KiB" "dm-dax-offset-within-page" \
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

@test "what a fault costs, by a published run of that kernel, or that there is none" {
	echo "data: 0 4194304 linear /dev/pmem0 0" >"$TEXT"
	inspect --kernel 6.1 "$TEXT"
	expect 0 "modelled on 7 stacks of the published run linux-6.1.0-56-insn (Linux 6.1.192-" \
		"  ext4: warm 4 KiB read fault 4,35" ": 4,195 on raw, device-mapper adds 16" "  xfs: warm 2 MiB read fault "
	inspect --json --kernel 6.1 "$TEXT"
	expect 0
	jq -e '.[0].cost | .unit == "insn" and .run == "linux-6.1.0-56-insn" and
		(.faults[] | select(.metric == "fault.read.warm.pte" and .fs == "ext4") |
		.raw == 4195 and .dm_least == .dm_most and .dm_least > 150 and .dm_least < 180)' <<<"$output"
	inspect --kernel 6.5 "$TEXT"
	expect 0 "Cost of a fault: no published run like this (none of Linux 6.5)"
	echo "data: 0 4194304 linear /dev/sda 0" >"$TEXT"
	inspect --kernel 6.1 "$TEXT"
	expect 0
	[[ $output != *"Cost of a fault"* ]]
}

@test "lsblk: the devices over persistent memory; with tables it names their numbers" {
	cat >"$TEXT.json" <<'EOF'
{ "blockdevices": [
	{"name": "sda", "maj:min": "8:0", "size": "10G", "type": "disk"},
	{"name": "pmem0", "maj:min": "259:0", "size": "638M", "type": "disk", "children": [
		{"name": "vg-data", "maj:min": "253:0", "size": "1G", "type": "lvm"},
		{"name": "secret", "maj:min": "253:1", "size": "100M", "type": "crypt"}]},
	{"name": "pmem1", "maj:min": "259:1", "size": "638M", "type": "disk", "children": [
		{"name": "vg-data", "maj:min": "253:0", "size": "1G", "type": "lvm"}]},
	{"name": "pmem2", "maj:min": "259:2", "size": "64M", "type": "disk", "children": [
		{"name": "pmem2p1", "maj:min": "259:5", "size": "60M", "type": "part", "start": 34}]}] }
EOF
	inspect --kernel 6.1 "$TEXT.json"
	expect 0 "vg-data: 1 GiB, DAX depends on the table of vg-data" "table not in the text; on /dev/pmem0, /dev/pmem1" \
		"secret: 100 MiB, no DAX: crypt does not allow it" "/dev/pmem2p1: 60 MiB, DAX is possible" \
		"30 lost to a partition that begins past a multiple of 2 MiB"
	[[ $output != *sda* ]]
	echo "vg-data: 0 4194304 linear 259:1 4096" >"$TEXT"
	inspect --json --kernel 6.1 "$TEXT" "$TEXT.json"
	expect 0
	[[ $(jq -r '.[] | .device, .devices[0].targets[0].members[0].device' <<<"$output" | xargs) == "vg-data /dev/pmem1" ]]
	echo '{"blockdevices": [{"name": "sda", "type": "disk"}]}' >"$TEXT.json"
	inspect "$TEXT.json"
	expect 64 "lsblk shows no persistent memory"
	expect_short
	echo '{"blockdevices": [' >"$TEXT.json"
	inspect "$TEXT.json"
	expect 64 "not JSON of lsblk: "
	expect_short
}

@test "pvs: alone what its volumes lose, before lvs where extents begin" {
	cat >"$TEXT" <<'EOF'
  PV         VG Fmt  Attr PSize   PFree   1st PE Ext
  /dev/pmem0 vg lvm2 a--  636.00m 100.00m  1.00m 4.00m
  /dev/pmem1 vg lvm2 a--  636.00m      0   2.00m 4.00m
EOF
	inspect --json --kernel 6.1 "$TEXT"
	expect 0 "note: inspect: pvs prints no logical volumes"
	[[ $(grep -v '^daxdm: ' <<<"$output" | jq -r '.[] | .device, .windows, .lost' | xargs) == \
		"vg-all-of-pmem0 318 318 vg-all-of-pmem1 318 0" ]]
	cat >>"$TEXT" <<'EOF'
  LV   VG Attr       LSize  Devices
  data vg -wi-a----- 64.00m /dev/pmem1(3)
EOF
	inspect --kernel 6.1 "$TEXT"
	expect 0 "vg-data: 64 MiB" "linear: /dev/pmem1 + 14 MiB" "32 of 32 windows"
	[[ $output != *note:* ]]
}

@test "of log-writes the log needs no DAX, and it is named" {
	echo "data: 0 4194304 log-writes /dev/pmem0 /dev/sda1" >"$TEXT"
	inspect --kernel 6.1 "$TEXT"
	expect 0 "data: 2 GiB, DAX is possible" "log-writes: /dev/pmem0 + 0 B, its log on /dev/sda1"
	inspect --json --kernel 6.1 "$TEXT"
	expect 0
	[[ $(jq -r '.[0] | .dax, .devices[0].targets[0].log' <<<"$output" | xargs) == "possible /dev/sda1" ]]
}

# What opens for writing or changes something; ioctls that only ask are left out.
writes_in() { # STRACE-OUTPUT
	grep -E 'O_WRONLY|O_RDWR|O_CREAT|ioctl\(|(mkdir|unlink|rename|mknod|truncate|mount|fallocate|link|chmod|chown)[a-z0-9]*\(' "$1" |
		grep -vE 'readlink|umount2?\(NULL|ioctl\([^,]*, (TCGETS|TIOCGWINSZ|FS_IOC_FIEMAP|BLKGETSIZE64)' || true
}

@test "strace: nothing is opened for writing, no ioctl but those that ask" {
	echo "data: 0 4194304 linear /dev/pmem0 0" >"$TEXT"
	for words in "--from-text $TEXT" "$TEXT" "$BATS_TEST_TMPDIR"; do
		# shellcheck disable=SC2086
		run timeout 60 strace -f -o "$BATS_TEST_TMPDIR/trace" build/daxdm inspect $words
		grep -q 'tables' "$BATS_TEST_TMPDIR/trace" || [[ $words == "$BATS_TEST_TMPDIR" ]]
		grep -q 'exited with' "$BATS_TEST_TMPDIR/trace"
		[[ -z $(writes_in "$BATS_TEST_TMPDIR/trace") ]] || {
			writes_in "$BATS_TEST_TMPDIR/trace"
			false
		}
	done
	# The test sees what it has to.
	strace -f -o "$BATS_TEST_TMPDIR/trace" touch "$BATS_TEST_TMPDIR/new"
	[[ $(writes_in "$BATS_TEST_TMPDIR/trace") ]]
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
