#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# compare of more kernels than a table has columns.

load ../helpers

setup_file() {
	export RUNS=$BATS_FILE_TMPDIR/runs
	mkdir "$RUNS"
	make_runs 620
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# Kernels 5.1, 5.2 ...; from 5.300 on linear:16 costs 1,000 more, from 5.600 on one of its metrics has vanished.
make_runs() { # N
	local costlier='if .type == "record" and .stack == "linear:16" then
		(.min, .p10, .median, .mean, .p90, .p99, .max) += 1000 | .samples |= map([.[0] + 1000, .[1]]) else . end'
	cp "$TOP/tests/fixtures/fixture-run.jsonl" "$RUNS/v1"
	jq -c "$costlier" "$RUNS/v1" >"$RUNS/v2"
	grep -v '"record","id":"fault.read.warm.pte{stack=linear:16,fs' "$RUNS/v2" >"$RUNS/v3"
	(cd "$RUNS" && seq -f 5.%.0f "$1" | xargs mkdir)
	awk -v n="$1" -v dir="$RUNS" 'BEGIN {
		for (v = 1; v <= 3; v++) while ((getline line <(dir "/v" v)) > 0) text[v] = text[v] line "\n"
		for (i = 1; i <= n; i++) {
			run = text[1 + (i >= 300) + (i >= 600)]
			sub(/6\.1\.0-fixture/, "5." i "-amd64", run)
			printf "%s", run >(dir "/5." i "/run.jsonl")
			close(dir "/5." i "/run.jsonl")
		}
	}'
}

kernels() { # FROM TO
	seq -f "$RUNS/5.%.0f" "$1" "$2"
}

compare() { # [OPTION...] RUN...
	run timeout 60 "$TOP/build/daxdm" compare "$@"
}

@test "600 kernels: each metric over all of them, and in full both sides of the steps in which most changed" {
	mapfile -t all < <(kernels 1 620)
	compare --width 200 "${all[@]}"
	expect 1 "620 kernels, 5.1 to 5.620: 12 metrics" "changed by the threshold or more in 2 of 619 steps, regressed or vanished in 2 of them" \
		"VANISHED: fault.read.warm.pte{stack=linear:16,fs=ext4} from 5.599 to 5.600" \
		"6 kernels are shown in full" "614 are left out" "5.300 against 5.299"
	[[ $output =~ fault.read.warm.pte\{stack=linear:16,fs=ext4\}\ +599\ +4,223\ +5,223\ +4,223\ +5.1\ +5,223\ +5.300\ +1\ +\+23.7\ %\ +5.300 ]]
	[[ $output =~ "fault.read.warm.pte{stack=raw,fs=ext4}"\ +620\ +([0-9,]+)\ +([0-9,]+)\ +([0-9,]+)\ +5.1\ +([0-9,]+)\ +5.1\ +0 ]]
	((${#lines[@]} < 100))
}

@test "600 kernels: the files say what is left out, and are bounded" {
	mapfile -t all < <(kernels 1 620)
	compare --html c.html --trends t.html --json c.json --junit c.xml --markdown c.md "${all[@]}"
	expect 1
	[[ $(jq -c '[.status, (.sides | length), (.series.kernels | length), (.series.metrics | length)]' c.json) == "[1,6,620,12]" ]]
	[[ $(jq -c '.series.metrics[] | select(.id == "fault.read.warm.pte{stack=linear:16,fs=ext4}") |
		[.medians[0], .medians[298], .medians[299], .medians[598], .medians[599], .changed_at]' c.json) == "[4223,4223,5223,5223,null,[299]]" ]]
	[[ $(jq -r '[.series.failures[] | .verdict] | group_by(.) | map("\(.[0]) \(length)") | join(", ")' c.json) == "REGRESSED "*", VANISHED 1" ]]
	valid_junit c.xml
	[[ $(xmllint --xpath 'string(//testcase[@name = "fault.read.warm.pte{stack=linear:16,fs=ext4}"]/failure/@message)' c.xml) == \
		"REGRESSED on 5.300: 4,223 -> 5,223 insn; and in 1 more steps" ]]
	[[ $(xmllint --xpath 'count(//testcase)' c.xml) == 12 ]]
	grep -q "614 are left out" c.html
	grep -q "614 are left out" c.md
	grep -q "5.300 +23.7 %" t.html
	(($(stat -c %s c.html) < 200000 && $(stat -c %s t.html) < 100000))
}

@test "kernels that are equal stay equal, however many" {
	mapfile -t all < <(kernels 1 299)
	compare "${all[@]}"
	expect 0 "299 kernels, 5.1 to 5.299: 12 metrics" "more in 0 of 298 steps" "3 kernels are shown in full"
}

@test "what two kernels have as a verdict they have among many" {
	mapfile -t all < <(kernels 280 345)
	compare --json many.json "${all[@]}"
	expect 1
	compare --json two.json "$RUNS/5.299" "$RUNS/5.300"
	expect 1
	diff <(jq -r '.series.failures[] | .id' many.json | sort) \
		<(jq -r '.rows[] | select(.steps[0].metric.verdict == "regressed") | .id' two.json | sort)
}

@test "one run among many that cannot be read, or is not comparable, is named" {
	cp -r "$RUNS" copy
	mapfile -t all < <(seq -f copy/5.%.0f 1 100)
	sed -i '$d' copy/5.77/run.jsonl
	compare "${all[@]}"
	expect 4 "copy/5.77/run.jsonl is incomplete"
	cp "$RUNS/5.77/run.jsonl" copy/5.77/
	sed -i 's/"mem_kib":1000000/"mem_kib":1000001/' copy/5.88/run.jsonl
	compare "${all[@]}"
	expect 3 "not comparable: mem_kib: 1,000,000 | 1,000,001"
	compare --force "${all[@]}"
	expect 0 "FORCED"
	compare --stacks "raw=>linear:1" "${all[@]}"
	expect 64 "--stacks is for up to 60 runs, got 100"
	compare --states 2 "${all[@]}"
	expect 64 "--states confirms the differences of up to 60 kernels, got 100"
}
