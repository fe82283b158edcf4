#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What dead runs left on this host, and nothing else, is removed.  (Devices: tests/unit/lib/run/test_leftovers.c
# and tests/e2e/leftovers.bats.)

load ../helpers

setup_file() {
	# The tests run the real cleanup: it must find nothing but what they made.
	OTHERS=$(timeout 30 "$TOP/build/daxdm" cleanup --dry-run | grep '^would be removed: ' || true)
	export OTHERS
}

setup() {
	(($(id -u) == 0)) || skip "expected: not root"
	[[ ! $OTHERS ]] || skip "expected: leftovers of another run"
	DEAD=$(bash -c 'echo $$')
	FOREIGN=(/run/daxdm-x /run/daxdm-"$DEAD"{x,-results,-fio-abc} /tmp/daxdm-"$DEAD"{,-lock,-results})
}

# The names that a run makes, and those that only look like them.
teardown() {
	[[ ${DEAD-} ]] || return 0
	rm -rf /run/daxdm-"$DEAD"{,-lock,-fio-a1B2c3} "/tmp/daxdm-$DEAD-fio-Z9y8X7" "/run/daxdm-$BASHPID" "${FOREIGN[@]}"
}

cleanup() { # WORD...
	run timeout 30 "$TOP/build/daxdm" cleanup "$@"
}

leave() {
	local dir
	mkdir "/run/daxdm-$DEAD"
	for dir in "/run/daxdm-$DEAD-fio-a1B2c3" "/tmp/daxdm-$DEAD-fio-Z9y8X7"; do
		mkdir "$dir"
		touch "$dir/jobs"
	done
	: >"/run/daxdm-$DEAD-lock"
}

@test "what a dead run left is listed, then removed, then there is nothing" {
	leave
	cleanup --dry-run
	expect 0 "would be removed: directory /run/daxdm-$DEAD" "would be removed: file /run/daxdm-$DEAD-lock"
	[[ -d /run/daxdm-$DEAD ]]
	cleanup
	expect 0 "removed: directory /run/daxdm-$DEAD" "removed: directory /run/daxdm-$DEAD-fio-a1B2c3" \
		"removed: directory /tmp/daxdm-$DEAD-fio-Z9y8X7"
	run ! compgen -G "/run/daxdm-$DEAD*"
	run ! compgen -G "/tmp/daxdm-$DEAD*"
	cleanup
	expect 0
	[[ $output != *"removed: "*"daxdm-$DEAD"* ]]
}

@test "files of a running daxdm are not removed" {
	leave
	exec {lock}<"/run/daxdm-$DEAD-lock"
	flock "$lock"
	mkdir "/run/daxdm-$BASHPID" # no lock, but a process
	cleanup
	expect 0 "kept, process $DEAD is running: directory /run/daxdm-$DEAD" \
		"kept, process $BASHPID is running: directory /run/daxdm-$BASHPID"
	[[ -d /run/daxdm-$DEAD && -d /run/daxdm-$DEAD-fio-a1B2c3 && -d /tmp/daxdm-$DEAD-fio-Z9y8X7 && -d /run/daxdm-$BASHPID ]]
}

@test "names that only look like ours are left alone" {
	mkdir "${FOREIGN[@]}"
	cleanup
	expect 0
	rmdir "${FOREIGN[@]}"
}

@test "only root" {
	run_as_nobody 10 cleanup
	expect 4 "run it as root"
	expect_short
}

@test "no message suggests \`run.sh clean\` for leftovers on the host" {
	run grep -rnE 'run\.sh clean([^u]|$)' --include='*.c' --include='*.h' "$TOP/lib" "$TOP/cli" "$TOP/check" "$TOP/bench" "$TOP/emu" "$TOP/report"
	expect 1
}
