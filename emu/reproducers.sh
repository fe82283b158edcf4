#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes the archive of reproducers of kernel bugs (check/known/reproduce/) for a restored guest: the scripts, the C
# programs compiled by the command in their head, and the tools that they call and the initramfs lacks.
#
#   emu/reproducers.sh FILE...      prints build/reproducers/KEY.cpio, its only stdout line
#
# The guest unpacks it in / (emu/init): /reproduce/NAME, /sbin/dmsetup and so on.  The empty file /reproduce/NAME.spoils
# is there if the head of the reproducer has a line "Spoils: ...": no other one may run in that guest after it.
# Exit status: 0; 4 something is missing on this machine, or a program does not compile; 64 bad arguments.
set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. emu/common.sh

readonly OUT=$BUILD/reproducers
readonly KEEP=8 # archives; the oldest are removed
# program:package
readonly TOOLS="dmsetup:dmsetup xfs_io:xfsprogs addpart:util-linux delpart:util-linux"

# The program, and its libraries that daxdm, which the initramfs has, is not linked with.
add_tool() { # PROGRAM PACKAGE
	local path library
	path=$(readlink -f "$(need "$1" "$2")")
	install -D "$path" "$TMP/root/sbin/$1"
	while read -r library; do
		install -D "$library" "$TMP/root$library"
	done < <(ldd "$path" | awk '$2 == "=>" && $3 ~ /\// { print $3 }' | grep -vxFf "$TMP/there" || true)
}

# Runs the command of the line " * Compile: ..." in the head of a program, which writes NAME.
compile() { # FILE.c NAME
	local command
	command=$(sed -n 's/^ \* Compile: //p' "$1")
	[[ -n $command ]] || die 4 "$1 has no line ' * Compile: COMMAND'"
	(cd "$(dirname "$1")" && cp "$1" "$TMP/compile" && cd "$TMP/compile" && env -u MAKEFLAGS sh -c "$command" >&2) ||
		die 4 "$1 does not compile: $(tail -n 1 "$TMP/err")"
	install -D "$TMP/compile/$2" "$TMP/root/reproduce/$2"
}

main() {
	local file name tool key
	begin reproducers
	(($#)) || die 64 "usage: emu/reproducers.sh FILE..."
	mkdir -p "$OUT" "$TMP/compile" "$TMP/root/reproduce"
	ldd "$DAXDM" | awk '$2 == "=>" { print $3 }' >"$TMP/there"
	for tool in $TOOLS; do add_tool "${tool%%:*}" "${tool##*:}"; done
	for file; do
		file=$(absolute "$file")
		name=$(basename "$file")
		name=${name%.*}
		case $file in
		*.c) compile "$file" "$name" ;;
		*.sh) install -D "$file" "$TMP/root/reproduce/$name" ;;
		*) die 64 "$file is neither a shell script (.sh) nor a C file (.c)" ;;
		esac
		if grep -q '^\(#\| \*\) Spoils: ' "$file"; then touch "$TMP/root/reproduce/$name.spoils"; fi
	done
	find "$TMP/root" -exec touch -hd @0 {} +
	(cd "$TMP/root" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --reproducible -R 0:0 --quiet) >"$TMP/cpio"
	key=$(sha256sum "$TMP/cpio" | cut -c1-20)
	mv "$TMP/cpio" "$OUT/$key.cpio"
	old_ones "$OUT" '*.cpio' $KEEP | while read -r name; do rm -f "$OUT/$name"; done
	echo "$OUT/$key.cpio"
}

main "$@"
