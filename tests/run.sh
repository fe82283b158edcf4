#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs every test there is and counts.  ./run.sh test has set up and built before.
#
# Units, fuzz harnesses, bats and lint all speak TAP.  A skip counts as a failure unless its reason begins with
# "expected: ", which is for what a machine cannot have (no /dev/kvm), never for what went wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0 skipped=0
. tests/tmp.bash
make_test_tmp

# Time limits end a hung test; they do not judge a slow one.  Each is what an idle host needs, times this
# factor.
export PATIENCE=6
# All suites together end within this time: a CI job that is killed at its own limit (90 minutes) does not name
# the suite that hung.
seconds=${DAXDM_TEST_SECONDS:-5100}

# Versions of cmocka print a skip as "not ok N # SKIP NAME", "ok N # SKIP NAME" or "ok N - NAME # SKIP"; the reason is
# in a line before (tests/unit/skip.h).
with_reasons() { # <TAP
	awk '/^# expected: / { why = substr($0, 3) }
		/^(not )?ok [0-9]+ # SKIP / { n = $1 == "ok" ? $2 : $3; sub(/.*# SKIP /, ""); $0 = "ok " n " - " $0 " # skip " why }
		/^ok .* # SKIP *$/ { sub(/ # SKIP *$/, " # skip " why) }
		/^(not )?ok / { why = "" }
		{ print }'
}

# Runs a command that prints TAP, bounded, and counts its lines.
suite() { # NAME SECONDS COMMAND...
	local name=$1 limit=$(($2 * PATIENCE)) left=$((seconds - SECONDS)) status=0 ok bad skip odd planned said
	local started=$EPOCHREALTIME us
	shift 2
	if ((left <= 0)); then
		failed=$((failed + 1))
		printf '%-24s not run: all suites together had %d s\n' "$name" "$seconds"
		return
	fi
	if ((limit > left)); then limit=$left; fi
	setpriv --pdeathsig TERM timeout --kill-after=20 "$limit" "$@" >"$tmp/tap" 2>"$tmp/err" </dev/null || status=$?
	with_reasons <"$tmp/tap" >"$tmp/tap.new"
	mv "$tmp/tap.new" "$tmp/tap"
	us=$((${EPOCHREALTIME/[.,]/} - ${started/[.,]/}))

	skip=$(grep -cE '^ok .*# skip' "$tmp/tap" || true)
	odd=$(grep -E '^ok .*# skip' "$tmp/tap" | grep -cvE '# skip \(?expected: ' || true)
	ok=$(($(grep -c '^ok ' "$tmp/tap" || true) - skip))
	bad=$(grep -c '^not ok ' "$tmp/tap" || true)
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tmp/tap" | tail -n 1)
	said=
	if ((status == 124 || status == 137)); then
		said="did not end within $limit s"
	elif [[ -z $planned ]] || ((planned != ok + bad + skip)); then
		said="ended early with status $status: ${planned:-?} tests planned, $((ok + bad + skip)) seen"
	elif ((planned == 0)); then
		said="holds no test"
	elif ((status != 0 && bad == 0)); then
		said="ended with status $status after all its tests"
	elif ((odd > 0)); then
		said="skipped what should have run"
	fi
	passed=$((passed + ok))
	skipped=$((skipped + skip - odd))
	failed=$((failed + bad + odd))
	if [[ $said ]] && ((odd == 0)); then failed=$((failed + 1)); fi

	printf '%-24s %3d.%d s  %d passed' "$name" $((us / 1000000)) $((us / 100000 % 10)) "$ok"
	if ((bad)); then printf ', %d failed' "$bad"; fi
	if ((skip)); then printf ', %d skipped' "$skip"; fi
	echo "${said:+; $said}"
	if ((bad)) || [[ $said ]]; then
		# Everything between a failed test's line and the next passed one belongs to it.
		awk '/^ok / { on = 0 } /^not ok / { on = 1 } on || /# skip/ { print "    " $0 }' "$tmp/tap"
		sed 's/^/    /' "$tmp/err" | tail -n 40
	else
		sed -n 's/^ok [0-9]* \(.*\) # skip \(.*\)/    skipped: \1: \2/p' "$tmp/tap"
	fi
}

mapfile -t units < <(cd tests/unit && find . -name 'test_*.c' -printf '%P\n' | sort)
for test in "${units[@]%.c}"; do
	CMOCKA_MESSAGE_OUTPUT=TAP suite "unit ${test##*/test_}" 120 "build/test/$test"
done
suite fuzz 900 tests/fuzz/run.sh
suite lint 300 tests/lint.sh
export BATS_TEST_TIMEOUT=$((60 * PATIENCE))
for test in tests/cli/*.bats; do
	name=${test##*/}
	suite "cli ${name%.bats}" 300 bats --formatter tap "$test"
done
export BATS_TEST_TIMEOUT=$((400 * PATIENCE))
for test in tests/e2e/*.bats; do
	name=${test##*/}
	suite "e2e ${name%.bats}" 900 bats --formatter tap "$test"
done

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
