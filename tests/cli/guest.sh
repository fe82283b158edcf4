#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In the place of build/daxdm in the checkout of a test: what would boot a guest or use a device writes the run of
# tests/fixtures instead, with those records that were asked for and what was asked for in its context.  All other
# verbs are done by the real program.  The commands in the file guest are done before; a function `after` of it, once
# the run is written to $run.
set -euo pipefail

real=$TOP/build/daxdm

asked() { # NAME: the values of an option, one a line
	local name=$1
	set -- "${words[@]}"
	while (($#)); do
		if [[ $1 == "--$name" ]]; then echo "${2-}"; fi
		shift
	done
}

has() { # FLAG
	[[ " ${words[*]} " == *" --$1 "* ]]
}

# What was asked for, else what the workload names.
chosen() { # OPTION
	local values
	values=$(asked "$1")
	if [[ ! $values ]]; then
		values=$(awk -v name="$1" '{ sub(/#.*/, "") } $1 == name { for (i = 2; i <= NF; i++) print $i }' "$(asked workload)")
	fi
	jq -Rnc '[inputs | select(. != "")]' <<<"$values"
}

# The context and the records; records of the stack linear:16 cost COST more.
bench_run() {
	local kernel
	kernel=$(asked kernel)
	jq -c --arg meter "$(asked meter)" --arg seed "$(asked seed)" --arg fresh "$(has fresh && echo yes)" \
		--argjson stacks "$(chosen stack)" --argjson fs "$(chosen fs)" --argjson metrics "$(chosen bench)" \
		--argjson devices "$(asked device | jq -Rnc '[inputs]')" --argjson cost "${COST-0}" \
		--arg release "$(cat "$kernel/release" 2>/dev/null || uname -r)" --arg build "${BUILD-}" \
		--arg package "$(cat "$kernel/package" 2>/dev/null || echo host)" --arg replaced "$(asked guest | sed -n 's/.*+\(.*\)\.cpio$/\1/p; q')" --arg now "$(date --iso-8601=ns)" '
		def any_of($list; $value): $list == [] or any($list[]; . as $w | $value | test("^" + ($w | gsub("[.]"; "[.]") | gsub("[*]"; ".*") | gsub("[+]"; "[+]"))));
		if .type == "context" then
			.kernel.release = $release | .kernel.package = $package | .meter = $meter | .date = $now |
			.stacks = $stacks | .fs = $fs | .metrics = $metrics | .build = $build |
			if $replaced == "" then . else .replaced = [{file: $replaced, module: "dm_mod", build_id: "0123456789ab"}] end |
			if $devices == [] then
				.emulator.seed = ($seed | tonumber) | .emulator.boot = (if $fresh == "" then "snapshot" else "fresh" end)
			else del(.emulator) | .devices = $devices end
		elif .type == "record" then
			select(any_of($stacks; .stack) and any_of($fs; .fs // "") and any_of($metrics; .id)) | .meter = $meter |
			if .stack == "linear:16" then
				(.min, .p10, .median, .mean, .p90, .p99, .max) += $cost | .samples |= map([.[0] + $cost, .[1]])
			else . end
		elif .type == "end" then . else empty end' "$TOP/tests/fixtures/fixture-run.jsonl"
}

verb=${1-}
words=("${@:2}")
run=$(asked results)
if [[ ! $run ]]; then
	run=$(asked output)
	run=${run%/run.jsonl}
fi
case $verb in
emulate | bench | bench-here) [[ $run ]] || exec "$real" "$@" ;;
*) exec "$real" "$@" ;;
esac
# shellcheck source=/dev/null
if [[ -e guest ]]; then . ./guest; fi
mkdir -p "$run"
bench_run >"$run/run.jsonl"
if declare -F after >/dev/null; then after; fi
