#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs every test there is and counts.  ./run.sh test has set up and built before.
#
# Units, fuzz harnesses, bats and lint all speak TAP.  A skip counts as a failure unless its reason begins with
# "expected: ", which is for what a machine cannot have (no /dev/kvm), never for what went wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

. tests/tmp.bash
make_test_tmp

# Time limits end a hung test; they do not judge a slow one.  Each is what an idle host needs, times this
# factor.
export PATIENCE=6
# All suites together end within this time: a CI job that is killed at its own limit (90 minutes) does not name
# the suite that hung.
export TEST_SECONDS=${DAXDM_TEST_SECONDS:-5100}
export TEST_DEADLINE=$((EPOCHSECONDS + TEST_SECONDS)) TEST_COUNTS=$PWD/$tmp/counts
: >"$TEST_COUNTS"

export PARALLEL_HOME=$PWD/$tmp/parallel SHELL=/bin/bash
mkdir "$PARALLEL_HOME"

# Runs the suites of the lines NAME<tab>SECONDS<tab>COMMAND, three at a time, in the checkouts CHECKOUT1 to CHECKOUT3: of two,
# one often waits and leaves a processor idle.  The end of a pipeline, whose subshell it replaces: it ends when this script is
# killed.
suites() {
	# shellcheck disable=SC2016
	exec setpriv --pdeathsig TERM parallel --plain --will-cite --keep-order --jobs 3 --colsep '\t' --termseq TERM,15000,KILL,25 \
		tests/suite.sh '{1}' '{2}' env -C '{=1 $_ = $ENV{"CHECKOUT" . slot()} =}' '{=3 uq() =}'
}
export CHECKOUT1=$PWD CHECKOUT2=$PWD CHECKOUT3=$PWD

# A checkout that is built and has its kernels, in which nobody has run anything.
copy_checkout() { # DIR
	local part
	mkdir -p "$1/build"
	find . -mindepth 1 -maxdepth 1 ! -name .git ! -name build -exec cp -a -t "$1" {} +
	for part in apt daxdm flags qemu_preload.so gen initramfs libperf libs-seen obj plugin reproducers; do
		[[ ! -e build/$part ]] || cp -a "build/$part" "$1/build/"
	done
	[[ ! -e build/kernels ]] || cp -al build/kernels "$1/build/"
}

# A suite that was not counted, or all of them, is a failure.
lost() {
	echo 0 1 0 >>"$TEST_COUNTS"
}

export BATS_TEST_TIMEOUT=$((60 * PATIENCE))
{
	(cd tests/unit && find . -name 'test_*.c' -printf '%P\n' | sort) | while read -r test; do
		test=${test%.c}
		printf '%s\t120\t%s\n' "unit ${test##*/test_}" "env CMOCKA_MESSAGE_OUTPUT=TAP build/test/$test"
	done
	printf '%s\t900\ttests/fuzz/run.sh\n' fuzz
	printf '%s\t300\ttests/lint.sh\n' lint
	for test in tests/cli/*.bats; do
		name=${test##*/}
		printf '%s\t300\t%s\n' "cli ${name%.bats}" "bats --formatter tap --timing --filter-tags '!slow' $test"
	done
} | suites || lost
# Each in a checkout of its own: so is what a suite leaves behind, claims or damages.
CHECKOUT2=$PWD/$tmp/checkout2 CHECKOUT3=$PWD/$tmp/checkout3
copy_checkout "$CHECKOUT2"
copy_checkout "$CHECKOUT3"
export BATS_TEST_TIMEOUT=$((400 * PATIENCE))
for test in tests/e2e/*.bats; do
	name=${test##*/}
	printf '%s\t900\t%s\n' "e2e ${name%.bats}" "bats --formatter tap --timing --filter-tags '!slow' $test"
done | suites || lost

awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || !p }' "$TEST_COUNTS"
