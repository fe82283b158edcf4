#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# tests/flavours.sh: which kernels are taken, and what of their runs is in the table; run.sh is a fake.

load ../helpers
load fakes

setup() {
	fake_checkout
	mkdir -p "$CO/tests" "$CO/results/published"
	cp "$TOP/tests/flavours.sh" "$CO/tests/"
	cat >"$CO/catalogue" <<-'EOF'
		[{"version": "6.1.190-1", "flavour": "generic", "package": "linux-image-6.1.0-55-amd64", "size_bytes": 9, "fetched_kib": null},
		 {"version": "6.1.192-2", "flavour": "generic", "package": "linux-image-6.1.0-56-amd64", "size_bytes": 9, "fetched_kib": 7},
		 {"version": "6.1.192-2", "flavour": "rt", "package": "linux-image-6.1.0-56-rt-amd64", "size_bytes": 9, "fetched_kib": null},
		 {"version": "6.12.1-1", "flavour": "cloud", "package": "linux-image-6.12.1-cloud-amd64", "size_bytes": 9, "fetched_kib": null},
		 {"version": "6.12.2-1", "flavour": "cloud", "package": "linux-image-6.12.2-cloud-amd64", "size_bytes": null, "fetched_kib": null},
		 {"version": "6.12.9", "flavour": "generic", "package": "file", "size_bytes": null, "fetched_kib": 7}]
	EOF
	fake emu/kernel.sh 'cat catalogue'
	fake run.sh '
		name=${*: -1} out=results/${*: -1}/run.jsonl
		[[ $1 != kernels ]] || exit 0
		[[ $* != *6.12* ]] || { echo "initramfs: the kernel 6.12.1 was built without CONFIG_FS_DAX https://archive.invalid/pool/x.deb  404 [IP: 192.0.2.1 80]"; exit 4; }
		mkdir "results/$name"
		if [[ $1 == check ]]; then
			echo "{\"type\":\"check\",\"id\":\"a.b\",\"verdict\":\"pass\"}"
			echo "{\"type\":\"check\",\"id\":\"a.c\",\"verdict\":\"fail\",\"known\":\"old-bug\",\"why\":\"w\"}"
			echo "{\"type\":\"check\",\"id\":\"a.d\",\"verdict\":\"fail\",\"why\":\"it is 1\"}"
			echo "{\"type\":\"check\",\"id\":\"a.e\",\"verdict\":\"skip\",\"why\":\"small pages only\"}"
		else
			echo "{\"type\":\"record\"}"
			echo "{\"type\":\"record\"}"
			echo "{\"type\":\"skip\",\"why\":\"small pages only\"}"
		fi >"$out"
		echo "{\"type\":\"end\",\"status\":1}" >>"$out"
		[[ $1 != check ]] || exit 1'
}

flavours() {
	run timeout 30 "$CO/tests/flavours.sh" "$@"
}

row() { # N
	sed -n "$1p" "$CO/results/published/flavours.tsv"
}

@test "the newest of each series and flavour that can be booted, and what its runs say" {
	flavours
	expect 0 "flavours.tsv: 3 kernels"
	[[ $(row 2) == $'6.1\tgeneric\t6.1.192-2\t1\t1\t1\t1\t0\t1\t0\t2\t1\ta.d: it is 1; known/old-bug; small pages only\tsmall pages only' ]]
	[[ $(row 3) == $'6.1\trt\t'* ]]
	[[ $(row 4) == $'6.12\tcloud\t6.12.1-1\t4\t-\t-\t-\t-\t-\t4\t-\t-\t'*'without CONFIG_FS_DAX'* ]]
	[[ $(row 4) == *"CONFIG_FS_DAX x.deb  404"* && $(row 4) != *archive.invalid* && $(row 4) != *192.0.2.1* ]]
	[[ ! $(row 5) ]]
	grep -q '^| 6.1.192-2 | rt | 1 | 1 | 1 | 1 | 0 | 1 | 0 | 2 | 1 |' "$CO/results/published/flavours.md"
	# What was there stays, what was fetched goes.
	run cat "$CO/calls"
	[[ $output == *"run.sh kernels --remove 6.1.0-56-rt-amd64"* && $output != *"--remove 6.1.0-56-amd64"* ]]
}

@test "a run that is there is not made again; --table makes none" {
	flavours
	: >"$CO/calls"
	flavours
	run grep -c 'run.sh check\|run.sh bench' "$CO/calls"
	[[ $output == 2 ]] # of the one that does not boot
	: >"$CO/calls"
	flavours --table
	expect 0 "3 kernels"
	run ! grep -q "^run.sh" "$CO/calls"
}
