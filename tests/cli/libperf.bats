#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# make libperf where something is missing; that it builds shows tests/e2e/counters.bats.

load ../helpers

# A checkout of its own, and programs in the place of apt's.
setup() {
	CO=$BATS_TEST_TMPDIR/checkout
	FAKES=$BATS_TEST_TMPDIR/bin
	mkdir -p "$CO/lib/meter" "$CO/emu" "$FAKES"
	cp "$TOP/lib/meter/libperf.sh" "$CO/lib/meter/"
	cp "$TOP/emu/common.sh" "$CO/emu/"
	# A source that is installed on this machine would be taken first.
	if compgen -G '/usr/src/linux-source-*.tar.xz' >/dev/null; then skip "expected: a kernel source is installed"; fi
	fake apt-cache 'echo linux-source; echo linux-source-0.9; echo linux-source-0.10'
	fake apt-get 'echo "$@" >>'"$BATS_TEST_TMPDIR"'/asked; echo "E: no route to the archive"; exit 100'
}

fake() { # NAME BODY
	printf '#!/bin/sh\n%s\n' "$2" >"$FAKES/$1"
	chmod +x "$FAKES/$1"
}

libperf() {
	PATH=$FAKES:$PATH run timeout 60 "$CO/lib/meter/libperf.sh"
}

nothing_made() {
	[[ ! -e $CO/build/libperf ]]
	run ! compgen -G "$CO/build/*.tmp.*"
}

@test "no network: it says so, asked for the newest source, and leaves nothing" {
	libperf
	expect 4 "cannot fetch linux-source-0.10 (network?): E: no route to the archive"
	grep -q 'download linux-source-0.10$' "$BATS_TEST_TMPDIR/asked"
	nothing_made
}

@test "no such package: apt's lists are the cure" {
	fake apt-cache 'echo linux-source'
	libperf
	expect 4 "apt knows no package linux-source-*" "run: apt-get update"
	nothing_made
}

@test "what is there is not built again" {
	mkdir -p "$CO/build/libperf"
	echo "linux-source-0.10 0.10-1" >"$CO/build/libperf/version"
	libperf
	expect 0 "there already, from linux-source-0.10 0.10-1"
	[[ ! -e $BATS_TEST_TMPDIR/asked ]]
}

@test "a path that the kernel's makefiles would split is refused before anything is fetched" {
	mv "$CO" "$CO; touch X"
	CO+="; touch X"
	libperf
	expect 4 "cannot build libperf in $CO: the kernel's makefiles accept only letters, digits"
	nothing_made
	[[ ! -e $BATS_TEST_TMPDIR/asked ]]
}
