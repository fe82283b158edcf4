# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For emu/initramfs.sh and emu/commit.sh: what the configuration of a kernel needs to be that of the emulated host.

# The guest needs these to boot or to measure.  An option with a ? is needed only by the kernels that have it:
# BLK_DEV_WRITE_MOUNTED is of 6.8; without it a device that is open for writing cannot be mounted.
readonly KERNEL_OPTIONS=(PVH SERIAL_8250 X86_IOPL_IOPERM FW_CFG_SYSFS ACPI_NFIT BLK_DEV_PMEM NVDIMM_PFN FS_DAX BLK_DEV_DM SYSCTL
	"BLK_DEV_WRITE_MOUNTED?")

# Sets MISSING to a text for each option that is not set, and AS_MODULE to the lines of those that are modules.
missing_options() { # CONFIG [OPTION]...: more of them
	local option name line
	MISSING=() AS_MODULE=()
	for option in "${KERNEL_OPTIONS[@]}" "${@:2}"; do
		name=CONFIG_${option^^}
		name=${name%\?}
		if line=$(grep -m1 "^$name=[ym]" "$1"); then
			[[ $line != *=m ]] || AS_MODULE+=("$line")
		elif [[ $option != *\? ]] || grep -q "^# $name is not set" "$1"; then
			MISSING+=("$name is not set")
		fi
	done
}
