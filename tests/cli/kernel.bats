#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The kernel catalogue without a network, without room, and interrupted; apt-get is replaced.

load ../helpers

setup() {
	CO=$(hostile_directory)
	BIN=$BATS_TEST_TMPDIR/bin
	MARK=kernel-$$-$BATS_TEST_NUMBER
	mkdir -p "$CO/build" "$BIN"
	cp -r "$TOP/emu" "$CO/"
	PATH=$BIN:$PATH
	apt_get 'echo "E: Failed to fetch, could not resolve the name" >&2; exit 100'
}

teardown() {
	end_marked "$MARK"
	if mountpoint -q "$CO/build"; then umount -l "$CO/build"; fi
}

# What `apt-get indextargets` says is the machine's own; all else goes to BODY.
apt_get() { # BODY
	# shellcheck disable=SC2016
	printf '#!/bin/bash\n[[ $* != "indextargets --format"* ]] || { echo "https://archive.invalid/|stable|stable"; exit; }\n%s\n' \
		"$1" >"$BIN/apt-get"
	chmod +x "$BIN/apt-get"
}

resolve() { # ARGUMENT...
	run timeout 30 "$CO/emu/kernel.sh" resolve "$@"
}

left_nothing() {
	! compgen -G "$CO/build/*.tmp.*" && ! compgen -G "$CO/build/kernels/*"
}

# A catalogue as it was read on another day.
old_catalogue() {
	mkdir -p "$CO/build/apt"
	printf 'linux-image-6.1.0-1-amd64\t6.1.7-1\tbookworm\tkmod\n' >"$CO/build/apt/catalogue"
	touch -d '3 days ago' "$CO/build/apt/catalogue"
}

@test "no network and never read: status 4, what apt said, and what works without" {
	resolve 6.1
	expect 4 "network?" "could not resolve" "--kernel PATH --modules DIR"
	left_nothing
}

@test "no network, the lists of another day: they are used, and the package cannot be fetched" {
	old_catalogue
	resolve 6.1
	expect 4 "no network: using the lists of" "cannot fetch linux-image-6.1.0-1-amd64 6.1.7-1" \
		"could not resolve"
	left_nothing
}

@test "no network, the lists of another day: an unknown kernel is unknown" {
	old_catalogue
	resolve 9.99
	expect 64 "unknown kernel '9.99'" "6.1.7"
	left_nothing
}

@test "names that are none" {
	for name in '' ' ' -x 'a b' '$(id)' ..; do
		resolve "$name"
		expect 64 "daxdm: "
		expect_short
	done
	left_nothing
}

@test "a disk that is too full is said before anything is fetched, and again while it is" {
	(($(id -u) == 0)) || skip "expected: not root, who alone may mount a small disk"
	mount -t tmpfs -o size=1m tmpfs "$CO/build"
	resolve 6.1
	expect 4 "disk full" "MiB under" "free some space"
	expect_short
	left_nothing
	mount -t tmpfs -o size=2g tmpfs "$CO/build" # room, but apt says otherwise
	apt_get 'echo "E: Write error - write (28: No space left on device)" >&2; exit 100'
	mkdir -p "$CO/build/apt"
	printf 'linux-image-6.1.0-1-amd64\t6.1.7-1\tbookworm\tkmod\n' >"$CO/build/apt/catalogue"
	resolve 6.1
	expect 4 "disk full while fetching" "free some space"
	left_nothing
	umount "$CO/build"
}

@test "interrupted while it fetches: 130, apt-get has ended, nothing is left" {
	old_catalogue
	touch "$CO/build/apt/catalogue"
	apt_get 'echo $$ >'"$BIN/pid"'; exec sleep 300'
	start_marked "$CO/emu/kernel.sh" resolve 6.1
	within 10 test -s "$BIN/pid"
	kill -INT $!
	ended
	expect 130
	within 5 gone "$(cat "$BIN/pid")"
	left_nothing
}

# A package in $BIN/packages of the files below DIR.
package() { # DIR NAME
	mkdir -p "$1/DEBIAN"
	printf 'Package: %s\nVersion: 9.9-1~b+1\nArchitecture: amd64\nMaintainer: none <none@invalid>\nDescription: -\n' \
		"$2" >"$1/DEBIAN/control"
	dpkg-deb --build "$1" "$BIN/packages/$2.deb" >/dev/null
}

# An archive with one kernel of four packages, of which no list names the modules and the base (its config).  $BIN/packages holds
# what it has; apt-get writes down what it is asked to download.
archive_of_four() {
	local dir=$BATS_TEST_TMPDIR/deb part
	mkdir -p "$BIN/packages" "$dir"/{image,binary/boot,base/usr/lib/modules/9.9-amd64,modules/usr/lib/modules/9.9-amd64/kernel/{fs,sound}}
	cp -L "$(type -P true)" "$dir/binary/boot/vmlinuz-9.9-amd64"
	echo CONFIG_DAX=y >"$dir/base/usr/lib/modules/9.9-amd64/config"
	echo kernel/fs/ext4/ext4.ko >"$dir/base/usr/lib/modules/9.9-amd64/modules.builtin"
	: >"$dir/modules/usr/lib/modules/9.9-amd64/modules.order"
	cp -L "$(type -P true)" "$dir/modules/usr/lib/modules/9.9-amd64/kernel/fs/dax.ko"
	cp -L "$(type -P true)" "$dir/modules/usr/lib/modules/9.9-amd64/kernel/sound/snd.ko"
	for part in image binary base modules; do package "$dir/$part" "linux-$part-9.9-amd64"; done
	cat >"$BIN/lists" <<-'LISTS'
		Package: linux-image-9.9-amd64
		Version: 9.9-1~b+1
		Size: 100
		Depends: kmod, linux-base-9.9-amd64 (= 9.9-1~b+1), linux-binary-9.9-amd64 (= 9.9-1~b+1), linux-modules-9.9-amd64 (= 9.9-1~b+1)

		Package: linux-binary-9.9-amd64
		Version: 9.9-1~b+1
		Size: 200
	LISTS
	# shellcheck disable=SC2016
	apt_get 'case $* in
		*" indextargets "*FILENAME*) echo "stable|'"$BIN"'/lists" ;;
		*" indextargets "*REPO_URI*) echo "stable|https://archive.invalid/debian/" ;;
		*" update") echo "Get:1 all"; echo update >>'"$BIN"'/asked ;;
		*" download "*) for word; do
				[[ $word == linux-*=* ]] || continue
				name=${word%%=*}
				echo "$word" >>'"$BIN"'/asked
				cp '"$BIN"'/packages/$name.deb . || exit 100
			done ;;
		esac'
	FETCHED=$CO/build/kernels/9.9-amd64_9.9-1_b+1
}

list_more() { # NAME...: what the lists name, too
	printf '\nPackage: %s\nVersion: 9.9-1~b+1\nSize: 300\n' "$@" >>"$BIN/lists"
}

# The table of the program, from this catalogue.
table() {
	printf '#!/bin/sh\n' >"$CO/run.sh" # installs packages
	chmod +x "$CO/run.sh"
	run timeout 30 env -C "$CO" "$TOP/build/daxdm" kernels
}

# The lists are read; what is in none of them lies in $BIN/packages.
read_lists() {
	curl_says 200
	table
	expect 0 "linux-image-9.9-amd64"
	sed -i "s|https:.*/\(linux-[a-z]*-9.9-amd64\)_.*_amd64.deb|file:$BIN/packages/\1.deb|" "$CO/build/apt/catalogue"
}

# curl as it says what a server says of a file; 404 for what is not in the archive.
curl_says() { # STATUS
	cat >"$BIN/curl" <<-CURL
		#!/bin/bash
		sed -n 's/^url = .\(.*\)./\1/p' "\${@: -1}" | tee $BIN/urls | while read -r url; do
			printf 'HTTP/1.1 $1 x\r\nContent-Length: 300\r\n\r\n'
			echo "status $1 \$url"
		done
	CURL
	chmod +x "$BIN/curl"
}

@test "a kernel that lies among its modules, and has no signature, is found" {
	archive_of_four
	cd "$BATS_TEST_TMPDIR/deb"
	mkdir -p binary/usr/lib/modules/9.9-amd64
	mv binary/boot/vmlinuz-9.9-amd64 binary/usr/lib/modules/9.9-amd64/vmlinuz.unsigned
	package binary linux-binary-9.9-amd64
	list_more linux-base-9.9-amd64
	list_more linux-modules-9.9-amd64
	run timeout 30 "$CO/emu/kernel.sh" resolve 9.9
	expect 0 "$FETCHED"
	[ "$(cat "$FETCHED/release")" = 9.9-amd64 ]
	[ -s "$FETCHED/vmlinux" ]
	grep -q CONFIG_DAX=y "$FETCHED/config"
}

@test "modules that no list names: asked for in the archive, fetched, and the guest has to verify them" {
	archive_of_four
	read_lists
	expect 0 "1 kernel in the archive"
	[[ $output != *"(no modules)"* ]]
	diff <(printf 'https://archive.invalid/debian/pool/main/l/linux/%s_9.9-1%%7eb%%2b1_amd64.deb\n' linux-{base,modules}-9.9-amd64) "$BIN/urls"
	rm "$BIN/asked"
	resolve 9.9
	expect 0 "fetching linux-image-9.9-amd64 linux-base-9.9-amd64 linux-binary-9.9-amd64 linux-modules-9.9-amd64" "$FETCHED"
	diff <(printf '%s\n' linux-{image,binary}-9.9-amd64=9.9-1~b+1) "$BIN/asked"
	[[ -e $FETCHED/signed-only && -s $FETCHED/vmlinux && ! -e $FETCHED/config ]]
	[[ $(<"$FETCHED/release") == 9.9-amd64 ]]
	[[ $(<"$FETCHED/modules/lib/modules/9.9-amd64/modules.builtin") == kernel/fs/ext4/ext4.ko ]]
	[[ -s $FETCHED/modules/lib/modules/9.9-amd64/kernel/fs/dax.ko && ! -e $FETCHED/modules/lib/modules/9.9-amd64/kernel/sound ]]
}

@test "modules that went from the archive, too: the table says so, the kernel is no choice" {
	archive_of_four
	curl_says 404
	table
	expect 0 "(no modules)" "1 cannot be fetched"
	resolve 9.9
	expect 64 "unknown kernel '9.9'"
	left_nothing
}

@test "a kernel of several packages, all listed: all are fetched, and nothing is said of signatures" {
	archive_of_four
	list_more linux-modules-9.9-amd64 linux-base-9.9-amd64
	resolve 9.9
	expect 0 "$FETCHED"
	diff <(printf '%s\n' update linux-{image,base,binary,modules}-9.9-amd64=9.9-1~b+1) "$BIN/asked"
	[[ ! -e $FETCHED/signed-only && $(<"$FETCHED/config") == CONFIG_DAX=y ]]
}

@test "a package without a signature that is listed and gone: the signed one, also the next time" {
	archive_of_four
	list_more linux-modules-9.9-amd64 linux-base-9.9-amd64 linux-image-9.9-amd64-unsigned linux-binary-unsigned-9.9-amd64
	sed -i 's|exit 100$|{ echo "E: Failed to fetch https://archive.invalid/$name.deb  404  Not Found" >\&2; exit 100; }|' "$BIN/apt-get"
	resolve 9.9
	expect 0 "the archive no longer has linux-image-9.9-amd64-unsigned 9.9-1~b+1; using the signed packages" "$FETCHED"
	[[ $(<"$FETCHED/package") == "linux-image-9.9-amd64 9.9-1~b+1" ]]
	rm "$BIN/asked"
	resolve 9.9
	expect 0
	[[ $output == "$FETCHED" && ! -e $BIN/asked ]]
}

@test "what is made is readable for the user that QEMU runs as, whatever the umask" {
	archive_of_four
	list_more linux-modules-9.9-amd64
	umask 077
	resolve 9.9
	expect 0 "$FETCHED"
	[[ -z $(find "$CO/build/kernels" ! -perm -004) ]]
}

# --- packages that no list vouches for -----------------------------------------------------------

# Where a link in an evil package leads: what is there must stay as it is.
elsewhere() {
	ELSEWHERE=$BATS_TEST_TMPDIR/elsewhere
	mkdir -p "$ELSEWHERE"/{drivers/net,sound}
	echo mine | tee "$ELSEWHERE/drivers/net/file" >"$ELSEWHERE/sound/file"
	outside >"$BATS_TEST_TMPDIR.before"
}

outside() { # all files that are not in the checkout
	find "$BATS_TEST_TMPDIR" -path "$CO" -prune -o -print | grep -v '/asked$' | sort
}

expect_untouched() {
	diff "$BATS_TEST_TMPDIR.before" <(outside)
	diff <(echo mine) "$ELSEWHERE/drivers/net/file"
	[[ -z $(find "$CO" ! -type d ! -type f -o -perm /7000) ]] # links, devices, setuid
}

@test "an unlisted package brings modules: no kernel, no config, no link, no setuid file" {
	local dir=$BATS_TEST_TMPDIR/evil
	archive_of_four
	read_lists
	mkdir -p "$dir"/{boot,etc,usr/bin,usr/lib/modules/9.9-amd64/{updates,fs}}
	cp -L "$(type -P false)" "$dir/boot/vmlinuz-9"
	cp "$dir/boot/vmlinuz-9" "$dir/boot/vmlinuz-0"
	cp "$dir/boot/vmlinuz-9" "$dir/usr/lib/modules/9.9-amd64/vmlinuz"
	echo CONFIG_EVIL=y >"$dir/usr/lib/modules/9.9-amd64/config"
	install -m 4755 "$(type -P true)" "$dir/usr/bin/evil"
	install -m 6755 "$(type -P true)" "$dir/usr/lib/modules/9.9-amd64/updates/setuid.ko"
	install -m 0777 "$(type -P true)" "$dir/usr/lib/modules/9.9-amd64/fs/good.ko"
	ln "$dir/usr/bin/evil" "$dir/usr/lib/modules/9.9-amd64/fs/hard.ko"
	ln -s /etc/passwd "$dir/usr/lib/modules/9.9-amd64/fs/link.ko"
	: >"$dir/usr/lib/modules/9.9-amd64/modules.order"
	mkfifo "$dir/usr/lib/modules/9.9-amd64/fs/fifo.ko"
	elsewhere
	ln -s "$ELSEWHERE" "$dir/usr/lib/modules/9.9-amd64/kernel"
	package "$dir" linux-modules-9.9-amd64
	outside >"$BATS_TEST_TMPDIR.before"
	resolve 9.9
	expect 0 "$FETCHED"
	objcopy -S "$(readlink -f "$(type -P true)")" "$BATS_TEST_TMPDIR.kernel"
	cmp "$BATS_TEST_TMPDIR.kernel" "$FETCHED/vmlinux"
	[[ ! -e $FETCHED/config && $(<"$FETCHED/release") == 9.9-amd64 ]]
	diff <(printf '%s\n' ./fs/good.ko ./modules.order) \
		<(cd "$FETCHED/modules/lib/modules/9.9-amd64" && find . -name '*.ko' -o -name modules.order | sort)
	[[ $(stat -c '%a %u %g' "$FETCHED/modules/lib/modules/9.9-amd64/fs/good.ko") == "644 $(id -u) $(id -g)" ]]
	expect_untouched
}

# A package as no tool would make it: the members of a tar are those of the words, NAME=KIND.  late: a link of so
# late a time that tar prints no date.
crafted() { # NAME=link|late|file...
	local word mtime dir=$BATS_TEST_TMPDIR/crafted
	mkdir -p "$dir"
	printf 2.0\\n >"$dir/debian-binary"
	tar -cf "$dir/control.tar" -T /dev/null
	tar -cf "$dir/data.tar" -T /dev/null
	for word in "$@"; do
		rm -f "$dir/x"
		mtime=@0
		case ${word#*=} in
		link) ln -s "$ELSEWHERE" "$dir/x" ;;
		late) ln -s "$ELSEWHERE" "$dir/x" && mtime=@1152921504606846976 ;;
		file) cp -L "$(type -P true)" "$dir/x" ;;
		esac
		tar -rPf "$dir/data.tar" --mtime="$mtime" -C "$dir" --transform "flags=rh;s|^x\$|${word%=*}|" x
	done
	(cd "$dir" && ar rc "$BIN/packages/linux-modules-9.9-amd64.deb.new" debian-binary control.tar data.tar)
	mv "$BIN/packages/linux-modules-9.9-amd64.deb.new" "$BIN/packages/linux-modules-9.9-amd64.deb"
	rm -r "$dir"
}

@test "an unlisted package with paths out of its place, through a link, or twice the same" {
	local at=./usr/lib/modules/9.9-amd64
	archive_of_four
	read_lists
	elsewhere
	crafted "$at/kernel=link" "$at/kernel/fs/through.ko=file" "$at/../../../../up.ko=file" "$at/kernel/../../up2.ko=file" \
		"$BATS_TEST_TMPDIR/absolute.ko=file"
	resolve 9.9
	expect 0 "$FETCHED"
	diff <(echo ./kernel/fs/through.ko) <(cd "$FETCHED/modules/lib/modules/9.9-amd64" && find . -name '*.ko')
	expect_untouched
	rm -r "$FETCHED"
	crafted "$at/kernel/fs/a.ko=link" "$at/kernel/fs/a.ko=file"
	resolve 9.9
	expect 4 "linux-modules-9.9-amd64" "contains a file twice"
	expect_untouched
	left_nothing
	crafted "$at/kernel/fs/a.ko=file" "$at/kernel/fs/a.ko=late"
	resolve 9.9
	expect 4 "linux-modules-9.9-amd64" "contains a link in the place of a file"
	expect_untouched
	left_nothing
}

# --- a fetched kernel that changed ---------------------------------------------------

# It is made again, which one line says, and is as it was.
expect_made_again() { # WHY
	rm "$BIN/asked"
	resolve 9.9
	expect 0 "kernel: build/kernels/${FETCHED##*/}: $1; rebuilding it" "$FETCHED"
	[[ -s $BIN/asked ]]
	cmp "$FETCHED/vmlinux" "$BATS_TEST_TMPDIR/vmlinux"
	[[ -s $FETCHED/modules/lib/modules/9.9-amd64/kernel/fs/dax.ko ]]
}

@test "a fetched kernel that was cut, changed, or lacks a file is made again; one that was only copied is not" {
	archive_of_four
	list_more linux-modules-9.9-amd64
	resolve 9.9
	expect 0 "$FETCHED"
	cp "$FETCHED/vmlinux" "$BATS_TEST_TMPDIR/vmlinux"
	truncate -s 100 "$FETCHED/vmlinux"
	expect_made_again "vmlinux changed"
	printf X | dd of="$FETCHED/vmlinux" bs=1 seek=200 conv=notrunc status=none
	expect_made_again "vmlinux changed"
	rm "$FETCHED/modules/lib/modules/9.9-amd64/kernel/fs/dax.ko"
	expect_made_again "modules/lib/modules/9.9-amd64/kernel/fs/dax.ko changed"
	: >"$FETCHED/modules/lib/modules/9.9-amd64/kernel/fs/more.ko"
	rm "$FETCHED/release"
	expect_made_again "modules/lib/modules/9.9-amd64/kernel/fs/more.ko and 1 more changed"
	rm "$FETCHED/digest"
	expect_made_again "it has no digest"
	rm "$BIN/asked"
	cp -r "$FETCHED" "$FETCHED.copy"
	rm -r "$FETCHED"
	mv "$FETCHED.copy" "$FETCHED"
	resolve 9.9
	expect 0
	[[ $output == "$FETCHED" && ! -e $BIN/asked ]]
}

@test "an own kernel that was cut here is made again" {
	local dir=$BATS_TEST_TMPDIR/own
	mkdir -p "$dir/lib/modules/9.9-own/kernel"
	printf '#include <stdio.h>\nint main(void) { puts("Linux version 9.9-own (me)"); }\n' |
		gcc -x c -o "$dir/vmlinux" -
	install -m 4755 "$dir/vmlinux" "$dir/lib/modules/9.9-own/kernel/a.ko"
	resolve "$dir/vmlinux" --modules "$dir"
	expect 0 "/build/kernels/file-9.9-own-"
	FETCHED=${lines[-1]}
	[[ $(stat -c %a "$FETCHED/modules/lib/modules/9.9-own/kernel/a.ko") == 644 ]]
	cp "$FETCHED/vmlinux" "$BATS_TEST_TMPDIR/vmlinux"
	truncate -s 100 "$FETCHED/vmlinux"
	resolve "$dir/vmlinux" --modules "$dir"
	expect 0 "vmlinux changed; rebuilding it"
	cmp "$FETCHED/vmlinux" "$BATS_TEST_TMPDIR/vmlinux"
	resolve "$dir/vmlinux" --modules "$dir"
	expect 0
	[[ $output == "$FETCHED" ]]
}

# A kernel with all built in makes an initramfs of little.
small_kernel() {
	local k=$CO/build/kernels/k m
	m=$k/modules/lib/modules/9.9-own
	mkdir -p "$m"
	printf 'kernel/%s.ko\n' nfit nd_pmem dm-mod qemu_fw_cfg ext4 >"$m/modules.builtin"
	: >"$m/modules.order"
	depmod -b "$k/modules" 9.9-own
	echo 9.9-own >"$k/release"
	cp -L "$(type -P true)" "$CO/build/daxdm"
}

initramfs() { # [NAME=VALUE]...
	run timeout 60 env "$@" "$CO/emu/initramfs.sh" "$CO/build/kernels/k" ext4
}

@test "an initramfs that was cut or changed is made again; its use is noted" {
	local cpio
	small_kernel
	initramfs
	expect 0 "made for 9.9-own ext4"
	cpio=${lines[-1]}
	cp "$cpio" "$BATS_TEST_TMPDIR/cpio"
	truncate -s 1000 "$cpio"
	initramfs
	expect 0 "build/initramfs/${cpio##*/}: ${cpio##*/} changed; rebuilding it"
	cmp "$cpio" "$BATS_TEST_TMPDIR/cpio"
	printf X | dd of="$cpio" bs=1 seek=2000 conv=notrunc status=none
	initramfs
	expect 0 "rebuilding it"
	cmp "$cpio" "$BATS_TEST_TMPDIR/cpio"
	touch -d '1 day ago' "$cpio.digest"
	initramfs
	[[ $status == 0 && $output == "$cpio" && -n $(find "$cpio.digest" -mmin -1) ]]
	touch -d '1 day ago' "$cpio"
	initramfs
	[[ $status == 0 && $output == "$cpio" ]]
}

own_mkfs() { # WORD: in $bin
	echo "#include <stdio.h>
		int main(void) { puts(\"number-$1\"); }" | gcc -x c -o "$bin/mkfs.ext4" -
}

@test "an initramfs is made of what is there now, also of a file that kept its size and time" {
	local own cpio bin=$BATS_TEST_TMPDIR/first
	small_kernel
	mkdir "$bin"
	initramfs PATH="$bin:$PATH"
	expect 0 "made for 9.9-own ext4"
	own=${lines[-1]}
	own_mkfs one
	initramfs PATH="$bin:$PATH"
	expect 0 "made for 9.9-own ext4"
	cpio=${lines[-1]}
	cpio -i --quiet --to-stdout sbin/mkfs.ext4 <"$cpio" | grep -a number-one
	touch -r "$bin/mkfs.ext4" "$BATS_TEST_TMPDIR/time"
	own_mkfs two
	touch -r "$BATS_TEST_TMPDIR/time" "$bin/mkfs.ext4"
	initramfs PATH="$bin:$PATH"
	expect 0 "made for 9.9-own ext4"
	[[ ${lines[-1]} != "$cpio" ]]
	cpio -i --quiet --to-stdout sbin/mkfs.ext4 <"${lines[-1]}" | grep -a number-two
	rm "$bin/mkfs.ext4"
	initramfs PATH="$bin:$PATH"
	[[ $status == 0 && $output == "$own" ]]
}

# --- names ---------------------------------------------------------------------------------------

@test "a kernel that is not: one line at once, and the archive's lists are not read again for it" {
	archive_of_four
	list_more linux-modules-9.9-amd64
	resolve 9.9
	expect 0
	rm "$BIN/asked"
	touch -d '1 hour ago' "$CO/build/apt/catalogue"
	resolve 9.8
	expect 64 "unknown kernel '9.8'" "newest of each series: 9.9;" "./run.sh kernels shows all"
	[[ ${#lines[@]} == 1 && $output != *emu/* && ! -e $BIN/asked ]]
	run timeout 30 "$CO/emu/kernel.sh" update
	expect 0
	diff <(echo update) "$BIN/asked"
	[[ -n $(find "$CO/build/apt/catalogue" -mmin -1) ]]
}

@test "a kernel's own makefile gets a path for its modules that no shell splits" {
	local tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/arch/x86/boot"
	touch "$tree/arch/x86/boot/bzImage"
	# As the kernel's: nothing is quoted.
	printf 'modules_install:\n\t@mkdir -p $(INSTALL_MOD_PATH)/lib && ls -d $(INSTALL_MOD_PATH)/lib >%q && echo made; false\n' \
		"$BIN/lib" >"$tree/Makefile"
	resolve --tree "$tree"
	expect 64 "make modules_install in $tree failed: made;"
	[[ $(cat "$BIN/lib") =~ ^/proc/[0-9]+/fd/[0-9]+/lib$ ]]
}

@test "a kernel file without modules: its configuration is found next to it, in its tree or in itself" {
	local image=$BATS_TEST_TMPDIR/k/vmlinux dir
	mkdir -p "$BATS_TEST_TMPDIR/k"
	printf '\x7fELF\x02 Linux version 6.6.6-own (me)\n' >"$image"
	echo CONFIG_PVH=y >"$BATS_TEST_TMPDIR/k/config-6.6.6-own"
	resolve "$image"
	expect 0
	dir=${lines[-1]}
	[[ -e $dir/no-modules && $(<"$dir/release") == 6.6.6-own && $(<"$dir/config") == CONFIG_PVH=y ]]
	rm "$BATS_TEST_TMPDIR/k/config-6.6.6-own"
	{
		printf 'IKCFG_ST'
		echo CONFIG_IKCONFIG=y | gzip -c
		printf 'IKCFG_ED'
	} >>"$image"
	resolve "$image"
	expect 0
	[[ $(<"${lines[-1]}/config") == CONFIG_IKCONFIG=y ]]
	# A build tree without modules: nothing is installed.
	mkdir -p "$BATS_TEST_TMPDIR/tree/arch/x86/boot"
	cp "$image" "$BATS_TEST_TMPDIR/tree/arch/x86/boot/bzImage"
	echo CONFIG_MODULES=y >"$BATS_TEST_TMPDIR/tree/.config"
	echo CONFIG_TREE=y >>"$BATS_TEST_TMPDIR/tree/.config"
	resolve --tree "$BATS_TEST_TMPDIR/tree"
	expect 0
	[[ -e ${lines[-1]}/no-modules ]]
	grep -x CONFIG_TREE=y "${lines[-1]}/config"
}
