#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Filesystems with options: they are made and mounted as asked, what they lose is found, and what cannot have DAX is
# skipped with what the kernel says.

load ../helpers

setup_file() {
	export BASE=mkfs-$$
	export DIR=$TOP/results/$BASE
	export BASE_STATUS=0
	DAXDM_TEST_MARK=$BASE timeout 300 "$TOP/run.sh" bench --kernel 6.1 --name "$BASE" --bench 'fault.read.warm.pmd' \
		--stack raw --fs xfs:default --fs 'xfs:mkfs=[-d su=2m,sw=1]' --fs 'xfs:mkfs=-b size=1024' \
		--fs 'xfs:mkfs=-b size=999' --fs xfs:logdev=partition,rtdev=partition \
		--fs ext4:journal=linear,mount=noatime --fs 'xfs:mkfs=[-d rtinherit=1 -r extsize=2m],rtdev=linear' \
		>"$BATS_FILE_TMPDIR/out" 2>&1 || BASE_STATUS=$?
	if ((BASE_STATUS)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
}

teardown_file() {
	rm -rf "$DIR"
}

lines_of() { # TYPE FS
	jq -c --arg type "$1" --arg fs "$2" 'select(.type == $type and .fs == $fs)' "$DIR/run.jsonl"
}

@test "the defaults of mkfs.xfs lose all 2 MiB pages; the command that keeps them is named" {
	((BASE_STATUS == 0))
	run "$TOP/run.sh" report "$BASE"
	output=$(tr -s '\n ' ' ' <<<"$output")
	expect 0 "xfs with default options: 32 of 32 windows lost on raw; \`mkfs.xfs -d su=2m,sw=1\` gets them back"
	[[ $(lines_of record xfs:default | jq -r .variant) == read.warm.fallback ]]
	[[ $(lines_of record 'xfs:mkfs=[-d su=2m,sw=1]' | jq -r .variant) == read.warm.pmd ]]
}

@test "options are in the ids and in the context, with the command of mkfs" {
	[[ $(lines_of record 'xfs:mkfs=[-d su=2m,sw=1]' | jq -r .id) == 'fault.read.warm.pmd{stack=raw,fs=xfs:mkfs=[-d su=2m,sw=1]}' ]]
	run jq -r 'select(.type == "context") | .mkfs["xfs:mkfs=[-d su=2m,sw=1]"], .mkfs["xfs:default"]' "$DIR/run.jsonl"
	[[ $output == "mkfs.xfs -q -f -d su=2m,sw=1"$'\n'"mkfs.xfs -q -f" ]]
	run "$TOP/run.sh" compare "$BASE" "$BASE" --fs 'xfs:mkfs=-d size=1g'
	expect 3 "no metric in common"
}

@test "blocks smaller than a page: skipped with what the kernel says" {
	run lines_of skip 'xfs:mkfs=[-b size=1024]'
	expect 0 "mounted without dax=always" "the kernel says XFS (pmem0): DAX not supported for blocksize"
	[[ -z $(lines_of record 'xfs:mkfs=[-b size=1024]') ]]
	run lines_of skip 'xfs:mkfs=[-b size=999]'
	expect 0 "mkfs.xfs on /dev/pmem0 failed (exit status 1): " "999"
	[[ $output != *"reflink"* ]] # the options that mkfs lists
}

@test "files that are on the realtime device are proven there" {
	run lines_of record 'xfs:mkfs=[-d rtinherit=1 -r extsize=2m],rtdev=linear'
	# The stack is raw; a fault passes the dm-linear of the realtime device.
	[[ $(jq -r '"\(.variant) \(.proof.pfn_in_segment) \(.proof.page) \(.proof.path | .dm_dax_direct_access == .faults)"' <<<"$output") == \
		"read.warm.pmd true 2M true" ]]
}

@test "external log, realtime device and journal: measured, with proof" {
	for fs in xfs:logdev=partition,rtdev=partition ext4:mount=noatime,journal=linear; do
		[[ $(lines_of record "$fs" | jq -r '"\(.variant) \(.n) \(.proof.dax) \(.proof.page)"') == "read.warm.pmd 32 true 2M" ]]
	done
}
