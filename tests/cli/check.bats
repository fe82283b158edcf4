#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh check: what it says to bad input before anything boots, and, with the emulated host replaced (guest.sh), what
# becomes of its checks.

# shellcheck disable=SC2154 # stderr is what run --separate-stderr sets

load ../helpers
load fakes
load guest

setup() {
	RUN=bats-$$-$BATS_TEST_NUMBER
	MARK=$RUN
	# shellcheck disable=SC2016 # for the guest
	fake_guest 'VERDICT=$(cat "verdict.$(basename "$(asked kernel)")" 2>/dev/null || echo "${VERDICT-pass}")'
	fake emu/kernel.sh 'n=${2/debian/6.1}; k=build/kernels/$n; mkdir -p "$k"
		echo "$n.0-amd64" >"$k/release"; echo "linux-image-$n $n.1-1" >"$k/package"
		echo "$k"'
}

teardown() {
	end_marked "$MARK"
	if [[ -d $TOP/results/$RUN ]]; then rmdir "$TOP/results/$RUN"; fi
}

refused() { # WANTED-TEXT WORD...
	local text=$1
	shift
	run timeout 10 "$TOP/run.sh" check "$@"
	expect 64 "$text"
	expect_short
}

check() {
	run --separate-stderr timeout 30 "$CO/run.sh" check "$@"
}

ids_of() { # RUN
	jq -r 'select(.type == "check").id' "$CO/results/$1/run.jsonl"
}

# ---- bad input -----------------------------------------------------------------------------------

@test "an unknown option, with the nearest one" {
	refused "unknown option '--chek' (did you mean '--check'?)" --chek suspend
	refused "unknown option '--plnat' (did you mean '--plant'?)" --plnat
	refused "unknown option '--frobnicate'" --frobnicate
	refused "unknown option '--stack'" --stack raw
	refused "check: unexpected word 'suspend'" suspend
	refused "--check needs a value: GLOB" --check
	refused "--kernel needs a value: K" --kernel=
	refused "--plant takes no value" --plant=yes
}

@test "options of check are none of bench" {
	run timeout 10 "$TOP/run.sh" bench --check suspend
	expect 64 "unknown option '--check'"
	run timeout 10 "$TOP/run.sh" bench --plant
	expect 64 "unknown option '--plant'"
}

@test "numbers that are none, or out of range" {
	for n in 0 -1 x 1.5 4294967296; do refused "--seed: expected a number from 1 to 4294967295, got '$n'" --seed "$n"; done
	for n in 0 x 1000001; do refused "--rounds: expected a number from 1 to 1000000, got '$n'" --rounds "$n"; done
}

@test "this host only with a device that was named" {
	refused "--device /dev/pmemN" --host
	refused "--device goes with --host only" --device /dev/pmem0
}

@test "what is for the emulated host does not go with this one" {
	for words in "--kernel 6.1" --fresh --console --plant "--module $TOP/run.sh" "--modules /tmp"; do
		# shellcheck disable=SC2086
		refused "${words%% *} is for the emulated host; it does not go with --host" \
			--host --device /dev/pmem0 $words
	done
}

@test "files that are not there" {
	refused "--kernel /nonexistent/bzImage: no such file" --kernel /nonexistent/bzImage
	refused "it is a text file" --kernel "$TOP/run.sh"
	put_bzimage "$BATS_TEST_TMPDIR/bzImage"
	refused "--modules goes with --kernel PATH only" --modules /tmp
	refused "only one --kernel PATH at a time" --modules /tmp --kernel "$BATS_TEST_TMPDIR/bzImage" --kernel "$BATS_TEST_TMPDIR/bzImage"
	refused "/nonexistent.ko: no such file" --module /nonexistent.ko
	refused "--ktap /nonexistent/file: there is no such directory" --ktap /nonexistent/file
	refused "--junit /tmp: expected a file, got a directory" --junit /tmp
	refused "--ktap -: expected a file" --ktap -
	refused "--junit -: expected a file" --junit -
}

@test "names of runs that are no file names, or taken" {
	for name in ../up a/b .hidden -x "with space"; do refused "--name" --name="$name"; done
	mkdir -p "$TOP/results/$RUN"
	refused "results/$RUN is there already" --name "$RUN"
}

@test "a check that does not exist, with the nearest one" {
	run timeout 60 "$TOP/run.sh" check --check capabilty
	expect 64 "no check fits 'capabilty' (did you mean 'capability'?)"
	run timeout 60 "$TOP/run.sh" check --check 'nosuch.*'
	expect 64 "daxdm: no check fits 'nosuch.*'; ./run.sh list shows them"
}

@test "a kernel that does not exist ends the run with its status" {
	fake emu/kernel.sh 'echo "daxdm: no kernel 9.99.9" >&2; exit 64'
	check --kernel 9.99.9
	expect 64
	[[ $stderr == *"daxdm: no kernel 9.99.9"* && ! $output && ! $(runs) ]]
	left_nothing
}

# ---- runs ----------------------------------------------------------------------------------------

@test "the phases of a run, in order; only KTAP on stdout" {
	check --name r --check capability
	expect 0
	[[ ${lines[0]} == "KTAP version 1" && ${lines[-1]} == "# results are in results/r/" ]]
	run grep -vE '^(KTAP version 1|1\.\.[0-9]+|(not )?ok [0-9]+ .*|# .*)$' <<<"$output"
	expect 1
	diff <(printf '%s\n' setup kernel guests) <(grep -oE '^(setup|kernel|guests) ' <<<"$stderr" | tr -d ' ')
	[[ -s $CO/results/r/ktap.txt && -s $CO/results/r/junit.xml ]]
	[[ $(context_of r '[.seed, .kernel.release, .planted, .emulator.boot]') == '[1,"6.1.0-amd64",false,"snapshot"]' ]]
	diff <(ids_of r) <("$TOP/build/daxdm" list --ids --check capability)
	left_nothing
}

@test "options do what they say" {
	cd "$BATS_TEST_TMPDIR"
	touch dm-mod.ko
	check --kernel 6.1 --module dm-mod.ko --check 'suspend.*' --check layout --quick --plant --coverage \
		--seed 7 --rounds 9 --fresh --console --name r --ktap here.txt --junit=x.xml
	expect 0 "# 1 of 2 "
	[[ $(context_of r '[.kernel.release, .replaced[0].file, .seed, .rounds, .planted, .emulator.boot]') == \
		'["6.1.0-amd64","dm-mod.ko",7,9,true,"fresh"]' ]]
	[[ $stderr == *"the console of the guest"* ]]
	diff <(jq -r 'select(.type == "check") | .id + if .plant then "+" + .plant else "" end' "$CO/results/r/run.jsonl") \
		<("$TOP/build/daxdm" list --ids --check 'suspend.*' --check layout --quick --plant)
	grep -q '^1\.\.' here.txt
	valid_junit x.xml
}

@test "namespaces of another kind and arguments of the kernel go to the guest, and into the run" {
	check --check capability --namespace memmap --append nokaslr --name r
	expect 0
	[[ $(context_of r '[.emulator.namespace, .emulator.append]') == '["memmap","nokaslr"]' ]]
	[[ $(grep '^emu/initramfs.sh' "$CO/calls") == *" check+memmap" ]] || { cat "$CO/calls"; false; }
	check --check capability --namespace labels=none --name s
	expect 0
	[[ $(context_of s '[.emulator.namespace, .emulator.append]') == '["labels=none",null]' ]]
}

@test "a check that does not exist is refused before a kernel is looked for" {
	check --check nosuch
	expect 64
	[[ ! -e $CO/build/kernels && ! $(runs) ]]
	left_nothing
}

@test "a run without a name is named by kernel and time" {
	check
	expect 0
	run ls "$CO/results"
	[[ $output =~ ^6\.1\.0-check-20[0-9]{6}T[0-9]{6}$ ]]
}

@test "several kernels: a run each, and what differs" {
	echo fail >"$CO/verdict.5.10"
	check --kernel 5.10 --kernel 6.1 --check capability.loop --name r --junit "$BATS_TEST_TMPDIR/x"
	expect 1 "# linux 5.10.0-amd64" "# linux 6.1.0-amd64" "# results are in results/r-5.10.0/" "# results are in results/r-6.1.0/"
	run grep '^# .*capability.loop.*fail.*pass' <<<"$output"
	expect 0
	[[ $(runs | xargs) == "r-5.10.0 r-6.1.0" ]]
	valid_junit "$BATS_TEST_TMPDIR/x"
	[[ $(grep -c '<testsuite ' "$BATS_TEST_TMPDIR/x") == 2 ]]
	left_nothing
}

@test "several kernels: the worst status, and none hides another" {
	for words in "pass pass 0" "pass fail 1" "fail pass 1" "broken fail 1" "fail broken 1" "broken pass 4" "skip pass 77" \
		"skip broken 4" "skip skip 77"; do
		read -r first second want <<<"$words"
		rm -rf "$CO/results" "$CO/build/kernels"
		echo "$first" >"$CO/verdict.5.10"
		echo "$second" >"$CO/verdict.6.1"
		check --kernel 5.10 --kernel 6.1 --check capability.loop --name r
		expect "$want" "results/r-6.1.0/"
	done
}

@test "several kernels that are one, or whose run is there" {
	check --kernel 6.1 --kernel debian --name r
	expect 64
	[[ $stderr == *"another --kernel is the same, linux-image-6.1 6.1.1-1"* ]]
	mkdir "$CO/results/r-6.1.0"
	check --kernel 5.10 --kernel 6.1 --name r
	expect 64
	[[ $stderr == *"results/r-6.1.0 is there already"* && ! $(runs) ]]
	left_nothing
}

@test "a broken host: status 4, and no second report of it" {
	in_guest 'exit 4'
	check --name r --junit "$BATS_TEST_TMPDIR/x"
	expect 4
	[[ ! $output && ! -e $BATS_TEST_TMPDIR/x ]]
	left_nothing
}

@test "this host: no kernel, no guest; its verdicts are the exit status" {
	in_guest VERDICT=skip
	check --host --device /dev/pmem7 --device /dev/pmem8 --name r --quick --seed 3
	expect 77 "KTAP version 1" "# SKIP because"
	[[ $(context_of r '[.seed, [.devices[].node], .emulator]') == '[3,["/dev/pmem7","/dev/pmem8"],null]' ]]
	[[ ! -e $CO/build/kernels ]]
	diff <(ids_of r) <("$TOP/build/daxdm" list --ids --quick)
}

@test "a device that is refused leaves no run" {
	in_guest 'echo "daxdm: no" >&2; exit 64'
	check --host --device /dev/pmem7 --name r
	expect 64
	[[ $stderr == *"daxdm: no"* && ! -e $CO/results/r ]]
}

@test "an interrupted run says 130 and ends its children" {
	for signal in INT:130 TERM:143; do
		in_guest 'sleep 300 & echo $! >pid; wait'
		rm -f "$CO/pid"
		start_marked "$CO/run.sh" check --name "r${signal%:*}"
		within 10 test -s "$CO/pid"
		kill "-${signal%:*}" $!
		ended
		expect "${signal#*:}"
		within 5 gone "$(cat "$CO/pid")"
		left_nothing
	done
}

@test "report of a run of checks writes its page, and draws nothing" {
	check --name r --check capability
	fake plot/plot.sh 'touch drawn'
	run timeout 30 "$CO/run.sh" report r
	expect 0 " passed, 0 failed" "results are in results/r/"
	[[ ! -e $CO/drawn ]]
	grep -q 'passed, 0 failed' "$CO/results/r/report.html"
	grep -q '<tr id="family-capability">' "$CO/results/r/report.html"
	grep -q './run.sh check --kernel ' "$CO/results/r/report.html"
}
