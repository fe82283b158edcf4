#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# translate: every way to look into the kernel says the same, and so does what the same faults cost from outside.

load ../helpers

setup_file() {
	export BASE=translate-$$ START=$BATS_FILE_TMPDIR/start
	touch "$START"
	# Half of it passes one more level; as large as the other stacks.
	printf '%s\n' 'low: 0 2097152 linear /dev/pmem0 0' 'top: 0 2097152 linear /dev/mapper/low 0' \
		'top: 2097152 2097152 linear /dev/pmem0 2097152' >"$BATS_FILE_TMPDIR/ways"
	for way in fentry kprobe; do
		DAXDM_TEST_MARK=$BASE timeout 200 "$TOP/run.sh" bench --fs ext4 --stack raw --stack linear:16 \
			--stack linear:1/linear:1 --stack striped:1 --stack striped:2 --stack linear:1,lvm --stack "table:$BATS_FILE_TMPDIR/ways" \
			--bench translate.page.random --bench translate.window.first --tracer $way \
			--name "$BASE-$way" >"$BATS_FILE_TMPDIR/$way" 2>&1 || {
			tail -n 40 "$BATS_FILE_TMPDIR/$way" | sed 's/^/# /' >&3
			return 1
		}
	done
}

teardown_file() {
	for way in fentry kprobe; do rm -rf "$TOP/results/$BASE-$way"; done
}

# Prints what the filter makes of the records of a way.
records() { # WAY JQ-FILTER
	jq -r "select(.type == \"record\") | $2" "$TOP/results/$BASE-$1/run.jsonl"
}

@test "every way measures every stack, and the record says which way it was" {
	for way in fentry kprobe; do
		[[ $(records $way 'select(.variant == "page.random") | .stack' | wc -l) == 7 ]]
		[[ $(records $way .proof.traced_by | sort -u) == "$way" ]]
		run jq -r 'select(.type == "void") | "\(.id): \(.why)"' "$TOP/results/$BASE-$way/run.jsonl"
		[[ -z $output ]] || expect "nothing void"
	done
}

@test "what a stack adds is the same from inside and from outside" {
	for way in fentry kprobe; do
		[[ -z $(records $way 'select(.stack != "raw" and .proof.twin.apart != 0) | .id') ]]
	done
}

@test "fentry and kprobe say the same within five instructions" {
	diff <(records fentry '"\(.id) \(.median)"' | sort) <(records kprobe '"\(.id) \(.median)"' | sort) |
		awk '$1 == "<" { a[$2] = $3 } $1 == ">" && (a[$2] - $3 > 5 || $3 - a[$2] > 5) { print; bad = 1 }
			END { exit bad }'
}

@test "a striped device goes through dm-stripe" {
	[[ $(records fentry 'select(.stack == "striped:2" and .variant == "page.random") |
		.proof.functions[2].function') == stripe_dax_direct_access ]]
}

@test "segments of one table that lead through other levels have functions of their own" {
	[[ $(records fentry 'select((.stack | startswith("table:ways-")) and .variant == "page.random") |
		.proof.ways | map("\(.n) \(.functions | length)") | join(", ")') == "32 8, 32 5" ]]
}

@test "where LVM begins by itself no huge page is left" {
	run jq -r 'select(.type == "skip") | "\(.id) \(.why)"' "$TOP/results/$BASE-fentry/run.jsonl"
	[[ $output == *"translate.window.first{stack=linear:1,lvm,fs=ext4} 2 MiB mappings do not persist on this stack"* ]] || expect "a skip"
}

@test "nothing is left behind" {
	expect_nothing_left "$BASE" "$START"
}
