#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gate-selftest --full: which runs it makes, how it judges them; the emulated host and the build of modules are replaced.

load ../helpers
load fakes
load guest

setup() {
	fake_guest
	# The program in the guest distinguishes variants by the name of the initramfs.
	fake emu/initramfs.sh 'echo "build/$2${4:++$(basename "$(dirname "$4")")}.cpio"'
	fake emu/modules.sh 'for v in rebuilt padded reordered every_call_1_percent every_call_8_insn one_call_in_64 table_load; do
			mkdir -p "$PWD/build/modules/k/$v"
			touch "$PWD/build/modules/k/$v/"{dm-mod,dm-log-writes,nd_pmem}.ko
		done
		echo "$PWD/build/modules/k"'
}

gate() {
	run timeout 30 "$CO/run.sh" gate-selftest --full --name g --states 1 "$@"
}

@test "pairs without a difference: equal, and each false verdict is counted" {
	gate --pair '*seed*'
	expect 0 "| no-op | another seed (2) |" "| no-op | two other seeds (2 and 3) |" \
		"False alarms: 0 of 3 comparisons without a difference (0 verdicts of "
	[[ $(runs) == $'g-seed-2\ng-seed-3\ng-stock' ]]
	[[ $(context_of g-seed-3 .emulator.seed) == 3 ]]
	# Complete runs are used again: nothing is measured.
	in_guest 'exit 4'
	gate --pair '*seed (2)*'
	expect 0 "False alarms: 0 of 1"
	[[ $output == *"results/g-stock is complete: used again"* && $output == *"results/g-seed-2 is complete: used again"* ]]
	# An interrupted one is measured anew.
	sed -i '$d' "$CO/results/g-seed-2/run.jsonl"
	in_guest 'COST=100'
	gate --pair '*seed (2)*'
	expect 1 "note: results/g-seed-2 is incomplete: measured anew" "results/g-stock is complete: used again" \
		"False alarms: 1 of 1" "metric regressed by +100 |"
	left_nothing
}

@test "runs of another kernel, and what is no run, are left alone" {
	mkdir -p "$CO/results/g-stock"
	gate --pair '*seed (2)*'
	expect 0
	sed -i '1s/linux-image-6.1.0-56-amd64 /linux-image-6.12.0-1-amd64 /' "$CO/results/g-stock/run.jsonl"
	gate --pair '*seed (2)*'
	expect 64 "results/g-stock is of linux-image-6.12.0-1-amd64 6.1.192-1, not of linux-image-6.1.0-56-amd64 6.1.192-1; choose another --name"
	rm "$CO/results/g-stock/run.jsonl"
	touch "$CO/results/g-stock/notes"
	gate --pair '*seed (2)*'
	expect 64 "results/g-stock is there already and holds no run"
	[[ -e $CO/results/g-stock/notes ]]
}

@test "stacks in the opposite order and narrowed sweeps are requested" {
	gate --pair 'stacks in*' --pair 'one stack alone'
	expect 0 "False alarms: 0 of 2"
	[[ $(context_of g-stock .stacks) == '["raw","linear:1","linear:16"]' ]]
	[[ $(context_of g-reversed .stacks) == '["linear:16","linear:1","raw"]' ]]
	[[ $(context_of g-one-stack .stacks) == '["linear:16"]' ]]
}

@test "modules: built once; a cost is found, or missed" {
	in_guest 'if [[ $* == *every_call_8_insn* ]]; then COST=8; fi'
	gate --pair 'objects*' --pair '8 insn*'
	# The fixture has no xfs, and its cost is on linear:16 alone.
	expect 1 "False alarms: 0 of 1" "0 of 2 found" "Misses: 2 of 2 claims about 1 planted costs; 0 false verdicts about other metrics"
	[[ $(grep -c '^emu/modules.sh' "$CO/calls") == 1 ]]
	grep -q 'initramfs.sh .*--module .*/reordered/dm-mod.ko --module .*/reordered/dm-log-writes.ko --module .*/reordered/nd_pmem.ko' "$CO/calls"
}

@test "the result is added to files, as Markdown and as data" {
	local md=$BATS_TEST_TMPDIR/gate.md json=$BATS_TEST_TMPDIR/gate.json
	gate --pair '*seed (2)*' --markdown "$md" --json "$json"
	expect 0
	gate --pair '*seed (3)*' --markdown "$md" --json "$json"
	expect 0
	[[ $(grep -c '^## Linux 6.1.0-56-amd64 (linux-image-6.1.0-56-amd64' "$md") == 2 ]]
	[[ $(head -c 8 "$md") == "## Linux" && $(grep -B 1 '^## ' "$md" | sed -n 3p) == "" ]]
	[[ $(jq -c '[.[].pairs[].difference]' "$json") == '["another seed (2)","another seed (3)"]' ]]
	[[ $(jq -c '.[1] | [.kernel.release, .workload.stacks, .pairs[0].base.run, .false_alarms.comparisons]' "$json") == \
		'["6.1.0-56-amd64",["raw","linear:1","linear:16"],"g-stock",1]' ]]
	[[ $(jq -r '.[1].not_compared[0]' "$json") == "modules rebuilt from the same source" ]]
	grep -q '^- not compared: modules rebuilt from the same source; ' "$md"
	echo '{}' >"$json"
	in_guest 'exit 4'
	gate --pair '*seed (2)*' --json "$json"
	expect 64 "cannot add to $json: expected an array of results"
	gate --pair '*seed (2)*' --markdown "$BATS_TEST_TMPDIR/none/gate.md"
	expect 4 "cannot write $BATS_TEST_TMPDIR/none/gate.md"
}

@test "what cannot be tested is refused" {
	gate --pair 'no such pair'
	expect 64 "--pair: no pair has such a name"
	gate --kernel /boot/vmlinuz
	expect 64 "a kernel of the archive"
	gate --kernel 6.1 --kernel 6.12
	expect 64 "expected one --kernel, got 2"
	gate a b c
	expect 64 "expected no runs, got 3: it measures its own"
	run timeout 10 "$CO/run.sh" gate-selftest --pair x
	expect 64 "its options need --full"
	in_guest 'exit 4'
	gate --pair '*seed (2)*'
	expect 4 "g-stock could not be measured"
	left_nothing
}

@test "modules.sh: what it cannot build is refused" {
	local kdir=$BATS_TEST_TMPDIR/kernel
	cp -r "$TOP"/emu/{modules.sh,common.sh,build_root.sh,planted} "$CO/emu/"
	run timeout 10 "$CO/emu/modules.sh"
	expect 64 "usage: emu/modules.sh KDIR"
	run timeout 10 "$CO/emu/modules.sh" "$BATS_TEST_TMPDIR"
	expect 64 "is not a directory made by emu/kernel.sh resolve"
	mkdir "$kdir"
	echo 6.1.0 >"$kdir/release"
	echo "file /boot/vmlinuz" >"$kdir/package"
	run timeout 10 "$CO/emu/modules.sh" "$kdir"
	expect 64 "comes from a file, not from a package"
	echo "linux-image-6.1.0 6.1.1-1" >"$kdir/package"
	run timeout 10 "$CO/emu/modules.sh" "$kdir"
	expect 4 "there are no package lists"
	left_nothing
}

@test "modules.sh: whether the code of the rebuilt modules is that of the packaged ones" {
	local kdir=$CO/build/kernels/k out module
	cp "$TOP"/emu/{modules,common,build_root}.sh "$CO/emu/"
	cp -r "$TOP/emu/planted" "$CO/emu/"
	out=$CO/build/modules/k-$(cat "$CO/emu/planted/"* | sha256sum | cut -c1-12)
	mkdir -p "$kdir/modules" "$out/rebuilt" "$CO/build/apt"
	echo 6.1.0 >"$kdir/release"
	echo "linux-image-6.1.0 6.1.1-1" >"$kdir/package"
	echo "a list" >"$CO/build/apt/catalogue"
	seal_modules() {
		bash -c '. "$1/emu/common.sh" && TMP=$2 && seal "$3"' seal "$CO" "$BATS_TEST_TMPDIR" "$out"
	}
	for module in dm-mod dm-log-writes nd_pmem; do
		# Strings may differ: the source is in another directory.
		printf '.text\nnop\n.section .rodata\n.string "drivers/md"\n' | as -o "$BATS_TEST_TMPDIR/own.ko"
		xz -c "$BATS_TEST_TMPDIR/own.ko" >"$kdir/modules/$module.ko.xz"
		printf '.text\nnop\n.section .rodata\n.string "/build/md"\n' | as -o "$out/rebuilt/$module.ko"
	done
	seal_modules
	run timeout 20 "$CO/emu/modules.sh" "$kdir"
	expect 0 "modules: the code of the rebuilt modules is that of the packaged ones" "$out"
	printf '.text\nnop\nnop\n' | as -o "$out/rebuilt/nd_pmem.ko"
	seal_modules
	run timeout 20 "$CO/emu/modules.sh" "$kdir"
	expect 0 "the code of nd_pmem is not that of the packaged modules: compare rebuilt modules with each other only"
}
