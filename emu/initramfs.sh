#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes the user space of the emulated host: a small uncompressed cpio.  QEMU copies it into the
# guest's memory; to decompress it there would take the guest longer.
#
#   emu/initramfs.sh KDIR KIND [--module FILE.ko]...   prints build/initramfs/KEY.cpio, its only stdout line
#
# KIND is ext4 or xfs for benchmarks on that filesystem, or check for checks, with both filesystems,
# lvm2, and more kernel modules for modprobe.  KIND+PROGRAM adds a program that a benchmark runs
# (fio, if a workload needs it); KIND+tools those that a user of a shell wants; KIND+targets adds the modules of device-mapper's targets, for modprobe;
# KIND+memmap the driver of memory that memmap= makes persistent, KIND+virtio those of virtio-pmem.
#
# KIND modules makes an archive of the modules of --module, which a restored guest loads in place of
# its own, and prints it; nothing if one of them is loaded before the snapshot.
#
# KDIR comes from emu/kernel.sh.  --module replaces the kernel's module of that name.  KEY is a hash
# over the whole input, so the file is rebuilt only if something changed; the same input gives the
# same bytes.  To hash the input takes a second: a file .inputs has the size and times of each file of it, and names
# the cpio that was made of them.
# For tests: DAXDM_GUEST_PROGRAM is used instead of build/daxdm, and DAXDM_GUEST_PADDING_MIB adds a file of that size.
# Exit status: 0; 4 something is missing on this machine or the disk is full; 64 bad arguments.
set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. emu/common.sh
. emu/kernel_config.sh

readonly OUT=$BUILD/initramfs
readonly KEEP=18 # cpio files, and as many .inputs; the least recently used are removed
readonly APPLETS="sh cat cpio dd dmesg echo grep insmod mkdir mknod mount umount poweroff printf sed sleep stty sync tail"
readonly LIBRARIES=/lib/x86_64-linux-gnu
readonly FIO_NEEDS="lib(c|m|dl|rt|pthread|gcc_s|z|aio|numa|uring|pmem2?)" # the others are replaced by stubs
# Modules for modprobe in the guest of checks, if the kernel has them, and in that of +targets.
readonly TARGET_MODULES="dm-cache-smq dm-clone dm-crypt dm-delay dm-dust dm-ebs dm-era dm-flakey dm-integrity
	dm-log-writes dm-mirror dm-pcache dm-raid dm-snapshot dm-switch dm-thin-pool dm-unstripe dm-vdo dm-verity
	dm-writecache dm-zero raid1 raid10 raid456 essiv xts cbc aes-generic sha256-generic"
readonly ON_DEMAND="aes-generic brd cbc cts dm-bufio dm-cache dm-cache-smq dm-crypt dm-delay dm-flakey dm-integrity dm-log-writes dm-mirror
	dm-raid dm-snapshot dm-thin-pool dm-verity dm-writecache dm-zero ecb erofs hwpoison-inject loop mce-inject raid0 raid1 sha512-generic
	virtio_pci virtio_pmem xts"
# Modules that the guest loads after it is restored (emu/init).
readonly LATE="dm-mod"
readonly LVM_COMMANDS="lvchange lvconvert lvcreate lvdisplay lvextend lvreduce lvremove lvrename lvresize lvs
	pvchange pvcreate pvdisplay pvmove pvremove pvresize pvs pvscan vgcfgrestore vgchange vgcreate vgdisplay
	vgextend vgmknodes vgreduce vgremove vgrename vgs vgscan"

# --- the kernel's configuration -------------------------------------------------------------------

OPTIONS=() # more than those of emu/kernel_config.sh

# A kernel without modules has what it needs built in.  Checked before it boots.
vet_config() {
	[[ -r $KDIR/config ]] || return 0
	missing_options "$KDIR/config" "${OPTIONS[@]}" "${FILESYSTEMS[@]/%/_FS}"
	((${#MISSING[@]} == 0)) || die 4 "the kernel $RELEASE cannot be the emulated host's:" \
		"$(printf '%s, ' "${MISSING[@]}" | sed 's/, $//'); build it with that, or choose another one (./run.sh kernels)"
	[[ -e $KDIR/no-modules ]] || AS_MODULE=()
	((${#AS_MODULE[@]} == 0)) || die 64 "the kernel $RELEASE needs modules (${AS_MODULE[*]}):" \
		"give them with --modules DIR, or build these options in"
}

# --- modules -------------------------------------------------------------------------------------

# Finds the module of the kernel that FILE replaces: MODULE is its name, OWN its file below ROOT.
find_own() { # FILE ROOT
	local file=$1 vermagic
	[[ -r $file ]] || die 64 "--module $file cannot be read"
	MODULE=$("$MODINFO" -F name "$file") || true
	[[ -n $MODULE ]] || die 64 "--module $file is not a kernel module"
	vermagic=$("$MODINFO" -F vermagic "$file")
	[[ ${vermagic%% *} == "$RELEASE" ]] ||
		die 64 "--module $file was built for ${vermagic%% *}, this kernel is $RELEASE"
	OWN=$(find "$2/lib/modules/$RELEASE" -name '*.ko*' -printf '%p\n' |
		awk -v name="$MODULE" '{ f = $0; sub(/.*\//, "", f); sub(/\.ko(\..*)?$/, "", f); gsub(/-/, "_", f)
			if (f == name) print }' | head -n 1)
	if [[ -z $OWN ]] && grep -qE "/${MODULE//_/[-_]}\.ko\$" "$KDIR/modules/lib/modules/$RELEASE/modules.builtin"; then
		die 64 "--module $file: $MODULE is built into the kernel $RELEASE and cannot be replaced"
	fi
	[[ -n $OWN ]] || die 64 "--module $file: the kernel $RELEASE has no module $MODULE"
}

# A line of modules/replaced, for the context of the run: lib/run/context.c.
replaced_line() { # FILE OWN MODULE
	unpack_module "$1" "$TMP/replacement.ko"
	echo "$(basename "${2%.ko*}").ko $3 $(build_id "$TMP/replacement.ko")"
}

# Makes a tree of links to the kernel's modules with the replaced ones in it, and runs depmod: their
# dependencies may differ.
with_replacements() { # prints the root to use
	local root=$TMP/modules file MODULE OWN
	mkdir -p "$root/lib/modules"
	cp -as "$KDIR/modules/lib/modules/$RELEASE" "$root/lib/modules/"
	for file in "${REPLACE[@]}"; do
		find_own "$file" "$root"
		rm "$OWN"
		ln -s "$(readlink -f "$file")" "${OWN%.ko*}.ko"
		replaced_line "$file" "$OWN" "$MODULE" >>"$TMP/replaced"
	done
	rm -f "$root/lib/modules/$RELEASE"/modules.{dep,alias,softdep,symbols}*
	"$DEPMOD" -b "$root" "$RELEASE"
	echo "$root"
}

depends() { # FILE: the modules that it needs, sorted
	"$MODINFO" -F depends "$1" | tr , '\n' | sort
}

# Whether a module is loaded after the snapshot only, so that the file can be given to a restored
# guest.  The kernel of a guest that has loaded modules by their signatures refuses one without.
is_late() { # FILE OWN MODULE
	local name
	[[ ! -e $KDIR/signed-only && $(depends "$1") == "$(depends "$2")" ]] || return 1
	for name in $LATE $ON_DEMAND; do
		[[ ${name//-/_} != "$3" || $name == virtio_* ]] || return 0
	done
	return 1
}

# Makes an archive of the modules, to be unpacked in a restored guest.  Prints nothing if one of
# them has to be in the initramfs.
archive() {
	local file MODULE OWN out
	mkdir -p "$TMP/root/modules"
	for file in "${REPLACE[@]}"; do
		find_own "$file" "$KDIR/modules"
		is_late "$file" "$OWN" "$MODULE" || return 0
		add_module "$TMP/root" "$file" "$(basename "${OWN%.ko*}").ko"
		replaced_line "$file" "$OWN" "$MODULE" >>"$TMP/root/modules/replaced"
	done
	find "$TMP/root" -exec touch -hd @0 {} +
	pack "$TMP/root" "$TMP/cpio"
	out=$OUT/modules-$(sha256sum "$TMP/cpio" | cut -c1-20).cpio
	mv "$TMP/cpio" "$out"
	find "$OUT" -name 'modules-*.cpio' -printf '%T@ %p\n' | sort -rn | tail -n "+$((KEEP + 1))" | cut -d' ' -f2- |
		xargs -r -d '\n' rm -f
	echo "$out"
}

# Prints the GNU build id of an object, if it has one.
build_id() { # FILE
	readelf -n "$1" 2>/dev/null | sed -n 's/.*Build ID: //p' | head -n 1
}

# Prints the files to load for the named modules, in order, each once; nothing for a built-in one,
# or for an optional one that the kernel does not have.  No links: the key of the cpio has the
# paths.
load_order() { # ROOT needed | optional MODULE...
	local module out
	[[ ! -e $KDIR/no-modules ]] || return 0
	for module in "${@:3}"; do
		# -C /dev/null: not this machine's configuration, such as an `install` line for
		# libnvdimm.
		if out=$("$MODPROBE" -C /dev/null -d "$1" -S "$RELEASE" --show-depends "$module" 2>&1); then
			echo "$out"
		elif [[ $2 == needed ]]; then
			die 4 "the kernel $RELEASE has no module $module: ${out##*$'\n'}"
		fi
	done | sed -nE 's/^insmod (.*\.ko(\.[a-z0-9]+)?)( .*)?$/\1/p' | awk '!seen[$0]++' | xargs -r -d '\n' readlink -f
}

unpack_module() { # SRC DEST
	case $1 in
	*.xz) xz -dc "$1" >"$2" ;;
	*.zst) zstd -dcq "$1" >"$2" ;;
	*.gz) gzip -dc "$1" >"$2" ;;
	*) cp -L "$1" "$2" ;;
	esac
}

# --- content -------------------------------------------------------------------------------------

# The file and the libraries it is linked with, as lines "DEST SRC".
with_libraries() { # SRC DEST
	echo "$2 $1"
	ldd "$1" 2>/dev/null | awk '$2 == "=>" && $3 ~ /\// { print $3, $3 } $1 ~ /^\/.*ld-linux/ { print $1, $1 }'
}

# The paths of the libraries that a file needs directly.
needed_by() { # FILE
	ldd "$1" | awk '
		part == 1 { needed[$1] = 1; next }
		$1 in needed && $2 == "=>" { print $3 }' part=1 <(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p') part=2 -
}

program() { # NAME PACKAGE: the program and its libraries, as lines of the manifest
	local path
	path=$(need "$1" "$2")
	with_libraries "$(readlink -f "$path")" "/sbin/$1"
}

# Lines "FUNCTION [VERSION]" for the functions that a program imports from a library.
imported_from() { # PROGRAM LIBRARY
	nm -D --undefined-only --with-symbol-versions "$1" | sed 's/.* //; s/@\+/ /' |
		awk 'part == 1 { if ($2 ~ /^[TWi]$/) there[$3] = 1; next } $1 in there' \
			part=1 <(nm -D --defined-only --without-symbol-versions "$2") part=2 -
}

library_of() { # PROGRAM NAME: the library of that name that it is linked with, directly or not
	ldd "$1" 2>/dev/null | awk -v name="$2.so" '$2 == "=>" && index($1, name) == 1 { print $3; exit }'
}

# Makes a stub library of the same name; a call of one of its functions is fatal.
stub_library() { # PROGRAM LIBRARY DIR
	local name
	name=$(basename "$2")
	imported_from "$1" "$2" >"$TMP/taken" &&
		awk '{ printf ".globl %s\n.type %s, @function\n%s: ud2\n", $1, $1, $1 }' "$TMP/taken" | as -o "$TMP/empty.o" - &&
		awk '$2 { of[$2] = of[$2] $1 ";" } END { for (v in of) print v " { global: " of[v] " };" }' "$TMP/taken" >"$TMP/versions" &&
		{ [[ -s $TMP/versions ]] || echo '{};' >"$TMP/versions"; } &&
		ld -shared --build-id=none -soname "$name" --version-script "$TMP/versions" -o "$3/$name" "$TMP/empty.o"
}

# For lines "DEST SRC" of a program that was started in $TMP: both are relative there if it is a stub.
place_stubs() {
	TMP=$TMP awk -v libraries=$LIBRARIES '
		/^(empty|nocrypto)\// {
			sub(/^[^\/]*/, "", $1)
			print libraries $1, ENVIRON["TMP"] "/" $2
			next
		}
		{ print }'
}

# fio is linked with 75 MB of libraries, for engines that use a network; to load them takes longer
# than the jobs run.  The libraries that no job needs are replaced by stubs, the program is the
# distribution's.  Prints lines "DEST SRC", of the real libraries if fio does not start with the
# stubs.
fio_manifest() (
	local fio library job top=$PWD empty=empty stub=nocrypto
	cd "$TMP" # relative: its path may have a colon
	fio=$(readlink -f "$(need fio fio)")
	mkdir -p "$TMP/empty"
	while read -r library; do
		if ! stub_library "$fio" "$library" "$empty"; then rm -f "$TMP/empty/$(basename "$library")"; fi
	done < <(needed_by "$fio" | grep -vE "/${FIO_NEEDS}[.-]") >/dev/null 2>&1
	[[ $(LD_LIBRARY_PATH=$empty:$stub "$fio" --version 2>/dev/null) == fio-* ]] || rm -f "$empty"/*
	LD_LIBRARY_PATH=$empty:$stub with_libraries "$fio" /sbin/fio | place_stubs
	cd "$top"
	for job in workloads/*.fio; do echo "/$job $PWD/$job"; done
)

# program:package
readonly TOOLS="dmsetup:dmsetup addpart:util-linux delpart:util-linux debugfs:e2fsprogs dumpe2fs:e2fsprogs e2fsck:e2fsprogs
	resize2fs:e2fsprogs tune2fs:e2fsprogs xfs_db:xfsprogs xfs_growfs:xfsprogs xfs_io:xfsprogs xfs_repair:xfsprogs"

tools_manifest() {
	local tool
	for tool in $TOOLS; do program "${tool%:*}" "${tool#*:}"; done
	if type -P strace >/dev/null; then program strace strace; fi # the tests install it
}

# libndctl is linked with libkmod, and that with libcrypto for the signatures of modules, which neither daxdm nor fio
# reads.  Most relocations of either program are libcrypto's.  Prints lines "DEST SRC", with a stub in place of libcrypto
# if the program starts with it; fio gets the same one.
daxdm_manifest() (
	local daxdm kmod crypto stub=nocrypto
	cd "$TMP"
	daxdm=$(absolute "${DAXDM_GUEST_PROGRAM:-$DAXDM}")
	kmod=$(library_of "$daxdm" libkmod)
	crypto=$(library_of "$daxdm" libcrypto)
	mkdir -p "$stub"
	if [[ ! $kmod || ! $crypto ]] || ! stub_library "$kmod" "$crypto" "$stub" 2>/dev/null ||
		! LD_LIBRARY_PATH=$stub "$daxdm" list >/dev/null 2>&1; then
		rm -f "$stub"/*
	fi
	LD_LIBRARY_PATH=$stub with_libraries "$daxdm" /bin/daxdm | place_stubs
)

manifest() { # lines "DEST SRC", sorted, without modules
	local name
	{
		echo "/init $PWD/emu/init"
		echo "/bin/busybox $BUSYBOX"
		daxdm_manifest
		[[ ! -r $KDIR/config ]] || echo "/boot/config-$RELEASE $KDIR/config"
		if [[ $KIND != xfs ]]; then
			program mkfs.ext4 e2fsprogs
			[[ ! -r /etc/mke2fs.conf ]] || echo "/etc/mke2fs.conf /etc/mke2fs.conf"
		fi
		if [[ $KIND != ext4 ]]; then
			program mkfs.xfs xfsprogs
		fi
		for name in "${PROGRAMS[@]}"; do
			"${name}_manifest"
		done
		if [[ $KIND == check ]]; then
			program lvm lvm2
			program e2fsck e2fsprogs
			program xfs_repair xfsprogs
			if type -P mkfs.erofs >/dev/null; then program mkfs.erofs erofs-utils; fi # one check needs it
			echo "/etc/lvm/lvm.conf $PWD/emu/lvm.conf"
		fi
	} | sort -u
}

add_module() { # ROOT FILE [NAME.ko]
	local to
	to=$1/modules/${3-$(basename "${2%.ko*}").ko}
	unpack_module "$2" "$to"
	# A locally built module may have 30 MB of debug information; strip would remove the
	# signature of a packaged one. objdump does not read modules of packages that no list
	# authenticates.
	if [[ ! -e $KDIR/signed-only || $2 != "$KDIR"/* ]] && objdump -h "$to" | grep -q debug_info; then
		strip --strip-debug "$to"
	fi
}

# Adds every applet, the commands of lvm, and modprobe, which the kernel calls too.
add_check_tools() { # ROOT
	local root=$1 applet
	for applet in $("$BUSYBOX" --list); do
		[[ -e $root/bin/$applet || -L $root/bin/$applet || -e $root/sbin/$applet ]] ||
			ln -s busybox "$root/bin/$applet"
	done
	for applet in $LVM_COMMANDS; do
		ln -s lvm "$root/sbin/$applet"
	done
	add_on_demand "$root"
}

# Adds modprobe, which the kernel calls, and the modules that it may load.
add_on_demand() { # ROOT
	local root=$1 src
	ln -s ../bin/busybox "$root/sbin/modprobe"
	while read -r src; do
		add_module "$root" "$src"
	done <"$TMP/on_demand"
	mkdir -p "$root/lib/modules"
	ln -s ../../modules "$root/lib/modules/$RELEASE"
	if [[ -r $KDIR/modules/lib/modules/$RELEASE/modules.builtin ]]; then
		cp "$KDIR/modules/lib/modules/$RELEASE/modules.builtin" "$root/modules/"
	fi
	"$DEPMOD" -b "$root" "$RELEASE"
}

# Whether the guest has to refuse modules without a valid signature; a replaced module has none.
signed_only() {
	[[ -e $KDIR/signed-only ]] && ((${#REPLACE[@]} == 0))
}

make_tree() { # ROOT
	local root=$1 dest src applet
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,mnt,run,etc,modules}
	while read -r dest src; do
		mkdir -p "$root$(dirname "$dest")"
		cp -L "$src" "$root$dest"
		chmod 755 "$root$dest"
	done <"$TMP/manifest"
	strip "$root/bin/daxdm" 2>/dev/null || true # of a program for tests that is a script
	for applet in $APPLETS; do
		ln -s busybox "$root/bin/$applet"
	done
	ln -s /proc/mounts "$root/etc/mtab"
	while read -r src; do
		add_module "$root" "$src"
		echo "$(basename "${src%.ko*}").ko" >>"$root/modules/load"
	done <"$TMP/load"
	: >"$root/modules/late"
	while read -r src; do
		add_module "$root" "$src"
		echo "$(basename "${src%.ko*}").ko" >>"$root/modules/late"
	done <"$TMP/late"
	if [[ ${DAXDM_GUEST_PADDING_MIB-} ]]; then truncate -s "${DAXDM_GUEST_PADDING_MIB}M" "$root/padding"; fi
	printf '%s\n' "${FILESYSTEMS[@]}" >"$root/modules/filesystems"
	echo "$KIND" >"$root/modules/kind"
	if signed_only; then : >"$root/modules/signed-only"; fi
	if [[ -s $TMP/replaced ]]; then cp "$TMP/replaced" "$root/modules/replaced"; fi
	if [[ $KIND == check ]]; then
		add_check_tools "$root"
	elif [[ $TARGETS ]]; then
		add_on_demand "$root"
	fi
	find "$root" -exec touch -hd @0 {} +
}

pack() { # ROOT OUT
	(cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --reproducible -R 0:0 --quiet) >"$2"
}

# The time of the digest is the time of the last use; that of the file shows whether it changed.
prune() {
	local old
	while read -r old; do
		rm -f "$OUT/$old" "$OUT/${old%.digest}"
	done < <(old_ones "$OUT" '*.cpio.digest' $KEEP)
	while read -r old; do
		rm -f "$OUT/$old"
	done < <(old_ones "$OUT" '*.inputs' $KEEP)
	for old in "$OUT"/[0-9a-f]*.cpio; do
		[[ -e $old.digest ]] || rm -f "$old"
	done
}

key() {
	{
		cat "$TMP/manifest" "$TMP/load" "$TMP/late" "$TMP/on_demand"
		cut -d' ' -f2- "$TMP/manifest" | cat - "$TMP/all" "$TMP/on_demand" | sort -u | xargs -d '\n' sha256sum
		echo "$KIND ${PROGRAMS[*]} $RELEASE ${DAXDM_GUEST_PADDING_MIB-}"
		if signed_only; then echo "signed only"; fi
		cat "$TMP/replaced"
		sha256sum emu/initramfs.sh
	} | TMP=$TMP awk '
		i = index($0, ENVIRON["TMP"]) { $0 = substr($0, 1, i - 1) substr($0, i + length(ENVIRON["TMP"])) }
		{ print }' | sha256sum | cut -c1-20
}

arguments() {
	local word words
	[[ $# -ge 2 ]] || die 64 "usage: emu/initramfs.sh KDIR KIND [--module FILE.ko]..."
	KDIR=$(readlink -f "$(absolute "$1")")
	IFS=+ read -r KIND words <<<"$2"
	REPLACE=()
	shift 2
	while (($#)); do
		[[ $1 == --module && -n ${2-} ]] || die 64 "unknown argument $1; usage: emu/initramfs.sh KDIR KIND [--module FILE.ko]..."
		REPLACE+=("$(absolute "$2")")
		shift 2
	done
	case $KIND in
	ext4 | xfs) FILESYSTEMS=("$KIND") ;;
	check) FILESYSTEMS=(ext4 xfs) ;;
	modules) FILESYSTEMS=() ;;
	*) die 64 "unknown kind '$KIND'; known: ext4 xfs check modules" ;;
	esac
	PROGRAMS=() DRIVERS=(nfit) TARGETS=
	for word in ${words//+/ }; do
		case $word in
		fio | tools) PROGRAMS+=("$word") ;;
		targets) TARGETS=yes ;;
		memmap) DRIVERS+=(nd_e820) OPTIONS+=(X86_PMEM_LEGACY) ;;
		virtio) DRIVERS+=(virtio_pci virtio_pmem) OPTIONS+=(VIRTIO_PCI VIRTIO_PMEM) ;;
		*) die 64 "unknown program '$word' for $KIND; known: fio tools targets memmap virtio" ;;
		esac
	done
	[[ -r $KDIR/release && -d $KDIR/modules ]] || die 64 "$1 is not a directory made by emu/kernel.sh resolve"
	RELEASE=$(<"$KDIR/release")
}

# The file .inputs of what is asked for.
inputs_file() {
	local digest
	digest=$(printf '%s\n' "$PWD" "$PATH" "$DAXDM" "$KDIR" "$KIND ${PROGRAMS[*]} ${DRIVERS[*]} $TARGETS" "${REPLACE[@]}" \
		"${DAXDM_GUEST_PROGRAM-}" "${DAXDM_GUEST_PADDING_MIB-}" | sha256sum)
	echo "$OUT/${digest:0:20}.inputs"
}

# Prints the files that decide what is in the cpio: those in it, those of which stubs were made, and those that decide
# where a program or a library is found.
list_inputs() {
	tr : '\n' <<<"$PATH:/sbin:/usr/sbin"
	printf '%s\n' emu/{initramfs,common,kernel_config}.sh emu/lvm.conf /etc/ld.so.cache \
		"$KDIR"/{release,config,signed-only,no-modules,digest} "$KDIR/modules/lib/modules/$RELEASE"/modules.{dep,builtin} \
		"${REPLACE[@]}"
	cat "$TMP/all" "$TMP/on_demand"
	stubs=$TMP awk '{ print index($0, ENVIRON["stubs"]) ? $1 : substr($0, index($0, " ") + 1) }' "$TMP/manifest"
}

stat_files() { # FILE...
	stat -L --printf '%s %y %z %n\n' -- "$@"
}

# Prints the cpio of the same input that was made before.  Returns 1 if there is none.
remembered() { # INPUTS-FILE
	local out files
	[[ -e $1 ]] || return 1
	out=$OUT/$(head -n 1 "$1")
	mapfile -t files < <(sed -nE '2,$s/^([^ ]+ ){7}//p' "$1")
	[[ -e $out ]] && stat_files "${files[@]}" 2>/dev/null | cmp -s - <(tail -n +2 "$1") && whole "$out" || return 1
	touch "$1" "$out.digest"
	echo "$out"
}

build() {
	local root=$KDIR/modules out inputs file
	local -a files=()
	inputs=$(inputs_file)
	! remembered "$inputs" || return 0
	tools
	: >"$TMP/replaced"
	vet_config
	if ((${#REPLACE[@]})); then
		root=$(with_replacements)
	fi
	load_order "$root" needed "${DRIVERS[@]}" nd_pmem qemu_fw_cfg "${FILESYSTEMS[@]}" >"$TMP/load"
	# What an early module needs as well is loaded early; a kernel may have all of them built in.
	load_order "$root" needed $LATE >"$TMP/all"
	grep -vxFf "$TMP/load" "$TMP/all" >"$TMP/late" || true
	cat "$TMP/load" "$TMP/late" >"$TMP/all"
	: >"$TMP/on_demand"
	if [[ $KIND == check ]]; then
		# shellcheck disable=SC2086 # words
		load_order "$root" optional $ON_DEMAND | grep -vxFf "$TMP/all" >"$TMP/on_demand" || true
	elif [[ $TARGETS ]]; then
		# shellcheck disable=SC2086 # words
		load_order "$root" optional $TARGET_MODULES | grep -vxFf "$TMP/all" >"$TMP/on_demand" || true
	fi
	manifest >"$TMP/manifest"
	while read -r file; do
		if [[ -e $file ]]; then files+=("$file"); fi
	done < <(list_inputs)
	stat_files "${files[@]}" >"$TMP/inputs" # before it is read: what changes meanwhile is noticed the next time
	out=$OUT/$(key).cpio
	if [[ -e $out ]] && ! whole "$out"; then
		say "build/initramfs/${out##*/}: $WHY; rebuilding it"
		rm -f "$out"
	fi
	if [[ -e $out ]]; then
		touch "$out.digest"
	else
		make_tree "$TMP/root"
		pack "$TMP/root" "$TMP/cpio"
		mv "$TMP/cpio" "$out"
		seal "$out"
		say "made for $RELEASE $KIND, $(($(stat -c %s "$out") >> 20)) MiB"
	fi
	sed -i "1i ${out##*/}" "$TMP/inputs"
	mv "$TMP/inputs" "$inputs"
	prune
	echo "$out"
}

tools() {
	BUSYBOX=$(need busybox busybox-static)
	MODPROBE=$(need modprobe kmod)
	MODINFO=$(need modinfo kmod)
	DEPMOD=$(need depmod kmod)
	need cpio cpio >/dev/null
	need strip binutils >/dev/null
	! ldd "$BUSYBOX" >/dev/null || die 4 "$BUSYBOX is not static; run: apt-get install busybox-static"
}

main() {
	begin initramfs
	arguments "$@"
	[[ -x $DAXDM ]] || die 4 "build/daxdm is not built; run: make"
	mkdir -p "$OUT"
	if [[ $KIND == modules ]]; then
		tools
		archive
	else
		build
	fi
}

main "$@"
