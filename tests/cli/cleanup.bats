#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What dead runs left on this host, and nothing else, is removed.  (Devices: tests/unit/lib/run/test_leftovers.c
# and tests/e2e/leftovers.bats.)

load ../helpers

# /run and /tmp are directories of the test: other runs on this host neither see them nor are seen.
setup() {
	(($(id -u) == 0)) || skip "expected: not root"
	unshare --mount true || skip "expected: no mount namespaces"
	mkdir "$BATS_TEST_TMPDIR"/{run,tmp}
	RUN_DIR=$BATS_TEST_TMPDIR/run
	TMP_DIR=$BATS_TEST_TMPDIR/tmp
	# Devices and probes are the host's.
	cleanup --dry-run
	[[ $output != *"would be removed: "* ]] || skip "expected: devices or probes of another run: $output"
	expect 0
	DEAD=$(bash -c 'echo $$')
}

# The program is started by its descriptor: the checkout may be below /tmp.
# shellcheck disable=SC2016 # for the shell in the namespace
cleanup() { # WORD...
	run timeout 30 unshare --mount bash -c 'exec 9<"$0"; mount --bind "$1" /run && mount --bind "$2" /tmp && exec /proc/self/fd/9 cleanup "${@:3}"' \
		"$TOP/build/daxdm" "$RUN_DIR" "$TMP_DIR" "$@"
}

leave() {
	local dir
	mkdir "$RUN_DIR/daxdm-$DEAD"
	for dir in "$RUN_DIR/daxdm-$DEAD-fio-a1B2c3" "$TMP_DIR/daxdm-$DEAD-fio-Z9y8X7"; do
		mkdir "$dir"
		touch "$dir/jobs"
	done
	: >"$RUN_DIR/daxdm-$DEAD-lock"
}

@test "what a dead run left is listed, then removed, then there is nothing" {
	leave
	cleanup --dry-run
	expect 0 "would be removed: directory /run/daxdm-$DEAD" "would be removed: file /run/daxdm-$DEAD-lock"
	[[ -d $RUN_DIR/daxdm-$DEAD ]]
	cleanup
	expect 0 "removed: directory /run/daxdm-$DEAD" "removed: directory /run/daxdm-$DEAD-fio-a1B2c3" \
		"removed: directory /tmp/daxdm-$DEAD-fio-Z9y8X7"
	run ! compgen -G "$RUN_DIR/daxdm-$DEAD*"
	run ! compgen -G "$TMP_DIR/daxdm-$DEAD*"
	cleanup
	expect 0
	[[ $output != *"removed: "* ]]
}

@test "files of a running daxdm are not removed" {
	leave
	exec {lock}<"$RUN_DIR/daxdm-$DEAD-lock"
	flock "$lock"
	mkdir "$RUN_DIR/daxdm-$BASHPID" # no lock, but a process
	cleanup
	expect 0 "kept, process $DEAD is running: directory /run/daxdm-$DEAD" \
		"kept, process $BASHPID is running: directory /run/daxdm-$BASHPID"
	[[ -d $RUN_DIR/daxdm-$DEAD && -d $RUN_DIR/daxdm-$DEAD-fio-a1B2c3 && -d $TMP_DIR/daxdm-$DEAD-fio-Z9y8X7 && -d $RUN_DIR/daxdm-$BASHPID ]]
}

@test "names that only look like ours are left alone" {
	local foreign=("$RUN_DIR/daxdm-x" "$RUN_DIR/daxdm-$DEAD"{x,-results,-fio-abc} "$TMP_DIR/daxdm-$DEAD"{,-lock,-results})
	mkdir "${foreign[@]}"
	cleanup
	expect 0
	rmdir "${foreign[@]}"
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
