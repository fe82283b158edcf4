#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Three kernel mutants and an unchanged module, built from the source package and run in restored guests.

load ../helpers

setup() {
	START=$BATS_TEST_TMPDIR/start
	touch "$START"
	MARK=mutants-$$-$BATS_TEST_NUMBER
	RUN=mutants-e2e-$$
}

teardown() {
	rm -rf "${TOP:?}/results/$RUN"
}

@test "faults of dm-mod are flagged, the unchanged module is not" {
	DAXDM_TEST_MARK=$MARK run timeout 180 "$TOP/run.sh" mutants --name "$RUN" \
		dm-linear-dax-page-next dm-linear-iterate-error-lost dm-table-sync-any-member none-dm-mod
	expect 0 "flagged    dm-linear-dax-page-next: layout.table.single" "flagged    dm-table-sync-any-member: sync.refused" \
		"flagged    dm-linear-iterate-error-lost: " "clean      none-dm-mod" ": 3 of 3 mutants flagged" "unchanged modules flagged: 0"
	# A run of checks ends with the first failure; in an unchanged module all are run.
	[[ $(grep -c '"type":"check"' "$TOP/results/$RUN/dm-linear-dax-page-next.checks/run.jsonl") == 1 ]]
	[[ $(grep -c '"type":"check"' "$TOP/results/$RUN/none-dm-mod.checks/run.jsonl") == 6 ]]
	expect_nothing_left "$MARK" "$START"
}
