#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# However a run ends, nothing of it is left on its host.  Shown on a real kernel: the guest's daxdm
# is replaced by tests/e2e/guest/daxdm, which ends real runs in all ways and looks.

load ../helpers

setup() {
	NAME=leftovers-$$-$BATS_TEST_NUMBER
}

teardown() {
	rm -rf "$TOP/results/$NAME"
}

# The guest's own initramfs with a second archive behind it: the kernel unpacks both.
overlay() { # CPIO OUT
	local tree=$BATS_TEST_TMPDIR/tree
	rm -rf "$tree"
	mkdir -p "$tree/bin"
	cp "$TOP/tests/e2e/guest/daxdm" "$tree/bin/daxdm"
	cp "$TOP/build/daxdm" "$tree/bin/daxdm.real"
	chmod 755 "$tree"/bin/*
	ln -s busybox "$tree/bin/ls"
	ln -s busybox "$tree/bin/cp"
	ln -s busybox "$tree/bin/rm"
	ln -s busybox "$tree/bin/kill"
	cp "$1" "$2"
	(cd "$tree" && find . -mindepth 1 | cpio -o -H newc --quiet) >>"$2"
}

@test "signals, dead workers, dead parents and full disks leave nothing on the host" {
	local kernel fs guests=()
	make -s -C "$TOP" >/dev/null
	kernel=$("$TOP/emu/kernel.sh" resolve debian)
	for fs in ext4 xfs; do
		overlay "$("$TOP/emu/initramfs.sh" "$kernel" $fs)" "$BATS_TEST_TMPDIR/$fs.cpio"
		guests+=(--guest "$fs=$BATS_TEST_TMPDIR/$fs.cpio")
	done
	cd "$TOP" || return
	run timeout 280 build/daxdm emulate --kernel "$kernel" "${guests[@]}" \
		--results "results/$NAME" --fresh -- --stack raw --bench fault.read.cold.pte
	expect 0
	grep -q '"type":"end"' "results/$NAME/run.jsonl"
}
