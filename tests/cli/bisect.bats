#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# bisect with GNU parallel, of kernels and of commits: the emulated host and the catalogue are replaced (guest.sh), git and
# make are real.  With Slurm: slurm.bats.  The search alone: tests/unit/cli/bisect.
# shellcheck disable=SC2030,SC2031 # each test has its own output

load ../helpers
load fakes
load guest

setup() {
	MARK=bisect-$$-$BATS_TEST_NUMBER
	cd "$TOP" || return
}

teardown() {
	end_marked "$MARK"
}

METRIC='fault.read.warm.pte{stack=linear:16,fs=ext4}'

bisect() {
	run timeout 60 "$CO/run.sh" bisect --metric "$METRIC" "$@"
	output=$(sed -E 's/([0-9]),([0-9]{3})/\1\2/g' <<<"$output") # digits may be grouped
}

# The kernels that were booted since this was asked last.
booted() {
	sort "$CO/booted" 2>/dev/null | xargs
	rm -f "$CO/booted"
}

# Kernels 1.1 to 1.N, of which those from 1.STEP on cost more.
kernels_with_step() { # N STEP
	seq --format 1.%g -s ' ' "$1" >"$CO/all"
	rm -f "$CO"/cost-*
	for ((n = $2; n <= $1; n++)); do echo 1000 >"$CO/cost-1.$n"; done
}

# ---- kernels -------------------------------------------------------------------------------------

@test "bisect finds the first bad kernel, and measures no kernel twice" {
	fake_kernels
	echo 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 >"$CO/all"
	for k in 1.6 1.7 1.8; do echo 1000 >"$CO/cost-$k"; done
	bisect --good 1.1 --bad 1.8
	expect 0 "8 kernels from 1.1 to 1.8" "bad is above 4723 insn" \
		"first bad: 1.6 (5223 insn), 1.5 is good (4223 insn)" "measured: 5 kernels in 4 rounds" "why: ./run.sh compare bisect-"
	booted >"$BATS_TEST_TMPDIR/booted"
	[[ $(wc -w <"$BATS_TEST_TMPDIR/booted") -le 5 && ! $(tr ' ' '\n' <"$BATS_TEST_TMPDIR/booted" | uniq -d) ]]
	left_nothing
}

@test "bisect and assert measure with the namespaces and kernel arguments that are asked for" {
	fake_kernels
	echo 1.1 1.2 >"$CO/all"
	echo 1000 >"$CO/cost-1.2"
	bisect --good 1.1 --bad 1.2
	expect 0 "first bad: 1.2"
	booted
	# The runs that are there stand for another kind of namespaces.
	bisect --good 1.1 --bad 1.2 --namespace align=4k,map=dev --append nokaslr
	expect 0 "first bad: 1.2"
	[[ $(booted) == "1.1 1.2" ]]
	bisect --good 1.1 --bad 1.2 --namespace align=4k,map=dev --append nokaslr
	[[ ! $(booted) ]]
	[[ $(jq -c 'select(.type == "context") | [.emulator.namespace, .emulator.append]' "$CO"/results/*/*/run.jsonl | sort | uniq -c | xargs -d '\n') == \
		*'2 ["align=4k,map=dev","nokaslr"]'*'2 [null,null]' ]]
	run timeout 60 "$CO/run.sh" assert --metric 'read.warm.pte raw ext4' --max 9000 --kernel 1.1 --namespace memmap
	expect 0
	[[ $(jq -c 'select(.type == "context") | .emulator.namespace' "$CO"/results/1.1-assert-*/run.jsonl) == '"memmap"' ]]
}

@test "bisect: a threshold, a metric of which more is better, and nothing to look for" {
	fake_kernels
	echo 1.1 1.2 1.3 1.4 >"$CO/all"
	echo 90 >"$CO/cost-1.2" && echo 95 >"$CO/cost-1.3" && echo 2000 >"$CO/cost-1.4"
	bisect --good 1.1 --bad 1.4
	expect 0 "first bad: 1.4 (6223 insn)"
	bisect --good 1.1 --bad 1.4 --threshold 1.5 --anew
	expect 0 "bad is above 4286 insn" "first bad: 1.2 (4313 insn)"
	touch "$CO/higher"
	rm -r "$CO"/results/*
	bisect --good 1.1 --bad 1.4
	expect 3 "no change for the worse"
	echo -3000 >"$CO/cost-1.4" && echo -500 >"$CO/cost-1.3"
	rm -r "$CO"/results/*
	bisect --good 1.1 --bad 1.4
	expect 0 "bad is below 2723 insn" "first bad: 1.4 (1223 insn), 1.3 is good (3723 insn)"
	bisect --good 1.1
	expect 64 "--good K, --bad K and --metric M are needed"
	bisect --good 1.1 --bad 1.4 --threshold x
	expect 64 "a number of per cent"
}

@test "bisect passes over kernels that cannot be measured, and names them if they may be the first" {
	fake_kernels
	echo 1.1 1.2 1.3 1.4 1.5 >"$CO/all"
	echo 1000 | tee "$CO/cost-1.5" >"$CO/cost-1.4"
	touch "$CO/broken-1.3"
	bisect --good 1.1 --bad 1.5
	expect 0 "skipped:  1.3: daxdm: no banner from init" "first bad: 1.4" \
		"or one of those that could not be measured: 1.3"
	touch "$CO/broken-1.1"
	bisect --good 1.1 --bad 1.5 --anew
	expect 4 "1.1 cannot be measured: daxdm: no banner from init"
}

@test "bisect: a run without the metric is skipped with the reason, also where the run was there before" {
	fake_kernels
	echo 1.1 1.2 1.3 >"$CO/all"
	echo 1000 >"$CO/cost-1.3"
	touch "$CO/void-1.2"
	for _ in 1 2; do
		bisect --good 1.1 --bad 1.3 --metric "tax:fault.read.warm.pte{stack=linear:16,fs=ext4}"
		expect 0 "skipped:  1.2: the run has no such record" "first bad: 1.3"
	done
	[[ $(grep -cx 1.2 "$CO/booted") == 1 ]]
}

@test "bisect measures several kernels at a time: the same first bad one in fewer rounds" {
	local jobs measured
	local -A rounds
	fake_kernels
	kernels_with_step 20 9
	for jobs in 7 3 1; do
		bisect --good 1.1 --bad 1.20 --jobs "$jobs"
		expect 0 "20 kernels from 1.1 to 1.20" "first bad: 1.9 (5223 insn), 1.8 is good (4223 insn)"
		measured=$(sed -nE 's/^measured: ([0-9]+) kernels in ([0-9]+) rounds$/\1 \2/p' <<<"$output")
		rounds[$jobs]=${measured#* }
	done
	((rounds[7] <= 3 && rounds[3] <= 4))
	((rounds[1] == ${measured% *} - 1)) # one at a time but for the ends
	left_nothing
}

@test "bisect: the ends are measured at the same time, and no more kernels than are asked for" {
	fake_kernels
	kernels_with_step 8 3
	touch "$CO/slow-1.1" "$CO/slow-1.8"
	start_marked "$CO/run.sh" bisect --metric "$METRIC" --good 1.1 --bad 1.8 --jobs 2
	within 30 test -e "$CO/begun-1.1" -a -e "$CO/begun-1.8"
	rm "$CO"/slow-*
	ended
	expect 0 "first bad: 1.3"
	rm "$CO"/begun-*
	touch "$CO/slow-1.1"
	start_marked "$CO/run.sh" bisect --metric "$METRIC" --good 1.1 --bad 1.8 --anew
	within 30 test -e "$CO/begun-1.1"
	booted
	sleep 1
	[[ ! $(booted) ]]
	rm "$CO/slow-1.1"
	ended
	expect 0 "first bad: 1.3"
}

@test "bisect: a metric that is not monotonic gives one of its changes, the same for all --jobs, and says so" {
	local jobs
	fake_kernels
	kernels_with_step 9 9
	echo 1000 | tee "$CO/cost-1.3" >"$CO/cost-1.6" # the middles are 1.5, 1.3 and 1.7
	for jobs in 1 3 7; do
		bisect --good 1.1 --bad 1.9 --jobs "$jobs"
		expect 0 "first bad: 1.9 (5223 insn), 1.8 is good"
		case $jobs in
		1) [[ $output != *"not monotonic"* ]] ;;
		3) expect 0 "not monotonic: 1.6 is bad, and 1.7, which is newer, is good" ;;
		7) expect 0 "not monotonic: 1.3 is bad, and 1.5, which is newer, is good" ;;
		esac
	done
}

@test "bisect, several at a time: kernels that cannot be measured are skipped, and named if they may be the first" {
	local jobs
	fake_kernels
	kernels_with_step 9 6
	touch "$CO/broken-1.5" "$CO/broken-1.3"
	for jobs in 1 3 7; do
		bisect --good 1.1 --bad 1.9 --jobs "$jobs"
		expect 0 "skipped:  1.5: daxdm: no banner from init" "first bad: 1.6 (5223 insn), 1.4 is good" \
			"or one of those that could not be measured: 1.5"
	done
}

@test "bisect interrupted or killed: nothing runs on, nothing is left, and the same command goes on" {
	local signal
	fake_kernels
	kernels_with_step 9 4
	for signal in INT KILL; do
		touch "$CO/slow-1.3"
		start_marked "$CO/run.sh" bisect --metric "$METRIC" --good 1.1 --bad 1.9 --jobs 3
		within 30 test -e "$CO/begun-1.3"
		within 30 grep -q 1.4 "$CO/booted"
		kill "-$signal" $!
		ended
		[[ $signal == KILL ]] || expect 130 "interrupted in the phase measure"
		within 30 none_marked "$MARK"
		within 5 left_nothing
		rm "$CO"/begun-*
	done
	rm "$CO/slow-1.3"
	booted
	bisect --good 1.1 --bad 1.9 --jobs 3
	expect 0 "first bad: 1.4"
	# What was complete is not measured again.
	[[ $(booted) != *1.[159]* ]]
}

@test "bisect: options that do not go together are refused in one line" {
	fake_kernels
	kernels_with_step 3 3
	refuse() { # TEXT WORD...
		bisect --good 1.1 --bad 1.3 "${@:2}"
		expect 64 "$1"
		expect_short
		[[ ! -e $CO/booted ]]
	}
	refuse "--config goes with --git" --config "$TOP/packages.txt"
	refuse "--build-jobs goes with --git" --build-jobs 2
	refuse "--account goes with --engine slurm" --account a
	refuse "--jobs: expected a number from 1 to 63, got '0'" --jobs 0
	refuse "expected a kernel of the archive, got the path 'a/b'; --git DIR searches commits" --good a/b
	refuse "bisect --git: no file $BATS_TEST_TMPDIR/.config; --config FILE" --git "$BATS_TEST_TMPDIR"
	put_config "$BATS_TEST_TMPDIR/.config"
	export GIT_CEILING_DIRECTORIES=${BATS_TEST_TMPDIR%/*}
	refuse "--git $BATS_TEST_TMPDIR: fatal: not a git repository" --git "$BATS_TEST_TMPDIR"
	random_commits "$BATS_TEST_TMPDIR/linux" 1 3 2
	put_config "$BATS_TEST_TMPDIR/linux/.config"
	refuse "--good 1.1: the repository has no such commit" --git "$BATS_TEST_TMPDIR/linux"
	refuse "--good main is no ancestor of --bad ${COMMITS[1]}" --git "$BATS_TEST_TMPDIR/linux" --good main --bad "${COMMITS[1]}"
	refuse "--good main is no ancestor of --bad main" --git "$BATS_TEST_TMPDIR/linux" --good main --bad main
}

# ---- commits -------------------------------------------------------------------------------------

setup_commits() { # SEED N [FIRST_BAD]
	export BUILT=$BATS_TEST_TMPDIR/built SLOW=$BATS_TEST_TMPDIR/slow
	LINUX="$BATS_TEST_TMPDIR/linux tree"
	rm -rf "$LINUX" "$BUILT"
	random_commits "$LINUX" "$@"
	put_config "$LINUX/.config"
}

bisect_commits() {
	bisect --git "$LINUX" --good "${COMMITS[1]}" --bad main "$@"
}

# What git-bisect(1) finds in a clone.
by_git() {
	rm -rf "$BATS_TEST_TMPDIR/clone"
	git clone -q "$LINUX" "$BATS_TEST_TMPDIR/clone"
	(
		cd "$BATS_TEST_TMPDIR/clone" || exit
		git bisect start main "${COMMITS[1]}"
		git bisect run sh -c 'test ! -e broken || exit 125; test "$(cat cost)" = 0'
	) >"$BATS_TEST_TMPDIR/by_git" 2>&1
	git -C "$BATS_TEST_TMPDIR/clone" rev-parse refs/bisect/bad
}

# Each file of the repository and its working tree, with time and content.
state_of_tree() {
	(cd "$LINUX" && find . -printf '%P %m %s %T@\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

@test "bisect --git finds the commit that git bisect run finds, in histories with merges" {
	local seed jobs
	fake_commits
	for seed in 1 2; do
		setup_commits "$seed" 24
		[[ $(git -C "$LINUX" rev-list --merges main | wc -l) -ge 3 ]]
		[[ $(by_git) == "$FIRST_BAD" ]]
		for jobs in 3 1; do
			bisect_commits --jobs "$jobs" --build-jobs 1
			expect 0 "commits after ${COMMITS[1]:0:12} up to ${COMMITS[24]:0:12}" \
				"first bad: ${FIRST_BAD:0:12} change $(git -C "$LINUX" show "$FIRST_BAD:number") (5223 insn), " "why: ./run.sh compare bisect-"
		done
		# The second search found the runs of the first one.
		[[ ! $(sort "$BUILT" | uniq -d) ]]
	done
	left_nothing
}

@test "bisect --git skips commits that do not build, with the reason" {
	fake_commits
	BROKEN="5 7 11 12 16" setup_commits 4 20 9
	[[ $(by_git) == "$FIRST_BAD" ]]
	bisect_commits --jobs 7 --build-jobs 1
	expect 0 "skipped: " "does not build: drivers/md/dm.c:1:1: error: expected ;" "first bad: ${FIRST_BAD:0:12} change 9"
	# One that does not boot, and one that does not build at an end of the history.
	BROKEN=20 setup_commits 4 20 9
	bisect_commits
	expect 4 "bisect: ${COMMITS[20]:0:12} cannot be measured: daxdm: the commit ${COMMITS[20]:0:12} does not build"
	setup_commits 4 20 9
	touch "$CO/broken-${FIRST_BAD:0:12}"
	bisect_commits --anew
	expect 0 "skipped:  ${FIRST_BAD:0:12}: daxdm: no banner from init" "or one of those that could not be measured:"
	[[ $output == *"could not be measured:"*"${FIRST_BAD:0:12}"* ]]
}

@test "bisect --git: a configuration without what the emulated host needs is an error before the build" {
	fake_commits
	setup_commits 1 3 2
	sed -i /FS_DAX/d "$LINUX/.config"
	bisect_commits
	expect 4 "cannot be the emulated host's: CONFIG_FS_DAX is not set; use a --config with that"
	[[ ! -e $BUILT ]]
	put_config "$BATS_TEST_TMPDIR/config"
	bisect_commits --config "$BATS_TEST_TMPDIR/config"
	expect 0 "first bad: ${FIRST_BAD:0:12}"
	# Runs of kernels with another configuration do not stand for these.
	echo CONFIG_X=y >>"$BATS_TEST_TMPDIR/config"
	booted
	bisect_commits --config "$BATS_TEST_TMPDIR/config"
	expect 0 "first bad: ${FIRST_BAD:0:12}"
	[[ $(booted | wc -w) == 3 ]]
}

@test "bisect --git does not touch the repository: HEAD, index, files" {
	fake_commits
	setup_commits 2 12
	git -C "$LINUX" checkout -q "${COMMITS[6]}"
	echo mine >>"$LINUX/cost"
	echo staged >"$LINUX/staged"
	git -C "$LINUX" add staged
	state_of_tree >"$BATS_TEST_TMPDIR/before"
	bisect_commits --jobs 3
	expect 0 "first bad: ${FIRST_BAD:0:12}"
	diff "$BATS_TEST_TMPDIR/before" <(state_of_tree)
}

@test "bisect --git killed while it builds: no process, no file is left, and the same command goes on" {
	local signal
	fake_commits
	setup_commits 3 12 7
	cp -a "$LINUX" "$BATS_TEST_TMPDIR/before"
	for signal in TERM KILL; do
		touch "$SLOW"
		rm -f "$BUILT"
		start_marked "$CO/run.sh" bisect --metric "$METRIC" --git "$LINUX" --good "${COMMITS[1]}" --bad main --jobs 3
		within 30 test -s "$BUILT"
		compgen -G "$CO/build/run.tmp.*/tree/cost"
		kill "-$signal" $!
		ended
		[[ $signal == KILL ]] || expect 143 "terminated in the phase measure"
		within 30 none_marked "$MARK"
		within 5 left_nothing
		diff -r "$LINUX" "$BATS_TEST_TMPDIR/before"
	done
	rm "$SLOW" "$BUILT"
	bisect_commits --jobs 3
	expect 0 "first bad: ${FIRST_BAD:0:12} change 7"
}

@test "emu/kernel.sh keeps three kernels of the user's own, and those in use" {
	local n tree=$BATS_TEST_TMPDIR/tree
	CO=$BATS_TEST_TMPDIR/checkout
	mkdir -p "$CO/build" "$tree/arch/x86/boot"
	cp -r "$TOP/emu" "$CO/"
	put_config "$tree/.config"
	for n in 1 2 3 4 5; do
		# An ELF file with a version is taken for a kernel.
		printf 'Linux version 6.1.%s-mine (' "$n" >"$BATS_TEST_TMPDIR/version"
		objcopy --add-section ".version=$BATS_TEST_TMPDIR/version" "$(type -P true)" "$tree/arch/x86/boot/bzImage"
		run --separate-stderr timeout 30 "$CO/emu/kernel.sh" resolve --tree "$tree" --origin "commit $n config c"
		[[ $status == 0 && $(cat "$output/package") == "file commit $n config c" ]]
		if ((n == 1)); then
			exec {held}<"$output"
			flock --shared "$held"
		fi
	done
	[[ $(cat "$CO"/build/kernels/*/package | cut -d' ' -f3 | sort | xargs) == "1 3 4 5" ]]
	exec {held}<&-
}
