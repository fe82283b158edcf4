#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The newest kernel of each series and flavour of the archive: whether it boots, what `check --quick` and
# `bench --quick` say on it, and what it lacks.  The table is written to results/published/flavours.tsv, and for
# people to results/published/flavours.md.
#
#   tests/flavours.sh [WORD]...   WORD: a series (6.1) or a flavour (generic, cloud, rt); default: all
#   tests/flavours.sh --table     only the table, of the runs that are there
#
# Some three minutes and 50 to 170 MiB of download a kernel.  Runs are results/flavour-PACKAGE-check and -bench,
# what they said is in results/flavour-PACKAGE-check.log; a complete run is not repeated.  A kernel
# that was fetched for this is removed afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly OUT=results/published/flavours

# SERIES FLAVOUR VERSION PACKAGE and whether it is fetched (true or false) of the newest of each, with tabs; those
# without modules cannot be booted.
newest() { # [WORD]...
	./run.sh kernels --json "$@" | jq -r '
		[.[] | select((.size_bytes or .fetched_kib) and (.package | startswith("linux-image-"))) |
			. + {series: (.version | capture("^(?<s>[0-9]+\\.[0-9]+)").s)}] |
		reduce .[] as $k ({}; .["\($k.series) \($k.flavour)"] = $k) | .[] |
		[.series, .flavour, .version, .package, (.fetched_kib != null | tostring)] | @tsv' | sort -t $'\t' -k1,1V -k2,2
}

is_whole() { # RUN
	[[ -s results/$1/run.jsonl && $(tail -n 1 "results/$1/run.jsonl") == '{"type":"end"'* ]]
}

one_run() { # VERB PACKAGE
	local run=flavour-${2#linux-image-}-$1 status=0
	if is_whole "$run"; then return; fi
	rm -rf "results/${run:?}"
	timeout 3600 ./run.sh "$1" --quick --kernel "$2" --name "$run" >"results/$run.log" 2>&1 </dev/null || status=$?
	echo "$status" >"results/$run.status"
	echo "$run: exit status $status" >&2
}

# PASSED KNOWN FAILED BROKEN SKIPPED of checks, MEASURED SKIPPED of benchmarks, with tabs.
count() { # VERB RUN
	local counts='{check: ["pass", "known", "fail", "broken", "skip"], bench: ["record", "skip"]}'
	if ! is_whole "$2"; then
		if [[ $1 == check ]]; then printf -- '-\t-\t-\t-\t-\n'; else printf -- '-\t-\n'; fi
		return
	fi
	jq -rs --arg verb "$1" '
		[.[] | if .type == "check" then (if .verdict == "fail" and .known then "known" else .verdict end)
			elif .type == "record" or .type == "skip" then .type else empty end] as $all |
		'"$counts"'[$verb] | map(. as $w | [$all[] | select(. == $w)] | length) | @tsv' "results/$2/run.jsonl"
}

# Reasons of failures and skips; for a run without a complete run.jsonl, the last line of its log.
reasons() { # RUN
	if is_whole "$1"; then
		jq -rs '[.[] | if .type == "check" and (.verdict == "fail" or .verdict == "broken") and (.known | not)
				then "\(.id): \(.why)"
				elif .type == "check" and .known and .verdict == "fail" then "known/\(.known)"
				elif (.type == "check" and .verdict == "skip") or .type == "skip" then .why
				else empty end | gsub("[[:cntrl:]]+"; " ")] | unique | join("; ")' "results/$1/run.jsonl"
	elif [[ -s results/$1.log ]]; then
		# The archive's address and this checkout's place are those of this machine alone.
		tail -n 1 "results/$1.log" | tr '[:cntrl:]' ' ' | sed -E 's|[a-z]+://[^ ]*/||g; s| *\[IP: [^]]*\]||g; s|/[^ ]*/(build/)|\1|g; s| *$||'
	fi
}

# The status of the last run, or nothing.
status_of() { # RUN
	if [[ -s results/$1.status ]]; then cat "results/$1.status"; else echo -; fi
}

rows() { # KERNELS, as newest says
	local series flavour version package check bench
	while IFS=$'\t' read -r series flavour version package _; do
		check=flavour-${package#linux-image-}-check bench=flavour-${package#linux-image-}-bench
		[[ $(status_of "$check")$(status_of "$bench") != -- ]] || continue
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$series" "$flavour" "$version" "$(status_of "$check")" \
			"$(count check "$check")" "$(status_of "$bench")" "$(count bench "$bench")" "$(reasons "$check")" "$(reasons "$bench")"
	done <<<"$1"
}

table() { # KERNELS
	{
		printf 'series\tflavour\tversion\tcheck_status\tpassed\tknown\tfailed\tbroken\tskipped\tbench_status\tmeasured\tnot_measured\tcheck_reasons\tbench_reasons\n'
		rows "$1"
	} >"$OUT.tsv.new"
	mv "$OUT.tsv.new" "$OUT.tsv"
	awk -F'\t' '
		BEGIN {
			print "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n<!-- made by tests/flavours.sh -->\n# Kernels of the archive\n"
			print "`./run.sh check --quick` and `./run.sh bench --quick` on the newest kernel of each series and flavour.\n"
			print "| kernel | flavour | check: exit status | passed | known bugs | failed | broken | skipped | bench: exit status | measured | not | what is missing or known |"
			print "|---|---|---|---|---|---|---|---|---|---|---|---|"
		}
		NR > 1 {
			said = $13 ($13 != "" && $14 != "" && $13 != $14 ? "; " : "") ($13 != $14 ? $14 : "")
			gsub(/\|/, "\\|", said)
			printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", $3, $2, $4, $5, $6, $7, $8, $9, $10, $11, $12, said
		}' "$OUT.tsv" >"$OUT.md"
	echo "$OUT.tsv: $(($(wc -l <"$OUT.tsv") - 1)) kernels" >&2
}

main() {
	local all chosen package fetched
	all=$(newest) || exit 4
	if [[ ${1-} == --table ]]; then
		table "$all"
		return
	fi
	chosen=$(newest "$@") || exit 4
	if [[ ! $chosen ]]; then
		echo "flavours: no kernel of the archive that can be booted fits: ${*:-(none)}" >&2
		exit 64
	fi
	mkdir -p results
	while IFS=$'\t' read -r _ _ _ package fetched <&3; do
		one_run check "$package"
		one_run bench "$package"
		if [[ $fetched == false ]]; then ./run.sh kernels --remove "${package#linux-image-}" >/dev/null 2>&1 || true; fi
	done 3<<<"$chosen"
	table "$all"
}

main "$@"
