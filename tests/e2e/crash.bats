#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Power cuts: what was acknowledged is there, and a byte that is not is found.

load ../helpers

setup() {
	START=$BATS_TEST_TMPDIR/start
	touch "$START"
	MARK=crash-$$-$BATS_TEST_NUMBER
}

teardown() {
	rm -rf "${TOP:?}/results/$MARK"
	end_marked "$MARK"
}

@test "the power is cut as often as asked, and a wrong byte after a cut is found" {
	DAXDM_TEST_MARK=$MARK run timeout 120 "$TOP/run.sh" check --name "$MARK" --rounds 3 --check crash.cut.linear.ext4
	expect 0 "ok 1 crash.cut.linear.ext4" "# 3 power cuts (seed 1), "
	[[ $output =~ "seed 1), "[1-9][0-9]*" operations acknowledged before them" ]]
	rm -rf "${TOP:?}/results/$MARK"
	DAXDM_TEST_MARK=$MARK run timeout 120 "$TOP/run.sh" check --name "$MARK" --plant --check crash.cut.linear.ext4
	expect 0 "ok 1 crash.cut.linear.ext4+byte" "# 1 power cut (seed 1), "
	expect_nothing_left "$MARK" "$START"
}
