# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the scripts that build modules of a packaged kernel (emu/modules.sh, emu/mutants.sh), after
# emu/common.sh: a root directory with the headers of that kernel, directories of its source, and
# the compiler that the headers depend on.  This machine's compiler may be another one.  The
# packages are fetched like kernels; nothing is installed.
#
# PARTS are the directories of the source, like drivers/md; $ROOT/src has md.

readonly APT=$BUILD/apt CATALOGUE=$BUILD/apt/catalogue
readonly TOOLS=(make patch pahole bash coreutils sed grep mawk findutils diffutils)

# Sets KDIR, PACKAGE, VERSION and RELEASE.
open_kernel() { # KDIR
	KDIR=$(readlink -f "$(absolute "$1")")
	[[ -r $KDIR/release && -r $KDIR/package ]] || die 64 "$1 is not a directory made by emu/kernel.sh resolve"
	read -r PACKAGE VERSION <"$KDIR/package"
	RELEASE=$(<"$KDIR/release")
	[[ $PACKAGE == linux-image-* ]] || die 64 "the kernel $RELEASE comes from a file, not from a package; its source is not known"
}

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
	[[ -s $CATALOGUE ]] || die 4 "there are no package lists; run: ./run.sh kernels"
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

# The directories PARTS of the source package, into DIR.
unpack_source() { # DEB DIR
	local members=("${PARTS[@]/#/*/}")
	mkdir -p "$2"
	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards '*/linux-source-*.tar.xz' | xz -dcT0 |
		tar -x -C "$2" --strip-components=2 --wildcards "${members[@]/%//*}"
}

# Unpacks the packages in $TMP/debs and removes them.
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
	# Old header packages lack this program, which completes the type information of BPF's own functions: none here.
	for dir in "$1"/usr/lib/linux-kbuild-*/tools; do
		mkdir -p "$dir/bpf/resolve_btfids"
		[[ -e $dir/bpf/resolve_btfids/resolve_btfids ]] || ln -s /usr/bin/true "$dir/bpf/resolve_btfids/resolve_btfids"
	done
}

# With IN_ROOT_SCRATCH, that directory of the root is an empty one in memory, for this call.
in_root() { # ROOT SCRIPT ARGUMENTS...
	local user=()
	((EUID == 0)) || user=(--map-root-user)
	# shellcheck disable=SC2016
	exec timeout 900 unshare "${user[@]}" --mount --pid --fork --kill-child /bin/bash -c '
		mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" &&
		{ [[ ! ${IN_ROOT_SCRATCH-} ]] || mount -t tmpfs tmpfs "$0$IN_ROOT_SCRATCH"; } &&
		exec env -i PATH=/usr/sbin:/usr/bin LC_ALL=C KBUILD_BUILD_TIMESTAMP=@0 chroot "$0" /usr/bin/bash -euc "$@"' "$@"
}
