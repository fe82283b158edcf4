#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The costs of a mapping besides its faults: that each operation did what its name says, by the way that it names.

load ../helpers

setup_file() {
	export BASE=mapping-$$
	export DIR=$TOP/results/$BASE
	export BASE_STATUS=0
	DAXDM_TEST_MARK=$BASE timeout 300 "$TOP/run.sh" bench --kernel 6.1 --name "$BASE" --fs ext4 \
		--stack raw --stack linear:16 --stack linear:16,align=4k \
		--bench 'unmap.munmap.*' --bench 'unmap.punch.64.pte' --bench 'protect.split.pmd' --bench 'protect.ro.64.pte' \
		--bench 'populate.read.*' --bench 'writeback.msync.1.p*' --bench 'writeback.msync.64.pte' \
		--bench 'writeback.fsync.64.loaded.pte' >"$BATS_FILE_TMPDIR/out" 2>&1 || BASE_STATUS=$?
	if ((BASE_STATUS)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
}

teardown_file() {
	rm -rf "$DIR"
}

# What the records of a stack have: VARIANT VALUE, one a line.
each() { # STACK JQ-EXPRESSION
	jq -r --arg stack "$1" 'select(.type == "record" and .stack == $stack) | "\(.bench).\(.variant) \('"$2"')"' "$DIR/run.jsonl"
}

value() { # METRIC STACK JQ-EXPRESSION
	each "$2" "$3" | sed -n "s/^$1 //p"
}

@test "nothing is void; a stack that loses huge pages skips what needs a PMD" {
	((BASE_STATUS == 0))
	run jq -r 'select(.type == "void") | "\(.id): \(.why)"' "$DIR/run.jsonl"
	[[ -z $output ]] || expect "nothing void"
	run jq -r 'select(.type == "skip") | "\(.stack) \(.variant) \(.why)"' "$DIR/run.jsonl"
	[[ $(grep -c "^linear:16,align=4k .*pmd the kernel maps these windows with 4 KiB pages" <<<"$output") == 4 ]]
	[[ ${#lines[@]} == 4 ]]
	[[ $(each raw .proof.page | grep -v populate) != *null* ]]
}

@test "what is done once per page is done once per page" {
	[[ $(value unmap.punch.64.pte raw '.proof.path.dax_delete_mapping_entry / .proof.path.operations') == 64 ]]
	for stack in raw linear:16; do
		[[ $(value writeback.msync.64.pte $stack '.proof.path.arch_wb_cache_pmem / .proof.path.operations') == 64 ]]
		[[ $(value writeback.msync.1.pmd $stack '.proof.path.arch_wb_cache_pmem / .proof.path.operations') == 1 ]]
		[[ $(value populate.read.512.pte $stack '.proof.path.pmem_dax_direct_access / .proof.path.operations') == 512 ]]
		[[ $(value populate.read.pmd $stack '.proof.path.pmem_dax_direct_access / .proof.path.operations') == 1 ]]
	done
	[[ $(value populate.read.512.pte linear:16 '.proof.path.dm_dax_direct_access / .proof.path.operations') == 512 ]]
}

@test "costs are in the order of the work" {
	local one many all pmd
	one=$(value unmap.munmap.1.pte raw .median) many=$(value unmap.munmap.64.pte raw .median)
	all=$(value unmap.munmap.512.pte raw .median) pmd=$(value unmap.munmap.pmd raw .median)
	((pmd < one && one < many && many < all))
	# unmapping asks no device; populating asks it for each page
	((all == $(value unmap.munmap.512.pte linear:16 .median)))
	(($(value populate.read.512.pte linear:16 .median) - $(value populate.read.512.pte raw .median) >= 512 * 100))
	# the flush of the device passes device-mapper
	(($(value writeback.msync.64.pte linear:16 .median) - $(value writeback.msync.64.pte raw .median) >= 1000))
}
