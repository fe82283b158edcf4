# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The temporary directory of tests/run.sh and tests/fuzz/run.sh.

# Sets tmp to a new directory below build/ that is removed when this script exits.  run.sh removes test
# directories that are not locked.  The lock on build/ covers the time between mktemp and flock.
make_test_tmp() {
	local build lock
	exec {build}<build
	flock "$build"
	tmp=$(mktemp -d build/test.tmp.XXXXXX)
	trap 'rm -rf "$tmp"' EXIT
	exec {lock}<"$tmp"
	flock "$lock"
	exec {build}<&-
}
