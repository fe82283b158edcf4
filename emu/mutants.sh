#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds one module of a packaged kernel from its source package, unchanged or with one change.  For `./run.sh mutants`.
#
#   emu/mutants.sh KDIR MODULE [FILE PROGRAM [FUNCTION]]   prints build/mutants/KERNEL/DIGEST, its only stdout line
#
# KDIR comes from emu/kernel.sh and was made from packages.  FILE is a source file of the module, relative to the
# module's directory; PROGRAM is a file with a program of sed -E for it, which applies to all lines or to those of
# FUNCTION.  The directory has MODULE.ko, and `diff`, what the program changed.
#
# build/mutants/KERNEL/root (emu/build_root.sh) stays: it has each module's directory built once, without debug and
# type information.  A mutant is built from a copy of that, so that make compiles only what changed.
# Exit status: 0; 1 the program is wrong or changes nothing, or the result does not compile or is the same code;
# 4 no network, no space, no such package, or the unchanged module cannot be built; 64 bad arguments.
set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. emu/common.sh
. emu/build_root.sh

readonly OUT=$BUILD/mutants
export IN_ROOT_SCRATCH=/build
readonly PARTS=(drivers/md drivers/nvdimm fs/ext4 fs/xfs)

# The modules of a directory that are built.
modules_of() { # PART
	case $1 in
	md) echo dm-mod dm-log-writes dm-writecache ;;
	nvdimm) echo libnvdimm nd_pmem nd_virtio virtio_pmem ;;
	ext4 | xfs) echo "$1" ;;
	esac
}

part_of() { # MODULE
	local part
	for part in "${PARTS[@]##*/}"; do
		[[ " $(modules_of "$part") " != *" $1 "* ]] || echo "$part"
	done
}

write_kbuild() { # PART FILE
	local modules
	modules=$(modules_of "$1")
	cat >"$2" <<-KBUILD
		include \$(src)/Makefile
		obj-y :=
		obj-m := ${modules// /.o }.o
		ccflags-y += -I\$(src) -I\$(src)/libxfs
	KBUILD
}

# $ROOT/src has the sources, $ROOT/built/PART what is built of one.
make_mutants_root() { # ROOT
	local part
	make_root "$1"
	rm -f "$1/usr/src/linux-headers-$RELEASE/vmlinux" # else type information is made of debug information
	mkdir -p "$1/build" "$1/built" "$1/new"
	for part in "${PARTS[@]##*/}"; do
		write_kbuild "$part" "$1/src/$part/Kbuild"
	done
}

prepare_root() {
	[[ ! -d $ROOT ]] || return 0
	room 3500 "building mutants"
	fetch "$TMP/debs"
	make_mutants_root "$TMP/root"
	mkdir -p "$OUT/$ID"
	mv "$TMP/root" "$ROOT"
}

# shellcheck disable=SC2016
readonly MAKE='make -C /usr/src/linux-headers-$release -j2 M=/build/$part KCFLAGS=-g0 modules'

prepare_part() {
	[[ ! -d $ROOT/built/$PART ]] || return 0
	say "building $(modules_of "$PART") of $RELEASE, once"
	# shellcheck disable=SC2016
	if ! patiently in_root "$ROOT" '
		part=$1 release=$2
		rm -rf /built/.new
		cp -a /src/$part /build/
		'"$MAKE"'
		cp -a /build/$part /built/.new
		mv /built/.new /built/$part' build "$PART" "$RELEASE" >"$TMP/make" 2>&1; then
		cp "$TMP/make" "$OUT/failed.log"
		die 4 "cannot build $(modules_of "$PART") of $RELEASE: $(first_error); see build/mutants/failed.log"
	fi
}

first_error() {
	grep -m1 -E 'error|rror:|FAILED|not found' "$TMP/make" || tail -n 1 "$TMP/make"
}

# The lines FIRST,LAST of the definition of a function, in the kernel's style: its closing brace is in the first column.
lines_of() { # FILE FUNCTION
	awk -v name="$2" '
		!first && /^[A-Za-z_]/ && index($0, name "(") && match($0, "(^|[^A-Za-z0-9_])" name "\\(") { first = NR }
		first && !body && /;[ \t]*$/ { first = 0 }
		first && /^\{/ { body = 1 }
		first && body && /^\}/ { print first "," NR; exit }' "$1"
}

# Writes $TMP/changed and $TMP/diff.
change() {
	local lines='1,$' source=$ROOT/src/$PART/$FILE
	[[ -f $source ]] || die 1 "$RELEASE has no source file $FILE in $PART"
	if [[ $FUNCTION ]]; then
		lines=$(lines_of "$source" "$FUNCTION")
		[[ $lines ]] || die 1 "$FILE of $RELEASE has no function $FUNCTION"
	fi
	if ! sed -E -e "$lines{" -e "$(<"$PROGRAM")" -e '}' "$source" >"$TMP/changed" 2>"$TMP/sed"; then
		die 1 "sed: $(head -n 1 "$TMP/sed")"
	fi
	! cmp -s "$source" "$TMP/changed" || die 1 "the sed program changes nothing in $FILE of $RELEASE"
	diff -u --label "a/$FILE" --label "b/$FILE" "$source" "$TMP/changed" >"$TMP/diff" || true
}

# Whether two modules differ in their build-id alone.
same_code() { # FILE FILE
	objcopy --remove-section .note.gnu.build-id "$1" "$TMP/one" && objcopy --remove-section .note.gnu.build-id "$2" "$TMP/two" &&
		cmp -s "$TMP/one" "$TMP/two"
}

compile() { # DIR
	cp "$TMP/changed" "$ROOT/new/changed"
	# shellcheck disable=SC2016
	if ! patiently in_root "$ROOT" '
		part=$1 release=$2 file=$3 module=$4
		cp -a /built/$part /build/
		cat /new/changed >/build/$part/$file
		'"$MAKE"'
		cp /build/$part/$module.ko /new/' build "$PART" "$RELEASE" "$FILE" "$MODULE" >"$TMP/make" 2>&1; then
		die 1 "$FILE does not compile: $(first_error)"
	fi
	! same_code "$ROOT/new/$MODULE.ko" "$ROOT/built/$PART/$MODULE.ko" || die 1 "the change of $FILE compiles to the same code of $MODULE"
	mv "$ROOT/new/$MODULE.ko" "$1/"
	cp "$TMP/diff" "$1/"
}

arguments() {
	(($# == 2 || $# == 4 || $# == 5)) || die 64 "usage: emu/mutants.sh KDIR MODULE [FILE PROGRAM [FUNCTION]]"
	open_kernel "$1"
	MODULE=$2 FILE=${3-} PROGRAM=${4+$(absolute "$4")} FUNCTION=${5-}
	PART=$(part_of "$MODULE")
	[[ $PART ]] || die 64 "no mutants of the module '$MODULE' can be built; known: $(for part in "${PARTS[@]##*/}"; do modules_of "$part"; done | paste -sd' ')"
	[[ ! $PROGRAM || -r $PROGRAM ]] || die 64 "$PROGRAM cannot be read"
	ID=${KDIR##*/}
	ROOT=$OUT/$ID/root
}

main() {
	local digest
	(($#)) || die 64 "usage: emu/mutants.sh KDIR MODULE [FILE PROGRAM [FUNCTION]]"
	begin "mutants-$(basename "$1")"
	NAME=mutants
	arguments "$@"
	prepare_root
	prepare_part
	digest=$({ echo "$MODULE"; cat emu/mutants.sh; if [[ $FILE ]]; then change && cat "$TMP/diff"; fi; } | sha256sum | cut -c1-16)
	if [[ ! -e $OUT/$ID/$digest/$MODULE.ko ]]; then
		mkdir "$TMP/out"
		if [[ $FILE ]]; then compile "$TMP/out"; else cp "$ROOT/built/$PART/$MODULE.ko" "$TMP/out/"; fi
		rm -rf "${OUT:?}/$ID/$digest"
		mv "$TMP/out" "$OUT/$ID/$digest"
	fi
	echo "$OUT/$ID/$digest"
}

main "$@"
