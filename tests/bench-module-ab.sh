#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How long it takes from a saved module to the verdict of `compare KERNEL --module FILE.ko`, with warm
# snapshots and a run of the stock kernel: for numbers and quick checks, for numbers alone, and for
# both sides measured.  No test: it depends on the machine.  On a loaded one only the processor time
# is comparable.
#
#   tests/bench-module-ab.sh [KERNEL [RUNS]]
set -euo pipefail
cd "$(dirname "$0")/.."

kernel=${1:-debian}
n=${2:-3}
out=$(mktemp -d)
names=$out/names
trap 'xargs -r -d "\n" rm -rf <"$names"; rm -rf "$out"' EXIT
TIMEFORMAT='%R %U %S'
: >"$names"

# The kernel's dm-mod with other notes each time: a module that was not seen before.
new_module() {
	mkdir -p "$out/$1"
	echo "$1 $RANDOM" >"$out/note"
	objcopy --add-section .note.padding="$out/note" "$out/stock.ko" "$out/$1/dm-mod.ko"
}

compare() { # WORD...
	./run.sh compare "$kernel" "$@" >"$out/output" 2>&1 || {
		cat "$out/output" >&2
		exit 4
	}
	grep -oE 'results/[^ /]*\+dm-mod-[^ /]*$' "$out/output" >>"$names" || true
}

timed() { # NAME WORD...
	local i
	for ((i = 1; i <= n; i++)); do
		new_module "$1"
		{ time compare --module "$out/$1/dm-mod.ko" "${@:2}"; } 2>>"$out/times.$1"
	done
	awk -v name="$1" '{ real = real sprintf(" %5.1f", $1); cpu = cpu sprintf(" %5.1f", $2 + $3) }
		END { printf "%-10s wall%s s, user + system%s s\n", name, real, cpu }' "$out/times.$1"
}

kdir=$(emu/kernel.sh resolve "$kernel")
file=$(find "$kdir/modules" -name 'dm-mod.ko*' | head -n 1)
case $file in
*.xz) xz -dc "$file" ;;
*.zst) zstd -dcq "$file" ;;
*) cat "$file" ;;
esac >"$out/stock.ko"
new_module first
compare --module "$out/first/dm-mod.ko"
echo "$(<"$kdir/release"), $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
timed verdict
timed numbers --no-checks
timed both --no-checks --module-base "$out/first/dm-mod.ko"
