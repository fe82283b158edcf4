#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh check: what it says to bad input before anything boots, and, with its helpers replaced by
# small fakes, what they are called with and what becomes of their exit status.

# shellcheck disable=SC2154 # stderr is what run --separate-stderr sets

load ../helpers
load fakes

# A checks driver that leaves a run as the real one does; $STATUS by kernel directory.
DRIVER='
dir=$(sed -n "s/.*--results \([^ ]*\).*/\1/p" <<<"$*")
[[ $dir ]] || dir=$(sed -n "s/.*--output \([^ ]*\)\/run.jsonl.*/\1/p" <<<"$*")
case $1 in
checks)
	mkdir "$dir"
	echo "KTAP version 1" | tee "$dir/ktap.txt"
	echo "{\"type\":\"context\",\"checks\":true}" >"$dir/run.jsonl"
	exit "$(cat "$(sed "s/.*--kernel \([^ ]*\).*/\1/" <<<"$*")/status" 2>/dev/null || echo 0)" ;;
check) echo "{}" >"$dir/run.jsonl" ;;
verdicts) [[ $* == *--quiet* ]] || { echo "KTAP version 1"; touch "${*: -1}/ktap.txt"; exit 77; } ;;
behaviour) echo "a table"; exit 1 ;;
coverage) echo "12 of 14 reached"; exit 1 ;;
list) [[ $* != *nosuch* ]] || { echo "daxdm: no check fits nosuch" >&2; exit 64; } ;;
esac'

setup() {
	RUN=bats-$$-$BATS_TEST_NUMBER
	MARK=$RUN
	fake_checkout
	fake build/daxdm "$DRIVER"
	fake emu/kernel.sh 'k=build/kernels/$2; mkdir -p "$k"
		echo "$2.0-amd64" >"$k/release"; echo "linux-image-$2 $2.1-1" >"$k/package"
		[[ ! -e status.$2 ]] || cp "status.$2" "$k/status"
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

called() { # prints what was called, but for the question whether there are such checks
	grep -v '^build/daxdm list ' "$CO/calls"
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
	for n in 0 -1 x 1.5 4294967296; do refused "--seed $n: a number from 1 to 4294967295" --seed "$n"; done
	for n in 0 x 1000001; do refused "--rounds $n: a number from 1 to 1000000" --rounds "$n"; done
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
	refused "--kernel PATH needs --modules DIR" --kernel "$TOP/run.sh"
	refused "--modules goes with --kernel PATH only" --modules /tmp
	refused "only one --kernel PATH at a time" --modules /tmp --kernel "$TOP/run.sh" --kernel "$TOP/run.sh"
	refused "/nonexistent.ko: no such file" --module /nonexistent.ko
	refused "--ktap /nonexistent/file: there is no such directory" --ktap /nonexistent/file
	refused "--junit /tmp: that is a directory" --junit /tmp
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
	[[ $stderr == *"daxdm: no kernel 9.99.9"* ]]
	run ! grep "daxdm checks" "$CO/calls"
	left_nothing
}

# ---- what is called ------------------------------------------------------------------------------

@test "the phases of a run, in order; only KTAP on stdout" {
	check --name r
	expect 0
	[[ $output == $'KTAP version 1\n# results are in results/r/' ]]
	for phase in setup build kernel guests; do grep -q "^$phase " <<<"$stderr"; done
	run called
	[[ ${lines[0]} == "emu/kernel.sh resolve debian" ]]
	[[ ${lines[1]} == "emu/initramfs.sh build/kernels/debian check" ]]
	[[ ${lines[2]} == "build/daxdm checks --kernel build/kernels/debian --guest build/check.cpio --results results/r --seed 1 --known check/known --" ]]
	((${#lines[@]} == 3))
	left_nothing
}

@test "options reach the one they are for" {
	cd "$BATS_TEST_TMPDIR"
	touch dm-mod.ko
	check --kernel 6.1 --module dm-mod.ko --check 'suspend.*' --check layout --quick --plant --coverage \
		--seed 7 --rounds 9 --fresh --console --name r --ktap here.txt --junit=x.xml
	expect 0 "# 12 of 14 reached"
	here=$BATS_TEST_TMPDIR
	run cat "$CO/calls"
	[[ ${lines[0]} == "build/daxdm list --ids --check suspend.* --check layout --quick --plant" ]]
	[[ ${lines[2]} == "emu/initramfs.sh build/kernels/6.1 check --module $here/dm-mod.ko" ]]
	[[ ${lines[3]} == *" --seed 7 --known check/known --fresh --console -- --check suspend.* --check layout --quick --plant --coverage --rounds 9" ]]
	[[ ${lines[4]} == "build/daxdm verdicts --quiet --known check/known --ktap $here/here.txt --junit $here/x.xml results/r" ]]
	[[ ${lines[5]} == "build/daxdm coverage results/r" ]]
}

@test "a check that does not exist is refused before a kernel is looked for" {
	check --check nosuch
	expect 64
	run ! called
	left_nothing
}

@test "a run without a name is named by kernel and time" {
	check
	expect 0
	run ls "$CO/results"
	[[ $output =~ ^debian\.0-check-20[0-9]{6}T[0-9]{6}$ ]]
}

@test "several kernels: a run each, and what differs" {
	check --kernel 5.10 --kernel 6.1 --name r --junit "$BATS_TEST_TMPDIR/x"
	expect 0 "# a table" "# results are in results/r-5.10.0/" "# results are in results/r-6.1.0/"
	run called
	[[ ${lines[0]} == "emu/kernel.sh resolve 5.10" && ${lines[1]} == "emu/kernel.sh resolve 6.1" ]]
	[[ ${lines[3]} == *" --results results/r-5.10.0 "* && ${lines[5]} == *" --results results/r-6.1.0 "* ]]
	[[ ${lines[6]} == "build/daxdm verdicts --quiet --known check/known --junit $BATS_TEST_TMPDIR/x results/r-5.10.0 results/r-6.1.0" ]]
	[[ ${lines[7]} == "build/daxdm behaviour --known check/known results/r-5.10.0 results/r-6.1.0" ]]
	left_nothing
}

@test "a module goes with one kernel only" {
	refused "--module is for one kernel" --kernel 5.10 --kernel 6.1 --module "$TOP/run.sh"
}

@test "several kernels: the worst status, and none hides another" {
	for words in "0 0 0" "0 1 1" "1 0 1" "4 1 1" "1 4 1" "4 0 4" "77 0 77" "77 4 4" "77 77 77"; do
		read -r first second want <<<"$words"
		rm -rf "$CO/results" "$CO/build/kernels"
		echo "$first" >"$CO/status.5.10"
		echo "$second" >"$CO/status.6.1"
		check --kernel 5.10 --kernel 6.1 --name r
		expect "$want" "results/r-6.1.0/"
	done
}

@test "several kernels that are one, or whose run is there" {
	check --kernel 6.1 --kernel 6.1 --name r
	expect 64
	[[ $stderr == *"another --kernel is the same, linux-image-6.1 6.1.1-1"* ]]
	mkdir "$CO/results/r-6.1.0"
	check --kernel 5.10 --kernel 6.1 --name r
	expect 64
	[[ $stderr == *"results/r-6.1.0 is there already"* ]]
	run ! grep 'daxdm checks' "$CO/calls"
	left_nothing
}

@test "a broken host: status 4, and no second report of it" {
	fake build/daxdm '[[ $1 != checks ]] || exit 4'
	check --name r --junit "$BATS_TEST_TMPDIR/x"
	expect 4
	run ! grep verdicts "$CO/calls"
	left_nothing
}

@test "this host: no kernel, no guest; its verdicts are the exit status" {
	check --host --device /dev/pmem7 --device /dev/pmem8 --name r --quick --seed 3
	expect 77 "KTAP version 1"
	run called
	[[ ${lines[0]} == "build/daxdm check --seed 3 --device /dev/pmem7 --device /dev/pmem8 --quick --output results/r/run.jsonl" ]]
	[[ ${lines[1]} == "build/daxdm verdicts --known check/known results/r" ]]
	((${#lines[@]} == 2))
}

@test "a device that is refused leaves no run" {
	fake build/daxdm '[[ $1 != check ]] || { echo "daxdm: no" >&2; exit 64; }'
	check --host --device /dev/pmem7 --name r
	expect 64
	[[ $stderr == *"daxdm: no"* && ! -e $CO/results/r ]]
}

@test "an interrupted run says 130 and ends its children" {
	for signal in INT:130 TERM:143; do
		fake build/daxdm '[[ $1 == checks ]] || exit 0; sleep 300 & echo $! >pid; wait'
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

@test "report of a run of checks draws nothing" {
	mkdir "$CO/results/r"
	echo '{"type":"context","checks":true}' >"$CO/results/r/run.jsonl"
	run timeout 30 "$CO/run.sh" report r
	expect 0 "results are in results/r/"
	run cat "$CO/calls"
	[[ $output == "build/daxdm report results/r" ]]
}
