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

@test "the page begins with one sentence for each topic, and is at most 400 KB" {
	local page=$BATS_TEST_TMPDIR/report.html
	cp results/published/linux-6.1.0-56-insn/*.svg "$BATS_TEST_TMPDIR"
	timeout 60 build/daxdm report --quiet --output "$BATS_TEST_TMPDIR" results/published/linux-6.1.0-56-insn
	(($(stat -c %s "$page") < 400000))
	sed '/<figure/Q' "$page" >"$BATS_TEST_TMPDIR/head"
	(($(grep -c '^<li>' "$BATS_TEST_TMPDIR/head") == 11))
	grep -q '^<li>What device-mapper adds: dm-linear with 16 segments adds to a warm 4 KiB read fault: +200 insn (+4.8 %, raw 4,195) on ext4 and +203 insn (+3.7 %, raw 5,487) on xfs$' "$BATS_TEST_TMPDIR/head"
	grep -q '^<li>What grows with the segments: copy.fsync.4k with 1,024 segments costs 393x raw (1,810 insn per segment) on ext4 and 398x raw (1,780 insn per segment) on xfs; a warm 4 KiB read fault grows by 10 insn per doubling on ext4 and 9.5 insn per doubling on xfs$' "$BATS_TEST_TMPDIR/head"
	grep -q '^<li>Huge pages lost: 32 of 32 windows on linear:16,align=4k and none of the other 8 stacks on ext4 and xfs$' "$BATS_TEST_TMPDIR/head"
	grep -q '^<li>Without DAX, on linear:16, relative to DAX: 4 KiB read by O_DIRECT 1.68x on ext4 and 1.65x on xfs, by a cold page cache 3.14x on ext4 and xfs, write by O_DIRECT 2.36x on ext4 and 2.13x on xfs$' "$BATS_TEST_TMPDIR/head"
	grep -q '^<li>A durable copy of 4 KiB on linear:16, in insn: by msync 33,730 on ext4 and 33,059 on xfs (on raw pmem 10,541 on ext4 and 9,865 on xfs), by MAP_SYNC 717 on ext4 and xfs$' "$BATS_TEST_TMPDIR/head"
	# all findings, folded by topic; every row can be linked to, once
	(($(grep -c '<details id="\(overhead\|growth\|huge-pages-lost\|without-dax\|durability\|table-operations\|fio\)">' "$page") == 7))
	grep -q '<tr id="xfs:copy.msync.64k">' "$page"
	[[ ! $(grep -oE ' id="[^"]+"' "$page" | sort | uniq -d) ]]
	# nothing is fetched
	(($(grep -oE '(src|href)="[^"]{0,12}' "$page" | grep -cvE '"(#|data:|statistics)') == 0))
}

@test "an explanation has a page" {
	cp results/published/explain-6.1-6.12/* "$BATS_TEST_TMPDIR"
	run timeout 20 build/daxdm report "$BATS_TEST_TMPDIR"
	expect 0 "Page: $BATS_TEST_TMPDIR/explain.html"
	grep -q '<p class="main">+1,088 insn (+24.8 %): +210 in mas_walk' "$BATS_TEST_TMPDIR/explain.html"
	grep -q '<tr id="mas_walk">' "$BATS_TEST_TMPDIR/explain.html"
	grep -q "./run.sh explain linux-image-6.1.0-56-amd64-unsigned linux-image-6.12.117+deb12-amd64-unsigned --metric 'fault.read.warm.pte{" "$BATS_TEST_TMPDIR/explain.html"
}
