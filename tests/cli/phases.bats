#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh with its helpers replaced by small fakes: what they are called with, in which order, what
# becomes of their exit status, and what is left behind after a signal.

load ../helpers
load fakes

setup() {
	fake_checkout
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
	expect 0 setup kernel guests "results are in results/r/"
	run called
	[[ ${lines[0]} == "emu/kernel.sh resolve debian" ]]
	[[ ${lines[1]} == "emu/initramfs.sh build/kernels/k ext4" ]]
	[[ ${lines[2]} == "emu/initramfs.sh build/kernels/k xfs" ]]
	[[ ${lines[3]} == "build/daxdm emulate --kernel build/kernels/k --guest ext4=build/ext4.cpio --guest xfs=build/xfs.cpio --meter insn --results results/r --seed 1 -- --workload workloads/default --fs ext4 --fs xfs" ]]
	[[ ${lines[4]} == "build/daxdm report results/r" ]]
	((${#lines[@]} == 5))
	left_nothing
}

@test "options reach the one they are for" {
	cd "$BATS_TEST_TMPDIR"
	touch bzImage dm-mod.ko mine
	mkdir mods
	bench --kernel bzImage --modules mods --module dm-mod.ko --meter time --workload=mine --name r \
		--stack raw --stack linear:16,align=4k --fs xfs --bench 'fault.read.*' --seed 7 --fresh --console
	expect 0
	here=$BATS_TEST_TMPDIR
	run called
	[[ ${lines[0]} == "emu/kernel.sh resolve $here/bzImage --modules $here/mods" ]]
	[[ ${lines[1]} == "emu/initramfs.sh build/kernels/k xfs --module $here/dm-mod.ko" ]]
	[[ ${lines[2]} == "build/daxdm emulate --kernel build/kernels/k --guest xfs=build/xfs.cpio --meter time --results results/r --seed 7 --fresh --console -- --workload $here/mine --stack raw --stack linear:16,align=4k --bench fault.read.* --fs xfs" ]]
}

@test "no guest for a filesystem that is not measured" {
	printf 'stack raw\nfs xfs\nbench fault\n' >"$BATS_TEST_TMPDIR/mine"
	bench --workload "$BATS_TEST_TMPDIR/mine" --name r
	expect 0
	grep -q -- '--guest xfs=build/xfs.cpio --meter' "$CO/calls"
	run ! grep -q ext4 "$CO/calls"
}

@test "a workload may have comments, and come from another system" {
	printf 'stack raw\r\nfs xfs # not ext4\r\nbench fault\r\n' >"$BATS_TEST_TMPDIR/mine"
	bench --workload "$BATS_TEST_TMPDIR/mine" --name r
	grep -q -- "-- --workload $BATS_TEST_TMPDIR/mine --fs xfs\$" "$CO/calls"
}

@test "fio is a part of the guest only where a benchmark runs it" {
	bench --name r
	grep -qx 'emu/initramfs.sh build/kernels/k ext4' "$CO/calls"
	bench --name s --bench 'fiojob.psync.*' --fs xfs
	expect 0
	grep -qx 'emu/initramfs.sh build/kernels/k xfs+fio' "$CO/calls"
}

@test "--quick and --full choose the workload" {
	bench --quick --name q
	bench --full --name f
	grep -q -- '-- --workload workloads/quick --fs ext4 --fs xfs$' "$CO/calls"
	grep -q -- '-- --workload workloads/full --fs ext4 --fs xfs$' "$CO/calls"
}

@test "a run without a name is named by kernel, meter and time" {
	bench
	expect 0
	run ls "$CO/results"
	[[ $output =~ ^6\.1\.0-56-insn-20[0-9]{6}T[0-9]{6}$ ]]
}

@test "--repeat runs that often and compares with the first" {
	bench --repeat 3 --name r
	expect 0
	run grep -c 'daxdm emulate' "$CO/calls"
	[[ $output == 3 ]]
	run grep -c -- "--fresh" "$CO/calls"
	[[ $output == 3 ]]
	run grep identical "$CO/calls"
	[[ ${lines[0]} == "build/daxdm identical results/r-1 results/r-2" ]]
	[[ ${lines[1]} == "build/daxdm identical results/r-1 results/r-3" ]]
}

@test "a difference between repeats is the exit status" {
	fake_program '[[ $1 != identical ]] || exit 1'
	bench --repeat 2 --name r
	expect 1
	fake_program '[[ $1 != identical ]] || exit 3'
	bench --repeat 2 --name s
	expect 3
}

@test "the status of the emulated host is the exit status, and a broken run is not reported" {
	fake_program '[[ $1 != emulate ]] || exit 4'
	bench --name r
	expect 4
	run ! grep 'daxdm report' "$CO/calls"
	left_nothing
}

@test "a run whose report or plots failed is no success" {
	fake_program '[[ $1 != report ]] || { echo "plot: gnuplot could not draw" >&2; exit 4; }'
	bench --name r
	expect 4 "plot: gnuplot could not draw" "the run is complete in results/r, its report is not" "./run.sh report r"
	# Worse than what was measured.
	fake_program '[[ $1 != emulate ]] || exit 1; [[ $1 != report ]] || exit 4'
	bench --name t
	expect 4
	left_nothing
}

@test "what is published stays as it is: its page and plots go elsewhere" {
	mkdir -p "$CO/results/published/p/q"
	cp "$TOP/tests/fixtures/fixture-run.jsonl" "$CO/results/published/p/run.jsonl"
	cp "$CO/results/published/p/run.jsonl" "$CO/results/published/p/q/"
	fake_program '[[ $1 != report ]] || exec "$TOP/build/daxdm" "$@"'
	for name in published/p results/published/p/ published/p/q; do
		run timeout 30 "$CO/run.sh" report "$name"
		name=${name#results/}
		name=${name%/}
		expect 0 "report.html and plots are in build/report/${name#published/}/" "results are in results/$name/"
		[[ -s $CO/build/report/${name#published/}/report.html && ! -e $CO/results/$name/report.html ]]
		grep -qx "plot/plot.sh results/$name build/report/${name#published/}" "$CO/calls"
	done
}

@test "a run in which all was skipped is reported and says 77" {
	fake_program '[[ $1 != emulate ]] || exit 77'
	bench --name r
	expect 77
	grep -q report "$CO/calls"
}

@test "a kernel that cannot be found ends the run with its status" {
	fake emu/kernel.sh 'echo "daxdm: no kernel" >&2; exit 64'
	bench --name r
	expect 64 "daxdm: no kernel"
	run ! grep -q "daxdm emulate" "$CO/calls"
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
	run called
	[[ ${lines[0]} == "build/daxdm bench-here --device /dev/pmem7 --meter time --workload workloads/quick --fs ext4 --fs xfs --output results/r/run.jsonl" ]]
}

@test "a device that is refused leaves no run" {
	fake_program '[[ $1 != bench-here ]] || { echo "daxdm: no" >&2; exit 64; }'
	bench --host --device /dev/pmem7 --name r
	expect 64 "daxdm: no"
	[[ ! -e $CO/results/r ]]
}

@test "an interrupted run says 130 and ends its children, a terminated one 143" {
	for signal in INT:130 TERM:143 HUP:129; do
		fake_program '[[ $1 != emulate ]] || { sleep 300 & echo $! >pid; wait; }'
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
		report) fake_program "[[ \$1 != report ]] || { $long; }" ;;
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

@test "a child that will not end is ended" {
	fake_program '[[ $1 != emulate ]] || { trap "" TERM; echo $$ >pid; while :; do sleep 1; done; }'
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
	((${#lines[@]} <= 5))
	awk '{ exit !($1 + $2 > 0 && $1 + $2 < 1.5) }' "$CO/time" # unloaded: 0.1 s
}

@test "a checkout that cannot be written to" {
	(($(id -u) == 0)) || skip "expected: not root, so nothing to give up"
	open_test_directory
	run timeout 60 setpriv --reuid 65534 --clear-groups "$CO/run.sh" bench --name r
	expect 4 "cannot write to" "permissions"
	expect_short
}
