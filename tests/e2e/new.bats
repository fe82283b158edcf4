#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A benchmark and a family of checks as daxdm new writes them run in a guest; wrong benchmarks give no number.

load ../helpers

setup_file() {
	export CO=$BATS_FILE_TMPDIR/checkout MARK=new-$$ BENCH=0 CHECK=0
	copy_of_sources "$CO"
	cp -al "$TOP/build/kernels" "$CO/build/"
	cp -a "$TOP/build/apt" "$CO/build/"
	cd "$CO" || return
	build/daxdm new check shiny
	for name in right unprobed missed idle; do build/daxdm new bench $name; done
	# Probes are forgotten; they are on a function that is not on the path; nothing is read.
	sed -i '/\.probes = /d; /\.probe = /d; /^static const char \*const probes/d' bench/unprobed/*.c
	sed -i '/^static const char \*const probes/s/{.*}/{"dax_iomap_fault", NULL}/' bench/missed/*.c
	sed -i 's/^\tssize_t n = .*/\tssize_t n = base \&\& offset_bytes + 1 ? PAGE_BYTES : 0;/' bench/idle/*.c
	DAXDM_TEST_MARK=$MARK timeout 200 ./run.sh bench --name b --fs ext4 --stack raw --stack linear:1 --bench right \
		--bench unprobed --bench missed --bench idle >"$BATS_FILE_TMPDIR/bench" 2>&1 || BENCH=$?
	for plant in "" --plant; do
		# shellcheck disable=SC2086
		DAXDM_TEST_MARK=$MARK timeout 200 ./run.sh check --name "c$plant" --check shiny $plant \
			>>"$BATS_FILE_TMPDIR/check" 2>&1 || CHECK=$?
	done
	if ((BENCH || CHECK)); then
		tail -n 40 "$BATS_FILE_TMPDIR/bench" "$BATS_FILE_TMPDIR/check" | sed 's/^/# /' >&3
	fi
}

# Prints type, stack and reason of each line of a benchmark.
lines_of() { # BENCH
	jq -r "select(.bench == \"$1\" and .type != \"progress\") | \"\(.type) \(.stack) \(.why // \"\")\"" "$CO/results/b/run.jsonl"
}

@test "a benchmark as it is written is measured on each stack, with its proof" {
	((BENCH == 0))
	[[ $(lines_of right) == $'record raw \nrecord linear:1 ' ]]
	run jq -es 'map(select(.bench == "right" and .type == "record")) | INDEX(.stack) | .["linear:1"].median > .raw.median and
		all(.[]; .n == 32 and .proof.dax and .proof.path.dax_direct_access >= .proof.path.operations)' "$CO/results/b/run.jsonl"
	expect 0
	grep -qE 'right\.read\.4k|read\.4k' "$BATS_FILE_TMPDIR/bench"
}

@test "a benchmark without probes, or whose probes nothing hits, is void" {
	for name in unprobed missed; do
		[[ $(lines_of $name) == $'void raw not proven: the path (no probe was hit)\nvoid linear:1 not proven: the path (no probe was hit)' ]]
	done
}

@test "a benchmark that does not read the file is void" {
	[[ $(lines_of idle | grep -c '^void .*') == 2 ]]
	[[ $(lines_of idle) == *"does not read what was written"* ]]
}

@test "a family of checks as it is written passes, and detects its injected faults" {
	((CHECK == 0))
	grep -oE '^(not )?ok .*shiny.*' "$BATS_FILE_TMPDIR/check" | sed -E 's/ [0-9]+ (- )?/ /' >"$BATS_TEST_TMPDIR/verdicts"
	run cat "$BATS_TEST_TMPDIR/verdicts"
	expect 0 "ok shiny.map.linear" "ok shiny.map.linear+byte" "ok shiny.map.linear+frame"
	((${#lines[@]} == 3))
}
