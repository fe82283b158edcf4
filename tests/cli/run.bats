#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh: what it says to bad input, before anything is installed, built or booted.

load ../helpers

setup() {
	RUN=bats-$$-$BATS_TEST_NUMBER
}

teardown() {
	if [[ -d $TOP/results/$RUN ]]; then rmdir "$TOP/results/$RUN"; fi
}

refused() { # WANTED-TEXT WORD...
	local text=$1
	shift
	run timeout 10 "$TOP/run.sh" "$@"
	expect 64 "$text"
	expect_short
}

@test "no verb" {
	refused "no verb given"
}

@test "an unknown verb, with the nearest one" {
	refused "unknown verb 'bnech' (did you mean 'bench'?)" bnech
	refused "unknown verb 'tset' (did you mean 'test'?)" tset
	refused "./run.sh help lists them" frobnicate
	[[ $output != *"did you mean"* ]]
}

@test "an unknown option, with the nearest one" {
	refused "unknown option '--stak' (did you mean '--stack'?)" bench --stak raw
	refused "unknown option '--stak' (did you mean '--stack'?)" bench --stak=raw
	refused "unknown option '--frobnicate'" bench --frobnicate
}

@test "an option without its value, a flag with one" {
	refused "--stack needs a value: S" bench --stack
	refused "--stack needs a value: S" bench --stack=
	refused "--quick takes no value" bench --quick=yes
}

@test "a word that is no option" {
	refused "unexpected word 'quick'" bench quick
	refused "unexpected word '-q'" bench -q
}

@test "numbers that are none, or out of range" {
	for n in 0 -1 x 1x 1.5 101 99999999999999999999; do
		refused "--repeat $n: a number from 1 to 100" bench --repeat "$n"
	done
	for n in 0 x 4294967296; do
		refused "--seed $n: a number from 1 to 4294967295" bench --seed "$n"
	done
}

@test "a meter or filesystem that does not exist" {
	refused "insn, time or none is wanted" bench --meter ns
	refused "fentry or kprobe is wanted" bench --tracer strace
	refused "--tracer tracefs was removed" bench --tracer tracefs
	refused "ext4 or xfs is wanted" bench --fs btrfs
}

@test "workloads exclude each other" {
	refused "exclude each other" bench --quick --full
	refused "exclude each other" bench --quick --workload "$TOP/workloads/full"
}

@test "files that are not there" {
	refused "--kernel /nonexistent/bzImage: no such file" bench --kernel /nonexistent/bzImage
	refused "--kernel PATH needs --modules DIR" bench --kernel "$TOP/run.sh"
	refused "--modules goes with --kernel PATH only" bench --modules /tmp
	refused "/nonexistent: no such directory" bench --kernel "$TOP/run.sh" --modules /nonexistent
	refused "/nonexistent.ko: no such file" bench --module /nonexistent.ko
	refused "/nonexistent: no such file" bench --workload /nonexistent
}

@test "a workload that is no regular file" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	for file in "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/pipe" /dev/zero; do
		refused "--workload $file: a regular file is wanted" bench --workload "$file"
	done
}

@test "paths are seen from where the user stands" {
	cd "$BATS_TEST_TMPDIR"
	refused "--workload $BATS_TEST_TMPDIR/mine: no such file" bench --workload mine
}

@test "names of runs that are no file names" {
	for name in ../up a/b .hidden -x "with space" ''; do
		run timeout 10 "$TOP/run.sh" bench --name="$name"
		expect 64 "--name"
		expect_short
	done
}

@test "an existing run is not overwritten" {
	mkdir -p "$TOP/results/$RUN"
	refused "results/$RUN is there already" bench --name "$RUN"
	mkdir "$TOP/results/$RUN-2"
	refused "results/$RUN-2 is there already" bench --name "$RUN" --repeat 2
	rmdir "$TOP/results/$RUN-2"
}

@test "this host only with a device that was named" {
	refused "--device /dev/pmemN" bench --host
	refused "--device goes with --host only" bench --device /dev/pmem0
}

@test "what is for one kind of host does not go with the other" {
	for words in "--kernel 6.1" "--seed 2" --fresh --console "--module $TOP/run.sh" "--modules /tmp"; do
		# shellcheck disable=SC2086
		refused "does not go with --host" bench --host --device /dev/pmem0 $words
	done
}

@test "times are never the same twice" {
	refused "--repeat wants every sample" bench --meter time --repeat 2
	refused "--repeat wants every sample" bench --host --device /dev/pmem0 --repeat 2
}

@test "what keeps no number does not count" {
	refused "--counters does not go with --meter none" bench --meter none --counters
}

@test "report of a run that is not there" {
	refused "unknown run 'nosuchrun'" report nosuchrun
	refused "one run is wanted" report
	refused "one run is wanted" report a b
	mkdir -p "$TOP/results/$RUN"
	refused "did you mean '$RUN'?" report "${RUN}x"
}

@test "verbs that take no words" {
	refused "takes no words" test now
	refused "takes no words" lint now
	refused "takes no words" clean now
	refused "unknown word 'everything'" setup everything
}

@test "help shows every verb and option, and goes to stdout" {
	run --separate-stderr timeout 10 "$TOP/run.sh" help
	expect 0
	[[ -z $stderr ]]
	for word in bench test lint list report setup cleanup clean; do
		[[ $output == *"  $word"* ]]
	done
	for word in kernel modules module meter quick full workload stack fs bench name repeat seed \
		fresh console host device; do
		[[ $output == *"  --$word "* ]]
	done
	help=$output
	for words in --help -h "bench --help"; do
		# shellcheck disable=SC2086
		run timeout 10 "$TOP/run.sh" $words
		expect 0
		[[ $output == "$help" ]]
	done
}

@test "help fits a terminal" {
	run timeout 10 "$TOP/run.sh" help
	for line in "${lines[@]}"; do ((${#line} <= 100)); done
}

@test "it works from any directory and through a link" {
	ln -s "$TOP/run.sh" "$BATS_TEST_TMPDIR/daxdm"
	cd /
	run timeout 10 "$BATS_TEST_TMPDIR/daxdm" help
	expect 0 "usage: ./run.sh"
}
