#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds emu/plugin/profile.c, which counts instructions per function, as a plugin of the installed
# QEMU.
#
#   emu/plugin.sh        prints build/plugin/VERSION/profile.so, its only line on stdout
#
# No binary package has the header qemu-plugin.h.  It is extracted from the source package of the
# installed QEMU, from the archive that apt uses on this machine, through a separate apt root under
# build/plugin/apt, and verified with the keyring of the package debian-archive-keyring; nothing
# else of the source package is kept.
# Exit status: 0; 4 no network, no space, no such source package, or a QEMU without plugins.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. emu/common.sh

readonly OUT=$BUILD/plugin APT=$BUILD/plugin/apt
readonly QEMU=qemu-system-x86_64

# Fetches the source archive of SOURCE VERSION into $TMP.
fetch_source() { # SOURCE VERSION
	local top=$PWD
	room 200 "the source of QEMU"
	say "fetching the source of $1 $2 for its header qemu-plugin.h (once)"
	apt_root
	own_archive '$(REPO_URI) $(RELEASE)' | sed "s|.*|deb-src [signed-by=$KEYRING] & main|" >"$APT/sources.list"
	[[ -s $APT/sources.list ]] || no_archive
	patiently apt_run update >>"$TMP/err" 2>&1 || true
	cd "$TMP"
	patiently apt_run source --download-only --tar-only "$1=$2" >>"$TMP/err" 2>&1 || {
		cd "$top"
		die 4 "cannot fetch the source package $1 $2, whose header the plugin needs (network?):" \
			"$(grep '^E:' "$TMP/err" | head -n 1); only 'explain' needs it, once"
	}
	cd "$top"
}

fetch_header() { # DIR
	local source version tar
	read -r source version < <(dpkg-query -W -f '${source:Package} ${source:Version}\n' qemu-system-x86) || true
	[[ -n ${version-} ]] || die 4 "$QEMU is not from a Debian package, so its source is not known; run: apt-get install qemu-system-x86"
	fetch_source "$source" "$version"
	tar=$(find "$TMP" -maxdepth 1 -name '*.orig.tar.*' | head -n 1)
	[[ -n $tar ]] || die 4 "the source package $source $version has no upstream archive"
	tar -xf "$tar" -C "$TMP" --wildcards '*/include/qemu/qemu-plugin.h' --strip-components=3 ||
		die 4 "the source of QEMU $version has no include/qemu/qemu-plugin.h"
	mkdir -p "$1"
	mv "$TMP/qemu-plugin.h" "$1/qemu-plugin.h"
	rm -rf "$APT"
}

main() {
	local version dir flags=()
	begin plugin
	mkdir -p "$OUT"
	need "$QEMU" qemu-system-x86 >/dev/null
	need "${CC:=cc}" gcc >/dev/null
	"$QEMU" -h | grep -q '^-plugin ' ||
		die 4 "this QEMU was built without plugins ($("$QEMU" --version | head -n 1)), and 'explain' needs" \
			"one; Debian's QEMU has them: apt-get install --reinstall qemu-system-x86"
	version=$("$QEMU" --version | sed -nE '1s/.*\((Debian )?([^)]*)\).*/\2/p' | tr -c 'A-Za-z0-9.+\n-' _)
	[[ -n $version ]] || version=$("$QEMU" --version | sed -nE '1s/.*version ([^ ]+).*/\1/p')
	dir=$OUT/$version
	[[ -s $dir/qemu-plugin.h ]] || fetch_header "$dir"
	# The header includes GLib since version 9.
	if grep -q '<glib' "$dir/qemu-plugin.h"; then
		pkg-config --exists glib-2.0 || die 4 "plugins of QEMU $version need GLib's headers; run: apt-get install libglib2.0-dev"
		read -ra flags < <(pkg-config --cflags glib-2.0)
	fi
	if [[ ! $dir/profile.so -nt emu/plugin/profile.c || ! $dir/profile.so -nt $dir/qemu-plugin.h ]]; then
		"$CC" -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden \
			-I"$dir" "${flags[@]}" -o "$TMP/profile.so" emu/plugin/profile.c 2>"$TMP/cc" || {
			cat "$TMP/cc" >&8
			die 4 "the plugin does not build for QEMU $version"
		}
		mv "$TMP/profile.so" "$dir/profile.so"
	fi
	echo "$dir/profile.so"
}

main "$@"
