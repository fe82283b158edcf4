#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Several kernels at once, and kernels: run.sh with the emulated host and the catalogue replaced (guest.sh), and
# GNU parallel; the plots of a ladder from hand-made runs; emu/kernel.sh on a catalogue of its own.
# shellcheck disable=SC2030,SC2031 # each test has its own output

load ../helpers
load fakes
load guest

stderr= # of run --separate-stderr

setup() {
	MARK=ladder-$$-$BATS_TEST_NUMBER
	cd "$TOP" || return
}

teardown() {
	end_marked "$MARK"
}

ladder() {
	run timeout 60 "$CO/run.sh" bench "$@"
}

# The kernels that were booted since this was asked last.
booted() {
	sort "$CO/booted" 2>/dev/null | xargs
	rm -f "$CO/booted"
}

# ---- ladders -------------------------------------------------------------------------------------

@test "several kernels: a run for each in one directory, oldest first, and the table of all" {
	fake_kernels
	ladder --name l --kernel 6.1 --kernel 5.10 --quick --stack raw
	expect 0 "2: 5.10 6.1" "ladder of 2 kernels, 0 done" "5.10: 3 records in" "2 of 2 done" \
		"6.1 against 5.10: all 3 metrics equal" "results are in results/l/"
	[[ $(runs | xargs) == "l/5.10 l/6.1" ]]
	for k in 5.10 6.1; do
		[[ $(context_of "l/$k" '[.kernel.release, .stacks, .fs, .meter]') == "[\"$k-amd64\",[\"raw\"],[\"ext4\",\"xfs\"],\"insn\"]" ]]
	done
	[[ -s $CO/results/l/ladder.txt && -s $CO/results/l/ladder.html && $(grep -c "results/l/" "$CO/results/l/jobs.tsv") == 2 ]]
	left_nothing
}

@test "the largest steps are named, however few the initial states are that show them" {
	fake_kernels
	echo 1000 >"$CO/cost-6.1"
	echo 1001 >"$CO/cost-7.2"
	ladder --kernel ladder --states 3 --stack raw --stack linear:16
	expect 0 "largest step: ext4 linear:16 fault.read.warm.pte +1,000 insn (+23.7 %) from 5.10 to 6.1" "not confirmed"
}

@test "a kernel on which all is skipped is left out of the table" {
	fake_kernels
	touch "$CO/skipped-5.10"
	ladder --kernel ladder --name l
	expect 0 "5.10 is left out: " "7.2 against 6.1" "results are in results/l/"
	[[ $output != *"6.1 against 5.10"* ]]
}

@test "ladder is the newest kernel of each series; the same one twice is measured once" {
	fake_kernels
	ladder --kernel ladder --kernel linux-image-6.1-amd64
	expect 0 "3: 5.10 6.1 7.2" "results are in results/ladder-insn-"
	[[ $(booted) == "5.10 6.1 7.2" ]]
	ladder --kernel 6.1 --kernel linux-image-6.1-amd64
	expect 64 "are the same one, 6.1"
	left_nothing
}

@test "names separated by commas are several kernels, for bench, check and kernels --fetch" {
	fake_kernels
	ladder --name l --kernel 6.1,5.10 --quick --stack raw
	expect 0 "2: 5.10 6.1"
	run timeout 60 "$CO/run.sh" check --name c --kernel 6.1,7.2 --check suspend.flush.store_blocks.ext4
	expect 0 "# linux 6.1-amd64" "# linux 7.2-amd64"
	[[ $(runs | xargs) == "c-6.1 c-7.2 l/5.10 l/6.1" ]]
	run timeout 60 "$CO/run.sh" kernels --fetch 5.10,7.2
	expect 0 "linux-image-5.10-amd64 5.10-1 is in build/kernels/5.10" "build/kernels/7.2"
}

@test "of several kernels one that is unknown is refused before another one is fetched" {
	fake_kernels
	sed -i 's/^verb=$1$/&; [[ "$*" != identify*9.9* ]] || { echo "daxdm: unknown kernel 9.9" >\&2; exit 64; }/' "$CO/emu/kernel.sh"
	for words in "check --check capability --kernel 6.1,9.9" "kernels --fetch 6.1,9.9"; do
		# shellcheck disable=SC2086
		run timeout 60 "$CO/run.sh" $words
		expect 64 "unknown kernel 9.9"
		[[ ! -e $CO/build/kernels/6.1 ]]
	done
}

@test "ladder is a name for check and kernels --fetch, too" {
	fake_kernels
	run timeout 60 "$CO/run.sh" kernels --fetch ladder
	expect 0 "build/kernels/5.10" "build/kernels/6.1" "build/kernels/7.2"
	run timeout 60 "$CO/run.sh" check --name c --kernel ladder --check suspend.flush.store_blocks.ext4
	expect 0
	[[ $(runs | xargs) == "c-5.10 c-6.1 c-7.2" ]]
}

@test "a fio job goes to each kernel as it was when the ladder began" {
	local job=$BATS_TEST_TMPDIR/mine.fio
	fake_kernels
	printf '[global]\nbs=4k\nsize=32m\n[seq read]\nioengine=psync\nrw=read\n' >"$job"
	ladder --name l --kernel 5.10,6.1 --fs ext4 --stack raw --bench 'fault.*' --fio "$job"
	expect 0 "2 of 2 done"
	diff "$job" "$CO/results/l/fio/mine.fio"
	[[ $(tr -d "'" <"$CO/results/l/jobs.tsv" | grep -oE -e "--fio [^ ]*" -e --fio-text | sort | uniq -c | xargs) == \
		"2 --fio results/l/fio/mine.fio" ]]
}

@test "a kernel that does not boot fails its job, not the ladder; the same name again tries it alone" {
	fake_kernels
	touch "$CO/broken-6.1"
	ladder --name l --kernel ladder
	expect 4 "6.1: FAILED: daxdm: no banner from init" "3 of 3 done" \
		"no numbers of 6.1: daxdm: no banner from init" "7.2 against 5.10"
	rm "$CO/broken-6.1" "$CO/booted"
	ladder --name l --kernel ladder
	expect 0 "3 kernels, 2 done" "1 of 1 done" "6.1 against 5.10" "7.2 against 6.1"
	[[ $(booted) == 6.1 ]]
	ladder --name l --kernel ladder
	expect 0 "3 kernels, 3 done"
	[[ ! $(booted) ]]
}

@test "interrupted: 130, nothing runs on, what was measured stays, and the same name goes on" {
	fake_kernels
	touch "$CO/slow-7.2"
	start_marked "$CO/run.sh" bench --name l --fs ext4 --kernel ladder
	within 30 test -e "$CO/begun-7.2"
	within 30 grep -q '"end"' "$CO/results/l/5.10/run.jsonl" "$CO/results/l/6.1/run.jsonl"
	kill -INT $!
	ended
	expect 130 "interrupted in the phase measure" "--name l"
	within 5 none_marked "$MARK"
	left_nothing
	rm "$CO/slow-7.2" "$CO/booted"
	ladder --name l --fs ext4 --kernel ladder
	expect 0 "3 kernels, 2 done" "7.2 against 6.1"
	[[ $(booted) == 7.2 ]]
}

@test "the guests of the kernels that are measured at a time are no more than cores" {
	fake_kernels
	touch "$CO/slow-5.10" "$CO/slow-6.1"
	# Of each kernel one guest for each of three stacks.
	start_marked taskset -c 0,1 "$CO/run.sh" bench --name l --fs ext4 --kernel 5.10 --kernel 6.1
	within 30 test -e "$CO/begun-5.10"
	sleep 1
	[[ ! -e $CO/begun-6.1 ]]
	kill -INT $!
	ended
	expect 130 "interrupted in the phase measure"
	within 5 none_marked "$MARK"
	left_nothing
}

@test "what is not of one ladder is refused" {
	fake_kernels
	ladder --name l --kernel 5.10 --kernel 6.1
	sed -i '1s/"build":"[^"]*"/"build":"another"/' "$CO"/results/l/*/run.jsonl
	ladder --name l --kernel 5.10 --kernel 6.1
	expect 64 "another build of daxdm or of another workload; choose another --name"
	mkdir "$CO/results/mine"
	ladder --name mine --kernel 5.10 --kernel 6.1
	expect 64 "holds no ladder"
	ladder --name a/b --kernel 5.10 --kernel 6.1
	expect 64 "letters, digits"
	for words in "--repeat 2" --console; do
		# shellcheck disable=SC2086
		ladder --kernel 5.10 --kernel 6.1 $words
		expect 64 "is for one kernel"
	done
}

@test "each kernel in several initial states; a state that is missing is measured when the ladder goes on" {
	fake_kernels
	ladder --name l --kernel 5.10 --kernel 6.1 --states 2
	expect 0
	[[ $(runs | xargs) == "l/5.10 l/5.10/state-2 l/6.1 l/6.1/state-2" ]]
	rm -r "$CO/results/l/6.1/state-2" "$CO/booted"
	ladder --name l --kernel 5.10 --kernel 6.1 --states 2
	expect 0
	[[ $(sort "$CO/booted" | xargs) == "6.1 6.1" ]]
}

@test "a build tree: its bzImage must be there, and it is one kernel as any other" {
	fake_kernels
	mkdir -p "$BATS_TEST_TMPDIR/tree/arch/x86/boot"
	ladder --kernel-tree "$BATS_TEST_TMPDIR/none"
	expect 64 "no such directory"
	ladder --kernel-tree "$BATS_TEST_TMPDIR/tree"
	expect 64 "was it built"
	run timeout 10 "$CO/run.sh" assert --metric 'fault.read.warm.pte{stack=raw}' --max 1 --kernel-tree "$BATS_TEST_TMPDIR/tree"
	expect 125 "was it built"
	touch "$BATS_TEST_TMPDIR/tree/arch/x86/boot/bzImage"
	ladder --kernel-tree "$BATS_TEST_TMPDIR/tree" --name one
	expect 0
	[[ $(context_of one .kernel.release) == '"9.9-amd64"' ]]
}

# ---- the catalogue -------------------------------------------------------------------------------

# A checkout with a catalogue of today and one kernel in it.
catalogue() {
	CO=$BATS_TEST_TMPDIR/checkout
	mkdir -p "$CO/build/apt" "$CO/build/kernels/6.1.0-1-amd64-unsigned_6.1.7-1"
	cp -r "$TOP/emu" "$CO/"
	echo "linux-image-6.1.0-1-amd64-unsigned 6.1.7-1" >"$CO/build/kernels/6.1.0-1-amd64-unsigned_6.1.7-1/package"
	{
		printf '%s\t%s\t%s\t%s\t%s\n' \
			linux-image-6.1.0-1-amd64 6.1.7-1 bookworm kmod 52428800 \
			linux-image-6.1.0-1-amd64-unsigned 6.1.7-1 bookworm kmod 52428800 \
			linux-image-6.1.0-1-amd64 6.1.7-1 bookworm-security kmod 52428800 \
			linux-image-6.1.0-2-rt-amd64 6.1.8-1 bookworm kmod 1048576 \
			linux-image-amd64 6.1.7-1 bookworm "linux-image-6.1.0-1-amd64 (= 6.1.7-1)" 10 \
			linux-image-6.12.9-amd64 6.12.9-1 trixie kmod 1048576 \
			linux-image-7.1-amd64 7.1.3-1 sid "linux-binary-7.1-amd64 (= 7.1.3-1), linux-modules-7.1-amd64 (= 7.1.3-1)" 1048576 \
			linux-binary-7.1-amd64 7.1.3-1 sid kmod 10485760 \
			linux-image-7.2-amd64 7.2~rc1-1 rc-buggy "linux-binary-7.2-amd64 (= 7.2~rc1-1), linux-modules-7.2-amd64 (= 7.2~rc1-1)" 1048576 \
			linux-binary-7.2-amd64 7.2~rc1-1 rc-buggy kmod 10485760 \
			linux-modules-7.2-amd64 7.2~rc1-1 rc-buggy kmod 104857600
	} >"$CO/build/apt/catalogue"
}

kernel_sh() {
	run --separate-stderr timeout 30 "$CO/emu/kernel.sh" "$@"
}

kernels() {
	run --separate-stderr timeout 30 "$TOP/build/daxdm" kernels "$@"
}

@test "the table: every kernel once, oldest first, sizes, what is here, and what cannot be fetched" {
	catalogue
	cp "$TOP/run.sh" "$TOP/packages.txt" "$CO/"
	cd "$CO"
	kernels
	[[ $status == 0 && ${lines[0]} == "version    flavour  package "* ]]
	[[ ${lines[1]} =~ ^6\.1\.7-1\ +generic\ +linux-image-6\.1\.0-1-amd64\ +bookworm,bookworm-security\ +50\ MiB\ +[01]\ MiB$ ]]
	[[ ${lines[2]} =~ ^6\.1\.8-1\ +rt\ +.*\ -$ && ${lines[3]} == 6.12.9-1* ]]
	[[ ${lines[4]} =~ ^7\.1\.3-1\ .*\ unstable\ +\(no\ modules\)\ +-$ ]]
	[[ ${lines[5]} =~ ^7\.2~rc1-1\ .*\ experimental\ +111\ MiB\ +-$ ]]
	[[ $output == *"5 kernels in the archive, 1 fetched"*"1 cannot be fetched"* ]]
	kernels 6.1 7.2
	[[ $output == *"3 kernels"* && $output != *6.12.9* ]]
	kernels rt
	[[ $output == *"1 kernel in the archive"* ]]
	kernels --fetch "$TOP/bzImage"
	[[ $status == 64 && $stderr == *"expected a kernel of the archive, got a path"* ]]
	kernels --json
	[[ $(jq -r '.[4] | .version, .size_bytes, .suites[0]' <<<"$output" | paste -sd ' ') == "7.2~rc1-1 116391936 experimental" ]]
	[[ $(jq -r '.[3].size_bytes' <<<"$output") == null ]]
}

@test "series, names, kernels between two, and removal" {
	catalogue
	kernel_sh series
	[[ ${lines[*]} == "linux-image-6.1.0-1-amd64-unsigned linux-image-6.12.9-amd64 linux-image-7.2-amd64" ]]
	kernel_sh identify 6.1 newest
	[[ ${lines[0]} == $'6.1.0-1\tlinux-image-6.1.0-1-amd64-unsigned\t6.1.7-1\t6.1' ]]
	[[ ${lines[1]} == $'7.2\tlinux-image-7.2-amd64\t7.2~rc1-1\tnewest' ]]
	kernel_sh identify 9.9
	[[ $status == 64 && $stderr == *"unknown kernel '9.9'"* ]]
	kernel_sh between 6.1 6.12
	[[ $status == 0 && $(cut -f1 <<<"$output" | paste -sd ' ') == "6.1.0-1 6.12.9" ]]
	kernel_sh remove 6.12
	[[ $status == 64 && $stderr == *"is not here"* ]]
	kernel_sh remove linux-image-6.1.0-1-amd64
	[[ $status == 0 && ! -e $CO/build/kernels/6.1.0-1-amd64-unsigned_6.1.7-1 ]]
}

@test "a build tree without modules_install is an error that says what make said" {
	catalogue
	mkdir -p "$BATS_TEST_TMPDIR/tree/arch/x86/boot"
	kernel_sh resolve --tree "$BATS_TEST_TMPDIR/tree"
	[[ $status == 64 && $stderr == *"has no arch/x86/boot/bzImage"* ]]
	touch "$BATS_TEST_TMPDIR/tree/arch/x86/boot/bzImage"
	printf 'modules_install:\n\t@echo no Module.symvers; false\n' >"$BATS_TEST_TMPDIR/tree/Makefile"
	kernel_sh resolve --tree "$BATS_TEST_TMPDIR/tree"
	[[ $status == 64 && $stderr == *"failed: no Module.symvers"* ]]
	[[ ! $(compgen -G "$CO/build/*.tmp.*") ]]
}

# ---- plots ---------------------------------------------------------------------------------------

@test "plots of a ladder: cost and DM overhead by kernel version, titled with first and last" {
	local data=$BATS_TEST_TMPDIR/data out=$BATS_TEST_TMPDIR/out
	mkdir "$data" "$out"
	sed 's/6\.1\.0-fixture/6.12.9/; s/6\.1\.192-1/6.12.9-1/; s/\[4223,6]/[4323,6]/' \
		tests/fixtures/fixture-run.jsonl | settle >"$BATS_TEST_TMPDIR/b.jsonl"
	run timeout 20 build/daxdm compare --plot-data "$data" tests/fixtures/fixture-run.jsonl "$BATS_TEST_TMPDIR/b.jsonl"
	expect 1
	run timeout 60 plot/plot.sh --data "$data" "$out"
	expect 0
	[[ $(find "$out" -type f -printf '%f\n' | sort | paste -sd ' ') == \
		"ladder-cost.png ladder-cost.svg ladder-tax.png ladder-tax.svg" ]]
	grep -q 'linear:16, warm read fault: 4,223 insn on 6.1.192, 4,323 on 6.12.9 (ext4)' "$out/ladder-cost.svg"
	grep -q '+188 insn on 6.1.192, +288 on 6.12.9 (ext4)' "$out/ladder-tax.svg"
	grep -q '4 KiB raw  4,035' "$out/ladder-cost.svg"
}

@test "plots of a ladder: a bar over the range of initial states" {
	local data=$BATS_TEST_TMPDIR/data out=$BATS_TEST_TMPDIR/out a=$BATS_TEST_TMPDIR/a b=$BATS_TEST_TMPDIR/b state
	mkdir -p "$data" "$out" "$a/state-2" "$a/state-3" "$b"
	cp tests/fixtures/fixture-run.jsonl "$a/run.jsonl"
	for state in 2 3; do
		jq -c --argjson state $state 'if .type == "context" then .emulator.state = $state else . end' \
			tests/fixtures/fixture-run.jsonl | sed "s/\[4223,6]/[$((4123 + state * 100)),6]/" | settle >"$a/state-$state/run.jsonl"
	done
	sed 's/6\.1\.0-fixture/6.12.9/; s/6\.1\.192-1/6.12.9-1/' tests/fixtures/fixture-run.jsonl >"$b/run.jsonl"
	run timeout 20 build/daxdm compare --plot-data "$data" "$a" "$b"
	expect 0
	grep -qx $'1\t4323\t1\t4223\t4423' "$data/cost-1.tsv"
	grep -qx $'1\t288\t1\t188\t388' "$data/tax-1.tsv"
	grep -qx $'2\t4223\t1\t4223\t4223' "$data/cost-1.tsv"
	run timeout 60 plot/plot.sh --data "$data" "$out"
	expect 0
	for svg in "$out"/*.svg; do
		grep -q 'bars: range over up to 3 initial states' "$svg"
		# The bar of one point: a line and two caps.
		grep -qE "d='M[0-9.]+,[0-9.]+ L[0-9.]+,[0-9.]+ M[0-9.]+,[0-9.]+ L[0-9.]+,[0-9.]+ M" "$svg"
	done
}

@test "operations other than faults by kernel version: the medians of the runs, drawn" {
	local data=$BATS_TEST_TMPDIR/data out=$BATS_TEST_TMPDIR/out run id='translate.page.random{stack=linear:16,fs=ext4}'
	local -a runs=(results/published/linux-6.1.0-56-insn results/published/linux-7.3-rc7-insn)
	mkdir "$data" "$out"
	cd "$TOP"
	run timeout 20 build/daxdm compare --plot-data "$data" "${runs[@]}"
	expect 1
	for run in "${runs[@]}"; do
		jq -r --arg id "$id" 'select(.type == "record" and .id == $id) | .median' "$run/run.jsonl"
	done >"$BATS_TEST_TMPDIR/want"
	[[ $(wc -l <"$BATS_TEST_TMPDIR/want") == 2 ]]
	diff "$BATS_TEST_TMPDIR/want" <(head -n 2 "$data/path-1.tsv" | cut -f2)
	run timeout 60 plot/plot.sh --data "$data" "$out"
	expect 0 "ladder-paths.svg"
	grep -q "msync() of one stored page" "$out/ladder-paths.svg"
}

# A run compared with itself; what can be drawn of it is in data.
compare_itself() { # RUN.JSONL
	rm -rf "$BATS_TEST_TMPDIR"/{data,out}
	mkdir "$BATS_TEST_TMPDIR"/{data,out}
	run timeout 20 build/daxdm compare --plot-data "$BATS_TEST_TMPDIR/data" "$1" "$1"
	expect 0
	run timeout 60 plot/plot.sh --data "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/out"
	expect 0
}

@test "runs without warm faults: nothing to draw, said in a sentence" {
	grep -v '"bench":"fault"' tests/fixtures/fixture-run.jsonl >"$BATS_TEST_TMPDIR/a.jsonl"
	compare_itself "$BATS_TEST_TMPDIR/a.jsonl"
	expect 0 "nothing to draw"
}

@test "runs without raw: the same, and no crash" {
	grep -v '"stack":"raw"' tests/fixtures/fixture-run.jsonl >"$BATS_TEST_TMPDIR/a.jsonl"
	compare_itself "$BATS_TEST_TMPDIR/a.jsonl"
	expect 0 "nothing to draw"
	# On one of the filesystems only.
	sed 's/ext4/xfs/g' tests/fixtures/fixture-run.jsonl | sed -n '/"type":"record"/p' >"$BATS_TEST_TMPDIR/xfs"
	sed "/hop.map{stack=linear:1}/r $BATS_TEST_TMPDIR/xfs" "$BATS_TEST_TMPDIR/a.jsonl" | awk '!seen[$0]++' >"$BATS_TEST_TMPDIR/b.jsonl"
	compare_itself "$BATS_TEST_TMPDIR/b.jsonl"
	[[ -s $BATS_TEST_TMPDIR/out/ladder-cost.svg ]]
	grep -q xfs "$BATS_TEST_TMPDIR/out/ladder-cost.svg"
	run ! grep -q ext4 "$BATS_TEST_TMPDIR/out/ladder-cost.svg"
}
