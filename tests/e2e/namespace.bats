#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Namespaces that are made in another way, and more arguments of the kernel, in real guests.

load ../helpers

setup_file() {
	export BASE=namespace-$$ START=$BATS_FILE_TMPDIR/start
	touch "$START"
}

teardown_file() {
	rm -rf "$TOP/results/$BASE"-*
}

measure() { # NAME OPTION...
	DAXDM_TEST_MARK=$BASE run timeout 140 "$TOP/run.sh" bench --kernel 6.1 --fs ext4 --stack raw --stack linear:1 \
		--bench fault.read.warm.pmd --name "$BASE-$1" "${@:2}"
	expect 0
	run jq -r 'select(.type == "record") | "\(.stack) \(.variant)"' "$TOP/results/$BASE-$1/run.jsonl"
	diff - <(echo "$output") <<<$'raw read.warm.pmd\nlinear:1 read.warm.pmd'
}

context() { # NAME JQ-FILTER
	head -n 1 "$TOP/results/$BASE-$1/run.jsonl" | jq -c "$2"
}

@test "struct pages on the namespace: it is smaller, huge pages stay, and the run says how it was made" {
	measure map --namespace align=4k,map=dev --append 'nokaslr'
	[[ $(context map '[.emulator.namespace, .emulator.append]') == '["align=4k,map=dev","nokaslr"]' ]]
	# 64 bytes for each page of 2,064 MiB.
	(($(context map '.devices[0].bytes') < 2032 << 20))
}

@test "memory that memmap= makes persistent" {
	measure memmap --namespace memmap
	[[ $(context memmap '[.devices[].bytes]') == "[$((1040 << 20)),$((1040 << 20))]" ]]
	run "$TOP/build/daxdm" compare "$TOP/results/$BASE-map" "$TOP/results/$BASE-memmap"
	expect 3 "not comparable: emulator.namespace: align=4k,map=dev | memmap"
}

@test "nothing is left behind" {
	expect_nothing_left "$BASE" "$START"
}
