#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What dead runs left on this host, and nothing else, is removed.  (Devices: tests/unit/test_leftovers.c
# and tests/e2e/leftovers.bats.)

load ../helpers

setup() {
	(($(id -u) == 0)) || skip "expected: not root"
	DEAD=$(bash -c 'echo $$')
}

teardown() {
	rm -rf /run/daxdm-"$DEAD"{,-lock,-fio-abcdef} "/run/daxdm-$BASHPID"
}

cleanup() { # WORD...
	run timeout 30 "$TOP/build/daxdm" cleanup "$@"
}

leave() {
	mkdir "/run/daxdm-$DEAD" "/run/daxdm-$DEAD-fio-abcdef"
	touch "/run/daxdm-$DEAD-fio-abcdef/jobs"
	: >"/run/daxdm-$DEAD-lock"
}

@test "what a dead run left is listed, then removed, then there is nothing" {
	leave
	cleanup --dry-run
	expect 0 "would be removed: directory /run/daxdm-$DEAD" "would be removed: file /run/daxdm-$DEAD-lock"
	[[ -d /run/daxdm-$DEAD ]]
	cleanup
	expect 0 "removed: directory /run/daxdm-$DEAD" "removed: directory /run/daxdm-$DEAD-fio-abcdef"
	run ! compgen -G "/run/daxdm-$DEAD*"
	cleanup
	expect 0
	[[ $output != *"removed: "*"daxdm-$DEAD"* ]]
}

@test "what a run at work has is left alone" {
	leave
	exec {lock}<"/run/daxdm-$DEAD-lock"
	flock "$lock"
	mkdir "/run/daxdm-$BASHPID" # no lock, but a process
	cleanup
	expect 0 "kept, process $DEAD is running: directory /run/daxdm-$DEAD" \
		"kept, process $BASHPID is running: directory /run/daxdm-$BASHPID"
	[[ -d /run/daxdm-$DEAD && -d /run/daxdm-$BASHPID ]]
}

@test "names that only look like ours are left alone" {
	mkdir /run/daxdm-x "/run/daxdm-${DEAD}x"
	cleanup
	expect 0
	rmdir /run/daxdm-x "/run/daxdm-${DEAD}x"
}

@test "only root" {
	run setpriv --reuid 65534 --clear-groups timeout 10 "$TOP/build/daxdm" cleanup
	expect 4 "run it as root"
	expect_short
}

@test "no message sends anybody to clean for what is on the host" {
	run ! grep -rnE 'run\.sh clean([^u]|$)' --include='*.c' --include='*.h' "$TOP/lib" "$TOP/cli" "$TOP/check" "$TOP/bench" "$TOP/emu"
}
