#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The real thing: the stock kernel of this release in an emulated host.

load ../helpers

# One run of the quick workload that most tests look at; the others are as narrow as can be.
setup_file() {
	export BASE=e2e-$$ START=$BATS_FILE_TMPDIR/start
	export DIR=$TOP/results/$BASE
	touch "$START"
	export BASE_STATUS=0
	DAXDM_TEST_MARK=$BASE timeout 380 "$TOP/run.sh" bench --quick --name "$BASE" >"$BATS_FILE_TMPDIR/out" 2>&1 || BASE_STATUS=$?
	if ((BASE_STATUS)); then tail -n 40 "$BATS_FILE_TMPDIR/out" | sed 's/^/# /' >&3; fi
}

teardown_file() {
	rm -rf "$DIR" "$DIR"-*
}

setup() {
	MARK=$BASE-$BATS_TEST_NUMBER
	NAME=$BASE-$BATS_TEST_NUMBER
	LOADED=$BASE-loaded RESTORED=$BASE-restored # made by one test, looked at by the next ones
	NARROW=(--fs ext4 --stack linear:16 --bench 'fault.read.*') # each stack is a guest
}

bench() { # OPTION...
	DAXDM_TEST_MARK=$MARK run timeout 380 "$TOP/run.sh" bench --name "$NAME" "$@"
}

records() { # NAME JQ-FILTER
	jq -r "select(.type == \"record\") | $2" "$TOP/results/$1/run.jsonl"
}

@test "the quick workload runs, and leaves all its files" {
	((BASE_STATUS == 0))
	for file in run.jsonl dmesg.txt report.html; do [[ -s $DIR/$file ]]; done
	compgen -G "$DIR/console*.log"
	compgen -G "$DIR/*.svg"
	compgen -G "$DIR/*.png"
	[[ $(jq -r .type <(head -n 1 "$DIR/run.jsonl")) == context ]]
	[[ $(tail -n 1 "$DIR/run.jsonl" | jq -c '[.type, .status]') == '["end",0]' ]]
}

@test "the terminal shows the phases, the table and where the results are" {
	grep -E '^setup +[0-9]+\.[0-9] s ' "$BATS_FILE_TMPDIR/out"
	grep -E '^kernel .*linux-image' "$BATS_FILE_TMPDIR/out"
	grep -F 'linear:16' "$BATS_FILE_TMPDIR/out"
	grep -F "results are in results/$BASE/" "$BATS_FILE_TMPDIR/out"
	# Not a terminal: no colours, no carriage returns.
	run ! grep -P '\x1b|\r' "$BATS_FILE_TMPDIR/out"
}

@test "the context says what makes runs comparable" {
	head -n 1 "$DIR/run.jsonl" >"$BATS_TEST_TMPDIR/context"
	jq -e '.schema == 1 and .meter == "insn" and .cpus == 1 and (.kernel.release | length) > 0 and
		(.kernel.build_id | length) > 0 and (.kernel.config_digest | length) > 0 and
		(.kernel.settings | length) > 0 and (.kernel.package | length) > 0 and
		(.suite | length) > 0 and (.date | length) > 0 and (.emulator.qemu | length) > 0 and
		.emulator.seed == 1 and (.emulator.boot == "fresh" or .emulator.boot == "snapshot") and
		.fs == ["ext4", "xfs"]' "$BATS_TEST_TMPDIR/context"
}

@test "both filesystems, all stacks, both page sizes are there, each id once" {
	for fs in ext4 xfs; do
		for stack in raw linear:1 linear:16; do
			for page in pte pmd; do
				[[ $(records "$BASE" 'select(.fs == "'$fs'" and .stack == "'$stack'" and
					(.variant | endswith(".'$page'"))) | .id' | wc -l) -ge 2 ]]
			done
		done
	done
	[[ -z $(records "$BASE" .id | sort | uniq -d) ]]
}

@test "nothing is void or skipped in the quick workload" {
	run jq -r 'select(.type == "void" or .type == "skip") | "\(.id): \(.why)"' "$DIR/run.jsonl"
	[[ -z $output ]] || expect "nothing void"
}

@test "each record agrees with its own samples" {
	run jq -r 'select(.type == "record") |
		(reduce .samples[] as $s ([]; . + [[$s[0], (.[-1][1] // 0) + $s[1]]])) as $sum | . as $r |
		def rank($p): (($r.n * $p + 99) / 100 | floor) as $k |
			first($sum[] | select(.[1] >= $k) | .[0]);
		select(($sum | last | last) != .n or .min != .samples[0][0] or .max != (.samples | last)[0] or
			.median != rank(50) or .p10 != rank(10) or .p90 != rank(90) or .p99 != rank(99) or
			(.samples | map(.[0])) != (.samples | map(.[0]) | unique)) | .id' "$DIR/run.jsonl"
	[[ -z $output ]] || expect "records that agree"
}

@test "each record has the proof of its path" {
	run jq -r 'select(.type == "record") |
		select(.proof.dax != true or .unit != "insn" or .meter != "insn" or .n < 1 or .overhead < 1 or
			(.digest | startswith("fnv1a64:") | not) or
			.proof.page != (if .variant | endswith(".pmd") then "2M" else "4K" end)) | .id' "$DIR/run.jsonl"
	[[ -z $output ]] || expect "proof for each"
}

@test "device-mapper costs something, and more with more segments" {
	for fs in ext4 xfs; do
		for page in pte pmd; do
			set --
			for stack in raw linear:1 linear:16; do
				set -- "$@" "$(records "$BASE" \
					'select(.id == "fault.read.warm.'$page'{stack='$stack',fs='$fs'}") | .median')"
			done
			echo "$fs $page: $*"
			(($# == 3)) && [[ $1 && $2 && $3 ]]
			(($1 > 500 && $1 < $2 && $2 <= $3 && $3 < 2 * $1))
		done
	done
}

@test "loaded and unloaded: every sample is the same, to the instruction" {
	local busy=() i
	for ((i = 0; i < $(nproc); i++)); do
		env timeout 1800 sh -c 'while :; do :; done' 3>&- &
		busy+=($!)
	done
	bench --repeat 2 "${NARROW[@]}" --name "$LOADED"
	kill "${busy[@]}"
	expect 0 "identical to the last sample"
	[[ $(head -n 1 "$TOP/results/$LOADED-1/run.jsonl" | jq -r .emulator.boot) == fresh ]]
	diff <(records "$LOADED-1" '"\(.id) \(.digest) \(.mean)"') <(records "$LOADED-2" '"\(.id) \(.digest) \(.mean)"')
}

@test "a snapshot is restored, and every sample is that of a loaded fresh boot" {
	bench "${NARROW[@]}" --name "$RESTORED"
	expect 0
	[[ $(head -n 1 "$TOP/results/$RESTORED/run.jsonl" | jq -r .emulator.boot) == snapshot ]]
	run timeout 60 "$TOP/build/daxdm" identical "$TOP/results/$LOADED-1" "$TOP/results/$RESTORED"
	expect 0 "identical to the last sample"
}

@test "the samples of a stack do not depend on the other stacks of the run" {
	bench "${NARROW[@]}" --stack raw
	expect 0
	[[ $(records "$RESTORED" .id | wc -l) -ge 4 && $(records "$NAME" .id | wc -l) -ge 8 ]]
	diff <(records "$RESTORED" '"\(.id) \(.digest)"') \
		<(records "$NAME" 'select(.stack == "linear:16") | "\(.id) \(.digest)"')
}

# Of loads only, on ext4: the medians of stores that allocate and of private copies do differ between seeds.
@test "another seed gives the same medians, cold and warm, of both page sizes" {
	bench --seed 2 "${NARROW[@]}"
	expect 0
	[[ $(head -n 1 "$TOP/results/$NAME/run.jsonl" | jq .emulator.seed) == 2 ]]
	for kind in cold.pte warm.pte cold.pmd warm.pmd; do
		[[ $(records "$NAME" 'select(.variant | endswith("'$kind'")) | .id' | wc -l) -ge 1 ]]
	done
	run timeout 60 "$TOP/build/daxdm" identical --medians "$TOP/results/$RESTORED" "$TOP/results/$NAME"
	expect 0 "identical medians"
}

@test "a snapshot that was cut is dropped, which one line says, and made again" {
	local dir narrow=(--seed 2 --fs ext4 --stack raw --bench fault.read.warm.pte)
	bench "${narrow[@]}"
	expect 0
	rm -r "$TOP/results/$NAME"
	dir=$(grep -lx 'seed 2' "$TOP"/build/snapshots/*/what | xargs -r dirname | xargs -r ls -td | head -n 1)
	[[ -s $dir/pmem1 ]]
	truncate -c -s 1M "$dir/pmem1"
	bench "${narrow[@]}"
	expect 0 "its snapshot is damaged (pmem1 has 1048576 of 2164391936 bytes); booting"
	[[ $(head -n 1 "$TOP/results/$NAME/run.jsonl" | jq -r .emulator.boot) == fresh ]]
	[[ -s $dir/digest && $(stat -c %s "$dir/pmem1") == 2164391936 ]]
}

@test "segments that are not 2 MiB aligned lose huge pages, and the report says so" {
	bench --fs ext4 --stack raw --stack linear:16 --stack linear:16,align=4k --bench 'fault.read.warm.*'
	expect 0 "huge pages lost to segments that begin past a multiple of 2 MiB"
	jq -es 'map(select(.type == "observation" and .stack == "linear:16,align=4k").value) | length > 0 and
		all(.windows > 0 and .lost > 0 and .lost + .pmd == .windows)' "$TOP/results/$NAME/run.jsonl"
	[[ $(records "$NAME" 'select(.stack == "linear:16" and (.variant | endswith(".pmd"))) | .id' | wc -l) -ge 1 ]]
	# What fell back is a record of its own kind, never among the huge ones.
	[[ $(records "$NAME" 'select(.stack == "linear:16,align=4k" and (.variant | endswith(".fallback"))) | .id' | wc -l) -ge 1 ]]
}

@test "a kernel of one's own: an image, compressed modules, and one of them rebuilt" {
	local kdir release tree=$BATS_TEST_TMPDIR/modules
	kdir=$("$TOP/emu/kernel.sh" resolve debian)
	release=$(cat "$kdir/release")
	mkdir -p "$tree/lib/modules"
	cp -r "$kdir/modules/lib/modules/$release" "$tree/lib/modules/"
	find "$tree" -name dm-mod.ko -exec cp {} "$BATS_TEST_TMPDIR/" \;
	find "$tree" -name '*.ko' -exec zstd -q -1 --rm {} +
	bench "${NARROW[@]}" --kernel "$kdir/vmlinux" --modules "$tree"
	expect 0 "file $kdir/vmlinux"
	diff <(records "$RESTORED" .id) <(records "$NAME" .id)
	rm -r "$TOP/results/$NAME"
	# Device-mapper is loaded after the snapshot: its module needs no boot.
	echo rebuilt >"$BATS_TEST_TMPDIR/note"
	objcopy --add-section .note.rebuilt="$BATS_TEST_TMPDIR/note" "$BATS_TEST_TMPDIR/dm-mod.ko"
	bench "${NARROW[@]}" --kernel "$kdir/vmlinux" --modules "$tree" --module "$BATS_TEST_TMPDIR/dm-mod.ko"
	expect 0 "file $kdir/vmlinux" "modules for restored guests"
	diff <(records "$RESTORED" .id) <(records "$NAME" .id)
	head -n 1 "$TOP/results/$NAME/run.jsonl" | jq -e '.emulator.boot == "snapshot" and .modules.dm_mod == .replaced[0].build_id'
}

@test "the report of a run can be had again" {
	run timeout 100 "$TOP/run.sh" report "$BASE"
	expect 0 "linear:16" "results are in results/$BASE/"
}

@test "the run is left as it is: no process, no temporary file" {
	expect_nothing_left "$BASE" "$START"
}

# bats test_tags=slow
@test "a translation costs the same from inside the kernel as from outside" {
	bench --fs ext4 --stack raw --stack linear:1 --stack linear:64 --stack linear:16,align=4k \
		--stack linear:1/linear:1 --bench 'translate.*'
	((status == 0))
	[[ $(records "$NAME" '.variant' | sort | uniq -c | sort -rn | awk '{ print $1 }' | tr '\n' ' ') == "5 5 5 5 4 4 4 4 " ]]
	# Each function on the way, as often as the stack is deep.
	[[ $(records "$NAME" 'select(.variant == "page.random" and .stack == "linear:1/linear:1") |
		[.proof.functions[].function] | join(" ")') == "dax_direct_access dm_dax_direct_access \
linear_dax_direct_access dax_direct_access dm_dax_direct_access linear_dax_direct_access dax_direct_access \
pmem_dax_direct_access" ]]
	# The two views agree to the instruction, for most samples one by one.
	records "$NAME" 'select(.stack != "raw" and (.proof.twin.apart != 0 or
		.proof.twin.inside != .proof.twin.outside or .proof.twin.equal < .n / 2)) | .id' >"$BATS_TEST_TMPDIR/apart"
	[[ ! -s $BATS_TEST_TMPDIR/apart ]]
	# A second level costs what the first did, and more segments cost more.
	[[ $(records "$NAME" 'select(.variant == "page.first") | [.stack, .median]' | jq -s 'map({(.[0]): .[1]}) | add |
		.["linear:1/linear:1"] - .["linear:1"] == .["linear:1"] - .raw and .["linear:64"] > .["linear:1"]') == true ]]
	jq -es 'any(.[]; .type == "skip" and .id == "translate.window.random{stack=linear:16,align=4k,fs=ext4}" and
		(.why | length) > 0 and (.cure | length) > 0)' "$TOP/results/$NAME/run.jsonl"
}

@test "tables as text are made: nested, and with targets that the model does not have" {
	printf '%s\n' 'low: 0 409600 striped 2 4096 259:0 0 259:1 0' 'top: 0 409600 linear 253:0 0' \
		'top: 409600 409600 linear 259:0 1024000' 'cache: 0 409600 writecache p 253:3 253:4 4096 0' \
		'slow: 0 409600 linear 259:0 2048000' 'fast: 0 204800 linear 259:1 2048000' \
		'none: 0 409600 nosuch 259:0' 'low (253:0)' 'top (253:1)' 'cache (253:2)' 'slow (253:3)' \
		'fast (253:4)' 'none (253:5)' >"$BATS_TEST_TMPDIR/all.table"
	printf 'LV LSize Devices\ndata 400m /dev/pmem0(3)\n' >"$BATS_TEST_TMPDIR/lvs"
	bench --fs ext4 --stack "table:$BATS_TEST_TMPDIR/all.table" --stack "lvm:$BATS_TEST_TMPDIR/lvs" --stack linear:1/partition:start=1m --bench fault.read.warm.pte --bench bio.direct.read.4k
	expect 0 "this kernel has no device-mapper target nosuch" "target writecache of this stack gives no DAX"
	jq -es 'first | .stacks | length == 5' "$TOP/results/$NAME/run.jsonl"
	# The tables of a stack are in the run, by its name.
	jq -es 'first | .stack_tables as $t | .stacks[0:4] | all($t[.] | test("^[0-9]+ [a-z]"))' "$TOP/results/$NAME/run.jsonl"
	for metric in '.top-[0-9a-f]+,fault.read.warm.pte' '.top-[0-9a-f]+,bio.direct.read.4k' '.cache-[0-9a-f]+,bio.direct.read.4k'; do
		records "$NAME" '"\(.stack),\(.bench).\(.variant)"' | grep -E -- "table:all$metric"
	done
	[[ $(records "$NAME" 'select(.stack == "linear:1/partition:start=1m") | .id' | wc -l) -eq 2 ]]
	[[ $(records "$NAME" 'select(.stack | startswith("lvm:lvs-")) | .id' | wc -l) -eq 2 ]]
	[[ $(records "$NAME" .id | wc -l) -eq 7 ]]
}
