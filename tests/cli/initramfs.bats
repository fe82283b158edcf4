#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# emu/initramfs.sh: what a kernel lacks is said before anything boots.

load ../helpers

setup() {
	KDIR=$BATS_TEST_TMPDIR/k
	mkdir -p "$KDIR/modules/lib/modules/6.6.6"
	echo 6.6.6 >"$KDIR/release"
	printf 'CONFIG_%s\n' PVH=y SERIAL_8250=y X86_IOPL_IOPERM=y FW_CFG_SYSFS=m ACPI_NFIT=m BLK_DEV_PMEM=m \
		NVDIMM_PFN=y FS_DAX=y BLK_DEV_DM=m EXT4_FS=y XFS_FS=m >"$KDIR/config"
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
	expect 4 "the kernel 6.6.6 was built without CONFIG_NVDIMM_PFN CONFIG_FS_DAX"
	expect_short
}

@test "a filesystem is needed by those that use it only" {
	without XFS_FS
	initramfs xfs
	expect 4 "without CONFIG_XFS_FS,"
	initramfs ext4
	[[ $output != *"was built without"* ]]
}

@test "one that has them all, and one whose configuration is not known, are not refused for it" {
	initramfs check
	[[ $output == *"has no module"* && $output != *"was built without"* ]]
	rm "$KDIR/config"
	initramfs check
	[[ $output == *"has no module"* && $output != *"was built without"* ]]
}
