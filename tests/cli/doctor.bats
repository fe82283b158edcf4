#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh doctor on a host without persistent memory; tests/e2e/shell.bats has one with it.

load ../helpers

@test "a host without persistent memory: what is missing, what to do, status 1" {
	[[ ! $(compgen -G '/dev/pmem*') ]] || skip "this host has persistent memory"
	cd "$TOP"
	run timeout 20 ./run.sh doctor
	expect 1 "BAD   no namespace of mode fsdax" "      ./run.sh bench measures in an emulated host" "good  Linux $(uname -r)" \
		"cannot run here: "
	run timeout 20 ./run.sh doctor now
	expect 64 "now"
	expect_short
}
