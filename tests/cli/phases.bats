#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh bench with the emulated host replaced (guest.sh): what is measured and made of it, what becomes of exit
# statuses, and what is left behind after a signal.

load ../helpers
load fakes
load guest

setup() {
	fake_guest
	# shellcheck disable=SC2016 # the directory of the run, or another one for what is drawn
	fake plot/plot.sh 'touch "${2:-$1}/drawn.svg"'
	MARK=phases-$$-$BATS_TEST_NUMBER
}

teardown() {
	end_marked "$MARK"
}

bench() {
	run timeout 30 "$CO/run.sh" bench "$@"
}

@test "the phases of a run, in order" {
	bench --name r
	expect 0 "4,223" "results are in results/r/"
	diff <(printf '%s\n' setup kernel guests) <(grep -oE '^(setup|kernel|guests) ' <<<"$output" | tr -d ' ' | uniq)
	[[ $(context_of r '[.kernel.release, .meter, .stacks, .fs, .metrics, .emulator.seed, .emulator.boot]') == \
		'["6.1.0-56-amd64","insn",["raw","linear:1","linear:16"],["ext4","xfs"],["fault"],1,"snapshot"]' ]]
	[[ -s $CO/results/r/report.html && -e $CO/results/r/drawn.svg ]]
	left_nothing
}

@test "options do what they say" {
	cd "$BATS_TEST_TMPDIR"
	put_bzimage bzImage
	touch dm-mod.ko
	printf 'stack linear:1\nfs ext4\nbench fault\n' >mine
	mkdir mods
	# shellcheck disable=SC2016 # for the fake
	fake emu/kernel.sh '[[ -e $2 && $3 == --modules && -d $4 ]] || exit 64
		mkdir -p build/kernels/k; echo 9.9-own >build/kernels/k/release; echo "file $2" >build/kernels/k/package; echo build/kernels/k'
	bench --kernel bzImage --modules mods --module dm-mod.ko --meter time --workload=mine --name r \
		--stack raw --stack linear:16,align=4k --fs xfs --bench 'fault.read.*' --seed 7 --fresh --console
	expect 0 "the console of the guest"
	[[ $(context_of r '[.kernel.release, .replaced[0].file, .meter, .stacks, .fs, .metrics, .emulator.seed, .emulator.boot]') == \
		'["9.9-own","dm-mod.ko","time",["raw","linear:16,align=4k"],["xfs"],["fault.read.*"],7,"fresh"]' ]]
}

@test "no guest for a filesystem that is not measured" {
	# shellcheck disable=SC2016 # for the fake
	fake emu/initramfs.sh 'touch "made-${2%%+*}"; echo "build/$2.cpio"'
	printf 'stack raw\nfs xfs\nbench fault\n' >"$BATS_TEST_TMPDIR/mine"
	bench --workload "$BATS_TEST_TMPDIR/mine" --name r
	expect 0
	[[ -e $CO/made-xfs && ! -e $CO/made-ext4 && $(context_of r .fs) == '["xfs"]' ]]
}

@test "a workload may have comments, and come from another system" {
	printf 'stack raw\r\nfs xfs # not ext4\r\nbench fault\r\n' >"$BATS_TEST_TMPDIR/mine"
	bench --workload "$BATS_TEST_TMPDIR/mine" --name r
	expect 0
	[[ $(context_of r .fs) == '["xfs"]' ]]
}

@test "fio is a part of every guest, so that each sweep starts from the same state" {
	bench --name r
	grep -qx 'emu/initramfs.sh build/kernels/k ext4+fio' "$CO/calls"
	bench --name s --bench 'fiojob.psync.*' --fs xfs
	expect 0
	grep -qx 'emu/initramfs.sh build/kernels/k xfs+fio' "$CO/calls"
}

@test "--quick and --full choose the workload" {
	printf 'stack raw\nfs ext4\nbench fault\n' >"$CO/workloads/quick"
	printf 'stack linear:1\nfs ext4\nbench fault\n' >"$CO/workloads/full"
	bench --quick --name q
	bench --full --name f
	[[ $(context_of q .stacks) == '["raw"]' && $(context_of f .stacks) == '["linear:1"]' ]]
}

@test "a run without a name is named by kernel, meter and time" {
	bench
	expect 0
	[[ $(runs) =~ ^6\.1\.0-56-insn-20[0-9]{6}T[0-9]{6}$ ]]
}

@test "--repeat runs that often, from a fresh boot each, and compares with the first" {
	bench --repeat 3 --name r
	expect 0
	[[ $(grep -c "identical to the last sample" <<<"$output") == 2 ]]
	[[ $(runs | xargs) == "r-1 r-2 r-3" ]]
	for r in $(runs); do [[ $(context_of "$r" .emulator.boot) == '"fresh"' ]]; done
}

@test "--states measures further initial states into the run, which compare reads" {
	bench --states 3 --name s
	expect 0 "initial state 2 of 3" "initial state 3 of 3"
	[[ $(runs | xargs) == "s s/state-2 s/state-3" ]]
	[[ $(for r in $(runs); do context_of "$r" .emulator.state; done | xargs) == "1 2 3" ]]
	run timeout 30 "$CO/run.sh" compare --all s s
	expect 0 "3, 3"
	bench --states 2 --repeat 2
	expect 64 "does not go with --repeat"
	bench --states 2 --meter time
	expect 64 "--states is for --meter insn"
	# shellcheck disable=SC2016 # for the guest
	in_guest '[[ $run != */state-2 ]] || exit 4'
	bench --states 3 --name t
	expect 4
	[[ $(runs | grep t | grep -v state | xargs) == t ]]
}

@test "runs are judged as they are: a difference that too few states show fails, unconfirmed" {
	bench --states 3 --name s
	in_guest COST=100
	bench --name t
	run timeout 30 "$CO/run.sh" compare s t
	expect 1 "REGRESSED" "0 confirmed over up to 1 initial state of each kernel" "not confirmed" "--states"
}

@test "assert judges the median over the initial states" {
	local metric='fault.read.warm.pte{stack=linear:16,fs=ext4}'
	# shellcheck disable=SC2016 # for the guest
	in_guest 'case $run in */state-2) COST=20 ;; */state-3) COST=10 ;; esac'
	run timeout 30 "$CO/run.sh" assert --kernel 6.1 --states 3 --metric "$metric" --max 4232
	expect 1 "4,233 insn (4,223..4,243), median of 3 initial states, at most 4,232 asked for: bad"
	run timeout 30 "$CO/run.sh" assert --kernel 6.1 --states 3 --metric "tax:$metric" --max 198
	expect 0 "198 insn (188..208), median of 3 initial states, at most 198 asked for: good"
}

@test "a difference between repeats is the exit status" {
	# shellcheck disable=SC2016 # for the guest
	in_guest 'if [[ $run == *-2 ]]; then COST=1; fi'
	bench --repeat 2 --name r
	expect 1 "differ"
	# shellcheck disable=SC2016
	in_guest 'after() { if [[ $run == *-2 ]]; then sed -i "s/6\.1\.0-56-amd64/6.1.0-57-amd64/" "$run/run.jsonl"; fi; }'
	bench --repeat 2 --name s
	expect 3 "kernel.release"
}

@test "the status of the emulated host is the exit status, and a broken run is not reported" {
	in_guest 'exit 4'
	bench --name r
	expect 4
	[[ ! -e $CO/results/r/report.html ]]
	left_nothing
}

@test "report installs what draws, before it draws" {
	put_run r
	mkdir "$BATS_TEST_TMPDIR/bin"
	# shellcheck disable=SC2016 # for the fakes
	printf '#!/bin/bash\nfor p in "${@:4}"; do [[ $p == gnuplot-nox && ! -e gnuplot ]] || echo "installed $p"; done\n' \
		>"$BATS_TEST_TMPDIR/bin/dpkg-query"
	# shellcheck disable=SC2016
	printf '#!/bin/bash\n[[ $* != *gnuplot-nox* ]] || touch gnuplot\n' >"$BATS_TEST_TMPDIR/bin/apt-get"
	printf '#!/bin/bash\necho 0\n' >"$BATS_TEST_TMPDIR/bin/id"
	chmod +x "$BATS_TEST_TMPDIR"/bin/*
	fake plot/plot.sh '[[ -e gnuplot ]]'
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout 30 "$CO/run.sh" report r --no-plots
	expect 0
	[[ ! -e $CO/gnuplot ]]
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout 30 "$CO/run.sh" report r
	expect 0 "installing 1 Debian packages: gnuplot-nox" "results are in results/r/"
}

@test "a run whose plots failed is no success" {
	fake plot/plot.sh 'echo "plot: gnuplot could not draw" >&2; exit 4'
	bench --name r
	expect 4 "plot: gnuplot could not draw" "the run is complete in results/r, its report is not" "./run.sh report r"
	# Worse than what was measured.
	in_guest 'after() { exit 1; }'
	bench --name t
	expect 4
	left_nothing
}

@test "what is published stays as it is: its page and plots go elsewhere" {
	put_run published/p
	put_run published/p/q
	for name in published/p results/published/p/ published/p/q; do
		run timeout 30 "$CO/run.sh" report "$name"
		name=${name#results/}
		name=${name%/}
		expect 0 "report.html and plots are in build/report/${name#published/}/" "results are in results/$name/"
		[[ -s $CO/build/report/${name#published/}/report.html && -e $CO/build/report/${name#published/}/drawn.svg ]]
	done
	[[ $(cd "$CO/results/published" && find . -type f | sort | xargs) == "./p/q/run.jsonl ./p/run.jsonl" ]]
}

@test "a run in which all was skipped is reported and says 77" {
	in_guest 'after() { exit 77; }'
	bench --name r
	expect 77
	[[ -s $CO/results/r/report.html ]]
}

@test "a kernel that cannot be found ends the run with its status" {
	fake emu/kernel.sh 'echo "daxdm: no kernel" >&2; exit 64'
	bench --name r
	expect 64 "daxdm: no kernel"
	[[ ! $(runs) ]]
	left_nothing
}

@test "a build that fails shows why" {
	printf 'all:\n\t@echo lib/x.c:1: no such thing >&2; false\n' >"$CO/Makefile"
	bench --name r
	expect 4 "lib/x.c:1: no such thing" "the build failed"
	left_nothing
}

@test "this host: no kernel, no guest" {
	bench --host --device /dev/pmem7 --name r --quick
	expect 0
	[[ $(context_of r '[.devices, .meter, .fs, .emulator]') == '[["/dev/pmem7"],"time",["ext4","xfs"],null]' ]]
	[[ ! -e $CO/build/kernels ]]
}

@test "a device that is refused leaves no run" {
	in_guest 'echo "daxdm: no" >&2; exit 64'
	bench --host --device /dev/pmem7 --name r
	expect 64 "daxdm: no"
	[[ ! -e $CO/results/r ]]
}

@test "an interrupted run says 130 and ends its children, a terminated one 143" {
	for signal in INT:130 TERM:143 HUP:129; do
		in_guest 'sleep 300 & echo $! >pid; wait'
		rm -f "$CO/pid"
		start_marked "$CO/run.sh" bench --name "r${signal%:*}"
		within 10 test -s "$CO/pid"
		kill "-${signal%:*}" $!
		ended
		expect "${signal#*:}"
		within 5 gone "$(cat "$CO/pid")"
		left_nothing
	done
}

@test "interrupted in any phase: one line that names it, 130, nothing left" {
	long='echo $$ >pid; sleep 300'
	for phase in build kernel guests report; do
		rm -rf "$CO"
		setup
		case $phase in
		build) printf 'all:\n\t@%s\n' "${long//\$/\$\$}" >"$CO/Makefile" ;;
		kernel) fake emu/kernel.sh "$long" ;;
		guests) fake emu/initramfs.sh "$long" ;;
		report) fake plot/plot.sh "$long" ;;
		esac
		start_marked "$CO/run.sh" bench --name r
		within 10 test -s "$CO/pid"
		kill -INT $!
		ended
		output=$(cat "$BATS_TEST_TMPDIR/err")
		expect 130 ": interrupted in the phase $phase"
		[[ $output != *$'\n'* ]] || expect "one line"
		within 5 gone "$(cat "$CO/pid")"
		left_nothing
	done
}

@test "interrupted on this host: one line" {
	in_guest 'sleep 300 & echo $! >pid; wait'
	start_marked "$CO/run.sh" bench --host --device /dev/pmem7 --name r
	within 10 test -s "$CO/pid"
	kill -INT $!
	ended
	expect 130 "daxdm: interrupted"
	[[ $(cat "$BATS_TEST_TMPDIR/err") == "daxdm: interrupted" ]]
	within 5 gone "$(cat "$CO/pid")"
	left_nothing
}

@test "interrupted while no program runs: one line, the status, nothing left" {
	local writer fifo=$CO/build/apt/catalogue
	mkdir -p "$CO/build/apt"
	mkfifo "$fifo"
	for signal in "INT:130:interrupted" "TERM:143:terminated" "HUP:129:terminal closed (SIGHUP)"; do
		start_marked "$CO/run.sh" kernels
		# Returns once the program has opened the FIFO, which then waits for the first byte.
		exec {writer}>"$fifo"
		kill "-${signal%%:*}" $!
		ended
		exec {writer}>&-
		IFS=: read -r _ code text <<<"$signal"
		[[ $status == "$code" && $(cat "$BATS_TEST_TMPDIR/err") == "daxdm: $text" ]] || expect "$code" "daxdm: $text"
		left_nothing
	done
	# A FIFO that is given as a run is refused, and not waited for.
	run timeout 20 "$CO/run.sh" report "$fifo"
	expect 64 "catalogue is no run"
}

@test "a name that the filesystem refuses: one line, no endless search for another" {
	local ko
	ko=$BATS_TEST_TMPDIR/$(printf 'a%.0s' {1..240}).ko
	touch "$ko"
	bench --module "$ko"
	expect 4 "cannot claim the name 6.1.0-56+aaa" "File name too long"
	left_nothing
}

@test "a child that will not end is ended" {
	in_guest 'trap "" TERM; echo $$ >pid; while :; do sleep 1; done'
	start_marked "$CO/run.sh" bench --name r
	within 10 test -s "$CO/pid"
	kill -TERM $!
	ended
	expect 143
	within 5 gone "$(cat "$CO/pid")"
}

@test "two runs side by side build one after the other and do not meet" {
	printf 'all:\n\t@mkdir build/making && sleep 1 && rmdir build/making\n' >"$CO/Makefile"
	start_marked "$CO/run.sh" bench
	first=$!
	start_marked "$CO/run.sh" bench
	second=$!
	wait $first
	wait $second
	run ls "$CO/results"
	((${#lines[@]} == 2))
	left_nothing
}

@test "a second run starts at once" {
	bench --name warm
	# In processor time: a busy machine takes longer, not more of it.
	TIMEFORMAT='%3U %3S'
	{ time bench --name r; } 2>"$CO/time"
	expect 0
	awk '{ exit !($1 + $2 > 0 && $1 + $2 < 1.5) }' "$CO/time" # with the report, unloaded: 0.4 s
}

@test "a checkout that cannot be written to" {
	(($(id -u) == 0)) || skip "expected: not root, so nothing to give up"
	open_test_directory
	run timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups "$CO/run.sh" bench --name r
	expect 4 "cannot write to" "permissions"
	expect_short
}
