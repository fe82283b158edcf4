#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How long reading, showing and comparing large runs takes: two runs of N records (default 10,000) of
# 64 samples each are made of nothing, then timed.  No test: what it prints depends on the machine,
# and how busy it is.
#
#   tests/bench-compare.sh [N]
set -euo pipefail
cd "$(dirname "$0")/.."

n=${1:-10000}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

make_run() { # DIR RELEASE ADDED
	mkdir "$1"
	head -n 1 tests/fixtures/fixture-run.jsonl | sed "s/6\.1\.0-fixture/$2/; s/\"stacks\":[^]]*\]/\"stacks\":[]/" >"$1/run.jsonl"
	awk -v n="$n" -v added="$3" 'BEGIN {
		for (i = 0; i < n; i++) {
			s = i % 10; v = int(i / 10)
			stack = s ? "linear:" 2 ^ (s - 1) : "raw"
			median = 4000 + 17 * v + 20 * s + (v % 3 ? added : 0)
			samples = ""
			for (k = 0; k < 32; k++) samples = samples (k ? "," : "") "[" median - 15 + k ",2]"
			printf "{\"type\":\"record\",\"id\":\"fault.v%d.pte{stack=%s,fs=ext4}\",\"bench\":\"fault\",\"variant\":\"v%d.pte\",\"stack\":\"%s\",\"fs\":\"ext4\",\"segments\":%d,\"unit\":\"insn\",\"better\":\"lower\",\"meter\":\"insn\",\"n\":64,\"min\":%d,\"p10\":%d,\"median\":%d,\"mean\":%d.5,\"p90\":%d,\"p99\":%d,\"max\":%d,\"digest\":\"fnv1a64:%016x\",\"samples\":[%s],\"overhead\":40}\n", \
				v, stack, v, stack, s, median - 15, median - 12, median, median, median + 13, median + 16, median + 16, median, samples
		}
		print "{\"type\":\"end\",\"status\":0}"
	}' >>"$1/run.jsonl"
}

timed() { # NAME COMMAND...
	local start=$EPOCHREALTIME us
	"${@:2}" >"$out/said" || true
	us=$((${EPOCHREALTIME/[.,]/} - ${start/[.,]/}))
	printf '%-24s %d.%03d s, %s lines\n' "$1" $((us / 1000000)) $((us / 1000 % 1000)) "$(wc -l <"$out/said")"
}

make_run "$out/a" 6.1.0-fixture 0
make_run "$out/b" 6.12.0-fixture 40
echo "$n records, $(($(stat -c %s "$out/a/run.jsonl") / 1024)) KiB each"
timed report build/daxdm report --no-html "$out/a"
timed "compare" build/daxdm compare "$out/a" "$out/b"
timed "compare, equal" build/daxdm compare "$out/a" "$out/a"
timed "compare --json" build/daxdm compare --json "$out/json" "$out/a" "$out/b"
timed "compare, four kernels" build/daxdm compare "$out/a" "$out/b" "$out/a" "$out/b"
