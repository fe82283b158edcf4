# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A fake checkout whose program is the real one but for the emulated host (guest.sh).

fake_guest() { # [COMMANDS]: done in the place of the guest, before its run is written
	fake_checkout
	cp "$TOP/tests/cli/guest.sh" "$CO/build/daxdm"
	fake emu/initramfs.sh 'echo "build/$2${4:++${4##*/}}.cpio"'
	fake plot/plot.sh :
	mkdir -p "$CO/check/known"
	printf 'stack raw linear:1 linear:16\nfs ext4 xfs\nbench fault\n' | tee "$CO"/workloads/{default,quick,full} >/dev/null
	in_guest "${1-}"
}

in_guest() { # COMMANDS
	printf '%s\n' "$1" >"$CO/guest"
}

# The fixture as results/NAME of the checkout, changed by sed.
put_run() { # NAME [SED]
	mkdir -p "$CO/results/$1"
	sed "${2-}" "$TOP/tests/fixtures/fixture-run.jsonl" | settle >"$CO/results/$1/run.jsonl"
}

# What a context names as the build of the program that measured.
build_digest() {
	"$TOP/build/daxdm" --version | sed 's/.* build //'
}

# The runs below results/, but for those that are published.
runs() {
	(cd "$CO/results" && find . -name run.jsonl ! -path './published/*' -printf '%h\n' | sed 's|^./||' | sort)
}

# What explain reads of a run: two samples of a record, a profile of them, and its symbols.
profile_of() { # DIR ID SAMPLE DIGEST PATH-INSNS BLOCK
	printf '%s\n' "T 1 ffffffff81000000 3334" "T 2 ffffffff81000100 45" "N 1 0 ffffffff81000105" \
		"T 3 ffffffff81000200 1223" "P 1 $5 0:1:1 $6 1:3:1" "S 1" "S 1" >"$1/profile-ext4.txt"
	echo '{"type":"symbols","module":"","from":"ffffffff81000000","list":"0 T entry 100 t work 100 t leaf"}' >"$1/symbols-ext4.jsonl"
	jq -c --arg id "$2" --arg digest "fnv1a64:$4" --argjson v "$3" 'if .id == $id then . + {n: 2, min: $v, p10: $v, median: $v,
		mean: $v, p90: $v, p99: $v, max: $v, digest: $digest, samples: [[$v, 2]], overhead: 4} else . end' "$1/run.jsonl" >"$1/new"
	mv "$1/new" "$1/run.jsonl"
}

# A field of the context of a run.
context_of() { # NAME JQ-FILTER
	head -n 1 "$CO/results/$1/run.jsonl" | jq -c "$2"
}
