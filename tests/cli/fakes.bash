# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A checkout in which only run.sh is real: its helpers write down how they were called.

fake_checkout() { # sets CO
	CO=$(hostile_directory)
	mkdir -p "$CO/cli" "$CO/emu" "$CO/plot" "$CO/workloads" "$CO/results" "$CO/build"
	cp "$TOP/run.sh" "$TOP/packages.txt" "$CO/"
	cp "$TOP"/cli/*.sh "$CO/cli/"
	cp "$TOP/emu/explain.sh" "$CO/emu/"
	printf '# both filesystems\nfs   ext4 xfs\n' >"$CO/workloads/default"
	cp "$CO/workloads/default" "$CO/workloads/quick"
	cp "$CO/workloads/default" "$CO/workloads/full"
	printf 'all:\n\t@:\n' >"$CO/Makefile"
	fake emu/kernel.sh 'mkdir -p build/kernels/k; echo 6.1.0-56-amd64 >build/kernels/k/release
		echo "linux-image-6.1.0-56-amd64 6.1.192-1" >build/kernels/k/package
		echo build/kernels/k'
	fake emu/initramfs.sh 'echo "build/$2.cpio"'
}

# A script that writes its words to calls, then does BODY.
fake() { # PATH BODY
	printf '#!/bin/bash\necho "%s $*" >>calls\n%s\n' "$1" "$2" >"$CO/$1"
	chmod +x "$CO/$1"
}

left_nothing() {
	! compgen -G "$CO/build/*.tmp.*"
}
