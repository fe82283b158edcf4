#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# verdicts, behaviour and report on the hand-made run of checks of tests/fixtures; list of checks.

load ../helpers

setup() {
	cd "$TOP" || return
	A=$BATS_TEST_TMPDIR/a B=$BATS_TEST_TMPDIR/b KNOWN=$BATS_TEST_TMPDIR/known
	mkdir "$A" "$B" "$KNOWN"
	cp tests/fixtures/check-run.jsonl "$A/run.jsonl"
	sed 's/6\.1\.0-fixture/6.12.9/; s/6\.1\.192-1/6.12.9-1/' "$A/run.jsonl" >"$B/run.jsonl"
}

known() { # FIRST LAST MATCH
	printf '%s\n' "check: reload.leak" "first: $1" "last: $2" "match: $3" "why: x" "evidence: x" \
		"reference: none found" "reproducer: x" >"$KNOWN/leak"
}

daxdm() {
	run timeout 20 build/daxdm "$@"
}

@test "verdicts prints KTAP, writes it and JUnit to the directory of the run, and sets the status" {
	daxdm verdicts "$A"
	expect 1 $'KTAP version 1\n1..3\n' "not ok 2 reload.leak # page 3 is of the old member" \
		"# dmesg: BUG: a fixture" "# 3 checks: 1 passed, 1 failed, 1 skipped"
	[[ $output == "$(cat "$A/ktap.txt")" ]]
	valid_junit "$A/junit.xml"
	grep -q '<failure type="broken promise" message="page 3 is of the old member">page 3 is of the old member$' "$A/junit.xml"
	grep -q 'name="linux-6.1.192-1.reload"' "$A/junit.xml"
}

@test "a known bug turns a failure into an expected one, by the version of the package" {
	known 6.1.190 6.1 'page [0-9]+ is of the old member'
	daxdm verdicts --known "$KNOWN" "$A"
	expect 0 "not ok 2 reload.leak # XFAIL known/leak: page 3"
	daxdm verdicts --known "$KNOWN" "$B"
	expect 1 "not ok 2 reload.leak # page 3"
	known 6.1.193 6.1 'page [0-9]+ is of the old member'
	daxdm verdicts --known "$KNOWN" "$A"
	expect 1
	known 6.1 "" 'another reason'
	daxdm verdicts --known "$KNOWN" "$A"
	expect 1
	# A line of the log excuses no wrong page.
	known 6.1 "" 'BUG: a fixture'
	daxdm verdicts --known "$KNOWN" "$A"
	expect 1 "not ok 2 reload.leak # page 3"
}

@test "a failure says how to run its check again, where it complained, and writes its set-up" {
	local line='"verdict":"fail","at":"check/reload/reload.c:184","setup":["dmsetup create x --notable","dmsetup load x <<'"'END'"'","0 8 linear /dev/pmem0 0","END"]'
	sed -i "s|\"verdict\":\"fail\"|$line|" "$A/run.jsonl"
	daxdm verdicts --reproducer "$BATS_TEST_TMPDIR" "$A"
	expect 1 "# complains at: check/reload/reload.c:184" \
		"# again: ./run.sh check --kernel 6.1.0-fixture --seed 7 --check reload.leak"
	sh -n "$BATS_TEST_TMPDIR/reload.leak.sh"
	grep -q '^#   /dev/pmem0, mode fsdax, 1073741824 bytes$' "$BATS_TEST_TMPDIR/reload.leak.sh"
	[[ $(tail -n 4 "$BATS_TEST_TMPDIR/reload.leak.sh") == $'dmsetup create x --notable\ndmsetup load x <<\'END\'
0 8 linear /dev/pmem0 0\nEND' && -x $BATS_TEST_TMPDIR/reload.leak.sh ]]
	sed -i '1s/"emulator":{[^}]*},//' "$A/run.jsonl"
	daxdm verdicts "$A"
	expect 1 "# again: ./run.sh check --host --device /dev/pmem0 --seed 7 --check reload.leak"
}

@test "a known bug that loses data and is new in the series stands first at the end" {
	known 6.1.190 6.1 'page [0-9]+ is of the old member'
	printf '%s\n' "kind: corruption" "severity: critical" >>"$KNOWN/leak"
	# Before the oldest kernel of all entries no kernel was tried.
	daxdm verdicts --known "$KNOWN" "$A"
	expect 0 "# 3 checks:"
	[[ $output != *NEW* ]]
	sed 's/^first: .*/first: 5.10/; s/reload.leak/other.check/' "$KNOWN/leak" >"$KNOWN/older"
	daxdm verdicts --known "$KNOWN" "$A"
	expect 0 $'\n# NEW in this series, data is lost (./run.sh known NAME):\n#   leak (1: reload.leak)\n# 3 checks:' \
		"# without daxdm: ./run.sh known leak --reproduce"
	known 5.10 6.1 'page [0-9]+ is of the old member'
	printf '%s\n' "kind: corruption" "severity: critical" >>"$KNOWN/leak"
	daxdm verdicts --known "$KNOWN" "$A"
	expect 0 "# 3 checks:"
	[[ $output != *NEW* ]]
	echo "kind: nonsense" >>"$KNOWN/leak"
	daxdm verdicts --known "$KNOWN" "$A"
	expect 4 "duplicate key kind"
	sed -i '/^kind: corruption/d' "$KNOWN/leak"
	daxdm verdicts --known "$KNOWN" "$A"
	expect 4 "unknown kind 'nonsense'"
}

@test "an entry that is wrong is said with its line" {
	echo "chek: x" >"$KNOWN/wrong"
	daxdm verdicts --known "$KNOWN" "$A"
	expect 4 "known/wrong:1: unknown key 'chek' (did you mean 'check'?)"
	expect_short
}

@test "the entries that there are can be read, and each is about a check that there is" {
	daxdm verdicts --known check/known "$A"
	[[ $output == "KTAP version 1"* ]] || expect "entries that can be read"
	for file in check/known/*; do
		[[ -f $file && ${file##*/} != *.* ]] || continue
		read -ra globs <<<"$(sed -nE 's/^(check|sometimes): *//p' "$file" | xargs)"
		[[ ${globs[*]} ]]
		for glob in "${globs[@]}"; do
			run build/daxdm list --ids --check "$glob"
			((status == 0)) || expect "a check for $glob of $file"
		done
	done
}

@test "several runs are subtests of one" {
	known 6.12 "" 'page 3'
	daxdm verdicts --known "$KNOWN" --ktap "$BATS_TEST_TMPDIR/ktap" --junit "$BATS_TEST_TMPDIR/junit" "$A" "$B"
	expect 1 $'KTAP version 1\n1..2\n  KTAP version 1\n  1..3\n' $'\nnot ok 1 linux-6.1.192-1\n  KTAP' \
		$'\nok 2 linux-6.12.9-1'
	[[ ${output//1 line in run.jsonl/BUG: a fixture} == "$(cat "$BATS_TEST_TMPDIR/ktap")" ]]
	valid_junit "$BATS_TEST_TMPDIR/junit"
	grep -q '<testsuites name="daxdm" tests="6" failures="1" errors="0" time=' "$BATS_TEST_TMPDIR/junit"
}

@test "the log of a known failure is in the file, not on the terminal; that of another one is on both" {
	daxdm verdicts "$A"
	expect 1 "# dmesg: BUG: a fixture"
	known 6.1.190 6.1 'page [0-9]+ is of the old member'
	daxdm verdicts --known "$KNOWN" --ktap "$BATS_TEST_TMPDIR/ktap" "$A"
	expect 0 $'\n# dmesg: 1 line in run.jsonl\nnot ok 2 reload.leak # XFAIL'
	[[ $output != *"BUG: a fixture"* ]]
	grep -q '^# dmesg: BUG: a fixture$' "$A/ktap.txt"
	grep -q '^# dmesg: BUG: a fixture$' "$BATS_TEST_TMPDIR/ktap"
}

@test "a replaced module is in KTAP, in JUnit's classes and property, and in what report says" {
	local words="with dm-mod.ko replaced (build-id 0123456789ab)"
	daxdm verdicts "$A"
	expect 1 $'1..3\n# kernel: 6.1.0-fixture (linux-image-fixture 6.1.192-1)\n'
	sed -i '1s/"checks"/"replaced":[{"file":"dm-mod.ko","module":"dm_mod","build_id":"0123456789abcdef"}],&/' "$A/run.jsonl"
	daxdm verdicts --junit "$BATS_TEST_TMPDIR/all" "$A" "$B"
	expect 1 "# kernel: 6.1.0-fixture (linux-image-fixture 6.1.192-1) $words" "not ok 1 linux-6.1.192-1+dm-mod"
	valid_junit "$A/junit.xml"
	for file in "$A/junit.xml" "$BATS_TEST_TMPDIR/all"; do
		grep -qF 'classname="linux-6.1.192-1+dm-mod.reload"' "$file"
		grep -qE "<property name=\"kernel\" value=\"6.1.0-fixture [^\"]*with dm-mod.ko replaced" "$file"
	done
	grep -qF "$words" "$A/ktap.txt"
	daxdm report "$A"
	expect 0 "$words"
}

@test "a check keeps the number that it had when it was run" {
	local before
	sed -i 's/"type":"check","id":"suspend/"number":3,&/; s/"type":"check","id":"reload/"number":1,&/
		s/"type":"check","id":"sync/"number":2,&/' "$A/run.jsonl"
	[[ $(jq -c 'select(.type == "check") | [.number, .id]' "$A/run.jsonl" | wc -l) == 3 ]]
	before=$(jq -r 'select(.type == "check") | "\(.number) \(.id)"' "$A/run.jsonl" | sort)
	daxdm verdicts "$A"
	[[ $(sed -nE 's/^(not )?ok ([0-9]+) ([^ ]+).*/\2 \3/p' "$A/ktap.txt") == "$before" ]] || { cat "$A/ktap.txt"; false; }
	[[ $output == "$(cat "$A/ktap.txt")" ]]
}

@test "--quiet only writes, --verbose lists what was observed" {
	daxdm verdicts --quiet "$A"
	expect 1
	[[ -z $output && -s $A/ktap.txt ]]
	daxdm verdicts --verbose "$A"
	expect 1 $'# observed:\n#   suspend.flush/who_blocks: ["store"]'
}

@test "a run that was cut short is status 4, and what it has is shown" {
	sed -i '$d' "$A/run.jsonl"
	sed -i '/reload.leak/d' "$A/run.jsonl"
	daxdm verdicts "$A"
	expect 4 "ok 1 suspend.flush" "incomplete (no end line)"
	daxdm report "$A"
	expect 4 "incomplete (no end line); run it again"
	daxdm behaviour "$A" "$B"
	expect 4 "incomplete"
}

@test "what cannot be written is said" {
	daxdm verdicts --junit /nonexistent/x "$B"
	expect 1 "cannot write /nonexistent/x"
	sed -i '/reload.leak/d' "$B/run.jsonl"
	daxdm verdicts --ktap /dev/full "$B"
	expect 4 "cannot write /dev/full"
}

@test "runs of benchmarks have no verdicts, runs of checks no plots" {
	daxdm verdicts tests/fixtures/fixture-run.jsonl
	expect 4 "is a run of benchmarks"
	daxdm report --plot-data "$BATS_TEST_TMPDIR" "$A"
	expect 64 "nothing to plot"
	daxdm identical "$A" "$A"
	expect 4 "is a run of checks; daxdm behaviour compares those"
}

@test "report shows the sum and what was observed" {
	daxdm report "$A"
	expect 0 "kernel: 6.1.0-fixture (linux-image-fixture 6.1.192-1)" "3 checks: 1 passed, 1 failed, 1 skipped" \
		"  reload.leak: page 3" $'observed:\n  suspend.flush/who_blocks: ["store"]'
	[[ $(ls "$A") == report.html$'\n'run.jsonl ]]
}

@test "the same behaviour on two kernels" {
	daxdm behaviour "$A" "$B"
	expect 0 "6.1.0-fixture        1        1        0        0        1        0" "same behaviour on all 2"
}

@test "two runs of one kernel are named by their directories" {
	sed -i 's/6\.12\.9/6.1.0-fixture/; s/"verdict":"skip"/"verdict":"pass"/' "$B/run.jsonl"
	daxdm behaviour "$A/run.jsonl" "$B/run.jsonl"
	expect 1 "skip on ${A##*/}; pass on ${B##*/}"
}

@test "verdicts and observations that changed, one line each" {
	mkdir "$BATS_TEST_TMPDIR/c"
	sed 's/\["store"\]/["nobody"]/; s/6\.12\.9/7.2/; s/"verdict":"skip"/"verdict":"pass"/' "$B/run.jsonl" \
		>"$BATS_TEST_TMPDIR/c/run.jsonl"
	daxdm behaviour "$A" "$B" "$BATS_TEST_TMPDIR/c"
	expect 1 "verdict changed: sync.virtio: skip on 6.1.0-fixture, 6.12.9; pass on 7.2" \
		'behaviour changed: suspend.flush/who_blocks: ["store"] on 6.1.0-fixture, 6.12.9; ["nobody"] on 7.2'
	((${#lines[@]} == 6))
}

@test "of many kernels stretches with the same value are printed, in text, Markdown, HTML and JUnit" {
	local dir=$BATS_TEST_TMPDIR/many changed="skip on 7.1 .. 7.5 (5), 7.7, 7.12; pass on 7.6, 7.8 .. 7.11 (4)"
	for i in {1..12}; do
		mkdir -p "$dir/$i"
		sed "s/6\.12\.9/7.$i/" "$B/run.jsonl" >"$dir/$i/run.jsonl"
	done
	for i in 6 8 9 10 11; do sed -i 's/"verdict":"skip"/"verdict":"pass"/' "$dir/$i/run.jsonl"; done
	daxdm compare "$dir"/{1..12} --markdown "$dir/md" --html "$dir/html" --junit "$dir/xml" --json "$dir/json" --strict
	expect 1 "verdict changed: sync.virtio: $changed" "7.1 .. 7.5 (5)         1        1        0        0        1        0"
	grep -qF "| suspicious | sync.virtio | $changed |" "$dir/md"
	grep -qF "$changed" "$dir/html"
	grep -qF "message=\"$changed\"" "$dir/xml"
	[[ $(jq -r '.sides | length' "$dir/json") == 12 && $(jq -r '.changes[0].sides | join(" ")' "$dir/json") == \
		"skip skip skip skip skip pass skip pass pass pass pass skip" ]]
	daxdm behaviour "$dir"/{1..12}
	expect 1 "sync.virtio: $changed"
}

@test "a check that passes without its observation has changed, one that was skipped has not" {
	sed -i '/observation/d' "$B/run.jsonl"
	daxdm behaviour "$A" "$B"
	expect 1 'behaviour changed: suspend.flush/who_blocks: ["store"] on 6.1.0-fixture; nothing on 6.12.9'
	sed -i '/suspend.flush/s/"pass"/"skip"/' "$B/run.jsonl"
	daxdm behaviour "$A" "$B"
	expect 1 "verdict changed: suspend.flush: pass on 6.1.0-fixture; skip on 6.12.9"
	[[ $output != *"behaviour changed"* ]]
}

@test "two runs of one kernel are distinguished by their names" {
	sed 's/\["store"\]/1/' "$A/run.jsonl" >"$B/run.jsonl"
	daxdm behaviour "$A" "$B"
	expect 1 'who_blocks: ["store"] on a; 1 on b'
}

@test "runs that differ in more than the kernel are not comparable, unless forced" {
	sed -i 's/"seed":7/"seed":8/' "$B/run.jsonl"
	daxdm behaviour "$A" "$B"
	expect 3 "not comparable: seed: 7 | 8" "--force"
	daxdm behaviour --force "$A" "$B"
	expect 0
}

@test "list shows families, checks, promises and needs" {
	daxdm list
	expect 0 $'\nchecks:\n' "  capability: " "capability.raw_block_device" "needs device:fsdax" "[quick]"
	daxdm list --ids --check capability.raw_block_device
	expect 0
	[[ $output == capability.raw_block_device ]]
	daxdm list --ids --plant --check capability.raw_block_device
	[[ $output == $'capability.raw_block_device+value\ncapability.raw_block_device+dmesg' ]]
	daxdm list --check nosuch
	expect 64 "no check fits 'nosuch'"
}

@test "bad input" {
	for verb in verdicts behaviour; do
		daxdm $verb
		expect 64 "$verb: needs runs"
	done
	daxdm behaviour "$A"
	expect 64 "got 1"
	daxdm verdicts /nonexistent
	expect 4 "cannot read /nonexistent/run.jsonl"
	sed -i 's/"verdict":"pass"/"verdict":"good"/' "$A/run.jsonl"
	daxdm verdicts "$A"
	expect 4 "run.jsonl:3: check suspend.flush: the verdict is 'good'"
}

@test "of an observation with members, those that differ are printed" {
	sed -i 's/\["store"\]/{"load":1,"store":"old","more":[1]}/' "$A/run.jsonl"
	sed -i 's/\["store"\]/{"load":1,"store":"new"}/' "$B/run.jsonl"
	daxdm behaviour "$A" "$B"
	expect 1 'behaviour changed: suspend.flush/who_blocks store: "old" on 6.1.0-fixture; "new" on 6.12.9' \
		'behaviour changed: suspend.flush/who_blocks more: [1] on 6.1.0-fixture; nothing on 6.12.9'
	[[ $output != *"who_blocks load"* ]]
	sed -i '/observation/d' "$B/run.jsonl"
	daxdm behaviour "$A" "$B"
	expect 1 "who_blocks load: 1 on 6.1.0-fixture; nothing on 6.12.9"
}

# ---- what a kernel or a file chose -----------------------------------------------------------------

# Neither ESC nor C1 nor DEL, and no line of KTAP that was not meant to be one.
expect_harmless() { # WHAT TEXT
	if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' <<<"$2" || grep -qE '^ *(not )?ok 9' <<<"$2"; then
		echo "$1 is not harmless:"
		cat -v <<<"$2"
		return 1
	fi
}

@test "what a kernel said commands no terminal and makes no line of KTAP, in any output" {
	local bad='\\u001b[2J\\u009b2J\\u007f\\r\\nok 9 made.up\\n' file verb
	sed "s/page 3 is of the old member/&$bad/; s/name one/&$bad/; s/BUG: a fixture/&$bad/; s/0 8 linear 259:0 0/&$bad/
		s/\"store\"/&,\"$bad\",{\"$bad\":1}/" "$A/run.jsonl" >"$B/run.jsonl"
	for verb in verdicts "verdicts --verbose" report "behaviour $A" "compare $A" "compare --json - $A"; do
		# shellcheck disable=SC2086
		daxdm $verb "$B"
		[[ $output == *made.up* || $verb == report || $verb == compare* ]] || expect "$verb with made.up"
		expect_harmless "$verb" "$output"
	done
	expect_harmless ktap.txt "$(cat "$B/ktap.txt")"
	valid_junit "$B/junit.xml"
	expect_harmless junit.xml "$(cat "$B/junit.xml")"
	sed "s/7 of 8 faults were seen/&$bad/; s/no xfs module/&$bad/; s/\"windows\":16/\"$bad\":1,&/" tests/fixtures/fixture-run.jsonl >"$B/run.jsonl"
	sed -i '$ d' "$B/run.jsonl"
	echo '{"type":"end","status":0}' >>"$B/run.jsonl"
	cp tests/fixtures/fixture-run.jsonl "$A/run.jsonl"
	sed -i 's/linear:1,fs=xfs/raw,fs=xfs/' "$A/run.jsonl"
	for verb in report "compare $A" "compare --json - $A" "compare --markdown - $A" "compare --junit - $A"; do
		# shellcheck disable=SC2086
		daxdm $verb "$B"
		expect_harmless "$verb" "$output"
	done
	grep -q made.up "$B/report.html"
	expect_harmless report.html "$(cat "$B/report.html")"
}

@test "a message that quotes a file or a word commands no terminal" {
	daxdm verdicts $'/nonexistent/\e[2J\n'
	expect 4 '/nonexistent/\x1b[2J\x0a'
	((${#lines[@]} == 1))
	printf '{"type":\e]0;x\a' >"$B/run.jsonl"
	echo >>"$B/run.jsonl"
	daxdm report "$B"
	expect 4 'run.jsonl:1: not JSON'
	expect_harmless report "$output"
}

@test "coverage counts the operations of each target by the faults of the check" {
	sed -i -e '1 s/"seed":7/"seed":7,"coverage":{"dax_iomap_rw":"","linear_dax_direct_access":"dm_mod"}/' \
		-e 's/{"dax_direct_access":3}/{"dax_iomap_rw":2,"dax_iomap_pmd_fault":1,"linear_dax_direct_access":3,"dm_dax_direct_access":3,"pmem_dax_direct_access":3}/' \
		"$A/run.jsonl"
	daxdm coverage "$A"
	[[ $status == 0 ]]
	grep -qE '^read, write +linear +0 +1 +0 +suspend.flush$' <<<"$output"
	grep -qE '^read, write +none +0 +0 +0 +not reached$' <<<"$output"
	grep -qE '^zero +linear +0 +0 +0 +not reached$' <<<"$output"
}
