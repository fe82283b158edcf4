#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# fio as the reference: that it did the work it was asked for, and what happens if it cannot.

load ../helpers

setup_file() {
	export BASE=fiojob-$$ START=$BATS_FILE_TMPDIR/start
	export DIR=$TOP/results/$BASE
	touch "$START"
	export BASE_STATUS=0
	DAXDM_TEST_MARK=$BASE timeout 380 "$TOP/run.sh" bench --fs xfs --stack raw --stack linear:16 --name "$BASE" \
		--bench 'fiojob.*.4k' --bench 'bio.dax.*.4k' --bench 'bio.direct.*.4k' --bench copy.from.4k \
		--bench copy.nontemporal.4k >"$BATS_FILE_TMPDIR/out" 2>&1 || BASE_STATUS=$?
	if ((BASE_STATUS)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
}

teardown_file() {
	rm -rf "$DIR" "$DIR-own"
}

# Prints the ids of records that the filter picks, and fails if there are any.
none_where() { # JQ-FILTER
	run jq -r "select(.type == \"record\" and .bench == \"fiojob\") | select($1) | .id" "$DIR/run.jsonl"
	[[ -z $output ]] || {
		echo "$output"
		return 1
	}
}

@test "every job runs on every stack, and nothing is void" {
	((BASE_STATUS == 0))
	for stack in raw linear:16; do
		run jq -r "select(.bench == \"fiojob\" and .stack == \"$stack\" and .type == \"record\") | .variant" "$DIR/run.jsonl"
		((${#lines[@]} == 10)) || expect "ten records"
	done
	run jq -r 'select(.type == "void" or .type == "skip") | "\(.id): \(.why)"' "$DIR/run.jsonl"
	[[ -z $output ]] || expect "nothing void"
}

@test "fio's mappings stand on the segments, and libpmem's are MAP_SYNC" {
	none_where '(.variant | test("^(mmap|libpmem)")) and ((.proof.frames_in_segments // 0) < 48)'
	none_where '(.variant | startswith("libpmem")) and (.proof.map_sync | not)'
	none_where '(.variant | startswith("mmap")) and .proof.map_sync'
}

@test "system calls with DAX make no bio, those without one for each device and no direct access" {
	none_where '(.variant | startswith("psync")) and (.proof.path["block:block_bio_queue"] != 0 or
		.proof.path["*dax_direct_access"] < .n)'
	none_where '.proof.way == "bio" and (.proof.path["*dax_direct_access"] != 0 or
		.proof.path["block:block_bio_queue"] < .n * (if .stack == "raw" then 1 else 2 end))'
}

@test "fio's clock is the instruction counter, and its medians are near ours" {
	none_where '(.proof.clock_apart_ppm | fabs) > 100'
	run jq -es 'map(select(.type == "record")) | INDEX("\(.bench).\(.variant)/\(.stack)") as $all |
		map(select(.bench == "fiojob" and $all["\(.proof.same_as)/\(.stack)"])) |
		length == 14 and all(.[]; (.median - .proof.fio_own) as $fio |
			$all["\(.proof.same_as)/\(.stack)"].median as $own | $fio >= $own and $fio < $own * 1.1)' "$DIR/run.jsonl"
	expect 0 true
}

@test "they stand side by side in the terminal and on the page" {
	grep -E 'fiojob.psync.read.4k +bio.dax.read.4k +[0-9,]+ +[0-9,]+ +\+[0-9]+ +[0-9]+ +\+[0-9]+$' "$BATS_FILE_TMPDIR/out"
	grep -F 'DM overhead on linear:16 in insn, fio and this suite: psync.read.4k' "$BATS_FILE_TMPDIR/out"
	grep -E 'fiojob.psync.read.4k +bio.dax.read.4k' "$DIR/report.html"
}

@test "the emulated host has the distribution's fio, but not what its network engines need" {
	local image
	image=$("$TOP/emu/initramfs.sh" "$("$TOP/emu/kernel.sh" resolve debian)" xfs+fio)
	cd "$BATS_TEST_TMPDIR"
	cpio -id --quiet sbin/fio <"$image"
	cmp sbin/fio "$(readlink -f "$(command -v fio)")"
	(($(stat -c %s "$image") < 40 << 20))
}

@test "a job of the user's: its sections next to ours, and what was replaced" {
	local job=$BATS_TEST_TMPDIR/mine.fio
	printf '%s\n' '; sequential, a directory, time based' '[global]' bs=4k size=32m ioengine=libpmem thread direct=1 sync=1 \
		time_based runtime=2 directory=/mnt/pmem '[seqwrite]' rw=write stonewall '[Seq read]' rw=read \
		'[uring]' ioengine=io_uring rw=randread '[sync]' ioengine=sync rw=randwrite direct=0 sync=0 >"$job"
	yes "; a comment; with it the job is longer than all other words of the guest's" | head -n 500 >>"$job"
	DAXDM_TEST_MARK=$BASE run timeout 380 "$TOP/run.sh" bench --fs xfs --stack linear:16 --name "$BASE-own" --fio "$job"
	expect 0 "directory: replaced by one file on each stack" "time_based, runtime: replaced by a number of I/Os" \
		"uring: direct=1, so on a mount with dax=never, and before the others"
	[[ $output =~ fio.seqwrite\ +copy.nontemporal.4k\ +[0-9,]+\ +[0-9,]+\ +\+ ]]
	[[ $output =~ fio.seq_read\ +copy.from.4k\ +[0-9,]+\ +[0-9,]+\ +\+ ]]
	run jq -r 'select(.type == "record" and .bench == "fio") | "\(.variant) \(.n) \(.proof.way) \(.proof.map_sync)"' \
		"$DIR-own/run.jsonl"
	diff - <(echo "$output") <<-'END'
		seqwrite 64 dax true
		seq_read 64 dax true
		uring 64 bio null
		sync 64 dax null
	END
	# The run has all that repeats it.
	jq -r 'select(.type == "context") | .fio.text[]' "$DIR-own/run.jsonl" | diff - "$job"
}

@test "nothing is left behind" {
	expect_nothing_left "$BASE" "$START"
}
