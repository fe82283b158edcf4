#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How long two commits take for the same work, side by side: each is cloned into a temporary directory
# below build/, with the kernels of this checkout, and they take turns.  Snapshots are made before
# anything is timed.  No test: it depends on the machine.  On a loaded one only the processor time is
# comparable, and of that the ratio.
#
#   tests/bench-speed.sh [-n RUNS] [-k KERNEL] [-b KERNEL] [-w WORK]... [BASE [NEW]] [-- BENCH-OPTION...]
#
#   BASE, NEW   the commits (default: 29d103e and HEAD)
#   -n RUNS     of each work and commit (default 3)
#   -k KERNEL   the kernel (default: debian); -b: the one that `compare` compares it with (default: newest)
#   -w WORK     sweep: ./run.sh bench; checks: ./run.sh check; compare: ./run.sh compare --quick, which
#               measures both kernels anew, each in one initial state (default: all three)
# Options of bench narrow the sweep, e.g. -- --stack raw --fs ext4.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
	sed -n '/^#   tests/,/^# Options/s/^# \{0,3\}//p' "$0" >&2
	exit 64
}

n=3 kernel=debian other=newest works=()
while getopts n:k:b:w: option; do
	case $option in
	n) n=$OPTARG ;;
	k) kernel=$OPTARG ;;
	b) other=$OPTARG ;;
	w)
		[[ $OPTARG == @(sweep|checks|compare) ]] || usage
		works+=("$OPTARG")
		;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
commits=()
while (($#)) && [[ $1 != -- ]]; do
	commits+=("$1")
	shift
done
((${#commits[@]} <= 2)) || usage
narrow=("${@:2}")
commits=("${commits[0]:-29d103e}" "${commits[1]:-HEAD}")
((${#works[@]})) || works=(sweep checks compare)

mkdir -p build
out=$(mktemp -d build/speed.XXXXXX)
trap 'rm -rf "$out"' EXIT
chmod 755 "$out" # QEMU does not run as root
TIMEFORMAT='%R %U %S'

fail() { # LOG
	tail -n 20 "$1" >&2
	exit 4
}

clone() { # SIDE COMMIT
	git rev-parse --quiet --verify "$2^{commit}" >/dev/null || {
		echo "$2 is no commit of this repository" >&2
		exit 64
	}
	git clone --quiet --no-checkout . "$out/$1"
	git -C "$out/$1" checkout --quiet --detach "$(git rev-parse "$2")"
	mkdir "$out/$1/build"
	[[ ! -d build/kernels ]] || cp -al build/kernels "$out/$1/build/kernels"
	[[ ! -d build/apt ]] || cp -a build/apt "$out/$1/build/apt"
	make -s -C "$out/$1" >"$out/make" 2>&1 || fail "$out/make"
}

# Status 1 is good as well: a comparison may find a difference, and a check may fail.
run_work() { # SIDE WORK
	local words=() status=0
	case $2 in
	boot) words=(bench --kernel "$kernel" --stack linear:1 --bench fault.read.warm.pte --bench fiojob.psync.read.4k) ;;
	sweep) words=(bench --kernel "$kernel" "${narrow[@]}") ;;
	checks) words=(check --kernel "$kernel") ;;
	compare)
		words=(compare "$other" "$kernel" --quick --anew)
		# Earlier commits know no further states.
		if [[ $("$out/$1/run.sh" help compare 2>/dev/null) == *--states* ]]; then words+=(--states 1); fi
		;;
	esac
	"$out/$1/run.sh" "${words[@]}" >"$out/log" 2>&1 || status=$?
	((status <= 1)) || fail "$out/log"
}

# Makes the snapshots.
warm_up() { # SIDE WORK
	case $2 in
	sweep) run_work "$1" boot ;;
	*) run_work "$1" "$2" ;;
	esac
}

timed() { # SIDE WORK
	{ time run_work "$1" "$2"; } 2>>"$out/$1.$2"
	rm -rf "$out/$1"/results/[!p]*
}

table() { # WORK
	awk -v work="$1" '
		{ side = FILENAME ~ /base\.[a-z]*$/ ? 0 : 1; wall[side] += $1; cpu[side] += $2 + $3; n[side]++
		  walls[side] = walls[side] sprintf(" %.1f", $1); cpus[side] = cpus[side] sprintf(" %.1f", $2 + $3) }
		END {
			for (side = 0; side < 2; side++)
				printf "%-8s %-5s %9.1f %9.1f   wall%s; processor%s\n", work, side ? "new" : "base",
					wall[side] / n[side], cpu[side] / n[side], walls[side], cpus[side]
			printf "%-8s %-5s %9.2f %9.2f\n", work, "ratio", wall[0] / n[0] / (wall[1] / n[1]),
				cpu[0] / n[0] / (cpu[1] / n[1])
		}' "$out/base.$1" "$out/new.$1"
}

clone base "${commits[0]}"
clone new "${commits[1]}"
echo "base $(git rev-parse --short "${commits[0]}"), new $(git rev-parse --short "${commits[1]}"), kernel $kernel," \
	"$(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg), $n runs${narrow[*]:+, ${narrow[*]}}"
printf '%-8s %-5s %9s %9s   each run\n' work side 'wall s' 'cpu s'
for what in "${works[@]}"; do
	for side in base new; do warm_up "$side" "$what"; done
	for ((i = 0; i < n; i++)); do
		for side in base new; do timed "$side" "$what"; done
	done
	table "$what"
done
