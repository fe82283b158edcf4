#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A rebuilt module against the kernel's own, in emulated hosts that are restored.

load ../helpers

teardown() {
	rm -rf "$TOP"/results/*+dm-mod-insn-*
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
	rm -rf "$TOP"/results/*+dm-mod-insn-*
	run timeout 380 "$TOP/run.sh" compare debian --module "$ko" --no-checks --fs ext4 --stack raw --stack linear:16 \
		--bench 'fault.read.warm.pte' --markdown "$BATS_TEST_TMPDIR/mail.md"
	expect 0 "good: 2 metrics: 0 REGRESSED, 0 improved" "modules for restored guests" "dm-mod.ko (build-id"
	head -n 1 "$TOP"/results/*+dm-mod-insn-*/run.jsonl | jq -e '.emulator.boot == "snapshot" and .replaced[0].module == "dm_mod"'
	[[ $(wc -L <"$BATS_TEST_TMPDIR/mail.md") -le 76 ]]
}
