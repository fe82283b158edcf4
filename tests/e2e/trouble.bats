#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What goes wrong with a real emulated host: one clear line, the right status, nothing left behind.

load ../helpers

setup() {
	NAME=trouble-$$-$BATS_TEST_NUMBER
	MARK=$NAME
	START=$BATS_TEST_TMPDIR/start
	touch "$START"
}

teardown() {
	end_marked "$MARK"
	if mountpoint -q "$BATS_TEST_TMPDIR/small"; then umount -l "$BATS_TEST_TMPDIR/small"; fi
	rm -rf "$TOP/results/$NAME"
}

bench() { # OPTION...
	DAXDM_TEST_MARK=$MARK run timeout 200 "$TOP/run.sh" bench --name "$NAME" "$@"
}

# A run that would take long.
start_bench() {
	start_marked "$TOP/run.sh" bench --full --fs ext4 --name "$NAME"
}

has_records() {
	grep -qs '"type": *"record"' "$TOP/results/$NAME/run.jsonl"
}

incomplete() {
	run ! grep -q '"type": *"end"' "$TOP/results/$NAME/run.jsonl"
}

refused() { # TEXT OPTION...
	local text=$1
	shift
	bench "$@"
	expect 64 "$text"
	[[ ! -e $TOP/results/$NAME ]]
	expect_nothing_left "$MARK" "$START"
}

@test "a stack that does not exist is refused before anything boots" {
	refused linaer --stack linaer:16
	refused "frobnicate" --stack linear:16,frobnicate
}

@test "more segments than fit are refused" {
	refused "linear:99999999" --stack linear:99999999
}

@test "a benchmark that does not exist is refused" {
	refused "nosuch.*" --bench 'nosuch.*'
}

@test "a kernel that does not exist is refused with what there is" {
	refused "9.99.9" --kernel 9.99.9
}

@test "a kernel file that is none is refused" {
	mkdir -p "$BATS_TEST_TMPDIR/lib/modules/0"
	DAXDM_TEST_MARK=$MARK run timeout 100 "$TOP/run.sh" bench --name "$NAME" --kernel "$TOP/run.sh" \
		--modules "$BATS_TEST_TMPDIR"
	[[ $status == 64 || $status == 4 ]]
	[[ $output == *"run.sh"* ]]
	expect_nothing_left "$MARK" "$START"
}

@test "a module that is none is refused" {
	refused "run.sh" --module "$TOP/run.sh"
}

@test "a device of this host that is no pmem is refused" {
	refused "/dev/null" --host --device /dev/null
	refused "/dev/nonexistent" --host --device /dev/nonexistent
}

@test "a guest that is killed in the middle leaves an incomplete run and status 4" {
	start_bench
	within 150 has_records
	qemu_of "$MARK" | xargs kill -KILL
	ended
	expect 4 "daxdm: "
	incomplete
	expect_nothing_left "$MARK" "$START"
	run timeout 60 "$TOP/build/daxdm" report "$TOP/results/$NAME"
	[[ $output == *incomplete* ]]
}

@test "interrupted while it measures: 130, no QEMU, and the run does not look whole" {
	start_bench
	within 150 has_records
	kill -INT $!
	ended
	expect 130 "daxdm: interrupted; results/$NAME is incomplete"
	incomplete
	expect_nothing_left "$MARK" "$START"
}

@test "interrupted while it boots: 130 and nothing left" {
	start_marked "$TOP/run.sh" bench --quick --fresh --name "$NAME"
	within 60 qemu_runs "$MARK"
	kill -INT $!
	ended
	expect 130 "daxdm: interrupted before anything was measured"
	expect_nothing_left "$MARK" "$START"
	[[ ! -e $TOP/results/$NAME ]]
}

@test "terminated: 143 and nothing left" {
	start_bench
	within 60 qemu_runs "$MARK"
	kill -TERM $!
	ended
	expect 143
	expect_nothing_left "$MARK" "$START"
}

@test "run.sh killed at any moment: no daxdm, no QEMU, no temporary file" {
	for wait in 0.3 4 has_records; do
		rm -rf "$TOP/results/$NAME"
		start_bench
		disown
		case $wait in
		has_records) within 150 has_records ;;
		*) sleep "$wait" ;;
		esac
		kill -KILL $!
		within 20 none_marked "$MARK"
		expect_nothing_left "$MARK" "$START"
	done
}

@test "a disk that is full is said, with status 4" {
	cd "$TOP"
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=16k tmpfs "$BATS_TEST_TMPDIR/small"
	kdir=$(emu/kernel.sh resolve debian)
	guest=$(emu/initramfs.sh "$kdir" ext4)
	DAXDM_TEST_MARK=$MARK run timeout 200 build/daxdm emulate --kernel "$kdir" --guest "ext4=$guest" \
		--meter insn --results "$BATS_TEST_TMPDIR/small/run" -- --workload workloads/quick --fs ext4
	expect 4 "daxdm: " "disk full"
	expect_nothing_left "$MARK" "$START"
}
