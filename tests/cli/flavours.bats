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
	fake emu/kernel.sh 'if [[ ${2-} ]]; then jq "[.[] | select(.flavour == \"$2\" or (.version | startswith(\"$2.\")))]" catalogue; else cat catalogue; fi'
	fake run.sh 'if [[ "$1 ${2-}" == "kernels --json" ]]; then exec emu/kernel.sh json "${@:3}"; fi

		name=${*: -1} out=results/${*: -1}/run.jsonl
		[[ $1 != kernels ]] || { touch "removed-$name"; exit 0; }
		[[ $* != *6.12* ]] || { echo "initramfs: the kernel 6.12.1 was built without CONFIG_FS_DAX https://archive.invalid/pool/x.deb  404 [IP: 192.0.2.1 80]"; exit 4; }
		mkdir "results/$name"
		if [[ $1 == check ]]; then
			echo "{\"type\":\"check\",\"id\":\"a.b\",\"verdict\":\"pass\"}"
			echo "{\"type\":\"check\",\"id\":\"a.c\",\"verdict\":\"fail\",\"known\":\"old-bug\",\"why\":\"w\"}"
			echo "{\"type\":\"check\",\"id\":\"a.d\",\"verdict\":\"fail\",\"why\":\"it\\tis\\n1\"}"
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
	[[ -e $CO/removed-6.1.0-56-rt-amd64 && ! -e $CO/removed-6.1.0-56-amd64 ]]
}

@test "a complete run is not repeated, one that failed is; --table runs nothing" {
	flavours
	touch "$BATS_TEST_TMPDIR/first"
	flavours
	run find "$CO/results" -name run.jsonl -newer "$BATS_TEST_TMPDIR/first"
	[[ ! $output ]]
	run find "$CO/results" -name '*-check.log' -newer "$BATS_TEST_TMPDIR/first" -printf '%f\n'
	[[ $output == flavour-6.12.1-cloud-amd64-check.log ]]
	touch "$BATS_TEST_TMPDIR/second"
	flavours --table
	expect 0 "3 kernels"
	run find "$CO/results" -newer "$BATS_TEST_TMPDIR/second" -type f -printf '%f '
	[[ $output == "flavours.md flavours.tsv " || $output == "flavours.tsv flavours.md " ]]
}

@test "only the kernels of a word are run; the table is of all" {
	flavours rt
	expect 0 "flavours.tsv: 1 kernels"
	[[ -d $CO/results/flavour-6.1.0-56-rt-amd64-check && ! -e $CO/results/flavour-6.1.0-56-amd64-check ]]
}

@test "an archive that does not answer, a word that fits nothing: the table stays, and no kernel is removed" {
	flavours
	rm "$CO"/removed-*
	cp "$CO/results/published/flavours.tsv" "$BATS_TEST_TMPDIR/before"
	flavours nosuch
	expect 64 "no kernel of the archive that can be booted fits: nosuch"
	((${#lines[@]} == 1))
	fake emu/kernel.sh 'echo "daxdm: the archive does not answer" >&2; exit 4'
	for word in "" rt --table; do
		# shellcheck disable=SC2086 # none or one
		flavours $word
		expect 4 "the archive does not answer"
		((${#lines[@]} == 1))
	done
	cmp "$CO/results/published/flavours.tsv" "$BATS_TEST_TMPDIR/before"
	run ! compgen -G "$CO/removed-*"
}
