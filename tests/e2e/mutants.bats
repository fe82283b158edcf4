#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Ten kernel mutants of device-mapper and the pmem drivers, and an unchanged module: built from the source package, and run in
# restored guests or, where the module is part of the snapshot, in booted ones.  Those of ext4 and xfs, whose modules take a
# minute to build, are left to `./run.sh mutants`.

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

@test "faults of device-mapper and of the pmem drivers are flagged, the unchanged module is not" {
	DAXDM_TEST_MARK=$MARK run timeout 360 "$TOP/run.sh" mutants --name "$RUN" \
		dm-linear-dax-page-next dm-linear-iterate-error-lost dm-table-sync-any-member log-writes-dax-log-device \
		writecache-flush-nothing pmem-access-page-next libnvdimm-sync-async-too virtio-flush-error-lost \
		dm-table-find-at-border pmem-notify-offset none-dm-mod
	expect 0 "flagged    dm-linear-dax-page-next: layout.table.single" "flagged    dm-table-sync-any-member: sync.refused" \
		"flagged    dm-linear-iterate-error-lost: " "flagged    log-writes-dax-log-device: capability.target.log_writes" \
		"flagged    writecache-flush-nothing: writecache." "flagged    pmem-access-page-next: " \
		"flagged    libnvdimm-sync-async-too: sync.refused" "flagged    virtio-flush-error-lost: flush.error" \
		"flagged    dm-table-find-at-border: layout.table.border" "flagged    pmem-notify-offset: poison.hwpoison." \
		"clean      none-dm-mod" ": 10 of 10 mutants flagged" "unchanged modules flagged: 0"
	# A run of checks ends with the first failure; in an unchanged module all are run.
	[[ $(grep -c '"type":"check"' "$TOP/results/$RUN/dm-linear-dax-page-next.checks/run.jsonl") == 1 ]]
	[[ $(grep -c '"type":"check"' "$TOP/results/$RUN/none-dm-mod.checks/run.jsonl") == 6 ]]
	expect_nothing_left "$MARK" "$START"
}
