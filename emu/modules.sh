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
# The headers and the source of the same version, and the compiler that they depend on, are fetched like kernels,
# unpacked into a root directory of their own under build/, and used there with chroot: this machine's compiler may
# be another one.  Nothing is installed.  That directory is removed when the modules are built.
# Exit status: 0; 4 no network, no space, no such package, or the modules cannot be built; 64 bad arguments.
set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. emu/common.sh

readonly APT=$PWD/build/apt CATALOGUE=$PWD/build/apt/catalogue OUT=$PWD/build/modules PLANTED=$PWD/emu/planted
readonly TOOLS=(make patch pahole bash coreutils sed grep mawk findutils diffutils)
readonly PARTS=(md nvdimm) MODULES=(dm-mod dm-log-writes nd_pmem)

# Packages of the kernel's version, everything else from its release; a kernel of experimental uses unstable.
write_preferences() { # CODENAME
	local release=${1%%-*}
	cat <<-PIN
		Package: linux-headers-* linux-source-* linux-base-*
		Pin: version $VERSION
		Pin-Priority: 1001
	PIN
	[[ $1 == rc-buggy ]] || cat <<-PIN

		Package: *
		Pin: release n=$release*
		Pin-Priority: 990
	PIN
}

fetch() { # DIR: the packages and all that they depend on
	local codename series=${VERSION%%[-~]*} names
	codename=$(awk -F'\t' -v name="$PACKAGE" -v version="$VERSION" '$1 == name && $2 == version { print $3; exit }' "$CATALOGUE")
	[[ $codename ]] || die 4 "$PACKAGE $VERSION is no longer in the archive's lists; choose another kernel (./run.sh kernels)"
	series=$(cut -d. -f1,2 <<<"$series")
	names=("linux-headers-$RELEASE" "linux-source-$series")
	say "fetching ${names[*]} $VERSION and their compiler"
	write_preferences "$codename" >"$TMP/preferences"
	mkdir -p "$1/partial"
	apt_root
	if ! patiently apt_run -y --no-install-recommends --download-only -o Dir::State::status=/dev/null \
		-o "Dir::Etc::Preferences=$TMP/preferences" -o Dir::Etc::PreferencesParts=/dev/null \
		-o "Dir::Cache::archives=$1" install "${names[@]/%/=$VERSION}" "${TOOLS[@]}" >"$TMP/fetch" 2>&1; then
		cat "$TMP/fetch" >&2
		die 4 "cannot fetch ${names[*]} $VERSION: $(grep -m1 -E '^E:|is not available|Depends:' "$TMP/fetch")"
	fi
}

# The directories drivers/PARTS of the source package, into DIR.
unpack_source() { # DEB DIR
	local members=("${PARTS[@]/#/*/drivers/}")
	mkdir -p "$2"
	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards '*/linux-source-*.tar.xz' | xz -dcT0 |
		tar -x -C "$2" --strip-components=2 --wildcards "${members[@]/%//*}"
}

make_root() { # ROOT
	local dir deb
	for dir in bin sbin lib lib64; do
		mkdir -p "$1/usr/$dir"
		ln -s "usr/$dir" "$1/$dir"
	done
	mkdir -p "$1"/{dev,proc,tmp}
	for deb in "$TMP"/debs/*.deb; do
		if [[ ${deb##*/} == linux-source-* ]]; then
			unpack_source "$deb" "$1/src"
		else
			dpkg-deb --fsys-tarfile "$deb" |
				tar -x --keep-directory-symlink --no-same-owner --exclude='./usr/share/*' --exclude='./dev/*' -C "$1"
		fi
		rm "$deb"
	done
	ln -s mawk "$1/usr/bin/awk"
	[[ -e $1/usr/bin/sh ]] || ln -s bash "$1/usr/bin/sh"
	# For the type information of modules; a stripped kernel has it.
	[[ -e $1/usr/src/linux-headers-$RELEASE/vmlinux ]] ||
		cp "$KDIR/vmlinux" "$1/usr/src/linux-headers-$RELEASE/vmlinux"
	# Old header packages lack this program, which completes the type information of BPF's own functions: none here.
	for dir in "$1"/usr/lib/linux-kbuild-*/tools; do
		mkdir -p "$dir/bpf/resolve_btfids"
		[[ -e $dir/bpf/resolve_btfids/resolve_btfids ]] || ln -s /usr/bin/true "$dir/bpf/resolve_btfids/resolve_btfids"
	done
	for dir in "${PARTS[@]}"; do
		cp "emu/planted/Kbuild.$dir" "$1/src/$dir/Kbuild"
	done
	cp emu/planted/padding.h "$PLANTED"/*.patch "$1/src/"
}

in_root() { # ROOT SCRIPT ARGUMENTS...
	local user=()
	((EUID == 0)) || user=(--map-root-user)
	# shellcheck disable=SC2016
	exec timeout 900 unshare "${user[@]}" --mount --pid --fork --kill-child /bin/bash -c '
		mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" &&
		exec env -i PATH=/usr/sbin:/usr/bin LC_ALL=C KBUILD_BUILD_TIMESTAMP=@0 chroot "$0" /usr/bin/bash -euc "$@"' "$@"
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
		make_root "$TMP/root"
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
	KDIR=$(readlink -f "$(absolute "$1")")
	[[ -r $KDIR/release && -r $KDIR/package ]] || die 64 "$1 is not a directory made by emu/kernel.sh resolve"
	read -r PACKAGE VERSION <"$KDIR/package"
	RELEASE=$(<"$KDIR/release")
	[[ $PACKAGE == linux-image-* ]] || die 64 "the kernel $RELEASE comes from a file, not from a package; its source is not known"
	[[ -s $CATALOGUE ]] || die 4 "there are no package lists; run: ./run.sh kernels"
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
