#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the fuzz harnesses that make fuzz-build built.  Prints TAP.
#
# Without SECONDS, a fixed number of inputs of each from a fixed seed: what a test runs.  With it, each
# for that long from a new seed; what reaches new code is kept in build/fuzz/corpus/ for the next time.
# Failing inputs are written to build/fuzz/found/.  Once fixed, add them to tests/fuzz/corpus/.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1-}
limits=(-timeout=60 -rss_limit_mb=2048 -malloc_limit_mb=256 -close_fd_mask=3 -print_final_stats=1)
found=build/fuzz/found count=0 failed=0 inputs=0
. tests/tmp.bash
make_test_tmp
log=$tmp/log
export FUZZ_TMP=$tmp
mkdir -p "$found"

for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	runs=$(sed -n 's/^#define FUZZ_RUNS //p' "$source")
	words=(-artifact_prefix="$found/$name-" "${limits[@]}")
	# The first directory is where libFuzzer adds what it finds.
	if [[ $seconds ]]; then
		words+=(-max_total_time="$seconds" "build/fuzz/corpus/$name")
	else
		words+=(-seed=1 -runs="${runs:-20000}" "$tmp/$name")
	fi
	mkdir -p "${words[-1]}"
	count=$((count + 1))
	n=0
	if timeout $((${seconds:-300} + 120)) "build/fuzz/fuzz_$name" "${words[@]}" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
		n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	fi
	if ((n > 0)); then
		inputs=$((inputs + n))
		echo "ok $count - fuzz $name: $n inputs"
	else
		failed=$((failed + 1))
		echo "not ok $count - fuzz $name"
		{ grep -avE '^#|NEW|REDUCE|^stat::' "$log" || true; } | tail -n 40 | sed 's/^/# /'
	fi
done
echo "# $inputs inputs, $failed of $count harnesses failed"
echo "1..$count"
((failed == 0))
