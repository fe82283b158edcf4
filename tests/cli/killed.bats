#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh killed with SIGKILL: its children exit, its temporary files are removed, and the next start removes what is
# still left.  `clean` refuses while a run is active.
# shellcheck disable=SC2030,SC2031 # each test has its own RUN

load ../helpers
load fakes

setup() {
	fake_checkout
	MARK=killed-$$-$BATS_TEST_NUMBER
	LONG='echo $$ >pid; (trap "" TERM; sleep 300) & sleep 300'
}

teardown() {
	end_marked "$MARK"
}

start() { # WORD...: in the background; its pid is in $RUN
	rm -f "$CO/pid"
	start_marked "$CO/run.sh" "$@"
	RUN=$!
	disown
	within 20 test -s "$CO/pid"
}

slow() { # PHASE
	case $1 in
	build) printf 'all:\n\t@%s\n' "${LONG//\$/\$\$}" >"$CO/Makefile" ;;
	kernel) fake emu/kernel.sh "$LONG" ;;
	guests) fake emu/initramfs.sh "$LONG" ;;
	measure) fake_program "[[ \$1 != emulate ]] || { $LONG; }" ;;
	report) fake_program "[[ \$1 != report ]] || { $LONG; }" ;;
	esac
}

nothing_left() {
	within 20 none_marked "$MARK" || {
		marked "$MARK"
		return 1
	}
	left_nothing || {
		ls "$CO/build"
		return 1
	}
}

@test "killed in any phase: no process, no temporary file" {
	for phase in build kernel guests measure report; do
		rm -rf "$CO"
		setup
		# One that does not heed SIGTERM takes ten seconds: in one phase only.
		[[ $phase == measure ]] || LONG=${LONG/trap \"\" TERM; /}
		slow "$phase"
		start bench
		kill -KILL "$RUN"
		nothing_left
	done
}

@test "killed at any moment" {
	for i in 1 2 3 4 5 6 7 8; do
		start_marked "$CO/run.sh" bench --name "r$i"
		RUN=$!
		disown
		sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
		kill -KILL "$RUN" 2>/dev/null || true
		within 20 none_marked "$MARK"
		# Its guardian may not have been there yet.
		run timeout 30 "$CO/run.sh" list
		expect 0
		nothing_left
	done
}

@test "its guardian was killed, too: the next start sweeps, and the name is free" {
	LONG='echo $$ >pid; sleep 300'
	slow measure
	start bench
	compgen -G "$CO/build/run.tmp.*"
	compgen -G "$CO/build/name.tmp.6.1.0-56-insn-"*
	end_marked "$MARK"
	within 10 none_marked "$MARK"
	compgen -G "$CO/build/run.tmp.*"
	mkdir "$CO/build/test.tmp.old"
	fake_program :
	run timeout 30 "$CO/run.sh" bench
	expect 0 "results are in results/6.1.0-56-insn-"
	left_nothing
}

@test "its guardian alone was killed: the run goes on and says nothing of it" {
	fake emu/kernel.sh 'mkdir -p build/kernels/k; echo 6.1-amd64 >build/kernels/k/release; echo p 1 >build/kernels/k/package
		[[ -e go ]] || { echo $$ >pid; until [[ -e go ]]; do sleep 0.1; done; }; echo build/kernels/k'
	start bench --name r
	guardian=$(marked "$MARK" | awk '$NF == "r" && $1 != '"$RUN"' { print $1 }')
	[[ $guardian && $guardian != *$'\n'* ]]
	kill -KILL "$guardian"
	touch "$CO/go"
	within 20 gone "$RUN"
	grep -qx 'results are in results/r/' "$BATS_TEST_TMPDIR/out"
	[[ ! -s $BATS_TEST_TMPDIR/err ]]
	nothing_left
}

@test "what another run holds is not swept" {
	LONG='echo $$ >pid; sleep 300'
	slow measure
	start bench --name one
	held=$(compgen -G "$CO/build/run.tmp.*")
	fake_program :
	run timeout 30 "$CO/run.sh" list
	expect 0
	[[ -d $held ]]
	kill -TERM "$RUN"
	nothing_left
}

@test "clean does not go under a run, and goes when it is over" {
	LONG='echo $$ >pid; sleep 300'
	slow measure
	start bench --name one
	run timeout 30 "$CO/run.sh" clean
	expect 4 "clean: a run is at work in $CO"
	expect_short
	[[ -d $CO/build ]]
	kill -TERM "$RUN"
	nothing_left
	run timeout 30 "$CO/run.sh" clean
	expect 0
	[[ ! -e $CO/build ]]
}

@test "a checkout that can only be read: 4 and one line, but what is built can be asked" {
	(($(id -u) == 0)) || skip "expected: not root, so nothing to give up"
	open_test_directory
	mkdir -p "$CO/results/r"
	cp "$TOP/tests/fixtures/fixture-run.jsonl" "$CO/results/r/run.jsonl"
	cp "$TOP/build/daxdm" "$CO/build/"
	nobody=(timeout 10 setpriv --reuid 65534 --regid 65534 --clear-groups "$CO/run.sh")
	for words in bench check test lint setup clean gate-selftest kernels \
		"explain 6.1 6.12 --metric fault.read.warm.pte{stack=raw,fs=ext4}"; do
		# shellcheck disable=SC2086
		run "${nobody[@]}" $words
		expect 4 "cannot write to $CO/build"
		((${#lines[@]} == 1)) || expect "one line of $words"
	done
	run "${nobody[@]}" assert --metric 'fault.read.warm.pte{stack=raw,fs=ext4}' --max 1
	expect 125 "cannot write to $CO/build" # which says nothing of the kernel
	run "${nobody[@]}" list
	expect 0 "fault.read.warm"
	run "${nobody[@]}" report r
	expect 0 "results are in results/r/"
	[[ ! -e $CO/results/r/report.html ]]
	run "${nobody[@]}" compare r r
	expect 0 "all 12 metrics equal"
	run "${nobody[@]}" help
	expect 0
	run "${nobody[@]}" cleanup
	expect 4 "run it as root"
}
