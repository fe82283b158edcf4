#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The kernel catalogue without a network, without room, and interrupted; apt-get is replaced.

load ../helpers

setup() {
	CO=$BATS_TEST_TMPDIR/checkout
	BIN=$BATS_TEST_TMPDIR/bin
	mkdir -p "$CO/build" "$BIN"
	cp -r "$TOP/emu" "$CO/"
	PATH=$BIN:$PATH
	apt_get 'echo "E: Failed to fetch, could not resolve the name" >&2; exit 100'
}

teardown() {
	if mountpoint -q "$CO/build"; then umount -l "$CO/build"; fi
}

# What `apt-get indextargets` says is the machine's own; all else goes to BODY.
apt_get() { # BODY
	# shellcheck disable=SC2016
	printf '#!/bin/bash\n[[ $* != "indextargets --format"* ]] || { echo "https://archive.invalid/|stable|stable"; exit; }\n%s\n' \
		"$1" >"$BIN/apt-get"
	chmod +x "$BIN/apt-get"
}

resolve() { # ARGUMENT...
	run timeout 30 "$CO/emu/kernel.sh" resolve "$@"
}

left_nothing() {
	! compgen -G "$CO/build/*.tmp.*" && ! compgen -G "$CO/build/kernels/*"
}

# A catalogue as it was read on another day.
old_catalogue() {
	mkdir -p "$CO/build/apt"
	printf 'linux-image-6.1.0-1-amd64\t6.1.7-1\tbookworm\tkmod\n' >"$CO/build/apt/catalogue"
	touch -d '3 days ago' "$CO/build/apt/catalogue"
}

@test "no network and never read: status 4, what apt said, and what works without" {
	resolve 6.1
	expect 4 "network?" "could not resolve" "--kernel PATH --modules DIR"
	left_nothing
}

@test "no network, the lists of another day: they are used, and the package cannot be fetched" {
	old_catalogue
	resolve 6.1
	expect 4 "no network: using the lists of" "cannot fetch linux-image-6.1.0-1-amd64 6.1.7-1" \
		"could not resolve"
	left_nothing
}

@test "no network, the lists of another day: an unknown kernel is unknown" {
	old_catalogue
	resolve 9.99
	expect 64 "unknown kernel '9.99'" "6.1.7"
	left_nothing
}

@test "names that are none" {
	for name in '' ' ' -x 'a b' '$(id)' ..; do
		resolve "$name"
		expect 64 "daxdm: "
		expect_short
	done
	left_nothing
}

@test "a disk that is too full is said before anything is fetched, and again while it is" {
	(($(id -u) == 0)) || skip "expected: not root, who alone may mount a small disk"
	mount -t tmpfs -o size=1m tmpfs "$CO/build"
	resolve 6.1
	expect 4 "disk full" "MiB under" "free some space"
	expect_short
	left_nothing
	mount -t tmpfs -o size=2g tmpfs "$CO/build" # room, but apt says otherwise
	apt_get 'echo "E: Write error - write (28: No space left on device)" >&2; exit 100'
	mkdir -p "$CO/build/apt"
	printf 'linux-image-6.1.0-1-amd64\t6.1.7-1\tbookworm\tkmod\n' >"$CO/build/apt/catalogue"
	resolve 6.1
	expect 4 "disk full while fetching" "free some space"
	left_nothing
	umount "$CO/build"
}

@test "interrupted while it fetches: 130, apt-get has ended, nothing is left" {
	old_catalogue
	touch "$CO/build/apt/catalogue"
	apt_get 'echo $$ >'"$BIN/pid"'; exec sleep 300'
	env --default-signal=INT "$CO/emu/kernel.sh" resolve 6.1 >"$BIN/out" 2>&1 3>&- &
	within 10 test -s "$BIN/pid"
	kill -INT $!
	status=0
	wait $! || status=$?
	output=$(cat "$BIN/out")
	expect 130
	within 5 gone "$(cat "$BIN/pid")"
	left_nothing
}
