#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Processor time and memory of the verbs that read many runs, and of cli/driver/slurm.sh.  The runs of
# results/published/ladder-insn are replayed as those of N kernels, in a checkout of its own below build/:
# each is one of them, or one whose samples are larger by a few instructions.  No kernel is booted.  No
# test: it depends on the machine.
#
#   tests/bench-many-runs.sh [-n N] [-k KIND]
#
#   -n N      kernels (default 10000)
#   -k KIND   records of each run: small, 8; quick, the 60 of bench --quick (default); checks, the quick checks of
#             results/published/checks-*, which are compared only
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD

usage() {
	sed -n '/^#   tests/,/^set/s/^# \{0,3\}//p' "$0" >&2
	exit 64
}

n=10000 kind=quick
while getopts n:k: option; do
	case $option in
	n) n=$OPTARG ;;
	k) kind=$OPTARG ;;
	*) usage ;;
	esac
done
[[ $n =~ ^[0-9]+$ && $kind == @(small|quick|checks) ]] || usage

mkdir -p build
out=$(mktemp -d build/many.XXXXXX)
trap 'rm -rf "$out"' EXIT
co=$out/checkout
build=$(build/daxdm --version | sed 's/.* build //')

# ---- the checkout --------------------------------------------------------------------------------

make_checkout() {
	mkdir -p "$co"/{emu,build,results/published}
	ln -s "$top"/{run.sh,packages.txt,cli,check,plot,Makefile} "$co/"
	ln -s "$top/build/daxdm" "$co/build/daxdm"
	mkdir "$co/workloads"
	case $kind in
	small | checks) printf 'stack raw linear:16\nfs ext4\nbench fault.read.*\n' ;;
	quick) grep -v '^#' workloads/quick ;;
	esac | tee "$co"/workloads/{quick,default,full} >/dev/null
	seq "$n" | awk '{ printf "linux-image-5.%d-amd64\n", $1 }' >"$co/kernels"
	# The catalogue: names are versions.
	cat >"$co/emu/kernel.sh" <<-'END'
		#!/bin/bash
		case $1 in
		all) cat kernels ;;
		identify) printf '%s\n' "${@:2}" | awk '{ v = $1; sub(/linux-image-/, "", v); sub(/-amd64/, "", v); printf "%s\t%s\t%s-1\t%s\n", v, $1, v, $1 }' ;;
		resolve)
			v=${2#linux-image-} v=${v%-amd64}
			mkdir -p "build/kernels/$v"
			echo "$v-amd64" >"build/kernels/$v/release"
			echo "linux-image-$v-amd64 $v-1" >"build/kernels/$v/package"
			echo "build/kernels/$v"
			;;
		esac
	END
	chmod +x "$co/emu/kernel.sh"
}

# ---- the runs ------------------------------------------------------------------------------------

# A recorded run with the records of the workload, larger by ADD; what has one value only keeps it, and its digest.
variant() { # RUN ADD
	jq -c --argjson add "$2" --arg kind "$kind" --arg build "$build" '
		if .type == "context" then
			.build = $build | .emulator += {seed: 1, state: 1, namespace: "", append: ""} | del(.fio, .replaced) |
			if $kind == "small" then . + {stacks: ["raw", "linear:16"], fs: ["ext4"], metrics: ["fault.read.*"]}
			else . + {stacks: ["raw", "linear:1", "linear:16"], fs: ["ext4", "xfs"], metrics: ["fault.read.*", "fault.write.*", "fault.alloc.*"]} end
		elif .type == "record" then
			select(.bench == "fault" and
				if $kind == "small" then .fs == "ext4" and (.stack | IN("raw", "linear:16")) and (.variant | test("^read[.]"))
				else (.stack | IN("raw", "linear:1", "linear:16")) and (.variant | test("^(read|write|alloc)[.]")) end) |
			if (.samples | length) > 1 then
				(.min, .p10, .median, .mean, .p90, .p99, .max) += $add | .samples |= map([.[0] + $add, .[1]])
			else . end
		elif .type == "end" then . else empty end' "$1/run.jsonl"
}

# The quick checks of a recorded run, and what they observed.
quick_checks() { # RUN
	build/daxdm list --ids --quick | jq -cR --slurp --slurpfile lines "$1/run.jsonl" '
		split("\n") as $quick | $lines[] |
		if .type == "check" then select(.id | IN($quick[])) | del(.number)
		elif .type == "observation" then select(.check | IN($quick[]))
		elif .type | IN("context", "end") then . else empty end'
}

make_runs() {
	local run add v=0
	mkdir "$out/variants"
	for run in results/published/checks-*/; do
		if [[ $kind == checks ]]; then v=$((v + 3)) && quick_checks "${run%/}" | tee "$out"/variants/{$((v - 2)),$((v - 1)),$v} >/dev/null; fi
	done
	for run in results/published/ladder-insn/*/; do
		if [[ $kind == checks ]]; then continue; fi
		for add in 0 1 7; do
			v=$((v + 1))
			variant "${run%/}" "$add" >"$out/variants/$v"
		done
	done
	mkdir -p "$co/results/many"
	(cd "$co/results/many" && seq "$n" | awk '{ print "5." $1 }' | xargs mkdir)
	# One recorded kernel after the other; of each the smallest values, but now and then the next ones.
	awk -v n="$n" -v variants="$v" -v dir="$out/variants" -v to="$co/results/many" 'BEGIN {
		for (v = 1; v <= variants; v++) {
			getline head[v] <(dir "/" v)
			while ((getline line <(dir "/" v)) > 0) rest[v] = rest[v] line "\n"
		}
		for (i = 1; i <= n; i++) {
			v = 3 * int((i - 1) * variants / 3 / n) + 1 + (i % 97 == 0) + 2 * (i % 1009 == 0)
			if (v > variants) v = variants
			context = head[v]
			sub(/"release":"[^"]*"/, "\"release\":\"5." i "-amd64\"", context)
			sub(/"package":"[^"]*"/, "\"package\":\"linux-image-5." i "-amd64 5." i "-1\"", context)
			printf "%s\n%s", context, rest[v] >(to "/5." i "/run.jsonl")
			close(to "/5." i "/run.jsonl")
			print "done" >(to "/5." i ".log")
			close(to "/5." i ".log")
			printf "5.%d\tlinux-image-5.%d-amd64\t5.%d-1\tlinux-image-5.%d-amd64\n", i, i, i, i >(to "/kernels.tsv")
			printf "%d\t:\t0\t70.0\t0\t0\t0\t0\tbench --name many/5.%d\t400000\n", i, i >(to "/jobs.tsv")
		}
	}'
}

# ---- what is timed -------------------------------------------------------------------------------

timed() { # NAME COMMAND...: in the checkout
	local status=0
	(cd "$co" && exec /usr/bin/time -o time -f '%e %U %S %M' "${@:2}" >said 2>&1 </dev/null) || status=$?
	if ((status > 1)); then
		tail -n 5 "$co/said" >&2
		exit 4
	fi
	tail -n 1 "$co/time" | awk -v name="$1" '{ printf "%-34s %7.1f s  processor %7.1f s  largest process %5d MiB\n", name, $1, $2 + $3, $4 / 1024 }'
}

# Stub commands of Slurm: all elements wait in the first looks, then all have ended.
make_slurm() {
	local i
	mkdir -p "$co/bin" "$co/slurm" "$co/logs"
	for ((i = 1; i <= n; i++)); do
		echo "exec daxdm bench --name many/5.$i"
	done >"$co/slurm/jobs"
	for ((i = 1; i <= n; i++)); do
		printf 'results/many/5.%d\tlogs/5.%d.log\n' "$i" "$i"
	done >"$co/slurm/runs"
	: >"$co/slurm/fetch"
	cat >"$co/bin/sbatch" <<-'END'
		#!/bin/bash
		id=$(($(cat ids 2>/dev/null || echo 0) + 1))
		echo "$id" >ids
		for word; do
			if [[ $word == --array=* ]]; then awk -v id="$id" -v last="${word#*-}" 'BEGIN { for (i = 0; i <= last; i++) print id, i, "PENDING" }' >>queue; fi
		done
		echo "$id"
	END
	cat >"$co/bin/squeue" <<-'END'
		#!/bin/bash
		if [[ ! -e queue ]]; then exit; fi
		echo look >>looks
		if (($(wc -l <looks) <= LOOKS)); then cat queue; exit; fi
		if [[ ! -e ended ]]; then for ((i = 1; i <= N; i++)); do echo 0 0 70 n1 400000 >"slurm/$i.end"; done; fi
		touch ended
	END
	printf '#!/bin/bash\necho "MaxArraySize = 1001"\n' >"$co/bin/scontrol"
	printf '#!/bin/bash\n' | tee "$co/bin/scancel" >"$co/bin/sleep"
	chmod +x "$co"/bin/*
}

slurm() { # NAME LOOKS
	rm -f "$co"/{queue,looks,ended,ids,joblog} "$co"/slurm/*.end
	timed "$1" env "PATH=$PWD/$co/bin:$PATH" LOOKS="$2" N="$n" cli/driver/slurm.sh build/daxdm slurm joblog 60 1024
	[[ $(wc -l <"$co/joblog") == "$n" ]]
}

make_checkout
make_runs
echo "$n runs of $(grep -cE '"type":"(record|check)"' "$co/results/many/5.1/run.jsonl") records or checks, $(du -sm "$co/results/many" | cut -f1) MiB"
mapfile -t all < <(seq "$n" | awk '{ print "results/many/5." $1 }')
forced=()
if [[ $kind == checks ]]; then forced=(--force); fi # they are of several builds
timed "compare" build/daxdm compare "${forced[@]}" "${all[@]}"
if [[ $kind == checks ]]; then
	timed "compare --html --json" build/daxdm compare --force --html c.html --json c.json "${all[@]}"
	du -sk "$co"/{c.html,c.json} | awk '{ printf "%s%s KiB", (NR > 1 ? ", " : ""), $1 } END { print " of HTML and JSON" }'
	exit
fi
timed "compare --html, --trends, --json" build/daxdm compare --html c.html --trends t.html --json c.json "${all[@]}"
du -sk "$co"/{c.html,t.html,c.json} | awk '{ printf "%s%s KiB", (NR > 1 ? ", " : ""), $1 } END { print " of HTML, trends and JSON" }'
timed "find the runs of two kernels" build/daxdm compare --quick --states 1 5.2 5.3
timed "bench, a ladder that is done" build/daxdm bench --kernel all --name many
mv "$co/results/many" "$co/results/published/"
timed "publish" build/daxdm publish
make_slurm
slurm "slurm.sh: all ended at once" 0
slurm "slurm.sh: 10 looks" 10
