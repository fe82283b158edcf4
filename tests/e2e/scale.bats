#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Many processors at once, where they are emulated: all is proven, nothing is measured.

load ../helpers

setup_file() {
	export BASE=e2e-scale-$$
	export DIR=$TOP/results/$BASE
	local status=0
	DAXDM_TEST_MARK=$BASE timeout 380 "$TOP/run.sh" bench --meter none --name "$BASE" --fs ext4 --stack raw \
		--stack linear:16 --bench 'scale.*.[124]' --bench 'fault.read.warm.*' >"$BATS_FILE_TMPDIR/out" 2>&1 ||
		status=$?
	if ((status)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
	export STATUS=$status
}

teardown_file() {
	rm -rf "$DIR" "$DIR"-*
}

of() { # TYPE JQ-FILTER
	jq -r "select(.type == \"$1\") | $2" "$DIR/run.jsonl"
}

@test "threads and processes, one file and own ones: all are proven on both stacks" {
	((STATUS == 0))
	[[ $(head -n 1 "$DIR/run.jsonl" | jq -c '[.meter, .cpus, .emulator.accel]') == '["none",2,"tcg"]' ]]
	[[ $(of proven .id | grep -c '^scale\.') == 32 ]]
	for word in fault.threads.one fault.threads.own fault.processes.one fault.processes.own read.threads.one \
		read.threads.own read.processes.one read.processes.own; do
		for n in 1 2; do
			[[ $(of proven .id | grep -cF "scale.$word.$n{") == 2 ]]
		done
	done
	[[ -z $(of void '"\(.id): \(.why)"') ]]
}

@test "each worker took its own faults and translations, through each level" {
	[[ -z $(of proven 'select(.bench == "scale") | (.variant | split(".") | last | tonumber) as $n |
		(if .stack == "raw" then 0 else 1 end) as $depth |
		select(.proof.workers != $n or .proof.path.operations != $n * 512 or
			.proof.path.pmem_dax_direct_access != $n * 512 or
			.proof.path.dm_dax_direct_access != $depth * $n * 512) | .id') ]]
}

@test "more workers than processors are a skip with its cure" {
	[[ $(of skip 'select((.cure | length) > 0 and (.why | test("fewer processors"))) | .id' | grep -c '\.4{') == 16 ]]
}

@test "no number is kept, of no benchmark, and the report says so" {
	[[ -z $(of record .id) ]]
	[[ $(of proven .id | grep -c '^fault\.') == 4 ]]
	[[ -z $(of proven 'select(has("samples") or has("median") or has("unit")) | .id') ]]
	grep -F 'meter: none (proofs only, nothing measured)' "$BATS_FILE_TMPDIR/out"
	grep -F 'proven: 36 passes; no numbers kept' "$BATS_FILE_TMPDIR/out"
}

@test "where instructions are counted it is a skip with its cure" {
	DAXDM_TEST_MARK=$BASE run timeout 380 "$TOP/run.sh" bench --name "$BASE-insn" --fs ext4 --stack raw \
		--bench 'scale.*.2' --bench fault.read.warm.pte
	expect 0 "skipped: meter insn counts instructions of one processor and gives no rate" "--meter none"
}
