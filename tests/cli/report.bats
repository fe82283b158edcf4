#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What `daxdm report` prints of a large run and of a small one.
bats_require_minimum_version 1.5.0
load ../helpers

PUBLISHED=results/published/linux-6.1.0-56-insn

setup() {
	cd "$TOP" || return
}

line_of() { # PATTERN: the number of the first line that has it
	grep -nm 1 -- "$1" <<<"$output" | cut -d: -f1
}

@test "a large run is printed on two screens, findings first, and says how to see the rest" {
	run timeout 20 build/daxdm report --no-html --width 120 "$PUBLISHED"
	[[ $status == 0 ]]
	((${#lines[@]} <= 110))
	(($(line_of '^Findings') < $(line_of '^ext4: median over 3 initial states .* in insn')))
	[[ $(tr -s " " <<<"$output") == *" fault.read.warm.pte 4,195 4,395 +200 (+4.8 %)"* ]]
	[[ $output == *"dm-linear with 16 segments adds 200 insn (+4.8 %) to a warm 4 KiB read fault"* ]]
	[[ $output == *"Every row and finding: ./run.sh report --verbose published/linux-6.1.0-56-insn"* ]]
	[[ $output == *"Against another run: ./run.sh compare published/linux-6.1.0-56-insn RUN"* ]]
}

@test "--verbose prints every row and finding, findings first" {
	run timeout 20 build/daxdm report --verbose --no-html --width 120 "$PUBLISHED"
	[[ $status == 0 ]]
	((${#lines[@]} > 700))
	(($(line_of '^Findings') < $(line_of '^ext4: median over 3 initial states .* in insn')))
	[[ $output == *"ext4: operations on an unused device"* ]]
	[[ $output != *--verbose* ]]
}

@test "a small run is printed whole, and names its page" {
	mkdir "$BATS_TEST_TMPDIR/r"
	cp tests/fixtures/fixture-run.jsonl "$BATS_TEST_TMPDIR/r/run.jsonl"
	run timeout 20 build/daxdm report "$BATS_TEST_TMPDIR/r"
	[[ $status == 0 && $output != *--verbose* ]]
	[[ $output == *"Page: $BATS_TEST_TMPDIR/r/report.html"* && -s $BATS_TEST_TMPDIR/r/report.html ]]
}

@test "a large run without a main finding is printed with the others" {
	mkdir "$BATS_TEST_TMPDIR/r"
	jq -c 'select(.type == "context"), (select(.id == "fault.read.warm.pte{stack=raw,fs=ext4}") |
		range(100; 200) as $n | ("raw", "linear:16,align=4k") as $stack |
		.variant = "v\($n)" | .bench = "hop" | .stack = $stack | .segments = (if $stack == "raw" then 0 else 16 end) |
		.id = "hop.v\($n){stack=\($stack),fs=ext4}" |
		if $stack == "raw" then . else .samples[1][0] += 100 end), select(.type == "end")' \
		tests/fixtures/fixture-run.jsonl | settle >"$BATS_TEST_TMPDIR/r/run.jsonl"
	run timeout 20 build/daxdm report --no-html "$BATS_TEST_TMPDIR/r"
	expect 0 "linear:16,align=4k adds 100 insn" "--verbose"
	[[ $output != *"no comparable records"* ]]
}
