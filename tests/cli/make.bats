#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The Makefile: what it rebuilds, what it says of libraries, and that the clock and the place do not matter.

load ../helpers

# A small checkout with the real Makefile, once per file.
setup_file() {
	export CO=$BATS_FILE_TMPDIR/checkout
	small_checkout "$CO"
}

small_checkout() { # DIR
	mkdir -p "$1/cli" "$1/emu/preload" "$1/lib/base" "$1/tests/unit/lib/base"
	cp "$TOP/Makefile" "$TOP/VERSION" "$1/"
	cp "$TOP"/lib/base/{msg,place,text,stats}.[ch] "$TOP/lib/base/flush_fault.h" "$1/lib/base/"
	cp "$TOP"/emu/preload/*.c "$1/emu/preload/"
	cp "$TOP/tests/unit/lib/base/test_stats.c" "$1/tests/unit/lib/base/"
	printf '#include "lib/base/msg.h"\nint main(void)\n{\n\tmsg_note(DAXDM_VERSION);\n\treturn 0;\n}\n' \
		>"$1/cli/main.c"
}

compiled() { # MAKE-WORD...
	run timeout 60 make -C "$CO" "$@"
	expect 0
	count=$(grep -c '  CC ' <<<"$output" || true)
}

@test "every library is named with its version, once" {
	run timeout 60 make -C "$CO"
	expect 0 "found   devmapper" "found   libndctl" "found   blkid" "found   jansson" "  LD      build/daxdm"
	run timeout 60 make -C "$CO"
	expect 0
	[[ $output != *found* ]]
}

@test "a missing library stops the build with the package that brings it" {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\ncase "$*" in *jansson*) exit 1;; esac\nexec %s "$@"\n' "$(command -v pkg-config)" \
		>"$BATS_TEST_TMPDIR/bin/pkg-config"
	chmod +x "$BATS_TEST_TMPDIR/bin/pkg-config"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout 60 make -C "$CO" libs
	expect 2 "missing jansson: apt-get install libjansson-dev" "found   devmapper" \
		"as root: apt-get install libjansson-dev"
}

@test "a missing test library is said, and does not stop the build" {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\ncase "$*" in *cmocka*) exit 1;; esac\nexec %s "$@"\n' "$(command -v pkg-config)" \
		>"$BATS_TEST_TMPDIR/bin/pkg-config"
	chmod +x "$BATS_TEST_TMPDIR/bin/pkg-config"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout 60 make -C "$CO" libs
	expect 0 "missing cmocka: apt-get install libcmocka-dev (only for the tests)"
}

@test "libperf is found where make libperf left it; the build does without" {
	run timeout 60 make -C "$CO" libs
	expect 0 "missing libperf: make libperf (only for bench --counters)"
	mkdir -p "$CO/build/libperf"
	echo "linux-source-0.1 0.1-1" >"$CO/build/libperf/version"
	run timeout 60 make -C "$CO" libs
	rm -r "$CO/build/libperf"
	expect 0 "found   libperf, built from linux-source-0.1 0.1-1"
}

@test "rebuilds what a change touches, and nothing else" {
	compiled
	compiled
	((count == 0))
	sleep 0.01
	touch "$CO/lib/base/stats.h"
	compiled
	((count == 1))
	touch "$CO/lib/base/msg.h"
	compiled
	((count == 2))
	compiled CFLAGS=-O1
	((count == 5))
	compiled
	((count == 5))
	echo 9.9.9 >"$CO/VERSION"
	compiled
	run "$CO/build/daxdm"
	expect 0 "9.9.9"
}

@test "the same sources give the same binary, wherever and whenever" {
	compiled
	small_checkout "$BATS_TEST_TMPDIR/elsewhere"
	cp "$CO/VERSION" "$BATS_TEST_TMPDIR/elsewhere/"
	run timeout 60 make -C "$BATS_TEST_TMPDIR/elsewhere"
	expect 0
	cmp "$CO/build/daxdm" "$BATS_TEST_TMPDIR/elsewhere/build/daxdm"
}

@test "a warning is an error and leaves no binary" {
	small_checkout "$BATS_TEST_TMPDIR/bad"
	printf 'static int unused;\n' >>"$BATS_TEST_TMPDIR/bad/cli/main.c"
	run timeout 60 make -C "$BATS_TEST_TMPDIR/bad"
	expect 2 unused
	[[ ! -e $BATS_TEST_TMPDIR/bad/build/daxdm ]]
}

@test "quiet by default, commands with V=1" {
	touch "$CO/lib/base/stats.c"
	compiled
	[[ $output != *-Wextra* ]]
	touch "$CO/lib/base/stats.c"
	compiled V=1
	[[ $output == *-Wextra* ]]
}

# Else a run of another build differs by its own instructions.
@test "benchmarks are optimised in one way, whatever CFLAGS say" {
	run make -C "$TOP" -n -W bench/copy/copy.c CFLAGS=-O0 build/obj/bench/copy/copy.o
	[[ $status == 0 && $output == *" -O0 "*" -O2 "*"bench/copy/copy.c"* ]]
}

@test "units run under the sanitisers, and an overrun is caught" {
	run timeout 60 make -C "$CO" unit
	expect 0 "6 test(s) run"
	sed -i 's/n \* sizeof(\*sorted)/(n - 1) * sizeof(*sorted)/' "$CO/lib/base/stats.c"
	run timeout 60 make -C "$CO" unit
	expect 2 AddressSanitizer
}

@test "targets that are verbs of run.sh" {
	printf '#!/bin/sh\necho "run.sh $*"\n' >"$CO/run.sh"
	chmod +x "$CO/run.sh"
	for verb in bench check test lint list; do
		run timeout 10 make -s -C "$CO" "$verb" ARGS="--quick --name x"
		expect 0 "run.sh $verb --quick --name x"
	done
}
