#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Reproducers of known kernel bugs on the stock kernel of this release: present, absent, and one that oopses.

load ../helpers

setup() {
	cd "$TOP" || return
	OUT=$BATS_TEST_TMPDIR/out
}

@test "three reproducers in one host find what the entries say, and their results make the matrix" {
	run --separate-stderr timeout 120 ./run.sh known --reproduce --kernel 6.1 --output "$OUT" dm-dax-page-of-two-segments \
		dax-pte-not-write-protected dax-pagemap-after-unbind
	expect 0 "actual:   mounted; write fails" "# dm-dax-page-of-two-segments on 6.1." "the kernel dies here if it has the bug" \
		"actual:   BUG: unable to handle page fault"
	[[ $(cut -f1,3 "$OUT/bugs.tsv") == $'bug\tresult\ndax-pagemap-after-unbind\tpresent\ndax-pte-not-write-protected\tabsent
dm-dax-page-of-two-segments\tpresent' ]]
	grep -q 'RIP: .*pagemap' "$OUT/bugs/dax-pagemap-after-unbind.txt"
	[[ $(grep -c '^| .*\*\*bug\*\*' "$OUT/bugs.md") -eq 2 ]]
}

@test "a reproducer that spoils its host ends it, and a warning of the kernel is printed to each" {
	run --separate-stderr timeout 120 ./run.sh known --reproduce --kernel 6.1 dax-flags-inherited \
		dax-shared-pages-of-two-sizes dax-shared-block-warns
	expect 0 "# dax-flags-inherited on 6.1." "any shared page warns" "WARNING: " \
		"# dax-shared-block-warns on 6.1."
	[[ $(grep -c "^# the host has changed: the next reproducer gets a new one$" <<<"$output") -eq 2 ]]
	grep -q "^# dax-shared-block-warns on .*: present" <<<"$output"
	[[ $(grep -A1 '^# dax-flags-inherited' <<<"$output") == *"# the host has changed"* ]]
}

@test "the status of one reproducer is what it found" {
	run timeout 120 ./run.sh known --reproduce --kernel 6.1 dm-dax-page-of-two-segments
	expect 1 "dm-dax-page-of-two-segments on 6.1."
}

@test "a reproducer without a result is broken, and its exit status is said" {
	local kernel guest
	printf '#!/bin/sh\nkill -BUS $$\n' >"$BATS_TEST_TMPDIR/dies.sh"
	chmod +x "$BATS_TEST_TMPDIR/dies.sh"
	kernel=$(emu/kernel.sh resolve 6.1)
	guest=$(emu/initramfs.sh "$kernel" check)
	run --separate-stderr timeout 120 build/daxdm reproducers --kernel "$kernel" --guest "$guest" \
		--archive "$(emu/reproducers.sh "$BATS_TEST_TMPDIR/dies.sh")" dies
	expect 4 "it ended with status 135" "# dies on 6.1."
	[[ $output == *": broken ("* ]]
}
