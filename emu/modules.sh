#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the device-mapper and pmem modules of a packaged kernel from its source package, several times: with the
# same code, and with known costs.  For the test of the comparison (gate-selftest --full).
#
#   emu/modules.sh KDIR   prints build/modules/ID, its only stdout line
#
# KDIR comes from emu/kernel.sh and was made from packages.  build/modules/ID has a directory for each variant, with
# dm-mod.ko, dm-log-writes.ko and nd_pmem.ko:
#   rebuilt     the same source, compiler and options as the kernel's own; whether the code is the same is printed
#   padded      each object begins with one more function that nobody calls
#   reordered   the objects of dm-mod are linked in the opposite order
#   NAME        rebuilt with emu/planted/NAME.patch, which adds a known cost to dm-mod
#
# They are built in a root directory of their own under build/ (emu/build_root.sh), which is removed afterwards.
# Exit status: 0; 4 no network, no space, no such package, or the modules cannot be built; 64 bad arguments.
set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. emu/common.sh
. emu/build_root.sh

readonly OUT=$BUILD/modules PLANTED=$PWD/emu/planted
readonly PARTS=(drivers/md drivers/nvdimm) MODULES=(dm-mod dm-log-writes nd_pmem)

# A root directory for all variants.
make_modules_root() { # ROOT
	local dir
	make_root "$1"
	# For the type information of modules; a stripped kernel has it.
	[[ -e $1/usr/src/linux-headers-$RELEASE/vmlinux ]] ||
		cp "$KDIR/vmlinux" "$1/usr/src/linux-headers-$RELEASE/vmlinux"
	for dir in "${PARTS[@]##*/}"; do
		cp "emu/planted/Kbuild.$dir" "$1/src/$dir/Kbuild"
	done
	cp emu/planted/padding.h "$PLANTED"/*.patch "$1/src/"
}

# The modules of one variant, from a copy of the source in one path: it is part of the object files.
build_variant() { # ROOT VARIANT
	local root=$1 variant=$2 options=()
	case $variant in
	padded) options=("KCFLAGS=-include /src/padding.h") ;;
	reordered) options=(REORDERED=y) ;;
	esac
	say "building $variant"
	# shellcheck disable=SC2016
	if ! patiently in_root "$root" '
		variant=$1 release=$2 tree=/build
		shift 2
		rm -rf $tree /out/.new
		mkdir -p /out/.new
		cp -a /src $tree
		if [ -e /src/$variant.patch ]; then
			patch -d $tree -p2 </src/$variant.patch
			rm -r $tree/nvdimm
		fi
		for part in $tree/*/; do
			make -C /usr/src/linux-headers-$release -j2 M=${part%/} "$@" modules
			cp ${part}*.ko /out/.new
		done
		mv /out/.new /out/$variant' build "$variant" "$RELEASE" "${options[@]}" >"$TMP/make" 2>&1; then
		cp "$TMP/make" "$OUT/failed.log"
		die 4 "cannot build the modules of $RELEASE ($variant): $(grep -m1 -E 'rror|FAILED|not found' "$TMP/make"); see build/modules/failed.log"
	fi
}

build() { # ID
	local root=$OUT/root-$1 variant module
	if [[ ! -d $root ]]; then # else of a run that did not finish
		room 2500 "building modules"
		rm -rf "$OUT"/root-*
		fetch "$TMP/debs"
		make_modules_root "$TMP/root"
		mv "$TMP/root" "$root"
	fi
	for variant in rebuilt padded reordered $(cd "$PLANTED" && basename -s .patch -- *.patch); do
		[[ -d $root/out/$variant ]] || build_variant "$root" "$variant"
	done
	mkdir -p "$TMP/new"
	for variant in "$root"/out/*; do
		for module in "${MODULES[@]}"; do
			[[ -e $variant/$module.ko ]] || cp "$root/out/rebuilt/$module.ko" "$variant/"
			strip --strip-debug -o "$TMP/stripped" "$variant/$module.ko"
			install -D -m 644 "$TMP/stripped" "$TMP/new/${variant##*/}/$module.ko"
		done
	done
	seal "$TMP/new"
	rm -rf "${OUT:?}/$1"
	mv "$TMP/new" "$OUT/$1"
	rm -rf "$root"
	say "ready: $1"
}

# A digest of the executable sections of a module.
code_of() { # FILE
	local section
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] *//' | awk '$2 == "PROGBITS" && $7 ~ /X/ { print $1 }' | while read -r section; do
		echo "$section"
		objcopy -O binary -j "$section" "$1" /dev/stdout
	done | sha256sum
}

# The compiler of a rolling release may be newer than that of the packaged modules.
compare_code() { # DIR
	local module own other=()
	for module in "${MODULES[@]}"; do
		own=$(find "$KDIR/modules" -name "$module.ko*" -print -quit)
		case $own in
		*.xz) xz -dc "$own" >"$TMP/own.ko" ;;
		*.zst) zstd -dqc "$own" >"$TMP/own.ko" ;;
		*.gz) gzip -dc "$own" >"$TMP/own.ko" ;;
		"") continue ;; # built in
		*) cp "$own" "$TMP/own.ko" ;;
		esac
		[[ $(code_of "$TMP/own.ko") == "$(code_of "$1/rebuilt/$module.ko")" ]] || other+=("$module")
	done
	if ((${#other[@]})); then
		say "the code of ${other[*]} is not that of the packaged modules: compare rebuilt modules with each other only"
	else
		say "the code of the rebuilt modules is that of the packaged ones"
	fi
}

main() {
	local id
	(($# == 1)) || die 64 "usage: emu/modules.sh KDIR"
	begin modules
	open_kernel "$1"
	mkdir -p "$OUT"
	id=${KDIR##*/}-$(cat emu/planted/* | sha256sum | cut -c1-12)
	if [[ -d $OUT/$id ]] && ! whole "$OUT/$id"; then
		say "build/modules/$id: $WHY; rebuilding it"
		rm -rf "${OUT:?}/$id"
	fi
	[[ -d $OUT/$id ]] || build "$id"
	compare_code "$OUT/$id"
	echo "$OUT/$id"
}

main "$@"
