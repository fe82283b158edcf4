#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The checks on the stock kernel of this release, in real emulated hosts.
# shellcheck disable=SC2030,SC2031 # each test has its own output

load ../helpers

# One run of the quick checks that most tests look at.
setup_file() {
	export BASE=check-$$ START=$BATS_FILE_TMPDIR/start OUT=$BATS_FILE_TMPDIR/out
	export DIR=$TOP/results/$BASE
	touch "$START"
	export BASE_STATUS=0
	DAXDM_TEST_MARK=$BASE timeout 300 "$TOP/run.sh" check --quick --name "$BASE" --ktap "$OUT.ktap" \
		--junit "$OUT.xml" >"$OUT" 2>"$OUT.err" || BASE_STATUS=$?
	if ((BASE_STATUS)); then tail -n 40 "$OUT" "$OUT.err" | sed 's/^/# /' >&3; fi
}

teardown_file() {
	rm -rf "$DIR" "$DIR"-*
}

setup() {
	MARK=$BASE-$BATS_TEST_NUMBER
	NAME=$BASE-$BATS_TEST_NUMBER
	touch "$BATS_TEST_TMPDIR/start"
}

teardown() {
	end_marked "$MARK"
}

# The results of KTAP on stdin: ID RESULT, by id.
results() {
	sed -nE 's/^(ok|not ok) [0-9]+ ([^ ]+).*/\2 \1/p' | sort
}

# The same of run.jsonl: what is not known and fails, or is broken, is not ok.
stored() { # DIR
	jq -r 'select(.type == "check") | (.id + if .plant then "+" + .plant else "" end) + " " +
		(if .plant and .known == null then {"fail": "ok", "pass": "not ok", "skip": "ok"}[.verdict] // "not ok"
		elif .verdict == "fail" or .verdict == "broken" then "not ok" else "ok" end)' "$1/run.jsonl" | sort
}

has_result() {
	grep -qE '^(ok|not ok) ' "$BATS_TEST_TMPDIR/out"
}

@test "the quick checks end with 0, and leave all their files" {
	((BASE_STATUS == 0))
	for file in run.jsonl ktap.txt junit.xml console.log; do [[ -s $DIR/$file ]]; done
	[[ $(jq -r .type <(head -n 1 "$DIR/run.jsonl")) == context ]]
	[[ $(tail -n 1 "$DIR/run.jsonl" | jq -c '[.type, .status]') == '["end",0]' ]]
	jq -e '.checks and .seed == 1 and (.kernel.package | length) > 0 and .emulator.cpus > 1 and
		(.devices | length) > 0' <(head -n 1 "$DIR/run.jsonl")
}

@test "each check that was asked for has one result, on stdout, in the run, and in the copies" {
	"$TOP/build/daxdm" list --ids --quick | sort >"$BATS_TEST_TMPDIR/ids"
	results <"$OUT" >"$BATS_TEST_TMPDIR/said"
	diff "$BATS_TEST_TMPDIR/ids" <(cut -d' ' -f1 "$BATS_TEST_TMPDIR/said")
	grep -qx "1..$(wc -l <"$BATS_TEST_TMPDIR/ids")" "$OUT"
	diff "$BATS_TEST_TMPDIR/said" <(results <"$DIR/ktap.txt")
	diff "$BATS_TEST_TMPDIR/said" <(results <"$OUT.ktap")
	diff "$BATS_TEST_TMPDIR/said" <(stored "$DIR")
	[[ $(grep -c '<testcase ' "$OUT.xml") == "$(wc -l <"$BATS_TEST_TMPDIR/ids")" ]]
}

@test "stdout is KTAP and nothing else, stderr has the phases" {
	[[ $(head -n 1 "$OUT") == "KTAP version 1" ]]
	run ! grep -vE '^(KTAP version 1|1\.\.[0-9]+|(not )?ok [0-9]+ .*|# .*)$' "$OUT"
	grep -E '^kernel +[0-9]+\.[0-9] s .*linux-image' "$OUT.err"
	run ! grep -P '\x1b|\r' "$OUT" "$OUT.err"
}

@test "it can be looked at again, with the same outcome" {
	run timeout 60 "$TOP/build/daxdm" verdicts "$DIR"
	expect 0
	diff <(results <"$OUT") <(results <<<"$output")
	run timeout 60 "$TOP/run.sh" report "$BASE"
	expect 0 "seed: 1" " passed, 0 failed" "results are in results/$BASE/"
	grep -q ' passed, 0 failed' "$DIR/report.html"
}

# The planted faults of the quick checks, of all families or of these.
planted_are_noticed() { # OPTION...
	local n
	DAXDM_TEST_MARK=$MARK run timeout 380 "$TOP/run.sh" check --quick --plant "$@" --name "$NAME"
	echo "$output" | tail -n 40
	expect 0
	n=$("$TOP/build/daxdm" list --ids --quick --plant "$@" | wc -l)
	[[ $output == *$'\n'"# $n planted faults, "* && $output != *"not detected"* ]]
	diff <("$TOP/build/daxdm" list --ids --quick --plant "$@" | sort) <(results <<<"$output" | cut -d' ' -f1)
}

# The kinds of the planted faults, as the suffix of an id names them.
kinds() { # OPTION...
	"$TOP/build/daxdm" list --ids --quick --plant "$@" | sed 's/.*+//' | sort -u
}

@test "a planted fault of each kind is noticed" {
	local some=(--check namespace --check boundary --check tabletype --check crash)
	diff <(kinds) <(kinds "${some[@]}")
	planted_are_noticed "${some[@]}"
}

# bats test_tags=slow
@test "every planted fault is noticed" {
	planted_are_noticed
}

@test "interrupted: 130, one line, no QEMU, and the run does not look whole" {
	start_marked "$TOP/run.sh" check --name "$NAME" --check 'capability.*'
	within 200 has_result
	kill -INT $!
	ended
	expect 130 "daxdm: interrupted; results/$NAME is incomplete"
	[[ $(grep -c interrupted "$BATS_TEST_TMPDIR/err") == 1 ]]
	run ! grep -q '"type": *"end"' "$TOP/results/$NAME/run.jsonl"
	expect_nothing_left "$MARK" "$BATS_TEST_TMPDIR/start"
	run timeout 60 "$TOP/build/daxdm" verdicts "$TOP/results/$NAME"
	[[ $output == *"incomplete"* ]]
}

@test "a kernel that does not let a mounted device be written is refused before it boots" {
	run timeout 100 "$TOP/run.sh" check --append bdev_allow_write_mounted=0 --check namespace.fsdax --name "$NAME"
	expect 4 "does not let checks write to a mounted block device (CONFIG_BLK_DEV_WRITE_MOUNTED); add: --append"
	[[ $(grep -c '^daxdm: ' <<<"$output") == 1 ]]
	[[ ! -e $TOP/results/$NAME ]]
}

@test "a device of this host that is no pmem is refused, and leaves no run" {
	for device in /dev/null /dev/nonexistent; do
		DAXDM_TEST_MARK=$MARK run timeout 100 "$TOP/run.sh" check --host --device $device --name "$NAME"
		expect 64 "$device"
		[[ ! -e $TOP/results/$NAME ]]
	done
}

@test "the run is left as it is: no process, no temporary file" {
	expect_nothing_left "$BASE" "$START"
}
