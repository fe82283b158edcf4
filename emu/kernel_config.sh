# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For emu/initramfs.sh and emu/commit.sh: what the configuration of a kernel needs to be that of the emulated host.

# The guest needs these to boot or to measure.
readonly KERNEL_OPTIONS=(PVH SERIAL_8250 X86_IOPL_IOPERM FW_CFG_SYSFS ACPI_NFIT BLK_DEV_PMEM NVDIMM_PFN FS_DAX BLK_DEV_DM SYSCTL)

# Sets MISSING to a text for each option that is not set, and AS_MODULE to the lines of those that are modules.
missing_options() { # CONFIG [OPTION]...: more of them
	local option line
	MISSING=() AS_MODULE=()
	for option in "${KERNEL_OPTIONS[@]}" "${@:2}"; do
		line=$(grep -m1 "^CONFIG_${option^^}=[ym]" "$1") || MISSING+=("CONFIG_${option^^} is not set")
		[[ $line != *=m ]] || AS_MODULE+=("$line")
	done
}
