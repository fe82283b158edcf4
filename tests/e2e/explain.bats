#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# explain, with the stock kernel of this release: what dm-linear adds to a fault, by function.

load ../helpers

RAW='fault.read.warm.pte{stack=raw,fs=ext4}'
DM='fault.read.warm.pte{stack=linear:16,fs=ext4}'

setup_file() {
	export BASE=e2e-$$-explain START=$BATS_FILE_TMPDIR/start
	export DIR=$TOP/results/$BASE
	touch "$START"
	export BASE_STATUS=0
	DAXDM_TEST_MARK=$BASE timeout 380 "$TOP/run.sh" explain debian --metric "$RAW" --metric "$DM" \
		--name "$BASE" >"$BATS_FILE_TMPDIR/out" 2>&1 || BASE_STATUS=$?
	if ((BASE_STATUS)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
}

teardown_file() {
	rm -rf "$DIR" "$DIR"-*
}

explanation() { # JQ-FILTER
	jq -e "$1" "$DIR/explain.json" >/dev/null
}

@test "it ends well, leaves all its files and nothing else" {
	((BASE_STATUS == 0))
	for file in explain.json explain.txt explain.html waterfall.svg waterfall.png folded-{base,new,difference}.txt \
		base/{run.jsonl,profile-ext4.txt,symbols-ext4.jsonl}; do
		[[ -s $DIR/$file ]] || { echo "no $file"; false; }
	done
	[[ $(head -c 4 "$DIR/waterfall.png" | tail -c 3) == PNG ]]
	grep -q 'dm_dax_direct_access' "$DIR/waterfall.svg"
	expect_nothing_left "$BASE" "$START"
}

@test "the table says what is new, and that the sum is the difference" {
	grep -E '^\+[0-9]+ insn \(\+[0-9.]+ %\): .* in dm_dax_direct_access' "$BATS_FILE_TMPDIR/out"
	grep -E '^  dm_dax_direct_access +dm_mod +0 +[0-9]+ +\+[0-9]+ +\+[0-9.]+ +added$' "$BATS_FILE_TMPDIR/out"
	grep -E '^  dax_direct_access .* called 2 times, was 1$' "$BATS_FILE_TMPDIR/out"
	grep -F "the sum is exactly the difference of the medians" "$BATS_FILE_TMPDIR/out"
	grep -F "results are in results/$BASE/" "$BATS_FILE_TMPDIR/out"
}

@test "the functions' instructions are the medians, on both sides" {
	explanation '.remainder_insn == 0 and .base.sum_insn == .base.median_insn and
		.new.sum_insn == .new.median_insn'
	explanation '([.functions[].base_insn] | add) == .base.median_insn'
	explanation '([.functions[].difference_insn] | add) == .difference_insn'
	explanation '([.calls[].new_insn] | add) == .new.median_insn'
	explanation '.difference_insn > 0 and (.functions | length) > 50'
	explanation 'all(.functions[]; .name != "(no symbol)")'
}

@test "the folded stacks hold the same instructions, called from the exception" {
	for side in base new; do
		[[ $(awk '{ sum += $NF } END { print sum }' "$DIR/folded-$side.txt") == \
			$(jq ".$side.median_insn" "$DIR/explain.json") ]]
	done
	grep -E '^asm_exc_page_fault;exc_page_fault;.*;dm_dax_direct_access [0-9]+$' "$DIR/folded-new.txt"
	run ! grep dm_dax_direct_access "$DIR/folded-base.txt"
}

@test "the call tree: what dm-linear calls is below what calls dm-linear" {
	awk '/^ +[0-9]/ { name = $NF; depth = match($0, /[^ ]+$/) }
		name == "dm_dax_direct_access" { under = depth; next }
		under && depth <= under { under = 0 }
		under && name == "linear_dax_direct_access" { found = 1 }
		END { exit !found }' "$DIR/explain.txt"
}

restored_guest() { # RUN'S-NAME: prints the process id of its QEMU, if there is one that waits for SIGIO
	local file
	while read -r file; do
		if grep -qz -- '^-incoming' "${file%/*}/cmdline" && grep -q '^SigBlk:.*[13579bdf].......$' "${file%/*}/status"; then
			basename "${file%/*}"
			return
		fi
	done 2>/dev/null < <(grep -lz "^DAXDM_TEST_MARK=$1\$" /proc/[0-9]*/environ)
}

# Until the run has ended, wakes the main loop of each of its guests at moments that have nothing to do with the
# guest, as a loaded host does.  Prints how often.
wake_main_loop() { # RUN'S-NAME FILE-WHEN-IT-HAS-ENDED
	local pid pause times=0
	exec {pause}<><(:)
	renice -n -15 "$BASHPID" >/dev/null 2>&1 || true # else a loaded host gives it too little time
	until [[ -e $2 ]]; do
		pid=$(restored_guest "$1")
		[[ -n $pid ]] || sleep 0.1
		while [[ -n $pid ]] && kill -IO "$pid" 2>/dev/null; do
			read -r -t 0.0001 -u "$pause" || true
			times=$((times + 1))
		done
	done
	echo "$times"
}

@test "the guest sees nothing of it, nor of when QEMU's main loop is awake: every sample is the same" {
	local ended=$BATS_TEST_TMPDIR/ended woken=$BATS_TEST_TMPDIR/woken
	wake_main_loop "$BASE-without" "$ended" >"$woken" &
	DAXDM_TEST_MARK=$BASE-without run timeout 380 "$TOP/run.sh" bench --name "$BASE-without" --fs ext4 \
		--stack raw --stack linear:16 --bench fault.read.warm.pte
	touch "$ended"
	expect 0
	wait $!
	echo "its main loop was woken $(<"$woken") times"
	(($(<"$woken") > 200))
	run "$TOP/build/daxdm" identical "$DIR/base" "$DIR-without"
	# How both began, and what differs, if they do.
	((!status)) || {
		jq -c 'select(.type == "context").emulator' "$DIR/base/run.jsonl" "$DIR-without/run.jsonl"
		diff <(jq -c 'select(.type == "record").samples[]' "$DIR/base/run.jsonl") \
			<(jq -c 'select(.type == "record").samples[]' "$DIR-without/run.jsonl")
	} || true
	expect 0 "identical to the last sample"
}

@test "a profile that lacks a sample, or one of another boot, explains nothing" {
	cp -r "$DIR/base" "$DIR-planted"
	sed -i '0,/^S /{/^S /d}' "$DIR-planted/profile-ext4.txt" # one that belongs to no record
	run "$TOP/build/daxdm" explain --metric "$RAW" --metric "$DM" "$DIR-planted"
	expect 0
	tac "$DIR-planted/profile-ext4.txt" | awk '/^S / && !(n++ % 900) { next } { print }' | tac >"$DIR-planted/p"
	mv "$DIR-planted/p" "$DIR-planted/profile-ext4.txt"
	run "$TOP/build/daxdm" explain --metric "$RAW" --metric "$DM" "$DIR-planted"
	expect 4 "are not among the"
	expect_short
}

@test "an operation on a table is explained, though each sample is one of a cycle" {
	run --separate-stderr timeout 380 "$TOP/run.sh" explain debian --metric 'table.resume{stack=linear:1,fs=ext4}' \
		--metric 'table.resume{stack=linear:16,fs=ext4}' --name "$BASE-table"
	expect 0 "in dm_table_resume_targets" "the sum is exactly the difference of the medians"
	jq -e '.remainder_insn == 0 and .difference_insn > 0' "$DIR-table/explain.json"
}

@test "report tells it once more" {
	run timeout 20 "$TOP/run.sh" report "$BASE"
	expect 0 "$(head -n 1 "$DIR/explain.txt")" "dm_dax_direct_access"
}

@test "results are never overwritten" {
	run timeout 20 "$TOP/run.sh" explain debian --metric "$RAW" --metric "$DM" --name "$BASE"
	expect 64 "results/$BASE is there already"
}
