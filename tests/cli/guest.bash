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

# A checkout in which kernels are called 5.10, 6.1 ...; the kernel K does not boot if there is a file
# broken-K, does not end while there is slow-K, fails once if there is shy-K, and its linear:16 costs more by what is in the file cost-K.
# shellcheck disable=SC2016
fake_kernels() {
	fake_guest "BUILD=$(build_digest)"'
		kernel=$(basename "$(asked kernel)")
		echo "$kernel" >>booted
		COST=$(cat "cost-$kernel" 2>/dev/null || echo 0)
		if [[ -e slow-$kernel || -e broken-$kernel ]]; then
			mkdir "$run"
			bench_run | sed "\$d" >"$run/run.jsonl"
		fi
		while [[ -e slow-$kernel ]]; do touch "begun-$kernel"; sleep 0.1; done
		if [[ -e shy-$kernel ]]; then rm "shy-$kernel"; echo "daxdm: no banner from init" >&2; exit 4; fi
		if [[ -e broken-$kernel ]]; then echo "daxdm: no banner from init" >&2; exit 4; fi
		after() {
			if [[ -e void-$kernel ]]; then sed -i "/fault.read.warm.pte{stack=linear:16,/d" "$run/run.jsonl"; fi
			if [[ -e skipped-$kernel ]]; then sed -i "/\"type\":\"record\"/d" "$run/run.jsonl"; fi
			if [[ -e higher ]]; then sed -i "s/\"unit\":\"insn\"/&,\"better\":\"higher\"/; s/\"better\":\"lower\",*//" "$run/run.jsonl"; fi
		}'
	fake emu/kernel.sh 'verb=$1
		shift
		case $verb in
		series | all) printf "linux-image-%s-amd64\n" 5.10 6.1 7.2 ;;
		between)
			set -- $(cat all)
			;;&
		identify | between)
			for k; do
				n=${k#linux-image-} n=${n%-amd64}
				printf "%s\tlinux-image-%s-amd64\t%s-1\t%s\n" "$n" "$n" "$n" "$k"
			done
			;;
		resolve)
			if [[ $1 == --tree ]]; then n=9.9; else n=${1#linux-image-} n=${n%-amd64}; fi
			if [[ ${3-} == --origin ]]; then n=${4#commit } n=${n:0:12}; cp "$2/arch/x86/boot/bzImage" "cost-$n"; fi
			mkdir -p "build/kernels/$n"
			echo "$n-amd64" >"build/kernels/$n/release"
			if [[ ${3-} == --origin ]]; then echo "file $4"; else echo "linux-image-$n-amd64 $n-1"; fi >"build/kernels/$n/package"
			echo "build/kernels/$n"
			;;
		esac'
}

# Such a checkout with what builds commits.
fake_commits() {
	fake_kernels
	install -t "$CO/emu" "$TOP"/emu/{commit,common,kernel_config}.sh
}

# A repository with a random history of that many commits, each with up to two parents among the five before it; the last
# one contains all.  Its kernels are built by a Makefile that copies the file cost.  A commit costs 1000 more if it contains
# the first bad one, and those numbered in BROKEN do not build.  Sets COMMITS, from 1, and FIRST_BAD.
random_commits() { # DIR SEED N [FIRST_BAD]
	local dir=$1 n=$3 i j first parents
	local -A heads=()
	local -a cost
	RANDOM=$2
	first=${4-$((2 + RANDOM % (n - 1)))}
	git init -q --initial-branch=main "$dir"
	for ((i = 1; i <= n; i++)); do
		((i > 1)) || RANDOM=$2 # in this subshell
		parents=()
		if ((i == n)); then parents=("${!heads[@]}"); fi
		for ((j = 1 + RANDOM % 2; i > 1 && i < n && j; j--)); do parents+=($((i - 1 - RANDOM % (i > 5 ? 5 : i - 1)))); done
		mapfile -t parents < <(printf '%s\n' "${parents[@]}" | grep . | sort -un)
		cost[i]=$((i == first ? 1000 : 0))
		for j in "${parents[@]}"; do
			if ((cost[j])); then cost[i]=1000; fi
			unset "heads[$j]"
		done
		heads[$i]=yes
		if ((${#parents[@]} == 0 && i > 1)); then return 1; fi
		put_commit "$i" "${cost[i]}" "${parents[@]}"
	done | git -C "$dir" fast-import --quiet --done --export-marks="$dir/.git/marks"
	mapfile -t COMMITS < <(echo; sort -t: -k2n "$dir/.git/marks" | cut -d' ' -f2)
	# shellcheck disable=SC2034
	FIRST_BAD=${COMMITS[first]}
	git -C "$dir" reset -q --hard main
}

put_commit() { # NUMBER COST PARENT...: in the language of git-fast-import(1)
	local text="change $1" parent word=from
	printf 'commit refs/heads/main\nmark :%s\ncommitter A <a@b> %s +0000\ndata %s\n%s\n' "$1" "$((1700000000 + $1))" "${#text}" "$text"
	for parent in "${@:3}"; do
		echo "$word :$parent"
		word=merge
	done
	echo deleteall
	put_file Makefile "$(tree_makefile)"
	put_file cost "$2"
	put_file number "$1"
	if [[ " ${BROKEN-} " == *" $1 "* ]]; then put_file broken ""; fi
	if (($1 == n)); then echo 'done'; fi
}

put_file() { # PATH CONTENT
	printf 'M 100644 inline %s\ndata %s\n%s\n' "$1" "${#2}" "$2"
}

# Writes the number of the commit to the file $BUILT, and waits while there is the file $SLOW.
tree_makefile() {
	printf '%s\n' 'all:' \
		$'\t@echo $$(cat number) >>"$$BUILT"' \
		$'\t@while [ -e "$$SLOW" ]; do sleep 0.1; done' \
		$'\t@test ! -e broken || { echo "drivers/md/dm.c:1:1: error: expected ;" >&2; false; }' \
		$'\t@mkdir -p arch/x86/boot' \
		$'\t@cp cost arch/x86/boot/bzImage' \
		'olddefconfig:' \
		$'\t@:'
}

# A configuration with all that the emulated host needs.
put_config() { # FILE
	local KERNEL_OPTIONS
	# shellcheck source=emu/kernel_config.sh
	. "$TOP/emu/kernel_config.sh"
	printf 'CONFIG_%s=y\n' "${KERNEL_OPTIONS[@]}" >"$1"
}
