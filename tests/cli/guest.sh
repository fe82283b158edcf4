#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# In the place of build/daxdm in the checkout of a test: what would boot a guest or use a device writes the run of
# tests/fixtures instead, with those records or checks that were asked for, and what was asked for in its context.  All other
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

# What was asked for, else what the workload names; one a line.
chosen() { # OPTION
	asked "$1" | grep . || awk -v name="$1" '{ sub(/#.*/, ""); sub(/\r$/, "") } $1 == name { for (i = 2; i <= NF; i++) print $i }' "$(asked workload)"
}

# jq with what every context has of the words; it starts slowly, therefore once a run.
run_jq() { # FILTER OPTION...
	local kernel filter=$1
	shift
	kernel=$(asked kernel)
	jq -c '
		def lines: split("\n") | map(select(. != ""));
		# How its namespaces are made, and the arguments of its kernel.
		def made: {$namespace, $append} | with_entries(select(.value != ""));
		# The module that it is given.
		def with_replaced: if $replaced == "" then . else .replaced = [{file: $replaced, module: "dm_mod", build_id: "0123456789ab"}] end;
		def boot: if $fresh == "" then "snapshot" else "fresh" end;
		'"$filter" --arg seed "$(asked seed)" --arg fresh "$(has fresh && echo yes)" --arg build "${BUILD-}" \
		--arg devices "$(asked device)" --arg namespace "$(asked namespace)" --arg append "$(asked append)" \
		--arg release "$(cat "$kernel/release" 2>/dev/null || uname -r)" \
		--arg package "$(cat "$kernel/package" 2>/dev/null || echo host)" \
		--arg replaced "$(asked modules | sed -n 's/.*+\(.*\)\.cpio$/\1/p; q')" "$@"
}

# The context and the records; records of the stack linear:16 cost COST more.
bench_run() {
	run_jq '
		($stacks | lines) as $stacks | ($fs | lines) as $fs | ($metrics | lines) as $metrics | ($devices | lines) as $devices |
		def any_of($list; $value): $list == [] or any($list[]; . as $w | $value | test("^" + ($w | gsub("[.]"; "[.]") | gsub("[*]"; ".*") | gsub("[+]"; "[+]"))));
		if .type == "context" then
			.kernel.release = $release | .kernel.package = $package | .meter = $meter | .date = $now |
			.stacks = $stacks | .fs = $fs | .metrics = $metrics | .build = $build | with_replaced |
			if $devices == [] then
				.emulator.seed = ($seed | tonumber) | .emulator.state = ($state | tonumber) | .emulator.boot = boot | .emulator += made
			else del(.emulator) | .devices = $devices end
		elif .type == "record" then
			select(any_of($stacks; .stack) and any_of($fs; .fs // "") and any_of($metrics; .id)) | .meter = $meter |
			if $meter == "time" then .unit = "ns" else . end |
			if .stack == "linear:16" then
				(.min, .p10, .median, .mean, .p90, .p99, .max) += $cost | .samples |= map([.[0] + $cost, .[1]])
			else . end
		elif .type == "end" then . else empty end' --arg meter "$(asked meter)" \
		--arg state "$(asked state | grep . || echo 1)" --arg stacks "$(chosen stack)" --arg fs "$(chosen fs)" \
		--arg metrics "$(chosen bench)" --argjson cost "${COST-0}" --arg now "$(date --iso-8601=ns)" "$TOP/tests/fixtures/fixture-run.jsonl"
}

# The checks that were asked for, all with the verdict VERDICT; a fault that is planted is found.
check_run() {
	head -n 1 "$TOP/tests/fixtures/check-run.jsonl" | run_jq '
		(if $build == "" then . else .build = $build end |
			.kernel.release = $release | .kernel.package = $package | .planted = $planted | .seed = ($seed | tonumber) |
			if $rounds == "" then del(.rounds) else .rounds = ($rounds | tonumber) end |
			if $coverage then .coverage = {"dax_direct_access": "dax", "dm_dax_zero_page_range": "dm_mod"} else . end | with_replaced |
			if $devices == "" then .emulator.boot = boot | .emulator += made
			else del(.emulator) | .devices = ($devices | lines | map({node: ., mode: "fsdax", bytes: 1073741824})) end),
		($checks | lines[] | split("+") as [$id, $plant] | (if $plant then "fail" else $verdict end) as $verdict |
			{type: "check", $id, $verdict, promise: "p", by: "fixture", needs: [], ms: 1, dmesg: [], evidence: [], taint: 0} +
			if $plant then {$plant} else {} end +
			if $verdict == "pass" then {} else {why: "because"} end + if $verdict == "skip" then {cure: "mend it"} else {} end,
			if $coverage then {type: "coverage", $id, hits: {"dax_direct_access": 3}} else empty end),
		{type: "end", status: 0}' --arg rounds "$(asked rounds)" --argjson planted "$(has plant && echo true || echo false)" \
		--argjson coverage "$(has coverage && echo true || echo false)" --arg verdict "${VERDICT-pass}" \
		--arg checks "$("$real" list --ids "${of_list[@]}")"
}

verb=${1-}
words=("${@:2}")
run=$(asked results)
if [[ ! $run ]]; then
	run=$(asked output)
	run=${run%/run.jsonl}
fi
case $verb in
emulate | bench-here) writer=bench_run ;;
checks | check-here) writer=check_run ;;
*) writer= ;;
esac
if [[ ! $writer || ! $run ]]; then exec "$real" "$@"; fi
of_list=()
while read -r glob; do of_list+=(--check "$glob"); done < <(asked check)
for word in quick plant; do if has $word; then of_list+=("--$word"); fi; done
if has console; then echo "the console of the guest" >&2; fi
# shellcheck source=/dev/null
if [[ -e guest ]]; then . ./guest; fi
mkdir -p "$run"
$writer >"$run/run.jsonl"
if declare -F after >/dev/null; then after; fi
# It also prints the verdicts.
if [[ $verb == checks ]]; then exec "$real" verdicts --known check/known "$run"; fi
