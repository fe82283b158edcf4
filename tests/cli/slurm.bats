#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Several kernels on a real Slurm cluster of two nodes on this host (tests/slurm.bash), with the emulated host and the
# catalogue replaced as in ladder.bats.
# shellcheck disable=SC2030,SC2031 # each test has its own output

load ../helpers
load ../slurm
load fakes
load guest

stderr= # of run --separate-stderr

setup_file() {
	SLURM_DIR=$(mktemp -d "$TOP/build/test.tmp.slurm.XXXXXX")
	export SLURM_DIR
	slurm_start 2
}

teardown_file() {
	slurm_stop
}

setup() {
	MARK=slurm-$$-$BATS_TEST_NUMBER
	cd "$TOP" || return
	slurm_mend
}

teardown() {
	end_marked "$MARK"
	scancel --user="$(id -un)"
}

# Tests that wait for Slurm's time limits have the tag slow: tests/slurm.sh runs them.

ladder() {
	run timeout 60 "$CO/run.sh" bench --engine slurm "$@"
}

# The kernels that were booted since this was asked last.
booted() {
	sort "$CO/booted" 2>/dev/null | xargs
	rm -f "$CO/booted"
}

# Starts a ladder of 5.10 and 6.1, and waits until all that is not of 6.1 is done.
start_slow() {
	fake_kernels
	touch "$CO/slow-6.1"
	start_marked "$CO/run.sh" bench --engine slurm --name s --fs ext4 --kernel 5.10,6.1
	within 30 test -e "$CO/begun-6.1"
	within 30 test -e "$CO/results/s/slurm/1.end"
	within 30 only_one_runs
}

no_jobs() {
	[[ ! $(squeue --noheader) ]]
}

# What all runs hold but for the dates.
contents_of() { # NAME
	local run
	for run in "$CO/results/$1"/*/run.jsonl; do jq -cS 'del(.date)' "$run"; done
}

none_of_job_on() { # NODE
	[[ ! $(slurm_of_jobs "$1") ]]
}

only_one_runs() {
	[[ $(squeue --noheader | wc -l) == 1 ]]
}

a_job_runs() {
	[[ $(node_of_job) ]]
}

# The node that the only job of a cluster is on.
node_of_job() {
	squeue --noheader --states=RUNNING --format=%N
}

# Kills a node: its slurmd, and its jobs.
kill_node() { # NODE
	kill -KILL "$(slurm_pid "slurmd-$1")"
	# One whose parent is killed ends by itself.
	slurm_of_jobs "$1" | xargs kill -KILL 2>/dev/null || true
}

@test "several kernels: runs, table and log of jobs are those of GNU parallel" {
	local kernels=5.10,6.1,6.2,6.3,6.4,7.2 # more than fit into one array
	fake_kernels
	echo 1000 >"$CO/cost-6.3"
	ladder --name s --kernel "$kernels" --fs ext4
	expect 0 "6: 5.10 6.1 6.2 6.3 6.4 7.2" "ladder of 6 kernels, 0 done" "5.10: 10 records in" "6 of 6 done" \
		"6.3 against 6.2" "results are in results/s/"
	run timeout 60 "$CO/run.sh" bench --name l --kernel "$kernels" --fs ext4
	expect 0
	diff <(contents_of s) <(contents_of l)
	diff <(sed 's|/s/|/l/|g' "$CO/results/s/ladder.txt") "$CO/results/l/ladder.txt"
	diff <(cut -f7,9 "$CO/results/s/jobs.tsv" | sed 's|/s/|/l/|g; s|s/|l/|' | sort) <(cut -f7,9 "$CO/results/l/jobs.tsv" | sort)
	[[ $(grep -c resolve "$CO/calls") -ge 18 && $(head -n 1 "$CO/results/s/slurm/fetch") == linux-image-5.10-amd64 ]]
	left_nothing
	# The limits of the next one are by these.
	booted
	ladder --name s --kernel "$kernels" --fs ext4
	expect 0 "6 kernels, 6 done"
	[[ ! $(booted) ]]
	ladder --name t --kernel 5.10,6.1 --fs ext4
	expect 0 "limits of an element: 15 min" "by what such jobs took before"
}

@test "an element that fails once is tried again; one that fails twice is reported, not the ladder" {
	fake_kernels
	touch "$CO/broken-6.1" "$CO/shy-7.2"
	ladder --name s --kernel ladder
	expect 4 "6.1: FAILED: daxdm: no banner from init" "3 of 3 done" "no numbers of 6.1: daxdm: no banner from init" "7.2 against 5.10"
	[[ $(booted) == "5.10 6.1 6.1 7.2 7.2" && $(wc -l <"$CO/results/s/jobs.tsv") == 4 ]]
	grep -q "no banner" "$CO/results/s/7.2.log.1"
	rm "$CO/broken-6.1"
	ladder --name s --kernel ladder
	expect 0 "3 kernels, 2 done" "6.1 against 5.10"
	[[ $(booted) == 6.1 ]]
}

@test "interrupted: 130, the array is cancelled, and the same name goes on" {
	start_slow
	kill -INT $!
	ended
	expect 130 "interrupted in the phase measure"
	no_jobs
	within 5 none_marked "$MARK"
	left_nothing
	rm "$CO/slow-6.1" "$CO/booted"
	ladder --name s --fs ext4 --kernel 5.10,6.1
	expect 0 "2 kernels, 1 done" "6.1 against 5.10"
	[[ $(booted) == 6.1 ]]
}

# bats test_tags=slow
@test "killed together with its guardian: the jobs that it left do not disturb the same name again" {
	start_slow
	marked "$MARK" | awk '/slurm.sh|build.daxdm bench --engine|run.sh/ { print $1 }' | xargs kill -KILL
	ended
	[[ $(node_of_job) ]]
	rm "$CO/booted"
	(sleep 4 && rm "$CO/slow-6.1") &
	ladder --name s --fs ext4 --kernel 5.10,6.1
	expect 0 "2 kernels, 1 done" "6.1 against 5.10"
	[[ $(booted) == 6.1 ]]
	no_jobs
	within 20 none_marked "$MARK"
}

# bats test_tags=slow
@test "scancel by somebody: reported with the reason, nothing is left, and the same name goes on" {
	start_slow
	scancel --user="$(id -un)"
	ended
	expect 4 "6.1: FAILED: daxdm: Slurm ended this job: CANCELLED on n" "no numbers of 6.1"
	no_jobs
	within 5 none_marked "$MARK"
	left_nothing
	rm "$CO/slow-6.1"
	ladder --name s --fs ext4 --kernel 5.10,6.1
	expect 0 "2 kernels, 1 done" "6.1 against 5.10"
}

@test "a node that fails: its element runs on another node, and the end result is the same" {
	local node
	start_slow
	node=$(node_of_job)
	kill_node "$node"
	within 5 none_of_job_on "$node"
	# Without tests/slurm.sh nobody waits until slurmctld notices.
	[[ ${SLURM_SLOW-} ]] || scontrol update nodename="$node" state=down reason=killed
	rm "$CO/begun-6.1"
	within 30 test -e "$CO/begun-6.1"
	[[ $(node_of_job) != "$node" ]]
	rm "$CO/slow-6.1"
	ended
	expect 0 "2 of 2 done" "6.1 against 5.10"
	[[ $(grep -c "$node" "$CO/results/s/jobs.tsv") -lt 2 ]]
	run timeout 60 "$CO/run.sh" bench --name l --fs ext4 --kernel 5.10,6.1
	expect 0
	diff <(contents_of s) <(contents_of l)
}

# bats test_tags=slow
@test "a node that only seems to fail: what it still runs is not run a second time" {
	start_slow
	kill -KILL "$(slurm_pid "slurmd-$(node_of_job)")"
	within 30 grep -q . "$CO/results/s/slurm/waiting"
	within 30 a_job_runs
	rm "$CO/slow-6.1"
	ended
	expect 0 "6.1 against 5.10"
	[[ $(booted) == "5.10 6.1" ]]
}

# bats test_tags=slow
@test "slurmctld is restarted: the ladder goes on" {
	local pid
	start_slow
	pid=$!
	kill -KILL "$(slurm_pid slurmctld)"
	sleep 3
	rm "$CO/slow-6.1"
	slurm_mend
	ended "$pid"
	expect 0 "2 of 2 done" "6.1 against 5.10"
}

@test "options are those of sbatch, and what sbatch refuses is said" {
	fake_kernels
	ladder --kernel 5.10,6.1 --partition nosuch
	expect 4 "invalid partition specified: nosuch"
	ladder --kernel 5.10,6.1 --constraint nosuch
	expect 4 "Invalid feature specification"
	ladder --kernel 5.10,6.1 --sbatch-option --nosuch
	expect 4 "unrecognized option '--nosuch'"
	ladder --kernel 5.10,6.1 --sbatch-option nosuch
	expect 64 "--sbatch-option nosuch: expected an option of sbatch"
	ladder --kernel 5.10
	expect 64 "--engine slurm is for several kernels"
	run timeout 60 "$CO/run.sh" bench --kernel 5.10,6.1 --account a
	expect 64 "--account goes with --engine slurm"
	no_jobs
	PATH=/nonexistent run "$TOP/build/daxdm" bench --kernel 5.10,6.1 --engine slurm
	expect 4 "apt-get install slurm-client"
	expect_short
}

@test "checks of several kernels: what is printed and stored is as without Slurm, and the same name goes on" {
	fake_kernels
	touch "$CO/broken-6.1"
	checks() { # NAME OPTION...
		run --separate-stderr timeout 60 "$CO/run.sh" check --name "$1" --kernel 5.10,7.2,6.1 --check suspend.flush.store_blocks.ext4 "${@:2}"
	}
	checks s --engine slurm
	[[ $status == 4 && $stderr == *"no verdicts of 6.1: daxdm: no banner from init"* && $stderr == *"3 of 3 done"* ]]
	[[ -s $CO/results/s-5.10/ktap.txt && -s $CO/results/s-7.2/ktap.txt && ! -e $CO/results/s-6.1/ktap.txt ]]
	rm "$CO/broken-6.1" "$CO/booted"
	checks s --engine slurm
	[[ $status == 0 && $stderr == *"checks of 3 kernels, 2 done"* && $(booted) == 6.1 ]]
	echo "$output" >"$BATS_TEST_TMPDIR/slurm"
	run --separate-stderr timeout 60 "$CO/run.sh" check --name l --kernel 5.10,6.1,7.2 --check suspend.flush.store_blocks.ext4
	diff <(sed 's|/s-|/l-|g' "$BATS_TEST_TMPDIR/slurm") <(echo "$output")
	for k in 5.10 6.1 7.2; do diff <(jq -S . "$CO/results/s-$k/run.jsonl") <(jq -S . "$CO/results/l-$k/run.jsonl"); done
	checks s --engine slurm --seed 2
	[[ $status == 64 && $stderr == *"s-5.10 is of other checks or of another build of daxdm"* ]]
	left_nothing
}

@test "bisect: each round is a job array; the end, the runs and the log of jobs are those of GNU parallel" {
	local engine
	fake_kernels
	echo 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9 >"$CO/all"
	echo 1000 | tee "$CO"/cost-1.{7,8,9} >/dev/null
	for engine in slurm parallel; do
		run timeout 60 "$CO/run.sh" bisect --engine "$engine" --jobs 3 --good 1.1 --bad 1.9 --anew \
			--metric 'fault.read.warm.pte{stack=linear:16,fs=ext4}'
		expect 0 "first bad: 1.7 (5223 insn), 1.6 is good (4223 insn)"
		grep -vE '^why|results/|^measure|records in|begun' <<<"$output" | grep -v 'limits of an element' >"$BATS_TEST_TMPDIR/$engine"
		mv "$CO"/results/bisect-* "$BATS_TEST_TMPDIR/of-$engine"
		left_nothing
	done
	diff "$BATS_TEST_TMPDIR"/{slurm,parallel}
	diff <(cd "$BATS_TEST_TMPDIR/of-slurm" && ls -d ./*/run.jsonl) <(cd "$BATS_TEST_TMPDIR/of-parallel" && ls -d ./*/run.jsonl)
	[[ $(wc -l <"$BATS_TEST_TMPDIR/of-slurm/jobs.tsv") == $(wc -l <"$BATS_TEST_TMPDIR/of-parallel/jobs.tsv") ]]
	no_jobs
}

@test "bisect interrupted: 130, the array is cancelled, and the same command goes on" {
	fake_kernels
	echo 1.1 1.2 1.3 1.4 1.5 >"$CO/all"
	echo 1000 | tee "$CO"/cost-1.{4,5} >/dev/null
	touch "$CO/slow-1.3"
	set -- bisect --engine slurm --good 1.1 --bad 1.5 --metric 'fault.read.warm.pte{stack=linear:16,fs=ext4}'
	start_marked "$CO/run.sh" "$@"
	within 30 test -e "$CO/begun-1.3"
	within 30 only_one_runs
	kill -INT $!
	ended
	expect 130 "interrupted in the phase measure"
	no_jobs
	within 5 none_marked "$MARK"
	left_nothing
	rm "$CO/slow-1.3"
	booted
	run timeout 60 "$CO/run.sh" "$@"
	expect 0 "first bad: 1.4"
	[[ $(booted) != *1.[15]* ]]
}

@test "bisect --git: kernels are built by the elements" {
	export BUILT=$BATS_TEST_TMPDIR/built SLOW=$BATS_TEST_TMPDIR/slow
	fake_commits
	random_commits "$BATS_TEST_TMPDIR/linux" 5 16
	put_config "$BATS_TEST_TMPDIR/linux/.config"
	run timeout 60 "$CO/run.sh" bisect --engine slurm --git "$BATS_TEST_TMPDIR/linux" --good "${COMMITS[1]}" --bad main --build-jobs 1 \
		--metric 'fault.read.warm.pte{stack=linear:16,fs=ext4}'
	expect 0 "first bad: ${FIRST_BAD:0:12} change "
	[[ $(sort "$BUILT" | uniq -d | wc -l) == 0 ]]
	no_jobs
	left_nothing
}
