#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# compare, assert and gate-selftest: the program on hand-made runs, and run.sh with the emulated host replaced
# (guest.sh).

load ../helpers
load fakes
load guest

setup() {
	cd "$TOP" || return
	A=$BATS_TEST_TMPDIR/a B=$BATS_TEST_TMPDIR/b C=$BATS_TEST_TMPDIR/c
	mkdir "$A" "$B" "$C"
	cp tests/fixtures/fixture-run.jsonl "$A/run.jsonl"
	sed 's/6\.1\.0-fixture/6.12.9/; s/6\.1\.192-1/6.12.9-1/' "$A/run.jsonl" >"$C/run.jsonl"
	change "$B" 's/6\.1\.0-fixture/6.12.9/'
}

# A run like A with one thing changed, which has to be there.  A median is that of the six samples in
# the middle of a record.
change() { # DIR SED
	sed "$2" "$A/run.jsonl" | settle >"$1/run.jsonl"
	! cmp -s "$1/run.jsonl" "$A/run.jsonl"
}

daxdm() {
	run timeout 20 build/daxdm "$@"
}

# ---- numbers -------------------------------------------------------------------------------------

@test "another kernel with the same numbers: all equal, status 0, few lines" {
	daxdm compare "$A" "$C"
	expect 0 "linear:16 fault.read.warm.pte: unchanged (4,223 insn); DM overhead unchanged (188 insn); raw unchanged" \
		"6.12.9 against 6.1.0-fixture: all 12 metrics equal to the last sample" "all 6: ="
	((${#lines[@]} < 25))
	daxdm compare --all "$A" "$C"
	expect 0 "read.warm  raw"
}

@test "a change in device-mapper is distinguished from one of the whole kernel" {
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/\[4223,6]/[4323,6]/'
	daxdm compare "$A" "$B"
	expect 1 "ext4 linear:16 fault.read.warm.pte: +2.4 % (4,223 -> 4,323 insn); DM overhead +100 insn (188 -> 288); raw unchanged" \
		"12 metrics: 1 regressed, 11 equal" "whole kernel: raw unchanged in all 4 metrics" \
		"device-mapper: DM overhead changed in 1 of 7 metrics, median +100 insn" "REGRESSED"
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/\[4035,6]/[4135,6]/'
	daxdm compare "$A" "$B"
	expect 1 "whole kernel: raw changed in 1 of 4 metrics, median +2.5 %" "fault.read.warm.pte{stack=raw,fs=ext4} +2.5 %"
}

@test "the threshold says what is a regression; any difference is shown" {
	change "$B" 's/\[4223,6]/[4224,6]/'
	daxdm compare "$A" "$B"
	expect 0 "DM overhead +1 insn" "1 worse below the threshold" "worse"
	daxdm compare --threshold 0.02 "$A" "$B"
	expect 1 "REGRESSED"
	echo 'tax:fault.* 0' >"$BATS_TEST_TMPDIR/thresholds"
	daxdm compare --thresholds "$BATS_TEST_TMPDIR/thresholds" "$A" "$B"
	expect 1 "DM OVERHEAD REGRESSED"
	printf '%s\n' '* 9' 'fault.read.warm.pte{*} 0.01' >"$BATS_TEST_TMPDIR/thresholds"
	daxdm compare --thresholds "$BATS_TEST_TMPDIR/thresholds" "$A" "$B"
	expect 1 "REGRESSED"
}

@test "a regression of p90 is reported where the median did not change" {
	change "$B" '/"read.warm.pte","stack":"linear:16","fs"/ s/\[4723,1]/[5000,1]/'
	daxdm compare --width 300 "$A" "$B"
	expect 0 "p90 regressed, median did not: 1 metric: fault.read.warm.pte{stack=linear:16,fs=ext4} +"
}

@test "what became faster is no failure" {
	change "$B" 's/\[4223,6]/[4023,6]/'
	daxdm compare "$A" "$B"
	expect 0 "-4.7 %" "improved"
}

@test "a metric that vanished fails, with what the run says of it; one not asked for does not" {
	grep -v '"id":"hop.map{stack=linear:1}"' "$A/run.jsonl" >"$B/run.jsonl"
	daxdm compare "$A" "$B"
	expect 1 "; 1 vanished" "vanished on" "hop.map{stack=linear:1} (210 insn)"
	daxdm compare "$B" "$A"
	expect 0 "; 1 new" "new on"
	sed -i '$ i {"type":"void","id":"hop.map{stack=linear:1}","why":"half of it hopped"}' "$B/run.jsonl"
	daxdm compare "$A" "$B"
	expect 1 "half of it hopped"
	sed -i '1 s/"benches":\["fault","hop"\]/"benches":["fault"]/' "$B/run.jsonl"
	daxdm compare "$A" "$B"
	expect 0 "1 no longer requested"
}

@test "runs that differ in more than the kernel are refused with what differs; --force marks the result" {
	change "$B" 's/"seed":1/"seed":2/; s/"mem_kib":1000000/"mem_kib":2/'
	daxdm compare "$A" "$B"
	expect 3 "not comparable: mem_kib: 1,000,000 | 2" "--force"
	[[ $output != *seed* ]]
	daxdm compare --force "$A" "$B"
	expect 0 "FORCED: the runs differ"
	daxdm compare --force --json "$BATS_TEST_TMPDIR/json" --markdown "$BATS_TEST_TMPDIR/md" "$A" "$B"
	jq -e '.forced' "$BATS_TEST_TMPDIR/json"
	grep -q '^\*\*FORCED' "$BATS_TEST_TMPDIR/md"
}

# A run of initial state STATE in DIR: the median of linear:16's warm fault is MEDIAN.
put_state() { # DIR STATE MEDIAN [SED]
	local dir=$1
	(($2 == 1)) || dir=$1/state-$2
	mkdir -p "$dir"
	sed "1 s/\"seed\":1/&,\"state\":$2/; s/\[4223,6]/[$3,6]/; ${4-}" "$A/run.jsonl" | settle >"$dir/run.jsonl"
}

# States 1, 2, ... of DIR.
put_states() { # DIR MEDIAN...
	local dir=$1 n=0 median
	rm -rf "$dir"
	for median in "${@:2}"; do
		put_state "$dir" $((++n)) "$median"
	done
}

@test "initial states: what holds in four states of each is confirmed, and the ranges are shown" {
	put_states "$B" 4323 4330 4325 4326
	put_states "$C" 4223 4229 4224 4225
	daxdm compare --width 300 --json "$BATS_TEST_TMPDIR/j" --junit "$BATS_TEST_TMPDIR/x" --markdown "$BATS_TEST_TMPDIR/m" "$C" "$B"
	expect 1 "+2.4 % (4,223..4,229 -> 4,323..4,330 insn)" "REGRESSED" \
		"3 differences of the threshold or more: 3 confirmed over up to 4 initial states of each kernel (chance of each at most 1 in 20; false discovery rate 5 %)" \
		"4,223..4,229  4,323..4,330" "4, 4"
	jq -e '[.rows[] | select(.id == "fault.read.warm.pte{stack=linear:16,fs=ext4}")][0]
		| .sides[0].metric == {median: 4224, runs: 4, least: 4223, most: 4229}
		and .steps[0].metric.confirmed and .steps[0].metric.chance == 0.05' "$BATS_TEST_TMPDIR/j"
	jq -e '.steps[0].counts | .flagged == 3 and .confirmed == 3 and .states == 4' "$BATS_TEST_TMPDIR/j"
	valid_junit "$BATS_TEST_TMPDIR/x"
	grep -qF '4,223..4,229 -&gt; 4,323..4,330 insn (+2.4 %)' "$BATS_TEST_TMPDIR/x"
	grep -qF '4,323..4,330' "$BATS_TEST_TMPDIR/m"
	daxdm compare --width 300 "$B" "$C"
	expect 0 "improved" "confirmed over up to 4"
}

@test "initial states: ranges that overlap vary; what two states show is judged, but not confirmed" {
	put_states "$B" 4323 4220 4325
	put_states "$C" 4223 4229 4224
	daxdm compare --width 300 "$C" "$B"
	expect 0 "3 differences of the threshold or more: 0 confirmed over up to 3 initial states of each kernel, 3 vary with the state" \
		"1 varying with the initial state" "varies"
	put_states "$B" 4323 4330
	daxdm compare --width 300 "$C" "$B"
	expect 1 "REGRESSED" "+2.3 % (4,223..4,229 -> 4,323..4,330 insn)" "DM overhead +99 insn (188..194 -> 288..295)" \
		"0 confirmed over up to 2 initial states of each kernel, 2 not confirmed, 1 unsure (--states 4 would do)"
	put_states "$B" 4323
	daxdm compare --width 300 "$A" "$B"
	expect 1 "one initial state of each kernel was measured: 2 differences of the threshold or more are not confirmed; --states 8 measures more states"
}

@test "initial states: one measured twice counts once; one that was interrupted is left out" {
	put_states "$B" 4323 4330
	put_states "$C" 4223 4229
	for run in "$B" "$C"; do
		cp -r "$run/state-2" "$run/state-2-again"
		mkdir "$run/state-3"
		sed '$ d' "$run/state-2/run.jsonl" >"$run/state-3/run.jsonl"
	done
	daxdm compare --width 300 "$C" "$B"
	expect 1 "$B/state-3 is left out: it is incomplete" "2 not confirmed" "2, 2"
	daxdm compare --width 300 "$C,$C" "$B,$B"
	expect 1 "2 not confirmed" "2, 2"
	# The same state of another build or seed is another one.
	put_state "$B" 3 4331 '1 s/"seed":1/"seed":7/'
	put_state "$C" 3 4231 '1 s/"suite"/"build":"other",&/'
	daxdm compare --width 300 "$C" "$B"
	expect 1 "3, 3" "2 not confirmed"
	put_state "$B" 4 4332
	put_state "$C" 4 4232
	daxdm compare --width 300 "$C" "$B"
	expect 1 "4, 4" "3 confirmed"
}

@test "initial states: report says which metrics vary with them" {
	put_states "$B" 4223 4323 4230
	run timeout 20 build/daxdm report --no-html --width 300 "$B"
	expect 0 "measured in up to 3 initial states; 2 of 19 metrics and DM overheads vary by 0.5 % of the median or more: " \
		"fault.read.warm.pte{stack=linear:16,fs=ext4} 4,223..4,323 insn (2.4 %)" "DM overhead of"
	# The largest overhead is another one in state 1; that dm-linear adds to a fault holds in all.
	expect 0 "max +195 insn (read.warm.pte) (does not hold in initial state 1)"
	[[ $output == *"on average 12 insn per doubling"$'\n'* ]]
	run timeout 20 build/daxdm report --no-html "$A"
	[[ $output != *"initial states"* ]]
	# A finding whose sign is another one in a state says so, in the page as well.
	put_states "$B" 4223 4223 4000
	run timeout 20 build/daxdm report --width 300 "$B"
	expect 0 "median 4,223 (4,000..4,223), raw 4,035" "(does not hold in initial state 3)"
	grep -q "does not hold in initial state 3" "$B/report.html"
}

@test "runs of other builds and seeds are comparable: named, and equal inside the range of the states" {
	put_states "$C" 4223 4329 4224
	put_states "$B" 4300
	sed -i '1 s/"suite"/"build":"other",&/; 1 s/"seed":1/"seed":2/' "$B/run.jsonl"
	daxdm compare --width 300 "$C" "$B"
	expect 0 "measured by other builds of daxdm or seeds," "build (none) | other; emulator.seed 1 | 2" "12 metrics equal"
	put_states "$B" 4340
	daxdm compare --width 300 "$C" "$B"
	expect 1 "REGRESSED" "2 not confirmed"
}

@test "mean and p90 that regress in all states fail, although the median did not" {
	local n
	put_states "$B" 4223 4223 4223 4223
	put_states "$C" 4223 4223 4223 4223
	for n in run.jsonl state-{2,3,4}/run.jsonl; do
		sed -i '/"read.warm.pte","stack":"linear:16","fs"/ s/\[4723,1]/[5000,1]/' "$B/$n"
		settle <"$B/$n" >"$B/new" && mv "$B/new" "$B/$n"
	done
	daxdm compare --width 300 "$C" "$B"
	expect 1 "p90 regressed in all states, median did not: 1 metric: fault.read.warm.pte{stack=linear:16,fs=ext4} +5.9 %" \
		"mean regressed in all states, median did not: 1 metric" "REGRESSED (mean)"
	for n in run.jsonl state-{2,3,4}/run.jsonl; do # only the slow end
		sed -i '/"read.warm.pte","stack":"linear:16","fs"/ s/\[4213,1]/[3936,1]/' "$B/$n"
		settle <"$B/$n" >"$B/new" && mv "$B/new" "$B/$n"
	done
	daxdm compare --width 300 --junit "$BATS_TEST_TMPDIR/x" "$C" "$B"
	expect 1 "REGRESSED (slow end)"
	grep -qF '"REGRESSED (slow end)"' "$BATS_TEST_TMPDIR/x"
	rm -r "$B"/state-*
	daxdm compare --width 300 "$C" "$B"
	expect 0 "1 unsure"
	# Worse in state 1 alone.
	cp -r "$C"/state-* "$B"
	daxdm compare --width 300 "$C" "$B"
	expect 0 "1 difference of the threshold or more: 0 confirmed over up to 4 initial states of each kernel, 1 varies with the state"
}

@test "no force compares clocks with counters, or numbers with verdicts" {
	sed 's/"meter":"insn"/"meter":"time"/g; s/"unit":"insn"/"unit":"ns"/g' "$A/run.jsonl" >"$B/run.jsonl"
	daxdm compare --force "$A" "$B"
	expect 3 "not comparable: meter: insn | time"
	daxdm compare --force "$A" tests/fixtures/check-run.jsonl
	expect 3 "differ in meter or kind"
}

@test "incomplete and broken runs are refused" {
	sed '$ d' "$A/run.jsonl" >"$B/run.jsonl"
	daxdm compare "$A" "$B"
	expect 4 "is incomplete"
	change "$B" 's/"type":"end","status":0/"type":"end","status":4/'
	daxdm compare "$B" "$A"
	expect 4 "is broken"
	expect_short
}

@test "a run that contradicts itself is refused by every reader, with line, field and both values" {
	sed 's/"median":90,/"median":1,/' "$A/run.jsonl" >"$B/run.jsonl"
	for verb in "compare $A" "compare $B" report "identical $A" "gate-selftest $A $B"; do
		# shellcheck disable=SC2086
		daxdm $verb "$B"
		expect 4 "$B/run.jsonl:2: record hop.map{stack=raw}: median is 1, but its samples give 90"
		((${#lines[@]} == 1))
	done
	daxdm assert --metric 'hop.map{stack=raw}' --max 80 "$B"
	expect 125 ":2: record"
	sed 's/6\.1\.0-fixture/6.1\\u001b]0;x\\u0007/' "$A/run.jsonl" >"$B/run.jsonl"
	daxdm compare "$A" "$B"
	expect 4 "$B/run.jsonl:1: kernel.release contains the control character \x1b: '6.1\x1b]0;x\x07'"
}

@test "nothing in common is not comparable" {
	change "$B" 's/"linear:1"/"linear:3"/g; s/stack=linear:1\([,}]\)/stack=linear:3\1/'
	daxdm compare --stacks 'linear:5=>linear:1' "$A" "$B"
	expect 3 "no metric in common"
}

@test "clocks: too few runs say nothing, four of each say what is beyond chance" {
	local i runs=() slow=() few
	for i in 1 2 3 4; do
		sed "s/\"meter\":\"insn\"/\"meter\":\"time\"/g; s/\"unit\":\"insn\"/\"unit\":\"ns\"/g
			s/\[4223,6]/[422$i,6]/" "$A/run.jsonl" | settle >"$BATS_TEST_TMPDIR/t$i.jsonl"
		sed "s/6\.1\.0-fixture/6.12.9/; s/\[422$i,6]/[442$i,6]/" "$BATS_TEST_TMPDIR/t$i.jsonl" |
			settle >"$BATS_TEST_TMPDIR/s$i.jsonl"
		runs+=("$BATS_TEST_TMPDIR/t$i.jsonl")
		slow+=("$BATS_TEST_TMPDIR/s$i.jsonl")
	done
	few=$(IFS=,; echo "${runs[*]}")
	daxdm compare "${runs[0]}" "${slow[0]}"
	expect 0 "too few runs" "needs 4 runs of each kernel" "~ few runs"
	daxdm compare "$few" "$(IFS=,; echo "${slow[*]}")"
	expect 1 "+200 [+197, +203]" "REGRESSED" "expected false positives"
	daxdm compare "$few" "$few"
	expect 0 "without significant change"
	[[ $output != *" ="* ]]
	daxdm compare "$few" "${slow[0]},${runs[0]}"
	expect 3 "not comparable: kernel.release"
}

@test "runs of one kernel that differ: only the facts that differ are printed" {
	change "$B" 's/0123abcd/4567cdef/'
	daxdm compare "$A" "$A,$B"
	expect 3 "not comparable: kernel.build_id: 0123abcd | 4567cdef"
	[[ $output != *"kernel.release"* ]]
	change "$B" 's/6\.1\.0-fixture/6.12.9/'
	daxdm compare "$A" "$A,$B"
	expect 3 "not comparable: kernel.release: 6.1.0-fixture | 6.12.9"
	[[ $output != *"kernel.build_id"* ]]
}

@test "a ladder of kernels: values, steps, DM overhead" {
	change "$B" 's/6\.1\.0-fixture/6.6.1/; s/\[4223,6]/[4323,6]/'
	daxdm compare --width 160 "$A" "$B" "$C"
	expect 1 "4,223 (6.1.0-fixture), 4,323 (6.6.1), 4,223 (6.12.9); DM overhead: 188, 288, 188" \
		"6.6.1 against 6.1.0-fixture" "6.12.9 against 6.6.1" "first to last"
	[[ ${output//$'\n'/ } == *"largest step: ext4 linear:16 fault.read.warm.pte +100 insn (+2.4 %) from 6.1.0-fixture to 6.6.1, DM overhead +100; by function: ./run.sh explain "* ]]
	[[ ${output//$'\n'/ } == *"second largest step: ext4 linear:16 fault.read.warm.pte -100 insn"* && $output != *"third largest"* ]]
	[[ $output =~ linear:16\ +4,223\ +4,323\ +\+2.4\ %\ +4,223\ +-2.3\ % ]]
	[[ $output =~ DM\ overhead\ +188\ +288\ +\+100\ +188\ +-100 ]]
}

@test "JSON, Markdown and JUnit say the same as the terminal" {
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/\[4223,6]/[4323,6]/'
	cd "$BATS_TEST_TMPDIR"
	run timeout 20 "$TOP/build/daxdm" compare --json j --markdown m --junit x "$A" "$B"
	expect 1
	jq -e '.type == "comparison" and .schema == 1 and .status == 1 and (.rows | length) == 12 and
		.steps[0].counts.metrics.regressed == 1 and
		(.rows[] | select(.id == "fault.read.warm.pte{stack=linear:16,fs=ext4}") |
			.steps[0].metric == {verdict: "regressed", difference: 100, percent: (10000 / 4223)} and
			.steps[0].tax.difference == 100)' j
	grep -qF '| read.warm | linear:16 | 4,223 | 4,323 | +100 | +2.4 % | REGRESSED | 288 | +100 |' m || { cat m; false; }
	[[ $(grep -c '<testcase' x) == 12 && $(grep -c '<failure' x) == 1 ]]
	grep -qF 'name="read.warm.pte{stack=linear:16}" time="0.000"><failure type="REGRESSED" message="4,223 -&gt; 4,323 insn (+2.4 %); DM overhead 188 -&gt; 288 (+100)">4,223 -&gt;' x
	valid_junit x
	run --separate-stderr timeout 20 "$TOP/build/daxdm" compare --json - "$A" "$B"
	expect 1
	jq -e . <<<"$output" >/dev/null
}

@test "--stack, --fs and --bench choose rows" {
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/\[4223,6]/[4323,6]/'
	daxdm compare --all "$A" "$B"
	expect 1 "hop" "read.cold" "linear:1 "
	daxdm compare --all --bench 'fault.read.warm.pte' --stack linear:16 --json "$BATS_TEST_TMPDIR/j" "$A" "$B"
	expect 1 "fault.read.warm.pte: +2.4 %" "DM overhead +100 insn" "1 metric regressed"
	[[ $(jq -r '.rows[].id' "$BATS_TEST_TMPDIR/j") == 'fault.read.warm.pte{stack=linear:16,fs=ext4}' ]]
	daxdm compare --bench fault.read.warm.pte --stack raw --stack linear:1 "$A" "$B"
	expect 0 "all 2 metrics equal" "ext4 raw fault.read.warm.pte: unchanged"
	daxdm compare --bench hop --json "$BATS_TEST_TMPDIR/j" "$A" "$B"
	expect 0
	[[ $(jq -r '.rows[].bench' "$BATS_TEST_TMPDIR/j" | sort -u) == hop ]]
	# What fell back to 4 KiB was asked for with 2 MiB.
	daxdm compare --bench fault.read.warm.pmd --json "$BATS_TEST_TMPDIR/j" "$A" "$B"
	[[ $(jq -r '.rows[].variant' "$BATS_TEST_TMPDIR/j" | sort -u | xargs) == "read.warm.fallback read.warm.pmd" ]]
	daxdm compare --fs xfs "$A" "$B"
	expect 3 "no metric in common of those that --stack, --fs and --bench choose"
	daxdm compare --bench 'faul.*' "$A" "$B"
	expect 3 "no metric in common"
	cp tests/fixtures/check-run.jsonl "$A/run.jsonl"
	daxdm compare --stack raw "$A" "$A"
	expect 64 "choose among metrics; runs of checks have none"
}

@test "what was traced in different ways is not compared" {
	jq -c 'if .bench == "hop" then .proof.traced_by = "fentry" else . end' tests/fixtures/fixture-run.jsonl | settle >"$A/run.jsonl"
	jq -c 'if .bench == "hop" then .proof.traced_by = "kprobe" | .samples |= map([.[0] + 4, .[1]]) else . end' "$A/run.jsonl" |
		sed 's/6\.1\.0-fixture/6.12.9/' | settle >"$B/run.jsonl"
	daxdm compare "$A" "$B"
	expect 0 "not compared on 6.12.9 (2, traced by fentry on one side and kprobe on the other"
	[[ $output != *REGRESSED* ]]
	daxdm compare --json - "$A" "$B"
	[[ $(jq -r '.rows[] | select(.bench == "hop") | .steps[0].metric.verdict' <<<"$output" | sort -u) == left_out ]]
}

@test "one stack against another one: the new one is named first, the base behind \"against\"" {
	daxdm compare --width 300 --stacks 'linear:1=>linear:16' "$A" "$A"
	expect 1 "ext4 linear:16 fault.read.warm.pte against linear:1: +1.1 % (4,175 -> 4,223 insn)" \
		"a linear:16 against a linear:1: "
	daxdm compare --width 300 --stacks 'linear:16=>linear:1' "$A" "$A"
	# Not all that linear:16 has was measured on linear:1.
	expect 1 "ext4 linear:1 fault.read.warm.pte against linear:16: -1.1 % (4,223 -> 4,175 insn)" \
		"a linear:1 against a linear:16: "
}

@test "tables keep to the width, no line ends in a blank" {
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/\[4223,6]/[4323,6]/'
	for width in 80 120; do
		daxdm compare --all --width $width "$A" "$B"
		for line in "${lines[@]}"; do
			((${#line} <= width)) || { echo "$width: $line"; false; }
			[[ $line != *" " ]]
		done
	done
}

@test "bad input" {
	for words in "" "a" "--threshold x a b" "--threshold -1 a b" "--stacks linear:1 a b" "--stacks =>x a b" "--width 3 a b"; do
		# shellcheck disable=SC2086
		daxdm compare $words
		expect 64
		((${#lines[@]} == 1))
	done
	echo 'fault.*' >"$BATS_TEST_TMPDIR/t"
	daxdm compare --thresholds "$BATS_TEST_TMPDIR/t" "$A" "$A"
	expect 64 "t:1: expected METRIC-GLOB PERCENT"
	daxdm compare "$A" /nonexistent
	expect 64 "/nonexistent: no such file"
	daxdm compare --json /nonexistent/x "$A" "$A"
	expect 4 "cannot write /nonexistent/x"
}

# ---- verdicts ------------------------------------------------------------------------------------

@test "checks: a promise that is broken now fails; another behaviour is reported" {
	cp tests/fixtures/check-run.jsonl "$A/run.jsonl"
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/"verdict":"pass"/"verdict":"fail"/'
	daxdm compare "$A" "$B"
	expect 1 "1 promises that were kept are broken now" "verdict changed: "
	daxdm compare "$B" "$A"
	expect 0 "0 promises that were kept are broken now; 1 verdicts"
	daxdm compare --strict "$B" "$A" # a failure that is gone is not suspicious
	expect 0 "0 promises that were kept are broken now; 1 verdicts and observations changed, 0 of them suspicious"
	daxdm compare --strict "$B" "$B"
	expect 0 "0 verdicts"
	daxdm compare --json "$BATS_TEST_TMPDIR/j" "$A" "$B"
	jq -e '.type == "comparison_of_checks" and ([.changes[] | select(.regressed)] | length) == 1' "$BATS_TEST_TMPDIR/j"
	change "$B" 's/"seed":7/"seed":8/'
	daxdm compare "$A" "$B"
	expect 3 "not comparable: seed: 7 | 8"
}

@test "checks: what a check declares suspicious is marked, comes first, and fails with --strict" {
	cp tests/fixtures/check-run.jsonl "$A/run.jsonl"
	local more='{"type":"observation","id":"suspend.flush/granted","check":"suspend.flush","value":true,"suspicious":true}'
	sed -i "2a $more" "$A/run.jsonl"
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/\["store"]/["load|store"]/'
	daxdm compare --strict "$A" "$B" # only worth knowing
	expect 0 '1 verdicts and observations changed, 0 of them suspicious' 'behaviour changed: suspend.flush/who_blocks'
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/\["store"]/["load|store"]/; s/"value":true/"value":false/'
	daxdm compare "$A" "$B"
	expect 0 "2 verdicts and observations changed, 1 of them suspicious"
	[[ $(grep changed: <<<"$output" | head -n 1) == "suspicious: behaviour changed: suspend.flush/granted: true on 6.1.0-fixture; false on 6.12.9" ]]
	daxdm compare --strict --json "$BATS_TEST_TMPDIR/j" --junit "$BATS_TEST_TMPDIR/x" --markdown "$BATS_TEST_TMPDIR/m" "$A" "$B"
	expect 1 "suspicious: "
	jq -e '.status == 1 and ([.changes[] | [.id, .suspicious]] ==
		[["suspend.flush/granted", true], ["suspend.flush/who_blocks", false]])' "$BATS_TEST_TMPDIR/j"
	valid_junit "$BATS_TEST_TMPDIR/x"
	grep -qF '<failure type="suspicious" message="true -&gt; false">true -&gt; false</failure>' "$BATS_TEST_TMPDIR/x"
	[[ $(grep -c "<failure" "$BATS_TEST_TMPDIR/x") == 1 && $(grep -c "<testcase" "$BATS_TEST_TMPDIR/x") == 2 ]]
	grep -qF '| suspicious | suspend.flush/granted | true | false |' "$BATS_TEST_TMPDIR/m"
	grep -qF '["load\|store"]' "$BATS_TEST_TMPDIR/m"
	# A check that passed and is skipped now is suspicious; the fixture's other one stays.
	change "$B" 's/6\.1\.0-fixture/6.12.9/; s/"verdict":"pass"/"verdict":"skip","why":"x","cure":"y"/'
	daxdm compare --strict "$A" "$B"
	expect 1 "suspicious: verdict changed: suspend.flush: pass on 6.1.0-fixture; skip on 6.12.9"
}

# ---- assert, gate, newest ------------------------------------------------------------------------

@test "assert: 0 within, 1 beyond, 125 where nothing was found out" {
	local metric='fault.read.warm.pte{stack=linear:16,fs=ext4}'
	daxdm assert --metric "$metric" --max 4223 "$A"
	expect 0 "4,223 insn, at most 4,223 asked for: good"
	daxdm assert --metric "$metric" --max 4222 "$A"
	expect 1 "bad"
	daxdm assert --metric "$metric" --min 4224 "$A"
	expect 1 "at least 4,224"
	daxdm assert --metric "tax:$metric" --max 188 "$A"
	expect 0 "188 insn"
	daxdm assert --metric "tax:$metric" --max 187 "$A"
	expect 1
	daxdm assert --metric 'fault.read.warm.pte{stack=linear:17,fs=ext4}' --max 1 "$A"
	expect 125 "not measured"
	sed '$ d' "$A/run.jsonl" >"$B/run.jsonl"
	daxdm assert --metric "$metric" --max 9999 "$B"
	expect 125 "incomplete"
	daxdm assert --metric "$metric" --max 9999 /nonexistent
	expect 125
	daxdm assert --metric "$metric" "$A"
	expect 64
	daxdm assert --metric "$metric" --max 4k "$A"
	expect 64 "a whole number"
}

# A run with what the gate needs, made of the fixture's records.
gate_run() { # DIR FAULT-ON-TWO-LAYERS
	{
		sed -n 1p tests/fixtures/fixture-run.jsonl
		local pair stack
		for pair in raw=4000=100 linear:1=4166=266 "linear:1/linear:1=$2=432" linear:256=4230=330 linear:1024=4261=362; do
			IFS='=' read -r stack fault inside <<<"$pair"
			for metric in "fault read.warm.pte $fault" "translate page.random $inside"; do
				read -r bench variant median <<<"$metric"
				jq -nc --arg b "$bench" --arg v "$variant" --arg s "$stack" --argjson m "$median" '{type: "record",
					id: "\($b).\($v){stack=\($s),fs=ext4}", bench: $b, variant: $v, stack: $s, fs: "ext4", segments: 1,
					unit: "insn", better: "lower", meter: "insn", n: 1, min: $m, p10: $m, median: $m, mean: $m,
					p90: $m, p99: $m, max: $m, digest: "fnv1a64:\($m)", samples: [[$m, 1]]}'
			done
		done
		echo '{"type":"end","status":0}'
	} >"$1/run.jsonl"
}

@test "the gate passes where planted costs are found, and fails where one is not, is of another size, or moves by itself" {
	gate_run "$A" 4332
	daxdm gate-selftest "$A" "$A" "$A"
	expect 0 "ok 1 - the same kernel in two boots: 10 of 10 metrics equal" "+166 insn" "+31 insn" "-31 insn" \
		"smallest change that is detected: 1 insn" "1..15"
	[[ $output != *"not ok"* ]]
	gate_run "$B" 4166 # a layer that costs nothing
	daxdm gate-selftest "$B" "$B" "$A"
	expect 1 "not ok 3"
	gate_run "$B" 4000 # one that makes faster
	daxdm gate-selftest "$B" "$B" "$A"
	expect 1 "not ok 3" "not ok 6"
	gate_run "$B" 4400 # one that is found too large
	daxdm gate-selftest "$B" "$B" "$A"
	expect 1 "not ok 4"
	gate_run "$B" 4333 # another one in each boot
	daxdm gate-selftest "$A" "$B" "$A"
	expect 1 "not ok 1 - the same kernel in two boots: 9 of 10"
	sed '/linear:1024/d' "$A/run.jsonl" >"$B/run.jsonl"
	daxdm gate-selftest "$B" "$B" "$A"
	expect 1 "one more b-tree level: it was not measured"
}

# ---- run.sh --------------------------------------------------------------------------------------

# A checkout with two runs, the second one of another kernel whose linear:16 costs 2.4 % more.
two_runs() {
	fake_guest "${1-}"
	put_run mine
	put_run published/old 's/6\.1\.0-fixture/6.12.9/; s/6\.1\.192-1/6.12.9-1/; s/\[4223,6]/[4323,6]/'
}

@test "run.sh compare: runs by name, published ones, files, several of one kernel; the status is that of the comparison" {
	two_runs
	cp "$CO/results/published/old/run.jsonl" "$BATS_TEST_TMPDIR/x.jsonl"
	cp -r "$CO/results/mine" "$CO/results/mine2"
	cd "$BATS_TEST_TMPDIR"
	run timeout 30 "$CO/run.sh" compare mine old --threshold 2 --json j --all
	expect 1 "6.12.9 against 6.1.0-fixture" "read.warm  raw"
	jq -e '.sides | length == 2' j
	run timeout 30 "$CO/run.sh" compare mine old --threshold 3
	expect 0
	[[ $output != *"read.warm  raw"* ]]
	run timeout 30 "$CO/run.sh" compare mine,mine2 x.jsonl
	expect 1 "6.12.9 against 6.1.0-fixture"
	[[ $(runs | xargs) == "mine mine2" ]]
	# Files are seen from where the user stands.
	echo '* 3' >thresholds
	run timeout 30 "$CO/run.sh" compare mine old --thresholds thresholds
	expect 0
	cp "$TOP/tests/fixtures/check-run.jsonl" checks.jsonl
	mkdir known
	echo junk >known/junk
	run timeout 30 "$CO/run.sh" compare checks.jsonl checks.jsonl --known known
	expect 4 "$BATS_TEST_TMPDIR/known"
	left_nothing
}

@test "report, explain, assert and gate-selftest find runs as compare does" {
	local id='fault.read.warm.pte{stack=raw,fs=ext4}'
	two_runs
	cp "$CO/results/published/old/run.jsonl" "$BATS_TEST_TMPDIR/x.jsonl"
	cd "$BATS_TEST_TMPDIR"
	for word in mine results/mine old published/old x.jsonl "$CO/results/mine"; do
		run timeout 30 "$CO/run.sh" report --no-html "$word"
		expect 0 "meter: insn"
		run timeout 30 "$CO/run.sh" assert --metric "$id" --max 9999 "$word"
		expect 0 "4,035 insn"
		run timeout 30 "$CO/run.sh" gate-selftest "$word" "$word" "$word"
		expect 1 "ok 1 - the same kernel in two boots"
	done
	fake emu/plugin.sh 'exit 4'
	for word in mine old; do
		run timeout 30 "$CO/run.sh" explain "$word" "$word" --metric "$id"
		expect 4 "$word has no profile: its kernel is measured"
	done
	run timeout 30 "$CO/run.sh" report minx
	expect 64 "unknown run 'minx' (did you mean 'mine'?)"
	run timeout 30 "$CO/run.sh" gate-selftest mine mine minx
	expect 64 "unknown run 'minx'"
	run timeout 30 "$CO/run.sh" assert --metric "$id" --max 9999 minx
	expect 125 "unknown run 'minx'"
}

@test "of runs, options that say how to measure are refused" {
	local id='fault.read.warm.pte{stack=raw,fs=ext4}'
	two_runs
	touch "$BATS_TEST_TMPDIR/dm-mod.ko"
	for word in --kernel=6.1 "--kernel-tree=$CO" "--modules=$CO" "--module=$BATS_TEST_TMPDIR/dm-mod.ko"; do
		run timeout 10 "$CO/run.sh" assert --metric "$id" --max 1 mine "$word"
		expect 64 "assert: ${word%%=*} chooses a kernel to measure; it has no effect on the run mine"
		expect_short
	done
	touch "$CO"/results/{mine,published/old}/profile-ext4.txt
	for word in --name=x --seed=1 --fresh --console "--modules=$CO" "--module=$BATS_TEST_TMPDIR/dm-mod.ko"; do
		run timeout 10 "$CO/run.sh" explain --metric "$id" mine old "$word"
		expect 64 "explain: ${word%%=*} is for kernels"
		expect_short
	done
}

@test "explain refuses a metric that it cannot explain before it installs the program of its benchmark" {
	fake_guest
	fake emu/plugin.sh 'echo plugin'
	mkdir "$BATS_TEST_TMPDIR/bin"
	# shellcheck disable=SC2016 # for the fake
	printf '#!/bin/bash\nprintf "installed %%s\\n" "${@:4}" | tee -a %q\n' "$BATS_TEST_TMPDIR/asked" >"$BATS_TEST_TMPDIR/bin/dpkg-query"
	chmod +x "$BATS_TEST_TMPDIR/bin/dpkg-query"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout 30 "$CO/run.sh" explain 6.1 6.12 --metric 'fiojob.psync.read.4k{stack=raw,fs=ext4}'
	expect 64 "cannot be explained"
	expect_short
	run ! grep -qx 'installed fio' "$BATS_TEST_TMPDIR/asked"
}

@test "run.sh compare: a kernel that was not measured is measured, one that was is not" {
	local build
	build=$(build_digest)
	two_runs "BUILD=$build"
	put_run mine "1s/\"meter\"/\"build\":\"$build\",&/"
	run timeout 30 "$CO/run.sh" compare mine 6.12 --quick --stack raw
	expect 0 "measure" "6.1.0-56 against 6.1.0-fixture"
	[[ $(runs | wc -l) == 2 ]]
	new=$(runs | grep -v mine)
	[[ $new == 6.1.0-56-insn-* ]]
	[[ $(context_of "$new" '[.stacks, .fs, .meter]') == '[["raw"],["ext4","xfs"],"insn"]' ]]
	# Now it is known.
	run timeout 30 "$CO/run.sh" compare mine 6.12 --quick --stack raw
	expect 0 "6.12: results/$new, its newest run of this workload"
	[[ $(runs | wc -l) == 2 ]]
	run timeout 30 "$CO/run.sh" compare mine 6.12 --quick --stack raw --anew
	expect 0
	[[ $(runs | wc -l) == 3 ]]
	left_nothing
}

# Kernels of any name; on new the stack linear:16 costs COST-N more in state N.
two_kernels() { # COST-1 COST-2 ...
	fake_guest "costs=(0 $*); state=\$(asked state | grep . || echo 1)
		[[ \$(asked kernel) == *new* ]] && COST=\${costs[state]}; BUILD=$(build_digest)"
	fake emu/kernel.sh 'mkdir -p "build/kernels/$2"; echo "$2-amd64" >"build/kernels/$2/release"
		echo "linux-image-$2 1" >"build/kernels/$2/package"; echo "build/kernels/$2"'
}

# The states that were measured, and of which stacks and metrics.
states() {
	local run
	for run in $(runs | grep /); do
		echo "${run%%-insn*} $(context_of "$run" '[.emulator.state, .stacks, .fs, .metrics]')"
	done
}

@test "run.sh compare: what is beyond the threshold is measured again in further states until it is confirmed" {
	two_kernels 100 101 102 103 104 105
	run timeout 60 "$CO/run.sh" compare 6.old 6.new --width 200
	expect 1 "state 2 of up to 8: 3 metrics beyond the threshold" "state 4 of up to 8:" "4,323..4,326" "REGRESSED" \
		"12 differences of the threshold or more: 12 confirmed over up to 4 initial states"
	[[ $output != *"state 5 of"* ]]
	# Only what is undecided, and raw for the DM overhead.
	diff <(states) <(printf '%s [%s,["raw","linear:16"],["ext4"],["fault.read.warm.pte","fault.read.cold.pte","fault.read.warm.pmd"]]\n' 6.new 2 6.new 3 6.new 4 6.old 2 6.old 3 6.old 4)
	# They are found again: nothing is measured.
	run timeout 60 "$CO/run.sh" compare 6.old 6.new
	expect 1 "12 confirmed over up to 4 initial states"
	[[ $(states | wc -l) == 6 && $output != *"state 2 of"* ]]
	# The runs stand for their kernels; their states of the same selection do not.
	run timeout 60 "$CO/run.sh" compare 6.old 6.new --stack raw --stack linear:16 --fs ext4 --bench fault.read.warm.pte \
		--bench fault.read.cold.pte --bench fault.read.warm.pmd
	expect 1 "measure" "12 confirmed over up to 4 initial states"
	left_nothing
}

@test "run.sh compare: what does not hold in the second state varies, and nothing more is measured" {
	two_kernels 100 0 0
	run timeout 60 "$CO/run.sh" compare 6.old 6.new
	expect 0 "vary with the state" "4,223..4,323"
	[[ $output != *"state 3 of"* ]]
	rm -r "$CO/results"/6*
	run timeout 60 "$CO/run.sh" compare 6.old 6.new --states 1
	expect 1 "one initial state of each kernel was measured" "REGRESSED"
	[[ ! $(states) ]]
	# Of runs only if they are asked for.
	run timeout 60 "$CO/run.sh" compare --width 200 "$(runs | grep old)" "$(runs | grep new)"
	expect 1 "--states 8 measures more states"
	run timeout 60 "$CO/run.sh" compare "$(runs | grep old)" "$(runs | grep new)" --states 5
	expect 0 "state 2 of up to 5" "vary with the state"
}

@test "run.sh compare: a state that cannot be measured ends it; the next time goes on with what was" {
	two_kernels 100 101 102 103
	echo '[[ $state != 3 || $(asked kernel) != *new* ]] || exit 4' >>"$CO/guest"
	run timeout 60 "$CO/run.sh" compare 6.old 6.new
	expect 4
	[[ $(states | wc -l) == 3 ]]
	sed -i '$ d' "$CO/guest"
	run timeout 60 "$CO/run.sh" compare 6.old 6.new
	expect 1 "state 3 of up to 8" "12 confirmed over up to 4 initial states"
	[[ $(states | wc -l) == 6 ]]
}

@test "run.sh compare: runs that cannot be measured again are compared as they are, with the reason" {
	two_kernels 100 101 102 103
	put_run mine
	run timeout 60 "$CO/run.sh" compare mine 6.new
	expect 1 "results/mine cannot be measured again: it was measured by another build of daxdm" "REGRESSED"
	[[ ! $(states) ]]
	# A module that was put in place of the kernel's own is used again.
	: >"$CO/dm-mod.ko"
	run timeout 60 "$CO/run.sh" bench --kernel 6.new --module "$CO/dm-mod.ko" --name patched
	expect 0
	run timeout 60 "$CO/run.sh" bench --kernel 6.old --name stock
	expect 0
	: >"$CO/calls"
	run timeout 60 "$CO/run.sh" compare stock patched --states 4
	expect 1 "12 confirmed over up to 4"
	[[ $(grep -cF -- "--module $CO/dm-mod.ko" "$CO/calls") == 3 ]] # states 2 to 4
	rm "$CO/dm-mod.ko"
	rm -r "$CO/results/"{stock,patched}/state-*
	run timeout 60 "$CO/run.sh" compare stock patched --states 4
	expect 1 "patched cannot be measured again: a module that it was measured with was removed" "REGRESSED"
}

@test "run.sh compare: a run of another program in the guest is measured again with that one" {
	two_kernels 100 101 102 103
	echo '[[ ! ${DAXDM_GUEST_PROGRAM-} ]] || BUILD=fnv1a64:other' >>"$CO/guest"
	fake build/other 'echo "daxdm 1, build fnv1a64:other"'
	fake emu/initramfs.sh 'echo "${DAXDM_GUEST_PROGRAM-own} ${DAXDM_GUEST_PADDING_MIB-}" >>made; echo "build/$2.cpio"'
	run timeout 60 "$CO/run.sh" bench --kernel 6.old --name stock
	expect 0
	DAXDM_GUEST_PROGRAM=build/other DAXDM_GUEST_PADDING_MIB=3 run timeout 60 "$CO/run.sh" bench --kernel 6.new --name other
	expect 0
	rm "$CO/made"
	run timeout 60 "$CO/run.sh" compare stock other --states 4
	expect 1 "12 confirmed over up to 4"
	[[ $(context_of "$(runs | grep other/state-4)" .build) == '"fnv1a64:other"' ]]
	[[ $(context_of "$(runs | grep stock/state-4)" .build) != '"fnv1a64:other"' ]]
	[[ $(sort "$CO/made" | uniq -c | xargs) == "3 build/other 3 3 own" ]]
	# The program was built again since.
	fake build/other 'echo "daxdm 1, build fnv1a64:newer"'
	rm -r "$CO/results/"{stock,other}/state-*
	run timeout 60 "$CO/run.sh" compare stock other --states 4
	expect 1 "other cannot be measured again: it was measured by another build of daxdm" "REGRESSED"
}

@test "run.sh compare refuses what it cannot know, before anything is built" {
	two_runs
	for words in "" mine; do
		# shellcheck disable=SC2086
		run timeout 10 "$CO/run.sh" compare $words
		expect 64 "expected two or more "
	done
	run timeout 10 "$CO/run.sh" compare mine minx
	expect 64 "unknown run or kernel 'minx' (did you mean 'mine'?)"
	run timeout 10 "$CO/run.sh" compare mine a/bzImage
	expect 64 "a/bzImage: no such file; expected a run or kernel"
	run timeout 10 "$CO/run.sh" compare mine mine --fs btrfs
	expect 64 "unknown filesystem 'btrfs'; expected ext4 or xfs"
	run timeout 10 "$CO/run.sh" compare mine mine --fs xfs:mkfs=
	expect 64 "expected options after mkfs="
	run timeout 10 "$CO/run.sh" compare mine 6.12 --quick --full
	expect 64 "exclude each other"
	[[ $(runs) == mine ]]
	left_nothing
}

@test "results of other programs and other files: compare, explain and report say what they are" {
	local fio=$BATS_TEST_TMPDIR/fio-a.json lkp=$BATS_TEST_TMPDIR/lkp-table.txt not="(its first line is no header of daxdm)"
	two_runs
	printf '{\n  "fio version" : "fio-3.33",\n  "jobs" : []\n}\n' >"$fio"
	printf 'base            head\n---------------- ----------------\n 812345 ±  2%%  -31.4%%  557269  will-it-scale.per_process_ops\n' >"$lkp"
	mkdir "$BATS_TEST_TMPDIR/none"
	run timeout 10 "$CO/run.sh" compare "$fio" "$fio"
	expect 64 "$fio is neither a run $not nor a kernel: it is the JSON output of fio"
	run timeout 10 "$CO/run.sh" compare "$lkp" "$lkp"
	expect 64 "$lkp is neither a run $not nor a kernel: it is a text file"
	run timeout 10 "$CO/run.sh" compare mine "$BATS_TEST_TMPDIR/none"
	expect 64 "none is neither a run nor the build tree of a kernel: it is an empty directory"
	run timeout 10 "$CO/run.sh" explain "$fio" --metric 'read.warm.pte raw'
	expect 64 "$fio is neither a run $not nor a kernel: it is the JSON output of fio"
	run timeout 10 "$CO/run.sh" report "$lkp"
	expect 64 "$lkp is no run $not: it is a text file"
	expect_short
	[[ $(runs) == mine ]]
}

@test "a name that the archive does not have is refused before any kernel is fetched or measured" {
	two_runs
	fake emu/kernel.sh '[[ $1 != identify ]] || { echo "daxdm: unknown kernel '"'6.99'"'" >&2; exit 64; }; exit 4'
	for words in "compare 6.12 6.99 --quick" "explain 6.12 6.99 --metric fault.read.warm.pte{stack=raw,fs=ext4}"; do
		# shellcheck disable=SC2086
		run timeout 20 "$CO/run.sh" $words
		expect 64 "unknown kernel '6.99'"
	done
	run ! grep "^emu/kernel.sh resolve" "$CO/calls"
}

@test "a metric that does not exist is refused before any kernel is looked for" {
	local metric='fault.mprotect.pte{stack=raw,fs=ext4}' mkfs='fault.read.warm.pte{stack=raw,fs=ext4,mkfs=none}'
	two_runs
	fake emu/kernel.sh 'exit 4'
	for words in "bisect --good 6.12 --bad 6.19 --metric $metric" "bisect --good 6.12 --bad 6.19 --metric $mkfs" \
		"assert --kernel 6.12 --max 400 --metric $metric" "explain 6.12 6.19 --metric $metric" \
		"compare 6.12 6.19 --bench fault.mprotect"; do
		# shellcheck disable=SC2086
		run timeout 3 "$CO/run.sh" $words
		expect 64
		expect_short
	done
	run ! grep "^emu/" "$CO/calls"
}

@test "run.sh compare: of runs --stack, --fs and --bench choose rows, and what is for kernels is refused" {
	two_runs
	run timeout 30 "$CO/run.sh" compare mine old --all --bench 'fault.*warm*' --stack raw --stack linear:16 --fs ext4
	expect 1 "read.warm  raw"
	[[ $output != *read.cold* && $output != *hop* && $output != *linear:1\ * ]]
	for word in --quick --full --anew "--workload=$CO/workloads/quick" "--modules=$CO"; do
		run timeout 10 "$CO/run.sh" compare mine old "$word"
		expect 64 "${word%%=*} says how to measure kernels, and mine and old are runs"
		expect_short
	done
	[[ $(runs) == mine ]]
	run timeout 30 "$CO/run.sh" compare mine 6.12 --all --quick --bench fault
	expect 0 "read.warm  raw"
	[[ $output != *hop.map* ]]
}

@test "run.sh assert: measures what the metric names, and 125 if it cannot be measured" {
	fake_guest
	local metric='fault.read.warm.pte{stack=linear:16,fs=ext4}' xfs='fault.read.warm.pte{stack=linear:16,align=4k,fs=xfs}'
	run timeout 30 "$CO/run.sh" assert --metric "$metric" --max 4200
	expect 1 4,223
	[[ $(context_of "$(runs)" '[.stacks, .fs, .metrics, .emulator.seed]') == '[["linear:16"],["ext4"],["fault.read.warm.pte"],1]' ]]
	rm -r "$CO"/results/*
	run timeout 30 "$CO/run.sh" assert --metric "$metric" --max 4400
	expect 0
	rm -r "$CO"/results/*
	run timeout 30 "$CO/run.sh" assert --metric "tax:$metric" --min 1
	expect 0
	[[ $(context_of "$(runs)" .stacks) == '["raw","linear:16"]' ]]
	rm -r "$CO"/results/*
	run timeout 30 "$CO/run.sh" assert --metric "$xfs" --max 4400
	expect 125 # the guest has no such number
	[[ $(context_of "$(runs)" '[.stacks, .fs]') == '[["linear:16,align=4k"],["xfs"]]' ]]
	in_guest 'exit 4'
	run timeout 30 "$CO/run.sh" assert --metric "$metric" --max 4400
	expect 125
	run timeout 30 "$CO/run.sh" assert --metric "$metric" --max 4400 --kernel no/bzImage --modules /tmp
	expect 125 "was it built?"
	for words in "--metric $metric" "--max 3" "--metric fault --max 3" "--metric $metric --max x"; do
		# shellcheck disable=SC2086
		run timeout 10 "$CO/run.sh" assert $words
		expect 64
	done
	left_nothing
}

@test "run.sh explain: a module is put into NEW alone; with one kernel NEW is that kernel with it" {
	local ko=$BATS_TEST_TMPDIR/dm-mod.ko id='fault.read.warm.pte{stack=raw,fs=ext4}'
	fake_guest "$(declare -f profile_of)"'
		after() {
			case $run in
			*/base) profile_of "$run" "fault.read.warm.pte{stack=raw,fs=ext4}" 10 6841332fb27971a5 14 0:2:3 ;;
			*) profile_of "$run" "fault.read.warm.pte{stack=raw,fs=ext4}" 12 482d5ab581969ce5 16 0:2:4 ;;
			esac
		}'
	fake emu/plugin.sh 'echo plugin'
	touch "$ko"
	for words in "6.1 6.1" 6.1; do
		# shellcheck disable=SC2086
		run timeout 30 "$CO/run.sh" explain $words --module "$ko" --metric "$id" --name "n${words// /}"
		expect 0 "10 insn" "12 insn"
		[[ $(context_of "n${words// /}/base" .replaced) == null ]]
		[[ $(context_of "n${words// /}/new" '.replaced[0].file') == '"dm-mod.ko"' ]]
		[[ -s $CO/results/n${words// /}/explain.json ]]
	done
	run timeout 30 "$CO/run.sh" explain 6.1 --module "$ko" --metric "$id" --metric "${id/raw/linear:1}"
	expect 64 "--module replaces a module of NEW"
	expect_short
	run timeout 30 "$CO/run.sh" explain 6.1 --module-base "$ko" --metric "read.warm.pte raw" --name based
	expect 0 "10 insn" "12 insn"
	[[ $(context_of based/base '.replaced[0].file') == '"dm-mod.ko"' && $(context_of based/new .replaced) == null ]]
	run timeout 30 "$CO/run.sh" explain 6.1 --metric "$id"
	expect 64 "nothing to compare with"
	# Ordinary runs stand for their kernels, with their modules.
	run timeout 30 "$CO/run.sh" bench --kernel 6.1 --name stock --seed 3
	run timeout 30 "$CO/run.sh" bench --kernel 6.1 --module "$ko" --name patched
	rm "$CO/results/"{stock,patched}/profile-*
	run timeout 30 "$CO/run.sh" explain stock patched --metric "read.warm.pte raw" --name again
	expect 0 "results/stock has no profile: its kernel is measured" "10 insn" "12 insn"
	[[ $(context_of again/base '[.replaced, .emulator.seed]') == '[null,3]' ]]
	[[ $(context_of again/new '.replaced[0].file') == '"dm-mod.ko"' ]]
	run timeout 30 "$CO/run.sh" explain 6.1 patched --metric "read.warm.pte raw" --name mixed
	expect 0 "10 insn" "12 insn"
	[[ $(context_of mixed/new '.replaced[0].file') == '"dm-mod.ko"' ]]
	run timeout 30 "$CO/run.sh" explain stock patched --module "$ko" --metric "$id"
	expect 64 "--module is for kernels"
	rm "$ko"
	run timeout 30 "$CO/run.sh" explain stock patched --metric "$id"
	expect 4 "results/patched has no profile" "cannot be measured again: a module that it was measured with was removed"
	touch "$ko"
	# A ladder's kernels are of several releases, a module is of one.
	run timeout 30 "$CO/run.sh" bench --kernel 6.1 --kernel 6.12 --module "$ko"
	expect 64 "--module is for one kernel"
}

@test "run.sh compare: a module against the kernel's own, in numbers and quick checks, is one verdict" {
	local ko=$BATS_TEST_TMPDIR/dm-mod.ko mail=$BATS_TEST_TMPDIR/mail.md
	fake_guest
	touch "$ko"
	run timeout 60 "$CO/run.sh" compare 6.1 --module "$ko" --markdown "$mail"
	expect 0 "good: " " 0 REGRESSED, 0 improved" "0 passed and fail now, 0 changes"
	[[ $(runs | wc -l) == 4 ]]
	[[ $(context_of "$(runs | grep -- '+dm-mod-insn')" '.replaced[0].file') == '"dm-mod.ko"' ]]
	[[ $(context_of "$(runs | grep -- '+dm-mod-check')" '.replaced[0].file') == '"dm-mod.ko"' ]]
	for run in $(runs | grep -v '+dm-mod'); do [[ $(context_of "$run" .replaced) == null ]]; done
	# Slower, and a check fails.
	in_guest 'if [[ $(asked modules) ]]; then COST=50 VERDICT=fail; fi'
	run timeout 60 "$CO/run.sh" compare 6.1 --module "$ko" --markdown "$mail" --json "$BATS_TEST_TMPDIR/j"
	expect 1 "worse: 10 metrics: 3 REGRESSED, 0 improved; " ": pass on 6.1.0-56; fail on 6.1.0-56+dm-mod"
	jq -e '.status == 1 and (.checks.changes | length) > 0 and .sides[1].replaced[0].module == "dm_mod"' "$BATS_TEST_TMPDIR/j"
	[[ $(head -n 1 "$mail") == "worse: "* ]]
	grep -q 'fault.read.warm.pte linear:16 ext4 ' "$mail"
	grep -q '(REGRESSED)$' "$mail"
	[[ $(wc -L <"$mail") -le 76 ]]
	# Only the checks differ.
	in_guest 'if [[ $(asked modules) ]]; then VERDICT=fail; fi'
	run timeout 60 "$CO/run.sh" compare 6.1 --module "$ko"
	expect 1 "worse: " " 0 REGRESSED"
	run timeout 60 "$CO/run.sh" compare 6.1 --module "$ko" --no-checks
	expect 0 "good: "
	[[ $output != *"quick check"* ]]
}

@test "run.sh compare: a module for each side, and build trees" {
	local ko=$BATS_TEST_TMPDIR/dm-mod.ko old=$BATS_TEST_TMPDIR/old/dm-mod.ko tree
	fake_guest
	mkdir "${old%/*}"
	touch "$ko" "$old"
	run timeout 60 "$CO/run.sh" compare 6.1 --module-base "$old" --module "$ko" --no-checks
	expect 0 "good: "
	[[ $(runs | grep -c '+dm-mod') == 2 ]]
	rm -r "$CO"/results/*dm-mod*
	run timeout 60 "$CO/run.sh" compare 6.1 --module-base "$old" --no-checks
	expect 0 "good: "
	[[ $(runs | grep -c '+dm-mod') == 1 ]]
	for tree in t1 t2; do
		mkdir -p "$BATS_TEST_TMPDIR/$tree/arch/x86/boot"
		touch "$BATS_TEST_TMPDIR/$tree/arch/x86/boot/bzImage"
	done
	cd "$BATS_TEST_TMPDIR"
	run timeout 60 "$CO/run.sh" compare --kernel-tree t1 --kernel-tree t2
	expect 0 "good: "
}

@test "run.sh compare: what modules and build trees do not go with is refused before anything is measured" {
	local ko=$BATS_TEST_TMPDIR/dm-mod.ko
	fake_guest
	touch "$ko"
	put_run a
	refused() { # TEXT WORD...
		run timeout 30 "$CO/run.sh" compare "${@:2}"
		expect 64 "$1"
		expect_short
	}
	refused "one or two kernels, got 3" 5.10 6.1 6.12 --module "$ko"
	refused "not of runs" a 6.1 --module "$ko"
	refused "--module says how to measure kernels" a a --module "$ko"
	refused "no-file.ko: no such file" 6.1 --module no-file.ko
	refused "no-file.ko: no such file" 6.1 --module-base no-file.ko
	refused "no-tree: no such directory" 6.1 --kernel-tree no-tree
	refused "--explain goes with" 6.1 6.12 --explain
	[[ $(runs) == a ]]
}

@test "metrics have short names" {
	local words
	fake_guest
	put_run a
	for words in "read.warm.pte linear:16" "fault.read.warm.pte linear:16 ext4"; do
		run timeout 30 "$CO/run.sh" assert --metric "$words" --max 9000 a
		expect 0 "fault.read.warm.pte{stack=linear:16,fs=ext4} on "
	done
	run timeout 30 "$CO/run.sh" assert --metric "tax:read.warm.pte linear:16" --max 9000 a
	expect 0 "tax:fault.read.warm.pte{stack=linear:16,fs=ext4} on "
	run timeout 30 "$CO/run.sh" assert --metric "read.warm.pte linear:16 xfs" --max 9000 a
	expect 125 "fault.read.warm.pte{stack=linear:16,fs=xfs}: not measured"
	run timeout 30 "$CO/run.sh" assert --metric "read.warm.fallback linear:16" --max 9000 a
	expect 125 "fault.read.warm.fallback{stack=linear:16,fs=ext4}: not measured"
	run timeout 30 "$CO/run.sh" assert --metric "read.warn.pte linear:16" --max 9000 a
	expect 64 "no benchmark has a variant 'read.warn.pte' (did you mean 'read.warm.pte'?)"
	run timeout 30 "$CO/run.sh" assert --metric read.warm.pte --max 9000 a
	expect 64 "variant, stack and filesystem"
}

@test "a replaced module is named wherever the kernel is" {
	local words="6.1.0-fixture (linux-image-fixture 6.1.192-1) with dm-mod.ko replaced (build-id 0123456789ab)"
	change "$B" '1s/"meter"/"replaced":[{"file":"dm-mod.ko","module":"dm_mod","build_id":"0123456789abcdef"}],&/'
	daxdm report --width 1000 "$B"
	expect 0 "kernel: $words"
	grep -qF '<title>DAX through device-mapper on Linux 6.1.0-fixture+dm-mod</title>' "$B/report.html"
	grep -qF "with dm-mod.ko replaced" "$B/report.html"
	daxdm compare --all --width 1000 --json "$BATS_TEST_TMPDIR/j" --junit "$BATS_TEST_TMPDIR/x" "$A" "$B"
	expect 0 "6.1.0-fixture+dm-mod against 6.1.0-fixture: all 12 metrics equal" \
		"kernels differ, 6.1.0-fixture | 6.1.0-fixture+dm-mod: replaced (none) | dm-mod.ko (build-id 0123456789ab)"
	[[ $output =~ 6\.1\.0-fixture\ \ 6\.1\.0-fixture\+dm-mod ]]
	jq -e '.sides[1].replaced[0].module == "dm_mod" and (.sides[0] | has("replaced") | not)' "$BATS_TEST_TMPDIR/j"
	valid_junit "$BATS_TEST_TMPDIR/x"
	grep -qF 'classname="linux-6.1.0-fixture+dm-mod.ext4.fault"' "$BATS_TEST_TMPDIR/x"
	grep -qF "<property name=\"kernel\" value=\"$words\"/>" "$BATS_TEST_TMPDIR/x"
	# Two runs of one side are of one kernel.
	daxdm compare "$A,$B" "$C"
	expect 3 "not comparable: kernel: "
	daxdm identical "$A" "$B"
	[[ $status != 0 ]]
}

@test "run.sh gate-selftest: three runs, one of them fresh; a gate that fails fails it" {
	fake_guest 'after() { head -n 1 "$run/run.jsonl" | jq .emulator.boot >>boots; { head -n 1 "$run/run.jsonl"; tail -n +2 gate; } >"$run/new"; mv "$run/new" "$run/run.jsonl"; }'
	gate_run "$A" 4332
	cp "$A/run.jsonl" "$CO/gate"
	run timeout 30 "$CO/run.sh" gate-selftest
	expect 0 "1..15"
	diff <(sort "$CO/boots") <(printf '"%s"\n' fresh snapshot snapshot)
	[[ ! $(runs) ]]
	rm "$CO/boots"
	gate_run "$A" 4166 # a layer that costs nothing
	cp "$A/run.jsonl" "$CO/gate"
	run timeout 30 "$CO/run.sh" gate-selftest
	expect 1 "not ok 3"
	in_guest 'exit 4'
	run timeout 30 "$CO/run.sh" gate-selftest
	expect 4 "could not be measured twice"
	run timeout 10 "$CO/run.sh" gate-selftest now
	expect 64 "takes no words"
	left_nothing
}

@test "what we publish: 6.1 is equal to itself, and 7.3 differs from it" {
	daxdm compare results/published/linux-6.1.0-56-insn results/published/linux-6.1.0-56-insn
	expect 0 "all 1790 metrics equal"
	daxdm compare --width 300 results/published/linux-6.1.0-56-insn results/published/linux-7.3-rc7-insn
	expect 1 "ext4 linear:16 fault.read.warm.pte: +20.1 % (4,395 -> 5,277 insn); DM overhead +26 insn" "16 vanished" \
		"huge pages lost, mapped by 4 KiB pages"
}

@test "a comparison is a page: sentences, each metric with an id, the plots of a ladder in its directory" {
	local ladder=$TOP/results/published/ladder-insn page=$BATS_TEST_TMPDIR/c.html
	daxdm compare --html "$page" "$ladder/6.1.0-56" "$ladder/6.12.117+deb12"
	expect 1
	grep -q '<p class="bad">worse: ' "$page"
	grep -q 'fault.read.warm.pte: +24.8 % (4,395 -&gt; 5,483 insn)' "$page"
	grep -q '<tr id="fault.read.warm.pte-stack-linear:16-fs-ext4-">' "$page"
	run ! grep -q '<img' "$page"
	cp "$ladder"/*.svg "$BATS_TEST_TMPDIR"
	daxdm compare --html "$page" "$ladder"/{5.10.0-46,6.1.0-56,7.3}
	expect 1
	(($(grep -c '<img' "$page") == 3))
	[[ ! $(grep -oE ' id="[^"]+"' "$page" | sort | uniq -d) ]]
	daxdm compare --html /nonexistent/c.html "$ladder"/{5.10.0-46,6.1.0-56}
	expect 4 "cannot write /nonexistent/c.html: No such file or directory"
}

@test "trends: the largest changes since the last long-term kernel, and a line per metric with its change points" {
	local ladder=$TOP/results/published/ladder-insn page=$BATS_TEST_TMPDIR/t.html
	daxdm compare --trends "$page" "$ladder"/{5.10.0-46,6.1.0-56,6.12.117+deb12,7.3}
	expect 1
	grep -q '<h2 id="largest">The largest changes since 6.12.117+deb12</h2>' "$page"
	grep -q 'fault.read.warm.pte{stack=linear:16,fs=ext4}</a></th><td>3,644<td><svg' "$page"
	[[ $(sed -n '/<tr id="fault.read.warm.pte-stack-linear:16-fs-ext4-">/p' "$page") == *"6.1.0-56 +20.6 %, 6.12.117+deb12 +24.8 %, 7.3 -3.8 %" ]]
	(($(sed -n '/<tr id="fault.read.warm.pte-stack-linear:16-fs-ext4-">/p' "$page" | grep -o '<circle' | wc -l) == 3))
	[[ ! $(grep -oE ' id="[^"]+"' "$page" | sort | uniq -d) ]]
	daxdm compare --trends "$page.2" "$ladder"/{5.10.0-46,6.1.0-56}
	expect 64 "--trends needs three kernels or more, got 2"
	[[ ! -e $page.2 ]]
}
