#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Verbs that only read and print, with each of their allocations failing once, and with an output
# that cannot be written: all of the output, or status 4 with one line; never a part that looks whole.

load ../helpers

setup_file() {
	cd "$TOP" || return
	export RUNS=$BATS_FILE_TMPDIR
	mkdir "$RUNS"/{a,b,checks,checks2,known}
	${CC:-cc} -O1 -shared -fPIC -o "$RUNS/nth.so" tests/nth_malloc.c
	# As little as has everything in it: each byte that is read costs processes here.
	grep -E '"type":"(context|end|void|skip)"|"fault.read.warm.(pte|pmd)\{stack=(raw|linear:16),|huge_pages.stack=linear:16,fs' \
		tests/fixtures/fixture-run.jsonl | sed '1 s/"stacks":[^]]*\]/"stacks":[]/; 1 s/,"emulator":.*/}/' >"$RUNS/a/run.jsonl"
	sed 's/6\.1\.0-fixture/6.12.9/; s/\[4223,6]/[4323,6]/; s/"fault.read.warm.pmd/"fault.read.cold.pmd/
		s/"variant":"read.warm.pmd"/"variant":"read.cold.pmd"/' "$RUNS/a/run.jsonl" | settle >"$RUNS/b/run.jsonl"
	cp tests/fixtures/check-run.jsonl "$RUNS/checks/run.jsonl"
	sed 's/6\.1\.0-fixture/6.12.9/; s/"verdict":"pass"/"verdict":"fail"/; s/"store"/{"x":1}/' "$RUNS/checks/run.jsonl" \
		>"$RUNS/checks2/run.jsonl"
	printf '%s\n' "check: reload.leak" "first: 6.1" "last:" "match: page 3" "why: x" "evidence: x" "reference: x" \
		"reproducer: x" >"$RUNS/known/leak"
	explained a 10 6841332fb27971a5 14 0:2:3
	explained b 12 482d5ab581969ce5 16 0:2:4
}

# What explain reads: a profile, its symbols, and the record that was watched.
explained() { # RUN SAMPLE DIGEST PATH-INSNS BLOCK
	printf '%s\n' "T 1 ffffffff81000000 3334" "T 2 ffffffff81000100 45" "N 1 0 ffffffff81000105" \
		"T 3 ffffffff81000200 1223" "P 1 $4 0:1:1 $5 1:3:1" "S 1" "S 1" >"$RUNS/$1/profile-ext4.txt"
	echo '{"type":"symbols","module":"","from":"ffffffff81000000","list":"0 T entry 100 t work 100 t leaf"}' \
		>"$RUNS/$1/symbols-ext4.jsonl"
	sed -i '$ i {"type":"record","id":"hop.map{stack=raw,fs=ext4}","bench":"hop","variant":"map","stack":"raw","fs":"ext4","segments":0,"unit":"insn","meter":"insn","n":2,"min":'"$2"',"p10":'"$2"',"median":'"$2"',"mean":'"$2"',"p90":'"$2"',"p99":'"$2"',"max":'"$2"',"digest":"fnv1a64:'"$3"'","samples":[['"$2"',2]],"overhead":4}' \
		"$RUNS/$1/run.jsonl"
}

# Each of its last LAST allocations fails once (all: of all).
nth() { # LAST VERB...
	local last=$1
	shift
	cd "$RUNS" || return
	run timeout 50 env NTH_LAST="$last" LD_PRELOAD="$RUNS/nth.so" "$TOP/build/daxdm" "$@"
	echo "$* : $output"
	[[ $status == 0 && $output =~ ^([0-9]+)\ of\ [0-9]+\ allocations.*:\ 0\ failures\ end\ wrong$ ]]
	((BASH_REMATCH[1] > 20))
}
ALL=1000000

@test "report, with each allocation failing once: all of it and its page, or status 4" {
	NTH_FILES="a/report.html" nth $ALL report a
	nth $ALL report checks
	mkdir -p "$RUNS"/states/state-{2,3}
	cp "$RUNS/a/run.jsonl" "$RUNS/states/run.jsonl"
	for state in 2 3; do
		sed "s/\[4223,6]/[43$state,6]/" "$RUNS/a/run.jsonl" | settle >"$RUNS/states/state-$state/run.jsonl"
	done
	NTH_FILES="states/report.html" nth $ALL report states
}

@test "compare, with each allocation failing once" {
	nth $ALL compare a b
	nth 150 compare --markdown - a b
	nth 150 compare --junit - a b
	nth 900 compare --json - a b
	nth 300 compare a b a
	nth 300 compare checks checks2
	nth 300 compare --json - checks checks2
}

@test "verdicts, behaviour and coverage, with each allocation failing once" {
	NTH_FILES="k j checks/ktap.txt checks/junit.xml" nth $ALL verdicts --known known --ktap k --junit j checks
	nth 250 verdicts --verbose checks checks2
	nth 250 behaviour checks checks2
	sed '1 s/"seed":7/"seed":7,"coverage":{"dax_direct_access":"dax","dm_dax_zero_page_range":"dm_mod"}/' \
		"$RUNS/checks/run.jsonl" >"$RUNS/coverage.jsonl"
	nth 100 coverage coverage.jsonl
}

@test "explain, identical, assert and list, with each allocation failing once" {
	nth 500 explain --metric 'hop.map{stack=raw,fs=ext4}' a b
	nth 500 explain --json --metric 'hop.map{stack=raw,fs=ext4}' a b
	nth 50 identical a a
	NTH_STATUS=125 nth 100 assert --metric 'tax:fault.read.warm.pte{stack=linear:16,fs=ext4}' --max 1 a
	cd "$RUNS" || return
	run timeout 60 env LD_PRELOAD="$RUNS/nth.so" "$TOP/build/daxdm" list --check 'suspend.*' --check 'reload.*'
	[[ $output == *": 0 failures end wrong" ]]
}

@test "an output that cannot be written is status 4 and one line, whatever was found" {
	cd "$RUNS" || return
	local verb
	for verb in "report --no-html a" "report checks" "compare a b" "compare a a" "compare --json - a b" "compare --markdown - a b" \
		"compare --junit - a b" "compare checks checks2" "verdicts checks" "behaviour checks checks2" "identical --medians a a" \
		list "list --quick" "explain --metric hop.map{stack=raw,fs=ext4} a b" help "report --help"; do
		# shellcheck disable=SC2086
		run timeout 20 bash -c 'exec "$0" "$@" >/dev/full' "$TOP/build/daxdm" $verb
		[[ $status == 4 && ${#lines[@]} == 1 && $output == *"No space left on device"* ]] || {
			echo "$verb: status $status: $output"
			return 1
		}
	done
	run timeout 20 bash -c 'exec "$0" assert --metric "hop.map{stack=raw,fs=ext4}" --max 1 a >/dev/full' "$TOP/build/daxdm"
	expect 125 "No space left on device"
}
