#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# emu/initramfs.sh: what a kernel lacks is said before anything boots.

load ../helpers

setup() {
	KDIR=$BATS_TEST_TMPDIR/k
	mkdir -p "$KDIR/modules/lib/modules/6.6.6"
	echo 6.6.6 >"$KDIR/release"
	printf 'CONFIG_%s\n' PVH=y SERIAL_8250=y X86_IOPL_IOPERM=y FW_CFG_SYSFS=m ACPI_NFIT=m BLK_DEV_PMEM=m \
		NVDIMM_PFN=y FS_DAX=y BLK_DEV_DM=m SYSCTL=y EXT4_FS=y XFS_FS=m >"$KDIR/config"
}

initramfs() { # KIND
	run timeout 60 "$TOP/emu/initramfs.sh" "$KDIR" "$1"
}

without() { # OPTION
	sed -i "/^CONFIG_$1=/d" "$KDIR/config"
	echo "# CONFIG_$1 is not set" >>"$KDIR/config"
}

@test "a kernel without an option that the emulated host needs is refused in one line" {
	without NVDIMM_PFN
	without FS_DAX
	initramfs check
	expect 4 "the kernel 6.6.6 cannot be the emulated host's: CONFIG_NVDIMM_PFN is not set, CONFIG_FS_DAX is not set; build it"
	expect_short
}

@test "a filesystem is needed by those that use it only" {
	without XFS_FS
	initramfs xfs
	expect 4 "CONFIG_XFS_FS is not set"
	initramfs ext4
	[[ $output != *"is not set"* ]]
}

@test "one that has them all, and one whose configuration is not known, are not refused for it" {
	initramfs check
	[[ $output == *"has no module"* && $output != *"is not set"* ]]
	rm "$KDIR/config"
	initramfs check
	[[ $output == *"has no module"* && $output != *"is not set"* ]]
}

# A kernel whose modules are this machine's ELF files with the sections that modinfo reads.
module() { # FILE NAME DEPENDS
	mkdir -p "$(dirname "$1")"
	printf 'name=%s\0vermagic=6.6.6 SMP\0depends=%s\0' "$2" "$3" >"$BATS_TEST_TMPDIR/modinfo"
	echo | gcc -c -x c -o "$1" -
	objcopy --add-section .modinfo="$BATS_TEST_TMPDIR/modinfo" "$1"
}

archive() { # FILE...
	local file words=()
	for file in "$@"; do words+=(--module "$file"); done
	run timeout 60 "$TOP/emu/initramfs.sh" "$KDIR" modules "${words[@]}"
}

@test "modules that a restored guest loads are an archive; one that is loaded before it is saved needs an initramfs" {
	local own=$KDIR/modules/lib/modules/6.6.6/kernel new=$BATS_TEST_TMPDIR/new
	module "$own/dm-mod.ko" dm_mod dax
	module "$own/dm-log-writes.ko" dm_log_writes dm-mod
	module "$own/nd_pmem.ko" nd_pmem libnvdimm
	module "$new/dm-mod.ko" dm_mod dax
	module "$new/dm-log-writes.ko" dm_log_writes dm-mod
	module "$new/nd_pmem.ko" nd_pmem libnvdimm
	archive "$new/dm-mod.ko" "$new/dm-log-writes.ko"
	expect 0 "build/initramfs/modules-"
	# It may have waited for another suite, and said so.
	output=${output##*$'\n'}
	[[ $(cpio -t --quiet <"$output" | sort | tr '\n' ' ') == "modules modules/dm-log-writes.ko modules/dm-mod.ko modules/replaced " ]]
	rm "$output"
	archive "$new/dm-mod.ko" "$new/nd_pmem.ko"
	expect 0
	[[ ! $output ]]
	# It needs a module that the kernel's own does not, which may not be there.
	module "$new/dm-mod.ko" dm_mod dax,libcrc32c
	archive "$new/dm-mod.ko"
	expect 0
	[[ ! $output ]]
	# A guest that verifies signatures would refuse it.
	module "$new/dm-mod.ko" dm_mod dax
	: >"$KDIR/signed-only"
	archive "$new/dm-mod.ko"
	expect 0
	[[ ! $output ]]
}

# Otherwise each run boots: a snapshot belongs to an initramfs.
@test "the same input gives the same initramfs, with stubs of fio's and daxdm's libraries" {
	local base=$KDIR/modules/lib/modules/6.6.6
	printf 'kernel/x/%s.ko\n' nfit nd_pmem qemu_fw_cfg ext4 dm-mod >"$base/modules.builtin"
	depmod -b "$KDIR/modules" 6.6.6
	initramfs ext4+fio
	((status == 0))
	first=${lines[-1]}
	initramfs ext4+fio
	expect 0 "$first"
	run bash -c "cpio -tv <'$first' 2>/dev/null | grep -E ' lib/.*/libcrypto\.so'"
	((status)) || [[ $(awk '{ print $5 }' <<<"$output") -lt 100000 ]] || expect "a stub of libcrypto"
	rm "$first" "$first.digest"
}

@test "a kernel without modules has what is needed built in, or the options that are modules are named" {
	: >"$KDIR/no-modules"
	initramfs ext4
	expect 64 "the kernel 6.6.6 needs modules (CONFIG_FW_CFG_SYSFS=m CONFIG_ACPI_NFIT=m CONFIG_BLK_DEV_PMEM=m CONFIG_BLK_DEV_DM=m)" \
		"--modules DIR"
	expect_short
	sed -i 's/=m$/=y/' "$KDIR/config"
	initramfs ext4
	expect 0 ".cpio"
}

@test "memory that memmap= makes persistent needs its driver" {
	without X86_PMEM_LEGACY
	initramfs ext4+memmap
	expect 4 "CONFIG_X86_PMEM_LEGACY is not set"
	initramfs ext4
	[[ $output != *X86_PMEM_LEGACY* ]]
}

@test "the small configuration has all that the guest needs, the other one KASAN and lockdep" {
	local option KERNEL_OPTIONS
	# shellcheck source=emu/kernel_config.sh
	. "$TOP/emu/kernel_config.sh"
	[[ ${KERNEL_OPTIONS[*]} == *BLK_DEV_DM* ]]
	for option in "${KERNEL_OPTIONS[@]}" EXT4_FS XFS_FS VIRTIO_PMEM MODULES PROC_KCORE; do
		grep -qx "CONFIG_$option=y" "$TOP/emu/small.config" || { echo "no $option"; false; }
	done
	grep -qx CONFIG_KASAN=y "$TOP/emu/kasan.config" && grep -qx CONFIG_PROVE_LOCKING=y "$TOP/emu/kasan.config"
}
