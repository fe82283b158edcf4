#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Kernel mutants of some layers, and an unchanged module: built from the source package, and run in restored guests or,
# where the module is part of the snapshot, in booted ones.

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

# Built, and flagged by the checks of its family: each mutant.
flagged() { # MUTANT...
	local mutant
	DAXDM_TEST_MARK=$MARK run timeout 360 "$TOP/run.sh" mutants --name "$RUN" "$@" none-dm-mod
	expect 0 "clean      none-dm-mod" ": $# of $# mutants flagged" "unchanged modules flagged: 0"
	for mutant; do expect 0 "flagged    $mutant: "; done
	# A run of checks ends with the first failure; in an unchanged module all are run.
	[[ $(grep -c '"type":"check"' "$TOP/results/$RUN/$1.checks/run.jsonl") == 1 ]]
	(($(grep -c '"type":"check"' "$TOP/results/$RUN/none-dm-mod.checks/run.jsonl") > 1))
	expect_nothing_left "$MARK" "$START"
}

@test "ten faults are flagged, of the core, targets, a driver and a filesystem; the unchanged module is not" {
	flagged dm-linear-dax-page-next dm-linear-iterate-error-lost dm-linear-zero-page-next dm-stripe-dax-first-member \
		dm-table-sync-any-member dm-ioctl-type-change-allowed log-writes-dax-log-device writecache-flush-nothing \
		pmem-access-page-next ext4-dax-never-ignored
	expect 0 "flagged    dm-linear-dax-page-next: layout.table.single" "flagged    dm-table-sync-any-member: sync.refused" \
		"flagged    log-writes-dax-log-device: capability.target.log_writes" \
		"flagged    writecache-flush-nothing: writecache." "flagged    ext4-dax-never-ignored: capability.flag.never"
}

# bats test_tags=slow
@test "faults of the other layers but xfs, whose module takes a minute to build" {
	flagged libnvdimm-sync-async-too virtio-flush-error-lost ext4-iomap-block-next
	expect 0 "flagged    libnvdimm-sync-async-too: sync.refused" "flagged    virtio-flush-error-lost: flush.error" \
		"flagged    ext4-iomap-block-next: layout.table.single"
}
