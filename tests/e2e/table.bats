#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The table benchmark: that each operation did to the table what its name says, and left nothing.

load ../helpers

setup_file() {
	export BASE=table-$$ START=$BATS_FILE_TMPDIR/start
	export DIR=$TOP/results/$BASE
	touch "$START"
	export BASE_STATUS=0
	DAXDM_TEST_MARK=$BASE timeout 300 "$TOP/run.sh" bench --fs ext4 --name "$BASE" --bench 'table.*' \
		--stack raw --stack linear:1 --stack linear:16 --stack linear:4/linear:1 \
		>"$BATS_FILE_TMPDIR/out" 2>&1 || BASE_STATUS=$?
	if ((BASE_STATUS)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
}

teardown_file() {
	rm -rf "$DIR"
}

# Prints the ids of records that the filter picks, and fails if there are any.
none_where() { # JQ-FILTER
	run jq -r "select(.type == \"record\") | select($1) | .id" "$DIR/run.jsonl"
	[[ -z $output ]] || {
		echo "$output"
		return 1
	}
}

@test "every variant is measured on every stack of device-mapper, and nothing is void" {
	((BASE_STATUS == 0))
	run jq -rs 'map(select(.type == "record")) | group_by(.stack)[] | "\(.[0].stack) \(length)"' "$DIR/run.jsonl"
	expect 0 "linear:1 31" "linear:16 31" "linear:4/linear:1 31"
	run jq -r 'select(.type == "void") | "\(.id): \(.why)"' "$DIR/run.jsonl"
	[[ -z $output ]] || expect "nothing void"
}

@test "raw has no table: one skip, with its cure" {
	run jq -r 'select(.type == "skip") | "\(.id) \(.why); \(.cure)"' "$DIR/run.jsonl"
	[[ $output == "table.*{stack=raw,fs=ext4} stack raw has no device-mapper table; use a stack such as linear:16" ]] ||
		expect "one skip"
	run ! grep -F 'not measured: raw on ext4' "$BATS_FILE_TMPDIR/out"
}

@test "each load makes every segment, and what frees a table frees every segment" {
	none_where '(.variant | test("^(mounted\\.)?(load|load.first|reload)$")) and .proof.path.linear_ctr != .proof.targets'
	none_where '(.variant | test("^(clear|remove|(mounted\\.)?(resume\\.swap|reload))$")) and .proof.path.linear_dtr != .proof.targets'
	none_where '(.variant | test("swap$|reload$|resume.first")) and .proof.device and .proof.path.dm_swap_table != 1'
}

@test "a filesystem is frozen where that is said, and nowhere else" {
	none_where '.proof.device and .proof.path.ext4_freeze != (if .variant | test("freeze|dirty|mounted.reload") then 1 else 0 end)'
}

@test "a fault afterwards goes the DAX path, through every device" {
	none_where '.proof.page and (.proof.path.pmem_dax_direct_access != 1 or
		.proof.path.dm_dax_direct_access != (if .stack | contains("/") then 2 else 1 end))'
}

@test "what is made segment by segment costs more with more of them" {
	for variant in load load.first resume.swap mounted.load; do
		run jq -es 'map(select(.type == "record" and .variant == "'$variant'")) | INDEX(.stack) |
			.["linear:16"].median > .["linear:1"].median * 1.2' "$DIR/run.jsonl"
		expect 0
	done
	grep -F 'ext4: operations on an unused device, insn per segment' "$BATS_FILE_TMPDIR/out"
}

@test "a loaded table holds an object for each segment, and all of it comes back" {
	run jq -es 'map(select(.type == "observation" and (.id | startswith("table_memory"))) | .value) | length == 3 and
		all(.held == .returned and .held > 16 * .segments and .slab_objects > .segments)' "$DIR/run.jsonl"
	expect 0
}

@test "nothing is left behind" {
	expect_nothing_left "$BASE" "$START"
}
