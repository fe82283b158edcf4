# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Debian host with persistent memory: the files of this machine, read-only, below an overlay in the memory of the
# guest; udev, LVM and mdadm of Debian; a checkout on a disk of its own, which stays when the guest is powered off.
#
#   debian_make DIR                the disk with the checkout, the initramfs and the files of its memory, in DIR
#   debian_job DIR SECONDS         boots it and runs the script on stdin there; what that says is in DIR/said.  If a line
#                                  of it is @running, the power is cut within 8 s.
#
# Its persistent memory, named in /run/devices: SMALL (64 MiB), LARGE1 and LARGE2 (384 MiB) are memmap=; RAW (64 MiB) and
# NVDIMM (512 MiB) are NVDIMMs, of mode raw at first, and keep what is in them when the guest ends; VIRTIO (64 MiB).

DEBIAN_KERNEL=${DEBIAN_KERNEL:-6.1}

debian_module() { # TREE NAME: with what it needs
	modprobe -C /dev/null -d "$DEBIAN_KDIR/modules" -S "$DEBIAN_RELEASE" --show-depends "$2" |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | while read -r file; do
		case $file in
		*.xz) xz -dc "$file" >"$1/modules/$(basename "${file%.xz}")" ;;
		*) cp "$file" "$1/modules/" ;;
		esac
		basename "${file%.xz}" >>"$1/modules/order"
	done
}

debian_initramfs() { # DIR
	local tree=$1/tree name
	mkdir -p "$tree"/{bin,dev,proc,sys,host,upper,new,modules}
	cp "$(type -P busybox)" "$tree/bin/busybox"
	cp "$TOP/tests/e2e/guest/debian_init" "$tree/init"
	for name in virtio_pci virtio_blk 9pnet_virtio 9p overlay ext4; do debian_module "$tree" $name; done
	(cd "$tree" && find . -mindepth 1 | cpio -o -H newc --quiet) >"$1/initramfs"
}

debian_kernel() {
	DEBIAN_KDIR=$("$TOP/emu/kernel.sh" resolve "$DEBIAN_KERNEL")
	DEBIAN_RELEASE=$(<"$DEBIAN_KDIR/release")
}

debian_make() { # DIR
	mkdir -p "$1"
	debian_kernel
	debian_initramfs "$1"
	copy_of_sources "$1/checkout"
	truncate -s 512M "$1/disk"
	mkfs.ext4 -q -F -d "$1/checkout" "$1/disk"
	debian_memory "$1"
}

# Blank memory.
debian_memory() { # DIR
	rm -f "$1"/pmem.*
	truncate -s $(((64 << 20) + (128 << 10))) "$1/pmem.0"
	truncate -s $(((512 << 20) + (128 << 10))) "$1/pmem.1"
	truncate -s 64M "$1/pmem.2"
}

debian_qemu() { # DIR: QEMU with the guest; pid in $DEBIAN_PID
	: >"$1/said"
	setpriv --pdeathsig KILL qemu-system-x86_64 -M q35,nvdimm=on -accel tcg -cpu max -smp 2 -m 2048M,slots=4,maxmem=8G -nodefaults -no-user-config \
		-no-reboot -display none -kernel "$DEBIAN_KDIR/vmlinux" -initrd "$1/initramfs" \
		-append "console=ttyS0 quiet loglevel=4 panic=-1 transparent_hugepage=always no_timer_check memmap=64M!1G memmap=384M!1088M memmap=384M!1472M daxdm.modules=${DEBIAN_KDIR}/modules" \
		-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
		-drive "file=$1/disk,format=raw,if=virtio" \
		-object memory-backend-file,id=mem0,share=on,mem-path="$1/pmem.0",size=$(((64 << 20) + (128 << 10))) \
		-device nvdimm,memdev=mem0,label-size=128K \
		-object memory-backend-file,id=mem1,share=on,mem-path="$1/pmem.1",size=$(((512 << 20) + (128 << 10))) \
		-device nvdimm,memdev=mem1,label-size=128K \
		-object memory-backend-file,id=mem2,share=on,mem-path="$1/pmem.2",size=64M \
		-device virtio-pmem-pci,memdev=mem2 \
		-fw_cfg "name=opt/daxdm/debian,file=$1/job" \
		-chardev "file,id=console,path=$1/console" -device isa-serial,chardev=console \
		-chardev "file,id=said,path=$1/said" -device isa-serial,chardev=said \
		</dev/null >"$1/qemu.log" 2>&1 3>&- &
	DEBIAN_PID=$!
}

# Runs the job on stdin in it, until it has ended, the power is cut, or the time is over.
debian_job() { # DIR SECONDS
	local end=$((SECONDS + $2 * PATIENCE))
	cat >"$1/job"
	debian_qemu "$1"
	while kill -0 "$DEBIAN_PID" 2>/dev/null && ((SECONDS < end)); do
		if grep -qa '^@running' "$1/said"; then
			sleep $((RANDOM % 8)).$((RANDOM % 10))
			break
		fi
		sleep 0.2
	done
	debian_end
}

debian_end() {
	[[ ! ${DEBIAN_PID-} ]] || kill -KILL "$DEBIAN_PID" 2>/dev/null || true
	wait "${DEBIAN_PID-}" 2>/dev/null || true
	DEBIAN_PID=
}
