#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# explain: what it refuses, and what it says of a machine that lacks what it needs; apt-get, QEMU and dpkg-query
# are replaced.

load ../helpers

ID='fault.read.warm.pte{stack=linear:16,fs=ext4}'

setup() {
	CO=$(hostile_directory)
	BIN=$BATS_TEST_TMPDIR/bin
	mkdir -p "$CO/build" "$BIN"
	cp -r "$TOP/emu" "$CO/"
	PATH=$BIN:$PATH
	replace qemu-system-x86_64 'case $1 in
		-h) echo "-plugin [file=]<file>[,<argname>=<argvalue>]" ;;
		*) echo "QEMU emulator version 99.1.0 (Debian 1:99.1+dfsg-1)" ;;
		esac'
	replace dpkg-query 'echo "qemu 1:99.1+dfsg-1"'
	replace apt-get '[[ $* != "indextargets"* ]] || { echo "https://archive.invalid/ stable"; exit; }
		echo "E: Failed to fetch, could not resolve the name" >&2; exit 100'
}

replace() { # PROGRAM BODY
	printf '#!/bin/bash\n%s\n' "$2" >"$BIN/$1"
	chmod +x "$BIN/$1"
}

refused() { # WANTED-TEXT WORD...
	local text=$1
	shift
	PATH=${PATH#"$BIN":} run timeout 10 "$TOP/run.sh" explain "$@"
	expect 64 "$text"
	expect_short
}

plugin() {
	run timeout 30 "$CO/emu/plugin.sh"
	expect_short
	run ! compgen -G "$CO/build/*.tmp.*"
	run timeout 30 "$CO/emu/plugin.sh"
}

@test "no kernel, too many, nothing to compare with" {
	refused "one kernel and two metrics, or two kernels and a metric" --metric "$ID"
	refused "unexpected word '6.12'" 5.10 6.1 6.12 --metric "$ID"
	refused "there is nothing to compare with" 6.1 --metric "$ID"
}

@test "no metric, too many, one that is none" {
	refused "--metric says what to explain" 6.1 6.12
	refused "expected at most two --metric" 6.1 6.12 --metric "$ID" --metric "$ID" --metric "$ID"
	for id in fault.read.warm.pte 'fault.read.warm.pte{stack=raw}' 'fault{fs=ext4,stack=raw}' "${ID}x"; do
		refused "got '$id'" 6.1 6.12 --metric "$id"
	done
	refused "unknown filesystem 'btrfs'; expected ext4 or xfs" 6.1 6.12 --metric 'fault.read.warm.pte{stack=raw,fs=btrfs}'
}

@test "a metric whose samples are not in a profile is refused before anything boots" {
	for id in translate.page.random protect.fork.512.pte mount.umount.16 fiojob.psync.read.4k bio.uring.q32.read.4k \
		table.reload table.mounted.reload; do
		refused "explain: $id{stack=raw,fs=ext4} cannot be explained: " 6.1 6.12 --metric "$id{stack=raw,fs=ext4}"
	done
}

@test "words that are no options are refused where there are none to take" {
	PATH=${PATH#"$BIN":} run timeout 10 "$TOP/run.sh" bench 6.1
	expect 64 "unexpected word '6.1'"
	refused "unexpected word '-q'" 6.1 -q
}

@test "a QEMU without plugins" {
	replace qemu-system-x86_64 'echo "QEMU emulator version 99.1.0"'
	plugin
	expect 4 "was built without plugins" "apt-get install"
}

@test "a QEMU that is not Debian's" {
	replace dpkg-query 'echo "dpkg-query: no packages found" >&2; exit 1'
	plugin
	expect 4 "its source is not known" "apt-get install qemu-system-x86"
}

@test "no network: what could not be fetched, and what works without" {
	plugin
	expect 4 "cannot fetch the source package qemu 1:99.1+dfsg-1" "could not resolve" "only 'explain' needs it"
	run ! compgen -G "$CO/build/plugin/*/qemu-plugin.h"
}

@test "no archive at all" {
	replace apt-get 'exit 0'
	plugin
	expect 4 "apt knows no Debian archive; run: apt-get update"
}

@test "of runs it wants two, or two metrics" {
	mkdir "$BATS_TEST_TMPDIR/run"
	cp "$TOP/tests/fixtures/fixture-run.jsonl" "$BATS_TEST_TMPDIR/run/run.jsonl"
	run "$TOP/build/daxdm" explain "$BATS_TEST_TMPDIR/run" --metric "$ID"
	expect 64 "two runs and --metric, or one run and two of them, are needed"
	run "$TOP/build/daxdm" explain --metric "$ID" "$BATS_TEST_TMPDIR/run" "$BATS_TEST_TMPDIR/run"
	expect 4 "run has no profile: its kernel is measured, 6.1.0-fixture"
	sed -i '1 s/"package":"linux-image[^"]*"/"package":"file \/boot\/vmlinuz"/' "$BATS_TEST_TMPDIR/run/run.jsonl"
	run "$TOP/build/daxdm" explain --metric "$ID" "$BATS_TEST_TMPDIR/run" "$BATS_TEST_TMPDIR/run"
	expect 4 "cannot be measured again: its kernel is not of the archive; ./run.sh explain KERNEL KERNEL --metric"
	expect_short
}
