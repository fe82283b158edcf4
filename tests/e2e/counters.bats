#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Counters, in the emulated host, which has those of the kernel and none of the processor's.

load ../helpers

setup_file() {
	export BASE=e2e-counters-$$
	export DIR=$TOP/results/$BASE
	local status=0
	DAXDM_TEST_MARK=$BASE timeout 380 "$TOP/run.sh" bench --counters --name "$BASE" --fs ext4 --stack raw \
		--stack linear:16 --stack linear:16,align=4k --bench 'fault.read.*' --bench 'bio.uring.q1.read.4k' \
		--bench copy.durable.mapsync.4k >"$BATS_FILE_TMPDIR/out" 2>&1 || status=$?
	if ((status)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
	export STATUS=$status
}

teardown_file() {
	rm -rf "$DIR" "$DIR"-*
}

counters() { # JQ-FILTER
	jq -r "select(.type == \"counters\") | $1" "$DIR/run.jsonl"
}

@test "every record was counted once, in a pass of as many operations" {
	((STATUS == 0))
	[[ $(head -n 1 "$DIR/run.jsonl" | jq -r .libperf) == linux-source-* ]]
	jq -r 'select(.type == "record") | .id' "$DIR/run.jsonl" | sort >"$BATS_TEST_TMPDIR/records"
	counters .id | sort >"$BATS_TEST_TMPDIR/counters"
	diff "$BATS_TEST_TMPDIR/records" "$BATS_TEST_TMPDIR/counters"
	(($(wc -l <"$BATS_TEST_TMPDIR/records") > 12))
	[[ -z $(counters 'select(.void) | "\(.id): \(.void)"') ]]
}

@test "the kernel counts as many page faults as are proven" {
	jq -rs '(map(select(.type == "record" and .bench == "fault") | {(.id): .n}) | add) as $n |
		.[] | select(.type == "counters" and .bench == "fault") |
		select(.counters["minor-faults"].value != $n[.id] or .operations != $n[.id]) | .id' \
		"$DIR/run.jsonl" >"$BATS_TEST_TMPDIR/other"
	[[ ! -s $BATS_TEST_TMPDIR/other ]]
	# What makes durable without the kernel faults never; io_uring waits for a thread of the kernel.
	[[ $(counters 'select(.bench == "copy") | .counters["minor-faults"].value' | sort -u) == 0 ]]
	[[ -z $(counters 'select(.bench == "bio" and .counters["context-switches"].value < .operations) | .id') ]]
}

@test "what the host cannot count is said with reason and cure, and is no number" {
	local event
	for event in cycles:k instructions:k dTLB-load-misses:k dTLB-store-misses:k; do
		[[ -z $(counters "select(.counters[\"$event\"] | has(\"value\") or (.unavailable | length) == 0 or
			(.cure | length) == 0) | .id") ]]
	done
}

@test "counting changes no median, and the report shows it" {
	jq -e 'select(.type == "end") | .status == 0' "$DIR/run.jsonl"
	grep -F 'Counters (second sweep)' "$BATS_FILE_TMPDIR/out"
	grep -E '^ext4: minor-faults per operation$' "$BATS_FILE_TMPDIR/out"
	grep -F 'unavailable: cycles:k, instructions:k' "$BATS_FILE_TMPDIR/out"
	grep -F 'Counters (second sweep)' "$DIR/report.html"
	DAXDM_TEST_MARK=$BASE timeout 380 "$TOP/run.sh" bench --name "$BASE-without" --fs ext4 --stack raw \
		--stack linear:16 --bench 'fault.read.warm.*'
	jq -rs '[.[] | select(.type == "record" and .variant == "read.warm.pte" and .stack != "linear:16,align=4k") |
		"\(.id) \(.median)"] | .[]' "$DIR/run.jsonl" | sort >"$BATS_TEST_TMPDIR/with"
	jq -rs '[.[] | select(.type == "record" and .variant == "read.warm.pte") | "\(.id) \(.median)"] | .[]' \
		"$TOP/results/$BASE-without/run.jsonl" | sort >"$BATS_TEST_TMPDIR/without"
	diff "$BATS_TEST_TMPDIR/with" "$BATS_TEST_TMPDIR/without"
	(($(wc -l <"$BATS_TEST_TMPDIR/with") == 2))
}
