#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What the test suite is too short for: ladders on a Slurm cluster of this host (tests/slurm.bash) whose daemons are
# killed, and one of real emulated hosts, whose runs are those of GNU parallel to the last digit.
#
#   tests/slurm.sh [KERNEL,KERNEL,...]    default 5.10,6.1,7.2
#
# Needs a built checkout and the packages of [test]; fetches kernels that are missing.  Prints TAP.
# On two cores with other load: 8 minutes, with the snapshots of these kernels in build/.
set -euo pipefail
cd "$(dirname "$0")/.."

kernels=${1-5.10,6.1,7.2}
status=0
SLURM_SLOW=yes bats --formatter tap tests/cli/slurm.bats || status=1

export BATS_TEST_DIRNAME=$PWD/tests/cli PATIENCE=6
bats_require_minimum_version() { :; }
# shellcheck source=tests/helpers.bash
. tests/helpers.bash
# shellcheck source=tests/slurm.bash
. tests/slurm.bash
SLURM_DIR=$(mktemp -d "$PWD/build/test.tmp.slurm.XXXXXX")
names=(slurm-test-$$-parallel slurm-test-$$-slurm)
clean_up() {
	slurm_stop
	rm -rf "${names[@]/#/results/}"
}
trap clean_up EXIT
slurm_start 2
for name in "${names[@]}"; do
	since=$SECONDS
	./run.sh bench --name "$name" --engine "${name##*-}" --kernel "$kernels" --stack raw --stack linear:16 --fs ext4 \
		--bench 'fault.read.*' >"$SLURM_DIR/out" 2>&1 || sed 's/^/# /' "$SLURM_DIR/out"
	echo "# ${name##*-}: $((SECONDS - since)) s"
done
n=0
for run in results/"${names[0]}"/*/run.jsonl; do
	label=$(basename "${run%/run.jsonl}") n=$((n + 1))
	if build/daxdm identical "results/${names[0]}/$label" "results/${names[1]}/$label" | sed 's/^/# /'; then
		echo "ok $n - $label: with Slurm the same samples as with GNU parallel"
	else
		echo "not ok $n - $label: with Slurm the same samples as with GNU parallel"
		status=1
	fi
done
echo "1..$n"
((n > 1)) || status=1
exit "$status"
