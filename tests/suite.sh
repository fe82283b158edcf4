#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs a command that prints TAP, bounded; prints a line with what became of it, and what failed.  Adds a line
# "PASSED FAILED SKIPPED" to the file TEST_COUNTS.  For tests/run.sh.
set -euo pipefail

name=$1 limit=$(($2 * PATIENCE)) left=$((TEST_DEADLINE - EPOCHSECONDS))
shift 2
tmp=$(mktemp -d "${TEST_COUNTS%/*}/suite.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# Versions of cmocka print a skip as "not ok N # SKIP NAME", "ok N # SKIP NAME" or "ok N - NAME # SKIP"; the reason is
# in a line before (tests/unit/skip.h).
with_reasons() { # <TAP
	awk '/^# expected: / { why = substr($0, 3) }
		/^(not )?ok [0-9]+ # SKIP / { n = $1 == "ok" ? $2 : $3; sub(/.*# SKIP /, ""); $0 = "ok " n " - " $0 " # skip " why }
		/^ok .* # SKIP *$/ { sub(/ # SKIP *$/, " # skip " why) }
		/^(not )?ok / { why = "" }
		{ print }'
}

if ((left <= 0)); then
	printf '%-24s not run: all suites together had %d s\n' "$name" "$TEST_SECONDS"
	echo 0 1 0 >>"$TEST_COUNTS"
	exit
fi
if ((limit > left)); then limit=$left; fi
started=$EPOCHREALTIME status=0
setpriv --pdeathsig TERM timeout --kill-after=20 "$limit" "$@" >"$tmp/printed" 2>"$tmp/err" </dev/null || status=$?
with_reasons <"$tmp/printed" >"$tmp/tap"
us=$((${EPOCHREALTIME/[.,]/} - ${started/[.,]/}))
# Seconds of processor time: of two suites at a time, the shorter ones are not the cheaper ones.
times >"$tmp/times"
cpu=$(awk -F'[ ms]+' 'NR == 2 { printf "%.0f", $1 * 60 + $2 + $3 * 60 + $4 }' "$tmp/times")

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
failed=$((bad + odd))
if [[ $said ]] && ((odd == 0)); then failed=$((failed + 1)); fi
echo "$ok $failed $((skip - odd))" >>"$TEST_COUNTS"

printf '%-24s %3d.%d s  %3d s of CPU  %d passed' "$name" $((us / 1000000)) $((us / 100000 % 10)) "$cpu" "$ok"
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
# The tests that the time limit of them all is spent on.
sed -nE 's/^ok [0-9]+ (.*) in ([0-9]+)ms$/\2 \1/p' "$tmp/tap" |
	awk '$1 >= 30000 { s = $1 / 1000; $1 = ""; printf "    %.0f s:%s\n", s, $0 }'
