#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# However a run ends, nothing of it is left on its host.  Shown on a real kernel: the guest's daxdm
# is replaced by tests/e2e/guest/daxdm, which ends real runs in all ways and looks.

load ../helpers

setup() {
	NAME=leftovers-$$-$BATS_TEST_NUMBER
}

teardown() {
	rm -rf "$TOP/results/$NAME"
}

# Runs on one filesystem end in every way.
runs_end() { # FS
	local kernel
	make -s -C "$TOP" >/dev/null
	kernel=$("$TOP/emu/kernel.sh" resolve debian)
	overlay "$("$TOP/emu/initramfs.sh" "$kernel" "$1")" daxdm "$BATS_TEST_TMPDIR/cpio"
	cd "$TOP" || return
	run timeout 280 build/daxdm emulate --kernel "$kernel" --guest "$1=$BATS_TEST_TMPDIR/cpio" \
		--results "results/$NAME" --fresh -- --stack raw --bench fault.read.cold.pte
	expect 0
	grep -q '"type":"end"' "results/$NAME/run.jsonl"
}

@test "signals, dead workers, dead parents and full disks leave nothing on the host" {
	runs_end ext4
}

# bats test_tags=slow
@test "the same on xfs" {
	runs_end xfs
}

# Every STEPth call fails, one in each run.
calls_fail() { # STEP
	local kernel
	make -s -C "$TOP" >/dev/null
	gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -shared -fPIC \
		-o "$BATS_TEST_TMPDIR/fail_nth.so" "$TOP/tests/e2e/guest/fail_nth.c"
	kernel=$("$TOP/emu/kernel.sh" resolve debian)
	overlay "$("$TOP/emu/initramfs.sh" "$kernel" ext4)" fail_nth "$BATS_TEST_TMPDIR/cpio" "$BATS_TEST_TMPDIR/fail_nth.so"
	cd "$TOP" || return
	run timeout 390 build/daxdm emulate --kernel "$kernel" --guest "ext4=$BATS_TEST_TMPDIR/cpio" --meter none \
		--append "fail_nth.step=$1" --stall 380 --results "results/$NAME" --fresh -- --stack raw --bench fault.read.cold.pte
	expect 0
	grep -q '"type":"end"' "results/$NAME/run.jsonl"
}

@test "a call of device-mapper, mount, umount, mkdir or open fails: nothing is left" {
	calls_fail 8
}

# bats test_tags=slow
@test "whichever call of them fails, nothing is left" {
	calls_fail 1
}
