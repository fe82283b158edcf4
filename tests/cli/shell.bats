#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh shell: what is refused before anything boots.

load ../helpers

setup() {
	cd "$TOP" || return
}

shell() {
	run timeout 20 ./run.sh shell "$@" </dev/null
}

@test "a wrong stack, filesystem, kernel or option is refused in one line" {
	shell --stack liner:2
	expect 64 "--stack liner:2: "
	expect_short
	shell --fs ext5
	expect 64 "--fs ext5: "
	expect_short
	shell --kernel 6.1 --kernel 6.12
	expect 64 "one kernel, not 2"
	expect_short
	shell --limit 0
	expect 64 "--limit"
	expect_short
	shell now
	expect 64 "now"
	expect_short
}

@test "commands that are too long or no text are refused" {
	run timeout 20 bash -c 'head -c 70000 /dev/zero | tr "\0" "#" | ./run.sh shell'
	expect 64 "more than 65000 bytes of commands"
	expect_short
	run timeout 20 bash -c 'head -c 10 /dev/zero | ./run.sh shell'
	expect 64 "are no text"
	expect_short
}
