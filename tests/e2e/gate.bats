#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Comparisons on the stock kernel of this release: what is equal, what is planted, and a limit.

load ../helpers

setup() {
	START=$BATS_TEST_TMPDIR/start
	touch "$START"
	MARK=gate-$$-$BATS_TEST_NUMBER
}

@test "the same kernel is equal, a planted layer and a planted b-tree level are found, one instruction is seen" {
	DAXDM_TEST_MARK=$MARK run timeout 380 "$TOP/run.sh" gate-selftest
	expect 0 "ok 1 - the same kernel in two boots: 10 of 10 metrics equal, 10 to the last sample" \
		"one more layer is detected: +" "one more b-tree level is detected: +" "smallest change that is detected: 1 insn" "1..15"
	[[ $output != *"not ok"* ]]
	expect_nothing_left "$MARK" "$START"
}

@test "assert: a metric within its limit, and beyond" {
	local metric='tax:fault.read.warm.pte{stack=linear:1/linear:1,fs=ext4}' dir
	DAXDM_TEST_MARK=$MARK run timeout 380 "$TOP/run.sh" assert --metric "$metric" --max 1000
	expect 0 "at most 1,000 asked for: good"
	dir=$(sed -nE 's/^measure .* (results\/[^ ]+)$/\1/p' <<<"$output")
	[[ -s $TOP/$dir/run.jsonl ]]
	run "$TOP/build/daxdm" assert --metric "$metric" --max 10 "$TOP/$dir"
	rm -rf "${TOP:?}/$dir"
	expect 1 "at most 10 asked for: bad"
	expect_nothing_left "$MARK" "$START"
}

@test "assert: a kernel that does not come up is nothing found out" {
	head -c 100000 /dev/zero >"$BATS_TEST_TMPDIR/bzImage"
	run timeout 100 "$TOP/run.sh" assert --kernel "$BATS_TEST_TMPDIR/bzImage" --modules "$BATS_TEST_TMPDIR" \
		--metric 'fault.read.warm.pte{stack=raw,fs=ext4}' --max 1000
	expect 125 "neither a bzImage nor an ELF"
}
