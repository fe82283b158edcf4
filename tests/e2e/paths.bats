#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The benchmarks that compare ways to the memory (bio, copy): that each went the way it names.

load ../helpers

setup_file() {
	export BASE=paths-$$ START=$BATS_FILE_TMPDIR/start
	export DIR=$TOP/results/$BASE
	touch "$START"
	export BASE_STATUS=0
	DAXDM_TEST_MARK=$BASE timeout 380 "$TOP/run.sh" bench --quick --fs ext4 --name "$BASE" \
		--bench 'bio.*.4k' --bench 'bio.mmap.*' --bench 'copy.*.4k' --bench copy.drain \
		>"$BATS_FILE_TMPDIR/out" 2>&1 || BASE_STATUS=$?
	if ((BASE_STATUS)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
}

teardown_file() {
	rm -rf "$DIR"
}

# Prints the ids of records that the filter picks, and fails if there are any.
none_where() { # JQ-FILTER
	run jq -r "select(.type == \"record\") | select($1) | .id" "$DIR/run.jsonl"
	[[ -z $output ]] || {
		echo "$output"
		return 1
	}
}

count() { # JQ-FILTER
	jq -r "select(.type == \"record\") | select($1) | .id" "$DIR/run.jsonl" | wc -l
}

@test "both benchmarks run on every stack, and nothing is void" {
	((BASE_STATUS == 0))
	for stack in raw linear:1 linear:16; do
		(($(count ".bench == \"bio\" and .stack == \"$stack\"") >= 15))
		(($(count ".bench == \"copy\" and .stack == \"$stack\"") >= 15))
	done
	run jq -r 'select(.type == "void") | "\(.id): \(.why)"' "$DIR/run.jsonl"
	[[ -z $output ]] || expect "nothing void"
}

@test "the bio path has a bio for each operation and device, the DAX path has none" {
	none_where '.bench == "bio" and .proof.way == "bio" and
		(.proof.path["block:block_bio_queue"] < .proof.path.operations * (if .stack == "raw" then 1 else 2 end) or
			.proof.path.dax_direct_access != 0 or .proof.dax)'
	none_where '.bench == "bio" and .proof.way == "dax" and
		(.proof.path["block:block_bio_queue"] != 0 or .proof.path.pmem_submit_bio != 0 or
			.proof.path.dax_direct_access < .proof.path.operations or (.proof.dax | not))'
	none_where '.bench == "bio" and .proof.way == "page cache" and
		(.proof.path["block:block_bio_queue"] != 0 or .proof.path.dax_direct_access != 0)'
	for way in bio dax "page cache"; do (($(count ".proof.way == \"$way\"") >= 6)); done
}

@test "each variant went the way its name says" {
	none_where '.bench == "bio" and .proof.way != (if .variant | startswith("dax.") then "dax"
		elif .variant | test("read.warm") then "page cache" else "bio" end)'
}

@test "device-mapper is passed where there is one, and only there" {
	none_where '.bench == "bio" and .proof.way == "bio" and
		(.proof.path.dm_submit_bio == 0) != (.stack == "raw")'
}

@test "msync and fsync write every dirty page back and flush the region" {
	none_where '.bench == "copy" and .proof.way == "kernel" and
		(.proof.path.arch_wb_cache_pmem < .proof.path.operations or
			.proof.path["*nvdimm_flush"] < .proof.path.operations)'
	none_where '.bench == "copy" and .proof.way == "user" and
		(.proof.path.arch_wb_cache_pmem != 0 or .proof.faults_at_most != 0)'
	(($(count '.proof.way == "kernel"') >= 12))
}

@test "no kernel is on the way of libpmem: it costs the same on every stack" {
	run jq -rs 'map(select(.type == "record" and .bench == "copy" and .proof.way == "user")) | group_by(.variant)[] |
		select((map(.median) | unique | length) != 1) | .[0].id' "$DIR/run.jsonl"
	[[ -z $output ]] || expect "one median"
}

# On the first stack and on the last: what was measured before leaves no trace in the process.
@test "what the page cache holds is read without any device: it costs the same on every stack" {
	run jq -rs 'map(select(.type == "record" and .variant == "buffered.read.warm.4k").median) | unique | length' "$DIR/run.jsonl"
	[[ $output == 1 ]] || expect "one median"
}

@test "direct access is cheaper than a bio, and the report says by how much" {
	for stack in raw linear:1 linear:16; do
		run jq -es 'map(select(.type == "record" and .stack == "'$stack'")) |
			INDEX(.variant) | .["direct.read.4k"].median > .["dax.read.4k"].median and
			.["direct.write.4k"].median > .["dax.write.4k"].median' "$DIR/run.jsonl"
		expect 0
	done
	grep -F 'read without DAX on linear:16' "$BATS_FILE_TMPDIR/out"
	grep -F 'fsync after one dirty page costs' "$BATS_FILE_TMPDIR/out"
}

@test "what cannot be polled is skipped, with sentence and cure" {
	run jq -r 'select(.type == "skip") | "\(.id) \(.why) \(.cure)"' "$DIR/run.jsonl"
	[[ $output == *"bio.uring.poll.read.4k{stack=raw,fs=ext4} polled reads are refused on this device"* ]] ||
		expect "a skip with its reason"
	[[ $(jq -r 'select(.type == "skip") | .id' "$DIR/run.jsonl" | grep -vc uring.poll) == 0 ]]
}

@test "nothing is left behind" {
	expect_nothing_left "$BASE" "$START"
}
