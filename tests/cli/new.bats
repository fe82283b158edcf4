#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# daxdm new: one file and one line of a table, which build and are listed without any other change.

load ../helpers

# A copy of the sources and of what is built of them, so that only what is new is compiled.
setup() {
	export CO=$BATS_TEST_TMPDIR/checkout
	copy_of_sources "$CO"
	cd "$CO" || return
}

new() { # KIND NAME
	run build/daxdm new "$@"
}

# What a line of the table and the rest of the sources were before: nothing else changed.
changed() { # prints the files that differ from the original or are new
	diff -rq -x build -x results -x .git "$TOP" "$CO" | sed "s#$CO#new#g; s#$TOP#old#g" || true
}

@test "a benchmark is one file and one line, builds, and is listed" {
	new bench pagewalk
	expect 0 "bench/pagewalk/pagewalk.c" "bench/table.c" "./run.sh bench --bench pagewalk"
	run changed
	[[ ${#lines[@]} == 2 ]]
	expect 0 "Files old/bench/table.c and new/bench/table.c differ" "Only in new/bench: pagewalk"
	run diff "$TOP/bench/table.c" bench/table.c
	[[ $(grep -c '^>' <<<"$output") == 2 ]] # the line before it goes on
	(($(wc -l <bench/pagewalk/pagewalk.c) <= 90))
	run ! grep -q '@NAME@' bench/pagewalk/pagewalk.c
	clang-format --dry-run -Werror bench/pagewalk/pagewalk.c bench/table.c
	run timeout 60 make build/daxdm
	expect 0 "CC      bench/pagewalk/pagewalk.c" "LD      build/daxdm"
	run build/daxdm list
	expect 0 "pagewalk: a template" "pagewalk.read.4k"
	# A sweep may ask for it: what is missing is the device.
	run build/daxdm bench-here --workload workloads/default --bench 'pagewalk.*'
	expect 64 "no device named"
}

@test "a family of checks is one file and one line, builds, and is listed with its injected faults" {
	new check pagewalk
	expect 0 "check/pagewalk/pagewalk.c" "check/table.c" "./run.sh check --check pagewalk"
	run changed
	[[ ${#lines[@]} == 2 ]]
	(($(wc -l <check/pagewalk/pagewalk.c) <= 90))
	clang-format --dry-run -Werror check/pagewalk/pagewalk.c check/table.c
	run timeout 60 make build/daxdm
	expect 0 "CC      check/pagewalk/pagewalk.c"
	run build/daxdm list --ids --plant --check pagewalk
	expect 0 "pagewalk.map.linear"
	((${#lines[@]} >= 2))
}

@test "several are added one after the other" {
	new bench one
	expect 0
	new bench two
	expect 0
	grep -A1 -F $'\tbench(one) \\' bench/table.c | grep -qxF $'\tbench(two)'
	run timeout 60 make build/daxdm
	expect 0
	run build/daxdm list
	expect 0 "one.read.4k" "two.read.4k"
}

@test "a name that is taken, or that is none, is refused and nothing is written" {
	new bench fault
	expect 64 "there already is a benchmark 'fault'"
	new bench table # the name of what bench/table/ measures
	expect 64 "there already is a benchmark 'table'"
	new check layout
	expect 64 "there already is a family of checks 'layout'"
	new check mount # check_mount() is a function
	expect 64 "the name 'mount' is taken by check/check.h"
	new bench others
	expect 64 "taken by workload files"
	for name in "" Fault 1x _x a-b a.b ../x a/b "a b" $'a\nb' an_awfully_long_name_for_it; do
		new bench "$name"
		expect 64 "is no name of a benchmark"
		new check "$name"
		expect 64 "is no name of a family of checks"
	done
	new bench
	expect 64 "expected a kind and a name"
	new verb x
	expect 64 "expected bench or check, got 'verb'"
	run changed
	[[ -z $output ]]
}

@test "what cannot be written leaves nothing behind" {
	sed -i '/clang-format on/d' bench/table.c
	new bench pagewalk
	expect 4 "cannot add a line to bench/table.c"
	[[ ! -e bench/pagewalk && ! -e bench/table.c.new ]]
	cd /
	run "$CO/build/daxdm" new bench pagewalk
	expect 4 "cannot read bench/template.c.in" "top folder of the sources"
}
