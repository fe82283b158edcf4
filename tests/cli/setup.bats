#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Installing packages, with dpkg-query, apt-get and id replaced.

load ../helpers

setup() {
	CO=$BATS_TEST_TMPDIR/checkout
	BIN=$BATS_TEST_TMPDIR/bin
	mkdir -p "$CO/emu" "$BIN"
	cp "$TOP/run.sh" "$TOP/packages.txt" "$CO/"
	# Says of every package it is asked about that it is installed, but for those in `missing`.
	fake dpkg-query 'for p in "${@:4}"; do
			grep -qx "$p" '"$BIN/missing"' || echo "installed $p"
		done | sort; [[ ! -s '"$BIN/missing"' ]]'
	fake id 'echo 0'
	# Installs its operands; with recommended packages unless --no-install-recommends, with a question unless --yes.
	fake apt-get 'cd '"$BIN"'
		[[ $1 == install ]] || exit 0
		[[ " $* " == *" --yes "* && ${DEBIAN_FRONTEND-} == noninteractive ]] || { read -r; exit 1; }
		[[ " $* " == *" --no-install-recommends "* ]] || echo recommended >>installed
		for p in "${@:2}"; do
			[[ $p == --* ]] || { echo "$p" >>installed; grep -vx "$p" missing >left; mv left missing; }
		done'
	: >"$BIN/missing"
	PATH=$BIN:$PATH
	MARK=setup-$$-$BATS_TEST_NUMBER
}

teardown() {
	end_marked "$MARK"
}

fake() { # NAME BODY
	printf '#!/bin/bash\n%s\n' "$2" >"$BIN/$1"
	chmod +x "$BIN/$1"
}

setup_verb() {
	run timeout 20 "$CO/run.sh" setup "$@"
}

@test "all in place: nothing is installed" {
	setup_verb
	expect 0 "packages are in place"
	((${#lines[@]} == 1))
	[[ ! -e $BIN/installed ]]
}

@test "the real machine has what the tests need" {
	PATH=${PATH#"$BIN":} run timeout 20 "$TOP/run.sh" setup all
	expect 0 "packages are in place"
}

@test "all goes with other words, and an unknown one is refused" {
	setup_verb all build
	expect 0 "packages are in place"
	setup_verb build all
	expect 0 "packages are in place"
	setup_verb all nosuchgroup
	expect 64 "unknown group 'nosuchgroup'"
}

@test "without a program a wrong verb or option is refused before anything is installed" {
	mkdir "$CO/doc"
	cp "$TOP/doc/daxdm.bash" "$CO/doc/"
	echo gcc >"$BIN/missing"
	for words in "" nosuchverb "bench --nosuchoption" "bench --nosuchoption=1" "check --quick --nosuchoption"; do
		# shellcheck disable=SC2086
		run timeout 20 "$CO/run.sh" $words
		expect 64
		((${#lines[@]} == 1))
	done
	run timeout 20 "$CO/run.sh" "bench check"
	expect 64 "unknown verb 'bench check'"
	[[ ! -e $BIN/installed ]]
	# What is right goes on: there is no Makefile to build with.
	run timeout 20 "$CO/run.sh" bench --quick --kernel=6.1 -- --nosuchoption
	expect 4 "the build failed"
}

@test "what is missing is installed, without questions and without recommendations" {
	printf 'cpio\ngnuplot-nox\n' >"$BIN/missing"
	setup_verb
	expect 0 "installing 2 Debian packages: cpio gnuplot-nox" "installed 2 packages"
	[[ $(xargs <"$BIN/installed") == "cpio gnuplot-nox" ]]
}

@test "the packages of the tests only for the tests" {
	echo shellcheck >"$BIN/missing"
	setup_verb
	expect 0 "packages are in place"
	setup_verb all
	expect 0 "installing 1 Debian packages: shellcheck"
}

@test "package lists are fetched when the first try fails" {
	echo cpio >"$BIN/missing"
	fake apt-get '[[ $* == *update ]] && touch '"$BIN/updated"'; [[ -e '"$BIN/updated"' ]]'
	setup_verb
	expect 0 "installed 1 packages"
}

@test "not root: the exact command, and status 4" {
	printf 'cpio\nkmod\n' >"$BIN/missing"
	fake id 'echo 1000'
	setup_verb
	expect 4 "apt-get update && apt-get install --yes --no-install-recommends cpio kmod"
	expect_short
	[[ ! -e $BIN/installed ]]
}

@test "no network: what apt said, the exact command, and status 4" {
	echo cpio >"$BIN/missing"
	fake apt-get 'echo "E: Unable to locate package cpio" >&2; exit 100'
	setup_verb
	expect 4 "E: Unable to locate package cpio" \
		"apt-get update && apt-get install --yes --no-install-recommends cpio"
	run ! compgen -G "$CO/build/*.tmp.*"
}

@test "interrupted while installing: 130, and apt-get has ended" {
	echo cpio >"$BIN/missing"
	fake apt-get 'echo $$ >'"$BIN/pid"'; sleep 300'
	start_marked "$CO/run.sh" setup
	within 10 test -s "$BIN/pid"
	kill -INT $!
	ended
	expect 130
	within 5 gone "$(cat "$BIN/pid")"
	run ! compgen -G "$CO/build/*.tmp.*"
}

@test "every package of the list has a plain name, once" {
	run sed -n '/^[^#[]/p' "$TOP/packages.txt"
	printf '%s\n' "${lines[@]}" | grep -vE '^[a-z0-9][a-z0-9.+-]+$' && false
	[[ -z $(printf '%s\n' "${lines[@]}" | sort | uniq -d) ]]
}
