#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Finds kernels in the package archive, and makes a directory with a bootable kernel from a name or
# from files.
#
#   emu/kernel.sh resolve [KERNEL] [--modules DIR]   prints build/kernels/ID, its only line on stdout
#   emu/kernel.sh resolve --tree DIR [--origin TEXT] the same for a kernel's build tree; runs call it TEXT
#   emu/kernel.sh all                   prints the packages of all generic kernels
#   emu/kernel.sh series                prints the package of the newest kernel of each series
#   emu/kernel.sh identify K...         prints LABEL PACKAGE VERSION K, separated by tabs
#   emu/kernel.sh between FIRST LAST    the same for the kernels from FIRST to LAST
#   emu/kernel.sh remove K...           removes their directories
#   emu/kernel.sh catalogue             updates build/apt/catalogue if it is older than a day
#   emu/kernel.sh update                updates it now
#
# KERNEL: debian (default) | newest | 6.1 | 6.12.107 | 6.1.0-54-amd64 | linux-image-... | PATH
#
# build/kernels/ID holds `vmlinux` (an ELF that QEMU starts by its PVH note), `release` (uname -r),
# `package` (its origin), `config` if the package has one, `modules/lib/modules/RELEASE` after
# depmod, `signed-only` if the modules come from a package that no package list authenticates, so
# that the guest has to verify their signatures, `no-modules` if it is a file without modules, and `digest` of all files.  The directory is
# renamed into place when it is complete, and rebuilt if a file changed.
#
# Packages come from the archive that apt uses on this machine, from all its suites, through a
# separate apt root under build/apt: nothing is installed, signatures are verified with the keyring
# of the package debian-archive-keyring.
# Exit status: 0; 4 no network, no space, broken package; 64 no such kernel, bad arguments.
set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. emu/common.sh

readonly APT=$BUILD/apt KERNELS=$BUILD/kernels
readonly KEEP_LOCAL=3 # kernels made from files; a developer makes a new one with every build
# shellcheck source=emu/archive.sh
. emu/archive.sh
# shellcheck source=emu/catalogue.sh
. emu/catalogue.sh

# --- from packages or files to a directory -------------------------------------------------------

number_at() { # FILE OFFSET BYTES: little-endian
	od -An -v -j "$2" -N "$3" -t "u$3" --endian=little "$1" | tr -d ' '
}

magic_of() { # FILE OFFSET: four bytes in hex
	od -An -v -j "$2" -N 4 -t x1 "$1" | tr -d " "
}

# The position of the compressed kernel in a bzImage is in payload_offset and payload_length
# (Documentation/arch/x86/boot.rst).  Except for gzip the unpacked size follows in 4 bytes.
extract_vmlinux() { # IMAGE OUT
	local image=$1 out=$2 sectors offset length magic unpack size
	if [[ $(magic_of "$image" 0) == 7f454c46 ]]; then
		objcopy -S "$image" "$out" || cp "$image" "$out"
		return
	fi
	[[ $(magic_of "$image" 514) == 48647253 ]] ||
		die 64 "$image is neither a bzImage nor an ELF vmlinux"
	sectors=$(number_at "$image" 497 1)
	((sectors)) || sectors=4
	offset=$(((sectors + 1) * 512 + $(number_at "$image" 584 4)))
	length=$(number_at "$image" 588 4)
	magic=$(magic_of "$image" "$offset")
	size=$(number_at "$image" $((offset + length - 4)) 4)
	case $magic in
	1f8b*) unpack="gzip -dc" ;;
	fd377a58) unpack="xz -dc" ;;
	5d0000*) unpack="xz -dc --format=lzma" ;;
	425a68*) unpack="bzip2 -dc" ;;
	02214c18) unpack="lz4 -dc" ;;
	28b52ffd) unpack="zstd -dcq" ;;
	894c5a4f) unpack="lzop -dc" ;;
	*) die 4 "$image: the compression of the kernel is not supported (magic $magic)" ;;
	esac
	[[ $magic == 1f8b* ]] || length=$((length - 4))
	command -v "${unpack%% *}" >/dev/null ||
		die 4 "$image: needs ${unpack%% *} to unpack; run: apt-get install ${unpack%% *}"
	# shellcheck disable=SC2086
	tail -c "+$((offset + 1))" "$image" 2>/dev/null | head -c "$length" | $unpack >"$out" || true
	if grep -q "No space left" "$TMP/err"; then
		return 1 # on_exit prints the reason
	fi
	[[ $(stat -c %s "$out") == "$size" && $(magic_of "$out" 0) == 7f454c46 ]] ||
		die 4 "$image: the unpacked kernel is not an ELF file of $size bytes; is the image complete?"
}

# Selects paths below lib/modules/RELEASE: modules and the lists of built-in modules, without the
# three quarters that a machine without network, graphics and sound does not need.
readonly MODULE_FILES='
	function is_wanted(path) {
		if (path ~ /^kernel\/(sound|drivers\/(net|gpu|media|staging|infiniband|iio|usb|hid|input|hwmon|mmc|mtd|comedi|isdn|video|scsi|misc|pci|platform|power|regulator|rtc|spi|tty|thermal|ufs|soundwire))\//)
			return 0
		return path ~ /^([A-Za-z0-9_+-][A-Za-z0-9_.+-]*\/)*[A-Za-z0-9_+-][A-Za-z0-9_.+-]*\.ko(\.(xz|gz|zst))?$/ ||
			path ~ /^modules\.(order|builtin|builtin\.modinfo)$/
	}'

# Selects the members of a package to unpack from tar's listing: regular files with expected names.
# A package that no list authenticates may come from anyone: no links, no special modes, and no name
# twice, because the second member could be something else.
wanted_members() { # boot | modules RELEASE
	LC_ALL=C awk -v what="$1" -v release="${2-}" "$MODULE_FILES"'
		{
			name = $0
			for (i = 1; i <= 5; i++) sub(/^[^ ]+ +/, "", name) # mode, owner, bytes, day, time
			if ($1 ~ /^l/) sub(/ -> .*/, "", name)
			if ($1 ~ /^h/) sub(/ link to .*/, "", name)
			times[name]++
			path = name
			sub(/^\.\//, "", path)
			sub(/^usr\//, "", path)
			if (what == "boot")
				good = path ~ /^(boot|lib\/modules\/[A-Za-z0-9][A-Za-z0-9_.+~-]*)\/(vmlinuz|config)(\.unsigned|-[A-Za-z0-9_.+~-]+)?$/
			else
				good = index(path, "lib/modules/" release "/") == 1 && is_wanted(substr(path, length(release) + 14))
			if (good && $1 ~ /^-[^sStT]*$/) wanted[++n] = name
		}
		END {
			for (i = 1; i <= n; i++) {
				if (times[wanted[i]] > 1) exit 1
				print wanted[i]
			}
		}'
}

# Unpacks these members of a package into a new directory, with mode 0644 and the caller as owner.
unpack() { # DEB DIR boot | modules RELEASE
	mkdir -p "$2"
	dpkg-deb --fsys-tarfile "$1" >"$TMP/tar"
	tar -tv --numeric-owner --quoting-style=escape -f "$TMP/tar" | wanted_members "${@:3}" >"$TMP/members" ||
		die 4 "package ${1##*/} of $PACKAGE $VERSION contains a file twice; it is not a package of Debian"
	[[ -s $TMP/members ]] || return 0
	tar -x --no-same-owner --no-same-permissions --no-recursion --verbatim-files-from -C "$2" -f "$TMP/tar" -T "$TMP/members"
	# The listing can be misread: tar prints a time that is out of range as one field.
	[[ -z $(find "$2" ! -type d ! -type f) ]] ||
		die 4 "package ${1##*/} of $PACKAGE $VERSION contains a link in the place of a file; it is not a package of Debian"
	find "$2" -type f -exec chmod 644 {} +
}

finish() { # NEW ID RELEASE ORIGIN: completes the directory and renames it into place
	depmod -b "$1/modules" "$3"
	echo "$3" >"$1/release"
	echo "$4" >"$1/package"
	seal "$1"
	rm -rf "${KERNELS:?}/$2"
	mv "$1" "$KERNELS/$2"
	say "ready: $2"
}

drop_damaged() { # ID
	if [[ -d $KERNELS/$1 ]] && ! whole "$KERNELS/$1"; then
		say "build/kernels/$1: $WHY; rebuilding it"
		rm -rf "${KERNELS:?}/$1"
	fi
}

apt_fetch() { # DIR NAME=VERSION...
	cd "$1"
	apt_run download "${@:2}"
}

pool_fetch() { # DIR ADDRESS...
	local at n=0
	cd "$1"
	for at in "${@:2}"; do
		n=$((n + 1))
		timeout 900 /usr/lib/apt/apt-helper "${APT_OPTIONS[@]}" download-file "$at" "unlisted-$n.deb" || return 1
	done
}

# Sets GONE if an unsigned package is in the lists, but no longer in the archive.
download() { # DIR NAMES...: packages of $VERSION
	local dir=$1 names=("${@:2}") name listed=() unlisted=()
	GONE=
	mkdir -p "$dir/listed" "$dir/unlisted"
	apt_root
	say "fetching ${names[*]} $VERSION"
	for name in "${names[@]}"; do
		if [[ $(field_of "$name" "$VERSION" 3) == unlisted ]]; then
			unlisted+=("$(field_of "$name" "$VERSION" 4)")
		else
			listed+=("$name=$VERSION")
		fi
	done
	if ! {
		patiently apt_fetch "$dir/listed" "${listed[@]}" && patiently pool_fetch "$dir/unlisted" "${unlisted[@]}"
	} >"$TMP/err" 2>&1; then
		if grep -q 'No space left\|enough free space' "$TMP/err"; then
			die 4 "disk full while fetching ${names[*]} into $BUILD; free some space there and try again"
		fi
		if [[ ${names[*]} == *-unsigned* && -z $SIGNED ]] && grep -q ' 404 ' "$TMP/err"; then
			GONE=yes
			return
		fi
		die 4 "cannot fetch ${names[*]} $VERSION (network?): $(grep '^E:' "$TMP/err" | head -n 1)"
	fi
	((${#unlisted[@]} == 0)) || : >"$TMP/new/signed-only"
}

payload_packages() { # prints the packages to unpack for PACKAGE VERSION
	local dep
	echo "$PACKAGE"
	for dep in $(depends_of "$PACKAGE" "$VERSION"); do
		if [[ -z $SIGNED && $dep == linux-binary-* ]] && has_package "linux-binary-unsigned-${dep#linux-binary-}" "$VERSION"; then
			dep=linux-binary-unsigned-${dep#linux-binary-}
		fi
		if ! has_package "$dep" "$VERSION"; then
			[[ $dep != linux-base-* ]] || continue # has only the config and the list of built-in modules
			die 4 "$PACKAGE needs $dep $VERSION, which is not in the archive; choose another kernel (./run.sh kernels shows all)"
		fi
		echo "$dep"
	done
}

# Makes the directory of PACKAGE VERSION.  Sets PACKAGE to the signed one if the archive has no
# other.  The kernel and its config come from packages that a list authenticates, only modules from
# others.
make_from_packages() {
	local new=$TMP/new names deb image release config modules n=0
	room 900 "unpacking a kernel"
	payload_packages >"$TMP/names"
	mapfile -t names <"$TMP/names"
	mkdir -p "$new"
	download "$TMP/debs" "${names[@]}"
	if [[ $GONE ]]; then
		say "the archive no longer has ${names[*]} $VERSION; using the signed packages"
		rm -rf "$TMP/debs" "$new"
		SIGNED=yes PACKAGE=${PACKAGE%-unsigned}
		make_from_packages
		return
	fi
	for deb in "$TMP"/debs/listed/*.deb; do unpack "$deb" "$TMP/boot" boot; done
	image=$(find "$TMP/boot" -name "vmlinuz*" -type f | head -n 1)
	[[ -n $image ]] || die 4 "package $PACKAGE $VERSION has no vmlinuz"
	release=${image##*/vmlinuz}
	release=${release#-}
	[[ $release && $release != .unsigned ]] || release=$(basename "$(dirname "$image")")
	config=$(find "$TMP/boot" \( -name "config-$release" -o -path "*/$release/config" \) -type f | head -n 1)
	[[ -z $config ]] || cp "$config" "$new/config"
	extract_vmlinux "$image" "$new/vmlinux"
	mkdir -p "$new/modules/lib/modules/$release"
	for deb in "$TMP"/debs/*listed/*.deb; do # the listed first: their files are not replaced
		n=$((n + 1))
		unpack "$deb" "$TMP/root$n" modules "$release"
		for modules in "$TMP/root$n"/{,usr/}lib/modules/"$release"; do
			[[ ! -d $modules ]] || cp -rnl "$modules" "$new/modules/lib/modules/"
		done
		rm -rf "$deb" "$TMP/root$n"
	done
	[[ -n $(ls -A "$new/modules/lib/modules/$release") ]] || die 4 "package $PACKAGE $VERSION has no lib/modules/$release"
	finish "$new" "$(id_of "$PACKAGE" "$VERSION")" "$release" "$PACKAGE $VERSION"
}

# Prints the directory that holds modules.order/kernel: DIR itself or the one below DIR/lib/modules.
modules_root() { # DIR RELEASE
	local d
	for d in "$1/lib/modules/$2" "$1/usr/lib/modules/$2" "$1"; do
		if [[ -d $d/kernel || -f $d/modules.order || -f $d/modules.dep ]]; then
			readlink -f "$d"
			return
		fi
	done
	die 64 "$1 has no modules of $2: name the directory DIR of 'make modules_install INSTALL_MOD_PATH=DIR'," \
		"or its lib/modules/$2"
}

# Copies the configuration of a kernel to OUT, if it is known: of its build tree, next to the image, or
# in the image (CONFIG_IKCONFIG).
find_config() { # IMAGE VMLINUX RELEASE OUT
	local file at
	for file in "${1%/arch/x86/boot/*}/.config" "$(dirname "$1")/config-$3" "$(dirname "$1")/config"; do
		if [[ $file != "$1/.config" && -f $file ]] && grep -q '^CONFIG_' "$file"; then
			cp "$file" "$4"
			return
		fi
	done
	at=$(LC_ALL=C grep -abo -m1 IKCFG_ST "$2" | head -n 1 | cut -d: -f1) || true
	[[ -n $at ]] || return 0
	tail -c "+$((at + 9))" "$2" 2>/dev/null | gzip -dc 2>/dev/null >"$4" || true
	grep -q '^CONFIG_' "$4" || rm -f "$4"
}

# Without modules the kernel has all that is needed built in: emu/initramfs.sh verifies it.
resolve_path() { # IMAGE [MODULES]
	local image=$1 modules=${2-} new=$TMP/new release root='' id old
	[[ -f $image && -r $image ]] || die 64 "kernel file $image cannot be read"
	[[ -z $modules || -d $modules ]] || die 64 "--modules $modules is not a directory"
	mkdir -p "$new/modules/lib/modules"
	extract_vmlinux "$image" "$new/vmlinux"
	# Not `grep -m1 | head`: the string also occurs as a format ("Linux version %s").
	release=$(grep -aoE 'Linux version [0-9][^ ]*' "$new/vmlinux" | head -n 1 | cut -d' ' -f3) || true
	[[ -n $release ]] || die 64 "$image has no Linux version string; is it a kernel?"
	find_config "$image" "$new/vmlinux" "$release" "$new/config"
	if [[ $modules ]]; then
		root=$(modules_root "$modules" "$release")
		if [[ $(basename "$root") =~ ^[0-9]+\.[0-9] && $(basename "$root") != "$release" ]]; then
			die 64 "the modules in $root are not of $release, the release of $image"
		fi
	fi
	id=file-$(printf '%s' "$release" | tr -c 'A-Za-z0-9.+-' _)-$({
		sha256sum <"$new/vmlinux"
		if [[ -f $new/config ]]; then sha256sum <"$new/config"; fi
		[[ -z $ORIGIN ]] || printf '%s' "$ORIGIN"
		if [[ $root ]]; then cd "$root" && find . -name '*.ko*' -printf '%p %s %T@\n' | sort; fi
	} | sha256sum | cut -c1-16)
	drop_damaged "$id"
	if [[ ! -d $KERNELS/$id ]]; then
		mkdir "$new/modules/lib/modules/$release"
		if [[ $root ]]; then
			(cd "$root" && find . -type f -printf '%P\n' | awk "$MODULE_FILES"' is_wanted($0)' |
				xargs -r -d '\n' cp --parents --no-preserve=mode,ownership -t "$new/modules/lib/modules/$release")
		else
			: >"$new/no-modules"
		fi
		finish "$new" "$id" "$release" "file ${ORIGIN:-$(readlink -f "$image")}"
	fi
	touch "$KERNELS/$id"
	old_ones "$KERNELS" 'file-*' $KEEP_LOCAL | while read -r old; do
		flock --nonblock "$KERNELS/$old" rm -rf "${KERNELS:?}/$old" || true # a verb that uses it holds a lock
	done
	echo "$KERNELS/$id"
}

id_of() { # PACKAGE VERSION
	printf '%s' "${1#linux-image-}_$2" | tr -c 'A-Za-z0-9.+_-' _
}

no_lists() {
	die 4 "cannot read the archive's package lists (network?):" \
		"$(grep -hE '^(E:|W: Failed)' "$TMP/update" | head -n 1); --kernel PATH --modules DIR needs none"
}

need_catalogue() {
	FRESH=1
	refresh || FRESH=0
	[[ -s $CATALOGUE ]] || no_lists
}

resolve_name() { # KERNEL
	local kernel=$1 id
	SIGNED=
	vet_word "$kernel"
	need_catalogue
	find_kernel "$kernel" || unknown_kernel "$kernel"
	((FRESH)) || say "no network: using the lists of $(date -r "$CATALOGUE" +%F)"
	for id in "$(id_of "$PACKAGE" "$VERSION")" "$(id_of "${PACKAGE%-unsigned}" "$VERSION")"; do
		drop_damaged "$id"
		if [[ -d $KERNELS/$id ]]; then
			echo "$KERNELS/$id"
			return
		fi
	done
	make_from_packages
	echo "$KERNELS/$(id_of "$PACKAGE" "$VERSION")"
}

# Removes the directories of that kernel, signed and unsigned, or of the ID of a kernel given as a
# file.
remove() { # KERNEL
	local id gone=''
	if [[ $1 == file-* && -d $KERNELS/$1 ]]; then
		rm -rf "${KERNELS:?}/$1"
		say "removed $1"
		return
	fi
	find_kernel "$1" || unknown_kernel "$1"
	for id in "${PACKAGE%-unsigned}" "${PACKAGE%-unsigned}-unsigned"; do
		id=$(id_of "$id" "$VERSION")
		[[ -d $KERNELS/$id ]] || continue
		rm -rf "${KERNELS:?}/$id"
		say "removed $id"
		gone=yes
	done
	[[ $gone ]] || die 64 "$PACKAGE $VERSION is not here; ./run.sh kernels shows what is"
}

vet_word() { # KERNEL
	[[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9.+~-]*$ ]] || die 64 "unknown kernel '$1': neither a file nor the name of a kernel"
}

install_modules() { # TREE DIRECTORY-DESCRIPTOR: by the tree's own Makefile, stripped
	# Its recipes do not quote the path, which may have any character: use another name of it,
	# in /proc.
	exec timeout 900 make -C "$1" INSTALL_MOD_PATH="/proc/$$/fd/$2" INSTALL_MOD_STRIP=1 modules_install
}

# A kernel's build tree: its bzImage and the result of its `make modules_install`.
resolve_tree() { # TREE
	local image=$1/arch/x86/boot/bzImage last into
	[[ -f $image ]] || die 64 "$1 has no arch/x86/boot/bzImage; is it a kernel's build tree, and was it built (make bzImage modules)?"
	# make modules did not run: emu/initramfs.sh names the options that need it.
	if [[ -f $1/.config && ! -e $1/modules.order ]]; then
		resolve_path "$image"
		return
	fi
	room 900 "installing a kernel's modules"
	say "installing the modules of $1"
	mkdir "$TMP/tree"
	exec {into}<"$TMP/tree"
	if ! patiently install_modules "$1" "$into" >"$TMP/install" 2>&1; then
		last=$(grep -v '^make' "$TMP/install" | tail -n 1)
		die 64 "make modules_install in $1 failed: ${last:-it took more than 15 minutes}; were the modules built (make modules)?"
	fi
	resolve_path "$image" "$TMP/tree"
}

usage() {
	die 64 "usage: emu/kernel.sh resolve [KERNEL] [--modules DIR] | resolve --tree DIR | all | series |" \
		"identify KERNEL... | between FIRST LAST | catalogue | remove KERNEL... | update"
}

main_resolve() { # WORD...
	local kernel=debian modules='' tree=''
	ORIGIN=
	while (($#)); do
		case $1 in
		--modules | --tree | --origin)
			[[ ${2-} ]] || die 64 "$1 needs a value"
			case $1 in
			--modules) modules=$(absolute "$2") ;;
			--tree) tree=$(absolute "$2") ;;
			--origin) ORIGIN=$2 ;;
			esac
			shift
			;;
		-*) die 64 "unknown option $1; usage: emu/kernel.sh resolve [KERNEL] [--modules DIR]" ;;
		*) kernel=$1 ;;
		esac
		shift
	done
	if [[ $tree ]]; then
		resolve_tree "$tree"
	elif [[ $kernel == */* || -f $(absolute "$kernel") ]]; then
		resolve_path "$(absolute "$kernel")" "$modules"
	else
		[[ -z $modules ]] || die 64 "--modules needs a kernel given as a file; the package of '$kernel' has its own modules"
		resolve_name "$kernel"
	fi
}

main() {
	local verb=${1-} word
	shift || true
	begin kernel
	mkdir -p "$KERNELS"
	case $verb in
	resolve)
		main_resolve "$@"
		return
		;;
	all | series | identify | between | catalogue | remove | update) ;;
	*) usage ;;
	esac
	for word in "$@"; do vet_word "$word"; done
	[[ $verb == remove && ${1-} == file-* ]] || need_catalogue
	case $verb in
	update) [[ -n $(find "$CATALOGUE" -newer "$TMP") ]] || refresh force || no_lists ;;
	all) generic_kernels >"$TMP/all" && plain_names <"$TMP/all" | sort -uV ;;
	series) newest_of_series >"$TMP/series" && plain_names <"$TMP/series" ;;
	identify) for word in "$@"; do identify "$word"; done ;;
	between)
		(($# == 2)) || usage
		between "$@"
		;;
	remove) for word in "$@"; do remove "$word"; done ;;
	esac
}

main "$@"
