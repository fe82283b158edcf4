#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A rebuilt module against the kernel's own, in emulated hosts that are restored.

load ../helpers

setup() {
	mkdir -p "$TOP/results"
	find "$TOP/results" -mindepth 1 -maxdepth 1 -printf '%f\n' >"$BATS_TEST_TMPDIR/before"
}

# Runs that the test did not measure stay.
teardown() {
	measured | while read -r run; do rm -rf "${TOP:?}/results/$run"; done
}

measured() { # [PART]: the runs whose name has it, of those that the command printed and that are new
	grep -oE 'results/[^/ ]+' <<<"${output-}" | cut -d/ -f2 | sort -u | grep -vxFf "$BATS_TEST_TMPDIR/before" | grep -F -- "${1-}"
}

@test "a dm-mod that differs in its notes is as good as the kernel's own, and needs no boot" {
	local ko=$BATS_TEST_TMPDIR/dm-mod.ko file
	file=$(find "$("$TOP/emu/kernel.sh" resolve debian)/modules" -name 'dm-mod.ko*')
	case $file in
	*.xz) xz -dc "$file" >"$ko" ;;
	*) cp "$file" "$ko" ;;
	esac
	echo rebuilt >"$BATS_TEST_TMPDIR/note"
	objcopy --add-section .note.rebuilt="$BATS_TEST_TMPDIR/note" "$ko"
	run timeout 380 "$TOP/run.sh" compare debian --module "$ko" --no-checks --fs ext4 --stack raw --stack linear:16 \
		--bench 'fault.read.warm.pte' --markdown "$BATS_TEST_TMPDIR/mail.md"
	expect 0 "good: 2 metrics: 0 REGRESSED, 0 improved" "modules for restored guests" "dm-mod.ko (build-id"
	head -n 1 "$TOP/results/$(measured +dm-mod-insn-)/run.jsonl" | jq -e '.emulator.boot == "snapshot" and .replaced[0].module == "dm_mod"'
	[[ $(wc -L <"$BATS_TEST_TMPDIR/mail.md") -le 76 ]]
}
