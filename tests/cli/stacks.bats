#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Stacks from text of dmsetup and LVM: what is refused before anything is installed, built or booted.

load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

refused() { # WANTED-TEXT WORD...
	local text=$1
	shift
	run timeout 10 "$TOP/run.sh" "$@"
	expect 64 "$text"
	expect_short
}

@test "a table that is none: file, line and field" {
	printf '0 8192 linear /dev/pmem0 0\n8192 8192 linear /dev/pmem1\n' >bad.table
	refused "bad.table:2: field 5: expected an offset in sectors, the line ends" bench --stack "table:$PWD/bad.table"
	printf 'a: 0 8 linear 253:9 0\nb: 0 8 linear 259:0 0\nc: 0 8 linear 259:1 0\n' >nested.table
	refused "append the output of \`dmsetup ls\`" bench --stack "table:$PWD/nested.table"
	refused "cannot read $PWD/nowhere" bench --stack "table:$PWD/nowhere"
}

@test "text of LVM that does not say where its extents are" {
	printf '  LV   VG Attr       #Str Type   SSize\n  data vg -wi-a-----    1 linear 4.00m\n' >lvs.txt
	refused "lvs.txt:1: no column Devices" bench --stack "lvm:$PWD/lvs.txt"
	printf 'vg {\n extent_size = 8192\n' >vg.txt
	refused "vg.txt:3: expected }, the text ends" bench --stack "lvm:$PWD/vg.txt"
}

@test "a workload names a file, too" {
	printf 'stack raw table:%s/no.table\nfs ext4\nbench fault.read.*\n' "$PWD" >workload
	refused "cannot read $PWD/no.table" bench --workload "$PWD/workload"
}

@test "a metric of a file with several stacks" {
	printf 'a: 0 8192 linear /dev/pmem0 0\nb: 0 8192 linear /dev/pmem1 0\n' >two.table
	refused "the text has 2 stacks; append #DEVICE to the file" assert --max 1 \
		--metric "fault.read.warm.pte{stack=table:$PWD/two.table,fs=ext4}"
	refused "two.table:1: the text has no device c" bench --stack "table:$PWD/two.table#c"
}

@test "the name of a stack without its tables" {
	refused "expected the file of its tables, or =TABLES after the name" bench --stack table:linear-0da4fe17
	refused "the tables belong to another name: it ends with -0da4fe17" bench \
		--stack 'table:linear-00000000=8249344 linear A 0;8249344 linear B 0'
}
