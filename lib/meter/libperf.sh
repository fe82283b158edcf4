#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# libperf, which Debian does not package: built from its kernel source package into build/libperf.
#
#   lib/meter/libperf.sh     (make libperf; ./run.sh bench --counters does it too)
#
# The source is the newest linux-source-* that is installed, else the newest that this machine's apt
# knows, which is downloaded, verified by apt, and not installed.  Of its tarball only tools/ and
# there only what libperf and libapi are made of is unpacked.  build/libperf then holds libperf.a,
# libapi.a, include/perf/*.h and `version`; it is made under another name and renamed,
# so that it is complete if it exists.
# Exit status: 0; 4 no network, no space, no such package, a build that failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. emu/common.sh

readonly OUT=$PWD/build/libperf
readonly PARTS="tools/lib tools/build tools/scripts tools/include tools/arch/x86/include"

apt_fetch() { # DIR PACKAGE
	cd "$1"
	exec timeout 900 apt-get -q -o APT::Sandbox::User= download "$2"
}

# Sets SOURCE to the tarball, or to - if it comes out of $DEB, and VERSION to what it is of.
find_source() {
	local package
	DEB=
	SOURCE=$(find /usr/src -maxdepth 1 -name 'linux-source-*.tar.xz' 2>/dev/null | sort -V | tail -n 1)
	if [[ -n $SOURCE ]]; then
		package=$(basename "$SOURCE" .tar.xz)
		VERSION="$package $(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo unknown)"
		return
	fi
	package=$(apt-cache pkgnames linux-source- | grep -E '^linux-source-[0-9.]+$' | sort -V | tail -n 1) || true
	[[ -n $package ]] || die 4 "apt knows no package linux-source-*, from which libperf is built; run: apt-get update"
	say "fetching $package"
	mkdir "$TMP/deb"
	if ! patiently apt_fetch "$TMP/deb" "$package" >"$TMP/apt" 2>&1; then
		die 4 "cannot fetch $package (network?): $(grep '^E:' "$TMP/apt" | head -n 1)"
	fi
	DEB=$(echo "$TMP"/deb/*.deb)
	VERSION="$package $(dpkg-deb -f "$DEB" Version)"
	SOURCE=-
}

source_xz() {
	if [[ -n $DEB ]]; then
		dpkg-deb --fsys-tarfile "$DEB" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz'
	else
		cat "$SOURCE"
	fi
}

unpack() { # DIR
	local part
	local -a wanted=()
	for part in $PARTS; do wanted+=("linux-source-*/$part/*"); done
	mkdir "$1"
	source_xz | xz -dc | tar -x -C "$1" --wildcards --strip-components=1 "${wanted[@]}"
}

# No -g: the objects shall not tell where they were built.
compile() { # DIR
	local lib
	for lib in api perf; do
		patiently make -C "$1/tools/lib/$lib" EXTRA_CFLAGS="-O2 -ffile-prefix-map=$1=." "lib$lib.a" \
			MAKEFLAGS= >"$TMP/make" 2>&1 ||
			die 4 "lib$lib of $VERSION does not build: $(grep -m 1 -iE 'error|not found' "$TMP/make" || tail -n 1 "$TMP/make")"
	done
}

main() {
	begin libperf
	if [[ -s $OUT/version ]]; then
		say "there already, from $(<"$OUT/version"); rm -r build/libperf to build it again"
		return
	fi
	[[ ! $PWD =~ [^A-Za-z0-9/._+-] ]] || die 4 "cannot build libperf in $PWD: the kernel's makefiles accept only" \
		"letters, digits and . _ + - in a path; only bench --counters needs libperf"
	need xz xz-utils >/dev/null
	need "${CC:-cc}" gcc >/dev/null
	room 400 "building libperf"
	find_source
	say "building from $VERSION"
	patiently unpack "$TMP/src"
	compile "$TMP/src"
	mkdir -p "$TMP/new/include"
	cp "$TMP/src/tools/lib/perf/libperf.a" "$TMP/src/tools/lib/api/libapi.a" "$TMP/new/"
	cp -r "$TMP/src/tools/lib/perf/include/perf" "$TMP/new/include/"
	echo "$VERSION" >"$TMP/new/version"
	rm -rf "$OUT"
	mv "$TMP/new" "$OUT"
}

main "$@"
