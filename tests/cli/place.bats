#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A checkout may lie anywhere: in a path that make, a shell, gnuplot, awk or QEMU could split or execute.

load ../helpers

# What is built is copied, so that little is compiled.
setup_file() {
	# shellcheck disable=SC2016
	export CO=$BATS_FILE_TMPDIR/'a b'\''c;touch X;"d"&(e)`touch X`$(touch X)$HOME=,:|<>i#%*?[j]{k}!~\l é'
	mkdir -p "$CO/build" "$CO/results/r"
	# A part of the path that ran as a command would make X here.
	export HOME=$BATS_FILE_TMPDIR/home
	mkdir "$HOME"
	# ccache compiles preprocessed text, in which this path is quoted; the compiler does not find it to replace.
	export CCACHE_DISABLE=1
	cd "$TOP" || return
	find . -mindepth 1 -maxdepth 1 ! -name .git ! -name build ! -name results -exec cp -a -t "$CO" {} +
	cp -a build/{daxdm,obj,gen,flags,libs-seen} "$CO/build/"
	[[ ! -d build/libperf ]] || cp -a build/libperf "$CO/build/" # it is among the flags
	cp tests/fixtures/fixture-run.jsonl "$CO/results/r/run.jsonl"
}

setup() {
	cd "$CO" || return
}

teardown() {
	[[ ! -e X && ! -e $HOME/X && ! -e $BATS_FILE_TMPDIR/X ]] || {
		echo "a part of the path ran as a command"
		return 1
	}
}

@test "it is built, and the same: the place is not in the program" {
	touch lib/base/msg.c lib/trace/kmem.bpf.c
	run timeout 60 make V=1
	expect 0 "lib/base/msg.c" "lib/trace/kmem.bpf.c"
	[[ $(grep -c '^  CC ' <<<"$output") -le 3 ]] # the flags are those of any other place
	cmp build/daxdm "$TOP/build/daxdm"
}

@test "run.sh list and report, with plots" {
	run timeout 60 ./run.sh list
	expect 0 "fault.read.warm"
	run timeout 60 ./run.sh report r
	expect 0 "results are in results/r/"
	[[ -s results/r/huge-pages.png && -s results/r/report.html ]]
	run timeout 60 plot/plot.sh "$PWD/results/r"
	expect 0
}

@test "the plots of several kernels" {
	mkdir -p data out
	run timeout 20 build/daxdm compare --plot-data "$PWD/data" results/r results/r
	expect 0
	run timeout 60 plot/plot.sh --data "$PWD/data" "$PWD/out"
	expect 0
	[[ -s out/ladder-cost.svg ]]
}

@test "a name with a newline is refused before anything runs" {
	local place=$BATS_TEST_TMPDIR/$'a\nb'
	mkdir -p "$place"
	cp -r ./run.sh packages.txt emu cli Makefile VERSION "$place/"
	for place in "$place" "$place/"$'c\n'; do
		mkdir -p "$place"
		cp -r ./run.sh emu "$place/"
		run timeout 10 "$place/run.sh" list
		expect 64 "holds a newline or another control character; move the checkout elsewhere"
		[[ ! -e $place/build ]]
	done
}
