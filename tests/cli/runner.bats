#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The test runner itself: planted failures, skips and crashes are counted, never lost.

load ../helpers

setup() {
	CO=$BATS_TEST_TMPDIR/checkout
	mkdir -p "$CO"/tests/{unit/lib/base,fuzz,cli,e2e} "$CO/build/test/lib/base"
	cp "$TOP"/tests/{run.sh,suite.sh,tmp.bash} "$CO/tests/"
	script tests/fuzz/run.sh 'echo "ok 1 - fuzz"; echo 1..1'
	script tests/lint.sh 'echo "ok 1 - lint"; echo 1..1'
	# A test that ends at once may leave the sleep of bats' own time limit behind, which holds its output open.
	bats_file cli/a '@test "cli" { sleep 0.3; }'
	bats_file e2e/a '@test "e2e" { sleep 0.3; }'
}

script() { # PATH BODY
	printf '#!/bin/bash\n%s\n' "$2" >"$CO/$1"
	chmod +x "$CO/$1"
}

unit() { # NAME BODY
	touch "$CO/tests/unit/lib/base/test_$1.c"
	script "build/test/lib/base/test_$1" "$2"
}

bats_file() { # NAME TEXT
	printf '#!/usr/bin/env bats\n%s\n' "$2" >"$CO/tests/$1.bats"
}

runner() {
	run timeout 60 "$CO/tests/run.sh"
}

last_line() {
	[[ ${lines[-1]} == "$1" ]] || expect "a last line: $1"
}

@test "all good" {
	unit a 'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"'
	runner
	expect 0
	last_line "6 passed, 0 failed, 0 skipped"
	run ! compgen -G "$CO/build/*.tmp.*"
}

@test "a failed unit is counted and shown" {
	unit a 'echo 1..2; echo "not ok 1 - a"; echo "# 3 != 4"; echo "ok 2 - b"; exit 1'
	runner
	expect 1 "3 != 4"
	last_line "5 passed, 1 failed, 0 skipped"
}

@test "a unit that crashes is a failure, and what it said is shown" {
	unit a 'echo 1..2; echo "ok 1 - a"; echo "AddressSanitizer: overrun" >&2; exit 1'
	runner
	expect 1 "2 tests planned, 1 seen" "AddressSanitizer: overrun"
	last_line "5 passed, 1 failed, 0 skipped"
}

@test "a unit that says nothing is a failure" {
	unit a 'exit 0'
	runner
	expect 1
	last_line "4 passed, 1 failed, 0 skipped"
}

@test "a bad status after good tests is a failure (a leak)" {
	unit a 'echo 1..1; echo "ok 1 - a"; echo "LeakSanitizer: 8 bytes" >&2; exit 23'
	runner
	expect 1 "LeakSanitizer"
	last_line "5 passed, 1 failed, 0 skipped"
}

@test "the binary of a unit that is no more is not run" {
	unit a 'echo 1..1; echo "not ok 1 - a"'
	rm "$CO/tests/unit/lib/base/test_a.c"
	runner
	expect 0
}

@test "a unit that was not built is a failure" {
	unit a 'echo 1..1; echo "ok 1 - a"'
	rm "$CO/build/test/lib/base/test_a"
	runner
	expect 1 "unit a " "build/test/lib/base/test_a" "No such file or directory"
	last_line "4 passed, 1 failed, 0 skipped"
}

@test "a failed test of the command line, one of the end-to-end tests, one lint item" {
	bats_file cli/a '@test "cli" { echo because; false; }'
	runner
	expect 1 "because"
	last_line "3 passed, 1 failed, 0 skipped"
	bats_file e2e/a '@test "e2e" { false; }'
	script tests/lint.sh 'echo "not ok 1 - lint"; echo 1..1; exit 1'
	runner
	expect 1
	last_line "1 passed, 3 failed, 0 skipped"
}

@test "a set-up that fails is a failure" {
	bats_file e2e/a "$(printf 'setup_file() { false; }\n%s' '@test "e2e" { sleep 0.3; }')"
	runner
	expect 1
	[[ ${lines[-1]} == "3 passed, "[12]" failed, 0 skipped" ]]
}

@test "an expected skip is counted as one, any other is a failure" {
	bats_file e2e/a '@test "e2e" { skip "expected: no KVM here"; }'
	runner
	expect 0 "expected: no KVM here"
	last_line "3 passed, 0 failed, 1 skipped"
	bats_file e2e/a '@test "e2e" { skip "jq is missing"; }'
	runner
	expect 1 "jq is missing"
	last_line "3 passed, 1 failed, 0 skipped"
}

# As versions of cmocka print them.
@test "a skip of a unit is expected if it gives a reason, however cmocka prints it" {
	local line
	for line in "not ok 1 # SKIP a" "ok 1 # SKIP a" "ok 1 - a # SKIP"; do
		unit a "echo 1..2; echo '# expected: not root'; echo '$line'; echo 'ok 2 - b'"
		runner
		expect 0 "a: expected: not root"
		last_line "5 passed, 0 failed, 1 skipped"
		unit a "echo 1..2; echo '# because'; echo '$line'; echo 'ok 2 - b'"
		runner
		expect 1 "skipped what should have run" "ok 1 - a # skip"
		last_line "5 passed, 1 failed, 0 skipped"
	done
}

@test "a file without tests is a failure" {
	bats_file e2e/a '# nothing yet'
	runner
	expect 1 "holds no test"
	last_line "3 passed, 1 failed, 0 skipped"
}

@test "a suite that hangs is named, and the counts follow, before the time of all is over" {
	unit a 'echo 1..1; echo "ok 1 - a"'
	# As many as run at the same time, at most.
	local n=$(($(nproc) + 1)) i
	for ((i = 1; i <= n; i++)); do unit "b$i" 'echo 1..1; exec sleep 300'; done
	DAXDM_TEST_SECONDS=5 runner
	expect 1 "unit b1 " "; did not end within " "cli a                    not run: all suites together had 5 s"
	# fuzz, lint, cli a and e2e a did not run.
	[[ ${lines[-1]} == "1 passed, $((n + 4)) failed, 0 skipped" ]] || expect "one passed suite and $((n + 4)) failed ones"
}

@test "suites that cannot be started are failures, and the counts follow" {
	printf '#!/bin/sh\necho "parallel: no such program" >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/parallel"
	chmod +x "$BATS_TEST_TMPDIR/parallel"
	PATH=$BATS_TEST_TMPDIR:$PATH runner
	expect 1 "no such program"
	last_line "0 passed, 2 failed, 0 skipped"
}

@test "a runner that is killed leaves no suite behind" {
	unit a 'exec sleep 61.25'
	"$CO/tests/run.sh" >/dev/null 2>&1 3>&- &
	local runner=$! i
	for ((i = 0; i < 100; i++)); do
		if pgrep -f "^sleep 61.25" >/dev/null; then break; fi
		sleep 0.1
	done
	pgrep -f "^sleep 61.25" >/dev/null
	kill -KILL "$runner"
	for ((i = 0; i < 200; i++)); do
		pgrep -f "^sleep 61.25" >/dev/null || return 0
		sleep 0.1
	done
	false
}

@test "a fuzz harness that ran no input is a failure" {
	mkdir -p "$CO/build/fuzz"
	cp "$TOP/tests/fuzz/run.sh" "$CO/tests/fuzz/"
	touch "$CO"/tests/fuzz/fuzz_{a,b}.c
	script build/fuzz/fuzz_a 'echo "stat::number_of_executed_units: 7"'
	script build/fuzz/fuzz_b 'true'
	run timeout 20 "$CO/tests/fuzz/run.sh"
	expect 1 "ok 1 - fuzz a: 7 inputs" "not ok 2 - fuzz b" "# 7 inputs, 1 of 2 harnesses failed"
	run ! compgen -G "$CO/build/*.tmp.*"
}
